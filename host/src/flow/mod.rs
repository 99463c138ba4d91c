//! The acts, one file each: write intent, call, write result.

pub mod books;
pub mod error;
pub mod failure;
pub mod instalment;
pub mod pos_account;
pub mod sign_in;

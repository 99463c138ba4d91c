//! The acts, one file each: write intent, call, write result.

pub mod books;

//! The acts, one file each: write intent, call, write result.

pub mod alarm;
pub mod attempt;
pub mod audit;
pub mod audit_chain;
pub mod books;
pub mod collect;
pub mod doubt;
pub mod error;
pub mod failure;
pub mod home;
pub mod inquire;
pub mod instalment;
pub mod journal;
pub mod operation;
pub mod plugin;
pub mod pos;
pub mod pos_account;
pub mod pos_test;
pub mod proposal;
pub mod result;
pub mod run;
pub mod sale;
pub mod sign_in;
pub mod three_ds;
pub mod view;
pub mod webhook;

//! What every connector must keep, whatever its bank: one set of scenarios and properties for all.
//!
//! The kit stands in for the host and for the bank. It plays whole acts (a sale, a refund of a payment made at
//! the 3-D gate, a question about it …) on the native build of a connector, lets the bank answer well, badly,
//! falsely or not at all, and says which promise was broken. It knows no connector of ours: whoever writes one
//! hands in three things.
//!
//! ```text
//! let connector = Connector::of::<MyBank>().with_three_d_secure::<MyBank>().with_preauth::<MyBank>();
//! let bank = Answers::read(include_str!("kit.json")).expect("answers").signed(sign);
//! Kit::new(connector, include_str!("../../manifest.json"), bank).expect("a manifest").assert_kept(folder);
//! ```
//!
//! `README.md` explains the file of good answers.

mod act;
mod answers;
mod bank;
mod connector;
mod host;
mod kit;
mod manifest;
mod page;
mod property;
mod report;
mod rows;
mod scenario;
mod spoiled;
mod talk;
mod template;
mod verdict;
mod wire;

pub use answers::{Answers, Content, Said, Sign};
pub use bank::{Account, At, Bank, Told};
pub use connector::Connector;
pub use kit::Kit;
pub use manifest::Manifest;
pub use page::{page, read_reports};
pub use report::{Report, Written};
pub use rows::rows_read;
pub use spoiled::Spoiled;
pub use talk::{About, Model, Span, Talk, Turn, What};
pub use verdict::Verdict;
pub use wire::Wire;

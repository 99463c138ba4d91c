//! The stories: what payers, firms and banks go through, told over the public interfaces.

#![expect(missing_docs, reason = "stories are named for what they tell")]

mod canary;
mod capture;
mod crash;
mod dropped;
mod idempotency;
mod refund;
mod sale;
mod three_ds;
mod three_ds_hostile;
mod unknown;

//! Connectors meet the sandbox's banks: neither was written from the other, so what they agree on is the protocol.
//!
//! The host's own stories are in `tests/it`; here is only the conversation, step by step.

mod akbank;
mod boa;
mod ccpayment;
mod common;
mod driver;
mod garanti;
mod interpos;
mod msu;
mod nestpay;
mod param;
mod payflex;
mod payfor;
mod posnet;
mod posnet_v1;
mod tosla;

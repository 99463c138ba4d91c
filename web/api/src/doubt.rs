//! What is in doubt: sent to a bank, and never trustworthily answered.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::card::CardSummary;
use crate::common::{NodeRef, Party, Timestamp};
use crate::payment::PosAccountRef;
use crate::proposal::Proposal;

/// What was asked of the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DoubtKind {
    /// Take the money.
    Sale,
    /// Hold the money.
    Authorization,
    /// Take what is held.
    Capture,
    /// Cancel before the day end.
    Void,
    /// Give back after it.
    Refund,
}

/// How something in doubt ended, as a person says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DoubtOutcome {
    /// The bank did what it was asked.
    Done,
    /// The bank did not do it.
    NotDone,
}

/// Why something is in doubt.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DoubtReason {
    /// `no_answer`, `broken_connection`, `not_authentic`, `amount_differs`, …
    pub code: String,
    /// How far the host got: `sending`, `awaiting_response`, `reading_response`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// What exactly, for the firm's people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The bank's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_code: Option<String>,
    /// The bank's words, masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_message: Option<String>,
}

/// One line of what was said to the bank or by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DoubtTalk {
    /// `bank.sent`, `bank.answered`, `bank.silent`.
    pub kind: String,
    /// Masked facts: `endpoint`, `request`, `http_status`, `response`, `ms`, …
    pub detail: BTreeMap<String, String>,
    /// When.
    pub at: Timestamp,
}

/// One amount in doubt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Doubt {
    /// `att_…` for a sale or a hold, `opr_…` for a capture, void or refund.
    pub id: String,
    /// False for everything a sandbox did.
    pub livemode: bool,
    /// What was asked of the bank.
    pub kind: DoubtKind,
    /// `pay_…`
    pub payment: String,
    /// The caller's own number of the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Whose money it is.
    pub node: NodeRef,
    /// Who pays, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<Party>,
    /// The card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<CardSummary>,
    /// Where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pos_account: Option<PosAccountRef>,
    /// The order number the bank knows.
    pub order_no: String,
    /// How much, minor units.
    pub amount: i64,
    /// ISO 4217 letters.
    pub currency: String,
    /// Since when it is in doubt.
    pub since: Timestamp,
    /// When it was asked of the bank.
    pub sent_at: Timestamp,
    /// Why.
    pub reason: DoubtReason,
    /// How often the bank was asked what became of it.
    pub inquiries: u32,
    /// How often it said that it knows nothing of it.
    pub not_found: u32,
    /// When it is asked next; absent when it is asked no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_inquiry_at: Option<Timestamp>,
    /// Until when it is asked; if it never answers, a person must decide.
    pub inquiries_until: Timestamp,
    /// A person was called.
    pub alarm: bool,
    /// What a person proposed and a second one has not decided yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<Proposal>,
    /// Everything that was proposed about it, newest first; only when one doubt is read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proposals: Vec<Proposal>,
    /// What was asked and what the bank said, oldest first; only when one doubt is read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub talk: Vec<DoubtTalk>,
}

/// Proposes how something in doubt ended; a second person must confirm it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DoubtDecision {
    /// How it ended.
    pub outcome: DoubtOutcome,
    /// Why you know: what the bank's statement, letter or clerk says. 10 to 2,000 letters.
    pub evidence: String,
    /// The number of the statement or letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// SHA-256 of the file that shows it, hex; you keep the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment_sha256: Option<String>,
}

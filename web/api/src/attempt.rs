//! What was done for a payment at a bank: attempt → operation, and the timeline of both.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::common::Timestamp;
use crate::payment::{Decline, PosAccountRef};

/// Where an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// Written, and at the bank or on the way to it.
    Sending,
    /// With the payer's browser.
    Browsing,
    /// Held, not taken.
    Authorized,
    /// Taken.
    Captured,
    /// Refused by the bank.
    Declined,
    /// Never reached the bank.
    NotProcessed,
    /// Sent, no trustworthy answer yet.
    Unknown,
    /// Taken back before the day end.
    Voided,
}

/// One try at one bank for a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attempt {
    /// `att_…`
    pub id: String,
    /// `pay_…`
    pub payment: String,
    /// 1 for the first.
    pub number: u32,
    /// Where it stands.
    pub state: AttemptState,
    /// The POS account tried.
    pub pos_account: PosAccountRef,
    /// The connector that spoke to the bank.
    pub plugin: PluginRef,
    /// The order number the bank knows.
    pub order_no: String,
    /// The bank's own reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_reference: Option<String>,
    /// The bank's approval code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_code: Option<String>,
    /// 3-D model: `3d`, `3d-pay`, `3d-host`; absent without 3-D Secure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub three_d_model: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline: Option<Decline>,
    /// What was asked of the bank, in order.
    pub operations: Vec<Operation>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// A plugin, by its exact version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PluginRef {
    /// `pos-nestpay`
    pub id: String,
    /// `0.1.0`
    pub version: String,
    /// `sha256:…`
    pub digest: String,
}

/// What is asked of a bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    /// Take the money at once.
    Sale,
    /// Hold the money.
    Authorization,
    /// Take what is held.
    Capture,
    /// Cancel before the day end.
    Void,
    /// Give back after it.
    Refund,
    /// Ask what happened.
    Inquiry,
}

/// Where an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OperationState {
    /// Written, and at the bank or on the way to it.
    Sending,
    /// With the payer's browser.
    Browsing,
    /// The bank did it.
    Approved,
    /// The bank refused.
    Declined,
    /// Never reached the bank.
    NotProcessed,
    /// Sent, no trustworthy answer yet.
    Unknown,
}

/// One thing asked of the bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Operation {
    /// `opr_…`
    pub id: String,
    /// What.
    pub kind: OperationKind,
    /// Where it stands.
    pub state: OperationState,
    /// Minor units.
    pub amount: i64,
    /// ISO 4217 letters.
    pub currency: String,
    /// The bank's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_code: Option<String>,
    /// The bank's words, masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_message: Option<String>,
    /// When it was written, before the first byte left.
    pub started_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// One line of a payment's timeline. The portal turns `kind` into words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Event {
    /// `evt_…`
    pub id: String,
    /// `pay_…`
    pub payment: String,
    /// `att_…`, where one attempt is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<String>,
    /// Order within the payment, from 1, without gaps.
    pub sequence: i64,
    /// Dotted: `payment.created`, `bank.sent`, `bank.answered`, `callback.received`, …
    pub kind: String,
    /// Who caused it: a person's name, an API key's name, or absent for the host itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Masked facts: `http_status`, `ms`, `bank_code`, `bank_message`, `from`, `to`, …
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub detail: BTreeMap<String, String>,
    /// When.
    pub at: Timestamp,
}

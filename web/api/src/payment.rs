//! Payments: where they stand, why they failed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::attempt::{Attempt, Event};
use crate::card::CardSummary;
use crate::common::{NodeRef, Party, Timestamp};

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PaymentState {
    /// Made, and not confirmed yet: no bank knows of it. It expires by itself.
    RequiresConfirmation,
    /// The payer must act: send the browser to `next_action.redirect_url`.
    RequiresAction,
    /// At the bank.
    Processing,
    /// The amount is held at the bank, waiting for a capture.
    Authorized,
    /// The bank took the money.
    Succeeded,
    /// The bank said no; see `decline`.
    Declined,
    /// Technical failure; no money moved.
    Failed,
    /// Given up before any money moved, or voided.
    Canceled,
    /// The payer did not act in time; no money moved.
    Expired,
    /// Sent, no trustworthy answer yet. It resolves itself: do not pay again.
    Unknown,
}

/// Whether the money is taken at once or only held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CaptureMode {
    /// A sale.
    #[default]
    Automatic,
    /// A pre-authorization; captured later by `POST /payments/{id}/capture`.
    Manual,
}

/// How the card's holder takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The holder enters the card.
    #[default]
    Ecommerce,
    /// Somebody enters the card on the holder's written order (MOTO).
    MailOrder,
}

/// Whether the bank asks the holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ThreeDSecure {
    /// As the POS account is set.
    #[default]
    Automatic,
    /// Always.
    Required,
    /// Never; refused where the POS account demands it.
    Off,
}

/// An obligation to collect an amount once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Payment {
    /// `pay_…`
    pub id: String,
    /// False for everything a sandbox did.
    pub livemode: bool,
    /// Where it stands.
    pub state: PaymentState,
    /// Taken back before the bank's day end.
    pub voided: bool,
    /// What is settled against debt, minor units.
    pub amount: i64,
    /// What the card pays: `amount` plus the difference the payer bears.
    pub charged: i64,
    /// What points of the card pay of it, minor units; absent where none do. The bank pays the firm this part too: it
    /// closes debt like the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points_amount: Option<i64>,
    /// ISO 4217 letters.
    pub currency: String,
    /// 1 is a single payment.
    pub instalments: u32,
    /// Given back so far, minor units of `charged`.
    pub amount_refunded: i64,
    /// What may still be given back.
    pub amount_refundable: i64,
    /// Sale or pre-authorization.
    pub capture: CaptureMode,
    /// How the card's holder took part.
    pub channel: Channel,
    /// Whose books this payment belongs to.
    pub node: NodeRef,
    /// Who pays, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<Party>,
    /// The caller's own reference, unique per node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Free text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The card, as much as may be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<CardSummary>,
    /// The POS account of the newest attempt; not shown to payers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pos_account: Option<PosAccountRef>,
    /// The bank's approval code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_code: Option<String>,
    /// The order number the bank knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_no: Option<String>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline: Option<Decline>,
    /// Present while the outcome is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_doubt: Option<InDoubt>,
    /// Present in state `requires_action`, and only for the one who created the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_action: Option<NextAction>,
    /// What the caller asked to pay with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receivables: Vec<ReceivableShare>,
    /// What it closed; only when one payment is read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allocations: Vec<PaymentAllocation>,
    /// Its tries at banks, oldest first; with `expand=attempts`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<Vec<Attempt>>,
    /// What happened, step by step; with `expand=events`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<Event>>,
    /// Why it went through which POS account; with `expand=routing`, for those who may see POS accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routing: Option<crate::RoutingExplanation>,
    /// What may be done with it now, by the one who asks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acts: Vec<PaymentAct>,
    /// Until when taking back is a void and not a refund.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub void_until: Option<Timestamp>,
    /// The caller's own pairs, at most 50.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub updated_at: Timestamp,
    /// Present in state `requires_confirmation`: until when it can be confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm_until: Option<Timestamp>,
    /// When the bank took the money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured_at: Option<Timestamp>,
}

/// What may be done with a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PaymentAct {
    /// `POST /payments/{id}/confirm`, or `PATCH /payments/{id}` before it
    Confirm,
    /// `POST /payments/{id}/cancel`: no bank knows of it, so nothing is given back
    Cancel,
    /// `POST /payments/{id}/capture`
    Capture,
    /// `POST /payments/{id}/cancel`, or a refund with mode `void`.
    Void,
    /// `POST /payments/{id}/refunds`
    Refund,
}

/// What a caller wants paid of a receivable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReceivableShare {
    /// `rcv_…`
    pub receivable: String,
    /// Minor units; as much as is open if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
}

/// What a payment closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PaymentAllocation {
    /// `rcv_…`
    pub receivable: String,
    /// The document behind it, where it has a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_no: Option<String>,
    /// Which part of the debt.
    pub component: crate::ComponentKind,
    /// Minor units; below zero where a refund opened it again.
    pub amount: i64,
}

/// A POS account, named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PosAccountRef {
    /// `pos_…`
    pub id: String,
    /// The firm's name for it.
    pub name: String,
    /// The bank behind it.
    pub bank: String,
}

/// What to do after a decline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeclineClass {
    /// Do not try this card again.
    Never,
    /// Try later, or with another card.
    Later,
    /// Something was typed wrong.
    ChangeData,
    /// Try again with 3-D Secure.
    StepUp,
    /// Another POS account may accept it.
    Cascade,
    /// The reason is not known.
    Unknown,
}

/// Why a payment was declined or failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Decline {
    /// What to do about it.
    pub class: DeclineClass,
    /// Our own word: `insufficient_funds`, `expired_card`, …
    pub code: String,
    /// The bank's code, for staff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_code: Option<String>,
    /// The bank's words, masked, for staff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_message: Option<String>,
    /// For the payer, in the language asked for.
    pub message: String,
    /// Earliest moment to try again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Timestamp>,
}

/// An outcome that is not known yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InDoubt {
    /// Since when.
    pub since: Timestamp,
    /// How often the bank was asked.
    pub inquiries: u32,
    /// When it is asked next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_inquiry_at: Option<Timestamp>,
    /// A person has been alarmed.
    #[serde(default)]
    pub alarm: bool,
    /// Why it is in doubt: `no_answer`, `broken_connection`, `not_authentic`, `amount_differs`, …
    pub reason: String,
}

/// What the payer's browser must do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NextAction {
    /// A page of ours, good for one visit, that leads on to the bank.
    pub redirect_url: String,
    /// Until when.
    pub expires_at: Timestamp,
}

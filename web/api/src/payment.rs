//! Payments: what is asked for, where it stands, why it failed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::attempt::{Attempt, Event};
use crate::common::{NodeRef, Party, PartyRef, Timestamp};

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

/// With what one payment is shown.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PaymentShow {
    /// `attempts`, `events`, `routing`, or several with commas between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expand: Option<String>,
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

/// Asks for a payment. `C` is how the card is held: clients send [`Card`]; the host reads the card
/// straight into types that are wiped, so it never parses [`Card`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "PaymentCreate"))]
#[serde(deny_unknown_fields)]
pub struct PaymentCreate<C = Card> {
    /// What is settled against debt, minor units, above zero.
    pub amount: i64,
    /// ISO 4217 letters.
    pub currency: String,
    /// The card; absent where the payment is confirmed later, and where the bank's own page takes it (a POS account of
    /// model `3d-host`), which refuses one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<C>,
    /// False makes it and no more: `POST /payments/{id}/confirm` takes the card and charges it.
    #[serde(default = "yes")]
    pub confirm: bool,
    /// Whose books the money belongs to; follows from the payer, else the caller's own node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Who pays; needed where receivables are paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<PartyRef>,
    /// What it pays; oldest first where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receivables: Vec<ReceivableShare>,
    /// An option of a quote (`opt_…`); a single payment if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instalment_option: Option<String>,
    /// The caller's own reference, unique per node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Free text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Sale or pre-authorization.
    #[serde(default)]
    pub capture: CaptureMode,
    /// How the card's holder takes part.
    #[serde(default)]
    pub channel: Channel,
    /// Whether the bank asks the holder.
    #[serde(default)]
    pub three_d_secure: ThreeDSecure,
    /// A certain POS account; chosen by the host if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pos_account: Option<String>,
    /// Where the payer's browser goes after a 3-D step; our result page if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
    /// The caller's own pairs, at most 50.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

fn yes() -> bool {
    true
}

/// Confirms a payment: with what the payer brings. The rest it was made with. `C` as with [`PaymentCreate`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "PaymentConfirm"))]
#[serde(deny_unknown_fields)]
pub struct PaymentConfirm<C = Card> {
    /// The card; absent where the bank's own page takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<C>,
    /// An option of a quote (`opt_…`); the one that it was made with if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instalment_option: Option<String>,
    /// Whether the bank asks the holder; as it was made if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub three_d_secure: Option<ThreeDSecure>,
}

impl<C> Default for PaymentConfirm<C> {
    fn default() -> Self {
        Self { card: None, instalment_option: None, three_d_secure: None }
    }
}

/// Changes a payment before it is confirmed. What is absent stays; text that is empty takes the field away.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PaymentUpdate {
    /// What is settled against debt, minor units, above zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
    /// What it pays, instead of what it paid; oldest first where empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receivables: Option<Vec<ReceivableShare>>,
    /// An option of a quote (`opt_…`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instalment_option: Option<String>,
    /// Free text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Sale or pre-authorization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture: Option<CaptureMode>,
    /// Whether the bank asks the holder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub three_d_secure: Option<ThreeDSecure>,
    /// A certain POS account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pos_account: Option<String>,
    /// Where the payer's browser goes after a 3-D step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
    /// The caller's own pairs, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<String, String>>,
}

/// What cancelling came to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum PaymentCancel {
    /// It was never confirmed: no bank knows of it, and it is given up.
    Given(Box<Payment>),
    /// All of it was voided at the bank.
    Voided(Box<crate::Refund>),
}

/// A card as a client sends it. It cannot be read back from JSON: the host has its own types.
#[derive(Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// Card number, 13 to 19 digits; blanks are allowed between groups.
    pub number: String,
    /// 1 to 12.
    pub expiry_month: u8,
    /// Four digits.
    pub expiry_year: u16,
    /// Three or four digits; may be absent for mail order only. Never stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_code: Option<String>,
    /// Name on the card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
}

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Card(masked)")
    }
}

/// As much of a card as may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CardSummary {
    /// First six to eight digits.
    pub bin: String,
    /// Last four digits.
    pub last4: String,
    /// `visa`, `mastercard`, `troy`, `amex`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Issuing bank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank: Option<String>,
    /// Instalment programme: `Maximum`, `World`, `Bonus`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programme: Option<String>,
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

/// Captures a pre-authorization.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CaptureCreate {
    /// Minor units; all of it if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
}

/// Narrows `GET /payments`; the portal builds its links from it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PaymentQuery {
    /// Words: payment id, reference, last four digits, approval code, order number, payer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// One or more states, with commas between, with or without `in:` before them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Created at or after this instant or day.
    #[serde(default, rename = "created[gte]", skip_serializing_if = "Option::is_none")]
    pub created_gte: Option<String>,
    /// Created before this instant, or on or before this day.
    #[serde(default, rename = "created[lte]", skip_serializing_if = "Option::is_none")]
    pub created_lte: Option<String>,
    /// At least this much, minor units.
    #[serde(default, rename = "amount[gte]", skip_serializing_if = "Option::is_none")]
    pub amount_gte: Option<i64>,
    /// At most this much, minor units.
    #[serde(default, rename = "amount[lte]", skip_serializing_if = "Option::is_none")]
    pub amount_lte: Option<i64>,
    /// Only this part of the tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dealer_subtree: Option<String>,
    /// Only this POS account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pos_account: Option<String>,
    /// Only this payer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<String>,
    /// `attempts` with each payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expand: Option<String>,
    /// `total` counts what the filters let through, up to 10 000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include: Option<String>,
    /// 1 to 200 rows; 50 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// From a page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

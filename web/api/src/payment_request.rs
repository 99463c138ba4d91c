//! Payments: what is asked for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::card::Card;
use crate::common::PartyRef;
use crate::payment::{CaptureMode, Channel, Payment, ReceivableShare, ThreeDSecure};

/// With what one payment is shown.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PaymentShow {
    /// `attempts`, `events`, `routing`, or several with commas between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expand: Option<String>,
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
    /// What points of the card shall pay of it, minor units, from 1 to `amount`; only of a sale whose holder enters the
    /// card, at a POS account whose bank takes points (`POST /points` asks how many there are).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points_amount: Option<i64>,
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
    /// What points of the card shall pay, minor units; as it was made if absent, and 0 for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points_amount: Option<i64>,
}

impl<C> Default for PaymentConfirm<C> {
    fn default() -> Self {
        Self { card: None, instalment_option: None, three_d_secure: None, points_amount: None }
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

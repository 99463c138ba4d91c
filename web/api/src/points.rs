//! What the points of a card are worth.

use serde::{Deserialize, Serialize};

use crate::card::Card;
use crate::common::PartyRef;
use crate::payment::{PosAccountRef, ThreeDSecure};

/// Asks what the points of a card are worth for a payment; nothing of it is kept. `C` as with
/// [`PaymentCreate`](crate::PaymentCreate).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "PointsAsk"))]
#[serde(deny_unknown_fields)]
pub struct PointsAsk<C = Card> {
    /// What will be paid, minor units, above zero: the POS account may follow from it.
    pub amount: i64,
    /// ISO 4217 letters.
    pub currency: String,
    /// Whose points are asked about. Some banks want its security code, and some do not.
    pub card: C,
    /// Whose books the money will belong to; follows from the payer, else the caller's own node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Who will pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<PartyRef>,
    /// Whether the bank will ask the holder: not every bank takes points in every way.
    #[serde(default)]
    pub three_d_secure: ThreeDSecure,
    /// A certain POS account; chosen by the host, as for a payment, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pos_account: Option<String>,
}

/// What the bank said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Points {
    /// What they are worth.
    pub points: PointsWorth,
    /// Where they can be used: a payment that names this POS account goes to the bank that answered.
    pub pos_account: PosAccountRef,
}

/// What points are worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PointsWorth {
    /// How much of an amount they can pay, minor units; 0 where the card has none.
    pub available: i64,
    /// ISO 4217 letters.
    pub currency: String,
}

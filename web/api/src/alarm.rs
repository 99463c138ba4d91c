//! What a person is called for: one alarm per cause and POS account, with a count.

use serde::{Deserialize, Serialize};

use crate::common::Timestamp;
use crate::payment::PosAccountRef;
use crate::proposal::PersonRef;

/// Why a person is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AlarmCause {
    /// A bank does not answer: payments there stay in doubt.
    BankSilent,
    /// Every question was put and none was answered: only a person can decide.
    AskedInVain,
    /// The bank says the opposite of what our books hold as certain.
    Contradiction,
    /// The bank has money that it neither voids nor refunds.
    StrayStuck,
}

/// Whether an alarm still calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AlarmState {
    /// It calls.
    Open,
    /// It ended by itself, or a person closed it.
    Closed,
}

/// One cause at one POS account, however many payments it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Alarm {
    /// `alr_…`
    pub id: String,
    /// False for everything a sandbox did.
    pub livemode: bool,
    /// Why.
    pub cause: AlarmCause,
    /// Where.
    pub pos_account: PosAccountRef,
    /// Whether it still calls.
    pub state: AlarmState,
    /// Everything it is or was about.
    pub count: i64,
    /// How many of them are in doubt still.
    pub in_doubt: i64,
    /// Whether it ends when nothing is in doubt there any more; otherwise a person closes it.
    pub ends_by_itself: bool,
    /// Its newest payments, at most 20.
    pub payments: Vec<String>,
    /// Since when.
    pub opened_at: Timestamp,
    /// When the newest of them came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_at: Option<Timestamp>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// Who closed it; absent where it ended by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_by: Option<PersonRef>,
    /// What that one found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Closes an alarm that does not end by itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AlarmClose {
    /// What was found and done.
    pub note: String,
}

//! What a firm offers in instalments: its table in versions, and the dry run that explains an offer.

use serde::{Deserialize, Serialize};

use crate::common::{Day, NodeRef, Timestamp};
use crate::instalment::{Bearer, Bin, InstalmentMatrixRow};
use crate::routing::RoutingAccount;

fn whole() -> String {
    "100".to_owned()
}

fn nothing() -> String {
    "0".to_owned()
}

fn next_day() -> u16 {
    1
}

/// One line of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct InstalmentLine {
    /// Only through this POS account, `pos_…`; through whichever is chosen if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pos_account: Option<String>,
    /// Only for cards of this programme (`Bonus`); for every card if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programme: Option<String>,
    /// True for company cards only, false for personal ones only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commercial: Option<bool>,
    /// How many instalments, 1 to 36; 1 is a single payment.
    pub instalments: u16,
    /// Instalments that the bank adds on top.
    #[serde(default)]
    pub extra: u16,
    /// The whole instalment difference, percent of the amount.
    pub offer_rate: String,
    /// How much of it the payer bears: `100` all, `0` nothing.
    #[serde(default = "whole")]
    pub payer_share: String,
    /// What the bank keeps, percent of the charge.
    #[serde(default = "nothing")]
    pub bank_rate: String,
    /// The smallest amount for which it is offered, minor units.
    #[serde(default)]
    pub amount_min: i64,
    /// Days until the bank pays the first part.
    #[serde(default = "next_day")]
    pub blocked_days: u16,
}

/// Whether a version counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum InstalmentVersionState {
    /// It does.
    InForce,
    /// It will, from its day on.
    Upcoming,
    /// It did, or was overtaken before it could.
    Past,
    /// It was taken back before it began.
    Withdrawn,
}

/// A version of the firm's table. Its lines are never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InstalmentVersion {
    /// `sch_…`
    pub id: String,
    /// From 1, in the order in which they were written.
    pub number: i64,
    /// Whether it counts.
    pub state: InstalmentVersionState,
    /// From when on it counts.
    pub begins_at: Timestamp,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Timestamp>,
    /// How many lines it has.
    pub line_count: i64,
    /// The lines; where one version is read, and of the one in force.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<InstalmentLine>,
}

/// A legal ceiling of instalments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InstalmentCeiling {
    /// `general`, or a sector with its own rule.
    pub sector: String,
    /// For company cards; else for personal ones.
    pub commercial: bool,
    /// Most instalments; 1 is none.
    pub instalments_max: u16,
    /// Since which day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Day>,
}

/// What lines may name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InstalmentChoices {
    /// The firm's POS accounts.
    pub accounts: Vec<RoutingAccount>,
    /// Card programmes.
    pub programmes: Vec<String>,
    /// For whom a dry run may ask: the firm and its dealers.
    pub dealers: Vec<NodeRef>,
}

/// The firm's instalment table: what counts, what will and what did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InstalmentTable {
    /// Counts changes of the table; `If-Match` of a new version names it.
    pub version: i64,
    /// The version that counts, with its lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_force: Option<InstalmentVersion>,
    /// The newest versions, the last written first; at most 200.
    pub versions: Vec<InstalmentVersion>,
    /// What the law allows the firm's sector today.
    pub law: Vec<InstalmentCeiling>,
    /// What lines may name.
    pub choices: InstalmentChoices,
}

/// Writes a version of the table.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct InstalmentVersionCreate {
    /// From when on it counts; at once if absent. Not in the past, at most a year ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begins_at: Option<Timestamp>,
    /// The whole table.
    pub lines: Vec<InstalmentLine>,
}

/// Asks what a payer would be offered, and why; nothing is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct InstalmentEvaluate {
    /// The card's first six to eight digits; absent to ask for every programme.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bin: Option<String>,
    /// Minor units, above zero.
    pub amount: i64,
    /// ISO 4217 letters.
    pub currency: String,
    /// Who collects, `dlr_…`; the firm if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dealer: Option<String>,
    /// The dealer who pays what it owes, `dlr_…`: its limits hold as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<String>,
    /// When; now if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// By this version, `sch_…`; by the one that counts then if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// By these lines, which nobody has written yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<InstalmentLine>>,
}

/// What became of a line for one number of instalments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum InstalmentVerdict {
    /// The offer is this line's.
    Decided,
    /// It belongs to a POS account that the collecting dealer cannot use.
    AccountNotUsable,
    /// It is for cards of another programme.
    OtherProgramme,
    /// It is for company cards and this is a person's, or the other way round.
    OtherCards,
    /// With what the bank adds, it has more parts than the law allows.
    OverLegalCeiling,
    /// The amount is below what it asks for.
    AmountTooSmall,
    /// Nothing is offered for this number, whatever the lines say.
    NotOffered,
    /// Another line is meant more exactly for this card.
    LessExact,
    /// Another line costs the payer, or else the firm, less.
    Dearer,
}

/// A line that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InstalmentLook {
    /// What became of it.
    pub verdict: InstalmentVerdict,
    /// The line.
    pub line: InstalmentLine,
}

/// An offer, and why it is so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InstalmentExplained {
    /// 1 is a single payment.
    pub instalments: u32,
    /// False is shown with its reason and cannot be taken.
    pub available: bool,
    /// `card_without_instalments`, `over_limit`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unavailable_reason: Option<String>,
    /// Whose limit it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limited_by: Option<String>,
    /// What the card pays in all, minor units.
    pub total: i64,
    /// `total` less the amount.
    pub difference: i64,
    /// The monthly parts, the larger first.
    pub parts: Vec<i64>,
    /// Who bears the cost.
    pub bearer: Bearer,
    /// What the payer bears, percent as text.
    pub payer_rate: String,
    /// What the bank keeps, minor units.
    pub bank_keeps: i64,
    /// The lines for this number, and what became of each.
    pub looks: Vec<InstalmentLook>,
}

/// What a payer would be offered, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InstalmentEvaluation {
    /// Minor units.
    pub amount: i64,
    /// ISO 4217 letters.
    pub currency: String,
    /// The version that was asked, `sch_…`; absent for lines that nobody has written, and where there is no table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What is known of the card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Bin>,
    /// What the law allows.
    pub law: InstalmentCeiling,
    /// The offers for the card; where one is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<InstalmentExplained>,
    /// What a personal credit card of every programme is offered, the programme without a name standing for every
    /// other card; where no card is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<InstalmentMatrixRow>,
}

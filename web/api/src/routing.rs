//! Through which POS account a payment goes: the firm's rules, and why one payment went where it went.

use serde::{Deserialize, Serialize};

use crate::common::{Bank, NodeRef, Timestamp};
use crate::instalment::{Bin, CardKind};
use crate::payment::{Channel, PosAccountRef};

/// Whether a rule is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RoutingRuleState {
    /// It is.
    #[default]
    Active,
    /// Kept for later.
    Disabled,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the days have no other names")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// When a rule holds: every condition that is stated must be so, and of each list any entry.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RoutingConditions {
    /// The card's number begins with one of these, six to eight digits; at most 2,000.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bins: Vec<String>,
    /// The card belongs to one of these programmes (`Bonus`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub programmes: Vec<String>,
    /// One of these banks issued the card, by EFT code (`0064`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub banks: Vec<String>,
    /// The card is of one of these kinds; not `unknown`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<CardKind>,
    /// True for company cards only, false for personal ones only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commercial: Option<bool>,
    /// At least so many instalments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instalments_min: Option<u16>,
    /// At most so many instalments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instalments_max: Option<u16>,
    /// At least so much, minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_min: Option<i64>,
    /// At most so much, minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_max: Option<i64>,
    /// ISO 4217 letters; required beside an amount or a daily cap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// One of these dealers, or a dealer below, collects: `dlr_…`
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dealers: Vec<String>,
    /// On one of these days.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<Weekday>,
    /// From this time of day on, `HH:MM` in the firm's zone; with `hours_until`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours_from: Option<String>,
    /// Before this time of day; earlier than `hours_from` is a night, `24:00` is midnight.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours_until: Option<String>,
}

/// What a rule says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RoutingThrough {
    /// `pos_…`: the first that can takes the payment; where its bank cannot be reached, the next. At most ten.
    pub accounts: Vec<String>,
    /// Not in the order of the list, but the cheapest first: commission, and the cost of waiting for the money.
    #[serde(default)]
    pub cheapest: bool,
    /// What a year of waiting for the bank's money costs, percent: `"45"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub money_rate: Option<String>,
    /// An account that would pass this in one day is left out; minor units of the rule's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daily_cap: Option<i64>,
    /// An account whose bank does not answer at present is left out.
    #[serde(default)]
    pub healthy: bool,
}

/// One rule of the firm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoutingRule {
    /// `rtr_…`
    pub id: String,
    /// Its place, from 1; the first rule that holds and has an account decides.
    pub place: u32,
    /// What the firm calls it; may be empty.
    pub name: String,
    /// Whether it is looked at.
    pub state: RoutingRuleState,
    /// When it holds.
    pub when: RoutingConditions,
    /// What it says.
    pub through: RoutingThrough,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A POS account that a rule may name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoutingAccount {
    /// The account.
    pub account: PosAccountRef,
    /// False where it is disabled.
    pub active: bool,
}

/// What a rule may name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoutingChoices {
    /// The firm's POS accounts.
    pub accounts: Vec<RoutingAccount>,
    /// Card programmes.
    pub programmes: Vec<String>,
    /// Banks that issue cards.
    pub banks: Vec<Bank>,
    /// Currencies, ISO 4217 letters.
    pub currencies: Vec<String>,
}

/// The rules of the firm, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoutingTable {
    /// Counts changes of the rules; `If-Match` of a change names it.
    pub version: i64,
    /// The rules in their order.
    pub rules: Vec<RoutingRule>,
    /// The dealers that rules name.
    pub dealers: Vec<NodeRef>,
    /// What rules may name.
    pub choices: RoutingChoices,
}

/// Adds a rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RoutingRuleCreate {
    /// What the firm calls it, at most 100 letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it is looked at.
    #[serde(default)]
    pub state: RoutingRuleState,
    /// When it holds; always, if absent.
    #[serde(default)]
    pub when: RoutingConditions,
    /// What it says.
    pub through: RoutingThrough,
    /// Before which place; at the end if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<u32>,
}

/// Changes a rule; what is absent stays. Conditions and accounts are replaced whole.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RoutingRuleUpdate {
    /// What the firm calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it is looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<RoutingRuleState>,
    /// When it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<RoutingConditions>,
    /// What it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<RoutingThrough>,
}

/// Puts the rules in an order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RoutingOrder {
    /// Every rule once, `rtr_…`, the first one first.
    pub rules: Vec<String>,
}

/// Asks which POS account a payment would go through; nothing is paid.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RoutingExplain {
    /// The card's first six to eight digits; absent for a card that only the bank's page sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bin: Option<String>,
    /// Minor units, above zero.
    pub amount: i64,
    /// ISO 4217 letters.
    pub currency: String,
    /// How many instalments; a single payment if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instalments: Option<u16>,
    /// Who collects, `dlr_…`; the caller's own node if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dealer: Option<String>,
    /// How the order comes; as if its holder entered the card if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// When; now if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// Who chose the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RoutingBy {
    /// The request named it.
    Request,
    /// A rule.
    Rule,
    /// The instalment table: its line belongs to one account.
    Table,
    /// Nobody: the collecting dealer's nearest account.
    Nearest,
}

/// What a condition asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RoutingSubject {
    /// The card's first digits.
    Bin,
    /// The card programme.
    Programme,
    /// The bank that issued the card.
    Bank,
    /// Credit, debit or prepaid.
    Kind,
    /// A company's card or a person's.
    Commercial,
    /// The number of instalments.
    Instalments,
    /// The amount and its currency.
    Amount,
    /// Who collects.
    Dealer,
    /// The day of the week and the time of day.
    Time,
}

/// What became of a rule that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RoutingVerdict {
    /// It decided.
    Decided,
    /// It does not hold.
    NotMet,
    /// It holds, and none of its accounts can.
    NoAccount,
}

/// A rule that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoutingLook {
    /// `rtr_…`
    pub rule: String,
    /// Its place at that moment.
    pub place: u32,
    /// Its name at that moment.
    pub name: String,
    /// What became of it.
    pub verdict: RoutingVerdict,
    /// On what it did not hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmet: Vec<RoutingSubject>,
}

/// Why an account was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RoutingSkip {
    /// The collecting dealer cannot use it: disabled, or not on the dealer's path.
    NotUsable,
    /// It would have to charge something else than what the payer was shown.
    OtherTerms,
    /// The day's cap would be passed.
    OverCap,
    /// Its bank does not answer at present.
    Unhealthy,
    /// It charges no card without 3-D Secure, and the payment goes without.
    DemandsThreeD,
    /// The bank's own page takes the card there, and the payment brings one.
    CardAtBank,
    /// The payment brings no card, and the portal or the caller takes it there.
    NeedsCard,
    /// Its plugin does not do such payments: this 3-D model, mail orders, instalments.
    NotSupported,
    /// A setting or a secret that its plugin requires is missing.
    SettingMissing,
    /// It cannot be opened: no version of its plugin serves, or the bank cannot be told whose the payment is.
    NotReady,
}

/// What a charge costs the firm, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoutingCost {
    /// What the bank keeps.
    pub commission: i64,
    /// What the days until the value dates cost.
    pub money: i64,
}

/// An account that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoutingCandidate {
    /// The account, named as at that moment.
    pub account: PosAccountRef,
    /// The place of the rule that names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<u32>,
    /// Why it was left out; absent where it may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<RoutingSkip>,
    /// What the charge costs there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<RoutingCost>,
}

/// Nothing was processed at one account, and the payment went on at the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoutingFailover {
    /// `pos_…`
    pub from: String,
    /// `pos_…`
    pub to: String,
    /// Why nothing was processed.
    pub code: String,
    /// When.
    pub at: Timestamp,
}

/// Why a payment goes, or went, through which POS account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoutingExplanation {
    /// Who chose.
    pub by: RoutingBy,
    /// The first account; absent where none can take the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<PosAccountRef>,
    /// The rules that were looked at, in order; of many, those nearest to the decision.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RoutingLook>,
    /// The accounts that were looked at; those that may be used stand in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<RoutingCandidate>,
    /// Where the payment went on after nothing was processed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failovers: Vec<RoutingFailover>,
    /// What is known of the card; in a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Bin>,
}

//! The composite answer behind the portal's first page.

use serde::{Deserialize, Serialize};

use crate::common::{Day, MoneySum};
use crate::payment::Payment;

/// What I owe, what I collected, what is in doubt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Home {
    /// What the caller's node owes the node above, per currency.
    pub owed: Vec<MoneySum>,
    /// Of that, what is past its due day.
    pub overdue: Vec<MoneySum>,
    /// What others owe the caller's node, per currency.
    pub receivable: Vec<MoneySum>,
    /// Collected today in the caller's part of the tree.
    pub collected_today: Vec<MoneySum>,
    /// Collected since the first of the month.
    pub collected_month: Vec<MoneySum>,
    /// Payments whose outcome is not known.
    pub in_doubt: Vec<MoneySum>,
    /// Alarms that call a person, where the caller may see them.
    #[serde(default)]
    pub alarms: i64,
    /// Payments of the last seven days that ended in a decline.
    pub declined_week: i64,
    /// Payments of the last seven days that succeeded.
    pub succeeded_week: i64,
    /// The last 14 days, oldest first, in the firm's currency.
    pub days: Vec<HomeDay>,
    /// The newest payments, at most ten.
    pub recent: Vec<Payment>,
}

/// One day of the chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HomeDay {
    /// Which day, in the firm's zone.
    pub day: Day,
    /// Collected, minor units.
    pub amount: i64,
    /// ISO 4217 letters.
    pub currency: String,
    /// How many payments.
    pub count: i64,
}

//! Parts that several nouns use.

use serde::{Deserialize, Serialize};

/// An instant, RFC 3339 in UTC: `2026-11-22T11:05:00.000Z`.
pub type Timestamp = String;

/// A calendar day in the firm's zone: `2026-11-22`.
pub type Day = String;

/// One page of a list. Lists have a fixed order (newest first unless said otherwise) and no offset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Page<T> {
    /// The rows of this page.
    pub data: Vec<T>,
    /// Whether rows follow this page.
    pub has_more: bool,
    /// Pass as `cursor` for the rows after this page; opaque.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Pass as `cursor` for the rows before this page; opaque.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page that is the whole list.
    pub fn whole(rows: Vec<T>) -> Self {
        Self { data: rows, has_more: false, next_cursor: None, prev_cursor: None }
    }
}

/// A page, counted where the caller asked for that with `include=total`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CountedPage<T> {
    /// The page.
    #[serde(flatten)]
    pub page: Page<T>,
    /// How many rows the filters let through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Total>,
}

/// How many rows a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Total {
    /// As far as was counted.
    pub count: u32,
    /// There are more: nothing beyond was counted.
    pub capped: bool,
}

/// An amount with its currency, where one answer sums several currencies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MoneySum {
    /// Minor units.
    pub amount: i64,
    /// ISO 4217 letters.
    pub currency: String,
    /// How many rows were summed.
    #[serde(default)]
    pub count: i64,
}

/// A node of the tree, named: the firm, a dealer or a sub-dealer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NodeRef {
    /// `dlr_…`
    pub id: String,
    /// Name to show.
    pub name: String,
}

/// Whether a party is a node of the tree or somebody's customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PartyKind {
    /// A dealer or sub-dealer.
    Node,
    /// A customer (cari) of a node.
    Customer,
}

/// Who owes or pays, named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Party {
    /// What the id points to.
    pub kind: PartyKind,
    /// `dlr_…` or `cus_…`
    pub id: String,
    /// Name to show.
    pub name: String,
}

/// Who owes or pays, as a request names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PartyRef {
    /// What the id points to.
    pub kind: PartyKind,
    /// `dlr_…` or `cus_…`
    pub id: String,
}

/// A bank as payers know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Bank {
    /// Four-digit EFT code where the bank has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Name to show.
    pub name: String,
}

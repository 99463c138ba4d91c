//! Maker and checker: what one person proposes and a second one confirms.

use serde::{Deserialize, Serialize};

use crate::common::Timestamp;
use crate::doubt::DoubtOutcome;

/// A person, named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PersonRef {
    /// `usr_…`
    pub id: String,
    /// Name to show.
    pub name: String,
}

/// What is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProposalKind {
    /// How an amount in doubt ended.
    DoubtDecision,
}

/// Where a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProposalState {
    /// It waits for a second person.
    Proposed,
    /// A second person agreed, and it was done.
    Confirmed,
    /// A second person refused.
    Rejected,
    /// Its maker took it back.
    Withdrawn,
    /// Its time ran out, or what it is about ended another way.
    Expired,
}

/// What one person proposes and a second one confirms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Proposal {
    /// `prp_…`
    pub id: String,
    /// What is proposed.
    pub kind: ProposalKind,
    /// What it is about: `att_…` or `opr_…`.
    pub subject: String,
    /// For a decision of a doubt: how it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<DoubtOutcome>,
    /// Why the maker knows.
    pub evidence: String,
    /// The number of the bank's letter or statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// SHA-256 of a file that the maker keeps, hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment_sha256: Option<String>,
    /// Where it stands.
    pub state: ProposalState,
    /// The maker.
    pub proposed_by: PersonRef,
    /// Whether the maker is the one who asks.
    pub own: bool,
    /// When.
    pub proposed_at: Timestamp,
    /// When its time is over.
    pub expires_at: Timestamp,
    /// Who ended it; absent where a clock or the bank did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<PersonRef>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
    /// What that one said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Confirms, rejects or withdraws a proposal.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProposalDecide {
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

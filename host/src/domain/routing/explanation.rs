//! Why a payment went where it went. It is kept with the payment, with the names of that moment.

use serde::{Deserialize, Serialize};

use super::{Cost, Subject};
use crate::domain::id::{PosAccountId, RoutingRuleId};
use crate::domain::named::named;

named! {
    /// Who chose the account.
    pub enum By {
        /// The request named it.
        Request = "request",
        /// A rule.
        Rule = "rule",
        /// The instalment table: its line belongs to one account.
        Table = "table",
        /// Nobody: the collecting node's nearest account.
        Nearest = "nearest",
    }
}

named! {
    /// Why an account was left out.
    pub enum Skip {
        /// The collecting node cannot use it: disabled, or not on the node's path.
        NotUsable = "not_usable",
        /// It would have to charge something else than what the payer was shown.
        OtherTerms = "other_terms",
        /// The day's cap would be passed.
        OverCap = "over_cap",
        /// Its bank does not answer at present.
        Unhealthy = "unhealthy",
        /// It charges no card without 3-D Secure, and the payment goes without.
        DemandsThreeD = "demands_three_d",
        /// The bank's own page takes the card there, and the payment brings one.
        CardAtBank = "card_at_bank",
        /// The payment brings no card, and we take it there.
        NeedsCard = "needs_card",
        /// Its plugin does not do such payments: this 3-D model, mail orders, instalments.
        NotSupported = "not_supported",
        /// A setting or a secret that its plugin requires is missing.
        SettingMissing = "setting_missing",
        /// It cannot be opened: no version of its plugin serves, or the bank cannot be told whose the payment is.
        NotReady = "not_ready",
    }
}

named! {
    /// What became of a rule that was looked at.
    pub enum Verdict {
        /// It decided.
        Decided = "decided",
        /// It does not hold.
        NotMet = "not_met",
        /// It holds, and none of its accounts can.
        NoAccount = "no_account",
    }
}

/// A rule that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// Which.
    pub rule: RoutingRuleId,
    /// Its place at that moment.
    pub place: u32,
    /// Its name at that moment.
    pub name: String,
    /// What became of it.
    pub verdict: Verdict,
    /// On what it did not hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmet: Vec<Subject>,
}

/// An account, named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountName {
    /// Which.
    pub id: PosAccountId,
    /// The firm's name for it at that moment.
    pub name: String,
    /// Its bank.
    pub bank: String,
}

/// An account that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Which.
    pub account: AccountName,
    /// The place of the rule that names it; none where no rule did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<u32>,
    /// Why it was left out; none where it may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<Skip>,
    /// What the charge costs there, where the instalment table tells and the rule asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
}

/// The attempt at one account ended without being processed, and the next one began elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failover {
    /// Where nothing was processed.
    pub from: PosAccountId,
    /// Where it goes on.
    pub to: PosAccountId,
    /// Why nothing was processed.
    pub code: String,
    /// When, epoch milliseconds.
    pub at_ms: i64,
}

/// Why a payment went where it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// Who chose.
    pub by: By,
    /// Where the first attempt goes; none where no account can take the payment.
    pub account: Option<PosAccountId>,
    /// The rules that were looked at, in order, as far as they are told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub looks: Vec<Look>,
    /// The accounts that were looked at, those that may be used in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
    /// What happened to the attempts since.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failovers: Vec<Failover>,
}

impl Explanation {
    /// Of a payment whose account needed no choice among rules.
    pub fn plain(by: By, account: Option<AccountName>) -> Self {
        let id = account.as_ref().map(|account| account.id);
        let candidates =
            account.into_iter().map(|account| Candidate { account, place: None, skip: None, cost: None }).collect();
        Self { by, account: id, looks: Vec::new(), candidates, failovers: Vec::new() }
    }

    /// The rule that decided, by place and name; empty where none did.
    pub fn decider(&self) -> String {
        let decided = self.looks.iter().find(|look| look.verdict == Verdict::Decided);
        decided.map_or_else(String::new, |look| format!("{} {}", look.place, look.name).trim_end().to_owned())
    }

    /// Notes that an account that was to be used cannot be.
    pub fn leave_out(&mut self, account: PosAccountId, skip: Skip) {
        for candidate in self.candidates.iter_mut().filter(|candidate| candidate.account.id == account) {
            candidate.skip = candidate.skip.or(Some(skip));
        }
    }
}

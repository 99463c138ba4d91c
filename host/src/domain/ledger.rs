//! Double entry: a posting belongs to one node's books and balances to zero.

use jiff::civil::Date;

use super::id::NodeId;
use super::money::Currency;
use super::named::named;
use super::party::Party;
use super::receivable::ComponentKind;

named! {
    /// What an account holds.
    pub enum AccountKind {
        /// Asset: what the counterparty owes this node (cari).
        Receivable = "receivable",
        /// Liability: what it has paid too much.
        Advance = "advance",
        /// Asset: what the bank will pay, by value date.
        PosClearing = "pos_clearing",
        /// Asset: money that arrived.
        Bank = "bank",
        /// Expense: the cut of the bank, or of the level above for using its POS.
        BankCommission = "bank_commission",
        /// Income: instalment difference borne by the payer, and what a level keeps of the next one's cost.
        SurchargeIncome = "surcharge_income",
        /// Liability: collected for a lower level.
        DueTo = "due_to",
        /// Asset: collected by an upper level for this one.
        DueFrom = "due_from",
        /// Liability: promised back to a payer, not yet confirmed by the bank.
        RefundPayable = "refund_payable",
        /// Asset: taken back by the bank, in dispute.
        Chargeback = "chargeback",
        /// Either: what a statement says differently, until explained.
        SettlementDifference = "settlement_difference",
        /// The other side of a receivable that was raised: its source document lives in the ERP's books.
        Billed = "billed",
        /// The other side of an offset in the lower level's books: what it owes lives in its own ERP.
        OffsetPayable = "offset_payable",
    }
}

named! {
    /// Which event a posting books.
    pub enum PostingKind {
        /// A receivable was raised.
        Raised = "raised",
        /// A raised receivable was withdrawn.
        Withdrawn = "withdrawn",
        /// Money was captured.
        Capture = "capture",
        /// A capture was voided; mirrors what it had done.
        Void = "void",
        /// A refund was promised.
        RefundAsked = "refund_asked",
        /// The bank confirmed it.
        RefundConfirmed = "refund_confirmed",
        /// The bank refused it; mirrors the promise.
        RefundFailed = "refund_failed",
        /// An advance closed a receivable.
        AdvanceUse = "advance_use",
        /// Money moved from one account to another (virman).
        Transfer = "transfer",
        /// Two levels set off what they owe one another (mahsup).
        Offset = "offset",
        /// The bank paid.
        Payout = "payout",
        /// The bank took money back.
        ChargebackOpened = "chargeback_opened",
        /// The dispute was won; mirrors its opening.
        ChargebackWon = "chargeback_won",
        /// The dispute was lost.
        ChargebackLost = "chargeback_lost",
    }
}

/// One line of a posting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which account.
    pub account: AccountKind,
    /// Whose.
    pub counterparty: Option<Party>,
    /// Of a receivable: which part of it.
    pub component: Option<ComponentKind>,
    /// Debit above zero, credit below.
    pub minor: i64,
    /// Of a bank's promise: the day it counts (valör).
    pub value_on: Option<Date>,
}

/// A balanced set of entries in one node's books. Fields are read through methods, so that no unbalanced
/// one can exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    node: NodeId,
    currency: Currency,
    kind: PostingKind,
    entries: Vec<Entry>,
}

/// Why a set of entries is no posting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Debits and credits differ by so many minor units.
    #[error("debits and credits differ by {0}")]
    Unbalanced(i128),
    /// No entry, or a sum beyond 64 bits.
    #[error("an amount does not fit")]
    Amount,
}

impl Posting {
    /// Drops lines of nothing and refuses what does not balance.
    pub fn new(
        node: NodeId,
        currency: Currency,
        kind: PostingKind,
        mut entries: Vec<Entry>,
    ) -> Result<Self, LedgerError> {
        entries.retain(|entry| entry.minor != 0);
        let sum: i128 = entries.iter().map(|entry| i128::from(entry.minor)).sum();
        if sum != 0 {
            return Err(LedgerError::Unbalanced(sum));
        }
        let fits = !entries.is_empty() && entries.iter().all(|entry| entry.minor != i64::MIN);
        fits.then_some(Self { node, currency, kind, entries }).ok_or(LedgerError::Amount)
    }

    /// The posting that undoes this one line by line.
    pub fn mirrored(&self, kind: PostingKind) -> Self {
        let entries = self.entries.iter().map(|entry| Entry { minor: -entry.minor, ..entry.clone() }).collect();
        Self { node: self.node, currency: self.currency, kind, entries }
    }

    /// Whose books.
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// In which currency.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Which event.
    pub fn kind(&self) -> PostingKind {
        self.kind
    }

    /// The lines.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

impl Entry {
    /// Debit: an amount of zero or more. A negative one is a credit.
    pub fn debit(account: AccountKind, counterparty: Option<Party>, minor: i64) -> Self {
        Self { account, counterparty, component: None, minor, value_on: None }
    }

    /// Credit: the amount with its sign turned.
    pub fn credit(account: AccountKind, counterparty: Option<Party>, minor: i64) -> Self {
        Self::debit(account, counterparty, -minor)
    }

    /// Of which component of a receivable.
    pub fn of(mut self, component: ComponentKind) -> Self {
        self.component = Some(component);
        self
    }

    /// With a value date.
    pub fn on(mut self, value_on: Date) -> Self {
        self.value_on = Some(value_on);
        self
    }
}

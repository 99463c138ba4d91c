//! Which postings an event makes. Pure: facts in, balanced postings out, one per node that it touches.
//!
//! The collector is the node to which the money is owed; the bank pays the owner of the POS account, which is
//! the collector itself or a node above it. Between them runs a chain of levels, each of which charges the
//! next one for the use of the POS; what they owe one another is mirrored in both books.

use jiff::civil::Date;

use super::allocation::Holding;
use super::id::{NodeId, PosAccountId};
use super::ledger::{AccountKind, Entry, LedgerError, Posting, PostingKind};
use super::money::Currency;
use super::named::named;
use super::party::Party;
use super::payment::{IllegalMove, Move, Refusal};
use super::split::{split_by, split_even};

/// The path that money takes from the POS account down to the collector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Whose POS account it is.
    pub owner: NodeId,
    /// The account at the bank.
    pub pos_account: PosAccountId,
    /// The levels below the owner that have a share or collect, nearest the owner first, each with what the
    /// level above keeps of the charge. Empty when the collector owns the POS account.
    pub levels: Vec<(NodeId, i64)>,
}

impl Route {
    /// To whom the money is owed.
    pub fn collector(&self) -> NodeId {
        self.levels.last().map_or(self.owner, |(node, _)| *node)
    }

    #[expect(clippy::unnecessary_wraps, reason = "an entry's counterparty may be absent; this one is not")]
    fn pos(&self) -> Option<Party> {
        Some(Party::PosAccount(self.pos_account))
    }
}

/// What a capture books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// The path of the money.
    pub route: Route,
    /// In which currency.
    pub currency: Currency,
    /// What the card paid.
    pub charged: i64,
    /// What the bank keeps of it.
    pub bank_commission: i64,
    /// When the bank pays, one day per part.
    pub value_days: Vec<Date>,
    /// What the settled amount closed, in order, advances included. Its sum is the amount; the rest of the
    /// charge is the instalment difference.
    pub closed: Vec<Holding>,
}

impl Capture {
    /// The amount that counts against debts.
    pub fn amount(&self) -> i64 {
        self.closed.iter().map(|holding| holding.minor).sum()
    }

    /// One posting per node, the owner's first.
    pub fn postings(&self) -> Result<Vec<Posting>, LedgerError> {
        let route = &self.route;
        let mut entries = Vec::new();
        for (day, part) in self.value_days.iter().zip(self.parts()) {
            entries.push(Entry::debit(AccountKind::PosClearing, route.pos(), part).on(*day));
        }
        entries.push(Entry::debit(AccountKind::BankCommission, route.pos(), self.bank_commission));
        let mut postings = Vec::with_capacity(route.levels.len() + 1);
        let (mut node, mut kept_above) = (route.owner, 0);
        for (level, kept) in &route.levels {
            entries.push(Entry::credit(AccountKind::DueTo, Some(Party::Node(*level)), self.charged - kept));
            entries.push(Entry::credit(AccountKind::SurchargeIncome, None, kept - kept_above));
            postings.push(Posting::new(node, self.currency, PostingKind::Capture, entries)?);
            entries = vec![Entry::debit(AccountKind::DueFrom, Some(Party::Node(node)), self.charged - kept)];
            (node, kept_above) = (*level, *kept);
        }
        // At the collector the share of the levels above is a cost like the bank's.
        entries.push(Entry::debit(AccountKind::BankCommission, route.pos(), kept_above));
        entries.extend(self.closed.iter().map(credit_of));
        entries.push(Entry::credit(AccountKind::SurchargeIncome, None, self.charged - self.amount()));
        postings.push(Posting::new(node, self.currency, PostingKind::Capture, entries)?);
        Ok(postings)
    }

    fn parts(&self) -> Vec<i64> {
        let parts = u16::try_from(self.value_days.len()).unwrap_or(u16::MAX);
        split_even(self.charged - self.bank_commission, parts)
    }
}

fn credit_of(holding: &Holding) -> Entry {
    match &holding.target {
        Some((_, _, kind)) => Entry::credit(AccountKind::Receivable, Some(holding.debtor), holding.minor).of(*kind),
        None => Entry::credit(AccountKind::Advance, Some(holding.debtor), holding.minor),
    }
}

fn debit_of(holding: &Holding) -> Entry {
    let credit = credit_of(holding);
    Entry { minor: -credit.minor, ..credit }
}

/// How a part of a charge divides into the amount (what closed debts) and the difference, so that every
/// series of refunds gives back exactly what the charge was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundSplit {
    /// Reopens debts.
    pub amount: i64,
    /// Gives back instalment difference.
    pub difference: i64,
}

impl RefundSplit {
    /// The share of `asked` in a charge of `amount + difference`, of which `before` was given back already.
    /// By largest remainder over everything given back so far, kept within what is left of both sides.
    /// `None` when more is asked than is left.
    pub fn of(asked: i64, amount: i64, difference: i64, before: Self) -> Option<Self> {
        let left = (amount - before.amount, difference - before.difference);
        if asked <= 0 || asked > left.0.checked_add(left.1)? {
            return None;
        }
        let weights = [u64::try_from(amount).ok()?, u64::try_from(difference).ok()?];
        let total = split_by(before.amount + before.difference + asked, &weights);
        let wanted = total.first()? - before.amount;
        let share = wanted.clamp((asked - left.1).max(0), asked.min(left.0));
        Some(Self { amount: share, difference: asked - share })
    }
}

named! {
    /// Where the promise of a refund stands in the books.
    pub enum RefundState {
        /// The bank was asked.
        Asked = "asked",
        /// It gave the money back.
        Confirmed = "confirmed",
        /// It did not; the promise is undone.
        Failed = "failed",
    }
}

named! {
    /// What can happen to the promise of a refund.
    pub enum RefundEvent {
        /// The bank gave the money back.
        Confirmed = "confirmed",
        /// The bank did not.
        Failed = "failed",
    }
}

impl RefundState {
    /// The table of refunds in the books.
    pub fn next(self, event: RefundEvent) -> Result<Move<Self>, IllegalMove> {
        use RefundEvent as E;
        use RefundState as S;
        let answer = match (self, event) {
            (S::Asked, E::Confirmed) => Ok(Move::To(S::Confirmed)),
            (S::Asked, E::Failed) => Ok(Move::To(S::Failed)),
            (S::Confirmed, E::Confirmed) | (S::Failed, E::Failed) => Ok(Move::Stay),
            // The opposite of what is posted: a person must look.
            (S::Confirmed, E::Failed) | (S::Failed, E::Confirmed) => Err(Refusal::Contradiction),
        };
        answer.map_err(|refusal| IllegalMove { from: self.as_str(), event: event.as_str(), refusal })
    }
}

/// A refund that was promised to the payer (or taken by the bank in a lost dispute).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// The path that the charge took.
    pub route: Route,
    /// In which currency.
    pub currency: Currency,
    /// Who gets it.
    pub payer: Party,
    /// What is reopened or taken from advances.
    pub reopened: Vec<Holding>,
    /// How much instalment difference goes back.
    pub difference: i64,
}

impl Refund {
    /// Everything that goes back.
    pub fn total(&self) -> i64 {
        self.reopened.iter().map(|holding| holding.minor).sum::<i64>() + self.difference
    }

    /// At the moment of the promise.
    pub fn asked(&self) -> Result<Vec<Posting>, LedgerError> {
        self.given_back(PostingKind::RefundAsked, AccountKind::RefundPayable, Some(self.payer))
    }

    /// A lost dispute gives back what the bank has taken already.
    pub fn dispute_lost(&self) -> Result<Vec<Posting>, LedgerError> {
        self.given_back(PostingKind::ChargebackLost, AccountKind::Chargeback, self.route.pos())
    }

    fn given_back(
        &self,
        kind: PostingKind,
        account: AccountKind,
        counterparty: Option<Party>,
    ) -> Result<Vec<Posting>, LedgerError> {
        let total = self.total();
        let mut entries = vec![Entry::credit(account, counterparty, total)];
        let mut postings = Vec::with_capacity(self.route.levels.len() + 1);
        let mut node = self.route.owner;
        for (level, _) in &self.route.levels {
            entries.push(Entry::debit(AccountKind::DueTo, Some(Party::Node(*level)), total));
            postings.push(Posting::new(node, self.currency, kind, entries)?);
            entries = vec![Entry::credit(AccountKind::DueFrom, Some(Party::Node(node)), total)];
            node = *level;
        }
        entries.extend(self.reopened.iter().map(debit_of));
        entries.push(Entry::debit(AccountKind::SurchargeIncome, None, self.difference));
        postings.push(Posting::new(node, self.currency, kind, entries)?);
        Ok(postings)
    }

    /// When the bank confirms: it nets the sum from its next payments. `commission_back` is what it gives
    /// back of its own cut, where the POS account's terms say so.
    pub fn confirmed(&self, commission_back: i64) -> Result<Posting, LedgerError> {
        let pos = self.route.pos();
        let entries = vec![
            Entry::debit(AccountKind::RefundPayable, Some(self.payer), self.total()),
            Entry::credit(AccountKind::PosClearing, pos, self.total()),
            Entry::debit(AccountKind::PosClearing, pos, commission_back),
            Entry::credit(AccountKind::BankCommission, pos, commission_back),
        ];
        Posting::new(self.route.owner, self.currency, PostingKind::RefundConfirmed, entries)
    }
}

/// A receivable is raised: its components against the ERP's document.
pub fn raised(node: NodeId, currency: Currency, components: &[Holding]) -> Result<Posting, LedgerError> {
    let total = components.iter().map(|component| component.minor).sum();
    let debtor = components.first().map(|component| component.debtor);
    let mut entries: Vec<Entry> = components.iter().map(debit_of).collect();
    entries.push(Entry::credit(AccountKind::Billed, debtor, total));
    Posting::new(node, currency, PostingKind::Raised, entries)
}

/// Part of a collection changes its place in one node's books: an advance closes a receivable, or a payment
/// for the wrong account moves to the right one (virman). Nothing is deleted.
pub fn moved(
    node: NodeId,
    currency: Currency,
    kind: PostingKind,
    from: &[Holding],
    to: &[Holding],
) -> Result<Posting, LedgerError> {
    let entries = from.iter().map(debit_of).chain(to.iter().map(credit_of)).collect();
    Posting::new(node, currency, kind, entries)
}

/// Two levels set off (mahsup): what the upper one owes for collections closes what the lower one owes it.
pub fn offset(
    upper: NodeId,
    lower: NodeId,
    currency: Currency,
    closed: &[Holding],
) -> Result<[Posting; 2], LedgerError> {
    let total = closed.iter().map(|holding| holding.minor).sum();
    let mut entries = vec![Entry::debit(AccountKind::DueTo, Some(Party::Node(lower)), total)];
    entries.extend(closed.iter().map(credit_of));
    let mirror = vec![
        Entry::debit(AccountKind::OffsetPayable, Some(Party::Node(upper)), total),
        Entry::credit(AccountKind::DueFrom, Some(Party::Node(upper)), total),
    ];
    Ok([
        Posting::new(upper, currency, PostingKind::Offset, entries)?,
        Posting::new(lower, currency, PostingKind::Offset, mirror)?,
    ])
}

/// The bank pays `received` for parts that we expected to be `expected`; a difference stays visible until a
/// person explains it.
pub fn payout(
    owner: NodeId,
    currency: Currency,
    pos_account: PosAccountId,
    expected: i64,
    received: i64,
) -> Result<Posting, LedgerError> {
    let pos = Some(Party::PosAccount(pos_account));
    let entries = vec![
        Entry::debit(AccountKind::Bank, None, received),
        Entry::debit(AccountKind::SettlementDifference, pos, expected - received),
        Entry::credit(AccountKind::PosClearing, pos, expected),
    ];
    Posting::new(owner, currency, PostingKind::Payout, entries)
}

/// The bank takes a charge back while it is in dispute. Winning mirrors it.
pub fn chargeback_opened(route: &Route, currency: Currency, minor: i64) -> Result<Posting, LedgerError> {
    let entries = vec![
        Entry::debit(AccountKind::Chargeback, route.pos(), minor),
        Entry::credit(AccountKind::PosClearing, route.pos(), minor),
    ];
    Posting::new(route.owner, currency, PostingKind::ChargebackOpened, entries)
}

#[cfg(test)]
mod tests;

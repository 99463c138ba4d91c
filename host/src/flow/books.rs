//! The books' part of a flow's second transaction: post, allocate, and keep what was done, so that a void or
//! a refund undoes exactly that.
//!
//! Every function runs inside the caller's transaction and is safe to run again: an event that has been booked
//! is not booked twice. Locks are taken in one order, so that two flows never wait for each other: first the
//! collection, then its debtors by the order of their text.

mod dispute;
mod moves;
mod raise;
mod refund;
#[cfg(test)]
mod tests;

use jiff::tz::TimeZone;

pub use dispute::{DisputeFacts, chargeback_lost_in_tx, chargeback_opened_in_tx, chargeback_won_in_tx};
pub use moves::{AdvanceUse, PayoutFacts, Transfer, advance_use_in_tx, payout_in_tx, transfer_in_tx};
pub use raise::{NewReceivable, receivable_raise_in_tx};
pub use refund::{RefundFacts, refund_confirmed_in_tx, refund_failed_in_tx, refund_requested_in_tx};

use crate::domain::allocation::{AllocationRule, Holding, Share};
use crate::domain::books::{Capture, Route};
use crate::domain::id::{AttemptId, CollectionId, NodeId, PaymentId, PosAccountId, PostingId, TenantId};
use crate::domain::instalment::Terms;
use crate::domain::ledger::{LedgerError, Posting, PostingKind};
use crate::domain::party::Party;
use crate::domain::payment::IllegalMove;
use crate::store::allocation::{
    Collection, allocation_insert, collection_by_attempt, collection_insert, collection_lock, holdings, refunded,
};
use crate::store::ledger::{PostingOrigin, posting_exists, posting_insert, postings_standing};
use crate::store::receivable::{debtor_lock, receivable_open};
use crate::store::{StoreError, Tx};

/// Why the books refuse an event. A refusal has written nothing but lock counters.
#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What would be posted does not balance: a mistake of ours, caught before the commit.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// This attempt was never booked as captured.
    #[error("nothing was collected by this attempt")]
    NotCollected,
    /// More is to go back, or to move, than is there.
    #[error("only {left} is left")]
    MoreThanLeft {
        /// Minor units.
        left: i64,
    },
    /// A part of it went back already, or is promised: it can be refunded, not voided.
    #[error("a refund stands in the way of a void")]
    Refunded,
    /// The promise of this refund had ended the other way: what the bank says now contradicts the books.
    #[error("a refund: {0}")]
    Illegal(#[from] IllegalMove),
    /// The bank has taken it back already, and that is not settled.
    #[error("it is in dispute")]
    InDispute,
    /// There is no open dispute of this name.
    #[error("no dispute is open under this name")]
    NotInDispute,
    /// Somebody else moved this refund at the same moment.
    #[error("a refund that many hands move at once")]
    RefundMoved,
    /// The terms cannot be computed (an amount beyond 64 bits).
    #[error("the amount is too large")]
    TooLarge,
    /// A currency that the terms do not have.
    #[error("the currencies differ")]
    Currency,
}

/// Shorthand of this part.
pub type BooksResult<T> = Result<T, BooksError>;

/// Money that a bank captured, as the flow knows it.
#[derive(Debug, Clone)]
pub struct CaptureFacts {
    /// Whose books.
    pub tenant: TenantId,
    /// Which payment.
    pub payment: PaymentId,
    /// Which attempt captured it; booked once.
    pub attempt: AttemptId,
    /// To whom the money is owed.
    pub node: NodeId,
    /// Who paid: a node, a customer, or `Party::Payer` when nobody is known.
    pub payer: Party,
    /// Whose POS account took it.
    pub pos_owner: NodeId,
    /// Which POS account took it.
    pub pos_account: PosAccountId,
    /// The terms that were frozen with the payment.
    pub terms: Terms,
    /// What the payer chose to pay; empty for "what is due first".
    pub receivables: Vec<Share>,
    /// When the bank captured it.
    pub captured_at_ms: i64,
}

/// Books a capture: closes what is owed, posts in the books of every level that it touches.
pub async fn capture_in_tx(tx: &mut Tx, facts: &CaptureFacts) -> BooksResult<CollectionId> {
    if let Some(known) = collection_by_attempt(tx, facts.tenant, facts.attempt).await? {
        return Ok(known.id);
    }
    let (amount, charged) = (facts.terms.amount, facts.terms.charged);
    if amount.currency != charged.currency {
        return Err(BooksError::Currency);
    }
    debtor_lock(tx, facts.tenant, facts.node, facts.payer, amount.currency).await?;
    let open = receivable_open(tx, facts.tenant, facts.node, facts.payer, amount.currency).await?;
    let allocated = AllocationRule::default().allocate(amount.minor, &open, &facts.receivables);
    let closed = placed(&allocated, facts.payer);
    let capture = Capture {
        route: route(facts)?,
        currency: amount.currency,
        charged: charged.minor,
        bank_commission: facts.terms.bank_rate.of(charged).ok_or(BooksError::TooLarge)?.minor,
        value_days: facts.terms.value_days(day_of(facts.captured_at_ms)),
        closed,
    };
    let postings = capture.postings()?;
    let collection = Collection {
        id: CollectionId::at(facts.captured_at_ms),
        payment: facts.payment,
        attempt: facts.attempt,
        node: facts.node,
        debtor: facts.payer,
        currency: amount.currency,
        amount: amount.minor,
        charged: charged.minor,
        bank_commission: capture.bank_commission,
        route: capture.route.clone(),
        rule_version: allocated.rule.clone(),
        explanation: allocated.explanation(),
        captured_at_ms: facts.captured_at_ms,
    };
    collection_insert(tx, facts.tenant, &collection).await?;
    let origin = origin(&collection, facts.attempt.to_string(), facts.captured_at_ms);
    let own = post(tx, facts.tenant, &postings, &origin).await?;
    allocation_insert(tx, facts.tenant, &collection, own, &capture.closed, facts.captured_at_ms).await?;
    Ok(collection.id)
}

/// A void at the bank.
#[derive(Debug, Clone)]
pub struct VoidFacts {
    /// Whose books.
    pub tenant: TenantId,
    /// Which attempt was voided.
    pub attempt: AttemptId,
    /// What did it: an operation, or the inquiry that found it.
    pub cause: String,
    /// When.
    pub at_ms: i64,
}

/// Books a void: everything that still stands of the capture is mirrored line by line, advances used and
/// transfers included, and every debt stands as before.
pub async fn void_in_tx(tx: &mut Tx, facts: &VoidFacts) -> BooksResult<()> {
    let collection = collection_take(tx, facts.tenant, facts.attempt).await?;
    let given_back = refunded(tx, facts.tenant, collection.id).await?;
    if given_back.amount + given_back.difference > 0 {
        return Err(BooksError::Refunded);
    }
    let placed = debtors_take(tx, facts.tenant, &collection).await?;
    let standing = postings_standing(tx, facts.tenant, collection.id).await?;
    let mut void = None;
    for (id, posting) in &standing {
        let mirror = posting.mirrored(PostingKind::Void);
        let mut origin = origin(&collection, facts.cause.clone(), facts.at_ms);
        origin.reverses = Some(*id);
        let made = post(tx, facts.tenant, &[mirror], &origin).await?;
        if posting.node() == collection.node {
            void = Some(made);
        }
    }
    // Nothing standing: it was voided before.
    let Some(void) = void else { return Ok(()) };
    let undone: Vec<Holding> = placed.into_iter().map(|holding| Holding { minor: -holding.minor, ..holding }).collect();
    allocation_insert(tx, facts.tenant, &collection, void, &undone, facts.at_ms).await?;
    Ok(())
}

/// Takes a collection; nobody else can refund, void or move it until the transaction ends.
async fn collection_take(tx: &mut Tx, tenant: TenantId, attempt: AttemptId) -> BooksResult<Collection> {
    if !collection_lock(tx, tenant, attempt).await? {
        return Err(BooksError::NotCollected);
    }
    collection_by_attempt(tx, tenant, attempt).await?.ok_or(BooksError::NotCollected)
}

/// Takes every debtor that a collection touches, then reads where it is. The set of debtors cannot change in
/// between: only a transfer changes it, and that needs the collection, which we hold.
async fn debtors_take(tx: &mut Tx, tenant: TenantId, collection: &Collection) -> BooksResult<Vec<Holding>> {
    let mut debtors: Vec<Party> =
        holdings(tx, tenant, collection.id).await?.into_iter().map(|holding| holding.debtor).collect();
    debtors.push(collection.debtor);
    debtors_lock(tx, tenant, collection, debtors).await?;
    Ok(holdings(tx, tenant, collection.id).await?)
}

async fn debtors_lock(
    tx: &mut Tx,
    tenant: TenantId,
    collection: &Collection,
    mut debtors: Vec<Party>,
) -> BooksResult<()> {
    debtors.sort_by_key(ToString::to_string);
    debtors.dedup();
    for debtor in debtors {
        debtor_lock(tx, tenant, collection.node, debtor, collection.currency).await?;
    }
    Ok(())
}

/// Inserts postings of one event; gives the id of the last, which is the collector's.
async fn post(tx: &mut Tx, tenant: TenantId, postings: &[Posting], origin: &PostingOrigin) -> BooksResult<PostingId> {
    let mut last = PostingId::at(origin.at_ms);
    for posting in postings {
        // Checked when it was built; once more before it is written, for this is the promise (P5).
        let sum: i128 = posting.entries().iter().map(|entry| i128::from(entry.minor)).sum();
        if sum != 0 {
            return Err(BooksError::Ledger(LedgerError::Unbalanced(sum)));
        }
        last = PostingId::at(origin.at_ms);
        posting_insert(tx, tenant, last, posting, origin).await?;
    }
    Ok(last)
}

fn origin(collection: &Collection, cause: String, at_ms: i64) -> PostingOrigin {
    PostingOrigin {
        cause,
        reverses: None,
        collection: Some(collection.id),
        payment: Some(collection.payment),
        receivable: None,
        at_ms,
    }
}

/// What an allocation placed, the advance last.
fn placed(allocated: &crate::domain::allocation::Allocated, debtor: Party) -> Vec<Holding> {
    let mut placed: Vec<Holding> = allocated
        .lines
        .iter()
        .map(|line| Holding { debtor, target: Some((line.receivable, line.component, line.kind)), minor: line.minor })
        .collect();
    if allocated.advance > 0 {
        placed.push(Holding { debtor, target: None, minor: allocated.advance });
    }
    placed
}

/// The path of the money. A collector without a share of its own in the terms passes the bank's cut on: the
/// owner of the POS account neither gains nor loses.
fn route(facts: &CaptureFacts) -> BooksResult<Route> {
    let mut levels = Vec::new();
    if facts.pos_owner != facts.node {
        let terms = &facts.terms;
        // Levels above the owner have no part in its POS account.
        let below = terms.levels.iter().position(|share| share.node == facts.pos_owner).map_or(0, |at| at + 1);
        for share in &terms.levels[below..] {
            levels.push((share.node, share.rate.of(terms.charged).ok_or(BooksError::TooLarge)?.minor));
        }
        if levels.last().is_none_or(|(node, _)| *node != facts.node) {
            levels.clear();
            levels.push((facts.node, terms.bank_rate.of(terms.charged).ok_or(BooksError::TooLarge)?.minor));
        }
    }
    Ok(Route { owner: facts.pos_owner, pos_account: facts.pos_account, levels })
}

/// Where the books are kept. One zone until a firm can state its own.
pub fn zone() -> TimeZone {
    TimeZone::get("Europe/Istanbul").unwrap_or(TimeZone::UTC)
}

/// The civil day of an instant where the books are kept.
pub fn day_of(at_ms: i64) -> jiff::civil::Date {
    let zone = zone();
    jiff::Timestamp::from_millisecond(at_ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_zoned(zone).date()
}

/// Whether an event has been booked already.
async fn booked(tx: &mut Tx, tenant: TenantId, cause: &str, kind: PostingKind) -> BooksResult<bool> {
    Ok(posting_exists(tx, tenant, cause, kind).await?)
}

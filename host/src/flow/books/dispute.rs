//! Disputes: the bank takes a charge back (chargeback), and later it is won or lost.

use super::{BooksError, BooksResult, booked, collection_take, debtors_take, origin, post};
use crate::domain::allocation::{Holding, reopen};
use crate::domain::books::{Refund, RefundEvent, RefundSplit, RefundState, chargeback_opened};
use crate::domain::id::{AttemptId, TenantId};
use crate::domain::ledger::{AccountKind, Posting, PostingKind};
use crate::domain::payment::Move;
use crate::store::Tx;
use crate::store::allocation::{allocation_insert, refund_get, refund_insert, refund_move, refunded};
use crate::store::ledger::{disputed, posting_standing_of};

/// A dispute as the bank tells of it.
#[derive(Debug, Clone)]
pub struct DisputeFacts {
    /// Whose books.
    pub tenant: TenantId,
    /// Of which attempt.
    pub attempt: AttemptId,
    /// The bank's case; each of its turns is booked once.
    pub cause: String,
    /// When.
    pub at_ms: i64,
}

/// The bank takes back what is left of a charge. No debt reopens while it is in dispute. Gives how much that is.
pub async fn chargeback_opened_in_tx(tx: &mut Tx, facts: &DisputeFacts) -> BooksResult<i64> {
    let collection = collection_take(tx, facts.tenant, facts.attempt).await?;
    if let Some((_, opened)) =
        posting_standing_of(tx, facts.tenant, &facts.cause, PostingKind::ChargebackOpened).await?
    {
        return Ok(taken_back(&opened));
    }
    if disputed(tx, facts.tenant, collection.id).await? != 0 {
        return Err(BooksError::InDispute);
    }
    let placed = debtors_take(tx, facts.tenant, &collection).await?;
    let before = refunded(tx, facts.tenant, collection.id).await?;
    let held: i64 = placed.iter().map(|holding| holding.minor).sum();
    let left = collection.charged - before.amount - before.difference;
    // Nothing is held after a void, nothing is left after a refund of everything.
    if left <= 0 || (held == 0 && before.amount == 0) {
        return Err(BooksError::MoreThanLeft { left: 0 });
    }
    let opened = chargeback_opened(&collection.route, collection.currency, left)?;
    post(tx, facts.tenant, &[opened], &origin(&collection, facts.cause.clone(), facts.at_ms)).await?;
    Ok(left)
}

/// The bank gives it back: what was booked when it was taken is mirrored.
pub async fn chargeback_won_in_tx(tx: &mut Tx, facts: &DisputeFacts) -> BooksResult<()> {
    let collection = collection_take(tx, facts.tenant, facts.attempt).await?;
    if booked(tx, facts.tenant, &facts.cause, PostingKind::ChargebackWon).await? {
        return Ok(());
    }
    if booked(tx, facts.tenant, &facts.cause, PostingKind::ChargebackLost).await? {
        return Err(BooksError::NotInDispute);
    }
    let opened = posting_standing_of(tx, facts.tenant, &facts.cause, PostingKind::ChargebackOpened).await?;
    let (id, opened) = opened.ok_or(BooksError::NotInDispute)?;
    let mut origin = origin(&collection, facts.cause.clone(), facts.at_ms);
    origin.reverses = Some(id);
    post(tx, facts.tenant, &[opened.mirrored(PostingKind::ChargebackWon)], &origin).await?;
    Ok(())
}

/// The bank keeps it: debts reopen as by a refund, against what was taken. Where a part went back to the payer
/// meanwhile, the bank has taken more than was left, and a person must look.
pub async fn chargeback_lost_in_tx(tx: &mut Tx, facts: &DisputeFacts) -> BooksResult<RefundSplit> {
    let collection = collection_take(tx, facts.tenant, facts.attempt).await?;
    if let Some(known) = refund_get(tx, facts.tenant, &facts.cause).await? {
        return Ok(known.split);
    }
    let opened = posting_standing_of(tx, facts.tenant, &facts.cause, PostingKind::ChargebackOpened).await?;
    let (_, opened) = opened.ok_or(BooksError::NotInDispute)?;
    let minor = taken_back(&opened);
    let placed = debtors_take(tx, facts.tenant, &collection).await?;
    let before = refunded(tx, facts.tenant, collection.id).await?;
    let held: i64 = placed.iter().map(|holding| holding.minor).sum();
    let difference = collection.charged - collection.amount;
    let left = collection.charged - before.amount - before.difference;
    let split = RefundSplit::of(minor, collection.amount, difference, before);
    let split = split.ok_or(BooksError::MoreThanLeft { left })?;
    let reopened = reopen(&placed, split.amount).ok_or(BooksError::MoreThanLeft { left: held })?;
    let (currency, payer) = (collection.currency, collection.debtor);
    let lost = Refund { route: collection.route.clone(), currency, payer, reopened, difference: split.difference };
    let origin = origin(&collection, facts.cause.clone(), facts.at_ms);
    let posting = post(tx, facts.tenant, &lost.dispute_lost()?, &origin).await?;
    // What went back this way cannot go back another: it counts as a refund that the bank has confirmed.
    refund_insert(tx, facts.tenant, collection.id, &facts.cause, split, facts.at_ms).await?;
    if let Move::To(to) = RefundState::Asked.next(RefundEvent::Confirmed)? {
        refund_move(tx, facts.tenant, &facts.cause, RefundState::Asked, to).await?;
    }
    let taken: Vec<Holding> =
        lost.reopened.into_iter().map(|holding| Holding { minor: -holding.minor, ..holding }).collect();
    allocation_insert(tx, facts.tenant, &collection, posting, &taken, facts.at_ms).await?;
    Ok(split)
}

/// How much an opening took.
fn taken_back(opened: &Posting) -> i64 {
    let lines = opened.entries().iter().filter(|entry| entry.account == AccountKind::Chargeback);
    lines.map(|entry| entry.minor).sum()
}

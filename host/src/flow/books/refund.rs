//! Refunds: promised, then confirmed or refused by the bank.

use super::{BooksError, BooksResult, collection_take, debtors_take, origin, post};
use crate::domain::allocation::{Holding, reopen};
use crate::domain::books::{Refund, RefundEvent, RefundSplit, RefundState};
use crate::domain::id::{AttemptId, TenantId};
use crate::domain::ledger::PostingKind;
use crate::domain::payment::Move;
use crate::domain::rate::Rate;
use crate::store::Tx;
use crate::store::allocation::{
    Collection, allocation_insert, allocations_of_cause, refund_get, refund_insert, refund_move, refunded,
};
use crate::store::receivable::component_outstanding;

/// A refund as the flow knows it.
#[derive(Debug, Clone)]
pub struct RefundFacts {
    /// Whose books.
    pub tenant: TenantId,
    /// Of which attempt.
    pub attempt: AttemptId,
    /// The operation that carries it; booked once.
    pub cause: String,
    /// How much of the charge goes back.
    pub minor: i64,
    /// When.
    pub at_ms: i64,
}

/// Books the promise, before the bank is asked: debts reopen, last closed first, and the sum is owed to the
/// payer. Two refunds at once cannot give back more than was charged.
pub async fn refund_requested_in_tx(tx: &mut Tx, facts: &RefundFacts) -> BooksResult<RefundSplit> {
    if let Some(known) = refund_get(tx, facts.tenant, &facts.cause).await? {
        return Ok(known.split);
    }
    let collection = collection_take(tx, facts.tenant, facts.attempt).await?;
    let placed = debtors_take(tx, facts.tenant, &collection).await?;
    let before = refunded(tx, facts.tenant, collection.id).await?;
    let held: i64 = placed.iter().map(|holding| holding.minor).sum();
    let left = collection.charged - before.amount - before.difference;
    // Nothing is held after a void.
    let left = if held == 0 && before.amount == 0 { 0 } else { left };
    let difference = collection.charged - collection.amount;
    let split = RefundSplit::of(facts.minor, collection.amount, difference, before)
        .filter(|_| facts.minor <= left)
        .ok_or(BooksError::MoreThanLeft { left })?;
    let reopened = reopen(&placed, split.amount).ok_or(BooksError::MoreThanLeft { left: held })?;
    let refund = refund_of(&collection, reopened, split);
    let origin = origin(&collection, facts.cause.clone(), facts.at_ms);
    let posting = post(tx, facts.tenant, &refund.asked()?, &origin).await?;
    refund_insert(tx, facts.tenant, collection.id, &facts.cause, split, facts.at_ms).await?;
    let taken: Vec<Holding> =
        refund.reopened.into_iter().map(|holding| Holding { minor: -holding.minor, ..holding }).collect();
    allocation_insert(tx, facts.tenant, &collection, posting, &taken, facts.at_ms).await?;
    Ok(split)
}

/// Books the bank's yes: it nets the sum from what it will pay. `commission_returned` is the part of its own
/// cut that it gives back, by the terms of the POS account.
pub async fn refund_confirmed_in_tx(
    tx: &mut Tx,
    tenant: TenantId,
    cause: &str,
    commission_returned: Rate,
    at_ms: i64,
) -> BooksResult<()> {
    let Some((collection, split, state)) = refund_take(tx, tenant, cause).await? else { return Ok(()) };
    let Move::To(to) = state.next(RefundEvent::Confirmed)? else { return Ok(()) };
    if !refund_move(tx, tenant, cause, state, to).await? {
        return Err(BooksError::RefundMoved);
    }
    let total = split.amount + split.difference;
    let share = i128::from(collection.bank_commission) * i128::from(total) / i128::from(collection.charged.max(1));
    let share = crate::domain::money::Money::new(i64::try_from(share).unwrap_or(0), collection.currency);
    let commission_back = commission_returned.of(share).ok_or(BooksError::TooLarge)?.minor;
    // Only the sum matters here: what was reopened has been posted with the promise.
    let held = Holding { debtor: collection.debtor, target: None, minor: split.amount };
    let confirmed = refund_of(&collection, vec![held], split).confirmed(commission_back)?;
    post(tx, tenant, &[confirmed], &origin(&collection, cause.to_owned(), at_ms)).await?;
    Ok(())
}

/// Books the bank's no: the promise is undone. What it had reopened is closed again as far as it is still
/// open; if somebody else has paid it meanwhile, the rest is an advance, never a negative debt.
pub async fn refund_failed_in_tx(tx: &mut Tx, tenant: TenantId, cause: &str, at_ms: i64) -> BooksResult<()> {
    let Some((collection, split, state)) = refund_take(tx, tenant, cause).await? else { return Ok(()) };
    let Move::To(to) = state.next(RefundEvent::Failed)? else { return Ok(()) };
    if !refund_move(tx, tenant, cause, state, to).await? {
        return Err(BooksError::RefundMoved);
    }
    let mut closed = Vec::new();
    // The promise wrote what it took below zero, the last closed first; close again in the old order.
    for taken in allocations_of_cause(tx, tenant, collection.id, cause).await?.into_iter().rev() {
        let wanted = -taken.minor;
        let open = match taken.target {
            Some((_, component, _)) => component_outstanding(tx, tenant, component).await?.clamp(0, wanted),
            None => wanted,
        };
        closed.push(Holding { minor: open, ..taken.clone() });
        closed.push(Holding { debtor: taken.debtor, target: None, minor: wanted - open });
    }
    closed.retain(|holding| holding.minor > 0);
    let refund = refund_of(&collection, closed, split);
    let undone: Vec<_> = refund.asked()?.iter().map(|posting| posting.mirrored(PostingKind::RefundFailed)).collect();
    let posting = post(tx, tenant, &undone, &origin(&collection, cause.to_owned(), at_ms)).await?;
    allocation_insert(tx, tenant, &collection, posting, &refund.reopened, at_ms).await?;
    Ok(())
}

/// A refund that was asked for, with its collection and debtors held; `None` if the books never heard of it.
async fn refund_take(
    tx: &mut Tx,
    tenant: TenantId,
    cause: &str,
) -> BooksResult<Option<(Collection, RefundSplit, RefundState)>> {
    let Some(known) = refund_get(tx, tenant, cause).await? else { return Ok(None) };
    let collection = collection_take(tx, tenant, known.attempt).await?;
    debtors_take(tx, tenant, &collection).await?;
    // Read again, now that nobody else can end it.
    let Some(known) = refund_get(tx, tenant, cause).await? else { return Ok(None) };
    Ok(Some((collection, known.split, known.state)))
}

fn refund_of(collection: &Collection, reopened: Vec<Holding>, split: RefundSplit) -> Refund {
    Refund {
        route: collection.route.clone(),
        currency: collection.currency,
        payer: collection.debtor,
        reopened,
        difference: split.difference,
    }
}

//! Money that changes its place: an advance is used, a payment moves to the right account, the bank pays.

use super::{BooksError, BooksResult, booked, collection_take, debtors_lock, origin, placed, post};
use crate::domain::allocation::{AllocationRule, Holding, Share, reopen};
use crate::domain::books::{moved, payout};
use crate::domain::id::{AttemptId, NodeId, PosAccountId, TenantId};
use crate::domain::ledger::PostingKind;
use crate::domain::money::{Currency, Money};
use crate::domain::party::Party;
use crate::store::Tx;
use crate::store::allocation::{advances, allocation_insert, collection_by_attempt, holdings};
use crate::store::ledger::PostingOrigin;
use crate::store::receivable::{debtor_lock, receivable_open};

/// An advance is to close what is owed.
#[derive(Debug, Clone)]
pub struct AdvanceUse {
    /// Whose books.
    pub tenant: TenantId,
    /// The node that owes the advance and is owed the debt.
    pub node: NodeId,
    /// Whose advance and debt it is.
    pub debtor: Party,
    /// In which currency.
    pub currency: Currency,
    /// Which debts; empty for "what is due first".
    pub receivables: Vec<Share>,
    /// The request; booked once.
    pub cause: String,
    /// When.
    pub at_ms: i64,
}

/// Uses a debtor's advances, the oldest first, as far as something is owed. Gives what was used.
pub async fn advance_use_in_tx(tx: &mut Tx, facts: &AdvanceUse) -> BooksResult<i64> {
    debtor_lock(tx, facts.tenant, facts.node, facts.debtor, facts.currency).await?;
    if booked(tx, facts.tenant, &cause_of(facts, 0), PostingKind::AdvanceUse).await? {
        return Ok(0);
    }
    let mut used = 0;
    let sources = advances(tx, facts.tenant, facts.node, facts.debtor, facts.currency).await?;
    for (turn, (attempt, advance)) in sources.into_iter().enumerate() {
        let open = receivable_open(tx, facts.tenant, facts.node, facts.debtor, facts.currency).await?;
        let mut allocated = AllocationRule::default().allocate(advance, &open, &facts.receivables);
        let minor = advance - allocated.advance;
        if minor == 0 {
            break;
        }
        allocated.advance = 0;
        let collection = collection_by_attempt(tx, facts.tenant, attempt).await?.ok_or(BooksError::NotCollected)?;
        let from = [Holding { debtor: facts.debtor, target: None, minor }];
        let to = placed(&allocated, facts.debtor);
        let posting = moved(facts.node, facts.currency, PostingKind::AdvanceUse, &from, &to)?;
        let origin = origin(&collection, cause_of(facts, turn), facts.at_ms);
        let posting = post(tx, facts.tenant, &[posting], &origin).await?;
        let rows: Vec<Holding> = left(&from).chain(to).collect();
        allocation_insert(tx, facts.tenant, &collection, posting, &rows, facts.at_ms).await?;
        used += minor;
    }
    Ok(used)
}

/// Several collections may be drawn on; each makes a posting of its own.
fn cause_of(facts: &AdvanceUse, turn: usize) -> String {
    format!("{}/{turn}", facts.cause)
}

fn left(holdings: &[Holding]) -> impl Iterator<Item = Holding> {
    holdings.iter().map(|holding| Holding { minor: -holding.minor, ..holding.clone() })
}

/// A payment for the wrong account is to move to the right one (virman), within one node's books.
#[derive(Debug, Clone)]
pub struct Transfer {
    /// Whose books.
    pub tenant: TenantId,
    /// Which attempt brought the money.
    pub attempt: AttemptId,
    /// How much of it.
    pub minor: i64,
    /// To whose account.
    pub to: Party,
    /// Which of its debts; empty for "what is due first".
    pub receivables: Vec<Share>,
    /// The request; booked once.
    pub cause: String,
    /// When.
    pub at_ms: i64,
}

/// Moves part of a collection to another account. Nothing is deleted: both sides name the payment.
pub async fn transfer_in_tx(tx: &mut Tx, facts: &Transfer) -> BooksResult<()> {
    let collection = collection_take(tx, facts.tenant, facts.attempt).await?;
    let mut debtors: Vec<Party> =
        holdings(tx, facts.tenant, collection.id).await?.into_iter().map(|holding| holding.debtor).collect();
    debtors.push(facts.to);
    debtors_lock(tx, facts.tenant, &collection, debtors).await?;
    if booked(tx, facts.tenant, &facts.cause, PostingKind::Transfer).await? {
        return Ok(());
    }
    let elsewhere: Vec<Holding> = holdings(tx, facts.tenant, collection.id)
        .await?
        .into_iter()
        .filter(|holding| holding.debtor != facts.to)
        .collect();
    let there: i64 = elsewhere.iter().map(|holding| holding.minor).sum();
    let from =
        reopen(&elsewhere, facts.minor).filter(|_| facts.minor > 0).ok_or(BooksError::MoreThanLeft { left: there })?;
    let open = receivable_open(tx, facts.tenant, collection.node, facts.to, collection.currency).await?;
    let to = placed(&AllocationRule::default().allocate(facts.minor, &open, &facts.receivables), facts.to);
    let posting = moved(collection.node, collection.currency, PostingKind::Transfer, &from, &to)?;
    let posting = post(tx, facts.tenant, &[posting], &origin(&collection, facts.cause.clone(), facts.at_ms)).await?;
    let rows: Vec<Holding> = left(&from).chain(to).collect();
    allocation_insert(tx, facts.tenant, &collection, posting, &rows, facts.at_ms).await?;
    Ok(())
}

/// What the bank paid.
#[derive(Debug, Clone)]
pub struct PayoutFacts {
    /// Whose books.
    pub tenant: TenantId,
    /// Whose POS account.
    pub owner: NodeId,
    /// Which.
    pub pos_account: PosAccountId,
    /// What the parts that it pays for should come to.
    pub expected: Money,
    /// What arrived.
    pub received: i64,
    /// The statement line; booked once.
    pub cause: String,
    /// When.
    pub at_ms: i64,
}

/// Books a payment by the bank; a difference stays visible in its own account.
pub async fn payout_in_tx(tx: &mut Tx, facts: &PayoutFacts) -> BooksResult<()> {
    if booked(tx, facts.tenant, &facts.cause, PostingKind::Payout).await? {
        return Ok(());
    }
    let posting =
        payout(facts.owner, facts.expected.currency, facts.pos_account, facts.expected.minor, facts.received)?;
    let origin = PostingOrigin {
        cause: facts.cause.clone(),
        reverses: None,
        collection: None,
        payment: None,
        receivable: None,
        at_ms: facts.at_ms,
    };
    post(tx, facts.tenant, &[posting], &origin).await?;
    Ok(())
}

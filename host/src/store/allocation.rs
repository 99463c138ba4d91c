//! Collections: money that arrived, where it went, and what of it went back.

use super::receivable::corrupt;
use super::{StoreResult, Tx};
use crate::domain::allocation::Holding;
use crate::domain::books::{RefundSplit, RefundState, Route};
use crate::domain::id::{
    AllocationId, AttemptId, CollectionId, ComponentId, NodeId, PaymentId, PostingId, ReceivableId, TenantId,
};
use crate::domain::money::Currency;
use crate::domain::party::Party;
use crate::domain::receivable::ComponentKind;

/// Money that arrived for a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    /// Which.
    pub id: CollectionId,
    /// By which payment.
    pub payment: PaymentId,
    /// By which attempt.
    pub attempt: AttemptId,
    /// For whom.
    pub node: NodeId,
    /// From whom.
    pub debtor: Party,
    /// In which currency.
    pub currency: Currency,
    /// What counts against debts.
    pub amount: i64,
    /// What the card paid.
    pub charged: i64,
    /// What the bank kept.
    pub bank_commission: i64,
    /// The path of the money.
    pub route: Route,
    /// Under which rule it was allocated.
    pub rule_version: String,
    /// Why each kuruş went where it went.
    pub explanation: String,
    /// When.
    pub captured_at_ms: i64,
}

/// Writes a collection.
pub async fn collection_insert(tx: &mut Tx, tenant: TenantId, collection: &Collection) -> StoreResult<()> {
    let debtor_node = match collection.debtor {
        Party::Node(node) => Some(node.to_text()),
        Party::Customer(_) | Party::PosAccount(_) | Party::Payer(_) => None,
    };
    execute!(
        tx,
        "insert into collection (tenant_id, collection_id, payment_id, attempt_id, node_id, debtor, debtor_node_id,
            currency, amount_minor, charged_minor, bank_commission_minor, route, rule_version, explanation,
            captured_at_ms, version)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0)",
        tenant.to_text(),
        collection.id.to_text(),
        collection.payment.to_text(),
        collection.attempt.to_text(),
        collection.node.to_text(),
        collection.debtor.to_string(),
        debtor_node,
        collection.currency.code(),
        collection.amount,
        collection.charged,
        collection.bank_commission,
        route_text(&collection.route),
        collection.rule_version.as_str(),
        collection.explanation.as_str(),
        collection.captured_at_ms,
    )?;
    Ok(())
}

/// Takes a collection for the rest of the transaction. Take it before its debtors.
pub async fn collection_lock(tx: &mut Tx, tenant: TenantId, attempt: AttemptId) -> StoreResult<bool> {
    let touched = execute!(
        tx,
        "update collection set version = version + 1 where tenant_id = $1 and attempt_id = $2",
        tenant.to_text(),
        attempt.to_text(),
    )?;
    Ok(touched == 1)
}

/// The collection of an attempt, if it was captured.
pub async fn collection_by_attempt(
    tx: &mut Tx,
    tenant: TenantId,
    attempt: AttemptId,
) -> StoreResult<Option<Collection>> {
    let row = fetch_optional!(
        tx,
        (String, String, String, String, String, i64, i64, i64, String, String, String, i64),
        "select collection_id, payment_id, node_id, debtor, currency, amount_minor, charged_minor,
            bank_commission_minor, route, rule_version, explanation, captured_at_ms
         from collection where tenant_id = $1 and attempt_id = $2",
        tenant.to_text(),
        attempt.to_text(),
    )?;
    let Some(row) = row else { return Ok(None) };
    let wrong = |column| corrupt("collection", column, &row.0);
    Ok(Some(Collection {
        id: CollectionId::from_text(&row.0).map_err(|_| wrong("collection_id"))?,
        payment: PaymentId::from_text(&row.1).map_err(|_| wrong("payment_id"))?,
        attempt,
        node: NodeId::from_text(&row.2).map_err(|_| wrong("node_id"))?,
        debtor: row.3.parse().map_err(|_| wrong("debtor"))?,
        currency: Currency::from_code(&row.4).ok_or_else(|| wrong("currency"))?,
        amount: row.5,
        charged: row.6,
        bank_commission: row.7,
        route: route_read(&row.8).ok_or_else(|| wrong("route"))?,
        rule_version: row.9.clone(),
        explanation: row.10.clone(),
        captured_at_ms: row.11,
    }))
}

fn route_text(route: &Route) -> String {
    serde_json::json!({
        "owner": route.owner,
        "pos_account": route.pos_account,
        "levels": route.levels,
    })
    .to_string()
}

fn route_read(text: &str) -> Option<Route> {
    #[derive(serde::Deserialize)]
    struct Stored {
        owner: NodeId,
        pos_account: crate::domain::id::PosAccountId,
        levels: Vec<(NodeId, i64)>,
    }
    let stored: Stored = serde_json::from_str(text).ok()?;
    Some(Route { owner: stored.owner, pos_account: stored.pos_account, levels: stored.levels })
}

/// Writes where part of a collection went (or, below zero, left from).
pub async fn allocation_insert(
    tx: &mut Tx,
    tenant: TenantId,
    collection: &Collection,
    posting: PostingId,
    holdings: &[Holding],
    at_ms: i64,
) -> StoreResult<()> {
    let (next,) = fetch_one!(
        tx,
        (i64,),
        "select cast(coalesce(max(line) + 1, 0) as bigint) from allocation
         where tenant_id = $1 and collection_id = $2",
        tenant.to_text(),
        collection.id.to_text(),
    )?;
    for (line, holding) in (next..).zip(holdings.iter().filter(|holding| holding.minor != 0)) {
        execute!(
            tx,
            "insert into allocation (tenant_id, allocation_id, collection_id, posting_id, line, debtor,
                receivable_id, component_id, kind, minor, currency, at_ms)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            tenant.to_text(),
            AllocationId::at(at_ms).to_text(),
            collection.id.to_text(),
            posting.to_text(),
            line,
            holding.debtor.to_string(),
            holding.target.map(|target| target.0.to_text()),
            holding.target.map(|target| target.1.to_text()),
            holding.target.map(|target| target.2.as_str()),
            holding.minor,
            collection.currency.code(),
            at_ms,
        )?;
    }
    Ok(())
}

/// Where a collection is now, in the order in which it was placed.
pub async fn holdings(tx: &mut Tx, tenant: TenantId, collection: CollectionId) -> StoreResult<Vec<Holding>> {
    let rows = fetch_all!(
        tx,
        StoredHolding,
        "select debtor, receivable_id, component_id, kind, cast(sum(minor) as bigint) from allocation
         where tenant_id = $1 and collection_id = $2
         group by debtor, receivable_id, component_id, kind having sum(minor) <> 0
         order by min(line)",
        tenant.to_text(),
        collection.to_text(),
    )?;
    rows.into_iter().map(|row| holding(row, collection)).collect()
}

type StoredHolding = (String, Option<String>, Option<String>, Option<String>, i64);

fn holding(row: StoredHolding, collection: CollectionId) -> StoreResult<Holding> {
    let (debtor, receivable, component, kind, minor) = row;
    let key = collection.to_text();
    let wrong = |column| corrupt("allocation", column, &key);
    let target = match (receivable, component, kind) {
        (Some(receivable), Some(component), Some(kind)) => Some((
            ReceivableId::from_text(&receivable).map_err(|_| wrong("receivable_id"))?,
            ComponentId::from_text(&component).map_err(|_| wrong("component_id"))?,
            kind.parse().map_err(|_| wrong("kind"))?,
        )),
        _ => None,
    };
    Ok(Holding { debtor: debtor.parse().map_err(|_| wrong("debtor"))?, target, minor })
}

/// The collections that hold an advance of a debtor, oldest first, by attempt.
pub async fn advances(
    tx: &mut Tx,
    tenant: TenantId,
    node: NodeId,
    debtor: Party,
    currency: Currency,
) -> StoreResult<Vec<(AttemptId, i64)>> {
    let rows = fetch_all!(
        tx,
        (String, i64),
        "select c.attempt_id, cast(sum(a.minor) as bigint)
         from allocation a
         join collection c on c.tenant_id = a.tenant_id and c.collection_id = a.collection_id
         where a.tenant_id = $1 and c.node_id = $2 and a.debtor = $3 and a.currency = $4 and a.component_id is null
         group by c.attempt_id, c.captured_at_ms having sum(a.minor) > 0
         order by c.captured_at_ms, c.attempt_id",
        tenant.to_text(),
        node.to_text(),
        debtor.to_string(),
        currency.code(),
    )?;
    rows.into_iter()
        .map(|(attempt, minor)| {
            let id = AttemptId::from_text(&attempt).map_err(|_| corrupt("collection", "attempt_id", &attempt))?;
            Ok((id, minor))
        })
        .collect()
}

/// A refund of a collection, as the books see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRow {
    /// The operation that carries it.
    pub cause: String,
    /// Of which collection.
    pub attempt: AttemptId,
    /// How it divides.
    pub split: RefundSplit,
    /// Where it stands.
    pub state: RefundState,
}

/// Writes a refund that was asked for.
pub async fn refund_insert(
    tx: &mut Tx,
    tenant: TenantId,
    collection: CollectionId,
    cause: &str,
    split: RefundSplit,
    at_ms: i64,
) -> StoreResult<()> {
    execute!(
        tx,
        "insert into collection_refund (tenant_id, cause, collection_id, amount_minor, difference_minor, state,
            asked_at_ms)
         values ($1, $2, $3, $4, $5, $6, $7)",
        tenant.to_text(),
        cause,
        collection.to_text(),
        split.amount,
        split.difference,
        RefundState::Asked.as_str(),
        at_ms,
    )?;
    Ok(())
}

/// What of a collection has been given back or promised.
pub async fn refunded(tx: &mut Tx, tenant: TenantId, collection: CollectionId) -> StoreResult<RefundSplit> {
    let (amount, difference) = fetch_one!(
        tx,
        (i64, i64),
        "select cast(coalesce(sum(amount_minor), 0) as bigint), cast(coalesce(sum(difference_minor), 0) as bigint)
         from collection_refund where tenant_id = $1 and collection_id = $2 and state <> 'failed'",
        tenant.to_text(),
        collection.to_text(),
    )?;
    Ok(RefundSplit { amount, difference })
}

/// One refund.
pub async fn refund_get(tx: &mut Tx, tenant: TenantId, cause: &str) -> StoreResult<Option<RefundRow>> {
    let row = fetch_optional!(
        tx,
        (String, i64, i64, String),
        "select c.attempt_id, r.amount_minor, r.difference_minor, r.state
         from collection_refund r
         join collection c on c.tenant_id = r.tenant_id and c.collection_id = r.collection_id
         where r.tenant_id = $1 and r.cause = $2",
        tenant.to_text(),
        cause,
    )?;
    let Some((attempt, amount, difference, state)) = row else { return Ok(None) };
    let attempt = AttemptId::from_text(&attempt).map_err(|_| corrupt("collection", "attempt_id", &attempt))?;
    let state = state.parse().map_err(|_| corrupt("collection_refund", "state", cause))?;
    Ok(Some(RefundRow { cause: cause.to_owned(), attempt, split: RefundSplit { amount, difference }, state }))
}

/// Moves a refund by compare-and-set; false if somebody else moved it first.
pub async fn refund_move(
    tx: &mut Tx,
    tenant: TenantId,
    cause: &str,
    from: RefundState,
    to: RefundState,
) -> StoreResult<bool> {
    let touched = execute!(
        tx,
        "update collection_refund set state = $3 where tenant_id = $1 and cause = $2 and state = $4",
        tenant.to_text(),
        cause,
        to.as_str(),
        from.as_str(),
    )?;
    Ok(touched == 1)
}

/// What a payment closed and still holds closed: receivable, document, kind and minor units of each part.
pub async fn allocations_of_payment(
    tx: &mut Tx,
    tenant: TenantId,
    payment: PaymentId,
) -> StoreResult<Vec<(ReceivableId, Option<String>, ComponentKind, i64)>> {
    let rows = fetch_all!(
        tx,
        (String, Option<String>, String, i64),
        "select r.receivable_id, r.document_no, a.kind, cast(sum(a.minor) as bigint)
         from collection c
         join allocation a on a.tenant_id = c.tenant_id and a.collection_id = c.collection_id
         join receivable r on r.tenant_id = a.tenant_id and r.receivable_id = a.receivable_id
         where c.tenant_id = $1 and c.payment_id = $2
         group by r.receivable_id, r.document_no, r.due_on, a.component_id, a.kind
         having sum(a.minor) <> 0
         order by r.due_on, r.receivable_id, a.kind",
        tenant.to_text(),
        payment.to_text(),
    )?;
    rows.into_iter()
        .map(|(receivable, document_no, kind, minor)| {
            let wrong = |column| corrupt("allocation", column, &receivable);
            let id = ReceivableId::from_text(&receivable).map_err(|_| wrong("receivable_id"))?;
            Ok((id, document_no, kind.parse().map_err(|_| wrong("kind"))?, minor))
        })
        .collect()
}

/// What one event placed or took, in the order in which it was written.
pub async fn allocations_of_cause(
    tx: &mut Tx,
    tenant: TenantId,
    collection: CollectionId,
    cause: &str,
) -> StoreResult<Vec<Holding>> {
    let rows = fetch_all!(
        tx,
        StoredHolding,
        "select a.debtor, a.receivable_id, a.component_id, a.kind, a.minor
         from allocation a join posting p on p.tenant_id = a.tenant_id and p.posting_id = a.posting_id
         where a.tenant_id = $1 and a.collection_id = $2 and p.cause = $3 order by a.line",
        tenant.to_text(),
        collection.to_text(),
        cause,
    )?;
    rows.into_iter().map(|row| holding(row, collection)).collect()
}

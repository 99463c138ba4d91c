//! Postings and entries: inserted, read, never changed.

use super::receivable::corrupt;
use super::{StoreResult, Tx};
use crate::domain::id::{CollectionId, NodeId, PaymentId, PostingId, ReceivableId, TenantId};
use crate::domain::ledger::{AccountKind, Entry, Posting, PostingKind};
use crate::domain::money::Currency;
use crate::domain::party::Party;

/// What a posting is about, besides its lines.
#[derive(Debug, Clone)]
pub struct PostingOrigin {
    /// The event that made it.
    pub cause: String,
    /// The posting that it undoes.
    pub reverses: Option<PostingId>,
    /// Of which collection.
    pub collection: Option<CollectionId>,
    /// Of which payment.
    pub payment: Option<PaymentId>,
    /// Of which receivable.
    pub receivable: Option<ReceivableId>,
    /// When.
    pub at_ms: i64,
}

/// Writes a posting and its lines.
pub async fn posting_insert(
    tx: &mut Tx,
    tenant: TenantId,
    id: PostingId,
    posting: &Posting,
    origin: &PostingOrigin,
) -> StoreResult<()> {
    execute!(
        tx,
        "insert into posting (tenant_id, posting_id, node_id, currency, kind, cause, reverses_id, collection_id,
            payment_id, receivable_id, at_ms)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        tenant.to_text(),
        id.to_text(),
        posting.node().to_text(),
        posting.currency().code(),
        posting.kind().as_str(),
        origin.cause.as_str(),
        origin.reverses.map(PostingId::to_text).unwrap_or_default(),
        origin.collection.map(CollectionId::to_text),
        origin.payment.map(PaymentId::to_text),
        origin.receivable.map(ReceivableId::to_text),
        origin.at_ms,
    )?;
    for (line, entry) in (0_i64..).zip(posting.entries()) {
        execute!(
            tx,
            "insert into entry (tenant_id, posting_id, line, node_id, account, counterparty, component, minor,
                currency, value_on, at_ms)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            tenant.to_text(),
            id.to_text(),
            line,
            posting.node().to_text(),
            entry.account.as_str(),
            entry.counterparty.map(|party| party.to_string()).unwrap_or_default(),
            entry.component.map(crate::domain::receivable::ComponentKind::as_str),
            entry.minor,
            posting.currency().code(),
            entry.value_on.map(|day| day.to_string()),
            origin.at_ms,
        )?;
    }
    Ok(())
}

/// Whether this event has been booked.
pub async fn posting_exists(tx: &mut Tx, tenant: TenantId, cause: &str, kind: PostingKind) -> StoreResult<bool> {
    let found = fetch_optional!(
        tx,
        (i64,),
        "select cast(count(*) as bigint) from posting where tenant_id = $1 and cause = $2 and kind = $3",
        tenant.to_text(),
        cause,
        kind.as_str(),
    )?;
    Ok(found.is_some_and(|(count,)| count > 0))
}

/// The postings of a collection that hold now: neither undone nor an undoing. A refund that failed is among
/// them with both its sides, for its money may have come back as an advance. A refund that did not fail stands
/// in the way of a void, so it never meets this.
pub async fn postings_standing(
    tx: &mut Tx,
    tenant: TenantId,
    collection: CollectionId,
) -> StoreResult<Vec<(PostingId, Posting)>> {
    let heads = fetch_all!(
        tx,
        (String, String, String, String),
        "select p.posting_id, p.node_id, p.currency, p.kind from posting p
         where p.tenant_id = $1 and p.collection_id = $2 and p.reverses_id = ''
           and p.kind in ('capture', 'advance_use', 'transfer', 'refund_asked', 'refund_failed')
           and not exists (select 1 from posting r where r.tenant_id = p.tenant_id
                and r.collection_id = p.collection_id and r.reverses_id = p.posting_id)
         order by p.posting_id",
        tenant.to_text(),
        collection.to_text(),
    )?;
    let mut postings = Vec::with_capacity(heads.len());
    for head in heads {
        postings.push(posting_read(tx, tenant, head).await?);
    }
    Ok(postings)
}

/// What an event posted that makes one posting, unless it was undone.
pub async fn posting_standing_of(
    tx: &mut Tx,
    tenant: TenantId,
    cause: &str,
    kind: PostingKind,
) -> StoreResult<Option<(PostingId, Posting)>> {
    let head = fetch_optional!(
        tx,
        (String, String, String, String),
        "select p.posting_id, p.node_id, p.currency, p.kind from posting p
         where p.tenant_id = $1 and p.cause = $2 and p.kind = $3 and p.reverses_id = ''
           and not exists (select 1 from posting r where r.tenant_id = p.tenant_id
                and r.collection_id = p.collection_id and r.reverses_id = p.posting_id)",
        tenant.to_text(),
        cause,
        kind.as_str(),
    )?;
    match head {
        Some(head) => posting_read(tx, tenant, head).await.map(Some),
        None => Ok(None),
    }
}

/// What of a collection is in dispute.
pub async fn disputed(tx: &mut Tx, tenant: TenantId, collection: CollectionId) -> StoreResult<i64> {
    let (sum,) = fetch_one!(
        tx,
        (i64,),
        "select cast(coalesce(sum(e.minor), 0) as bigint) from entry e
         join posting p on p.tenant_id = e.tenant_id and p.posting_id = e.posting_id
         where p.tenant_id = $1 and p.collection_id = $2 and e.account = 'chargeback'",
        tenant.to_text(),
        collection.to_text(),
    )?;
    Ok(sum)
}

/// A posting with its lines, from its id, node, currency and kind.
async fn posting_read(
    tx: &mut Tx,
    tenant: TenantId,
    (id, node, currency, kind): (String, String, String, String),
) -> StoreResult<(PostingId, Posting)> {
    let entries = entries_of(tx, tenant, &id).await?;
    let wrong = |column| corrupt("posting", column, &id);
    let posting = Posting::new(
        NodeId::from_text(&node).map_err(|_| wrong("node_id"))?,
        Currency::from_code(&currency).ok_or_else(|| wrong("currency"))?,
        kind.parse().map_err(|_| wrong("kind"))?,
        entries,
    )
    .map_err(|_| wrong("minor"))?;
    Ok((PostingId::from_text(&id).map_err(|_| wrong("posting_id"))?, posting))
}

async fn entries_of(tx: &mut Tx, tenant: TenantId, posting: &str) -> StoreResult<Vec<Entry>> {
    let rows = fetch_all!(
        tx,
        (String, String, Option<String>, i64, Option<String>),
        "select account, counterparty, component, minor, value_on from entry
         where tenant_id = $1 and posting_id = $2 order by line",
        tenant.to_text(),
        posting,
    )?;
    rows.into_iter()
        .map(|(account, counterparty, component, minor, value_on)| {
            let wrong = |column| corrupt("entry", column, posting);
            Ok(Entry {
                account: account.parse().map_err(|_| wrong("account"))?,
                counterparty: party(&counterparty).map_err(|()| wrong("counterparty"))?,
                component: component.map(|kind| kind.parse()).transpose().map_err(|_| wrong("component"))?,
                minor,
                value_on: value_on.map(|day| day.parse()).transpose().map_err(|_| wrong("value_on"))?,
            })
        })
        .collect()
}

fn party(text: &str) -> Result<Option<Party>, ()> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| ()) }
}

/// The balance of one account: debits less credits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// In whose books.
    pub node: NodeId,
    /// Which account.
    pub account: AccountKind,
    /// Whose.
    pub counterparty: Option<Party>,
    /// In which currency.
    pub currency: Currency,
    /// Debits.
    pub debit: i64,
    /// Credits, as a positive number.
    pub credit: i64,
}

/// Every account of one node's books with its turnover.
pub async fn balances(tx: &mut Tx, tenant: TenantId, scope: NodeId, node: NodeId) -> StoreResult<Vec<Balance>> {
    let rows = fetch_all!(
        tx,
        (String, String, String, String, i64, i64),
        "select e.node_id, e.account, e.counterparty, e.currency,
            cast(sum(case when e.minor > 0 then e.minor else 0 end) as bigint),
            cast(sum(case when e.minor < 0 then -e.minor else 0 end) as bigint)
         from entry e
         where e.tenant_id = $1 and e.node_id = $2 and exists (select 1 from node_ancestor a
            where a.tenant_id = e.tenant_id and a.ancestor_id = $3 and a.node_id = e.node_id)
         group by e.node_id, e.account, e.counterparty, e.currency
         order by e.account, e.counterparty, e.currency limit 1000",
        tenant.to_text(),
        node.to_text(),
        scope.to_text(),
    )?;
    rows.into_iter()
        .map(|(node, account, counterparty, currency, debit, credit)| {
            let wrong = |column| corrupt("entry", column, &node);
            Ok(Balance {
                node: NodeId::from_text(&node).map_err(|_| wrong("node_id"))?,
                account: account.parse().map_err(|_| wrong("account"))?,
                counterparty: party(&counterparty).map_err(|()| wrong("counterparty"))?,
                currency: Currency::from_code(&currency).ok_or_else(|| wrong("currency"))?,
                debit,
                credit,
            })
        })
        .collect()
}

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalLine {
    /// Which posting.
    pub posting: String,
    /// Its place in it.
    pub line: i64,
    /// In whose books.
    pub node: String,
    /// Which event.
    pub kind: String,
    /// What made it.
    pub cause: String,
    /// Which account.
    pub account: String,
    /// Whose, or empty.
    pub counterparty: String,
    /// Of which component.
    pub component: Option<String>,
    /// Debit above zero.
    pub minor: i64,
    /// In which currency.
    pub currency: String,
    /// Of which payment, without its prefix.
    pub payment: Option<String>,
    /// Value date.
    pub value_on: Option<String>,
    /// When.
    pub at_ms: i64,
}

/// A page of the journal of one node, oldest first, after a posting and line.
pub async fn journal_page(
    tx: &mut Tx,
    tenant: TenantId,
    scope: NodeId,
    node: NodeId,
    after: (&str, i64),
    limit: i64,
) -> StoreResult<Vec<JournalLine>> {
    let rows = fetch_all!(
        tx,
        (
            String,
            i64,
            String,
            String,
            String,
            String,
            String,
            Option<String>,
            i64,
            String,
            Option<String>,
            Option<String>,
            i64
        ),
        "select e.posting_id, e.line, e.node_id, p.kind, p.cause, e.account, e.counterparty, e.component, e.minor,
            e.currency, p.payment_id, e.value_on, e.at_ms
         from entry e join posting p on p.tenant_id = e.tenant_id and p.posting_id = e.posting_id
         where e.tenant_id = $1 and e.node_id = $2
           and exists (select 1 from node_ancestor a
                where a.tenant_id = e.tenant_id and a.ancestor_id = $3 and a.node_id = e.node_id)
           and (e.posting_id > $4 or (e.posting_id = $4 and e.line > $5))
         order by e.posting_id, e.line limit $6",
        tenant.to_text(),
        node.to_text(),
        scope.to_text(),
        after.0,
        after.1,
        limit,
    )?;
    Ok(rows
        .into_iter()
        .map(|row| JournalLine {
            posting: row.0,
            line: row.1,
            node: row.2,
            kind: row.3,
            cause: row.4,
            account: row.5,
            counterparty: row.6,
            component: row.7,
            minor: row.8,
            currency: row.9,
            payment: row.10,
            value_on: row.11,
            at_ms: row.12,
        })
        .collect())
}

/// One movement of a party's account with a node: what the posting did to `receivable` and `advance` together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// Which event.
    pub kind: PostingKind,
    /// Debits less credits.
    pub minor: i64,
    /// Of which payment, without its prefix.
    pub payment: Option<String>,
    /// Of which receivable, without its prefix.
    pub receivable: Option<String>,
    /// The receivable's document.
    pub document_no: Option<String>,
    /// The receivable's text.
    pub description: Option<String>,
    /// When.
    pub at_ms: i64,
}

/// The account of one party with a node between two instants, oldest first.
pub async fn movements(
    tx: &mut Tx,
    tenant: TenantId,
    account: (NodeId, Party, Currency),
    span_ms: (i64, i64),
    limit: i64,
) -> StoreResult<Vec<Movement>> {
    let (node, party, currency) = account;
    let rows = fetch_all!(
        tx,
        (String, i64, Option<String>, Option<String>, Option<String>, Option<String>, i64),
        "select p.kind, cast(sum(e.minor) as bigint), p.payment_id, p.receivable_id, r.document_no, r.description,
            p.at_ms
         from entry e
         join posting p on p.tenant_id = e.tenant_id and p.posting_id = e.posting_id
         left join receivable r on r.tenant_id = p.tenant_id and r.receivable_id = p.receivable_id
         where e.tenant_id = $1 and e.node_id = $2 and e.counterparty = $3 and e.currency = $4
           and e.account in ('receivable', 'advance') and e.at_ms >= $5 and e.at_ms < $6
         group by p.posting_id, p.kind, p.payment_id, p.receivable_id, r.document_no, r.description, p.at_ms
         having sum(e.minor) <> 0 order by p.at_ms, p.posting_id limit $7",
        tenant.to_text(),
        node.to_text(),
        party.to_string(),
        currency.code(),
        span_ms.0,
        span_ms.1,
        limit,
    )?;
    rows.into_iter()
        .map(|(kind, minor, payment, receivable, document_no, description, at_ms)| {
            let kind = kind.parse().map_err(|_| corrupt("posting", "kind", &kind))?;
            Ok(Movement { kind, minor, payment, receivable, document_no, description, at_ms })
        })
        .collect()
}

/// The balance of a party's account with a node before an instant; above zero is owed.
pub async fn party_balance(
    tx: &mut Tx,
    tenant: TenantId,
    account: (NodeId, Party, Currency),
    before_ms: i64,
) -> StoreResult<i64> {
    let (node, party, currency) = account;
    let (balance,) = fetch_one!(
        tx,
        (i64,),
        "select cast(coalesce(sum(minor), 0) as bigint) from entry
         where tenant_id = $1 and node_id = $2 and counterparty = $3 and currency = $4
           and account in ('receivable', 'advance') and at_ms < $5",
        tenant.to_text(),
        node.to_text(),
        party.to_string(),
        currency.code(),
        before_ms,
    )?;
    Ok(balance)
}

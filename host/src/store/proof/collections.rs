//! Money that arrived: where it went, what of it went back, and whether the ledger says the same.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Page, StoreResult, Tx};
use crate::domain::id::{ComponentId, TenantId};
use crate::limits;

/// The last collection of a page.
async fn span(tx: &mut Tx, tenant: TenantId, after: &str) -> StoreResult<Option<String>> {
    let (last,) = fetch_one!(
        tx,
        (Option<String>,),
        "select max(collection_id) from (select collection_id from collection
            where tenant_id = $1 and collection_id > $2 order by collection_id limit $3) page",
        tenant.to_text(),
        after,
        limits::AUDIT_PAGE,
    )?;
    Ok(last)
}

/// Collections whose parts are not what arrived, or are not what was posted and explained.
pub(super) async fn allocations(tx: &mut Tx, tenant: TenantId, after: &str) -> StoreResult<Page> {
    let Some(last) = span(tx, tenant, after).await? else { return Ok(Page::default()) };
    let mut found = whole(tx, tenant, (after, &last)).await?;
    found.extend(posted(tx, tenant, (after, &last)).await?);
    found.extend(placed(tx, tenant, (after, &last)).await?);
    found.extend(explained(tx, tenant, (after, &last)).await?);
    Ok(Page { found, next: Some(last), ..Page::default() })
}

/// What a collection closed, its advance and what went back are what arrived; nothing after a void.
async fn whole(tx: &mut Tx, tenant: TenantId, (after, last): (&str, &str)) -> StoreResult<Vec<String>> {
    let rows = fetch_all!(
        tx,
        (String, i64),
        "select collection_id, cast(held + given - wanted as bigint) from (
            select c.collection_id,
                coalesce((select sum(a.minor) from allocation a
                    where a.tenant_id = c.tenant_id and a.collection_id = c.collection_id), 0) as held,
                coalesce((select sum(f.amount_minor) from collection_refund f where f.tenant_id = c.tenant_id
                    and f.collection_id = c.collection_id and f.state <> 'failed'), 0) as given,
                case when exists (select 1 from posting p where p.tenant_id = c.tenant_id
                    and p.collection_id = c.collection_id and p.kind = 'void') then 0 else c.amount_minor end as wanted
            from collection c where c.tenant_id = $1 and c.collection_id > $2 and c.collection_id <= $3
         ) as told where held + given <> wanted order by collection_id",
        tenant.to_text(),
        after,
        last,
    )?;
    Ok(rows.into_iter().map(|(id, off)| format!("collection col_{id} holds {off} more than arrived")).collect())
}

/// What an event moved in a debtor's account is what it allocated there.
async fn posted(tx: &mut Tx, tenant: TenantId, (after, last): (&str, &str)) -> StoreResult<Vec<String>> {
    let rows = fetch_all!(
        tx,
        (String, String, String, String, String, i64),
        "select collection_id, cause, kind, debtor, part, cast(sum(minor) as bigint) from (
            select p.collection_id, p.cause, p.kind, e.counterparty as debtor, coalesce(e.component, 'advance') as part,
                e.currency, e.minor
                from posting p join entry e on e.tenant_id = p.tenant_id and e.posting_id = p.posting_id
                where p.tenant_id = $1 and p.collection_id > $2 and p.collection_id <= $3
                    and e.account in ('receivable', 'advance')
            union all
            select a.collection_id, p.cause, p.kind, a.debtor, coalesce(a.kind, 'advance'), a.currency, a.minor
                from allocation a join posting p on p.tenant_id = a.tenant_id and p.posting_id = a.posting_id
                where a.tenant_id = $1 and a.collection_id > $2 and a.collection_id <= $3
         ) as told group by collection_id, cause, kind, debtor, part, currency having sum(minor) <> 0
         order by collection_id, cause, kind, debtor, part",
        tenant.to_text(),
        after,
        last,
    )?;
    let words = |(id, cause, kind, debtor, part, off)| {
        format!("{kind} {cause} of col_{id}: allocated to the {part} of {debtor} {off} more than posted")
    };
    Ok(rows.into_iter().map(words).collect())
}

/// Allocations that name a receivable, a debtor or a currency that is not theirs.
async fn placed(tx: &mut Tx, tenant: TenantId, (after, last): (&str, &str)) -> StoreResult<Vec<String>> {
    let rows = fetch_all!(
        tx,
        (String, String),
        "select a.collection_id, a.allocation_id from allocation a
            join collection c on c.tenant_id = a.tenant_id and c.collection_id = a.collection_id
            left join component k on k.tenant_id = a.tenant_id and k.component_id = a.component_id
            left join receivable r on r.tenant_id = k.tenant_id and r.receivable_id = k.receivable_id
         where a.tenant_id = $1 and a.collection_id > $2 and a.collection_id <= $3 and (a.currency <> c.currency
            or (a.component_id is not null and (r.receivable_id is null or a.receivable_id is null or a.kind is null
                or a.receivable_id <> k.receivable_id or a.kind <> k.kind or a.debtor <> r.debtor
                or c.node_id <> r.node_id or a.currency <> r.currency)))
         order by a.collection_id, a.line",
        tenant.to_text(),
        after,
        last,
    )?;
    let words = |(id, allocation)| format!("allocation {allocation} of col_{id} is at a debt that is not its own");
    Ok(rows.into_iter().map(words).collect())
}

/// What a collection's explanation says that it closed, as far as it matters here.
#[derive(Deserialize)]
struct Explained {
    lines: Vec<Line>,
    advance: i64,
}

#[derive(Deserialize)]
struct Line {
    component: ComponentId,
    minor: i64,
}

/// The first allocations of a collection are those that its explanation gives reasons for.
async fn explained(tx: &mut Tx, tenant: TenantId, (after, last): (&str, &str)) -> StoreResult<Vec<String>> {
    let collections = fetch_all!(
        tx,
        (String, String),
        "select collection_id, explanation from collection
         where tenant_id = $1 and collection_id > $2 and collection_id <= $3 order by collection_id",
        tenant.to_text(),
        after,
        last,
    )?;
    let rows = fetch_all!(
        tx,
        (String, Option<String>, i64),
        "select a.collection_id, a.component_id, a.minor from allocation a
            join posting p on p.tenant_id = a.tenant_id and p.posting_id = a.posting_id
         where a.tenant_id = $1 and a.collection_id > $2 and a.collection_id <= $3 and p.kind = 'capture'
         order by a.collection_id, a.line",
        tenant.to_text(),
        after,
        last,
    )?;
    let mut closed: BTreeMap<String, Vec<(Option<String>, i64)>> = BTreeMap::new();
    for (collection, component, minor) in rows {
        closed.entry(collection).or_default().push((component, minor));
    }
    let mut found = Vec::new();
    for (id, explanation) in collections {
        let Ok(told) = serde_json::from_str::<Explained>(&explanation) else {
            found.push(format!("the explanation of col_{id} cannot be read"));
            continue;
        };
        let mut wanted: Vec<(Option<String>, i64)> =
            told.lines.iter().map(|line| (Some(line.component.to_text()), line.minor)).collect();
        if told.advance > 0 {
            wanted.push((None, told.advance));
        }
        if closed.remove(&id).unwrap_or_default() != wanted {
            found.push(format!("col_{id} closed something else than its explanation says"));
        }
    }
    Ok(found)
}

/// Refunds of collections that stand elsewhere, or divide otherwise, than their postings say.
pub(super) async fn refunds(tx: &mut Tx, tenant: TenantId, after: &str) -> StoreResult<Page> {
    let Some(last) = span(tx, tenant, after).await? else { return Ok(Page::default()) };
    let moved = fetch_all!(
        tx,
        (String, String, String),
        "select cause, state, follows from (
            select f.collection_id, f.cause, f.state, case
                when exists (select 1 from posting p where p.tenant_id = f.tenant_id and p.cause = f.cause
                    and p.kind = 'refund_failed') then 'failed'
                when exists (select 1 from posting p where p.tenant_id = f.tenant_id and p.cause = f.cause
                    and p.kind in ('refund_confirmed', 'chargeback_lost')) then 'confirmed'
                else 'asked' end as follows
            from collection_refund f where f.tenant_id = $1 and f.collection_id > $2 and f.collection_id <= $3
         ) as told where state <> follows order by collection_id, cause",
        tenant.to_text(),
        after,
        last.as_str(),
    )?;
    let divided = fetch_all!(
        tx,
        (String, i64, i64),
        "select cause, cast(whole as bigint), cast(difference as bigint) from (
            select f.collection_id, f.cause, f.amount_minor + f.difference_minor + coalesce((select sum(e.minor)
                from posting p join entry e on e.tenant_id = p.tenant_id and e.posting_id = p.posting_id
                where p.tenant_id = f.tenant_id and p.cause = f.cause
                    and ((p.kind = 'refund_asked' and e.account = 'refund_payable')
                        or (p.kind = 'chargeback_lost' and e.account = 'chargeback'))), 0) as whole,
                f.difference_minor - coalesce((select sum(e.minor)
                from posting p join entry e on e.tenant_id = p.tenant_id and e.posting_id = p.posting_id
                where p.tenant_id = f.tenant_id and p.cause = f.cause
                    and p.kind in ('refund_asked', 'chargeback_lost') and e.account = 'surcharge_income'), 0)
                    as difference
            from collection_refund f where f.tenant_id = $1 and f.collection_id > $2 and f.collection_id <= $3
         ) as told where whole <> 0 or difference <> 0 order by collection_id, cause",
        tenant.to_text(),
        after,
        last.as_str(),
    )?;
    let lost = fetch_all!(
        tx,
        (String,),
        "select distinct p.cause from posting p
         where p.tenant_id = $1 and p.collection_id > $2 and p.collection_id <= $3
            and p.kind in ('refund_asked', 'chargeback_lost') and not exists (select 1 from collection_refund f
                where f.tenant_id = p.tenant_id and f.cause = p.cause)
         order by p.cause",
        tenant.to_text(),
        after,
        last.as_str(),
    )?;
    let mut found: Vec<String> = moved
        .into_iter()
        .map(|(cause, state, follows)| format!("refund {cause} is {state}, and its postings say {follows}"))
        .collect();
    found.extend(divided.into_iter().map(|(cause, whole, difference)| {
        format!("refund {cause} is {whole} more than was posted, of that {difference} difference")
    }));
    found.extend(lost.into_iter().map(|(cause,)| format!("refund {cause} was posted and is not there")));
    Ok(Page { found, next: Some(last), ..Page::default() })
}

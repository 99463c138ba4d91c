//! The ledger against itself and against what is owed.

use super::{Page, StoreResult, Told, Tx, told};
use crate::domain::id::TenantId;
use crate::limits;

/// The last posting of a page.
async fn span(tx: &mut Tx, tenant: TenantId, after: &str) -> StoreResult<Option<String>> {
    let (last,) = fetch_one!(
        tx,
        (Option<String>,),
        "select max(posting_id) from (select posting_id from posting where tenant_id = $1 and posting_id > $2
            order by posting_id limit $3) page",
        tenant.to_text(),
        after,
        limits::AUDIT_PAGE,
    )?;
    Ok(last)
}

/// Postings whose debits and credits differ, and receivables that are posted otherwise than they are made up.
pub(super) async fn postings(tx: &mut Tx, tenant: TenantId, after: &str) -> StoreResult<Page> {
    let Some(last) = span(tx, tenant, after).await? else { return Ok(Page::default()) };
    let unbalanced = fetch_all!(
        tx,
        (String, String, i64),
        "select posting_id, currency, cast(sum(minor) as bigint) from entry
         where tenant_id = $1 and posting_id > $2 and posting_id <= $3
         group by posting_id, currency having sum(minor) <> 0 order by posting_id, currency",
        tenant.to_text(),
        after,
        last.as_str(),
    )?;
    let empty = fetch_all!(
        tx,
        (String,),
        "select p.posting_id from posting p where p.tenant_id = $1 and p.posting_id > $2 and p.posting_id <= $3
            and not exists (select 1 from entry e where e.tenant_id = p.tenant_id and e.posting_id = p.posting_id)
         order by p.posting_id",
        tenant.to_text(),
        after,
        last.as_str(),
    )?;
    let raised = fetch_all!(
        tx,
        (String, String, i64),
        "select receivable_id, part, cast(sum(minor) as bigint) from (
            select p.receivable_id, coalesce(e.component, '') as part, e.minor from posting p
                join entry e on e.tenant_id = p.tenant_id and e.posting_id = p.posting_id
                where p.tenant_id = $1 and p.posting_id > $2 and p.posting_id <= $3 and p.kind = 'raised'
                    and e.account = 'receivable'
            union all
            select p.receivable_id, c.kind, -c.charged_minor from posting p
                join component c on c.tenant_id = p.tenant_id and c.receivable_id = p.receivable_id
                where p.tenant_id = $1 and p.posting_id > $2 and p.posting_id <= $3 and p.kind = 'raised'
         ) as told group by receivable_id, part having sum(minor) <> 0 order by receivable_id, part",
        tenant.to_text(),
        after,
        last.as_str(),
    )?;
    let mut found: Vec<String> =
        unbalanced.into_iter().map(|(id, currency, sum)| format!("posting {id} is off by {sum} {currency}")).collect();
    found.extend(empty.into_iter().map(|(id,)| format!("posting {id} has no lines")));
    found.extend(
        raised
            .into_iter()
            .map(|(id, part, off)| format!("the {part} of rcv_{id} was posted with {off} more than it is made up of")),
    );
    Ok(Page { found, next: Some(last), ..Page::default() })
}

/// Pairs of levels whose `due_to` and `due_from` differ.
pub(super) async fn levels(tx: &mut Tx, tenant: TenantId, after: &str) -> StoreResult<Page> {
    let rows = fetch_all!(
        tx,
        (String, String, String, String, i64),
        "select * from (select upper_id || lower_id || currency as mark, upper_id, lower_id, currency,
                cast(sum(minor) as bigint) as off from (
            select case when account = 'due_to' then node_id else substr(counterparty, 5) end as upper_id,
                case when account = 'due_to' then substr(counterparty, 5) else node_id end as lower_id,
                currency, minor
            from entry where tenant_id = $1 and account in ('due_to', 'due_from')) as sides
            group by upper_id, lower_id, currency having sum(minor) <> 0) as told
         where mark > $2 order by mark limit $3",
        tenant.to_text(),
        after,
        limits::AUDIT_PAGE,
    )?;
    let words = |(mark, upper, lower, currency, sum)| -> Told {
        (mark, format!("due_to of dlr_{upper} and due_from of dlr_{lower} differ by {sum} {currency}"))
    };
    Ok(told(rows.into_iter().map(words).collect()))
}

/// Accounts that are not what their debts and advances come to, and debts closed by more than was charged. The mark's
/// first letter says which of them.
pub(super) async fn accounts(tx: &mut Tx, tenant: TenantId, after: &str) -> StoreResult<Page> {
    let rows = fetch_all!(
        tx,
        (String, String, String, i64),
        "select * from (
            select 'a' || node_id || debtor || currency as mark,
                'the account of ' || debtor || ' with dlr_' || node_id || ' is off its debts by ' as what,
                currency as unit, cast(sum(minor) as bigint) as off from (
                select node_id, counterparty as debtor, currency, minor from entry
                    where tenant_id = $1 and account = 'receivable'
                union all
                select r.node_id, r.debtor, r.currency, -c.charged_minor from component c
                    join receivable r on r.tenant_id = c.tenant_id and r.receivable_id = c.receivable_id
                    where c.tenant_id = $1
                union all
                select r.node_id, r.debtor, r.currency, a.minor from allocation a
                    join component c on c.tenant_id = a.tenant_id and c.component_id = a.component_id
                    join receivable r on r.tenant_id = c.tenant_id and r.receivable_id = c.receivable_id
                    where a.tenant_id = $1
             ) as debts group by node_id, debtor, currency having sum(minor) <> 0
            union all
            select 'b' || node_id || debtor || currency,
                'the advance of ' || debtor || ' with dlr_' || node_id || ' is off what it is made of by ',
                currency, cast(sum(minor) as bigint) from (
                select node_id, counterparty as debtor, currency, minor from entry
                    where tenant_id = $1 and account = 'advance'
                union all
                select c.node_id, a.debtor, a.currency, a.minor from allocation a
                    join collection c on c.tenant_id = a.tenant_id and c.collection_id = a.collection_id
                    where a.tenant_id = $1 and a.component_id is null
             ) as advances group by node_id, debtor, currency having sum(minor) <> 0
            union all
            select 'c' || c.component_id, 'component cmp_' || c.component_id || ' has left ', 'minor units',
                cast(c.charged_minor - sum(a.minor) as bigint)
                from component c join allocation a
                    on a.tenant_id = c.tenant_id and a.component_id = c.component_id
                where c.tenant_id = $1 group by c.component_id, c.charged_minor
                having sum(a.minor) > c.charged_minor or sum(a.minor) < 0
         ) as told where mark > $2 order by mark limit $3",
        tenant.to_text(),
        after,
        limits::AUDIT_PAGE,
    )?;
    let words = |(mark, what, unit, off)| -> Told { (mark, format!("{what}{off} {unit}")) };
    Ok(told(rows.into_iter().map(words).collect()))
}

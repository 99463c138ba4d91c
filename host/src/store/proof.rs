//! Questions whose answer must be empty: each compares two ways of knowing the same thing, from rows that are only
//! ever inserted. An answer names what differs, in words for a person who will look.

use super::{StoreResult, Tx};
use crate::domain::id::TenantId;
use crate::domain::payment::{AttemptState, Move, PaymentState};

/// Nodes whose debits and credits differ, pairs of levels whose `due_to` and `due_from` differ, debts that are closed
/// by more than was charged, and accounts that say something else than what they are made of.
pub async fn books_differ(tx: &mut Tx, tenant: TenantId) -> StoreResult<Vec<String>> {
    let mut found = postings_differ(tx, tenant).await?;
    found.extend(levels_differ(tx, tenant).await?);
    found.extend(debts_differ(tx, tenant).await?);
    found.extend(advances_differ(tx, tenant).await?);
    found.extend(collections_differ(tx, tenant).await?);
    Ok(found)
}

async fn postings_differ(tx: &mut Tx, tenant: TenantId) -> StoreResult<Vec<String>> {
    let rows = fetch_all!(
        tx,
        (String, String, i64),
        "select posting_id, currency, cast(sum(minor) as bigint) from entry where tenant_id = $1
         group by posting_id, currency having sum(minor) <> 0 limit 100",
        tenant.to_text(),
    )?;
    Ok(rows.into_iter().map(|(id, currency, sum)| format!("posting {id} is off by {sum} {currency}")).collect())
}

async fn levels_differ(tx: &mut Tx, tenant: TenantId) -> StoreResult<Vec<String>> {
    let rows = fetch_all!(
        tx,
        (String, String, String, i64),
        "select case when account = 'due_to' then node_id else substr(counterparty, 5) end as upper_id,
            case when account = 'due_to' then substr(counterparty, 5) else node_id end as lower_id,
            currency, cast(sum(minor) as bigint)
         from entry where tenant_id = $1 and account in ('due_to', 'due_from')
         group by 1, 2, 3 having sum(minor) <> 0 limit 100",
        tenant.to_text(),
    )?;
    let told = |(upper, lower, currency, sum)| {
        format!("due_to of dlr_{upper} and due_from of dlr_{lower} differ by {sum} {currency}")
    };
    Ok(rows.into_iter().map(told).collect())
}

async fn debts_differ(tx: &mut Tx, tenant: TenantId) -> StoreResult<Vec<String>> {
    let overpaid = fetch_all!(
        tx,
        (String, i64),
        "select c.component_id, cast(c.charged_minor - sum(a.minor) as bigint)
         from component c join allocation a on a.tenant_id = c.tenant_id and a.component_id = c.component_id
         where c.tenant_id = $1 group by c.component_id, c.charged_minor
         having sum(a.minor) > c.charged_minor or sum(a.minor) < 0 limit 100",
        tenant.to_text(),
    )?;
    let accounts = fetch_all!(
        tx,
        (String, String, String, i64),
        "select node_id, debtor, currency, cast(sum(minor) as bigint) from (
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
         ) as told group by node_id, debtor, currency having sum(minor) <> 0 limit 100",
        tenant.to_text(),
    )?;
    let mut found: Vec<String> =
        overpaid.into_iter().map(|(id, left)| format!("component cmp_{id} has {left} left")).collect();
    found.extend(accounts.into_iter().map(|(node, debtor, currency, off)| {
        format!("the account of {debtor} with dlr_{node} is off its debts by {off} {currency}")
    }));
    Ok(found)
}

async fn advances_differ(tx: &mut Tx, tenant: TenantId) -> StoreResult<Vec<String>> {
    let rows = fetch_all!(
        tx,
        (String, String, i64),
        "select debtor, currency, cast(sum(minor) as bigint) from (
            select counterparty as debtor, currency, minor from entry where tenant_id = $1 and account = 'advance'
            union all
            select debtor, currency, minor from allocation where tenant_id = $1 and component_id is null
         ) as told group by debtor, currency having sum(minor) <> 0 limit 100",
        tenant.to_text(),
    )?;
    let told =
        |(debtor, currency, off)| format!("the advance of {debtor} is off what it is made of by {off} {currency}");
    Ok(rows.into_iter().map(told).collect())
}

/// For every collection: what it closed, its advance and what went back are what arrived; nothing after a void.
async fn collections_differ(tx: &mut Tx, tenant: TenantId) -> StoreResult<Vec<String>> {
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
            from collection c where c.tenant_id = $1
         ) as told where held + given <> wanted limit 100",
        tenant.to_text(),
    )?;
    Ok(rows.into_iter().map(|(id, off)| format!("collection col_{id} holds {off} more than arrived")).collect())
}

/// Payments whose state does not follow from their newest attempt, by the state table itself.
pub async fn states_differ(tx: &mut Tx, tenant: TenantId) -> StoreResult<Vec<String>> {
    let pairs = fetch_all!(
        tx,
        (String, String, i64, String),
        "select p.state, a.state, count(*), min(p.payment_id) from payment p
         join attempt a on a.tenant_id = p.tenant_id and a.payment_id = p.payment_id
            and a.attempt_id = (select max(n.attempt_id) from attempt n
                where n.tenant_id = p.tenant_id and n.payment_id = p.payment_id)
         where p.tenant_id = $1 group by p.state, a.state",
        tenant.to_text(),
    )?;
    let mut found = Vec::new();
    for (payment, attempt, count, example) in pairs {
        let follows = match (payment.parse::<PaymentState>(), attempt.parse::<AttemptState>()) {
            (Ok(payment), Ok(attempt)) => matches!(payment.next(attempt.seen_by_payment()), Ok(Move::Stay)),
            _ => false,
        };
        if !follows {
            found.push(format!("{count} payments are {payment} while their attempt is {attempt}: pay_{example}"));
        }
    }
    Ok(found)
}

/// Attempts whose money is missing in the books, or whose timeline does not tell how they got where they are.
pub async fn attempts_differ(tx: &mut Tx, tenant: TenantId) -> StoreResult<Vec<String>> {
    let rows = fetch_all!(
        tx,
        (String, String, String),
        "select 'is in no book' as what, a.attempt_id, a.state from attempt a
            where a.tenant_id = $1 and a.state in ('captured', 'refunded') and not exists (
                select 1 from collection c where c.tenant_id = a.tenant_id and c.attempt_id = a.attempt_id)
         union all
         select 'is in the books without money', a.attempt_id, a.state from attempt a
            join collection c on c.tenant_id = a.tenant_id and c.attempt_id = a.attempt_id
            where a.tenant_id = $1 and a.state not in ('captured', 'refunded', 'voided')
         union all
         select 'has no line in its timeline', a.attempt_id, a.state from attempt a
            -- what an operation did is told as the operation's own
            where a.tenant_id = $1 and a.state not in ('sending', 'captured', 'voided', 'refunded')
                and not exists (select 1 from payment_event e
                where e.tenant_id = a.tenant_id and e.payment_id = a.payment_id and e.attempt_id = a.attempt_id
                and e.kind = 'attempt.' || a.state)
         limit 100",
        tenant.to_text(),
    )?;
    Ok(rows.into_iter().map(|(what, id, state)| format!("attempt att_{id} ({state}) {what}")).collect())
}

/// Voids and refunds whose end and whose books differ.
pub async fn operations_differ(tx: &mut Tx, tenant: TenantId) -> StoreResult<Vec<String>> {
    let rows = fetch_all!(
        tx,
        (String, String, String),
        "select o.operation_id, o.kind, o.state from operation o
            join attempt a on a.tenant_id = o.tenant_id and a.attempt_id = o.attempt_id
            where o.tenant_id = $1 and o.kind = 'void' and o.state = 'succeeded' and a.state <> 'voided'
         union all
         select o.operation_id, o.kind, o.state from operation o
            join collection c on c.tenant_id = o.tenant_id and c.attempt_id = o.attempt_id
            where o.tenant_id = $1 and o.kind = 'refund' and not exists (select 1 from collection_refund f
                where f.tenant_id = o.tenant_id and f.cause = 'opr_' || o.operation_id and f.state = case
                    when o.state = 'succeeded' then 'confirmed'
                    when o.state in ('declined', 'failed') then 'failed' else 'asked' end)
         limit 100",
        tenant.to_text(),
    )?;
    let told = |(id, kind, state)| format!("the {kind} opr_{id} is {state} and the books say otherwise");
    Ok(rows.into_iter().map(told).collect())
}

/// Events that are missing between others of the same payment.
pub async fn events_missing(tx: &mut Tx, tenant: TenantId) -> StoreResult<Vec<String>> {
    let rows = fetch_all!(
        tx,
        (String, i64, i64),
        "select aggregate, count(*), max(sequence) from outbox where tenant_id = $1
         group by aggregate having count(*) <> max(sequence) limit 100",
        tenant.to_text(),
    )?;
    let told = |(aggregate, count, last)| format!("{aggregate} has {count} events up to number {last}");
    Ok(rows.into_iter().map(told).collect())
}

/// Order number, whether its outcome is known, and what we hold of it at the bank, minor units: charged or captured,
/// less what went back.
pub async fn held_at_bank(tx: &mut Tx, tenant: TenantId) -> StoreResult<Vec<(String, bool, i64)>> {
    let rows = fetch_all!(
        tx,
        (String, i64, i64),
        "select a.order_no, cast(case when a.state in ('sending', 'browsing_charge', 'provisioning', 'unknown', 'stray')
            or exists (select 1 from operation o where o.tenant_id = a.tenant_id and o.attempt_id = a.attempt_id
                and o.state in ('sending', 'unknown')) then 0 else 1 end as bigint),
            cast(case when a.state not in ('captured', 'refunded') then 0 else
            coalesce((select sum(o.amount_minor) from operation o where o.tenant_id = a.tenant_id
                and o.attempt_id = a.attempt_id and o.kind = 'capture' and o.state = 'succeeded'), p.charged_minor)
            - coalesce((select sum(o.amount_minor) from operation o where o.tenant_id = a.tenant_id
                and o.attempt_id = a.attempt_id and o.kind = 'refund' and o.state = 'succeeded'), 0) end as bigint)
         from attempt a join payment p on p.tenant_id = a.tenant_id and p.payment_id = a.payment_id
         where a.tenant_id = $1 order by a.order_no",
        tenant.to_text(),
    )?;
    Ok(rows.into_iter().map(|(order, known, minor)| (order, known == 1, minor)).collect())
}

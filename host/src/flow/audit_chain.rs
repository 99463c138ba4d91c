//! The audit trail in a chain: a row that was changed, removed or slipped in later breaks a digest.
//!
//! Written in batches by a job, some time after the acts: never inside a payment's commit.

use sha2::{Digest, Sha256};

use crate::app::App;
use crate::domain::id::TenantId;
use crate::flow::error::FlowResult;
use crate::limits;
use crate::store::Tx;
use crate::store::audit::{Audit, AuditLink, audit_link_insert, audit_link_last, audit_links, audit_rows};
use crate::store::tenant::tenant_list;

/// Adds a link for every firm whose trail has rows that are old enough. Gives how many rows were chained.
pub async fn chain_round(app: &App) -> FlowResult<usize> {
    let mut tx = app.db.read().await?;
    let tenants = tenant_list(&mut tx).await?;
    drop(tx);
    let mut chained = 0;
    for tenant in tenants {
        chained += chain(app, tenant.tenant_id).await?;
    }
    Ok(chained)
}

async fn chain(app: &App, tenant: TenantId) -> FlowResult<usize> {
    let now_ms = app.clock.now_ms();
    // Older than any transaction that could still add a row before the newest one in the link.
    let until_ms = now_ms - limits::millis(limits::AUDIT_CHAIN_AFTER);
    let mut tx = app.db.begin().await?;
    let last = audit_link_last(&mut tx, tenant).await?;
    let (number, after, digest) =
        last.map_or((0, String::new(), String::new()), |last| (last.link, last.last_id, last.digest));
    let rows = audit_rows(&mut tx, tenant, &after, None, until_ms, limits::AUDIT_CHAIN_ROWS_MAX).await?;
    let Some(newest) = rows.last() else { return Ok(0) };
    let link = AuditLink {
        link: number + 1,
        last_id: newest.audit_id.clone(),
        rows_in_it: i64::try_from(rows.len()).unwrap_or(i64::MAX),
        digest: digest_of(&digest, &rows),
    };
    if !audit_link_insert(&mut tx, tenant, &link, now_ms).await? {
        return Ok(0);
    }
    tx.commit().await?;
    Ok(rows.len())
}

/// Where the trail and its chain differ: the first link of a firm that does not fit. Nothing after it can be trusted.
pub async fn chain_differs(tx: &mut Tx, tenant: TenantId) -> FlowResult<Vec<String>> {
    let (mut number, mut after, mut digest) = (0, String::new(), String::new());
    loop {
        let links = audit_links(tx, tenant, number, limits::AUDIT_CHAIN_ROWS_MAX).await?;
        if links.is_empty() {
            return Ok(Vec::new());
        }
        for link in links {
            let rows = audit_rows(tx, tenant, &after, Some(&link.last_id), i64::MAX, link.rows_in_it + 1).await?;
            let here = digest_of(&digest, &rows);
            if link.link != number + 1 || here != link.digest {
                let stated = link.rows_in_it;
                let found = rows.len();
                return Ok(vec![format!(
                    "link {} of the audit trail: {stated} rows were chained, {found} are there",
                    link.link
                )]);
            }
            (number, after, digest) = (link.link, link.last_id, here);
        }
    }
}

/// Every field with its length before it, so that nothing can move from one field to the next.
fn digest_of(before: &str, rows: &[Audit]) -> String {
    let mut hash = Sha256::new();
    let mut field = |text: &str| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    };
    field(before);
    for row in rows {
        for text in [&row.audit_id, &row.actor, &row.act, &row.object, &row.detail, &row.address, &row.request_id] {
            field(text);
        }
        field(&row.at_ms.to_string());
    }
    hex::encode(hash.finalize())
}

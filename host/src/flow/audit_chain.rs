//! The audit trail in a chain: a row that was changed, removed or slipped in later breaks a digest.
//!
//! Written in batches by a job, some time after the acts: never inside a payment's commit. Digests are made with a key
//! of the installation, so that whoever can only write the database cannot make them again. That nothing was cut off at
//! the end shows only beside a digest that was kept elsewhere: the chain's head, which the audit prints.

use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::domain::id::TenantId;
use crate::flow::error::FlowResult;
use crate::limits;
use crate::security::keys::Key;
use crate::store::Tx;
use crate::store::audit::{Audit, AuditLink, audit_link_insert, audit_link_last, audit_links, audit_rows};
use crate::store::tenant::tenant_list;

/// SHA-256 over the digest before it and the rows: links of early versions.
const PLAIN: i64 = 1;
/// HMAC-SHA-256 over the firm, the number of the link, the digest before it and the rows.
const KEYED: i64 = 2;

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
    let place = Place { tenant, link: number + 1, before: &digest };
    let link = AuditLink {
        link: place.link,
        last_id: newest.audit_id.clone(),
        rows_in_it: i64::try_from(rows.len()).unwrap_or(i64::MAX),
        digest: keyed(&app.security.audit_chain, place, &rows),
        form: KEYED,
    };
    if !audit_link_insert(&mut tx, tenant, &link, now_ms).await? {
        return Ok(0);
    }
    tx.commit().await?;
    Ok(rows.len())
}

/// How far a firm's chain was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Head {
    /// The firm's short name.
    pub firm: String,
    /// The number of its newest link.
    pub link: i64,
    /// That link's digest: keep it elsewhere, and `vezne audit --head` says whether it is still there.
    pub digest: String,
    /// Links at the beginning of the chain that were made without a key.
    pub without_key: i64,
}

/// A firm's chain, checked link by link.
pub struct ChainRead {
    /// The links, each where it does not fit.
    pub found: Vec<String>,
    /// The end of the chain; nothing where there is none yet.
    pub head: Option<Head>,
}

/// Checks a firm's chain from its beginning. Strikes off `wanted` each digest that is a link's, as long as everything
/// before that link fits: only then it says that nothing was changed since.
pub async fn chain_read(
    app: &App,
    (tenant, firm): (TenantId, &str),
    wanted: &mut Vec<String>,
) -> FlowResult<ChainRead> {
    let mut read = ChainRead { found: Vec::new(), head: None };
    let mut last: Option<AuditLink> = None;
    let mut without_key = 0;
    loop {
        let mut tx = app.db.snapshot().await?;
        let after = last.as_ref().map_or(0, |last| last.link);
        let links = audit_links(&mut tx, tenant, after, limits::AUDIT_LINKS_AT_ONCE).await?;
        if links.is_empty() {
            break;
        }
        for link in links {
            if let Some(fault) = link_fault(&app.security.audit_chain, &mut tx, tenant, last.as_ref(), &link).await? {
                read.found.push(fault);
            }
            if link.form == PLAIN {
                without_key += 1;
            }
            if read.found.is_empty() {
                wanted.retain(|digest| *digest != link.digest);
            }
            last = Some(link);
        }
    }
    read.head = last.map(|last| Head { firm: firm.to_owned(), link: last.link, digest: last.digest, without_key });
    Ok(read)
}

/// Why a link does not fit after the one before it. Those after it are compared with what it states, so that each one
/// that was changed is named, and no other.
async fn link_fault(
    key: &Key,
    tx: &mut Tx,
    tenant: TenantId,
    last: Option<&AuditLink>,
    link: &AuditLink,
) -> FlowResult<Option<String>> {
    let number = link.link;
    let (before, after) = last.map_or(("", ""), |last| (last.digest.as_str(), last.last_id.as_str()));
    let expected = last.map_or(1, |last| last.link + 1);
    if number != expected {
        return Ok(Some(format!("link {expected} of the audit trail is missing, the next one is {number}")));
    }
    if link.form < last.map_or(PLAIN, |last| last.form) {
        return Ok(Some(format!(
            "link {number} of the audit trail is made without a key, and the one before it with one"
        )));
    }
    // One more than it may have: a row that slipped in shows, and a changed number reads no whole trail.
    let most = link.rows_in_it.clamp(0, limits::AUDIT_CHAIN_ROWS_MAX) + 1;
    let rows = audit_rows(tx, tenant, after, Some(&link.last_id), i64::MAX, most).await?;
    let here = match link.form {
        PLAIN => plain(before, &rows),
        KEYED => keyed(key, Place { tenant, link: number, before }, &rows),
        form => return Ok(Some(format!("link {number} of the audit trail is of an unknown form ({form})"))),
    };
    let (stated, there) = (link.rows_in_it, i64::try_from(rows.len()).unwrap_or(i64::MAX));
    if here == link.digest && stated == there {
        return Ok(None);
    }
    Ok(Some(format!("link {number} of the audit trail does not fit: {stated} rows were chained, {there} are there")))
}

/// Where a link is.
#[derive(Clone, Copy)]
struct Place<'a> {
    tenant: TenantId,
    link: i64,
    /// The digest before it; empty for the first.
    before: &'a str,
}

fn keyed(key: &Key, place: Place<'_>, rows: &[Audit]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key[..]) else { unreachable!("HMAC takes keys of any length") };
    let firm = [place.tenant.to_text(), place.link.to_string()];
    fields(firm.iter().map(String::as_str).chain([place.before]), rows, |bytes| mac.update(bytes));
    hex::encode(mac.finalize().into_bytes())
}

fn plain(before: &str, rows: &[Audit]) -> String {
    let mut hash = Sha256::new();
    fields(std::iter::once(before), rows, |bytes| hash.update(bytes));
    hex::encode(hash.finalize())
}

/// Every field with its length before it, so that nothing can move from one field to the next.
fn fields<'a>(place: impl Iterator<Item = &'a str>, rows: &[Audit], mut take: impl FnMut(&[u8])) {
    let mut field = |text: &str| {
        take(&(text.len() as u64).to_be_bytes());
        take(text.as_bytes());
    };
    for text in place {
        field(text);
    }
    for row in rows {
        for text in [&row.audit_id, &row.actor, &row.act, &row.object, &row.detail, &row.address, &row.request_id] {
            field(text);
        }
        field(&row.at_ms.to_string());
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    fn row(actor: &str) -> Audit {
        let text = |text: &str| text.to_owned();
        Audit {
            audit_id: text("01"),
            actor: text(actor),
            act: text("session.created"),
            object: text("usr_1"),
            detail: text("{}"),
            address: String::new(),
            request_id: text("r"),
            at_ms: 5,
        }
    }

    #[test]
    fn a_link_with_a_key_needs_the_key_and_its_place() {
        let (key, other) = (Zeroizing::new([1; 32]), Zeroizing::new([2; 32]));
        let tenant = TenantId::at(1);
        let place = Place { tenant, link: 1, before: "" };
        let made = keyed(&key, place, &[row("a")]);
        assert_eq!(made, keyed(&key, place, &[row("a")]));
        for another in [
            keyed(&other, place, &[row("a")]),
            keyed(&key, place, &[row("b")]),
            keyed(&key, place, &[row("a"), row("a")]),
            keyed(&key, Place { link: 2, ..place }, &[row("a")]),
            keyed(&key, Place { tenant: TenantId::at(2), ..place }, &[row("a")]),
            keyed(&key, Place { before: "x", ..place }, &[row("a")]),
            plain("", &[row("a")]),
        ] {
            assert_ne!(made, another);
        }
    }

    /// What earlier versions chained must be read for ever.
    #[test]
    fn a_link_without_a_key_is_what_it_was() {
        assert_eq!(plain("", &[row("usr_1")]), PLAIN_DIGEST);
    }

    const PLAIN_DIGEST: &str = "88cc952d6db7b187efffb0ac8ddb2ed053090f2ac98200f29ef8c701bafb8a71";
}

//! The sandbox bank's own book, beside ours. A real bank's book comes as a statement.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;

use super::Findings;
use crate::app::App;
use crate::flow::error::{FlowError, FlowResult};
use crate::limits;
use crate::plugin::{Method, OutRequest};
use crate::store::proof::{Held, held_at_bank, held_of_orders};
use crate::store::tenant::Tenant;

const PROOF: &str = "bank's book";

/// The book, as far as it is about us.
#[derive(Deserialize)]
struct Book {
    orders: Vec<Order>,
}

#[derive(Deserialize)]
struct Order {
    order: String,
    net: i64,
}

/// Minor units by order.
type Net = BTreeMap<String, i64>;

/// Compares both ways; an order in doubt is no difference. `false` where no sandbox is attached.
///
/// Payments go on meanwhile, at the bank and here. What the book has was written here before it was sent, so an order
/// that is not here is a difference at once. One whose amounts differ is looked at again in both books, later: one that
/// only moved between the two looks agrees then.
pub(super) async fn compared(app: &App, tenants: &[Tenant], findings: &mut Findings<'_>) -> FlowResult<bool> {
    let Some(mut theirs) = book(app).await? else { return Ok(false) };
    let mut strange: BTreeSet<String> =
        theirs.iter().filter(|(_, net)| **net != 0).map(|(order, _)| order.clone()).collect();
    for tenant in tenants {
        let mut suspects = first_look(app, tenant, &theirs, &mut strange).await?;
        for _ in 1..limits::AUDIT_BOOK_LOOKS {
            if suspects.is_empty() {
                break;
            }
            theirs = book(app).await?.unwrap_or_default();
            suspects = look_again(app, tenant, &theirs, suspects).await?;
        }
        for held in suspects {
            let bank = theirs.get(&held.order_no).copied().unwrap_or_default();
            let what = format!("{}: ours {}, the bank's {bank}", held.order_no, held.minor);
            findings.add(&tenant.slug, PROOF, what);
        }
    }
    for order in strange {
        let net = theirs.get(&order).copied().unwrap_or_default();
        findings.add("", PROOF, format!("{order}: unknown to us, the bank's {net}"));
    }
    Ok(true)
}

/// A firm's orders that differ; those that are known here are strange no more.
async fn first_look(app: &App, tenant: &Tenant, theirs: &Net, strange: &mut BTreeSet<String>) -> FlowResult<Vec<Held>> {
    let mut suspects = Vec::new();
    let mut after = String::new();
    loop {
        let mut tx = app.db.snapshot().await?;
        let page = held_at_bank(&mut tx, tenant.tenant_id, &after, limits::AUDIT_PAGE).await?;
        drop(tx);
        let Some(last) = page.last() else { return Ok(suspects) };
        after.clone_from(&last.attempt_id);
        for held in &page {
            strange.remove(&held.order_no);
        }
        suspects.extend(page.into_iter().filter(|held| differs(held, theirs)));
    }
}

/// Those that differ still.
async fn look_again(app: &App, tenant: &Tenant, theirs: &Net, suspects: Vec<Held>) -> FlowResult<Vec<Held>> {
    let mut still = Vec::new();
    for some in suspects.chunks(usize::try_from(limits::AUDIT_PAGE).unwrap_or(1)) {
        let orders: Vec<String> = some.iter().map(|held| held.order_no.clone()).collect();
        let mut tx = app.db.snapshot().await?;
        let page = held_of_orders(&mut tx, tenant.tenant_id, &orders).await?;
        still.extend(page.into_iter().filter(|held| differs(held, theirs)));
    }
    Ok(still)
}

fn differs(held: &Held, theirs: &Net) -> bool {
    held.known && theirs.get(&held.order_no).copied().unwrap_or_default() != held.minor
}

/// Nothing outside sandbox mode.
async fn book(app: &App) -> FlowResult<Option<Net>> {
    let Some(base) = app.config.sandbox_url.as_deref().filter(|_| app.config.sandbox) else { return Ok(None) };
    let broken = |what: String| FlowError::Internal(format!("the sandbox bank's book cannot be read: {what}"));
    let request = OutRequest {
        url: format!("{base}/admin/book").parse().map_err(|_| broken("its address is no address".to_owned()))?,
        method: Method::Get,
        headers: Vec::new(),
        body: Vec::new().into(),
        sandbox: true,
    };
    let answer = app.egress.send(&request, Instant::now() + Duration::from_secs(30)).await;
    let answer = answer.map_err(|failure| broken(failure.detail))?;
    let book: Book = serde_json::from_slice(&answer.body).map_err(|error| broken(error.to_string()))?;
    Ok(Some(book.orders.into_iter().map(|order| (order.order, order.net)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_differs() {
        let held =
            |order: &str, known, minor| Held { attempt_id: String::new(), order_no: order.to_owned(), known, minor };
        let theirs = Net::from([("a".to_owned(), 5), ("b".to_owned(), 7)]);
        assert!(!differs(&held("a", true, 5), &theirs));
        assert!(!differs(&held("b", false, 0), &theirs), "one in doubt is no difference");
        assert!(!differs(&held("c", true, 0), &theirs), "an order that never reached it");
        assert!(differs(&held("a", true, 4), &theirs));
        assert!(differs(&held("c", true, 3), &theirs));
    }
}

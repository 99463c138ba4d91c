//! `vezne audit`: every balance, allocation and state derived again from rows that are only ever inserted, the audit
//! chain checked, and the sandbox bank's own book compared where one is attached. Names each difference.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::app::App;
use crate::domain::id::TenantId;
use crate::flow::audit_chain::chain_differs;
use crate::flow::error::{FlowError, FlowResult};
use crate::plugin::{Method, OutRequest};
use crate::store::proof::{
    attempts_differ, books_differ, events_missing, held_at_bank, operations_differ, states_differ,
};
use crate::store::tenant::tenant_list;

/// What was found at one firm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The firm's short name.
    pub firm: String,
    /// Which proof failed.
    pub proof: &'static str,
    /// What differs.
    pub what: String,
}

/// The whole audit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many firms were looked at.
    pub firms: usize,
    /// Everything that differs; empty is the proof.
    pub differences: Vec<Difference>,
    /// Whether the sandbox bank's book was compared as well.
    pub bank_compared: bool,
}

/// Runs every proof on every firm.
pub async fn audit(app: &App) -> FlowResult<Report> {
    let mut tx = app.db.read().await?;
    let tenants = tenant_list(&mut tx).await?;
    drop(tx);
    let mut report = Report { firms: tenants.len(), ..Report::default() };
    let mut ours = BTreeMap::new();
    for tenant in tenants {
        for (proof, found) in proofs(app, tenant.tenant_id).await? {
            let differences = found.into_iter().map(|what| Difference { firm: tenant.slug.clone(), proof, what });
            report.differences.extend(differences);
        }
        let mut tx = app.db.read().await?;
        for (order, known, minor) in held_at_bank(&mut tx, tenant.tenant_id).await? {
            ours.insert(order, known.then_some(minor));
        }
    }
    if let Some(theirs) = sandbox_book(app).await? {
        report.bank_compared = true;
        report.differences.extend(bank_differs(&ours, &theirs));
    }
    Ok(report)
}

/// Each in a snapshot of its own: a long audit holds no reader for long.
async fn proofs(app: &App, tenant: TenantId) -> FlowResult<Vec<(&'static str, Vec<String>)>> {
    let mut found = Vec::new();
    let mut tx = app.db.read().await?;
    found.push(("books", books_differ(&mut tx, tenant).await?));
    let mut tx = app.db.read().await?;
    found.push(("states", states_differ(&mut tx, tenant).await?));
    found.push(("attempts", attempts_differ(&mut tx, tenant).await?));
    found.push(("operations", operations_differ(&mut tx, tenant).await?));
    let mut tx = app.db.read().await?;
    found.push(("events", events_missing(&mut tx, tenant).await?));
    found.push(("audit trail", chain_differs(&mut tx, tenant).await?));
    Ok(found)
}

/// The sandbox bank's book, as far as it is about us.
#[derive(Deserialize)]
struct Book {
    orders: Vec<Order>,
}

#[derive(Deserialize)]
struct Order {
    order: String,
    net: i64,
}

/// Nothing outside sandbox mode: a real bank's book comes as a statement.
async fn sandbox_book(app: &App) -> FlowResult<Option<BTreeMap<String, i64>>> {
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

/// Both ways; an order in doubt is no difference.
fn bank_differs(ours: &BTreeMap<String, Option<i64>>, theirs: &BTreeMap<String, i64>) -> Vec<Difference> {
    let difference = |what| Difference { firm: String::new(), proof: "bank's book", what };
    let known = ours.iter().filter_map(|(order, minor)| {
        let (ours, bank) = ((*minor)?, theirs.get(order).copied().unwrap_or_default());
        (bank != ours).then(|| difference(format!("{order}: ours {ours}, the bank's {bank}")))
    });
    let strange = theirs.iter().filter(|(order, net)| **net != 0 && !ours.contains_key(*order));
    known.chain(strange.map(|(order, net)| difference(format!("{order}: unknown to us, the bank's {net}")))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banks_book_is_compared_both_ways() {
        let ours = BTreeMap::from([("a".to_owned(), Some(5)), ("b".to_owned(), None), ("c".to_owned(), Some(0))]);
        let theirs = |rows: &[(&str, i64)]| rows.iter().map(|(order, net)| ((*order).to_owned(), *net)).collect();
        assert!(bank_differs(&ours, &theirs(&[("a", 5), ("b", 7), ("d", 0)])).is_empty());
        assert_eq!(bank_differs(&ours, &theirs(&[("a", 4)])).len(), 1);
        assert_eq!(bank_differs(&ours, &theirs(&[("a", 5), ("c", 3), ("d", 9)])).len(), 2);
        assert_eq!(bank_differs(&ours, &theirs(&[])).len(), 1);
    }
}

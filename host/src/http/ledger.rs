//! The double-entry books, read only.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use vezne_api::{LedgerAccount, LedgerEntry, Page, Permission};

use super::error::{Error, Result};
use super::extract::{Caller, Query};
use super::page::{Listed, Window};
use super::route::{Endpoint, Table};
use super::view;
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::id::NodeId;
use crate::store::Tx;
use crate::store::ledger::{Balance, JournalLine, balances, journal_page};
use crate::store::node::node_fetch;

/// Narrows both lists.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LedgerQuery {
    /// In whose books; the caller's own node if absent.
    #[serde(default)]
    pub node: Option<String>,
    /// 1 to 200 rows; 50 if absent.
    #[serde(default)]
    pub limit: Option<u32>,
    /// From a page before; this list is only walked forward.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table
        .add(
            Endpoint::get("/v1/ledger/accounts", "Every account of a node's books with its balance")
                .needs(Permission::LedgerRead)
                .query::<LedgerQuery>()
                .reply::<Page<LedgerAccount>>(200),
            accounts,
        )
        .add(
            Endpoint::get("/v1/ledger/entries", "The journal of a node, oldest first")
                .needs(Permission::LedgerRead)
                .query::<LedgerQuery>()
                .reply::<Page<LedgerEntry>>(200),
            entries,
        )
}

async fn accounts(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<LedgerQuery>,
) -> Result<axum::Json<Page<LedgerAccount>>> {
    let ctx = &caller.ctx;
    let mut tx = app.db.read().await?;
    let node = node_of(&mut tx, ctx, query.node.as_deref()).await?;
    let rows = balances(&mut tx, ctx.tenant, ctx.scope, node).await?;
    Ok(axum::Json(Page::whole(rows.iter().map(account_view).collect())))
}

async fn entries(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<LedgerQuery>,
) -> Result<Listed<LedgerEntry>> {
    let ctx = &caller.ctx;
    let prints = &app.security.fingerprints;
    let window = Window::new(prints, "ledger_entries", query.limit, query.cursor.as_deref())?;
    let (posting, line) = window.forward().and_then(|mark| mark.split_once('|')).unwrap_or(("", "-1"));
    let line: i64 = line.parse().map_err(|_| Error::BadRequest("cursor_invalid"))?;
    let mut tx = app.db.read().await?;
    let node = node_of(&mut tx, ctx, query.node.as_deref()).await?;
    let rows = journal_page(&mut tx, ctx.tenant, ctx.scope, node, (posting, line), window.fetch_limit()).await?;
    let mut page = window.page(prints, rows, |row| format!("{}|{}", row.posting, row.line), entry_view);
    page.prev_cursor = None;
    Ok(Listed(page))
}

async fn node_of(tx: &mut Tx, ctx: &Ctx, wanted: Option<&str>) -> Result<NodeId> {
    let Some(wanted) = wanted else { return Ok(ctx.scope) };
    let node = wanted.parse().map_err(|_| Error::NotFound)?;
    node_fetch(tx, ctx.tenant, ctx.scope, node).await?.ok_or(Error::NotFound)?;
    Ok(node)
}

fn account_view(row: &Balance) -> LedgerAccount {
    LedgerAccount {
        node: row.node.to_string(),
        account: row.account.as_str().to_owned(),
        counterparty: row.counterparty.map(|party| party.to_string()),
        currency: row.currency.code().to_owned(),
        debit: row.debit,
        credit: row.credit,
        balance: row.debit - row.credit,
    }
}

fn entry_view(row: JournalLine) -> LedgerEntry {
    LedgerEntry {
        posting: format!("pst_{}", row.posting),
        line: row.line,
        node: format!("dlr_{}", row.node),
        kind: row.kind,
        cause: row.cause,
        account: row.account,
        counterparty: Some(row.counterparty).filter(|party| !party.is_empty()),
        component: row.component,
        debit: row.minor.max(0),
        credit: (-row.minor).max(0),
        currency: row.currency,
        payment: row.payment.map(|id| format!("pay_{id}")),
        value_on: row.value_on,
        at: view::instant(row.at_ms),
    }
}

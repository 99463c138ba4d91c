//! The account of a dealer or customer (ekstre).

use axum::extract::State;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use serde::{Deserialize, Serialize};
use vezne_api::{Permission, Statement, StatementLine, StatementLineKind};

use super::error::{Error, Result};
use super::extract::{Caller, Query};
use super::receivable::party_view;
use super::route::{Endpoint, Table};
use super::view;
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::id::NodeId;
use crate::domain::ledger::PostingKind;
use crate::domain::money::Currency;
use crate::domain::party::Party;
use crate::flow::books::{day_of, zone};
use crate::limits::{STATEMENT_DAYS_MAX, STATEMENT_LINES_MAX};
use crate::store::Tx;
use crate::store::customer::customer_fetch;
use crate::store::home::in_doubt_of;
use crate::store::ledger::{Movement, movements, party_balance};
use crate::store::node::{node_fetch, node_path};

/// Asks for `GET /v1/statement`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementQuery {
    /// Whose account: `dlr_…` or `cus_…`.
    pub party: String,
    /// First day; 30 days before the last if absent.
    #[serde(default)]
    pub from: Option<String>,
    /// Last day; today if absent.
    #[serde(default)]
    pub to: Option<String>,
    /// ISO 4217 letters; TRY if absent.
    #[serde(default)]
    pub currency: Option<String>,
}

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table.add(
        Endpoint::get("/v1/statement", "Shows the account of a dealer or customer")
            .needs(Permission::ReceivableRead)
            .query::<StatementQuery>()
            .reply::<Statement>(200),
        show,
    )
}

/// With whom the party has its account.
struct Account {
    creditor: NodeId,
    creditor_name: String,
    party: Party,
    party_name: String,
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<StatementQuery>,
) -> Result<axum::Json<Statement>> {
    let ctx = &caller.ctx;
    let (from, to) = days(&query, day_of(app.clock.now_ms()))?;
    let currency = Currency::from_code(query.currency.as_deref().unwrap_or("TRY"));
    let currency = currency.ok_or(Error::BadRequest("currency"))?;
    let mut tx = app.db.read().await?;
    let account = account_of(&mut tx, ctx, &query.party).await?;
    let key = (account.creditor, account.party, currency);
    let span_ms = (start_ms(from, &zone()), start_ms(to.saturating_add(1.day()), &zone()));
    let opening = party_balance(&mut tx, ctx.tenant, key, span_ms.0).await?;
    let mut rows = movements(&mut tx, ctx.tenant, key, span_ms, STATEMENT_LINES_MAX + 1).await?;
    let most = usize::try_from(STATEMENT_LINES_MAX).unwrap_or(usize::MAX);
    let truncated = rows.len() > most;
    rows.truncate(most);
    let mut balance = opening;
    let lines: Vec<StatementLine> = rows.into_iter().map(|row| line(row, &mut balance)).collect();
    let in_doubt = in_doubt_of(&mut tx, ctx.tenant, account.creditor, account.party, currency).await?;
    Ok(axum::Json(Statement {
        node: view::node_ref(account.creditor, &account.creditor_name),
        party: party_view(account.party, &account.party_name),
        currency: currency.code().to_owned(),
        from: from.to_string(),
        to: to.to_string(),
        opening,
        closing: balance,
        debit: lines.iter().map(|line| line.debit).sum(),
        credit: lines.iter().map(|line| line.credit).sum(),
        in_doubt,
        lines,
        truncated,
    }))
}

fn days(query: &StatementQuery, today: Date) -> Result<(Date, Date)> {
    let day = |text: &Option<String>| match text.as_deref().filter(|text| !text.is_empty()) {
        Some(text) => text.parse().map(Some).map_err(|_| Error::BadRequest("day_malformed")),
        None => Ok(None),
    };
    let to: Date = day(&query.to)?.unwrap_or(today);
    let from: Date = day(&query.from)?.unwrap_or_else(|| to.saturating_sub(30.days()));
    let longest = Span::new().days(STATEMENT_DAYS_MAX);
    if from > to || from < to.saturating_sub(longest) {
        return Err(Error::BadRequest("day_malformed"));
    }
    Ok((from, to))
}

fn start_ms(day: Date, zone: &TimeZone) -> i64 {
    day.to_zoned(zone.clone()).map_or(0, |start| start.timestamp().as_millisecond())
}

/// The party must stand in the caller's part of the tree, or be its root: a dealer reads what it owes above.
async fn account_of(tx: &mut Tx, ctx: &Ctx, party: &str) -> Result<Account> {
    let party: Party = party.parse().map_err(|_| Error::NotFound)?;
    match party {
        Party::Customer(id) => {
            let row = customer_fetch(tx, ctx.tenant, ctx.scope, id).await?.ok_or(Error::NotFound)?;
            Ok(Account { creditor: row.node_id, creditor_name: row.node_name, party, party_name: row.name })
        }
        Party::Node(id) => {
            let row = node_fetch(tx, ctx.tenant, ctx.scope, id).await?.ok_or(Error::NotFound)?;
            let path = node_path(tx, ctx.tenant, None, id).await?;
            let above = path.len().checked_sub(2).and_then(|place| path.get(place)).ok_or(Error::NotFound)?;
            let creditor_name = above.name.clone();
            Ok(Account { creditor: above.node_id, creditor_name, party, party_name: row.node.name })
        }
        Party::PosAccount(_) | Party::Payer(_) => Err(Error::NotFound),
    }
}

fn line(row: Movement, balance: &mut i64) -> StatementLine {
    *balance += row.minor;
    StatementLine {
        at: view::instant(row.at_ms),
        kind: kind_view(row.kind),
        document_no: row.document_no,
        description: row.description,
        debit: row.minor.max(0),
        credit: (-row.minor).max(0),
        balance: *balance,
        payment: row.payment.map(|id| format!("pay_{id}")),
        receivable: row.receivable.map(|id| format!("rcv_{id}")),
    }
}

fn kind_view(kind: PostingKind) -> StatementLineKind {
    match kind {
        PostingKind::Raised | PostingKind::Withdrawn => StatementLineKind::Charge,
        PostingKind::Capture => StatementLineKind::Payment,
        PostingKind::Void => StatementLineKind::Void,
        PostingKind::RefundAsked
        | PostingKind::RefundConfirmed
        | PostingKind::RefundFailed
        | PostingKind::ChargebackOpened
        | PostingKind::ChargebackWon
        | PostingKind::ChargebackLost => StatementLineKind::Refund,
        PostingKind::AdvanceUse => StatementLineKind::Advance,
        PostingKind::Offset => StatementLineKind::Offset,
        PostingKind::Transfer | PostingKind::Payout => StatementLineKind::Transfer,
    }
}

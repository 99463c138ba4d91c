//! What is owed.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use vezne_api::{Component, Page, Party as PartyView, PartyKind, PartyRef, Permission, Receivable, ReceivableCreate};
use vezne_api::{ComponentKind as WireKind, ReceivableState};

use super::check::Checks;
use super::error::{Error, Result};
use super::extract::{Caller, Json, Path, Query};
use super::page::{Listed, Window};
use super::route::{Endpoint, Table};
use super::view::{self, party_of};
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::amount::AMOUNT_MINOR_MAX;
use crate::domain::id::{NodeId, ReceivableId};
use crate::domain::money::Currency;
use crate::domain::party::Party;
use crate::domain::receivable::ComponentKind;
use crate::flow::books::{NewReceivable, day_of, receivable_raise_in_tx};
use crate::flow::creditor::creditor;
use crate::flow::doubt::{Account, in_doubt_of_receivables};
use crate::limits::RECEIVABLE_COMPONENTS_MAX;
use crate::store::audit::audit_insert;
use crate::store::node::node_fetch;
use crate::store::receivable::{ReceivableFilter, ReceivableShown, receivable_fetch, receivable_list};
use crate::store::{StoreError, Tx};

/// Narrows `GET /v1/receivables`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceivableQuery {
    /// Words in document number, text or the debtor's name.
    #[serde(default)]
    pub q: Option<String>,
    /// Only what this node (`dlr_…`) or customer (`cus_…`) owes.
    #[serde(default)]
    pub debtor: Option<String>,
    /// Only what is owed to this very node.
    #[serde(default)]
    pub node: Option<String>,
    /// Only those with something left.
    #[serde(default)]
    pub open: Option<bool>,
    /// 1 to 200 rows; 50 if absent.
    #[serde(default)]
    pub limit: Option<u32>,
    /// From a page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table
        .add(
            Endpoint::get("/v1/receivables", "Lists what is owed, by due day")
                .needs(Permission::ReceivableRead)
                .query::<ReceivableQuery>()
                .reply::<Page<Receivable>>(200),
            list,
        )
        .add(
            Endpoint::post("/v1/receivables", "Writes what somebody owes")
                .needs(Permission::ReceivableCreate)
                .body::<ReceivableCreate>()
                .reply::<Receivable>(201),
            create,
        )
        .add(
            Endpoint::get("/v1/receivables/{id}", "Shows what somebody owes")
                .needs(Permission::ReceivableRead)
                .reply::<Receivable>(200),
            show,
        )
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ReceivableQuery>,
) -> Result<Listed<Receivable>> {
    let prints = &app.security.fingerprints;
    let window = Window::new(prints, "receivables", query.limit, query.cursor.as_deref())?;
    let filter = ReceivableFilter {
        node: query.node.as_deref().map(str::parse).transpose().map_err(|_| Error::NotFound)?,
        debtor: query.debtor.as_deref().map(str::parse).transpose().map_err(|_| Error::NotFound)?,
        open_only: query.open.unwrap_or(false),
        words: query.q,
        after: window.forward().map(str::to_owned),
        before: window.backward().map(str::to_owned),
        limit: window.fetch_limit(),
    };
    let mut tx = app.db.read().await?;
    let rows = receivable_list(&mut tx, caller.ctx.tenant, caller.ctx.scope, &filter).await?;
    let (livemode, today) = (!app.config.sandbox, day_of(app.clock.now_ms()));
    let accounts: Vec<_> = rows.iter().map(account_of).collect();
    let in_doubt = in_doubt_of_receivables(&mut tx, caller.ctx.tenant, &accounts).await?;
    let view = |shown: ReceivableShown| {
        let doubt = in_doubt.get(&shown.row.id).copied().unwrap_or_default();
        receivable_view(&shown, doubt, livemode, today)
    };
    let mark = |shown: &ReceivableShown| format!("{}|{}", shown.row.due_on, shown.row.id.to_text());
    Ok(Listed(window.page(prints, rows, mark, view)))
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<axum::Json<Receivable>> {
    let id: ReceivableId = id.parse().map_err(|_| Error::NotFound)?;
    let mut tx = app.db.read().await?;
    let shown = receivable_fetch(&mut tx, caller.ctx.tenant, caller.ctx.scope, id).await?.ok_or(Error::NotFound)?;
    let in_doubt = in_doubt_of_receivables(&mut tx, caller.ctx.tenant, &[account_of(&shown)]).await?;
    let doubt = in_doubt.get(&id).copied().unwrap_or_default();
    Ok(axum::Json(receivable_view(&shown, doubt, !app.config.sandbox, day_of(app.clock.now_ms()))))
}

async fn create(State(app): State<App>, caller: Caller, Json(body): Json<ReceivableCreate>) -> Result<Response> {
    let ctx = &caller.ctx;
    let now_ms = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    let new = checked(&mut tx, ctx, &body).await?;
    let id = receivable_raise_in_tx(&mut tx, ctx.tenant, &new, now_ms).await.map_err(refused)?;
    let detail = json!({
        "debtor": new.debtor, "node": new.node, "currency": new.currency, "document_no": new.document_no,
        "amount": new.components.iter().map(|component| component.1).sum::<i64>(),
    });
    audit_insert(&mut tx, ctx, "receivable.created", &id.to_string(), &detail).await?;
    let shown = receivable_fetch(&mut tx, ctx.tenant, ctx.scope, id).await?.ok_or(Error::NotFound)?;
    tx.commit().await?;
    let view = receivable_view(&shown, 0, !app.config.sandbox, day_of(now_ms));
    Ok((StatusCode::CREATED, axum::Json(view)).into_response())
}

/// A document number twice for one node is the caller's mistake; the rest is the database's or ours.
fn refused(error: crate::flow::books::BooksError) -> Error {
    match error {
        crate::flow::books::BooksError::Store(StoreError::Constraint(_)) => {
            Error::field("/document_no", "already_used")
        }
        crate::flow::books::BooksError::Store(error) => error.into(),
        other => Error::Internal(other.to_string()),
    }
}

async fn checked(tx: &mut Tx, ctx: &Ctx, body: &ReceivableCreate) -> Result<NewReceivable> {
    let mut checks = Checks::default();
    let document_no = checks.text_if_any("/document_no", body.document_no.as_deref(), 100);
    let description = checks.text_if_any("/description", body.description.as_deref(), 500);
    let currency = Currency::from_code(&body.currency);
    if currency.is_none() {
        checks.wrong("/currency", "currency");
    }
    let due_on: Option<Date> = body.due_on.parse().ok();
    if due_on.is_none() {
        checks.wrong("/due_on", "malformed");
    }
    if body.components.is_empty() || body.components.len() > RECEIVABLE_COMPONENTS_MAX {
        checks.wrong("/components", "required");
    }
    for (place, component) in body.components.iter().enumerate() {
        if !(1..=AMOUNT_MINOR_MAX).contains(&component.amount) {
            checks.wrong(format!("/components/{place}/amount"), "out_of_range");
        }
    }
    checks.done()?;
    let (node, debtor) = between(tx, ctx, &body.debtor, body.node.as_deref()).await?;
    let (Some(currency), Some(due_on)) = (currency, due_on) else { return Err(Error::BadRequest("bad_request")) };
    Ok(NewReceivable {
        node,
        debtor,
        currency,
        document_no,
        description,
        due_on,
        components: body.components.iter().map(|part| (kind_read(part.kind), part.amount)).collect(),
        created_by: ctx.actor.label(),
    })
}

/// To whom and by whom it is owed. The creditor must stand in the caller's part of the tree, or anybody could write
/// debts for others.
async fn between(tx: &mut Tx, ctx: &Ctx, debtor: &PartyRef, wanted: Option<&str>) -> Result<(NodeId, Party)> {
    let unknown = || Error::field("/debtor", "not_found");
    let party = party_of(debtor).ok_or_else(unknown)?;
    let creditor = creditor(tx, ctx, party).await?.ok_or_else(unknown)?;
    if wanted.is_some_and(|wanted| wanted != creditor.to_string()) {
        return Err(Error::field("/node", "not_allowed"));
    }
    node_fetch(tx, ctx.tenant, ctx.scope, creditor).await?.ok_or(Error::Forbidden("not_allowed"))?;
    Ok((creditor, party))
}

fn account_of(shown: &ReceivableShown) -> Account {
    (shown.row.node, shown.row.debtor, shown.row.currency)
}

fn receivable_view(shown: &ReceivableShown, in_doubt: i64, livemode: bool, today: Date) -> Receivable {
    let row = &shown.row;
    let amount: i64 = shown.components.iter().map(|component| component.charged).sum();
    let outstanding: i64 = shown.components.iter().map(|component| component.outstanding).sum();
    let state = match outstanding {
        0 => ReceivableState::Paid,
        left if left == amount => ReceivableState::Open,
        _ => ReceivableState::PartlyPaid,
    };
    Receivable {
        id: row.id.to_string(),
        livemode,
        node: view::node_ref(row.node, &shown.node_name),
        debtor: party_view(row.debtor, &shown.debtor_name),
        document_no: row.document_no.clone(),
        description: row.description.clone(),
        due_on: row.due_on.to_string(),
        currency: row.currency.code().to_owned(),
        amount,
        outstanding,
        in_doubt,
        state,
        overdue: outstanding > 0 && row.due_on < today,
        components: shown
            .components
            .iter()
            .map(|part| Component { kind: kind_view(part.kind), charged: part.charged, outstanding: part.outstanding })
            .collect(),
        created_at: view::instant(row.created_at_ms),
    }
}

/// A party with its name.
pub fn party_view(party: Party, name: &str) -> PartyView {
    let kind = if matches!(party, Party::Customer(_)) { PartyKind::Customer } else { PartyKind::Node };
    PartyView { kind, id: party.to_string(), name: name.to_owned() }
}

/// A component's kind as the API names it.
pub fn kind_view(kind: ComponentKind) -> WireKind {
    match kind {
        ComponentKind::Principal => WireKind::Principal,
        ComponentKind::ContractInterest => WireKind::ContractInterest,
        ComponentKind::DefaultInterest => WireKind::DefaultInterest,
        ComponentKind::Expense => WireKind::Expense,
        ComponentKind::Tax => WireKind::Tax,
        ComponentKind::Fee => WireKind::Fee,
    }
}

fn kind_read(kind: WireKind) -> ComponentKind {
    match kind {
        WireKind::Principal => ComponentKind::Principal,
        WireKind::ContractInterest => ComponentKind::ContractInterest,
        WireKind::DefaultInterest => ComponentKind::DefaultInterest,
        WireKind::Expense => ComponentKind::Expense,
        WireKind::Tax => ComponentKind::Tax,
        WireKind::Fee => ComponentKind::Fee,
    }
}

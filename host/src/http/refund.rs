//! Giving money back.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use vezne_api as api;
use vezne_api::{Page, Permission};

use super::error::{Error, Result};
use super::extract::{Caller, Path};
use super::idempotency::{Idempotent, first_answer, replay};
use super::payment::{give_back, sale_answer, stored_answer, whole_of};
use super::route::{Endpoint, Table};
use crate::app::App;
use crate::domain::id::{OperationId, PaymentId, RefundId};
use crate::domain::payment::OperationKind;
use crate::flow::operation::{Done, OperationRequest, operation_create};
use crate::flow::sale::{answer_stored, draft_cancel};
use crate::flow::view::{Whole, refund_view, whole_fetch};
use crate::store::operation::{Operation, operation_fetch};
use crate::store::payment::payment_visible;

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table
        .add(
            Endpoint::post("/v1/payments/{id}/refunds", "Gives money back: a void before the day end, else a refund")
                .needs(Permission::RefundCreate)
                .idempotent()
                .body::<api::RefundCreate>()
                .reply::<api::Refund>(201),
            create,
        )
        .add(
            Endpoint::get("/v1/payments/{id}/refunds", "Lists voids and refunds, oldest first")
                .needs(Permission::PaymentRead)
                .reply::<Page<api::Refund>>(200),
            list,
        )
        .add(
            Endpoint::get("/v1/refunds/{id}", "Shows a void or refund")
                .needs(Permission::PaymentRead)
                .reply::<api::Refund>(200),
            show,
        )
        .add(
            // More is asked for when it is known what there is to cancel.
            Endpoint::post("/v1/payments/{id}/cancel", "Gives up a payment before it is confirmed, or voids all of it")
                .needs(Permission::PaymentRead)
                .idempotent()
                .reply::<api::PaymentCancel>(201),
            cancel,
        )
}

fn livemode(whole: &Whole) -> bool {
    whole.names.pos_environment.as_deref() == Some("live")
}

async fn create(State(app): State<App>, Path(id): Path<String>, request: Idempotent) -> Result<Response> {
    let body: api::RefundCreate = request.parse_or_default()?;
    run(&app, &id, body, request).await
}

async fn cancel(State(app): State<App>, Path(id): Path<String>, request: Idempotent) -> Result<Response> {
    let whole = whole_of(&app, &request.caller.ctx, &id).await?;
    if whole.attempts.is_empty() {
        request.caller.require(Permission::PaymentCreate)?;
        let (ctx, key) = (&request.caller.ctx, &request.key);
        return match draft_cancel(&app, ctx, whole.payment.payment_id, key).await? {
            Some(replayed) => sale_answer(&app, ctx, key, replayed).await,
            None => stored_answer(&app, key).await,
        };
    }
    request.caller.require(Permission::RefundCreate)?;
    let body = api::RefundCreate { mode: api::RefundMode::Void, ..api::RefundCreate::default() };
    run(&app, &id, body, request).await
}

async fn run(app: &App, id: &str, body: api::RefundCreate, request: Idempotent) -> Result<Response> {
    let ctx = &request.caller.ctx;
    let payment: PaymentId = id.parse().map_err(|_| Error::NotFound)?;
    let key = request.key.clone();
    let asked = OperationRequest {
        payment,
        what: give_back(body.mode),
        amount_minor: body.amount,
        reason: body.reason,
        key: Some(request.key),
        instead_of: None,
    };
    match operation_create(app, ctx, asked).await? {
        Done::Replayed(row) => Ok(replay(
            row.status.and_then(|status| u16::try_from(status).ok()).unwrap_or(201),
            row.body.unwrap_or_default(),
        )),
        Done::Ran(operation) => {
            if let Some((status, body)) = answer_stored(app, &key).await? {
                return Ok(first_answer(status, body));
            }
            let mut tx = app.db.read().await?;
            let row = payment_visible(&mut tx, ctx.tenant, ctx.scope, payment).await?.ok_or(Error::NotFound)?;
            let whole = whole_fetch(&mut tx, row).await?;
            let view = refund_view(&operation, livemode(&whole), ctx.locale);
            Ok((StatusCode::CREATED, axum::Json(view)).into_response())
        }
    }
}

async fn list(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<axum::Json<Page<api::Refund>>> {
    let ctx = &caller.ctx;
    let id: PaymentId = id.parse().map_err(|_| Error::NotFound)?;
    let mut tx = app.db.read().await?;
    let payment = payment_visible(&mut tx, ctx.tenant, ctx.scope, id).await?.ok_or(Error::NotFound)?;
    let whole = whole_fetch(&mut tx, payment).await?;
    let refunds = whole.operations.iter().filter(|operation| gives_back(operation));
    Ok(axum::Json(Page::whole(refunds.map(|operation| refund_view(operation, livemode(&whole), ctx.locale)).collect())))
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<axum::Json<api::Refund>> {
    let ctx = &caller.ctx;
    let id: RefundId = id.parse().map_err(|_| Error::NotFound)?;
    let id = OperationId::from_text(&id.to_text()).map_err(|_| Error::NotFound)?;
    let mut tx = app.db.read().await?;
    let operation = operation_fetch(&mut tx, ctx.tenant, id).await?.filter(gives_back).ok_or(Error::NotFound)?;
    let payment =
        payment_visible(&mut tx, ctx.tenant, ctx.scope, operation.payment_id).await?.ok_or(Error::NotFound)?;
    let whole = whole_fetch(&mut tx, payment).await?;
    Ok(axum::Json(refund_view(&operation, livemode(&whole), ctx.locale)))
}

fn gives_back(operation: &Operation) -> bool {
    matches!(operation.kind, OperationKind::Void | OperationKind::Refund)
}

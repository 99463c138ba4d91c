//! Payments that are made first and confirmed later: changing one, and confirming it.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use vezne_api as api;
use vezne_api::Permission;

use super::card::CardBody;
use super::check::Checks;
use super::error::{Error, Result};
use super::extract::{Caller, Json, Path, address};
use super::idempotency::Idempotent;
use super::payment::{capture_mode, metadata_checked, receivables, return_url_checked, sale_answer, three_d, whole_of};
use super::route::{Endpoint, Table};
use crate::app::App;
use crate::domain::id::PosAccountId;
use crate::flow::sale::{Change, Confirm, DraftChange, draft_change, payment_confirm};
use crate::flow::view::payment_view;

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table
        .add(
            Endpoint::patch("/v1/payments/{id}", "Changes a payment before it is confirmed")
                .needs(Permission::PaymentCreate)
                .body::<api::PaymentUpdate>()
                .reply::<api::Payment>(200),
            change,
        )
        .add(
            Endpoint::post("/v1/payments/{id}/confirm", "Charges a payment that was made with `confirm: false`")
                .needs(Permission::PaymentCreate)
                .idempotent()
                .body::<api::PaymentConfirm>()
                .reply::<api::Payment>(201),
            confirm,
        )
}

async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<api::PaymentUpdate>,
) -> Result<axum::Json<api::Payment>> {
    let payment = id.parse().map_err(|_| Error::NotFound)?;
    let change = change_of(&app, body)?;
    draft_change(&app, &caller.ctx, payment, change).await?;
    let whole = whole_of(&app, &caller.ctx, &id).await?;
    Ok(axum::Json(payment_view(&app, &whole, caller.ctx.locale)))
}

fn change_of(app: &App, body: api::PaymentUpdate) -> Result<DraftChange> {
    let mut checks = Checks::default();
    if let Some(metadata) = &body.metadata {
        metadata_checked(&mut checks, metadata);
    }
    let pos_account = match set_or_cleared(body.pos_account) {
        Change::Keep => Change::Keep,
        Change::To(text) => {
            let wrong = |_| checks.wrong("/pos_account", "malformed");
            Change::To(text.and_then(|text| text.parse::<PosAccountId>().map_err(wrong).ok()))
        }
    };
    let description = match body.description {
        None => Change::Keep,
        Some(text) => Change::To(checks.text_if_any("/description", Some(&text), 255)),
    };
    let return_url = match set_or_cleared(body.return_url) {
        Change::Keep => Change::Keep,
        Change::To(url) => Change::To(return_url_checked(app, &mut checks, url)),
    };
    let change = DraftChange {
        amount_minor: body.amount,
        receivables: body.receivables.map(|shares| receivables(&mut checks, &shares)),
        instalment_option: set_or_cleared(body.instalment_option),
        description,
        capture: body.capture.map(capture_mode),
        three_d: body.three_d_secure.map(three_d),
        pos_account,
        metadata: body.metadata,
        return_url,
    };
    checks.done()?;
    Ok(change)
}

/// A field that is there: its text, or nothing where that is empty.
fn set_or_cleared(field: Option<String>) -> Change<String> {
    field.map_or(Change::Keep, |text| Change::To(Some(text).filter(|text| !text.is_empty())))
}

async fn confirm(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Idempotent,
) -> Result<Response> {
    let body: api::PaymentConfirm<CardBody> = request.parse_or_default()?;
    let caller = request.caller;
    let whole = whole_of(&app, &caller.ctx, &id).await?;
    if whole.payment.entry == "mail-order" {
        caller.require(Permission::PaymentMailOrder)?;
    }
    let mut checks = Checks::default();
    let card = body.card.and_then(|card| card.checked(&mut checks));
    checks.done()?;
    let key = request.key.clone();
    let confirm = Confirm {
        card,
        instalment_option: body.instalment_option,
        three_d: body.three_d_secure.map(three_d),
        points_minor: body.points_amount,
        payer_ip: Some(address(&headers)).filter(|address| !address.is_empty()),
        key: request.key,
    };
    let created = payment_confirm(&app, &caller.ctx, whole.payment.payment_id, confirm).await?;
    sale_answer(&app, &caller.ctx, &key, created).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_text_takes_a_field_away() {
        assert_eq!(set_or_cleared(None), Change::Keep);
        assert_eq!(set_or_cleared(Some(String::new())), Change::To(None));
        assert_eq!(set_or_cleared(Some("a".to_owned())), Change::To(Some("a".to_owned())));
    }
}

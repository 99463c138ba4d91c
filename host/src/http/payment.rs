//! Payments: create, look, capture, cancel.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use vezne_api as api;
use vezne_api::{Page, Permission};

use super::card::CardBody;
use super::check::Checks;
use super::error::{Error, Result};
use super::extract::{Caller, Path, Query, address};
use super::idempotency::{Idempotent, first_answer, replay};
use super::page::{Neighbours, Window};
use super::receivable::kind_view;
use super::route::{Endpoint, Table};
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::id::{AttemptId, NodeId, PaymentId, ReceivableId};
use crate::domain::money::{Currency, Money};
use crate::domain::receivable::ComponentKind;
use crate::domain::routing::Explanation;
use crate::flow::operation::{Done, Mode, OperationRequest, What, operation_create};
use crate::flow::routing::explanation_view;
use crate::flow::sale::{Created, SaleRequest, ThreeD, answer_stored, draft_create, payment_create};
use crate::flow::view::{Whole, attempt_views, event_views, payment_view, whole_fetch, whole_list};
use crate::limits;
use crate::store::allocation::allocations_of_payment;
use crate::store::event::event_list;
use crate::store::idempotency::IdempotencyKey;
use crate::store::payment::{
    CaptureMode, PaymentFilter, ReceivableChoice, payment_count, payment_list, payment_visible,
};
use crate::store::span::Span;
use crate::store::tenant::tenant_fetch;

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table
        .add(
            Endpoint::post("/v1/payments", "Takes a payment by card; a decline is no error")
                .needs(Permission::PaymentCreate)
                .idempotent()
                .body::<api::PaymentCreate>()
                .reply::<api::Payment>(201),
            create,
        )
        .add(
            Endpoint::get("/v1/payments", "Lists payments, newest first")
                .needs(Permission::PaymentRead)
                .query::<api::PaymentQuery>()
                .reply::<api::CountedPage<api::Payment>>(200),
            list,
        )
        .add(
            Endpoint::get("/v1/payments/{id}", "Shows a payment")
                .needs(Permission::PaymentRead)
                .query::<api::PaymentShow>()
                .reply::<api::Payment>(200),
            show,
        )
        .add(
            Endpoint::get("/v1/payments/{id}/attempts", "Lists the tries at banks, oldest first")
                .needs(Permission::PaymentRead)
                .reply::<Page<api::Attempt>>(200),
            attempts,
        )
        .add(
            Endpoint::get("/v1/payments/{id}/events", "Lists what happened, step by step")
                .needs(Permission::PaymentRead)
                .reply::<Page<api::Event>>(200),
            events,
        )
        .add(
            Endpoint::post("/v1/payments/{id}/capture", "Takes what is held, or a part of it")
                .needs(Permission::PaymentCreate)
                .idempotent()
                .body::<api::CaptureCreate>()
                .reply::<api::Payment>(201),
            capture,
        )
        .add(
            Endpoint::get("/v1/results/{token}", "Shows a payment to its payer, by the secret of its result page")
                .anyone()
                .reply::<api::Payment>(200),
            result,
        )
}

async fn create(State(app): State<App>, headers: HeaderMap, request: Idempotent) -> Result<Response> {
    let body: api::PaymentCreate<CardBody> = request.parse()?;
    let caller = request.caller;
    if body.channel == api::Channel::MailOrder {
        caller.require(Permission::PaymentMailOrder)?;
    }
    let key = request.key.clone();
    let confirm = body.confirm;
    let sale = sale_request(&app, body, request.key, &headers)?;
    if !confirm {
        return match draft_create(&app, &caller.ctx, sale).await? {
            Some(created) => sale_answer(&app, &caller.ctx, &key, created).await,
            None => stored_answer(&app, &key).await,
        };
    }
    let created = payment_create(&app, &caller.ctx, sale).await?;
    sale_answer(&app, &caller.ctx, &key, created).await
}

/// What a sale is answered with: the bytes that every repetition gets, or where it stands while it has none.
pub(super) async fn sale_answer(app: &App, ctx: &Ctx, key: &IdempotencyKey, created: Created) -> Result<Response> {
    match created {
        Created::Replayed { status, body, .. } => Ok(replay(status, body)),
        Created::Ran(ran) => {
            if let Some((status, body)) = answer_stored(app, key).await? {
                return Ok(first_answer(status, body));
            }
            let mut tx = app.db.read().await?;
            let whole = whole_fetch(&mut tx, ran.settled.payment.clone()).await?;
            let view = payment_view(app, &whole, ctx.locale);
            Ok((StatusCode::CREATED, axum::Json(view)).into_response())
        }
    }
}

/// The answer that a commit has just stored under its key.
pub(super) async fn stored_answer(app: &App, key: &IdempotencyKey) -> Result<Response> {
    let stored = answer_stored(app, key).await?;
    let (status, body) = stored.ok_or_else(|| Error::Internal("an answer was not stored".to_owned()))?;
    Ok(first_answer(status, body))
}

fn sale_request(
    app: &App,
    body: api::PaymentCreate<CardBody>,
    key: IdempotencyKey,
    headers: &HeaderMap,
) -> Result<SaleRequest> {
    let mut checks = Checks::default();
    let currency = Currency::from_code(&body.currency);
    if currency.is_none() {
        checks.wrong("/currency", "not_a_choice");
    }
    let node = checks.id_if_any("/node", body.node.as_deref());
    let payer = checks.party_if_any("/payer", body.payer.as_ref());
    let receivables = receivables(&mut checks, &body.receivables);
    let pos_account = checks.id_if_any("/pos_account", body.pos_account.as_deref());
    metadata_checked(&mut checks, &body.metadata);
    let return_url = return_url_checked(app, &mut checks, body.return_url);
    let reference = checks.text_if_any("/reference", body.reference.as_deref(), 64);
    let description = checks.text_if_any("/description", body.description.as_deref(), 255);
    if !body.confirm && body.card.is_some() {
        // It would have to be kept until then.
        checks.wrong("/card", "not_allowed");
    }
    let card = body.card.and_then(|card| card.checked(&mut checks));
    let points_minor = points_of(&mut checks, body.points_amount);
    checks.done()?;
    Ok(SaleRequest {
        node,
        payer,
        amount: Money::new(body.amount, currency.unwrap_or(Currency::TRY)),
        points_minor,
        card,
        receivables,
        instalment_option: body.instalment_option,
        reference,
        description,
        capture: capture_mode(body.capture),
        entry: entry_of(body.channel),
        three_d: three_d(body.three_d_secure),
        pos_account,
        metadata: body.metadata,
        return_url,
        payer_ip: Some(address(headers)).filter(|address| !address.is_empty()),
        key,
    })
}

/// What points shall pay: a wish for nothing is none, and is said by saying nothing.
fn points_of(checks: &mut Checks, wanted: Option<i64>) -> i64 {
    if wanted.is_some_and(|minor| minor < 1) {
        checks.wrong("/points_amount", "out_of_range");
    }
    wanted.unwrap_or(0)
}

/// How the card comes to the bank, in the contract's word.
pub(super) fn entry_of(channel: api::Channel) -> &'static str {
    match channel {
        api::Channel::Ecommerce => "ecommerce",
        api::Channel::MailOrder => "mail-order",
    }
}

/// The caller's pairs: not too many, none too long.
pub(super) fn metadata_checked(checks: &mut Checks, metadata: &BTreeMap<String, String>) {
    if metadata.len() > limits::METADATA_PAIRS_MAX
        || metadata.values().any(|value| value.chars().count() > limits::METADATA_VALUE_MAX)
    {
        checks.wrong("/metadata", "too_long");
    }
}

/// Where a payer's browser may be sent.
pub(super) fn return_url_checked(app: &App, checks: &mut Checks, url: Option<String>) -> Option<String> {
    url.filter(|url| {
        let fine = url.starts_with("https://") || (app.config.sandbox && url.starts_with("http://127.0.0.1"));
        if !fine || url::Url::parse(url).is_err() {
            checks.wrong("/return_url", "malformed");
        }
        fine
    })
}

/// The wire's word for 3-D Secure.
pub(super) fn three_d(wish: api::ThreeDSecure) -> ThreeD {
    match wish {
        api::ThreeDSecure::Automatic => ThreeD::Automatic,
        api::ThreeDSecure::Required => ThreeD::Required,
        api::ThreeDSecure::Off => ThreeD::Off,
    }
}

/// The wire's word for sale or pre-authorization.
pub(super) fn capture_mode(mode: api::CaptureMode) -> CaptureMode {
    match mode {
        api::CaptureMode::Automatic => CaptureMode::Automatic,
        api::CaptureMode::Manual => CaptureMode::Manual,
    }
}

pub(super) fn receivables(checks: &mut Checks, shares: &[api::ReceivableShare]) -> Vec<ReceivableChoice> {
    let mut choices = Vec::with_capacity(shares.len());
    for (share, at) in shares.iter().zip(0..) {
        match share.receivable.parse::<ReceivableId>() {
            Ok(id) => choices.push(ReceivableChoice { receivable_id: id.to_text(), amount_minor: share.amount }),
            Err(_) => checks.wrong(format!("/receivables/{at}/receivable"), "malformed"),
        }
    }
    choices
}

pub(super) async fn whole_of(app: &App, ctx: &Ctx, id: &str) -> Result<Whole> {
    let id: PaymentId = id.parse().map_err(|_| Error::NotFound)?;
    let mut tx = app.db.read().await?;
    let payment = payment_visible(&mut tx, ctx.tenant, ctx.scope, id).await?.ok_or(Error::NotFound)?;
    Ok(whole_fetch(&mut tx, payment).await?)
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Query(query): Query<api::PaymentShow>,
) -> Result<axum::Json<api::Payment>> {
    let whole = whole_of(&app, &caller.ctx, &id).await?;
    let (tenant, payment) = (whole.payment.tenant_id, whole.payment.payment_id);
    let mut view = payment_view(&app, &whole, caller.ctx.locale);
    let mut tx = app.db.read().await?;
    let allocations = allocations_of_payment(&mut tx, tenant, payment).await?;
    view.allocations = allocations.into_iter().map(allocation_view).collect();
    for part in query.expand.as_deref().unwrap_or_default().split(',').filter(|part| !part.is_empty()) {
        match part.trim() {
            "attempts" => view.attempts = Some(attempt_views(&whole, caller.ctx.locale)),
            "events" => view.events = Some(event_views(&event_list(&mut tx, tenant, payment).await?)),
            // Who may not see POS accounts may not see why one was chosen either.
            "routing" if caller.grants.has(Permission::PosAccountRead) => {
                let kept = whole.payment.routing.as_deref().map(serde_json::from_str::<Explanation>);
                let kept = kept.transpose().map_err(|error| Error::Internal(error.to_string()))?;
                view.routing = kept.as_ref().map(explanation_view);
            }
            "routing" => {}
            _ => return Err(Error::BadRequest("query_malformed")),
        }
    }
    view.acts.retain(|act| {
        let needs = match act {
            api::PaymentAct::Confirm | api::PaymentAct::Cancel | api::PaymentAct::Capture => Permission::PaymentCreate,
            api::PaymentAct::Void | api::PaymentAct::Refund => Permission::RefundCreate,
        };
        caller.grants.has(needs)
    });
    Ok(axum::Json(view))
}

fn allocation_view(
    (receivable, document_no, kind, amount): (ReceivableId, Option<String>, ComponentKind, i64),
) -> api::PaymentAllocation {
    api::PaymentAllocation { receivable: receivable.to_string(), document_no, component: kind_view(kind), amount }
}

async fn attempts(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Page<api::Attempt>>> {
    let whole = whole_of(&app, &caller.ctx, &id).await?;
    Ok(axum::Json(Page::whole(attempt_views(&whole, caller.ctx.locale))))
}

async fn events(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Page<api::Event>>> {
    let whole = whole_of(&app, &caller.ctx, &id).await?;
    let mut tx = app.db.read().await?;
    let events = event_list(&mut tx, whole.payment.tenant_id, whole.payment.payment_id).await?;
    Ok(axum::Json(Page::whole(event_views(&events))))
}

async fn list(State(app): State<App>, caller: Caller, Query(query): Query<api::PaymentQuery>) -> Result<Response> {
    let prints = &app.security.fingerprints;
    let window = Window::new(prints, "payments", query.limit, query.cursor.as_deref())?;
    let ctx = &caller.ctx;
    let mut tx = app.db.read().await?;
    let zone = tenant_fetch(&mut tx, ctx.tenant).await?.map(|tenant| tenant.zone).unwrap_or_default();
    let scope = match &query.dealer_subtree {
        None => ctx.scope,
        Some(id) => {
            let node: NodeId = id.parse().map_err(|_| Error::NotFound)?;
            let below = crate::store::node::node_is_below(&mut tx, ctx.tenant, ctx.scope, node).await?;
            if below { node } else { return Err(Error::NotFound) }
        }
    };
    let filter = filter_of(&query, &zone, window.span())?;
    let total = match query.include.as_deref() {
        None => None,
        Some("total") => Some(total_of(payment_count(&mut tx, ctx.tenant, scope, &filter).await?)),
        Some(_) => return Err(Error::BadRequest("query_malformed")),
    };
    let with_attempts = match query.expand.as_deref() {
        None => false,
        Some("attempts") => true,
        Some(_) => return Err(Error::BadRequest("query_malformed")),
    };
    let rows = payment_list(&mut tx, ctx.tenant, scope, &filter).await?;
    let page = window.page(prints, rows, |row| row.payment_id.to_text(), |row| row);
    let neighbours = Neighbours::of(&page);
    let wholes = whole_list(&mut tx, ctx.tenant, page.data).await?;
    let view = |whole: &Whole| api::Payment {
        attempts: with_attempts.then(|| attempt_views(whole, ctx.locale)),
        ..payment_view(&app, whole, ctx.locale)
    };
    let data = wholes.iter().map(view).collect();
    let page = Page { data, has_more: page.has_more, next_cursor: page.next_cursor, prev_cursor: page.prev_cursor };
    let mut response = axum::Json(api::CountedPage { page, total }).into_response();
    response.extensions_mut().insert(neighbours);
    Ok(response)
}

fn total_of(counted: i64) -> api::Total {
    let count = u32::try_from(counted.min(limits::TOTAL_ROWS_MAX)).unwrap_or(u32::MAX);
    api::Total { count, capped: counted > limits::TOTAL_ROWS_MAX }
}

fn filter_of(query: &api::PaymentQuery, zone: &str, span: Span<'_>) -> Result<PaymentFilter> {
    let states = query.state.as_deref().map(|states| states.strip_prefix("in:").unwrap_or(states));
    let states = states.map(|states| format!(",{},", states.replace(' ', ""))).unwrap_or_default();
    let bare = |id: &str| id.split_once('_').map_or(id, |(_, bare)| bare).to_owned();
    Ok(PaymentFilter {
        before: span.before.map(str::to_owned),
        after: span.after.map(str::to_owned),
        states,
        created_from_ms: query.created_gte.as_deref().map(|text| moment(text, zone, false)).transpose()?,
        created_until_ms: query.created_lte.as_deref().map(|text| moment(text, zone, true)).transpose()?,
        amount_min: query.amount_gte,
        amount_max: query.amount_lte,
        pos_account_id: query.pos_account.as_deref().map(bare),
        payer_id: query.payer.as_deref().map(bare),
        word: query.q.as_deref().map(|word| word_of(word.trim())).filter(|word| !word.is_empty()),
        limit: span.limit,
    })
}

/// The word that a person looks for: ids without their prefix.
fn word_of(word: &str) -> String {
    let payment = word.parse::<PaymentId>().map(PaymentId::to_text);
    let attempt = word.parse::<AttemptId>().map(AttemptId::to_text);
    payment.or(attempt).unwrap_or_else(|_| word.to_owned())
}

/// An instant, or a day in the firm's zone: its first moment, or the first one after it.
fn moment(text: &str, zone: &str, after: bool) -> Result<i64> {
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Ok(instant.as_millisecond());
    }
    let wrong = || Error::BadRequest("query_malformed");
    let day: jiff::civil::Date = text.parse().map_err(|_| wrong())?;
    let day = if after { day.tomorrow().map_err(|_| wrong())? } else { day };
    let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
    Ok(day.to_zoned(zone).map_err(|_| wrong())?.timestamp().as_millisecond())
}

async fn capture(State(app): State<App>, Path(id): Path<String>, request: Idempotent) -> Result<Response> {
    let body: api::CaptureCreate = request.parse_or_default()?;
    let ctx = &request.caller.ctx;
    let asked = OperationRequest {
        payment: id.parse().map_err(|_| Error::NotFound)?,
        what: What::Capture,
        amount_minor: body.amount,
        reason: None,
        key: Some(request.key),
        instead_of: None,
    };
    match operation_create(&app, ctx, asked).await? {
        Done::Replayed(row) => Ok(replay(
            row.status.and_then(|status| u16::try_from(status).ok()).unwrap_or(201),
            row.body.unwrap_or_default(),
        )),
        Done::Ran(_) => {
            let whole = whole_of(&app, ctx, &id).await?;
            Ok((StatusCode::CREATED, axum::Json(payment_view(&app, &whole, ctx.locale))).into_response())
        }
    }
}

async fn result(
    State(app): State<App>,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Result<axum::Json<api::Payment>> {
    let (tenant, payment) = crate::flow::result::result_open(&app, &token).ok_or(Error::NotFound)?;
    let mut tx = app.db.read().await?;
    let payment = crate::store::payment::payment_fetch(&mut tx, tenant, payment).await?.ok_or(Error::NotFound)?;
    let whole = whole_fetch(&mut tx, payment).await?;
    let mut view = payment_view(&app, &whole, super::extract::locale(&headers));
    // The payer sees the outcome, not the firm's side of it.
    view.acts.clear();
    view.pos_account = None;
    view.metadata.clear();
    if let Some(decline) = &mut view.decline {
        decline.bank_code = None;
        decline.bank_message = None;
    }
    Ok(axum::Json(view))
}

/// `POST /v1/payments/{id}/refunds` and the portal's cancel use the same request.
pub fn give_back(mode: api::RefundMode) -> What {
    What::GiveBack(match mode {
        api::RefundMode::Auto => Mode::Auto,
        api::RefundMode::Void => Mode::Void,
        api::RefundMode::Refund => Mode::Refund,
    })
}

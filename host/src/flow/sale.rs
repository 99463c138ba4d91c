//! A payment by card: the row before the first byte, the bank, the row after the last.

mod attribute;
mod debt;
mod draft;
mod model;
mod plan;
mod points;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use attribute::attributes_of;
pub use draft::{
    Change, Confirm, DraftChange, draft_cancel, draft_change, draft_create, drafts_lapse, payment_confirm,
};
pub use model::{Opening, ThreeD, Wish, model_at, model_of, not_opened, points_at};
use plan::{Plan, plan};
pub use points::{PointsRequest, PointsTold, points_ask};

use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::bin::BinFacts;
use crate::domain::card::Card;
use crate::domain::id::{AttemptId, NodeId, PaymentId, PosAccountId};
use crate::domain::money::Money;
use crate::domain::party::Party;
use crate::domain::payment::{self as domain, AttemptState, PaymentState, Told};
use crate::domain::routing::Explanation;
use crate::flow::attempt::publish_kind;
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::run::{Course, Ran, act_due_ms, attempt_run, first_act, to_its_end};
use crate::plugin::HeldCard;
use crate::store::attempt::{Attempt, NOTHING_SENT, Purpose, attempt_insert};
use crate::store::draft::payment_rewrite;
use crate::store::event::{PaymentEvent, event_insert};
use crate::store::idempotency::{IdempotencyKey, idempotency_claim, idempotency_fetch};
use crate::store::json::Json;
use crate::store::payment::{CaptureMode, PayerKind, Payment, ReceivableChoice, payment_insert};

/// A payment as somebody asks for it, already checked for form.
#[derive(Debug)]
pub struct SaleRequest {
    /// To whom the money is owed, where the caller says so; it follows from the payer.
    pub node: Option<NodeId>,
    /// The node or customer that pays, where it is known.
    pub payer: Option<Party>,
    /// Settled against debt.
    pub amount: Money,
    /// What points of the card shall pay of it, minor units; nought where none shall.
    pub points_minor: i64,
    /// Wiped when the attempt ends. Absent where the bank's own page takes it.
    pub card: Option<Card>,
    /// The receivables chosen.
    pub receivables: Vec<ReceivableChoice>,
    /// `opt_…`
    pub instalment_option: Option<String>,
    /// The caller's own number.
    pub reference: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Sale or pre-authorization.
    pub capture: CaptureMode,
    /// `ecommerce`, `mail-order`.
    pub entry: &'static str,
    /// 3-D Secure.
    pub three_d: ThreeD,
    /// A certain POS account.
    pub pos_account: Option<PosAccountId>,
    /// The caller's pairs.
    pub metadata: BTreeMap<String, String>,
    /// Where the payer's browser goes after the bank's page; our result page where absent.
    pub return_url: Option<String>,
    /// As the edge saw it.
    pub payer_ip: Option<String>,
    /// The key that makes it safe to repeat.
    pub key: IdempotencyKey,
}

/// What became of the request.
#[derive(Debug)]
pub enum Created {
    /// A new payment was made and its attempt ran.
    Ran(Box<Ran>),
    /// The key was known: this is the stored answer.
    Replayed {
        /// Its HTTP status.
        status: u16,
        /// Its body.
        body: String,
        /// The payment it is about.
        payment: PaymentId,
    },
}

/// Creates a payment and runs its first attempt.
pub async fn payment_create(app: &App, ctx: &Ctx, request: SaleRequest) -> FlowResult<Created> {
    to_its_end(app, create(app.clone(), ctx.clone(), request)).await
}

async fn create(app: App, ctx: Ctx, request: SaleRequest) -> FlowResult<Created> {
    if let Some(replay) = replayed(&app, &request.key).await? {
        return Ok(replay);
    }
    Box::pin(sale_run(&app, &ctx, request, None)).await
}

/// Plans a sale, writes it down and runs its attempt. `drafted` is the unconfirmed payment that it confirms.
async fn sale_run(app: &App, ctx: &Ctx, request: SaleRequest, drafted: Option<Payment>) -> FlowResult<Created> {
    let mut tx = app.db.read().await?;
    // Before anything else: the attempt's id decides whether it falls to a canary.
    let attempt_id = AttemptId::at(app.clock.now_ms());
    let plan = plan(app, &mut tx, ctx, &request, attempt_id).await?;
    drop(tx);
    let held = request.card.as_ref().map(|card| held(card, plan.facts.as_ref()));
    let payment = payment_row(app, ctx, &request, &plan);
    let payment = match &drafted {
        Some(drafted) => draft::confirmed(drafted, payment)?,
        None => payment,
    };
    let attempt = attempt_row(app, &request, &plan, &payment, attempt_id);
    let Plan { pos, explanation, onward, .. } = plan;
    let key = request.key.clone();
    // The card lives on in the hold only.
    drop(request);
    let rows = Rows { payment: &payment, drafted: drafted.as_ref(), attempt: &attempt };
    if let Some(replay) = begin(app, ctx, &key, rows, &explanation).await? {
        return Ok(replay);
    }
    crate::crash::point(app, "after_tx1").await;
    if let Some(held) = &held {
        app.hold.card_put(attempt.attempt_id, Arc::clone(held));
    }
    let act = first_act(&payment, &attempt);
    let course = Course { act, card: held, claimed: None, onward: Some(onward) };
    let ran = attempt_run(app.clone(), pos, payment, attempt, course).await?;
    Ok(Created::Ran(Box::new(ran)))
}

/// The answer that was stored for a key: what the first caller gets, and byte for byte every later one.
pub async fn answer_stored(app: &App, key: &IdempotencyKey) -> FlowResult<Option<(u16, String)>> {
    let mut tx = app.db.read().await?;
    let row = idempotency_fetch(&mut tx, key).await?;
    Ok(row.and_then(|row| Some((u16::try_from(row.status?).ok()?, row.body?))))
}

/// The stored answer of a key that was used before.
async fn replayed(app: &App, key: &IdempotencyKey) -> FlowResult<Option<Created>> {
    let mut tx = app.db.read().await?;
    let Some(row) = idempotency_fetch(&mut tx, key).await? else { return Ok(None) };
    if row.fingerprint != key.fingerprint {
        return Err(FlowError::KeyReused);
    }
    let payment = PaymentId::from_text(&row.subject).map_err(|error| FlowError::Internal(error.to_string()))?;
    match (row.status.and_then(|status| u16::try_from(status).ok()), row.body) {
        (Some(status), Some(body)) => Ok(Some(Created::Replayed { status, body, payment })),
        _ => Err(FlowError::InFlight),
    }
}

fn held(card: &Card, facts: Option<&BinFacts>) -> Arc<HeldCard> {
    let scheme = facts.map_or_else(|| scheme_of(card.pan.bin(6)).to_owned(), |facts| facts.brand.to_lowercase());
    Arc::new(HeldCard::new(card, scheme, facts.and_then(|facts| facts.programme.clone())))
}

/// The scheme of a number that is in no table (ISO/IEC 7812, the schemes' own ranges).
fn scheme_of(bin: &str) -> &'static str {
    match bin.as_bytes() {
        [b'4', ..] => "visa",
        [b'5', b'1'..=b'5', ..] | [b'2', b'2'..=b'7', ..] => "mastercard",
        [b'3', b'4' | b'7', ..] => "amex",
        [b'9', ..] | [b'6', b'5', ..] => "troy",
        _ => "unknown",
    }
}

/// The payment as it was asked for, charging its amount once: no terms are chosen, and no account.
fn asked_row(app: &App, ctx: &Ctx, request: &SaleRequest, node: NodeId) -> Payment {
    let now_ms = app.clock.now_ms();
    let (payer_kind, payer_id) = match request.payer {
        Some(Party::Node(id)) => (PayerKind::Node, Some(id.to_text())),
        Some(Party::Customer(id)) => (PayerKind::Customer, Some(id.to_text())),
        Some(Party::PosAccount(_) | Party::Payer(_)) | None => (PayerKind::None, None),
    };
    Payment {
        tenant_id: ctx.tenant,
        payment_id: PaymentId::at(now_ms),
        node_id: node,
        payer_kind,
        payer_id,
        amount_minor: request.amount.minor,
        charged_minor: request.amount.minor,
        points_minor: request.points_minor,
        currency: request.amount.currency,
        instalments: 1,
        quote_id: None,
        terms: Json(serde_json::Value::Null),
        routing: None,
        entry: request.entry.to_owned(),
        capture: request.capture,
        reference: request.reference.clone(),
        description: request.description.clone(),
        metadata: Json(request.metadata.clone()),
        receivables: Json(request.receivables.clone()),
        return_url: request.return_url.clone(),
        locale: ctx.locale.tag().to_owned(),
        draft: None,
        state: PaymentState::Processing,
        created_by: ctx.actor.label(),
        created_at_ms: now_ms,
        updated_at_ms: now_ms,
        version: 1,
        moved: 1,
    }
}

/// The payment with what was chosen for it.
fn payment_row(app: &App, ctx: &Ctx, request: &SaleRequest, plan: &Plan) -> Payment {
    let terms = &plan.chosen.terms;
    Payment {
        charged_minor: terms.charged.minor,
        instalments: i64::from(terms.instalments.max(1)),
        quote_id: plan.chosen.quote_id.clone(),
        terms: Json(serde_json::to_value(terms).unwrap_or_default()),
        routing: serde_json::to_string(&plan.explanation).ok(),
        ..asked_row(app, ctx, request, plan.node)
    }
}

fn attempt_row(app: &App, request: &SaleRequest, plan: &Plan, payment: &Payment, attempt_id: AttemptId) -> Attempt {
    let pos = &plan.pos;
    let facts = plan.facts.as_ref();
    let now_ms = payment.updated_at_ms;
    let card = request.card.as_ref();
    Attempt {
        tenant_id: payment.tenant_id,
        attempt_id,
        payment_id: payment.payment_id,
        pos_account_id: pos.account.pos_account_id,
        order_no: order_no(attempt_id),
        purpose: match request.capture {
            CaptureMode::Automatic => Purpose::Sale,
            CaptureMode::Manual => Purpose::Authorize,
        },
        model: plan.model.clone(),
        card_bin: card.map(|card| card.pan.bin(8).to_owned()),
        card_last4: card.map(|card| card.pan.last4().to_owned()),
        card_brand: card.map(|card| {
            facts.map_or_else(|| scheme_of(card.pan.bin(6)).to_owned(), |facts| facts.brand.to_lowercase())
        }),
        card_bank: facts.and_then(|facts| facts.bank_name().map(str::to_owned)),
        card_programme: facts.and_then(|facts| facts.programme.clone()),
        card_type: facts.map(|facts| facts.kind.as_str().to_owned()),
        plugin_id: pos.plugin.id.clone(),
        plugin_version: pos.plugin.version.clone(),
        plugin_digest: pos.plugin.digest.clone(),
        config: serde_json::to_string(&pos.installation.config).unwrap_or_default(),
        attributes: plan.attributes.clone(),
        payer_ip: request.payer_ip.clone(),
        state: AttemptState::Sending,
        bank_ref: NOTHING_SENT.to_owned(),
        plugin_state: None,
        correlation: None,
        failure: None,
        due_ms: Some(act_due_ms(app, now_ms)),
        asks: 0,
        not_found: 0,
        sent_at_ms: now_ms,
        finished_at_ms: None,
        created_at_ms: now_ms,
        version: 1,
        moved: 1,
        proposal_id: None,
        callback_key: None,
    }
}

/// Our number for the bank: letters and digits, 20 of them, as the strictest banks take it. The tail of the
/// attempt's id: 26 characters of which the first 6 move once in years.
pub fn order_no(attempt: AttemptId) -> String {
    attempt.to_text()[6..].to_owned()
}

/// What tx 1 of a sale writes.
#[derive(Clone, Copy)]
struct Rows<'a> {
    /// As it is when its attempt begins.
    payment: &'a Payment,
    /// As it was until it was confirmed; nothing where it begins now.
    drafted: Option<&'a Payment>,
    attempt: &'a Attempt,
}

/// Tx 1: the key, the payment, the attempt. After it the first byte may leave.
async fn begin(
    app: &App,
    ctx: &Ctx,
    key: &IdempotencyKey,
    rows: Rows<'_>,
    explanation: &Explanation,
) -> FlowResult<Option<Created>> {
    let Rows { payment, drafted, attempt } = rows;
    let now_ms = payment.updated_at_ms;
    let mut tx = app.db.begin().await?;
    if !idempotency_claim(&mut tx, key, &payment.payment_id.to_text(), now_ms).await? {
        drop(tx);
        // Somebody was faster with the same key.
        return match replayed(app, key).await? {
            Some(replay) => Ok(Some(replay)),
            None => Err(FlowError::InFlight),
        };
    }
    let (written, refusal) = match drafted {
        None => (payment_insert(&mut tx, payment).await?, reference_taken as fn() -> FlowError),
        Some(drafted) => (payment_rewrite(&mut tx, payment, drafted.version).await?, draft::taken as fn() -> FlowError),
    };
    if !written {
        return Err(refusal());
    }
    if !attempt_insert(&mut tx, attempt).await? {
        return Err(FlowError::Internal(format!("{} cannot be inserted", attempt.attempt_id)));
    }
    let (kind, first) = match drafted {
        None => ("payment.created", Told::made(payment.state)),
        Some(drafted) => {
            let started = domain::PaymentEvent::AttemptStarted;
            ("payment.confirmed", Told::of(payment.moved, drafted.state, started, payment.state))
        }
    };
    let event = told(payment, kind, &ctx.actor.label())
        .moved(first)
        .fact("charged", payment.charged_minor.to_string())
        .fact("instalments", payment.instalments.to_string())
        .fact("routed_by", explanation.by.as_str())
        .fact("rule", explanation.decider());
    event_insert(&mut tx, &event).await?;
    if drafted.is_some() {
        publish_kind(&mut tx, payment, "payment.processing", None, now_ms).await?;
    }
    tx.commit().await?;
    Ok(None)
}

/// A step of the timeline, with what the payment is of.
fn told(payment: &Payment, kind: &str, actor: &str) -> PaymentEvent {
    PaymentEvent::new(payment.tenant_id, payment.payment_id, kind, actor, payment.updated_at_ms)
        .fact("amount", payment.amount_minor.to_string())
        .fact("currency", payment.currency.code())
}

fn reference_taken() -> FlowError {
    FlowError::conflict("reference_taken", "this reference names another payment")
}

//! Runs an attempt at its bank, from the committed intent to the written result.
//!
//! It runs in a task of its own: a payer who closes the connection cancels nothing.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::bug::{self, Bug};
use crate::ctx::{Actor, Ctx};
use crate::domain::id::AttemptId;
use crate::domain::money::Money;
use crate::domain::payment::{AttemptEvent, PaymentState};
use crate::flow::attempt::{AttemptNews, Settled, Waiting, attempt_settle_onward};
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::failure::Failure;
use crate::flow::journal::Diary;
use crate::flow::pos::Pos;
use crate::flow::replica;
use crate::flow::routing::{Next, Onward};
use crate::limits;
use crate::plugin::{
    self, Act, ActContext, Browse, BrowserForm, CALLBACK_NOT_AUTHENTIC, Effect, Ending, HeldCard, Operation, Target,
    Terms, ThreeDModel, Verdict,
};
use crate::security::hold::Page;
use crate::store::attempt::{Attempt, Purpose};
use crate::store::payment::Payment;

/// What the payer's side gets to know of a run.
#[derive(Debug)]
pub struct Ran {
    /// Where things stand.
    pub settled: Settled,
    /// The one-time address that leads the payer to the bank.
    pub gate_token: Option<String>,
}

/// What an attempt is to do, and with what.
#[derive(Debug)]
pub struct Course {
    /// The connector's act.
    pub act: Act,
    /// The card, where we have it.
    pub card: Option<Arc<HeldCard>>,
    /// What a callback took from the waiting attempt.
    pub claimed: Option<Claimed>,
    /// Where the payment goes on if nothing is processed; only before the payer has been anywhere.
    pub onward: Option<Onward>,
}

/// The act that an attempt begins with.
pub fn first_act(payment: &Payment, attempt: &Attempt) -> Act {
    let terms = charge_terms(payment);
    match (three_d_model(&attempt.model), attempt.purpose) {
        (ThreeDModel::None, Purpose::Sale) => Act::Sale { terms },
        (ThreeDModel::None, Purpose::Authorize) => Act::Authorize { terms },
        (model, Purpose::Sale) => Act::ThreeDSecure { purpose: plugin::Purpose::Sale, model, terms },
        (model, Purpose::Authorize) => Act::ThreeDSecure { purpose: plugin::Purpose::Authorize, model, terms },
    }
}

/// Runs a flow in a task of its own and waits for it: whoever stops waiting cancels nothing, not even between two
/// commits. Where the task ends early all the same, the rows are there and the janitor will ask the bank.
pub fn to_its_end<T, F>(app: &App, flow: F) -> impl Future<Output = FlowResult<T>> + Send + use<T, F>
where
    T: Send + 'static,
    F: Future<Output = FlowResult<T>> + Send + 'static,
{
    let task = app.spawn(flow);
    async move {
        task.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a flow's task ended early");
            Err(FlowError::Internal("a flow's task ended early".to_owned()))
        })
    }
}

/// Runs an act of an attempt. Part of a flow that runs [`to_its_end`].
pub async fn attempt_run(app: App, pos: Pos, payment: Payment, attempt: Attempt, course: Course) -> FlowResult<Ran> {
    let Course { act, card, claimed, mut onward } = course;
    let mut turn = Turn { pos, payment, attempt, act };
    let mut claimed = claimed;
    loop {
        let Turn { pos, payment, attempt, act } = turn;
        let diary = Diary::of_attempt(&app, attempt.tenant_id, attempt.payment_id, attempt.attempt_id);
        let context = act_context(&app, &pos, &payment, &attempt);
        let until_ms = act_until_ms(&app, attempt.due_ms);
        let ending = app.plugins.drive(&pos.installation, &context, act, card.as_deref(), &diary, until_ms).await;
        crate::crash::point(&app, "before_tx2").await;
        let verdict = match ending {
            Ending::Browse(browse) => return browse_begin(&app, &pos, &payment, &attempt, *browse).await,
            ending => ending.into_verdict(),
        };
        let next = match (&mut onward, &verdict) {
            (Some(onward), Verdict::NotProcessed(reason)) => onward.next(&app, &payment, &attempt, reason.code).await,
            _ => None,
        };
        let news = match claimed.take() {
            Some(claimed) if is_forged(&verdict) => claimed.given_back(verdict),
            _ => verdict_news(&app, attempt.purpose, verdict),
        };
        if bug::is_in(Bug::ReplyBeforeCommit) && news.event == AttemptEvent::Approved {
            let payment = Payment { state: PaymentState::Succeeded, ..payment };
            let settled = Settled { attempt, payment, moved: true, went_on: false };
            return Ok(Ran { settled, gate_token: None });
        }
        let settled = settle_surely(&app, &attempt, &news, next.as_ref()).await?;
        crate::crash::point(&app, "after_tx2").await;
        match next {
            Some(next) if settled.went_on => turn = went_on(&app, settled, next, card.as_ref()),
            _ => return Ok(Ran { settled, gate_token: None }),
        }
    }
}

/// One attempt's turn at its bank.
struct Turn {
    pos: Pos,
    payment: Payment,
    attempt: Attempt,
    act: Act,
}

/// The turn of the attempt that was committed with the end of the one before. The card stays with it.
fn went_on(app: &App, settled: Settled, next: Next, card: Option<&Arc<HeldCard>>) -> Turn {
    if let Some(card) = card {
        app.hold.card_put(next.attempt.attempt_id, Arc::clone(card));
    }
    let act = first_act(&settled.payment, &next.attempt);
    Turn { pos: next.pos, payment: settled.payment, attempt: next.attempt, act }
}

/// What a callback took from a waiting attempt when it claimed it.
#[derive(Debug)]
pub struct Claimed {
    /// What the attempt was waiting with.
    pub waiting: Waiting,
    /// Until when it was waiting.
    pub due_ms: Option<i64>,
    /// The gate charges by itself.
    pub gate_charges: bool,
}

impl Claimed {
    /// A forged callback ends nothing: the attempt waits on, as if it had never come.
    fn given_back(self, verdict: Verdict) -> AttemptNews {
        let event =
            if self.gate_charges { AttemptEvent::ChargeCallbackRejected } else { AttemptEvent::CallbackRejected };
        let failure = match verdict {
            Verdict::NotProcessed(reason) | Verdict::Unknown { reason, .. } => Some(Failure::not_processed(reason)),
            _ => None,
        };
        AttemptNews {
            failure,
            waiting: Some(self.waiting),
            due_ms: self.due_ms,
            ..AttemptNews::new(event, Actor::Job("bank"))
        }
    }
}

/// Whether the verdict rests on a callback that was not the bank's, and on nothing else.
fn is_forged(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::NotProcessed(reason) | Verdict::Unknown { reason, .. } => reason.code == CALLBACK_NOT_AUTHENTIC,
        _ => false,
    }
}

/// Tx 2 of an attempt, offered until the database takes it.
async fn settle_surely(app: &App, attempt: &Attempt, news: &AttemptNews, next: Option<&Next>) -> FlowResult<Settled> {
    let id = attempt.attempt_id;
    surely(app, id, || attempt_settle_onward(app, attempt.tenant_id, id, news, next)).await
}

/// Tx 2 again and again while the database is away: the answer is in memory and must not be lost.
/// After the last try the janitor asks the bank.
pub(super) async fn surely<T, F>(app: &App, what: impl std::fmt::Display, write: impl Fn() -> F) -> FlowResult<T>
where
    F: Future<Output = FlowResult<T>>,
{
    let mut pause = Duration::from_millis(50);
    for _ in 0..limits::SETTLE_TRIES_MAX {
        match write().await {
            Err(FlowError::Store(error)) => {
                tracing::error!(%what, %error, "a result could not be written; trying again");
                app.clock.sleep(pause).await;
                pause = (pause * 2).min(limits::SETTLE_PAUSE_MAX);
            }
            other => return other,
        }
    }
    write().await
}

/// The payer must visit the bank: remember how to go on, then hand out the page.
async fn browse_begin(app: &App, pos: &Pos, payment: &Payment, attempt: &Attempt, browse: Browse) -> FlowResult<Ran> {
    let Browse { effect, correlation, known, state, page } = browse;
    let charges = effect == Effect::OnceOnlyWrite;
    let event = if charges { AttemptEvent::ChargePageShown } else { AttemptEvent::BrowserShown };
    let life_ms = i64::from(pos.plugin.manifest.browse_ttl_s) * 1000;
    let news = AttemptNews {
        bank: Some(known),
        waiting: Some(Waiting { plugin_state: state, correlation }),
        due_ms: Some(app.clock.now_ms() + life_ms),
        ..AttemptNews::new(event, Actor::Payer)
    };
    replica::holds(app, attempt, life_ms).await;
    let token = app.hold.page_put(page_of(payment, attempt.attempt_id, page));
    crate::crash::stop(app, "before_browse_tx");
    let settled = match settle_surely(app, attempt, &news, None).await {
        Ok(settled) => settled,
        Err(error) => {
            // The page was never seen: it cannot be now.
            app.hold.page_take(&token);
            return Err(error);
        }
    };
    crate::crash::stop(app, "after_browse_tx");
    if !settled.moved {
        // Somebody ended the attempt while this page was made: with it the bank could charge for what is over.
        app.hold.page_take(&token);
        return Ok(Ran { settled, gate_token: None });
    }
    Ok(Ran { settled, gate_token: Some(token) })
}

fn page_of(payment: &Payment, attempt: AttemptId, form: BrowserForm) -> Page {
    Page { tenant: payment.tenant_id, payment: payment.payment_id, attempt, form, locale: payment.locale.clone() }
}

/// What the driver's verdict means for an attempt.
pub fn verdict_news(app: &App, purpose: Purpose, verdict: Verdict) -> AttemptNews {
    let now_ms = app.clock.now_ms();
    let actor = Actor::Job("bank");
    match verdict {
        Verdict::Approved(approval) => {
            let event = match purpose {
                Purpose::Sale => AttemptEvent::Approved,
                Purpose::Authorize => AttemptEvent::Authorized,
            };
            AttemptNews { bank: Some(approval.bank), ..AttemptNews::new(event, actor) }
        }
        Verdict::Declined(decline) => {
            AttemptNews { failure: Some(Failure::declined(decline)), ..AttemptNews::new(AttemptEvent::Declined, actor) }
        }
        Verdict::Pending(bank) => AttemptNews {
            bank: Some(bank),
            failure: Some(Failure::in_doubt("bank-pending", String::new(), None, false, now_ms)),
            ..AttemptNews::new(AttemptEvent::BankPending, actor)
        },
        Verdict::NotProcessed(reason) => AttemptNews {
            failure: Some(Failure::not_processed(reason)),
            ..AttemptNews::new(AttemptEvent::NotProcessed, actor)
        },
        Verdict::Unknown { reason, phase, alarm } => AttemptNews {
            failure: Some(Failure::in_doubt(reason.code, reason.detail, phase, alarm, now_ms)),
            ..AttemptNews::new(AttemptEvent::Silence, actor)
        },
    }
}

/// When the janitor takes an act whose row is written now for silent.
pub fn act_due_ms(app: &App, now_ms: i64) -> i64 {
    now_ms + limits::millis(Duration::from_millis(app.config.bank_deadline_ms) + limits::SETTLE_GRACE)
}

/// Until when an act may send, by the host's clock: a while before the janitor takes its row, due at `due_ms`, for
/// silent, however long the flow stood still between writing the row and this. A question has no such row.
pub fn act_until_ms(app: &App, due_ms: Option<i64>) -> i64 {
    due_ms.unwrap_or_else(|| act_due_ms(app, app.clock.now_ms())) - limits::millis(limits::SETTLE_GRACE)
}

/// What is the same for every step of an attempt.
pub fn act_context(app: &App, pos: &Pos, payment: &Payment, attempt: &Attempt) -> ActContext {
    ActContext {
        attempt_id: attempt.attempt_id.to_text(),
        order_id: attempt.order_no.clone(),
        callback_url: pos.callback_url(app),
        payer_ip: attempt.payer_ip.clone(),
        payer_email: None,
        locale: payment.locale.clone(),
        // What was decided when the attempt began; a row that cannot be read tells nothing.
        attributes: serde_json::from_str(&attempt.attributes).unwrap_or_default(),
        clock: app.clock.clone(),
    }
}

/// The same of what a person asks of a bank beside all payments; `letter` begins its number there. `address`: the
/// caller's, since some banks want one with every question.
pub fn question_context(
    (app, ctx): (&App, &Ctx),
    pos: &Pos,
    attempt: AttemptId,
    letter: char,
    address: Option<String>,
) -> ActContext {
    ActContext {
        attempt_id: attempt.to_text(),
        order_id: format!("{letter}{}", &attempt.to_text()[7..]),
        callback_url: pos.callback_url(app),
        payer_ip: address,
        payer_email: None,
        locale: ctx.locale.tag().to_owned(),
        attributes: Vec::new(),
        clock: app.clock.clone(),
    }
}

/// The terms of what the card is charged.
pub fn charge_terms(payment: &Payment) -> Terms {
    terms_of(payment, payment.charged())
}

/// The payment's terms with another amount.
pub fn terms_of(payment: &Payment, amount: Money) -> Terms {
    Terms {
        amount,
        // The column's own check keeps it between 1 and 36.
        installments: u8::try_from(payment.instalments).unwrap_or(1),
        entry: payment.entry.clone(),
        description: payment.description.clone(),
    }
}

/// The attempt as a later act refers to it.
pub fn attempt_target(payment: &Payment, attempt: &Attempt) -> Target {
    Target {
        operation: match attempt.purpose {
            Purpose::Sale => Operation::Sale,
            Purpose::Authorize => Operation::Authorize,
        },
        model: three_d_model(&attempt.model),
        terms: charge_terms(payment),
        bank: serde_json::from_str(&attempt.bank_ref).unwrap_or_default(),
        sent_at_ms: attempt.sent_at_ms,
    }
}

/// The model's type from its stored word.
pub fn three_d_model(word: &str) -> ThreeDModel {
    match word {
        "3d" => ThreeDModel::ThreeD,
        "3d-pay" => ThreeDModel::ThreeDPay,
        "3d-host" => ThreeDModel::ThreeDHost,
        _ => ThreeDModel::None,
    }
}

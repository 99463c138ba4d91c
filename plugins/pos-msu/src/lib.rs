//! Payten MSU: the platform behind Paratika and other payment institutions, and Payten's own gateway.
//!
//! One address, one form per action, JSON back. Sources: the platform's own libraries and samples (`ApiAction`,
//! `TransactionStatus`, `QUERYTRANSACTION`), the clients in `CP.VPOS` (MIT), and the protocol cards in our design
//! notes. Where an answer is not clearly a yes or a no the outcome is `unknown`, and [`inquiry`] settles it.

pub mod answer;
pub mod gate;
pub mod inquiry;
pub mod lines;
pub mod message;
pub mod settings;

use serde::{Deserialize, Serialize};
use vezne_plugin::body::Form;
use vezne_plugin::words::{entry, operation};
use vezne_plugin::{
    BankRef, Callback, Card, Context, Effect, Fault, HttpResponse, Payments, Preauth, Purpose, Reply, Step, Target,
    Terms, ThreeDSecure, state, step,
};

use answer::Answer;
use inquiry::{Found, Question, REFUNDED_BEFORE};
use message::Action;
use settings::Settings;

/// The connector.
pub struct Msu;

vezne_plugin::export!(Msu: payments, three_d_secure, preauth, history);

/// What is waited for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
enum State {
    /// The answer to a write.
    Write { order: String },
    /// The order's transactions, before something is refunded.
    RefundsBefore { order: String },
    /// A session.
    Opening,
    /// The payer, back from the gate.
    Gate(gate::Away),
    /// The order's transactions, to confirm what a return claims.
    Confirm { question: Question, claimed: bool },
    /// The answer to a question.
    Ask { question: Question },
}

impl Payments for Msu {
    fn sale(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        charge(Action::Sale, ctx, terms, card)
    }

    fn void(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        if target.operation == operation::REFUND {
            return Err(Fault::Unsupported("the platform documents no way to void a refund".into()));
        }
        let order = step::order_of(ctx, target);
        let form = message::void(&Settings::load()?, &order, target.bank.transaction_id.as_deref())?;
        write(form, step::order_ref(&order), &order)
    }

    fn refund(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        positive(terms)?;
        let order = step::order_of(ctx, target);
        // Nothing tells our refund from another one of the same amount, so what was refunded before is noted.
        let request = message::request(message::query(&Settings::load()?, &order)?)?;
        step::send(request, Effect::ReadOnly, step::order_ref(&order), &State::RefundsBefore { order })
    }

    fn inquire(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        let question = Question::of(target, &ctx.order_id);
        let known = step::order_ref(&question.order);
        let request = message::request(message::query(&Settings::load()?, &question.order)?)?;
        step::send(request, Effect::ReadOnly, known, &State::Ask { question })
    }

    fn resume(
        ctx: &Context,
        terms: Option<&Terms>,
        state: &[u8],
        reply: &Reply,
        card: Option<&Card>,
    ) -> Result<Step, Fault> {
        match (state::decode::<State>(state)?, reply) {
            (State::Write { order }, Reply::Response(response)) => step::done(Answer::read(response)?.outcome(&order)),
            (State::RefundsBefore { order }, Reply::Response(response)) => {
                send_refund(step::needed(terms)?, &order, response)
            }
            (State::Opening, Reply::Response(response)) => {
                gate::opened(ctx, step::needed(terms)?, card, &Answer::read(response)?)
            }
            (State::Gate(away), Reply::Callback(callback)) => {
                gate::came_back(ctx, step::needed(terms)?, &away, callback)
            }
            (State::Confirm { question, claimed }, Reply::Response(response)) => {
                step::done(gate::confirmed(&question, claimed, &Answer::read(response)?))
            }
            (State::Ask { question }, Reply::Response(response)) => {
                let answer = Answer::read(response)?;
                step::done(question.answer(&inquiry::read(&answer, &question.order)))
            }
            (State::RefundsBefore { .. } | State::Opening, Reply::Failed(failure)) => {
                step::done(step::not_processed(format!("the platform could not be reached: {}", failure.detail)))
            }
            (State::Confirm { .. } | State::Ask { .. }, Reply::Failed(failure)) => {
                step::done(step::unknown(format!("the question failed: {}", failure.detail)))
            }
            _ => Err(Fault::InvalidRequest("this reply was not waited for".into())),
        }
    }
}

impl Preauth for Msu {
    fn authorize(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        charge(Action::Preauth, ctx, terms, card)
    }

    fn capture(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        positive(terms)?;
        let order = step::order_of(ctx, target);
        let form = message::postauth(&Settings::load()?, &order, target.bank.transaction_id.as_deref(), terms)?;
        write(form, step::order_ref(&order), &order)
    }
}

impl ThreeDSecure for Msu {
    fn start(ctx: &Context, purpose: Purpose, model: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
        gate::start(ctx, purpose, model, terms, card)
    }

    fn correlate(callback: &Callback) -> Result<String, Fault> {
        let fields = vezne_plugin::callback::Fields::of(callback);
        let order = fields.filled("merchantPaymentId").filter(|order| order_number(order).is_ok());
        order.map(str::to_owned).ok_or_else(|| Fault::UnreadableAnswer("the return names no order".into()))
    }
}

const ORDER_CHARS_MAX: usize = 64;

/// Letters, digits and hyphens; the samples have no others. The documents at hand give no length.
fn order_number(order: &str) -> Result<(), Fault> {
    step::order_number(order, ORDER_CHARS_MAX, "-")
}

/// Currencies, as the manifest lists them.
const CURRENCIES: [&str; 4] = ["TRY", "USD", "EUR", "GBP"];

fn positive(terms: &Terms) -> Result<(), Fault> {
    vezne_plugin::amount::payable(&terms.amount, &CURRENCIES)
}

fn charge(action: Action, ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
    positive(terms)?;
    order_number(&ctx.order_id)?;
    let settings = Settings::load()?;
    if entry::is_keyed_by_clerk(&terms.entry) && !settings.mail_order {
        return Err(Fault::Unsupported(
            "the platform documents no mark for mail order; this POS account is not marked as opened to it".into(),
        ));
    }
    let form = message::charge(&settings, action, ctx, terms, card)?;
    write(form, step::order_ref(&ctx.order_id), &ctx.order_id)
}

fn write(form: Form, known: BankRef, order: &str) -> Result<Step, Fault> {
    let waiting = State::Write { order: order.to_owned() };
    step::send(message::request(form)?, Effect::OnceOnlyWrite, known, &waiting)
}

/// Sends the refund itself, if the list says what it is of and what was refunded before.
fn send_refund(terms: &Terms, order: &str, response: &HttpResponse) -> Result<Step, Fault> {
    let nothing = |why: &str| step::done(step::not_processed(why));
    let Ok(answer) = Answer::read(response) else {
        return nothing("the platform could not say what was refunded before");
    };
    let rows = match inquiry::read(&answer, order) {
        Found::Order(rows) => rows,
        Found::Nothing => return nothing("the platform has no such order"),
        Found::Unclear(why) => return nothing(&why),
    };
    let (Some(row), Some(before)) = (rows.refundable(), rows.refunded()) else {
        return nothing("the platform lists nothing that could be refunded now");
    };
    let Some(number) = row.number() else { return nothing("the payment has no number at the platform") };
    let form = message::refund(&Settings::load()?, number, terms)?;
    let extra = vec![(REFUNDED_BEFORE.to_owned(), before.to_string())];
    write(form, BankRef { extra, ..step::order_ref(order) }, order)
}

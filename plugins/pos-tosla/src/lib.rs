//! Tosla (AKÖde): a payment institution with a JSON API, every call signed by a hash that is used once.
//!
//! Sources: the protocol card in our design notes, Tosla's developer page and the public vectors of
//! `mewebstudio/pos` (MIT). Where an answer is not clearly a yes or a no the outcome is `unknown`, and
//! [`inquiry`] settles it later.

pub mod answer;
pub mod gate;
pub mod history;
pub mod inquiry;
pub mod lines;
pub mod message;
pub mod settings;

use serde::{Deserialize, Serialize};
use vezne_plugin::words::{entry, operation};
use vezne_plugin::{
    BankRef, Callback, Card, Context, Effect, Fault, HttpResponse, Payments, Preauth, Purpose, Reply, Step, Target,
    Terms, ThreeDSecure, host, state, step,
};

use answer::Answer;
use inquiry::{Found, Question, REFUNDED_BEFORE};
use message::{Members, Stamp};
use settings::Settings;

/// The connector.
pub struct Tosla;

vezne_plugin::export!(Tosla: payments, three_d_secure, preauth, history);

/// What is waited for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
enum State {
    /// The answer to a sale, capture, void or refund.
    Write { order: String },
    /// What has been refunded already, before ours is sent.
    RefundedBefore { order: String },
    /// A session at the gate.
    Opening(gate::Opening),
    /// The payer, back from the gate.
    Gate,
    /// The order's line, to confirm what a callback claims.
    Confirm { question: Question },
    /// The answer to a question.
    Ask { question: Question },
}

impl Payments for Tosla {
    fn sale(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        positive(terms)?;
        order_number(&ctx.order_id)?;
        let settings = Settings::load()?;
        if entry::is_keyed_by_clerk(&terms.entry) && !settings.mail_order {
            return Err(Fault::Unsupported(
                "Tosla documents no mail order; this POS account is not marked as opened to it".into(),
            ));
        }
        let stamp = Stamp::now();
        let message = message::sale(&settings, &stamp, &ctx.order_id, &terms.amount, terms.installments, card)?;
        write(message::SALE, message, step::order_ref(&ctx.order_id), &ctx.order_id)
    }

    fn void(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        if target.operation == operation::REFUND {
            return Err(Fault::Unsupported("Tosla documents no way to void a refund".into()));
        }
        let settings = Settings::load()?;
        let order = step::order_of(ctx, target);
        let message = message::plain(&settings, &Stamp::now(), &order)?;
        write(message::VOID, message, step::order_ref(&order), &order)
    }

    fn refund(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        positive(terms)?;
        let order = step::order_of(ctx, target);
        // A refund leaves no line of its own in an inquiry, only a sum: what it was before tells ours later.
        let request = inquiry_request(&order)?;
        step::send(request, Effect::ReadOnly, step::order_ref(&order), &State::RefundedBefore { order })
    }

    fn inquire(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        let question = Question::of(target, &ctx.order_id, host::now_ms());
        let known = step::order_ref(&question.order);
        step::send(inquiry_request(&question.order)?, Effect::ReadOnly, known, &State::Ask { question })
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
            (State::RefundedBefore { order }, Reply::Response(response)) => {
                send_refund(step::needed(terms)?, &order, response)
            }
            (State::Opening(opening), Reply::Response(response)) => {
                gate::opened(ctx, &opening, card, &Answer::read(response)?)
            }
            (State::RefundedBefore { .. } | State::Opening(_), Reply::Failed(failure)) => {
                step::done(step::not_processed(format!("Tosla could not be reached: {}", failure.detail)))
            }
            (State::Gate, Reply::Callback(callback)) => gate::came_back(ctx, step::needed(terms)?, callback),
            (State::Confirm { question }, Reply::Response(response)) => {
                gate::confirmed(&question, &Answer::read(response)?)
            }
            (State::Ask { question }, Reply::Response(response)) => {
                let answer = Answer::read(response)?;
                step::done(question.answer(&inquiry::read(&answer, &question.order)))
            }
            (State::Confirm { .. } | State::Ask { .. }, Reply::Failed(failure)) => {
                step::done(step::unknown(format!("the question failed: {}", failure.detail)))
            }
            _ => Err(Fault::InvalidRequest("this reply was not waited for".into())),
        }
    }
}

impl Preauth for Tosla {
    fn authorize(_: &Context, _: &Terms, _: &Card) -> Result<Step, Fault> {
        Err(Fault::Unsupported("Tosla reserves only through 3-D Secure".into()))
    }

    fn capture(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        positive(terms)?;
        let settings = Settings::load()?;
        let order = step::order_of(ctx, target);
        let message = message::with_amount(&settings, &Stamp::now(), &order, terms.amount.minor)?;
        write(message::CAPTURE, message, step::order_ref(&order), &order)
    }
}

impl ThreeDSecure for Tosla {
    fn start(ctx: &Context, purpose: Purpose, model: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
        gate::start(ctx, purpose, model, terms, card)
    }

    fn correlate(callback: &Callback) -> Result<String, Fault> {
        let order =
            vezne_plugin::callback::Fields::of(callback).filled("OrderId").filter(|order| order_number(order).is_ok());
        order.map(str::to_owned).ok_or_else(|| Fault::UnreadableAnswer("the callback names no order".into()))
    }
}

const ORDER_CHARS_MAX: usize = 36;

/// Letters, digits and hyphens; the examples have no others.
fn order_number(order: &str) -> Result<(), Fault> {
    step::order_number(order, ORDER_CHARS_MAX, "-")
}

/// Currencies of the bank's terminals, as the manifest lists them.
const CURRENCIES: [&str; 4] = ["TRY", "USD", "EUR", "GBP"];

/// An amount the bank can take: more than nothing, in a currency it knows.
fn positive(terms: &Terms) -> Result<(), Fault> {
    vezne_plugin::amount::payable(&terms.amount, &CURRENCIES)
}

fn inquiry_request(order: &str) -> Result<vezne_plugin::HttpRequest, Fault> {
    message::request(message::INQUIRY, message::plain(&Settings::load()?, &Stamp::now(), order)?)
}

fn write(path: &str, message: Members, known: BankRef, order: &str) -> Result<Step, Fault> {
    let waiting = State::Write { order: order.to_owned() };
    step::send(message::request(path, message)?, Effect::OnceOnlyWrite, known, &waiting)
}

/// Sends the refund itself, unless Tosla says that there is no such order or that it does not stand.
fn send_refund(terms: &Terms, order: &str, response: &HttpResponse) -> Result<Step, Fault> {
    let Ok(answer) = Answer::read(response) else {
        return step::done(step::not_processed("Tosla could not say what was refunded before"));
    };
    let before = match inquiry::read(&answer, order) {
        Found::Nothing => return step::done(step::not_processed("Tosla has no such order")),
        Found::Order(line) => line.minor("RefundedAmount"),
        Found::Unclear(_) => None,
    };
    let before = before.map(|before| (REFUNDED_BEFORE.to_owned(), before.to_string()));
    let known = BankRef { extra: before.into_iter().collect(), ..step::order_ref(order) };
    let message = message::with_amount(&Settings::load()?, &Stamp::now(), order, terms.amount.minor)?;
    write(message::REFUND, message, known, order)
}

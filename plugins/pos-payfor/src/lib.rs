//! `PayFor`: the virtual POS of QNB, Enpara and Ziraat Katılım. One connector; the bank is a matter of its
//! addresses and its institution number.
//!
//! Sources: the protocol card in our design notes and the public vectors of `mewebstudio/pos` (MIT). Where an
//! answer is not clearly a yes or a no the outcome is `unknown`, and [`question`] settles it later.

pub mod answer;
pub mod gate;
pub mod hash;
pub mod lines;
pub mod message;
pub mod question;
pub mod row;
pub mod settings;
pub mod three_d;

use serde::{Deserialize, Serialize};
use vezne_plugin::words::{entry, operation};
use vezne_plugin::xml::Element;
use vezne_plugin::{
    BankRef, Callback, Card, Context, Effect, Fault, HttpResponse, Payments, Preauth, Purpose, Reply, Step, Target,
    Terms, ThreeDSecure, amount, state, step,
};

use answer::{Act, Answer};
use message::Order;
use question::{Question, REFUNDS_BEFORE};
use row::History;
use settings::Settings;

/// The connector.
pub struct Payfor;

vezne_plugin::export!(Payfor: payments, three_d_secure, preauth, history);

/// What is waited for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
enum State {
    /// The answer to a charge, capture, void or refund.
    Write { order: String, act: Act },
    /// The refunds that are there already, before ours is sent.
    RefundsBefore { order: String },
    /// The payer, back from the gate.
    Gate(three_d::Visit),
    /// The answer to the charge after an authentication.
    Provision { question: Question },
    /// The bank's book, to confirm what was claimed.
    Confirm { question: Question, claim: three_d::Claim },
    /// The answer to a question.
    Ask { question: Question, history: bool },
}

impl Payments for Payfor {
    fn sale(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        charge_card(ctx, terms, card, false)
    }

    fn void(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        if target.operation == operation::REFUND {
            return Err(Fault::Unsupported("this bank voids an order, and not a refund of it".into()));
        }
        let settings = Settings::load()?;
        let order = step::order_of(ctx, target);
        let currency = amount::numeric_currency(&target.terms.amount);
        let message = message::void(&settings, &order, &currency, message::language(&ctx.locale))?;
        write(message, step::order_ref(&order), &order, Act::Undo)
    }

    fn refund(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        positive(terms)?;
        let settings = Settings::load()?;
        let order = step::order_of(ctx, target);
        // A refund gets no number of ours. Which one is ours can be told later, if it must be, from the list
        // of those that were there before.
        let message = message::order_history(&settings, &order, message::language(&ctx.locale))?;
        let known = step::order_ref(&order);
        step::send(message::request(message)?, Effect::ReadOnly, known, &State::RefundsBefore { order })
    }

    fn inquire(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        let question = Question::of(target, &ctx.order_id);
        let history = question.needs_history();
        ask(ctx, question, history)
    }

    fn resume(
        ctx: &Context,
        terms: Option<&Terms>,
        state: &[u8],
        reply: &Reply,
        _: Option<&Card>,
    ) -> Result<Step, Fault> {
        match (state::decode::<State>(state)?, reply) {
            (State::Write { order, act }, Reply::Response(response)) => {
                step::done(Answer::read(response)?.outcome(act, &order))
            }
            (State::RefundsBefore { order }, Reply::Response(response)) => send_refund(ctx, terms, &order, response),
            (State::RefundsBefore { .. }, Reply::Failed(failure)) => {
                step::done(step::not_processed(format!("the bank could not be reached: {}", failure.detail)))
            }
            (State::Gate(visit), Reply::Callback(callback)) => {
                three_d::came_back(ctx, step::needed(terms)?, &visit, callback)
            }
            (State::Provision { question }, Reply::Response(response)) => three_d::provisioned(ctx, question, response),
            (State::Confirm { question, claim }, Reply::Response(response)) => {
                three_d::confirmed(&question, &row::found(&Answer::read(response)?), claim)
            }
            (State::Ask { question, history }, Reply::Response(response)) => answered(ctx, question, history, response),
            (State::Confirm { .. } | State::Ask { .. }, Reply::Failed(failure)) => {
                step::done(step::unknown(format!("the question failed: {}", failure.detail)))
            }
            _ => Err(Fault::InvalidRequest("this reply was not waited for".into())),
        }
    }
}

impl Preauth for Payfor {
    fn authorize(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        charge_card(ctx, terms, card, true)
    }

    fn capture(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        positive(terms)?;
        let settings = Settings::load()?;
        let order = step::order_of(ctx, target);
        let (total, currency) = (amount::decimal(&terms.amount)?, amount::numeric_currency(&terms.amount));
        let message = message::capture(&settings, &order, &total, &currency, message::language(&ctx.locale))?;
        write(message, step::order_ref(&order), &order, Act::Charge)
    }
}

impl ThreeDSecure for Payfor {
    fn start(ctx: &Context, purpose: Purpose, model: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
        positive(terms)?;
        order_number(&ctx.order_id)?;
        not_recurring(ctx)?;
        three_d::start(ctx, purpose, model, terms, card)
    }

    fn correlate(callback: &Callback) -> Result<String, Fault> {
        let order = vezne_plugin::callback::Fields::of(callback).filled("OrderId");
        order
            .filter(|order| order.len() <= ORDER_CHARS_MAX)
            .map(str::to_owned)
            .ok_or_else(|| Fault::UnreadableAnswer("the callback names no order".into()))
    }
}

const ORDER_CHARS_MAX: usize = 36;

/// Letters and digits, and in practice `-` and `_`, at most 36: the longest that is seen.
fn order_number(order: &str) -> Result<(), Fault> {
    step::order_number(order, ORDER_CHARS_MAX, "-_")
}

/// Currencies of the bank's terminals, as the manifest lists them.
const CURRENCIES: [&str; 6] = ["TRY", "USD", "EUR", "GBP", "JPY", "RUB"];

/// An amount the bank can take: more than nothing, in a currency it knows.
fn positive(terms: &Terms) -> Result<(), Fault> {
    vezne_plugin::amount::payable(&terms.amount, &CURRENCIES)
}

/// The bank repeats orders, in fields no source of ours documents: charging once would not be what was asked.
fn not_recurring(ctx: &Context) -> Result<(), Fault> {
    if ctx.attributes.iter().any(|(name, _)| name.starts_with("recurring-")) {
        return Err(Fault::Unsupported("this connector does not set up repeated orders".into()));
    }
    Ok(())
}

/// `0` for a single payment.
fn instalments(terms: &Terms) -> String {
    if terms.installments > 1 { terms.installments.to_string() } else { "0".to_owned() }
}

fn charge_card(ctx: &Context, terms: &Terms, card: &Card, reserve: bool) -> Result<Step, Fault> {
    positive(terms)?;
    order_number(&ctx.order_id)?;
    not_recurring(ctx)?;
    let settings = Settings::load()?;
    let mail_order = entry::is_keyed_by_clerk(&terms.entry);
    if mail_order && !settings.mail_order {
        return Err(Fault::Unsupported("this POS account is not open to mail order".into()));
    }
    let order = Order {
        id: &ctx.order_id,
        amount: &amount::decimal(&terms.amount)?,
        currency: &amount::numeric_currency(&terms.amount),
        instalments: &instalments(terms),
        mail_order,
    };
    let message = message::charge(&settings, reserve, &order, message::language(&ctx.locale), card)?;
    write(message, step::order_ref(&ctx.order_id), &ctx.order_id, Act::Charge)
}

fn write(message: Element, known: BankRef, order: &str, act: Act) -> Result<Step, Fault> {
    let waiting = State::Write { order: order.to_owned(), act };
    step::send(message::request(message)?, Effect::OnceOnlyWrite, known, &waiting)
}

/// Sends the refund itself. A user who may not read reports can refund all the same; an unknown refund is then
/// looked for by its time.
fn send_refund(ctx: &Context, terms: Option<&Terms>, order: &str, response: &HttpResponse) -> Result<Step, Fault> {
    let terms = step::needed(terms)?;
    let settings = Settings::load()?;
    let before = match answer::document(response).map(|report| row::history(&report)) {
        Ok(History::Rows(rows)) => {
            Some(rows.into_iter().filter(|row| row.kind == "Refund").filter_map(|row| row.request).collect())
        }
        Ok(History::Nothing) => return step::done(step::not_processed("the bank has no such order")),
        Ok(History::Unclear(_)) => None,
        Err(_) => return step::done(step::not_processed("the bank could not say what was refunded before")),
    };
    let extra = before.into_iter().map(|ids: Vec<String>| (REFUNDS_BEFORE.to_owned(), ids.join(" "))).collect();
    let known = BankRef { extra, ..step::order_ref(order) };
    let (total, currency) = (amount::decimal(&terms.amount)?, amount::numeric_currency(&terms.amount));
    let message = message::refund(&settings, order, &total, &currency, message::language(&ctx.locale))?;
    write(message, known, order, Act::Undo)
}

/// Puts a question.
fn ask(ctx: &Context, question: Question, history: bool) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let lang = message::language(&ctx.locale);
    let message = if history {
        message::order_history(&settings, &question.order, lang)?
    } else {
        message::order_status(&settings, &question.order, lang)?
    };
    let known = step::order_ref(&question.order);
    step::send(message::request(message)?, Effect::ReadOnly, known, &State::Ask { question, history })
}

fn answered(ctx: &Context, question: Question, history: bool, response: &HttpResponse) -> Result<Step, Fault> {
    if history {
        return step::done(question.by_history(&row::history(&answer::document(response)?)));
    }
    match question.by_status(&row::found(&Answer::read(response)?)) {
        Some(outcome) => step::done(outcome),
        None => ask(ctx, question, true),
    }
}

//! Garanti BBVA's virtual POS (GVP): XML interface and 3-D gate, API version 512.
//!
//! Sources: the protocol card in our design notes, the bank's developer pages and PHP samples, and the public
//! vectors of `mewebstudio/pos` (MIT). Where an answer is not clearly a yes or a no the outcome is `unknown`,
//! and [`question`] settles it later.

pub mod answer;
pub mod gate;
pub mod hash;
pub mod history;
pub mod lines;
pub mod list;
pub mod message;
pub mod order_status;
pub mod points;
pub mod question;
pub mod settings;
pub mod three_d;
pub mod undo;

use serde::{Deserialize, Serialize};
use vezne_plugin::points::Look;
use vezne_plugin::words::entry;
use vezne_plugin::xml::Element;
use vezne_plugin::{
    BankRef, Callback, Card, Context, Effect, Fault, HttpResponse, Payments, Points, Preauth, Purpose, Reply, Step,
    Target, Terms, ThreeDSecure, amount, state, step,
};

use answer::Answer;
use message::{Order, Payer, Recurring};
use question::Question;
use settings::{Settings, User};

/// The connector.
pub struct Garanti;

vezne_plugin::export!(Garanti: payments, three_d_secure, preauth, history, points);

/// What is waited for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
enum State {
    /// The answer to a charge, capture, void or refund.
    Write { order: String, user: User },
    /// The order's transactions, before something is done to one of them.
    Before(undo::Intent),
    /// The payer, back from the gate.
    Gate(three_d::Visit),
    /// The order's line, to confirm what a callback claims.
    Confirm { question: Question, claim: three_d::Claim },
    /// The answer to a question.
    Ask { question: Question, history: bool },
    /// The answer to the question for Bonus.
    Points,
}

impl Payments for Garanti {
    fn sale(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        charge_card(ctx, terms, card, false)
    }

    fn void(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        undo::void(ctx, target)
    }

    fn refund(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        positive(terms)?;
        undo::refund(ctx, target)
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
            (State::Write { order, user }, Reply::Response(response)) => {
                let answer = Answer::verified(response, &Settings::load()?, user)?;
                step::done(points::explained(ctx, answer.outcome(&order)))
            }
            (State::Before(intent), Reply::Response(response)) => undo::looked(ctx, terms, &intent, response),
            (State::Before(_), Reply::Failed(failure)) => {
                step::done(step::not_processed(format!("the bank could not be reached: {}", failure.detail)))
            }
            (State::Gate(visit), Reply::Callback(callback)) => {
                three_d::came_back(ctx, step::needed(terms)?, &visit, callback)
            }
            (State::Confirm { question, claim }, Reply::Response(response)) => {
                let answer = Answer::verified(response, &Settings::load()?, User::Provision)?;
                three_d::confirmed(&question, &order_status::read(&answer), claim)
            }
            (State::Ask { question, history }, Reply::Response(response)) => answered(ctx, question, history, response),
            (State::Confirm { .. } | State::Ask { .. }, Reply::Failed(failure)) => {
                step::done(step::unknown(format!("the question failed: {}", failure.detail)))
            }
            _ => Err(Fault::InvalidRequest("this reply was not waited for".into())),
        }
    }
}

impl Points for Garanti {
    fn ask(ctx: &Context, terms: &Terms, card: &Card) -> Result<Look, Fault> {
        points::ask(ctx, terms, card)
    }

    fn go_on(_: &Context, _: &Terms, state: &[u8], reply: &Reply) -> Result<Look, Fault> {
        match state::decode::<State>(state)? {
            State::Points => points::answered(reply),
            _ => Err(Fault::InvalidRequest("no points were asked for".into())),
        }
    }
}

impl Preauth for Garanti {
    fn authorize(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        charge_card(ctx, terms, card, true)
    }

    fn capture(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        positive(terms)?;
        undo::capture(ctx, terms, target)
    }
}

impl ThreeDSecure for Garanti {
    fn start(ctx: &Context, purpose: Purpose, model: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
        positive(terms)?;
        order_number(&ctx.order_id)?;
        vezne_plugin::points::none_wanted(ctx, terms, "Garanti BBVA takes no Bonus at its gate")?;
        three_d::start(ctx, purpose, model, terms, card)
    }

    fn correlate(callback: &Callback) -> Result<String, Fault> {
        let fields = vezne_plugin::callback::Fields::of(callback);
        let order = fields.filled("oid").or_else(|| fields.filled("orderid"));
        order
            .filter(|order| order.len() <= ORDER_CHARS_MAX)
            .map(str::to_owned)
            .ok_or_else(|| Fault::UnreadableAnswer("the callback names no order".into()))
    }
}

const ORDER_CHARS_MAX: usize = 36;

/// The bank takes letters and digits (and in practice `-` and `_`), at most 36.
fn order_number(order: &str) -> Result<(), Fault> {
    step::order_number(order, ORDER_CHARS_MAX, "-_")
}

/// Currencies of the bank's terminals, as the manifest lists them.
const CURRENCIES: [&str; 6] = ["TRY", "USD", "EUR", "GBP", "JPY", "RUB"];

/// An amount the bank can take: more than nothing, in a currency it knows.
fn positive(terms: &Terms) -> Result<(), Fault> {
    vezne_plugin::amount::payable(&terms.amount, &CURRENCIES)
}

/// Empty for a single payment.
fn instalments(terms: &Terms) -> String {
    if terms.installments > 1 { terms.installments.to_string() } else { String::new() }
}

/// A repeated order, if the context asks for one.
fn recurring(ctx: &Context) -> Result<Option<Recurring>, Fault> {
    let get = |key: &str| ctx.attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
    let (Some(interval), Some(cycle), Some(count)) =
        (get("recurring-interval"), get("recurring-cycle"), get("recurring-count"))
    else {
        return Ok(None);
    };
    if !matches!(cycle.as_str(), "D" | "W" | "M") {
        return Err(Fault::Unsupported("the bank repeats orders by days, weeks or months only".into()));
    }
    Ok(Some(Recurring { interval, cycle, count, start: get("recurring-start").unwrap_or_default() }))
}

fn charge_card(ctx: &Context, terms: &Terms, card: &Card, reserve: bool) -> Result<Step, Fault> {
    send_charge(ctx, &Settings::load()?, terms, reserve, Payer::Card(card))
}

/// Sends a charge or reservation.
fn send_charge(
    ctx: &Context,
    settings: &Settings,
    terms: &Terms,
    reserve: bool,
    payer: Payer<'_>,
) -> Result<Step, Fault> {
    positive(terms)?;
    order_number(&ctx.order_id)?;
    let mail_order = entry::is_keyed_by_clerk(&terms.entry);
    if mail_order && !settings.mail_order {
        return Err(Fault::Unsupported("this POS account is not open to mail order".into()));
    }
    let bonus = points::paying(ctx, terms, reserve, payer)?;
    let order = Order {
        id: &ctx.order_id,
        ip: ctx.payer_ip.as_deref().unwrap_or_default(),
        amount: &amount::minor(&terms.amount)?,
        currency: &amount::numeric_currency(&terms.amount),
        instalments: &instalments(terms),
        mail_order,
        recurring: if reserve { None } else { recurring(ctx)? },
        bonus: bonus.as_deref(),
    };
    let kind = message::transaction_type(reserve);
    let message = message::charge(settings, message::mode(ctx), kind, &order, payer)?;
    write(message, step::order_ref(&ctx.order_id), &ctx.order_id, User::Provision)
}

fn write(message: Element, known: BankRef, order: &str, user: User) -> Result<Step, Fault> {
    let waiting = State::Write { order: order.to_owned(), user };
    step::send(message::request(message)?, Effect::OnceOnlyWrite, known, &waiting)
}

/// Puts a question.
fn ask(ctx: &Context, question: Question, history: bool) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let (mode, ip) = (message::mode(ctx), ctx.payer_ip.as_deref().unwrap_or_default());
    let message = if history {
        message::order_history(&settings, mode, ip, &question.order)?
    } else {
        message::order_status(&settings, mode, ip, &question.order)?
    };
    let known = step::order_ref(&question.order);
    step::send(message::request(message)?, Effect::ReadOnly, known, &State::Ask { question, history })
}

fn answered(ctx: &Context, question: Question, history: bool, response: &HttpResponse) -> Result<Step, Fault> {
    let answer = Answer::verified(response, &Settings::load()?, User::Provision)?;
    if history {
        // The rows name no order: only the answer does.
        return match answer.get("Order/OrderID").filter(|order| *order != question.order) {
            Some(_) => step::done(step::unknown("the history is another order's")),
            None => step::done(question.by_history(&history::read(&answer))),
        };
    }
    match question.by_status(&order_status::read(&answer)) {
        Some(outcome) => step::done(outcome),
        None => ask(ctx, question, true),
    }
}

//! Akbank's own virtual POS: JSON, signed as a whole.
//!
//! Sources: the protocol card in our design notes and the public vectors of `mewebstudio/pos` (MIT). Where
//! an answer is not clearly a yes or a no the outcome is `unknown`, and [`question`] settles it later.

pub mod answer;
pub mod code;
pub mod gate;
pub mod history;
pub mod lines;
pub mod message;
pub mod question;
pub mod report;
pub mod settings;
pub mod three_d;

use serde::{Deserialize, Serialize};
use vezne_plugin::words::{entry, operation};
use vezne_plugin::{
    BankRef, Callback, Card, Context, Effect, Fault, HttpResponse, Payments, Preauth, Purpose, Reply, Step, Target,
    Terms, ThreeDSecure, amount, state, step,
};

use answer::{Answer, TRACK};
use history::History;
use message::{Members, Order, Payer, Recurring, Reference};
use question::{NUMBER, PLAN, Question, REFUNDS_BEFORE, VOIDS, kept};
use settings::Settings;

/// The connector.
pub struct Akbank;

vezne_plugin::export!(Akbank: payments, three_d_secure, preauth, history);

/// What is waited for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
enum State {
    /// The answer to a charge, capture, void or refund.
    Write { code: String, order: String },
    /// The refunds that are there already, before ours is sent.
    RefundsBefore { question: Question },
    /// The payer, back from the gate.
    Gate(three_d::Visit),
    /// The order's transactions, to confirm what a callback claims.
    Confirm { question: Question },
    /// The answer to a question.
    Ask { question: Question },
}

impl Payments for Akbank {
    fn sale(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        charge_card(ctx, terms, card, false)
    }

    fn void(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        if target.operation == operation::REFUND {
            return Err(Fault::Unsupported("Akbank documents no way to void a refund".into()));
        }
        let settings = Settings::load()?;
        let order = step::order_of(ctx, target);
        let flag = |key: &str| kept(&target.bank, key) == Some("true");
        let number = recurring_number(target)?;
        let mut known = known_of(target, &order);
        let plan = kept(&target.bank, TRACK).filter(|_| flag("recurring-pending") || flag("recurring-all"));
        if let Some(track) = plan {
            let number = number.filter(|_| !flag("recurring-all"));
            known.extra.push((VOIDS.to_owned(), PLAN.to_owned()));
            return write(message::cancel_planned(&settings, track, number), code::CANCEL_PLANNED, known, &order);
        }
        known.extra.push((VOIDS.to_owned(), target.operation.clone()));
        let reference = reference_of(target, &order, number);
        write(message::void(&settings, &reference), code::VOID, known, &order)
    }

    fn refund(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        positive(terms)?;
        let settings = Settings::load()?;
        recurring_number(target)?;
        // A refund gets no number of ours. Which one is ours can be told later, if it must be, from the list
        // of those that were there before.
        let question = Question {
            operation: operation::REFUND.to_owned(),
            voids: None,
            refunds_before: None,
            ..Question::of(target, &ctx.order_id)
        };
        let request = message::request(message::PROCESS, message::history(&settings, &question.reference()))?;
        let known = known_of(target, &question.order);
        step::send(request, Effect::ReadOnly, known, &State::RefundsBefore { question })
    }

    fn inquire(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        let settings = Settings::load()?;
        let question = Question::of(target, &ctx.order_id);
        let request = message::request(message::PROCESS, message::history(&settings, &question.reference()))?;
        step::send(request, Effect::ReadOnly, step::order_ref(&question.order), &State::Ask { question })
    }

    fn resume(
        ctx: &Context,
        terms: Option<&Terms>,
        state: &[u8],
        reply: &Reply,
        _: Option<&Card>,
    ) -> Result<Step, Fault> {
        match (state::decode::<State>(state)?, reply) {
            (State::Write { code, order }, Reply::Response(response)) => {
                step::done(Answer::read(response)?.outcome(&code, &order))
            }
            (State::RefundsBefore { question }, Reply::Response(response)) => {
                send_refund(step::needed(terms)?, &question, response)
            }
            (State::RefundsBefore { .. }, Reply::Failed(failure)) => {
                step::done(step::not_processed(format!("the bank could not be reached: {}", failure.detail)))
            }
            (State::Gate(visit), Reply::Callback(callback)) => {
                three_d::came_back(ctx, step::needed(terms)?, &visit, callback)
            }
            (State::Confirm { question }, Reply::Response(response)) => {
                three_d::confirmed(&question, &history::read(&Answer::read(response)?))
            }
            (State::Ask { question }, Reply::Response(response)) => {
                step::done(question.answer(&history::read(&Answer::read(response)?)))
            }
            (State::Confirm { .. } | State::Ask { .. }, Reply::Failed(failure)) => {
                step::done(step::unknown(format!("the question failed: {}", failure.detail)))
            }
            _ => Err(Fault::InvalidRequest("this reply was not waited for".into())),
        }
    }
}

impl Preauth for Akbank {
    fn authorize(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        charge_card(ctx, terms, card, true)
    }

    fn capture(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        positive(terms)?;
        let settings = Settings::load()?;
        let order = step::order_of(ctx, target);
        let total = amount::decimal(&terms.amount)?;
        let message = message::capture(&settings, &order, &total, terms.amount.numeric, ctx.payer_ip.as_deref());
        write(message, code::CAPTURE, step::order_ref(&order), &order)
    }
}

impl ThreeDSecure for Akbank {
    fn start(ctx: &Context, purpose: Purpose, model: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
        three_d::start(ctx, purpose, model, terms, card)
    }

    fn correlate(callback: &Callback) -> Result<String, Fault> {
        let order =
            vezne_plugin::callback::Fields::of(callback).filled("orderId").filter(|order| order_number(order).is_ok());
        order.map(str::to_owned).ok_or_else(|| Fault::UnreadableAnswer("the callback names no order".into()))
    }
}

const ORDER_CHARS_MAX: usize = 36;

/// The bank's own examples have up to 36 letters, digits and hyphens.
fn order_number(order: &str) -> Result<(), Fault> {
    step::order_number(order, ORDER_CHARS_MAX, "-")
}

/// Currencies of the bank's terminals, as the manifest lists them.
const CURRENCIES: [&str; 5] = ["TRY", "USD", "EUR", "GBP", "RUB"];

/// An amount the bank can take: more than nothing, in a currency it knows.
fn positive(terms: &Terms) -> Result<(), Fault> {
    vezne_plugin::amount::payable(&terms.amount, &CURRENCIES)
}

/// What an inquiry about a void or refund needs to find the order again.
fn known_of(target: &Target, order: &str) -> BankRef {
    let kept = |key: &str| kept(&target.bank, key).map(|value| (key.to_owned(), value.to_owned()));
    BankRef { extra: [TRACK, NUMBER].into_iter().filter_map(kept).collect(), ..step::order_ref(order) }
}

fn recurring_number(target: &Target) -> Result<Option<i64>, Fault> {
    let Some(text) = kept(&target.bank, NUMBER) else { return Ok(None) };
    let number = text.parse().ok().filter(|number| *number > 0);
    number.map(Some).ok_or_else(|| Fault::InvalidRequest("the number of the repeated charge is not one".into()))
}

/// A charge of a repeated order is addressed by its track number and which it is; the first is the one that
/// was made when the order was placed.
fn reference_of<'a>(target: &'a Target, order: &'a str, number: Option<i64>) -> Reference<'a> {
    match kept(&target.bank, TRACK) {
        Some(track) => Reference::Track(track, Some(number.unwrap_or(1))),
        None => Reference::Order(order),
    }
}

/// A repeated order, if the context asks for one.
fn recurring(ctx: &Context) -> Result<Option<Recurring>, Fault> {
    let get = |key: &str| ctx.attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
    let (Some(interval), Some(cycle), Some(count)) =
        (get("recurring-interval"), get("recurring-cycle"), get("recurring-count"))
    else {
        return Ok(None);
    };
    let number = |text: &str| text.parse::<i64>().ok().filter(|number| (1..1_000).contains(number));
    match (number(interval), number(count)) {
        (Some(interval), Some(count)) if matches!(cycle, "D" | "W" | "M" | "Y") => {
            Ok(Some(Recurring { interval, cycle: cycle.to_owned(), count }))
        }
        _ => Err(Fault::InvalidRequest("a repeated order needs an interval, D, W, M or Y, and a count".into())),
    }
}

fn charge_card(ctx: &Context, terms: &Terms, card: &Card, reserve: bool) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    if entry::is_keyed_by_clerk(&terms.entry) && !settings.mail_order {
        return Err(Fault::Unsupported("this POS account is not open to mail order".into()));
    }
    send_charge(ctx, &settings, terms, reserve, Payer::Card(card))
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
    let by_card = matches!(payer, Payer::Card(_));
    let recurring = if by_card { recurring(ctx)? } else { None };
    if recurring.is_some() && (reserve || terms.installments > 1) {
        return Err(Fault::InvalidRequest("a repeated order is neither a reservation nor in instalments".into()));
    }
    let keyed = entry::is_keyed_by_clerk(&terms.entry) || terms.entry == entry::RECURRING;
    let order = Order {
        id: &ctx.order_id,
        ip: ctx.payer_ip.as_deref(),
        total: &amount::decimal(&terms.amount)?,
        currency: terms.amount.numeric,
        instalments: terms.installments,
        mail_order: by_card && keyed,
        recurring,
    };
    let mut known = step::order_ref(&ctx.order_id);
    if order.recurring.is_some() {
        known.extra.push((TRACK.to_owned(), ctx.order_id.clone()));
    }
    write(message::charge(settings, reserve, &order, payer), code::charge(reserve), known, &ctx.order_id)
}

fn write(message: Members, code: &str, known: BankRef, order: &str) -> Result<Step, Fault> {
    let waiting = State::Write { code: code.to_owned(), order: order.to_owned() };
    step::send(message::request(message::PROCESS, message)?, Effect::OnceOnlyWrite, known, &waiting)
}

/// One reference of the contract is at most this long.
const REFERENCE_BYTES_MAX: usize = 256;

/// Sends the refund itself. An order whose list does not help is refunded all the same; an unknown refund is
/// then looked for by its time.
fn send_refund(terms: &Terms, question: &Question, response: &HttpResponse) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let Ok(answer) = Answer::read(response) else {
        return step::done(step::not_processed("the bank could not say what was refunded before"));
    };
    let before: Option<Vec<String>> = match history::read(&answer) {
        History::Rows(rows) => rows.iter().filter(|row| row.code == code::REFUND).map(history::Row::identity).collect(),
        History::Nothing => return step::done(step::not_processed("the bank has no such order")),
        History::Unclear(_) => None,
    };
    let before = before.map(|ids| ids.join(" ")).filter(|ids| ids.len() <= REFERENCE_BYTES_MAX);
    let mut known = step::order_ref(&question.order);
    if question.repeated {
        known.extra.push((TRACK.to_owned(), question.order.clone()));
        known.extra.extend(question.number.map(|number| (NUMBER.to_owned(), number.to_string())));
    }
    known.extra.extend(before.map(|ids| (REFUNDS_BEFORE.to_owned(), ids)));
    let reference = if question.repeated {
        Reference::Track(&question.order, Some(question.number.unwrap_or(1)))
    } else {
        Reference::Order(&question.order)
    };
    let total = amount::decimal(&terms.amount)?;
    let message = message::refund(&settings, &reference, &total, terms.amount.numeric);
    write(message, code::REFUND, known, &question.order)
}

//! NestPay (Payten / EST): the virtual POS of İş Bankası, Ziraat, Halkbank, TEB, Şekerbank, ING, Türkiye
//! Finans, Anadolubank, Alternatif Bank and Cardplus. One connector; the bank is a matter of its addresses.
//!
//! Sources: the protocol card in our design notes and the public vectors of `mewebstudio/pos` (MIT). Where
//! an answer is not clearly a yes or a no the outcome is `unknown`, and [`question`] settles it later.

pub mod answer;
pub mod bank_time;
pub mod gate;
pub mod hash;
pub mod history;
pub mod lines;
pub mod message;
pub mod order_status;
pub mod question;
pub mod settings;
pub mod three_d;

use serde::{Deserialize, Serialize};
use vezne_plugin::words::{entry, operation};
use vezne_plugin::{
    BankRef, Callback, Card, Context, Effect, Fault, HttpResponse, Payments, Preauth, Purpose, Reply, Step, Target,
    Terms, ThreeDSecure, amount, state, step,
};

use answer::Answer;
use history::History;
use message::{Order, Payer, Recurring};
use question::Question;
use settings::Settings;

/// The connector.
pub struct Nestpay;

vezne_plugin::export!(Nestpay: payments, three_d_secure, preauth, history);

/// What is waited for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
enum State {
    /// The answer to a charge, capture, void or refund.
    Write { order: String },
    /// The refunds that are there already, before ours is sent.
    RefundsBefore { order: String },
    /// The payer, back from the gate.
    Gate(three_d::Visit),
    /// The order's line, to confirm what a callback claims.
    Confirm { question: Question, claim: three_d::Claim },
    /// The answer to a question.
    Ask { question: Question, history: bool },
}

impl Payments for Nestpay {
    fn sale(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        charge_card(ctx, terms, card, false)
    }

    fn void(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        let settings = Settings::load()?;
        let order = step::order_of(ctx, target);
        let extra = |key: &str| target.bank.extra.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
        if let Some(number) = extra("recurring-number") {
            let known = step::order_ref(&order);
            return write(message::cancel_recurring(&settings, &order, number)?, known, &order);
        }
        // An order can have several refunds, so a refund is voided by its own number.
        let transaction = target.bank.transaction_id.as_deref().filter(|_| target.operation == operation::REFUND);
        let known = BankRef {
            transaction_id: transaction.map(str::to_owned),
            extra: vec![(question::VOIDS.to_owned(), target.operation.clone())],
            ..step::order_ref(&order)
        };
        write(message::void(&settings, &order, transaction)?, known, &order)
    }

    fn refund(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        positive(terms)?;
        let settings = Settings::load()?;
        let order = step::order_of(ctx, target);
        // A refund gets no number of ours. Which one is ours can be told later, if it must be, from the list
        // of those that were there before.
        let request = message::request(message::order_history(&settings, &order)?)?;
        step::send(request, Effect::ReadOnly, step::order_ref(&order), &State::RefundsBefore { order })
    }

    fn inquire(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        let question = Question::of(target, &ctx.order_id);
        let history = question.needs_history();
        ask(question, history)
    }

    fn resume(
        ctx: &Context,
        terms: Option<&Terms>,
        state: &[u8],
        reply: &Reply,
        _: Option<&Card>,
    ) -> Result<Step, Fault> {
        match (state::decode::<State>(state)?, reply) {
            (State::Write { order }, Reply::Response(response)) => step::done(Answer::read(response)?.outcome(&order)),
            (State::RefundsBefore { order }, Reply::Response(response)) => send_refund(terms, &order, response),
            (State::RefundsBefore { .. }, Reply::Failed(failure)) => {
                step::done(step::not_processed(format!("the bank could not be reached: {}", failure.detail)))
            }
            (State::Gate(visit), Reply::Callback(callback)) => {
                three_d::came_back(ctx, step::needed(terms)?, &visit, callback)
            }
            (State::Confirm { question, claim }, Reply::Response(response)) => {
                let found = order_status::read(&Answer::read(response)?);
                three_d::confirmed(&question, &found, claim)
            }
            (State::Ask { question, history }, Reply::Response(response)) => answered(question, history, response),
            (State::Confirm { .. } | State::Ask { .. }, Reply::Failed(failure)) => {
                step::done(step::unknown(format!("the question failed: {}", failure.detail)))
            }
            _ => Err(Fault::InvalidRequest("this reply was not waited for".into())),
        }
    }
}

impl Preauth for Nestpay {
    fn authorize(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        charge_card(ctx, terms, card, true)
    }

    fn capture(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        positive(terms)?;
        let settings = Settings::load()?;
        let order = step::order_of(ctx, target);
        let total = amount::decimal(&terms.amount)?;
        let more = terms.amount.minor > target.terms.amount.minor;
        let reserved = if more { Some(amount::decimal(&target.terms.amount)?) } else { None };
        let known = step::order_ref(&order);
        write(message::capture(&settings, &order, &total, reserved.as_deref())?, known, &order)
    }
}

impl ThreeDSecure for Nestpay {
    fn start(ctx: &Context, purpose: Purpose, model: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
        positive(terms)?;
        order_number(&ctx.order_id)?;
        three_d::start(ctx, purpose, model, terms, card)
    }

    fn correlate(callback: &Callback) -> Result<String, Fault> {
        let order =
            vezne_plugin::callback::Fields::of(callback).filled("oid").filter(|order| order.len() <= ORDER_CHARS_MAX);
        order.map(str::to_owned).ok_or_else(|| Fault::UnreadableAnswer("the callback names no order".into()))
    }
}

const ORDER_CHARS_MAX: usize = 64;

/// The bank takes letters and digits (and in practice `-` and `_`), at most 64.
fn order_number(order: &str) -> Result<(), Fault> {
    step::order_number(order, ORDER_CHARS_MAX, "-_")
}

/// Currencies of the banks' terminals, as the manifest lists them.
const CURRENCIES: [&str; 5] = ["TRY", "USD", "EUR", "GBP", "RUB"];

/// An amount the bank can take: more than nothing, in a currency it knows.
fn positive(terms: &Terms) -> Result<(), Fault> {
    amount::payable(&terms.amount, &CURRENCIES)
}

/// Empty for a single payment.
fn instalments(terms: &Terms) -> String {
    if terms.installments > 1 { terms.installments.to_string() } else { String::new() }
}

/// A repeated order, if the context asks for one. Half of a wish would be charged once.
pub(crate) fn recurring(ctx: &Context) -> Result<Option<Recurring>, Fault> {
    let get = |key: &str| ctx.attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
    match (get("recurring-interval"), get("recurring-cycle"), get("recurring-count")) {
        (Some(interval), Some(cycle), Some(count)) => Ok(Some(Recurring { interval, cycle, count })),
        (None, None, None) => Ok(None),
        _ => Err(Fault::InvalidRequest("a repeated order needs its interval, its cycle and its count".into())),
    }
}

/// The bank repeats sales only (CORE-2024).
pub(crate) fn repeatable(ctx: &Context, reserve: bool) -> Result<Option<Recurring>, Fault> {
    match recurring(ctx)? {
        Some(_) if reserve => Err(Fault::Unsupported("the bank repeats sales, and no reservations".into())),
        recurring => Ok(recurring),
    }
}

fn charge_card(ctx: &Context, terms: &Terms, card: &Card, reserve: bool) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    if entry::is_keyed_by_clerk(&terms.entry) && !settings.mail_order {
        return Err(Fault::Unsupported("this POS account is not open to mail order".into()));
    }
    send_charge(ctx, &settings, terms, reserve, Payer::Card(card))
}

/// Sends a charge or reservation. NestPay has no flag for mail order: the store itself is open to it or not.
fn send_charge(
    ctx: &Context,
    settings: &Settings,
    terms: &Terms,
    reserve: bool,
    payer: Payer<'_>,
) -> Result<Step, Fault> {
    positive(terms)?;
    order_number(&ctx.order_id)?;
    let order = Order {
        id: &ctx.order_id,
        ip: ctx.payer_ip.as_deref().unwrap_or_default(),
        total: &amount::decimal(&terms.amount)?,
        currency: &amount::numeric_currency(&terms.amount),
        instalments: &instalments(terms),
        recurring: repeatable(ctx, reserve)?,
    };
    write(message::charge(settings, reserve, &order, payer)?, step::order_ref(&ctx.order_id), &ctx.order_id)
}

fn write(message: vezne_plugin::xml::Element, known: BankRef, order: &str) -> Result<Step, Fault> {
    step::send(message::request(message)?, Effect::OnceOnlyWrite, known, &State::Write { order: order.to_owned() })
}

/// Sends the refund itself. A store whose user may not read the history can refund all the same; an unknown
/// refund is then looked for by its time.
fn send_refund(terms: Option<&Terms>, order: &str, response: &HttpResponse) -> Result<Step, Fault> {
    let terms = step::needed(terms)?;
    let settings = Settings::load()?;
    let before = match Answer::read(response).map(|answer| history::read(&answer)) {
        Ok(History::Rows(rows)) => {
            Some(rows.into_iter().filter(history::Row::is_credit).filter_map(|row| row.transaction_id).collect())
        }
        Ok(History::Nothing) => Some(Vec::new()),
        Ok(History::Unclear(_)) => None,
        Err(_) => return step::done(step::not_processed("the bank could not say what was refunded before")),
    };
    let known = BankRef {
        extra: before
            .into_iter()
            .map(|ids: Vec<String>| (question::REFUNDS_BEFORE.to_owned(), ids.join(" ")))
            .collect(),
        ..step::order_ref(order)
    };
    let total = amount::decimal(&terms.amount)?;
    write(message::credit(&settings, order, &amount::numeric_currency(&terms.amount), &total)?, known, order)
}

/// Puts a question.
fn ask(question: Question, history: bool) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let message = if history {
        message::order_history(&settings, &question.order)?
    } else {
        message::order_status(&settings, &question.order)?
    };
    let known = step::order_ref(&question.order);
    step::send(message::request(message)?, Effect::ReadOnly, known, &State::Ask { question, history })
}

fn answered(question: Question, history: bool, response: &HttpResponse) -> Result<Step, Fault> {
    let answer = Answer::read(response)?;
    if history {
        // The lines name no order: only the answer does.
        return match answer.get("OrderId").filter(|order| !order.is_empty() && *order != question.order) {
            Some(_) => step::done(step::unknown("the history is another order's")),
            None => step::done(question.by_history(&history::read(&answer))),
        };
    }
    match question.by_status(&order_status::read(&answer)) {
        Some(outcome) => step::done(outcome),
        None => ask(question, true),
    }
}

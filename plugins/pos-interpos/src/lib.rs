//! `InterVPOS`: the virtual POS of Denizbank.
//!
//! Sources: the protocol card in our design notes, the public vectors of `mewebstudio/pos` (MIT), and, for the
//! letters of an order's status, a public implementation in production. The bank's document is not public.
//! Where an answer is not clearly a yes or a no the outcome is `unknown`, and [`question`] settles it later.
//!
//! No `history` is exported: the bank lists no days, and `StatusHistory` is, for all its name, one line of an order that
//! tells its refunds by their sum. Two refunds could not be told from one, nor the bank's own from ours.

pub mod answer;
pub mod gate;
pub mod hash;
pub mod message;
pub mod order_status;
pub mod question;
pub mod settings;
pub mod three_d;

use serde::{Deserialize, Serialize};
use vezne_plugin::body::Form;
use vezne_plugin::words::{entry, operation};
use vezne_plugin::{
    BankRef, Callback, Card, Context, Effect, Fault, HttpResponse, Payments, Preauth, Purpose, Reply, Step, Target,
    Terms, ThreeDSecure, amount, state, step,
};

use answer::Answer;
use message::{Order, Payer};
use order_status::Found;
use question::Question;
use settings::Settings;

/// The connector.
pub struct Interpos;

vezne_plugin::export!(Interpos: payments, three_d_secure, preauth);

/// What is waited for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
enum State {
    /// The answer to a charge or reservation, which states its amount.
    Charge { order: String, exponent: u8 },
    /// The answer to a capture, void or refund.
    Act { order: String },
    /// What was given back already, before our refund is sent.
    RefundedBefore { order: String, moto: bool },
    /// The payer, back from the gate.
    Gate(three_d::Visit),
    /// The order's line, to settle what a callback left open.
    Confirm { question: Question },
    /// The answer to a question.
    Ask { question: Question },
}

impl Payments for Interpos {
    fn sale(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        charge_card(ctx, terms, card, false)
    }

    fn void(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        if target.operation == operation::REFUND {
            return Err(Fault::Unsupported("InterVPOS voids an order as a whole, not one of its refunds".into()));
        }
        let order = step::order_of(ctx, target);
        act(message::void(&Settings::load()?, &order, message::language(&ctx.locale))?, step::order_ref(&order), order)
    }

    fn refund(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        positive(terms)?;
        let order = step::order_of(ctx, target);
        let moto = entry::is_keyed_by_clerk(&target.terms.entry);
        // A refund gets no number of ours. Whether it happened can be told later, if it must be, from what had
        // been given back before.
        let form = message::status(&Settings::load()?, &order, message::language(&ctx.locale))?;
        let known = step::order_ref(&order);
        step::send(message::request(form)?, Effect::ReadOnly, known, &State::RefundedBefore { order, moto })
    }

    fn inquire(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        let question = Question::of(target, &ctx.order_id);
        let form = message::status(&Settings::load()?, &question.order, message::language(&ctx.locale))?;
        let known = step::order_ref(&question.order);
        step::send(message::request(form)?, Effect::ReadOnly, known, &State::Ask { question })
    }

    fn resume(
        ctx: &Context,
        terms: Option<&Terms>,
        state: &[u8],
        reply: &Reply,
        _: Option<&Card>,
    ) -> Result<Step, Fault> {
        match (state::decode::<State>(state)?, reply) {
            (State::Charge { order, exponent }, Reply::Response(response)) => {
                step::done(Answer::of_write(response)?.charge_outcome(&order, exponent))
            }
            (State::Act { order }, Reply::Response(response)) => {
                step::done(Answer::of_write(response)?.act_outcome(&order))
            }
            (State::RefundedBefore { order, moto }, Reply::Response(response)) => {
                send_refund(ctx, step::needed(terms)?, order, moto, response)
            }
            (State::RefundedBefore { .. }, Reply::Failed(failure)) => {
                step::done(step::not_processed(format!("the bank could not be reached: {}", failure.detail)))
            }
            (State::Gate(visit), Reply::Callback(callback)) => {
                three_d::came_back(ctx, step::needed(terms)?, &visit, callback)
            }
            (State::Confirm { question }, Reply::Response(response)) => {
                three_d::confirmed(&question, &order_status::of_response(response, &question.order, question.exponent)?)
            }
            (State::Ask { question }, Reply::Response(response)) => {
                let found = order_status::of_response(response, &question.order, question.exponent)?;
                step::done(question.answered(&found))
            }
            (State::Confirm { .. } | State::Ask { .. }, Reply::Failed(failure)) => {
                step::done(step::unknown(format!("the question failed: {}", failure.detail)))
            }
            _ => Err(Fault::InvalidRequest("this reply was not waited for".into())),
        }
    }
}

impl Preauth for Interpos {
    fn authorize(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        charge_card(ctx, terms, card, true)
    }

    fn capture(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        positive(terms)?;
        let order = step::order_of(ctx, target);
        let moto = entry::is_keyed_by_clerk(&target.terms.entry);
        let (total, currency) = (amount::decimal(&terms.amount)?, amount::numeric_currency(&terms.amount));
        let form = message::capture(&Settings::load()?, &order, &total, &currency, moto)?;
        act(form, step::order_ref(&order), order)
    }
}

impl ThreeDSecure for Interpos {
    fn start(ctx: &Context, purpose: Purpose, model: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
        chargeable(ctx, terms)?;
        three_d::start(ctx, purpose, model, terms, card)
    }

    fn correlate(callback: &Callback) -> Result<String, Fault> {
        let fields = vezne_plugin::callback::Fields::of(callback);
        let order = fields.filled("OrderId").filter(|order| order.len() <= ORDER_CHARS_MAX);
        order.map(str::to_owned).ok_or_else(|| Fault::UnreadableAnswer("the callback names no order".into()))
    }
}

/// The bank publishes no limit; what it has been seen to take.
const ORDER_CHARS_MAX: usize = 64;

/// Letters and digits (and `-` and `_`): nothing that could be taken for the end of a value in an answer.
fn order_number(order: &str) -> Result<(), Fault> {
    step::order_number(order, ORDER_CHARS_MAX, "-_")
}

/// Currencies of the bank's terminals, as the manifest lists them.
const CURRENCIES: [&str; 4] = ["TRY", "USD", "EUR", "GBP"];

/// An amount the bank can take: more than nothing, in a currency it knows.
fn positive(terms: &Terms) -> Result<(), Fault> {
    vezne_plugin::amount::payable(&terms.amount, &CURRENCIES)
}

/// What must hold before a card is charged here or at the gate.
fn chargeable(ctx: &Context, terms: &Terms) -> Result<(), Fault> {
    positive(terms)?;
    if ctx.attributes.iter().any(|(name, _)| name.starts_with("recurring-")) {
        return Err(Fault::Unsupported("InterVPOS does not document repeated orders".into()));
    }
    order_number(&ctx.order_id)
}

/// Empty for a single payment.
fn instalments(terms: &Terms) -> String {
    if terms.installments > 1 { terms.installments.to_string() } else { String::new() }
}

fn charge_card(ctx: &Context, terms: &Terms, card: &Card, reserve: bool) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    if entry::is_keyed_by_clerk(&terms.entry) && !settings.mail_order {
        return Err(Fault::Unsupported("this POS account is not open to mail order".into()));
    }
    let kind = message::card_type(&card.visible().scheme);
    send_charge(ctx, &settings, terms, reserve, Payer::Card(card, kind))
}

/// Sends a charge or reservation; mail order carries the bank's flag.
fn send_charge(
    ctx: &Context,
    settings: &Settings,
    terms: &Terms,
    reserve: bool,
    payer: Payer<'_>,
) -> Result<Step, Fault> {
    chargeable(ctx, terms)?;
    let order = Order {
        id: &ctx.order_id,
        amount: &amount::decimal(&terms.amount)?,
        currency: &amount::numeric_currency(&terms.amount),
        instalments: &instalments(terms),
        moto: entry::is_keyed_by_clerk(&terms.entry),
        lang: message::language(&ctx.locale),
    };
    let request = message::request(message::charge(settings, reserve, &order, payer)?)?;
    let waiting = State::Charge { order: ctx.order_id.clone(), exponent: terms.amount.exponent };
    step::send(request, Effect::OnceOnlyWrite, step::order_ref(&ctx.order_id), &waiting)
}

fn act(form: Form, known: BankRef, order: String) -> Result<Step, Fault> {
    step::send(message::request(form)?, Effect::OnceOnlyWrite, known, &State::Act { order })
}

/// Sends the refund itself. A shop whose user may not ask can refund all the same; an unknown refund is then
/// settled only by a sum too small to hold it, and otherwise by people.
fn send_refund(
    ctx: &Context,
    terms: &Terms,
    order: String,
    moto: bool,
    response: &HttpResponse,
) -> Result<Step, Fault> {
    let before = match order_status::of_response(response, &order, terms.amount.exponent) {
        Ok(Found::Order(status)) => status.refunded,
        Ok(Found::Nothing | Found::Unclear(_)) => None,
        Err(_) => return step::done(step::not_processed("the bank could not say what was refunded before")),
    };
    let before = before.map(|minor| (question::REFUNDED_BEFORE.to_owned(), minor.to_string()));
    let known = BankRef { extra: before.into_iter().collect(), ..step::order_ref(&order) };
    let total = amount::decimal(&terms.amount)?;
    act(message::refund(&Settings::load()?, &order, &total, moto, message::language(&ctx.locale))?, known, order)
}

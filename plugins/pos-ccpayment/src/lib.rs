//! CCPayment: the platform behind Sipay and six sister brands.
//!
//! Each errand begins with a token that is used once; the token itself is never kept. Charges are authenticated
//! by `hash_key` ([`hash`]). The platform has one call to give money back: before the day's end it decides itself
//! whether that is a void at the bank. Sources: Sipay's public documentation and PHP library, the clients of the
//! sister brands in `CP.VPOS` (MIT), and the protocol cards in our design notes.

pub mod answer;
pub mod gate;
pub mod hash;
pub mod inquiry;
pub mod message;
pub mod settings;
mod undo;

use serde::{Deserialize, Serialize};
use vezne_plugin::words::{entry, operation};
use vezne_plugin::{
    BankRef, Callback, Card, Context, Effect, Fault, HttpRequest, Payments, Preauth, Purpose, Reply, Step, Target,
    Terms, ThreeDSecure, state, step,
};

use answer::{Answer, Judgement};
use inquiry::Question;
use settings::Settings;
use undo::Undo;

/// The connector.
pub struct CcPayment;

vezne_plugin::export!(CcPayment: payments, three_d_secure, preauth);

/// What is waited for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
enum State {
    /// A token, to do something with.
    Token { then: Then },
    /// The answer to a write.
    Write { order: String },
    /// The answer to a completion: one that states no amount is looked up in the book.
    Completed,
    /// The order's line, before something of it is given back.
    Look { order: String, undo: Undo },
    /// The payer, back from the gate.
    Gate { by_merchant: bool },
    /// The order's line, to confirm what a return claims.
    Confirm { question: Question, claimed: bool, md_status: String },
    /// The answer to a question.
    Ask { question: Question },
}

/// What a token is for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
enum Then {
    /// Charge or reserve.
    Sale { reserve: bool },
    /// Take a reservation.
    Capture { order: String },
    /// Take what the gate authenticated.
    Complete { platform_order: String },
    /// Look at an order before something of it is given back.
    Look { order: String, undo: Undo },
    /// Give back.
    Refund { order: String, minor: i64, known: Vec<(String, String)> },
    /// Drop a reservation.
    Drop { order: String },
    /// Look whether the book shows what a return claims.
    Confirm { question: Question, claimed: bool, md_status: String },
    /// Ask.
    Ask { question: Question },
}

impl Then {
    /// Whether a lost token leaves open what happened.
    fn asks(&self) -> bool {
        matches!(self, Self::Confirm { .. } | Self::Ask { .. })
    }
}

impl Payments for CcPayment {
    fn sale(ctx: &Context, terms: &Terms, _: &Card) -> Result<Step, Fault> {
        charge(ctx, terms, false)
    }

    fn void(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        if target.operation == operation::REFUND {
            return Err(Fault::Unsupported("the platform documents no way to void a refund".into()));
        }
        look(step::order_of(ctx, target), Undo::whole(target))
    }

    fn refund(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        positive(terms)?;
        look(step::order_of(ctx, target), Undo::part(terms))
    }

    fn inquire(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        let question = Question::of(target, &ctx.order_id);
        let known = step::order_ref(&question.order);
        with_token(Then::Ask { question }, known)
    }

    fn resume(
        ctx: &Context,
        terms: Option<&Terms>,
        state: &[u8],
        reply: &Reply,
        card: Option<&Card>,
    ) -> Result<Step, Fault> {
        match (state::decode::<State>(state)?, reply) {
            (State::Token { then }, Reply::Response(response)) => {
                let asks = then.asks();
                match Answer::read(response) {
                    Ok(answer) => with_the_token(ctx, terms, then, &answer, card),
                    Err(fault) if asks => Err(fault),
                    Err(_) => step::done(step::not_processed("the platform's answer was no token")),
                }
            }
            (State::Write { order }, Reply::Response(response)) => step::done(Answer::read(response)?.outcome(&order)),
            (State::Completed, Reply::Response(response)) => {
                completed(ctx, step::needed(terms)?, &Answer::read(response)?)
            }
            (State::Look { order, undo }, Reply::Response(response)) => undo.looked(&order, response),
            (State::Gate { by_merchant }, Reply::Callback(callback)) => {
                gate::came_back(ctx, step::needed(terms)?, by_merchant, callback)
            }
            (State::Confirm { question, claimed, md_status }, Reply::Response(response)) => {
                step::done(gate::confirmed(&question, claimed, &md_status, &Answer::read(response)?))
            }
            (State::Ask { question }, Reply::Response(response)) => {
                let answer = Answer::read(response)?;
                step::done(question.answer(&inquiry::read(&answer, &question.order)))
            }
            (State::Token { then }, Reply::Failed(failure)) if !then.asks() => {
                step::done(step::not_processed(format!("the platform could not be reached: {}", failure.detail)))
            }
            (State::Look { .. }, Reply::Failed(failure)) => {
                step::done(step::not_processed(format!("the platform could not be reached: {}", failure.detail)))
            }
            (State::Token { .. } | State::Confirm { .. } | State::Ask { .. }, Reply::Failed(failure)) => {
                step::done(step::unknown(format!("the question failed: {}", failure.detail)))
            }
            _ => Err(Fault::InvalidRequest("this reply was not waited for".into())),
        }
    }
}

impl Preauth for CcPayment {
    fn authorize(ctx: &Context, terms: &Terms, _: &Card) -> Result<Step, Fault> {
        charge(ctx, terms, true)
    }

    fn capture(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        positive(terms)?;
        let order = step::order_of(ctx, target);
        let known = step::order_ref(&order);
        with_token(Then::Capture { order }, known)
    }
}

impl ThreeDSecure for CcPayment {
    fn start(ctx: &Context, purpose: Purpose, model: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
        gate::start(ctx, purpose, model, terms, card)
    }

    fn correlate(callback: &Callback) -> Result<String, Fault> {
        let fields = vezne_plugin::callback::Fields::of(callback);
        let order = fields.filled("invoice_id").filter(|order| order_number(order).is_ok());
        order.map(str::to_owned).ok_or_else(|| Fault::UnreadableAnswer("the return names no order".into()))
    }
}

const ORDER_CHARS_MAX: usize = 50;

/// Letters, digits and hyphens; the examples have no others. The documents give no length.
fn order_number(order: &str) -> Result<(), Fault> {
    step::order_number(order, ORDER_CHARS_MAX, "-")
}

/// Currencies the platform documents, as the manifest lists them.
const CURRENCIES: [&str; 3] = ["TRY", "USD", "EUR"];

fn positive(terms: &Terms) -> Result<(), Fault> {
    vezne_plugin::amount::payable(&terms.amount, &CURRENCIES)
}

fn charge(ctx: &Context, terms: &Terms, reserve: bool) -> Result<Step, Fault> {
    positive(terms)?;
    order_number(&ctx.order_id)?;
    if entry::is_keyed_by_clerk(&terms.entry) && !Settings::load()?.mail_order {
        return Err(Fault::Unsupported(
            "the platform has no mark for mail order; this POS account is not marked as opened to it".into(),
        ));
    }
    with_token(Then::Sale { reserve }, step::order_ref(&ctx.order_id))
}

fn look(order: String, undo: Undo) -> Result<Step, Fault> {
    let known = step::order_ref(&order);
    with_token(Then::Look { order, undo }, known)
}

/// Asks for a token first. Nothing is charged by that.
fn with_token(then: Then, known: BankRef) -> Result<Step, Fault> {
    let request = message::token(&Settings::load()?)?;
    step::send(request, Effect::ReadOnly, known, &State::Token { then })
}

/// Here is the token, or none.
fn with_the_token(
    ctx: &Context,
    terms: Option<&Terms>,
    then: Then,
    answer: &Answer,
    card: Option<&Card>,
) -> Result<Step, Fault> {
    let Some(token) = answer.token() else {
        let why = format!("no token: {} {}", answer.code().unwrap_or("no code"), answer.text().unwrap_or_default());
        return step::done(match answer.judge() {
            _ if then.asks() => step::unknown(why),
            Judgement::Refused(code, meaning) => meaning.outcome(&code, answer.text()),
            _ => step::not_processed(why),
        });
    };
    let settings = Settings::load()?;
    let ask = |order: &str| message::request(message::STATUS, Some(token), message::status(&settings, order)?);
    match then {
        Then::Sale { reserve } => {
            let Some(card) = card else {
                return step::done(step::not_processed("the card is no longer held: ask the payer again"));
            };
            let members = message::sale(&settings, ctx, step::needed(terms)?, reserve, card)?;
            let request = message::request(message::SALE, Some(token), members)?;
            write(request, step::order_ref(&ctx.order_id), &ctx.order_id)
        }
        Then::Capture { order } => {
            let members = message::confirm(&settings, &order, Some(&step::needed(terms)?.amount))?;
            write(message::request(message::CONFIRM, Some(token), members)?, step::order_ref(&order), &order)
        }
        Then::Complete { platform_order } => {
            let members = message::complete(&settings, &ctx.order_id, &platform_order)?;
            let request = message::request(message::COMPLETE, Some(token), members)?;
            let known = BankRef { transaction_id: Some(platform_order), ..step::order_ref(&ctx.order_id) };
            step::send(request, Effect::OnceOnlyWrite, known, &State::Completed)
        }
        Then::Refund { order, minor, known } => undo::refund(&settings, token, &order, minor, known),
        Then::Drop { order } => {
            let members = message::confirm(&settings, &order, None)?;
            write(message::request(message::CONFIRM, Some(token), members)?, step::order_ref(&order), &order)
        }
        Then::Look { order, undo } => {
            step::send(ask(&order)?, Effect::ReadOnly, step::order_ref(&order), &State::Look { order, undo })
        }
        Then::Confirm { question, claimed, md_status } => {
            let known = step::order_ref(&question.order);
            let request = ask(&question.order)?;
            step::send(request, Effect::ReadOnly, known, &State::Confirm { question, claimed, md_status })
        }
        Then::Ask { question } => {
            let known = step::order_ref(&question.order);
            step::send(ask(&question.order)?, Effect::ReadOnly, known, &State::Ask { question })
        }
    }
}

fn write(request: HttpRequest, known: BankRef, order: &str) -> Result<Step, Fault> {
    step::send(request, Effect::OnceOnlyWrite, known, &State::Write { order: order.to_owned() })
}

/// The form's amount passed through the payer's browser: a completion that does not say what was charged is
/// looked up.
fn completed(ctx: &Context, terms: &Terms, answer: &Answer) -> Result<Step, Fault> {
    if answer.judge() == Judgement::Approved && answer.minor("amount").is_none() {
        let question = gate::question(ctx, terms);
        let then = Then::Confirm { question, claimed: true, md_status: String::new() };
        return with_token(then, answer.bank_ref(&ctx.order_id));
    }
    step::done(answer.outcome(&ctx.order_id))
}

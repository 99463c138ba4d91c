//! The virtual POS of Kuveyt Türk and Vakıf Katılım. Both come from one system ("BOA"): the same contract
//! in the answers, the same signature, two dialects of requests.
//!
//! Sources: the protocol cards in our design notes, the public vectors of `mewebstudio/pos` (MIT), and for
//! the signature of callbacks and for Vakıf Katılım's mail order what public clients quote from the banks'
//! documents. Where an answer is not clearly a yes or a no the outcome is `unknown`, and [`question`]
//! settles it later.

pub mod answer;
pub mod book;
pub mod change;
pub mod hash;
pub mod katilim;
pub mod kuveyt;
pub mod lines;
pub mod order;
pub mod question;
pub mod settings;
pub mod soap;
pub mod three_d;

use serde::{Deserialize, Serialize};
use vezne_plugin::words::entry;
use vezne_plugin::{
    Callback, Card, Context, Effect, Fault, Payments, Preauth, Purpose, Reply, Step, Target, Terms, ThreeDSecure,
    state, step,
};

use answer::{Answer, Booking};
use change::Sale;
use katilim::Security;
use order::Texts;
use question::Question;
use settings::{Bank, Settings};

/// The connector.
pub struct Boa;

vezne_plugin::export!(Boa: payments, three_d_secure, preauth, history);

/// What is waited for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
pub enum State {
    /// The page that leads the payer to the card's bank.
    Enrol,
    /// The payer, back from there.
    Gate,
    /// The answer to a charge or reservation.
    Charge,
    /// The answer to a capture, void or refund.
    Change {
        /// Our order number.
        order: String,
    },
    /// What was given back before our refund.
    GivenBack {
        /// What is refunded.
        sale: Sale,
        /// Asked to learn it.
        question: Question,
    },
    /// The answer to a question.
    Ask {
        /// What was asked.
        question: Question,
    },
}

impl Payments for Boa {
    fn sale(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        let (settings, texts) = chargeable(ctx, terms)?;
        let by_mail = entry::is_keyed_by_clerk(&terms.entry);
        if by_mail && !settings.mail_order {
            return Err(Fault::Unsupported("this POS account is not open to mail order".into()));
        }
        let order = texts.order();
        let request = match (settings.bank, by_mail) {
            // Kuveyt Türk's sale has no flag for mail order: the store is open to it or not.
            (Bank::Kuveyt, _) => kuveyt::request("/Non3DPayGate", kuveyt::sale(&settings, &order, card)?)?,
            (Bank::Katilim, true) => {
                let message = katilim::charge(&settings, &order, Security::MailOrder, card)?;
                katilim::request("/MailOrderSale", message)?
            }
            (Bank::Katilim, false) => {
                let message = katilim::charge(&settings, &order, Security::NonSecure, card)?;
                katilim::request("/Non3DPayGate", message)?
            }
        };
        step::send(request, Effect::OnceOnlyWrite, step::order_ref(&ctx.order_id), &State::Charge)
    }

    fn void(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        change::void(ctx, target)
    }

    fn refund(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        positive(terms)?;
        change::refund(ctx, terms, target)
    }

    fn inquire(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        let question = Question::of(target, &ctx.order_id);
        question.ask(&Settings::load()?, &State::Ask { question: question.clone() })
    }

    fn resume(
        ctx: &Context,
        terms: Option<&Terms>,
        state: &[u8],
        reply: &Reply,
        _: Option<&Card>,
    ) -> Result<Step, Fault> {
        match (state::decode::<State>(state)?, reply) {
            (State::Enrol, Reply::Response(response)) => three_d::enrolled(ctx, response),
            (State::Gate, Reply::Callback(callback)) => three_d::came_back(ctx, step::needed(terms)?, callback),
            (State::Charge, Reply::Response(response)) => {
                let bank = Settings::load()?.bank;
                step::done(Answer::read(response)?.outcome(bank, &ctx.order_id, terms, Booking::Charge))
            }
            (State::Change { order }, Reply::Response(response)) => {
                let bank = Settings::load()?.bank;
                let answer = match bank {
                    Bank::Kuveyt => Answer::read_service(response)?,
                    Bank::Katilim => Answer::read(response)?,
                };
                step::done(answer.outcome(bank, &order, terms, Booking::Change))
            }
            (State::GivenBack { sale, question }, Reply::Response(response)) => {
                change::send_refund(step::needed(terms)?, &sale, &question, response)
            }
            (State::Ask { question }, Reply::Response(response)) => {
                step::done(question.answered(&Settings::load()?, response)?)
            }
            (State::Enrol | State::GivenBack { .. }, Reply::Failed(failure)) => {
                step::done(step::not_processed(format!("the bank could not be reached: {}", failure.detail)))
            }
            (State::Ask { .. }, Reply::Failed(failure)) => {
                step::done(step::unknown(format!("the question failed: {}", failure.detail)))
            }
            _ => Err(Fault::InvalidRequest("this reply was not waited for".into())),
        }
    }
}

impl Preauth for Boa {
    fn authorize(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        let (settings, texts) = chargeable(ctx, terms)?;
        change::reserves(&settings)?;
        if entry::is_keyed_by_clerk(&terms.entry) {
            return Err(Fault::Unsupported("the bank's mail order has no pre-authorization".into()));
        }
        let message = katilim::charge(&settings, &texts.order(), Security::NonSecure, card)?;
        // The bank's own spelling.
        let request = katilim::request("/PreAuthorizaten", message)?;
        step::send(request, Effect::OnceOnlyWrite, step::order_ref(&ctx.order_id), &State::Charge)
    }

    fn capture(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        positive(terms)?;
        change::capture(ctx, terms, target)
    }
}

impl ThreeDSecure for Boa {
    fn start(ctx: &Context, purpose: Purpose, model: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
        chargeable(ctx, terms)?;
        three_d::start(ctx, purpose, model, terms, card)
    }

    fn correlate(callback: &Callback) -> Result<String, Fault> {
        three_d::correlate(callback)
    }
}

const ORDER_CHARS_MAX: usize = 50;

/// Letters, digits, `-` and `_`: what is known to pass.
pub(crate) fn order_number(order: &str) -> Result<(), Fault> {
    step::order_number(order, ORDER_CHARS_MAX, "-_")
}

/// Currencies of the bank's terminals, as the manifest lists them.
const CURRENCIES: [&str; 5] = ["TRY", "USD", "EUR", "GBP", "RUB"];

/// An amount the bank can take: more than nothing, in a currency it knows.
fn positive(terms: &Terms) -> Result<(), Fault> {
    vezne_plugin::amount::payable(&terms.amount, &CURRENCIES)
}

fn chargeable(ctx: &Context, terms: &Terms) -> Result<(Settings, Texts), Fault> {
    positive(terms)?;
    order_number(&ctx.order_id)?;
    Ok((Settings::load()?, Texts::of(ctx, terms)?))
}

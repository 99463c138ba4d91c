//! PayFlex, the virtual POS of Vakıfbank (VPOS 7/24) and of older stores at Ziraat: VPOS for charges and
//! changes, MPI for 3-D Secure, common payment for the bank's own page, search for questions.
//!
//! Sources: the protocol card in our design notes, the public vectors of `mewebstudio/pos` (MIT) and the
//! public vendor demo. Where an answer is not clearly a yes or a no the outcome is `unknown`, and
//! [`question`] settles it later.

pub mod answer;
pub mod found;
pub mod lines;
pub mod message;
pub mod mpi;
pub mod order;
pub mod page;
pub mod question;
pub mod settings;
pub mod three_d;

use serde::{Deserialize, Serialize};
use vezne_plugin::callback::Fields;
use vezne_plugin::words::entry;
use vezne_plugin::{
    BankRef, Callback, Card, Context, Effect, Fault, Payments, Preauth, Purpose, Reply, Step, Target, Terms,
    ThreeDSecure, amount, host, state, step,
};

use answer::{Answer, Booking};
use message::{Reference, Source};
use order::Order;
use question::Question;
use settings::Settings;

/// The connector.
pub struct Payflex;

vezne_plugin::export!(Payflex: payments, three_d_secure, preauth, history);

/// What is waited for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
pub enum State {
    /// The MPI's answer.
    Enrol {
        /// Reserve instead of charge.
        reserve: bool,
    },
    /// The payer, back from the card's bank.
    Gate {
        /// Reserve instead of charge.
        reserve: bool,
    },
    /// The answer to a charge, capture, void or refund.
    Write {
        /// Our order number.
        order: String,
        /// What was asked for.
        booking: Booking,
    },
    /// The token of the bank's page.
    Register,
    /// The payer, back from the bank's page.
    Page {
        /// What the bank calls the visit.
        token: String,
    },
    /// What the bank says of the visit.
    Confirm {
        /// What the bank calls the visit.
        token: String,
    },
    /// The answer to a question.
    Ask {
        /// What was asked.
        question: Question,
    },
}

impl Payments for Payflex {
    fn sale(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        charge(ctx, terms, card, false)
    }

    fn void(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        let settings = Settings::load()?;
        let (original, transaction) = (original(target)?, new_transaction());
        let message = message::cancel(&settings, &reference(ctx, &original, &transaction))?;
        let voids = vec![(question::VOIDS.to_owned(), original.clone())];
        write(message, known(ctx, target, &transaction, voids), Booking::Void)
    }

    fn refund(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        positive(terms)?;
        let settings = Settings::load()?;
        let (original, transaction) = (original(target)?, new_transaction());
        let amount = amount::decimal(&terms.amount)?;
        let message = message::refund(&settings, &reference(ctx, &original, &transaction), &amount)?;
        write(message, known(ctx, target, &transaction, Vec::new()), Booking::Amount)
    }

    fn inquire(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        Question::of(target, &ctx.order_id).ask(&Settings::load()?)
    }

    fn resume(
        ctx: &Context,
        terms: Option<&Terms>,
        state: &[u8],
        reply: &Reply,
        card: Option<&Card>,
    ) -> Result<Step, Fault> {
        match (state::decode::<State>(state)?, reply) {
            (State::Enrol { reserve }, Reply::Response(response)) => three_d::enrolled(ctx, reserve, response),
            (State::Gate { reserve }, Reply::Callback(callback)) => {
                three_d::came_back(ctx, step::needed(terms)?, reserve, callback, card)
            }
            (State::Write { order, booking }, Reply::Response(response)) => {
                step::done(Answer::read(response)?.outcome(&order, terms, booking))
            }
            (State::Register, Reply::Response(response)) => page::registered(ctx, response),
            (State::Page { token }, Reply::Callback(callback)) => page::came_back(ctx, &token, callback),
            (State::Confirm { token }, Reply::Response(response)) => {
                let told = page::Told::of(answer::document(response)?);
                step::done(told.outcome(ctx, &token, step::needed(terms)?))
            }
            (State::Ask { question }, Reply::Response(response)) => step::done(question.judge(&found::read(response)?)),
            (State::Enrol { .. } | State::Register, Reply::Failed(failure)) => {
                step::done(step::not_processed(format!("the bank could not be reached: {}", failure.detail)))
            }
            (State::Confirm { .. } | State::Ask { .. }, Reply::Failed(failure)) => {
                step::done(step::unknown(format!("the question failed: {}", failure.detail)))
            }
            _ => Err(Fault::InvalidRequest("this reply was not waited for".into())),
        }
    }
}

impl Preauth for Payflex {
    fn authorize(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        charge(ctx, terms, card, true)
    }

    fn capture(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        positive(terms)?;
        let settings = Settings::load()?;
        let (original, transaction) = (original(target)?, new_transaction());
        let (total, currency) = (amount::decimal(&terms.amount)?, amount::numeric_currency(&terms.amount));
        let message = message::capture(&settings, &reference(ctx, &original, &transaction), &total, &currency)?;
        write(message, known(ctx, target, &transaction, Vec::new()), Booking::Amount)
    }
}

impl ThreeDSecure for Payflex {
    fn start(ctx: &Context, purpose: Purpose, model: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
        positive(terms)?;
        order_number(&ctx.order_id)?;
        three_d::start(ctx, purpose, model, terms, card)
    }

    fn correlate(callback: &Callback) -> Result<String, Fault> {
        let enrolment = mpi::Back::of(Fields::of(callback)).request_id;
        if order_number(&enrolment).is_ok() {
            return Ok(enrolment);
        }
        let names_none = || Fault::UnreadableAnswer("the callback names no payment".into());
        page::correlate(callback).ok_or_else(names_none)
    }
}

const NUMBER_CHARS_MAX: usize = 40;

/// Order and transaction have at most 40 characters.
fn order_number(order: &str) -> Result<(), Fault> {
    step::order_number(order, NUMBER_CHARS_MAX, "-_")
}

/// Currencies of the bank's terminals, as the manifest lists them.
const CURRENCIES: [&str; 4] = ["TRY", "USD", "EUR", "GBP"];

/// An amount the bank can take: more than nothing, in a currency it knows.
fn positive(terms: &Terms) -> Result<(), Fault> {
    vezne_plugin::amount::payable(&terms.amount, &CURRENCIES)
}

/// The bank's number of what is changed.
fn original(target: &Target) -> Result<String, Fault> {
    let number = target.bank.transaction_id.clone().filter(|number| !number.is_empty());
    number.ok_or_else(|| Fault::InvalidRequest("the bank's number of this payment is not known".into()))
}

/// A number of ours for a change, so that it can be asked for.
fn new_transaction() -> String {
    host::reference(host::ALPHANUMERIC, 32)
}

fn reference<'a>(ctx: &'a Context, original: &'a str, transaction: &'a str) -> Reference<'a> {
    Reference { original, transaction: Some(transaction), ip: ctx.payer_ip.as_deref().unwrap_or_default() }
}

fn known(ctx: &Context, target: &Target, transaction: &str, extra: Vec<(String, String)>) -> BankRef {
    let order = target.bank.bank_order_id.as_deref().unwrap_or(&ctx.order_id);
    BankRef { transaction_id: Some(transaction.to_owned()), extra, ..step::order_ref(order) }
}

fn write(message: vezne_plugin::xml::Element, known: BankRef, booking: Booking) -> Result<Step, Fault> {
    let order = known.bank_order_id.clone().unwrap_or_default();
    step::send(message::request(message)?, Effect::OnceOnlyWrite, known, &State::Write { order, booking })
}

/// The bank refuses a charge that does not say where the payer is (1096, `ClientIp`).
fn payer_address(ctx: &Context) -> Result<(), Fault> {
    let known = ctx.payer_ip.as_ref().is_some_and(|address| !address.is_empty());
    if known { Ok(()) } else { Err(Fault::InvalidRequest("the bank wants the payer's network address".into())) }
}

/// A charge without 3-D Secure. Its number is the order's, which is used once.
fn charge(ctx: &Context, terms: &Terms, card: &Card, reserve: bool) -> Result<Step, Fault> {
    positive(terms)?;
    order_number(&ctx.order_id)?;
    mpi::not_recurring(ctx)?;
    payer_address(ctx)?;
    let settings = Settings::load()?;
    let by_mail = entry::is_keyed_by_clerk(&terms.entry);
    if by_mail && !settings.mail_order {
        return Err(Fault::Unsupported("this POS account is not open to mail order".into()));
    }
    let source = if by_mail { Source::MailOrder } else { Source::Ecommerce };
    let order = Order::of(ctx, terms)?;
    let message = message::charge(&settings, &order, reserve, source, Some(&ctx.order_id), card)?;
    let known = BankRef { transaction_id: Some(ctx.order_id.clone()), ..step::order_ref(&ctx.order_id) };
    write(message, known, Booking::Amount)
}

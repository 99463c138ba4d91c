//! Param (`TurkPos`): a payment institution's virtual POS, SOAP with operations in Turkish.
//!
//! Sources: Param's own pages for developers, the protocol card in our design notes and the public vectors of
//! `mewebstudio/pos` (MIT). Where an answer is not clearly a yes or a no the outcome is `unknown`, and
//! [`question`] settles it later.

pub mod answer;
pub mod gate;
pub mod hash;
pub mod history;
pub mod lines;
pub mod message;
pub mod order_status;
pub mod question;
pub mod settings;
pub mod soap;
pub mod three_d;

use serde::{Deserialize, Serialize};
use vezne_plugin::words::{entry, operation};
use vezne_plugin::{
    BankRef, Callback, Card, Context, Effect, Fault, HttpResponse, Payments, Preauth, Purpose, Reply, Step, Target,
    Terms, ThreeDSecure, amount, state, step,
};

use answer::Answer;
use message::Order;
use order_status::Found;
use question::Question;
use settings::Settings;
use soap::Call;

/// The connector.
pub struct Param;

vezne_plugin::export!(Param: payments, three_d_secure, preauth, history);

/// What is waited for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
enum State {
    /// The answer to an operation that books.
    Write { operation: String, order: String },
    /// What was given back already, before our refund is sent.
    RefundedBefore { question: Question },
    /// The way to the gate.
    Enrol { operation: String, model: String, reserve: bool },
    /// The payer, back from the gate.
    Gate(three_d::Visit),
    /// The order's line, to settle what a callback claims.
    Confirm { question: Question },
    /// The answer to a question.
    Ask { question: Question },
}

impl Payments for Param {
    fn sale(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        charge_card(ctx, terms, card, false)
    }

    fn void(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        let settings = Settings::load()?;
        let order = step::order_of(ctx, target);
        match target.operation.as_str() {
            operation::REFUND => {
                Err(Fault::Unsupported("Param voids a payment as a whole, not one of its refunds".into()))
            }
            operation::AUTHORIZE => write(message::void_reservation(&settings, &order)?, order),
            _ => write(message::reversal(&settings, false, &order, &target.terms.amount)?, order),
        }
    }

    fn refund(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        positive(terms)?;
        let settings = Settings::load()?;
        // A refund gets no number of ours. Whether it happened can be told later, if it must be, from what had
        // been given back before.
        let question = Question {
            number: step::order_of(ctx, target),
            hosted: false,
            renamed: false,
            operation: operation::REFUND.to_owned(),
            minor: terms.amount.minor,
            exponent: terms.amount.exponent,
            refunded_before: None,
        };
        let (request, known) = (question.request(&settings)?, step::order_ref(&question.number));
        step::send(request, Effect::ReadOnly, known, &State::RefundedBefore { question })
    }

    fn inquire(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        let question = Question::of(target, &ctx.order_id);
        let known = BankRef { bank_order_id: target.bank.bank_order_id.clone(), ..step::order_ref("") };
        let request = question.request(&Settings::load()?)?;
        step::send(request, Effect::ReadOnly, known, &State::Ask { question })
    }

    fn resume(
        ctx: &Context,
        terms: Option<&Terms>,
        state: &[u8],
        reply: &Reply,
        _: Option<&Card>,
    ) -> Result<Step, Fault> {
        match (state::decode::<State>(state)?, reply) {
            (State::Write { operation, order }, Reply::Response(response)) => {
                step::done(Answer::of(&operation, soap::result(response, &operation)?).outcome(&order))
            }
            (State::RefundedBefore { question }, Reply::Response(response)) => {
                send_refund(step::needed(terms)?, &question, response)
            }
            (State::Enrol { operation, model, reserve }, Reply::Response(response)) => {
                three_d::enrolled(ctx, &operation, model, reserve, response)
            }
            (State::RefundedBefore { .. } | State::Enrol { .. }, Reply::Failed(failure)) => {
                step::done(step::not_processed(format!("Param could not be reached: {}", failure.detail)))
            }
            (State::Gate(visit), Reply::Callback(callback)) => {
                three_d::came_back(ctx, step::needed(terms)?, &visit, callback)
            }
            (State::Confirm { question }, Reply::Response(response)) => {
                three_d::confirmed(&question, &question.read(response)?)
            }
            (State::Ask { question }, Reply::Response(response)) => {
                step::done(question.answered(&question.read(response)?))
            }
            (State::Confirm { .. } | State::Ask { .. }, Reply::Failed(failure)) => {
                step::done(step::unknown(format!("the question failed: {}", failure.detail)))
            }
            _ => Err(Fault::InvalidRequest("this reply was not waited for".into())),
        }
    }
}

impl Preauth for Param {
    fn authorize(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        charge_card(ctx, terms, card, true)
    }

    fn capture(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        positive(terms)?;
        let order = step::order_of(ctx, target);
        write(message::capture(&Settings::load()?, &order, &amount::comma(&terms.amount)?)?, order)
    }
}

impl ThreeDSecure for Param {
    fn start(ctx: &Context, purpose: Purpose, model: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
        chargeable(ctx, terms)?;
        three_d::start(ctx, purpose, model, terms, card)
    }

    fn correlate(callback: &Callback) -> Result<String, Fault> {
        let number = gate::number(callback).filter(|number| number.len() <= ORDER_CHARS_MAX);
        number.map(str::to_owned).ok_or_else(|| Fault::UnreadableAnswer("the callback names no order".into()))
    }
}

/// `Siparis_ID` has at most 36 characters (error -104).
const ORDER_CHARS_MAX: usize = 36;

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
        return Err(Fault::Unsupported("Param does not repeat orders by itself".into()));
    }
    order_number(&ctx.order_id)
}

/// An order's values as Param writes them.
struct Texts {
    amount: String,
    instalments: String,
    currency: Option<&'static str>,
}

impl Texts {
    fn of(ctx: &Context, terms: &Terms) -> Result<Self, Fault> {
        chargeable(ctx, terms)?;
        Ok(Self {
            amount: amount::comma(&terms.amount)?,
            instalments: terms.installments.max(1).to_string(),
            currency: message::foreign_currency(&terms.amount)?,
        })
    }

    /// Our order number is both of Param's: the hosted page keeps only the second one.
    fn order<'a>(&'a self, ctx: &'a Context) -> Order<'a> {
        Order {
            id: &ctx.order_id,
            transaction: &ctx.order_id,
            ip: ctx.payer_ip.as_deref().unwrap_or_default(),
            amount: &self.amount,
            currency: self.currency,
            instalments: &self.instalments,
            ok_url: &ctx.callback_url,
            fail_url: &ctx.callback_url,
        }
    }
}

/// Charges or reserves without the gate. Param has no flag for mail order: the account itself is open to
/// payments without 3-D Secure or not.
fn charge_card(ctx: &Context, terms: &Terms, card: &Card, reserve: bool) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    if entry::is_keyed_by_clerk(&terms.entry) && !settings.mail_order {
        return Err(Fault::Unsupported("this POS account is not open to mail order".into()));
    }
    let texts = Texts::of(ctx, terms)?;
    if reserve && texts.currency.is_some() {
        return Err(Fault::Unsupported("Param reserves in lira only".into()));
    }
    write(message::direct(&settings, reserve, &texts.order(ctx), card)?, ctx.order_id.clone())
}

fn write(call: Call, order: String) -> Result<Step, Fault> {
    write_knowing(call, step::order_ref(&order), order)
}

fn write_knowing(call: Call, known: BankRef, order: String) -> Result<Step, Fault> {
    let waiting = State::Write { operation: call.operation.to_owned(), order };
    step::send(call.into_request()?, Effect::OnceOnlyWrite, known, &waiting)
}

/// Sends the refund itself, once it is known what was given back before.
fn send_refund(terms: &Terms, question: &Question, response: &HttpResponse) -> Result<Step, Fault> {
    let before = match question.read(response) {
        Ok(Found::Order(status)) => status.refunded,
        Ok(Found::Nothing | Found::Unclear(_)) => None,
        Err(_) => return step::done(step::not_processed("Param could not say what was refunded before")),
    };
    let before = before.map(|minor| (question::REFUNDED_BEFORE.to_owned(), minor.to_string()));
    let known = BankRef { extra: before.into_iter().collect(), ..step::order_ref(&question.number) };
    let call = message::reversal(&Settings::load()?, true, &question.number, &terms.amount)?;
    write_knowing(call, known, question.number.clone())
}

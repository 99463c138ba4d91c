//! Albaraka's PosNet V1: JSON over HTTPS, every request signed with the store's key.
//!
//! Sources: the public vectors of `mewebstudio/pos` (MIT), its published source, and Yapı Kredi's PosNet
//! document, whose codes and rules the bank shares. The bank has no word for "done before": an order number
//! that was used (0127) is looked up, and only its book makes it a yes.

pub mod answer;
pub mod gate;
pub mod give_back;
pub mod lines;
pub mod mac;
pub mod message;
pub mod settings;
pub mod three_d;

use posnet_orders::question::{AUTH, CAPT, Question, RETURN, SALE, STANDS_AS};
use posnet_orders::{number, written};
use serde::{Deserialize, Serialize};
use vezne_plugin::words::entry;
use vezne_plugin::{
    BankRef, Callback, Card, Context, Effect, Fault, HttpRequest, HttpResponse, Outcome, Payments, Preauth, Purpose,
    Reply, Step, Target, Terms, ThreeDSecure, amount, state, step,
};

use answer::{Answer, Found, Judgement};
use give_back::Original;
use message::Charge;
use settings::Settings;
use three_d::Visit;

/// The connector.
pub struct PosnetV1;

vezne_plugin::export!(PosnetV1: payments, three_d_secure, preauth, history);

/// What is waited for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
enum State {
    /// The answer to a charge.
    Charge { reserve: bool, three_d: bool },
    /// The order's transactions, after the bank said its number was used before.
    Confirm { question: Question },
    /// The answer to a capture.
    Capture { order: String },
    /// The order's transactions, to void what stands.
    BeforeVoid { original: Original },
    /// The answer to a void, and the reservation that falls after it.
    Void { original: Original, then: Option<Original> },
    /// The answer to the void of a reservation whose capture is void already.
    VoidRest { order: String },
    /// The refunds that are there already.
    BeforeRefund { original: Original },
    /// The answer to a refund.
    Refund { order: String },
    /// The payer, back from the gate.
    Gate(Visit),
    /// The answer to a question.
    Ask { question: Question },
}

impl Payments for PosnetV1 {
    fn sale(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        charge_card(ctx, terms, card, false)
    }

    fn void(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        give_back::void(ctx, target)
    }

    fn refund(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        give_back::refund(ctx, terms, target)
    }

    fn inquire(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        let question = Question::of(ctx, target);
        let request = request_inquiry(&question.order, question.three_d, &ctx.order_id)?;
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
            (state, Reply::Response(response)) => resumed(ctx, terms, state, response),
            (State::Gate(visit), Reply::Callback(callback)) => {
                three_d::came_back(ctx, step::needed(terms)?, visit, callback)
            }
            (State::Ask { .. } | State::Confirm { .. }, Reply::Failed(failure)) => {
                step::done(step::unknown(format!("the question failed: {}", failure.detail)))
            }
            (State::BeforeVoid { .. } | State::BeforeRefund { .. }, Reply::Failed(failure)) => {
                step::done(step::not_processed(format!("the bank could not be reached: {}", failure.detail)))
            }
            _ => Err(Fault::InvalidRequest("this reply was not waited for".into())),
        }
    }
}

impl Preauth for PosnetV1 {
    fn authorize(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        charge_card(ctx, terms, card, true)
    }

    fn capture(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        positive(terms)?;
        let settings = Settings::load()?;
        let original = Original::of(ctx, target);
        let without = || Fault::InvalidRequest("the bank captures by its own key, and it is not known".into());
        let key = original.key.as_deref().ok_or_else(without)?;
        let charge = Charge {
            order: &original.order,
            amount: &amount::minor(&terms.amount)?,
            currency: written::currency(&terms.amount)?,
            instalments: written::instalments(terms),
        };
        let message = message::capture(&settings, key, &charge)?;
        let request = message::request(&settings, message, &ctx.order_id)?;
        let waiting = State::Capture { order: original.order.clone() };
        step::send(request, Effect::OnceOnlyWrite, step::order_ref(&original.order), &waiting)
    }
}

impl ThreeDSecure for PosnetV1 {
    fn start(ctx: &Context, purpose: Purpose, model: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
        three_d::start(ctx, purpose, model, terms, card)
    }

    fn correlate(callback: &Callback) -> Result<String, Fault> {
        three_d::correlate(callback)
    }
}

/// Goes on with an answer of the bank.
fn resumed(ctx: &Context, terms: Option<&Terms>, state: State, response: &HttpResponse) -> Result<Step, Fault> {
    match state {
        State::Charge { reserve, three_d } => {
            charged(ctx, step::needed(terms)?, reserve, three_d, &Answer::read(response)?)
        }
        State::Confirm { question } => step::done(confirmed(&question, &Answer::read(response)?)),
        State::Capture { order } => finished(&order, CAPT, &Answer::read(response)?),
        State::Refund { order } => finished(&order, RETURN, &Answer::read(response)?),
        State::BeforeVoid { original } => give_back::void_what_stands(ctx, &original, response),
        State::Void { original, then } => give_back::void_answered(ctx, &original, then.as_ref(), response),
        State::VoidRest { order } => give_back::rest_answered(&order, response),
        State::BeforeRefund { original } => give_back::send_refund(ctx, step::needed(terms)?, &original, response),
        State::Ask { question } => step::done(match Answer::read(response)?.found() {
            Found::Rows(rows) => question.judge(&rows),
            Found::Nothing => step::not_processed("the bank has no such order"),
            Found::Unclear(why) => step::unknown(why),
        }),
        State::Gate(_) => Err(Fault::InvalidRequest("this reply was not waited for".into())),
    }
}

fn charge_card(ctx: &Context, terms: &Terms, card: &Card, reserve: bool) -> Result<Step, Fault> {
    positive(terms)?;
    no_sub_dealer(ctx)?;
    let settings = Settings::load()?;
    let mail_order = entry::is_keyed_by_clerk(&terms.entry);
    if mail_order && !settings.mail_order {
        return Err(Fault::Unsupported("this POS account is not open to mail order".into()));
    }
    let campaign = campaign(ctx)?;
    let charge = Charge {
        order: &ctx.order_id,
        amount: &amount::minor(&terms.amount)?,
        currency: written::currency(&terms.amount)?,
        instalments: written::instalments(terms),
    };
    let message = message::charge(&settings, reserve, &charge, card, mail_order, campaign.as_deref())?;
    let known = known(&ctx.order_id, stands_as(reserve));
    let request = message::request(&settings, message, &ctx.order_id)?;
    step::send(request, Effect::OnceOnlyWrite, known, &State::Charge { reserve, three_d: false })
}

/// The campaign the payer chose (Joker Vadaa), one digit.
fn campaign(ctx: &Context) -> Result<Option<String>, Fault> {
    let chosen = ctx.attributes.iter().find(|(name, value)| name == "koi-code" && !value.is_empty());
    match chosen.map(|(_, value)| value.as_str()) {
        None => Ok(None),
        Some(code @ ("1" | "2" | "3" | "4" | "5")) => Ok(Some(code.to_owned())),
        Some(_) => Err(Fault::InvalidRequest("the campaign is none of 1 to 5".into())),
    }
}

/// The bank's `DealerData` is documented nowhere in public: a sub-dealer's payment would be the store's own.
fn no_sub_dealer(ctx: &Context) -> Result<(), Fault> {
    let named = ctx.attributes.iter().any(|(name, value)| name == "sub-dealer-identity" && !value.is_empty());
    if named { Err(Fault::Unsupported("this connector cannot name a sub-dealer to Albaraka".into())) } else { Ok(()) }
}

/// The answer to a charge.
fn charged(ctx: &Context, terms: &Terms, reserve: bool, three_d: bool, answer: &Answer) -> Result<Step, Fault> {
    match answer.judge() {
        Judgement::Approved if answer.key().is_some() => step::done(answer.approval(&ctx.order_id, stands_as(reserve))),
        Judgement::Approved => step::done(step::unknown("the yes has no key of the bank")),
        Judgement::UsedBefore => {
            let question = Question::about_charge(&ctx.order_id, three_d, reserve, terms.amount.minor);
            let request = request_inquiry(&question.order, three_d, &ctx.order_id)?;
            step::send(request, Effect::ReadOnly, step::order_ref(&question.order), &State::Confirm { question })
        }
        _ => step::done(answer.not_approved()),
    }
}

/// Only a yes with an amount confirms: whatever else the book shows, the number was used.
fn confirmed(question: &Question, answer: &Answer) -> Outcome {
    match answer.found() {
        Found::Rows(rows) => match question.judge(&rows) {
            Outcome::Approved(approval) if approval.stated.minor.is_some() => Outcome::Approved(approval),
            _ => step::unknown("the order number was used before, and the bank's book shows no charge"),
        },
        _ => step::unknown("the order number was used before, and the bank could not be asked"),
    }
}

/// The answer to a capture or refund.
fn finished(order: &str, stands_as: &str, answer: &Answer) -> Result<Step, Fault> {
    step::done(match answer.judge() {
        Judgement::Approved => answer.approval(order, stands_as),
        _ => answer.not_approved(),
    })
}

/// The question for an order's transactions.
fn request_inquiry(order: &str, three_d: bool, correlation: &str) -> Result<HttpRequest, Fault> {
    let settings = Settings::load()?;
    let message = message::inquiry(&settings, &number::address(order, three_d)?)?;
    message::request(&settings, message, correlation)
}

/// By what a charge is found if no answer ever comes.
fn known(order: &str, stands_as: &str) -> BankRef {
    BankRef { extra: vec![(STANDS_AS.to_owned(), stands_as.to_owned())], ..step::order_ref(order) }
}

/// What a charge is to a later void.
fn stands_as(reserve: bool) -> &'static str {
    if reserve { AUTH } else { SALE }
}

/// Currencies of the bank's terminals, as the manifest lists them.
const CURRENCIES: [&str; 3] = ["TRY", "USD", "EUR"];

/// An amount the bank can take: more than nothing, in a currency it knows.
fn positive(terms: &Terms) -> Result<(), Fault> {
    vezne_plugin::amount::payable(&terms.amount, &CURRENCIES)
}

//! Yapı Kredi's PosNet: XML over HTTPS, the store known by its number, its terminal and its address.
//!
//! Sources: the bank's PosNet XML document v2.1.1.3 as restated in our design notes, and the public vectors of
//! `mewebstudio/pos` (MIT). The bank has no signature on what is not 3-D; where an answer is not clearly a yes
//! or a no the outcome is `unknown`, and the order's transactions settle it later. The bank repeats its first
//! answer when an order comes twice (`approved` 2): that is a yes, once its book confirms the amount.

pub mod agreement;
pub mod answer;
pub mod give_back;
pub mod lines;
pub mod mac;
pub mod message;
pub mod partner;
pub mod points;
pub mod reconciliation;
pub mod settings;
pub mod three_d;

use posnet_orders::question::{AUTH, CAPT, Question, RETURN, SALE, STANDS_AS};
use posnet_orders::{number, written};
use serde::{Deserialize, Serialize};
use vezne_plugin::points::Look;
use vezne_plugin::words::entry;
use vezne_plugin::{
    BankRef, Callback, Card, Context, Effect, Fault, HttpRequest, HttpResponse, Outcome, Payments, Points, Preauth,
    Purpose, Reply, Step, Target, Terms, ThreeDSecure, amount, host, state, step,
};

use agreement::Found;
use answer::{Answer, Judgement};
use give_back::Original;
use message::{Charge, Packets};
use partner::Partner;
use settings::Settings;
use three_d::Visit;

/// The connector.
pub struct Posnet;

vezne_plugin::export!(Posnet: payments, three_d_secure, preauth, points, history);

/// What is waited for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
enum State {
    /// The answer to a charge.
    Charge { reserve: bool, three_d: bool },
    /// The order's transactions, after the bank said it had done this before.
    Confirm { question: Question },
    /// The answer to a capture.
    Capture { question: Question },
    /// The order's transactions, to void what stands.
    BeforeVoid { original: Original },
    /// The answer to a void, and the reservation that falls after it.
    Void { original: Original, transaction: String, then: Option<Original> },
    /// The answer to the void of a reservation whose capture is void already.
    VoidRest { order: String },
    /// The refunds that are there already.
    BeforeRefund { original: Original },
    /// The answer to a refund.
    Refund { order: String },
    /// What the bank encrypts for the gate.
    Encrypting(Visit),
    /// The payer, back from the gate.
    Gate(Visit),
    /// What the gate said.
    Resolving { visit: Visit, packets: Packets },
    /// The answer to a question.
    Ask { question: Question },
    /// The answer to the question for points.
    Points,
}

impl Payments for Posnet {
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
        let settings = Settings::load()?;
        let question = Question::of(ctx, target);
        let request = request_agreement(&settings, &Original::of(ctx, target, &settings), &ctx.order_id)?;
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
            (
                State::Encrypting(_) | State::Resolving { .. } | State::BeforeVoid { .. } | State::BeforeRefund { .. },
                Reply::Failed(failure),
            ) => step::done(three_d::unreached(&failure.detail)),
            _ => Err(Fault::InvalidRequest("this reply was not waited for".into())),
        }
    }
}

impl Preauth for Posnet {
    fn authorize(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        charge_card(ctx, terms, card, true)
    }

    fn capture(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        positive(terms)?;
        let settings = Settings::load()?;
        let original = Original::of(ctx, target, &settings);
        let (minor, currency) = (amount::minor(&terms.amount)?, written::currency(&terms.amount)?);
        let count = written::instalments(terms);
        let message = original.with_reference(|of| message::capture(&settings, of, &minor, currency, count))?;
        let question = Question {
            operation: vezne_plugin::words::operation::CAPTURE.to_owned(),
            minor: terms.amount.minor,
            ..Question::of(ctx, target)
        };
        let known = step::order_ref(&original.order);
        let request = message::request(&settings, message, &ctx.order_id)?;
        step::send(request, Effect::OnceOnlyWrite, known, &State::Capture { question })
    }
}

impl ThreeDSecure for Posnet {
    fn start(ctx: &Context, purpose: Purpose, model: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
        three_d::start(ctx, purpose, model, terms, card)
    }

    fn correlate(callback: &Callback) -> Result<String, Fault> {
        three_d::correlate(callback)
    }
}

impl Points for Posnet {
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

/// Goes on with an answer of the bank.
fn resumed(ctx: &Context, terms: Option<&Terms>, state: State, response: &HttpResponse) -> Result<Step, Fault> {
    match state {
        State::Charge { reserve, three_d: true } => {
            three_d::charge_answered(ctx, step::needed(terms)?, reserve, &Answer::read(response)?)
        }
        State::Charge { reserve, three_d: false } => {
            let terms = step::needed(terms)?;
            let question = Question::about_charge(&ctx.order_id, false, reserve, terms.amount.minor);
            let question = question.with_points(vezne_plugin::points::were_used(ctx));
            charged(ctx, terms, reserve, &Answer::read(response)?, question)
        }
        State::Confirm { question } => step::done(confirmed(&question, &Answer::read(response)?)),
        State::Capture { question } => {
            let answer = Answer::read(response)?;
            match answer.judge() {
                Judgement::Approved => step::done(answer.approval(&question.order, CAPT)),
                Judgement::ApprovedBefore => confirm(ctx, terms, question),
                _ => step::done(answer.not_approved()),
            }
        }
        State::BeforeVoid { original } => give_back::void_what_stands(ctx, &original, response),
        State::Void { original, transaction, then } => {
            give_back::void_answered(ctx, &original, &transaction, then.as_ref(), response)
        }
        State::VoidRest { order } => give_back::rest_answered(&order, response),
        State::BeforeRefund { original } => give_back::send_refund(ctx, step::needed(terms)?, &original, response),
        State::Refund { order } => {
            let answer = Answer::read(response)?;
            step::done(match answer.judge() {
                Judgement::Approved => answer.approval(&order, RETURN),
                // Which refund it repeats is for the inquiry to find out.
                _ => answer.not_approved(),
            })
        }
        State::Encrypting(visit) => three_d::encrypted(ctx, visit, response),
        State::Resolving { visit, packets } => three_d::resolved(ctx, step::needed(terms)?, visit, &packets, response),
        State::Ask { question } => {
            let answer = Answer::read(response)?;
            step::done(match agreement::read(&answer) {
                Found::Rows(rows) => question.judge(&rows),
                Found::Nothing => step::not_processed("the bank has no such order"),
                Found::Unclear(why) => step::unknown(why),
            })
        }
        State::Gate(_) | State::Points => Err(Fault::InvalidRequest("this reply was not waited for".into())),
    }
}

fn charge_card(ctx: &Context, terms: &Terms, card: &Card, reserve: bool) -> Result<Step, Fault> {
    positive(terms)?;
    let settings = Settings::load()?;
    let mail_order = entry::is_keyed_by_clerk(&terms.entry);
    if mail_order && !settings.mail_order {
        return Err(Fault::Unsupported("this POS account is not open to mail order".into()));
    }
    if mail_order && reserve {
        return Err(Fault::Unsupported("Yapı Kredi takes mail order as a sale only, not as a reservation".into()));
    }
    let campaign = campaign(ctx)?;
    let partner = Partner::of(ctx, settings.facilitator.as_ref())?;
    let points = points::paying(ctx, terms, reserve, &partner)?;
    let charge = Charge {
        order: &ctx.order_id,
        amount: &amount::minor(&terms.amount)?,
        currency: written::currency(&terms.amount)?,
        instalments: written::instalments(terms),
        mail_order,
        campaign: campaign.as_deref(),
        points: points.as_deref(),
        partner: &partner,
    };
    let message = message::charge(&settings, reserve, &charge, card)?;
    let known = known(&settings, &ctx.order_id, stands_as(reserve));
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

/// The answer to a charge. One that was approved before is confirmed: the bank repeats its first answer
/// whatever amount came the second time.
fn charged(ctx: &Context, terms: &Terms, reserve: bool, answer: &Answer, question: Question) -> Result<Step, Fault> {
    match answer.judge() {
        Judgement::Approved if answer.key().is_some() => step::done(answer.approval(&ctx.order_id, stands_as(reserve))),
        Judgement::Approved => step::done(step::unknown("the yes has no key of the bank")),
        Judgement::ApprovedBefore => confirm(ctx, Some(terms), question),
        _ => step::done(answer.not_approved()),
    }
}

fn confirm(ctx: &Context, terms: Option<&Terms>, question: Question) -> Result<Step, Fault> {
    step::needed(terms)?;
    let settings = Settings::load()?;
    let day = settings.order_date.then(|| written::day(i64::try_from(host::now_ms()).unwrap_or_default()));
    let message = message::agreement(&settings, &question.address()?, day.as_deref());
    let request = message::request(&settings, message, &ctx.order_id)?;
    step::send(request, Effect::ReadOnly, step::order_ref(&question.order), &State::Confirm { question })
}

/// Only a yes with an amount confirms: whatever else the book shows, the bank has said that it charged.
fn confirmed(question: &Question, answer: &Answer) -> Outcome {
    match agreement::read(answer) {
        Found::Rows(rows) => match question.judge(&rows) {
            Outcome::Approved(approval) if approval.stated.minor.is_some() => Outcome::Approved(approval),
            _ => step::unknown("the bank says it was done before, and its book does not confirm it"),
        },
        _ => step::unknown("the bank says it was done before, and could not be asked"),
    }
}

/// The question for an order's transactions.
fn request_agreement(settings: &Settings, original: &Original, order: &str) -> Result<HttpRequest, Fault> {
    let address = number::address(&original.order, original.three_d)?;
    message::request(settings, message::agreement(settings, &address, original.day.as_deref()), order)
}

/// By what a charge is found if no answer ever comes.
fn known(settings: &Settings, order: &str, stands_as: &str) -> BankRef {
    let day = settings.order_date.then(|| written::day(i64::try_from(host::now_ms()).unwrap_or_default()));
    let day = day.map(|day| (give_back::ORDER_DAY.to_owned(), day));
    let extra = [(STANDS_AS.to_owned(), stands_as.to_owned())].into_iter().chain(day).collect();
    BankRef { extra, ..step::order_ref(order) }
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

//! A connector of an invented bank that calls every function of the contract and exports every optional interface.
//!
//! Its component is kept as it was built when a version of the contract was published (`tests/contract`), and every
//! host must go on running it. So it does what a bank's connector does, and nothing that a later SDK may change.

mod message;

use serde::{Deserialize, Serialize};
use vezne_plugin::callback::Fields;
use vezne_plugin::history::{self, Line, Look};
use vezne_plugin::json::Tree;
use vezne_plugin::points;
use vezne_plugin::words::{attribute, category, model, operation};
use vezne_plugin::{
    BankRef, BrowserAction, Callback, Card, Context, Decline, Effect, Fault, History, HttpResponse, Outcome, Payments,
    Points, Preauth, Purpose, Reply, Stated, Step, Target, Terms, ThreeDSecure, state, step, value,
};

use message::Message;

struct Whole;

vezne_plugin::export!(Whole: payments, three_d_secure, preauth, history, points);

/// What is waited for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
enum State {
    /// The bank's word on an operation, or on a question.
    Answer,
    /// The payer.
    Gate { reserve: bool, charges: bool },
    /// A list.
    List,
    /// What points are worth.
    Points,
}

impl Payments for Whole {
    fn sale(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        charge(ctx, terms, card, operation::SALE)
    }

    fn void(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        let message = Message::new(operation::VOID, ctx)?.target(target);
        write(message.into_request(Some(&target.terms))?, ctx)
    }

    fn refund(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        let message = Message::new(operation::REFUND, ctx)?.terms(terms).target(target);
        write(message.into_request(Some(terms))?, ctx)
    }

    fn inquire(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        let request = Message::new("inquire", ctx)?.target(target).into_request(None)?;
        step::send(request, Effect::ReadOnly, known(ctx), &State::Answer)
    }

    fn resume(
        ctx: &Context,
        terms: Option<&Terms>,
        state: &[u8],
        reply: &Reply,
        card: Option<&Card>,
    ) -> Result<Step, Fault> {
        match (state::decode::<State>(state)?, reply) {
            (State::Answer, Reply::Response(response)) => step::done(judged(response)?),
            (State::Answer, Reply::Failed(failure)) => step::done(step::unknown(failure.detail.clone())),
            (State::Gate { reserve, charges }, Reply::Callback(callback)) => {
                came_back(ctx, step::needed(terms)?, (reserve, charges), callback, card)
            }
            _ => Err(Fault::InvalidRequest("this reply was not waited for".into())),
        }
    }
}

impl Preauth for Whole {
    fn authorize(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        charge(ctx, terms, card, operation::AUTHORIZE)
    }

    fn capture(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
        let message = Message::new(operation::CAPTURE, ctx)?.terms(terms).target(target);
        write(message.into_request(Some(terms))?, ctx)
    }
}

impl ThreeDSecure for Whole {
    fn start(ctx: &Context, purpose: Purpose, wanted: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
        let reserve = purpose == Purpose::Authorize;
        let charges = wanted != model::THREE_D;
        let message = priced(operation::of_charge(reserve), ctx, terms)?;
        let action = match (wanted, card) {
            (model::THREE_D | model::THREE_D_PAY, Some(card)) => {
                BrowserAction::PostForm(step::browser_form("gate", "", message.bare_card(card)?))
            }
            (model::THREE_D_HOST, _) => BrowserAction::Redirect(step::browser_form("gate", "/page", message.form()?)),
            (model::THREE_D | model::THREE_D_PAY, None) => {
                return Err(Fault::InvalidRequest(format!("the model {wanted} needs the card")));
            }
            _ => return Err(Fault::Unsupported(format!("the model {wanted} is not known"))),
        };
        let effect = if charges { Effect::OnceOnlyWrite } else { Effect::ReadOnly };
        step::browse_with(action, effect, &ctx.order_id, known(ctx), &State::Gate { reserve, charges })
    }

    fn correlate(callback: &Callback) -> Result<String, Fault> {
        let order = Fields::of(callback).filled("order").map(str::to_owned);
        order.ok_or_else(|| Fault::UnreadableAnswer("the callback names no order".into()))
    }
}

impl History for Whole {
    fn of_order(ctx: &Context, target: &Target) -> Result<Look, Fault> {
        let request = Message::new("list-order", ctx)?.target(target).into_request(None)?;
        history::ask(request, Some(&ctx.order_id), &State::List)
    }

    fn of_day(ctx: &Context, day: &str, next: Option<&[u8]>) -> Result<Look, Fault> {
        let page = history::page(next)?.to_string();
        let request = Message::new("list-day", ctx)?.field("day", day).field("page", &page).into_request(None)?;
        history::ask(request, None, &State::List)
    }

    fn go_on(_: &Context, state: &[u8], reply: &Reply) -> Result<Look, Fault> {
        let State::List = state::decode::<State>(state)? else {
            return Err(Fault::InvalidRequest("this reply was not waited for".into()));
        };
        let tree = Tree::read(&history::answer(reply)?.body)?;
        history::listed(tree.items("lines").iter().map(line).collect())
    }
}

impl Points for Whole {
    fn ask(ctx: &Context, terms: &Terms, card: &Card) -> Result<points::Look, Fault> {
        let message = Message::new("points", ctx)?.terms(terms).card(card)?;
        points::ask(message.into_request(Some(terms))?, known(ctx), &State::Points)
    }

    fn go_on(_: &Context, _: &Terms, state: &[u8], reply: &Reply) -> Result<points::Look, Fault> {
        let State::Points = state::decode::<State>(state)? else {
            return Err(Fault::InvalidRequest("this reply was not waited for".into()));
        };
        let response = points::answer(reply)?;
        let tree = Tree::read(&response.body)?;
        match (tree.filled("minor").and_then(|minor| minor.parse().ok()), tree.filled("currency")) {
            (Some(minor), Some(currency)) => points::told(minor, currency, Vec::new()),
            _ => points::refused(judged(response)?),
        }
    }
}

fn line(tree: &Tree) -> Line {
    let bank = step::order_ref(tree.text("order").unwrap_or_default());
    Line {
        minor: tree.filled("minor").and_then(|minor| minor.parse().ok()),
        ..history::line(tree.filled("operation"), tree.filled("standing").unwrap_or(history::standing::UNCLEAR), bank)
    }
}

fn known(ctx: &Context) -> BankRef {
    BankRef { extra: vec![("attempt".to_owned(), ctx.attempt_id.clone())], ..step::order_ref(&ctx.order_id) }
}

fn write(request: vezne_plugin::HttpRequest, ctx: &Context) -> Result<Step, Fault> {
    step::send(request, Effect::OnceOnlyWrite, known(ctx), &State::Answer)
}

/// How much, and what points pay of it.
fn priced(operation: &str, ctx: &Context, terms: &Terms) -> Result<Message, Fault> {
    let message = Message::new(operation, ctx)?.terms(terms);
    Ok(match points::wanted(ctx, terms)? {
        Some(minor) => message.field("points", &minor.to_string()),
        None => message,
    })
}

fn charge(ctx: &Context, terms: &Terms, card: &Card, operation: &str) -> Result<Step, Fault> {
    let message = priced(operation, ctx, terms)?.card(card)?;
    write(message.into_request(Some(terms))?, ctx)
}

/// The payer is back: the signature first, then order and result.
fn came_back(
    ctx: &Context,
    terms: &Terms,
    (reserve, charges): (bool, bool),
    callback: &Callback,
    card: Option<&Card>,
) -> Result<Step, Fault> {
    let fields = Fields::of(callback);
    let of = |name: &str| fields.get(name).unwrap_or_default();
    let (order, result, minor, currency) = (of("order"), of("result"), of("minor"), of("currency"));
    let ours = message::signature(&[order, result, minor, currency])?;
    if order != ctx.order_id || !value::equals_ignoring_case(&ours, of("signature")) {
        return Err(Fault::NotAuthentic("the callback is not the bank's".into()));
    }
    match (result, charges, card) {
        ("yes", true, _) => {
            let stated = Stated {
                minor: minor.parse().ok(),
                currency: Some(currency.to_owned()),
                order_id: Some(order.to_owned()),
            };
            step::done(step::approved(known(ctx), stated, Some(result.to_owned()), Vec::new()))
        }
        ("yes", false, Some(card)) => charge(ctx, terms, card, operation::of_charge(reserve)),
        ("yes", false, None) => step::done(step::not_processed("the card is not held any more")),
        _ => step::done(declined(category::AUTHENTICATE_AGAIN, result, None)),
    }
}

fn declined(category: &str, code: &str, host_ref: Option<&str>) -> Outcome {
    Outcome::Declined(Decline {
        category: category.to_owned(),
        bank_code: Some(code.to_owned()),
        bank_message: None,
        same_card_may_retry: true,
        other_pos_may_retry: false,
        attributes: host_ref.map(|value| (attribute::HOST_REF.to_owned(), value.to_owned())).into_iter().collect(),
    })
}

/// One outcome of each kind, by the bank's word.
fn judged(response: &HttpResponse) -> Result<Outcome, Fault> {
    let tree = Tree::read(vezne_plugin::answer::whole(response, &[])?)?;
    let order = tree.filled("order").unwrap_or_default();
    let bank = BankRef { transaction_id: tree.filled("id").map(str::to_owned), ..step::order_ref(order) };
    Ok(match tree.filled("result") {
        Some("approved") => {
            let stated = Stated {
                minor: tree.filled("minor").and_then(|minor| minor.parse().ok()),
                currency: tree.filled("currency").map(str::to_owned),
                order_id: Some(order.to_owned()),
            };
            step::approved(bank, stated, tree.filled("code").map(str::to_owned), Vec::new())
        }
        Some("declined") => {
            declined(category::NOT_APPROVED, tree.filled("code").unwrap_or_default(), tree.filled("host-ref"))
        }
        Some("pending") => Outcome::Pending(bank),
        Some("not-processed") => step::not_processed("the bank has booked nothing"),
        Some("unknown") => step::unknown("the bank does not know"),
        _ => return Err(Fault::UnreadableAnswer("the answer has no result".into())),
    })
}

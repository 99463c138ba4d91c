//! A small connector of an invented bank, and every way in which it may be wrong.
//!
//! `Toy<RIGHT>` keeps all promises. Any other `Toy<W>` breaks one.

use std::hash::{BuildHasher, RandomState};

use serde::{Deserialize, Serialize};
use vezne_plugin::body::Form;
use vezne_plugin::callback::Fields;
use vezne_plugin::charset::Charset;
use vezne_plugin::history::{self, Look, standing};
use vezne_plugin::value::{self, Value};
use vezne_plugin::words::{category, entry, model, operation};
use vezne_plugin::xml::{Element, Tree};
use vezne_plugin::{
    BankRef, Callback, Card, Context, Decline, DigestAlg, Effect, Fault, History, HttpResponse, Outcome, Payments,
    Purpose, Reply, Sealed, Stated, Step, Target, Terms, TextForm, ThreeDSecure, amount, body, state, step,
};

/// Wrong in no way.
pub const RIGHT: u8 = 0;
/// Takes any answer with HTTP 200 for a yes.
pub const BELIEVES_HTTP_200: u8 = 1;
/// Does not look at the hash of a return.
pub const IGNORES_THE_HASH: u8 = 2;
/// Puts something random into its requests.
pub const RANDOM_IN_STEPS: u8 = 3;
/// Sends a sale again when the answer was unreadable.
pub const RETRIES_A_SALE: u8 = 4;
/// Takes a lost line for a no.
pub const SILENCE_IS_A_NO: u8 = 5;
/// Reports the amount it asked for as the bank's word.
pub const STATES_ITS_OWN_AMOUNT: u8 = 6;
/// Writes the card into its state.
pub const CARD_IN_STATE: u8 = 7;
/// Goes on from any state.
pub const ANY_STATE_WILL_DO: u8 = 8;
/// Declares a question as a write.
pub const INQUIRY_WRITES: u8 = 9;
/// Panics on what it cannot read.
pub const PANICS: u8 = 10;
/// Reads answers by looking for words in them.
pub const READS_HALVES: u8 = 11;
/// Sends a clerk's order as if the manifest had it.
pub const TAKES_WHAT_IT_HAS_NOT: u8 = 12;
/// Computes amounts with `f32`.
pub const FLOATS: u8 = 13;
/// Sends the security code where no card may go.
pub const CARD_TO_THE_WRONG_PLACE: u8 = 14;
/// Finds its order in every return.
pub const FINDS_EVERYTHING: u8 = 15;
/// Keeps no reference before it sends.
pub const KNOWS_NOTHING: u8 = 16;
/// Takes a callback for an answer.
pub const ANY_REPLY_WILL_DO: u8 = 17;
/// Refuses without a sentence.
pub const NO_SENTENCE: u8 = 18;
/// Charges without declaring a write.
pub const HIDES_ITS_WRITE: u8 = 19;
/// Trusts the return of a bank that signs nothing.
pub const TRUSTS_THE_BROWSER: u8 = 20;
/// Asks where an unsigned return says yes, and believes it where it says no.
pub const BELIEVES_AN_UNSIGNED_NO: u8 = 21;
/// Lists nothing where the bank's book could not be read.
pub const LISTS_NOTHING: u8 = 22;
/// Lists the amount it remembers in place of the bank's.
pub const LISTS_ITS_OWN_AMOUNT: u8 = 23;
/// Charges at once where the payer should have authenticated.
pub const GOES_PAST_THE_GATE: u8 = 24;

/// The connector.
pub struct Toy<const W: u8>;

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case")]
enum State {
    Write { order: String, minor: i64 },
    Ask { order: String },
    Gate { model: String, card: Option<String> },
}

fn checked<const W: u8>(terms: &Terms) -> Result<(), Fault> {
    let refused = |said: &str| Fault::Unsupported(if W == NO_SENTENCE { String::new() } else { said.to_owned() });
    if terms.amount.currency != "TRY" {
        return Err(refused("only lira"));
    }
    if entry::is_keyed_by_clerk(&terms.entry) && W != TAKES_WHAT_IT_HAS_NOT {
        return Err(refused("no orders by mail"));
    }
    if terms.amount.minor <= 0 { Err(Fault::InvalidRequest("nothing to pay".into())) } else { Ok(()) }
}

fn shown<const W: u8>(terms: &Terms) -> Result<String, Fault> {
    if W == FLOATS {
        #[expect(clippy::cast_precision_loss, reason = "that is what is wrong with it")]
        return Ok(format!("{:.2}", terms.amount.minor as f32 / 100.0));
    }
    amount::decimal(&terms.amount)
}

fn message(order: &str, what: &str) -> Result<Element, Fault> {
    Ok(Element::new("ask")
        .field("user", "u")
        .field("password", value::secret("password")?)
        .field("order", order)
        .field("what", what))
}

fn known<const W: u8>(order: &str) -> BankRef {
    let named = step::order_ref(order);
    if W == KNOWS_NOTHING { BankRef { bank_order_id: None, ..named } } else { named }
}

fn write<const W: u8>(order: &str, minor: i64, message: Element) -> Result<Step, Fault> {
    let message =
        if W == RANDOM_IN_STEPS { message.field("nonce", RandomState::new().hash_one(1).to_string()) } else { message };
    let request = body::post("api", "", "text/xml", message.into_document(Charset::Utf8)?);
    let effect = if W == HIDES_ITS_WRITE { Effect::ReadOnly } else { Effect::OnceOnlyWrite };
    step::send(request, effect, known::<W>(order), &State::Write { order: order.to_owned(), minor })
}

fn ask<const W: u8>(order: &str) -> Result<Step, Fault> {
    let request = body::post("api", "", "text/xml", message(order, "status")?.into_document(Charset::Utf8)?);
    let effect = if W == INQUIRY_WRITES { Effect::OnceOnlyWrite } else { Effect::ReadOnly };
    step::send(request, effect, step::order_ref(order), &State::Ask { order: order.to_owned() })
}

fn declined(code: &str) -> Outcome {
    Outcome::Declined(Decline {
        category: category::NOT_APPROVED.to_owned(),
        bank_code: Some(code.to_owned()),
        bank_message: None,
        same_card_may_retry: true,
        other_pos_may_retry: true,
        attributes: Vec::new(),
    })
}

/// `00` yes, `05` no, `25` no such order; anything else nobody knows.
fn read<const W: u8>(terms: Option<&Terms>, order: &str, answer: &HttpResponse) -> Result<Outcome, Fault> {
    let yes = |minor: Option<i64>, named: Option<String>| {
        let stated = Stated { minor, currency: None, order_id: named };
        step::approved(step::order_ref(order), stated, Some("00".into()), Vec::new())
    };
    if W == BELIEVES_HTTP_200 && answer.status == 200 {
        return Ok(yes(None, None));
    }
    let text = String::from_utf8_lossy(&answer.body);
    if W == READS_HALVES && text.contains("<code>00") {
        return Ok(yes(None, None));
    }
    if answer.status != 200 || answer.body_truncated {
        return Err(Fault::UnreadableAnswer("no whole answer".into()));
    }
    let tree = Tree::read(&answer.body, None);
    assert!(W != PANICS || tree.is_ok(), "unreadable");
    let tree = tree?;
    let minor = tree.filled("amount").and_then(|text| amount::parse_decimal(text, 2));
    let minor = if W == STATES_ITS_OWN_AMOUNT { terms.map(|terms| terms.amount.minor) } else { minor };
    Ok(match tree.filled("code") {
        Some("00") => yes(minor, tree.filled("order").map(str::to_owned)),
        Some("05") => declined("05"),
        Some("25") => step::not_processed("no such order"),
        _ => step::unknown("a code without a meaning"),
    })
}

/// Signs the deciding fields of a return.
fn signature(fields: &Fields<'_>) -> Result<Sealed, Fault> {
    let mut text = Value::new();
    for name in ["order", "amount", "currency", "result", "proof"] {
        text = text.text(fields.get(name).unwrap_or_default()).text("|");
    }
    Ok(text.sealed(value::secret("key")?).digest(DigestAlg::Sha256, TextForm::HexLower))
}

fn came_back<const W: u8>(ctx: &Context, terms: &Terms, at: &str, callback: &Callback) -> Result<Step, Fault> {
    let fields = Fields::of(callback);
    let ours = signature(&fields)?;
    let right = fields.filled("hash").is_some_and(|sent| value::equals(&ours, sent));
    if !right && !matches!(W, IGNORES_THE_HASH | TRUSTS_THE_BROWSER | BELIEVES_AN_UNSIGNED_NO) {
        return Err(Fault::NotAuthentic("the hash is wrong".into()));
    }
    let minor = fields.get("amount").and_then(|text| amount::parse_decimal(text, 2));
    let same = fields.get("order") == Some(ctx.order_id.as_str()) && minor == Some(terms.amount.minor);
    if !same || fields.get("currency") != Some("949") {
        return Err(Fault::NotAuthentic("another payment".into()));
    }
    if fields.get("result") != Some("1") {
        return step::done(declined("result"));
    }
    if W == BELIEVES_AN_UNSIGNED_NO && at == model::THREE_D_PAY {
        return ask::<W>(&ctx.order_id);
    }
    if at == model::THREE_D_PAY {
        let stated = Stated { minor, currency: Some("949".into()), order_id: fields.get("order").map(str::to_owned) };
        return step::done(step::approved(step::order_ref(&ctx.order_id), stated, None, Vec::new()));
    }
    let message = message(&ctx.order_id, "provision")?
        .field("amount", shown::<W>(terms)?)
        .field("proof", fields.get("proof").unwrap_or_default());
    write::<W>(&ctx.order_id, terms.amount.minor, message)
}

impl<const W: u8> Payments for Toy<W> {
    fn sale(ctx: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        checked::<W>(terms)?;
        let message = message(&ctx.order_id, "sale")?.field("amount", shown::<W>(terms)?);
        let message = message.field("instalments", terms.installments.to_string()).field("card", card.pan());
        write::<W>(&ctx.order_id, terms.amount.minor, message.optional("code", card.security_code()))
    }

    fn void(ctx: &Context, target: &Target) -> Result<Step, Fault> {
        write::<W>(&ctx.order_id, target.terms.amount.minor, message(&ctx.order_id, "void")?)
    }

    fn refund(ctx: &Context, terms: &Terms, _: &Target) -> Result<Step, Fault> {
        checked::<W>(terms)?;
        write::<W>(
            &ctx.order_id,
            terms.amount.minor,
            message(&ctx.order_id, "refund")?.field("amount", shown::<W>(terms)?),
        )
    }

    fn inquire(_: &Context, target: &Target) -> Result<Step, Fault> {
        match (target.operation.as_str(), &target.bank.bank_order_id) {
            (operation::VOID | operation::REFUND, _) => {
                Err(Fault::Unsupported("the bank tells only of payments".into()))
            }
            (_, Some(order)) => ask::<W>(order),
            (_, None) => step::done(step::unknown("nothing to ask about")),
        }
    }

    fn resume(
        ctx: &Context,
        terms: Option<&Terms>,
        state: &[u8],
        reply: &Reply,
        _: Option<&Card>,
    ) -> Result<Step, Fault> {
        let remembered = match state::decode::<State>(state) {
            Err(_) if W == ANY_STATE_WILL_DO => State::Ask { order: "1".into() },
            decoded => decoded?,
        };
        let unexpected = || Fault::InvalidRequest("not waited for".into());
        match (remembered, reply) {
            (State::Write { order, minor }, Reply::Response(answer)) => match read::<W>(terms, &order, answer) {
                Err(Fault::UnreadableAnswer(_)) if W == RETRIES_A_SALE => {
                    write::<W>(&order, minor, message(&order, "sale")?)
                }
                outcome => step::done(outcome?),
            },
            (State::Write { .. }, Reply::Failed(_)) if W == SILENCE_IS_A_NO => step::done(declined("silence")),
            (State::Ask { order }, Reply::Response(answer)) => step::done(read::<W>(None, &order, answer)?),
            (State::Ask { .. }, Reply::Failed(_)) => step::done(step::unknown("no answer")),
            (State::Gate { model, .. }, Reply::Callback(callback)) => {
                came_back::<W>(ctx, terms.ok_or_else(unexpected)?, &model, callback)
            }
            (_, Reply::Callback(_)) if W == ANY_REPLY_WILL_DO => step::done(step::unknown("whatever")),
            _ => Err(unexpected()),
        }
    }
}

impl<const W: u8> ThreeDSecure for Toy<W> {
    fn start(ctx: &Context, purpose: Purpose, model: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
        checked::<W>(terms)?;
        let (model::THREE_D | model::THREE_D_PAY, Some(card)) = (model, card) else {
            return Err(Fault::Unsupported("no such model".into()));
        };
        if entry::is_keyed_by_clerk(&terms.entry) {
            return Err(Fault::InvalidRequest("a clerk cannot authenticate".into()));
        }
        if purpose == Purpose::Authorize {
            return Err(Fault::Unsupported("no reservations".into()));
        }
        if W == GOES_PAST_THE_GATE {
            return Self::sale(ctx, terms, card);
        }
        let charges = model == model::THREE_D_PAY;
        let effect = if charges { Effect::OnceOnlyWrite } else { Effect::ReadOnly };
        let form =
            Form::new().field("order", &ctx.order_id).field("amount", shown::<W>(terms)?).field("card", card.pan());
        let endpoint = if W == CARD_TO_THE_WRONG_PLACE { "page" } else { "gate" };
        let digits = (W == CARD_IN_STATE).then(|| String::from_utf8_lossy(card.pan().revealed()).into_owned());
        let waiting = State::Gate { model: model.to_owned(), card: digits };
        step::browse(endpoint, form, effect, &ctx.order_id, known::<W>(&ctx.order_id), &waiting)
    }

    fn correlate(callback: &Callback) -> Result<String, Fault> {
        if W == FINDS_EVERYTHING {
            return Ok("01JD8ZK0Q3M7".into());
        }
        let order = Fields::of(callback).filled("order").map(str::to_owned);
        order.ok_or_else(|| Fault::UnreadableAnswer("no order".into()))
    }
}

impl<const W: u8> History for Toy<W> {
    fn of_order(ctx: &Context, target: &Target) -> Result<Look, Fault> {
        let request = body::post("api", "", "text/xml", message(&ctx.order_id, "book")?.into_document(Charset::Utf8)?);
        let asked = State::Write { order: ctx.order_id.clone(), minor: target.terms.amount.minor };
        history::ask(request, Some(&ctx.order_id), &asked)
    }

    fn of_day(_: &Context, _: &str, _: Option<&[u8]>) -> Result<Look, Fault> {
        history::no_days()
    }

    fn go_on(_: &Context, state: &[u8], reply: &Reply) -> Result<Look, Fault> {
        let State::Write { order, minor } = state::decode(state)? else {
            return Err(Fault::InvalidRequest("not asked for".into()));
        };
        let answer = history::answer(reply)?;
        let whole = answer.status == 200 && !answer.body_truncated;
        let tree = match Tree::read(&answer.body, None) {
            Ok(tree) if whole && tree.filled("code") == Some("00") => tree,
            _ if W == LISTS_NOTHING => return history::listed(Vec::new()),
            _ => return history::unclear("no whole answer"),
        };
        let stated = tree.filled("amount").and_then(|text| amount::parse_decimal(text, 2));
        let minor = if W == LISTS_ITS_OWN_AMOUNT { Some(minor) } else { stated };
        let line = history::line(Some(operation::SALE), standing::DONE, step::order_ref(&order));
        history::listed(vec![history::Line { minor, ..line }])
    }
}

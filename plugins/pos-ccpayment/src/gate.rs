//! The 3-D gate. In `3d` it authenticates and we complete (`payment_completed_by=merchant`); in `3d-pay` it
//! charges by itself (`app`).
//!
//! Form and return carry a `hash_key`, and that is no signature ([`crate::hash`]): whoever has a genuine one can
//! change the result and the leading digits of the amount in it. So the return only says *whose* it is. What was
//! charged, and how much, is the word of our own server's conversation: the answer to the completion, or the
//! line of the order.

use vezne_plugin::callback::Fields;
use vezne_plugin::words::{entry, model, operation};
use vezne_plugin::{
    BrowserAction, Callback, Card, Context, Effect, Fault, Outcome, Purpose, Step, Terms, amount, step,
};

use crate::answer::Answer;
use crate::hash::Sent;
use crate::inquiry::{self, Found, Question};
use crate::message;
use crate::settings::Settings;
use crate::{State, Then, order_number, positive, with_token};

/// The only result that is a full authentication.
pub fn is_full_authentication(md_status: &str) -> bool {
    md_status == "1"
}

/// Builds the form.
pub fn start(ctx: &Context, purpose: Purpose, model: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
    positive(terms)?;
    order_number(&ctx.order_id)?;
    if entry::is_keyed_by_clerk(&terms.entry) {
        return Err(Fault::InvalidRequest("a clerk cannot pass 3-D Secure for the card holder".into()));
    }
    let by_merchant = match model {
        model::THREE_D => true,
        model::THREE_D_PAY => false,
        model::THREE_D_HOST => {
            return Err(Fault::Unsupported(
                "the platform's payment link is documented without a hash: use 3d or 3d-pay".into(),
            ));
        }
        _ => return Err(Fault::Unsupported(format!("the 3-D model {model} is not known"))),
    };
    let card = card.ok_or_else(|| Fault::InvalidRequest(format!("the model {model} needs the card")))?;
    let reserve = purpose == Purpose::Authorize;
    let form = message::gate_form(&Settings::load()?, ctx, terms, (reserve, by_merchant), card)?;
    let effect = if by_merchant { Effect::ReadOnly } else { Effect::OnceOnlyWrite };
    let action = BrowserAction::PostForm(step::browser_form("gate", message::GATE, form));
    let known = step::order_ref(&ctx.order_id);
    step::browse_with(action, effect, &ctx.order_id, known, &State::Gate { by_merchant })
}

/// A return that is the platform's, about our order, amount and currency.
#[derive(Debug, Clone)]
pub struct Verified {
    /// What it claims: authenticated, and where the gate charges, charged.
    pub claims_yes: bool,
    /// The platform's own number of the order.
    pub platform_order: String,
    /// The 3-D result; nothing covers it.
    pub md_status: String,
    /// For staff; nothing covers it.
    pub message: Option<String>,
}

/// The ways a PHP program writes an amount: `10.10`, `10.1`, `10.1000`.
fn totals(terms: &Terms) -> Result<Vec<String>, Fault> {
    let whole = amount::decimal(&terms.amount)?;
    let short = whole.trim_end_matches('0').trim_end_matches('.').to_owned();
    let long = format!("{whole}00");
    let mut totals = vec![whole, short, long];
    totals.dedup();
    Ok(totals)
}

/// Verifies the hash, before anything else of a return is read: it must be over our order, amount and currency.
pub fn verify(callback: &Callback, order_id: &str, terms: &Terms) -> Result<Verified, Fault> {
    let fields = Fields::of(callback);
    let sent = fields.filled("hash_key").and_then(Sent::read).ok_or_else(|| forged("it has no hash_key"))?;
    let status = status(&fields).ok_or_else(|| forged("it does not say what it claims"))?;
    let named = if has(&fields, "order_id") { "order_id" } else { "order_no" };
    let number = fields.filled(named);
    let platform_order = number.filter(|number| order_number(number).is_ok());
    let platform_order = platform_order.ok_or_else(|| forged("it does not name the platform's order"))?;
    let mut genuine = false;
    for total in totals(terms)? {
        genuine |= sent.is_over(&[status, &total, order_id, platform_order, &terms.amount.currency])?;
    }
    if !genuine {
        return Err(forged("its hash_key is not over our order, amount and currency"));
    }
    if fields.filled("invoice_id") != Some(order_id) {
        return Err(forged("it speaks of another order"));
    }
    let message = ["original_bank_error_description", "error", "status_description"];
    Ok(Verified {
        claims_yes: status == "1",
        platform_order: platform_order.to_owned(),
        md_status: fields.filled("md_status").unwrap_or_default().to_owned(),
        message: message.into_iter().find_map(|name| fields.filled(name)).map(str::to_owned),
    })
}

fn has(fields: &Fields<'_>, name: &str) -> bool {
    fields.all().iter().any(|(there, _)| there.eq_ignore_ascii_case(name))
}

/// `0` or `1`. It is there under up to two names, and they must agree.
fn status<'a>(fields: &Fields<'a>) -> Option<&'a str> {
    let all = fields.all().iter().filter(|(name, _)| {
        let name = name.to_ascii_lowercase();
        name == "payment_status" || name == "sipay_status"
    });
    let mut values = all.map(|(_, value)| value.as_str());
    let first = values.next().filter(|value| matches!(*value, "0" | "1"))?;
    values.all(|other| other == first).then_some(first)
}

fn forged(why: &str) -> Fault {
    Fault::NotAuthentic(format!("the return is refused: {why}"))
}

/// The payer is back.
pub fn came_back(ctx: &Context, terms: &Terms, by_merchant: bool, callback: &Callback) -> Result<Step, Fault> {
    let back = verify(callback, &ctx.order_id, terms)?;
    if !by_merchant {
        let question = question(ctx, terms);
        let then = Then::Confirm { question, claimed: back.claims_yes, md_status: back.md_status };
        return with_token(then, step::order_ref(&ctx.order_id));
    }
    if !back.claims_yes || !is_full_authentication(&back.md_status) {
        let md_status = if back.claims_yes { back.md_status.as_str() } else { failed(&back.md_status) };
        return step::done(inquiry::not_authenticated(md_status, back.message.as_deref()));
    }
    let known =
        vezne_plugin::BankRef { transaction_id: Some(back.platform_order.clone()), ..step::order_ref(&ctx.order_id) };
    with_token(Then::Complete { platform_order: back.platform_order }, known)
}

/// A result that contradicts the claim is as good as none.
fn failed(md_status: &str) -> &str {
    if is_full_authentication(md_status) { "" } else { md_status }
}

/// About the charge of an attempt that began at the gate.
pub fn question(ctx: &Context, terms: &Terms) -> Question {
    Question {
        order: ctx.order_id.clone(),
        // A reservation has the same line, which says what it is.
        operation: operation::SALE.to_owned(),
        minor: terms.amount.minor,
        ..Question::default()
    }
}

/// The platform's own book against what a return claimed. One that does not know yet what is claimed to be
/// charged is asked again later.
pub fn confirmed(question: &Question, claimed: bool, md_status: &str, answer: &Answer) -> Outcome {
    match inquiry::read(answer, &question.order) {
        Found::Nothing if claimed => step::unknown("the platform's book does not show what its return claims"),
        Found::Nothing => inquiry::not_authenticated(failed(md_status), answer.text()),
        found => question.answer(&found),
    }
}

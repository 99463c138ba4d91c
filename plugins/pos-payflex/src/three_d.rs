//! Model `3d`: the MPI enrols the card, the card's bank verifies its holder, and we charge with the card
//! once more.
//!
//! The callback is not signed. Order, amount and currency must be ours; the bank holds enrolment number,
//! cryptogram, card and amount against the MPI's record (codes 1115 to 1117 and 1126) when it is charged.

use vezne_plugin::callback::Fields;
use vezne_plugin::words::{category, entry, model};
use vezne_plugin::{
    BankRef, BrowserAction, Callback, Card, Context, Decline, Effect, Fault, HttpResponse, Outcome, Purpose, Step,
    Terms, amount, step,
};

use crate::answer::{self, Booking, Judgement};
use crate::message::{self, Proof};
use crate::mpi::{self, Back, Enrolled, Enrolment, Recurring};
use crate::order::{self, Order};
use crate::settings::Settings;
use crate::{State, page};

/// Enrols the card, or announces a visit to the bank's page.
pub fn start(ctx: &Context, purpose: Purpose, wanted: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
    if entry::is_keyed_by_clerk(&terms.entry) {
        return Err(Fault::InvalidRequest("a clerk cannot pass 3-D Secure for the card holder".into()));
    }
    let reserve = purpose == Purpose::Authorize;
    let card = match (wanted, card) {
        (model::THREE_D, Some(card)) => card,
        (model::THREE_D, None) => return Err(Fault::InvalidRequest("the model 3d needs the card".into())),
        (model::THREE_D_PAY | model::THREE_D_HOST, card) => return page::start(ctx, wanted, terms, reserve, card),
        _ => return Err(Fault::Unsupported(format!("the 3-D model {wanted} is not known"))),
    };
    crate::payer_address(ctx)?;
    let settings = Settings::load()?;
    let order = Order::of(ctx, terms)?;
    let recurring = Recurring::of(ctx)?;
    if recurring.is_some() && (reserve || terms.installments > 1) {
        return Err(Fault::Unsupported("only a sale in one payment repeats".into()));
    }
    let said = Enrolment {
        order: &order,
        // The number comes back with the payer: with ours, a late callback still finds its payment.
        request_id: &ctx.order_id,
        ok_url: &ctx.callback_url,
        fail_url: &ctx.callback_url,
        brand: order::brand(&card.visible().scheme),
        recurring: recurring.as_ref(),
    };
    let request = mpi::request(mpi::enrolment(&settings, &said, card)?)?;
    step::send(request, Effect::ReadOnly, step::order_ref(&ctx.order_id), &State::Enrol { reserve })
}

/// The MPI's answer.
pub fn enrolled(ctx: &Context, reserve: bool, response: &HttpResponse) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let enrolled = Enrolled::of(&answer::document(response)?)?;
    if enrolled.request_id.as_ref().is_some_and(|id| *id != ctx.order_id) {
        return Err(Fault::UnreadableAnswer("the MPI answered another enrolment".into()));
    }
    if enrolled.status != "Y" {
        return step::done(not_verified(
            &enrolled.status,
            enrolled.error_code.as_deref(),
            enrolled.error_message.as_deref(),
        ));
    }
    let path = step::path_of(&enrolled.acs_url, settings.acs_address.as_deref())?;
    let action = BrowserAction::PostForm(step::browser_form("acs", &path, enrolled.form()));
    let known = step::order_ref(&ctx.order_id);
    step::browse_with(action, Effect::ReadOnly, &ctx.order_id, known, &State::Gate { reserve })
}

/// The payer is back: order, amount and currency first, then the result.
pub fn came_back(
    ctx: &Context,
    terms: &Terms,
    reserve: bool,
    callback: &Callback,
    card: Option<&Card>,
) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let back = Back::of(Fields::of(callback));
    if back.request_id != ctx.order_id {
        return Err(forged("it speaks of another enrolment"));
    }
    if back.amount.is_some() && back.minor(terms.amount.exponent) != Some(terms.amount.minor) {
        return Err(forged("it states another amount"));
    }
    let currency = amount::numeric_currency(&terms.amount);
    if back.currency.as_ref().is_some_and(|stated| *stated != currency) {
        return Err(forged("it states another currency"));
    }
    if !settings.accepts(&back.status) || back.cavv.is_empty() {
        return step::done(not_verified(&back.status, back.error_code.as_deref(), back.error_message.as_deref()));
    }
    if card.is_none() {
        return step::done(step::not_processed(
            "the bank wants the card again and it is no longer held: the payer must type it once more",
        ));
    }
    let proof = Proof { eci: &back.eci, cavv: &back.cavv, mpi_transaction: &back.request_id };
    let message = message::provision(&settings, &Order::of(ctx, terms)?, reserve, &proof, card)?;
    let known = BankRef { transaction_id: Some(ctx.order_id.clone()), ..step::order_ref(&ctx.order_id) };
    let waiting = State::Write { order: ctx.order_id.clone(), booking: Booking::Amount };
    step::send(message::request(message)?, Effect::OnceOnlyWrite, known, &waiting)
}

/// A refusal before anything was charged. A code of no table is a failed verification as well.
pub fn not_verified(status: &str, code: Option<&str>, message: Option<&str>) -> Outcome {
    match answer::judge(code) {
        Judgement::Refused(code, meaning) => meaning.outcome(&code, message),
        _ => Outcome::Declined(Decline {
            category: category::AUTHENTICATE_AGAIN.to_owned(),
            bank_code: Some(code.map_or_else(|| format!("Status {status}"), str::to_owned)),
            bank_message: message.map(str::to_owned),
            same_card_may_retry: true,
            other_pos_may_retry: false,
            attributes: Vec::new(),
        }),
    }
}

fn forged(why: &str) -> Fault {
    Fault::NotAuthentic(format!("the callback is refused: {why}"))
}

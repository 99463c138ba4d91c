//! Payments through the 3-D gate: it authenticates, we charge afterwards, with our form (`3d`) as with the
//! bank's own page (`3d-host`).

use posnet_orders::{codes, number, written};
use serde::{Deserialize, Serialize};
use vezne_plugin::callback::Fields;
use vezne_plugin::words::{entry, model};
use vezne_plugin::{Callback, Card, Context, Effect, Fault, Purpose, Step, Terms, amount, step};

use crate::gate::{self, GateForm};
use crate::message::{self, Charge};
use crate::settings::Settings;
use crate::{State, known, no_sub_dealer, positive, stands_as};

/// A payer on the way to the gate.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Visit {
    /// Reserve instead of charge.
    pub reserve: bool,
}

/// Builds the form for the gate.
pub fn start(ctx: &Context, purpose: Purpose, model: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
    positive(terms)?;
    no_sub_dealer(ctx)?;
    let settings = Settings::load()?;
    if settings.posnet_id.is_empty() {
        return Err(Fault::BadConfig("the setting posnet-id is missing: 3-D needs it".into()));
    }
    if entry::is_keyed_by_clerk(&terms.entry) {
        return Err(Fault::InvalidRequest("a clerk cannot pass 3-D Secure for the card holder".into()));
    }
    let card = match (model, card) {
        (model::THREE_D, Some(card)) => Some(card),
        (model::THREE_D, None) => return Err(Fault::InvalidRequest("the model 3d needs the card".into())),
        (model::THREE_D_HOST, _) => None,
        _ => return Err(Fault::Unsupported(format!("Albaraka has no 3-D model {model}"))),
    };
    let reserve = purpose == Purpose::Authorize;
    let form = GateForm {
        order: &ctx.order_id,
        amount: &amount::minor(&terms.amount)?,
        currency: written::currency(&terms.amount)?,
        instalments: written::instalments(terms),
        return_url: &ctx.callback_url,
        lang: if ctx.locale.starts_with("en") { "en" } else { "tr" },
        reserve,
    };
    let correlation = number::padded(&ctx.order_id)?;
    let known = known(&ctx.order_id, stands_as(reserve));
    let form = form.build(&settings, card)?;
    step::browse("gate", form, Effect::ReadOnly, &correlation, known, &State::Gate(Visit { reserve }))
}

/// The `OrderId` the gate brings back.
pub fn correlate(callback: &Callback) -> Result<String, Fault> {
    let order = Fields::of(callback).filled("OrderId");
    let padded = order.filter(|order| number::padded(order).is_ok_and(|padded| padded == **order));
    padded.map(str::to_owned).ok_or_else(|| Fault::UnreadableAnswer("the callback names no order".into()))
}

/// The payer is back: signature first, then order, amount and currency, then the result.
pub fn came_back(ctx: &Context, terms: &Terms, visit: Visit, callback: &Callback) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let verified = gate::verify(callback)?;
    verified.check(&settings, &ctx.order_id, terms)?;
    if !settings.accepts(verified.md_status()) {
        let message = verified.fields.filled("MdErrorMessage");
        return step::done(codes::not_authenticated(verified.md_status(), message));
    }
    if verified.proof().transaction.is_empty() {
        return step::done(codes::not_authenticated("", verified.fields.filled("MdErrorMessage")));
    }
    let charge = Charge {
        order: &ctx.order_id,
        amount: &amount::minor(&terms.amount)?,
        currency: written::currency(&terms.amount)?,
        instalments: written::instalments(terms),
    };
    let message = message::charge_authenticated(&settings, visit.reserve, &charge, &verified.proof())?;
    let request = message::request(&settings, message, &ctx.order_id)?;
    let known = known(&ctx.order_id, stands_as(visit.reserve));
    let waiting = State::Charge { reserve: visit.reserve, three_d: true };
    step::send(request, Effect::OnceOnlyWrite, known, &waiting)
}

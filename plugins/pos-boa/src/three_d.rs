//! Payments through 3-D Secure, model `3d`: the bank enrols the card for us, its page leads the payer on,
//! and what comes back is charged by a message of ours.
//!
//! The callback is signed over order and code. It does not cover the amount, and Kuveyt Türk's shows the
//! hashed password with which it is signed to the payer's browser: so it decides nothing but whether the
//! charge is sent. The charge carries our own amount, and the bank holds the reference against what it
//! verified.

use vezne_plugin::body::{self, Form};
use vezne_plugin::callback::Fields;
use vezne_plugin::html;
use vezne_plugin::words::{category, entry, model};
use vezne_plugin::xml::Tree;
use vezne_plugin::{
    BrowserAction, Callback, Card, Context, Decline, Effect, Fault, HttpResponse, Outcome, Purpose, Step, Terms, step,
    value,
};

use crate::answer::{self, Answer, Booking};
use crate::order::{self, Texts, Urls};
use crate::settings::{Bank, Settings};
use crate::{State, hash, katilim, kuveyt};

const PAY_GATE: &str = "/ThreeDModelPayGate";
const PROVISION_GATE: &str = "/ThreeDModelProvisionGate";

/// Enrols the card.
pub fn start(ctx: &Context, purpose: Purpose, wanted: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    if entry::is_keyed_by_clerk(&terms.entry) {
        return Err(Fault::InvalidRequest("a clerk cannot pass 3-D Secure for the card holder".into()));
    }
    let card = match (wanted, card) {
        (model::THREE_D, Some(card)) => card,
        (model::THREE_D, None) => return Err(Fault::InvalidRequest("the model 3d needs the card".into())),
        (model::THREE_D_HOST, _) => {
            return Err(Fault::Unsupported(
                "the bank's own payment page would show the hashed API password to the payer's browser".into(),
            ));
        }
        _ => return Err(Fault::Unsupported(format!("the bank has no 3-D model {wanted}"))),
    };
    if purpose == Purpose::Authorize {
        return Err(Fault::Unsupported("the bank reserves without 3-D Secure only".into()));
    }
    let texts = Texts::of(ctx, terms)?;
    let urls = Urls::both(&ctx.callback_url);
    let request = match settings.bank {
        Bank::Kuveyt => {
            let brand = kuveyt::card_type(&card.visible().scheme);
            kuveyt::request(PAY_GATE, kuveyt::enrolment(&settings, &texts.order(), urls, card, brand)?)?
        }
        Bank::Katilim => katilim::request(PAY_GATE, katilim::enrolment(&settings, &texts.order(), urls, Some(card))?)?,
    };
    step::send(request, Effect::ReadOnly, step::order_ref(&ctx.order_id), &State::Enrol)
}

/// The bank's page: its form goes on to the card's bank, or straight back to us when it refused.
pub fn enrolled(ctx: &Context, response: &HttpResponse) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let Some(form) = vezne_plugin::answer::whole(response, &[]).ok().and_then(html::Form::read) else {
        // Now and then the refusal comes as a bare document. A yes without a way on is none.
        let refused = Answer::read(response)?.outcome(settings.bank, &ctx.order_id, None, Booking::Charge);
        return step::done(match refused {
            Outcome::Approved(_) => step::not_processed("the bank named no way to the card's bank"),
            other => other,
        });
    };
    if form.action.starts_with(&ctx.callback_url) {
        let back = Back::of(&form.fields)?;
        return step::done(not_authenticated(settings.bank, &back));
    }
    let path = step::path_of(&form.action, settings.acs_address.as_deref())?;
    let fields = form.fields.iter().fold(Form::new(), |all, (name, value)| all.field(name, value));
    let action = BrowserAction::PostForm(step::browser_form("acs", &path, fields));
    step::browse_with(action, Effect::ReadOnly, &ctx.order_id, step::order_ref(&ctx.order_id), &State::Gate)
}

/// What a callback says, or the form of a page that refuses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Back {
    /// Our order number.
    pub order_id: String,
    /// The bank's order number.
    pub bank_order: String,
    /// `00` is verified.
    pub code: String,
    /// For people.
    pub message: Option<String>,
    /// The bank's signature.
    pub hash: Option<String>,
    /// Stands for the card.
    pub md: Option<String>,
    /// Hundredths, if stated.
    pub amount: Option<String>,
    /// ISO 4217 number, if stated.
    pub currency: Option<String>,
}

impl Back {
    /// Of the fields that were posted: one with a whole document in it (Kuveyt Türk), or each by itself.
    pub fn of(fields: &[(String, String)]) -> Result<Self, Fault> {
        let fields = Fields::new(fields);
        if let Some(packed) = fields.filled("AuthenticationResponse") {
            let unreadable = || Fault::UnreadableAnswer("the AuthenticationResponse cannot be read".into());
            // It is encoded once more than the form it comes in.
            let text = if packed.starts_with('<') { Some(packed.to_owned()) } else { body::url_decoded(packed) };
            return Ok(Self::of_contract(&Tree::read(text.ok_or_else(unreadable)?.as_bytes(), None)?));
        }
        let get = |name: &str| fields.filled(name).map(str::to_owned);
        if fields.get("ResponseCode").is_none() {
            return Err(Fault::UnreadableAnswer("the form does not say how the verification went".into()));
        }
        Ok(Self {
            order_id: get("MerchantOrderId").unwrap_or_default(),
            bank_order: get("OrderId").unwrap_or_default(),
            code: get("ResponseCode").unwrap_or_default(),
            message: get("ResponseMessage"),
            hash: get("HashData"),
            md: get("MD"),
            amount: None,
            currency: None,
        })
    }

    /// Of a document.
    pub fn of_contract(root: &Tree) -> Self {
        let get = |path: &str| root.filled(path).map(str::to_owned);
        Self {
            order_id: get("MerchantOrderId").unwrap_or_default(),
            bank_order: get("OrderId").unwrap_or_default(),
            code: get("ResponseCode").unwrap_or_default(),
            message: get("ResponseMessage"),
            hash: get("HashData"),
            md: get("MD"),
            amount: get("VPosMessage/Amount"),
            currency: root.filled("VPosMessage/CurrencyCode").map(order::iso_currency),
        }
    }

    /// Whether the bank signed it.
    pub fn is_signed(&self) -> Result<bool, Fault> {
        let Some(sent) = self.hash.as_deref().filter(|_| !self.order_id.is_empty() && !self.code.is_empty()) else {
            return Ok(false);
        };
        Ok(value::equals(&hash::callback(&self.order_id, &self.code, &self.bank_order)?, sent))
    }

    /// Whether the holder was verified.
    pub fn is_verified(&self) -> bool {
        self.code == "00"
    }
}

/// The order a callback speaks of. Nothing is authentic yet.
pub fn correlate(callback: &Callback) -> Result<String, Fault> {
    let back = Back::of(Fields::of(callback).all())?;
    let usable = !back.order_id.is_empty() && crate::order_number(&back.order_id).is_ok();
    if usable { Ok(back.order_id) } else { Err(Fault::UnreadableAnswer("the callback names no order".into())) }
}

/// The payer is back: signature first, then order, amount and currency, then the result.
pub fn came_back(ctx: &Context, terms: &Terms, callback: &Callback) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let back = Back::of(Fields::of(callback).all())?;
    if !back.is_signed()? {
        return Err(forged("its hash is not the bank's"));
    }
    if back.order_id != ctx.order_id {
        return Err(forged("it speaks of another order"));
    }
    let texts = Texts::of(ctx, terms)?;
    if back.amount.as_ref().is_some_and(|amount| *amount != texts.amount) {
        return Err(forged("it states another amount"));
    }
    if back.currency.as_ref().is_some_and(|currency| *currency != order::iso_currency(&texts.currency)) {
        return Err(forged("it states another currency"));
    }
    let Some(md) = back.md.as_deref().filter(|_| back.is_verified()) else {
        return step::done(not_authenticated(settings.bank, &back));
    };
    let request = match settings.bank {
        Bank::Kuveyt => kuveyt::request(PROVISION_GATE, kuveyt::provision(&settings, &texts.order(), md)?)?,
        Bank::Katilim => {
            let message = katilim::provision(&settings, &texts.order(), Urls::both(&ctx.callback_url), md)?;
            katilim::request(PROVISION_GATE, message)?
        }
    };
    let known = vezne_plugin::BankRef {
        transaction_id: Some(back.bank_order).filter(|number| !number.is_empty() && number != "0"),
        ..step::order_ref(&ctx.order_id)
    };
    step::send(request, Effect::OnceOnlyWrite, known, &State::Charge)
}

/// A refusal before anything was charged. A code of no table is a failed verification as well.
pub fn not_authenticated(bank: Bank, back: &Back) -> Outcome {
    let code = if back.is_verified() || back.code.is_empty() { "MD" } else { &back.code };
    match answer::meaning(bank, code).filter(|meaning| meaning.class.is_refusal()) {
        Some(meaning) => meaning.outcome(code, back.message.as_deref()),
        None => Outcome::Declined(Decline {
            category: category::AUTHENTICATE_AGAIN.to_owned(),
            bank_code: Some(code.to_owned()),
            bank_message: back.message.clone(),
            same_card_may_retry: true,
            other_pos_may_retry: false,
            attributes: Vec::new(),
        }),
    }
}

fn forged(why: &str) -> Fault {
    Fault::NotAuthentic(format!("the callback is refused: {why}"))
}

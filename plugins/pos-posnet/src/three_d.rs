//! Payments through the 3-D gate.
//!
//! The bank encrypts order and card for the way through the browser, the gate authenticates, and what comes
//! back is as opaque: the bank is asked what it says, under a signature. Nothing is charged before the last
//! step, on the bank's own page (`3d-host`) as little as with our form (`3d`).

use posnet_orders::number;
use posnet_orders::question::Question;
use posnet_orders::{codes, written};
use serde::{Deserialize, Serialize};
use vezne_plugin::callback::Fields;
use vezne_plugin::words::{entry, model};
use vezne_plugin::{
    Callback, Card, Context, Effect, Fault, HttpResponse, Outcome, Purpose, Step, Terms, amount, step, value,
};

use crate::answer::{Answer, Judgement};
use crate::mac::{self, Signed};
use crate::message::{self, Encrypt, Packets};
use crate::partner::Partner;
use crate::points;
use crate::settings::Settings;
use crate::{State, charged, known, positive, stands_as};

/// A payer on the way to the gate.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Visit {
    /// Reserve instead of charge.
    pub reserve: bool,
}

/// Longest packet of the gate that is kept between two steps; the state has 16 kB.
const PACKET_CHARS_MAX: usize = 4_096;

/// The order as the 3-D steps write it.
pub struct Order {
    xid: String,
    amount: String,
    currency: &'static str,
}

impl Order {
    /// Of this attempt.
    pub fn of(ctx: &Context, terms: &Terms) -> Result<Self, Fault> {
        Ok(Self {
            xid: number::padded(&ctx.order_id)?,
            amount: amount::minor(&terms.amount)?,
            currency: written::currency(&terms.amount)?,
        })
    }

    /// What the signatures cover.
    pub fn signed(&self) -> Signed<'_> {
        Signed { xid: &self.xid, amount: &self.amount, currency: self.currency }
    }
}

/// Has the bank encrypt order and card.
pub fn start(ctx: &Context, purpose: Purpose, model: &str, terms: &Terms, card: Option<&Card>) -> Result<Step, Fault> {
    positive(terms)?;
    let settings = Settings::load()?;
    if settings.posnet_id.is_empty() {
        return Err(Fault::BadConfig("the setting posnet-id is missing: 3-D needs it".into()));
    }
    if entry::is_keyed_by_clerk(&terms.entry) {
        return Err(Fault::InvalidRequest("a clerk cannot pass 3-D Secure for the card holder".into()));
    }
    if Partner::of(ctx, None)? != Partner::Store || settings.facilitator.is_some() {
        let why = "the bank's 3-D steps have no place for a sub-dealer: it would be booked to the main dealer";
        return Err(Fault::Unsupported(why.into()));
    }
    let card = match (model, card) {
        (model::THREE_D, Some(card)) => Some(card),
        (model::THREE_D, None) => return Err(Fault::InvalidRequest("the model 3d needs the card".into())),
        (model::THREE_D_HOST, _) => None,
        _ => return Err(Fault::Unsupported(format!("Yapı Kredi has no 3-D model {model}"))),
    };
    let points = points::paying(ctx, terms, purpose == Purpose::Authorize, &Partner::Store)?;
    if points.is_some() && model != model::THREE_D {
        return Err(Fault::Unsupported("points are taken at the bank's gate with our own card form only".into()));
    }
    // Checks the key before the payer is sent anywhere.
    value::secret("enc-key")?;
    let reserve = purpose == Purpose::Authorize;
    let order = Order::of(ctx, terms)?;
    let encrypt = Encrypt {
        xid: &order.xid,
        amount: &order.amount,
        currency: order.currency,
        instalments: written::instalments(terms),
        reserve,
        points: points.is_some(),
    };
    let request = message::request(&settings, message::encrypt(&settings, &encrypt, card), &ctx.order_id)?;
    step::send(
        request,
        Effect::ReadOnly,
        known(&settings, &ctx.order_id, stands_as(reserve)),
        &State::Encrypting(Visit { reserve }),
    )
}

/// Sends the payer to the gate with what the bank encrypted.
pub fn encrypted(ctx: &Context, visit: Visit, response: &HttpResponse) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let answer = Answer::read(response)?;
    if answer.judge() != Judgement::Approved {
        return step::done(codes::refused_before_charge(answer.error_code(), answer.message()));
    }
    let field = |name: &str| answer.get(&format!("oosRequestDataResponse/{name}"));
    let (Some(data1), Some(sign)) = (field("data1"), field("sign")) else {
        return Err(Fault::UnreadableAnswer("the answer has nothing for the gate".into()));
    };
    let lang = if ctx.locale.starts_with("en") { "en" } else { "tr" };
    let data = [data1, field("data2").unwrap_or_default(), sign];
    let form = message::gate_form(&settings, data, &ctx.callback_url, lang);
    let correlation = number::padded(&ctx.order_id)?;
    step::browse(
        "gate",
        form,
        Effect::ReadOnly,
        &correlation,
        known(&settings, &ctx.order_id, stands_as(visit.reserve)),
        &State::Gate(visit),
    )
}

/// The `Xid` the gate brings back.
pub fn correlate(callback: &Callback) -> Result<String, Fault> {
    let xid = Fields::of(callback).filled("Xid").filter(|xid| number::padded(xid).is_ok_and(|padded| padded == *xid));
    xid.map(str::to_owned).ok_or_else(|| Fault::UnreadableAnswer("the callback names no order".into()))
}

/// The payer is back. Nothing the browser carries can be believed or even read: the bank is asked.
pub fn came_back(ctx: &Context, terms: &Terms, visit: Visit, callback: &Callback) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let fields = Fields::of(callback);
    let packet = |name: &str| {
        let plain = |text: &&str| text.len() <= PACKET_CHARS_MAX && text.bytes().all(|byte| byte.is_ascii_graphic());
        let found = fields.filled(name).filter(plain).map(str::to_owned);
        found.ok_or_else(|| Fault::NotAuthentic(format!("the callback is refused: it has no {name}")))
    };
    let packets = Packets { bank: packet("BankPacket")?, merchant: packet("MerchantPacket")?, sign: packet("Sign")? };
    let order = Order::of(ctx, terms)?;
    // Nobody signs these: they find mistakes. The bank's own word about them follows.
    let differs = |name: &str, ours: &str| fields.filled(name).is_some_and(|theirs| theirs != ours);
    let other_amount = fields.filled("Amount").is_some_and(|text| written::minor(text) != Some(terms.amount.minor));
    if differs("Xid", &order.xid) || differs("MerchantId", &settings.mid) || other_amount {
        return Err(Fault::NotAuthentic("the callback is refused: it speaks of another payment".into()));
    }
    let message = message::resolve(&settings, &packets, mac::request(&settings, order.signed())?);
    let request = message::request(&settings, message, &ctx.order_id)?;
    step::send(
        request,
        Effect::ReadOnly,
        known(&settings, &ctx.order_id, stands_as(visit.reserve)),
        &State::Resolving { visit, packets },
    )
}

/// What the gate said, by the bank's signed word: signature, order, amount, currency, then the result.
pub fn resolved(
    ctx: &Context,
    terms: &Terms,
    visit: Visit,
    packets: &Packets,
    response: &HttpResponse,
) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let answer = Answer::read(response)?;
    if answer.judge() != Judgement::Approved {
        return step::done(codes::refused_before_charge(answer.error_code(), answer.message()));
    }
    let said = Said::of(&answer).ok_or_else(|| Fault::UnreadableAnswer("the answer resolves nothing".into()))?;
    said.verify(&settings)?;
    let order = Order::of(ctx, terms)?;
    said.check(&order, terms)?;
    if !settings.accepts(said.md_status, ctx.test_mode) {
        return step::done(codes::not_authenticated(said.md_status, said.message));
    }
    let points = points::paying(ctx, terms, visit.reserve, &Partner::Store)?;
    let points = points.as_deref().unwrap_or("0");
    let message = message::charge_authenticated(&settings, packets, points, mac::request(&settings, order.signed())?);
    let request = message::request(&settings, message, &ctx.order_id)?;
    let waiting = State::Charge { reserve: visit.reserve, three_d: true };
    step::send(request, Effect::OnceOnlyWrite, known(&settings, &ctx.order_id, stands_as(visit.reserve)), &waiting)
}

/// What the bank says the gate said.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// The padded order number.
    pub xid: &'a str,
    /// Minor units.
    pub amount: &'a str,
    /// The bank's letters.
    pub currency: &'a str,
    /// Two digits.
    pub instalments: Option<&'a str>,
    /// The result.
    pub md_status: &'a str,
    /// The result in words.
    pub message: Option<&'a str>,
    /// The bank's signature.
    pub mac: &'a str,
}

impl<'a> Said<'a> {
    /// Of an answer.
    pub fn of(answer: &'a Answer) -> Option<Self> {
        let said = answer.at("oosResolveMerchantDataResponse")?;
        Some(Self {
            xid: said.get("xid").unwrap_or_default(),
            amount: said.get("amount").unwrap_or_default(),
            currency: said.get("currency").unwrap_or_default(),
            instalments: said.filled("installment"),
            md_status: said.get("mdStatus").unwrap_or_default(),
            message: said.filled("mdErrorMessage"),
            mac: said.get("mac").unwrap_or_default(),
        })
    }

    /// The bank's signature.
    pub fn verify(&self, settings: &Settings) -> Result<(), Fault> {
        let signed = Signed { xid: self.xid, amount: self.amount, currency: self.currency };
        let ours = mac::answer(settings, self.md_status, signed)?;
        if value::equals(&ours, self.mac) { Ok(()) } else { Err(forged("its signature is not the bank's")) }
    }

    /// Our order, amount, currency and instalments. The signature leaves the last out, but the bank would
    /// charge what it has.
    pub fn check(&self, order: &Order, terms: &Terms) -> Result<(), Fault> {
        if self.xid != order.xid {
            return Err(forged("it speaks of another order"));
        }
        if written::minor(self.amount) != Some(terms.amount.minor) {
            return Err(forged("it states another amount"));
        }
        if written::iso_currency(self.currency) != terms.amount.currency {
            return Err(forged("it states another currency"));
        }
        let single = |count: u8| if count == 1 { 0 } else { count };
        match self.instalments.map(str::parse::<u8>) {
            None => Ok(()),
            Some(Ok(count)) if single(count) == written::instalments(terms) => Ok(()),
            Some(_) => Err(forged("it states other instalments")),
        }
    }
}

fn forged(why: &str) -> Fault {
    Fault::NotAuthentic(format!("the answer is refused: {why}"))
}

/// The answer to the charge: signed over the bank's key as public implementations have it. Not every store's
/// bank system is known to sign it, so it is a setting.
pub fn charge_answered(ctx: &Context, terms: &Terms, reserve: bool, answer: &Answer) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let yes = matches!(answer.judge(), Judgement::Approved | Judgement::ApprovedBefore);
    if settings.charge_mac && yes {
        let order = Order::of(ctx, terms)?;
        let ours = mac::answer(&settings, answer.key().unwrap_or_default(), order.signed())?;
        if !value::equals(&ours, answer.get("mac").unwrap_or_default()) {
            return Err(forged("the signature of the charge is not the bank's"));
        }
    }
    let question = Question::about_charge(&ctx.order_id, true, reserve, terms.amount.minor);
    let question = question.with_points(vezne_plugin::points::were_used(ctx));
    charged(ctx, terms, reserve, answer, question)
}

/// A gate that could not be asked has charged nothing.
pub fn unreached(why: &str) -> Outcome {
    step::not_processed(format!("the bank could not be reached before anything was charged: {why}"))
}

//! The service's part of 3-D: sealing an order for the way through the browser, telling what the page said, charging.

use std::collections::HashMap;

use crate::fault::{FaultKind, Met};
use crate::issuer::IssuedCard;
use crate::random;
use crate::secret::same;
use crate::visit::{Authentication, Ordered, Visit};
use crate::voucher::{Unvouched, Vouchers};

use super::answer::{Answer, element};
use super::api::{self, Call};
use super::code::{Refused, no, packet};
use super::mac;
use super::money::{self, Told, letters};
use super::request::Sealing;

/// Everything the 3-D page remembers.
#[derive(Default)]
pub struct Gate {
    /// By `data1`.
    pub(super) sealed: HashMap<String, Sealed>,
    /// By the id in the page's address.
    pub(super) sessions: HashMap<String, Session>,
    /// By `BankPacket`.
    pub(super) returned: HashMap<String, Returned>,
    /// By `BankPacket`.
    pub(super) vouchers: Vouchers,
}

/// An order on its way to the page.
pub struct Sealed {
    pub(super) store: String,
    pub(super) ordered: Ordered,
    pub(super) card: Option<IssuedCard>,
    pub(super) mixed: bool,
    pub(super) data2: String,
    pub(super) sign: String,
}

/// A payer on the page.
pub struct Session {
    pub(super) visit: Visit,
    pub(super) return_url: String,
    pub(super) mixed: bool,
}

/// What the page gave back to the merchant, and what it stands for.
pub struct Returned {
    pub(super) store: String,
    pub(super) ordered: Ordered,
    pub(super) card: Option<IssuedCard>,
    pub(super) authentication: Authentication,
    pub(super) merchant_packet: String,
    pub(super) sign: String,
    /// Points may pay a part.
    pub(super) mixed: bool,
    /// Faults of the way back: the merchant meets them when it asks.
    pub(super) met: Met,
}

/// Seals an order and its card.
pub fn encrypt(call: &Call<'_>, sealing: Sealing) -> Answer {
    let Sealing { ordered, card, mixed } = sealing;
    let data1 = random::hex_upper(80);
    let data2 = if card.is_some() { random::hex_upper(40) } else { String::new() };
    let sign = random::hex_upper(16);
    let inside = element("data1", &data1) + &element("data2", &data2) + &element("sign", &sign);
    let sealed = Sealed { store: call.store.id.clone(), ordered, card, mixed, data2, sign };
    call.bank.memory::<Gate>().sealed.insert(data1, sealed);
    Answer::yes(format!("<oosRequestDataResponse>{inside}</oosRequestDataResponse>"))
}

/// What is behind the packets of a request, if they belong together and the request is signed over the same order.
pub fn behind(call: &Call<'_>) -> Result<(Ordered, Option<IssuedCard>), Refused> {
    let request = call.request;
    let gate = call.bank.memory::<Gate>();
    let returned = gate.returned.get(request.get("bankData")).filter(|r| r.store == call.store.id);
    let returned = returned.ok_or_else(|| packet("BANKDATA"))?;
    // The charge may leave these two out, the question must not.
    let may_be_absent = request.operation == super::request::Operation::ChargeAuthenticated;
    for (name, ours) in [("merchantData", &returned.merchant_packet), ("sign", &returned.sign)] {
        let sent = request.get(name);
        if !(same(ours, sent) || (may_be_absent && sent.is_empty())) {
            return Err(packet("MERCHANTDATA"));
        }
    }
    let ordered = returned.ordered.clone();
    let minor = ordered.amount.to_string();
    let made = mac::of(call.store, call.account, &[&ordered.order, &minor, letters(&ordered.currency)]);
    if !same(&made, request.get("mac")) {
        return Err(no("0600"));
    }
    Ok((ordered, returned.card.clone()))
}

/// What the page said, signed. Faults falsify before the signature, except the one of the signature itself.
pub fn resolve(call: &Call<'_>, met: &Met) -> Result<Answer, Refused> {
    let gate = call.bank.memory::<Gate>();
    let returned = gate.returned.get(call.request.get("bankData")).ok_or_else(|| packet("BANKDATA"))?;
    let has = |kind| met.has(kind) || returned.met.has(kind);
    let ordered = &returned.ordered;
    let mut xid = ordered.order.clone();
    if has(FaultKind::WrongOrder) {
        xid.replace_range(..1, "X");
    }
    let minor = (ordered.amount + if has(FaultKind::WrongAmount) { 100 } else { 0 }).to_string();
    let ours = letters(&ordered.currency);
    let currency = match ours {
        _ if !has(FaultKind::WrongCurrency) => ours,
        "US" => "EU",
        _ => "US",
    };
    let status = returned.authentication.md_status().to_string();
    let mut made = mac::of(call.store, call.account, &[&status, &xid, &minor, currency]);
    if has(FaultKind::WrongHash) {
        made = mac::of(call.store, call.account, &["wrong"]);
    }
    let count = if ordered.installments > 1 { ordered.installments } else { 0 };
    let message = if returned.authentication.is_full() { "" } else { "None 3D - Secure Transaction" };
    // Of a mixed sale the page tells the card's points, or -1 where it could not ask.
    let worth = match &returned.card {
        Some(card) if returned.mixed => money::desk(call.bank, call.store).points(card).unwrap_or(-1),
        _ => 0,
    };
    // Two hundred points are a lira.
    let points = if worth > 0 { worth * 2 } else { worth };
    let inside: String = [
        ("xid", xid.as_str()),
        ("amount", &minor),
        ("currency", currency),
        ("installment", &format!("{count:02}")),
        ("point", &points.to_string()),
        ("pointAmount", &worth.to_string()),
        ("txStatus", returned.authentication.tx_status()),
        ("mdStatus", &status),
        ("mdErrorMessage", message),
        ("mac", &made),
    ]
    .map(|(name, value)| element(name, value))
    .concat();
    Ok(Answer::yes(format!("<oosResolveMerchantDataResponse>{inside}</oosResolveMerchantDataResponse>")))
}

/// Charges what was authenticated, once; the same again gets the same answer.
pub fn charge(call: &Call<'_>) -> Result<Answer, Refused> {
    let key = call.request.get("bankData");
    let mut gate = call.bank.memory::<Gate>();
    let returned = gate.returned.get(key).ok_or_else(|| packet("BANKDATA"))?;
    let (ordered, mixed) = (returned.ordered.clone(), returned.mixed);
    let points = call.request.points(&ordered)?;
    if points > 0 && !mixed {
        return Err(packet("WPAMOUNT"));
    }
    let voucher = gate.vouchers.young(key, call.bank.clock().now_ms()).cloned();
    let spent = gate.vouchers.spend(key, &call.store.id, &ordered);
    let (Ok(voucher), Ok(()) | Err(Unvouched::Spent)) = (voucher, spent) else {
        // Not authenticated, or too long ago.
        return Err(no("0217"));
    };
    drop(gate);
    let asked =
        crate::desk::Charge { secure: Some(voucher.secure.clone()), ..api::charge_of(&ordered, &voucher.card, "3d") };
    let told: Told = money::charge(call.bank, call.store, "", asked, points);
    let answer = api::answered(&told, call.request.wants_time())?;
    let Some(entry) = told.entry() else { return Ok(answer) };
    let minor = ordered.amount.to_string();
    let fields = [entry.trans_id.as_str(), &ordered.order, &minor, letters(&ordered.currency)];
    Ok(answer.with(&element("mac", &mac::of(call.store, call.account, &fields))))
}

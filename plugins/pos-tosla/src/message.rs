//! What is sent to the API: one JSON object per operation, each signed by a hash over who asks and when.

use vezne_plugin::json::Json;
use vezne_plugin::value::Value;
use vezne_plugin::{Card, DigestAlg, ExpiryForm, Fault, HttpRequest, Money, Sealed, TextForm, body, host, istanbul};

use crate::settings::{Settings, api_password};

/// Charges at once.
pub const SALE: &str = "/Payment";
/// Opens a session in which the gate authenticates and charges.
pub const GATE_SALE: &str = "/threeDPayment";
/// Opens a session in which the gate authenticates and reserves.
pub const GATE_AUTHORIZE: &str = "/threeDPreAuth";
/// Takes a reservation.
pub const CAPTURE: &str = "/postAuth";
/// Voids.
pub const VOID: &str = "/void";
/// Gives back.
pub const REFUND: &str = "/refund";
/// What became of an order.
pub const INQUIRY: &str = "/inquiry";
/// The transactions of a day.
pub const HISTORY: &str = "/history";

/// No longer than this (Tosla's own page).
const RANDOM_CHARS: u8 = 24;

/// Members of a message, in the order of Tosla's examples.
pub type Members = Vec<(String, Json)>;

/// What makes a hash one that is used only once: Tosla refuses a second use, and a time more than an hour off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Random letters and digits.
    pub random: String,
    /// `20231209214708`, in Istanbul.
    pub time: String,
}

impl Stamp {
    /// Of now.
    pub fn now() -> Self {
        let random = host::reference(host::ALPHANUMERIC, RANDOM_CHARS);
        Self { random, time: istanbul::compact(&istanbul::now()) }
    }
}

/// The hash of a message: SHA-512 over password, who asks, and the stamp.
pub fn signature(settings: &Settings, stamp: &Stamp) -> Result<Sealed, Fault> {
    let signed = Value::from(api_password()?)
        .text(&settings.client_id)
        .text(&settings.api_user)
        .text(&stamp.random)
        .text(&stamp.time);
    Ok(signed.digest(DigestAlg::Sha512, TextForm::Base64))
}

fn text(name: &str, value: &str) -> (String, Json) {
    (name.to_owned(), Json::string(value))
}

fn number(name: &str, value: impl Into<i64>) -> (String, Json) {
    (name.to_owned(), Json::integer(value.into()))
}

/// Who asks.
fn caller(settings: &Settings) -> Members {
    vec![text("clientId", &settings.client_id), text("apiUser", &settings.api_user)]
}

/// Who asks about which order.
fn envelope(settings: &Settings, order_id: &str) -> Members {
    let mut members = caller(settings);
    members.push(text("orderId", order_id));
    members
}

fn sealed(mut members: Members, settings: &Settings, stamp: &Stamp) -> Result<Members, Fault> {
    members.push(text("rnd", &stamp.random));
    members.push(text("timeSpan", &stamp.time));
    members.push(("hash".into(), Json::string(signature(settings, stamp)?)));
    Ok(members)
}

fn order(settings: &Settings, order_id: &str, amount: &Money, instalments: u8) -> Members {
    let mut members = envelope(settings, order_id);
    members.push(number("amount", amount.minor));
    members.push(number("currency", amount.numeric));
    // Not 1 but 0 is a single payment.
    members.push(number("installmentCount", if instalments > 1 { instalments } else { 0 }));
    members
}

/// A sale without 3-D.
pub fn sale(
    settings: &Settings,
    stamp: &Stamp,
    order_id: &str,
    amount: &Money,
    instalments: u8,
    card: &Card,
) -> Result<Members, Fault> {
    let mut members = order(settings, order_id, amount, instalments);
    members.push(("cardHolderName".into(), Json::String(card.holder().map(Value::from).unwrap_or_default())));
    members.push(("cardNo".into(), Json::string(card.pan())));
    members.push(("expireDate".into(), Json::string(card.expiry(ExpiryForm::Mmyy))));
    members.extend(card.security_code().map(|code| ("cvv".to_owned(), Json::string(code))));
    sealed(members, settings, stamp)
}

/// Opens a session at the gate.
pub fn session(
    settings: &Settings,
    stamp: &Stamp,
    order_id: &str,
    amount: &Money,
    instalments: u8,
    callback_url: &str,
) -> Result<Members, Fault> {
    let mut members = order(settings, order_id, amount, instalments);
    members.push(text("callbackUrl", callback_url));
    sealed(members, settings, stamp)
}

/// Takes a reservation, or gives back: an order and an amount. The currency is the order's own.
pub fn with_amount(settings: &Settings, stamp: &Stamp, order_id: &str, minor: i64) -> Result<Members, Fault> {
    let mut members = envelope(settings, order_id);
    members.push(number("amount", minor));
    sealed(members, settings, stamp)
}

/// Voids an order, or asks about it: nothing but its number.
pub fn plain(settings: &Settings, stamp: &Stamp, order_id: &str) -> Result<Members, Fault> {
    sealed(envelope(settings, order_id), settings, stamp)
}

/// A page of the transactions of a date: of an order, or of all where none is named.
pub fn history(
    settings: &Settings,
    stamp: &Stamp,
    order_id: Option<&str>,
    date: &str,
    page: u32,
    page_size: u32,
) -> Result<Members, Fault> {
    let mut members = order_id.map_or_else(|| caller(settings), |order_id| envelope(settings, order_id));
    members.push(text("transactionDate", date));
    members.push(number("page", page));
    members.push(number("pageSize", page_size));
    sealed(members, settings, stamp)
}

/// As a request.
pub fn request(path: &str, members: Members) -> Result<HttpRequest, Fault> {
    Ok(body::post("api", path, "application/json", Json::Object(members).into_body()?))
}

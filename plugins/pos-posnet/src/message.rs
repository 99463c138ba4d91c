//! `posnetRequest`: what is sent to the XML service, as the parameter `xmldata` of a form.

use posnet_orders::number;
use vezne_plugin::body::{self, Form};
use vezne_plugin::charset::Charset;
use vezne_plugin::value::Value;
use vezne_plugin::xml::Element;
use vezne_plugin::{Card, ExpiryForm, Fault, Field, HttpRequest, Part, Sealed, host};

use crate::partner::Partner;
use crate::settings::Settings;

/// What is charged or reserved.
#[derive(Debug, Clone)]
pub struct Charge<'a> {
    /// Our order number.
    pub order: &'a str,
    /// Minor units.
    pub amount: &'a str,
    /// The bank's letters.
    pub currency: &'a str,
    /// 0 for a single payment.
    pub instalments: u8,
    /// Typed by a clerk.
    pub mail_order: bool,
    /// `koiCode`, a campaign of the card (Joker Vadaa).
    pub campaign: Option<&'a str>,
    /// What World points pay of the amount, minor units.
    pub points: Option<&'a str>,
    /// Whose payment it is.
    pub partner: &'a Partner,
}

/// How an earlier transaction is addressed.
#[derive(Debug, Clone, Copy)]
pub enum Reference<'a> {
    /// By the bank's key.
    Key(&'a str),
    /// By the order's 24 characters, and its day where the store's `OrderID` parameter is on.
    Order {
        /// With prefix and zeros.
        address: &'a str,
        /// `20261122`
        day: Option<&'a str>,
    },
}

/// What the gate gave back; only the bank can read it.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Packets {
    /// `BankPacket`
    pub bank: String,
    /// `MerchantPacket`
    pub merchant: String,
    /// `Sign`
    pub sign: String,
}

fn envelope(settings: &Settings) -> Element {
    Element::new("posnetRequest").field("mid", &settings.mid).field("tid", &settings.tid)
}

/// Operations whose answers tell the bank's time.
fn timed_envelope(settings: &Settings) -> Element {
    envelope(settings).field("tranDateRequired", "1")
}

/// Two digits, `00` for a single payment.
pub fn instalments(count: u8) -> String {
    format!("{count:02}")
}

/// `sale`, `auth`, or `saleWP` where points pay a part. A card without a code (mail order) goes with `000`: the field has three digits.
pub fn charge(settings: &Settings, reserve: bool, charge: &Charge<'_>, card: &Card) -> Result<Element, Fault> {
    let code = card.security_code().map_or_else(|| Value::from("000"), Value::from);
    let name = match (reserve, charge.points) {
        (true, _) => "auth",
        (false, None) => "sale",
        (false, Some(_)) => "saleWP",
    };
    let operation = Element::new(name)
        .field("orderID", number::padded(charge.order)?)
        .field("installment", instalments(charge.instalments))
        .field("amount", charge.amount)
        .optional("wpAmount", charge.points)
        .field("currencyCode", charge.currency)
        .field("ccno", card.pan())
        .field("expDate", card.expiry(ExpiryForm::Yymm))
        .field("cvc", code)
        .optional("mailorderflag", charge.mail_order.then_some("Y"))
        .optional("koiCode", charge.campaign);
    Ok(timed_envelope(settings).child(charge.partner.add_to(operation)))
}

/// Takes a reservation.
pub fn capture(settings: &Settings, of: Reference<'_>, amount: &str, currency: &str, count: u8) -> Element {
    let operation = referring(Element::new("capt"), of)
        .field("amount", amount)
        .field("currencyCode", currency)
        .field("installment", instalments(count));
    timed_envelope(settings).child(operation)
}

/// Voids. `transaction` is what: `sale`, `auth`, `capt` or `return`. The issuer's approval is asked for only
/// where interest was charged (VFT).
pub fn void(settings: &Settings, transaction: &str, of: Reference<'_>, auth_code: Option<&str>) -> Element {
    let operation = Element::new("reverse").field("transaction", transaction).optional("authCode", auth_code);
    timed_envelope(settings).child(referring(operation, of))
}

/// Gives back. `in_proportion`, as money and as points, in the proportion in which they paid.
pub fn give_back(settings: &Settings, of: Reference<'_>, amount: &str, currency: &str, in_proportion: bool) -> Element {
    let operation = Element::new("return").field("amount", amount).field("currencyCode", currency);
    let operation = referring(operation, of).optional("isRationalReturn", in_proportion.then_some("Y"));
    timed_envelope(settings).child(operation)
}

/// How many World points has the card? Points of the store's own brand are left out: a sale with `wpAmount` alone lets
/// the bank choose among all of them, but only World points are told without a contract for the others.
pub fn point_inquiry(settings: &Settings, card: &Card) -> Element {
    let operation = Element::new("pointInquiry")
        .field("ccno", card.pan())
        .field("expDate", card.expiry(ExpiryForm::Yymm))
        .field("getPointDetail", "N");
    envelope(settings).child(operation)
}

/// What became of an order?
pub fn agreement(settings: &Settings, address: &str, day: Option<&str>) -> Element {
    envelope(settings).child(referring(Element::new("agreement"), Reference::Order { address, day }))
}

fn referring(operation: Element, of: Reference<'_>) -> Element {
    match of {
        Reference::Key(key) => operation.field("hostLogKey", key),
        Reference::Order { address, day } => operation.field("orderID", address).optional("orderDate", day),
    }
}

/// What the gate is told: the bank encrypts it for the way through the browser.
#[derive(Debug, Clone, Copy)]
pub struct Encrypt<'a> {
    /// The padded order number.
    pub xid: &'a str,
    /// Minor units.
    pub amount: &'a str,
    /// The bank's letters.
    pub currency: &'a str,
    /// 0 for a single payment.
    pub instalments: u8,
    /// Reserve instead of charge.
    pub reserve: bool,
    /// Points pay a part of it.
    pub points: bool,
}

/// The bank's word for a sale, one with points, or a reservation at the gate.
pub fn transaction_type(reserve: bool, points: bool) -> &'static str {
    match (reserve, points) {
        (true, _) => "Auth",
        (false, true) => "SaleWP",
        (false, false) => "Sale",
    }
}

/// First step of 3-D: without a card the bank's own page asks for it.
pub fn encrypt(settings: &Settings, order: &Encrypt<'_>, card: Option<&Card>) -> Element {
    let operation = Element::new("oosRequestData").field("posnetid", &settings.posnet_id);
    let operation = match card {
        Some(card) => operation
            .field("ccno", card.pan())
            .field("expDate", card.expiry(ExpiryForm::Yymm))
            .optional("cvc", card.security_code()),
        None => operation,
    };
    let operation = operation
        .field("amount", order.amount)
        .field("currencyCode", order.currency)
        .field("installment", instalments(order.instalments))
        .field("XID", order.xid);
    let operation = match card.and_then(Card::holder) {
        Some(holder) => operation.field("cardHolderName", holder),
        None => operation.child(Element::new("cardHolderName")),
    };
    envelope(settings).child(operation.field("tranType", transaction_type(order.reserve, order.points)))
}

/// What did the gate say? `mac` is over our own order.
pub fn resolve(settings: &Settings, packets: &Packets, mac: Sealed) -> Element {
    let operation = Element::new("oosResolveMerchantData")
        .field("bankData", &packets.bank)
        .field("merchantData", &packets.merchant)
        .field("sign", &packets.sign)
        .field("mac", mac);
    envelope(settings).child(operation)
}

/// Charges what was authenticated. `points` is what World points pay of it, minor units, `0` where none do.
pub fn charge_authenticated(settings: &Settings, packets: &Packets, points: &str, mac: Sealed) -> Element {
    let operation = Element::new("oosTranData")
        .field("bankData", &packets.bank)
        .field("merchantData", &packets.merchant)
        .field("sign", &packets.sign)
        .field("wpAmount", points)
        .field("mac", mac);
    envelope(settings).child(operation)
}

/// Totals of a span of days, both included, at most ten.
pub fn reconciliation(settings: &Settings, from: &str, to: &str, currency: &str) -> Element {
    let operation = Element::new("merchantReconciliation")
        .field("startDate", from)
        .field("endDate", to)
        .field("currency", currency);
    envelope(settings).child(operation)
}

/// The fields of the form for the gate.
pub fn gate_form(settings: &Settings, data: [&str; 3], return_url: &str, lang: &str) -> Form {
    let [data1, data2, sign] = data;
    Form::new()
        .field("mid", &settings.mid)
        .field("posnetID", &settings.posnet_id)
        .field("posnetData", data1)
        .field("posnetData2", data2)
        .field("digest", sign)
        .field("merchantReturnURL", return_url)
        // The bank's script fills it; it must be there.
        .field("url", "")
        .field("lang", lang)
}

/// The document: it declares ISO-8859-9, as the bank's samples do, and is UTF-8, as the bank asks since its
/// document v2: the form it travels in says so.
pub fn document(message: Element) -> Result<Value, Fault> {
    const UTF8: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    const DECLARED: &str = "<?xml version=\"1.0\" encoding=\"ISO-8859-9\"?>";
    let parts = message.into_document(Charset::Utf8)?;
    Ok(parts.into_iter().fold(Value::new(), |out, part| match part {
        Part::Text(text) => match text.strip_prefix(UTF8) {
            Some(rest) => out.text(DECLARED).text(rest),
            None => out.text(&text),
        },
        Part::Sealed(sealed) => out.sealed(sealed),
        // A UTF-8 document has none.
        Part::Bytes(bytes) => out.text(&String::from_utf8_lossy(&bytes)),
    }))
}

/// As a request to the XML service. `order` begins the number under which the bank's log shows it.
pub fn request(settings: &Settings, message: Element, order: &str) -> Result<HttpRequest, Fault> {
    let body = Form::new().field("xmldata", document(message)?).into_body()?;
    let mut request = body::post("api", "", "application/x-www-form-urlencoded; charset=utf-8", body);
    let short: String = order.chars().filter(char::is_ascii_alphanumeric).take(number::ORDER_CHARS).collect();
    let correlation = short + &host::reference(host::ALPHANUMERIC, 4);
    let headers = [
        ("x-merchant-id", settings.mid.clone()),
        ("x-terminal-id", settings.tid.clone()),
        ("x-posnet-id", settings.posnet_id.clone()),
        ("x-correlation-id", correlation),
    ];
    let filled = headers.into_iter().filter(|(_, value)| !value.is_empty());
    request.headers = filled.map(|(name, value)| Field { name: name.to_owned(), value: Part::Text(value) }).collect();
    Ok(request)
}

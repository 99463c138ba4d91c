//! What is sent to the API: one JSON object, signed as a whole in the header `auth-hash`.

use vezne_plugin::json::Json;
use vezne_plugin::{Card, DigestAlg, ExpiryForm, Fault, Field, HttpRequest, TextForm, body, host, istanbul};

use crate::code;
use crate::settings::{Settings, secret_key};

/// Where operations go, below the API's address.
pub const PROCESS: &str = "/transaction/process";
/// Where reports come from.
pub const REPORT: &str = "/portal/report/transaction";

const HEX: &str = "0123456789ABCDEF";
const RANDOM_CHARS: u8 = 128;

/// Members of a message, in the order the bank's examples have them.
pub type Members = Vec<(String, Json)>;

/// How the bank learns whose card it is.
#[derive(Debug, Clone, Copy)]
pub enum Payer<'a> {
    /// The card itself.
    Card(&'a Card),
    /// What the 3-D gate vouched for.
    Proof {
        /// Number of the authentication.
        id: &'a str,
        /// Electronic commerce indicator.
        indicator: &'a str,
        /// The issuer's cryptogram.
        data: &'a str,
        /// Stands for the card.
        md: &'a str,
    },
}

/// A repeated order: the bank charges by itself every `interval` × `cycle`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurring {
    /// How many cycles between two charges.
    pub interval: i64,
    /// `D`, `W`, `M` or `Y`.
    pub cycle: String,
    /// How many charges in all.
    pub count: i64,
}

/// What is charged or reserved.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    /// Our order number.
    pub id: &'a str,
    /// The payer's address, if known.
    pub ip: Option<&'a str>,
    /// Decimal, as text.
    pub total: &'a str,
    /// ISO 4217 number.
    pub currency: u16,
    /// 1 for a single payment.
    pub instalments: u8,
    /// A clerk typed the card from an order form.
    pub mail_order: bool,
    /// If the bank is to repeat it.
    pub recurring: Option<Recurring>,
}

/// How an earlier order is addressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference<'a> {
    /// An ordinary order.
    Order(&'a str),
    /// A repeated order, and perhaps one of its charges, counted from 1.
    Track(&'a str, Option<i64>),
}

/// A random number as the bank wants it: 128 hexadecimal digits.
pub fn random_number() -> String {
    // Twice half: the contract gives at most 64 characters at once.
    let half = || host::reference(HEX, RANDOM_CHARS / 2);
    half() + &half()
}

/// Now, as the bank writes it. It compares with its own clock in Istanbul and refuses what is too far off.
pub fn request_time() -> String {
    format!("{}.000", istanbul::iso(&istanbul::now()))
}

fn text(name: &str, value: &str) -> (String, Json) {
    (name.to_owned(), Json::string(value))
}

fn object(name: &str, members: Members) -> (String, Json) {
    (name.to_owned(), Json::Object(members))
}

/// Who asks: in every message.
fn account(settings: &Settings) -> Members {
    let terminal =
        vec![text("merchantSafeId", &settings.merchant_safe_id), text("terminalSafeId", &settings.terminal_safe_id)];
    let sub_merchant = settings.sub_merchant_id.as_deref();
    let sub_merchant = sub_merchant.map(|id| object("subMerchant", vec![text("subMerchantId", id)]));
    [object("terminal", terminal)].into_iter().chain(sub_merchant).collect()
}

fn envelope(settings: &Settings, code: &str) -> Members {
    let mut members = vec![
        text("version", "1.00"),
        text("txnCode", code),
        text("requestDateTime", &request_time()),
        text("randomNumber", &random_number()),
    ];
    members.extend(account(settings));
    members
}

fn reference(members: &mut Members, reference: &Reference<'_>) {
    match reference {
        Reference::Order(id) => members.push(object("order", vec![text("orderId", id)])),
        Reference::Track(id, number) => {
            if let Some(number) = number {
                members.push(object("recurring", vec![("recurringOrder".into(), Json::integer(*number))]));
            }
            members.push(object("order", vec![text("orderTrackId", id)]));
        }
    }
}

fn money(total: &str, currency: u16) -> Members {
    vec![text("amount", total), ("currencyCode".into(), Json::integer(currency.into()))]
}

fn customer(ip: Option<&str>) -> Option<(String, Json)> {
    ip.map(|ip| object("customer", vec![text("ipAddress", ip)]))
}

/// A sale or a reservation. A repeated order and a keyed card are mail order for the bank (`motoInd` 1).
pub fn charge(settings: &Settings, reserve: bool, order: &Order<'_>, payer: Payer<'_>) -> Members {
    let mut members = envelope(settings, code::charge(reserve));
    match payer {
        Payer::Card(card) => {
            let mut fields = vec![("cardNumber".into(), Json::string(card.pan()))];
            fields.extend(card.security_code().map(|code| ("cvv2".into(), Json::string(code))));
            fields.push(("expireDate".into(), Json::string(card.expiry(ExpiryForm::Mmyy))));
            members.push(object("card", fields));
        }
        Payer::Proof { id, indicator, data, md } => {
            let proof = vec![
                text("secureId", id),
                text("secureEcomInd", indicator),
                text("secureData", data),
                text("secureMd", md),
            ];
            members.push(object("secureTransaction", proof));
        }
    }
    let by_mail = order.mail_order || order.recurring.is_some();
    let instalments = if order.recurring.is_some() { 1 } else { order.instalments.max(1) };
    let mut transaction = money(order.total, order.currency);
    transaction.push(("motoInd".into(), Json::integer(by_mail.into())));
    transaction.push(("installCount".into(), Json::integer(instalments.into())));
    members.push(object("transaction", transaction));
    members.extend(customer(order.ip));
    match &order.recurring {
        Some(recurring) => {
            let plan = vec![
                ("frequencyInterval".into(), Json::integer(recurring.interval)),
                text("frequencyCycle", &recurring.cycle),
                ("numberOfPayments".into(), Json::integer(recurring.count)),
            ];
            members.push(object("recurring", plan));
            reference(&mut members, &Reference::Track(order.id, None));
        }
        None => reference(&mut members, &Reference::Order(order.id)),
    }
    members
}

/// Takes a reservation.
pub fn capture(settings: &Settings, order_id: &str, total: &str, currency: u16, ip: Option<&str>) -> Members {
    let mut members = envelope(settings, code::CAPTURE);
    reference(&mut members, &Reference::Order(order_id));
    members.push(object("transaction", money(total, currency)));
    members.extend(customer(ip));
    members
}

/// Voids an order, or a charge of a repeated one that has been made.
pub fn void(settings: &Settings, target: &Reference<'_>) -> Members {
    let mut members = envelope(settings, code::VOID);
    reference(&mut members, target);
    members
}

/// Cancels a charge of a repeated order that has not been made yet; without a number, all of them.
pub fn cancel_planned(settings: &Settings, track_id: &str, number: Option<i64>) -> Members {
    let mut members = envelope(settings, code::CANCEL_PLANNED);
    reference(&mut members, &Reference::Track(track_id, number));
    members
}

/// Gives back. The bank gives back everything if no amount is named, so one always is.
pub fn refund(settings: &Settings, target: &Reference<'_>, total: &str, currency: u16) -> Members {
    let mut members = envelope(settings, code::REFUND);
    members.push(object("transaction", money(total, currency)));
    reference(&mut members, target);
    members
}

/// Every transaction of an order.
pub fn history(settings: &Settings, target: &Reference<'_>) -> Members {
    let mut members = envelope(settings, code::HISTORY);
    let whole = match target {
        Reference::Track(id, _) => Reference::Track(id, None),
        Reference::Order(id) => Reference::Order(id),
    };
    reference(&mut members, &whole);
    members
}

/// Which transactions a report is to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Range<'a> {
    /// Those between two times in Istanbul, at most a day apart.
    Times(&'a str, &'a str),
    /// Those of a batch; the way on when a day has more than 9,999 of them (VPS-2235).
    Batch(i64),
}

/// The transactions of a day or a batch.
pub fn report(settings: &Settings, range: &Range<'_>) -> Members {
    let mut members = account(settings);
    members.push(text("randomNumber", &random_number()));
    let range = match range {
        Range::Times(from, to) => vec![text("startDateTime", from), text("endDateTime", to)],
        Range::Batch(number) => vec![("batchNumber".into(), Json::integer(*number))],
    };
    members.push(object("report", range));
    members
}

/// As a request, signed: HMAC-SHA-512 over the very bytes of the body.
pub fn request(path: &str, members: Members) -> Result<HttpRequest, Fault> {
    let value = Json::Object(members).into_value()?;
    let signature = value.hmac(DigestAlg::Sha512, &secret_key()?, TextForm::Base64)?;
    let mut request = body::post("api", path, "application/json", value.into_parts());
    request.headers.push(Field { name: "auth-hash".into(), value: vezne_plugin::Part::Sealed(signature) });
    Ok(request)
}

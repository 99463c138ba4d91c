//! What is sent to the JSON service, one method for each operation.

use posnet_orders::number;
use vezne_plugin::json::Json;
use vezne_plugin::value::Value;
use vezne_plugin::{Card, ExpiryForm, Fault, Field, HttpRequest, Part, body, host};

use crate::mac;
use crate::settings::Settings;

/// Values that a sale or reservation with the card itself is signed over.
pub const CARD_LIST: &str = "MerchantNo:TerminalNo:CardNo:Cvc2:ExpireDate:Amount";
/// Of a sale or reservation with what the gate vouched for.
pub const PROOF_LIST: &str = "MerchantNo:TerminalNo:SecureTransactionId:CavvData:Eci:MdStatus";
/// Of a capture or a question.
pub const STORE_LIST: &str = "MerchantNo:TerminalNo";
/// Of a void or refund.
pub const REFERENCE_LIST: &str = "MerchantNo:TerminalNo:ReferenceCode:OrderId";

/// What is charged or reserved.
#[derive(Debug, Clone, Copy)]
pub struct Charge<'a> {
    /// Our order number.
    pub order: &'a str,
    /// Minor units.
    pub amount: &'a str,
    /// The bank's letters.
    pub currency: &'a str,
    /// 0 for a single payment.
    pub instalments: u8,
}

/// How an earlier transaction is addressed.
#[derive(Debug, Clone, Copy)]
pub enum Reference<'a> {
    /// By the bank's key.
    Key(&'a str),
    /// By the order's 24 characters.
    Order(&'a str),
}

/// What the gate vouched for.
#[derive(Debug, Clone, Copy)]
pub struct Proof<'a> {
    /// `SecureTransactionId`
    pub transaction: &'a str,
    /// `CAVV`
    pub cavv: &'a str,
    /// `ECI`
    pub eci: &'a str,
    /// `MdStatus`, one digit.
    pub md_status: &'a str,
    /// `MD`
    pub md: &'a str,
}

/// A message with the method it goes to.
#[derive(Debug)]
pub struct Message {
    /// `Sale`, `Auth`, `Capture`, `Reverse`, `Return` or `TransactionInquiry`.
    pub method: &'static str,
    /// The body.
    pub body: Json,
}

type Members = Vec<(String, Json)>;

fn member(name: &str, value: Json) -> (String, Json) {
    (name.to_owned(), value)
}

fn text(name: &str, value: &str) -> (String, Json) {
    member(name, Json::string(value))
}

fn null(name: &str) -> (String, Json) {
    member(name, Json::Null)
}

fn number_of(name: &str, digits: &str) -> (String, Json) {
    member(name, Json::Number(digits.to_owned()))
}

/// Who asks, and the members that every request has and nobody fills.
fn envelope(settings: &Settings, list: &str, encrypted: Option<&str>) -> Members {
    vec![
        text("ApiType", "JSON"),
        text("ApiVersion", "V100"),
        text("MACParams", list),
        text("MerchantNo", &settings.merchant),
        text("TerminalNo", &settings.terminal),
        null("CipheredData"),
        null("DealerData"),
        member("IsEncrypted", encrypted.map_or(Json::Null, Json::string)),
        null("PaymentFacilitatorData"),
    ]
}

/// The store's own two values of a list.
fn store_value(settings: &Settings, name: &str) -> Option<Value> {
    match name {
        "MerchantNo" => Some(Value::from(&settings.merchant)),
        "TerminalNo" => Some(Value::from(&settings.terminal)),
        _ => None,
    }
}

fn instalments(members: &mut Members, count: u8) {
    members.push(text("InstallmentCount", &count.to_string()));
    members.push(text("InstallmentType", if count > 1 { "Y" } else { "N" }));
}

/// The bank's word for a sale or a reservation.
pub fn transaction_type(reserve: bool) -> &'static str {
    if reserve { "Auth" } else { "Sale" }
}

/// A sale or reservation with the card itself.
pub fn charge(
    settings: &Settings,
    reserve: bool,
    charge: &Charge<'_>,
    card: &Card,
    mail_order: bool,
    campaign: Option<&str>,
) -> Result<Message, Fault> {
    let signature = mac::of_list(CARD_LIST, |name| match name {
        "CardNo" => Some(Value::from(card.pan())),
        "Cvc2" => card.security_code().map(Value::from),
        "ExpireDate" => Some(Value::from(card.expiry(ExpiryForm::Yymm))),
        "Amount" => Some(Value::from(charge.amount)),
        name => store_value(settings, name),
    })?;
    let given = |value: Option<Value>| value.map_or(Json::Null, Json::String);
    let card = Json::Object(vec![
        member("CardNo", Json::string(card.pan())),
        member("ExpireDate", Json::string(card.expiry(ExpiryForm::Yymm))),
        member("Cvc2", given(card.security_code().map(Value::from))),
        member("CardHolderName", given(card.holder().map(Value::from))),
    ]);
    let mut members = envelope(settings, CARD_LIST, None);
    members.extend([
        null("AdditionalInfoData"),
        member("CardInformationData", card),
        text("IsMailOrder", if mail_order { "Y" } else { "N" }),
        null("IsRecurring"),
        null("IsTDSecureMerchant"),
        text("PaymentInstrumentType", "CARD"),
        null("ThreeDSecureData"),
        number_of("Amount", charge.amount),
        text("CurrencyCode", charge.currency),
        text("OrderId", &number::padded(charge.order)?),
    ]);
    instalments(&mut members, charge.instalments);
    members.extend([
        member("KOICode", campaign.map_or(Json::Null, Json::string)),
        null("MerchantMessageData"),
        null("PointAmount"),
        member("MAC", Json::string(signature)),
    ]);
    Ok(Message { method: transaction_type(reserve), body: Json::Object(members) })
}

/// A sale or reservation with what the gate vouched for.
pub fn charge_authenticated(
    settings: &Settings,
    reserve: bool,
    charge: &Charge<'_>,
    proof: &Proof<'_>,
) -> Result<Message, Fault> {
    let signature = mac::of_list(PROOF_LIST, |name| match name {
        "SecureTransactionId" => Some(Value::from(proof.transaction)),
        "CavvData" => Some(Value::from(proof.cavv)),
        "Eci" => Some(Value::from(proof.eci)),
        "MdStatus" => Some(Value::from(proof.md_status)),
        name => store_value(settings, name),
    })?;
    let secure = Json::Object(vec![
        text("SecureTransactionId", proof.transaction),
        text("CavvData", proof.cavv),
        text("Eci", proof.eci),
        number_of("MdStatus", proof.md_status),
        text("MD", proof.md),
    ]);
    let mut members = vec![
        text("ApiType", "JSON"),
        text("ApiVersion", "V100"),
        text("MerchantNo", &settings.merchant),
        text("TerminalNo", &settings.terminal),
        text("PaymentInstrumentType", "CARD"),
        text("IsEncrypted", "N"),
        text("IsTDSecureMerchant", "Y"),
        text("IsMailOrder", "N"),
        member("ThreeDSecureData", secure),
        text("MACParams", PROOF_LIST),
        number_of("Amount", charge.amount),
        text("CurrencyCode", charge.currency),
        number_of("PointAmount", "0"),
        text("OrderId", &number::padded(charge.order)?),
    ];
    instalments(&mut members, charge.instalments);
    members.push(member("MAC", Json::string(signature)));
    Ok(Message { method: transaction_type(reserve), body: Json::Object(members) })
}

/// Takes a reservation, by the bank's key of it.
pub fn capture(settings: &Settings, key: &str, charge: &Charge<'_>) -> Result<Message, Fault> {
    let mut members = envelope(settings, STORE_LIST, None);
    members.extend([
        number_of("Amount", charge.amount),
        text("CurrencyCode", charge.currency),
        text("ReferenceCode", key),
    ]);
    instalments(&mut members, charge.instalments);
    members.push(member("MAC", Json::string(mac::of_list(STORE_LIST, |name| store_value(settings, name))?)));
    Ok(Message { method: "Capture", body: Json::Object(members) })
}

/// Voids what is named: `Sale`, `Auth`, `Capture` or `Return`.
pub fn void(settings: &Settings, transaction: &str, of: Reference<'_>) -> Result<Message, Fault> {
    referring("Reverse", settings, transaction, of, None)
}

/// Gives back of a sale or capture: an amount in minor units with its currency, or all of it.
pub fn give_back(
    settings: &Settings,
    transaction: &str,
    of: Reference<'_>,
    amount: Option<(&str, &str)>,
) -> Result<Message, Fault> {
    referring("Return", settings, transaction, of, amount)
}

fn referring(
    method: &'static str,
    settings: &Settings,
    transaction: &str,
    of: Reference<'_>,
    amount: Option<(&str, &str)>,
) -> Result<Message, Fault> {
    let (key, order) = match of {
        Reference::Key(key) => (Some(key), None),
        Reference::Order(order) => (None, Some(order)),
    };
    let signature = mac::of_list(REFERENCE_LIST, |name| match name {
        "ReferenceCode" => key.map(Value::from),
        "OrderId" => order.map(Value::from),
        name => store_value(settings, name),
    })?;
    let mut members = envelope(settings, REFERENCE_LIST, None);
    members.extend([
        member("ReferenceCode", key.map_or(Json::Null, Json::string)),
        member("OrderId", order.map_or(Json::Null, Json::string)),
        text("TransactionType", transaction),
    ]);
    if let Some((minor, currency)) = amount {
        members.extend([number_of("Amount", minor), text("CurrencyCode", currency)]);
    }
    members.push(member("MAC", Json::string(signature)));
    Ok(Message { method, body: Json::Object(members) })
}

/// What became of an order?
pub fn inquiry(settings: &Settings, address: &str) -> Result<Message, Fault> {
    let mut members = envelope(settings, STORE_LIST, Some("N"));
    members.push(text("OrderId", address));
    members.push(member("MAC", Json::string(mac::of_list(STORE_LIST, |name| store_value(settings, name))?)));
    Ok(Message { method: "TransactionInquiry", body: Json::Object(members) })
}

/// As a request to the JSON service. `order` begins the number under which the bank's log shows it.
pub fn request(settings: &Settings, message: Message, order: &str) -> Result<HttpRequest, Fault> {
    let path = format!("/{}", message.method);
    let mut request = body::post("api", &path, "application/json; charset=utf-8", message.body.into_body()?);
    let short: String = order.chars().filter(char::is_ascii_alphanumeric).take(number::ORDER_CHARS).collect();
    let headers = [
        ("x-merchant-id", settings.merchant.clone()),
        ("x-terminal-id", settings.terminal.clone()),
        ("x-posnet-id", settings.posnet_id.clone()),
        ("x-correlation-id", short + &host::reference(host::ALPHANUMERIC, 4)),
    ];
    let filled = headers.into_iter().filter(|(_, value)| !value.is_empty());
    request.headers = filled.map(|(name, value)| Field { name: name.to_owned(), value: Part::Text(value) }).collect();
    Ok(request)
}

//! `PayforRequest`: what is sent to the XML interface.

use vezne_plugin::charset::Charset;
use vezne_plugin::value::Value;
use vezne_plugin::xml::Element;
use vezne_plugin::{Card, ExpiryForm, Fault, HttpRequest, body, value};

use crate::settings::Settings;

/// What is charged or reserved.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    /// Our order number.
    pub id: &'a str,
    /// Decimal.
    pub amount: &'a str,
    /// ISO 4217 number.
    pub currency: &'a str,
    /// `0` for a single payment.
    pub instalments: &'a str,
    /// A clerk typed the card.
    pub mail_order: bool,
}

/// The languages the bank knows. Its support asks for capitals.
pub fn language(locale: &str) -> &'static str {
    if locale.to_ascii_lowercase().starts_with("en") { "EN" } else { "TR" }
}

/// The bank's word for a sale or a reservation.
pub fn transaction_type(reserve: bool) -> &'static str {
    if reserve { "PreAuth" } else { "Auth" }
}

/// The bank's flag for mail order.
pub fn moto(mail_order: bool) -> &'static str {
    if mail_order { "1" } else { "0" }
}

/// The name on the card, or nothing.
pub fn holder(card: &Card) -> Value {
    card.holder().map_or_else(Value::new, Value::from)
}

/// Store, user and institution: who asks.
fn envelope(settings: &Settings) -> Result<Element, Fault> {
    Ok(Element::new("PayforRequest")
        .field("MerchantId", &settings.merchant_id)
        .field("UserCode", &settings.user_code)
        .field("UserPass", value::secret("api-password")?)
        .field("MbrId", &settings.mbr_id))
}

/// `Auth` or `PreAuth`.
pub fn charge(
    settings: &Settings,
    reserve: bool,
    order: &Order<'_>,
    lang: &str,
    card: &Card,
) -> Result<Element, Fault> {
    Ok(envelope(settings)?
        .field("MOTO", moto(order.mail_order))
        .field("OrderId", order.id)
        .field("SecureType", "NonSecure")
        .field("TxnType", transaction_type(reserve))
        .field("PurchAmount", order.amount)
        .field("Currency", order.currency)
        .field("InstallmentCount", order.instalments)
        .field("Lang", lang)
        .field("CardHolderName", holder(card))
        .field("Pan", card.pan())
        .field("Expiry", card.expiry(ExpiryForm::Mmyy))
        .optional("Cvv2", card.security_code()))
}

/// Charges what the gate authenticated. The bank keeps amount and card with the request's number.
pub fn provision(settings: &Settings, order_id: &str, request_guid: &str) -> Result<Element, Fault> {
    Ok(Element::new("PayforRequest")
        .field("RequestGuid", request_guid)
        .field("UserCode", &settings.user_code)
        .field("UserPass", value::secret("api-password")?)
        .field("OrderId", order_id)
        .field("SecureType", "3DModelPayment"))
}

/// Takes a reservation.
pub fn capture(
    settings: &Settings,
    order_id: &str,
    amount: &str,
    currency: &str,
    lang: &str,
) -> Result<Element, Fault> {
    Ok(envelope(settings)?
        .field("OrgOrderId", order_id)
        .field("SecureType", "NonSecure")
        .field("TxnType", "PostAuth")
        .field("PurchAmount", amount)
        .field("Currency", currency)
        .field("Lang", lang))
}

/// Voids an order.
pub fn void(settings: &Settings, order_id: &str, currency: &str, lang: &str) -> Result<Element, Fault> {
    Ok(envelope(settings)?
        .field("OrgOrderId", order_id)
        .field("SecureType", "NonSecure")
        .field("TxnType", "Void")
        .field("Currency", currency)
        .field("Lang", lang))
}

/// Gives back.
pub fn refund(settings: &Settings, order_id: &str, amount: &str, currency: &str, lang: &str) -> Result<Element, Fault> {
    Ok(envelope(settings)?
        .field("SecureType", "NonSecure")
        .field("Lang", lang)
        .field("OrgOrderId", order_id)
        .field("TxnType", "Refund")
        .field("PurchAmount", amount)
        .field("Currency", currency))
}

/// What became of an order?
pub fn order_status(settings: &Settings, order_id: &str, lang: &str) -> Result<Element, Fault> {
    Ok(envelope(settings)?
        .field("OrgOrderId", order_id)
        .field("SecureType", "Inquiry")
        .field("Lang", lang)
        .field("TxnType", "OrderInquiry"))
}

/// Every transaction of an order.
pub fn order_history(settings: &Settings, order_id: &str, lang: &str) -> Result<Element, Fault> {
    Ok(envelope(settings)?
        .field("SecureType", "Report")
        .field("OrderId", order_id)
        .field("TxnType", "TxnHistory")
        .field("Lang", lang))
}

/// Every transaction of a day (`YYYYMMDD`).
pub fn day_history(settings: &Settings, date: &str, lang: &str) -> Result<Element, Fault> {
    Ok(envelope(settings)?
        .field("SecureType", "Report")
        .field("ReqDate", date)
        .field("TxnType", "TxnHistory")
        .field("Lang", lang))
}

/// As a request to the XML interface.
pub fn request(message: Element) -> Result<HttpRequest, Fault> {
    Ok(body::post("api", "", "text/xml; charset=UTF-8", message.into_document(Charset::Utf8)?))
}

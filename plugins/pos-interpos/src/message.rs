//! What is sent to the API: form fields, in the order the bank's examples have them.

use vezne_plugin::body::{self, Form};
use vezne_plugin::{Card, ExpiryForm, Fault, HttpRequest, value};

use crate::settings::Settings;

/// `SecureType` of everything that goes to the API; also of the provision after the gate.
const NON_SECURE: &str = "NonSecure";

/// How the bank learns whose card it is.
#[derive(Debug, Clone, Copy)]
pub enum Payer<'a> {
    /// The card itself, with the bank's number of its scheme, if it has one.
    Card(&'a Card, Option<&'static str>),
    /// What the 3-D gate vouched for.
    Proof {
        /// Stands for the card.
        md: &'a str,
        /// Transaction number of the authentication; many banks' gates leave it empty.
        transaction: &'a str,
        /// Electronic commerce indicator.
        eci: &'a str,
        /// The issuer's cryptogram.
        cavv: &'a str,
    },
}

/// What is charged or reserved.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// Our order number.
    pub id: &'a str,
    /// Decimal.
    pub amount: &'a str,
    /// ISO 4217 number.
    pub currency: &'a str,
    /// Empty for a single payment.
    pub instalments: &'a str,
    /// Whether a clerk typed the card.
    pub moto: bool,
    /// `tr` or `en`.
    pub lang: &'a str,
}

/// The bank's number of a card scheme. Schemes it has no number for go without.
pub fn card_type(scheme: &str) -> Option<&'static str> {
    match scheme {
        "visa" => Some("0"),
        "mastercard" => Some("1"),
        "amex" => Some("2"),
        "troy" => Some("3"),
        _ => None,
    }
}

/// The languages of the bank's answers and pages.
pub fn language(locale: &str) -> &'static str {
    if locale.starts_with("en") { "en" } else { "tr" }
}

/// The bank's word for a sale or a reservation.
pub fn transaction_type(reserve: bool) -> &'static str {
    if reserve { "PreAuth" } else { "Auth" }
}

fn flag(moto: bool) -> &'static str {
    if moto { "1" } else { "0" }
}

/// User, password and shop: who asks.
fn account(settings: &Settings) -> Result<Form, Fault> {
    Ok(Form::new()
        .field("UserCode", &settings.user_code)
        .field("UserPass", value::secret("api-password")?)
        .field("ShopCode", &settings.shop_code))
}

/// `Auth` or `PreAuth`, with the card or after the gate.
pub fn charge(settings: &Settings, reserve: bool, order: &Order<'_>, payer: Payer<'_>) -> Result<Form, Fault> {
    let form = account(settings)?
        .field("TxnType", transaction_type(reserve))
        .field("SecureType", NON_SECURE)
        .field("OrderId", order.id)
        .field("PurchAmount", order.amount)
        .field("Currency", order.currency)
        .field("InstallmentCount", order.instalments);
    Ok(match payer {
        Payer::Card(card, kind) => {
            with_card(form.field("MOTO", flag(order.moto)).field("Lang", order.lang), card, kind)
        }
        Payer::Proof { md, transaction, eci, cavv } => form
            .field("MD", md)
            .field("PayerTxnId", transaction)
            .field("Eci", eci)
            .field("PayerAuthenticationCode", cavv)
            .field("MOTO", flag(order.moto))
            .field("Lang", order.lang),
    })
}

/// The card's fields, for the API and for the gate.
pub fn with_card(form: Form, card: &Card, kind: Option<&str>) -> Form {
    form.optional("CardType", kind)
        .field("Pan", card.pan())
        .field("Expiry", card.expiry(ExpiryForm::Mmyy))
        .optional("Cvv2", card.security_code())
}

/// Takes a reservation. The new transaction gets a number of the bank's own: we send none.
pub fn capture(settings: &Settings, order_id: &str, amount: &str, currency: &str, moto: bool) -> Result<Form, Fault> {
    Ok(account(settings)?
        .field("TxnType", "PostAuth")
        .field("SecureType", NON_SECURE)
        .field("orgOrderId", order_id)
        .field("PurchAmount", amount)
        .field("Currency", currency)
        .field("MOTO", flag(moto)))
}

/// Voids an order.
pub fn void(settings: &Settings, order_id: &str, lang: &str) -> Result<Form, Fault> {
    about(settings, order_id, "Void", lang)
}

/// What became of an order?
pub fn status(settings: &Settings, order_id: &str, lang: &str) -> Result<Form, Fault> {
    about(settings, order_id, "StatusHistory", lang)
}

fn about(settings: &Settings, order_id: &str, kind: &str, lang: &str) -> Result<Form, Fault> {
    Ok(account(settings)?
        .field("orgOrderId", order_id)
        .field("TxnType", kind)
        .field("SecureType", NON_SECURE)
        .field("Lang", lang))
}

/// Gives back, all or a part. The bank takes the currency from the order.
pub fn refund(settings: &Settings, order_id: &str, amount: &str, moto: bool, lang: &str) -> Result<Form, Fault> {
    Ok(account(settings)?
        .field("orgOrderId", order_id)
        .field("PurchAmount", amount)
        .field("TxnType", "Refund")
        .field("SecureType", NON_SECURE)
        .field("Lang", lang)
        .field("MOTO", flag(moto)))
}

/// As a request to the API.
pub fn request(form: Form) -> Result<HttpRequest, Fault> {
    Ok(body::post("api", "", "application/x-www-form-urlencoded; charset=utf-8", form.into_body()?))
}

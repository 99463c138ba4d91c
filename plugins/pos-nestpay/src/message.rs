//! `CC5Request`: what is sent to the XML interface.

use vezne_plugin::charset::Charset;
use vezne_plugin::xml::Element;
use vezne_plugin::{Card, ExpiryForm, Fault, HttpRequest, body, value};

use crate::settings::Settings;

/// How the bank learns whose card it is.
#[derive(Debug, Clone, Copy)]
pub enum Payer<'a> {
    /// The card itself.
    Card(&'a Card),
    /// What the 3-D gate vouched for.
    Proof {
        /// Stands for the card number.
        md: &'a str,
        /// Transaction number of the authentication.
        xid: &'a str,
        /// Electronic commerce indicator.
        eci: &'a str,
        /// The issuer's cryptogram.
        cavv: &'a str,
    },
}

/// A repeated order: the bank charges by itself every `interval` × `cycle`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurring {
    /// How many cycles between two charges.
    pub interval: String,
    /// `D`, `W`, `M` or `Y`.
    pub cycle: String,
    /// How many charges in all.
    pub count: String,
}

/// What is charged or reserved.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    /// Our order number.
    pub id: &'a str,
    /// The payer's address, if known.
    pub ip: &'a str,
    /// Decimal.
    pub total: &'a str,
    /// ISO 4217 number.
    pub currency: &'a str,
    /// Empty for a single payment.
    pub instalments: &'a str,
    /// If the bank is to repeat it.
    pub recurring: Option<Recurring>,
}

/// Name, password and store: who asks.
fn envelope(settings: &Settings) -> Result<Element, Fault> {
    Ok(Element::new("CC5Request")
        .field("Name", &settings.user_name)
        .field("Password", value::secret("api-password")?)
        .field("ClientId", &settings.client_id))
}

/// `Auth` or `PreAuth`.
pub fn charge(settings: &Settings, reserve: bool, order: &Order<'_>, payer: Payer<'_>) -> Result<Element, Fault> {
    let message = envelope(settings)?
        .field("Type", transaction_type(reserve))
        .field("IPAddress", order.ip)
        .field("OrderId", order.id)
        .field("Total", order.total)
        .field("Currency", order.currency)
        .field("Taksit", order.instalments);
    let message = match payer {
        Payer::Card(card) => message
            .field("Number", card.pan())
            .field("Expires", card.expiry(ExpiryForm::MmSlashYy))
            .optional("Cvv2Val", card.security_code()),
        Payer::Proof { md, xid, eci, cavv } => message
            .field("Number", md)
            .field("PayerTxnId", xid)
            .field("PayerSecurityLevel", eci)
            .field("PayerAuthenticationCode", cavv),
    };
    let message = message.field("Mode", "P");
    Ok(match &order.recurring {
        Some(recurring) => message.child(
            Element::new("PbOrder")
                .field("OrderType", "0")
                .field("OrderFrequencyInterval", &recurring.interval)
                .field("OrderFrequencyCycle", &recurring.cycle)
                .field("TotalNumberPayments", &recurring.count),
        ),
        None => message,
    })
}

/// The bank's word for a sale or a reservation.
pub fn transaction_type(reserve: bool) -> &'static str {
    if reserve { "PreAuth" } else { "Auth" }
}

/// Takes a reservation. `reserved` is the reserved amount when more is taken than that.
pub fn capture(settings: &Settings, order_id: &str, total: &str, reserved: Option<&str>) -> Result<Element, Fault> {
    let message = envelope(settings)?.field("Type", "PostAuth").field("OrderId", order_id).field("Total", total);
    Ok(match reserved {
        Some(reserved) => message.child(Element::new("Extra").field("PREAMT", reserved)),
        None => message,
    })
}

/// Voids an order, or one transaction of it.
pub fn void(settings: &Settings, order_id: &str, transaction_id: Option<&str>) -> Result<Element, Fault> {
    Ok(envelope(settings)?.field("OrderId", order_id).optional("TransId", transaction_id).field("Type", "Void"))
}

/// Gives back.
pub fn credit(settings: &Settings, order_id: &str, currency: &str, total: &str) -> Result<Element, Fault> {
    Ok(envelope(settings)?
        .field("OrderId", order_id)
        .field("Currency", currency)
        .field("Type", "Credit")
        .field("Total", total))
}

/// What became of an order?
pub fn order_status(settings: &Settings, order_id: &str) -> Result<Element, Fault> {
    Ok(envelope(settings)?.child(Element::new("Extra").field("ORDERSTATUS", "QUERY")).field("OrderId", order_id))
}

/// What became of all charges of a repeated order?
pub fn recurring_status(settings: &Settings, recurring_id: &str) -> Result<Element, Fault> {
    Ok(envelope(settings)?
        .child(Element::new("Extra").field("ORDERSTATUS", "QUERY").field("RECURRINGID", recurring_id)))
}

/// Every transaction of an order.
pub fn order_history(settings: &Settings, order_id: &str) -> Result<Element, Fault> {
    Ok(envelope(settings)?.field("OrderId", order_id).child(Element::new("Extra").field("ORDERHISTORY", "QUERY")))
}

/// Cancels one charge of a repeated order that has not been made yet.
pub fn cancel_recurring(settings: &Settings, order_id: &str, number: &str) -> Result<Element, Fault> {
    Ok(envelope(settings)?.child(
        Element::new("Extra")
            .field("RECORDTYPE", "Order")
            .field("RECURRINGOPERATION", "Cancel")
            .field("RECORDID", format!("{order_id}-{number}")),
    ))
}

/// As a request to the XML interface.
pub fn request(message: Element) -> Result<HttpRequest, Fault> {
    Ok(body::post("api", "", "text/xml; charset=ISO-8859-9", message.into_document(Charset::Iso8859x9)?))
}

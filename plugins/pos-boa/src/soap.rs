//! Kuveyt Türk's SOAP service: voids, refunds and questions.

use vezne_plugin::value::Value;
use vezne_plugin::xml::Element;
use vezne_plugin::{Fault, Field, HttpRequest, Part, body};

use crate::hash::{self, Signed};
use crate::kuveyt::API_VERSION;
use crate::settings::Settings;

const SERVICE: &str = "http://boa.net/BOA.Integration.VirtualPos/Service";

/// Voids on the day of the sale.
pub const SALE_REVERSAL: &str = "SaleReversal";
/// Gives all of it back.
pub const DRAW_BACK: &str = "DrawBack";
/// Gives a part of it back.
pub const PARTIAL_DRAW_BACK: &str = "PartialDrawback";
/// What became of it?
pub const ORDER_DETAIL: &str = "GetMerchantOrderDetail";

/// What the bank gave a sale, and wants back to change it.
#[derive(Debug, Clone, Copy)]
pub struct SaleRef<'a> {
    /// Our order number.
    pub order_id: &'a str,
    /// The bank's order number.
    pub bank_order: &'a str,
    /// Its reference number (RRN).
    pub reference: &'a str,
    /// Its trace number.
    pub stan: &'a str,
    /// The issuer's authorization.
    pub provision: &'a str,
    /// Four digits: `0949`.
    pub currency: &'a str,
}

/// A void or a refund of `amount` minor units.
pub fn change(settings: &Settings, operation: &str, sale: &SaleRef<'_>, amount: &str) -> Result<Element, Fault> {
    // A void shows the amount, a refund does not.
    let displayed = if operation == SALE_REVERSAL { amount } else { "0" };
    let amounts = Amounts { amount, displayed, cancelled: amount };
    let inner = message(settings, operation, sale.order_id, &amounts, sale.currency)?;
    let request = head()
        .field("CustomerId", &settings.customer_id)
        .field("MailOrTelephoneOrder", "true")
        .field("Amount", amount)
        .field("MerchantId", &settings.merchant_id)
        .field("OrderId", sale.bank_order)
        .field("RRN", sale.reference)
        .field("Stan", sale.stan)
        .field("ProvisionNumber", sale.provision)
        .child(inner);
    Ok(Element::new(operation).child(request))
}

/// A question about an order.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Our order number.
    pub order_id: &'a str,
    /// The bank's, if known; without it every order of our number in the time is answered.
    pub bank_order: Option<&'a str>,
    /// From when, `2024-04-14T19:26:05` in Istanbul. Without both the service answers an error.
    pub from: &'a str,
    /// Until when.
    pub until: &'a str,
    /// Four digits.
    pub currency: &'a str,
}

/// Asks what became of an order.
pub fn order_detail(settings: &Settings, asked: &Asked<'_>) -> Result<Element, Fault> {
    let amounts = Amounts { amount: "0", displayed: "0", cancelled: "0" };
    let inner = message(settings, ORDER_DETAIL, asked.order_id, &amounts, asked.currency)?;
    let request = head()
        .child(Element::new("CustomerId"))
        .field("MailOrTelephoneOrder", "true")
        .field("Amount", "0")
        .field("MerchantId", &settings.merchant_id)
        .field("MerchantOrderId", asked.order_id)
        .field("OrderId", asked.bank_order.unwrap_or("0"))
        .field("StartDate", asked.from)
        .field("EndDate", asked.until)
        .field("TransactionType", "0")
        .child(inner);
    Ok(Element::new(ORDER_DETAIL).child(request))
}

/// The service's own frame. Every public client says `MailOrTelephoneOrder` in these messages, however the
/// card came to the sale.
fn head() -> Element {
    Element::new("request")
        .field("IsFromExternalNetwork", "true")
        .field("BusinessKey", "0")
        .field("ResourceId", "0")
        .field("ActionId", "0")
        .field("LanguageId", "0")
}

struct Amounts<'a> {
    amount: &'a str,
    displayed: &'a str,
    cancelled: &'a str,
}

fn message(
    settings: &Settings,
    operation: &str,
    order_id: &str,
    amounts: &Amounts<'_>,
    currency: &str,
) -> Result<Element, Fault> {
    let signed = Signed {
        merchant_id: &settings.merchant_id,
        order_id,
        amount: amounts.amount,
        user_name: &settings.user_name,
        ..Signed::default()
    };
    Ok(Element::new("VPosMessage")
        .field("MerchantId", &settings.merchant_id)
        .field("CustomerId", &settings.customer_id)
        .field("UserName", &settings.user_name)
        .field("APIVersion", API_VERSION)
        .field("InstallmentMaturityCommisionFlag", "0")
        .field("HashData", hash::request(&signed)?)
        .field("SubMerchantId", &settings.sub_merchant_id)
        // Wanted, and without meaning here.
        .field("CardType", "Visa")
        .field("BatchID", "0")
        .field("TransactionType", operation)
        .field("InstallmentCount", "0")
        .field("Amount", amounts.amount)
        .field("DisplayAmount", amounts.displayed)
        .field("CancelAmount", amounts.cancelled)
        .field("MerchantOrderId", order_id)
        .field("FECAmount", "0")
        .field("CurrencyCode", currency)
        .field("QeryId", "0")
        .field("DebtId", "0")
        .field("SurchargeAmount", "0")
        .field("SGKDebtAmount", "0")
        .field("TransactionSecurity", "1"))
}

/// The whole envelope: every element below the body belongs to the service.
pub fn envelope(operation: Element) -> Result<Value, Fault> {
    Element::new("soapenv:Envelope")
        .attribute("xmlns:soapenv", "http://schemas.xmlsoap.org/soap/envelope/")
        .attribute("xmlns:ser", SERVICE)
        .child(Element::new("soapenv:Body").child(operation.prefixed("ser")))
        .into_fragment()
}

/// As a request. The service is asked by the action's full name.
pub fn request(operation: &str, message: Element) -> Result<HttpRequest, Fault> {
    let request = body::post("service", "/Basic", "text/xml; charset=UTF-8", envelope(message)?.into_parts());
    let action = format!("{SERVICE}/IVirtualPosService/{operation}");
    let headers = vec![Field { name: "SOAPAction".into(), value: Part::Text(action) }];
    Ok(HttpRequest { headers, ..request })
}

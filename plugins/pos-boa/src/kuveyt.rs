//! Kuveyt Türk's XML messages (`TDV2.0.0`): sale, enrolment for 3-D Secure and provision after it.

use vezne_plugin::charset::Charset;
use vezne_plugin::xml::Element;
use vezne_plugin::{Card, ExpiryForm, Fault, HttpRequest, body};

use crate::hash::{self, Signed};
use crate::order::{Order, Urls, holder};
use crate::settings::Settings;

/// The version of the messages, with the fields 3-D Secure 2 wants.
pub const API_VERSION: &str = "TDV2.0.0";

/// The bank's word for a sale; it has no other kind of charge.
pub const SALE: &str = "Sale";

/// Who asks.
pub fn account(settings: &Settings) -> Element {
    Element::new("KuveytTurkVPosMessage")
        .field("MerchantId", &settings.merchant_id)
        .field("CustomerId", &settings.customer_id)
        .field("UserName", &settings.user_name)
        .field("APIVersion", API_VERSION)
}

fn signed<'a>(settings: &'a Settings, order: &Order<'a>, urls: Urls<'a>) -> Signed<'a> {
    Signed {
        merchant_id: &settings.merchant_id,
        order_id: order.id,
        amount: order.amount,
        ok_url: urls.ok,
        fail_url: urls.fail,
        user_name: &settings.user_name,
    }
}

fn with_card(message: Element, card: &Card, brand: Option<&str>) -> Element {
    message
        .optional("CardHolderName", holder(card))
        .optional("CardType", brand)
        .field("CardNumber", card.pan())
        .field("CardExpireDateYear", card.expiry(ExpiryForm::Yy))
        .field("CardExpireDateMonth", card.expiry(ExpiryForm::Mm))
        .optional("CardCVV2", card.security_code())
}

/// The bank's word for a card scheme; empty for one it has no word for.
pub fn card_type(scheme: &str) -> &'static str {
    match scheme {
        "visa" => "Visa",
        "mastercard" => "MasterCard",
        "troy" => "Troy",
        _ => "",
    }
}

/// A sale without 3-D Secure. The same message serves mail order: the store is open to it or not.
pub fn sale(settings: &Settings, order: &Order<'_>, card: &Card) -> Result<Element, Fault> {
    let message = account(settings)
        .field("HashData", hash::request(&signed(settings, order, Urls::NONE))?)
        .field("TransactionType", SALE)
        .field("TransactionSecurity", "1")
        .field("MerchantOrderId", order.id)
        .field("Amount", order.amount)
        .field("DisplayAmount", order.amount)
        .field("CurrencyCode", order.currency)
        .field("InstallmentCount", order.instalments);
    Ok(with_card(sub_merchant(message, settings), card, None))
}

/// Asks for a 3-D Secure verification; answered with a page whose form leads the payer on.
pub fn enrolment(
    settings: &Settings,
    order: &Order<'_>,
    urls: Urls<'_>,
    card: &Card,
    brand: &str,
) -> Result<Element, Fault> {
    let message = account(settings)
        .field("TransactionType", SALE)
        .field("TransactionSecurity", "3")
        .field("InstallmentCount", order.instalments)
        .field("Amount", order.amount)
        .field("DisplayAmount", order.amount)
        .field("CurrencyCode", order.currency)
        .field("MerchantOrderId", order.id)
        .field("OkUrl", urls.ok)
        .field("FailUrl", urls.fail)
        .child(Element::new("DeviceData").field("ClientIP", order.ip));
    let message = with_card(sub_merchant(message, settings), card, Some(brand));
    Ok(message.field("HashData", hash::request(&signed(settings, order, urls))?))
}

/// Charges what was verified. `md` stands for the card.
pub fn provision(settings: &Settings, order: &Order<'_>, md: &str) -> Result<Element, Fault> {
    let proof = Element::new("AdditionalData").field("Key", "MD").field("Data", md);
    let message = account(settings)
        .field("HashData", hash::request(&signed(settings, order, Urls::NONE))?)
        .field("CustomerIPAddress", order.ip)
        .child(Element::new("KuveytTurkVPosAdditionalData").child(proof))
        .field("TransactionType", SALE)
        .field("InstallmentCount", order.instalments)
        .field("Amount", order.amount)
        .field("DisplayAmount", order.amount)
        .field("CurrencyCode", order.currency)
        .field("MerchantOrderId", order.id)
        .field("TransactionSecurity", "3");
    Ok(sub_merchant(message, settings))
}

fn sub_merchant(message: Element, settings: &Settings) -> Element {
    message.optional("SubMerchantId", Some(settings.sub_merchant_id.as_str()).filter(|id| *id != "0"))
}

/// As a request to the XML gate. The declaration says ISO-8859-1, as the bank's examples do.
pub fn request(path: &str, message: Element) -> Result<HttpRequest, Fault> {
    let body = message.into_document(Charset::Iso8859x1)?;
    Ok(body::post("home", path, "text/xml; charset=ISO-8859-1", body))
}

//! Vakıf Katılım's messages: one root for everything, an address for each operation.

use vezne_plugin::body::Form;
use vezne_plugin::charset::Charset;
use vezne_plugin::xml::Element;
use vezne_plugin::{Card, ExpiryForm, Fault, HttpRequest, body};

use crate::hash::{self, Signed};
use crate::order::{Order, Urls, holder};
use crate::settings::Settings;

/// The version of the messages.
pub const API_VERSION: &str = "1.0.0";

/// How the card came to a sale (`TransactionSecurity`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// A clerk typed it (`1`, at an address of its own).
    MailOrder,
    /// Verified by 3-D Secure (`3`).
    ThreeD,
    /// Typed by the payer, not verified (`5`).
    NonSecure,
}

impl Security {
    /// The bank's number.
    pub fn code(self) -> &'static str {
        match self {
            Self::MailOrder => "1",
            Self::ThreeD => "3",
            Self::NonSecure => "5",
        }
    }
}

/// Who asks.
fn account(settings: &Settings) -> Element {
    Element::new("VPosMessageContract")
        .field("MerchantId", &settings.merchant_id)
        .field("CustomerId", &settings.customer_id)
        .field("UserName", &settings.user_name)
        .field("SubMerchantId", &settings.sub_merchant_id)
}

fn sign(settings: &Settings, message: Element, order_id: &str, amount: &str, urls: Urls<'_>) -> Result<Element, Fault> {
    let signed = Signed {
        merchant_id: &settings.merchant_id,
        order_id,
        amount,
        ok_url: urls.ok,
        fail_url: urls.fail,
        user_name: &settings.user_name,
    };
    Ok(message.field("HashData", hash::request(&signed)?))
}

fn with_card(message: Element, card: &Card) -> Element {
    message
        .field("CardNumber", card.pan())
        .field("CardExpireDateYear", card.expiry(ExpiryForm::Yy))
        .field("CardExpireDateMonth", card.expiry(ExpiryForm::Mm))
        .optional("CardCVV2", card.security_code())
        .optional("CardHolderName", holder(card))
}

/// A sale or, at its own address, a reservation.
pub fn charge(settings: &Settings, order: &Order<'_>, security: Security, card: &Card) -> Result<Element, Fault> {
    let message = account(settings)
        .field("APIVersion", API_VERSION)
        .field("HashPassword", hash::password()?)
        .field("MerchantOrderId", order.id)
        .field("InstallmentCount", order.instalments)
        .field("Amount", order.amount)
        .field("FECCurrencyCode", order.currency)
        .field("CurrencyCode", order.currency)
        .field("TransactionSecurity", security.code());
    sign(settings, with_card(message, card), order.id, order.amount, Urls::NONE)
}

/// Asks for a 3-D Secure verification; answered with a page whose form leads the payer on.
pub fn enrolment(
    settings: &Settings,
    order: &Order<'_>,
    urls: Urls<'_>,
    card: Option<&Card>,
) -> Result<Element, Fault> {
    let message = account(settings)
        .field("APIVersion", API_VERSION)
        .field("HashPassword", hash::password()?)
        .field("TransactionSecurity", Security::ThreeD.code())
        .field("InstallmentCount", order.instalments)
        .field("Amount", order.amount)
        .field("DisplayAmount", order.amount)
        .field("FECCurrencyCode", order.currency)
        .field("MerchantOrderId", order.id)
        .field("OkUrl", urls.ok)
        .field("FailUrl", urls.fail);
    let message = match card {
        Some(card) => with_card(message, card),
        None => message,
    };
    sign(settings, message, order.id, order.amount, urls)
}

/// Charges what was verified. `md` stands for the card. The callback states neither amount nor
/// instalments, so ours are sent.
pub fn provision(settings: &Settings, order: &Order<'_>, urls: Urls<'_>, md: &str) -> Result<Element, Fault> {
    let proof = Element::new("VPosAdditionalData").field("Key", "MD").field("Data", md);
    let message = account(settings)
        .field("OkUrl", urls.ok)
        .field("FailUrl", urls.fail)
        .field("APIVersion", API_VERSION)
        .child(Element::new("AdditionalData").child(Element::new("AdditionalDataList").child(proof)))
        .field("InstallmentCount", order.instalments)
        .field("Amount", order.amount)
        .field("MerchantOrderId", order.id)
        .field("TransactionSecurity", Security::ThreeD.code());
    sign(settings, message, order.id, order.amount, urls)
}

/// Takes a whole reservation.
pub fn capture(settings: &Settings, order_id: &str, bank_order: &str, ip: &str) -> Result<Element, Fault> {
    let message = account(settings)
        .field("HashPassword", hash::password()?)
        .field("MerchantOrderId", order_id)
        .field("OrderId", bank_order)
        .field("CustomerIPAddress", ip);
    sign(settings, message, order_id, "", Urls::NONE)
}

/// Voids a sale, whose amount is said, or a reservation, whose is not.
pub fn void(settings: &Settings, order_id: &str, bank_order: &str, amount: Option<&str>) -> Result<Element, Fault> {
    let message = account(settings)
        .field("HashPassword", hash::password()?)
        .field("MerchantOrderId", order_id)
        .field("OrderId", bank_order)
        .field("PaymentType", "1")
        .optional("Amount", amount);
    sign(settings, message, order_id, amount.unwrap_or_default(), Urls::NONE)
}

/// Gives back: all of it, or the amount that is said.
pub fn refund(settings: &Settings, order_id: &str, bank_order: &str, part: Option<&str>) -> Result<Element, Fault> {
    let message = account(settings)
        .field("HashPassword", hash::password()?)
        .field("MerchantOrderId", order_id)
        .field("OrderId", bank_order)
        .optional("Amount", part);
    sign(settings, message, order_id, part.unwrap_or_default(), Urls::NONE)
}

/// What became of an order?
pub fn order_status(settings: &Settings, order_id: &str) -> Result<Element, Fault> {
    sign(settings, account(settings).field("MerchantOrderId", order_id), order_id, "", Urls::NONE)
}

/// Which transactions are listed.
#[derive(Debug, Clone, Copy)]
pub struct Period<'a> {
    /// First day, `2024-03-30`. At most 90 days are listed.
    pub from: &'a str,
    /// Last day.
    pub until: &'a str,
    /// How many are left out at the beginning.
    pub skip: u32,
    /// How many are listed.
    pub limit: u32,
    /// Only those of this authorization.
    pub provision: Option<&'a str>,
}

/// Every transaction of some days.
pub fn history(settings: &Settings, period: &Period<'_>) -> Result<Element, Fault> {
    let provision = match period.provision {
        Some(number) => Element::with("ProvNumber", number),
        None => Element::new("ProvNumber"),
    };
    let message = account(settings)
        .field("StartDate", period.from)
        .field("EndDate", period.until)
        .field("LowerLimit", period.skip.to_string())
        .field("UpperLimit", period.limit.to_string())
        .child(provision)
        .child(Element::new("OrderStatus"))
        .child(Element::new("TranResult"))
        .child(Element::new("OrderNo"));
    sign(settings, message, "", "", Urls::NONE)
}

/// The form of the bank's own payment page.
///
/// It wants the hashed password in the payer's browser, and whoever has that can sign requests in the
/// firm's name. The host lets no secret out to a browser, so `start` refuses this model; the form is here
/// because it is the bank's protocol.
pub fn hosted_page(settings: &Settings, order: &Order<'_>, urls: Urls<'_>) -> Result<Form, Fault> {
    Ok(Form::new()
        .field("UserName", &settings.user_name)
        .field("HashPassword", hash::password()?)
        .field("MerchantId", &settings.merchant_id)
        .field("MerchantOrderId", order.id)
        .field("Amount", order.amount)
        .field("FECCurrencyCode", order.currency)
        .field("OkUrl", urls.ok)
        .field("FailUrl", urls.fail)
        .field("PaymentType", "1"))
}

/// As a request to the operation's address.
pub fn request(path: &str, message: Element) -> Result<HttpRequest, Fault> {
    let body = message.into_document(Charset::Iso8859x1)?;
    Ok(body::post("home", path, "text/xml; charset=ISO-8859-1", body))
}

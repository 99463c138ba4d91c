//! `VposRequest` and `SearchRequest`: what is sent to the virtual POS.

use vezne_plugin::body::{self, Form};
use vezne_plugin::charset::Charset;
use vezne_plugin::value::{self, Value};
use vezne_plugin::xml::Element;
use vezne_plugin::{Card, ExpiryForm, Fault, Field, HttpRequest, Part};

use crate::order::{self, Order};
use crate::settings::Settings;

const PASSWORD: &str = "api-password";

/// How the card came to a charge (`TransactionDeviceSource`). The bank refuses 3-D Secure with mail order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// `0`: the payer typed it.
    Ecommerce,
    /// `1`: a clerk typed it.
    MailOrder,
}

impl Source {
    /// The bank's number.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ecommerce => "0",
            Self::MailOrder => "1",
        }
    }
}

/// What the card's bank vouched for.
#[derive(Debug, Clone, Copy)]
pub struct Proof<'a> {
    /// Electronic commerce indicator.
    pub eci: &'a str,
    /// The issuer's cryptogram.
    pub cavv: &'a str,
    /// The number of the enrolment.
    pub mpi_transaction: &'a str,
}

fn account(settings: &Settings) -> Result<Element, Fault> {
    Ok(store(settings)?.field("TerminalNo", &settings.terminal_id))
}

fn store(settings: &Settings) -> Result<Element, Fault> {
    Ok(Element::new("VposRequest")
        .field("MerchantId", &settings.merchant_id)
        .field("Password", value::secret(PASSWORD)?))
}

/// A sale or reservation without 3-D Secure. `transaction` is our number of it.
pub fn charge(
    settings: &Settings,
    order: &Order,
    reserve: bool,
    source: Source,
    transaction: Option<&str>,
    card: &Card,
) -> Result<Element, Fault> {
    Ok(account(settings)?
        .field("TransactionType", order::transaction_type(reserve))
        .optional("TransactionId", transaction)
        .field("OrderId", &order.id)
        .field("CurrencyAmount", &order.amount)
        .field("CurrencyCode", &order.currency)
        .optional("NumberOfInstallments", order.instalments.as_deref())
        .field("ClientIp", &order.ip)
        .field("TransactionDeviceSource", source.code())
        .field("Pan", card.pan())
        .field("Expiry", card.expiry(ExpiryForm::Yyyymm))
        .optional("Cvv", card.security_code()))
}

/// Charges what was verified. The bank wants the whole card a second time.
pub fn provision(
    settings: &Settings,
    order: &Order,
    reserve: bool,
    proof: &Proof<'_>,
    card: Option<&Card>,
) -> Result<Element, Fault> {
    let card = card.ok_or_else(|| Fault::InvalidRequest("the bank wants the card again, and it is gone".into()))?;
    Ok(account(settings)?
        .field("TransactionType", order::transaction_type(reserve))
        .field("TransactionId", &order.id)
        .field("CurrencyAmount", &order.amount)
        .field("CurrencyCode", &order.currency)
        .field("ECI", proof.eci)
        .field("CAVV", proof.cavv)
        .field("MpiTransactionId", proof.mpi_transaction)
        .field("OrderId", &order.id)
        .field("ClientIp", &order.ip)
        .field("TransactionDeviceSource", Source::Ecommerce.code())
        .optional("CardHoldersName", card.holder())
        .optional("Cvv", card.security_code())
        .field("Pan", card.pan())
        .field("Expiry", card.expiry(ExpiryForm::Yyyymm))
        .optional("NumberOfInstallments", order.instalments.as_deref()))
}

/// What is changed, and how the change is called.
#[derive(Debug, Clone, Copy)]
pub struct Reference<'a> {
    /// The bank's number of the original.
    pub original: &'a str,
    /// Our number of the change, by which it can be asked for.
    pub transaction: Option<&'a str>,
    /// The payer's address, if known.
    pub ip: &'a str,
}

/// Takes a reservation, or a part of it.
pub fn capture(settings: &Settings, of: &Reference<'_>, amount: &str, currency: &str) -> Result<Element, Fault> {
    Ok(account(settings)?
        .field("TransactionType", "Capture")
        .optional("TransactionId", of.transaction)
        .field("ReferenceTransactionId", of.original)
        .field("CurrencyAmount", amount)
        .field("CurrencyCode", currency)
        .field("ClientIp", of.ip))
}

/// Voids before the batch is closed.
pub fn cancel(settings: &Settings, of: &Reference<'_>) -> Result<Element, Fault> {
    Ok(store(settings)?
        .field("TransactionType", "Cancel")
        .optional("TransactionId", of.transaction)
        .field("ReferenceTransactionId", of.original)
        .field("ClientIp", of.ip))
}

/// Gives back all or a part.
pub fn refund(settings: &Settings, of: &Reference<'_>, amount: &str) -> Result<Element, Fault> {
    Ok(store(settings)?
        .field("TransactionType", "Refund")
        .optional("TransactionId", of.transaction)
        .field("ReferenceTransactionId", of.original)
        .field("ClientIp", of.ip)
        .field("CurrencyAmount", amount))
}

/// What became of it? The transaction's number counts where both are said; by the order, a successful
/// transaction is found before a failed one.
pub fn search(settings: &Settings, transaction: &str, order: &str) -> Result<Element, Fault> {
    let store = Element::new("MerchantCriteria")
        .field("HostMerchantId", &settings.merchant_id)
        .field("MerchantPassword", value::secret(PASSWORD)?);
    let wanted = Element::new("TransactionCriteria")
        .field("TransactionId", transaction)
        .field("OrderId", order)
        .field("AuthCode", "");
    Ok(Element::new("SearchRequest").child(store).child(wanted))
}

/// The transactions of a day (`2026-11-22`), by pages from 1.
pub fn days(settings: &Settings, day: &str, page: u32, size: u32) -> Result<Element, Fault> {
    let store = Element::new("MerchantCriteria")
        .field("HostMerchantId", &settings.merchant_id)
        .field("MerchantPassword", value::secret(PASSWORD)?);
    let span = Element::new("DateCriteria").field("StartDate", day).field("EndDate", day);
    let pages =
        Element::new("PagedRequestInfo").field("PageIndex", page.to_string()).field("PageSize", size.to_string());
    Ok(Element::new("SearchRequest").child(store).child(span).child(pages))
}

/// A charge, capture, void or refund as a request: the document is a field of a form.
pub fn request(message: Element) -> Result<HttpRequest, Fault> {
    posted("vpos", message.into_fragment()?)
}

/// A question as a request.
pub fn question(message: Element) -> Result<HttpRequest, Fault> {
    let document = message.into_document(Charset::Utf8)?;
    let document = document.into_iter().fold(Value::new(), |all, part| match part {
        Part::Text(text) => all.text(&text),
        Part::Sealed(sealed) => all.sealed(sealed),
        // A UTF-8 document has none.
        Part::Bytes(_) => all,
    });
    posted("search", document)
}

fn posted(endpoint: &str, document: Value) -> Result<HttpRequest, Fault> {
    form(endpoint, Form::new().field("prmstr", document))
}

/// A form as a request. The newer addresses answer JSON to who does not ask for XML.
pub fn form(endpoint: &str, form: Form) -> Result<HttpRequest, Fault> {
    let request = body::post(endpoint, "", "application/x-www-form-urlencoded; charset=utf-8", form.into_body()?);
    let accept = Field { name: "Accept".into(), value: Part::Text("application/xml, text/xml".into()) };
    Ok(HttpRequest { headers: vec![accept], ..request })
}

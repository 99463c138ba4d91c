//! What is sent to the API: one form per action, and one that the payer's browser posts into a session.

use vezne_plugin::body::Form;
use vezne_plugin::json::Json;
use vezne_plugin::value::Value;
use vezne_plugin::{Card, Context, ExpiryForm, Fault, HttpRequest, Terms, amount, body};

use crate::settings::{Settings, password};

/// Below the API: where a session's card form is posted; the session follows.
pub const CARD_FORM: &str = "/post/sale3d/";

/// What a merchant's server asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Charge.
    Sale,
    /// Reserve.
    Preauth,
    /// Take a reservation.
    Postauth,
    /// Undo before the day's end.
    Void,
    /// Give back after it.
    Refund,
    /// Open a session for a payer's browser.
    SessionToken,
    /// Ask.
    QueryTransaction,
}

impl Action {
    /// The protocol's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sale => "SALE",
            Self::Preauth => "PREAUTH",
            Self::Postauth => "POSTAUTH",
            Self::Void => "VOID",
            Self::Refund => "REFUND",
            Self::SessionToken => "SESSIONTOKEN",
            Self::QueryTransaction => "QUERYTRANSACTION",
        }
    }
}

/// Who is asked about: the platform wants a name, and we know only what is printed on the card.
const NOBODY: &str = "Kart Sahibi";
const DESCRIPTION_CHARS_MAX: usize = 125;

fn envelope(settings: &Settings, action: Action) -> Result<Form, Fault> {
    Ok(Form::new()
        .field("ACTION", action.word())
        .field("MERCHANT", &settings.merchant)
        .field("MERCHANTUSER", &settings.user)
        .field("MERCHANTPASSWORD", password()?))
}

/// As a request.
pub fn request(form: Form) -> Result<HttpRequest, Fault> {
    Ok(body::post("api", "", "application/x-www-form-urlencoded; charset=utf-8", form.into_body()?))
}

fn holder(card: Option<&Card>) -> Value {
    card.and_then(Card::holder).map_or_else(|| Value::from(NOBODY), Value::from)
}

/// The customer's number is the order's: it comes back in a return, and there must be one.
fn order(form: Form, ctx: &Context, terms: &Terms) -> Result<Form, Fault> {
    Ok(form
        .field("MERCHANTPAYMENTID", &ctx.order_id)
        .field("AMOUNT", amount::decimal(&terms.amount)?)
        .field("CURRENCY", &terms.amount.currency)
        .field("CUSTOMER", &ctx.order_id)
        .optional("CUSTOMEREMAIL", ctx.payer_email.as_deref())
        .optional("CUSTOMERIP", ctx.payer_ip.as_deref()))
}

/// A sale or a reservation without 3-D.
pub fn charge(settings: &Settings, action: Action, ctx: &Context, terms: &Terms, card: &Card) -> Result<Form, Fault> {
    let expiry = Value::from(card.expiry(ExpiryForm::Mm)).text(".").sealed(card.expiry(ExpiryForm::Yyyy));
    Ok(order(envelope(settings, action)?, ctx, terms)?
        .field("CUSTOMERNAME", holder(Some(card)))
        .field("NAMEONCARD", holder(Some(card)))
        .field("CARDPAN", card.pan())
        .field("CARDEXPIRY", expiry)
        .optional("CARDCVV", card.security_code())
        .field("INSTALLMENTS", instalments(terms)))
}

fn instalments(terms: &Terms) -> String {
    terms.installments.max(1).to_string()
}

/// The one article of a session: the platform compares the sum of articles with the amount.
fn items(ctx: &Context, terms: &Terms) -> Result<Value, Fault> {
    let described = terms.description.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let description: String = described.unwrap_or(&ctx.order_id).chars().take(DESCRIPTION_CHARS_MAX).collect();
    let item = vec![
        ("code".to_owned(), Json::string(&ctx.order_id)),
        ("name".to_owned(), Json::string("Tahsilat")),
        ("description".to_owned(), Json::string(description)),
        ("quantity".to_owned(), Json::integer(1)),
        ("amount".to_owned(), Json::Number(amount::decimal(&terms.amount)?)),
    ];
    Json::Array(vec![Json::Object(item)]).into_value()
}

/// Opens a session.
pub fn session(settings: &Settings, ctx: &Context, terms: &Terms, card: &Card) -> Result<Form, Fault> {
    Ok(order(envelope(settings, Action::SessionToken)?, ctx, terms)?
        .field("CUSTOMERNAME", holder(Some(card)))
        .field("SESSIONTYPE", "PAYMENTSESSION")
        .field("RETURNURL", &ctx.callback_url)
        .field("ORDERITEMS", items(ctx, terms)?))
}

/// The card, into a session.
pub fn card_form(terms: &Terms, card: &Card) -> Form {
    Form::new()
        .field("cardOwner", holder(Some(card)))
        .field("pan", card.pan())
        .field("expiryMonth", card.expiry(ExpiryForm::Mm))
        .field("expiryYear", card.expiry(ExpiryForm::Yyyy))
        .optional("cvv", card.security_code())
        .field("installmentCount", instalments(terms))
}

/// Which of the platform's transactions is meant: its own number where we have it, else the order's.
fn meant(form: Form, order_id: &str, transaction: Option<&str>) -> Form {
    match transaction {
        Some(number) => form.field("PGTRANID", number),
        None => form.field("MERCHANTPAYMENTID", order_id),
    }
}

/// Takes a reservation.
pub fn postauth(settings: &Settings, order_id: &str, transaction: Option<&str>, terms: &Terms) -> Result<Form, Fault> {
    let form = meant(envelope(settings, Action::Postauth)?, order_id, transaction);
    Ok(form.field("AMOUNT", amount::decimal(&terms.amount)?))
}

/// Undoes.
pub fn void(settings: &Settings, order_id: &str, transaction: Option<&str>) -> Result<Form, Fault> {
    Ok(meant(envelope(settings, Action::Void)?, order_id, transaction))
}

/// Gives back.
pub fn refund(settings: &Settings, transaction: &str, terms: &Terms) -> Result<Form, Fault> {
    Ok(envelope(settings, Action::Refund)?
        .field("PGTRANID", transaction)
        .field("AMOUNT", amount::decimal(&terms.amount)?)
        .field("CURRENCY", &terms.amount.currency))
}

/// Asks for every transaction of an order.
pub fn query(settings: &Settings, order_id: &str) -> Result<Form, Fault> {
    Ok(envelope(settings, Action::QueryTransaction)?.field("MERCHANTPAYMENTID", order_id))
}

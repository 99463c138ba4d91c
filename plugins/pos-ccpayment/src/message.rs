//! What is sent: JSON to the API, and one form that the payer's browser posts to the gate.

use vezne_plugin::body::Form;
use vezne_plugin::json::Json;
use vezne_plugin::value::Value;
use vezne_plugin::{Card, Context, ExpiryForm, Fault, Field, HttpRequest, Money, Part, Sealed, Terms, amount, body};

use crate::hash;
use crate::settings::{Settings, app_secret};

/// Gives a token for one errand.
pub const TOKEN: &str = "/api/token";
/// Charges or reserves without 3-D.
pub const SALE: &str = "/api/paySmart2D";
/// Where the payer's browser posts the card.
pub const GATE: &str = "/api/paySmart3D";
/// Takes or drops what the gate authenticated for us.
pub const COMPLETE: &str = "/payment/complete";
/// Takes or drops a reservation.
pub const CONFIRM: &str = "/api/confirmPayment";
/// Gives back.
pub const REFUND: &str = "/api/refund";
/// What became of an order.
pub const STATUS: &str = "/api/checkstatus";

/// Members of a message.
pub type Members = Vec<(String, Json)>;

const DESCRIPTION_CHARS_MAX: usize = 200;
/// The platform wants the payer's first and last name; we know only what is printed on the card.
const NAME: &str = "Kart";
const SURNAME: &str = "Sahibi";

fn text(name: &str, value: impl Into<Value>) -> (String, Json) {
    (name.to_owned(), Json::string(value))
}

/// As a request to the API. The token is readable to us, and to nobody who looks at the step later.
pub fn request(path: &str, token: Option<&str>, members: Members) -> Result<HttpRequest, Fault> {
    let mut request = body::post("api", path, "application/json", Json::Object(members).into_body()?);
    request.headers.push(Field { name: "accept".into(), value: Part::Text("application/json".into()) });
    if let Some(token) = token {
        let bearer = Value::from(format!("Bearer {token}")).joined();
        request.headers.push(Field { name: "authorization".into(), value: Part::Sealed(bearer) });
    }
    Ok(request)
}

/// Asks for a token.
pub fn token(settings: &Settings) -> Result<HttpRequest, Fault> {
    let members = vec![text("app_id", &settings.app_id), text("app_secret", app_secret()?)];
    request(TOKEN, None, members)
}

/// `Auth` charges, `PreAuth` reserves.
fn transaction_type(reserve: bool) -> &'static str {
    if reserve { "PreAuth" } else { "Auth" }
}

fn language(locale: &str) -> &'static str {
    if locale.starts_with("tr") { "tr" } else { "en" }
}

/// The one article of an order: the platform compares the sum of articles with the total.
fn items(total: &str, description: &str) -> Json {
    let item = vec![
        text("name", "Tahsilat"),
        text("price", total),
        ("quantity".to_owned(), Json::integer(1)),
        text("description", description),
    ];
    Json::Array(vec![Json::Object(item)])
}

/// What is the same for a charge by API and by form.
struct Order {
    total: String,
    instalments: String,
    description: String,
    hash_key: Sealed,
}

impl Order {
    fn of(settings: &Settings, order_id: &str, terms: &Terms) -> Result<Self, Fault> {
        let total = amount::decimal(&terms.amount)?;
        let instalments = terms.installments.max(1).to_string();
        let hash_key = hash::over(&[&total, &instalments, &terms.amount.currency, &settings.merchant_key, order_id])?;
        let described = terms.description.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let description = described.unwrap_or(order_id).chars().take(DESCRIPTION_CHARS_MAX).collect();
        Ok(Self { total, instalments, description, hash_key })
    }
}

fn holder(card: &Card) -> Value {
    card.holder().map_or_else(|| Value::from(format!("{NAME} {SURNAME}")), Value::from)
}

/// A sale or a reservation without 3-D. Amounts are texts: a number is refused by some brands.
pub fn sale(settings: &Settings, ctx: &Context, terms: &Terms, reserve: bool, card: &Card) -> Result<Members, Fault> {
    let order = Order::of(settings, &ctx.order_id, terms)?;
    let mut members = vec![
        text("cc_holder_name", holder(card)),
        text("cc_no", card.pan()),
        text("expiry_month", card.expiry(ExpiryForm::Mm)),
        text("expiry_year", card.expiry(ExpiryForm::Yyyy)),
    ];
    members.extend(card.security_code().map(|code| text("cvv", code)));
    members.extend([
        text("currency_code", &terms.amount.currency),
        ("installments_number".to_owned(), Json::Number(order.instalments)),
        text("invoice_id", &ctx.order_id),
        text("invoice_description", &order.description),
        text("name", NAME),
        text("surname", SURNAME),
        text("total", &order.total),
        text("merchant_key", &settings.merchant_key),
        text("transaction_type", transaction_type(reserve)),
        ("items".to_owned(), items(&order.total, &order.description)),
        text("hash_key", order.hash_key),
        text("app_lang", language(&ctx.locale)),
    ]);
    members.extend(ctx.payer_ip.as_deref().map(|ip| text("ip", ip)));
    Ok(members)
}

/// The form for the gate. `by_merchant`: the gate only authenticates, and we complete.
pub fn gate_form(
    settings: &Settings,
    ctx: &Context,
    terms: &Terms,
    (reserve, by_merchant): (bool, bool),
    card: &Card,
) -> Result<Form, Fault> {
    let order = Order::of(settings, &ctx.order_id, terms)?;
    let articles = items(&order.total, &order.description).into_value()?;
    Ok(Form::new()
        .field("cc_holder_name", holder(card))
        .field("cc_no", card.pan())
        .field("expiry_month", card.expiry(ExpiryForm::Mm))
        .field("expiry_year", card.expiry(ExpiryForm::Yyyy))
        .optional("cvv", card.security_code())
        .field("currency_code", &terms.amount.currency)
        .field("installments_number", &order.instalments)
        .field("invoice_id", &ctx.order_id)
        .field("invoice_description", &order.description)
        .field("name", NAME)
        .field("surname", SURNAME)
        .field("total", &order.total)
        .field("merchant_key", &settings.merchant_key)
        .field("transaction_type", transaction_type(reserve))
        .field("items", articles)
        .field("hash_key", order.hash_key)
        .field("response_method", "POST")
        .field("payment_completed_by", if by_merchant { "merchant" } else { "app" })
        .field("return_url", &ctx.callback_url)
        .field("cancel_url", &ctx.callback_url)
        .field("app_lang", language(&ctx.locale))
        .optional("ip", ctx.payer_ip.as_deref()))
}

/// Takes what the gate authenticated. `platform_order` is the platform's own number of it.
pub fn complete(settings: &Settings, order_id: &str, platform_order: &str) -> Result<Members, Fault> {
    const STATUS: &str = "complete";
    Ok(vec![
        text("merchant_key", &settings.merchant_key),
        text("invoice_id", order_id),
        text("order_id", platform_order),
        text("status", STATUS),
        text("hash_key", hash::over(&[&settings.merchant_key, order_id, platform_order, STATUS])?),
    ])
}

/// Takes a reservation (an amount), or drops it (none).
pub fn confirm(settings: &Settings, order_id: &str, total: Option<&Money>) -> Result<Members, Fault> {
    let status = if total.is_some() { "1" } else { "2" };
    let mut members = vec![
        text("merchant_key", &settings.merchant_key),
        text("invoice_id", order_id),
        text("status", status),
        text("hash_key", hash::over(&[&settings.merchant_key, order_id, status])?),
    ];
    if let Some(total) = total {
        members.push(text("total", amount::decimal(total)?));
    }
    Ok(members)
}

/// Gives back. The reference is ours and may be used once.
pub fn refund(settings: &Settings, order_id: &str, back: &Money, reference: &str) -> Result<Members, Fault> {
    let back = amount::decimal(back)?;
    let hash_key = hash::over(&[&back, order_id, &settings.merchant_key])?;
    Ok(vec![
        text("invoice_id", order_id),
        text("amount", &back),
        text("app_id", &settings.app_id),
        text("app_secret", app_secret()?),
        text("merchant_key", &settings.merchant_key),
        text("hash_key", hash_key),
        text("refund_transaction_id", reference),
    ])
}

/// Asks about an order.
pub fn status(settings: &Settings, order_id: &str) -> Result<Members, Fault> {
    Ok(vec![
        text("merchant_key", &settings.merchant_key),
        text("invoice_id", order_id),
        // Without it an order that is not decided yet looks like a failed one.
        text("include_pending_status", "true"),
        text("hash_key", hash::over(&[order_id, &settings.merchant_key])?),
    ])
}

//! What a request must look like before the platform looks at the order.

use axum::http::HeaderMap;
use serde_json::Value;

use crate::bank::Bank;
use crate::book::Kind;
use crate::card::luhn_ok;
use crate::issuer::IssuedCard;
use crate::secret::same;
use crate::store::Store;
use crate::visit::Ordered;

use super::hash;
use super::session::Gate;
use super::store::Account;

/// A token lives for two hours.
pub const TOKEN_MS: i64 = 2 * 3_600_000;

/// The platform's code and what was wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid(pub u16, pub &'static str);

/// A member as text, whether it came as one or as a number; empty if absent.
pub fn text(m: &Value, name: &str) -> String {
    match m.get(name) {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// Whose token it is.
pub fn bearer<'a>(bank: &'a Bank, headers: &HeaderMap) -> Result<(&'a Store, &'a Account), Invalid> {
    let header = headers.get("authorization").and_then(|v| v.to_str().ok()).unwrap_or_default();
    let now = bank.clock().now_ms();
    let token = header.strip_prefix("Bearer ").unwrap_or_default();
    let id = bank.memory::<Gate>().tokens.get(token).filter(|(_, until)| *until > now).map(|(store, _)| store.clone());
    let found = id.and_then(|id| bank.find_store::<Account>(|s, _| s.id == id));
    found.ok_or(Invalid(30, "Invalid credentials"))
}

/// The store whose key a message has, if it is the token's.
pub fn merchant(account: &Account, m: &Value) -> Result<(), Invalid> {
    if text(m, "merchant_key") == account.merchant_key { Ok(()) } else { Err(Invalid(14, "Invalid merchant key")) }
}

/// The values a `hash_key` must hold.
pub fn hash(account: &Account, m: &Value, values: &[&str]) -> Result<(), Invalid> {
    let found = hash::opened(&text(m, "hash_key"), &account.app_secret).ok_or(Invalid(90, "Invalid hash key"))?;
    if values.contains(&account.merchant_key.as_str()) && !found.contains(&account.merchant_key) {
        return Err(Invalid(91, "Merchant key and hash key mismatch"));
    }
    let same = found.len() == values.len() && found.iter().zip(values).all(|(a, b)| same(a, b));
    if same { Ok(()) } else { Err(Invalid(68, "Hash key mismatch")) }
}

/// `10.01`, `10.1` or `10`, more than nothing.
pub fn amount(text: &str) -> Result<i64, Invalid> {
    let invalid = Invalid(1, "Invalid amount");
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |s: &str| !s.is_empty() && s.len() <= 9 && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 2 {
        return Err(invalid);
    }
    let minor: i64 = format!("{whole}{part:0<2}").parse().map_err(|_| invalid.clone())?;
    if minor > 0 { Ok(minor) } else { Err(invalid) }
}

fn currency(code: &str) -> Result<&'static str, Invalid> {
    match code {
        "TRY" => Ok("949"),
        "USD" => Ok("840"),
        "EUR" => Ok("978"),
        _ => Err(Invalid(12, "Currency not found")),
    }
}

/// The platform's word for a currency of the book.
pub fn currency_code(numeric: &str) -> &'static str {
    match numeric {
        "840" => "USD",
        "978" => "EUR",
        _ => "TRY",
    }
}

const NEEDED: [&str; 13] = [
    "cc_holder_name",
    "cc_no",
    "expiry_month",
    "expiry_year",
    "currency_code",
    "installments_number",
    "invoice_id",
    "invoice_description",
    "name",
    "surname",
    "total",
    "merchant_key",
    "hash_key",
];

/// What is ordered, if everything needed is there, articles and hash fit, and the account may.
pub fn ordered(account: &Account, m: &Value) -> Result<Ordered, Invalid> {
    if NEEDED.iter().any(|name| text(m, name).is_empty()) {
        return Err(Invalid(1, "A mandatory field is missing"));
    }
    merchant(account, m)?;
    let (order, total, code) = (text(m, "invoice_id"), text(m, "total"), text(m, "currency_code"));
    let installments = text(m, "installments_number");
    let values = [&total, &installments, &code, &account.merchant_key, &order].map(String::as_str);
    hash(account, m, &values)?;
    let currency = currency(&code)?;
    let minor = amount(&total)?;
    articles(m, minor)?;
    let kind = match text(m, "transaction_type").as_str() {
        "" | "Auth" => Kind::Auth,
        "PreAuth" => Kind::PreAuth,
        _ => return Err(Invalid(1, "Invalid transaction type")),
    };
    let installments = match installments.parse::<u8>() {
        Ok(1) => 1,
        Ok(n @ 2..=12) if currency == "949" => n,
        _ => return Err(Invalid(40, "Installment not found")),
    };
    Ok(Ordered { kind, order, amount: minor, currency: currency.to_owned(), installments })
}

/// The articles: a list, or a text that is one (in a form); their sum is the total.
fn articles(m: &Value, total: i64) -> Result<(), Invalid> {
    let list = match m.get("items") {
        Some(Value::Array(list)) => list.clone(),
        Some(Value::String(text)) => serde_json::from_str(text).map_err(|_| Invalid(12, "Items must be an array"))?,
        _ => return Err(Invalid(12, "Items must be an array")),
    };
    let mut sum = 0;
    for item in &list {
        let quantity = item.get("quantity").and_then(Value::as_i64).ok_or(Invalid(33, "Quantity must be integer"))?;
        sum += amount(&text(item, "price")).map_err(|_| Invalid(12, "Invalid item"))? * quantity;
    }
    if sum == total { Ok(()) } else { Err(Invalid(13, "Items total and invoice total mismatch")) }
}

/// The card. Without a security code only where the account may.
pub fn card(store: &Store, m: &Value) -> Result<IssuedCard, Invalid> {
    let (pan, month, year) = (text(m, "cc_no"), text(m, "expiry_month"), text(m, "expiry_year"));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if !(13..=19).contains(&pan.len()) || !digits(&pan) || !luhn_ok(&pan) {
        return Err(Invalid(108, "Invalid card number"));
    }
    let (month, year) = (month.parse().unwrap_or(0), year.parse::<u16>().unwrap_or(0));
    if !(1..=12).contains(&month) || !(2000..2100).contains(&year) {
        return Err(Invalid(1, "Invalid expiry date"));
    }
    let code = text(m, "cvv");
    if code.is_empty() && !store.mail_order {
        return Err(Invalid(1, "CVV is mandatory"));
    }
    let short = u8::try_from(year % 100).unwrap_or(0);
    Ok(IssuedCard::look_up(&pan, (month, short), Some(code.as_str()).filter(|c| !c.is_empty())))
}

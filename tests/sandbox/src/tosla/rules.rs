//! What a request must look like before Tosla looks at the order.

use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime;
use serde_json::Value;

use crate::bank::Bank;
use crate::card::luhn_ok;
use crate::clock::local;
use crate::issuer::IssuedCard;
use crate::secret::same;
use crate::store::Store;

use super::session::Gate;
use super::sign;
use super::store::Account;

/// How far a request's time may be off (Tosla's own page).
const SKEW_S: i64 = 3_600;

/// Code 998 and what was wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid(pub &'static str);

/// A text member, empty if absent.
pub fn text<'a>(message: &'a Value, name: &str) -> &'a str {
    message.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The account that asks, if its hash is right and of now.
pub fn caller<'a>(bank: &'a Bank, m: &Value) -> Result<(&'a Store, &'a Account), Invalid> {
    let (client, user) = (text(m, "clientId"), text(m, "apiUser"));
    let (random, time) = (text(m, "rnd"), text(m, "timeSpan"));
    let found = bank.find_store::<Account>(|s, a| s.id == client && a.api_user == user);
    let (store, account) = found.ok_or(Invalid("Müşteri bulunamadı"))?;
    let sent = text(m, "hash");
    if random.is_empty() || random.len() > 24 || !same(&sign::request(account, client, random, time), sent) {
        return Err(Invalid("Hash hatalı"));
    }
    let at: Option<DateTime> = strtime::parse("%Y%m%d%H%M%S", time).and_then(|t| t.to_datetime()).ok();
    let now = local(bank.clock().now_ms()).datetime();
    let seconds = |t: DateTime| t.to_zoned(jiff::tz::TimeZone::UTC).map_or(0, |z| z.timestamp().as_second());
    if at.is_none_or(|at| (seconds(at) - seconds(now)).abs() > SKEW_S) {
        return Err(Invalid("Hash hatalı: timeSpan"));
    }
    Ok((store, account))
}

/// Uses the hash of a message, once.
pub fn first_time(bank: &Bank, m: &Value) -> Result<(), Invalid> {
    let unused = bank.memory::<Gate>().used.insert(text(m, "hash").to_owned());
    unused.then_some(()).ok_or(Invalid("Hash daha önce kullanılmış"))
}

/// 1 to 36 letters, digits and hyphens.
pub fn order(m: &Value) -> Result<&str, Invalid> {
    let order = text(m, "orderId");
    let plain = order.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if plain && (1..=36).contains(&order.len()) { Ok(order) } else { Err(Invalid("orderId hatalı")) }
}

/// The order of a list, where one is named.
pub fn order_of_list(m: &Value) -> Result<Option<&str>, Invalid> {
    if text(m, "orderId").is_empty() { Ok(None) } else { order(m).map(Some) }
}

/// `transactionDate` (`20231209`, as text or as a number): its first instant, epoch milliseconds.
pub fn day(m: &Value) -> Result<i64, Invalid> {
    let date = match &m["transactionDate"] {
        Value::Number(number) => number.to_string(),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    let day = Date::strptime("%Y%m%d", &date).ok().filter(|_| date.len() == 8);
    let start = day.and_then(|day| day.in_tz("Europe/Istanbul").ok());
    start.map(|at| at.timestamp().as_millisecond()).ok_or(Invalid("transactionDate hatalı"))
}

/// `page` and `pageSize`, both from 1.
pub fn page(m: &Value) -> Result<(usize, usize), Invalid> {
    let positive = |name: &str| {
        let number = m.get(name).and_then(Value::as_u64).filter(|n| (1..=100).contains(n));
        number.and_then(|n| usize::try_from(n).ok()).ok_or(Invalid("page hatalı"))
    };
    Ok((positive("page")?, positive("pageSize")?))
}

/// A whole number of minor units.
pub fn amount(m: &Value) -> Result<i64, Invalid> {
    m.get("amount").and_then(Value::as_i64).filter(|a| *a > 0).ok_or(Invalid("amount hatalı"))
}

/// ISO 4217 numeric, as a number.
pub fn currency(m: &Value) -> Result<String, Invalid> {
    let code = m.get("currency").and_then(Value::as_i64);
    code.filter(|c| matches!(c, 949 | 840 | 978 | 826)).map(|c| c.to_string()).ok_or(Invalid("currency hatalı"))
}

/// 0 for a single payment, else 2 to 12 in liras.
pub fn installments(m: &Value, currency: &str) -> Result<u8, Invalid> {
    match m.get("installmentCount").and_then(Value::as_i64).and_then(|n| u8::try_from(n).ok()) {
        Some(0) => Ok(1),
        Some(n @ 2..=12) if currency == "949" => Ok(n),
        _ => Err(Invalid("installmentCount hatalı")),
    }
}

/// The card; `expires` is `MMYY`. The second kind of error is the card network's code.
pub fn card(pan: &str, expires: &str, code: &str) -> Result<IssuedCard, &'static str> {
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if !(13..=19).contains(&pan.len()) || !digits(pan) || !luhn_ok(pan) {
        return Err("14");
    }
    if expires.len() != 4 || !digits(expires) {
        return Err("54");
    }
    let (month, year) = (expires[..2].parse().unwrap_or(0), expires[2..].parse().unwrap_or(0));
    if !(1..=12).contains(&month) {
        return Err("54");
    }
    Ok(IssuedCard::look_up(pan, (month, year), Some(code).filter(|c| !c.is_empty())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_numbers() {
        assert_eq!(amount(&json!({"amount": 1001})), Ok(1_001));
        for bad in [json!("1001"), json!(10.01), json!(0), json!(-1), Value::Null] {
            assert!(amount(&json!({"amount": bad})).is_err());
        }
        assert_eq!(installments(&json!({"installmentCount": 0}), "949"), Ok(1));
        assert_eq!(installments(&json!({"installmentCount": 12}), "949"), Ok(12));
        for bad in [json!(1), json!(13), json!("2"), Value::Null] {
            assert!(installments(&json!({"installmentCount": bad}), "949").is_err());
        }
        assert!(installments(&json!({"installmentCount": 2}), "840").is_err());
    }

    #[test]
    fn a_list_is_of_a_date_and_perhaps_of_an_order() {
        let of = |date: Value| day(&json!({"transactionDate": date}));
        assert_eq!((of(json!("20261122")), of(json!(20_261_122))), (Ok(1_795_294_800_000), Ok(1_795_294_800_000)));
        for bad in [json!("20261332"), json!("2026-11-22"), json!("2026112"), json!(""), Value::Null] {
            assert!(of(bad.clone()).is_err(), "{bad}");
        }
        let of = |order: Value| order_of_list(&json!({"orderId": order})).map(|order| order.map(str::to_owned));
        assert_eq!((of(json!("A1")), of(json!("")), of(Value::Null)), (Ok(Some("A1".into())), Ok(None), Ok(None)));
        assert!(of(json!("ş")).is_err());
        assert_eq!(page(&json!({"page": 2, "pageSize": 50})), Ok((2, 50)));
        for bad in [json!({"page": 0, "pageSize": 50}), json!({"page": 1, "pageSize": 101}), json!({"page": 1})] {
            assert!(page(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_card_the_network_would_refuse_gets_its_code() {
        assert_eq!(card("5571135571135576", "1226", "000").err(), Some("14"));
        assert_eq!(card("5571135571135575", "1326", "000").err(), Some("54"));
        assert!(card("5571135571135575", "1226", "000").is_ok());
    }
}

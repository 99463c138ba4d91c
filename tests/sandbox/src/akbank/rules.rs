//! What a message must look like before the bank looks at the order.

use jiff::civil::DateTime;
use serde_json::Value;

use crate::bank::Bank;
use crate::card::{CardFace, luhn_ok};
use crate::clock::local;
use crate::fault::Op;
use crate::issuer::IssuedCard;
use crate::store::Store;

use super::store::Account;

/// How far a message's time may be off. The bank's own tolerance is not public.
const SKEW_S: i64 = 3_600;

/// Why the bank does not look at the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Not the bank's schema: HTTP 400.
    Schema(String),
    /// Not signed with the store's key: HTTP 401. The bank's real answer is not public.
    Signature,
    /// A code of the gateway.
    Code(&'static str, &'static str),
    /// The card network's code.
    Host(&'static str, &'static str),
}

/// Breaks the schema.
pub fn schema<T>(what: impl Into<String>) -> Result<T, Refused> {
    Err(Refused::Schema(what.into()))
}

/// Text at a JSON pointer, empty if absent.
pub fn text<'a>(message: &'a Value, at: &str) -> &'a str {
    message.pointer(at).and_then(Value::as_str).unwrap_or_default()
}

/// A whole number at a JSON pointer.
pub fn number(message: &Value, at: &str) -> Option<i64> {
    message.pointer(at).and_then(Value::as_i64)
}

/// The store that asks, by its two numbers.
pub fn caller<'a>(bank: &'a Bank, message: &Value) -> Result<(&'a Store, &'a Account), Refused> {
    let (merchant, terminal) = (text(message, "/terminal/merchantSafeId"), text(message, "/terminal/terminalSafeId"));
    match bank.find_store::<Account>(|s, a| s.id == merchant && a.terminal_safe_id == terminal) {
        Some(both) => Ok(both),
        None => schema("terminal is not known"),
    }
}

/// What the message asks for. `1010` is the only question about one order, so it is the inquiry.
pub fn op(message: &Value) -> Result<Op, Refused> {
    match text(message, "/txnCode") {
        "1000" => Ok(Op::Auth),
        "1004" => Ok(Op::PreAuth),
        "1005" => Ok(Op::PostAuth),
        "1003" | "1013" => Ok(Op::Void),
        "1002" => Ok(Op::Credit),
        "1010" => Ok(Op::Status),
        _ => schema("txnCode is not known"),
    }
}

/// Version, random number, time and sub-dealer, as every message has them.
pub fn envelope(bank: &Bank, account: &Account, message: &Value) -> Result<(), Refused> {
    if text(message, "/version") != "1.00" {
        return schema("version must be 1.00");
    }
    random(text(message, "/randomNumber"))?;
    time(bank, text(message, "/requestDateTime"))?;
    sub_merchant(account, text(message, "/subMerchant/subMerchantId"))
}

/// 128 hexadecimal digits in capitals.
pub fn random(text: &str) -> Result<(), Refused> {
    let hex = text.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b));
    if text.len() == 128 && hex { Ok(()) } else { schema("randomNumber must be 128 hexadecimal digits") }
}

/// `2024-04-14T19:26:05.000`, near the bank's own clock.
pub fn time(bank: &Bank, text: &str) -> Result<(), Refused> {
    let Some(at) = Some(text).filter(|t| t.len() == 23).and_then(|t| t.parse::<DateTime>().ok()) else {
        return schema("requestDateTime must be yyyy-MM-dd'T'HH:mm:ss.SSS");
    };
    let now = local(bank.clock().now_ms()).datetime();
    let seconds = |t: DateTime| t.to_zoned(jiff::tz::TimeZone::UTC).map_or(0, |z| z.timestamp().as_second());
    if (seconds(at) - seconds(now)).abs() > SKEW_S {
        return Err(Refused::Code("VPS-1073", "Geçerli talep tarihi giriniz."));
    }
    Ok(())
}

/// A main dealer names one of its sub-dealers; nobody else names any.
pub fn sub_merchant(account: &Account, named: &str) -> Result<(), Refused> {
    let known = account.sub_merchants.iter().any(|s| s == named);
    if known || account.sub_merchants.is_empty() && named.is_empty() {
        return Ok(());
    }
    schema("subMerchant is not one of this merchant")
}

/// 1 to 36 letters, digits and hyphens.
pub fn order(text: &str) -> Result<&str, Refused> {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if plain && (1..=36).contains(&text.len()) { Ok(text) } else { schema("orderId must be 1 to 36 characters") }
}

/// `10.01` → 1001. Always two decimals.
pub fn amount(text: &str) -> Result<i64, Refused> {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let Some((whole, part)) = text.split_once('.').filter(|(w, p)| digits(w) && digits(p) && p.len() == 2) else {
        return schema("amount must have two decimals");
    };
    match format!("{whole}{part}").parse() {
        Ok(minor) if minor > 0 && text.len() <= 15 => Ok(minor),
        _ => schema("amount must be positive"),
    }
}

/// ISO 4217 numeric of a currency the bank's terminals know.
pub fn currency(code: i64) -> Result<String, Refused> {
    if matches!(code, 949 | 840 | 978 | 826 | 643 | 392) {
        Ok(code.to_string())
    } else {
        schema("currencyCode is not known")
    }
}

/// 1 for a single payment.
pub fn installments(count: i64, currency: &str) -> Result<u8, Refused> {
    match u8::try_from(count) {
        Ok(1) => Ok(1),
        Ok(n @ 2..=12) if currency == "949" => Ok(n),
        Ok(2..=12) => Err(Refused::Host("83", "183 TAKSIT TUTAR HAT")),
        _ => schema("installCount must be 1 to 12"),
    }
}

/// The card, `MMYY`. A number with a wrong check digit is the card network's to refuse.
pub fn card(pan: &str, expires: &str, code: Option<&str>) -> Result<IssuedCard, Refused> {
    if !(13..=19).contains(&pan.len()) || !pan.bytes().all(|b| b.is_ascii_digit()) {
        return schema("cardNumber must be 13 to 19 digits");
    }
    let month_year = (expires.len() == 4 && expires.bytes().all(|b| b.is_ascii_digit()))
        .then(|| (expires[..2].parse().unwrap_or(0), expires[2..].parse().unwrap_or(0)));
    let Some((month @ 1..=12, year)) = month_year else {
        return schema("expireDate must be MMYY");
    };
    if !luhn_ok(pan) {
        return Err(Refused::Host("14", "014 RED-HATALI KART"));
    }
    if CardFace::of(pan).brand.is_empty() {
        return Err(Refused::Code("VPS-1066", "Bu kart şeması desteklenmemektedir."));
    }
    Ok(IssuedCard::look_up(pan, (month, year), code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_two_decimals() {
        assert_eq!(amount("10.01"), Ok(1_001));
        for bad in ["", "10", "10.1", "10,01", "-1.00", "0.00", "1.001", "x.00"] {
            assert!(amount(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_card_the_network_would_refuse_gets_its_code() {
        assert_eq!(card("4355093000315233", "1140", None).err(), Some(Refused::Host("14", "014 RED-HATALI KART")));
        assert!(matches!(card("43550930003152", "1340", None), Err(Refused::Schema(_))));
        assert!(matches!(card("4355", "1140", None), Err(Refused::Schema(_))));
        assert!(card("4355093000315232", "1140", Some("471")).is_ok());
    }
}

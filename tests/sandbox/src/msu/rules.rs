//! What a request must look like before the platform looks at the order.

use serde_json::Value;

use crate::bank::Bank;
use crate::book::Kind;
use crate::card::luhn_ok;
use crate::desk::Desk;
use crate::form::value;
use crate::issuer::IssuedCard;
use crate::secret::same;
use crate::store::Store;
use crate::visit::Ordered;

use super::store::Account;

/// Names and values, as posted.
pub type Fields = [(String, String)];

/// The platform's code, what was wrong, and with which parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid(pub &'static str, pub &'static str, pub &'static str);

const AMOUNT: Invalid = Invalid("ERR10016", "Invalid amount", "AMOUNT");

/// Every parameter once and filled, and known merchant, user and password.
pub fn merchant<'a>(bank: &'a Bank, fields: &Fields) -> Result<(&'a Store, &'a Account), Invalid> {
    let twice = |name: &str| fields.iter().filter(|(there, _)| there == name).count() > 1;
    if fields.iter().any(|(name, _)| twice(name)) {
        return Err(Invalid("ERR10011", "A parameter was sent twice", ""));
    }
    if fields.iter().any(|(_, value)| value.trim().is_empty()) {
        return Err(Invalid("ERR10021", "A parameter is empty", ""));
    }
    needed(fields, &["MERCHANT", "MERCHANTUSER", "MERCHANTPASSWORD", "ACTION"])?;
    let found = bank.find_store::<Account>(|store, _| store.id == value(fields, "MERCHANT"));
    let (store, account) = found.ok_or(Invalid("ERR10015", "Invalid merchant information", "MERCHANT"))?;
    let known =
        same(value(fields, "MERCHANTUSER"), &account.user) & same(value(fields, "MERCHANTPASSWORD"), &account.password);
    if known { Ok((store, account)) } else { Err(Invalid("ERR10020", "Invalid user information", "MERCHANTUSER")) }
}

fn needed(fields: &Fields, names: &[&'static str]) -> Result<(), Invalid> {
    let missing = names.iter().find(|name| value(fields, name).is_empty());
    missing.map_or(Ok(()), |name| Err(Invalid("ERR10010", "A mandatory parameter is missing", name)))
}

/// `10.01`, `10.1` or `10`, more than nothing.
pub fn amount(text: &str) -> Result<i64, Invalid> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |s: &str| !s.is_empty() && s.len() <= 9 && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 2 {
        return Err(AMOUNT);
    }
    let minor: i64 = format!("{whole}{part:0<2}").parse().map_err(|_| AMOUNT)?;
    if minor > 0 { Ok(minor) } else { Err(AMOUNT) }
}

/// The book's word for a currency.
pub fn currency(fields: &Fields) -> Result<&'static str, Invalid> {
    match value(fields, "CURRENCY") {
        "TRY" => Ok("949"),
        "USD" => Ok("840"),
        "EUR" => Ok("978"),
        "GBP" => Ok("826"),
        _ => Err(Invalid("ERR10017", "Invalid currency", "CURRENCY")),
    }
}

/// A number of instalments, 1 for none.
pub fn installments(text: &str, currency: &str) -> Result<u8, Invalid> {
    match text.parse::<u8>() {
        Ok(1) => Ok(1),
        Ok(2..=12) if currency != "949" => Err(Invalid("ERR10115", "Instalments are not supported", "INSTALLMENTS")),
        Ok(n @ 2..=12) => Ok(n),
        _ => Err(Invalid("ERR10088", "Instalments must be 1 to 12", "INSTALLMENTS")),
    }
}

/// A sale or reservation without 3-D.
pub fn charged(fields: &Fields, kind: Kind) -> Result<Ordered, Invalid> {
    let names = ["MERCHANTPAYMENTID", "CUSTOMER", "AMOUNT", "CURRENCY", "CARDPAN", "CARDEXPIRY", "NAMEONCARD"];
    needed(fields, &names)?;
    needed(fields, &["INSTALLMENTS"])?;
    let currency = currency(fields)?;
    Ok(Ordered {
        kind,
        order: value(fields, "MERCHANTPAYMENTID").to_owned(),
        amount: amount(value(fields, "AMOUNT"))?,
        currency: currency.to_owned(),
        installments: installments(value(fields, "INSTALLMENTS"), currency)?,
    })
}

/// What a session is for. How many instalments, the payer's form says.
pub fn opened(fields: &Fields) -> Result<Ordered, Invalid> {
    needed(fields, &["MERCHANTPAYMENTID", "CUSTOMER", "AMOUNT", "CURRENCY", "SESSIONTYPE", "RETURNURL"])?;
    if value(fields, "SESSIONTYPE") != "PAYMENTSESSION" {
        return Err(Invalid("ERR10140", "This session type is not supported", "SESSIONTYPE"));
    }
    let url = value(fields, "RETURNURL");
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(Invalid("ERR10013", "Wrong data type", "RETURNURL"));
    }
    let total = amount(value(fields, "AMOUNT"))?;
    let items = value(fields, "ORDERITEMS");
    if !items.is_empty() {
        articles(items, total)?;
    }
    Ok(Ordered {
        kind: Kind::Auth,
        order: value(fields, "MERCHANTPAYMENTID").to_owned(),
        amount: total,
        currency: currency(fields)?.to_owned(),
        installments: 1,
    })
}

/// A list of articles, whose sum is the total.
fn articles(text: &str, total: i64) -> Result<(), Invalid> {
    let invalid = |code, why| Invalid(code, why, "ORDERITEMS");
    let list: Vec<Value> = serde_json::from_str(text).map_err(|_| invalid("ERR10013", "Wrong data type"))?;
    let mut sum = 0;
    for item in &list {
        let price = match item.get("amount") {
            Some(Value::Number(price)) => price.to_string(),
            Some(Value::String(price)) => price.clone(),
            _ => return Err(invalid("ERR10010", "A mandatory parameter is missing")),
        };
        let quantity = item.get("quantity").and_then(Value::as_i64);
        let quantity = quantity.ok_or(invalid("ERR10010", "A mandatory parameter is missing"))?;
        sum += amount(&price)? * quantity;
    }
    if sum == total { Ok(()) } else { Err(invalid("ERR10022", "The sum of the items differs from the amount")) }
}

/// Order, and the transaction where one is named.
pub fn meant(bank: &Bank, desk: Desk<'_>, fields: &Fields) -> Result<(String, Option<String>), Invalid> {
    let number = value(fields, "PGTRANID");
    if number.is_empty() {
        needed(fields, &["MERCHANTPAYMENTID"])?;
        return Ok((value(fields, "MERCHANTPAYMENTID").to_owned(), None));
    }
    if let Some(entry) = desk.find(|e| e.trans_id == number) {
        return Ok((entry.order, Some(number.to_owned())));
    }
    let elsewhere = bank.entries().iter().any(|e| e.trans_id == number);
    let foreign = Invalid("ERR10099", "The transaction belongs to another merchant", "PGTRANID");
    Err(if elsewhere { foreign } else { Invalid("ERR10030", "Transaction not found", "PGTRANID") })
}

/// The card. `month` and `year` as the API and the payer's form write them.
pub fn card(store: &Store, pan: &str, (month, year): (&str, &str), code: &str) -> Result<IssuedCard, Invalid> {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !(13..=19).contains(&pan.len()) || !digits(pan) || !luhn_ok(pan) {
        return Err(Invalid("ERR10045", "Invalid card number", "CARDPAN"));
    }
    let invalid = Invalid("ERR10046", "Invalid expiry date", "CARDEXPIRY");
    if month.len() != 2 || year.len() != 4 || !digits(month) || !digits(year) {
        return Err(invalid);
    }
    let (month, year) = (month.parse().unwrap_or(0), year.parse::<u16>().unwrap_or(0));
    if !(1..=12).contains(&month) || !(2000..2100).contains(&year) {
        return Err(invalid);
    }
    if code.is_empty() && !store.mail_order {
        return Err(Invalid("ERR10010", "A mandatory parameter is missing", "CARDCVV"));
    }
    let short = u8::try_from(year % 100).unwrap_or(0);
    Ok(IssuedCard::look_up(pan, (month, short), Some(code).filter(|code| !code.is_empty())))
}

//! What a request must look like before the bank looks at the order.

use crate::bank::Bank;
use crate::card::luhn_ok;
use crate::fault::Op;
use crate::form;
use crate::issuer::{CodeCheck, IssuedCard};
use crate::secret::same;
use crate::store::Store;

use super::store::Account;

/// Posted fields.
pub type Fields = Vec<(String, String)>;

/// `ProcReturnCode`, `ErrorCode` and text.
pub type Refused = (&'static str, &'static str, &'static str);

/// Wrong user, password or shop.
pub const NOT_ACTIVE: Refused = ("81", "B810002", "Terminal Aktif Degil");

/// A field's value, empty if absent.
pub fn field<'a>(f: &'a Fields, name: &str) -> &'a str {
    form::value(f, name)
}

const fn invalid(text: &'static str) -> Refused {
    ("99", "E31", text)
}

/// The shop whose API user asks.
pub fn caller<'a>(bank: &'a Bank, f: &Fields) -> Result<&'a Store, Refused> {
    bank.find_store::<Account>(|s, _| s.id == field(f, "ShopCode"))
        .filter(|(_, a)| a.user_code == field(f, "UserCode") && same(&a.user_pass, field(f, "UserPass")))
        .map(|(store, _)| store)
        .ok_or(NOT_ACTIVE)
}

/// What the request asks for.
pub fn op(f: &Fields) -> Result<Op, Refused> {
    match field(f, "TxnType") {
        "Auth" => Ok(Op::Auth),
        "PreAuth" => Ok(Op::PreAuth),
        "PostAuth" => Ok(Op::PostAuth),
        "Void" => Ok(Op::Void),
        "Refund" => Ok(Op::Credit),
        "StatusHistory" => Ok(Op::Status),
        _ => Err(invalid("Gecersiz Islem Tipi")),
    }
}

/// The order the request is about: its own for a charge, the original one for everything else.
pub fn order(f: &Fields, op: Op) -> Result<&str, Refused> {
    let order = field(f, if matches!(op, Op::Auth | Op::PreAuth) { "OrderId" } else { "orgOrderId" });
    let plain = order.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if plain && !order.is_empty() && order.len() <= 64 { Ok(order) } else { Err(invalid("Gecersiz Siparis Numarasi")) }
}

/// `10.01`, `10` → minor units. A comma is what the bank writes, not what it reads.
pub fn amount(text: &str) -> Result<i64, Refused> {
    let wrong = invalid("Gecersiz Tutar");
    let (whole, part) = text.split_once('.').unwrap_or((text, "00"));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if text.len() > 15 || !digits(whole) || !digits(part) || part.len() > 2 {
        return Err(wrong);
    }
    let minor: i64 = format!("{whole}{part:0<2}").parse().map_err(|_| wrong)?;
    if minor > 0 { Ok(minor) } else { Err(wrong) }
}

/// ISO 4217 numeric of a currency the terminals know.
pub fn currency(text: &str) -> Result<&str, Refused> {
    if matches!(text, "949" | "840" | "978" | "826") { Ok(text) } else { Err(invalid("Gecersiz Para Birimi")) }
}

/// Empty for a single payment, else 2 to 12 in lira.
pub fn installments(text: &str, currency: &str) -> Result<u8, Refused> {
    match text.parse() {
        Err(_) if text.is_empty() => Ok(1),
        Ok(n @ 2..=12) if currency == "949" => Ok(n),
        _ => Err(invalid("Gecersiz Taksit Sayisi")),
    }
}

/// The mail-order flag: `0`, `1` or absent. A shop that is not open to it is refused by its terminal.
pub fn moto(store: &Store, f: &Fields) -> Result<bool, Refused> {
    match field(f, "MOTO") {
        "" | "0" => Ok(false),
        "1" if store.mail_order => Ok(true),
        "1" => Err(("58", "", "Terminal mail order islemine kapali")),
        _ => Err(invalid("Gecersiz MOTO")),
    }
}

/// The card in the fields. Only mail order goes without a security code.
pub fn card(f: &Fields, moto: bool) -> Result<IssuedCard, Refused> {
    let pan = field(f, "Pan");
    if !(13..=19).contains(&pan.len()) || !luhn_ok(pan) {
        return Err(("14", "", "Gecersiz Kart Numarasi"));
    }
    if !matches!(field(f, "CardType"), "" | "0" | "1" | "2" | "3") {
        return Err(invalid("Gecersiz Kart Tipi"));
    }
    let expiry = field(f, "Expiry");
    let part = |range: std::ops::Range<usize>| expiry.get(range).and_then(|p| p.parse::<u8>().ok());
    let (Some(month @ 1..=12), Some(year), 4) = (part(0..2), part(2..4), expiry.len()) else {
        return Err(invalid("Gecersiz Son Kullanma Tarihi"));
    };
    let card = IssuedCard::look_up(pan, (month, year), Some(field(f, "Cvv2")).filter(|c| !c.is_empty()));
    if card.code == CodeCheck::Absent && !moto { Err(("82", "", "CVV2 eksik")) } else { Ok(card) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_a_point_and_currencies_a_number() {
        assert_eq!((amount("10.01"), amount("5"), amount("1.1")), (Ok(1_001), Ok(500), Ok(110)));
        for bad in ["", "0", "0.00", "10,01", "1.001", "-1", "1e5", ".5", "5."] {
            assert!(amount(bad).is_err(), "{bad}");
        }
        assert!(currency("949").is_ok() && currency("TRY").is_err() && currency("0949").is_err());
        assert_eq!((installments("", "949"), installments("6", "949")), (Ok(1), Ok(6)));
        for (bad, currency) in [("0", "949"), ("1", "949"), ("13", "949"), ("2", "840")] {
            assert!(installments(bad, currency).is_err(), "{bad}");
        }
    }
}

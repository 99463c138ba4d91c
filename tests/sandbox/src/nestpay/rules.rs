//! What a `CC5Request` must look like before the bank looks at the order.

use crate::bank::Bank;
use crate::book::Kind;
use crate::card::luhn_ok;
use crate::fault::Op;
use crate::issuer::{CodeCheck, IssuedCard};
use crate::secret::same;
use crate::store::Store;

use super::store::Account;
use super::xml::Request;

/// An error code of the gateway and its text.
pub type Refused = (&'static str, &'static str);

/// Text of a field, empty if absent.
pub fn text<'a>(r: &'a Request, name: &str) -> &'a str {
    r.get(name).map_or("", String::as_str)
}

/// What the request asks for.
pub fn op(r: &Request) -> Result<Op, Refused> {
    if !text(r, "Extra/ORDERSTATUS").is_empty() {
        return if text(r, "Extra/ORDERSTATUS") == "QUERY" {
            Ok(Op::Status)
        } else {
            Err(("CORE-2014", "Sorgu istegi gecersiz."))
        };
    }
    if !text(r, "Extra/ORDERHISTORY").is_empty() {
        return if text(r, "Extra/ORDERHISTORY") == "QUERY" {
            Ok(Op::History)
        } else {
            Err(("CORE-2014", "Sorgu istegi gecersiz."))
        };
    }
    if !text(r, "Extra/RECURRINGOPERATION").is_empty() {
        let known = text(r, "Extra/RECURRINGOPERATION") == "Cancel" && text(r, "Extra/RECORDTYPE") == "Order";
        return if known { Ok(Op::Void) } else { Err(("CORE-2014", "Sorgu istegi gecersiz.")) };
    }
    match text(r, "Type") {
        "Auth" => Ok(Op::Auth),
        "PreAuth" => Ok(Op::PreAuth),
        "PostAuth" => Ok(Op::PostAuth),
        "Void" => Ok(Op::Void),
        "Credit" => Ok(Op::Credit),
        _ => Err(("CORE-2001", "Islem tipi gecersiz (Auth, PreAuth, PostAuth, Credit, Void).")),
    }
}

/// The store whose API user asks.
pub fn caller<'a>(bank: &'a Bank, r: &Request) -> Result<&'a Store, Refused> {
    let (name, client) = (text(r, "Name"), text(r, "ClientId"));
    match () {
        () if name.is_empty() => return Err(("CORE-1011", "API kullanici adi bos olamaz.")),
        () if name.chars().count() > 255 => {
            return Err(("CORE-1012", "API kullanici adi cok uzun."));
        }
        () if client.is_empty() => return Err(("CORE-1013", "Uye isyeri numarasi bos olamaz.")),
        () if client.chars().count() > 15 => {
            return Err(("CORE-1014", "Uye isyeri numarasi cok uzun."));
        }
        () => {}
    }
    bank.find_store::<Account>(|s, _| s.id == client)
        .filter(|(_, a)| a.api_user == name && same(&a.api_password, text(r, "Password")))
        .map(|(store, _)| store)
        .ok_or(("CORE-2201", "API kullanicisi dogrulanamadi."))
}

/// Lengths and forms that every request must keep.
pub fn lengths(r: &Request, op: Op) -> Result<(), Refused> {
    let too_long = |name: &str, max: usize| text(r, name).chars().count() > max;
    let mode = text(r, "Mode");
    match () {
        () if !mode.is_empty() && mode != "P" => Err(("CORE-1006", "Mode parametresi gecersiz.")),
        () if order(text(r, "OrderId")).is_err() => {
            Err(("CORE-1015", "Siparis numarasi en fazla 64 karakter ve alfasayisal olmali."))
        }
        () if too_long("TransId", 64) => Err(("CORE-1017", "Islem numarasi cok uzun.")),
        () if !text(r, "TransId").is_empty() && op != Op::Void => {
            Err(("CORE-1028", "TransId yalnizca iptalde gonderilebilir."))
        }
        () if too_long("Description", 255) => Err(("CORE-1021", "Aciklama cok uzun.")),
        () if too_long("IPAddress", 39) => Err(("CORE-1022", "IP adresi cok uzun.")),
        () if matches!(op, Op::PostAuth | Op::Void | Op::Credit | Op::Status | Op::History)
            && text(r, "OrderId").is_empty()
            && text(r, "Extra/RECORDID").is_empty() =>
        {
            Err(("CORE-2301", "Siparis numarasi gecersiz."))
        }
        () => Ok(()),
    }
}

/// At most 64 letters, digits, `-` and `_`.
pub fn order(order: &str) -> Result<(), Refused> {
    let good = order.len() <= 64 && order.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if good { Ok(()) } else { Err(("CORE-1015", "Siparis numarasi en fazla 64 karakter ve alfasayisal olmali.")) }
}

/// `10.01`, `5` → minor units. Absent is `None`.
pub fn amount(text: &str) -> Result<Option<i64>, Refused> {
    if text.is_empty() {
        return Ok(None);
    }
    if text.starts_with('-') {
        return Err(("CORE-1024", "Tutar negatif olamaz."));
    }
    let wrong = ("CORE-1018", "Tutar formati gecersiz.");
    let (whole, part) = text.split_once('.').unwrap_or((text, "00"));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if text.len() >= 18 || !digits(whole) || !digits(part) || part.len() > 2 {
        return Err(wrong);
    }
    let minor: i64 = format!("{whole}{part:0<2}").parse().map_err(|_| wrong)?;
    Ok(Some(minor))
}

/// ISO 4217 numeric of a currency the bank's terminals know.
pub fn currency(text: &str) -> Result<&str, Refused> {
    match text {
        "949" | "840" | "978" | "826" | "643" | "944" => Ok(text),
        t if t.len() == 3 && t.bytes().all(|b| b.is_ascii_digit()) => Err(("CORE-1019", "Para birimi kodu yanlis.")),
        _ => Err(("CORE-1010", "Para birimi okunamadi.")),
    }
}

/// Empty for a single payment, else 2 to 12.
pub fn installments(text: &str, currency: &str) -> Result<u8, Refused> {
    if text.is_empty() {
        return Ok(1);
    }
    match () {
        () if text.len() > 3 => Err(("CORE-1023", "Taksit cok uzun.")),
        () if text.starts_with('-') => Err(("CORE-1026", "Taksit negatif olamaz.")),
        () if currency != "949" => Err(("CORE-2124", "Yabanci para biriminde taksit yapilamaz.")),
        () => match text.parse() {
            Ok(n @ 2..=12) => Ok(n),
            _ => Err(("CORE-2603", "Taksit tablosu icin gecersiz deger.")),
        },
    }
}

/// `MM/YY` → (month, year).
pub fn expires(text: &str) -> Result<(u8, u8), Refused> {
    let format = ("CORE-2011", "Son kullanma tarihi formati MM/YY olmali.");
    let (m, y) = text.split_once('/').ok_or(format)?;
    if m.len() != 2 || y.len() != 2 {
        return Err(format);
    }
    let (m, y) = (m.parse().map_err(|_| format)?, y.parse().map_err(|_| format)?);
    if (1..=12).contains(&m) { Ok((m, y)) } else { Err(("CORE-2010", "Son kullanma tarihi hatali.")) }
}

/// The card of a request that carries one in clear.
pub fn card(store: &Store, pan: &str, expires_text: &str, code: Option<&str>) -> Result<IssuedCard, Refused> {
    if pan.is_empty() {
        return Err(("CORE-2015", "Kart numarasi eksik."));
    }
    if pan.len() < 13 || pan.len() > 19 || !luhn_ok(pan) {
        return Err(("CORE-2012", "Kart numarasi gecersiz."));
    }
    let card = IssuedCard::look_up(pan, expires(expires_text)?, code);
    if card.code == CodeCheck::Absent && !store.mail_order {
        return Err(("CORE-2208", "CVV olmadan islem yapilamaz."));
    }
    Ok(card)
}

/// The amount of a sale.
pub fn sale_amount(text: &str) -> Result<i64, Refused> {
    match amount(text)? {
        None => Err(("CORE-1018", "Tutar formati gecersiz.")),
        Some(0) => Err(("CORE-2009", "Satis tutari sifir olamaz.")),
        Some(a) => Ok(a),
    }
}

/// `Auth` or `PreAuth`.
pub fn charge_kind(op: Op) -> Kind {
    if op == Op::PreAuth { Kind::PreAuth } else { Kind::Auth }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_decimal_with_a_point() {
        assert_eq!(amount("10.01"), Ok(Some(1_001)));
        assert_eq!(amount("5"), Ok(Some(500)));
        assert_eq!(amount("1.1"), Ok(Some(110)));
        assert_eq!(amount(""), Ok(None));
        for bad in ["10,01", "1.001", "1e5", ".5", "5.", " 5", "123456789012345678"] {
            assert_eq!(amount(bad).map_err(|e| e.0), Err("CORE-1018"), "{bad}");
        }
        assert_eq!(amount("-1").map_err(|e| e.0), Err("CORE-1024"));
        assert_eq!(sale_amount("0.00").map_err(|e| e.0), Err("CORE-2009"));
    }

    #[test]
    fn instalments_are_empty_or_two_to_twelve() {
        assert_eq!(installments("", "949"), Ok(1));
        assert_eq!(installments("12", "949"), Ok(12));
        assert_eq!(installments("0", "949").map_err(|e| e.0), Err("CORE-2603"));
        assert_eq!(installments("13", "949").map_err(|e| e.0), Err("CORE-2603"));
        assert_eq!(installments("-2", "949").map_err(|e| e.0), Err("CORE-1026"));
        assert_eq!(installments("2222", "949").map_err(|e| e.0), Err("CORE-1023"));
        assert_eq!(installments("3", "840").map_err(|e| e.0), Err("CORE-2124"));
    }

    #[test]
    fn expiry_is_month_slash_two_digit_year() {
        assert_eq!(expires("12/30"), Ok((12, 30)));
        assert_eq!(expires("13/30").map_err(|e| e.0), Err("CORE-2010"));
        for bad in ["1230", "12/2030", "1/30", "ab/cd", ""] {
            assert_eq!(expires(bad).map_err(|e| e.0), Err("CORE-2011"), "{bad}");
        }
    }

    #[test]
    fn order_numbers_are_short_and_plain() {
        assert!(order("order-123_A").is_ok());
        assert!(order(&"a".repeat(65)).is_err());
        assert!(order("a b").is_err());
        assert!(order("şipariş").is_err());
    }
}

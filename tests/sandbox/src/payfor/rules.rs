//! What a request or form must look like before the bank looks at the order.

use crate::bank::Bank;
use crate::card::luhn_ok;
use crate::fault::Op;
use crate::issuer::{CodeCheck, IssuedCard};
use crate::secret::same;
use crate::store::Store;
use crate::xml::Flat;

use super::store::Account;

/// A code of the gateway and its text.
pub type Refused = (&'static str, &'static str);

/// Text of a field, empty if absent.
pub fn text<'a>(r: &'a Flat, name: &str) -> &'a str {
    r.get(name).map_or("", String::as_str)
}

/// The store whose API user asks. A provision names only the user.
pub fn caller<'a>(bank: &'a Bank, r: &Flat) -> Result<&'a Store, Refused> {
    let (merchant, user) = (text(r, "MerchantId"), text(r, "UserCode"));
    let provision = text(r, "SecureType") == "3DModelPayment";
    match () {
        () if user.is_empty() => return Err(("M016", "UserCode boş olamaz")),
        () if text(r, "UserPass").is_empty() => return Err(("M017", "UserPass boş olamaz")),
        () if !provision && merchant.is_empty() => return Err(("M024", "MerchantId boş olamaz")),
        () if !provision && text(r, "MbrId").is_empty() => return Err(("M013", "Kurum kodu boş olamaz")),
        () => {}
    }
    let meant = |s: &Store, a: &Account| if provision { a.user_code == user } else { s.id == merchant };
    let (store, account) = bank.find_store::<Account>(meant).ok_or(("V008", "Üye iş yeri bulunamadı"))?;
    let is_user = account.user_code == user && same(&account.user_pass, text(r, "UserPass"));
    match () {
        () if !is_user => Err(("V004", "Kullanıcı doğrulanamadı")),
        () if !provision && account.mbr_id != text(r, "MbrId") => Err(("V001", "Üye iş yeri bilgisi hatalı")),
        () => Ok(store),
    }
}

/// What is asked.
pub fn op(r: &Flat) -> Result<Op, Refused> {
    let wrong = Err(("M021", "SecureType bu işlem tipi için geçerli değil"));
    match (text(r, "SecureType"), text(r, "TxnType")) {
        ("3DModelPayment", "") | ("NonSecure", "Auth") => Ok(Op::Auth),
        ("NonSecure", "PreAuth") => Ok(Op::PreAuth),
        ("NonSecure", "PostAuth") => Ok(Op::PostAuth),
        ("NonSecure", "Void") => Ok(Op::Void),
        ("NonSecure", "Refund") => Ok(Op::Credit),
        ("Inquiry", "OrderInquiry") => Ok(Op::Status),
        ("Report", "TxnHistory") if text(r, "OrderId").is_empty() => Ok(Op::Report),
        ("Report", "TxnHistory") => Ok(Op::History),
        (_, "Auth" | "PreAuth" | "PostAuth" | "Void" | "Refund" | "OrderInquiry" | "TxnHistory") => wrong,
        _ => Err(("M015", "TxnType tanımsız")),
    }
}

/// At most 36 letters, digits, `-` and `_`; not empty.
pub fn order(order: &str) -> Result<&str, Refused> {
    let plain = order.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    match () {
        () if order.is_empty() => Err(("M022", "Sipariş numarası boş olamaz")),
        () if plain && order.len() <= 36 => Ok(order),
        () => Err(("M025", "Alan uzunluğu hatalı")),
    }
}

/// `10.01`, `5` → minor units, from 0.01 to 200,000.
pub fn amount(text: &str) -> Result<i64, Refused> {
    let wrong = ("M012", "PurchAmount hatalı");
    let (whole, part) = text.split_once('.').unwrap_or((text, "00"));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if text.len() > 12 || !digits(whole) || !digits(part) || part.len() > 2 {
        return Err(wrong);
    }
    let minor: i64 = format!("{whole}{part:0<2}").parse().map_err(|_| wrong)?;
    match minor {
        0 => Err(("M004", "Tutar sıfır olamaz")),
        1..=20_000_000 => Ok(minor),
        _ => Err(("M019", "Tutar 0.01 ile 200000 arasında olmalı")),
    }
}

/// ISO 4217 numeric of a currency the bank's terminals know.
pub fn currency(text: &str) -> Result<&str, Refused> {
    match text {
        "949" | "840" | "978" | "826" | "643" => Ok(text),
        "" => Err(("M003", "Para birimi boş olamaz")),
        _ => Err(("M002", "Para birimi geçersiz")),
    }
}

/// `0` for a single payment, else 2 to 12, in lira only.
pub fn installments(text: &str, currency: &str) -> Result<u8, Refused> {
    match text.parse() {
        _ if text.is_empty() => Err(("V023", "Taksit sayısı boş olamaz")),
        Ok(0) => Ok(1),
        Ok(count @ 2..=12) if currency == "949" => Ok(count),
        _ => Err(("V024", "Taksit sayısı geçersiz")),
    }
}

/// `1` for mail order, which the store must be open to; `0` otherwise.
pub fn mail_order(store: &Store, flag: &str) -> Result<bool, Refused> {
    match flag {
        "0" => Ok(false),
        "1" if store.mail_order => Ok(true),
        "1" => Err(("V006", "Kullanıcının bu işlem için yetkisi yok")),
        _ => Err(("M048", "MOTO değeri hatalı")),
    }
}

/// `MMYY` → (month, year).
pub fn expires(text: &str) -> Result<(u8, u8), Refused> {
    let wrong = ("M006", "Son kullanma tarihi hatalı");
    if text.len() != 4 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong);
    }
    let (month, year) = (text[..2].parse().map_err(|_| wrong)?, text[2..].parse().map_err(|_| wrong)?);
    if (1..=12).contains(&month) { Ok((month, year)) } else { Err(wrong) }
}

/// The card of a request or form. Only mail order does without the security code.
pub fn card(pan: &str, expires_text: &str, code: &str, mail_order: bool) -> Result<IssuedCard, Refused> {
    if !(13..=19).contains(&pan.len()) {
        return Err(("M008", "Kart numarası boş ya da uzunluğu hatalı"));
    }
    if !luhn_ok(pan) {
        return Err(("M041", "Geçersiz kart numarası"));
    }
    let card = IssuedCard::look_up(pan, expires(expires_text)?, Some(code).filter(|code| !code.is_empty()));
    if card.code == CodeCheck::Absent && !mail_order { Err(("M005", "CVV2 boş olamaz")) } else { Ok(card) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_decimal_and_bounded() {
        assert_eq!((amount("10.01"), amount("5"), amount("200000.00")), (Ok(1_001), Ok(500), Ok(20_000_000)));
        for (bad, code) in [
            ("", "M012"),
            ("10,01", "M012"),
            ("1.001", "M012"),
            ("-1", "M012"),
            ("0.00", "M004"),
            ("200000.01", "M019"),
        ] {
            assert_eq!(amount(bad).map_err(|e| e.0), Err(code), "{bad}");
        }
    }

    #[test]
    fn instalments_are_zero_or_two_to_twelve_in_lira() {
        assert_eq!((installments("0", "949"), installments("12", "949")), (Ok(1), Ok(12)));
        for (count, currency, code) in
            [("", "949", "V023"), ("1", "949", "V024"), ("13", "949", "V024"), ("3", "840", "V024")]
        {
            assert_eq!(installments(count, currency).map_err(|e| e.0), Err(code), "{count} {currency}");
        }
    }

    #[test]
    fn expiry_is_month_then_year() {
        assert_eq!(expires("1230"), Ok((12, 30)));
        for bad in ["1330", "12/30", "", "şş"] {
            assert_eq!(expires(bad).map_err(|e| e.0), Err("M006"), "{bad}");
        }
    }
}

//! What a request must look like before Param looks at the order.

use base64::{Engine, engine::general_purpose::STANDARD};
use encoding_rs::WINDOWS_1254;
use sha1::{Digest, Sha1};

use crate::bank::Bank;
use crate::book::Kind;
use crate::card::luhn_ok;
use crate::issuer::{CodeCheck, IssuedCard};
use crate::secret::same;
use crate::store::Store;
use crate::visit::Ordered;

use super::soap::Call;
use super::store::Account;

/// `Sonuc` and its text.
pub type Refused = (i32, &'static str);

/// SHA-1 in base64 of the ISO-8859-9 bytes.
pub fn hash(text: &str) -> String {
    STANDARD.encode(Sha1::digest(WINDOWS_1254.encode(text).0))
}

/// The account that asks, with its key.
pub fn caller<'a>(bank: &'a Bank, call: &Call) -> Result<(&'a Store, &'a Account), Refused> {
    let guid = call.get("GUID");
    if guid.len() != 36 {
        return Err((-103, "GUID uzunluğu hatalı."));
    }
    let (store, account) =
        known(bank, call.get("G/CLIENT_CODE"), call.get("G/CLIENT_USERNAME"), call.get("G/CLIENT_PASSWORD"))?;
    if same(&account.guid, guid) { Ok((store, account)) } else { Err((-216, "GUID hesapla eşleşmiyor.")) }
}

/// The account of a name and a password.
pub fn known<'a>(bank: &'a Bank, code: &str, user: &str, password: &str) -> Result<(&'a Store, &'a Account), Refused> {
    bank.find_store::<Account>(|s, a| s.id == code && a.user == user)
        .filter(|(_, a)| same(&a.password, password))
        .ok_or((-100, "Hesap bulunamadı."))
}

/// Which fields an operation signs after code and key.
pub fn signed(operation: &str) -> &'static [&'static str] {
    match operation {
        "Pos_Odeme" => &["Taksit", "Islem_Tutar", "Toplam_Tutar", "Siparis_ID", "Hata_URL", "Basarili_URL"],
        "TP_Islem_Odeme_WD" | "TP_Islem_Odeme_OnProv_WMD" => {
            &["Islem_Tutar", "Toplam_Tutar", "Siparis_ID", "Hata_URL", "Basarili_URL"]
        }
        _ => &["Taksit", "Islem_Tutar", "Toplam_Tutar", "Siparis_ID"],
    }
}

/// Is `Islem_Hash` right?
pub fn is_signed(account: &Account, store: &Store, call: &Call) -> Result<(), Refused> {
    let values: String = signed(&call.operation).iter().map(|name| call.get(name)).collect();
    let made = hash(&format!("{}{}{values}", store.id, account.guid));
    if same(&made, call.get("Islem_Hash")) { Ok(()) } else { Err((-102, "İşlem hash hatalı.")) }
}

/// `1000,25` → minor units.
pub fn amount(text: &str) -> Result<i64, Refused> {
    let digits = |s: &str| !s.is_empty() && s.len() <= 12 && s.bytes().all(|b| b.is_ascii_digit());
    let (whole, part) = text.split_once(',').ok_or((-112, "Tutar formatı hatalı."))?;
    if !digits(whole) || !digits(part) {
        return Err((-112, "Tutar formatı hatalı."));
    }
    if part.len() != 2 {
        return Err((-115, "Tutar virgülden sonra iki hane olmalı."));
    }
    match format!("{whole}{part}").parse() {
        Ok(minor) if minor > 0 => Ok(minor),
        _ => Err((-113, "Tutar sıfırdan büyük olmalı.")),
    }
}

/// `10.01` or `10`, as voids and refunds write it.
pub fn point_amount(text: &str) -> Result<i64, Refused> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "00"));
    if part.is_empty() || part.len() > 2 {
        Err((-112, "Tutar formatı hatalı."))
    } else {
        amount(&format!("{whole},{part:0<2}"))
    }
}

/// What is ordered: number, amounts, instalments, currency.
pub fn ordered(call: &Call) -> Result<Ordered, Refused> {
    let order = call.get("Siparis_ID");
    if order.is_empty() || order.chars().count() > 36 {
        return Err((-104, "Siparis_ID en fazla 36 karakter olmalı."));
    }
    let (amount, total) = (amount(call.get("Islem_Tutar"))?, amount(call.get("Toplam_Tutar"))?);
    if total != amount {
        return Err((-202, "Toplam tutara eklenen komisyon hatalı."));
    }
    let currency = match (call.operation.as_str(), call.get("Doviz_Kodu")) {
        ("TP_Islem_Odeme_WD", "1001") => "840",
        ("TP_Islem_Odeme_WD", "1002") => "978",
        ("TP_Islem_Odeme_WD", "1003") => "826",
        ("TP_Islem_Odeme_WD", _) => return Err((-204, "Döviz kodu hatalı.")),
        _ => "949",
    };
    let Ok(installments @ 1..=12) = call.get("Taksit").parse() else {
        return Err((-110, "Taksit hatalı."));
    };
    let kind = if call.operation == "TP_Islem_Odeme_OnProv_WMD" { Kind::PreAuth } else { Kind::Auth };
    Ok(Ordered { kind, order: order.to_owned(), amount: total, currency: currency.to_owned(), installments })
}

/// The card of a request.
pub fn card(store: &Store, call: &Call) -> Result<IssuedCard, Refused> {
    if !call.has("KK_Sahibi_GSM") {
        return Err((-108, "GSM numarası hatalı."));
    }
    if call.get("KK_Sahibi").trim().is_empty() && !store.mail_order {
        return Err((-121, "Kart sahibi bilgisi eksik."));
    }
    checked_card(store, call.get("KK_No"), call.get("KK_SK_Ay"), call.get("KK_SK_Yil"), call.get("KK_CVC"))
}

/// A card by its parts. Only an account that is open to mail order goes without a security code.
pub fn checked_card(store: &Store, pan: &str, month: &str, year: &str, code: &str) -> Result<IssuedCard, Refused> {
    if !(13..=19).contains(&pan.len()) {
        return Err((-118, "Kart numarası uzunluğu hatalı."));
    }
    if !luhn_ok(pan) {
        return Err((-119, "Kart numarası formatı hatalı."));
    }
    let Some(year) = year.strip_prefix("20").filter(|y| y.len() == 2).and_then(|y| y.parse().ok()) else {
        return Err((-106, "Kart yıl bilgisi hatalı."));
    };
    let month = match month.parse() {
        Ok(m @ 1..=12) if month.len() == 2 => m,
        _ => return Err((-107, "Kart ay bilgisi hatalı.")),
    };
    let card = IssuedCard::look_up(pan, (month, year), Some(code).filter(|c| !c.is_empty()));
    if card.code == CodeCheck::Absent && !store.mail_order { Err((-105, "CVC uzunluğu hatalı.")) } else { Ok(card) }
}

/// Addresses to come back to.
pub fn addresses(call: &Call) -> Result<(String, String), Refused> {
    let is_address = |url: &str| url.len() <= 256 && (url.starts_with("http://") || url.starts_with("https://"));
    let (ok, fail) = (call.get("Basarili_URL"), call.get("Hata_URL"));
    if is_address(ok) && is_address(fail) {
        Ok((ok.to_owned(), fail.to_owned()))
    } else {
        Err((-116, "Başarılı ya da hata adresi boş."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_a_comma_and_two_decimals() {
        assert_eq!(amount("1000,25"), Ok(100_025));
        for (bad, code) in
            [("10.01", -112), ("10", -112), ("1,1", -115), ("1,001", -115), ("0,00", -113), ("-1,00", -112)]
        {
            assert_eq!(amount(bad).map_err(|e| e.0), Err(code), "{bad}");
        }
        assert_eq!((point_amount("10"), point_amount("1.1"), point_amount("10.01")), (Ok(1_000), Ok(110), Ok(1_001)));
        assert!(point_amount("10,01").is_err() && point_amount("").is_err());
    }

    #[test]
    fn hashes_are_over_turkish_latin() {
        // The value that Param's own public sample gives.
        let all = "107380c13d406-873b-403b-9c09-a5766840d98c11000,251000,25order222https://domain.com/failhttps://domain.com/success";
        assert_eq!(hash(all), "qsIY8qDvdTsnALe7AYJiEA5kY20=");
    }
}

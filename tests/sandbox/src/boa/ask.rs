//! Reading a request: who asks, is it signed, what is to be paid, with which card.

use crate::bank::Bank;
use crate::book::Kind;
use crate::card::luhn_ok;
use crate::issuer::{CodeCheck, IssuedCard};
use crate::secret::same;
use crate::store::Store;
use crate::visit::Ordered;
use crate::xml::Flat;

use super::sign;
use super::store::{Account, Brand};

/// A code of the gateway and its text.
pub type Refused = (&'static str, &'static str);

/// A message: the whole request at the XML gates, a part of it at the SOAP service.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    flat: &'a Flat,
    under: &'a str,
}

impl<'a> Ask<'a> {
    /// The message whose fields are below `under`.
    pub fn new(flat: &'a Flat, under: &'a str) -> Self {
        Self { flat, under }
    }

    /// Text of a field, empty if absent.
    pub fn get(&self, name: &str) -> &'a str {
        self.flat.get(&format!("{}{name}", self.under)).map_or("", String::as_str)
    }

    /// The MD of a provision, wherever the bank's messages have it.
    pub fn md(&self) -> &'a str {
        let lists =
            ["KuveytTurkVPosAdditionalData/AdditionalData", "AdditionalData/AdditionalDataList/VPosAdditionalData"];
        let found = lists.iter().find(|list| self.get(&format!("{list}/Key")) == "MD");
        found.map_or("", |list| self.get(&format!("{list}/Data")))
    }

    /// The bank's message as its answers repeat it: never the card or the password.
    pub fn repeated(&self) -> Vec<(&'static str, String)> {
        const NAMES: [&str; 12] = [
            "MerchantId",
            "SubMerchantId",
            "CustomerId",
            "UserName",
            "OkUrl",
            "FailUrl",
            "MerchantOrderId",
            "InstallmentCount",
            "Amount",
            "CurrencyCode",
            "TransactionSecurity",
            "APIVersion",
        ];
        let filled = NAMES.into_iter().filter(|name| !self.get(name).is_empty());
        filled.map(|name| (name, self.get(name).to_owned())).collect()
    }
}

/// The store whose user asks, if the request is signed.
pub fn caller<'a>(bank: &'a Bank, brand: Brand, ask: Ask<'_>) -> Result<(&'a Store, &'a Account), Refused> {
    let merchant = ask.get("MerchantId");
    let (store, account) = bank
        .find_store::<Account>(|s, a| s.id == merchant && a.brand == brand)
        .ok_or(("MerchantNotDefined", "Üye işyeri tanımlı değil."))?;
    if account.customer != ask.get("CustomerId") || account.user != ask.get("UserName") {
        return Err(("ApiUserNotDefined", "Api kullanıcısı tanımlı değil."));
    }
    let values = ["MerchantId", "MerchantOrderId", "Amount", "OkUrl", "FailUrl", "UserName"].map(|name| ask.get(name));
    let sent_password = ask.get("HashPassword");
    let password_ok = sent_password.is_empty() || same(sent_password, &sign::password(&account.password));
    if !password_ok || !same(ask.get("HashData"), &sign::request(values, &account.password)) {
        return Err(("HashDataError", "Şifrelenen veriler (Hashdata) uyuşmamaktadır."));
    }
    Ok((store, account))
}

/// Hundredths, without a point.
pub fn amount(text: &str) -> Option<i64> {
    let digits = (1..=15).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

/// Four digits to ISO 4217's three; Vakıf Katılım's rouble is the one from before 1998.
fn currency<'a>(text: &str, brand: Brand) -> Result<&'a str, Refused> {
    match (text, brand) {
        ("0949", _) => Ok("949"),
        ("0840", _) => Ok("840"),
        ("0978", _) => Ok("978"),
        ("0826", _) => Ok("826"),
        ("0810", Brand::Katilim) => Ok("643"),
        _ => Err(("InvalidRequestError", "Para birimi geçersizdir.")),
    }
}

/// What is to be paid.
pub fn ordered(ask: Ask<'_>, brand: Brand, kind: Kind, stated: Option<&str>) -> Result<Ordered, Refused> {
    let order = ask.get("MerchantOrderId");
    if order.is_empty() || order.len() > 50 {
        return Err(("InvalidRequestError", "Üye işyeri sipariş numarası geçersizdir."));
    }
    let amount =
        amount(ask.get("Amount")).filter(|a| *a > 0).ok_or(("InvalidRequestError", "Tutar bilgisi geçersizdir."))?;
    let name = if brand == Brand::Katilim { "FECCurrencyCode" } else { "CurrencyCode" };
    let currency = stated.map_or_else(|| currency(ask.get(name), brand), Ok)?.to_owned();
    let installments = match ask.get("InstallmentCount") {
        "" | "0" => 1,
        text => text
            .parse()
            .ok()
            .filter(|n| (2..=36).contains(n))
            .ok_or(("InvalidRequestError", "Taksit sayısı geçersizdir."))?,
    };
    Ok(Ordered { kind, order: order.to_owned(), amount, currency, installments })
}

/// The card in the message.
pub fn card(ask: Ask<'_>, store: &Store, by_mail: bool) -> Result<IssuedCard, Refused> {
    let pan = ask.get("CardNumber");
    if !(13..=19).contains(&pan.len()) || !luhn_ok(pan) {
        return Err(("14", "Geçersiz kart numarası"));
    }
    let two = |name| ask.get(name).parse::<u8>().ok().filter(|_| ask.get(name).len() == 2);
    let expires = two("CardExpireDateMonth").filter(|m| (1..=12).contains(m)).zip(two("CardExpireDateYear"));
    let expires = expires.ok_or(("54", "Son kullanma tarihi hatalı"))?;
    let card = IssuedCard::look_up(pan, expires, Some(ask.get("CardCVV2")));
    if card.code == CodeCheck::Absent && !(by_mail && store.mail_order) {
        return Err(("82", "CVV bilgisi eksik"));
    }
    Ok(card)
}

//! What a `GVPSRequest` must look like before the bank looks at the order.

use crate::bank::Bank;
use crate::book::Kind;
use crate::card::luhn_ok;
use crate::fault::Op;
use crate::issuer::{CodeCheck, IssuedCard};
use crate::secret::same;
use crate::store::Store;
use crate::xml::Flat;

use super::hash;
use super::store::Account;

/// Code, reason code and text of a refusal.
pub type Refused = (&'static str, &'static str, &'static str);

/// The bank's sentence for a field that is missing or has the wrong form.
pub const MANDATORY: Refused = ("92", "0002", "Giriş yaptığınız işlem tipi için zorunlu alanları kontrol ediniz");

const NO_TERMINAL: Refused = ("92", "0752", "Terminal kaydı bulunamadı");
const NOT_SIGNED: Refused = ("92", "0651", "Kullanıcı şifresi ya da hash bilgisi hatalı");

/// Text of a field, empty if absent.
pub fn text<'a>(r: &'a Flat, name: &str) -> &'a str {
    r.get(name).map_or("", String::as_str)
}

/// Who asks, with the security data that signs the answer.
pub struct Caller<'a> {
    /// The terminal.
    pub store: &'a Store,
    /// Made of the password of the user who asks.
    pub security: String,
    /// What is asked.
    pub op: Op,
}

/// The terminal, its user and the signature, in this order: what is wrong first is what is told.
pub fn caller<'a>(bank: &'a Bank, r: &Flat) -> Result<Caller<'a>, Refused> {
    let terminal = text(r, "Terminal/ID");
    let (store, account) = bank
        .find_store::<Account>(|s, a| s.id == terminal && a.merchant_id == text(r, "Terminal/MerchantID"))
        .ok_or(NO_TERMINAL)?;
    // A live request at the test host finds no terminal.
    if text(r, "Mode") != "TEST" {
        return Err(NO_TERMINAL);
    }
    let op = op(text(r, "Transaction/Type"))?;
    let user = text(r, "Terminal/ProvUserID");
    let meant = if matches!(op, Op::Void | Op::Credit) { "PROVRFN" } else { "PROVAUT" };
    let password = account.password(user).filter(|_| user == meant && !text(r, "Terminal/UserID").is_empty());
    let security = hash::security(password.ok_or(NOT_SIGNED)?, terminal);
    let parts = [
        text(r, "Order/OrderID"),
        terminal,
        text(r, "Card/Number"),
        text(r, "Transaction/Amount"),
        text(r, "Transaction/CurrencyCode"),
    ];
    if text(r, "Version") != "512" || !same(&hash::request(parts, &security), text(r, "Terminal/HashData")) {
        return Err(NOT_SIGNED);
    }
    Ok(Caller { store, security, op })
}

fn op(kind: &str) -> Result<Op, Refused> {
    Ok(match kind {
        "sales" => Op::Auth,
        "preauth" => Op::PreAuth,
        "postauth" => Op::PostAuth,
        "void" => Op::Void,
        "refund" => Op::Credit,
        "orderinq" => Op::Status,
        "orderhistoryinq" => Op::History,
        "orderlistinq" => Op::Report,
        "rewardinq" => Op::Points,
        _ => return Err(MANDATORY),
    })
}

/// At most 36 letters, digits, `-` and `_`; not empty.
pub fn order(order: &str) -> Result<&str, Refused> {
    let plain = order.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if plain && (1..=36).contains(&order.len()) { Ok(order) } else { Err(MANDATORY) }
}

/// Minor units in digits, and not zero.
pub fn amount(text: &str) -> Result<i64, Refused> {
    let digits = (1..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|minor| digits && *minor > 0).ok_or(MANDATORY)
}

/// ISO 4217 numeric of a currency the bank's terminals know.
pub fn currency(text: &str) -> Result<&str, Refused> {
    if matches!(text, "949" | "840" | "978" | "826" | "392" | "643") { Ok(text) } else { Err(MANDATORY) }
}

/// Empty for a single payment, else 2 to 12, in lira only.
pub fn installments(text: &str, currency: &str) -> Result<u8, Refused> {
    match text.parse() {
        _ if text.is_empty() => Ok(1),
        Ok(count @ 2..=12) if currency == "949" => Ok(count),
        _ => Err(("12", "12", "Geçersiz işlem")),
    }
}

/// `Y` for mail order, which the terminal must be open to; `N` otherwise.
pub fn mail_order(store: &Store, flag: &str) -> Result<bool, Refused> {
    match flag {
        "N" => Ok(false),
        "Y" if store.mail_order => Ok(true),
        "Y" => Err(("58", "58", "Terminalin işlem izni yok")),
        _ => Err(MANDATORY),
    }
}

/// `MMYY` → (month, year).
pub fn expires(text: &str) -> Result<(u8, u8), Refused> {
    let wrong = ("54", "54", "Vade sonu hatalı");
    if text.len() != 4 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong);
    }
    let (month, year) = (text[..2].parse().map_err(|_| wrong)?, text[2..].parse().map_err(|_| wrong)?);
    if (1..=12).contains(&month) { Ok((month, year)) } else { Err(wrong) }
}

/// The card of a request or form that carries one in clear. Only mail order does without the security code.
pub fn card(pan: &str, expires_text: &str, code: &str, mail_order: bool) -> Result<IssuedCard, Refused> {
    if !(13..=19).contains(&pan.len()) || !luhn_ok(pan) {
        return Err(("14", "14", "Kart numarası hatalı"));
    }
    let card = IssuedCard::look_up(pan, expires(expires_text)?, Some(code).filter(|code| !code.is_empty()));
    if card.code == CodeCheck::Absent && !mail_order { Err(MANDATORY) } else { Ok(card) }
}

/// What Bonus pays of a charge, minor units: of a sale whose card came in clear, in lira, and not more than it. `BNS` is
/// the card's own Bonus; the firm's own kinds there are none here.
pub fn bonus(r: &Flat, op: Op, amount: i64, currency: &str) -> Result<i64, Refused> {
    if !r.keys().any(|key| key.starts_with("Transaction/RewardList")) {
        return Ok(0);
    }
    let used = self::amount(text(r, "Transaction/RewardList/Reward/UsedAmount"))?;
    let plain = op == Op::Auth && text(r, "Transaction/CardholderPresentCode") == "0" && currency == "949";
    let fits = text(r, "Transaction/RewardList/Reward/Type") == "BNS" && used <= amount;
    if plain && fits { Ok(used) } else { Err(MANDATORY) }
}

/// `sales` or `preauth`.
pub fn charge_kind(op: Op) -> Kind {
    if op == Op::PreAuth { Kind::PreAuth } else { Kind::Auth }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_minor_units_in_digits() {
        assert_eq!(amount("1001"), Ok(1_001));
        for bad in ["", "0", "10.01", "-1", " 1", "1e3", "1234567890123"] {
            assert_eq!(amount(bad), Err(MANDATORY), "{bad}");
        }
    }

    #[test]
    fn instalments_are_empty_or_two_to_twelve_in_lira() {
        assert_eq!((installments("", "949"), installments("12", "949")), (Ok(1), Ok(12)));
        for (count, currency) in [("0", "949"), ("1", "949"), ("13", "949"), ("x", "949"), ("3", "840")] {
            assert_eq!(installments(count, currency).map_err(|e| e.0), Err("12"), "{count} {currency}");
        }
    }

    #[test]
    fn expiry_is_month_then_year() {
        assert_eq!(expires("1230"), Ok((12, 30)));
        for bad in ["1330", "12/30", "3012x", "", "şş"] {
            assert_eq!(expires(bad).map_err(|e| e.0), Err("54"), "{bad}");
        }
    }

    #[test]
    fn order_numbers_are_short_and_plain() {
        assert!(order("order-123_A").is_ok());
        assert!(order("").is_err() && order(&"a".repeat(37)).is_err() && order("a b").is_err());
    }
}

//! What the issuers behind the bank do: test cards, magic amounts, and the face of a card
//! that may be kept (first six and last four digits, never more).

use serde::Serialize;

use crate::issuer::{Conduct, ThreeDs};

/// The part of a card that the bank writes down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct CardFace {
    /// First six digits.
    pub bin: String,
    /// Last four digits.
    pub last4: String,
    /// VISA, MASTERCARD, TROY, AMEX or empty.
    pub brand: String,
    /// The issuer's name as the bank writes it.
    pub issuer: String,
}

impl CardFace {
    /// The face of `pan`, which must be all digits.
    pub fn of(pan: &str) -> Self {
        let bin: String = pan.chars().take(6).collect();
        let last4 = pan.get(pan.len().saturating_sub(4)..).unwrap_or_default().to_owned();
        Self { brand: brand(pan).to_owned(), issuer: issuer_name(&bin).to_owned(), bin, last4 }
    }

    /// `4355 08** **** 4358`
    pub fn spaced(&self) -> String {
        let (a, b) = self.bin.split_at(4.min(self.bin.len()));
        format!("{a} {b}** **** {}", self.last4)
    }

    /// `435508***4358`
    pub fn starred(&self) -> String {
        format!("{}***{}", self.bin, self.last4)
    }
}

fn brand(pan: &str) -> &'static str {
    match pan.as_bytes() {
        [b'4', ..] => "VISA",
        [b'3', b'4' | b'7', ..] => "AMEX",
        [b'9', b'7', b'9', b'2', ..] | [b'6', b'5', ..] => "TROY",
        [b'5' | b'2', ..] => "MASTERCARD",
        _ => "",
    }
}

fn issuer_name(bin: &str) -> &'static str {
    match bin {
        "435508" => "AKBANK T.A.S.",
        "454671" | "540134" => "ZİRAAT BANKASI",
        "450803" | "540667" | "454358" | "454359" | "418342" | "650173" | "979204" => "T. IS BANKASI A.S.",
        "453144" | "581877" => "T. HALK BANKASI A.S.",
        _ => "",
    }
}

/// Luhn's check.
pub fn luhn_ok(pan: &str) -> bool {
    pan.bytes().all(|b| b.is_ascii_digit()) && !pan.is_empty() && luhn_sum(pan, false).is_multiple_of(10)
}

/// The check digit that completes `head`.
fn check_digit(head: &str) -> u32 {
    (10 - luhn_sum(head, true) % 10) % 10
}

fn luhn_sum(digits: &str, double_last: bool) -> u32 {
    digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| {
            let d = u32::from(b - b'0');
            if (i % 2 == 1) == double_last { d } else { d * 2 / 10 + d * 2 % 10 }
        })
        .sum()
}

/// One line of the test-card list.
#[derive(Clone, Debug, Serialize)]
pub struct TestCard {
    /// The whole number: these are public test numbers, not anybody's card.
    pub number: String,
    /// `MM/YY`
    pub expires: &'static str,
    /// The security code to type.
    pub code: &'static str,
    /// VISA, MASTERCARD, TROY.
    pub brand: String,
    /// `ok`, `decline`, `silence` or `three_d`: for grouping on a page.
    pub group: &'static str,
    /// The bank's code, where the card is declined.
    pub bank_code: Option<&'static str>,
    /// Decline class of the project's tables.
    pub class: &'static str,
    /// What happens, in Turkish.
    pub note_tr: &'static str,
    /// What happens, in English.
    pub note_en: &'static str,
    #[serde(skip)]
    pub(crate) conduct: Conduct,
    #[serde(skip)]
    pub(crate) three_ds: ThreeDs,
}

const EXPIRES: &str = "12/30";
/// BIN of the cards whose issuer answers something special to an authorization.
const CONDUCT_BIN: &str = "454358";
/// BIN of the cards that behave specially in 3-D Secure.
const THREE_D_BIN: &str = "540667";

/// Published test numbers of the NestPay family, all of which pay.
const GOOD: [(&str, &str); 8] = [
    ("4355084355084358", "000"),
    ("4546711234567894", "000"),
    ("5401341234567891", "000"),
    ("4508034508034509", "000"),
    ("5406675406675403", "000"),
    ("4531444531442283", "001"),
    ("5818775818772285", "001"),
    ("6501738564461396", "000"),
];

/// Cards of a points programme, and what their points are worth in an empty book, minor units.
pub(crate) const POINTS: [(&str, i64); 2] = [("4355084355084358", 5_000), ("5401341234567891", 0)];

/// (tail digits, bank code, class, Turkish, English): number = BIN + zeros + tail + check digit.
pub(crate) const DECLINES: [(&str, &str, &str, &str, &str); 16] = [
    ("05", "05", "decline-retry-other-card", "Genel ret", "Do not honour"),
    ("12", "12", "decline-retry-other-pos", "Geçersiz işlem", "Invalid transaction"),
    ("14", "14", "decline-fix-data", "Geçersiz kart numarası", "Invalid card number"),
    ("34", "34", "decline-final", "Dolandırıcılık şüphesi", "Suspected fraud"),
    ("41", "41", "decline-final", "Kayıp kart", "Lost card"),
    ("43", "43", "decline-final", "Çalıntı kart", "Stolen card"),
    ("51", "51", "decline-retry-other-card", "Yetersiz bakiye", "Insufficient funds"),
    ("54", "54", "decline-fix-data", "Süresi dolmuş kart", "Expired card"),
    ("57", "57", "decline-retry-other-card", "Kart internete kapalı", "Card closed to internet payments"),
    ("58", "58", "config-error", "Üye işyeri yetkisiz", "Not permitted to the terminal"),
    ("61", "61", "decline-retry-other-card", "Limit aşımı", "Exceeds the amount limit"),
    ("62", "62", "decline-retry-other-card", "Kısıtlı kart", "Restricted card"),
    ("82", "82", "decline-fix-data", "Güvenlik kodu hatalı", "Security code wrong"),
    ("91", "91", "bank-technical", "Kartın bankası yanıt vermiyor", "Issuer does not answer"),
    ("92", "92", "unknown", "Zaman aşımı, ters kayıt deneniyor", "Timeout, a reversal is tried"),
    ("96", "96", "bank-technical", "Banka sistem arızası", "System malfunction"),
];

const SILENCES: [(&str, Conduct, &str, &str); 2] = [
    (
        "98",
        Conduct::SilentAfter,
        "Banka tahsil eder, yanıt vermeden bağlantıyı keser (sorgulayınca ödendi çıkar)",
        "Booked, then the connection is dropped: found paid on inquiry",
    ),
    (
        "97",
        Conduct::SilentBefore,
        "Banka tahsil etmeden bağlantıyı keser (sorgulayınca bulunmaz)",
        "The connection is dropped before booking: not found on inquiry",
    ),
];

const THREE_DS: [(&str, ThreeDs, &str, &str); 11] = [
    ("00", ThreeDs::Fail(0), "Doğrulama her zaman başarısız (mdStatus 0)", "Authentication always fails (mdStatus 0)"),
    ("02", ThreeDs::Half(2), "Kart 3-D'ye kayıtlı değil (mdStatus 2)", "Card not enrolled (mdStatus 2)"),
    ("03", ThreeDs::Half(3), "Banka 3-D'ye kayıtlı değil (mdStatus 3)", "Issuer not enrolled (mdStatus 3)"),
    ("04", ThreeDs::Half(4), "Yarı güvenli deneme (mdStatus 4)", "Attempt (mdStatus 4)"),
    ("05", ThreeDs::Fail(5), "Doğrulama yapılamıyor (mdStatus 5)", "Cannot verify (mdStatus 5)"),
    ("06", ThreeDs::Fail(6), "3-D hatası (mdStatus 6)", "3-D error (mdStatus 6)"),
    ("08", ThreeDs::Fail(8), "Kart bilinmiyor (mdStatus 8)", "Card unknown (mdStatus 8)"),
    ("10", ThreeDs::Frictionless, "Şifre sorulmadan doğrulanır", "Authenticated without a challenge"),
    (
        "11",
        ThreeDs::ClosedWindow,
        "Doğrulamadan sonra sayfa üye işyerine dönmez",
        "The page never returns to the merchant",
    ),
    ("12", ThreeDs::Twice, "Geri dönüş iki kez gönderilir", "The callback is sent twice"),
    ("51", ThreeDs::OkThenDecline, "Doğrulanır, sonra bakiye yetersiz", "Authenticated, then insufficient funds"),
];

/// Every documented test card.
pub fn test_cards() -> Vec<TestCard> {
    let mut cards = Vec::new();
    for (number, code) in GOOD {
        cards.push(card(number.to_owned(), code, "ok", None, "approved", "Onaylanır", "Approved"));
    }
    for (tail, code, class, tr, en) in DECLINES {
        let mut c = card(special(CONDUCT_BIN, tail), "000", "decline", Some(code), class, tr, en);
        c.conduct = Conduct::Decline(code);
        cards.push(c);
    }
    for (tail, conduct, tr, en) in SILENCES {
        let mut c = card(special(CONDUCT_BIN, tail), "000", "silence", None, "unknown", tr, en);
        c.conduct = conduct;
        cards.push(c);
    }
    for (tail, three_ds, tr, en) in THREE_DS {
        let mut c = card(special(THREE_D_BIN, tail), "000", "three_d", None, "auth-3ds", tr, en);
        c.class = match three_ds {
            ThreeDs::Fail(_) | ThreeDs::Half(_) => "auth-3ds",
            ThreeDs::OkThenDecline => "decline-retry-other-card",
            _ => "approved",
        };
        if three_ds == ThreeDs::OkThenDecline {
            c.conduct = Conduct::Decline("51");
            c.bank_code = Some("51");
        }
        c.three_ds = three_ds;
        cards.push(c);
    }
    cards
}

fn special(bin: &str, tail: &str) -> String {
    let head = format!("{bin}0000000{tail}");
    let check = check_digit(&head);
    format!("{head}{check}")
}

fn card(
    number: String,
    code: &'static str,
    group: &'static str,
    bank_code: Option<&'static str>,
    class: &'static str,
    note_tr: &'static str,
    note_en: &'static str,
) -> TestCard {
    TestCard {
        brand: brand(&number).to_owned(),
        number,
        expires: EXPIRES,
        code,
        group,
        bank_code,
        class,
        note_tr,
        note_en,
        conduct: Conduct::Pay,
        three_ds: ThreeDs::Challenge,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_test_number_passes_the_check_digit() {
        for c in test_cards() {
            assert!(luhn_ok(&c.number), "{}***", &c.number[..6]);
            assert_eq!(c.number.len(), 16);
        }
    }

    #[test]
    fn cards_with_points_are_among_those_that_pay_and_in_the_readme() {
        let readme = include_str!("../README.md");
        for (number, worth) in POINTS {
            assert!(GOOD.iter().any(|(good, _)| *good == number), "{}***", &number[..6]);
            assert!(readme.contains(&format!("| {number} | {worth} |")), "{}***", &number[..6]);
        }
    }

    #[test]
    fn numbers_are_unique() {
        let mut all: Vec<_> = test_cards().into_iter().map(|c| c.number).collect();
        let len = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), len);
    }

    #[test]
    fn the_readme_lists_every_test_card() {
        let readme = include_str!("../README.md");
        for c in test_cards() {
            assert!(
                readme.contains(&c.number),
                "README lacks {}***{} ({})",
                &c.number[..6],
                &c.number[12..],
                c.note_en
            );
        }
    }

    #[test]
    fn a_face_keeps_ten_digits_at_most() {
        let face = CardFace::of("4355084355084358");
        assert_eq!(face.spaced(), "4355 08** **** 4358");
        assert_eq!(face.starred(), "435508***4358");
        assert_eq!(face.brand, "VISA");
    }
}

//! The card's bank: does it pay, refuse or fall silent, and how does it authenticate?

use crate::card::{CardFace, DECLINES, POINTS, luhn_ok, test_cards};

/// What the issuer does when it is asked for money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// Pays.
    Pay,
    /// Refuses with this two-digit code.
    Decline(&'static str),
    /// The bank books, then the line drops.
    SilentAfter,
    /// The line drops before the bank books.
    SilentBefore,
}

/// How the issuer authenticates its cardholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreeDs {
    /// Asks for the one-time code.
    Challenge,
    /// Believes without asking.
    Frictionless,
    /// Half secure: the mdStatus 2, 3 or 4 comes without a challenge.
    Half(u8),
    /// Fails with this mdStatus, whatever is typed.
    Fail(u8),
    /// Authenticates, then the payer's browser never comes back.
    ClosedWindow,
    /// Authenticates, and the callback is sent twice.
    Twice,
    /// Authenticates, then refuses to pay.
    OkThenDecline,
}

impl ThreeDs {
    /// Does the issuer show its page?
    pub fn asks(self) -> bool {
        !matches!(self, Self::Frictionless | Self::Half(_))
    }
}

/// A card in the issuer's eyes, without its number: what the bank keeps between the gate and the provision.
#[derive(Clone, Debug)]
pub struct IssuedCard {
    /// What may be written down.
    pub face: CardFace,
    /// What happens on an authorization.
    pub conduct: Conduct,
    /// What happens in 3-D Secure.
    pub three_ds: ThreeDs,
    /// `MM` and `YY`.
    pub expires: (u8, u8),
    /// Was a security code given, and is it the wrong one?
    pub code: CodeCheck,
    /// What its points were worth when the book was empty, minor units; nothing where it is in no programme.
    pub points: Option<i64>,
}

/// What the issuer makes of the security code. The code itself is forgotten at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeCheck {
    /// None was sent.
    Absent,
    /// Three or four digits that the issuer accepts.
    Good,
    /// `999`, or not three or four digits.
    Wrong,
}

/// The issuer's code where a card has too few points. Only the gateways that take points say anything with it.
pub const POINTS_SHORT: &str = "93";

/// A refusal by the issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Two-digit code.
    pub code: &'static str,
    /// The bank's text.
    pub text: &'static str,
}

impl IssuedCard {
    /// Looks a card up. `pan` must have passed [`luhn_ok`]; `expires` is (month, two-digit year).
    pub fn look_up(pan: &str, expires: (u8, u8), code: Option<&str>) -> Self {
        debug_assert!(luhn_ok(pan));
        let known = test_cards().into_iter().find(|c| c.number == pan);
        let code = match code.map(str::trim) {
            None | Some("") => CodeCheck::Absent,
            Some("999") => CodeCheck::Wrong,
            Some(c) if (3..=4).contains(&c.len()) && c.bytes().all(|b| b.is_ascii_digit()) => CodeCheck::Good,
            Some(_) => CodeCheck::Wrong,
        };
        Self {
            face: CardFace::of(pan),
            conduct: known.as_ref().map_or(Conduct::Pay, |c| c.conduct),
            three_ds: known.map_or(ThreeDs::Challenge, |c| c.three_ds),
            expires,
            code,
            points: POINTS.iter().find(|(number, _)| *number == pan).map(|(_, worth)| *worth),
        }
    }

    /// Would the issuer pay `minor` now? `today` is (month, two-digit year).
    pub fn authorize(&self, minor: i64, today: (u8, u8), magic_amounts: bool) -> Result<(), Refusal> {
        if (self.expires.1, self.expires.0) < (today.1, today.0) {
            return Err(refusal("54"));
        }
        if self.code == CodeCheck::Wrong {
            return Err(refusal("82"));
        }
        if let Conduct::Decline(code) = self.conduct {
            return Err(refusal(code));
        }
        match magic_amount(minor) {
            Some(code) if magic_amounts => Err(refusal(code)),
            _ => Ok(()),
        }
    }
}

/// A whole multiple of ten liras plus the bank's code in kuruş: `10.51`, `1200.54`.
///
/// Only multiples of ten, so that an ordinary amount with odd kuruş does not fail by accident.
pub fn magic_amount(minor: i64) -> Option<&'static str> {
    let kurus = minor.rem_euclid(1000);
    DECLINES.iter().map(|d| d.1).find(|code| code.parse() == Ok(kurus))
}

/// The refusal with this code.
pub fn refusal(code: &'static str) -> Refusal {
    let text = match code {
        "05" => "Genel red",
        "12" => "Gecersiz islem",
        "14" => "Gecersiz kart numarasi",
        "34" => "Dolandiricilik suphesi",
        "41" => "Kayip kart",
        "43" => "Calinti kart",
        "51" => "Limit yetersiz",
        "54" => "Vade sonu gecmis kart",
        "57" => "Kartin islem izni yok",
        "58" => "Terminalin islem izni yok",
        "61" => "Limit asimi",
        "62" => "Kisitli kart",
        "82" => "CVV Hatasi veya girilen CVV gecersiz.",
        "91" => "Bankanin sistemine ulasilamiyor",
        "92" => "Zaman asimi, reversal deneniyor",
        "96" => "Sistem arizasi",
        _ => "Islem onaylanmadi",
    };
    Refusal { code, text }
}

/// A sale that more points should pay than the card has.
pub fn points_short() -> Refusal {
    Refusal { code: POINTS_SHORT, text: "Puan yetersiz" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: (u8, u8) = (11, 26);

    #[test]
    fn magic_amounts_need_a_round_ten() {
        assert_eq!(magic_amount(1_051), Some("51"));
        assert_eq!(magic_amount(120_054), Some("54"));
        assert_eq!(magic_amount(4_551), None);
        assert_eq!(magic_amount(1_005), Some("05"));
        assert_eq!(magic_amount(1_001), None);
    }

    #[test]
    fn the_issuer_checks_expiry_then_code_then_card_then_amount() {
        let good = |e, c| IssuedCard::look_up("4355084355084358", e, c);
        assert_eq!(good((12, 26), Some("000")).authorize(100, TODAY, true), Ok(()));
        assert_eq!(good((10, 26), Some("000")).authorize(100, TODAY, true), Err(refusal("54")));
        assert_eq!(good((12, 26), Some("999")).authorize(100, TODAY, true), Err(refusal("82")));
        assert_eq!(good((12, 26), None).authorize(1_051, TODAY, true), Err(refusal("51")));
        assert_eq!(good((12, 26), None).authorize(1_051, TODAY, false), Ok(()));
    }
}

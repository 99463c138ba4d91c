//! What a recording holds, what it never holds, and what a replay of it shows.

use super::super::sealed::{Digest, Labels, Piece, Sealed, TextForm};
use super::*;

fn joined(pieces: &[Piece<'_>]) -> Sealed {
    Sealed::concat(pieces).unwrap()
}

#[test]
fn how_a_value_was_made_shows_without_the_value() {
    let hash = |secret: &str, number: &str, amount: &str| {
        let (key, pan) = (Sealed::secret(secret).named("secret:store-key"), Sealed::new(number, Labels::PAN));
        let amount = [Piece::Plain(amount.as_bytes()), Piece::Sealed(&pan), Piece::Sealed(&key)];
        joined(&amount).digest(Digest::Sha512).to_text(TextForm::Base64).unwrap()
    };
    let one = hash("SECRET-1", "4355084355084358", "100|");
    let other = hash("SECRET-2", "5401341234567891", "100|");
    assert_eq!(one.made().print(), other.made().print(), "neither the card nor the secret goes in");
    assert_eq!(one.made().form(), "base64(sha512(joined(pan, secret:store-key)))");
    assert_ne!(one.made().print(), hash("SECRET-1", "4355084355084358", "101|").made().print());
    let turned = Sealed::secret("SECRET-1").named("secret:store-key");
    let pan = Sealed::new("4355084355084358", Labels::PAN);
    let turned = joined(&[Piece::Sealed(&turned), Piece::Plain(b"100|"), Piece::Sealed(&pan)]);
    let turned = turned.digest(Digest::Sha512).to_text(TextForm::Base64).unwrap();
    assert_ne!(one.made().print(), turned.made().print(), "another order is another hash");
}

#[test]
fn how_plain_text_is_cut_says_nothing() {
    let key = Sealed::secret("SECRET").named("secret:key");
    let whole = joined(&[Piece::Plain(b"ab"), Piece::Sealed(&key)]);
    let parts = joined(&[Piece::Plain(b"a"), Piece::Plain(b""), Piece::Plain(b"b"), Piece::Sealed(&key)]);
    assert_eq!(whole.made().print(), parts.made().print());
    let moved = joined(&[Piece::Plain(b"a"), Piece::Sealed(&key), Piece::Plain(b"b")]);
    assert_ne!(whole.made().print(), moved.made().print());
}

#[test]
fn a_made_up_card_has_the_shape_of_the_real_one() {
    for number in ["4355084355084358", "375622005485014", "6011000000000004", "4222222222222"] {
        let card = crate::domain::card::Card {
            pan: crate::domain::card::Pan::parse(number).unwrap(),
            expiry: crate::domain::card::Expiry { month: 1, year: 2030 },
            security_code: None,
            holder: None,
        };
        let card = super::super::HeldCard::new(&card, "visa", None);
        let recorded = RecordedCard::of(&card);
        let made_up = recorded.made_up().unwrap();
        let (pan, real) = (made_up.pan(), card.pan());
        assert_eq!((pan.digits(), pan.bin(6), pan.last4()), (real.digits(), real.bin(6), real.last4()));
        assert!(made_up.security_code().is_none() && made_up.holder().is_none());
        let json = serde_json::to_string(&recorded).unwrap();
        assert!(!json.contains(number), "{json}");
    }
    let whole = RecordedCard {
        bin: "12345678".into(),
        last4: "9012".into(),
        length: 12,
        scheme: String::new(),
        program: None,
        security_code: false,
        holder: false,
    };
    assert!(whole.made_up().is_none(), "no middle, no card");
}

#[test]
fn a_comparison_is_answered_as_it_was() {
    let given = Given {
        compared: vec![Comparison::new("a".into(), b"sent", false), Comparison::new("b".into(), b"sent", true)],
        ..Given::default()
    };
    assert!(!given.equal("a", b"sent") && given.equal("b", b"sent"));
    assert!(given.equal("another way to the same hash", b"sent"));
    assert!(!given.equal("b", b"something else"), "what was never sent is not authentic");
}

#[test]
fn another_format_is_refused() {
    assert!(Recording::from_json(b"{}").is_err());
    assert!(Recording::from_json(b"not json").is_err());
}

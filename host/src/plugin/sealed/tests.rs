use super::sink::{Sink, allowed};
use super::*;
use crate::plugin::installation::Endpoint;

fn pan() -> Sealed {
    Sealed::new("4355084355084358", Labels::PAN)
}

fn key() -> Sealed {
    Sealed::secret("0123456789abcdef")
}

fn text(text: &str) -> Sealed {
    Sealed::new(text, Labels::NONE)
}

fn join(pieces: &[&Sealed]) -> Sealed {
    Sealed::concat(&pieces.iter().map(|value| Piece::Sealed(value)).collect::<Vec<_>>()).unwrap()
}

fn hex_of(value: &Sealed) -> String {
    hex::encode(value.expose())
}

#[test]
fn concat_escape_text_and_charset_keep_labels() {
    let both = join(&[&pan(), &key(), &text("x")]);
    let expected = Labels::PAN | Labels::SECRET;
    assert_eq!(both.labels(), expected);
    assert_eq!(both.escaped(Escape::UrlForm).unwrap().labels(), expected);
    assert_eq!(both.transcoded(Charset::Iso8859x9).unwrap().labels(), expected);
    assert_eq!(both.to_text(TextForm::HexLower).unwrap().labels(), expected);
    assert_eq!(both.to_text(TextForm::Base64).unwrap().decoded(TextForm::Base64).unwrap().labels(), expected);
}

#[test]
fn a_digest_of_a_secret_alone_is_a_secret() {
    assert_eq!(key().digest(Digest::Sha1).labels(), Labels::SECRET);
    let again = key().digest(Digest::Sha1).to_text(TextForm::HexUpper).unwrap().digest(Digest::Sha512);
    assert_eq!(again.labels(), Labels::SECRET);
    let twice = join(&[&key(), &key()]).digest(Digest::Sha256);
    assert_eq!(twice.labels(), Labels::SECRET);
    assert_eq!(
        join(&[&key(), &text("")]).digest(Digest::Sha1).labels(),
        Labels::KEYED,
        "an empty sealed text is not bare"
    );
    let padded = Sealed::concat(&[Piece::Plain(b""), Piece::Sealed(&key())]).unwrap();
    assert_eq!(padded.digest(Digest::Sha1).labels(), Labels::SECRET, "an empty plain text adds nothing");
}

#[test]
fn a_digest_with_a_secret_hides_both() {
    assert_eq!(join(&[&text("100"), &key()]).digest(Digest::Sha1).labels(), Labels::KEYED);
    let with_card = join(&[&text("100"), &pan(), &key()]).digest(Digest::Sha512);
    assert_eq!(with_card.labels(), Labels::KEYED | Labels::CARD_KEYED);
    let keyed = join(&[&text("100"), &key()]).digest(Digest::Sha1);
    assert_eq!(join(&[&keyed, &pan()]).digest(Digest::Sha1).labels(), Labels::KEYED | Labels::CARD_KEYED);
    let cvv = Sealed::new("000", Labels::CVV);
    assert_eq!(join(&[&keyed, &cvv]).digest(Digest::Sha1).labels(), Labels::KEYED | Labels::CARD_KEYED);
}

#[test]
fn a_digest_of_the_card_without_a_secret_is_the_card() {
    assert_eq!(pan().digest(Digest::Sha512).labels(), Labels::PAN);
    assert_eq!(join(&[&pan(), &text("1")]).digest(Digest::Md5).labels(), Labels::PAN);
}

#[test]
fn hmac_and_encrypt_follow_the_key() {
    let hash = pan().hmac(Digest::Sha256, &key()).unwrap();
    assert_eq!(hash.labels(), Labels::KEYED | Labels::CARD_KEYED);
    let cipher = pan().encrypt(Cipher::Aes128CbcPkcs7, &key(), &[0; 16]).unwrap();
    assert_eq!(cipher.labels(), Labels::KEYED | Labels::CARD_CIPHER);
    let public = text("0123456789abcdef");
    assert_eq!(pan().hmac(Digest::Sha256, &public).unwrap().labels(), Labels::PAN);
    assert_eq!(pan().encrypt(Cipher::Aes128CbcPkcs7, &public, &[0; 16]).unwrap().labels(), Labels::PAN);
    assert_eq!(key().hmac(Digest::Sha256, &public).unwrap().labels(), Labels::SECRET);
    assert_eq!(
        text("a").hmac(Digest::Sha256, &pan()).unwrap().labels(),
        Labels::PAN,
        "the card as key is still the card"
    );
    assert_eq!(text("a").hmac(Digest::Sha256, &key()).unwrap().labels(), Labels::KEYED);
}

#[test]
fn a_slice_is_a_key_and_nothing_else() {
    let derived = key().digest(Digest::Sha256).to_text(TextForm::HexLower).unwrap().slice(0, 32).unwrap();
    assert_eq!(derived.labels(), Labels::SECRET | Labels::KEY_ONLY);
    let cipher = pan().encrypt(Cipher::Aes256CbcPkcs7, &derived, &[0; 16]).unwrap();
    assert_eq!(cipher.labels(), Labels::KEYED | Labels::CARD_CIPHER);
    assert!(text("a").digest(Digest::Sha1).slice(0, 4).unwrap().labels().any(Labels::KEY_ONLY));
    assert!(derived.digest(Digest::Sha1).labels().any(Labels::KEY_ONLY), "a digest does not wash it off");
    assert!(derived.hmac(Digest::Sha1, &key()).unwrap().labels().any(Labels::KEY_ONLY));
}

#[test]
fn the_known_oracles_are_closed() {
    // Measuring: neither an error nor a value tells where the end is.
    assert!(matches!(pan().slice(0, 17), Err(SealFault::Breach(_))));
    assert!(matches!(pan().slice(9, 8), Err(SealFault::Breach(_))));
    // Slicing, then comparing.
    let hash = join(&[&text("1"), &key()]).digest(Digest::Sha512);
    assert!(matches!(hash.slice(0, 32).unwrap().equals(&[0; 32], false), Err(SealFault::Breach(_))));
    // Comparing something made from the card, or the secret itself, or too short a thing, or nothing secret.
    let card = pan().hmac(Digest::Sha256, &key()).unwrap();
    for value in [
        &card,
        &pan().digest(Digest::Sha256),
        &key(),
        &key().digest(Digest::Sha256),
        &text("a").digest(Digest::Sha256),
        &join(&[&hash]),
    ] {
        assert!(matches!(value.equals(&[0; 32], false), Err(SealFault::Breach(_))), "{value:?}");
    }
    // Replacing to find out what is inside.
    for value in [&pan(), &key(), &Sealed::new("12", Labels::CVV)] {
        assert!(matches!(value.replaced("4", ""), Err(SealFault::Error(SealError::NotAllowed(_)))), "{value:?}");
    }
    assert!(matches!(hash.replaced("a", "b").unwrap().equals(&[0; 64], false), Err(SealFault::Breach(_))));
}

#[test]
fn a_whole_digest_can_be_compared_in_both_cases() {
    let hash = join(&[&text("1"), &key()]).digest(Digest::Sha1).to_text(TextForm::HexLower).unwrap();
    let ours = hash.expose().to_vec();
    assert_eq!(hash.equals(&ours, false), Ok(true));
    assert_eq!(hash.equals(&ours.to_ascii_uppercase(), false), Ok(false));
    assert_eq!(hash.equals(&ours.to_ascii_uppercase(), true), Ok(true));
    assert_eq!(hash.equals(b"", false), Ok(false));
}

#[test]
fn every_row_of_the_sink_table() {
    let bank = Endpoint { url: String::new(), takes_card: true, takes_secrets: true };
    let plain = Endpoint { takes_card: false, takes_secrets: false, ..bank.clone() };
    let sinks = [Sink::Body, Sink::Header, Sink::PostedField, Sink::RedirectField];
    let row = |labels: Labels, endpoint: &Endpoint| sinks.map(|sink| allowed(labels, sink, endpoint).is_ok());
    for card in [Labels::PAN, Labels::EXPIRY, Labels::HOLDER, Labels::CVV, Labels::CARD_CIPHER | Labels::KEYED] {
        assert_eq!(row(card, &bank), [true, false, true, false], "{card}");
        assert_eq!(row(card, &plain), [false; 4], "{card}");
    }
    let card_keyed = Labels::CARD_KEYED | Labels::KEYED;
    assert_eq!(row(card_keyed, &bank), [true, true, true, false]);
    assert_eq!(row(card_keyed, &plain), [false; 4]);
    assert_eq!(row(Labels::SECRET, &bank), [true, true, false, false]);
    assert_eq!(row(Labels::SECRET, &plain), [false; 4]);
    assert_eq!(row(Labels::KEYED, &plain), [true; 4]);
    assert_eq!(row(Labels::NONE, &plain), [true; 4]);
    assert_eq!(row(Labels::KEY_ONLY, &bank), [false; 4]);
    assert_eq!(row(Labels::SECRET | Labels::PAN, &bank), [true, false, false, false], "all labels must agree");
}

#[test]
fn known_answers() {
    let hmac = text("what do ya want for nothing?").hmac(Digest::Sha256, &text("Jefe")).unwrap();
    assert_eq!(hex_of(&hmac), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_eq!(hex_of(&text("abc").digest(Digest::Md5)), "900150983cd24fb0d6963f7d28e17f72");
    assert_eq!(hex_of(&text("abc").digest(Digest::Sha1)), "a9993e364706816aba3e25717850c26c9cd0d89d");
    // NIST SP 800-38A F.2.1, first block, then a block of padding.
    let aes_key = Sealed::new(hex::decode("2b7e151628aed2a6abf7158809cf4f3c").unwrap(), Labels::NONE);
    let block = Sealed::new(hex::decode("6bc1bee22e409f96e93d7e117393172a").unwrap(), Labels::NONE);
    let iv: Vec<u8> = (0..16).collect();
    let out = block.encrypt(Cipher::Aes128CbcPkcs7, &aes_key, &iv).unwrap();
    assert_eq!((&hex_of(&out)[..32], out.expose().len()), ("7649abac8119b246cee98e9b12e9197d", 32));
    // NIST GCM test case 13: empty text, zero key and nonce.
    let zero = Sealed::new(vec![0; 32], Labels::NONE);
    assert_eq!(
        hex_of(&text("").encrypt(Cipher::Aes256Gcm, &zero, &[0; 12]).unwrap()),
        "530f8afbc74536b9a963b4f1c4cb738b"
    );
    let two_key = Sealed::new(hex::decode("0123456789abcdef23456789abcdef01").unwrap(), Labels::NONE);
    let three_key = Sealed::new(hex::decode("0123456789abcdef23456789abcdef010123456789abcdef").unwrap(), Labels::NONE);
    let [a, b] =
        [two_key, three_key].map(|key| hex_of(&text("abc").encrypt(Cipher::TdesCbcPkcs7, &key, &[0; 8]).unwrap()));
    assert_eq!(a, b, "two-key 3DES is three-key with the first one again");
    for (alg, iv) in [(Cipher::Aes128CbcPkcs7, 16), (Cipher::Aes256Gcm, 11), (Cipher::TdesCbcPkcs7, 8)] {
        assert_eq!(
            text("a").encrypt(alg, &text("short"), &vec![0; iv]).unwrap_err(),
            SealFault::Error(SealError::BadKey)
        );
    }
}

#[test]
fn escapes_and_charsets() {
    let escaped = |how, from: &str| String::from_utf8(text(from).escaped(how).unwrap().expose().to_vec()).unwrap();
    assert_eq!(escaped(Escape::UrlForm, "a b&ş*"), "a+b%26%C5%9F*");
    assert_eq!(escaped(Escape::XmlText, "<a&'\">"), "&lt;a&amp;&apos;&quot;&gt;");
    assert_eq!(escaped(Escape::JsonString, "a\"\\\n"), "a\\\"\\\\\\u000a");
    assert_eq!(escaped(Escape::BackslashPipe, "a|b\\c"), "a\\|b\\\\c");
    let in_charset = |to, from: &str| text(from).transcoded(to).map(|value| value.expose().to_vec());
    assert_eq!(in_charset(Charset::Iso8859x9, "İşĞ"), Ok(vec![0xdd, 0xfe, 0xd0]));
    assert_eq!(in_charset(Charset::Windows1254, "€"), Ok(vec![0x80]));
    assert!(in_charset(Charset::Iso8859x9, "€").is_err());
    assert!(in_charset(Charset::Iso8859x1, "ş").is_err());
    assert!(in_charset(Charset::Windows1254, "漢").is_err());
    assert_eq!(in_charset(Charset::Utf16Le, "aş"), Ok(vec![0x61, 0, 0x5f, 1]));
}

#[test]
fn a_value_cannot_grow_without_end() {
    let big = Sealed::new(vec![b'a'; limits::SEALED_BYTES_MAX], Labels::NONE);
    assert!(matches!(Sealed::concat(&[Piece::Sealed(&big), Piece::Plain(b"a")]), Err(SealFault::Breach(_))));
    assert!(matches!(big.to_text(TextForm::HexLower), Err(SealFault::Breach(_))));
    assert!(matches!(big.replaced("a", "aa"), Err(SealFault::Breach(_))));
}

#[test]
fn debug_shows_labels_only() {
    assert_eq!(format!("{:?}", join(&[&pan(), &key()])), "«secret+pan»");
}

//! Stand-in for `vezne:host/sealed`: really computed, with the labels of `wit/host/host.wit`.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::cipher;

/// Digests banks use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "names of algorithms")]
pub enum DigestAlg {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// Ciphers banks use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "names of algorithms")]
pub enum CipherAlg {
    TdesCbcPkcs7,
    Aes128CbcPkcs7,
    Aes256CbcPkcs7,
    Aes256Gcm,
}

/// Bytes as letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "names of forms")]
pub enum TextForm {
    HexLower,
    HexUpper,
    Base64,
    Base64url,
}

/// Escaping of a sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "names of sinks")]
pub enum Escape {
    UrlForm,
    XmlText,
    JsonString,
    BackslashPipe,
}

/// Character sets a value can be turned into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "names of charsets")]
pub enum Charset {
    Iso8859x1,
    Iso8859x9,
    Windows1254,
    Utf16le,
}

/// Why an operation was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "explained in wit/host/host.wit")]
pub enum SealError {
    NoSuchSecret,
    NotGranted(String),
    BadKey,
    TooLong,
    Unencodable,
    NotAllowed(String),
}

/// A piece of a concatenation.
#[derive(Debug)]
#[expect(missing_docs, reason = "explained in wit/host/host.wit")]
pub enum Piece<'a> {
    Text(String),
    Bytes(Vec<u8>),
    Sealed(&'a Sealed),
}

/// What a value is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Labels(u16);

impl Labels {
    /// A bare secret.
    pub const SECRET: Self = Self(1);
    /// Made with a secret.
    pub const KEYED: Self = Self(2);
    /// The card number.
    pub const PAN: Self = Self(4);
    /// The expiry date.
    pub const EXPIRY: Self = Self(8);
    /// The security code.
    pub const CVV: Self = Self(16);
    /// The holder's name.
    pub const HOLDER: Self = Self(32);
    /// Card data under a keyed digest.
    pub const CARD_KEYED: Self = Self(64);
    /// Card data under a cipher.
    pub const CARD_CIPHER: Self = Self(128);
    /// Nothing but a key.
    pub const KEY_ONLY: Self = Self(256);
    const CARD: Self = Self(4 + 8 + 16 + 32);
    const CARD_DERIVED: Self = Self(4 + 8 + 16 + 32 + 64 + 128);

    fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn any(self, of: Self) -> bool {
        self.0 & of.0 != 0
    }

    fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    fn mixed(self, card_becomes: Self) -> Self {
        let rest = self.without(Self::SECRET).without(Self::CARD_DERIVED).and(Self::KEYED);
        if self.any(Self::CARD_DERIVED) { rest.and(card_becomes) } else { rest }
    }
}

/// Where a value would go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sink {
    /// Body of a request.
    Body,
    /// Header of a request.
    Header,
    /// Field of a form the browser posts.
    BrowserForm,
    /// Field of a redirect.
    Redirect,
}

/// A value a connector can combine but not read.
pub struct Sealed {
    bytes: Vec<u8>,
    labels: Labels,
    /// A secret and nothing else went into it.
    bare: bool,
    whole_digest: bool,
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealed(…)")
    }
}

impl Sealed {
    pub(super) fn new(bytes: Vec<u8>, labels: Labels) -> Self {
        Self { bytes, labels, bare: labels == Labels::SECRET, whole_digest: false }
    }

    fn rewritten(&self, bytes: Vec<u8>, whole_digest: bool) -> Self {
        Self { bytes, labels: self.labels, bare: self.bare, whole_digest }
    }

    /// The bytes, for tests.
    pub fn revealed(&self) -> &[u8] {
        &self.bytes
    }

    /// The labels, for tests.
    pub fn labels(&self) -> Labels {
        self.labels
    }

    /// Whether the host would let it go there.
    pub fn may_go(&self, sink: Sink, takes_card: bool, takes_secrets: bool) -> Result<(), String> {
        let has = |labels| self.labels.any(labels);
        let refuse = |what: &str| Err(format!("{what} must not go to {sink:?}"));
        if has(Labels::KEY_ONLY) {
            return refuse("a slice of a secret");
        }
        if has(Labels::SECRET) && (!takes_secrets || matches!(sink, Sink::BrowserForm | Sink::Redirect)) {
            return refuse("a bare secret");
        }
        let posted = matches!(sink, Sink::Body | Sink::BrowserForm);
        if has(Labels::CARD.and(Labels::CARD_CIPHER)) && !(posted && takes_card) {
            return refuse("card data");
        }
        if has(Labels::CARD_KEYED) && (!takes_card || sink == Sink::Redirect) {
            return refuse("a hash over card data");
        }
        Ok(())
    }

    /// A named secret of the session.
    pub fn secret(name: &str) -> Result<Self, SealError> {
        super::secret_value(name)
            .map(|value| Self::new(value.into_bytes(), Labels::SECRET))
            .ok_or(SealError::NoSuchSecret)
    }

    /// Everything in one.
    pub fn concat(pieces: &[Piece<'_>]) -> Self {
        let mut out = Self { bytes: Vec::new(), labels: Labels::default(), bare: true, whole_digest: false };
        for piece in pieces {
            match piece {
                Piece::Text(text) => out.bytes.extend_from_slice(text.as_bytes()),
                Piece::Bytes(bytes) => out.bytes.extend_from_slice(bytes),
                Piece::Sealed(sealed) => {
                    out.bytes.extend_from_slice(&sealed.bytes);
                    out.labels = out.labels.and(sealed.labels);
                }
            }
            out.bare &= match piece {
                Piece::Text(text) => text.is_empty(),
                Piece::Bytes(bytes) => bytes.is_empty(),
                Piece::Sealed(sealed) => sealed.bare,
            };
        }
        out
    }

    /// A digest.
    pub fn digest(&self, alg: DigestAlg) -> Self {
        let with_secret = self.labels.any(Labels::SECRET.and(Labels::KEYED)) && !self.bare;
        let labels = if with_secret { self.labels.mixed(Labels::CARD_KEYED) } else { self.labels };
        Self { bytes: cipher::digest(alg, &self.bytes), labels, bare: self.bare, whole_digest: true }
    }

    /// An HMAC.
    pub fn hmac(&self, alg: DigestAlg, key: &Sealed) -> Result<Self, SealError> {
        let bytes = cipher::hmac(alg, &key.bytes, &self.bytes).ok_or(SealError::BadKey)?;
        Ok(Self { bytes, labels: self.keyed(key, Labels::CARD_KEYED), bare: false, whole_digest: true })
    }

    /// Encryption.
    pub fn encrypt(&self, alg: CipherAlg, key: &Sealed, iv: &[u8]) -> Result<Self, SealError> {
        let bytes = cipher::encrypt(alg, &key.bytes, iv, &self.bytes).ok_or(SealError::BadKey)?;
        Ok(Self { bytes, labels: self.keyed(key, Labels::CARD_CIPHER), bare: false, whole_digest: false })
    }

    fn keyed(&self, key: &Sealed, card_becomes: Labels) -> Labels {
        if key.labels.any(Labels::SECRET.and(Labels::KEYED)) {
            self.labels.and(key.labels.without(Labels::KEY_ONLY)).mixed(card_becomes)
        } else {
            self.labels.and(key.labels)
        }
    }

    /// The bytes as letters.
    pub fn to_text(&self, form: TextForm) -> Self {
        let text = match form {
            TextForm::HexLower => hex::encode(&self.bytes),
            TextForm::HexUpper => hex::encode_upper(&self.bytes),
            TextForm::Base64 => STANDARD.encode(&self.bytes),
            TextForm::Base64url => URL_SAFE_NO_PAD.encode(&self.bytes),
        };
        self.rewritten(text.into_bytes(), self.whole_digest)
    }

    /// Letters as bytes.
    pub fn decoded(&self, form: TextForm) -> Result<Self, SealError> {
        let bytes = match form {
            TextForm::HexLower | TextForm::HexUpper => hex::decode(&self.bytes).ok(),
            TextForm::Base64 => STANDARD.decode(&self.bytes).ok(),
            TextForm::Base64url => URL_SAFE_NO_PAD.decode(&self.bytes).ok(),
        };
        bytes.map(|bytes| self.rewritten(bytes, false)).ok_or(SealError::BadKey)
    }

    /// Escaped for a sink.
    pub fn escaped(&self, how: Escape) -> Self {
        let text = String::from_utf8_lossy(&self.bytes).into_owned();
        let text = match how {
            Escape::UrlForm => crate::body::url_form(&text),
            Escape::XmlText => text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
            Escape::JsonString => {
                let quoted = serde_json::Value::from(text).to_string();
                quoted[1..quoted.len() - 1].to_owned()
            }
            Escape::BackslashPipe => text.replace('\\', "\\\\").replace('|', "\\|"),
        };
        self.rewritten(text.into_bytes(), false)
    }

    /// From UTF-8 to another charset.
    pub fn transcoded(&self, to: Charset) -> Result<Self, SealError> {
        let text = std::str::from_utf8(&self.bytes).map_err(|_| SealError::Unencodable)?;
        let bytes = match to {
            Charset::Iso8859x9 | Charset::Windows1254 => crate::charset::Charset::Iso8859x9.encode(text).ok(),
            Charset::Iso8859x1 => text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect(),
            Charset::Utf16le => Some(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        };
        bytes.map(|bytes| self.rewritten(bytes, false)).ok_or(SealError::Unencodable)
    }

    /// One literal by another.
    pub fn replaced(&self, find: &str, replacement: &str) -> Result<Self, SealError> {
        if self.labels.any(Labels::CARD.and(Labels::SECRET)) {
            return Err(SealError::NotAllowed("replacing inside card data or a secret".into()));
        }
        let text = String::from_utf8_lossy(&self.bytes).replace(find, replacement);
        Ok(self.rewritten(text.into_bytes(), false))
    }

    /// A part of a derived key.
    pub fn slice(&self, start: u32, end: u32) -> Result<Self, SealError> {
        let range = usize::try_from(start).unwrap_or(usize::MAX)..usize::try_from(end).unwrap_or(usize::MAX);
        let bytes = self.bytes.get(range).ok_or(SealError::TooLong)?.to_vec();
        Ok(Self { bytes, labels: self.labels.and(Labels::KEY_ONLY), bare: self.bare, whole_digest: false })
    }

    /// For the generated glue only: there are no handles in a native test.
    #[doc(hidden)]
    #[expect(unsafe_code, reason = "the generated glue calls it as unsafe")]
    pub unsafe fn from_handle(_: u32) -> Self {
        unreachable!("native tests have no handles")
    }

    /// See [`from_handle`](Self::from_handle).
    #[doc(hidden)]
    pub fn take_handle(&self) -> u32 {
        unreachable!("native tests have no handles")
    }

    /// See [`from_handle`](Self::from_handle).
    #[doc(hidden)]
    pub fn handle(&self) -> u32 {
        unreachable!("native tests have no handles")
    }
}

/// Compares a whole keyed digest with what the other side sent; panics where the host would end the call.
pub fn equals(a: &Sealed, b: &[u8], ignore_ascii_case: bool) -> bool {
    super::count_comparison();
    assert!(a.whole_digest && a.bytes.len() >= 16, "comparing something that is not a whole digest");
    assert!(!a.labels.any(Labels::CARD_DERIVED), "comparing something made from the card");
    assert!(
        a.labels.any(Labels::KEYED) && !a.labels.any(Labels::SECRET.and(Labels::KEY_ONLY)),
        "comparing something that was not made with a secret"
    );
    let same = if ignore_ascii_case { a.bytes.eq_ignore_ascii_case(b) } else { a.bytes == b };
    if same {
        super::note_match();
    }
    same
}

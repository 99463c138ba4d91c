//! Text forms, escapes and charsets of sealed values. Labels pass through all of them unchanged.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use encoding_rs::WINDOWS_1254;
use zeroize::Zeroizing;

use super::{SealError, SealFault, Sealed};

/// How bytes are written as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextForm {
    /// `0a1b`
    HexLower,
    /// `0A1B`
    HexUpper,
    /// With padding.
    Base64,
    /// Without padding, `-` and `_` (JWS).
    Base64Url,
}

impl TextForm {
    fn name(self) -> &'static str {
        match self {
            Self::HexLower => "hex",
            Self::HexUpper => "HEX",
            Self::Base64 => "base64",
            Self::Base64Url => "base64url",
        }
    }
}

/// How a text is made safe inside another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// `application/x-www-form-urlencoded`.
    UrlForm,
    /// XML text and attribute values.
    XmlText,
    /// The inside of a JSON string.
    JsonString,
    /// `\` and `|` get a `\` in front (NestPay hash ver3).
    BackslashPipe,
}

impl Escape {
    fn name(self) -> &'static str {
        match self {
            Self::UrlForm => "form-escaped",
            Self::XmlText => "xml-escaped",
            Self::JsonString => "json-escaped",
            Self::BackslashPipe => "pipe-escaped",
        }
    }
}

/// Character sets banks hash and post in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// Latin-1.
    Iso8859x1,
    /// Latin-5, Turkish.
    Iso8859x9,
    /// Latin-5 with more punctuation.
    Windows1254,
    /// Two bytes, low one first, no mark.
    Utf16Le,
}

impl Charset {
    fn name(self) -> &'static str {
        match self {
            Self::Iso8859x1 => "latin1",
            Self::Iso8859x9 => "latin5",
            Self::Windows1254 => "windows1254",
            Self::Utf16Le => "utf16",
        }
    }
}

const UNENCODABLE: SealFault = SealFault::Error(SealError::Unencodable);

impl Sealed {
    /// The bytes as text. A whole digest stays whole: its text form may be compared.
    pub fn to_text(&self, form: TextForm) -> Result<Self, SealFault> {
        let text = match form {
            TextForm::HexLower => hex::encode(self.expose()),
            TextForm::HexUpper => hex::encode_upper(self.expose()),
            TextForm::Base64 => STANDARD.encode(self.expose()),
            TextForm::Base64Url => URL_SAFE_NO_PAD.encode(self.expose()),
        };
        self.rewritten(text.into_bytes(), self.whole, form.name())
    }

    /// The bytes behind a text, for secrets kept as hex or base64.
    pub fn decoded(&self, form: TextForm) -> Result<Self, SealFault> {
        let bytes = match form {
            TextForm::HexLower | TextForm::HexUpper => hex::decode(self.expose()).map_err(|_| UNENCODABLE)?,
            TextForm::Base64 => STANDARD.decode(self.expose()).map_err(|_| UNENCODABLE)?,
            TextForm::Base64Url => URL_SAFE_NO_PAD.decode(self.expose()).map_err(|_| UNENCODABLE)?,
        };
        self.rewritten(bytes, None, &format!("from-{}", form.name()))
    }

    /// Made safe inside another text.
    pub fn escaped(&self, how: Escape) -> Result<Self, SealFault> {
        let mut out = Vec::with_capacity(self.expose().len() + 16);
        for &byte in self.expose() {
            escape_byte(how, byte, &mut out);
        }
        self.rewritten(out, None, how.name())
    }

    /// From UTF-8 into another charset.
    pub fn transcoded(&self, to: Charset) -> Result<Self, SealFault> {
        let text = std::str::from_utf8(self.expose()).map_err(|_| UNENCODABLE)?;
        let mut out = Zeroizing::new(Vec::with_capacity(text.len() * 2));
        for letter in text.chars() {
            encode_letter(to, letter, &mut out).ok_or(UNENCODABLE)?;
        }
        self.rewritten(std::mem::take(&mut *out), None, to.name())
    }
}

fn escape_byte(how: Escape, byte: u8, out: &mut Vec<u8>) {
    match (how, byte) {
        (Escape::UrlForm, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_') => out.push(byte),
        (Escape::UrlForm, b' ') => out.push(b'+'),
        (Escape::UrlForm, _) => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        (Escape::XmlText, b'&') => out.extend_from_slice(b"&amp;"),
        (Escape::XmlText, b'<') => out.extend_from_slice(b"&lt;"),
        (Escape::XmlText, b'>') => out.extend_from_slice(b"&gt;"),
        (Escape::XmlText, b'"') => out.extend_from_slice(b"&quot;"),
        (Escape::XmlText, b'\'') => out.extend_from_slice(b"&apos;"),
        (Escape::JsonString, b'"' | b'\\') | (Escape::BackslashPipe, b'\\' | b'|') => {
            out.extend_from_slice(&[b'\\', byte]);
        }
        (Escape::JsonString, 0..=0x1f) => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        _ => out.push(byte),
    }
}

/// `encoding_rs` knows the web's charsets, in which ISO-8859-9 and -1 are the windows pages; the difference
/// is 0x80–0x9F, which the ISO ones leave to control characters and so refuse here.
fn encode_letter(to: Charset, letter: char, out: &mut Vec<u8>) -> Option<()> {
    let code = u32::from(letter);
    match to {
        Charset::Utf16Le => {
            let mut units = [0; 2];
            letter.encode_utf16(&mut units).iter().for_each(|unit| out.extend_from_slice(&unit.to_le_bytes()));
        }
        Charset::Iso8859x1 => out.push(u8::try_from(code).ok()?),
        Charset::Iso8859x9 | Charset::Windows1254 => {
            let mut utf8 = [0; 4];
            let (bytes, _, unmappable) = WINDOWS_1254.encode(letter.encode_utf8(&mut utf8));
            let [byte] = *bytes else { return None };
            let extra = to == Charset::Iso8859x9 && (0x80..0xa0).contains(&byte);
            if unmappable || extra {
                return None;
            }
            out.push(byte);
        }
    }
    Some(())
}

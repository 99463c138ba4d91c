//! The character sets of Turkish banks.

use crate::{Fault, Sealed, SealedCharset};

/// A character set of a wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// What everything should be.
    Utf8,
    /// Western Latin, which some banks want declared although it lacks six Turkish letters: those are
    /// written as character references. For writing only; no answer is read as it.
    Iso8859x1,
    /// Turkish Latin, as most bank envelopes declare; read as its superset Windows-1254, which is what
    /// banks really send under that name.
    Iso8859x9,
}

/// Bytes 0x80 to 0x9F in Windows-1254; 0 where nothing is assigned.
const WINDOWS_1254_C1: [u16; 32] = [
    0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0, 0, //
    0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0, 0x0178,
];

impl Charset {
    /// By the name a header or an XML declaration gives it.
    pub fn named(label: &str) -> Option<Self> {
        let label = label.trim().trim_matches(['"', '\'']).to_ascii_lowercase();
        match label.as_str() {
            "utf-8" | "utf8" | "us-ascii" | "ascii" => Some(Self::Utf8),
            "iso-8859-9" | "iso8859-9" | "iso_8859-9" | "latin5" | "windows-1254" | "cp1254" => Some(Self::Iso8859x9),
            _ => None,
        }
    }

    /// The charset of a `content-type` header.
    pub fn of_content_type(content_type: &str) -> Option<Self> {
        let at = content_type.to_ascii_lowercase().find("charset=")? + "charset=".len();
        let rest = &content_type[at..];
        Self::named(rest.split(';').next().unwrap_or(rest))
    }

    /// Bytes as text. `None` if they are not in this charset at all.
    pub fn decode(self, bytes: &[u8]) -> Option<String> {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes).ok().map(str::to_owned),
            Self::Iso8859x1 => Some(bytes.iter().map(|byte| char::from(*byte)).collect()),
            Self::Iso8859x9 => bytes.iter().map(|byte| latin5_char(*byte)).collect(),
        }
    }

    /// Text as bytes. `Err` with the first character it does not have.
    pub fn encode(self, text: &str) -> Result<Vec<u8>, char> {
        match self {
            Self::Utf8 => Ok(text.as_bytes().to_vec()),
            Self::Iso8859x1 => text.chars().map(|c| u8::try_from(u32::from(c)).map_err(|_| c)).collect(),
            Self::Iso8859x9 => text.chars().map(|c| latin5_byte(c).ok_or(c)).collect(),
        }
    }

    /// Whether a character can be written.
    pub fn has(self, c: char) -> bool {
        match self {
            Self::Utf8 => true,
            Self::Iso8859x1 => u32::from(c) < 0x100,
            Self::Iso8859x9 => latin5_byte(c).is_some(),
        }
    }

    /// A sealed value (which is UTF-8) in this charset.
    pub fn seal(self, sealed: Sealed) -> Result<Sealed, Fault> {
        let to = |charset| sealed.transcoded(charset).map_err(|error| crate::value::fault(&error));
        match self {
            Self::Utf8 => Ok(sealed),
            // What cannot be read cannot become a character reference. Turkish letters that this charset
            // lacks go out as the bytes its Turkish sister has for them: a name looks odd, nothing breaks.
            Self::Iso8859x1 => to(SealedCharset::Iso8859x1).or_else(|_| to(SealedCharset::Iso8859x9)),
            Self::Iso8859x9 => to(SealedCharset::Iso8859x9),
        }
    }
}

fn latin5_char(byte: u8) -> Option<char> {
    Some(match byte {
        0x80..=0x9F => match WINDOWS_1254_C1[usize::from(byte - 0x80)] {
            0 => return None,
            code => char::from_u32(u32::from(code))?,
        },
        0xD0 => 'Ğ',
        0xDD => 'İ',
        0xDE => 'Ş',
        0xF0 => 'ğ',
        0xFD => 'ı',
        0xFE => 'ş',
        other => char::from(other),
    })
}

/// Only what ISO-8859-9 itself has: the extra characters of Windows-1254 are not sent.
fn latin5_byte(c: char) -> Option<u8> {
    match c {
        'Ğ' => Some(0xD0),
        'İ' => Some(0xDD),
        'Ş' => Some(0xDE),
        'ğ' => Some(0xF0),
        'ı' => Some(0xFD),
        'ş' => Some(0xFE),
        'Ð' | 'Ý' | 'Þ' | 'ð' | 'ý' | 'þ' | '\u{80}'..='\u{9F}' => None,
        other => u8::try_from(u32::from(other)).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turkish_letters_go_there_and_back() {
        let text = "İIıi ŞşĞğ ÇçÖöÜü Ââ 123 |\\&<>";
        let bytes = Charset::Iso8859x9.encode(text).expect("encodable");
        assert_eq!(bytes.len(), text.chars().count());
        assert_eq!(Charset::Iso8859x9.decode(&bytes).as_deref(), Some(text));
        assert_eq!(Charset::Iso8859x9.encode("₺"), Err('₺'));
        assert_eq!(Charset::Iso8859x9.decode(&[0x80, 0x93]).as_deref(), Some("€“"));
        assert_eq!(Charset::Iso8859x9.decode(&[0x81]), None);
        assert_eq!(Charset::Utf8.decode(&bytes), None);
        assert_eq!(Charset::Iso8859x1.encode("Öç"), Ok(vec![0xD6, 0xE7]));
        assert_eq!(Charset::Iso8859x1.encode("Ş"), Err('Ş'));
        assert!(Charset::Iso8859x1.has('ö') && !Charset::Iso8859x1.has('ğ'));
    }

    #[test]
    fn names_of_charsets() {
        assert_eq!(Charset::of_content_type("text/xml; charset=ISO-8859-9"), Some(Charset::Iso8859x9));
        assert_eq!(Charset::of_content_type("text/html;charset=\"utf-8\"; x=y"), Some(Charset::Utf8));
        assert_eq!(Charset::of_content_type("text/xml"), None);
        assert_eq!(Charset::named("windows-1254"), Some(Charset::Iso8859x9));
        assert_eq!(Charset::named("koi8-r"), None);
    }
}

//! Looks for a card number and its security code in whatever a story left behind, in every form that a careless hand
//! could have given them.

use std::path::Path;

use anyhow::{Result, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use memchr::memmem;

/// What must be nowhere.
pub struct Canary {
    numbers: Vec<Needle>,
    codes: Vec<Needle>,
}

struct Needle {
    name: String,
    bytes: Vec<u8>,
}

/// How a place is written, and so how a security code would stand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A text: a code is a code wherever it stands alone.
    Text,
    /// Bytes of a machine, where any four digits may stand by chance: a code counts in a field or between quotes.
    Bytes,
}

impl Canary {
    /// For a card number and a security code of four digits; three stand everywhere.
    pub fn new(number: &str, code: &str) -> Self {
        assert!(code.len() == 4, "three digits would be found everywhere by chance");
        let mut canary = Self { numbers: Vec::new(), codes: Vec::new() };
        canary.watch(number, code);
        canary
    }

    /// Another card as well.
    pub fn watch(&mut self, number: &str, code: &str) {
        self.numbers.extend(forms_of_number(number));
        self.codes.extend(forms_of_code(code));
    }

    /// Fails with the name of the form, and never with what was found.
    pub fn nowhere(&self, place: Place, name: &str, bytes: &[u8]) -> Result<()> {
        for needle in &self.numbers {
            ensure!(memmem::find(bytes, &needle.bytes).is_none(), "{name} holds the card number ({})", needle.name);
        }
        for needle in &self.codes {
            let found = memmem::find_iter(bytes, &needle.bytes).any(|at| alone(place, bytes, at, needle.bytes.len()));
            ensure!(!found, "{name} holds the security code ({})", needle.name);
        }
        Ok(())
    }

    /// The same for a column of a table as text: what is shown as hexadecimal digits is looked at as bytes too.
    pub fn nowhere_in_column(&self, name: &str, value: &str) -> Result<()> {
        self.nowhere(Place::Text, name, value.as_bytes())?;
        let digits = value.strip_prefix("\\x").unwrap_or(value);
        match hex::decode(digits) {
            Ok(bytes) if bytes.len() > 16 => self.nowhere(Place::Bytes, name, &bytes),
            _ => Ok(()),
        }
    }

    /// Every file below a folder; gives how many there were.
    pub fn nowhere_below(&self, folder: &Path) -> Result<usize> {
        let mut files = 0;
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                files += self.nowhere_below(&path)?;
                continue;
            }
            // A file may go while we look: a server that is ours is running.
            let Ok(bytes) = std::fs::read(&path) else { continue };
            self.nowhere(Place::Bytes, &path.display().to_string(), &bytes)?;
            files += 1;
        }
        Ok(files)
    }
}

fn forms_of_number(number: &str) -> Vec<Needle> {
    let groups: Vec<&str> = (0..number.len()).step_by(4).map(|at| &number[at..(at + 4).min(number.len())]).collect();
    let mut forms = forms_of_text(number);
    for (name, joint) in
        [("spaced", " "), ("dashed", "-"), ("dotted", "."), ("as in a form", "+"), ("spaced in an address", "%20")]
    {
        forms.push((name, groups.join(joint).into_bytes()));
    }
    forms.push(("digit by digit", number.chars().flat_map(|digit| [digit, ' ']).collect::<String>().trim().into()));
    // Inside a longer text it stands at one of three offsets of the groups: the letters made of its bytes alone.
    for (name, offset, first) in [("base64", 0, 0), ("base64, one on", 1, 2), ("base64, two on", 2, 3)] {
        let padded = format!("{}{number}", &"\0\0"[..offset]);
        forms.push((name, BASE64_STANDARD.encode(&padded).as_bytes()[first..padded.len() * 8 / 6].to_vec()));
    }
    if let Ok(packed) = hex::decode(number) {
        forms.push(("packed digits", packed));
    }
    if let Ok(whole) = number.parse::<u64>() {
        forms.push(("a whole number", whole.to_be_bytes()[1..].to_vec()));
        forms.push(("a whole number, turned", whole.to_le_bytes()[..7].to_vec()));
    }
    forms.into_iter().map(|(name, bytes)| Needle { name: name.to_owned(), bytes }).collect()
}

fn forms_of_code(code: &str) -> Vec<Needle> {
    let mut forms = forms_of_text(code);
    forms.push(("base64", BASE64_STANDARD.encode(code).trim_end_matches('=').as_bytes().to_vec()));
    forms.into_iter().map(|(name, bytes)| Needle { name: name.to_owned(), bytes }).collect()
}

fn forms_of_text(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("plain", text.as_bytes().to_vec()),
        ("hexadecimal", hex::encode(text).into_bytes()),
        ("in an address", text.chars().flat_map(|digit| ['%', '3', digit]).collect::<String>().into_bytes()),
        ("UTF-16", text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("UTF-16, turned", text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    ]
}

/// Whether a code that was found is one: no letter or digit on either side, and among bytes a sign of a field.
fn alone(place: Place, bytes: &[u8], at: usize, length: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| bytes.get(at)).copied();
    let after = bytes.get(at + length).copied();
    let alone = ![before, after].into_iter().flatten().any(|byte| byte.is_ascii_alphanumeric());
    match place {
        // A fraction of a second or of a kilobyte is no code.
        Place::Text => alone && before != Some(b'.'),
        Place::Bytes => alone && before.is_some_and(|byte| matches!(byte, b'"' | b'\'' | b'=' | b'>' | b':' | b' ')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: &str = "5401341234567891";
    const CODE: &str = "8374";

    fn found(place: Place, bytes: impl AsRef<[u8]>) -> bool {
        Canary::new(NUMBER, CODE).nowhere(place, "a test", bytes.as_ref()).is_err()
    }

    #[test]
    fn a_number_is_found_in_every_form() {
        let inside = |text: &str| format!("<a>{text}</a>");
        for text in [
            NUMBER.to_owned(),
            "5401 3412 3456 7891".to_owned(),
            "5401-3412-3456-7891".to_owned(),
            "5401%203412%203456%207891".to_owned(),
            hex::encode(format!("pan={NUMBER}")),
            BASE64_STANDARD.encode(format!("pan={NUMBER}&x")),
            BASE64_STANDARD.encode(format!("an={NUMBER}&x")),
            BASE64_STANDARD.encode(format!("n={NUMBER}&x")),
        ] {
            assert!(found(Place::Text, inside(&text)) && found(Place::Bytes, inside(&text)), "{text}");
        }
        assert!(found(Place::Bytes, NUMBER.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()));
        assert!(found(Place::Bytes, 5_401_341_234_567_891_u64.to_be_bytes()));
        assert!(found(Place::Bytes, [1, 0x54, 0x01, 0x34, 0x12, 0x34, 0x56, 0x78, 0x91, 7]));
        assert!(!found(Place::Text, "540134******7891 5401341234567892"));
    }

    #[test]
    fn a_code_is_found_where_it_stands_alone() {
        for text in ["{\"cvv\":\"8374\"}", "cv2=8374&x", "<Cvv2Val>8374</Cvv2Val>", "cvv: 8374"] {
            assert!(found(Place::Text, text) && found(Place::Bytes, text), "{text}");
        }
        assert!(found(Place::Text, "cv=%38%33%37%34&") && found(Place::Text, "\"ODM3NA==\""));
        assert!(!found(Place::Text, "ab8374 18374 took=0.8374s 83741"));
    }

    #[test]
    fn a_column_of_bytes_is_looked_into() {
        let canary = Canary::new(NUMBER, CODE);
        let bytes = format!("\u{1}\u{2}{{\"card\":\"{NUMBER}\"}}");
        assert!(canary.nowhere_in_column("t.c", &format!("\\x{}", hex::encode(&bytes))).is_err());
        assert!(canary.nowhere_in_column("t.c", &hex::encode_upper(&bytes)).is_err());
        assert!(canary.nowhere_in_column("t.c", &hex::encode("nothing of the kind here")).is_ok());
    }
}

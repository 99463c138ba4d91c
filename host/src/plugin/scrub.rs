//! Keeping card numbers out of what guests, timelines and logs see.
//!
//! Two tools. The *scrubber* knows the one number of this attempt and replaces it, in every form it can
//! take, by filler of the same length: in replies and callbacks before the guest sees them. *Redaction*
//! masks anything that looks like a card: only in texts for people, because in replies it would corrupt
//! bank references that happen to pass the check digit.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::act::Callback;
use super::step::Response;
use crate::domain::card::{Pan, SecurityCode, luhn};

const FILLER: u8 = b'*';
/// How many digits a card number has (ISO/IEC 7812-1).
const CARD_DIGITS_MIN: usize = 13;
const CARD_DIGITS_MAX: usize = 19;

/// How fields for a security code are called, in part.
const CODE_NAMES: &[&str] = &["cv2", "cvv", "cvc", "securitycode", "security_code", "guvenlik"];
/// What may stand between a field's name and its value besides punctuation: an attribute, entities, escapes.
const BETWEEN: &[&str] = &["value", "gt", "quot", "34", "39", "62", "3d", "3e", "3a", "22", "27", "amp"];
/// No field's name is longer.
const NAME_BYTES_MAX: usize = 32;

/// Finds the card number of one attempt, and its security code where a field is named for it.
pub(super) struct Scrubber {
    digits: Zeroizing<Vec<u8>>,
    /// Three digits are everywhere in an answer, a currency among them: only those in a field of their own are the code.
    code: Option<Zeroizing<Vec<u8>>>,
    /// Hex and base64 forms; hex is matched in any case, base64 exactly.
    encoded: Vec<(Zeroizing<Vec<u8>>, bool)>,
    /// The bytes with which one of these forms begins: every text of every act is looked through.
    begins: [bool; 256],
}

impl Scrubber {
    /// For the card of this attempt.
    pub fn new(pan: &Pan) -> Self {
        let digits = Zeroizing::new(pan.expose().as_bytes().to_vec());
        let mut encoded = vec![(Zeroizing::new(hex::encode(&*digits).into_bytes()), true)];
        // Inside a longer text the number stands at one of three offsets of the base64 groups; only letters
        // made of its bytes alone are the same everywhere.
        for offset in 0..3 {
            let mut padded = Zeroizing::new(vec![0; offset]);
            padded.extend_from_slice(&digits);
            let text = Zeroizing::new(STANDARD.encode(&*padded));
            let first = [0, 2, 3][offset];
            let last = padded.len() * 8 / 6;
            encoded.push((Zeroizing::new(text.as_bytes()[first..last].to_vec()), false));
        }
        let mut begins = [false; 256];
        let firsts = encoded.iter().map(|(needle, _)| needle[0]);
        // Hex of a digit begins with 3 in either case.
        for first in firsts.chain([digits[0], b'%']) {
            begins[usize::from(first)] = true;
        }
        Self { digits, code: None, encoded, begins }
    }

    /// With the security code, while we have it: a bank that echoes a request echoes it too.
    pub fn with_code(mut self, code: Option<&SecurityCode>) -> Self {
        self.code = code.map(|code| Zeroizing::new(code.expose().as_bytes().to_vec()));
        if let Some(first) = self.code.as_ref().and_then(|code| code.first()) {
            self.begins[usize::from(*first)] = true;
        }
        self
    }

    /// Replaces every occurrence.
    pub fn scrub(&self, bytes: &mut [u8]) {
        let mut at = 0;
        while at < bytes.len() {
            if !self.begins[usize::from(bytes[at])] {
                at += 1;
                continue;
            }
            match self.match_at(&bytes[at..]).or_else(|| self.match_code(bytes, at)) {
                Some(length) => {
                    fill(&mut bytes[at..at + length]);
                    at += length;
                }
                None => at += 1,
            }
        }
    }

    /// Replaces every occurrence in a text.
    pub fn scrub_text(&self, text: &mut String) {
        let mut bytes = std::mem::take(text).into_bytes();
        self.scrub(&mut bytes);
        // Only ASCII was replaced by ASCII, so this is still UTF-8.
        *text = String::from_utf8(bytes).unwrap_or_default();
    }

    /// The whole of an answer.
    pub fn scrub_response(&self, response: &mut Response) {
        self.scrub(&mut response.body);
        for (_, value) in &mut response.headers {
            self.scrub_text(value);
        }
    }

    /// The whole of a callback.
    pub fn scrub_callback(&self, callback: &mut Callback) {
        self.scrub(&mut callback.body);
        for (_, value) in callback.query.iter_mut().chain(&mut callback.form).chain(&mut callback.headers) {
            self.scrub_text(value);
        }
    }

    fn match_at(&self, bytes: &[u8]) -> Option<usize> {
        self.match_digits(bytes).or_else(|| {
            self.encoded.iter().find_map(|(needle, any_case)| {
                let head = bytes.get(..needle.len())?;
                let same = if *any_case { head.eq_ignore_ascii_case(needle) } else { head == needle.as_slice() };
                same.then_some(needle.len())
            })
        })
    }

    /// The security code, standing alone as the value of a field that is named for one.
    fn match_code(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let code = self.code.as_deref()?;
        let rest = bytes.get(at..)?.strip_prefix(code.as_slice())?;
        let alone = !rest.first().is_some_and(u8::is_ascii_alphanumeric);
        (alone && is_code_field(&bytes[..at])).then_some(code.len())
    }

    /// The digits, plain or `%34`-escaped, with up to three separators between any two.
    fn match_digits(&self, bytes: &[u8]) -> Option<usize> {
        let mut at = digit_token(bytes, self.digits[0])?;
        for &digit in &self.digits[1..] {
            let mut separators = 0;
            loop {
                let rest = &bytes[at..];
                if let Some(length) = digit_token(rest, digit) {
                    at += length;
                    break;
                }
                at += separator_token(rest)?;
                separators += 1;
                if separators > 3 {
                    return None;
                }
            }
        }
        Some(at)
    }
}

/// Whether what ends here is the name of a field for a security code and what leads to its value.
fn is_code_field(before: &[u8]) -> bool {
    let mut end = before.len();
    // Punctuation, an attribute's name, and once more: `cv2" value="`, `Cvv2Val&gt;`.
    for _ in 0..3 {
        let word_end = before[..end].iter().rposition(u8::is_ascii_alphanumeric).map_or(0, |at| at + 1);
        // A tag that opens belongs to another field.
        if before[word_end..end].contains(&b'<') {
            return false;
        }
        let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        let word_start = before[..word_end].iter().rposition(|b| !is_name(b)).map_or(0, |at| at + 1);
        let word = &before[word_start.max(word_end.saturating_sub(NAME_BYTES_MAX))..word_end];
        let word = String::from_utf8_lossy(word).to_ascii_lowercase();
        if CODE_NAMES.iter().any(|name| word.contains(name)) {
            return true;
        }
        if !BETWEEN.contains(&word.as_str()) {
            return false;
        }
        end = word_start;
    }
    false
}

/// Length of `4` or `%34` at the front.
fn digit_token(bytes: &[u8], digit: u8) -> Option<usize> {
    match bytes {
        [first, ..] if *first == digit => Some(1),
        [b'%', b'3', second, ..] if *second == digit => Some(3),
        _ => None,
    }
}

/// Length of a separator at the front. The zero byte stands between digits in UTF-16.
fn separator_token(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [b' ' | b'-' | b'+' | b'.' | b'_' | b'/' | b'\t' | 0 | 0xa0 | 0xc2, ..] => Some(1),
        [b'%', b'2', b'0' | b'b' | b'B' | b'd' | b'D' | b'e' | b'E', ..] => Some(3),
        _ => None,
    }
}

/// Filler for letters and digits; separators stay, so that texts keep their shape (and UTF-8 stays UTF-8).
fn fill(bytes: &mut [u8]) {
    let percent = bytes.contains(&b'%');
    for byte in bytes.iter_mut() {
        if byte.is_ascii_alphanumeric() || (percent && *byte == b'%') {
            *byte = FILLER;
        }
    }
}

/// A text for people: everything that looks like a card number (13 to 19 digits, possibly grouped, with a
/// right check digit) loses its middle.
pub fn redacted(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    redact(&mut bytes);
    // Only digits were replaced, by ASCII.
    String::from_utf8(bytes).unwrap_or_default()
}

/// The same for bytes of any charset that keeps ASCII.
pub(super) fn redact(bytes: &mut [u8]) {
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let (end, digits) = run_end(bytes, at);
        if digits >= CARD_DIGITS_MIN {
            let places: Vec<usize> = (at..end).filter(|&place| bytes[place].is_ascii_digit()).collect();
            if digits <= CARD_DIGITS_MAX {
                redact_run(bytes, &places);
            } else {
                // Several numbers one after the other: any group of digits, or several groups, may be a card.
                redact_groups(bytes, &places);
            }
        }
        at = end;
    }
}

/// Takes the middle out of a run if it looks like a card number.
fn redact_run(bytes: &mut [u8], places: &[usize]) -> bool {
    let digits: Vec<u8> = places.iter().map(|&place| bytes[place]).collect();
    let found = (CARD_DIGITS_MIN..=CARD_DIGITS_MAX).contains(&digits.len()) && luhn(&digits);
    if found {
        for &place in &places[6..digits.len() - 4] {
            bytes[place] = FILLER;
        }
    }
    found
}

/// The same for every sequence of whole groups in a longer run.
fn redact_groups(bytes: &mut [u8], places: &[usize]) {
    let starts: Vec<usize> = (0..places.len()).filter(|&at| at == 0 || places[at] != places[at - 1] + 1).collect();
    let mut from = 0;
    while from < starts.len() {
        let ends = starts[from + 1..].iter().copied().chain([places.len()]).enumerate();
        let mut within = ends.take_while(|(_, end)| end - starts[from] <= CARD_DIGITS_MAX);
        let found = within.find(|(_, end)| redact_run(bytes, &places[starts[from]..*end]));
        from += found.map_or(1, |(more, _)| more + 1);
    }
}

/// Where a run of digits ends, with at most one space or hyphen between two of them, and how many they are.
fn run_end(bytes: &[u8], start: usize) -> (usize, usize) {
    let (mut at, mut digits) = (start + 1, 1);
    while at < bytes.len() {
        let grouped = matches!(bytes[at], b' ' | b'-') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        if grouped {
            at += 1;
        }
        if !bytes[at].is_ascii_digit() {
            break;
        }
        at += 1;
        digits += 1;
    }
    (at, digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: &str = "4355084355084358";

    fn scrubbed(text: &str) -> String {
        let scrubber = Scrubber::new(&Pan::parse(NUMBER).unwrap());
        let mut text = text.to_owned();
        scrubber.scrub_text(&mut text);
        text
    }

    #[test]
    fn the_number_is_found_in_every_form() {
        for form in [
            NUMBER.to_owned(),
            "4355 0843 5508 4358".to_owned(),
            "4355-0843-5508-4358".to_owned(),
            "4355+0843+5508+4358".to_owned(),
            "4355%200843%205508%204358".to_owned(),
            "4 3 5 5 0 8 4 3 5 5 0 8 4 3 5 8".to_owned(),
            NUMBER.chars().flat_map(|digit| ['%', '3', digit]).collect(),
            hex::encode(NUMBER),
            hex::encode_upper(NUMBER),
            NUMBER.chars().flat_map(|c| [c, '\0']).collect(),
        ] {
            let found = scrubbed(&format!("<pan>{form}</pan>"));
            assert_eq!(found.len(), form.len() + 11, "same length: {form}");
            assert!(!found.contains("4358") && !found.contains("5508") && !found.contains("34333"), "{found}");
            assert!(found.starts_with("<pan>*") && found.ends_with("</pan>"), "{found}");
        }
    }

    #[test]
    fn the_number_is_found_inside_base64_at_every_offset() {
        for offset in 0..6 {
            let text = format!("{}{NUMBER}&amount=1", "x".repeat(offset));
            let encoded = STANDARD.encode(&text);
            let found = scrubbed(&encoded);
            assert!(found.contains("******************"), "{offset}: {found}");
            assert_eq!(found.len(), encoded.len());
        }
    }

    #[test]
    fn the_code_is_found_in_its_own_field_only() {
        let scrubber = Scrubber::new(&Pan::parse(NUMBER).unwrap());
        let scrubber = scrubber.with_code(Some(&SecurityCode::parse("949").unwrap()));
        let scrubbed = |text: &str| {
            let mut text = text.to_owned();
            scrubber.scrub_text(&mut text);
            text
        };
        for echo in [
            "<Cvv2Val>949</Cvv2Val>",
            "cv2=949&currency=1",
            r#"{"cvv": "949"}"#,
            r#"{"securityCode":949}"#,
            r#"<input name="cv2" value="949">"#,
            "&lt;Cvv2Val&gt;949&lt;/Cvv2Val&gt;",
            "cvc%3D949%26x",
        ] {
            assert_eq!(scrubbed(echo), echo.replace("949", "***"), "{echo}");
        }
        for other in [
            "<Currency>949</Currency>",
            "cv2=&currency=949",
            "<Cvv2Val></Cvv2Val><Currency>949</Currency>",
            "cvv=9490",
            "cvvresult=M code 949",
            "949",
        ] {
            assert_eq!(scrubbed(other), other);
        }
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for text in ["4355084355084359", "ORDER-4355084", "1234567890123456789", "435508435508435", "şişe 4355"] {
            assert_eq!(scrubbed(text), text);
        }
    }

    #[test]
    fn redaction_masks_what_looks_like_a_card() {
        assert_eq!(redacted("card 4355084355084358."), "card 435508******4358.");
        assert_eq!(redacted("card 4355 0843 5508 4358, ş"), "card 4355 08** **** 4358, ş");
        assert_eq!(redacted("ref 4355084355084359"), "ref 4355084355084359");
        assert_eq!(redacted("20261122 031415"), "20261122 031415");
        assert_eq!(redacted("1 4355084355084358 4355084355084358 2"), "1 435508******4358 435508******4358 2");
        assert_eq!(redacted("20261122 4355 0843 5508 4358 11"), "20261122 4355 08** **** 4358 11");
        assert_eq!(redacted(""), "");
    }
}

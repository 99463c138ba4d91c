//! Keeps card numbers out of logs, whoever put them there: digits that could be a card number are
//! masked in everything that is written (PCI DSS 3.4.1, RELIABILITY A8).

use std::borrow::Cow;
use std::io::{self, Write};

use tracing_subscriber::fmt::MakeWriter;

use crate::domain::card::luhn;

/// The text without anything that could be a card number: 13 to 19 digits, single blanks or hyphens
/// between them allowed, a first digit that cards have, and a right check digit. What stays are
/// identifiers and times, which begin with other digits or fail the check.
pub fn scrub(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut out: Option<Vec<u8>> = None;
    let mut at = 0;
    while at < bytes.len() {
        let alone = at == 0 || !bytes[at - 1].is_ascii_digit();
        if alone && matches!(bytes[at], b'2'..=b'6' | b'9') {
            let end = run_end(bytes, at);
            if let Some(end) = card_end(bytes, at, end) {
                let out = out.get_or_insert_with(|| bytes.to_vec());
                mask(&mut out[at..end]);
                at = end;
                continue;
            }
        }
        at += 1;
    }
    match out {
        // Only ASCII digits were replaced by an ASCII star.
        Some(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        None => Cow::Borrowed(text),
    }
}

/// Where a run of digits with single separators ends.
fn run_end(bytes: &[u8], start: usize) -> usize {
    let mut end = start + 1;
    while end < bytes.len() {
        let separated = matches!(bytes[end], b' ' | b'-') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
        if !bytes[end].is_ascii_digit() && !separated {
            break;
        }
        end += 1;
    }
    end
}

/// The longest beginning of the run that is a card number and does not cut a group of digits in two.
fn card_end(bytes: &[u8], start: usize, end: usize) -> Option<usize> {
    let mut digits = Vec::with_capacity(19);
    let mut found = None;
    for at in start..end {
        if !bytes[at].is_ascii_digit() {
            continue;
        }
        digits.push(bytes[at]);
        if digits.len() > 19 {
            break;
        }
        let whole = at + 1 == end || !bytes[at + 1].is_ascii_digit();
        if whole && digits.len() >= 13 && luhn(&digits) {
            found = Some(at + 1);
        }
    }
    found
}

fn mask(bytes: &mut [u8]) {
    for byte in bytes.iter_mut().filter(|byte| byte.is_ascii_digit()) {
        *byte = b'*';
    }
}

/// A writer of log lines that masks before it writes.
#[derive(Debug, Clone)]
pub struct Redacted<W>(pub W);

impl<W: Write> Write for Redacted<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // The subscriber hands over one whole line at a time.
        match std::str::from_utf8(line) {
            Ok(text) => self.0.write_all(scrub(text).as_bytes())?,
            Err(_) => self.0.write_all(scrub(&String::from_utf8_lossy(line)).as_bytes())?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for Redacted<M> {
    type Writer = Redacted<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Redacted(self.0.make_writer())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_numbers_are_masked_in_every_dress() {
        for (text, clean) in [
            ("4355084355084358", "****************"),
            ("pan=4355 0843 5508 4358 ok", "pan=**** **** **** **** ok"),
            ("{\"n\":\"4355-0843-5508-4358\"}", "{\"n\":\"****-****-****-****\"}"),
            ("amex 378282246310005.", "amex ***************."),
            ("ğ4355084355084358ş", "ğ****************ş"),
            ("9792030394440796 12", "**************** 12"),
        ] {
            assert_eq!(scrub(text), clean);
        }
    }

    #[test]
    fn other_digits_stay() {
        for text in
            ["4355084355084359", "1700000000000", "43550843550843580000", "order 12345678", "2026-11-22 14:05", ""]
        {
            assert_eq!(scrub(text), text);
        }
    }

    #[test]
    fn the_writer_masks_what_tracing_writes() {
        let mut out = Vec::new();
        Redacted(&mut out).write_all(b"{\"message\":\"card 4355084355084358\"}\n").unwrap();
        assert_eq!(out, b"{\"message\":\"card ****************\"}\n");
    }
}

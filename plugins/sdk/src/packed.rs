//! Answers that come packed: Base64 and gzip.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::Fault;

fn unreadable(why: &str) -> Fault {
    Fault::UnreadableAnswer(format!("a packed answer {why}"))
}

/// From Base64 with padding.
pub fn base64(text: &str) -> Result<Vec<u8>, Fault> {
    STANDARD.decode(text.trim()).map_err(|_| unreadable("is not Base64"))
}

/// One gzip member (RFC 1952) of at most `most` bytes unpacked. Length and check sum must fit.
pub fn gunzip(packed: &[u8], most: usize) -> Result<Vec<u8>, Fault> {
    let body = deflated(packed).ok_or_else(|| unreadable("is not gzip"))?;
    let (body, trailer) = body.split_at_checked(body.len().wrapping_sub(8)).ok_or_else(|| unreadable("ends early"))?;
    let plain = miniz_oxide::inflate::decompress_to_vec_with_limit(body, most)
        .map_err(|_| unreadable("is damaged or too long"))?;
    let word = |at: usize| trailer.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
    let length = u32::try_from(plain.len()).ok();
    if word(0) != Some(crc32(&plain)) || word(4) != length {
        return Err(unreadable("does not fit its check sum"));
    }
    Ok(plain)
}

/// What follows the header: deflated bytes, check sum, length.
fn deflated(packed: &[u8]) -> Option<&[u8]> {
    const HEADER_CRC: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    let (header, mut rest) = packed.split_at_checked(10)?;
    let flags = header[3];
    if header[..3] != [0x1f, 0x8b, 8] || flags & 0xe0 != 0 {
        return None;
    }
    if flags & EXTRA != 0 {
        let (length, after) = rest.split_at_checked(2)?;
        rest = after.get(usize::from(u16::from_le_bytes([length[0], length[1]]))..)?;
    }
    for flag in [NAME, COMMENT] {
        if flags & flag != 0 {
            let end = rest.iter().position(|byte| *byte == 0)?;
            rest = &rest[end + 1..];
        }
    }
    if flags & HEADER_CRC != 0 { rest.get(2..) } else { Some(rest) }
}

/// The check sum of gzip, bit by bit: answers are small, a table would be more than the sum.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf 'ödeme ödeme ödeme' | gzip -n | base64`
    const PACKED: &str = "H4sIAAAAAAAAAzu8LSU1N1XhMDIFAN7HDyIUAAAA";

    #[test]
    fn what_was_packed_is_unpacked() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        let packed = base64(PACKED).expect("Base64");
        assert_eq!(gunzip(&packed, 100).expect("gzip"), "ödeme ödeme ödeme".as_bytes());
        let mut named = packed.clone();
        named[3] = 8 | 4;
        named.splice(10..10, *b"\x02\x00xxname\x00");
        assert_eq!(gunzip(&named, 100).expect("gzip"), "ödeme ödeme ödeme".as_bytes());
    }

    #[test]
    fn damaged_and_oversized_answers_are_refused() {
        let packed = base64(PACKED).expect("Base64");
        assert!(gunzip(&packed, 19).is_err(), "longer than allowed");
        for end in 0..packed.len() {
            assert!(gunzip(&packed[..end], 100).is_err(), "cut at {end}");
        }
        for at in 10..packed.len() {
            let mut damaged = packed.clone();
            damaged[at] ^= 0x55;
            assert!(gunzip(&damaged, 100).is_err(), "damaged at {at}");
        }
        for bad in ["", "?", "H4sI", "AAAA"] {
            assert!(base64(bad).and_then(|bytes| gunzip(&bytes, 100)).is_err(), "{bad}");
        }
    }
}

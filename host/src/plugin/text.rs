//! Character sets and forms as Turkish banks use them.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1254};

/// The charset a content type names. `encoding_rs` follows the web's reading: ISO-8859-9 is windows-1254,
/// ISO-8859-1 is windows-1252; both agree with the standards on every printable letter.
pub(super) fn charset_of(content_type: Option<&str>) -> Option<&'static Encoding> {
    let content_type = content_type?;
    let label = content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    })?;
    Encoding::for_label(label.as_bytes())
}

/// Decodes bytes in the named charset, else UTF-8, else ISO-8859-9.
pub(super) fn decoded<'a>(content_type: Option<&str>, bytes: &'a [u8]) -> Cow<'a, str> {
    let encoding = charset_of(content_type)
        .unwrap_or_else(|| if std::str::from_utf8(bytes).is_ok() { UTF_8 } else { WINDOWS_1254 });
    encoding.decode_without_bom_handling(bytes).0
}

/// Decodes `a=b&c=d`. Percent escapes are bytes of the charset, so the charset is chosen from the decoded
/// bytes of the whole form, not field by field.
pub(super) fn form_decoded(content_type: Option<&str>, body: &[u8]) -> Vec<(String, String)> {
    let raw: Vec<(Vec<u8>, Vec<u8>)> = body
        .split(|&b| b == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let cut = pair.iter().position(|&b| b == b'=');
            let (name, value) = cut.map_or((pair, &[][..]), |cut| (&pair[..cut], &pair[cut + 1..]));
            (percent_decoded(name), percent_decoded(value))
        })
        .collect();
    let encoding = charset_of(content_type).unwrap_or_else(|| {
        let utf8 =
            raw.iter().all(|(name, value)| std::str::from_utf8(name).is_ok() && std::str::from_utf8(value).is_ok());
        if utf8 { UTF_8 } else { WINDOWS_1254 }
    });
    let text = |bytes: &[u8]| encoding.decode_without_bom_handling(bytes).0.into_owned();
    raw.iter().map(|(name, value)| (text(name), text(value))).collect()
}

fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text.iter().map(|&b| if b == b'+' { b' ' } else { b }).collect();
    percent_encoding::percent_decode(&spaced).collect()
}

/// At most `bytes_max` bytes, cut at a letter; an ellipsis beyond them shows that it was.
pub(super) fn cut(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let end = (0..=bytes_max).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_in_the_charset_it_was_sent_in() {
        let fields = |content_type, body: &[u8]| form_decoded(content_type, body);
        let one = |value: &str| vec![("ad".to_owned(), value.to_owned())];
        assert_eq!(fields(None, "ad=%C5%9Ei%C5%9Fli".as_bytes()), one("Şişli"));
        assert_eq!(fields(None, b"ad=%DEi%FEli"), one("Şişli"));
        assert_eq!(
            fields(Some("application/x-www-form-urlencoded; charset=ISO-8859-9"), b"ad=%DEi%FEli+A"),
            one("Şişli A")
        );
        assert_eq!(fields(Some("x; charset=\"utf-8\""), b"ad"), one(""));
        assert_eq!(fields(None, b""), vec![]);
    }

    #[test]
    fn a_text_is_cut_at_a_letter() {
        assert_eq!(cut("şişe", 3), "şi…");
        assert_eq!(cut("şişe", 100), "şişe");
    }
}

//! Posted forms, decoded as browsers send them.

use encoding_rs::WINDOWS_1254;
use percent_encoding::percent_decode;

/// All pairs in their order. Bytes that are no UTF-8 are taken for ISO-8859-9.
pub fn parse(body: &[u8]) -> Vec<(String, String)> {
    body.split(|b| *b == b'&')
        .filter(|p| !p.is_empty())
        .map(|pair| {
            let at = pair.iter().position(|b| *b == b'=').unwrap_or(pair.len());
            (decode(&pair[..at]), decode(pair.get(at + 1..).unwrap_or_default()))
        })
        .collect()
}

fn decode(raw: &[u8]) -> String {
    let spaced: Vec<u8> = raw.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect();
    let bytes: Vec<u8> = percent_decode(&spaced).collect();
    String::from_utf8(bytes).unwrap_or_else(|e| WINDOWS_1254.decode(e.as_bytes()).0.into_owned())
}

/// The first value of this name, or nothing.
pub fn value<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    fields.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v)
}

/// As a body.
pub fn encode(fields: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_character_sets_are_read() {
        let f = parse(b"a=%C5%9F+x&b=%FE&c&d=1%3D2");
        assert_eq!((value(&f, "a"), value(&f, "b"), value(&f, "c"), value(&f, "d")), ("ş x", "ş", "", "1=2"));
        assert_eq!(parse(encode(&f).as_bytes()), f);
    }
}

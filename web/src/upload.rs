//! Files that a form brings (`multipart/form-data`, RFC 7578), read whole and within a limit.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};

use crate::api::Fault;

/// Parts of a form at most: ours have a handful.
const PARTS_MAX: usize = 16;
/// What the lines around the files may take.
const FRAME_BYTES_MAX: usize = 64 << 10;

/// What a form brought.
#[derive(Debug, Default)]
pub struct Upload(Vec<(String, Bytes)>);

impl Upload {
    /// Reads a body with files of at most `bytes_max` bytes together.
    pub async fn read(headers: &HeaderMap, body: Body, bytes_max: usize) -> Result<Self, Fault> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let boundary = boundary(kind).ok_or_else(|| Fault::of(StatusCode::UNSUPPORTED_MEDIA_TYPE))?;
        let body = axum::body::to_bytes(body, bytes_max + FRAME_BYTES_MAX).await;
        let body = body.map_err(|_| Fault::of(StatusCode::PAYLOAD_TOO_LARGE))?;
        parts(&body, &boundary).map(Self).ok_or_else(|| Fault::of(StatusCode::BAD_REQUEST))
    }

    /// The file of a field; none where nothing was chosen, which browsers send as an empty file.
    pub fn file(&self, name: &str) -> Option<Bytes> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, file)| file.clone()).filter(|file| !file.is_empty())
    }
}

fn boundary(kind: &str) -> Option<String> {
    let (kind, parameters) = kind.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
    })?;
    (1..=70).contains(&boundary.len()).then(|| boundary.to_owned())
}

/// Names and contents; none where the body is not what its header says.
fn parts(body: &Bytes, boundary: &str) -> Option<Vec<(String, Bytes)>> {
    let mark = format!("\r\n--{boundary}");
    // The first mark stands at the very beginning, without a line before it.
    let mut at = body.strip_prefix(mark[2..].as_bytes()).map(|_| mark.len() - 2)?;
    let mut parts = Vec::new();
    while parts.len() < PARTS_MAX {
        let rest = &body[at..];
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        let head_at = at + rest.strip_prefix(b"\r\n").map(|_| 2)?;
        let head_length = find(&body[head_at..], b"\r\n\r\n")?;
        let head = std::str::from_utf8(&body[head_at..head_at + head_length]).ok()?;
        let content_at = head_at + head_length + 4;
        let length = find(&body[content_at..], mark.as_bytes())?;
        if let Some(name) = field_name(head) {
            parts.push((name, body.slice(content_at..content_at + length)));
        }
        at = content_at + length + mark.len();
    }
    None
}

fn field_name(head: &str) -> Option<String> {
    let line = head
        .split("\r\n")
        .find(|line| line.get(..20).is_some_and(|name| name.eq_ignore_ascii_case("content-disposition:")))?;
    line.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        (name.trim() == "name").then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// Where a text begins; looked for by its first byte, for a component has megabytes.
fn find(bytes: &[u8], text: &[u8]) -> Option<usize> {
    let (first, mut from) = (*text.first()?, 0);
    while let Some(found) = bytes[from..].iter().position(|byte| *byte == first) {
        if bytes[from + found..].starts_with(text) {
            return Some(from + found);
        }
        from += found + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Option<Vec<(String, Bytes)>> {
        parts(&Bytes::from(body.to_owned()), "XX")
    }

    #[test]
    fn files_come_as_they_were() {
        let body = "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a;b.wasm\"\r\nContent-Type: application/wasm\r\n\r\n\0asm\r\n--X\r\n--XX\r\ncontent-disposition: form-data; name=\"signature\"; filename=\"\"\r\n\r\n\r\n--XX--\r\n";
        let upload = Upload(read(body).expect("a good body"));
        assert_eq!(upload.file("file").as_deref(), Some(&b"\0asm\r\n--X"[..]));
        assert_eq!(upload.file("signature"), None, "nothing was chosen");
        assert_eq!(upload.file("other"), None);
    }

    #[test]
    fn what_is_no_form_is_refused() {
        for body in
            ["", "--XX", "--XX\r\n", "--YY--", "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\nnever ended"]
        {
            assert!(read(body).is_none(), "{body:?}");
        }
        assert_eq!(boundary("multipart/form-data; boundary=XX").as_deref(), Some("XX"));
        assert_eq!(boundary("multipart/form-data; charset=utf-8; boundary=\"X X\"").as_deref(), Some("X X"));
        assert!(boundary("text/plain; boundary=XX").is_none() && boundary("multipart/form-data").is_none());
    }
}

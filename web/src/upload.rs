//! Files that a form brings (`multipart/form-data`, RFC 7578), read whole and within a limit.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use multer::{Constraints, Multipart, SizeLimit};

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
        let boundary = multer::parse_boundary(kind).map_err(|_| Fault::of(StatusCode::UNSUPPORTED_MEDIA_TYPE))?;
        let limit = SizeLimit::new().whole_stream((bytes_max + FRAME_BYTES_MAX) as u64);
        let limits = Constraints::new().size_limit(limit);
        let mut form = Multipart::with_constraints(body.into_data_stream(), boundary, limits);
        let mut parts = Vec::new();
        while let Some(part) = form.next_field().await.map_err(|error| fault(&error))? {
            if parts.len() == PARTS_MAX {
                return Err(Fault::of(StatusCode::BAD_REQUEST));
            }
            let name = part.name().unwrap_or_default().to_owned();
            parts.push((name, part.bytes().await.map_err(|error| fault(&error))?));
        }
        Ok(Self(parts))
    }

    /// The file of a field; none where nothing was chosen, which browsers send as an empty file.
    pub fn file(&self, name: &str) -> Option<Bytes> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, file)| file.clone()).filter(|file| !file.is_empty())
    }
}

fn fault(error: &multer::Error) -> Fault {
    Fault::of(match error {
        multer::Error::StreamSizeExceeded { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::BAD_REQUEST,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(kind: &str, body: &str) -> Result<Upload, u16> {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, kind.parse().expect("a header"))]);
        Upload::read(&headers, Body::from(body.to_owned()), 1 << 10).await.map_err(|fault| fault.status)
    }

    #[tokio::test]
    async fn files_come_as_they_were() {
        let body = "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a;b.wasm\"\r\nContent-Type: application/wasm\r\n\r\n\0asm\r\n--X\r\n--XX\r\ncontent-disposition: form-data; name=\"signature\"; filename=\"\"\r\n\r\n\r\n--XX--\r\n";
        let upload = read("multipart/form-data; boundary=XX", body).await.expect("a good body");
        assert_eq!(upload.file("file").as_deref(), Some(&b"\0asm\r\n--X"[..]));
        assert_eq!(upload.file("signature"), None, "nothing was chosen");
        assert_eq!(upload.file("other"), None);
    }

    #[tokio::test]
    async fn what_is_no_form_is_refused() {
        let kind = "multipart/form-data; boundary=XX";
        for body in
            ["", "--XX", "--XX\r\n", "--YY--", "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\nnever ended"]
        {
            assert_eq!(read(kind, body).await.err(), Some(400), "{body:?}");
        }
        for kind in ["text/plain; boundary=XX", "multipart/form-data"] {
            assert_eq!(read(kind, "--XX--").await.err(), Some(415), "{kind}");
        }
        let long =
            format!("--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n{}\r\n--XX--\r\n", "a".repeat(70 << 10));
        assert_eq!(read(kind, &long).await.err(), Some(413));
    }
}

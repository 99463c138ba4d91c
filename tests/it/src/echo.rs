//! A careless bank: it answers every request with the request itself, each time in another form.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio::net::TcpListener;

/// In how many forms it answers before it begins again.
pub const FORMS: usize = 8;

/// The bank, until it is dropped.
pub struct Echo {
    pub url: String,
    task: tokio::task::JoinHandle<()>,
    asked: Arc<AtomicUsize>,
}

impl Echo {
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let asked = Arc::new(AtomicUsize::new(0));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&asked));
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                eprintln!("the echo ended: {error}");
            }
        });
        Ok(Self { url, task, asked })
    }

    /// How many requests it was sent.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(asked): State<Arc<AtomicUsize>>, body: Bytes) -> Response {
    let form = asked.fetch_add(1, Ordering::SeqCst) % FORMS;
    let sent = String::from_utf8_lossy(&body).into_owned();
    // The request's XML without the form around it.
    let opened = form_urlencoded::parse(&body).map(|(_, value)| value.into_owned()).collect::<Vec<_>>().join("\n");
    let escaped = opened.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let (status, kind, text) = match form {
        0 => (200, "text/xml", declined(&escaped)),
        1 => (200, "text/xml", declined(&grouped(&escaped, "-"))),
        2 => (200, "text/xml", declined(&BASE64_STANDARD.encode(&opened))),
        3 => (500, "text/html", format!("<html><body><h1>Sistem hatası</h1><pre>{escaped}</pre></body></html>")),
        4 => (502, "text/html", format!("<html><body>{}</body></html>", grouped(&escaped, " "))),
        5 => (200, "text/xml", opened),
        6 => (200, "application/x-www-form-urlencoded", sent),
        _ => (200, "text/plain", hex::encode(&body)),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, kind)], text).into_response()
}

fn declined(message: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><CC5Response><OrderId></OrderId><Response>Declined</Response>\
         <ProcReturnCode>05</ProcReturnCode><ErrMsg>{message}</ErrMsg></CC5Response>"
    )
}

/// The text with every number of 16 digits in groups of four.
fn grouped(text: &str, joint: &str) -> String {
    let mut out = String::new();
    let mut digits = String::new();
    for letter in text.chars().chain(['\0']) {
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        if digits.len() == 16 {
            let groups: Vec<&str> = (0..16).step_by(4).map(|at| &digits[at..at + 4]).collect();
            out.push_str(&groups.join(joint));
        } else {
            out.push_str(&digits);
        }
        digits.clear();
        if letter != '\0' {
            out.push(letter);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_grouped_and_the_rest_stays() {
        assert_eq!(grouped("a 1234567812345678 12 b", "-"), "a 1234-5678-1234-5678 12 b");
        assert_eq!(grouped("1234567812345678", " "), "1234 5678 1234 5678");
    }
}

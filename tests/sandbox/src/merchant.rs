//! A merchant and a payer at the bank's router, in process: what the families' tests have in common.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use tower::ServiceExt;

use crate::bank::Bank;

/// A request with a form, or with a document that is sent as one.
pub fn form_request(method: &str, path: &str, body: String) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    request.body(Body::from(body)).expect("a request")
}

/// Status, where it leads, and body.
pub async fn exchange(bank: &Bank, request: Request<Body>) -> (StatusCode, String, Vec<u8>) {
    let response = crate::router(bank.clone()).oneshot(request).await.expect("an answer");
    let status = response.status();
    let location = response.headers().get(header::LOCATION).map(|at| at.to_str().expect("ascii").to_owned());
    // A body that breaks off was ordered to.
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap_or_default();
    (status, location.unwrap_or_default(), body.to_vec())
}

/// Text of a page in UTF-8, or of an interface in the Turkish code page.
pub fn text(body: Vec<u8>) -> String {
    String::from_utf8(body).unwrap_or_else(|error| encoding_rs::WINDOWS_1254.decode(error.as_bytes()).0.into_owned())
}

/// Posts a form and follows redirects, as a browser does; returns the last path and its page.
pub async fn visit(bank: &Bank, path: &str, form: String) -> (String, String) {
    let mut path = path.to_owned();
    let (mut status, mut at, mut body) = exchange(bank, form_request("POST", &path, form)).await;
    while status == StatusCode::SEE_OTHER {
        path = at;
        (status, at, body) = exchange(bank, form_request("GET", &path, String::new())).await;
    }
    (path, text(body))
}

/// The address and the hidden fields of a page that posts itself.
pub fn posted(page: &str) -> (String, Vec<(String, String)>) {
    let attribute = |text: &str, name: &str| {
        let value = text.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("");
        value
            .replace("&#39;", "'")
            .replace("&quot;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
    };
    let inputs = page.split("<input type=\"hidden\"").skip(1);
    (attribute(page, "action"), inputs.map(|input| (attribute(input, "name"), attribute(input, "value"))).collect())
}

/// The text of the first element of this name; empty where there is none.
pub fn tag<'a>(xml: &'a str, name: &str) -> &'a str {
    xml.split(&format!("<{name}>")).nth(1).and_then(|rest| rest.split("</").next()).unwrap_or("")
}

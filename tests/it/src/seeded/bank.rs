//! The sandbox bank without a socket: a request is answered while the caller waits, and takes no time.

use anyhow::{Context, Result};
use axum::Router;
use axum::body::{Body, to_bytes};
use tower::ServiceExt;
use vezne::plugin::Response;
use vezne_sandbox::nestpay::hash;
use vezne_sandbox::{Options, OrderView};

/// The demo store's key; whoever has it can sign any form.
const STORE_KEY: &str = "TRPS0200";
/// No visit has more pages.
const PAGES_MAX: usize = 6;
/// No page is longer.
const PAGE_BYTES_MAX: usize = 1 << 20;

/// The bank and its pages.
pub struct Bank {
    pub desk: vezne_sandbox::Bank,
    router: Router,
}

/// What the payer's browser carries back to us.
#[derive(Debug, Clone)]
pub struct Returned {
    pub fields: Vec<(String, String)>,
}

impl Bank {
    pub fn open() -> Result<Self> {
        let desk = vezne_sandbox::Bank::new(Options::default())?;
        let router = vezne_sandbox::router(desk.clone());
        Ok(Self { desk, router })
    }

    /// One request and its answer.
    pub async fn ask(&self, method: &str, path: &str, headers: &[(String, String)], body: Vec<u8>) -> Result<Response> {
        let mut request = http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(body))?;
        let answer = self.router.clone().oneshot(request).await?;
        let (head, body) = answer.into_parts();
        let headers = head.headers.iter();
        let headers = headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()));
        let headers = headers.collect();
        // A body that breaks off was ordered to.
        let body = to_bytes(body, PAGE_BYTES_MAX).await.unwrap_or_default().to_vec();
        Ok(Response { status: head.status.as_u16(), headers, body, truncated: false })
    }

    /// A payer goes through the bank's 3-D pages. Nothing where they do not lead back to us.
    pub async fn visit(&self, action: &str, form: &[(String, String)]) -> Result<Option<Returned>> {
        let path = path_of(action);
        let mut answer = self.post(path, form).await?;
        for _ in 0..PAGES_MAX {
            let Some(next) = answer.header("location").map(|location| path_of(location).to_owned()) else {
                return Ok(returned(&String::from_utf8_lossy(&answer.body)));
            };
            answer = if next.starts_with("/acs/") {
                let code = [("code", self.desk.one_time_code()), ("action", "confirm")];
                self.post(&next, &code.map(|(name, value)| (name.to_owned(), value.to_owned()))).await?
            } else {
                self.ask("GET", &next, &[], Vec::new()).await?
            };
        }
        anyhow::bail!("the bank's pages have no end")
    }

    async fn post(&self, path: &str, form: &[(String, String)]) -> Result<Response> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let kind = [("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
        self.ask("POST", path, &kind, body.into_bytes()).await.context("a page of the bank")
    }

    pub fn orders(&self) -> Vec<OrderView> {
        self.desk.orders()
    }
}

/// The gate's form with another amount, signed by somebody who has stolen the store's key.
pub fn tampered(form: &[(String, String)], amount: &str) -> Vec<(String, String)> {
    let mut form = form.to_vec();
    for (name, value) in &mut form {
        if name == "amount" {
            amount.clone_into(value);
        }
    }
    let signature = hash::ver3(&form, STORE_KEY);
    for (name, value) in &mut form {
        if name.eq_ignore_ascii_case("hash") {
            signature.clone_into(value);
        }
    }
    form
}

fn path_of(address: &str) -> &str {
    let bare = address.split_once("://").map_or(address, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
    bare.split('?').next().unwrap_or(bare)
}

/// The hidden fields of the page that posts itself back to the merchant.
fn returned(page: &str) -> Option<Returned> {
    let attribute = |text: &str, name: &str| {
        let value = text.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("");
        let plain = value.replace("&#39;", "'").replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">");
        plain.replace("&amp;", "&")
    };
    let inputs = page.split("<input type=\"hidden\"").skip(1);
    let fields: Vec<_> = inputs.map(|input| (attribute(input, "name"), attribute(input, "value"))).collect();
    (!fields.is_empty()).then_some(Returned { fields })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_their_origin() {
        assert_eq!(path_of("http://127.0.0.1:9/fim/api?x=1"), "/fim/api");
        assert_eq!(path_of("/acs/7"), "/acs/7");
    }

    #[test]
    fn a_page_that_posts_itself_is_read() {
        let page = "<form action=\"http://x/cb\"><input type=\"hidden\" name=\"oid\" value=\"A&amp;B\"></form>";
        assert_eq!(returned(page).expect("fields").fields, [("oid".to_owned(), "A&B".to_owned())]);
        assert!(returned("<p>closed</p>").is_none());
    }
}

//! The public API, called in process: the same router a program reaches over the network, with the caller's own
//! cookie. The portal has no other way to anything.

use axum::{Router, body::Body, response::Response};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use serde::{Serialize, de::DeserializeOwned};
use tower::ServiceExt;
use vezne_api::{FieldError, Problem};

/// The largest answer the portal reads: a list of 200 rows is a tenth of it.
const ANSWER_BYTES_MAX: usize = 4 << 20;

/// A call that did not succeed, as far as a page needs to know it.
#[derive(Clone, Debug, Default)]
pub struct Fault {
    /// HTTP status.
    pub status: u16,
    /// For programs: `not_found`, `invalid`, …
    pub code: String,
    /// For people, in the language asked for.
    pub detail: Option<String>,
    /// What support asks for.
    pub request_id: Option<String>,
    /// What is wrong with what was sent, field by field.
    pub errors: Vec<FieldError>,
}

impl Fault {
    /// A fault of a bare status.
    pub fn of(status: StatusCode) -> Self {
        Self { status: status.as_u16(), code: status.as_str().to_owned(), ..Self::default() }
    }

    /// What is wrong with the field at a JSON pointer.
    pub fn at(&self, pointer: &str) -> Option<String> {
        self.errors.iter().find(|e| e.pointer == pointer).map(|e| e.detail.clone())
    }

    /// Whether the caller can mend it by typing something else.
    pub fn is_about_input(&self) -> bool {
        matches!(self.status, 400 | 409 | 412 | 415 | 422)
    }
}

/// Who calls: taken from the browser's request and passed on unchanged.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    headers: HeaderMap,
}

/// What the API needs to know of the browser: its session, where a form came from, and which request this is.
const PASSED_ON: [&str; 6] = ["cookie", "host", "user-agent", "x-request-id", "x-forwarded-for", "x-forwarded-proto"];

impl Caller {
    /// The caller behind a browser's request.
    pub fn new(headers: &HeaderMap, language: &'static str) -> Self {
        let mut kept = HeaderMap::new();
        for name in PASSED_ON {
            if let Some(value) = headers.get(name) {
                kept.insert(name, value.clone());
            }
        }
        kept.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(language));
        // A page that is only looked at comes without an origin, yet may ask for a quote. The calls are the portal's own,
        // and forms of other sites were refused before any page ran (`layer`), so the origin is this place.
        let own = kept
            .get(header::HOST)
            .and_then(|host| HeaderValue::from_str(&format!("https://{}", host.to_str().ok()?)).ok());
        if let Some(own) = own {
            kept.insert(header::ORIGIN, own);
        }
        Self { headers: kept }
    }
}

/// The API router.
#[derive(Clone)]
pub struct Api(Router);

impl Api {
    /// Wraps the router.
    pub fn new(router: Router) -> Self {
        Self(router)
    }

    /// `GET`, read as `T`.
    pub async fn get<T: DeserializeOwned>(&self, caller: &Caller, path: &str) -> Result<T, Fault> {
        let request = request(caller, Method::GET, path, None, Body::empty());
        read(self.call(request).await?).await
    }

    /// `POST` of JSON, read as `T`.
    pub async fn post<B: Serialize, T: DeserializeOwned>(
        &self,
        caller: &Caller,
        path: &str,
        key: Option<&str>,
        body: &B,
    ) -> Result<T, Fault> {
        self.write(caller, Method::POST, path, key.map(|k| ("idempotency-key", k.to_owned())), body).await
    }

    /// `POST` of a file, read as `T`. `more` is a header that goes with it.
    pub async fn upload<T: DeserializeOwned>(
        &self,
        caller: &Caller,
        path: &str,
        kind: &'static str,
        more: Option<(&'static str, String)>,
        file: bytes::Bytes,
    ) -> Result<T, Fault> {
        let mut request = request(caller, Method::POST, path, more, Body::from(file));
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        read(self.call(request).await?).await
    }

    /// `PATCH` of JSON with the version it changes.
    pub async fn patch<B: Serialize, T: DeserializeOwned>(
        &self,
        caller: &Caller,
        path: &str,
        version: i64,
        body: &B,
    ) -> Result<T, Fault> {
        self.write(caller, Method::PATCH, path, Some(("if-match", format!("\"{version}\""))), body).await
    }

    /// `POST` of JSON with the version it follows, read as `T`.
    pub async fn post_at<B: Serialize, T: DeserializeOwned>(
        &self,
        caller: &Caller,
        path: &str,
        version: i64,
        body: &B,
    ) -> Result<T, Fault> {
        self.write(caller, Method::POST, path, Some(("if-match", format!("\"{version}\""))), body).await
    }

    /// `DELETE`, with nothing to read.
    pub async fn delete(&self, caller: &Caller, path: &str) -> Result<(), Fault> {
        let request = request(caller, Method::DELETE, path, None, Body::empty());
        self.call(request).await.map(|_| ())
    }

    async fn write<B: Serialize, T: DeserializeOwned>(
        &self,
        caller: &Caller,
        method: Method,
        path: &str,
        more: Option<(&'static str, String)>,
        body: &B,
    ) -> Result<T, Fault> {
        let body = serde_json::to_vec(body).map_err(|_| Fault::of(StatusCode::INTERNAL_SERVER_ERROR))?;
        let request = request(caller, method, path, more, Body::from(body));
        read(self.call(request).await?).await
    }

    async fn call(&self, request: Request<Body>) -> Result<Response, Fault> {
        let response = self.0.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let request_id = response.headers().get("x-request-id").and_then(|v| v.to_str().ok()).map(str::to_owned);
        match read::<Problem>(response).await {
            Ok(problem) => Err(Fault {
                status: status.as_u16(),
                code: problem.code,
                detail: problem.detail.or(Some(problem.title)),
                request_id: Some(problem.request_id),
                errors: problem.errors,
            }),
            Err(_) => Err(Fault { request_id, ..Fault::of(status) }),
        }
    }
}

fn request(
    caller: &Caller,
    method: Method,
    path: &str,
    more: Option<(&'static str, String)>,
    body: Body,
) -> Request<Body> {
    let unsafe_method = method != Method::GET;
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().unwrap_or_default();
    *request.headers_mut() = caller.headers.clone();
    let headers = request.headers_mut();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    if unsafe_method {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // A form of another site cannot set it; the API asks for it beside the origin.
        headers.insert("x-vezne-portal", HeaderValue::from_static("1"));
    }
    if let Some((name, value)) = more
        && let Ok(value) = HeaderValue::from_str(&value)
    {
        headers.insert(name, value);
    }
    request
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<T, Fault> {
    let request_id = response.headers().get("x-request-id").and_then(|v| v.to_str().ok()).map(str::to_owned);
    let broken = |what: &str| {
        tracing::error!(what, "the portal could not read an answer of the API");
        Fault { request_id: request_id.clone(), ..Fault::of(StatusCode::INTERNAL_SERVER_ERROR) }
    };
    let body =
        Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await.map_err(|e| broken(&e.to_string()))?;
    let bytes = body.to_bytes();
    // An answer without content stands for “nothing”, as a 204 gives it.
    let bytes = if bytes.is_empty() { bytes::Bytes::from_static(b"null") } else { bytes };
    serde_json::from_slice(&bytes).map_err(|e| broken(&e.to_string()))
}

/// A path with a query, each value escaped.
pub fn path(base: &str, query: &[(&str, &str)]) -> String {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    for (name, value) in query.iter().filter(|(_, value)| !value.is_empty()) {
        pairs.append_pair(name, value);
    }
    let query = pairs.finish();
    if query.is_empty() { base.to_owned() } else { format!("{base}?{query}") }
}

/// A segment of a path, escaped, so that what a browser asks for cannot name another endpoint.
pub fn segment(id: &str) -> String {
    percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC)
        .to_string()
        .replace("%5F", "_")
        .replace("%2D", "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_escaped() {
        assert_eq!(path("/v1/payments", &[("q", "a&b"), ("cursor", "")]), "/v1/payments?q=a%26b");
        assert_eq!(segment("pay_01/../x"), "pay_01%2F%2E%2E%2Fx");
    }
}

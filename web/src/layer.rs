//! What stands around every page: the visit, the same-origin rule for forms, the headers, and faults as pages.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderValue, Method, StatusCode, header};

use crate::{
    Portal,
    api::Fault,
    page,
    text::Locale,
    visit::{LANGUAGE_COOKIE, Visit},
};

impl IntoResponse for Fault {
    /// A handler may end with a fault; [`around`] turns it into a page in the visitor's language.
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The layer.
pub async fn around(State(portal): State<Portal>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let visit = Visit::new(portal, &parts);
    let from_elsewhere = !matches!(parts.method, Method::GET | Method::HEAD) && !is_same_origin(&parts.headers);
    parts.extensions.insert(visit.clone());
    let mut response = if from_elsewhere {
        Fault::of(StatusCode::FORBIDDEN).into_response()
    } else {
        next.run(Request::from_parts(parts, body)).await
    };
    if let Some(fault) = response.extensions_mut().remove::<Fault>() {
        response = if fault.status == 401 {
            Redirect::to(&visit.sign_in_address()).into_response()
        } else {
            page::trouble::page(&visit, &fault).await
        };
    }
    headers(&visit, &mut response);
    response
}

/// Whether a form was sent by a page of ours. Browsers that say nothing of the fetch site send an origin with a form.
fn is_same_origin(headers: &http::HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    match (text("sec-fetch-site"), text("origin"), text("host")) {
        (Some(site), ..) => site == "same-origin",
        (None, Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, o)| o == host),
        _ => false,
    }
}

fn headers(visit: &Visit, response: &mut Response) {
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{}'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        visit.nonce()
    );
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Same-origin, not none: forms must carry their origin, or nobody could tell them from another site's.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let chosen = Locale::from_code(visit.query("lang"));
    if let Some(cookie) = chosen.and_then(|l| preference(visit, LANGUAGE_COOKIE, l.code())) {
        headers.append(header::SET_COOKIE, cookie);
    }
}

/// A cookie that keeps a preference for a year.
pub fn preference(visit: &Visit, name: &str, value: &str) -> Option<HeaderValue> {
    let secure = if visit.portal().options().secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax{secure}")).ok()
}

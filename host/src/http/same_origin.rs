//! A request that changes something and rides on a cookie must come from a page of ours (ASVS 3.5).

use http::{HeaderMap, Method, header};

use super::error::{Error, Result};
use super::extract::is_unsafe;

/// Our own header: a form of another site cannot set it.
pub const PORTAL: &str = "x-vezne-portal";

/// Refuses a request from elsewhere. Browsers say where it comes from (`Sec-Fetch-Site`); older ones and
/// the portal's calls in process name the origin.
pub fn check(method: &Method, headers: &HeaderMap) -> Result<()> {
    if !is_unsafe(method) {
        return Ok(());
    }
    origin(headers)?;
    if headers.contains_key(PORTAL) || is_form(headers) { Ok(()) } else { Err(Error::Forbidden("cross_site")) }
}

/// The origin part alone: for forms of people who have not signed in yet.
pub fn origin(headers: &HeaderMap) -> Result<()> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST.as_str());
    let of_origin = |origin: &str| {
        let place = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        place.is_some() && place == host
    };
    let ours = match (text("sec-fetch-site"), text(header::ORIGIN.as_str())) {
        (Some(site), None) => site == "same-origin",
        (Some(site), Some(origin)) => site == "same-origin" && of_origin(origin),
        (None, Some(origin)) => of_origin(origin),
        (None, None) => false,
    };
    if ours { Ok(()) } else { Err(Error::Forbidden("cross_site")) }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.starts_with("application/x-www-form-urlencoded")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, http::HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn only_our_own_pages_may_change_anything() {
        let host = ("host", "vezne.example");
        let form = ("content-type", "application/x-www-form-urlencoded");
        let ours = ("origin", "https://vezne.example");
        let portal = (PORTAL, "1");
        for (pairs, allowed) in [
            (vec![host, form, ours], true),
            (vec![host, portal, ours], true),
            (vec![host, form, ("sec-fetch-site", "same-origin")], true),
            (vec![host, form], false),
            (vec![host, ours], false),
            (vec![host, portal], false),
            (vec![host, form, ("origin", "null")], false),
            (vec![host, form, ("origin", "https://evil.example")], false),
            (vec![host, form, ("origin", "https://vezne.example.evil.example")], false),
            (vec![host, form, ("sec-fetch-site", "same-site")], false),
            (vec![host, form, ("sec-fetch-site", "none")], false),
            (vec![host, portal, ("sec-fetch-site", "cross-site"), ours], false),
            (vec![host, form, ("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")], false),
            (vec![form, ours], false),
        ] {
            assert_eq!(check(&Method::POST, &headers(&pairs)).is_ok(), allowed, "{pairs:?}");
            assert!(check(&Method::GET, &headers(&pairs)).is_ok());
        }
    }
}

//! One visit of a page: who asks, in which language and theme, and what was sent.

use std::sync::{Arc, OnceLock};

use axum::{
    body::Body,
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, StatusCode, Uri, header, request::Parts};
use jiff::{Timestamp, tz::TimeZone};
use serde::{Serialize, de::DeserializeOwned};
use vezne_api::{Me, Permission};

use crate::{
    Portal,
    api::{Caller, Fault, path as path_of},
    format,
    text::Locale,
};

/// Cookie with the language.
pub const LANGUAGE_COOKIE: &str = "vezne_lang";
/// Cookie with the theme; written by the portal's script too.
pub const THEME_COOKIE: &str = "vezne_theme";

/// Light, dark, or as the device is set. The values are those of `tokens.css`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// `acik`
    Light,
    /// `koyu`
    Dark,
    /// `sistem`
    #[default]
    System,
}

impl Theme {
    /// In the order of the switch.
    pub const ALL: [Self; 3] = [Self::Light, Self::Dark, Self::System];

    /// The value of its radio button.
    pub fn value(self) -> &'static str {
        match self {
            Self::Light => "acik",
            Self::Dark => "koyu",
            Self::System => "sistem",
        }
    }

    fn from_value(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.value() == value)
    }
}

/// A visit. Made once per request, cheap to clone.
#[derive(Clone)]
pub struct Visit(Arc<Inner>);

struct Inner {
    portal: Portal,
    caller: Caller,
    locale: Locale,
    theme: Theme,
    uri: Uri,
    query: Vec<(String, String)>,
    nonce: String,
    now: Timestamp,
    me: OnceLock<Me>,
}

impl Visit {
    /// Reads what a page needs of a request.
    pub fn new(portal: Portal, parts: &Parts) -> Self {
        let query: Vec<(String, String)> =
            form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let asked = query.iter().find(|(name, _)| name == "lang").and_then(|(_, value)| Locale::from_code(value));
        let locale = asked
            .or_else(|| cookie(&parts.headers, LANGUAGE_COOKIE).and_then(Locale::from_code))
            .or_else(|| {
                let header = parts.headers.get(header::ACCEPT_LANGUAGE)?;
                Locale::from_accept_language(header.to_str().ok()?)
            })
            .unwrap_or_default();
        let theme = cookie(&parts.headers, THEME_COOKIE).and_then(Theme::from_value).unwrap_or_default();
        Self(Arc::new(Inner {
            caller: Caller::new(&parts.headers, locale.code()),
            now: (portal.options().now)(),
            portal,
            locale,
            theme,
            uri: parts.uri.clone(),
            query,
            nonce: nonce(),
            me: OnceLock::new(),
        }))
    }

    /// The language.
    pub fn t(&self) -> Locale {
        self.0.locale
    }
    /// The theme.
    pub fn theme(&self) -> Theme {
        self.0.theme
    }
    /// The portal this is a visit of.
    pub fn portal(&self) -> &Portal {
        &self.0.portal
    }
    /// What a script must carry to run.
    pub fn nonce(&self) -> &str {
        &self.0.nonce
    }
    /// When.
    pub fn now(&self) -> Timestamp {
        self.0.now
    }
    /// The path asked for.
    pub fn path(&self) -> &str {
        self.0.uri.path()
    }

    /// A value of the query; empty where there is none.
    pub fn query(&self, name: &str) -> &str {
        self.0.query.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    /// All values of a name that may come several times.
    pub fn query_all(&self, name: &str) -> Vec<String> {
        self.0.query.iter().filter(|(n, _)| n == name).map(|(_, value)| value.clone()).collect()
    }

    /// This page again, with some values of its query changed; an empty value goes.
    pub fn here_with(&self, changes: &[(&str, &str)]) -> String {
        let kept = self.0.query.iter().filter(|(n, _)| n != "lang" && !changes.iter().any(|(c, _)| c == n));
        let pairs: Vec<(&str, &str)> =
            kept.map(|(n, v)| (n.as_str(), v.as_str())).chain(changes.iter().copied()).collect();
        path_of(self.path(), &pairs)
    }

    /// `GET` of the API.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Fault> {
        self.0.portal.api().get(&self.0.caller, path).await
    }

    /// `POST` to the API.
    pub async fn post<B: Serialize, T: DeserializeOwned>(
        &self,
        path: &str,
        key: Option<&str>,
        body: &B,
    ) -> Result<T, Fault> {
        self.0.portal.api().post(&self.0.caller, path, key, body).await
    }

    /// `POST` of a file to the API.
    pub async fn upload<T: DeserializeOwned>(
        &self,
        path: &str,
        kind: &'static str,
        more: Option<(&'static str, String)>,
        file: bytes::Bytes,
    ) -> Result<T, Fault> {
        self.0.portal.api().upload(&self.0.caller, path, kind, more, file).await
    }

    /// `PATCH` to the API.
    pub async fn patch<B: Serialize, T: DeserializeOwned>(
        &self,
        path: &str,
        version: i64,
        body: &B,
    ) -> Result<T, Fault> {
        self.0.portal.api().patch(&self.0.caller, path, version, body).await
    }

    /// `POST` to the API with the version it follows.
    pub async fn post_at<B: Serialize, T: DeserializeOwned>(
        &self,
        path: &str,
        version: i64,
        body: &B,
    ) -> Result<T, Fault> {
        self.0.portal.api().post_at(&self.0.caller, path, version, body).await
    }

    /// `DELETE` to the API.
    pub async fn delete(&self, path: &str) -> Result<(), Fault> {
        self.0.portal.api().delete(&self.0.caller, path).await
    }

    /// Who is signed in; asked once per visit.
    pub async fn sign_in_needed(&self) -> Result<&Me, Fault> {
        if let Some(me) = self.0.me.get() {
            return Ok(me);
        }
        let me = self.get("/v1/me").await?;
        Ok(self.0.me.get_or_init(|| me))
    }

    /// Who is signed in, where that was asked before.
    pub fn me(&self) -> Option<&Me> {
        self.0.me.get()
    }

    /// Whether the one signed in may do something somewhere.
    pub fn may(&self, permission: Permission) -> bool {
        self.me().is_some_and(|me| me.permissions.contains(&permission))
    }

    /// The firm's zone.
    pub fn zone(&self) -> TimeZone {
        format::zone(self.me().map_or("Europe/Istanbul", |me| &me.zone))
    }

    /// `20.11.2026 14:05` of an instant of the API.
    pub fn date_time(&self, at: &str) -> String {
        at.parse().map_or_else(|_| at.to_owned(), |at| format::date_time(at, &self.zone()))
    }

    /// `20.11 14:05` of an instant of the API.
    pub fn date_time_short(&self, at: &str) -> String {
        at.parse().map_or_else(|_| at.to_owned(), |at| format::date_time_short(at, &self.zone()))
    }

    /// `14:04:02,371` of an instant of the API.
    pub fn time_exact(&self, at: &str) -> String {
        at.parse().map_or_else(|_| at.to_owned(), |at| format::time_exact(at, &self.zone()))
    }

    /// `14:04:02` of an instant of the API.
    pub fn time(&self, at: &str) -> String {
        at.parse().map_or_else(|_| at.to_owned(), |at| format::time(at, &self.zone()))
    }

    /// Where to go after signing in.
    pub fn sign_in_address(&self) -> String {
        let here = self.here_with(&[]);
        path_of("/sign-in", &[("next", if here == "/" { "" } else { &here })])
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        // Put there by the layer around all pages, which also needs it after the page ran.
        parts.extensions.get::<Self>().cloned().ok_or_else(|| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    }
}

/// A cookie of a request.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().split_once('=').filter(|(n, _)| *n == name).map(|(_, value)| value))
}

/// 128 bits nobody can guess, as text: script nonces and idempotency keys.
pub fn nonce() -> String {
    let mut bytes = [0_u8; 16];
    if getrandom::fill(&mut bytes).is_err() {
        // Without randomness no script runs and no form is accepted, which is the safe side.
        tracing::error!("the system gives no random bytes");
        return String::new();
    }
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What a form sent, in order; names may come several times.
pub struct Sent(Vec<(String, String)>);

impl Sent {
    /// A value; empty where there is none. Blanks around it are typing, not meaning.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.trim())
    }

    /// The value, where there is one.
    pub fn some(&self, name: &str) -> Option<String> {
        Some(self.get(name)).filter(|v| !v.is_empty()).map(str::to_owned)
    }

    /// All values of a name.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(n, _)| n == name).map(|(_, value)| value.clone()).collect()
    }

    /// All pairs whose name starts so, without that start.
    pub fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(n, v)| Some((n.strip_prefix(prefix)?, v.trim())))
    }

    /// Reads a form body.
    pub async fn read(body: Body) -> Result<Self, Fault> {
        let bytes =
            axum::body::to_bytes(body, FORM_BYTES_MAX).await.map_err(|_| Fault::of(StatusCode::PAYLOAD_TOO_LARGE))?;
        Ok(Self(form_urlencoded::parse(&bytes).into_owned().collect()))
    }

    /// A form that nothing was sent with.
    pub fn nothing() -> Self {
        Self(Vec::new())
    }
}

/// The largest form: settings of a POS account are a few kilobytes.
const FORM_BYTES_MAX: usize = 64 << 10;

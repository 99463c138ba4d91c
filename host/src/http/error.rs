//! What a request can end with besides success, and how that is told: RFC 9457 in the caller's language.
//!
//! A handler returns [`Error`]; it travels in the response's extensions to [`render`], the layer that
//! knows language and request id. What is internal is logged there and never sent.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use vezne_api::{FieldError, Problem};

use super::text;
use crate::domain::locale::Locale;
use crate::flow::error::FlowError;
use crate::security::redact::scrub;
use crate::store::StoreError;

/// A field of the request that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// JSON pointer (`/card/number`).
    pub pointer: String,
    /// A stable word with sentences in `text/field.rs`.
    pub code: &'static str,
}

/// What a request can end with besides success.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request cannot be read: 400.
    #[error("bad request: {0}")]
    BadRequest(&'static str),
    /// Nobody, or somebody we do not believe: 401.
    #[error("not signed in")]
    Unauthenticated,
    /// Seen, but not allowed: 403.
    #[error("not allowed: {0}")]
    Forbidden(&'static str),
    /// Not there, or not in the caller's part of the tree: 404.
    #[error("not found")]
    NotFound,
    /// The path has no such method: 405.
    #[error("no such method here")]
    MethodNotAllowed,
    /// It does not fit what is there: 409.
    #[error("conflict: {code} {detail}")]
    Conflict {
        /// A stable word.
        code: &'static str,
        /// For logs.
        detail: String,
    },
    /// A plugin that is not taken: 422, with a sentence for whoever made it.
    #[error("refused: {code} {sentence}")]
    Refused {
        /// A stable word.
        code: &'static str,
        /// What is missing or wrong, in English: about a program, for its author.
        sentence: String,
    },
    /// The same idempotency key is being worked on: 409.
    #[error("a request with this key is in flight")]
    InFlight,
    /// It was there and is used up: 410.
    #[error("gone: {0}")]
    Gone(&'static str),
    /// Somebody else changed it first: 412.
    #[error("changed meanwhile")]
    PreconditionFailed,
    /// The body is too large: 413.
    #[error("too large")]
    TooLarge,
    /// Not the type we read: 415.
    #[error("unsupported media type")]
    UnsupportedMediaType,
    /// The body was read and is wrong: 422.
    #[error("invalid: {0:?}")]
    Invalid(Vec<Field>),
    /// The idempotency key came with another request: 422.
    #[error("the key was used for another request")]
    KeyReused,
    /// Too many requests: 429, after so many seconds.
    #[error("too many requests")]
    TooMany(i64),
    /// A bank was asked and gave no answer that counts: 502.
    #[error("the bank gave no answer that counts: {0}")]
    BankUnanswered(String),
    /// The database or something else we need is away, or we are full: 503.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A program error or corruption: 500. The context is for the log alone.
    #[error("internal: {0}")]
    Internal(String),
}

/// Shorthand of the layer.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// One field that cannot be taken.
    pub fn field(pointer: impl Into<String>, code: &'static str) -> Self {
        Self::Invalid(vec![Field { pointer: pointer.into(), code }])
    }

    /// A conflict by its word.
    pub fn conflict(code: &'static str) -> Self {
        Self::Conflict { code, detail: String::new() }
    }

    /// HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict { .. } | Self::InFlight => StatusCode::CONFLICT,
            Self::Gone(_) => StatusCode::GONE,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid(_) | Self::KeyReused | Self::Refused { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::BankUnanswered(_) => StatusCode::BAD_GATEWAY,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadRequest(code)
            | Self::Forbidden(code)
            | Self::Gone(code)
            | Self::Conflict { code, .. }
            | Self::Refused { code, .. } => code,
            Self::Unauthenticated => "unauthenticated",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::InFlight => "request_in_flight",
            Self::PreconditionFailed => "changed_meanwhile",
            Self::TooLarge => "too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::Invalid(_) => "invalid",
            Self::KeyReused => "idempotency_key_reused",
            Self::TooMany(_) => "too_many_requests",
            Self::BankUnanswered(_) => "bank_unanswered",
            Self::Unavailable(_) => "unavailable",
            Self::Internal(_) => "internal",
        }
    }

    fn retry_after_s(&self) -> Option<i64> {
        match self {
            Self::TooMany(seconds) => Some((*seconds).max(1)),
            Self::InFlight => Some(1),
            Self::Unavailable(_) => Some(2),
            _ => None,
        }
    }

    fn sentence(&self) -> Option<&str> {
        if let Self::Refused { sentence, .. } = self { Some(sentence) } else { None }
    }

    /// As it is sent.
    pub fn problem(&self, locale: Locale, request_id: &str, path: &str) -> Problem {
        let fields = if let Self::Invalid(fields) = self { fields.as_slice() } else { &[] };
        let code = self.code();
        Problem {
            kind: format!("https://vezne.dev/problems/{code}"),
            title: text::title(code, self.status().as_u16(), locale).to_owned(),
            status: self.status().as_u16(),
            detail: text::detail(code, locale).map(str::to_owned),
            instance: Some(scrub(path).into_owned()),
            code: code.to_owned(),
            request_id: request_id.to_owned(),
            errors: fields
                .iter()
                .map(|field| FieldError {
                    pointer: field.pointer.clone(),
                    code: field.code.to_owned(),
                    detail: text::field(field.code, locale).to_owned(),
                })
                .chain(self.sentence().map(|sentence| FieldError {
                    pointer: String::new(),
                    code: code.to_owned(),
                    detail: sentence.to_owned(),
                }))
                .collect(),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::NotCommitted(_) | StoreError::CommitUnknown(_) => {
                Self::Unavailable(error.to_string())
            }
            other => Self::Internal(format!("{other:?}")),
        }
    }
}

impl From<FlowError> for Error {
    fn from(error: FlowError) -> Self {
        match error {
            FlowError::NotFound(_) => Self::NotFound,
            FlowError::Forbidden(code) => Self::Forbidden(code),
            FlowError::Invalid(fields) => Self::Invalid(
                fields.into_iter().map(|field| Field { pointer: field.pointer, code: field.code }).collect(),
            ),
            FlowError::Conflict { code, detail } => Self::Conflict { code, detail },
            FlowError::Refused { code, sentence } => Self::Refused { code, sentence },
            FlowError::InFlight => Self::InFlight,
            FlowError::KeyReused => Self::KeyReused,
            FlowError::Unanswered(why) => Self::BankUnanswered(why),
            FlowError::Busy(what) => Self::Unavailable(what.to_owned()),
            FlowError::Store(error) => error.into(),
            FlowError::Internal(context) => Self::Internal(context),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(std::sync::Arc::new(self));
        response
    }
}

/// The layer that turns an [`Error`], or a bare refusal of the framework, into a problem.
pub async fn render(request: Request, next: Next) -> Response {
    let locale = super::extract::locale(request.headers());
    let request_id = super::extract::request_id(request.headers()).unwrap_or_default();
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    let error = response.extensions_mut().remove::<std::sync::Arc<Error>>();
    let bare =
        response.headers().get(header::CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
    let error = match error {
        Some(error) => error,
        None if bare => match of_status(response.status()) {
            Some(error) => std::sync::Arc::new(error),
            None => return response,
        },
        None => return response,
    };
    if error.status().is_server_error() {
        tracing::error!(request_id, path, %error, "request failed");
    }
    let problem = error.problem(locale, &request_id, &path);
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut rendered = (error.status(), body).into_response();
    let headers = rendered.headers_mut();
    for (name, value) in response.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            headers.append(name, value.clone());
        }
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(locale.tag()));
    if let Some(seconds) = error.retry_after_s() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if error.status() == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    rendered
}

/// What a refusal by the framework means.
fn of_status(status: StatusCode) -> Option<Error> {
    Some(match status {
        StatusCode::NOT_FOUND => Error::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Error::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Error::UnsupportedMediaType,
        StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE => Error::Unavailable("timed out".to_owned()),
        status if status.is_client_error() => Error::BadRequest("bad_request"),
        status if status.is_server_error() => Error::Internal("unexplained".to_owned()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_internal_error_tells_nothing() {
        let error = Error::Internal("secret table is broken".to_owned());
        for locale in [Locale::Tr, Locale::En, Locale::Az] {
            let text = serde_json::to_string(&error.problem(locale, "req_1", "/v1/me")).unwrap();
            assert!(!text.contains("secret") && text.contains("req_1"), "{text}");
        }
    }

    #[test]
    fn every_field_word_has_a_sentence_in_every_language() {
        for code in text::FIELD_CODES {
            for locale in [Locale::Tr, Locale::En, Locale::Az] {
                assert_ne!(text::field(code, locale), text::field("?", locale), "{code}");
            }
        }
    }
}

//! What handlers take from a request: who asks, in which language, and a body that is read strictly.

use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, header};
use serde::de::DeserializeOwned;
use vezne_api::{Permission, Role, Scope};

use super::error::{Error, Field, Result};
use super::fields::FIELDS;
use super::route::Access;
use super::same_origin;
use crate::app::App;
use crate::ctx::{Actor, Ctx};
use crate::domain::locale::Locale;
use crate::limits;
use crate::security::permission::Grants;
use crate::security::token::Claims;
use crate::security::{api_key, session};
use crate::store::api_key::api_key_is_good;
use crate::store::session::{SignedIn, session_by_secret, session_touch};
use crate::store::user::UserRole;

/// Names the request in answers, logs and events.
pub const REQUEST_ID: &str = "x-request-id";
/// The caller's address, as the outer edge saw it.
pub const ADDRESS: &str = "x-forwarded-for";

/// Who asks, as one of the firm's people or programs.
#[derive(Debug, Clone)]
pub struct Caller {
    /// What every act is done with.
    pub ctx: Ctx,
    /// What may be done.
    pub grants: Grants,
    /// How the caller came in.
    pub credential: Credential,
}

/// How a caller came in.
#[derive(Debug, Clone)]
pub enum Credential {
    /// A browser with a session.
    Session(Box<SignedIn>),
    /// A program with a token.
    Token,
}

impl Caller {
    /// Refuses unless the act may be done somewhere in the caller's part of the tree.
    pub fn require(&self, action: Permission) -> Result<()> {
        if self.grants.has(action) { Ok(()) } else { Err(Error::Forbidden("not_allowed")) }
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let access = parts.extensions.get::<Access>().copied();
        let caller = if let Some(known) = parts.extensions.get::<Caller>() {
            known.clone()
        } else {
            let caller = identify(parts, app).await?;
            parts.extensions.insert(caller.clone());
            caller
        };
        match access {
            Some(Access::Needs(action)) => caller.require(action)?,
            Some(Access::SignedIn) => {}
            // A handler that wants a caller on a route that says nothing of it: refuse rather than guess.
            Some(Access::Anyone) | None => return Err(Error::Internal("a route without an access rule".to_owned())),
        }
        Ok(caller)
    }
}

impl FromRequestParts<App> for Ctx {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        Caller::from_request_parts(parts, app).await.map(|caller| caller.ctx)
    }
}

/// Believes a bearer token or a session cookie; a token wins, so that a program never rides on a cookie.
async fn identify(parts: &Parts, app: &App) -> Result<Caller> {
    if let Some(value) = parts.headers.get(header::AUTHORIZATION) {
        let bearer = value.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")).ok_or(Error::Unauthenticated)?;
        return program(parts, app, bearer).await;
    }
    let secret = cookie_secret(&parts.headers).ok_or(Error::Unauthenticated)?;
    same_origin::check(&parts.method, &parts.headers)?;
    person(parts, app, secret).await
}

/// The session secret of a request.
pub fn cookie_secret(headers: &HeaderMap) -> Option<&str> {
    let mut cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.find_map(session::from_cookies)
}

async fn person(parts: &Parts, app: &App, secret: &str) -> Result<Caller> {
    let now_ms = app.clock.now_ms();
    let hash = session::secret_hash(secret);
    let mut tx = app.db.read().await?;
    let signed_in = session_by_secret(&mut tx, &hash, now_ms).await?.ok_or(Error::Unauthenticated)?;
    drop(tx);
    app.security.session_owners.learn(&hash, &signed_in.session.user_id.to_string());
    if now_ms - signed_in.session.seen_at_ms > limits::millis(limits::SESSION_TOUCH) {
        let mut tx = app.db.begin().await?;
        session_touch(&mut tx, &signed_in.session, now_ms).await?;
        tx.commit().await?;
    }
    Ok(caller_of(app, &parts.headers, signed_in))
}

/// The caller behind a session.
pub fn caller_of(app: &App, headers: &HeaderMap, signed_in: SignedIn) -> Caller {
    let tenant = signed_in.session.tenant_id;
    let ctx = Ctx {
        tenant,
        actor: Actor::User(signed_in.session.user_id),
        scope: signed_in.node_id,
        request_id: request_id(headers).unwrap_or_default(),
        // A page names its language; a bare request falls back to the person's own.
        locale: named_locale(headers).or_else(|| Locale::from_tag(&signed_in.language)).unwrap_or_default(),
        clock: app.clock.clone(),
    };
    let grants = Grants::of_role(tenant, signed_in.node_id, role(signed_in.role));
    Caller { ctx, grants, credential: Credential::Session(Box::new(signed_in)) }
}

async fn program(parts: &Parts, app: &App, bearer: &str) -> Result<Caller> {
    if api_key::is_secret(bearer) {
        // A key is only good to be exchanged: it must not travel with every request.
        return Err(Error::Unauthenticated);
    }
    // The edge has checked the token of a request from outside: nothing but the edge puts claims there.
    let claims = match parts.extensions.get::<Claims>() {
        Some(claims) => claims.clone(),
        None => app.security.tokens.check(bearer).map_err(|_| Error::Unauthenticated)?,
    };
    let mut tx = app.db.read().await?;
    if !api_key_is_good(&mut tx, claims.tenant, claims.sub, app.clock.now_ms()).await? {
        return Err(Error::Unauthenticated);
    }
    let ctx = Ctx {
        tenant: claims.tenant,
        actor: Actor::ApiKey(claims.sub),
        scope: claims.node,
        request_id: request_id(&parts.headers).unwrap_or_default(),
        locale: locale(&parts.headers),
        clock: app.clock.clone(),
    };
    let grants = Grants::of_scopes(claims.tenant, claims.node, &scopes(&claims.scope));
    Ok(Caller { ctx, grants, credential: Credential::Token })
}

/// The wire's role.
pub fn role(role: UserRole) -> Role {
    match role {
        UserRole::FirmAdministrator => Role::FirmAdministrator,
        UserRole::FirmClerk => Role::FirmClerk,
        UserRole::Dealer => Role::Dealer,
        UserRole::SubDealer => Role::SubDealer,
    }
}

/// Scopes from text with blanks between; what is not known is not granted.
pub fn scopes(text: &str) -> Vec<Scope> {
    text.split(' ').filter_map(|word| serde_json::from_value(serde_json::Value::from(word)).ok()).collect()
}

/// Scopes as text with blanks between.
pub fn scope_text(scopes: &[Scope]) -> String {
    let words: Vec<String> = scopes
        .iter()
        .filter_map(|scope| serde_json::to_value(scope).ok().and_then(|value| value.as_str().map(str::to_owned)))
        .collect();
    words.join(" ")
}

fn named_locale(headers: &HeaderMap) -> Option<Locale> {
    let tags = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    tags.split(',').find_map(|tag| Locale::from_tag(tag.split(';').next().unwrap_or_default()))
}

/// The language of a request.
pub fn locale(headers: &HeaderMap) -> Locale {
    named_locale(headers).unwrap_or_default()
}

/// The request's name, as the edge set it.
pub fn request_id(headers: &HeaderMap) -> Option<String> {
    headers.get(REQUEST_ID)?.to_str().ok().map(str::to_owned)
}

/// The caller's address, as the edge saw it.
pub fn address(headers: &HeaderMap) -> String {
    headers.get(ADDRESS).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// A JSON body, read strictly: unknown fields are refused with their place.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        require_json(request.headers())?;
        let body = Bytes::from_request(request, app).await.map_err(|_| Error::TooLarge)?;
        parse(&body).map(Json)
    }
}

/// Refuses what is not JSON, which also keeps out what a form of another site can send.
pub fn require_json(headers: &HeaderMap) -> Result<()> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") { Ok(()) } else { Err(Error::UnsupportedMediaType) }
}

/// Reads a body; what is wrong is named by pointer. Nothing of the body itself gets into the error.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| wrong(&error))?;
    reader.end().map_err(|_| Error::BadRequest("json_malformed"))?;
    Ok(value)
}

fn wrong(error: &serde_path_to_error::Error<serde_json::Error>) -> Error {
    let inner = error.inner();
    if !inner.is_data() {
        return Error::BadRequest("json_malformed");
    }
    let mut pointer = String::new();
    for segment in error.path() {
        use serde_path_to_error::Segment;
        match segment {
            Segment::Map { key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Seq { index } => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    let message = inner.to_string();
    let quoted = message.split('`').nth(1).unwrap_or_default();
    let code = if message.starts_with("unknown field") {
        append(&mut pointer, quoted);
        "unknown_field"
    } else if message.starts_with("missing field") {
        append(&mut pointer, quoted);
        "required"
    } else if message.starts_with("unknown variant") {
        "not_a_choice"
    } else if message.starts_with("invalid value") {
        "out_of_range"
    } else if message.starts_with("invalid type") || message.starts_with("duplicate field") {
        "wrong_type"
    } else {
        "malformed"
    };
    Error::Invalid(vec![Field { pointer, code }])
}

/// Adds a field's name, unless the path already ends with it.
fn append(pointer: &mut String, name: &str) {
    if !pointer.ends_with(&format!("/{name}")) {
        pointer.push('/');
        pointer.push_str(name);
    }
}

/// A query, read strictly.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self> {
        // Empty values come from forms whose field was left empty: they mean nothing.
        let text = parts.uri.query().unwrap_or_default();
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()).filter(|(_, value)| !value.is_empty()) {
            // `expand[]=a&expand[]=b` is `expand=a,b`.
            let list = name.strip_suffix("[]");
            let name = list.unwrap_or(&name);
            if name == FIELDS {
                // Read around the handler, for all of them alike.
                continue;
            }
            match pairs.iter_mut().find(|(known, _)| list.is_some() && known == name) {
                Some((_, values)) => *values = format!("{values},{value}"),
                None => pairs.push((name.to_owned(), value.into_owned())),
            }
        }
        let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let uri = format!("/?{text}").parse().map_err(|_| Error::BadRequest("query_malformed"))?;
        let read = axum::extract::Query::<T>::try_from_uri(&uri);
        read.map(|query| Self(query.0)).map_err(|_| Error::BadRequest("query_malformed"))
    }
}

/// A path parameter; one that is no id of its kind is simply not there.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, app).await;
        path.map(|path| Self(path.0)).map_err(|_| Error::NotFound)
    }
}

/// Whether a method may change anything.
pub fn is_unsafe(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

#[cfg(test)]
mod tests {
    use vezne_api::{DealerCreate, PaymentCreate};

    use super::*;

    fn fault<T: DeserializeOwned>(body: &str) -> (String, &'static str) {
        match parse::<T>(body.as_bytes()).err() {
            Some(Error::Invalid(fields)) => (fields[0].pointer.clone(), fields[0].code),
            Some(Error::BadRequest(code)) => (String::new(), code),
            other => panic!("{other:?}"),
        }
    }

    type Payment = PaymentCreate<serde_json::Value>;

    #[test]
    fn what_is_wrong_is_named_by_its_place() {
        assert_eq!(fault::<DealerCreate>(r#"{"name":"a","code":"b","colour":1}"#), ("/colour".into(), "unknown_field"));
        assert_eq!(fault::<DealerCreate>(r#"{"name":"a"}"#), ("/code".into(), "required"));
        assert_eq!(fault::<DealerCreate>(r#"{"name":1,"code":"b"}"#), ("/name".into(), "wrong_type"));
        assert_eq!(fault::<DealerCreate>("{"), (String::new(), "json_malformed"));
        assert_eq!(fault::<DealerCreate>(r#"{"name":"a","code":"b"} x"#), (String::new(), "json_malformed"));
        let body =
            r#"{"amount":1,"currency":"TRY","card":{},"receivables":[{"receivable":"r"},{"receivable":"r","x":1}]}"#;
        assert_eq!(fault::<Payment>(body), ("/receivables/1/x".into(), "unknown_field"));
        assert_eq!(fault::<Payment>(r#"{"amount":1.5,"currency":"TRY","card":{}}"#), ("/amount".into(), "wrong_type"));
        assert_eq!(
            fault::<Payment>(r#"{"amount":1,"currency":"TRY","card":{},"capture":"never"}"#),
            ("/capture".into(), "not_a_choice")
        );
    }

    #[test]
    fn scopes_survive_as_text_and_unknown_ones_are_dropped() {
        let scopes_all = crate::security::permission::SCOPES;
        assert_eq!(scopes(&scope_text(scopes_all)), scopes_all);
        assert_eq!(scopes("payments:read root"), [Scope::PaymentsRead]);
    }
}

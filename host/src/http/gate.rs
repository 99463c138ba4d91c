//! The payer's way to the bank's 3-D gate and back. The one page that carries a card (P9): one visit,
//! `no-store`, and a form that may go to the granted gate alone.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};

use super::error::{Error, Result};
use super::extract::{Path, address};
use super::route::{Endpoint, Table};
use crate::app::App;
use crate::ctx::Locale;
use crate::domain::id::{PosAccountId, TenantId};
use crate::flow::error::FlowError;
use crate::flow::result::result_url;
use crate::flow::three_ds::{self, gate_take};
use crate::plugin::{BrowserForm, Callback, FormMethod, Method as CallbackMethod};
use crate::store::payment::payment_fetch;

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table
        .add(Endpoint::get("/gate/{token}", "Leads the payer to the bank; good for one visit").anyone(), gate)
        .add(
            Endpoint::post("/pos/{tenant}/{account}/callback", "The payer or the bank comes back")
                .anyone()
                .reply_empty(303),
            callback,
        )
        .add(
            Endpoint::get("/pos/{tenant}/{account}/callback", "The payer comes back by a link")
                .anyone()
                .reply_empty(303),
            callback,
        )
}

async fn gate(State(app): State<App>, Path(token): Path<String>) -> Result<Response> {
    let page = gate_take(&app, &token).await.map_err(|error| match error {
        FlowError::NotFound(_) => Error::Gone("page_used"),
        other => other.into(),
    })?;
    let locale = Locale::from_tag(&page.locale).unwrap_or_default();
    let mut response = match page.form.method {
        FormMethod::Redirect => {
            let target = page.form.redirect_url();
            let location = HeaderValue::from_str(&target).map_err(|_| Error::Internal("a broken gate".to_owned()))?;
            (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
        }
        FormMethod::Post => form_page(&page.form, locale)?,
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}

/// A form that sends itself; without script its button does.
fn form_page(form: &BrowserForm, locale: Locale) -> Result<Response> {
    let nonce = hex::encode(crate::security::random::<16>());
    // Without a card of ours in it, the page may be the one that asks for the card.
    let verifies = form.fields.iter().any(|field| field.from_card);
    let (title, text, button) = match (locale, verifies) {
        (Locale::Tr, true) => {
            ("Bankanıza gidiyorsunuz", "Kart doğrulaması için bankanızın sayfası açılıyor.", "Devam et")
        }
        (Locale::En, true) => ("Taking you to your bank", "Your bank's page opens to verify the card.", "Continue"),
        (Locale::Az, true) => {
            ("Bankınıza keçirsiniz", "Kartın yoxlanması üçün bankınızın səhifəsi açılır.", "Davam et")
        }
        (Locale::Tr, false) => ("Bankaya gidiyorsunuz", "Ödeme bankanın sayfasında sürüyor.", "Devam et"),
        (Locale::En, false) => ("Taking you to the bank", "The payment goes on at the bank's page.", "Continue"),
        (Locale::Az, false) => ("Banka keçirsiniz", "Ödəniş bankın səhifəsində davam edir.", "Davam et"),
    };
    let mut fields = zeroize::Zeroizing::new(String::with_capacity(4096));
    for field in &form.fields {
        fields.push_str("<input type=\"hidden\" name=\"");
        escape_into(&mut fields, &field.name);
        fields.push_str("\" value=\"");
        escape_into(&mut fields, &field.value);
        fields.push_str("\">");
    }
    let mut action = String::new();
    escape_into(&mut action, &form.action);
    let lang = locale.tag();
    let page = format!(
        "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"robots\" content=\"noindex\">\
         <title>{title}</title><style nonce=\"{nonce}\">:root{{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}}\
         body{{margin:0;min-height:100dvh;display:grid;place-content:center;gap:16px;padding:24px;text-align:center}}\
         h1{{font-size:20px;margin:0}}p{{margin:0}}button{{font:inherit;font-weight:600;min-height:44px;padding:0 24px;\
         border:0;border-radius:7px;background:#0b5a6b;color:#fff}}</style></head>\
         <body><main><h1>{title}</h1><p>{text}</p><form id=\"gate\" method=\"post\" action=\"{action}\">{}\
         <p><button>{button}</button></p></form></main>\
         <script nonce=\"{nonce}\">document.getElementById('gate').submit()</script></body></html>",
        *fields
    );
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; form-action {}; base-uri 'none'; \
         frame-ancestors 'none'",
        form.gate_origin
    );
    let policy = HeaderValue::from_str(&policy).map_err(|_| Error::Internal("a broken gate origin".to_owned()))?;
    let mut response = Response::new(Body::from(page));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

fn escape_into(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

async fn callback(
    State(app): State<App>,
    Path((tenant, account)): Path<(String, String)>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response> {
    let tenant: TenantId = tenant.parse().map_err(|_| Error::NotFound)?;
    let account: PosAccountId = account.parse().map_err(|_| Error::NotFound)?;
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let heard = Callback {
        method: if method == Method::POST { CallbackMethod::Post } else { CallbackMethod::Get },
        query,
        form: Callback::form_of(content_type, &body),
        headers: heard_headers(&headers),
        body: body.to_vec(),
        source_ip: address(&headers),
    };
    let payment = three_ds::callback(&app, tenant, account, heard).await?;
    let mut tx = app.db.read().await?;
    let payment = payment_fetch(&mut tx, tenant, payment).await?.ok_or(Error::NotFound)?;
    let location = HeaderValue::from_str(&result_url(&app, &payment))
        .map_err(|_| Error::Internal("a broken return address".to_owned()))?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

/// What a connector may see of the headers: no credentials of ours.
fn heard_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter(|(name, _)| !matches!(**name, header::COOKIE | header::AUTHORIZATION))
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect()
}

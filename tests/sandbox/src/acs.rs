//! The issuer's page that asks the cardholder for a one-time code. Shared by all families.

use std::collections::HashMap;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::Response;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;

use crate::bank::Bank;
use crate::{form, http, page, random};

/// Wrong codes until authentication fails.
const TRIES: u8 = 3;

/// What came of a challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The right code.
    Passed,
    /// Three wrong codes.
    Failed,
    /// The cardholder pressed cancel.
    Cancelled,
}

/// A challenge on the cardholder's screen.
pub struct Challenge {
    /// Shown to the cardholder.
    pub merchant: String,
    /// `1.250,00 TL`
    pub amount: String,
    /// Masked card.
    pub card: String,
    /// `tr` or anything else for English.
    pub lang: String,
    /// Where the browser goes afterwards.
    pub return_to: String,
    tries_left: u8,
    verdict: Option<Verdict>,
}

impl Challenge {
    /// A fresh challenge.
    pub fn new(merchant: String, amount: String, card: String, lang: String, return_to: String) -> Self {
        Self { merchant, amount, card, lang, return_to, tries_left: TRIES, verdict: None }
    }
}

/// Running challenges.
#[derive(Default)]
pub struct Challenges(HashMap<String, Challenge>);

impl Challenges {
    /// Begins one and returns its id.
    pub fn begin(&mut self, challenge: Challenge) -> String {
        let id = random::id();
        self.0.insert(id.clone(), challenge);
        id
    }

    /// The verdict, once there is one.
    pub fn verdict(&self, id: &str) -> Option<Verdict> {
        self.0.get(id).and_then(|c| c.verdict.clone())
    }
}

/// The page's routes.
pub fn routes() -> Router<Bank> {
    Router::new().route("/acs/{id}", get(show).post(submit))
}

async fn show(State(bank): State<Bank>, Path(id): Path<String>) -> Response<Body> {
    let challenges = bank.lock_challenges();
    match challenges.0.get(&id) {
        None => not_found(),
        Some(c) if c.verdict.is_some() => Redirect::to(&c.return_to).into_response(),
        Some(c) => http::page(ask(c, &id, bank.one_time_code(), None)),
    }
}

async fn submit(State(bank): State<Bank>, Path(id): Path<String>, body: Bytes) -> Response<Body> {
    let fields = form::parse(&body);
    let code = form::value(&fields, "code").trim().to_owned();
    let mut challenges = bank.lock_challenges();
    let Some(c) = challenges.0.get_mut(&id) else {
        return not_found();
    };
    if c.verdict.is_none() {
        if form::value(&fields, "action") == "cancel" {
            c.verdict = Some(Verdict::Cancelled);
        } else if code == bank.one_time_code() {
            c.verdict = Some(Verdict::Passed);
        } else {
            c.tries_left -= 1;
            if c.tries_left > 0 {
                let say = page::pick(&c.lang, "Kod hatalı. Kalan deneme", "Wrong code. Tries left");
                return http::page(ask(c, &id, bank.one_time_code(), Some(format!("{say}: {}", c.tries_left))));
            }
            c.verdict = Some(Verdict::Failed);
        }
    }
    Redirect::to(&c.return_to).into_response()
}

fn not_found() -> Response<Body> {
    let mut response = http::page(page::message("tr", "3-D Secure", "Doğrulama bulunamadı ya da süresi doldu."));
    *response.status_mut() = axum::http::StatusCode::NOT_FOUND;
    response
}

fn ask(c: &Challenge, id: &str, code: &str, error: Option<String>) -> String {
    let l = c.lang.as_str();
    let (title, merchant, amount, card) = page::pick(
        l,
        ("Ödemenizi doğrulayın", "Üye işyeri", "Tutar", "Kart"),
        ("Confirm your payment", "Merchant", "Amount", "Card"),
    );
    let (label, ok, cancel, hint) = page::pick(
        l,
        ("Telefonunuza gelen tek kullanımlık kod", "Onayla", "İptal", "Deneme ortamı: kod"),
        ("One-time code sent to your phone", "Confirm", "Cancel", "Test environment: the code is"),
    );
    let error =
        error.map(|e| format!("<p class=\"error\" role=\"alert\">{}</p>", page::escape(&e))).unwrap_or_default();
    let body = format!(
        "<h1>{title}</h1><dl><dt>{merchant}</dt><dd>{}</dd><dt>{amount}</dt><dd>{}</dd><dt>{card}</dt><dd>{}</dd></dl>{error}\
         <form method=\"post\" action=\"/acs/{id}\"><label for=\"code\">{label}</label>\
         <input id=\"code\" name=\"code\" inputmode=\"numeric\" autocomplete=\"one-time-code\" maxlength=\"8\" autofocus>\
         <p class=\"hint\">{hint} <strong>{}</strong></p>\
         <button type=\"submit\" name=\"action\" value=\"confirm\">{ok}</button>\
         <button type=\"submit\" name=\"action\" value=\"cancel\" class=\"quiet\" formnovalidate>{cancel}</button></form>",
        page::escape(&c.merchant),
        page::escape(&c.amount),
        page::escape(&c.card),
        page::escape(code),
    );
    page::layout(l, title, &body)
}

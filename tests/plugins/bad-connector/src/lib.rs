//! A connector that misbehaves in every way the host must survive. The setting `mode` says how, and whether
//! before (`trap`) or after (`after-trap`) its request has been sent. Without a setting the amount says how, so that a
//! story can put it in the place of another connector whose accounts have no such setting.
//!
//! `burn` takes more than it may, `reach` goes where it may not, `pry` wants to know what it may not; here it lies.

#![cfg(target_arch = "wasm32")]

mod burn;
mod pry;
mod reach;

use vezne_plugin::{
    BankRef, Card, Context, Effect, Fault, HttpRequest, Method, Outcome, Part, Payments, Reply, Send, Stated, Step,
    Target, Terms, host, step,
};

struct Bad;

vezne_plugin::export!(Bad: payments);

impl Payments for Bad {
    fn sale(_: &Context, terms: &Terms, card: &Card) -> Result<Step, Fault> {
        let mode = host::setting("mode").unwrap_or_else(|| by_amount(terms.amount.minor).to_owned());
        match mode.strip_prefix("after-") {
            Some(_) => write(vec![Part::Text("<x/>".to_owned())], "api"),
            None => misbehave(&mode, Some(terms), Some(card), None),
        }
    }

    fn void(_: &Context, target: &Target) -> Result<Step, Fault> {
        misbehave(&host::setting("mode").unwrap_or_default(), Some(&target.terms), None, None)
    }

    fn refund(_: &Context, terms: &Terms, _: &Target) -> Result<Step, Fault> {
        misbehave(&host::setting("mode").unwrap_or_default(), Some(terms), None, None)
    }

    fn inquire(_: &Context, target: &Target) -> Result<Step, Fault> {
        misbehave(&host::setting("mode").unwrap_or_default(), Some(&target.terms), None, None)
    }

    fn resume(_: &Context, terms: Option<&Terms>, _: &[u8], reply: &Reply, card: Option<&Card>) -> Result<Step, Fault> {
        let mode = host::setting("mode").unwrap_or_default();
        misbehave(mode.strip_prefix("after-").unwrap_or(&mode), terms, card, Some(reply))
    }
}

fn by_amount(minor: i64) -> &'static str {
    match minor {
        66_600 => "trap",
        66_601 => "card-leak",
        _ => "",
    }
}

fn misbehave(mode: &str, terms: Option<&Terms>, card: Option<&Card>, reply: Option<&Reply>) -> Result<Step, Fault> {
    let step = burn::tried(mode).or_else(|| reach::tried(mode)).or_else(|| pry::tried(mode, card, reply));
    step.unwrap_or_else(|| lie(mode, terms))
}

/// What it says that is not so.
fn lie(mode: &str, terms: Option<&Terms>) -> Result<Step, Fault> {
    match mode {
        "endless" => write(Vec::new(), "api"),
        "lie" => {
            let minor = terms.map(|terms| terms.amount.minor + 1);
            let stated = Stated { minor, currency: Some("949".to_owned()), order_id: None };
            step::done(step::approved(nowhere(), stated, None, Vec::new()))
        }
        "approve" => yes(),
        _ => step::done(Outcome::Unknown("no such mode".to_owned())),
    }
}

fn yes() -> Result<Step, Fault> {
    step::done(step::approved(nowhere(), step::nothing_stated(), None, Vec::new()))
}

/// Words for a test to read.
fn said(words: impl ToString) -> Result<Step, Fault> {
    Err(Fault::InvalidRequest(words.to_string()))
}

fn nowhere() -> BankRef {
    BankRef { bank_order_id: None, transaction_id: None, auth_code: None, extra: Vec::new() }
}

fn request(body: Vec<Part>, endpoint: &str) -> HttpRequest {
    HttpRequest {
        endpoint: endpoint.to_owned(),
        method: Method::Post,
        path: String::new(),
        query: Vec::new(),
        headers: Vec::new(),
        content_type: Some("text/xml".to_owned()),
        body,
    }
}

fn sent(request: HttpRequest, state: Vec<u8>) -> Result<Step, Fault> {
    Ok(Step::Send(Send { request, effect: Effect::OnceOnlyWrite, known: nowhere(), state }))
}

fn write(body: Vec<Part>, endpoint: &str) -> Result<Step, Fault> {
    sent(request(body, endpoint), Vec::new())
}

//! Steps and outcomes, spelled briefly, and what is asked of an act before one.

use serde::Serialize;

use crate::body::Form;
use crate::{
    Approval, BankRef, Browse, BrowserAction, BrowserForm, Context, Effect, Fault, HttpRequest, Outcome, Send, Stated,
    Step, Target, Terms, state,
};

/// Send a request. `known` is what an inquiry gets if no answer ever comes.
pub fn send<S: Serialize>(request: HttpRequest, effect: Effect, known: BankRef, remember: &S) -> Result<Step, Fault> {
    Ok(Step::Send(Send { request, effect, known, state: state::encode(remember)? }))
}

/// Send the payer's browser to an endpoint with a form it posts by itself.
pub fn browse<S: Serialize>(
    endpoint: &str,
    form: Form,
    effect: Effect,
    correlation: &str,
    known: BankRef,
    remember: &S,
) -> Result<Step, Fault> {
    browse_with(BrowserAction::PostForm(browser_form(endpoint, "", form)), effect, correlation, known, remember)
}

/// What a browser is to post or to follow. `path` is below the granted address.
pub fn browser_form(endpoint: &str, path: &str, form: Form) -> BrowserForm {
    BrowserForm { endpoint: endpoint.to_owned(), path: path.to_owned(), fields: form.into_browser_fields() }
}

/// Send the payer's browser away in any way the contract knows.
pub fn browse_with<S: Serialize>(
    action: BrowserAction,
    effect: Effect,
    correlation: &str,
    known: BankRef,
    remember: &S,
) -> Result<Step, Fault> {
    Ok(Step::Browse(Browse {
        action,
        effect,
        correlation: correlation.to_owned(),
        known,
        state: state::encode(remember)?,
    }))
}

/// The path of a form to an address that the bank's own answer names: the page where a card's bank
/// verifies its holder. Where the POS account may lead payers to one address only (`granted`), what is below
/// it; otherwise the whole address, which is for the host to allow.
pub fn path_of(address: &str, granted: Option<&str>) -> Result<String, Fault> {
    let plain = address.len() <= 2_048 && address.bytes().all(|byte| byte.is_ascii_graphic());
    if !plain || !(address.starts_with("https://") || address.starts_with("http://")) {
        return Err(Fault::UnreadableAnswer("the answer names no address to lead the payer to".into()));
    }
    let Some(granted) = granted else { return Ok(address.to_owned()) };
    let below = address.strip_prefix(granted.trim_end_matches('/'));
    let elsewhere = || {
        let host = address.split('/').nth(2).unwrap_or_default();
        Fault::BadConfig(format!("this POS account may not lead payers to {host}"))
    };
    below.filter(|path| path.is_empty() || path.starts_with('/')).map(str::to_owned).ok_or_else(elsewhere)
}

/// Over.
pub fn done(outcome: Outcome) -> Result<Step, Fault> {
    Ok(Step::Done(outcome))
}

/// Nobody knows; the host will ask.
pub fn unknown(why: impl Into<String>) -> Outcome {
    Outcome::Unknown(why.into())
}

/// The bank does not know of it, or nothing was booked for certain.
pub fn not_processed(why: impl Into<String>) -> Outcome {
    Outcome::NotProcessed(why.into())
}

/// Approved.
pub fn approved(bank: BankRef, stated: Stated, raw_code: Option<String>, attributes: Vec<(String, String)>) -> Outcome {
    Outcome::Approved(Approval { bank, stated, raw_code, attributes })
}

/// A reference that is nothing but an order number.
pub fn order_ref(order_id: &str) -> BankRef {
    BankRef { bank_order_id: Some(order_id.to_owned()), transaction_id: None, auth_code: None, extra: Vec::new() }
}

/// The number of the order that is captured, undone or asked about: the bank's, or ours where the bank gave none.
pub fn order_of(ctx: &Context, target: &Target) -> String {
    target.bank.bank_order_id.clone().unwrap_or_else(|| ctx.order_id.clone())
}

/// The terms, in a step that cannot go on without them. The host gives them with every charge, capture and refund.
pub fn needed(terms: Option<&Terms>) -> Result<&Terms, Fault> {
    terms.ok_or_else(|| Fault::InvalidRequest("the terms are missing".into()))
}

/// Refuses an order number that a bank would not take: one that is not 1 to `most` ASCII letters, digits and `marks`.
pub fn order_number(order: &str, most: usize, marks: &str) -> Result<(), Fault> {
    let plain = order.bytes().all(|byte| byte.is_ascii_alphanumeric() || marks.as_bytes().contains(&byte));
    if plain && !order.is_empty() && order.len() <= most {
        return Ok(());
    }
    Err(Fault::InvalidRequest(format!("the order number is not 1 to {most} letters and digits")))
}

/// An answer that states nothing.
pub fn nothing_stated() -> Stated {
    Stated { minor: None, currency: None, order_id: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_the_banks_answer_is_below_the_granted_one_or_whole() {
        let below = |granted| path_of("https://acs.example/a/b?c=1", granted);
        assert_eq!(below(None).ok().as_deref(), Some("https://acs.example/a/b?c=1"));
        assert_eq!(below(Some("https://acs.example/a/")).ok().as_deref(), Some("/b?c=1"));
        assert_eq!(path_of("https://acs.example", Some("https://acs.example/")).ok().as_deref(), Some(""));
        for granted in ["https://acs.exampl", "https://other.example", "https://acs.example/a/bc"] {
            assert!(matches!(below(Some(granted)), Err(Fault::BadConfig(_))), "{granted}");
        }
        for bad in ["", "javascript:alert(1)", "/path", "https://a b", "ftp://x"] {
            assert!(matches!(path_of(bad, None), Err(Fault::UnreadableAnswer(_))), "{bad}");
        }
    }
    #[test]
    fn an_order_is_called_by_the_banks_number_or_ours() {
        let ctx = crate::native::context("OURS");
        let theirs = crate::native::target("THEIRS", "void", 100);
        assert_eq!(order_of(&ctx, &theirs), "THEIRS");
        let unnamed = Target { bank: BankRef { bank_order_id: None, ..theirs.bank.clone() }, ..theirs };
        assert_eq!(order_of(&ctx, &unnamed), "OURS");
    }

    #[test]
    fn terms_that_are_missing_are_a_fault() {
        let terms = crate::native::terms(100);
        assert_eq!(needed(Some(&terms)).map(|terms| terms.amount.minor).ok(), Some(100));
        assert!(matches!(needed(None), Err(Fault::InvalidRequest(why)) if why == "the terms are missing"));
    }

    #[test]
    fn an_order_number_has_its_letters_and_its_length() {
        for good in ["A", "a-1", "0123456789"] {
            assert!(order_number(good, 10, "-").is_ok(), "{good}");
        }
        assert!(order_number("a_-1", 10, "-_").is_ok());
        for bad in ["", "01234567890", "a b", "a_1", "ş", "a\n"] {
            let why = "the order number is not 1 to 10 letters and digits";
            assert!(matches!(order_number(bad, 10, "-"), Err(Fault::InvalidRequest(said)) if said == why), "{bad}");
        }
    }
}

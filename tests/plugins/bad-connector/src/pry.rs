//! What it may not know: sealed values measured, compared, spelt out, and sent to where they could be read.

use vezne_plugin::{
    Browse, BrowserAction, BrowserForm, Card, DigestAlg, Effect, Fault, Field, HttpRequest, Part, Reply, Sealed, Step,
    TextForm, host, value,
};

use super::{nowhere, request, said, sent, write};

pub fn tried(mode: &str, card: Option<&Card>, reply: Option<&Reply>) -> Option<Result<Step, Fault>> {
    compared(mode, card).or_else(|| placed(mode, card)).or_else(|| spelt(mode, card, reply))
}

fn pan(card: Option<&Card>) -> Result<Sealed, Fault> {
    card.map(Card::pan).ok_or_else(|| Fault::InvalidRequest("no card".to_owned()))
}

fn key() -> Result<Sealed, Fault> {
    value::secret("key")
}

/// A digest with a secret in it, in letters: what may be compared.
fn keyed() -> Result<Sealed, Fault> {
    Ok(value::Value::from("1").sealed(key()?).digest(DigestAlg::Sha256, TextForm::HexLower))
}

/// Oracles: each would tell a little, and often enough everything.
fn compared(mode: &str, card: Option<&Card>) -> Option<Result<Step, Fault>> {
    let guess = "0".repeat(64);
    let told = |value: Result<Sealed, Fault>| value.and_then(|value| said(value::equals(&value, &guess)));
    Some(match mode {
        "measure" => pan(card).and_then(|pan| said((1..64).take_while(|&end| pan.slice(0, end).is_ok()).count())),
        "guess" => told(key().map(|key| key.digest(DigestAlg::Sha256).to_text(TextForm::HexLower))),
        "compare-secret" => told(key()),
        "compare-slice" => told(keyed().and_then(|hash| hash.slice(0, 32).map_err(|error| value::fault(&error)))),
        "compare-card-digest" => told(pan(card).map(|pan| pan.digest(DigestAlg::Sha256).to_text(TextForm::HexLower))),
        "compare-card-hmac" => told(pan(card).and_then(|pan| {
            pan.hmac(DigestAlg::Sha256, &key()?)
                .map(|mac| mac.to_text(TextForm::HexLower))
                .map_err(|error| value::fault(&error))
        })),
        "compare-short" => keyed().and_then(|hash| {
            let short = hash.slice(0, 8).map_err(|error| value::fault(&error))?;
            said(value::equals(&short, "00000000"))
        }),
        // Nine in ten numbers change when a digit is taken out of them: which one did?
        "replace" => pan(card).and_then(|pan| match pan.replaced("4", "") {
            Ok(value) => said(value::equals(&value.digest(DigestAlg::Sha256), &guess)),
            Err(error) => Err(value::fault(&error)),
        }),
        _ => return None,
    })
}

/// Places outside where a value could be read by somebody who must not.
fn placed(mode: &str, card: Option<&Card>) -> Option<Result<Step, Fault>> {
    let body = |value: Result<Sealed, Fault>, to: &str| value.and_then(|value| write(vec![Part::Sealed(value)], to));
    let header = |value: Result<Sealed, Fault>| {
        let field = |value| Field { name: "x-value".to_owned(), value: Part::Sealed(value) };
        value.and_then(|value| {
            sent(HttpRequest { headers: vec![field(value)], ..request(Vec::new(), "api") }, Vec::new())
        })
    };
    Some(match mode {
        "card-leak" => body(pan(card), "no-card"),
        "secret-leak" => body(key(), "no-card"),
        "card-digest-leak" => body(pan(card).map(|pan| pan.digest(DigestAlg::Sha256)), "no-card"),
        "slice-leak" => body(keyed().and_then(|hash| hash.slice(0, 32).map_err(|error| value::fault(&error))), "api"),
        "card-header" => header(pan(card)),
        "code-header" => header(card.and_then(Card::security_code).ok_or_else(|| Fault::InvalidRequest("none".into()))),
        "secret-form" => shown(key(), BrowserAction::PostForm),
        "secret-redirect" => shown(key(), BrowserAction::Redirect),
        "card-redirect" => shown(pan(card), BrowserAction::Redirect),
        _ => return None,
    })
}

/// To the payer's browser.
fn shown(value: Result<Sealed, Fault>, how: fn(BrowserForm) -> BrowserAction) -> Result<Step, Fault> {
    let field = Field { name: "value".to_owned(), value: Part::Sealed(value?) };
    Ok(Step::Browse(Browse {
        action: how(BrowserForm { endpoint: "api".to_owned(), path: String::new(), fields: vec![field] }),
        effect: Effect::ReadOnly,
        correlation: "ORD1".to_owned(),
        known: nowhere(),
        state: Vec::new(),
    }))
}

/// Path, query, log, state and the bank's references take text: all it can put there is what it can read.
fn spelt(mode: &str, card: Option<&Card>, reply: Option<&Reply>) -> Option<Result<Step, Fault>> {
    Some(match (mode, reply) {
        ("spell", None) => pan(card).and_then(|pan| {
            let code = card.and_then(Card::security_code);
            let words = format!("{pan:?} {:?} {code:?} {:?}", key()?, pan.to_text(TextForm::HexLower));
            host::note(host::Level::Error, &words, &[("words", &words)]);
            let plain: String = words.chars().filter(char::is_ascii_alphanumeric).collect();
            let request = request(vec![Part::Text(words.clone())], "api");
            let query = vec![("words".to_owned(), words.clone())];
            sent(HttpRequest { path: format!("/{plain}"), query, ..request }, words.into_bytes())
        }),
        ("spell", Some(_)) => said("spelt"),
        // What the bank answered, wherever it can be put.
        ("echo", Some(Reply::Response(response))) => {
            let words = String::from_utf8_lossy(&response.body).into_owned();
            host::note(host::Level::Error, &words, &[]);
            said(words)
        }
        // A handle that it was never given.
        ("forge", _) => forged().and_then(|value| write(vec![Part::Sealed(value)], "api")),
        _ => return None,
    })
}

#[expect(unsafe_code, reason = "making up a handle is the point")]
fn forged() -> Result<Sealed, Fault> {
    // SAFETY: it is not; the host finds out when the handle is used.
    let made_up = unsafe { Sealed::from_handle(4_000) };
    Ok(made_up.digest(DigestAlg::Sha256))
}

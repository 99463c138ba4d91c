//! Operations on something that is at the bank already: void, refund, capture.
//!
//! All three name the bank's retrieval number of what they are about. If it was never heard (the answer to the
//! sale was lost and the host learnt of it otherwise) the order's transactions are asked for first. A refund
//! always asks: it gets no number of ours, and later the refunds that were there before tell which one is ours.

use serde::{Deserialize, Serialize};
use vezne_plugin::words::operation;
use vezne_plugin::{BankRef, Context, Effect, Fault, HttpResponse, Step, Target, Terms, amount, step};

use crate::State;
use crate::answer::Answer;
use crate::history::{self, History, Row, Standing};
use crate::message::{self, Original};
use crate::question::{ORIGINAL, REFUNDS_BEFORE, VOIDS};
use crate::settings::{Settings, User};

/// What is to be done once the order's transactions are known.
#[derive(Debug, Serialize, Deserialize)]
pub struct Intent {
    kind: Kind,
    order: String,
    /// The bank's number of what it is about, if it was heard.
    original: Option<String>,
    /// What it is about: one of the contract's operations.
    of: String,
    /// ISO 4217 number.
    currency: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Void,
    Refund,
    Capture,
}

impl Intent {
    fn new(ctx: &Context, kind: Kind, target: &Target) -> Self {
        Self {
            kind,
            order: target.bank.bank_order_id.clone().unwrap_or_else(|| ctx.order_id.clone()),
            original: target.bank.transaction_id.clone(),
            of: target.operation.clone(),
            currency: amount::numeric_currency(&target.terms.amount),
        }
    }

    /// Whether a transaction of the order is what this is about.
    fn is_about(&self, row: &Row) -> bool {
        if row.standing != Standing::Stands {
            return false;
        }
        match self.kind {
            Kind::Capture => row.kind == "preauth",
            Kind::Void if self.of == operation::REFUND => row.kind == "refund",
            Kind::Void if self.of == operation::CAPTURE => row.kind == "postauth",
            Kind::Void if self.of == operation::AUTHORIZE => row.kind == "preauth",
            // Money is given back from what took it: the capture, where there was a reservation.
            Kind::Refund | Kind::Void => matches!(row.kind.as_str(), "sales" | "postauth" | "preauth"),
        }
    }
}

/// Voids.
pub fn void(ctx: &Context, target: &Target) -> Result<Step, Fault> {
    if target.bank.extra.iter().any(|(name, _)| name == "recurring-number") {
        return Err(Fault::Unsupported(
            "a repeated order is stopped on the bank's own pages: its message wants the card again".into(),
        ));
    }
    let intent = Intent::new(ctx, Kind::Void, target);
    match intent.original.clone() {
        Some(number) => send(ctx, None, &intent, &number, None),
        None => look(ctx, intent),
    }
}

/// Gives back, after a look at what was given back before.
pub fn refund(ctx: &Context, target: &Target) -> Result<Step, Fault> {
    look(ctx, Intent::new(ctx, Kind::Refund, target))
}

/// Takes a reservation.
pub fn capture(ctx: &Context, terms: &Terms, target: &Target) -> Result<Step, Fault> {
    let intent = Intent::new(ctx, Kind::Capture, target);
    match intent.original.clone() {
        Some(number) => send(ctx, Some(terms), &intent, &number, None),
        None => look(ctx, intent),
    }
}

fn look(ctx: &Context, intent: Intent) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let (mode, ip) = (message::mode(ctx), ctx.payer_ip.as_deref().unwrap_or_default());
    let request = message::request(message::order_history(&settings, mode, ip, &intent.order)?)?;
    let known = step::order_ref(&intent.order);
    step::send(request, Effect::ReadOnly, known, &State::Before(intent))
}

/// The order's transactions are known, or the bank did not say. Nothing was sent yet that books anything.
pub fn looked(ctx: &Context, terms: Option<&Terms>, intent: &Intent, response: &HttpResponse) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let history = match Answer::verified(response, &settings, User::Provision) {
        Ok(answer) => history::read(&answer),
        Err(_) => return step::done(step::not_processed("the bank could not say what is in the order")),
    };
    let rows = match history {
        History::Rows(rows) => Some(rows),
        History::Nothing => return step::done(step::not_processed("the bank has no such order")),
        // A user who may not read the history can refund all the same.
        History::Unclear(_) => None,
    };
    let before = rows.as_ref().map(|rows| {
        rows.iter().filter(|row| row.kind == "refund").filter_map(|row| row.number.clone()).collect::<Vec<_>>()
    });
    let number = intent.original.clone().or_else(|| found(rows.as_deref().unwrap_or_default(), intent));
    match number {
        Some(number) => send(ctx, terms, intent, &number, before),
        None => step::done(step::not_processed("the bank does not say which transaction this is about")),
    }
}

/// The one transaction that is meant; the capture before its reservation.
fn found(rows: &[Row], intent: &Intent) -> Option<String> {
    let ours: Vec<&Row> = rows.iter().filter(|row| intent.is_about(row)).collect();
    let taken: Vec<&&Row> = ours.iter().filter(|row| row.kind != "preauth").collect();
    match (taken.as_slice(), ours.as_slice()) {
        ([row], _) => row.number.clone(),
        ([], [row]) => row.number.clone(),
        _ => None,
    }
}

fn send(
    ctx: &Context,
    terms: Option<&Terms>,
    intent: &Intent,
    number: &str,
    before: Option<Vec<String>>,
) -> Result<Step, Fault> {
    let settings = Settings::load()?;
    let mode = message::mode(ctx);
    let original = Original {
        order_id: &intent.order,
        ip: ctx.payer_ip.as_deref().unwrap_or_default(),
        number,
        currency: &intent.currency,
    };
    let minor = || amount::minor(&step::needed(terms)?.amount);
    let (message, user) = match intent.kind {
        Kind::Void => (message::void(&settings, mode, original)?, User::Refund),
        Kind::Refund => (message::refund(&settings, mode, original, &minor()?)?, User::Refund),
        Kind::Capture => (message::capture(&settings, mode, original, &minor()?)?, User::Provision),
    };
    let mut extra = vec![(ORIGINAL.to_owned(), number.to_owned())];
    if intent.kind == Kind::Void {
        extra.push((VOIDS.to_owned(), intent.of.clone()));
    }
    if let Some(before) = before.filter(|_| intent.kind == Kind::Refund) {
        extra.push((REFUNDS_BEFORE.to_owned(), before.join(" ")));
    }
    let known = BankRef { extra, ..step::order_ref(&intent.order) };
    crate::write(message, known, &intent.order, user)
}

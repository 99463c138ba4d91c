//! What was asked of a connector, as a recording keeps it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use super::super::act::{Act, BankRef, Callback, Effect, Method, Operation, Purpose, Target, Terms, ThreeDModel};
use super::super::envelope::Envelope;
use super::mask::Mask;
use super::step::RecordedBytes;
use crate::domain::money::{Currency, Money};

/// One act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum RecordedAct {
    /// Charge at once.
    Sale {
        /// How much.
        terms: RecordedTerms,
    },
    /// Reserve.
    Authorize {
        /// How much.
        terms: RecordedTerms,
    },
    /// Begin at the gate.
    Start {
        /// What shall follow.
        purpose: Purpose,
        /// Which kind.
        model: ThreeDModel,
        /// How much.
        terms: RecordedTerms,
    },
    /// Take what was reserved.
    Capture {
        /// How much.
        terms: RecordedTerms,
        /// The reservation.
        target: RecordedTarget,
    },
    /// Cancel.
    Cancel {
        /// What.
        target: RecordedTarget,
    },
    /// Give back.
    Refund {
        /// How much.
        terms: RecordedTerms,
        /// From which charge.
        target: RecordedTarget,
    },
    /// Ask.
    Inquire {
        /// About what.
        target: RecordedTarget,
    },
    /// Ask for everything of an order.
    OrderHistory {
        /// What was done under it.
        target: RecordedTarget,
    },
    /// Ask for a page of everything of a day.
    DayHistory {
        /// `2026-11-22`
        day: String,
        /// Where the page before ended, base64.
        next: Option<String>,
    },
    /// Ask what a card's points are worth.
    Points {
        /// What is about to be paid.
        terms: RecordedTerms,
    },
    /// The payer came back.
    Resume {
        /// What the attempt began with.
        terms: Option<RecordedTerms>,
        /// Sends until then.
        steps: u8,
        /// Whether the gate charges.
        gate: Effect,
        /// The connector's own state, base64.
        state: String,
        /// What came back.
        callback: RecordedCallback,
    },
}

/// How much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedTerms {
    /// Minor units.
    pub minor: i64,
    /// Alphabetic code.
    pub currency: String,
    /// Parts.
    pub installments: u8,
    /// `ecommerce`, ….
    pub entry: String,
    /// For statements.
    pub description: Option<String>,
}

/// An earlier operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedTarget {
    /// What was done.
    pub operation: Operation,
    /// How 3-D Secure was used in it.
    pub model: ThreeDModel,
    /// With which terms.
    pub terms: RecordedTerms,
    /// Where the bank keeps it.
    pub bank: BankRef,
    /// When, epoch milliseconds.
    pub sent_at_ms: i64,
}

/// What the payer's browser posted back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedCallback {
    /// Posted, not got.
    pub post: bool,
    /// Decoded query.
    pub query: Vec<(String, String)>,
    /// Decoded form.
    pub form: Vec<(String, String)>,
    /// Request headers.
    pub headers: Vec<(String, String)>,
    /// The bytes as they came.
    pub body: RecordedBytes,
    /// Who sent it.
    pub source_ip: String,
}

impl RecordedAct {
    /// What is asked of the connector, masked. A stored state that cannot be opened never reaches a connector.
    pub(super) fn of(act: &Act, digest: &str, mask: &Mask<'_>) -> Self {
        match act {
            Act::Sale { terms } => Self::Sale { terms: terms_of(terms, mask) },
            Act::Authorize { terms } => Self::Authorize { terms: terms_of(terms, mask) },
            Act::ThreeDSecure { purpose, model, terms } => {
                Self::Start { purpose: *purpose, model: *model, terms: terms_of(terms, mask) }
            }
            Act::Capture { terms, target } => {
                Self::Capture { terms: terms_of(terms, mask), target: target_of(target, mask) }
            }
            Act::Void { target } => Self::Cancel { target: target_of(target, mask) },
            Act::Refund { terms, target } => {
                Self::Refund { terms: terms_of(terms, mask), target: target_of(target, mask) }
            }
            Act::Inquire { target } => Self::Inquire { target: target_of(target, mask) },
            Act::OrderHistory { target } => Self::OrderHistory { target: target_of(target, mask) },
            Act::DayHistory { day, next } => {
                Self::DayHistory { day: mask.text(day), next: next.as_ref().map(|next| mask.state(next)) }
            }
            Act::Points { terms } => Self::Points { terms: terms_of(terms, mask) },
            Act::Resume { terms, state, callback } => {
                let opened = Envelope::open(state, digest).ok();
                let gate = opened.as_ref().map_or(Effect::OnceOnlyWrite, |envelope| envelope.gate);
                let steps = opened.as_ref().map_or(0, |envelope| envelope.steps);
                let state = opened.map_or_else(String::new, |envelope| mask.state(&envelope.state));
                let terms = terms.as_ref().map(|terms| terms_of(terms, mask));
                Self::Resume { terms, steps, gate, state, callback: callback_of(callback, mask) }
            }
        }
    }

    /// The act's name, as the contract calls its function.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sale { .. } => "sale",
            Self::Authorize { .. } => "authorize",
            Self::Start { .. } => "start",
            Self::Capture { .. } => "capture",
            Self::Cancel { .. } => "cancel",
            Self::Refund { .. } => "refund",
            Self::Inquire { .. } => "inquire",
            Self::OrderHistory { .. } => "of-order",
            Self::DayHistory { .. } => "of-day",
            Self::Points { .. } => "points",
            Self::Resume { .. } => "resume",
        }
    }

    /// The act again, for the version with this digest.
    pub(super) fn act(&self, digest: &str) -> Option<Act> {
        Some(match self {
            Self::Sale { terms } => Act::Sale { terms: terms.terms()? },
            Self::Authorize { terms } => Act::Authorize { terms: terms.terms()? },
            Self::Start { purpose, model, terms } => {
                Act::ThreeDSecure { purpose: *purpose, model: *model, terms: terms.terms()? }
            }
            Self::Capture { terms, target } => Act::Capture { terms: terms.terms()?, target: target.target()? },
            Self::Cancel { target } => Act::Void { target: target.target()? },
            Self::Refund { terms, target } => Act::Refund { terms: terms.terms()?, target: target.target()? },
            Self::Inquire { target } => Act::Inquire { target: target.target()? },
            Self::OrderHistory { target } => Act::OrderHistory { target: target.target()? },
            Self::DayHistory { day, next } => {
                let next = match next {
                    Some(next) => Some(BASE64_STANDARD.decode(next).ok()?),
                    None => None,
                };
                Act::DayHistory { day: day.clone(), next }
            }
            Self::Points { terms } => Act::Points { terms: terms.terms()? },
            Self::Resume { terms, steps, gate, state, callback } => {
                let state = BASE64_STANDARD.decode(state).ok()?;
                let state = Envelope { steps: *steps, gate: *gate, state }.seal(digest);
                let terms = match terms {
                    Some(terms) => Some(terms.terms()?),
                    None => None,
                };
                Act::Resume { terms, state, callback: callback.callback()? }
            }
        })
    }
}

fn terms_of(terms: &Terms, mask: &Mask<'_>) -> RecordedTerms {
    RecordedTerms {
        minor: terms.amount.minor,
        currency: terms.amount.currency.code().to_owned(),
        installments: terms.installments,
        entry: terms.entry.clone(),
        description: mask.maybe(terms.description.as_deref()),
    }
}

fn target_of(target: &Target, mask: &Mask<'_>) -> RecordedTarget {
    RecordedTarget {
        operation: target.operation,
        model: target.model,
        terms: terms_of(&target.terms, mask),
        bank: mask.bank(&target.bank),
        sent_at_ms: target.sent_at_ms,
    }
}

fn callback_of(callback: &Callback, mask: &Mask<'_>) -> RecordedCallback {
    RecordedCallback {
        post: callback.method == Method::Post,
        query: mask.pairs(&callback.query),
        form: mask.pairs(&callback.form),
        headers: mask.pairs(&callback.headers),
        body: mask.bytes(&callback.body),
        source_ip: callback.source_ip.clone(),
    }
}

impl RecordedTerms {
    fn terms(&self) -> Option<Terms> {
        Some(Terms {
            amount: Money::new(self.minor, Currency::from_code(&self.currency)?),
            installments: self.installments,
            entry: self.entry.clone(),
            description: self.description.clone(),
        })
    }
}

impl RecordedTarget {
    fn target(&self) -> Option<Target> {
        Some(Target {
            operation: self.operation,
            model: self.model,
            terms: self.terms.terms()?,
            bank: self.bank.clone(),
            sent_at_ms: self.sent_at_ms,
        })
    }
}

impl RecordedCallback {
    fn callback(&self) -> Option<Callback> {
        Some(Callback {
            method: if self.post { Method::Post } else { Method::Get },
            query: self.query.clone(),
            form: self.form.clone(),
            headers: self.headers.clone(),
            body: self.body.bytes()?,
            source_ip: self.source_ip.clone(),
        })
    }
}

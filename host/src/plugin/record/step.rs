//! What a connector answered, as a recording keeps it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use super::super::act::{BankRef, Effect};
use super::super::ending::FormMethod;
use super::super::history::HistoryLine;
use super::super::step::{CallFailure, Outcome, Stated, Step};
use super::mask::Mask;

/// Bytes of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordedBytes {
    /// They are UTF-8.
    Text(String),
    /// They are of another charset.
    Base64(String),
}

impl RecordedBytes {
    /// The bytes; none where a file was damaged.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::Text(text) => Some(text.clone().into_bytes()),
            Self::Base64(base64) => BASE64_STANDARD.decode(base64).ok(),
        }
    }

    /// For people: decoded as the content type says.
    pub fn shown(&self, content_type: Option<&str>) -> String {
        self.bytes().map(|bytes| super::super::text::decoded(content_type, &bytes).into_owned()).unwrap_or_default()
    }
}

/// What a connector wants next, or why it said nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum RecordedStep {
    /// Send a request.
    Send {
        /// Name of a granted endpoint.
        endpoint: String,
        /// HTTP method.
        method: String,
        /// Path below the granted prefix.
        path: String,
        /// Query.
        query: Vec<(String, String)>,
        /// Headers.
        headers: Vec<(String, String)>,
        /// Of the body.
        content_type: Option<String>,
        /// Sealed values by how they were made.
        body: String,
        /// What a failure may have done.
        effect: Effect,
        /// For an inquiry.
        known: BankRef,
        /// Its own state, base64.
        state: String,
    },
    /// Send the payer somewhere.
    Browse {
        /// `post` or `redirect`.
        method: String,
        /// Name of a granted endpoint.
        endpoint: String,
        /// Path below the granted prefix.
        path: String,
        /// Sealed values by how they were made.
        fields: Vec<(String, String)>,
        /// Whether the page charges.
        effect: Effect,
        /// What `correlate` will answer.
        correlation: String,
        /// For an inquiry.
        known: BankRef,
        /// Its own state, base64.
        state: String,
    },
    /// Done.
    Done {
        /// Its reading of the answer.
        outcome: RecordedOutcome,
    },
    /// Done, with a page of the bank's own book.
    Listed {
        /// The transactions.
        lines: Vec<RecordedLine>,
        /// Where to go on, base64.
        next: Option<String>,
    },
    /// No step.
    Failed {
        /// `trap`, `not-authentic`, ….
        code: String,
        /// A sentence.
        detail: String,
    },
}

/// A connector's reading of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum RecordedOutcome {
    /// The bank said yes.
    Approved {
        /// Where the bank keeps it.
        bank: BankRef,
        /// The bank's code.
        code: Option<String>,
        /// Whatever else it reports.
        attributes: Vec<(String, String)>,
        /// The bank's amount, minor units.
        minor: Option<i64>,
        /// The bank's currency.
        currency: Option<String>,
        /// The bank's order number.
        order_id: Option<String>,
    },
    /// The bank said no.
    Declined {
        /// The SDK's word.
        category: String,
        /// The bank's code.
        code: Option<String>,
        /// The bank's words.
        message: Option<String>,
        /// The same card may be tried again.
        same_card_may_retry: bool,
        /// Another POS may be tried.
        other_pos_may_retry: bool,
    },
    /// The bank said later.
    Pending {
        /// Where the bank keeps it.
        bank: BankRef,
    },
    /// Nothing was booked.
    NotProcessed {
        /// A sentence.
        detail: String,
    },
    /// Nobody knows.
    Unknown {
        /// A sentence.
        detail: String,
    },
    /// What the points of a card are worth.
    Told {
        /// Minor units.
        minor: i64,
        /// The bank's currency.
        currency: String,
        /// Whatever else it reports.
        attributes: Vec<(String, String)>,
    },
}

/// One transaction of the bank's own book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedLine {
    /// The contract's word for it.
    pub operation: Option<String>,
    /// What it has come to.
    pub standing: String,
    /// When, epoch milliseconds.
    pub at_ms: Option<i64>,
    /// Minor units.
    pub minor: Option<i64>,
    /// Its currency.
    pub currency: Option<String>,
    /// Our order number.
    pub order_no: Option<String>,
    /// How the bank knows it.
    pub bank: BankRef,
    /// The bank's code.
    pub code: Option<String>,
    /// Whatever else it says.
    pub attributes: Vec<(String, String)>,
}

impl RecordedStep {
    /// What a call ended with, masked.
    pub(super) fn of(result: &Result<Step, CallFailure>, mask: &Mask<'_>) -> Self {
        match result {
            Ok(Step::Send(send)) => Self::Send {
                endpoint: mask.text(&send.endpoint),
                method: send.method.as_str().to_owned(),
                path: mask.text(&send.path),
                query: mask.pairs(&send.query),
                headers: mask.fields(&send.headers),
                content_type: mask.maybe(send.content_type.as_deref()),
                body: mask.parts(send.content_type.as_deref(), &send.body),
                effect: send.effect,
                known: mask.bank(&send.known),
                state: mask.state(&send.state),
            },
            Ok(Step::Browse(browse)) => Self::Browse {
                method: match browse.method {
                    FormMethod::Post => "post".to_owned(),
                    FormMethod::Redirect => "redirect".to_owned(),
                },
                endpoint: mask.text(&browse.endpoint),
                path: mask.text(&browse.path),
                fields: mask.fields(&browse.fields),
                effect: browse.effect,
                correlation: mask.text(&browse.correlation),
                known: mask.bank(&browse.known),
                state: mask.state(&browse.state),
            },
            Ok(Step::Done(outcome)) => Self::Done { outcome: outcome_of(outcome, mask) },
            Ok(Step::Listed(page)) => Self::Listed {
                lines: page.lines.iter().map(|line| line_of(line, mask)).collect(),
                next: page.next.as_ref().map(|next| mask.state(next)),
            },
            Err(failure) => {
                let (code, detail) = failure_of(failure);
                Self::Failed { code: code.to_owned(), detail: mask.message(detail) }
            }
        }
    }

    /// For counters and lists: `send`, `browse`, `done`, or the failure's code.
    pub fn kind(&self) -> &str {
        match self {
            Self::Send { .. } => "send",
            Self::Browse { .. } => "browse",
            Self::Done { .. } => "done",
            Self::Listed { .. } => "listed",
            Self::Failed { code, .. } => code,
        }
    }
}

fn outcome_of(outcome: &Outcome, mask: &Mask<'_>) -> RecordedOutcome {
    match outcome {
        Outcome::Approved(approval, stated) => {
            let Stated { minor, currency, order_id } = stated;
            RecordedOutcome::Approved {
                bank: mask.bank(&approval.bank),
                code: mask.maybe(approval.raw_code.as_deref()),
                attributes: mask.pairs(&approval.attributes),
                minor: *minor,
                currency: mask.maybe(currency.as_deref()),
                order_id: mask.maybe(order_id.as_deref()),
            }
        }
        Outcome::Declined(decline) => RecordedOutcome::Declined {
            category: mask.text(&decline.category),
            code: mask.maybe(decline.bank_code.as_deref()),
            message: mask.maybe(decline.bank_message.as_deref()),
            same_card_may_retry: decline.same_card_may_retry,
            other_pos_may_retry: decline.other_pos_may_retry,
        },
        Outcome::Pending(bank) => RecordedOutcome::Pending { bank: mask.bank(bank) },
        Outcome::NotProcessed(detail) => RecordedOutcome::NotProcessed { detail: mask.message(detail) },
        Outcome::Unknown(detail) => RecordedOutcome::Unknown { detail: mask.message(detail) },
        Outcome::Told(worth, currency) => RecordedOutcome::Told {
            minor: worth.minor,
            currency: mask.text(currency),
            attributes: mask.pairs(&worth.attributes),
        },
    }
}

fn line_of(line: &HistoryLine, mask: &Mask<'_>) -> RecordedLine {
    RecordedLine {
        operation: mask.maybe(line.operation.as_deref()),
        standing: mask.text(&line.standing),
        at_ms: line.at_ms,
        minor: line.minor,
        currency: mask.maybe(line.currency.as_deref()),
        order_no: mask.maybe(line.order_no.as_deref()),
        bank: mask.bank(&line.bank),
        code: mask.maybe(line.raw_code.as_deref()),
        attributes: mask.pairs(&line.attributes),
    }
}

fn failure_of(failure: &CallFailure) -> (&str, &str) {
    match failure {
        CallFailure::Fault(fault, detail) => (fault.code(), detail),
        CallFailure::Trap(code, detail) => (code, detail),
        CallFailure::Breach(detail) => ("contract-breach", detail),
        CallFailure::Sink(detail) => ("refused-sink", detail),
        CallFailure::Busy => ("busy", ""),
    }
}

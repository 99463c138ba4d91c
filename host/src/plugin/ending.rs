//! How an act ended: the driver's word, which flow records and never second-guesses.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::act::{BankRef, Effect};
use super::history::HistoryPage;

/// The connector broke the contract.
pub(super) const CONTRACT_BREACH: &str = "contract-breach";

/// The end of one [`drive`](super::Plugins::drive).
#[derive(Debug)]
pub enum Ending {
    /// Over, with this verdict.
    Done(Verdict),
    /// A page of the bank's own book, which rests on an authentic answer.
    Listed(HistoryPage),
    /// The payer must visit the bank's page; continue with [`Act::Resume`](super::Act::Resume).
    Browse(Box<Browse>),
    /// What was asked is told; only of [`Act::Points`](super::Act::Points).
    Told(Worth),
}

impl Ending {
    /// The verdict on an act that needs no payer and asks for no points and no list. Anything else would be the driver's own
    /// mistake, and then nobody knows.
    pub fn into_verdict(self) -> Verdict {
        let (code, detail) = match self {
            Self::Done(verdict) => return verdict,
            Self::Browse(_) => ("browse-without-payer", "the connector wants a payer here"),
            Self::Told(_) | Self::Listed(_) => (CONTRACT_BREACH, "the connector answers another question"),
        };
        Verdict::Unknown { reason: Reason { code, detail: detail.to_owned() }, phase: None, alarm: true }
    }
}

/// What the points of a card are worth, by an authentic answer of the bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worth {
    /// Minor units, never negative, in the currency that was asked about.
    pub minor: i64,
    /// Whatever else the bank said of them.
    pub attributes: Vec<(String, String)>,
}

/// What became of the act.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// The bank said yes, authentically, to the amount we asked for.
    Approved(Approval),
    /// The bank said no, authentically.
    Declined(Decline),
    /// The bank said: accepted, result later. Keep asking.
    Pending(BankRef),
    /// Nothing was booked: another POS may be tried. After an inquiry: the bank says it knows no such order.
    NotProcessed(Reason),
    /// Nobody knows. No other attempt until an inquiry answers.
    Unknown {
        /// Why, for people.
        reason: Reason,
        /// How far the host got, when the transport failed.
        phase: Option<Phase>,
        /// Somebody should look at once (wrong amount, broken connector), not only the janitor.
        alarm: bool,
    },
}

/// Why an act ended without the bank's yes or no. `code` is for programs and tests, `detail` for people
/// of the firm; neither holds card data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// A stable word: `connect-failed`, `trap`, `amount-differs`, `not-authentic`, ….
    pub code: &'static str,
    /// A sentence, already redacted.
    pub detail: String,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.detail.is_empty() { f.write_str(self.code) } else { write!(f, "{}: {}", self.code, self.detail) }
    }
}

/// The bank's yes.
#[derive(Debug, Clone)]
pub struct Approval {
    /// Where the bank keeps it.
    pub bank: BankRef,
    /// The bank's code as it wrote it.
    pub raw_code: Option<String>,
    /// Whatever else the connector reports (`scheme`, `eci`, `host-ref`, …).
    pub attributes: Vec<(String, String)>,
}

/// The bank's no.
#[derive(Debug, Clone)]
pub struct Decline {
    /// An open string (`insufficient-funds`, `do-not-honor`, …); the list is the SDK's.
    pub category: String,
    /// The bank's code as it wrote it.
    pub bank_code: Option<String>,
    /// The bank's words, scrubbed of the card number.
    pub bank_message: Option<String>,
    /// The same card may be tried again.
    pub same_card_may_retry: bool,
    /// Another POS may be tried.
    pub other_pos_may_retry: bool,
    /// Whatever else the bank said of its no (`host-ref`, …).
    pub attributes: Vec<(String, String)>,
}

/// How far a send got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Looking up the name.
    Resolving,
    /// Opening the connection.
    Connecting,
    /// TLS handshake.
    Tls,
    /// Bytes are leaving.
    Sending,
    /// All bytes left, none came back.
    AwaitingResponse,
    /// The answer broke off.
    ReadingResponse,
}

impl Phase {
    /// Whether the other side may have seen a byte of the request.
    pub fn may_have_left(self) -> bool {
        self >= Self::Sending
    }

    /// As stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resolving => "resolving",
            Self::Connecting => "connecting",
            Self::Tls => "tls",
            Self::Sending => "sending",
            Self::AwaitingResponse => "awaiting-response",
            Self::ReadingResponse => "reading-response",
        }
    }
}

/// The payer must go to the bank's page and come back.
pub struct Browse {
    /// `OnceOnlyWrite` when the page itself lets the bank charge: without a callback the attempt is then
    /// unknown; else a missing callback is not processed.
    pub effect: Effect,
    /// What `correlate` will answer for this attempt's callback; unique per POS account while it waits.
    pub correlation: String,
    /// What an inquiry can use if no callback ever comes.
    pub known: BankRef,
    /// Opaque; kept with the attempt and given back with [`Act::Resume`](super::Act::Resume). Holds no
    /// card data: sealed values cannot get into it.
    pub state: Vec<u8>,
    /// The page that takes the payer there. May hold the card: one use, `no-store`, never written anywhere.
    pub page: BrowserForm,
}

impl fmt::Debug for Browse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Browse")
            .field("effect", &self.effect)
            .field("correlation", &self.correlation)
            .field("known", &self.known)
            .field("state", &self.state.len())
            .field("page", &self.page)
            .finish()
    }
}

/// How the browser goes to the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormMethod {
    /// A form that submits itself with POST.
    Post,
    /// A redirect with the fields as query (never holds card data).
    Redirect,
}

/// A form for the payer's own browser, its values resolved. `Debug` shows names only.
pub struct BrowserForm {
    /// POST or redirect.
    pub method: FormMethod,
    /// Absolute URL of the gate, without the fields.
    pub action: String,
    /// Origin of `action`, for `form-action` in the page's content security policy.
    pub gate_origin: String,
    /// In the connector's order.
    pub fields: Vec<FormField>,
}

impl fmt::Debug for BrowserForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrowserForm")
            .field("method", &self.method)
            .field("action", &self.action)
            .field("fields", &self.fields.iter().map(|field| &field.name).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl BrowserForm {
    /// The whole redirect target, for [`FormMethod::Redirect`].
    pub fn redirect_url(&self) -> Zeroizing<String> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for field in &self.fields {
            query.append_pair(&field.name, &field.value);
        }
        let separator = if self.action.contains('?') { '&' } else { '?' };
        Zeroizing::new(format!("{}{separator}{}", self.action, query.finish()))
    }
}

/// One field of a [`BrowserForm`].
pub struct FormField {
    /// The name the bank wants.
    pub name: String,
    /// The value, wiped when dropped.
    pub value: Zeroizing<String>,
    /// Whether the value came from the card: such a page goes out once and is then forgotten.
    pub from_card: bool,
}

impl fmt::Debug for FormField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=…", self.name)
    }
}

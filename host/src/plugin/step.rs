//! What a connector returns, in the host's own types, and what it gets back.
//!
//! The sandbox of a call is gone when its step arrives here: sealed values have been taken out of it. The
//! driver and its tests know no WebAssembly.

use std::time::Duration;

use futures::future::BoxFuture;

use super::act::{Act, ActContext, BankRef, Callback, Effect, Method, Terms};
use super::ending::{Approval, Decline, FormMethod, Phase, Worth};
use super::held::HeldCard;
use super::history::HistoryPage;
use super::installation::Installation;
use super::record::{Given, LogLine};
use super::sealed::Sealed;

/// A piece of a body or of a field.
#[derive(Debug, Clone)]
pub enum Part {
    /// Readable text.
    Text(String),
    /// Readable bytes.
    Bytes(Vec<u8>),
    /// A value only the host can read.
    Sealed(Sealed),
}

impl Part {
    fn bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Sealed(value) => value.expose().len(),
        }
    }
}

/// A named part.
#[derive(Debug, Clone)]
pub struct Field {
    /// Header or field name.
    pub name: String,
    /// Its value.
    pub value: Part,
}

/// "Send this request, then resume me."
#[derive(Debug, Clone)]
pub struct SendStep {
    /// Name of a granted endpoint.
    pub endpoint: String,
    /// HTTP method.
    pub method: Method,
    /// Path below the granted prefix.
    pub path: String,
    /// Query, readable by nature.
    pub query: Vec<(String, String)>,
    /// Headers besides the content type.
    pub headers: Vec<Field>,
    /// Of the body.
    pub content_type: Option<String>,
    /// The body's pieces.
    pub body: Vec<Part>,
    /// What a failure may have done.
    pub effect: Effect,
    /// What an inquiry can use.
    pub known: BankRef,
    /// Given back on resume.
    pub state: Vec<u8>,
}

/// "Show the payer this form, then resume me with what comes back."
#[derive(Debug, Clone)]
pub struct BrowseStep {
    /// POST or redirect.
    pub method: FormMethod,
    /// Name of a granted endpoint.
    pub endpoint: String,
    /// Path below the granted prefix.
    pub path: String,
    /// The fields.
    pub fields: Vec<Field>,
    /// Whether the page lets the bank charge.
    pub effect: Effect,
    /// What `correlate` will answer.
    pub correlation: String,
    /// What an inquiry can use.
    pub known: BankRef,
    /// Given back on resume.
    pub state: Vec<u8>,
}

/// What the bank's answer itself says; never filled from our own terms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stated {
    /// Minor units.
    pub minor: Option<i64>,
    /// As the bank wrote it, alphabetic or numeric.
    pub currency: Option<String>,
    /// The order number it talks about.
    pub order_id: Option<String>,
}

/// "Done": the connector's reading of the answer, which the driver judges.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// The bank said yes.
    Approved(Approval, Stated),
    /// The bank said no.
    Declined(Decline),
    /// The bank said later.
    Pending(BankRef),
    /// Nothing was booked.
    NotProcessed(String),
    /// Nobody knows.
    Unknown(String),
    /// What the points of a card are worth, and the currency as the bank wrote it; only of the interface `points`.
    Told(Worth, String),
}

/// What a connector wants next.
#[derive(Debug, Clone)]
pub enum Step {
    /// Send a request.
    Send(Box<SendStep>),
    /// Send the payer somewhere.
    Browse(Box<BrowseStep>),
    /// Done.
    Done(Outcome),
    /// Done, with a page of the bank's own book.
    Listed(HistoryPage),
}

impl Step {
    /// About how much the connector gave: the body or the fields, and its state. For figures.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Send(step) => step.state.len() + step.body.iter().map(Part::bytes).sum::<usize>(),
            Self::Browse(step) => step.state.len() + step.fields.iter().map(|field| field.value.bytes()).sum::<usize>(),
            Self::Done(_) => 0,
            Self::Listed(page) => page.bytes(),
        }
    }
}

/// A complete answer (or as much as is read of one).
#[derive(Clone)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Lower-case names.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The body was longer than is read.
    pub truncated: bool,
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Response({}, {} bytes)", self.status, self.body.len())
    }
}

impl Response {
    /// The first header of this (lower-case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A send without an answer.
#[derive(Debug, Clone)]
pub struct TransportFailure {
    /// How far it got.
    pub phase: Phase,
    /// Time ran out, rather than something breaking.
    pub timed_out: bool,
    /// A sentence without addresses or content.
    pub detail: String,
}

/// What a connector is resumed with.
#[derive(Debug, Clone)]
pub enum Reply {
    /// An answer.
    Response(Response),
    /// No answer to a send that may be repeated.
    Failed(TransportFailure),
    /// The payer came back.
    Callback(Callback),
}

/// A failure of the connector itself, by its own word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Refused before anything left.
    InvalidRequest,
    /// The bank or the connector cannot do it.
    Unsupported,
    /// The POS account's settings are wrong.
    BadConfig,
    /// The answer cannot be interpreted.
    UnreadableAnswer,
    /// Signature or hash does not verify.
    NotAuthentic,
}

impl Fault {
    /// The reason code.
    pub fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid-request",
            Self::Unsupported => "unsupported",
            Self::BadConfig => "bad-config",
            Self::UnreadableAnswer => "unreadable-answer",
            Self::NotAuthentic => "not-authentic",
        }
    }
}

/// Why a call gave no step.
#[derive(Debug, Clone)]
pub enum CallFailure {
    /// The connector said so.
    Fault(Fault, String),
    /// It trapped, ran too long or asked for too much; the code says which.
    Trap(&'static str, String),
    /// It broke the contract: a forbidden operation on a sealed value, a limit, a bad result.
    Breach(String),
    /// It was about to send a sealed value where it may not go: hostile, or badly broken.
    Sink(String),
    /// No sandbox was free in time.
    Busy,
}

/// The end of one call.
#[derive(Debug)]
pub struct CallEnd {
    /// The step, or why there is none.
    pub result: Result<Step, CallFailure>,
    /// A comparison with a keyed digest came out true: something the other side sent is authentic.
    pub verified: bool,
    /// For the recording.
    pub trace: CallTrace,
}

impl CallEnd {
    /// A call that never ran.
    pub fn failed(failure: CallFailure) -> Self {
        Self { result: Err(failure), verified: false, trace: CallTrace::default() }
    }
}

/// What a call was given besides its inputs, and what it left besides its step.
#[derive(Debug, Default)]
pub struct CallTrace {
    /// Entropy and comparisons.
    pub given: Given,
    /// What it logged.
    pub logs: Vec<LogLine>,
    /// Where it trapped, innermost function first.
    pub backtrace: Vec<String>,
    /// Sends of the attempt before it, and one.
    pub step: u8,
    /// Ticks of the epoch clock it used up.
    pub ticks: u32,
    /// The most memory it had.
    pub memory_bytes: usize,
    /// How long it took.
    pub took: Duration,
    /// Of this, how long its sandbox took to be made.
    pub instantiated: Duration,
    /// How long it waited for a place before.
    pub queued: Duration,
    /// Processor time.
    pub ran: Duration,
    /// Functions of the host that it called.
    pub host_calls: u32,
    /// About how much it was given: its state, and what came back.
    pub bytes_in: usize,
}

/// What a call is about.
#[derive(Debug)]
pub enum Input<'a> {
    /// The first call of an act.
    Begin(&'a Act),
    /// Every later one of an act that is answered with a list.
    GoOn {
        /// The connector's own state.
        state: &'a [u8],
        /// What came back.
        reply: Reply,
    },
    /// Every other later one.
    Resume {
        /// The act's terms.
        terms: Option<&'a Terms>,
        /// The connector's own state.
        state: &'a [u8],
        /// What came back.
        reply: Reply,
    },
    /// Every later one of a question about points.
    PointsGoOn {
        /// The act's terms.
        terms: &'a Terms,
        /// The connector's own state.
        state: &'a [u8],
        /// What came back.
        reply: Reply,
    },
}

impl Input<'_> {
    /// The contract's word for what is called.
    pub fn function(&self) -> &'static str {
        match self {
            Self::Begin(act) => act.name(),
            Self::GoOn { .. } => "go-on",
            Self::Resume { .. } => "resume",
            Self::PointsGoOn { .. } => "points-go-on",
        }
    }

    /// About how much of the connector's own state and of the other side's words this is. For figures.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Begin(_) => 0,
            Self::GoOn { state, reply } | Self::PointsGoOn { state, reply, .. } | Self::Resume { state, reply, .. } => {
                let came = match reply {
                    Reply::Response(response) => response.body.len(),
                    Reply::Failed(_) => 0,
                    Reply::Callback(callback) => callback.body.len(),
                };
                state.len() + came
            }
        }
    }
}

/// One call into a connector.
#[derive(Debug)]
pub struct Call<'a> {
    /// The POS account.
    pub installation: &'a Installation,
    /// The attempt.
    pub context: &'a ActContext,
    /// The card, while the hold has it.
    pub card: Option<&'a HeldCard>,
    /// The clock of this call.
    pub now_ms: i64,
    /// What the recorded call was given, while one is played again: nothing is made known of such a call.
    pub again: Option<Given>,
    /// Sends of the attempt before it.
    pub sends_before: u8,
    /// What to do.
    pub input: Input<'a>,
}

/// A connector as the driver sees it: the sandbox in production, a script in tests.
pub trait Guest: Send + Sync {
    /// One call in a fresh sandbox.
    fn call<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, CallEnd>;
}

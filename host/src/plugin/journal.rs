//! What the driver tells flow while an act runs.

use futures::future::BoxFuture;

use super::act::{BankRef, Effect};
use super::ending::Phase;

/// Flow's diary of an act. The driver calls [`Journal::before_send`] before the first byte of *every* send
/// and does not send unless it returned `Ok`, so a committed row is always there first (promise P3).
pub trait Journal: Send + Sync {
    /// Commits what is about to be sent, with what an inquiry would need if no answer ever came.
    fn before_send<'a>(&'a self, send: &'a SendIntent) -> BoxFuture<'a, Result<(), JournalError>>;

    /// Notes what came back, or how far the host got. Best effort: it cannot change the outcome any more.
    fn after_reply<'a>(&'a self, note: &'a ReplyNote) -> BoxFuture<'a, ()>;
}

/// Writes nothing down: of acts that reach no bank.
#[derive(Debug, Clone, Copy)]
pub struct Unwritten;

impl Journal for Unwritten {
    fn before_send<'a>(&'a self, _: &'a SendIntent) -> BoxFuture<'a, Result<(), JournalError>> {
        Box::pin(async { Ok(()) })
    }

    fn after_reply<'a>(&'a self, _: &'a ReplyNote) -> BoxFuture<'a, ()> {
        Box::pin(async {})
    }
}

/// The row could not be committed: nothing is sent.
#[derive(Debug, thiserror::Error)]
#[error("the intent to send could not be recorded: {0}")]
pub struct JournalError(pub String);

/// A send that is about to happen. Safe to store: masked.
#[derive(Debug, Clone)]
pub struct SendIntent {
    /// 1 for the first send of the attempt.
    pub step: u8,
    /// The endpoint's name in the grant.
    pub endpoint: String,
    /// Method and path, without query.
    pub target: String,
    /// What a failure may have done.
    pub effect: Effect,
    /// What an inquiry can use.
    pub known: BankRef,
    /// The request body with every sealed value replaced by its label (`«pan»`), at most 4 kB.
    pub masked_request: String,
}

/// What became of a send. Safe to store: masked.
#[derive(Debug, Clone)]
pub struct ReplyNote {
    /// Same as the intent's.
    pub step: u8,
    /// Same as the intent's.
    pub endpoint: String,
    /// 1 unless a read-only or idempotent send was retried.
    pub tries: u8,
    /// HTTP status, when an answer came.
    pub status: Option<u16>,
    /// How far the host got, when none came.
    pub failed_in: Option<Phase>,
    /// A sentence on the failure.
    pub detail: Option<String>,
    /// From before resolving to the last byte.
    pub elapsed_ms: u64,
    /// The bank's text, decoded, without the card number, secrets or anything that looks like a card, at
    /// most 4 kB.
    pub masked_response: String,
}

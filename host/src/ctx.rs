//! Who acts, in which part of the tree, with which clock.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

pub use crate::domain::locale::Locale;

use crate::domain::id::{ApiKeyId, NodeId, TenantId, UserId};

/// The only source of time: the system's, or one that a test moves by hand.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Simulated(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until `advance` moves it.
    pub fn simulated(start_ms: i64) -> Self {
        Self(Source::Simulated(Arc::new(AtomicI64::new(start_ms))))
    }

    /// Epoch milliseconds.
    pub fn now_ms(&self) -> i64 {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
            Source::System => jiff::Timestamp::now().as_millisecond(),
            Source::Simulated(now_ms) => now_ms.load(Ordering::SeqCst),
        }
    }

    /// Moves a simulated clock forward; the system's clock is left alone.
    pub fn advance(&self, by: Duration) {
        if let Source::Simulated(now_ms) = &self.0 {
            let by_ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
            now_ms.fetch_add(by_ms, Ordering::SeqCst);
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now_ms())
    }
}

/// Who stands behind an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person with a session.
    User(UserId),
    /// A program with a key.
    ApiKey(ApiKeyId),
    /// A payer with nothing but a link or a bank's callback.
    Payer,
    /// One of our own jobs, by name.
    Job(&'static str),
}

impl Actor {
    /// As events and audit rows name it.
    pub fn label(&self) -> String {
        match self {
            Self::User(id) => id.to_string(),
            Self::ApiKey(id) => id.to_string(),
            Self::Payer => "payer".to_owned(),
            Self::Job(name) => format!("job:{name}"),
        }
    }
}

/// What every act is done with.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// Whose books.
    pub tenant: TenantId,
    /// Who acts.
    pub actor: Actor,
    /// The root of the part of the tree that the actor sees.
    pub scope: NodeId,
    /// Names this request in answers, logs and events.
    pub request_id: String,
    /// `tr`, `en` or `az`.
    pub locale: Locale,
    /// The time.
    pub clock: Clock,
}

//! Who acts, in which part of the tree, with which clock.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::time::{Instant, timeout_at};

pub use crate::domain::locale::Locale;

use crate::domain::id::{ApiKeyId, NodeId, TenantId, UserId};

/// The only source of time: the system's, one that a test moves by hand, or a simulation's.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Simulated(Arc<AtomicI64>),
    Staged(Arc<dyn Stage>),
}

/// A simulation in the clock's place: it says what time it is, and also who goes on and when.
///
/// A flow gives way at three kinds of places only: where it sleeps, where it talks to the outside (the transport is
/// the simulation's as well), and at its crash points. Between two of them it waits for nothing but the database.
pub trait Stage: Send + Sync {
    /// Epoch milliseconds.
    fn now_ms(&self) -> i64;
    /// Comes back when the simulation has moved its time so far.
    fn sleep(&self, pause: Duration) -> BoxFuture<'static, ()>;
    /// Comes back when the simulation lets the flow go on from this crash point; after a crash, never.
    fn point(&self, name: &'static str) -> BoxFuture<'static, ()>;
    /// A task begins that goes on when nobody waits for it any more. It is over when what this gives is dropped.
    fn attend(&self) -> Box<dyn Any + Send>;
    /// Spreads what would otherwise be tried again at one moment.
    fn chance(&self) -> u8;
}

/// The time for something ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Late;

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until `advance` moves it.
    pub fn simulated(start_ms: i64) -> Self {
        Self(Source::Simulated(Arc::new(AtomicI64::new(start_ms))))
    }

    /// The clock of a simulation.
    pub fn staged(stage: Arc<dyn Stage>) -> Self {
        Self(Source::Staged(stage))
    }

    /// Epoch milliseconds.
    pub fn now_ms(&self) -> i64 {
        match &self.0 {
            Source::Staged(stage) => stage.now_ms(),
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

    /// Waits. A clock that a test moves by hand waits like the machine's: whoever sleeps must wake without its help.
    pub async fn sleep(&self, pause: Duration) {
        match &self.0 {
            Source::Staged(stage) => stage.sleep(pause).await,
            Source::System | Source::Simulated(_) => tokio::time::sleep(pause).await,
        }
    }

    /// Waits for something that only this machine does, until a deadline; in a simulation it takes no time.
    pub async fn within<T>(&self, until: Instant, work: impl Future<Output = T>) -> Result<T, Late> {
        match &self.0 {
            Source::Staged(_) => Ok(work.await),
            Source::System | Source::Simulated(_) => timeout_at(until, work).await.map_err(|_| Late),
        }
    }

    /// A number that spreads retries over time.
    pub fn chance(&self) -> u8 {
        match &self.0 {
            Source::Staged(stage) => stage.chance(),
            Source::System | Source::Simulated(_) => {
                let [chance] = crate::security::random();
                chance
            }
        }
    }

    /// Gives way to a simulation at a crash point; costs nothing otherwise.
    pub(crate) async fn point(&self, name: &'static str) {
        if let Source::Staged(stage) = &self.0 {
            stage.point(name).await;
        }
    }

    /// Tells a simulation that a task has begun; it is over when what this gives is dropped.
    pub(crate) fn attend(&self) -> Option<Box<dyn Any + Send>> {
        match &self.0 {
            Source::Staged(stage) => Some(stage.attend()),
            Source::System | Source::Simulated(_) => None,
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

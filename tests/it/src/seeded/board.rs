//! Who is on: exactly one chain of tasks runs, from one place where it gives way to the next. Everything else of the
//! world stands still meanwhile, so that a seed decides the order of all things.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};
use vezne::ctx::Stage;
use vezne::plugin::{OutRequest, Response, Transport, TransportFailure};

use super::chance::Chance;

/// One thing that somebody asked of a host, with every task that it began.
pub type Chain = usize;
/// Which host.
pub type HostNo = usize;
/// How an exchange ends.
pub type Reply = Result<Response, TransportFailure>;

/// A request on its way out, as the wire sees it.
#[derive(Debug, Clone)]
pub struct Asked {
    pub to_bank: bool,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// Where a chain gave way.
#[derive(Debug)]
pub enum Place {
    /// At a crash point.
    Point(&'static str),
    /// Asleep.
    Sleep { until_ms: i64 },
    /// Waiting for the outside.
    Wire(Asked),
}

/// How to let a chain go on. Dropping it is its death: nothing of it ever runs again.
pub enum Go {
    On(oneshot::Sender<()>),
    Reply(oneshot::Sender<Reply>),
}

/// What the chain that was on tells.
pub enum News {
    /// It gave way.
    Parked { chain: Chain, place: Place, go: Go },
    /// It is over.
    Ended(Chain),
}

struct Inner {
    now_ms: i64,
    /// Which chain is on.
    current: Chain,
    /// Running tasks of each chain.
    tasks: BTreeMap<Chain, usize>,
    chance: Chance,
}

/// What all chains of a world share.
#[derive(Clone)]
pub struct Board(Arc<(Mutex<Inner>, mpsc::UnboundedSender<News>)>);

impl Board {
    pub fn new(now_ms: i64, chance: Chance) -> (Self, mpsc::UnboundedReceiver<News>) {
        let (send, receive) = mpsc::unbounded_channel();
        let inner = Inner { now_ms, current: 0, tasks: BTreeMap::new(), chance };
        (Self(Arc::new((Mutex::new(inner), send))), receive)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn now_ms(&self) -> i64 {
        self.inner().now_ms
    }

    /// Time never goes backwards here.
    pub fn set_ms(&self, now_ms: i64) {
        let mut inner = self.inner();
        inner.now_ms = inner.now_ms.max(now_ms);
    }

    /// Whose turn it is.
    pub fn let_on(&self, chain: Chain) {
        self.inner().current = chain;
    }

    /// A task of the chain that is on begins.
    pub fn attend(&self) -> Attended {
        let mut inner = self.inner();
        let chain = inner.current;
        *inner.tasks.entry(chain).or_default() += 1;
        Attended { board: self.clone(), chain }
    }

    fn tell(&self, news: News) {
        // Nobody listens any more when the world is over.
        let _ = self.0.1.send(news);
    }

    fn park<T: Send + 'static>(
        &self,
        place: Place,
        go: impl FnOnce(oneshot::Sender<T>) -> Go,
    ) -> BoxFuture<'static, T> {
        let (send, receive) = oneshot::channel();
        self.tell(News::Parked { chain: self.inner().current, place, go: go(send) });
        Box::pin(async move {
            match receive.await {
                Ok(value) => value,
                // Its host has died.
                Err(_) => std::future::pending().await,
            }
        })
    }
}

/// A running task; over when dropped.
pub struct Attended {
    board: Board,
    chain: Chain,
}

impl Drop for Attended {
    fn drop(&mut self) {
        let mut inner = self.board.inner();
        let left = inner.tasks.entry(self.chain).or_insert(1);
        *left = left.saturating_sub(1);
        let over = *left == 0;
        drop(inner);
        if over {
            self.board.tell(News::Ended(self.chain));
        }
    }
}

/// The board as one host sees it: its clock may be off by a little.
pub struct HostClock {
    pub board: Board,
    pub off_ms: i64,
}

impl Stage for HostClock {
    fn now_ms(&self) -> i64 {
        self.board.now_ms() + self.off_ms
    }

    fn sleep(&self, pause: Duration) -> BoxFuture<'static, ()> {
        let until_ms = self.board.now_ms() + i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
        self.board.park(Place::Sleep { until_ms }, Go::On)
    }

    fn point(&self, name: &'static str) -> BoxFuture<'static, ()> {
        self.board.park(Place::Point(name), Go::On)
    }

    fn attend(&self) -> Box<dyn Any + Send> {
        Box::new(self.board.attend())
    }

    fn chance(&self) -> u8 {
        self.board.inner().chance.byte()
    }
}

/// The way out of a host: every request stops here until the world decides what becomes of it.
pub struct Wire {
    pub board: Board,
    pub to_bank: bool,
}

impl Transport for Wire {
    fn send<'a>(&'a self, request: &'a OutRequest, _: tokio::time::Instant) -> BoxFuture<'a, Reply> {
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let asked = Asked {
            to_bank: self.to_bank,
            path: request.url.path().to_owned(),
            headers: request.headers.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
            body: request.body.to_vec(),
        };
        self.board.park(Place::Wire(asked), Go::Reply)
    }
}

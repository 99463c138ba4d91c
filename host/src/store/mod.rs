//! The only SQL. One file per aggregate, plain functions, noun first; one statement text for both databases.
//!
//! [`Tx`] owns a transaction: `commit` consumes it, dropping it rolls back. Nothing but the database is
//! awaited while a `Tx` lives.

#[macro_use]
pub mod sql;

pub mod alarm;
pub mod allocation;
pub mod api_key;
pub mod attempt;
pub mod audit;
pub mod backup;
pub mod bank_transaction;
pub mod bin;
pub mod change;
pub mod customer;
pub mod doubt;
pub mod draft;
pub mod event;
pub mod home;
pub mod idempotency;
pub mod instalment;
pub mod json;
pub mod ledger;
mod migration;
pub mod node;
pub mod operation;
pub mod outbox;
pub mod payment;
pub mod plugin;
pub mod pos_account;
pub mod pos_secret;
pub mod proof;
pub mod proposal;
pub mod receivable;
pub mod replica;
pub mod routing;
pub mod session;
pub mod span;
pub mod tenant;
pub mod turn;
pub mod user;
pub mod webhook;
pub mod webhook_delivery;
mod writer;

use std::collections::BTreeMap;
use std::future::ready;
use std::ops::{Deref, DerefMut};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection, Postgres, Sqlite, Transaction};

use self::change::{Changed, Changes, Counts};
pub use self::writer::Turn;
use self::writer::Writer;
use crate::domain::id::TenantId;
use crate::limits;

/// What can go wrong between us and the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached or is overloaded: nothing was changed, try again (503).
    #[error("the database is not available")]
    Unavailable(#[source] sqlx::Error),
    /// The group of writes that this one was part of was rolled back: nothing was changed, try again (503).
    #[error("a group of writes was not kept: {0}")]
    NotCommitted(String),
    /// A commit was sent and no answer came: the rows may or may not be there.
    #[error("the outcome of a commit is not known")]
    CommitUnknown(#[source] sqlx::Error),
    /// A row breaks a rule of the schema; the name is the constraint's where the database tells it.
    #[error("the row breaks {0}")]
    Constraint(String),
    /// A stored value does not parse: corruption or a program error, never the caller's fault.
    #[error("{table}.{column} of {row} holds what cannot be")]
    Corrupt {
        /// Which table.
        table: &'static str,
        /// Which column.
        column: &'static str,
        /// The row's key.
        row: String,
    },
    /// The statement failed.
    #[error("the database refused a statement")]
    Statement(#[source] sqlx::Error),
    /// A migration did not run, or was changed after it had run.
    #[error("migration {0}")]
    Migration(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Io(_)
            // A connection that was cut in the middle of a message.
            | sqlx::Error::Protocol(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            sqlx::Error::Database(inner) => match inner.code().as_deref() {
                Some(code) if is_away(code) => Self::Unavailable(error),
                _ if inner.is_unique_violation() || inner.is_foreign_key_violation() || inner.is_check_violation() => {
                    Self::Constraint(inner.constraint().map_or_else(|| inner.message().to_owned(), str::to_owned))
                }
                _ => Self::Statement(error),
            },
            _ => Self::Statement(error),
        }
    }
}

/// Whether a database's code says that it is away, full or overloaded. PostgreSQL's have five characters: classes 08,
/// 53 and 57. SQLite's are numbers whose low byte is the kind (BUSY, LOCKED, READONLY, IOERR, FULL) and the rest its
/// detail: a write that found no room is 13, or 778 where a quota ended it.
fn is_away(code: &str) -> bool {
    match code.parse::<u32>() {
        Ok(number) if code.len() < 5 => matches!(number & 0xff, 5 | 6 | 8 | 10 | 13),
        _ => ["08", "53", "57"].iter().any(|class| code.len() == 5 && code.starts_with(class)),
    }
}

/// Whether a connection can begin a transaction. SQLite rolls back by itself when the disk is full; sqlx then takes the
/// connection for one within a transaction for ever, so it is closed and a new one opened.
fn is_settled(connection: &SqliteConnection) -> bool {
    !connection.is_in_transaction()
}

/// Shorthand of the layer.
pub type StoreResult<T> = Result<T, StoreError>;

/// The database: an embedded SQLite file, or PostgreSQL for several nodes. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    backend: Backend,
    changes: Arc<Changes>,
}

#[derive(Clone)]
enum Backend {
    /// Readers have a snapshot each; writers queue for one connection, so none ever sees BUSY.
    Sqlite {
        readers: SqlitePool,
        writer: Writer,
    },
    Postgres(PgPool),
}

/// A transaction, and the only way to run a statement.
pub struct Tx {
    on: On,
    /// What it changes of which firm: counted when it commits.
    noted: BTreeMap<TenantId, Counts>,
    changes: Arc<Changes>,
}

/// On which database a transaction runs.
pub enum On {
    /// The embedded one.
    Sqlite(SqliteTx),
    /// PostgreSQL, READ COMMITTED.
    Postgres(Transaction<'static, Postgres>),
}

/// A transaction on the embedded database.
pub enum SqliteTx {
    /// A snapshot.
    Read(Transaction<'static, Sqlite>),
    /// A turn of the writer.
    Write(Turn),
}

impl Deref for SqliteTx {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        match self {
            Self::Read(tx) => tx,
            Self::Write(turn) => turn,
        }
    }
}

impl DerefMut for SqliteTx {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        match self {
            Self::Read(tx) => tx,
            Self::Write(turn) => turn,
        }
    }
}

/// When SQLite's commits reach the disk; PostgreSQL syncs each, as its server is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommitSync {
    /// Before the commit is acknowledged.
    Each,
    /// With the next checkpoint: for showing in a sandbox what is lost then.
    Later,
}

impl Db {
    /// Opens `sqlite:PATH` (created when missing) or `postgres://…` and brings the schema up to date.
    pub async fn open(url: &str) -> StoreResult<Self> {
        Self::open_syncing(url, CommitSync::Each).await
    }

    /// As [`Db::open`], where SQLite may sync its commits later.
    pub async fn open_syncing(url: &str, sync: CommitSync) -> StoreResult<Self> {
        let db = Self::connect(url, sync).await?;
        migration::run(&db).await?;
        Ok(db)
    }

    async fn connect(url: &str, sync: CommitSync) -> StoreResult<Self> {
        if url.starts_with("postgres") {
            let options = PgConnectOptions::from_str(url)?.application_name("vezne");
            let pool = PgPoolOptions::new()
                .max_connections(limits::POSTGRES_CONNECTIONS_MAX)
                .acquire_timeout(limits::DATABASE_WAIT_MAX)
                .connect_with(options)
                .await?;
            return Ok(Self::of(Backend::Postgres(pool)));
        }
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(match sync {
                // A commit that was acknowledged survives a power cut (P2).
                CommitSync::Each => SqliteSynchronous::Full,
                CommitSync::Later => SqliteSynchronous::Normal,
            })
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5));
        // The writer first: it creates the file and turns the journal to WAL before a reader looks.
        let writer = Writer::open(options.clone()).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(limits::SQLITE_READERS_MAX)
            .acquire_timeout(limits::DATABASE_WAIT_MAX)
            .before_acquire(|connection, _| Box::pin(ready(Ok(is_settled(connection)))))
            .connect_with(options.pragma("query_only", "on"))
            .await?;
        Ok(Self::of(Backend::Sqlite { readers, writer }))
    }

    fn of(backend: Backend) -> Self {
        Self { backend, changes: Arc::default() }
    }

    fn tx(&self, on: On) -> Tx {
        Tx { on, noted: BTreeMap::new(), changes: Arc::clone(&self.changes) }
    }

    /// Begins a transaction that may write.
    pub async fn begin(&self) -> StoreResult<Tx> {
        Ok(self.tx(match &self.backend {
            Backend::Sqlite { writer, .. } => On::Sqlite(SqliteTx::Write(writer.begin().await?)),
            Backend::Postgres(pool) => On::Postgres(pool.begin().await?),
        }))
    }

    /// Begins a transaction that only reads. Drop it when done.
    pub async fn read(&self) -> StoreResult<Tx> {
        Ok(self.tx(match &self.backend {
            Backend::Sqlite { readers, .. } => On::Sqlite(SqliteTx::Read(readers.begin().await?)),
            Backend::Postgres(pool) => On::Postgres(pool.begin().await?),
        }))
    }

    /// Begins a transaction that only reads, and whose statements all see one moment. Drop it when done.
    pub async fn snapshot(&self) -> StoreResult<Tx> {
        Ok(self.tx(match &self.backend {
            Backend::Sqlite { readers, .. } => On::Sqlite(SqliteTx::Read(readers.begin().await?)),
            Backend::Postgres(pool) => {
                On::Postgres(pool.begin_with("begin transaction isolation level repeatable read, read only").await?)
            }
        }))
    }

    /// Closes every connection, waiting for those in use.
    pub async fn close(&self) {
        match &self.backend {
            Backend::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
            Backend::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// The database's own transaction: what statements are run on.
    pub fn on(&mut self) -> &mut On {
        &mut self.on
    }

    fn is_postgres(&self) -> bool {
        matches!(self.on, On::Postgres(_))
    }

    /// Notes that it changes something which servers keep in memory (`change`); the commit counts it.
    fn changed(&mut self, tenant: TenantId, changed: Changed) {
        self.noted.entry(tenant).or_default().note(changed);
    }

    /// Makes everything durable. An error after the COMMIT was sent leaves its outcome unknown:
    /// read again before acting on it.
    pub async fn commit(mut self) -> StoreResult<()> {
        // Last and in one order, so that nobody waits for a count longer than this takes, and no two for each other.
        let mut counted = Vec::new();
        for (tenant, more) in std::mem::take(&mut self.noted) {
            counted.push((tenant, change::counted(&mut self, tenant, more).await?));
        }
        let Self { on, changes, .. } = self;
        let result = match on {
            On::Sqlite(SqliteTx::Write(turn)) => turn.commit().await,
            On::Sqlite(SqliteTx::Read(tx)) => tx.commit().await.map_err(uncertain),
            On::Postgres(tx) => tx.commit().await.map_err(uncertain),
        };
        if !counted.is_empty() {
            match &result {
                Ok(()) => changes.seen(&counted),
                Err(_) => changes.doubt(),
            }
        }
        result
    }
}

/// What the failure of a COMMIT that was sent means.
fn uncertain(error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => StoreError::CommitUnknown(error),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart_from_a_broken_rule() {
        for away in ["5", "517", "8", "10", "13", "266", "778", "1546", "53100", "57P01", "08006"] {
            assert!(is_away(away), "{away}");
        }
        for ours in ["1", "11", "19", "2067", "1555", "23505", "42601", ""] {
            assert!(!is_away(ours), "{ours}");
        }
    }
}

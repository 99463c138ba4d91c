//! SQLite's one writer, and group commit: what several have written reaches the disk with one sync.
//!
//! Whoever writes takes a [`Turn`]: a savepoint within an outer transaction that the first of a group opens. Turns run
//! one after another, in the order they were asked for. Committing one releases its savepoint and waits for the outer
//! COMMIT, which queues for the connection like everybody else: a group is whoever queued before it. Alone, a turn is
//! a group of one; while the disk is busy with a group, the next one gathers.
//!
//! A turn may see what earlier turns of its group wrote; nothing leaves the process before its own commit returns.
//! FULL, IOERR, NOMEM and INTERRUPT can roll the whole group back. Then the savepoint of the very turn in which that
//! happened is gone at its end, and everybody in the group is told that nothing was kept.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use super::{StoreError, StoreResult};
use crate::limits;

/// The connection that writes, and the queue before it.
#[derive(Clone)]
pub(super) struct Writer {
    options: Arc<SqliteConnectOptions>,
    group: Arc<Mutex<Group>>,
}

/// Where the outer transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// There is none.
    Idle,
    /// A turn begins it. Dropped meanwhile, nobody knows whether it is there.
    Beginning,
    /// It is there, and no turn is.
    Open,
    /// A turn is in it, and was perhaps dropped.
    Taken,
    /// There will be none.
    Closed,
}

/// The outer transaction, and who waits for its end.
struct Group {
    /// Absent after something broke, and when closed.
    connection: Option<SqliteConnection>,
    stage: Stage,
    /// The COMMIT is in the queue.
    is_ending: bool,
    /// Turns that released their savepoint.
    waiting: Vec<oneshot::Sender<Result<(), String>>>,
}

/// One's turn to write. Dropped, what it wrote is taken back before the next turn.
pub struct Turn {
    writer: Writer,
    group: Option<OwnedMutexGuard<Group>>,
}

impl Writer {
    /// Opens the connection, which creates the file and sets its journal.
    pub async fn open(options: SqliteConnectOptions) -> StoreResult<Self> {
        let connection = options.connect().await?;
        let group = Group { connection: Some(connection), stage: Stage::Idle, is_ending: false, waiting: Vec::new() };
        Ok(Self { options: Arc::new(options), group: Arc::new(Mutex::new(group)) })
    }

    /// Waits for a turn.
    pub async fn begin(&self) -> StoreResult<Turn> {
        let queued = tokio::time::timeout(limits::DATABASE_WAIT_MAX, Arc::clone(&self.group).lock_owned());
        let mut group = queued.await.map_err(|_| sqlx::Error::PoolTimedOut)?;
        group.turn_settled().await;
        if group.stage == Stage::Closed {
            return Err(sqlx::Error::PoolClosed.into());
        }
        let mut turn = Turn { writer: self.clone(), group: Some(group) };
        turn.group()?.turn_begin(&self.options).await?;
        Ok(turn)
    }

    /// Ends the group and closes the connection; nobody gets a turn afterwards.
    pub async fn close(&self) {
        let mut group = self.group.lock().await;
        group.end().await;
        group.stage = Stage::Closed;
        if let Some(connection) = group.connection.take() {
            // What matters is on the disk.
            let _ = connection.close().await;
        }
    }

    /// Queues for the outer COMMIT, once for a group.
    fn ending(&self, group: &mut Group) {
        // Without a runtime, as at the end of a test, the next turn or the connection's end takes back what is left.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if !std::mem::replace(&mut group.is_ending, true) {
            let queue = Arc::clone(&self.group);
            runtime.spawn(async move { queue.lock_owned().await.end().await });
        }
    }
}

impl Group {
    async fn turn_begin(&mut self, options: &SqliteConnectOptions) -> StoreResult<()> {
        if self.connection.is_none() {
            self.connection = Some(options.connect().await?);
        }
        if self.stage == Stage::Idle {
            self.stage = Stage::Beginning;
            // IMMEDIATE: a deferred read that turns into a write fails at once when another process wrote meanwhile.
            self.run("begin immediate").await?;
        }
        self.stage = Stage::Taken;
        self.run("savepoint turn").await
    }

    /// Takes back what a turn left that was dropped.
    async fn turn_settled(&mut self) {
        match self.stage {
            Stage::Idle | Stage::Open | Stage::Closed => return,
            Stage::Beginning => {
                drop(self.connection.take());
                self.stage = Stage::Idle;
                return;
            }
            Stage::Taken => {}
        }
        let mut taken_back = self.run("rollback to turn").await;
        if taken_back.is_ok() {
            taken_back = self.run("release turn").await;
        }
        match taken_back {
            Ok(()) => self.stage = Stage::Open,
            Err(error) => self.broken(&error).await,
        }
    }

    /// The outer COMMIT.
    async fn end(&mut self) {
        self.is_ending = false;
        self.turn_settled().await;
        if self.stage != Stage::Open {
            return;
        }
        match self.run("commit").await {
            Ok(()) => {
                self.stage = Stage::Idle;
                metrics::counter!("vezne_database_commits").increment(1);
                metrics::counter!("vezne_database_turns").increment(self.waiting.len() as u64);
                for turn in self.waiting.drain(..) {
                    // Whoever no longer waits has it kept all the same.
                    let _ = turn.send(Ok(()));
                }
            }
            Err(error) => {
                if matches!(error, StoreError::Unavailable(sqlx::Error::WorkerCrashed)) {
                    // Nobody told whether it was kept: nobody is told, and each reads again.
                    self.waiting.clear();
                }
                self.broken(&error).await;
            }
        }
    }

    /// Nothing of the group is kept. The connection goes with it: what state it is in is not known.
    async fn broken(&mut self, error: &StoreError) {
        tracing::error!(%error, turns = self.waiting.len(), "a group of writes was not kept");
        // Usually SQLite has rolled back itself, and says that there is nothing to roll back.
        let _ = self.run("rollback").await;
        self.stage = Stage::Idle;
        drop(self.connection.take());
        for turn in self.waiting.drain(..) {
            let _ = turn.send(Err(error.to_string()));
        }
    }

    async fn run(&mut self, statement: &'static str) -> StoreResult<()> {
        let connection = self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        sqlx::query(statement).execute(connection).await?;
        Ok(())
    }
}

impl Turn {
    fn group(&mut self) -> StoreResult<&mut Group> {
        // Only a commit takes it, and that takes the turn as well.
        self.group.as_deref_mut().ok_or_else(|| sqlx::Error::PoolClosed.into())
    }

    /// Makes it durable, with whatever else is in its group. Once begun it is not cancelled with its caller.
    pub async fn commit(self) -> StoreResult<()> {
        let released =
            tokio::spawn(self.released()).await.map_err(|_| StoreError::CommitUnknown(sqlx::Error::WorkerCrashed));
        match released??.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => Err(StoreError::NotCommitted(why)),
            Err(_) => Err(StoreError::CommitUnknown(sqlx::Error::WorkerCrashed)),
        }
    }

    /// Joins those who wait for the outer COMMIT.
    async fn released(mut self) -> StoreResult<oneshot::Receiver<Result<(), String>>> {
        let writer = self.writer.clone();
        let group = self.group()?;
        if let Err(error) = group.run("release turn").await {
            group.broken(&error).await;
            return Err(error);
        }
        group.stage = Stage::Open;
        let (told, end) = oneshot::channel();
        group.waiting.push(told);
        writer.ending(group);
        // Given back without the guard of a turn that was dropped.
        self.group = None;
        Ok(end)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(mut group) = self.group.take() {
            self.writer.ending(&mut group);
        }
    }
}

impl Deref for Turn {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        match self.group.as_ref().and_then(|group| group.connection.as_ref()) {
            Some(connection) => connection,
            None => unreachable!("a turn that has begun has its connection until it ends"),
        }
    }
}

impl DerefMut for Turn {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        match self.group.as_mut().and_then(|group| group.connection.as_mut()) {
            Some(connection) => connection,
            None => unreachable!("a turn that has begun has its connection until it ends"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use sqlx::Row;
    use sqlx::sqlite::SqliteJournalMode;

    use super::*;

    async fn writer(folder: &tempfile::TempDir) -> Writer {
        let url = format!("sqlite:{}", folder.path().join("w.db").display());
        let options = SqliteConnectOptions::from_str(&url).expect("options").create_if_missing(true);
        let writer = Writer::open(options.journal_mode(SqliteJournalMode::Wal)).await.expect("opens");
        let mut turn = writer.begin().await.expect("a turn");
        sqlx::query("create table t (n integer primary key)").execute(&mut *turn).await.expect("a table");
        turn.commit().await.expect("kept");
        writer
    }

    async fn insert(turn: &mut Turn, n: i64) -> Result<(), sqlx::Error> {
        sqlx::query("insert into t (n) values ($1)").bind(n).execute(&mut **turn).await.map(drop)
    }

    /// A writer, and a turn that has inserted 1.
    async fn one_inserted() -> (tempfile::TempDir, Writer, Turn) {
        let folder = tempfile::tempdir().expect("a folder");
        let writer = writer(&folder).await;
        let mut turn = writer.begin().await.expect("a turn");
        insert(&mut turn, 1).await.expect("inserted");
        (folder, writer, turn)
    }

    /// What another connection sees.
    async fn kept(writer: &Writer) -> Vec<i64> {
        let mut reader = writer.options.connect().await.expect("a reader");
        let rows = sqlx::query("select n from t order by n").fetch_all(&mut reader).await.expect("rows");
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Turns that are asked for while one is held, and so stand in one group with it.
    async fn queued(writer: &Writer, numbers: std::ops::Range<i64>) -> Vec<tokio::task::JoinHandle<StoreResult<()>>> {
        let mut tasks = Vec::new();
        for n in numbers {
            let writer = writer.clone();
            tasks.push(tokio::spawn(async move {
                let mut turn = writer.begin().await?;
                insert(&mut turn, n).await?;
                turn.commit().await
            }));
            tokio::task::yield_now().await;
        }
        tasks
    }

    #[tokio::test]
    async fn a_turn_is_seen_when_its_commit_returns_and_not_before() {
        let (_folder, writer, turn) = one_inserted().await;
        assert!(kept(&writer).await.is_empty());
        turn.commit().await.expect("kept");
        assert_eq!(kept(&writer).await, [1]);
    }

    #[tokio::test]
    async fn who_fails_in_a_group_takes_back_only_the_own_rows() {
        let (_folder, writer, first) = one_inserted().await;
        // 1 again breaks the key; 2 and 3 do not.
        let others = queued(&writer, 1..4).await;
        let dropped = tokio::spawn({
            let writer = writer.clone();
            async move {
                let mut turn = writer.begin().await.expect("a turn");
                insert(&mut turn, 9).await.expect("inserted");
            }
        });
        tokio::task::yield_now().await;
        first.commit().await.expect("kept");
        dropped.await.expect("a task");
        let mut told = Vec::new();
        for task in others {
            told.push(task.await.expect("a task").is_ok());
        }
        assert_eq!(told, [false, true, true]);
        assert_eq!(kept(&writer).await, [1, 2, 3]);
        let next = queued(&writer, 9..10).await.remove(0);
        next.await.expect("a task").expect("what was dropped is gone");
    }

    #[tokio::test]
    async fn a_group_whose_transaction_is_gone_is_told_so_and_the_next_one_is_whole() {
        let (_folder, writer, first) = one_inserted().await;
        let broken = tokio::spawn({
            let writer = writer.clone();
            async move {
                let mut turn = writer.begin().await?;
                insert(&mut turn, 2).await?;
                // What SQLite does by itself when the disk is full.
                sqlx::query("rollback").execute(&mut *turn).await?;
                turn.commit().await
            }
        });
        tokio::task::yield_now().await;
        let first = first.commit().await;
        assert!(matches!(first, Err(StoreError::NotCommitted(_))), "{first:?}");
        assert!(broken.await.expect("a task").is_err());
        assert!(kept(&writer).await.is_empty());
        for task in queued(&writer, 5..7).await {
            task.await.expect("a task").expect("kept");
        }
        assert_eq!(kept(&writer).await, [5, 6]);
    }

    #[tokio::test]
    async fn a_caller_who_stops_waiting_cancels_no_commit_and_blocks_nobody() {
        let (_folder, writer, turn) = one_inserted().await;
        let commit = tokio::spawn(turn.commit());
        tokio::task::yield_now().await;
        commit.abort();
        let given_up = tokio::time::timeout(std::time::Duration::ZERO, writer.begin()).await;
        drop(given_up);
        let mut turn = writer.begin().await.expect("a turn");
        insert(&mut turn, 2).await.expect("inserted");
        turn.commit().await.expect("kept");
        assert_eq!(kept(&writer).await, [1, 2]);
        writer.close().await;
        assert!(writer.begin().await.is_err());
    }
}

//! How a statement is written: once, as a literal, for both databases.
//!
//! `execute!(tx, "update t set a = $1 where b = $2", a, b)` expands to one `match` with the same binds in
//! both arms, checks the number of binds when it compiles (SQLite would take a missing one as NULL), and
//! registers the literal, so that one test prepares every statement of the program on both databases.
//! Where the databases really differ: `execute!(tx, sqlite: "…", postgres: "…", a, b)`, ten times at most.

/// One statement of the program, for the test that prepares them all.
#[derive(Debug)]
pub struct Statement {
    /// The text for SQLite.
    pub sqlite: &'static str,
    /// The text for PostgreSQL; the same one but for a few.
    pub postgres: &'static str,
    /// Where it stands.
    pub place: &'static str,
}

inventory::collect!(Statement);

/// Every statement of the program.
pub fn statements() -> impl Iterator<Item = &'static Statement> {
    inventory::iter::<Statement>()
}

/// Has the database prepare every statement of the program; gives what it refused, with the place in the source.
pub async fn statements_refused(db: &super::Db) -> super::StoreResult<Vec<String>> {
    use sqlx::Executor;
    let mut refused = Vec::new();
    for statement in statements() {
        // A transaction each: PostgreSQL takes nothing more in one that has met an error.
        let mut tx = db.read().await?;
        let prepared = match tx.on() {
            super::On::Sqlite(tx) => (&mut **tx).prepare(sqlx::SqlStr::from_static(statement.sqlite)).await.map(drop),
            super::On::Postgres(tx) => tx.prepare(sqlx::SqlStr::from_static(statement.postgres)).await.map(drop),
        };
        if let Err(error) = prepared {
            refused.push(format!("{}: {error}", statement.place));
        }
    }
    Ok(refused)
}

/// The highest `$n` in a statement.
pub const fn placeholders(sql: &str) -> usize {
    let bytes = sql.as_bytes();
    let mut highest = 0;
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'$' {
            let mut number = 0;
            at += 1;
            while at < bytes.len() && bytes[at].is_ascii_digit() {
                number = number * 10 + (bytes[at] - b'0') as usize;
                at += 1;
            }
            if number > highest {
                highest = number;
            }
        } else {
            at += 1;
        }
    }
    highest
}

/// Counts the arguments of a statement.
#[macro_export]
#[doc(hidden)]
macro_rules! __count {
    () => { 0usize };
    ($head:expr $(, $tail:expr)*) => { 1usize + $crate::__count!($($tail),*) };
}

#[macro_export]
#[doc(hidden)]
macro_rules! __statement {
    ($sqlite:expr, $postgres:expr, $($arg:expr),*) => {
        const _: () = {
            let count = $crate::__count!($($arg),*);
            assert!($crate::store::sql::placeholders($sqlite) == count, "binds and $n differ");
            assert!($crate::store::sql::placeholders($postgres) == count, "binds and $n differ");
        };
        ::inventory::submit! {
            $crate::store::sql::Statement {
                sqlite: $sqlite,
                postgres: $postgres,
                place: concat!(file!(), ":", line!()),
            }
        }
    };
}

#[macro_export]
#[doc(hidden)]
macro_rules! __run {
    ($tx:expr, $method:ident, [$($build:tt)*], $sqlite:literal, $postgres:literal, $($arg:expr),*) => {{
        $crate::__statement!($sqlite, $postgres, $($arg),*);
        match $crate::store::Tx::on(&mut *$tx) {
            $crate::store::On::Sqlite(tx) => $($build)*($sqlite)$(.bind($arg))*.$method(&mut **tx).await
                .map($crate::store::sql::Outcome::outcome).map_err($crate::store::StoreError::from),
            $crate::store::On::Postgres(tx) => $($build)*($postgres)$(.bind($arg))*.$method(&mut **tx).await
                .map($crate::store::sql::Outcome::outcome).map_err($crate::store::StoreError::from),
        }
    }};
}

/// What a statement gives back, without the database's own types.
pub trait Outcome {
    /// The neutral form.
    type Neutral;
    /// Into it.
    fn outcome(self) -> Self::Neutral;
}

impl Outcome for sqlx::sqlite::SqliteQueryResult {
    type Neutral = u64;
    fn outcome(self) -> u64 {
        self.rows_affected()
    }
}

impl Outcome for sqlx::postgres::PgQueryResult {
    type Neutral = u64;
    fn outcome(self) -> u64 {
        self.rows_affected()
    }
}

/// Runs a statement; gives the number of rows it touched.
#[macro_export]
macro_rules! execute {
    ($tx:expr, sqlite: $sqlite:literal, postgres: $postgres:literal $(, $arg:expr)* $(,)?) => {
        $crate::__run!($tx, execute, [::sqlx::query], $sqlite, $postgres, $($arg),*)
    };
    ($tx:expr, $sql:literal $(, $arg:expr)* $(,)?) => {
        $crate::__run!($tx, execute, [::sqlx::query], $sql, $sql, $($arg),*)
    };
}

#[macro_export]
#[doc(hidden)]
macro_rules! __fetch {
    ($tx:expr, $method:ident, $row:ty, $sqlite:expr, $postgres:expr, $($arg:expr),*) => {{
        $crate::__statement!($sqlite, $postgres, $($arg),*);
        match $crate::store::Tx::on(&mut *$tx) {
            $crate::store::On::Sqlite(tx) => ::sqlx::query_as::<_, $row>($sqlite)$(.bind($arg))*.$method(&mut **tx).await
                .map_err($crate::store::StoreError::from),
            $crate::store::On::Postgres(tx) => ::sqlx::query_as::<_, $row>($postgres)$(.bind($arg))*.$method(&mut **tx).await
                .map_err($crate::store::StoreError::from),
        }
    }};
}

/// At most one row: `fetch_optional!(tx, Row, "select …", a)`.
#[macro_export]
macro_rules! fetch_optional {
    ($tx:expr, $row:ty, sqlite: $sqlite:literal, postgres: $postgres:literal $(, $arg:expr)* $(,)?) => {
        $crate::__fetch!($tx, fetch_optional, $row, $sqlite, $postgres, $($arg),*)
    };
    ($tx:expr, $row:ty, $sql:literal $(, $arg:expr)* $(,)?) => {
        $crate::__fetch!($tx, fetch_optional, $row, $sql, $sql, $($arg),*)
    };
}

/// Exactly one row.
#[macro_export]
macro_rules! fetch_one {
    ($tx:expr, $row:ty, concat!($($piece:tt)*) $(, $arg:expr)* $(,)?) => {
        $crate::__fetch!($tx, fetch_one, $row, concat!($($piece)*), concat!($($piece)*), $($arg),*)
    };
    ($tx:expr, $row:ty, $sql:literal $(, $arg:expr)* $(,)?) => {
        $crate::__fetch!($tx, fetch_one, $row, $sql, $sql, $($arg),*)
    };
}

/// Every row; the statement carries its own limit. Its text may be put together by `concat!` where it is needed in two
/// orders.
#[macro_export]
macro_rules! fetch_all {
    ($tx:expr, $row:ty, concat!($($piece:tt)*) $(, $arg:expr)* $(,)?) => {
        $crate::__fetch!($tx, fetch_all, $row, concat!($($piece)*), concat!($($piece)*), $($arg),*)
    };
    ($tx:expr, $row:ty, sqlite: $sqlite:literal, postgres: $postgres:literal $(, $arg:expr)* $(,)?) => {
        $crate::__fetch!($tx, fetch_all, $row, $sqlite, $postgres, $($arg),*)
    };
    ($tx:expr, $row:ty, $sql:literal $(, $arg:expr)* $(,)?) => {
        $crate::__fetch!($tx, fetch_all, $row, $sql, $sql, $($arg),*)
    };
}

pub use crate::{execute, fetch_all, fetch_one, fetch_optional};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_counted_by_the_highest() {
        assert_eq!(placeholders("select 1"), 0);
        assert_eq!(placeholders("select $1, $12, $2"), 12);
    }
}

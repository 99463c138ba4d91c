//! The least that writing a payment costs: its own rows, in a loop on one connection, with the durability of the host.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteRow, SqliteSynchronous,
};
use sqlx::{Arguments, AssertSqlSafe, ConnectOptions, Connection, Row};
use tokio::sync::Mutex;
use vezne_it::samples::figure;

/// Tables whose rows are there before the first byte leaves.
const FIRST: [&str; 3] = ["idempotency", "payment", "attempt"];
/// What the second commit changes: the rows of the first.
const CHANGES: [&str; 3] = [
    "update payment set state = state, version = version + 1 where payment_id = $1",
    "update attempt set state = state, version = version + 1 where payment_id = $1",
    "update idempotency set status = status, body = body where subject = $1",
];
/// Characters of an id.
const ID: usize = 26;
/// Those at its end that are an order number.
const TAIL: usize = 20;

#[derive(Debug, Clone)]
enum Value {
    Null,
    Whole(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// A row as it is inserted.
struct Insert {
    table: String,
    sql: String,
    values: Vec<Value>,
}

/// The rows of one payment, and a database of their own to write them into.
pub struct Raw {
    first: Vec<Insert>,
    second: Vec<Insert>,
    /// What is another one in every payment: the tails of ids, and of the caller's key.
    own: Vec<String>,
    payment: String,
    database: Mutex<(SqliteConnection, u64)>,
}

impl Raw {
    /// Lets one payment happen and looks at what it wrote.
    pub async fn of(file: &Path, folder: &Path, payment: impl Future<Output = Result<()>>) -> Result<Self> {
        let mut seen = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await?;
        let tables = tables(&mut seen).await?;
        let mut known = BTreeSet::new();
        let mut last = BTreeMap::new();
        for table in &tables {
            for insert in rows(&mut seen, table, 0).await? {
                known.extend(insert.values.iter().flat_map(tokens));
            }
            let newest = format!("select coalesce(max(rowid), 0) from \"{table}\"");
            let newest: i64 = sqlx::query_scalar(AssertSqlSafe(newest)).fetch_one(&mut seen).await?;
            last.insert(table.clone(), newest);
        }
        let copy = folder.join("raw.sqlite");
        sqlx::query("vacuum into $1").bind(copy.to_string_lossy().into_owned()).execute(&mut seen).await?;
        payment.await?;
        let mut inserts = Vec::new();
        for table in &tables {
            inserts.extend(rows(&mut seen, table, last[table]).await?);
        }
        let own: BTreeSet<String> = inserts.iter().flat_map(|i| i.values.iter().flat_map(tokens)).collect();
        let own: BTreeSet<&String> = own.difference(&known).collect();
        let (first, second): (Vec<_>, Vec<_>) = inserts.into_iter().partition(|i| FIRST.contains(&i.table.as_str()));
        let payment = first.iter().find(|insert| insert.table == "payment").context("no payment was written")?;
        let payment = payment.values.iter().flat_map(tokens).find(|id| own.contains(id)).context("without an id")?;
        let own = own.into_iter().map(|id| id[id.len() - TAIL..].to_owned()).collect();
        ensure!(second.len() > 5, "hardly any row was written: {}", second.len());
        let options = SqliteConnectOptions::new()
            .filename(&copy)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // Parents come first below; what they are is known to be right.
            .foreign_keys(false);
        Ok(Self { first, second, own, payment, database: Mutex::new((options.connect().await?, 0)) })
    }

    /// Payments a second, so many in a commit; alone, each has two.
    pub async fn rate(&self, in_a_commit: usize, duration: Duration) -> Result<f64> {
        let mut database = self.database.lock().await;
        let (connection, number) = &mut *database;
        let (start, mut written) = (Instant::now(), 0);
        while start.elapsed() < duration {
            sqlx::query("begin immediate").execute(&mut *connection).await?;
            for _ in 0..in_a_commit {
                *number += 1;
                let fresh = self.fresh(*number);
                self.insert(connection, &self.first, &fresh).await?;
                if in_a_commit == 1 {
                    sqlx::query("commit").execute(&mut *connection).await?;
                    sqlx::query("begin immediate").execute(&mut *connection).await?;
                }
                self.insert(connection, &self.second, &fresh).await?;
                for change in CHANGES {
                    let payment = renamed(&self.payment, &fresh);
                    sqlx::query(change).bind(payment).execute(&mut *connection).await?;
                }
                written += 1;
            }
            sqlx::query("commit").execute(&mut *connection).await?;
        }
        Ok(figure(written) / start.elapsed().as_secs_f64())
    }

    /// The tails of a further payment's ids, for the ones of the payment that was looked at.
    fn fresh(&self, number: u64) -> Vec<(&str, String)> {
        self.own.iter().enumerate().map(|(place, old)| (old.as_str(), format!("{number:012}{place:08}"))).collect()
    }

    async fn insert(&self, to: &mut SqliteConnection, rows: &[Insert], fresh: &[(&str, String)]) -> Result<()> {
        for row in rows {
            let mut binds = SqliteArguments::default();
            for value in &row.values {
                let added = match value {
                    Value::Null => binds.add(None::<String>),
                    Value::Whole(number) => binds.add(*number),
                    Value::Bytes(bytes) => binds.add(bytes.clone()),
                    Value::Text(text) => binds.add(renamed(text, fresh)),
                };
                added.map_err(anyhow::Error::from_boxed)?;
            }
            let written = sqlx::query_with(AssertSqlSafe(row.sql.clone()), binds).execute(&mut *to).await;
            written.with_context(|| row.sql.clone())?;
        }
        Ok(())
    }
}

fn renamed(text: &str, fresh: &[(&str, String)]) -> String {
    let mut text = text.to_owned();
    for (old, new) in fresh {
        if text.contains(old) {
            text = text.replace(old, new);
        }
    }
    text
}

async fn tables(from: &mut SqliteConnection) -> Result<Vec<String>> {
    let sql = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name";
    Ok(sqlx::query_scalar(sql).fetch_all(from).await?)
}

/// Rows of a table after one, each with the statement that inserts it.
async fn rows(from: &mut SqliteConnection, table: &str, after: i64) -> Result<Vec<Insert>> {
    let columns: Vec<String> =
        sqlx::query_scalar("select name from pragma_table_info($1)").bind(table).fetch_all(&mut *from).await?;
    let pairs: Vec<String> = columns.iter().map(|column| format!("typeof(\"{column}\"), \"{column}\"")).collect();
    let sql = format!("select {} from \"{table}\" where rowid > {after} order by rowid", pairs.join(", "));
    let found = sqlx::query(AssertSqlSafe(sql)).fetch_all(from).await?;
    let places: Vec<String> = (1..=columns.len()).map(|place| format!("${place}")).collect();
    let insert = format!("insert into \"{table}\" ({}) values ({})", columns.join(", "), places.join(", "));
    found
        .iter()
        .map(|row| {
            let values = (0..columns.len()).map(|place| value(row, place)).collect::<Result<_>>()?;
            Ok(Insert { table: table.to_owned(), sql: insert.clone(), values })
        })
        .collect()
}

fn value(row: &SqliteRow, place: usize) -> Result<Value> {
    let kind: String = row.try_get(place * 2)?;
    Ok(match kind.as_str() {
        "null" => Value::Null,
        "integer" => Value::Whole(row.try_get(place * 2 + 1)?),
        "text" => Value::Text(row.try_get(place * 2 + 1)?),
        "blob" => Value::Bytes(row.try_get(place * 2 + 1)?),
        other => anyhow::bail!("a column holds {other}"),
    })
}

/// Ids and keys in a value: runs of letters, digits and hyphens of their lengths.
fn tokens(value: &Value) -> Vec<String> {
    let Value::Text(text) = value else { return Vec::new() };
    let parts = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let is_id = |part: &&str| part.len() == ID && part.starts_with('0') || part.len() == 36 && part.contains('-');
    parts.filter(is_id).map(str::to_owned).collect()
}

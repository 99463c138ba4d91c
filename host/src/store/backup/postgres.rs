//! PostgreSQL: one snapshot as text.
//!
//! ```text
//! vezne-backup 1 postgres
//! migration 0001_identity 5f0c…
//! table tenant tenant_id,slug,…
//! …rows as `COPY` writes them…
//! \.
//! end SHA-256-of-everything-above
//! ```

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::str::FromStr;

use futures::TryStreamExt;
use sha2::{Digest, Sha256};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use super::{BackupError, MAY_HAVE_LEFT};
use crate::store::migration;

const HEAD: &str = "vezne-backup 1 postgres";
/// How `COPY` ends its rows.
const ROWS_END: &str = "\\.";
/// Rows are sent in pieces of about this size.
const PIECE_BYTES: usize = 1 << 20;

/// A file that digests what is written to it.
struct Out<'a> {
    file: BufWriter<File>,
    digest: Sha256,
    path: &'a Path,
}

impl Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        self.digest.update(bytes);
        self.file.write_all(bytes).map_err(|error| BackupError::File(self.path.to_path_buf(), error))
    }

    fn line(&mut self, line: &str) -> Result<(), BackupError> {
        self.write(line.as_bytes())?;
        self.write(b"\n")
    }
}

/// Names of our tables and columns are plain; anything else is no copy of ours.
fn plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

pub(super) async fn backup(url: &str, part: &Path) -> Result<(), BackupError> {
    let mut connection = PgConnectOptions::from_str(url)?.application_name("vezne backup").connect().await?;
    // One snapshot for every table.
    sqlx::raw_sql("begin transaction isolation level repeatable read, read only").execute(&mut connection).await?;
    let file = File::create(part).map_err(|error| BackupError::File(part.to_path_buf(), error))?;
    let mut out = Out { file: BufWriter::new(file), digest: Sha256::new(), path: part };
    out.line(HEAD)?;
    let done: Vec<(String, String)> =
        sqlx::query_as("select name, digest from schema_migration order by name").fetch_all(&mut connection).await?;
    for (name, digest) in &done {
        out.line(&format!("migration {name} {digest}"))?;
    }
    for (table, columns) in tables(&mut connection).await? {
        out.line(&format!("table {table} {columns}"))?;
        let statement = format!("copy {table} ({columns}) to stdout");
        let mut rows = connection.copy_out_raw(&statement).await?;
        while let Some(rows) = rows.try_next().await? {
            out.write(&rows)?;
        }
        drop(rows);
        out.line(ROWS_END)?;
    }
    sqlx::raw_sql("commit").execute(&mut connection).await?;
    connection.close().await?;
    let digest = hex::encode(out.digest.clone().finalize());
    out.line(&format!("end {digest}"))?;
    out.file.flush().map_err(|error| BackupError::File(part.to_path_buf(), error))
}

/// Tables in the order in which they were made, so that what is referred to comes first; and their columns.
async fn tables(connection: &mut PgConnection) -> Result<Vec<(String, String)>, BackupError> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "select c.relname::text, string_agg(a.attname::text, ',' order by a.attnum) from pg_class c \
         join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid \
         where c.relkind = 'r' and n.nspname = current_schema() and a.attnum > 0 and not a.attisdropped \
         and c.relname <> 'schema_migration' group by c.oid, c.relname order by c.oid",
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

pub(super) async fn restore(url: &str, file: &Path) -> Result<(), BackupError> {
    verify(file)?;
    let mut connection = PgConnectOptions::from_str(url)?.application_name("vezne restore").connect().await?;
    let (occupied,): (i64,) = sqlx::query_as(
        "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         where n.nspname = current_schema() and c.relkind in ('r', 'v', 'm', 'p')",
    )
    .fetch_one(&mut connection)
    .await?;
    if occupied > 0 {
        return Err(BackupError::Occupied("a table of the database".to_owned()));
    }
    // All or nothing: a restore that breaks off leaves an empty database.
    let mut tx = connection.begin().await?;
    load(&mut tx, file).await?;
    tx.commit().await?;
    connection.close().await?;
    Ok(())
}

/// Reads the whole copy once, before anything is written anywhere.
fn verify(file: &Path) -> Result<(), BackupError> {
    let mut lines = Lines::open(file)?;
    let mut digest = Sha256::new();
    let cut = || BackupError::Unusable("it was cut off".to_owned());
    let mut first = true;
    loop {
        let line = lines.read()?.ok_or_else(cut)?.to_vec();
        if first && line != format!("{HEAD}\n").into_bytes() {
            return Err(BackupError::Unusable("it is no copy of a PostgreSQL database of ours".to_owned()));
        }
        first = false;
        // A row may begin so as well, but none of ours ends the file with the digest of all before it.
        if line.starts_with(b"end ") && lines.is_at_end()? {
            let told = String::from_utf8_lossy(&line[4..]).trim().to_owned();
            let found = hex::encode(digest.finalize());
            return if told == found { Ok(()) } else { Err(BackupError::Unusable("it was changed".to_owned())) };
        }
        digest.update(line);
    }
}

/// Lines of a file, as bytes, with their end.
struct Lines<'a> {
    reader: BufReader<File>,
    line: Vec<u8>,
    path: &'a Path,
}

impl<'a> Lines<'a> {
    fn open(path: &'a Path) -> Result<Self, BackupError> {
        let file = File::open(path).map_err(|error| BackupError::File(path.to_path_buf(), error))?;
        Ok(Self { reader: BufReader::with_capacity(PIECE_BYTES, file), line: Vec::new(), path })
    }

    fn read(&mut self) -> Result<Option<&[u8]>, BackupError> {
        self.line.clear();
        let read = self.reader.read_until(b'\n', &mut self.line);
        let read = read.map_err(|error| BackupError::File(self.path.to_path_buf(), error))?;
        Ok((read > 0).then_some(self.line.as_slice()))
    }

    fn is_at_end(&mut self) -> Result<bool, BackupError> {
        let left = self.reader.fill_buf().map_err(|error| BackupError::File(self.path.to_path_buf(), error))?;
        Ok(left.is_empty())
    }
}

async fn load(connection: &mut PgConnection, file: &Path) -> Result<(), BackupError> {
    let mut lines = Lines::open(file)?;
    let odd = |line: &str| BackupError::Unusable(format!("it says {line}"));
    lines.read()?;
    migration::table_make(connection).await?;
    while let Some(line) = lines.read()? {
        let line = String::from_utf8_lossy(line).trim_end().to_owned();
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["migration", name, digest] => migration::replay(connection, name, digest).await?,
            ["table", table, columns] if plain(table) && columns.split(',').all(plain) => {
                rows_load(connection, &mut lines, table, columns).await?;
            }
            ["end", _] => {
                sqlx::query(MAY_HAVE_LEFT).execute(connection).await?;
                return Ok(());
            }
            _ => return Err(odd(&line)),
        }
    }
    Err(odd("nothing more"))
}

async fn rows_load(
    connection: &mut PgConnection,
    lines: &mut Lines<'_>,
    table: &str,
    columns: &str,
) -> Result<(), BackupError> {
    // Migrations may have put rows there; the copy has them too.
    let clear = format!("delete from {table}");
    sqlx::query(AssertSqlSafe(clear)).execute(&mut *connection).await?;
    let mut rows = connection.copy_in_raw(&format!("copy {table} ({columns}) from stdin")).await?;
    let mut piece = Vec::with_capacity(PIECE_BYTES);
    let end = format!("{ROWS_END}\n");
    loop {
        let Some(line) = lines.read()? else {
            rows.abort("the copy was cut off").await?;
            return Err(BackupError::Unusable("it was cut off".to_owned()));
        };
        if line == end.as_bytes() {
            break;
        }
        piece.extend_from_slice(line);
        if piece.len() >= PIECE_BYTES {
            rows.send(std::mem::take(&mut piece)).await?;
        }
    }
    if !piece.is_empty() {
        rows.send(piece).await?;
    }
    rows.finish().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<(), BackupError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("copy");
        std::fs::write(&file, text).unwrap();
        verify(&file)
    }

    #[test]
    fn a_copy_that_was_cut_off_or_changed_is_not_used() {
        let body = format!("{HEAD}\ntable tenant tenant_id\na\nend of a row\n\\.\n");
        let whole = format!("{body}end {}\n", hex::encode(Sha256::digest(body.as_bytes())));
        assert!(checked(&whole).is_ok());
        assert!(checked(&whole.replace("\na\n", "\nb\n")).is_err());
        assert!(checked(&body).is_err());
        assert!(checked("SQLite format 3\n").is_err());
        assert!(checked("").is_err());
    }

    #[test]
    fn only_plain_names_reach_a_statement() {
        assert!(plain("payment_event") && plain("attachment_sha256"));
        assert!(!plain("a;drop table b") && !plain("") && !plain("A"));
    }
}

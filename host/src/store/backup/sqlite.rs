//! SQLite: the copy is a database of its own.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::{BackupError, MAY_HAVE_LEFT, settle, with_suffix};

/// What SQLite answers where nothing is wrong.
const GOOD: &str = "ok";

async fn open(path: &Path) -> Result<SqliteConnection, BackupError> {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(false);
    Ok(options.busy_timeout(std::time::Duration::from_secs(30)).connect().await?)
}

/// One snapshot: writers go on meanwhile, and what they write is not in it.
pub(super) async fn backup(path: &str, part: &Path) -> Result<(), BackupError> {
    let mut connection = open(Path::new(path)).await?;
    let place = part.to_str().ok_or_else(|| BackupError::Unusable("its name is not UTF-8".to_owned()))?;
    sqlx::query("vacuum into $1").bind(place).execute(&mut connection).await?;
    connection.close().await?;
    check(part).await
}

/// Reads every page and every reference.
async fn check(file: &Path) -> Result<(), BackupError> {
    let mut connection = open(file).await?;
    let told: Vec<(String,)> = sqlx::query_as("pragma integrity_check").fetch_all(&mut connection).await?;
    if told.len() != 1 || told[0].0 != GOOD {
        let words = told.into_iter().map(|(line,)| line).take(3).collect::<Vec<_>>().join("; ");
        return Err(BackupError::Unusable(words));
    }
    let broken: Vec<(String,)> =
        sqlx::query_as("select distinct \"table\" from pragma_foreign_key_check").fetch_all(&mut connection).await?;
    if let Some((table,)) = broken.first() {
        return Err(BackupError::Unusable(format!("{table} refers to rows that are missing")));
    }
    let ours: Option<(String,)> =
        sqlx::query_as("select name from sqlite_master where type = 'table' and name = 'schema_migration'")
            .fetch_optional(&mut connection)
            .await?;
    connection.close().await?;
    ours.map(drop).ok_or_else(|| BackupError::Unusable("it is no database of ours".to_owned()))
}

pub(super) async fn restore(path: &str, file: &Path) -> Result<(), BackupError> {
    let target = Path::new(path);
    for there in [target.to_path_buf(), with_suffix(target, "-wal"), with_suffix(target, "-journal")] {
        if there.exists() {
            return Err(BackupError::Occupied(there.display().to_string()));
        }
    }
    let at = |error| BackupError::File(file.to_path_buf(), error);
    let part = with_suffix(target, ".part");
    std::fs::copy(file, &part).map_err(at)?;
    // The copy's copy is checked, so that the original is never opened for writing.
    if let Err(error) = check(&part).await {
        let _ = std::fs::remove_file(&part);
        return Err(error);
    }
    let mut connection = open(&part).await?;
    sqlx::query(MAY_HAVE_LEFT).execute(&mut connection).await?;
    // Closing the last connection folds the journal in: the file alone is the database.
    connection.close().await?;
    settle(&part, target).map(drop)
}

//! A consistent copy of the whole database while it is served, and its way back.
//!
//! SQLite: the copy is a database file (`VACUUM INTO`, a snapshot). PostgreSQL: a text file of one `REPEATABLE READ`
//! snapshot, table by table in the format of `COPY`, with the names of the migrations it was made at and a digest.
//! Either way the copy is restored at its own schema and then migrated, so that an old copy is good for a new program.
//! Keys are not in it: secrets stay sealed (`security/keys`), and the two are kept apart.

mod postgres;
mod sqlite;

use std::fs::File;
use std::path::{Path, PathBuf};

use super::StoreError;

/// An attempt that was about to be sent when the copy was made may have been sent since, by the server that went on: the
/// restored one must not take it for one that never left, but ask.
const MAY_HAVE_LEFT: &str =
    "update attempt set bank_ref = '{\"sent\":true}' where state = 'sending' and bank_ref = '{}'";

/// Why a backup or a restore did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The place cannot be written or read.
    #[error("{0}: {1}")]
    File(PathBuf, #[source] std::io::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing is overwritten.
    #[error("{0} is there already; nothing is overwritten")]
    Occupied(String),
    /// Cut off, changed, of another program or of a newer one.
    #[error("the copy cannot be used: {0}")]
    Unusable(String),
}

impl From<sqlx::Error> for BackupError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Copies the database to a file that must not be there yet. Gives its size in bytes.
pub async fn backup(url: &str, file: &Path) -> Result<u64, BackupError> {
    if file.exists() {
        return Err(BackupError::Occupied(file.display().to_string()));
    }
    // Under another name until it is whole and durable: a copy that was cut off is never taken for one.
    let part = with_suffix(file, ".part");
    let _ = std::fs::remove_file(&part);
    let made = match url.strip_prefix("sqlite:") {
        Some(path) => sqlite::backup(path, &part).await,
        None => postgres::backup(url, &part).await,
    };
    if let Err(error) = made {
        let _ = std::fs::remove_file(&part);
        return Err(error);
    }
    settle(&part, file)
}

/// Puts a copy where no database is yet, checks it, and brings its schema up to date.
pub async fn restore(url: &str, file: &Path) -> Result<(), BackupError> {
    match url.strip_prefix("sqlite:") {
        Some(path) => sqlite::restore(path, file).await?,
        None => postgres::restore(url, file).await?,
    }
    super::Db::open(url).await?.close().await;
    Ok(())
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Makes a written file durable and gives it its name.
fn settle(part: &Path, file: &Path) -> Result<u64, BackupError> {
    let at = |error| BackupError::File(file.to_path_buf(), error);
    let written = File::open(part).map_err(at)?;
    written.sync_all().map_err(at)?;
    let size = written.metadata().map_err(at)?.len();
    std::fs::rename(part, file).map_err(at)?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(at)?;
    Ok(size)
}

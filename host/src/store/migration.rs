//! The schema, embedded. Both folders hold the same numbers and names.
//!
//! A migration that has run is never edited: its digest is kept, and a change is refused at start.

use sha2::{Digest, Sha256};
use sqlx::postgres::PgConnection;

use super::{Db, On, StoreError, StoreResult, Tx};

struct Migration {
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! migrations {
    ($($name:literal),* $(,)?) => {
        &[$(Migration {
            name: $name,
            sqlite: include_str!(concat!("../../../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../../../migrations/postgres/", $name, ".sql")),
        }),*]
    };
}

const MIGRATIONS: &[Migration] = migrations![
    "0001_identity",
    "0002_payment",
    "0003_books",
    "0004_receivable_search",
    "0005_payment_doubtful",
    "0006_webhook",
    "0007_audit_chain",
    "0008_doubt",
    "0009_replica",
    "0010_routing",
    "0011_plugin",
    "0012_list",
    "0013_callback",
    "0014_terms",
    "0015_pos_policy",
    "0016_payment_draft",
    "0017_job_turn",
    "0018_change",
    "0019_audit",
    "0020_pos_secret_spare",
    "0021_commission_back",
    "0022_points",
];

/// Applies what is missing, each in its own transaction.
pub(super) async fn run(db: &Db) -> StoreResult<()> {
    let mut tx = db.begin().await?;
    raw(&mut tx, SCHEMA_TABLE, SCHEMA_TABLE).await?;
    tx.commit().await?;
    for migration in MIGRATIONS {
        apply(db, migration).await?;
    }
    Ok(())
}

const SCHEMA_TABLE: &str =
    "create table if not exists schema_migration (name text not null primary key, digest text not null)";

async fn apply(db: &Db, migration: &Migration) -> StoreResult<()> {
    let mut tx = db.begin().await?;
    // Two nodes may start at once; SQLite's writer is alone anyway.
    if tx.is_postgres() {
        raw(&mut tx, "", "lock table schema_migration in exclusive mode").await?;
    }
    let text = if tx.is_postgres() { migration.postgres } else { migration.sqlite };
    let digest = hex::encode(Sha256::digest(text.as_bytes()));
    let known =
        fetch_optional!(&mut tx, (String,), "select digest from schema_migration where name = $1", migration.name)?;
    match known {
        Some((known,)) if known == digest => return Ok(()),
        Some(_) => return Err(StoreError::Migration(format!("{} was changed after it had run", migration.name))),
        None => {}
    }
    tracing::info!(migration = migration.name, "migrating");
    raw(&mut tx, migration.sqlite, migration.postgres).await?;
    execute!(&mut tx, "insert into schema_migration (name, digest) values ($1, $2)", migration.name, digest)?;
    tx.commit().await
}

/// Makes the list of migrations in a database that a copy is restored into.
pub(super) async fn table_make(connection: &mut PgConnection) -> StoreResult<()> {
    sqlx::raw_sql(SCHEMA_TABLE).execute(connection).await?;
    Ok(())
}

/// Runs one migration of a copy, at which its rows were written: it must be known here, and unchanged.
pub(super) async fn replay(connection: &mut PgConnection, name: &str, digest: &str) -> StoreResult<()> {
    let known = MIGRATIONS.iter().find(|known| known.name == name);
    let known = known.ok_or_else(|| StoreError::Migration(format!("{name} is of a newer program")))?;
    if hex::encode(Sha256::digest(known.postgres.as_bytes())) != digest {
        return Err(StoreError::Migration(format!("{name} was changed after it had run")));
    }
    sqlx::raw_sql(known.postgres).execute(&mut *connection).await?;
    let insert = "insert into schema_migration (name, digest) values ($1, $2)";
    sqlx::query(insert).bind(name).bind(digest).execute(connection).await?;
    Ok(())
}

/// Several statements at once, without binds.
async fn raw(tx: &mut Tx, sqlite: &'static str, postgres: &'static str) -> StoreResult<()> {
    match tx.on() {
        On::Sqlite(tx) => sqlx::raw_sql(sqlite).execute(&mut **tx).await.map(drop)?,
        On::Postgres(tx) => sqlx::raw_sql(postgres).execute(&mut **tx).await.map(drop)?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_embedded_in_its_order() {
        let embedded: Vec<String> = MIGRATIONS.iter().map(|migration| format!("{}.sql", migration.name)).collect();
        for folder in ["sqlite", "postgres"] {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations").join(folder);
            let mut files: Vec<_> = std::fs::read_dir(&folder)
                .unwrap()
                .map(|file| file.unwrap().file_name().into_string().unwrap())
                .collect();
            files.sort();
            assert_eq!(files, embedded, "{}", folder.display());
        }
    }

    #[tokio::test]
    async fn migrations_run_once_and_again() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("t.sqlite").display());
        Db::open(&url).await.unwrap().close().await;
        Db::open(&url).await.unwrap();
    }
}

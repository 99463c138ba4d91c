//! A database of its own for every story.

use std::path::Path;

use anyhow::{Context, Result};
use sqlx::{Connection, PgConnection, Row, SqliteConnection};

/// Which database a story runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    Postgres,
}

/// Where a server for tests is; its user may create databases.
pub const POSTGRES: &str = "VEZNE_TEST_POSTGRES_URL";

impl Database {
    /// Whether stories can run on it. In CI a missing server fails the story instead of hiding it.
    pub fn is_there(self) -> bool {
        if self == Self::Sqlite || std::env::var_os(POSTGRES).is_some() {
            return true;
        }
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{POSTGRES} must be set in CI");
        eprintln!("skipped: {POSTGRES} is not set");
        false
    }

    /// A fresh, empty database; returns its address.
    pub async fn create(self, folder: &Path) -> Result<String> {
        match self {
            Self::Sqlite => Ok(format!("sqlite:{}", folder.join("vezne.sqlite").display())),
            Self::Postgres => {
                let server = std::env::var(POSTGRES)?;
                let name = format!("story_{}", uuid::Uuid::now_v7().simple());
                let mut connection = PgConnection::connect(&server).await.context("the test server does not answer")?;
                sqlx::query(sqlx::AssertSqlSafe(format!("create database {name}"))).execute(&mut connection).await?;
                connection.close().await?;
                Ok(with_database(&server, &name))
            }
        }
    }

    /// Removes what [`Database::create`] made on a server; files go with their folder.
    pub async fn drop(self, url: &str) {
        if self == Self::Sqlite {
            return;
        }
        let Ok(server) = std::env::var(POSTGRES) else { return };
        let name = url.split('?').next().and_then(|u| u.rsplit('/').next()).unwrap_or_default();
        if let Ok(mut connection) = PgConnection::connect(&server).await {
            let statement = format!("drop database if exists {name} with (force)");
            // A database left behind goes with the private server.
            let _ = sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await;
        }
    }
}

fn with_database(server: &str, name: &str) -> String {
    let (address, options) = server.split_once('?').map_or((server, None), |(a, o)| (a, Some(o)));
    let scheme_end = address.find("://").map_or(0, |i| i + 3);
    let base = match address[scheme_end..].find('/') {
        Some(slash) => &address[..scheme_end + slash],
        None => address,
    };
    options.map_or_else(|| format!("{base}/{name}"), |o| format!("{base}/{name}?{o}"))
}

/// Reads rows of whole numbers and text straight from the tables, as an auditor would.
pub struct Auditor {
    url: String,
}

impl Auditor {
    pub fn new(url: &str) -> Self {
        Self { url: url.to_owned() }
    }

    /// The first column of every row, as text.
    pub async fn column(&self, sql: &str) -> Result<Vec<String>> {
        let statement = sqlx::AssertSqlSafe(format!(
            "with looked_at(value) as ({sql}) select cast(value as text) as value from looked_at"
        ));
        let read = |value: Option<String>| value.unwrap_or_default();
        if let Some(path) = self.url.strip_prefix("sqlite:") {
            let mut connection = SqliteConnection::connect(&format!("sqlite:{path}")).await?;
            let rows = sqlx::query(statement).fetch_all(&mut connection).await?;
            return rows.iter().map(|r| Ok(read(r.try_get("value")?))).collect();
        }
        let mut connection = PgConnection::connect(&self.url).await?;
        let rows = sqlx::query(statement).fetch_all(&mut connection).await?;
        rows.iter().map(|r| Ok(read(r.try_get("value")?))).collect()
    }

    /// Changes rows behind the host's back.
    pub async fn change(&self, sql: &str) -> Result<()> {
        let statement = sqlx::AssertSqlSafe(sql.to_owned());
        if let Some(path) = self.url.strip_prefix("sqlite:") {
            let mut connection = SqliteConnection::connect(&format!("sqlite:{path}")).await?;
            sqlx::query(statement).execute(&mut connection).await?;
            return Ok(());
        }
        let mut connection = PgConnection::connect(&self.url).await?;
        sqlx::query(statement).execute(&mut connection).await?;
        Ok(())
    }

    /// One whole number.
    pub async fn number(&self, sql: &str) -> Result<i64> {
        let column = self.column(sql).await?;
        column.first().context("no row")?.parse().with_context(|| format!("{sql} gives no number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_is_replaced_in_an_address() {
        assert_eq!(with_database("postgres://u:p@h:1/postgres", "x"), "postgres://u:p@h:1/x");
        assert_eq!(with_database("postgres://h?host=/run", "x"), "postgres://h/x?host=/run");
        assert_eq!(with_database("postgres:///postgres?host=/run&user=u", "x"), "postgres:///x?host=/run&user=u");
    }
}

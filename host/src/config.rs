//! The configuration: one struct, from a TOML file and the environment, validated once.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use subtle::ConstantTimeEq;

use crate::limits;
use crate::store::CommitSync;

/// How this node runs. Every field has a default that suits `cargo xtask run`; `VEZNE_` and the field's
/// name in capitals overrides the file.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `sqlite:PATH` or `postgres://…`. Printed without its password.
    pub database_url: DatabaseUrl,
    /// Where the server listens.
    pub listen: SocketAddr,
    /// The origin under which payers and banks reach it, without a slash at the end.
    pub public_url: String,
    /// Folder of the components that come with the server, looked at once, at start.
    pub plugins_dir: PathBuf,
    /// The publishers whose plugins are taken (TOML); nobody's where absent.
    pub trust_store: Option<PathBuf>,
    /// Certificate authorities that banks and receivers of webhooks are believed under besides the web's (PEM): a gateway
    /// of the firm's own, through which its traffic goes, has one that no browser knows.
    pub extra_ca_file: Option<PathBuf>,
    /// In sandbox mode: plugins that nobody signed are taken as well.
    pub allow_unsigned_plugins: bool,
    /// Program that compiles components, run as `PROGRAM compile-component`; this very one where absent.
    pub compiler: Option<PathBuf>,
    /// Folder for compiled components and keys; made with mode 0700.
    pub private_dir: PathBuf,
    /// Banks' test environments: plain HTTP to loopback, a loud band on every page.
    pub sandbox: bool,
    /// Where the sandbox bank's list of magic cards stands, linked from the band.
    pub sandbox_url: Option<String>,
    /// In sandbox mode: how soon a bank's "no such order" is final, seconds, instead of what the connector states.
    pub sandbox_not_found_final_s: Option<u32>,
    /// `later`, in a sandbox: SQLite does not sync each commit. Power loss then takes payments that were acknowledged;
    /// a story shows that it would.
    pub sandbox_commit_sync: CommitSync,
    /// How long one act at a bank may take before its outcome counts as unknown, milliseconds.
    pub bank_deadline_ms: u64,
    /// How often the janitor looks for work, milliseconds.
    pub janitor_every_ms: u64,
    /// Argon2id memory in KiB; tests turn it down.
    pub password_memory_kib: u32,
    /// Log lines as JSON.
    pub log_json: bool,
    /// With several servers on one database: the origin under which the others reach this one. They share the keys
    /// (the file `keys` in `private_dir`), and what they tell each other is sealed with them.
    pub replica_url: Option<String>,
    /// With several servers: how long one that is asked to end still takes what comes, milliseconds. In that time whoever
    /// stands in front must have seen that `/readyz` says no.
    pub leave_notice_ms: u64,
    /// Requests that change nothing which an API key or a person may send in a second, with as many at once.
    pub reads_per_second: u32,
    /// The same of requests that may change something.
    pub writes_per_second: u32,
    /// Bearer token that reads `/metrics`; without one, only this machine does.
    pub metrics_token: Option<Token>,
}

/// A secret of the configuration. `Debug` is the mask.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Token(String);

impl Token {
    /// Whether this is it; as slow for a near miss as for a wide one.
    pub fn is(&self, told: &str) -> bool {
        self.0.as_bytes().ct_eq(told.as_bytes()).into()
    }
}

impl From<&str> for Token {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A database address whose `Debug` hides the password.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(pub String);

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.split_once('@') {
            Some((_, place)) => write!(f, "postgres://…@{place}"),
            None => f.write_str(&self.0),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database_url: DatabaseUrl("sqlite:data/vezne.sqlite".to_owned()),
            listen: SocketAddr::from(([127, 0, 0, 1], 7070)),
            public_url: "http://127.0.0.1:7070".to_owned(),
            plugins_dir: PathBuf::from("data/plugins"),
            trust_store: None,
            extra_ca_file: None,
            allow_unsigned_plugins: false,
            compiler: None,
            private_dir: PathBuf::from("data/private"),
            sandbox: false,
            sandbox_url: None,
            sandbox_not_found_final_s: None,
            sandbox_commit_sync: CommitSync::Each,
            bank_deadline_ms: 60_000,
            janitor_every_ms: 1_000,
            password_memory_kib: 65_536,
            log_json: false,
            replica_url: None,
            leave_notice_ms: u64::try_from(limits::LEAVE_NOTICE.as_millis()).unwrap_or(u64::MAX),
            reads_per_second: limits::READS_PER_SECOND,
            writes_per_second: limits::WRITES_PER_SECOND,
            metrics_token: None,
        }
    }
}

impl Config {
    /// Reads the file, if one is named, lets the environment override it, and checks the result.
    pub fn load(file: Option<&std::path::Path>) -> Result<Self> {
        let text = match file {
            Some(path) => std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?,
            None => String::new(),
        };
        let mut table: toml::Table = text.parse().context("the configuration is not TOML")?;
        for (name, value) in std::env::vars() {
            let Some(field) = name.strip_prefix("VEZNE_").map(str::to_lowercase) else { continue };
            if FIELDS.contains(&field.as_str()) {
                table.insert(field, environment_value(&value));
            }
        }
        let config: Self = table.try_into().context("the configuration does not fit")?;
        config.validated()
    }

    fn validated(self) -> Result<Self> {
        ensure!(!self.public_url.ends_with('/'), "public_url must not end in a slash");
        ensure!(
            self.sandbox || self.public_url.starts_with("https://"),
            "public_url must be https outside sandbox mode: banks and payers send card data to it"
        );
        ensure!(
            self.sandbox || self.sandbox_not_found_final_s.is_none(),
            "sandbox_not_found_final_s is for sandboxes: real banks need the time that their connector states"
        );
        ensure!(
            self.sandbox || self.sandbox_commit_sync == CommitSync::Each,
            "sandbox_commit_sync is for sandboxes: what real banks booked must survive power loss"
        );
        ensure!(
            self.sandbox || !self.allow_unsigned_plugins,
            "allow_unsigned_plugins is for sandboxes: a plugin that meets real cards is signed"
        );
        ensure!(self.bank_deadline_ms >= 1_000, "bank_deadline_ms below a second would doubt every answer");
        ensure!(self.janitor_every_ms > 0, "janitor_every_ms must not be zero");
        ensure!(
            u128::from(self.leave_notice_ms) <= limits::LEAVE_NOTICE_MAX.as_millis(),
            "leave_notice_ms must be at most {}",
            limits::LEAVE_NOTICE_MAX.as_millis()
        );
        let granted = 1..=limits::REQUESTS_PER_SECOND_MAX;
        ensure!(
            granted.contains(&self.reads_per_second) && granted.contains(&self.writes_per_second),
            "reads_per_second and writes_per_second must be between 1 and {}",
            limits::REQUESTS_PER_SECOND_MAX
        );
        if let Some(url) = &self.replica_url {
            let origin = url::Url::parse(url).ok().map(|parsed| parsed.origin().ascii_serialization());
            ensure!(origin.as_deref() == Some(url), "replica_url must be an origin such as http://10.0.0.5:7070");
            ensure!(
                self.database_url.0.starts_with("postgres"),
                "replica_url is for several servers on one database, which needs PostgreSQL"
            );
        }
        ensure!(
            self.metrics_token.as_ref().is_none_or(|token| token.0.len() >= 16),
            "metrics_token must have at least 16 characters"
        );
        Ok(self)
    }
}

const FIELDS: &[&str] = &[
    "database_url",
    "listen",
    "public_url",
    "plugins_dir",
    "trust_store",
    "extra_ca_file",
    "allow_unsigned_plugins",
    "compiler",
    "private_dir",
    "sandbox",
    "sandbox_url",
    "sandbox_not_found_final_s",
    "sandbox_commit_sync",
    "bank_deadline_ms",
    "janitor_every_ms",
    "password_memory_kib",
    "log_json",
    "replica_url",
    "leave_notice_ms",
    "reads_per_second",
    "writes_per_second",
    "metrics_token",
];

/// An environment variable as TOML would have written it.
fn environment_value(text: &str) -> toml::Value {
    if let Ok(flag) = text.parse() {
        return toml::Value::Boolean(flag);
    }
    text.parse().map_or_else(|_| toml::Value::String(text.to_owned()), toml::Value::Integer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_the_sandbox_only() {
        let config = Config { sandbox: false, ..Config::default() };
        assert!(config.validated().is_err());
        let config = Config { sandbox: true, ..Config::default() };
        assert!(config.validated().is_ok());
    }

    #[test]
    fn a_password_is_not_shown() {
        let url = DatabaseUrl("postgres://vezne:geheim@db/vezne".to_owned());
        assert_eq!(format!("{url:?}"), "postgres://…@db/vezne");
    }
}

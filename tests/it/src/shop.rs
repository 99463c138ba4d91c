//! What benchmarks sell at: a host with a firm and a POS account, and the sandbox bank, which answers at once.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use vezne::config::Config;
use vezne::ctx::Clock;
use vezne_sandbox::{Options, Running};

use crate::api::{Api, Reply, fresh_key};
use crate::database::{Auditor, Database};
use crate::host::Host;
use crate::samples::figure;
use crate::seed::{self, Store};
use crate::world::GOOD_CARD;

/// Minor units of every sale.
pub const AMOUNT: i64 = 12_345;

/// What is sold at; its folder goes with it.
pub struct Shop {
    pub bank: Running,
    pub host: Host,
    pub api: Api,
    pub pos: String,
    /// Address of the database.
    pub database: String,
    pub folder: tempfile::TempDir,
}

impl Shop {
    /// Opens it on SQLite, with a configuration that the benchmark changes.
    pub async fn open(change: impl FnOnce(&mut Config)) -> Result<Self> {
        Self::open_on(Database::Sqlite, change).await
    }

    /// Opens it on either database.
    pub async fn open_on(database: Database, change: impl FnOnce(&mut Config)) -> Result<Self> {
        // Beside what is built: a folder for temporary files may lie in memory, where nothing is ever synced.
        let folder = tempfile::tempdir_in(std::env::current_dir()?)?;
        let bank = vezne_sandbox::start(SocketAddr::from(([127, 0, 0, 1], 0)), Options::default()).await?;
        let database = database.create(folder.path()).await?;
        let host = Host::start_with(&database, &bank.url(), Clock::system(), change).await?;
        let firm = seed::firm(&host.app, "olcum").await?;
        let api = Api::new(&host.url, &firm.secret);
        let pos = seed::pos_account(&api, &bank.url(), "Ölçüm POS", "none", Store::Demo).await?;
        Ok(Self { bank, host, api, pos, database, folder })
    }

    /// The database's file, on SQLite.
    pub fn file(&self) -> PathBuf {
        PathBuf::from(self.database.trim_start_matches("sqlite:"))
    }

    /// The body of a sale.
    pub fn body(&self) -> Value {
        json!({
            "amount": AMOUNT, "currency": "TRY", "three_d_secure": "off", "pos_account": self.pos,
            "card": { "number": GOOD_CARD, "expiry_month": 12, "expiry_year": 2030, "security_code": "000" },
        })
    }

    /// One sale, whatever comes of it.
    pub async fn sell(&self) -> Result<Reply> {
        self.api.post_with_key("/v1/payments", &self.body(), &fresh_key()).await?.good()
    }

    /// One sale that must succeed.
    pub async fn sale(&self) -> Result<()> {
        let paid = self.sell().await?;
        ensure!(paid.text("/state") == "succeeded", "{}", paid.answer.text());
        Ok(())
    }

    pub fn auditor(&self) -> Auditor {
        Auditor::new(&self.database)
    }

    /// The checks of every benchmark that sells: the ledger is balanced, nobody is charged twice, and the bank has
    /// booked what we say it has.
    pub async fn checks(&self) -> Result<Value> {
        let (auditor, orders) = (self.auditor(), self.bank.bank.orders());
        let ours = "select cast(coalesce(sum(charged_minor), 0) as bigint) from payment where state = 'succeeded'";
        let ours = auditor.number(ours).await?;
        let ledger = auditor.number("select cast(coalesce(sum(minor), 0) as bigint) from entry").await?;
        Ok(json!({
            "ledger_balanced": ledger == 0,
            "nobody_charged_twice": orders.iter().all(|order| order.approvals <= 1),
            "bank_book_equal": ours == orders.iter().map(|order| order.net).sum::<i64>(),
        }))
    }
}

/// So many clients, each with one act after the other, for a while: how many acts, and how many a second.
pub async fn busy<F>(clients: usize, duration: Duration, act: impl Fn() -> F) -> Result<(usize, f64)>
where
    F: Future<Output = Result<()>>,
{
    let start = Instant::now();
    let client = || async {
        let mut done = 0;
        while start.elapsed() < duration {
            act().await?;
            done += 1;
        }
        anyhow::Ok(done)
    };
    let done: Vec<usize> = futures::future::try_join_all((0..clients).map(|_| client())).await?;
    let done = done.iter().sum();
    Ok((done, figure(done) / start.elapsed().as_secs_f64()))
}

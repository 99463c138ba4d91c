//! What benchmarks sell at: a host with a firm and a POS account, and the sandbox bank, which answers at once.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use vezne::config::Config;
use vezne::ctx::Clock;
use vezne_sandbox::{Options, Running};

use crate::api::{Api, Reply, fresh_key};
use crate::database::Auditor;
use crate::host::Host;
use crate::seed::{self, Store};
use crate::world::GOOD_CARD;

/// Minor units of every sale.
pub const AMOUNT: i64 = 12_345;

/// On SQLite, in a folder that goes with it.
pub struct Shop {
    pub bank: Running,
    pub host: Host,
    pub api: Api,
    pub pos: String,
    /// The database.
    pub file: PathBuf,
    pub folder: tempfile::TempDir,
}

impl Shop {
    /// Opens it, with a configuration that the benchmark changes.
    pub async fn open(change: impl FnOnce(&mut Config)) -> Result<Self> {
        // Beside what is built: a folder for temporary files may lie in memory, where nothing is ever synced.
        let folder = tempfile::tempdir_in(std::env::current_dir()?)?;
        let bank = vezne_sandbox::start(SocketAddr::from(([127, 0, 0, 1], 0)), Options::default()).await?;
        let file = folder.path().join("vezne.sqlite");
        let database = format!("sqlite:{}", file.display());
        let host = Host::start_with(&database, &bank.url(), Clock::system(), change).await?;
        let firm = seed::firm(&host.app, "olcum").await?;
        let api = Api::new(&host.url, &firm.secret);
        let pos = seed::pos_account(&api, &bank.url(), "Ölçüm POS", "none", Store::Demo).await?;
        Ok(Self { bank, host, api, pos, file, folder })
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
        Auditor::new(&format!("sqlite:{}", self.file.display()))
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

//! `bench-durable-postgres` (B2): how many payments a second are durable on PostgreSQL, beside `pgbench` with the same
//! statements.
//!
//! Interleaved in one run on one server with its own settings (every commit is synced): 32 clients that pay through the
//! API, the connector and the sandbox bank, which answers at once; `pgbench` at 32 connections with a script of the
//! statements that one payment was seen to make. Beside it the script at 8 connections and pgbench's own TPC-B. Writes
//! its result to the file that `VEZNE_BENCH_OUT` names.

mod script;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tokio::process::Command;
use vezne_it::Database;
use vezne_it::samples::{figure, is_quick, median, out, ratio};
use vezne_it::shop::{Shop, busy};

const CLIENTS: usize = 32;
const CLIENTS_FEW: usize = 8;
/// Millions of rows say little more here than one.
const TPC_B_SCALE: &str = "10";
const PAYMENTS: &str = "select count(*) from payment";

#[tokio::main(flavor = "multi_thread")]
async fn main() -> Result<()> {
    vezne_it::host::compile_if_asked();
    let (rounds, seconds) = if is_quick() { (2, 3) } else { (6, 8) };
    let duration = Duration::from_secs(seconds);
    let shop = Shop::open_on(Database::Postgres, |config| {
        config.janitor_every_ms = 1_000;
        config.bank_deadline_ms = 60_000;
    });
    let shop = shop.await?;
    let bench = Pgbench::of(&shop).await?;
    busy(CLIENTS, duration, || shop.sale()).await?;
    let (mut ours, mut theirs, mut few, mut same) = (Vec::new(), Vec::new(), Vec::new(), true);
    for round in 0..rounds {
        // A-B-B-A, so that drift of the machine hits both alike.
        for is_ours in [round % 2 == 0, round % 2 == 1] {
            if is_ours {
                ours.push(busy(CLIENTS, duration, || shop.sale()).await?.1);
                continue;
            }
            let before = shop.auditor().number(PAYMENTS).await?;
            let run = bench.run(CLIENTS, duration).await?;
            same &= shop.auditor().number(PAYMENTS).await? - before == run.transactions;
            theirs.push(run.per_s);
        }
        few.push(bench.run(CLIENTS_FEW, duration).await?.per_s);
    }
    let tpc_b = bench.tpc_b(duration).await?;
    let mut checks = bench.without_its_rows(&shop).await?;
    checks["script_writes_a_payment_each_time"] = same.into();
    let over: Vec<f64> = ours.iter().zip(&theirs).map(|(ours, theirs)| ours / theirs).collect();
    let cores = figure(std::thread::available_parallelism()?.get());
    let result = json!({
        "name": "durable-postgres",
        "checks": checks,
        "ratios": { "over_pgbench": ratio(&over, 0.5, "at_least") },
        "figures": {
            "payments_per_s": median(&ours), "payments_per_s_per_core": median(&ours) / cores,
            "pgbench_per_s": median(&theirs), "pgbench_8_per_s": median(&few), "tpc_b_per_s": tpc_b,
            "statements_a_payment": bench.statements, "commits_a_payment": bench.commits,
        },
        "samples": { "ours_per_s": ours, "pgbench_per_s": theirs, "pgbench_8_per_s": few },
    });
    let database = shop.database.clone();
    shop.host.stop().await;
    Database::Postgres.drop(&database).await;
    std::fs::write(out()?, format!("{result:#}\n"))?;
    Ok(())
}

/// The program of PostgreSQL's that the payments are measured against, with the script of one payment.
struct Pgbench {
    program: PathBuf,
    script: PathBuf,
    database: String,
    statements: usize,
    commits: usize,
}

/// What it says at its end.
struct Run {
    transactions: i64,
    per_s: f64,
}

impl Pgbench {
    /// Watches one payment and writes its statements down.
    async fn of(shop: &Shop) -> Result<Self> {
        let program = std::env::var_os("VEZNE_PGBENCH").context("VEZNE_PGBENCH: use `cargo xtask bench`")?;
        let log = std::env::var_os("VEZNE_POSTGRES_LOG").context("VEZNE_POSTGRES_LOG: use `cargo xtask bench`")?;
        let seen = script::watch(shop, Path::new(&log)).await?;
        let script = shop.folder.path().join("payment.sql");
        std::fs::write(&script, &seen.text)?;
        let database = shop.database.clone();
        let (statements, commits) = (seen.statements, seen.commits);
        Ok(Self { program: program.into(), script, database, statements, commits })
    }

    async fn run(&self, clients: usize, duration: Duration) -> Result<Run> {
        let script = self.script.display().to_string();
        self.say(&self.database, clients, duration, &["--file", &script, "--protocol", "prepared"]).await
    }

    /// The bank's book of PostgreSQL itself: what this machine does with the best known load.
    async fn tpc_b(&self, duration: Duration) -> Result<f64> {
        let folder = self.script.parent().context("the script lies in a folder")?;
        let database = Database::Postgres.create(folder).await?;
        let mut fill = Command::new(&self.program);
        fill.args(["--initialize", "--quiet", "--scale", TPC_B_SCALE, &database]);
        let filled = fill.output().await?;
        ensure!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
        let run = self.say(&database, CLIENTS, duration, &["--protocol", "prepared"]).await?;
        Database::Postgres.drop(&database).await;
        Ok(run.per_s)
    }

    async fn say(&self, database: &str, clients: usize, duration: Duration, more: &[&str]) -> Result<Run> {
        let (clients, seconds) = (clients.to_string(), duration.as_secs().to_string());
        let mut command = Command::new(&self.program);
        command.args(["--no-vacuum", "--jobs", "2", "--client", &clients, "--time", &seconds]).args(more).arg(database);
        let done = command.kill_on_drop(true).output().await?;
        let said = String::from_utf8_lossy(&done.stdout);
        ensure!(done.status.success(), "pgbench: {said}{}", String::from_utf8_lossy(&done.stderr));
        let after = |name: &str| -> Result<&str> {
            let line = said.lines().find_map(|line| line.strip_prefix(name)).context("pgbench says something else")?;
            line.split_whitespace().next().context("no figure")
        };
        let transactions = after("number of transactions actually processed: ")?.parse()?;
        Ok(Run { transactions, per_s: after("tps = ")?.parse()? })
    }

    /// The checks of the shop, once what the script wrote is out of the way: it never went to a bank.
    async fn without_its_rows(&self, shop: &Shop) -> Result<serde_json::Value> {
        let of_script = format!("payment_id like '%{}%'", script::MARK);
        let auditor = shop.auditor();
        let ours = "select cast(coalesce(sum(charged_minor), 0) as bigint) from payment where state = 'succeeded'";
        let ours = auditor.number(&format!("{ours} and not ({of_script})")).await?;
        let orders = shop.bank.bank.orders();
        Ok(json!({
            "ledger_balanced": auditor.number("select cast(coalesce(sum(minor), 0) as bigint) from entry").await? == 0,
            "nobody_charged_twice": orders.iter().all(|order| order.approvals <= 1),
            "bank_book_equal": ours == orders.iter().map(|order| order.net).sum::<i64>(),
        }))
    }
}

//! `bench-sale`: what our side of one sale costs, beside the least that a durable web service can do.
//!
//! One run, interleaved: a sale through the API, the connector and the sandbox bank (which answers at once); the
//! bank's call alone; and a bare axum handler that commits one row to SQLite with the same settings.
//! Writes its result to the file that `VEZNE_BENCH_OUT` names.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde_json::{Value, json};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use vezne_it::api::fresh_key;
use vezne_it::http::Call;
use vezne_it::samples::{is_quick, out, percentile, ratio};
use vezne_it::shop::{AMOUNT, Shop};
use vezne_it::world::GOOD_CARD;

/// How much is measured.
struct Effort {
    warm_up: Duration,
    rounds: usize,
    calls: usize,
}

/// What is compared.
struct Bench {
    shop: Shop,
    bare: String,
}

/// Milliseconds per call.
#[derive(Default)]
struct Samples {
    sale: Vec<f64>,
    bank: Vec<f64>,
    bare: Vec<f64>,
}

#[tokio::main(flavor = "multi_thread")]
async fn main() -> Result<()> {
    vezne_it::host::compile_if_asked();
    let effort = if is_quick() {
        Effort { warm_up: Duration::from_secs(2), rounds: 2, calls: 50 }
    } else {
        Effort { warm_up: Duration::from_secs(10), rounds: 6, calls: 200 }
    };
    let out = out()?;
    let bench = Bench::start().await?;
    let warm = Instant::now();
    while warm.elapsed() < effort.warm_up {
        bench.round(1, &mut Samples::default()).await?;
    }
    let (mut samples, mut ratios) = (Samples::default(), Vec::new());
    for _ in 0..effort.rounds {
        let mut round = Samples::default();
        bench.round(effort.calls / 2, &mut round).await?;
        ratios.push(host_share(&round, 0.5) / percentile(&round.bare, 0.5));
        samples.sale.extend(round.sale);
        samples.bank.extend(round.bank);
        samples.bare.extend(round.bare);
    }
    let result = bench.result(&samples, &ratios);
    bench.shop.host.stop().await;
    std::fs::write(&out, format!("{result:#}\n"))?;
    Ok(())
}

impl Bench {
    async fn start() -> Result<Self> {
        let shop = Shop::open(|_| ()).await?;
        let bare = bare(&shop.folder.path().join("bare.sqlite")).await?;
        Ok(Self { shop, bare })
    }

    /// A-B-C-C-B-A, so that drift of the machine hits all alike.
    async fn round(&self, calls: usize, samples: &mut Samples) -> Result<()> {
        for _ in 0..calls {
            samples.sale.push(timed(self.shop.sale()).await?);
            samples.bank.push(timed(self.bank_alone()).await?);
            samples.bare.push(timed(self.insert()).await?);
            samples.bare.push(timed(self.insert()).await?);
            samples.bank.push(timed(self.bank_alone()).await?);
            samples.sale.push(timed(self.shop.sale()).await?);
        }
        Ok(())
    }

    /// The same sale as the connector sends it, without us.
    async fn bank_alone(&self) -> Result<()> {
        let order = uuid::Uuid::now_v7().simple();
        let xml = format!(
            "<?xml version=\"1.0\" encoding=\"ISO-8859-9\"?><CC5Request><Name>ISBANKAPI</Name><Password>ISBANK07</Password>\
             <ClientId>700655000200</ClientId><Type>Auth</Type><OrderId>{order}</OrderId><Total>123.45</Total>\
             <Currency>949</Currency><Number>{GOOD_CARD}</Number><Expires>12/30</Expires><Cvv2Val>000</Cvv2Val></CC5Request>"
        );
        let answer =
            Call::new("POST", format!("{}/fim/api", self.shop.bank.url())).body("text/xml", xml).send().await?;
        ensure!(answer.text().contains("Approved"), "{}", answer.text());
        Ok(())
    }

    async fn insert(&self) -> Result<()> {
        let body = json!({ "amount": AMOUNT, "currency": "TRY", "key": fresh_key() }).to_string();
        let answer = Call::new("POST", &self.bare).body("application/json", body).send().await?;
        ensure!(answer.status == 201, "{}", answer.status);
        Ok(())
    }

    fn result(&self, samples: &Samples, ratios: &[f64]) -> Value {
        let sales = samples.sale.len();
        let approved = self.shop.bank.bank.orders().iter().filter(|order| order.approvals == 1).count();
        let twice = self.shop.bank.bank.orders().iter().filter(|order| order.approvals > 1).count();
        let mut over_bare_insert = ratio(ratios, 0.0, "figure");
        over_bare_insert["target"] = Value::Null;
        json!({
            "name": "sale",
            "checks": { "nobody_charged_twice": twice == 0, "every_sale_is_at_the_bank": approved >= sales + samples.bank.len() },
            "ratios": { "over_bare_insert": over_bare_insert },
            "figures": {
                "host_share_p50_ms": host_share(samples, 0.5), "host_share_p99_ms": host_share(samples, 0.99),
                "sale_p50_ms": percentile(&samples.sale, 0.5), "sale_p99_ms": percentile(&samples.sale, 0.99),
                "bank_alone_p50_ms": percentile(&samples.bank, 0.5),
                "bare_insert_p50_ms": percentile(&samples.bare, 0.5), "bare_insert_p99_ms": percentile(&samples.bare, 0.99),
            },
            "samples": { "sale_ms": samples.sale, "bank_alone_ms": samples.bank, "bare_insert_ms": samples.bare },
        })
    }
}

/// A sale without what the bank itself took, milliseconds.
fn host_share(samples: &Samples, at: f64) -> f64 {
    percentile(&samples.sale, at) - percentile(&samples.bank, 0.5)
}

async fn timed(call: impl Future<Output = Result<()>>) -> Result<f64> {
    let start = Instant::now();
    call.await?;
    Ok(start.elapsed().as_secs_f64() * 1000.0)
}

/// A handler that commits one row, on a port of its own. The same journal and durability as ours.
async fn bare(file: &std::path::Path) -> Result<String> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    sqlx::query(
        "create table payment (id integer primary key, idempotency_key text unique, amount integer, currency text)",
    )
    .execute(&pool)
    .await?;
    let app = Router::new().route("/payments", post(insert)).with_state(pool);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/payments", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(url)
}

async fn insert(State(pool): State<SqlitePool>, body: axum::Json<Value>) -> axum::http::StatusCode {
    let done = sqlx::query("insert into payment (idempotency_key, amount, currency) values ($1, $2, $3)")
        .bind(body["key"].as_str())
        .bind(body["amount"].as_i64())
        .bind(body["currency"].as_str())
        .execute(&pool)
        .await;
    if done.is_ok() { axum::http::StatusCode::CREATED } else { axum::http::StatusCode::INTERNAL_SERVER_ERROR }
}

//! A connector replaced under load, and taken back: nothing fails, nothing is charged twice.
//!
//! The real binary serves, on one node or on two over the same database; clients sell at a steady pace. The bank's book
//! is the judge.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::api::{Api, fresh_key};
use crate::component::Component;
use crate::process::Process;
use crate::world::{AMOUNT, GOOD_CARD, World};

const ID: &str = "pos-nestpay";
/// The connector's new version; the same code under another number.
const NEW: &str = "99.0.0";
/// How long a moved pointer may take to be everywhere before the run is broken off.
const PATIENCE: Duration = Duration::from_secs(10);

/// How hard.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Sales a second, over all nodes.
    pub rate: u32,
    /// How long each version serves.
    pub hold: Duration,
    /// Servers on the same database.
    pub nodes: usize,
}

/// What the clients share.
struct Clients<'a> {
    world: &'a World,
    apis: Vec<Api>,
    ends: AtomicBool,
    sold: AtomicUsize,
    failed: Mutex<Vec<String>>,
    latencies_ms: Mutex<Vec<u64>>,
}

/// Sells, replaces the connector, takes it back; counts what went wrong.
pub async fn run(world: &World, effort: Effort) -> Result<Value> {
    // The nodes are processes of their own; the host of the world only prepared the database.
    world.host.app.shutdown.cancel();
    let mut nodes = Vec::new();
    for _ in 0..effort.nodes {
        nodes.push(Process::start(world, None).await?);
    }
    let clients = Clients {
        world,
        apis: nodes.iter().map(|node| Api::new(&node.url, &world.firm.secret)).collect(),
        ends: AtomicBool::new(false),
        sold: AtomicUsize::new(0),
        failed: Mutex::default(),
        latencies_ms: Mutex::default(),
    };
    let began = Instant::now();
    let ((), moved) = tokio::join!(clients.sell(effort), clients.swap(effort));
    let moved = moved?;
    let seconds = began.elapsed().as_secs_f64();
    for node in nodes {
        node.kill().await?;
    }
    clients.verdict(effort, &moved, seconds).await
}

/// When the pointer was moved, and how long until it was everywhere.
struct Moved {
    activate_ms: u64,
    rollback_ms: u64,
    old: String,
}

impl Clients<'_> {
    /// Sales at a steady pace: a slow answer does not slow the next one down.
    async fn sell(&self, effort: Effort) {
        let mut tick = tokio::time::interval(Duration::from_secs(1) / effort.rate.max(1));
        let mut sales = futures::stream::FuturesUnordered::new();
        let mut number = 0;
        while !self.ends.load(Ordering::SeqCst) {
            tokio::select! {
                _ = tick.tick() => {
                    number += 1;
                    sales.push(self.sale(number));
                }
                Some(()) = futures::StreamExt::next(&mut sales), if !sales.is_empty() => {}
            }
        }
        while futures::StreamExt::next(&mut sales).await.is_some() {}
    }

    async fn sale(&self, number: usize) {
        let api = &self.apis[number % self.apis.len()];
        // One amount for all: the sandbox declines some by their last digits.
        let body = self.world.sale(AMOUNT, GOOD_CARD);
        let began = Instant::now();
        let told = match api.post_with_key("/v1/payments", &body, &fresh_key()).await {
            Ok(reply) if reply.text("/state") == "succeeded" => None,
            Ok(reply) => Some(format!("{} {}", reply.status, reply.answer.text())),
            Err(error) => Some(format!("{error:#}")),
        };
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.latencies_ms.lock().expect("latencies").push(ms);
        self.sold.fetch_add(1, Ordering::SeqCst);
        if let Some(told) = told {
            self.failed.lock().expect("failed").push(told);
        }
    }

    /// The administrator: stages, activates, rolls back; all at the first node.
    async fn swap(&self, effort: Effort) -> Result<Moved> {
        let moved = self.moved(effort).await;
        self.ends.store(true, Ordering::SeqCst);
        moved
    }

    async fn moved(&self, effort: Effort) -> Result<Moved> {
        let first = self.apis.first().context("no node")?;
        let old = serving(first).await?;
        tokio::time::sleep(effort.hold).await;
        let new = Component::built(ID)?.version(NEW)?;
        let staged = self.world.upload_to(first, &new, None).await?.good()?;
        ensure!(staged.text("/state") == "staged", "{}", staged.answer.text());
        let activate_ms = self.everywhere(NEW, "activate", &json!({ "digest": new.digest() })).await?;
        tokio::time::sleep(effort.hold).await;
        let rollback_ms = self.everywhere(&old, "rollback", &json!({ "reason": "swap" })).await?;
        tokio::time::sleep(effort.hold).await;
        Ok(Moved { activate_ms, rollback_ms, old })
    }

    /// Moves the pointer and waits until every node begins new attempts on `version`.
    async fn everywhere(&self, version: &str, act: &str, body: &Value) -> Result<u64> {
        let began = Instant::now();
        self.apis[0].post(&format!("/v1/plugins/{ID}/{act}"), body).await?.good()?;
        for api in &self.apis {
            while serving(api).await? != version {
                if began.elapsed() > PATIENCE {
                    bail!("{act}: {} does not follow", api.base);
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        Ok(u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    async fn verdict(&self, effort: Effort, moved: &Moved, seconds: f64) -> Result<Value> {
        let auditor = self.world.auditor();
        let by = async |version: &str| {
            let sql = format!("select count(*) as value from attempt where plugin_version = '{version}'");
            auditor.number(&sql).await
        };
        let failed = self.failed.lock().expect("failed").clone();
        for told in failed.iter().take(5) {
            eprintln!("{told}");
        }
        let duplicated: usize =
            self.world.bank.bank.orders().iter().map(|order| order.approvals.saturating_sub(1)).sum();
        let books = self.world.compare_with_bank().await;
        if let Err(error) = &books {
            eprintln!("{error:#}");
        }
        let mut latencies = self.latencies_ms.lock().expect("latencies").clone();
        latencies.sort_unstable();
        let at = |share: usize| latencies.get(latencies.len() * share / 100).copied().unwrap_or(0);
        let sold = self.sold.load(Ordering::SeqCst);
        #[expect(clippy::cast_precision_loss, reason = "some thousand sales")]
        let rate = (sold as f64 / seconds * 10.0).round() / 10.0;
        Ok(json!({
            "nodes": effort.nodes, "sales": sold, "sales_per_second": rate,
            "failed": failed.len(), "duplicated": duplicated,
            "activate_ms": moved.activate_ms, "rollback_ms": moved.rollback_ms,
            "on_old": by(&moved.old).await?, "on_new": by(NEW).await?,
            "sale_p50_ms": at(50), "sale_p99_ms": at(99), "books_equal": books.is_ok(),
        }))
    }
}

/// The version on which a node begins new attempts.
async fn serving(api: &Api) -> Result<String> {
    let plugin = api.get(&format!("/v1/plugins/{ID}")).await?.good()?;
    Ok(plugin.text("/version").to_owned())
}

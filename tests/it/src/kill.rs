//! R1: the real binary is killed at random moments under clients that retry with the same key; of several nodes behind a
//! proxy, one at a time. The bank's book is the judge.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::api::{Api, fresh_key};
use crate::nodes::Nodes;
use crate::process::Process;
use crate::world::{GOOD_CARD, World};

/// How many clients retry at once.
const CLIENTS: usize = 8;
/// Every so many sales one is voided again.
const VOID_EVERY: usize = 5;
/// Of several nodes each gets the same request at the same moment, every so many sales (R7).
const AT_EACH_EVERY: usize = 3;
/// How long after the last restart everything must have an end.
const SOLVED_WITHIN: Duration = Duration::from_mins(1);
/// The sandbox bank answers for what it has booked at once, so its "no such order" need not wait for ten minutes.
const ENVIRONMENT: &[(&str, &str)] = &[("VEZNE_SANDBOX_NOT_FOUND_FINAL_S", "10")];

/// How hard.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    pub kills: usize,
    /// Servers on the same database; several want PostgreSQL.
    pub nodes: usize,
}

/// What was told to a client.
struct Told {
    payment: String,
    state: String,
}

/// What the clients share.
struct Clients<'a> {
    world: &'a World,
    url: String,
    /// Each node by itself, where there are several.
    each: Vec<Api>,
    ends: AtomicBool,
    told: Mutex<Vec<Told>>,
    voids: AtomicUsize,
    at_each: AtomicUsize,
    /// Sales of which two nodes told different payments.
    apart: AtomicUsize,
}

/// Kills and restarts the binary so many times, and counts what is wrong afterwards. `progress` is told each kill.
pub async fn run(world: &World, effort: Effort, progress: impl Fn(usize)) -> Result<Value> {
    world.host.app.shutdown.cancel();
    let nodes = Nodes::new(effort.nodes).await?;
    let clients = Clients::new(world, &nodes, effort);
    let selling = join_all((0..CLIENTS).map(|_| clients.sell()));
    let killing = async {
        let restarted = killed(world, &nodes, effort, progress).await;
        clients.ends.store(true, Ordering::SeqCst);
        restarted
    };
    let (_, restarted) = tokio::join!(selling, killing);
    let (processes, restarted) = restarted?;
    let mut unsolved = unsolved(world).await?;
    while unsolved > 0 && restarted.elapsed() < SOLVED_WITHIN {
        tokio::time::sleep(Duration::from_millis(250)).await;
        unsolved = self::unsolved(world).await?;
    }
    let solved_ms = u64::try_from(restarted.elapsed().as_millis()).unwrap_or(u64::MAX);
    for process in processes {
        process.kill().await?;
    }
    clients.verdict(effort, unsolved, solved_ms).await
}

/// Kills one node after the other, whichever, and starts it again. Gives those that live, and since when.
async fn killed(
    world: &World,
    nodes: &Nodes,
    effort: Effort,
    progress: impl Fn(usize),
) -> Result<(Vec<Process>, Instant)> {
    let mut processes = Vec::new();
    for place in 0..effort.nodes {
        processes.push(nodes.start(world, place, ENVIRONMENT).await?);
    }
    for kill in 0..effort.kills {
        tokio::time::sleep(Duration::from_millis(random_below(800))).await;
        let place = usize::try_from(random_below(u64::try_from(effort.nodes)?))?;
        processes.remove(place).kill().await?;
        progress(kill + 1);
        processes.insert(place, nodes.start(world, place, ENVIRONMENT).await?);
    }
    Ok((processes, Instant::now()))
}

impl<'a> Clients<'a> {
    fn new(world: &'a World, nodes: &Nodes, effort: Effort) -> Self {
        let each = if effort.nodes > 1 { nodes.urls() } else { Vec::new() };
        Self {
            world,
            url: nodes.url(),
            each: each.iter().map(|url| Api::new(url, &world.firm.secret)).collect(),
            ends: AtomicBool::new(false),
            told: Mutex::default(),
            voids: AtomicUsize::new(0),
            at_each: AtomicUsize::new(0),
            apart: AtomicUsize::new(0),
        }
    }

    /// One client: sales one after the other, each retried with its key until it has an answer.
    async fn sell(&self) {
        let api = Api::new(&self.url, &self.world.firm.secret);
        let mut sales = 0;
        while !self.ends.load(Ordering::SeqCst) {
            sales += 1;
            let body = self.world.sale(i64::try_from(1_000 + random_below(90_000)).unwrap_or(1_000), GOOD_CARD);
            let sold = if !self.each.is_empty() && sales % AT_EACH_EVERY == 0 {
                self.sell_at_each(&body).await
            } else {
                insisted(&api, "/v1/payments", &body, &fresh_key()).await
            };
            if sales % VOID_EVERY == 0 && sold.state == "succeeded" {
                let refunds = format!("/v1/payments/{}/refunds", sold.payment);
                insisted(&api, &refunds, &json!({}), &fresh_key()).await;
                self.voids.fetch_add(1, Ordering::SeqCst);
            }
            self.told.lock().expect("told").push(sold);
        }
    }

    /// The same request reaches every node at the same moment, and again whichever had no answer for it.
    async fn sell_at_each(&self, body: &Value) -> Told {
        let key = fresh_key();
        let mut told = join_all(self.each.iter().map(|api| insisted(api, "/v1/payments", body, &key))).await;
        self.at_each.fetch_add(1, Ordering::SeqCst);
        let first = told.remove(0);
        if told.iter().any(|other| other.payment != first.payment) {
            self.apart.fetch_add(1, Ordering::SeqCst);
        }
        first
    }

    async fn verdict(&self, effort: Effort, unsolved: i64, solved_ms: u64) -> Result<Value> {
        let auditor = self.world.auditor();
        let orders = self.world.bank.bank.orders();
        let twice: usize = orders.iter().map(|order| order.approvals.saturating_sub(1)).sum();
        let states = auditor.column("select payment_id || ' ' || state from payment").await?;
        let told = std::mem::take(&mut *self.told.lock().expect("told"));
        // What a client was told to be paid must still be paid.
        let forgotten = told.iter().filter(|told| {
            let id = told.payment.trim_start_matches("pay_");
            told.state == "succeeded" && !states.contains(&format!("{id} succeeded"))
        });
        let known = auditor.column("select order_no from attempt where state in ('captured', 'voided')").await?;
        let unbooked = orders.iter().filter(|order| order.approvals > 0 && !known.contains(&order.order)).count();
        let books = self.world.compare_with_bank().await;
        if let Err(error) = &books {
            eprintln!("{error:#}");
        }
        Ok(json!({
            "kills": effort.kills, "nodes": effort.nodes, "payments": states.len(), "answered": told.len(),
            "voids": self.voids.load(Ordering::SeqCst), "at_each_node": self.at_each.load(Ordering::SeqCst), "bank_orders": orders.len(), "solved_ms": solved_ms,
            "double": twice + self.apart.load(Ordering::SeqCst), "lost": unbooked + forgotten.count(), "unsolved": unsolved,
            "ledger_sum": auditor.number("select coalesce(sum(minor), 0) as value from entry").await?,
            "books_equal": books.is_ok(),
        }))
    }
}

/// Posts until an answer comes; whatever happens on the way, the key stays the same.
async fn insisted(api: &Api, path: &str, body: &Value, key: &str) -> Told {
    loop {
        if let Ok(reply) = api.post_with_key(path, body, key).await
            && matches!(reply.status, 200..=299 | 400 | 422)
        {
            return Told { payment: reply.text("/id").to_owned(), state: reply.text("/state").to_owned() };
        }
        tokio::time::sleep(Duration::from_millis(20 + random_below(30))).await;
    }
}

async fn unsolved(world: &World) -> Result<i64> {
    let auditor = world.auditor();
    let attempts = auditor
        .number("select count(*) as value from attempt where state in ('sending', 'provisioning', 'unknown', 'stray')")
        .await
        .context("open attempts")?;
    let operations =
        auditor.number("select count(*) as value from operation where state in ('sending', 'unknown')").await?;
    Ok(attempts + operations)
}

/// A number below `end`; from fresh entropy, since no seed could replay a kill.
fn random_below(end: u64) -> u64 {
    // The last bytes of a version 7 id are random.
    let id = uuid::Uuid::now_v7();
    id.as_bytes()[8..].iter().fold(0, |number, byte| (number * 256 + u64::from(*byte)) % end)
}

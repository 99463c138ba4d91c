//! The real binary as one server, or as several on one PostgreSQL behind the proxy of `cargo xtask run`.
//!
//! [`join_and_leave`]: under load one more server joins and one leaves; not one request fails, though nobody asks twice.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::api::{Api, Reply, fresh_key};
use crate::front::Front;
use crate::http::{Call, Line};
use crate::patience::Patience;
use crate::process::{Process, free_port};
use crate::world::{AMOUNT, GOOD_CARD, World};

/// How many clients sell at once.
const CLIENTS: usize = 6;
/// Between two sales of one of them: several servers on two cores have to start and to be looked at meanwhile.
const PAUSE: Duration = Duration::from_millis(30);
/// So many sales are made before, between and after what happens to the servers.
const SALES: usize = 20;
/// The proxy looks five times a second; all of this runs without optimization on a machine that has much else to do.
const NOTICE: (&str, &str) = ("VEZNE_LEAVE_NOTICE_MS", "4000");

/// Where servers listen; they are started and ended one by one.
pub struct Nodes {
    ports: Vec<u16>,
    front: Option<Front>,
}

impl Nodes {
    /// Places for so many servers; before more than one stands a proxy.
    pub async fn new(count: usize) -> Result<Self> {
        let mut ports = Vec::new();
        for _ in 0..count {
            ports.push(free_port().await?);
        }
        let front = if count > 1 { Some(Front::start(0, &ports)?) } else { None };
        Ok(Self { ports, front })
    }

    /// Where clients go.
    pub fn url(&self) -> String {
        let port = self.front.as_ref().map(|front| front.port).or_else(|| self.ports.first().copied());
        format!("http://127.0.0.1:{}", port.unwrap_or_default())
    }

    /// Where each server listens.
    pub fn urls(&self) -> Vec<String> {
        self.ports.iter().map(|port| format!("http://127.0.0.1:{port}")).collect()
    }

    /// Starts the server of a place.
    pub async fn start(&self, world: &World, place: usize, environment: &[(&str, &str)]) -> Result<Process> {
        let port = *self.ports.get(place).context("no such place")?;
        match &self.front {
            Some(_) => Process::start_node(world, port, &self.url(), environment).await,
            None => Process::start_on(world, port, environment).await,
        }
    }

    /// A place for one more; gives it.
    async fn add(&mut self) -> Result<usize> {
        let port = free_port().await?;
        self.front.as_ref().context("nothing stands before it")?.add(port);
        self.ports.push(port);
        Ok(self.ports.len() - 1)
    }
}

/// What the clients share.
struct Clients<'a> {
    world: &'a World,
    url: String,
    ends: AtomicBool,
    sold: AtomicUsize,
    /// Connections that were opened by clients who keep theirs.
    lines: AtomicUsize,
    failed: Mutex<Vec<String>>,
}

/// Two servers take payments, a third joins, and the first leaves. Counts what failed on the way.
pub async fn join_and_leave(world: &World) -> Result<Value> {
    world.host.app.shutdown.cancel();
    let mut nodes = Nodes::new(2).await?;
    let mut processes = vec![nodes.start(world, 0, &[NOTICE]).await?, nodes.start(world, 1, &[NOTICE]).await?];
    let clients = Clients {
        world,
        url: nodes.url(),
        ends: AtomicBool::new(false),
        sold: AtomicUsize::new(0),
        lines: AtomicUsize::new(0),
        failed: Mutex::default(),
    };
    let selling = join_all((0..CLIENTS).map(|number| clients.sell(number % 2 == 0)));
    let changing = async {
        let changed = clients.changed(&mut nodes, &mut processes).await;
        clients.ends.store(true, Ordering::SeqCst);
        changed
    };
    let (_, changed) = tokio::join!(selling, changing);
    let by_third = changed?;
    // The last ones have nobody to leave anything to.
    for ended in join_all(processes.into_iter().map(Process::leave)).await {
        ended?;
    }
    Ok(clients.verdict(by_third))
}

impl Clients<'_> {
    /// What happens to the servers; gives how many requests the third one answered.
    async fn changed(&self, nodes: &mut Nodes, processes: &mut Vec<Process>) -> Result<usize> {
        self.until_sold(SALES).await?;
        let third = nodes.add().await?;
        processes.push(nodes.start(self.world, third, &[NOTICE]).await?);
        let url = nodes.urls().remove(third);
        let mut patience = Patience::new();
        while answered(&url).await? < SALES {
            ensure!(patience.lasts().await, "nothing is led to the server that joined");
        }
        processes.remove(0).leave().await.context("the first server")?;
        self.until_sold(self.sold.load(Ordering::SeqCst) + SALES).await?;
        answered(&url).await
    }

    async fn until_sold(&self, count: usize) -> Result<()> {
        let mut patience = Patience::new();
        while self.sold.load(Ordering::SeqCst) < count {
            let failed = self.failed.lock().expect("failed").first().cloned();
            ensure!(failed.is_none() && patience.lasts().await, "not {count} sales: {failed:?}");
        }
        Ok(())
    }

    /// One client: sales one after the other, each asked once, and looked at once. It keeps its connection, or opens
    /// one for each request.
    async fn sell(&self, keeps: bool) {
        let api = Api::new(&self.url, &self.world.firm.secret);
        let mut line = keeps.then(Line::default);
        while !self.ends.load(Ordering::SeqCst) {
            let body = self.world.sale(AMOUNT, GOOD_CARD);
            let seen = async {
                let sold = asked(&api, line.as_mut(), api.post_call("/v1/payments", &body, &fresh_key())).await?;
                let path = format!("{}/v1/payments/{}", api.base, sold.text("/id"));
                asked(&api, line.as_mut(), Call::new("GET", path)).await
            };
            match seen.await {
                Ok(seen) if seen.text("/state") == "succeeded" => {
                    self.sold.fetch_add(1, Ordering::SeqCst);
                }
                Ok(seen) => self.failed.lock().expect("failed").push(seen.answer.text()),
                Err(error) => self.failed.lock().expect("failed").push(format!("{error:#}")),
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.lines.fetch_add(line.map_or(0, |line| line.opened), Ordering::SeqCst);
    }

    fn verdict(&self, by_third: usize) -> Value {
        let orders = self.world.bank.bank.orders();
        let twice: usize = orders.iter().map(|order| order.approvals.saturating_sub(1)).sum();
        json!({
            "sold": self.sold.load(Ordering::SeqCst), "failed": *self.failed.lock().expect("failed"),
            "double": twice, "bank_orders": orders.len(), "by_third": by_third,
            "lines": self.lines.load(Ordering::SeqCst), "keepers": CLIENTS.div_ceil(2),
        })
    }
}

async fn asked(api: &Api, line: Option<&mut Line>, call: Call) -> Result<Reply> {
    let call = api.authorized(call).await?;
    let answer = match line {
        Some(line) => line.send(&call).await?,
        None => call.send().await?,
    };
    Reply::of(answer).good()
}

/// How many requests that change something a server has answered, as it says itself.
async fn answered(url: &str) -> Result<usize> {
    let metrics = Call::new("GET", format!("{url}/metrics")).send().await?.text();
    let posts = metrics.lines().filter(|line| line.starts_with("vezne_http_requests{") && line.contains("\"POST\""));
    let counts = posts.filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok());
    Ok(counts.sum())
}

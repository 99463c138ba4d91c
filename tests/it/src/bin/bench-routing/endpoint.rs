//! The endpoint beside a bare axum handler, under the same callers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use vezne::ctx::Clock;
use vezne::domain::id::{ApiKeyId, NodeId, PosAccountId, TenantId};
use vezne::store::json::Json as Column;
use vezne::store::node::{Node, NodeKind, node_insert};
use vezne::store::routing::{RoutingRule, RuleState, routing_change, routing_rule_insert};
use vezne_it::api::Api;
use vezne_it::host::Host;
use vezne_it::seed::{self, Store};
use vezne_sandbox::{Options, Running};

use crate::rules::{self, DEALERS, Dice};

/// Callers at the same moment.
const CALLERS: usize = 16;
/// Tokens of the firm's key: each caller has its own.
const TOKENS: usize = CALLERS;

/// Both servers, and what they are asked.
pub struct Endpoints {
    host: Host,
    _bank: Running,
    folder: tempfile::TempDir,
    ours: SocketAddr,
    bare: SocketAddr,
    tokens: Vec<String>,
    bodies: Vec<Bytes>,
    /// Bytes of an answer, ours and the bare handler's.
    sizes: (usize, usize),
    refused: Arc<AtomicUsize>,
}

impl Endpoints {
    pub async fn start() -> Result<Self> {
        let folder = tempfile::tempdir_in(std::env::current_dir()?)?;
        let bank = vezne_sandbox::start(SocketAddr::from(([127, 0, 0, 1], 0)), Options::default()).await?;
        let database = format!("sqlite:{}", folder.path().join("vezne.sqlite").display());
        // Requests are counted as ever, and none is refused: all callers have one key.
        let host = Host::start_with(&database, &bank.url(), Clock::system(), |config| {
            config.writes_per_second = vezne::limits::REQUESTS_PER_SECOND_MAX;
        })
        .await?;
        let firm = seed::firm(&host.app, "olcum").await?;
        let api = Api::new(&host.url, &firm.secret);
        let mut accounts = Vec::new();
        for number in 0..8 {
            let name = format!("Ölçüm {number}");
            accounts.push(seed::pos_account(&api, &bank.url(), &name, "none", Store::Demo).await?.parse()?);
        }
        let (tenant, root): (TenantId, NodeId) = (firm.tenant.parse()?, firm.node.parse()?);
        let dealers = tree(&host, tenant, root).await?;
        table(&host, tenant, &dealers, &accounts).await?;
        let tokens = tokens(&host, tenant, root).await?;
        let mut dice = Dice::new(13);
        let asked = rules::payments(1_000, root, &dealers);
        let bodies: Vec<Bytes> = asked
            .iter()
            .map(|payment| {
                let dealer = dealers[dice.below(dealers.len())].to_string();
                let body =
                    json!({ "bin": payment.digits, "amount": payment.amount, "currency": "TRY", "dealer": dealer });
                Bytes::from(body.to_string())
            })
            .collect();
        let ours: SocketAddr = host.url.trim_start_matches("http://").parse()?;
        let refused = Arc::new(AtomicUsize::new(0));
        let mut made = Self { host, _bank: bank, folder, ours, bare: ours, tokens, bodies, sizes: (0, 0), refused };
        let (answer, total) = made.typical().await?;
        made.bare = bare(answer.clone()).await?;
        made.sizes = (total, answer.to_string().len());
        Ok(made)
    }

    /// An answer of about the average size, and that size.
    async fn typical(&self) -> Result<(Value, usize)> {
        let mut caller = Caller::new(self.ours).await?;
        let mut answers = Vec::new();
        for (at, body) in self.bodies.iter().take(100).enumerate() {
            answers.push(caller.call("/v1/routing/explain", Some(&self.tokens[at % TOKENS]), body.clone()).await?.1);
        }
        let average = answers.iter().map(Bytes::len).sum::<usize>() / answers.len();
        let nearest = answers.iter().min_by_key(|answer| answer.len().abs_diff(average)).context("no answer")?;
        Ok((serde_json::from_slice(nearest)?, average))
    }

    pub async fn warm_up(&self) -> Result<()> {
        for ours in [true, false] {
            self.rate(ours, 1_000).await?;
        }
        Ok(())
    }

    /// Requests a second.
    pub async fn rate(&self, ours: bool, for_ms: u64) -> Result<f64> {
        let start = Instant::now();
        let end = start + Duration::from_millis(for_ms);
        let callers = (0..CALLERS).map(|number| self.caller(ours, number, end));
        let done: Vec<Result<usize>> = futures::future::join_all(callers).await;
        let count: usize = done.into_iter().sum::<Result<usize>>()?;
        Ok(crate::figure(count) / start.elapsed().as_secs_f64())
    }

    async fn caller(&self, ours: bool, number: usize, end: Instant) -> Result<usize> {
        let mut caller = Caller::new(if ours { self.ours } else { self.bare }).await?;
        let mut done = 0;
        while Instant::now() < end {
            let at = number + done * CALLERS;
            let token = &self.tokens[at % TOKENS];
            let (status, _) =
                caller.call("/v1/routing/explain", Some(token), self.bodies[at % self.bodies.len()].clone()).await?;
            if status != 200 {
                self.refused.fetch_add(1, Ordering::Relaxed);
            }
            done += 1;
        }
        Ok(done)
    }

    /// Whether both answers have the same size, within a tenth.
    pub fn same_size(&self) -> bool {
        let (ours, bare) = self.sizes;
        ours.abs_diff(bare) * 10 <= ours
    }

    /// Requests that were not answered with 200.
    pub fn refused(&self) -> usize {
        self.refused.load(Ordering::Relaxed)
    }

    pub async fn stop(self) {
        self.host.stop().await;
        drop(self.folder);
    }
}

/// A connection that is kept.
struct Caller {
    sender: http1::SendRequest<Full<Bytes>>,
    host: String,
}

impl Caller {
    async fn new(to: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { sender, host: to.to_string() })
    }

    async fn call(&mut self, path: &str, token: Option<&String>, body: Bytes) -> Result<(u16, Bytes)> {
        let mut request =
            http::Request::post(path).header("host", &self.host).header("content-type", "application/json");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.sender.ready().await?;
        let response = self.sender.send_request(request.body(Full::new(body))?).await?;
        let status = response.status().as_u16();
        Ok((status, response.into_body().collect().await?.to_bytes()))
    }
}

/// A handler that reads the same body and writes JSON of the same size.
async fn bare(answer: Value) -> Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let answer = Arc::new(answer);
    let handler = move |Json(body): Json<Value>| {
        let answer = Arc::clone(&answer);
        async move {
            std::hint::black_box(body);
            Json(answer.as_ref().clone())
        }
    };
    let router = Router::new().route("/v1/routing/explain", post(handler));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// Twenty thousand dealers under the firm.
async fn tree(host: &Host, tenant: TenantId, root: NodeId) -> Result<Vec<NodeId>> {
    let now_ms = host.app.clock.now_ms();
    let mut dealers = Vec::with_capacity(DEALERS);
    let mut tx = host.app.db.begin().await?;
    for number in 0..DEALERS {
        let node = Node {
            tenant_id: tenant,
            node_id: NodeId::at(now_ms),
            parent_id: Some(root.to_text()),
            kind: NodeKind::Dealer,
            name: format!("Bayi {number}"),
            code: format!("B{number}"),
            tax_no: None,
            email: None,
            phone: None,
            settings: "{}".to_owned(),
            created_at_ms: now_ms,
        };
        ensure!(node_insert(&mut tx, &node).await?, "a dealer is there already");
        dealers.push(node.node_id);
    }
    tx.commit().await?;
    Ok(dealers)
}

async fn table(host: &Host, tenant: TenantId, dealers: &[NodeId], accounts: &[PosAccountId]) -> Result<()> {
    let now_ms = host.app.clock.now_ms();
    let mut tx = host.app.db.begin().await?;
    routing_change(&mut tx, tenant, now_ms).await?;
    for rule in rules::rules(dealers, accounts) {
        let row = RoutingRule {
            tenant_id: tenant,
            routing_rule_id: rule.id,
            place: i64::from(rule.place),
            name: rule.name,
            state: RuleState::Active,
            conditions: Column(rule.when),
            through: Column(rule.through),
            created_by: "job:bench".to_owned(),
            created_at_ms: now_ms,
            updated_at_ms: now_ms,
        };
        routing_rule_insert(&mut tx, &row).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Tokens of the firm's key, as `POST /v1/tokens` gives them.
async fn tokens(host: &Host, tenant: TenantId, root: NodeId) -> Result<Vec<String>> {
    let mut tx = host.app.db.read().await?;
    let keys = vezne::store::api_key::api_key_list(&mut tx, tenant, root, vezne::store::span::Span::newest(1)).await?;
    let key: ApiKeyId = keys.first().context("the firm has no key")?.api_key_id;
    let issue = || host.app.security.tokens.issue(key, tenant, root, "pos:read").map(|(token, _)| token);
    (0..TOKENS).map(|_| issue().map_err(|error| anyhow::anyhow!("{error}"))).collect()
}

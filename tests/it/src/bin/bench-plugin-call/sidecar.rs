//! The same connector behind axum in a process of its own, on loopback: what one would do without sandboxes.
//!
//! The same two calls as JSON over kept connections. It is the same program, started with `sidecar`.

use std::net::SocketAddr;
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use axum::Router;
use axum::extract::Json;
use axum::http::StatusCode;
use axum::routing::post;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use pos_nestpay::Nestpay;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use vezne_it::plugged;
use vezne_it::world::GOOD_CARD;
use vezne_plugin::native::{self, TestCard};
use vezne_plugin::{Outcome, Payments, Step};

use crate::native::session;

/// The argument that makes this program a sidecar.
pub const ARGUMENT: &str = "sidecar";

#[derive(Serialize, Deserialize)]
struct Sale {
    order_id: String,
    attempt_id: String,
    callback_url: String,
    amount: i64,
    currency: String,
    installments: u8,
    card_number: String,
    card_month: u8,
    card_year: u16,
    security_code: String,
}

#[derive(Serialize, Deserialize)]
struct Resume {
    sale: Sale,
    state: String,
    status: u16,
    content_type: String,
    body: String,
}

/// A step, as far as a sale knows any.
#[derive(Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
enum Said {
    Send { endpoint: String, path: String, content_type: Option<String>, body: String, state: String },
    Approved { transaction: Option<String>, code: Option<String> },
}

impl Sale {
    fn new() -> Self {
        Self {
            order_id: "ORD1".to_owned(),
            attempt_id: "01KDTRY0000000000000000000".to_owned(),
            callback_url: "https://vezne.example/pos/callback".to_owned(),
            amount: 12_345,
            currency: "TRY".to_owned(),
            installments: 1,
            card_number: GOOD_CARD.to_owned(),
            card_month: 12,
            card_year: 2030,
            security_code: "000".to_owned(),
        }
    }

    fn terms(&self) -> vezne_plugin::Terms {
        let mut terms = native::terms(self.amount);
        terms.amount.currency.clone_from(&self.currency);
        (terms.installments, terms.description) = (self.installments, None);
        terms
    }

    fn card(&self) -> TestCard {
        TestCard::new(&self.card_number, self.card_month, self.card_year, Some(&self.security_code))
    }
}

/// Serves until its standard input ends; says its port first.
pub async fn serve() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    let router = Router::new().route("/sale", post(sale)).route("/resume", post(resume));
    tokio::spawn(async move { axum::serve(listener, router).await });
    tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new())).await??;
    Ok(())
}

async fn sale(Json(sale): Json<Sale>) -> Result<Json<Said>, StatusCode> {
    let _session = session().start();
    let context = native::context(&sale.order_id);
    let step = Nestpay::sale(&context, &sale.terms(), &sale.card().card());
    let Ok(Step::Send(send)) = step else { return Err(StatusCode::UNPROCESSABLE_ENTITY) };
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).map_err(|_| StatusCode::UNPROCESSABLE_ENTITY);
    Ok(Json(Said::Send {
        endpoint: send.request.endpoint,
        path: send.request.path,
        content_type: send.request.content_type,
        body: text(native::reveal(&send.request.body))?,
        state: text(send.state)?,
    }))
}

async fn resume(Json(resume): Json<Resume>) -> Result<Json<Said>, StatusCode> {
    let _session = session().start();
    let sale = &resume.sale;
    let context = native::context(&sale.order_id);
    let reply = native::answer(resume.status, &resume.content_type, resume.body.as_bytes());
    let (terms, card) = (sale.terms(), sale.card().card());
    let step = Nestpay::resume(&context, Some(&terms), resume.state.as_bytes(), &reply, Some(&card));
    let Ok(Step::Done(Outcome::Approved(approval))) = step else { return Err(StatusCode::UNPROCESSABLE_ENTITY) };
    Ok(Json(Said::Approved { transaction: approval.bank.transaction_id, code: approval.raw_code }))
}

/// A sidecar that runs as long as this lives.
pub struct Sidecar {
    address: SocketAddr,
    _process: Child,
}

impl Sidecar {
    pub async fn start() -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg(ARGUMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut port = String::new();
        BufReader::new(process.stdout.take().context("no output")?).read_line(&mut port).await?;
        let address = SocketAddr::from(([127, 0, 0, 1], port.trim().parse().context("the sidecar does not start")?));
        Ok(Self { address, _process: process })
    }

    /// A caller with a connection of its own.
    pub async fn caller(&self) -> Result<Caller> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Caller { sender, host: self.address.to_string() })
    }
}

/// Sells through the sidecar.
pub struct Caller {
    sender: http1::SendRequest<Full<Bytes>>,
    host: String,
}

impl Caller {
    pub async fn sale(&mut self) -> Result<()> {
        let said = self.call("/sale", serde_json::to_vec(&Sale::new())?).await?;
        let Said::Send { state, body, .. } = said else { anyhow::bail!("a sale begins with a request") };
        std::hint::black_box(body);
        let resume = Resume {
            sale: Sale::new(),
            state,
            status: 200,
            content_type: "text/xml".to_owned(),
            body: plugged::NESTPAY_YES.to_owned(),
        };
        let said = self.call("/resume", serde_json::to_vec(&resume)?).await?;
        ensure!(matches!(said, Said::Approved { .. }), "a sale that is not approved");
        Ok(())
    }

    async fn call(&mut self, path: &str, body: Vec<u8>) -> Result<Said> {
        let request = hyper::Request::post(path)
            .header("host", &self.host)
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        ensure!(status.is_success(), "the sidecar answered {status}");
        Ok(serde_json::from_slice(&body)?)
    }
}

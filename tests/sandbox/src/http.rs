//! Serving, with the two things a well-behaved server cannot do: to hang up without an answer, and to break off in the middle.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use futures::stream;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower::ServiceExt;

use crate::bank::{Bank, Options};
use crate::fault::{FaultKind, Met};

/// Marks a response that must not be sent: the connection is closed instead.
#[derive(Clone)]
struct HangUp;

/// No answer at all.
pub fn hang_up() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(HangUp);
    response
}

/// An answer with this type and body.
pub fn answer(content_type: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// An HTML page in UTF-8.
pub fn page(html: String) -> Response<Body> {
    answer("text/html; charset=UTF-8", html)
}

/// How a family writes on the wire: for answers, and for answers spoiled in its own way.
#[derive(Clone, Copy, Debug)]
pub struct Wire {
    /// The content type of its answers.
    pub content_type: &'static str,
    /// How an answer begins: what arrives of one that breaks off before anything was booked.
    pub opening: &'static [u8],
}

impl Wire {
    /// Pages for a browser.
    pub const PAGE: Self = Self { content_type: "text/html; charset=UTF-8", opening: b"<!doctype html><html>" };
    /// JSON in UTF-8.
    pub const JSON: Self = Self { content_type: "application/json; charset=utf-8", opening: b"{\"result\":" };
    /// `a=1&b=2`, as some gateways answer.
    pub const FORM: Self = Self { content_type: "text/plain; charset=utf-8", opening: b"OrderId=" };

    /// XML with this content type and this beginning.
    pub const fn xml(content_type: &'static str, opening: &'static [u8]) -> Self {
        Self { content_type, opening }
    }
}

/// The page of a visit that is over or never was.
pub fn gone() -> Response<Body> {
    let mut response = page(crate::page::message("tr", "Ödeme sayfası", "Bu ödeme sayfası artık geçerli değil."));
    *response.status_mut() = StatusCode::GONE;
    response
}

/// Half of the body under the whole body's length, then the connection breaks.
fn truncated(content_type: &'static str, body: &[u8]) -> Response<Body> {
    let half = Bytes::copy_from_slice(&body[..body.len() / 2]);
    let parts = stream::iter([Ok(half), Err(io::Error::other("ordered fault"))]);
    let mut response = answer(content_type, Body::from_stream(parts));
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    response
}

/// Waits as ordered before anything is booked; `Some` ends the request.
pub async fn before(met: &Met, wire: Wire) -> Option<Response<Body>> {
    if let Some(f) = met.get(FaultKind::Delay) {
        sleep(f.ms).await;
    }
    for kind in [FaultKind::SilenceBefore, FaultKind::InquiryDown] {
        if let Some(f) = met.get(kind) {
            sleep(f.ms).await;
            return Some(hang_up());
        }
    }
    spoil(met, false, wire, wire.opening)
}

/// Spoils an answer as ordered, after the request was booked.
pub async fn after(met: &Met, wire: Wire, body: Vec<u8>) -> Response<Body> {
    if let Some(f) = met.get(FaultKind::SilenceAfter) {
        sleep(f.ms).await;
        return hang_up();
    }
    spoil(met, true, wire, &body).unwrap_or_else(|| answer(wire.content_type, body))
}

fn spoil(met: &Met, booked: bool, wire: Wire, body: &[u8]) -> Option<Response<Body>> {
    let of = |kind| met.get(kind).filter(|f| f.booked == booked);
    if let Some(f) = of(FaultKind::Html) {
        let mut response = page(
            "<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. \
            Please consult with your administrator. Your support ID is: 4170832915</body></html>"
                .to_owned(),
        );
        *response.status_mut() = f.status.and_then(|s| StatusCode::from_u16(s).ok()).unwrap_or(StatusCode::OK);
        return Some(response);
    }
    if of(FaultKind::Garbage).is_some() {
        return Some(answer(wire.content_type, vec![0x00, 0xff, 0x3c, 0x41, 0x9e, 0x1b, 0x07, 0x3e, 0xc3, 0x28]));
    }
    of(FaultKind::Truncated).map(|_| truncated(wire.content_type, body))
}

async fn sleep(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

/// A bank that answers on a port.
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    /// The bank itself.
    pub bank: Bank,
    task: JoinHandle<()>,
}

impl Running {
    /// `http://127.0.0.1:7071`
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Waits until it ends, which it does only with the process.
    pub async fn wait(mut self) {
        let _ = (&mut self.task).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts a bank on `addr`; port 0 picks a free one.
pub async fn start(addr: SocketAddr, options: Options) -> anyhow::Result<Running> {
    let bank = Bank::new(options)?;
    let listener = TcpListener::bind(addr).await?;
    let addr = listener.local_addr()?;
    let app = crate::router(bank.clone());
    let task = tokio::spawn(accept(listener, app));
    Ok(Running { addr, bank, task })
}

async fn accept(listener: TcpListener, app: Router) {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(e) => {
                tracing::warn!(error = %e, "a connection could not be accepted");
                sleep(50).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let app = app.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request: hyper::Request<Incoming>| call(app.clone(), request));
            // An error here is the other side's or an ordered fault.
            let _ =
                http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn call(app: Router, request: hyper::Request<Incoming>) -> Result<Response<Body>, io::Error> {
    // In a task of its own: a merchant who hangs up does not stop a bank from booking.
    let work = tokio::spawn(async move {
        let result: Result<Response<Body>, Infallible> = app.oneshot(request.map(Body::new)).await;
        result.unwrap_or_else(|never| match never {})
    });
    let response = work.await.map_err(io::Error::other)?;
    if response.extensions().get::<HangUp>().is_some() {
        return Err(io::Error::other("ordered fault: hang up"));
    }
    Ok(response)
}

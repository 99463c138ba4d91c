//! One request, one connection: the least a client can be, so that a story can also break it off.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// No story waits longer for an answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// Everything that servers answered which a story listens to: their origins, and what came from each.
static HEARD: Mutex<BTreeMap<String, Vec<(String, Answer)>>> = Mutex::new(BTreeMap::new());

/// From now on every answer of the server at this origin is kept, whoever asked.
pub fn listen(origin: &str) {
    HEARD.lock().expect("heard").entry(origin.to_owned()).or_default();
}

/// What was heard from it: address and answer. It is listened to no longer.
pub fn heard(origin: &str) -> Vec<(String, Answer)> {
    HEARD.lock().expect("heard").remove(origin).unwrap_or_default()
}

fn keep(url: &str, answer: &Answer) {
    if let Some(kept) = HEARD.lock().expect("heard").get_mut(&crate::browser::origin_of(url)) {
        kept.push((url.to_owned(), answer.clone()));
    }
}

/// Where somebody hangs up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HangUp {
    /// Connected, and not a byte sent.
    BeforeTheRequest,
    /// In the middle of the headers.
    InTheHead,
    /// All headers, nothing of the body.
    BeforeTheBody,
    /// In the middle of the body.
    InTheBody,
    /// The whole request, without waiting for anything.
    AfterTheRequest,
    /// A few bytes of the answer.
    InTheAnswer,
}

impl HangUp {
    pub const ALL: [Self; 6] = [
        Self::BeforeTheRequest,
        Self::InTheHead,
        Self::BeforeTheBody,
        Self::InTheBody,
        Self::AfterTheRequest,
        Self::InTheAnswer,
    ];

    /// Whether the other side has the whole request.
    pub fn is_whole(self) -> bool {
        matches!(self, Self::AfterTheRequest | Self::InTheAnswer)
    }

    /// Whether the other side has begun to answer.
    pub fn is_answered(self) -> bool {
        self == Self::InTheAnswer
    }
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A request to be sent.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: &'static str,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

impl Call {
    pub fn new(method: &'static str, url: impl Into<String>) -> Self {
        Self { method, url: url.into(), headers: Vec::new(), body: Bytes::new() }
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub fn body(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    /// Sends it and reads the whole answer.
    pub async fn send(&self) -> Result<Answer> {
        let answer = tokio::time::timeout(PATIENCE, self.exchange()).await;
        let answer = answer.with_context(|| format!("{} takes too long", self.url))??;
        keep(&self.url, &answer);
        Ok(answer)
    }

    /// Sends it and hangs up after `wait` without reading, as a payer does who closes the window.
    pub async fn send_and_hang_up(&self, wait: Duration) -> Result<()> {
        let (mut sender, connection, request) = self.open().await?;
        let connection = tokio::spawn(connection);
        let pending = tokio::spawn(async move { sender.send_request(request).await.map(drop) });
        tokio::time::sleep(wait).await;
        pending.abort();
        connection.abort();
        Ok(())
    }

    /// Sends it as far as that, and closes the connection.
    pub async fn hang_up(&self, when: HangUp) -> Result<()> {
        let uri: hyper::Uri = self.url.parse().with_context(|| format!("{} is no address", self.url))?;
        let authority = uri.authority().context("no host")?.to_string();
        let target = uri.path_and_query().map_or("/", |p| p.as_str());
        let mut head = format!("{} {target} HTTP/1.1\r\nhost: {authority}\r\n", self.method);
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n")?;
        }
        write!(head, "content-length: {}\r\n\r\n", self.body.len())?;
        let whole = [head.as_bytes(), &self.body].concat();
        let end = match when {
            HangUp::BeforeTheRequest => 0,
            HangUp::InTheHead => head.len() / 2,
            HangUp::BeforeTheBody => head.len(),
            HangUp::InTheBody => head.len() + self.body.len() / 2,
            HangUp::AfterTheRequest | HangUp::InTheAnswer => whole.len(),
        };
        let mut stream = TcpStream::connect(&authority).await?;
        stream.set_nodelay(true)?;
        stream.write_all(&whole[..end]).await?;
        stream.flush().await?;
        if when == HangUp::InTheAnswer {
            let mut few = [0; 12];
            let read = tokio::time::timeout(PATIENCE, stream.read_exact(&mut few)).await;
            read.with_context(|| format!("{} gives no answer", self.url))??;
        } else {
            // What was sent arrives before the end of the connection does.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    async fn exchange(&self) -> Result<Answer> {
        let (mut sender, connection, request) = self.open().await?;
        let connection = tokio::spawn(connection);
        let answer = answer(&mut sender, request).await.with_context(|| format!("{} {}", self.method, self.url));
        connection.abort();
        answer
    }

    async fn open(&self) -> Result<(Sender, Connection, Request)> {
        let (authority, request) = self.request()?;
        let (sender, connection) = connected(&authority).await?;
        Ok((sender, connection, request))
    }

    /// Whom it is for, and what is sent.
    fn request(&self) -> Result<(String, Request)> {
        let uri: hyper::Uri = self.url.parse().with_context(|| format!("{} is no address", self.url))?;
        ensure!(uri.scheme_str() == Some("http"), "{} is not plain http", self.url);
        let authority = uri.authority().context("no host")?.to_string();
        let mut request = hyper::Request::builder()
            .method(self.method)
            .uri(uri.path_and_query().map_or("/", |p| p.as_str()))
            .header("host", &authority);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        Ok((authority, request.body(Full::new(self.body.clone()))?))
    }
}

type Sender = http1::SendRequest<Full<Bytes>>;
type Connection = http1::Connection<TokioIo<TcpStream>, Full<Bytes>>;
type Request = hyper::Request<Full<Bytes>>;

async fn connected(authority: &str) -> Result<(Sender, Connection)> {
    let stream = TcpStream::connect(authority).await.with_context(|| format!("{authority} does not answer"))?;
    stream.set_nodelay(true)?;
    Ok(http1::handshake(TokioIo::new(stream)).await?)
}

async fn answer(sender: &mut Sender, request: Request) -> Result<Answer> {
    let response = sender.send_request(request).await?;
    let status = response.status().as_u16();
    let headers = response.headers().iter();
    let headers = headers.map(|(k, v)| (k.to_string(), String::from_utf8_lossy(v.as_bytes()).into_owned()));
    let headers = headers.collect();
    let body = response.into_body().collect().await?.to_bytes();
    Ok(Answer { status, headers, body })
}

/// A connection that is kept for one request after the other, as most programs do, until the server says that it closes
/// it or has closed it.
#[derive(Default)]
pub struct Line {
    sender: Option<Sender>,
    /// How often it was opened.
    pub opened: usize,
}

impl Line {
    /// Sends a call to the server that the first one was for.
    pub async fn send(&mut self, call: &Call) -> Result<Answer> {
        tokio::time::timeout(PATIENCE, self.exchange(call))
            .await
            .with_context(|| format!("{} takes too long", call.url))?
    }

    async fn exchange(&mut self, call: &Call) -> Result<Answer> {
        let (authority, request) = call.request()?;
        // Until the request leaves, a connection that turns out to be closed may be opened again.
        let kept = match self.sender.take() {
            Some(mut sender) => sender.ready().await.ok().map(|()| sender),
            None => None,
        };
        let mut sender = match kept {
            Some(sender) => sender,
            None => self.open(&authority).await?,
        };
        let answer = answer(&mut sender, request).await.with_context(|| format!("{} {}", call.method, call.url))?;
        if !answer.header("connection").is_some_and(|said| said.eq_ignore_ascii_case("close")) {
            self.sender = Some(sender);
        }
        Ok(answer)
    }

    async fn open(&mut self, authority: &str) -> Result<Sender> {
        self.opened += 1;
        let (sender, connection) = connected(authority).await?;
        tokio::spawn(connection);
        Ok(sender)
    }
}

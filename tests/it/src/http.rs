//! One request, one connection: the least a client can be, so that a story can also break it off.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// No story waits longer for an answer.
const PATIENCE: Duration = Duration::from_mins(1);

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
        tokio::time::timeout(PATIENCE, self.exchange()).await.with_context(|| format!("{} takes too long", self.url))?
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

    async fn exchange(&self) -> Result<Answer> {
        let (mut sender, connection, request) = self.open().await?;
        let connection = tokio::spawn(connection);
        let answer = async {
            let response = sender.send_request(request).await?;
            let status = response.status().as_u16();
            let headers = response.headers().iter();
            let headers = headers.map(|(k, v)| (k.to_string(), String::from_utf8_lossy(v.as_bytes()).into_owned()));
            let headers = headers.collect();
            let body = response.into_body().collect().await?.to_bytes();
            anyhow::Ok(Answer { status, headers, body })
        };
        let answer = answer.await.with_context(|| format!("{} {}", self.method, self.url));
        connection.abort();
        answer
    }

    async fn open(
        &self,
    ) -> Result<(
        http1::SendRequest<Full<Bytes>>,
        http1::Connection<TokioIo<TcpStream>, Full<Bytes>>,
        hyper::Request<Full<Bytes>>,
    )> {
        let uri: hyper::Uri = self.url.parse().with_context(|| format!("{} is no address", self.url))?;
        ensure!(uri.scheme_str() == Some("http"), "{} is not plain http", self.url);
        let authority = uri.authority().context("no host")?.to_string();
        let stream = TcpStream::connect(&authority).await.with_context(|| format!("{authority} does not answer"))?;
        stream.set_nodelay(true)?;
        let mut request = hyper::Request::builder()
            .method(self.method)
            .uri(uri.path_and_query().map_or("/", |p| p.as_str()))
            .header("host", authority);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        Ok((sender, connection, request.body(Full::new(self.body.clone()))?))
    }
}

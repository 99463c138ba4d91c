//! The one guarded way out: one request, one answer, one connection.
//!
//! Each send opens a connection of its own. A kept one may have been closed by the bank a moment ago, and a
//! sale that breaks on it would be "unknown" for nothing; a TLS handshake costs far less than that doubt.
//! Because the host drives every stage itself, it knows in which one a failure happened.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use futures::future::BoxFuture;
use http::{HeaderName, HeaderValue, Request};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};
use url::{Host, Url};

use super::address;
use super::driver::Transport;
use super::ending::Phase;
use super::prepare::OutRequest;
use super::step::{Response, TransportFailure};
use super::wire_tap::{OutBody, Progress, Tap};
use crate::limits;

/// Looks names up; a test may answer with an address of its choice.
pub trait Resolve: Send + Sync {
    /// All addresses of a name.
    fn resolve<'a>(&'a self, name: &'a str, port: u16) -> BoxFuture<'a, std::io::Result<Vec<IpAddr>>>;
}

/// The machine's resolver.
struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, name: &'a str, port: u16) -> BoxFuture<'a, std::io::Result<Vec<IpAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((name, port)).await?.map(|found| found.ip()).collect()) })
    }
}

/// The guarded HTTP client.
#[derive(Clone)]
pub struct Egress {
    resolver: Arc<dyn Resolve>,
    tls: TlsConnector,
    inside: bool,
}

/// Whose certificates are believed: the web's roots, and those of the operator's own file (PEM) where one is named. A
/// firm whose traffic goes through a gateway of its own has a certificate authority that no browser knows.
pub fn roots(extra: Option<&Path>) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let Some(path) = extra else { return Ok(roots) };
    let broken = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let mut added = 0;
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| broken(&error))? {
        let certificate = certificate.map_err(|error| broken(&error))?;
        roots.add(certificate).map_err(|error| broken(&error))?;
        added += 1;
    }
    // An empty file would leave every bank behind that authority unreachable, and nobody would know why.
    if added == 0 { Err(broken(&"it holds no certificate")) } else { Ok(roots) }
}

impl Egress {
    /// TLS 1.2 or newer, these roots, nothing else.
    pub fn new(roots: RootCertStore) -> Result<Self, rustls::Error> {
        Self::with(Arc::new(SystemResolver), roots)
    }

    /// To servers of our own, wherever they stand: what the address guard keeps others from is where they are.
    pub fn inside(roots: RootCertStore) -> Result<Self, rustls::Error> {
        Ok(Self { inside: true, ..Self::new(roots)? })
    }

    /// With a resolver and roots of the caller's choice.
    pub fn with(resolver: Arc<dyn Resolve>, roots: RootCertStore) -> Result<Self, rustls::Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { resolver, tls: TlsConnector::from(Arc::new(config)), inside: false })
    }

    async fn exchange(&self, request: &OutRequest, until: Instant) -> Result<Response, TransportFailure> {
        let connect_until = |from: Instant| until.min(from + limits::PLUGIN_CONNECT_MAX);
        let url = &request.url;
        let failed = |phase, timed_out, detail: String| TransportFailure { phase, timed_out, detail };
        let late = |phase| move |_| failed(phase, true, format!("no result in time while {}", phase.as_str()));

        let addresses = timeout_at(connect_until(Instant::now()), self.addresses(request));
        let addresses = addresses.await.map_err(late(Phase::Resolving))?;
        let addresses = addresses.map_err(|detail| failed(Phase::Resolving, false, detail))?;

        let stream = timeout_at(connect_until(Instant::now()), connected(&addresses));
        let stream = stream.await.map_err(late(Phase::Connecting))?;
        let stream = stream.map_err(|error| failed(Phase::Connecting, false, short(&error)))?;

        if url.scheme() == "http" {
            return spoken(stream, request, until).await;
        }
        let name = server_name(url).ok_or_else(|| failed(Phase::Tls, false, "the name cannot be verified".into()))?;
        let stream = timeout_at(connect_until(Instant::now()), self.tls.connect(name, stream));
        let stream = stream.await.map_err(late(Phase::Tls))?;
        let stream = stream.map_err(|error| failed(Phase::Tls, false, short(&error)))?;
        spoken(stream, request, until).await
    }

    /// Every address of the host, all of them allowed.
    async fn addresses(&self, request: &OutRequest) -> Result<Vec<SocketAddr>, String> {
        let url = &request.url;
        let port = url.port_or_known_default().ok_or("no port")?;
        let found = match url.host() {
            Some(Host::Ipv4(literal)) => vec![literal.into()],
            Some(Host::Ipv6(literal)) => vec![literal.into()],
            Some(Host::Domain(name)) => self
                .resolver
                .resolve(name, port)
                .await
                .map_err(|error| format!("the name was not found: {}", short(&error)))?,
            None => return Err("no host".into()),
        };
        if !self.inside {
            let checked = address::addresses_allowed(&found, url.scheme() == "http", request.sandbox);
            checked.map_err(|refusal| refusal.to_string())?;
        }
        Ok(found.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
    }
}

impl Transport for Egress {
    fn send<'a>(
        &'a self,
        request: &'a OutRequest,
        until: Instant,
    ) -> BoxFuture<'a, Result<Response, TransportFailure>> {
        Box::pin(self.exchange(request, until))
    }
}

/// The first address that answers.
async fn connected(addresses: &[SocketAddr]) -> std::io::Result<TcpStream> {
    let mut last = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn server_name(url: &Url) -> Option<ServerName<'static>> {
    match url.host()? {
        Host::Domain(name) => ServerName::try_from(name.to_owned()).ok(),
        Host::Ipv4(literal) => Some(ServerName::IpAddress(IpAddr::V4(literal).into())),
        Host::Ipv6(literal) => Some(ServerName::IpAddress(IpAddr::V6(literal).into())),
    }
}

/// The request over an open connection. From here on a failure may be after the first byte; the tap says
/// how far the bytes got.
async fn spoken<S>(stream: S, request: &OutRequest, until: Instant) -> Result<Response, TransportFailure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let progress = Arc::new(Progress::default());
    let told = Arc::clone(&progress);
    let failed = move |timed_out: bool, detail: String| TransportFailure { phase: told.phase(), timed_out, detail };
    let outgoing = outgoing(request, &progress).map_err(|detail| failed(false, detail))?;
    let io = TokioIo::new(Tap::new(stream, Arc::clone(&progress)));
    let (mut sender, connection) = http1::Builder::new()
        .max_headers(100)
        .max_buf_size(64 * 1024)
        .handshake(io)
        .await
        .map_err(|error| failed(false, kind_of(&error)))?;
    // Dropping the connection is what cancels the exchange, so it must not outlive this function.
    let mut connection = std::pin::pin!(connection);
    let exchange = async {
        let response = sender.send_request(outgoing).await?;
        progress.answer_began();
        read(response).await
    };
    let both = async {
        let mut exchange = std::pin::pin!(exchange);
        tokio::select! {
            biased;
            result = &mut exchange => result,
            _ = &mut connection => exchange.await,
        }
    };
    match timeout_at(until, both).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(failed(false, kind_of(&error))),
        Err(_) => Err(failed(true, "no answer in time".into())),
    }
}

fn outgoing(request: &OutRequest, progress: &Arc<Progress>) -> Result<Request<OutBody>, String> {
    let url = &request.url;
    let target = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let host = match url.port() {
        Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
        None => url.host_str().unwrap_or_default().to_owned(),
    };
    let mut builder = Request::builder().method(request.method.as_str()).uri(target).header("host", host);
    if !request.headers.iter().any(|(name, _)| name == "user-agent") {
        builder = builder.header("user-agent", "Vezne");
    }
    for (name, value) in &request.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| "a header name is not valid".to_owned())?;
        let mut value = HeaderValue::from_bytes(value).map_err(|_| "a header value is not valid".to_owned())?;
        value.set_sensitive(true);
        builder = builder.header(name, value);
    }
    let body = OutBody::new(request.body.clone(), Arc::clone(progress));
    builder.header("connection", "close").body(body).map_err(|_| "the request is not valid".to_owned())
}

/// Reads the answer up to its limit. Redirects are answers like any other: nobody follows them.
async fn read(response: http::Response<Incoming>) -> Result<Response, hyper::Error> {
    let (head, mut incoming) = response.into_parts();
    let headers = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let headers = headers.collect();
    let hint = usize::try_from(incoming.size_hint().lower()).unwrap_or(0);
    let mut body = Vec::with_capacity(hint.min(limits::PLUGIN_RESPONSE_BYTES_MAX));
    let mut truncated = false;
    while let Some(frame) = incoming.frame().await {
        let Ok(piece) = frame?.into_data() else { continue };
        let room = limits::PLUGIN_RESPONSE_BYTES_MAX - body.len();
        body.extend_from_slice(&piece[..piece.len().min(room)]);
        if piece.len() > room {
            truncated = true;
            break;
        }
    }
    Ok(Response { status: head.status.as_u16(), headers, body, truncated })
}

/// An error's kind, without addresses or content.
fn short(error: &std::io::Error) -> String {
    error.kind().to_string()
}

fn kind_of(error: &hyper::Error) -> String {
    let kind = if error.is_incomplete_message() {
        "the connection was closed before the answer was complete"
    } else if error.is_parse() {
        "the answer is not HTTP"
    } else if error.is_timeout() {
        "no answer in time"
    } else {
        "the connection broke"
    };
    kind.to_owned()
}

#[cfg(test)]
#[path = "egress_tests.rs"]
mod tests;

//! The bank's own calls to merchants. Plain HTTP only: a sandbox calls nobody outside the machine.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::form;

const PATIENCE: Duration = Duration::from_secs(20);

/// Posts a form and forgets the answer; failures are logged, as the bank does.
pub async fn post_form(url: &str, fields: &[(String, String)]) {
    let work = post(url, form::encode(fields));
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(Ok(status)) => tracing::info!(status, "merchant called"),
        Ok(Err(e)) => tracing::warn!(error = %e, "merchant not reached"),
        Err(_) => tracing::warn!("merchant too slow"),
    }
}

async fn post(url: &str, body: String) -> anyhow::Result<u16> {
    let uri: hyper::Uri = url.parse()?;
    anyhow::ensure!(uri.scheme_str() == Some("http"), "only http addresses are called");
    let host = uri.host().unwrap_or_default();
    let port = uri.port_u16().unwrap_or(80);
    anyhow::ensure!(matches!(host, "127.0.0.1" | "localhost" | "[::1]"), "only this machine is called");
    let stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let request = hyper::Request::post(uri.path_and_query().map_or("/", |p| p.as_str()))
        .header("host", format!("{host}:{port}"))
        .header("content-type", "application/x-www-form-urlencoded; charset=UTF-8")
        .body(Full::new(Bytes::from(body)))?;
    Ok(sender.send_request(request).await?.status().as_u16())
}

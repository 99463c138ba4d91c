//! Banks over real TLS, and what is refused before a byte of a request has left.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::response::Redirect;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ProtocolVersion, SupportedProtocolVersion};
use vezne::plugin::{Egress, Method, OutRequest, Phase, Response, Transport, TransportFailure, roots};
use vezne_it::api::Api;
use vezne_it::host::Host;
use vezne_it::seed::pos_account_add;
use vezne_it::tls::{Authority, Front, Identity, Outdated};
use vezne_it::world::{AMOUNT, GOOD_CARD, id};
use vezne_it::{World, stories};

const BOTH: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

fn bank_address(world: &World) -> Result<SocketAddr> {
    Ok(world.bank.url().trim_start_matches("http://").parse()?)
}

/// The firm's file of authorities.
fn file_of(world: &World, authority: &Authority) -> Result<PathBuf> {
    let path = world.folder.path().join("authorities.pem");
    std::fs::write(&path, format!("# the firm's gateway\n{}", authority.pem()))?;
    Ok(path)
}

/// A host that believes this authority, on the world's database.
async fn believing(world: &World, authority: &Authority) -> Result<(Host, Api)> {
    world.host.app.shutdown.cancel();
    let file = file_of(world, authority)?;
    let change = |config: &mut vezne::config::Config| config.extra_ca_file = Some(file);
    let host = Host::start_with(&world.database_url, &world.bank.url(), world.clock.clone(), change).await?;
    let api = Api::new(&host.url, &world.firm.secret);
    Ok((host, api))
}

async fn account_at(world: &World, api: &Api, bank: &str) -> Result<String> {
    let body = json!({
        "name": bank, "plugin": "pos-nestpay", "bank": "isbank", "environment": "test", "three_d_model": "none",
        "config": { "client-id": "700655000200", "user-name": "ISBANKAPI" },
        "endpoints": { "api": format!("{bank}/fim/api"), "gate": format!("{}/fim/est3Dgate", world.bank.url()) },
        "secrets": { "api-password": "ISBANK07", "store-key": "TRPS0200" },
    });
    pos_account_add(api, &body).await
}

/// Sells through an account at this address; gives the payment and how it stands.
async fn sold_at(world: &World, api: &Api, bank: &str) -> Result<(String, String)> {
    let mut body = world.sale(AMOUNT, GOOD_CARD);
    body["pos_account"] = json!(account_at(world, api, bank).await?);
    let sold = api.post("/v1/payments", &body).await?.good()?;
    Ok((id(&sold)?, sold.text("/state").to_owned()))
}

/// A server that sends everybody elsewhere.
async fn redirecting(to: String) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = Router::new().fallback(move || async move { Redirect::temporary(&to) });
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

fn request(url: &str) -> Result<OutRequest> {
    Ok(OutRequest {
        url: url.parse()?,
        method: Method::Post,
        headers: vec![("content-type".to_owned(), b"text/xml".to_vec().into())],
        body: b"<CC5Request/>".to_vec().into(),
        sandbox: true,
    })
}

async fn asked(egress: &Egress, url: &str) -> Result<std::result::Result<Response, TransportFailure>> {
    let until = tokio::time::Instant::now() + Duration::from_secs(10);
    Ok(egress.send(&request(url)?, until).await)
}

/// A server whose certificate is not what it should be: nothing is told to it.
async fn refused(egress: &Egress, identity: Identity, name: &str, what: &str) -> Result<()> {
    let backend = redirecting("http://127.0.0.1:9/".to_owned()).await?;
    let front = Front::start(identity, &BOTH, backend).await?;
    let failure = asked(egress, &front.url(name)).await?.err().with_context(|| format!("{what} was believed"))?;
    ensure!(failure.phase == Phase::Tls && !failure.phase.may_have_left(), "{what}: {failure:?}");
    ensure!(front.connections() > 0 && front.bytes() == 0, "{what}: {} bytes left", front.bytes());
    Ok(())
}

#[tokio::test]
async fn a_server_that_cannot_prove_its_name_is_told_nothing() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("authorities.pem");
    let (ours, theirs) = (Authority::new()?, Authority::new()?);
    std::fs::write(&path, ours.pem())?;
    let egress = Egress::new(roots(Some(&path)).map_err(anyhow::Error::msg)?)?;
    // It works at all: otherwise every refusal below would be for nothing.
    let backend = redirecting("http://127.0.0.1:9/".to_owned()).await?;
    for (version, name) in [(&TLS12, ProtocolVersion::TLSv1_2), (&TLS13, ProtocolVersion::TLSv1_3)] {
        let front = Front::start(ours.identity("localhost")?, &[version], backend).await?;
        let answer =
            asked(&egress, &front.url("localhost")).await?.map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
        // A redirect is an answer like any other; the one who sent it is asked once.
        ensure!(answer.status == 307 && front.versions() == [name], "{}: {:?}", answer.status, front.versions());
        ensure!(front.connections() == 1 && front.bytes() > 0);
    }
    refused(&egress, theirs.identity("localhost")?, "localhost", "an unknown authority").await?;
    refused(&egress, ours.identity("bank.example")?, "localhost", "another name").await?;
    refused(&egress, ours.identity("localhost")?, "127.0.0.1", "a name instead of an address").await?;
    refused(&egress, ours.identity_expired("localhost")?, "localhost", "an expired certificate").await?;
    // The web's roots alone do not know the firm's gateway.
    let plain = Egress::new(roots(None).map_err(anyhow::Error::msg)?)?;
    refused(&plain, ours.identity("localhost")?, "localhost", "a private authority that nobody named").await
}

#[tokio::test]
async fn a_server_of_tls_1_1_is_told_nothing() -> Result<()> {
    let egress = Egress::new(roots(None).map_err(anyhow::Error::msg)?)?;
    let outdated = Outdated::start().await?;
    let failure = asked(&egress, &format!("https://localhost:{}/fim/api", outdated.port)).await?;
    let failure = failure.err().context("TLS 1.1 was spoken")?;
    ensure!(failure.phase == Phase::Tls && !failure.timed_out, "{failure:?}");
    tokio::time::sleep(Duration::from_millis(100)).await;
    let heard = outdated.heard();
    // Nothing, or an alert: record 21.
    ensure!(heard.first().is_none_or(|kind| *kind == 21) && heard.len() < 16, "it heard {} bytes", heard.len());
    Ok(())
}

#[test]
fn a_file_without_authorities_is_no_file_of_authorities() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("authorities.pem");
    ensure!(roots(Some(&path)).is_err(), "a file that is not there");
    for text in ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        std::fs::write(&path, text)?;
        let refusal = roots(Some(&path)).err().with_context(|| format!("{text:?} was taken"))?;
        ensure!(refusal.contains("authorities.pem"), "{refusal}");
    }
    Ok(())
}

stories! {
    async fn a_bank_behind_tls_is_paid_and_gives_back(world) {
        let authority = Authority::new()?;
        let (host, api) = believing(world, &authority).await?;
        for (version, name) in [(&TLS12, ProtocolVersion::TLSv1_2), (&TLS13, ProtocolVersion::TLSv1_3)] {
            let front = Front::start(authority.identity("localhost")?, &[version], bank_address(world)?).await?;
            let (payment, state) = sold_at(world, &api, &front.url("localhost")).await?;
            ensure!(state == "succeeded", "{name:?}: {state}");
            let back = api.post(&format!("/v1/payments/{payment}/refunds"), &json!({})).await?.good()?;
            ensure!(back.text("/state") == "succeeded", "{name:?}: {}", back.answer.text());
            ensure!(front.versions() == [name, name], "{:?}", front.versions());
        }
        ensure!(world.authorize_calls() == 2);
        host.stop().await;
        Ok(())
    }

    async fn a_bank_that_cannot_prove_its_name_gets_no_card(world) {
        let (ours, theirs) = (Authority::new()?, Authority::new()?);
        let (host, api) = believing(world, &ours).await?;
        let cases = [
            ("an unknown authority", theirs.identity("localhost")?),
            ("another name", ours.identity("bank.example")?),
            ("an expired certificate", ours.identity_expired("localhost")?),
        ];
        for (what, identity) in cases {
            let front = Front::start(identity, &BOTH, bank_address(world)?).await?;
            let (_, state) = sold_at(world, &api, &front.url("localhost")).await?;
            // Not a byte has left, so nobody is in doubt and another account may be tried.
            ensure!(state == "failed", "{what}: {state}");
            ensure!(front.connections() > 0 && front.bytes() == 0, "{what}: {} bytes left", front.bytes());
        }
        let outdated = Outdated::start().await?;
        let (_, state) = sold_at(world, &api, &format!("https://localhost:{}", outdated.port)).await?;
        ensure!(state == "failed", "TLS 1.1: {state}");
        ensure!(world.authorize_calls() == 0 && world.bank_total() == 0);
        host.stop().await;
        Ok(())
    }

    async fn a_bank_that_sends_us_elsewhere_is_not_followed(world) {
        let authority = Authority::new()?;
        let (host, api) = believing(world, &authority).await?;
        let elsewhere = Arc::new(Front::start(authority.identity("localhost")?, &BOTH, bank_address(world)?).await?);
        for to in [format!("{}/fim/api", elsewhere.url("localhost")), format!("{}/fim/api", world.bank.url())] {
            let backend = redirecting(to).await?;
            let front = Front::start(authority.identity("localhost")?, &BOTH, backend).await?;
            let (_, state) = sold_at(world, &api, &front.url("localhost")).await?;
            // The request left, and no bank has answered it: what became of it nobody knows.
            ensure!(state == "unknown" && front.bytes() > 0, "{state}");
        }
        ensure!(elsewhere.connections() == 0, "the redirect was followed");
        ensure!(world.authorize_calls() == 0 && world.bank_total() == 0, "the card was sent on");
        host.stop().await;
        world.may_differ();
        Ok(())
    }
}

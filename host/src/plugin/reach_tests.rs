//! Connectors that go where they may not: the names that lead inside, and every way to another bank's host.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::rustls::RootCertStore;

use super::*;

/// One sale of the hostile connector over a way out of the caller's choice.
async fn sale_over(
    world: &World,
    transport: Arc<dyn Transport>,
    config: &[(&str, &str)],
    change: impl FnOnce(&mut Installation),
) -> Ending {
    let mut installation = world.installation("bad-connector", config, &[("key", "TOPSECRET-0123456789")]);
    change(&mut installation);
    driven(
        &world.plugins.with_transport(transport),
        &installation,
        Act::Sale { terms: terms() },
        Duration::from_secs(20),
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_cannot_name_another_host() {
    let Some(folder) = components() else { return };
    let world = world(&folder);
    let mut tries = vec![("endpoint", "other-bank"), ("endpoint", "API"), ("endpoint", "https://other-bank.example/")];
    tries.extend(
        [
            "//other-bank.example/",
            "https://other-bank.example/",
            "@other-bank.example/",
            ".other-bank.example/",
            ":8443/",
            "/../admin",
            "/a/../../admin",
            "/%2e%2e/admin",
            "/%2E%2E%2Fadmin",
            "/..%5cadmin",
            "/\\other-bank.example/",
            "/a b",
            "/a\r\nHost: other-bank.example",
            "/?to=other-bank",
            "/#to",
        ]
        .map(|path| ("path", path)),
    );
    tries.extend(
        [
            "host",
            "Host",
            "x-forwarded-host",
            "forwarded",
            "proxy-authorization",
            "transfer-encoding",
            "content-length",
            "connection",
            "upgrade",
            "cookie",
            "x a",
            "x:\r\nhost",
            ":authority",
        ]
        .map(|header| ("header", header)),
    );
    for (what, value) in tries {
        let ending = sale_over(&world, world.bank.clone(), &[("mode", "reach"), (what, value)], |_| ()).await;
        assert_eq!(shown(&ending), "not-processed:contract-breach", "{what} {value:?}: {ending:?}");
    }
    assert!(world.bank.bodies.lock().unwrap().is_empty(), "something left");
    // What stays within the grant leaves: the connector and the host are not merely refusing everything.
    let within = [("mode", "reach"), ("path", "/v2/sale"), ("header", "x-request-id")];
    let ending = sale_over(&world, world.bank.clone(), &within, |_| ()).await;
    assert_eq!(shown(&ending), "unknown:no-answer-in-time");
    assert_eq!(world.bank.bodies.lock().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_leads_inside_is_not_used() {
    let Some(folder) = components() else { return };
    let world = world(&folder);
    for url in [
        "http://bank.example/",
        "https://127.0.0.1/",
        "https://localhost.:8443/",
        "https://0.0.0.0/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://0x7f.1/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:a9fe:a9fe]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[fd00:ec2::254]/",
        "https://api@other-bank.example/",
    ] {
        let granted = |installation: &mut Installation| installation.endpoints.get_mut("api").unwrap().url = url.into();
        let ending = sale_over(&world, world.bank.clone(), &[("mode", "reach")], granted).await;
        assert_eq!(shown(&ending), "not-processed:contract-breach", "{url}: {ending:?}");
    }
    assert!(world.bank.bodies.lock().unwrap().is_empty(), "something left");
}

/// Answers every name with one address, and counts how often it is asked.
struct Pinned(IpAddr, AtomicUsize);

impl Resolve for Pinned {
    fn resolve<'a>(&'a self, _: &'a str, _: u16) -> BoxFuture<'a, std::io::Result<Vec<IpAddr>>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok(vec![self.0]) })
    }
}

fn egress(address: &str) -> (Arc<Pinned>, Arc<Egress>) {
    let resolver = Arc::new(Pinned(address.parse().unwrap(), AtomicUsize::new(0)));
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    (resolver.clone(), Arc::new(Egress::with(resolver, roots).unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_granted_name_that_leads_inside_is_not_connected_to() {
    let Some(folder) = components() else { return };
    let world = world(&folder);
    // Whoever owns the name answers as he likes, each time anew; what counts is the address that is connected to.
    for address in ["127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "::ffff:192.168.0.1", "fd00:ec2::254", "0.0.0.0"]
    {
        let (resolver, egress) = egress(address);
        let ending = sale_over(&world, egress, &[("mode", "reach")], |_| ()).await;
        assert_eq!(shown(&ending), "not-processed:resolving-failed", "{address}: {ending:?}");
        assert_eq!(resolver.1.load(Ordering::Relaxed), 1, "{address}: looked up again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_an_answer_and_nobody_follows_it() {
    let Some(folder) = components() else { return };
    let world = world(&folder);
    let inside = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let bank = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (to, port) = (inside.local_addr().unwrap(), bank.local_addr().unwrap().port());
    let answering = tokio::spawn(async move {
        let (mut stream, _) = bank.accept().await.unwrap();
        let mut seen = vec![0; 4096];
        while !seen.ends_with(b"<x/>") {
            let mut piece = [0; 4096];
            let read = stream.read(&mut piece).await.unwrap();
            assert!(read > 0, "the request broke off");
            seen.extend_from_slice(&piece[..read]);
        }
        let answer =
            format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{to}/latest\r\ncontent-length: 4\r\n\r\n<x/>");
        stream.write_all(answer.as_bytes()).await.unwrap();
    });
    let (_, egress) = egress("127.0.0.1");
    let ending = sale_over(&world, egress, &[("mode", "after-approve")], |installation| {
        installation.sandbox = true;
        installation.endpoints.get_mut("api").unwrap().url = format!("http://127.0.0.1:{port}/");
    })
    .await;
    answering.await.unwrap();
    assert!(shown(&ending).starts_with("unknown:"), "an answer that only points elsewhere is no yes: {ending:?}");
    let followed = tokio::time::timeout(Duration::from_millis(200), inside.accept()).await;
    assert!(followed.is_err(), "the redirect was followed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payer_is_led_only_where_the_bank_said() {
    let Some(folder) = components() else { return };
    let world = world(&folder);
    for (endpoint, path, answer) in [
        ("acs", "https://thief.example/3ds", "<acs>https://acs.bank.example/3ds</acs>"),
        ("acs", "https://127.0.0.1/3ds", "<acs>https://127.0.0.1/3ds</acs>"),
        ("acs", "https://169.254.169.254/3ds", "<acs>https://169.254.169.254/3ds</acs>"),
        ("acs", "http://acs.bank.example/3ds", "<acs>http://acs.bank.example/3ds</acs>"),
        ("acs", "javascript:alert(1)", "<acs>javascript:alert(1)</acs>"),
        ("api", "https://thief.example/3ds", "<acs>https://thief.example/3ds</acs>"),
        ("elsewhere", "/3ds", "<acs>/3ds</acs>"),
    ] {
        world.bank.answers_set(&[answer]);
        let tried = [("mode", "after-lead"), ("endpoint", endpoint), ("path", path)];
        let ending = sale_over(&world, world.bank.clone(), &tried, |_| ()).await;
        assert_eq!(shown(&ending), "unknown:contract-breach", "{endpoint} {path}: {ending:?}");
    }
    world.bank.answers_set(&["<acs>https://acs.bank.example/3ds</acs>"]);
    let tried = [("mode", "after-lead"), ("endpoint", "acs"), ("path", "https://acs.bank.example/3ds")];
    let ending = sale_over(&world, world.bank.clone(), &tried, |_| ()).await;
    assert!(shown(&ending).starts_with("browse:"), "{ending:?}");
}

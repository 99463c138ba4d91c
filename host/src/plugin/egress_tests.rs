//! The guarded client against a small server that breaks off at each stage.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use super::*;
use crate::plugin::act::Method;

/// Answers every name with one address.
struct Pinned(IpAddr);

impl Resolve for Pinned {
    fn resolve<'a>(&'a self, _: &'a str, _: u16) -> BoxFuture<'a, std::io::Result<Vec<IpAddr>>> {
        Box::pin(async { Ok(vec![self.0]) })
    }
}

fn egress(address: &str) -> Egress {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    Egress::with(Arc::new(Pinned(address.parse().unwrap())), roots).unwrap()
}

fn request(url: &str, body: &[u8]) -> OutRequest {
    OutRequest {
        url: Url::parse(url).unwrap(),
        method: Method::Post,
        headers: vec![("content-type".into(), Zeroizing::new(b"text/xml".to_vec()))],
        body: Zeroizing::new(body.to_vec()),
        sandbox: true,
    }
}

/// What the server does with one connection.
#[derive(Clone, Copy)]
enum Does {
    CloseAtOnce,
    ReadThenClose,
    ReadThenSilence,
    NeverRead,
    Say(&'static str),
    SayThenSilence(&'static str),
    Endless,
}

async fn serve(does: Does) -> (u16, tokio::task::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        if matches!(does, Does::CloseAtOnce) {
            return Vec::new();
        }
        if matches!(does, Does::NeverRead) {
            tokio::time::sleep(Duration::from_secs(30)).await;
        }
        let mut seen = Vec::new();
        while !seen.ends_with(b"</end>") {
            let mut piece = [0; 8192];
            match stream.read(&mut piece).await {
                Ok(read) if read > 0 => seen.extend_from_slice(&piece[..read]),
                _ => return seen,
            }
        }
        match does {
            Does::Say(text) => stream.write_all(text.as_bytes()).await.unwrap(),
            Does::SayThenSilence(text) => {
                stream.write_all(text.as_bytes()).await.unwrap();
                tokio::time::sleep(Duration::from_secs(30)).await;
            }
            Does::ReadThenSilence => tokio::time::sleep(Duration::from_secs(30)).await,
            Does::Endless => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
                while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
            }
            Does::CloseAtOnce | Does::ReadThenClose | Does::NeverRead => {}
        }
        seen
    });
    (port, task)
}

async fn exchange(does: Does, body: &[u8]) -> Result<Response, TransportFailure> {
    let (port, _task) = serve(does).await;
    let until = Instant::now() + Duration::from_millis(700);
    egress("127.0.0.1").send(&request(&format!("http://127.0.0.1:{port}/api"), body), until).await
}

#[tokio::test]
async fn every_stage_is_told_apart() {
    let ended = |does, body: &'static [u8]| async move {
        let failure = exchange(does, body).await.unwrap_err();
        (failure.phase, failure.timed_out)
    };
    let short = b"<x/></end>";
    let (phase, _) = ended(Does::CloseAtOnce, short).await;
    assert!(phase.may_have_left(), "a connection that took bytes may have passed them on: {phase:?}");
    assert_eq!(ended(Does::ReadThenClose, short).await, (Phase::AwaitingResponse, false));
    assert_eq!(ended(Does::ReadThenSilence, short).await, (Phase::AwaitingResponse, true));
    let long: &[u8] = vec![b'x'; 64 * 1024 * 1024].leak();
    assert_eq!(ended(Does::NeverRead, long).await, (Phase::Sending, true));
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf";
    assert_eq!(ended(Does::Say(half), short).await, (Phase::ReadingResponse, false));
    assert_eq!(ended(Does::SayThenSilence(half), short).await, (Phase::ReadingResponse, true));
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n";
    assert_eq!(ended(Does::Say(chunked), short).await, (Phase::ReadingResponse, false));
    let (phase, _) = ended(Does::Say("garbage\r\n\r\n"), short).await;
    assert_eq!(phase, Phase::AwaitingResponse);
}

#[tokio::test]
async fn what_fails_before_the_first_byte_says_so() {
    let until = || Instant::now() + Duration::from_secs(5);
    // A port that was open a moment ago.
    let (port, task) = serve(Does::CloseAtOnce).await;
    task.abort();
    let _ = task.await;
    let refused = egress("127.0.0.1").send(&request(&format!("http://127.0.0.1:{port}/"), b""), until()).await;
    assert_eq!(refused.unwrap_err().phase, Phase::Connecting);
    // A server that does not speak TLS.
    let (port, _task) = serve(Does::CloseAtOnce).await;
    let tls = egress("127.0.0.1").send(&request(&format!("https://localhost:{port}/"), b""), until()).await;
    assert_eq!(tls.unwrap_err().phase, Phase::Tls);
    // A name that resolves to where nothing may go; sandbox mode opens this machine only.
    for address in ["10.0.0.1", "169.254.169.254", "::ffff:192.168.0.1", "fd00::1"] {
        let rebound = egress(address).send(&request("https://bank.example/", b""), until()).await;
        assert_eq!(rebound.unwrap_err().phase, Phase::Resolving, "{address}");
    }
    let mut live = request("https://bank.example/", b"");
    live.sandbox = false;
    assert_eq!(egress("127.0.0.1").send(&live, until()).await.unwrap_err().phase, Phase::Resolving);
}

#[tokio::test]
async fn an_answer_arrives_whole_and_redirects_are_not_followed() {
    let answer = exchange(
        Does::Say("HTTP/1.1 302 Found\r\nlocation: http://10.0.0.1/\r\ncontent-length: 2\r\n\r\nhi"),
        b"</end>",
    )
    .await;
    let answer = answer.unwrap();
    assert_eq!((answer.status, answer.body.as_slice(), answer.truncated), (302, &b"hi"[..], false));
    assert_eq!(answer.header("location"), Some("http://10.0.0.1/"));
    let endless = exchange(Does::Endless, b"</end>").await.unwrap();
    assert_eq!((endless.body.len(), endless.truncated), (limits::PLUGIN_RESPONSE_BYTES_MAX, true));
}

#[tokio::test]
async fn the_request_is_what_was_asked_for() {
    let (port, task) = serve(Does::Say("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")).await;
    let until = Instant::now() + Duration::from_secs(5);
    let url = format!("http://127.0.0.1:{port}/fim/api?a=b");
    egress("127.0.0.1").send(&request(&url, b"<x></end>"), until).await.unwrap();
    let seen = String::from_utf8(task.await.unwrap()).unwrap().to_ascii_lowercase();
    assert!(seen.starts_with("post /fim/api?a=b http/1.1\r\n"), "{seen}");
    for line in [&format!("host: 127.0.0.1:{port}"), "content-length: 9", "content-type: text/xml", "connection: close"]
    {
        assert!(seen.contains(&format!("{line}\r\n")), "{line} in {seen}");
    }
    assert!(seen.ends_with("\r\n\r\n<x></end>"));
}

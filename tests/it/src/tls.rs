//! Banks behind TLS: an authority that only a test believes, and a front that speaks TLS for the sandbox bank.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ProtocolVersion, ServerConfig, SupportedProtocolVersion};

/// A certificate authority.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A server's certificate and key.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Authority {
    pub fn new() -> Result<Self> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, "Hikâye Kök Sertifika");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        Ok(Self(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?))
    }

    /// Its certificate as an operator's file has it.
    pub fn pem(&self) -> String {
        let text = BASE64_STANDARD.encode(self.0.der());
        let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..(at + 64).min(text.len())]).collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    }

    /// A server of this name.
    pub fn identity(&self, name: &str) -> Result<Identity> {
        self.signed(&CertificateParams::new([name.to_owned()])?)
    }

    /// One whose certificate ran out years ago.
    pub fn identity_expired(&self, name: &str) -> Result<Identity> {
        let mut params = CertificateParams::new([name.to_owned()])?;
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
        self.signed(&params)
    }

    fn signed(&self, params: &CertificateParams) -> Result<Identity> {
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.0)?;
        let chain = vec![certificate.der().clone()];
        Ok(Identity { chain, key: PrivatePkcs8KeyDer::from(key.serialize_der()).into() })
    }
}

/// What a front saw.
#[derive(Default)]
struct Seen {
    /// In which versions handshakes ended well.
    versions: Mutex<Vec<ProtocolVersion>>,
    /// Bytes of requests, decrypted.
    bytes: AtomicUsize,
    /// Connections, whatever became of them.
    connections: AtomicUsize,
}

/// A server that speaks TLS and passes on what it hears.
pub struct Front {
    pub port: u16,
    seen: Arc<Seen>,
    task: JoinHandle<()>,
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Front {
    /// In front of a server that speaks plain HTTP, in these versions only.
    pub async fn start(
        identity: Identity,
        versions: &[&'static SupportedProtocolVersion],
        backend: SocketAddr,
    ) -> Result<Self> {
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(versions)?
            .with_no_client_auth()
            .with_single_cert(identity.chain, identity.key)?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let seen = Arc::new(Seen::default());
        let told = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                told.connections.fetch_add(1, Ordering::SeqCst);
                let (acceptor, told) = (acceptor.clone(), Arc::clone(&told));
                // One that fails is the client's refusal, and that is what stories look for.
                tokio::spawn(Box::pin(async move { passed_on(stream, &acceptor, backend, &told).await }));
            }
        });
        Ok(Self { port, seen, task })
    }

    /// The address under which a host finds it.
    pub fn url(&self, name: &str) -> String {
        format!("https://{name}:{}", self.port)
    }

    pub fn versions(&self) -> Vec<ProtocolVersion> {
        self.seen.versions.lock().expect("versions").clone()
    }

    pub fn bytes(&self) -> usize {
        self.seen.bytes.load(Ordering::SeqCst)
    }

    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }
}

async fn passed_on(stream: TcpStream, acceptor: &TlsAcceptor, backend: SocketAddr, seen: &Seen) -> Result<()> {
    let mut stream = acceptor.accept(stream).await?;
    let version = stream.get_ref().1.protocol_version().context("no version after a handshake")?;
    seen.versions.lock().expect("versions").push(version);
    let mut bank = TcpStream::connect(backend).await?;
    let (mut from_host, mut to_host) = tokio::io::split(&mut stream);
    let (mut from_bank, mut to_bank) = bank.split();
    let there = async {
        let mut piece = vec![0; 8192];
        while let Ok(read) = from_host.read(&mut piece).await
            && read > 0
        {
            seen.bytes.fetch_add(read, Ordering::SeqCst);
            to_bank.write_all(&piece[..read]).await?;
        }
        anyhow::Ok(())
    };
    let back = async {
        tokio::io::copy(&mut from_bank, &mut to_host).await?;
        to_host.shutdown().await?;
        anyhow::Ok(())
    };
    tokio::select! { done = back => done, failed = async { there.await?; std::future::pending().await } => failed }
}

/// A server of before 2010: whatever it is offered, it speaks TLS 1.1. Everything it hears is kept.
pub struct Outdated {
    pub port: u16,
    heard: Arc<Mutex<Vec<u8>>>,
    task: JoinHandle<()>,
}

impl Drop for Outdated {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Outdated {
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut piece = [0; 8192];
                let Ok(_) = stream.read(&mut piece).await else { continue };
                // A server hello: version 3.2, TLS_RSA_WITH_AES_128_CBC_SHA, no compression, no extensions.
                let mut hello = vec![0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2];
                hello.extend([7; 32]);
                hello.extend([0, 0x00, 0x2f, 0]);
                if stream.write_all(&hello).await.is_err() {
                    continue;
                }
                let all = async {
                    while let Ok(read) = stream.read(&mut piece).await
                        && read > 0
                    {
                        kept.lock().expect("heard").extend_from_slice(&piece[..read]);
                    }
                };
                let _ = tokio::time::timeout(Duration::from_secs(5), all).await;
            }
        });
        Ok(Self { port, heard, task })
    }

    /// What came after the first message of the handshake.
    pub fn heard(&self) -> Vec<u8> {
        self.heard.lock().expect("heard").clone()
    }
}

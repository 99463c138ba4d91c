//! A wire between the host and its database that a story can cut and mend.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A proxy on a port of its own.
pub struct Proxy {
    pub addr: SocketAddr,
    whole: Arc<watch::Sender<bool>>,
    task: tokio::task::JoinHandle<()>,
}

impl Proxy {
    /// Begins to pass on to `upstream` (`host:port`).
    pub async fn start(upstream: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let whole = Arc::new(watch::Sender::new(true));
        let (upstream, switch) = (upstream.to_owned(), Arc::clone(&whole));
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // Cut: whoever comes is hung up on at once.
                if *switch.borrow() {
                    tokio::spawn(pass(client, upstream.clone(), switch.subscribe()));
                }
            }
        });
        Ok(Self { addr, whole, task })
    }

    /// Breaks every connection, and lets no new one through.
    pub fn cut(&self) {
        self.whole.send_replace(false);
    }

    /// Lets connections through again.
    pub fn mend(&self) {
        self.whole.send_replace(true);
    }

    /// The address of a database, led through this wire.
    pub fn lead(&self, url: &str) -> Result<(String, String)> {
        let start = url.find("://").map(|at| at + 3).context("no scheme")?;
        let end = url[start..].find('/').map_or(url.len(), |at| start + at);
        let (user, place) = match url[start..end].rsplit_once('@') {
            Some((user, place)) => (format!("{user}@"), place),
            None => (String::new(), &url[start..end]),
        };
        Ok((place.to_owned(), format!("{}{user}{}{}", &url[..start], self.addr, &url[end..])))
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(mut client: TcpStream, upstream: String, mut whole: watch::Receiver<bool>) {
    let Ok(mut server) = TcpStream::connect(upstream).await else { return };
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
        _ = whole.wait_for(|whole| !whole) => {}
    }
}

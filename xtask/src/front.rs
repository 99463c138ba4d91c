//! A small proxy in front of several servers, for demonstrations; the stories of `tests/it` stand behind the same one.
//!
//! It asks each server's `/readyz` a few times a second, and when the first byte of a connection is there, it leads it to
//! the next server that is ready. Another one is tried only where a connection is refused, since then nothing was sent:
//! what came of a request that was sent only the client may find out, who has its key. It passes bytes and reads none;
//! in front of a real installation stands one that speaks TLS.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

/// How often every server is looked at: several times in the notice that one gives before it leaves.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// A server that takes longer to say that it is ready is busy, not ready.
const LOOK_MAX: Duration = Duration::from_secs(2);

/// The proxy; it takes nothing more when dropped.
pub struct Front {
    /// Where it listens.
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    servers: Mutex<Vec<Server>>,
    next: AtomicUsize,
    ended: AtomicBool,
}

/// A server behind it.
#[derive(Debug, Clone, Copy)]
struct Server {
    port: u16,
    ready: bool,
}

impl Front {
    /// Listens on this machine's `port` (any, if 0) for servers on `ports`.
    pub fn start(port: u16, ports: &[u16]) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).context("the proxy has no port")?;
        let port = listener.local_addr()?.port();
        let shared =
            Arc::new(Shared { servers: Mutex::default(), next: AtomicUsize::new(0), ended: AtomicBool::new(false) });
        let front = Self { port, shared: Arc::clone(&shared) };
        for port in ports {
            front.add(*port);
        }
        let looking = Arc::clone(&shared);
        thread::spawn(move || looking.look());
        thread::spawn(move || {
            for client in listener.incoming() {
                if shared.ended.load(Ordering::Relaxed) {
                    break;
                }
                let Ok(client) = client else { continue };
                let shared = Arc::clone(&shared);
                thread::spawn(move || shared.carry(client));
            }
        });
        Ok(front)
    }

    /// Another server stands behind it; it gets its first connection when it was seen to be ready.
    pub fn add(&self, port: u16) {
        self.shared.servers().push(Server { port, ready: false });
    }

    /// Whether a server was ready when it was last looked at.
    pub fn is_ready(&self, port: u16) -> bool {
        self.shared.servers().iter().any(|server| server.port == port && server.ready)
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        // Wakes it from waiting for the next connection.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

impl Shared {
    fn servers(&self) -> MutexGuard<'_, Vec<Server>> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the servers, again and again.
    fn look(&self) {
        while !self.ended.load(Ordering::Relaxed) {
            let ports: Vec<u16> = self.servers().iter().map(|server| server.port).collect();
            for port in ports {
                let ready = is_ready(port).unwrap_or(false);
                for server in self.servers().iter_mut().filter(|server| server.port == port) {
                    server.ready = ready;
                }
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    fn carry(&self, client: TcpStream) {
        // A browser opens connections before it needs them: who leads one then may be leaving when it is used.
        if !matches!(client.peek(&mut [0]), Ok(1)) {
            return;
        }
        let Some(server) = self.connect() else { return };
        // Small requests must not wait for one another.
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let (Ok(client_too), Ok(server_too)) = (client.try_clone(), server.try_clone()) else { return };
        thread::spawn(move || pass(client_too, server_too));
        pass(server, client);
    }

    /// To the next server that is ready, or, where none is, to the next that takes a connection.
    fn connect(&self) -> Option<TcpStream> {
        let mut servers = self.servers().clone();
        let first = self.next.fetch_add(1, Ordering::Relaxed) % servers.len().max(1);
        servers.rotate_left(first);
        servers.sort_by_key(|server| !server.ready);
        servers.into_iter().find_map(|server| TcpStream::connect((Ipv4Addr::LOCALHOST, server.port)).ok())
    }
}

/// Whether a server says that requests may come.
fn is_ready(port: u16) -> io::Result<bool> {
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), LOOK_MAX)?;
    stream.set_read_timeout(Some(LOOK_MAX))?;
    write!(stream, "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")?;
    let mut head = [0; b"HTTP/1.1 200".len()];
    stream.read_exact(&mut head)?;
    Ok(head == *b"HTTP/1.1 200")
}

/// Everything from one to the other, and then the end of it.
fn pass(mut from: TcpStream, mut to: TcpStream) {
    // Whoever broke off, both sides are told.
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

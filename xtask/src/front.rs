//! A small proxy in front of several servers: each connection goes to the next one that takes it.
//!
//! For demonstrations. It passes bytes and reads none; in front of a real installation stands one that speaks TLS and
//! asks `/readyz`.

use anyhow::{Context, Result};
use std::io;
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The proxy; it lives as long as the process.
pub struct Front {
    ports: Vec<u16>,
    next: AtomicUsize,
}

impl Front {
    /// Listens on this machine's `port` for servers on `ports`.
    pub fn start(port: u16, ports: Vec<u16>) -> Result<()> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).context("the proxy has no port")?;
        let front = Box::leak(Box::new(Self { ports, next: AtomicUsize::new(0) }));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                thread::spawn(|| front.carry(client));
            }
        });
        Ok(())
    }

    fn carry(&self, client: TcpStream) {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let count = self.ports.len();
        // A server that is down refuses at once, and nothing has been sent yet.
        let server = (0..count)
            .find_map(|turn| TcpStream::connect((Ipv4Addr::LOCALHOST, self.ports[(first + turn) % count])).ok());
        let Some(server) = server else { return };
        let (Ok(client_too), Ok(server_too)) = (client.try_clone(), server.try_clone()) else { return };
        thread::spawn(move || pass(client_too, server_too));
        pass(server, client);
    }
}

/// Everything from one to the other, and then the end of it.
fn pass(mut from: TcpStream, mut to: TcpStream) {
    // Whoever broke off, both sides are told.
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

//! The product as a newcomer meets it: sandbox bank and server with the demo firm, from one folder.

use crate::http;
use crate::place::Place;
use crate::process::{self, Service};
use anyhow::{Context, Result, bail};
use rustix::process::Signal;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const START_TIME: Duration = Duration::from_mins(1);

/// Sign-in name (form-encoded) and password of the demo firm's dealer, as `vezne seed` writes them.
pub const DEALER: (&str, &str) = ("bayi%40mavileylek.example", "mavi-leylek-bayi");

/// Where it lives and listens.
#[derive(Clone)]
pub struct Demo {
    /// Database, keys, logs, the bank's book.
    pub folder: PathBuf,
    /// The port of its address: the server's, or that of the proxy in front of several.
    pub port: u16,
    /// Where the server itself listens.
    pub listen_port: u16,
    /// The PostgreSQL that several servers share; without one, an SQLite file in the folder.
    pub postgres: Option<String>,
    /// The sandbox bank's port.
    pub bank_port: u16,
    /// The server's program.
    pub server: PathBuf,
    /// The bank's program.
    pub bank: PathBuf,
    /// Plugin components.
    pub components: PathBuf,
}

/// All running; stopped when dropped, the servers first.
pub struct Running {
    /// The server, or several.
    pub servers: Vec<Service>,
    /// The sandbox bank.
    pub bank: Service,
}

impl Demo {
    /// With the programs of the development profile.
    pub fn new(place: &Place, folder: &Path, port: u16, bank_port: u16) -> Self {
        Self {
            folder: folder.to_path_buf(),
            port,
            listen_port: port,
            postgres: None,
            bank_port,
            server: place.binary("vezne"),
            bank: place.binary("vezne-sandbox"),
            components: place.plugins(),
        }
    }

    /// The server's address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The sandbox bank's address.
    pub fn bank_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.bank_port)
    }

    /// Its database, as the server's configuration names it.
    pub fn database_url(&self) -> String {
        let file = || format!("sqlite:{}", self.folder.join("vezne.sqlite").display());
        self.postgres.clone().unwrap_or_else(file)
    }

    /// One of several servers, behind a proxy on this one's port.
    pub fn replica(&self, listen_port: u16) -> Self {
        Self { listen_port, ..self.clone() }
    }

    /// Refuses ports that somebody else has, with a sentence that says what to do.
    pub fn check_ports(&self) -> Result<()> {
        for (port, option) in [(self.port, "--port"), (self.bank_port, "--bank-port")] {
            if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err() {
                bail!("port {port} is in use (another `cargo xtask run`?): stop that or choose another with {option}");
            }
        }
        Ok(())
    }

    fn command(&self, act: &str) -> Command {
        let mut command = Command::new(&self.server);
        command
            .arg(act)
            .current_dir(&self.folder)
            .env("VEZNE_DATABASE_URL", self.database_url())
            .env("VEZNE_PLUGINS_DIR", &self.components)
            .env("VEZNE_PRIVATE_DIR", self.folder.join("private"))
            .env("VEZNE_LISTEN", format!("127.0.0.1:{}", self.listen_port))
            .env("VEZNE_PUBLIC_URL", self.url())
            .env("NO_COLOR", "1")
            .env("VEZNE_SANDBOX", "true")
            .env("VEZNE_ALLOW_UNSIGNED_PLUGINS", "true")
            .env("VEZNE_SANDBOX_URL", self.bank_url());
        if self.postgres.is_some() {
            command.env("VEZNE_REPLICA_URL", format!("http://127.0.0.1:{}", self.listen_port));
            // The proxy looks often, and whoever presses Ctrl-C waits for this.
            command.env("VEZNE_LEAVE_NOTICE_MS", "1000");
        }
        command
    }

    /// Brings the database up to date and writes the demo firm; returns what `vezne seed` says,
    /// which are the logins.
    pub fn prepare(&self) -> Result<String> {
        fs::create_dir_all(&self.folder)?;
        process::run_quietly(&mut self.command("migrate")).context("the database cannot be brought up to date")?;
        process::output(&mut self.command("seed")).context("the demo firm cannot be written")
    }

    /// Starts the sandbox bank.
    pub fn start_bank(&self) -> Result<Service> {
        let mut command = Command::new(&self.bank);
        command.current_dir(&self.folder).arg("--port").arg(self.bank_port.to_string());
        command.arg("--book").arg(self.folder.join("bank-book.jsonl"));
        let mut bank = Service::start("sandbox bank", &command, &self.folder.join("bank.log"), Signal::INT)?;
        bank.wait_until(START_TIME, || http::is_ok(self.bank_port, "/healthz"))?;
        Ok(bank)
    }

    /// Starts the server and waits until it is healthy.
    pub fn start_server(&self) -> Result<Service> {
        let several = self.listen_port != self.port;
        let log = if several { format!("server-{}.log", self.listen_port) } else { "server.log".to_owned() };
        let mut server = Service::start("server", &self.command("serve"), &self.folder.join(log), Signal::INT)?;
        server.wait_until(START_TIME, || http::is_ok(self.listen_port, "/healthz"))?;
        Ok(server)
    }
}

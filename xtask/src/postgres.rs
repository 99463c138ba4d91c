//! A private PostgreSQL for one run of the tests: temporary folder, free port, never root.

use crate::prerequisite;
use crate::process::{self, Service, TemporaryFolder};
use anyhow::{Context, Result, bail};
use rustix::process::Signal;
use std::fs;
use std::io::Read;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const START_TIME: Duration = Duration::from_mins(1);
/// PostgreSQL refuses to run as root; these users exist where it was packaged, or everywhere.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// A running cluster; stopped and deleted when dropped.
pub struct Cluster {
    url: String,
    log: PathBuf,
    // In this order: the server stops before its files go.
    _service: Service,
    _folder: TemporaryFolder,
}

/// A test cluster lives for minutes: what makes it survive a power cut only slows it down.
const HASTY: [&str; 3] = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];

impl Cluster {
    /// Makes and starts one whose rows need not outlive the machine.
    pub fn start() -> Result<Self> {
        Self::start_with(&HASTY)
    }

    /// Makes and starts one that loses nothing, with PostgreSQL's own settings.
    pub fn start_durable() -> Result<Self> {
        Self::start_with(&[])
    }

    fn start_with(settings: &[&str]) -> Result<Self> {
        let binaries = prerequisite::postgres_binaries()?;
        let folder = TemporaryFolder::make("postgres")?;
        let user = if prerequisite::is_root() { Some(User::unprivileged()?) } else { None };
        let password = password()?;
        let password_file = folder.path().join("password");
        fs::write(&password_file, &password)?;
        fs::set_permissions(&password_file, fs::Permissions::from_mode(0o600))?;
        if let Some(user) = &user {
            chown(folder.path(), Some(user.uid), Some(user.gid))?;
            chown(&password_file, Some(user.uid), Some(user.gid))?;
        }
        let cluster = folder.path().join("cluster");
        process::run_quietly(
            as_user(user.as_ref(), &binaries.join("initdb"))
                .current_dir(folder.path())
                .args(["--username=vezne", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"])
                .arg(format!("--pwfile={}", password_file.display()))
                .arg("--pgdata")
                .arg(&cluster),
        )
        .context("PostgreSQL's initdb")?;
        let port = free_port()?;
        let mut command = as_user(user.as_ref(), &binaries.join("postgres"));
        command.current_dir(folder.path()).arg("-D").arg(&cluster);
        let port_is = format!("port={port}");
        let sockets = format!("unix_socket_directories={}", folder.path().display());
        let ours = ["max_connections=200", "listen_addresses=127.0.0.1", "log_line_prefix=@%p ", &port_is, &sockets];
        for setting in ours.iter().chain(settings) {
            command.args(["-c", setting]);
        }
        // SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
        let log = folder.path().join("log");
        let mut service = Service::start("PostgreSQL", &command, &log, Signal::INT)?;
        service
            .wait_until(START_TIME, || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() && has_started(&log))?;
        let url = format!("postgres://vezne:{password}@127.0.0.1:{port}/postgres");
        Ok(Self { url, log, _service: service, _folder: folder })
    }

    /// What the server says: every record begins with `@` and the number of the process.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Address for its superuser, who may create a database for each story.
    pub fn url(&self) -> &str {
        &self.url
    }
}

fn has_started(log: &Path) -> bool {
    fs::read_to_string(log).is_ok_and(|text| text.contains("ready to accept connections"))
}

/// A port nobody listens on now.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Others on this machine can reach the port: they must not reach the cluster.
fn password() -> Result<String> {
    let mut bytes = [0_u8; 16];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

struct User {
    name: &'static str,
    uid: u32,
    gid: u32,
}

impl User {
    fn unprivileged() -> Result<Self> {
        let users = fs::read_to_string("/etc/passwd")?;
        for name in UNPRIVILEGED {
            let line = users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|line| line[0] == name);
            if let Some([_, _, uid, gid, ..]) = line.as_deref() {
                return Ok(Self { name, uid: uid.parse()?, gid: gid.parse()? });
            }
        }
        bail!("PostgreSQL does not run as root, and this machine has no user {}", UNPRIVILEGED.join(" or "))
    }
}

/// The program, as another user if we are root.
fn as_user(user: Option<&User>, program: &Path) -> Command {
    match user {
        None => Command::new(program),
        Some(user) => {
            let mut command = Command::new("setpriv");
            command.arg(format!("--reuid={}", user.uid)).arg(format!("--regid={}", user.gid));
            // Said here too: a change of user makes the kernel forget what was said before.
            command.args(["--clear-groups", "--pdeathsig", "INT", "--"]).arg(program);
            // Or it would look for its settings in root's home.
            command.env("HOME", "/").env("USER", user.name).env("LC_ALL", "C");
            command
        }
    }
}

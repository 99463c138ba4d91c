//! `cargo xtask run`: everything a newcomer needs to see the product, in one command.

use crate::demo::{Demo, Running};
use crate::front::Front;
use crate::place::Place;
use crate::postgres::{Cluster, free_port};
use crate::process::Service;
use crate::progress::Progress;
use crate::{BUILD_STEPS, build_all};
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(200);
/// They have started: they need only be looked at.
const READY_TIME: Duration = Duration::from_secs(10);

/// Where to run.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Port of the server.
    #[arg(long, default_value_t = 7070)]
    port: u16,
    /// Port of the sandbox bank.
    #[arg(long, default_value_t = 7071)]
    bank_port: u16,
    /// Folder of database, keys and logs; by default `data` in the checkout.
    #[arg(long)]
    data: Option<PathBuf>,
    /// A private PostgreSQL instead of the SQLite file; its data goes when it stops.
    #[arg(long)]
    postgres: bool,
    /// So many servers behind a small proxy; needs `--postgres`.
    #[arg(long, default_value_t = 1, requires = "postgres", value_parser = clap::value_parser!(u16).range(1..=8))]
    nodes: u16,
}

/// Runs until Ctrl-C, or until one of the two ends by itself.
pub fn run(place: &Place, options: &Options) -> Result<()> {
    let folder = match &options.data {
        Some(folder) => std::env::current_dir()?.join(folder),
        None => place.root().join("data"),
    };
    let mut demo = Demo::new(place, &folder, options.port, options.bank_port);
    // Before minutes of building, not after.
    demo.check_ports()?;
    let mut progress = Progress::of(BUILD_STEPS + 3 + usize::from(options.postgres));
    build_all(place, &mut progress, "Server, portal and sandbox bank", &["vezne", "vezne-sandbox"])?;
    let cluster = if options.postgres { Some(progress.step("PostgreSQL", Cluster::start)?) } else { None };
    demo.postgres = cluster.as_ref().map(|cluster| cluster.url().to_owned());
    let logins = progress.step("Database and demo firm", || demo.prepare())?;
    let bank = progress.step("Sandbox bank", || demo.start_bank())?;
    let (servers, _front) = progress.step("Server", || start_servers(&demo, options.nodes))?;
    let mut running = Running { servers, bank };
    println!("\nVezne is at {}\n\n{}", demo.url(), logins.trim_end());
    println!("\nMagic cards and amounts: {}/admin/cards and README.md", demo.bank_url());
    println!("Database, keys and logs: {}", folder.display());
    if options.nodes > 1 {
        let processes: Vec<String> = running.servers.iter().map(|server| server.pid().to_string()).collect();
        println!(
            "Behind it are the processes {}: end one (`kill PID`) and no request fails; kill one (`kill -9 PID`) and what it \
             was at is in doubt until another has asked the bank.",
            processes.join(", ")
        );
    }
    println!("Ctrl-C stops everything.");
    while !running.servers.is_empty() {
        watch(&mut running)?;
        sleep(POLL);
    }
    bail!("no server is left")
}

/// Fails if the bank or the only server has ended; of several servers, one may.
fn watch(running: &mut Running) -> Result<()> {
    let failed = |service: &Service, status| bail!("{} ended ({status}):\n{}", service.name(), service.log_tail());
    if let Some(status) = running.bank.ended()? {
        return failed(&running.bank, status);
    }
    for place in (0..running.servers.len()).rev() {
        if let Some(status) = running.servers[place].ended()? {
            let server = running.servers.remove(place);
            if running.servers.is_empty() {
                return failed(&server, status);
            }
            println!("Process {} ended ({status}); the others carry on.", server.pid());
        }
    }
    Ok(())
}

/// One server on the demo's own port, or several behind a proxy there.
fn start_servers(demo: &Demo, nodes: u16) -> Result<(Vec<Service>, Option<Front>)> {
    if nodes == 1 {
        return Ok((vec![demo.start_server()?], None));
    }
    let mut servers = Vec::new();
    let mut ports = Vec::new();
    for _ in 0..nodes {
        let port = free_port()?;
        servers.push(demo.replica(port).start_server()?);
        ports.push(port);
    }
    let front = Front::start(demo.port, &ports)?;
    let begun = Instant::now();
    while !ports.iter().all(|port| front.is_ready(*port)) && begun.elapsed() < READY_TIME {
        sleep(POLL);
    }
    Ok((servers, Some(front)))
}

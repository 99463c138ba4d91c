//! `cargo xtask run`: everything a newcomer needs to see the product, in one command.

use crate::demo::{Demo, Running};
use crate::place::Place;
use crate::progress::Progress;
use crate::{BUILD_STEPS, build_all};
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

const POLL: Duration = Duration::from_millis(200);

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
}

/// Runs until Ctrl-C, or until one of the two ends by itself.
pub fn run(place: &Place, options: &Options) -> Result<()> {
    let folder = match &options.data {
        Some(folder) => std::env::current_dir()?.join(folder),
        None => place.root().join("data"),
    };
    let demo = Demo::new(place, &folder, options.port, options.bank_port);
    // Before minutes of building, not after.
    demo.check_ports()?;
    let mut progress = Progress::of(BUILD_STEPS + 3);
    build_all(place, &mut progress, "Server, portal and sandbox bank")?;
    let logins = progress.step("Database and demo firm", || demo.prepare())?;
    let bank = progress.step("Sandbox bank", || demo.start_bank())?;
    let server = progress.step("Server", || demo.start_server())?;
    let mut running = Running { server, bank };
    println!("\nVezne is at {}\n\n{}", demo.url(), logins.trim_end());
    println!("\nMagic cards and amounts: {}/admin/cards and README.md", demo.bank_url());
    println!("Database, keys and logs: {}", folder.display());
    println!("Ctrl-C stops both.");
    loop {
        for service in [&mut running.server, &mut running.bank] {
            if let Some(status) = service.ended()? {
                bail!("{} ended ({status}):\n{}", service.name(), service.log_tail());
            }
        }
        sleep(POLL);
    }
}

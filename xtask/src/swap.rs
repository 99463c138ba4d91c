//! `cargo xtask swap`: a connector is replaced and taken back while payments run, on one node and on two.

use crate::place::Place;
use crate::postgres::Cluster;
use crate::progress::Progress;
use crate::{BUILD_STEPS, build_all_release, process};
use anyhow::Result;
use std::process::Command;

/// How hard.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Sales a second, over all nodes.
    #[arg(long, default_value_t = 50)]
    rate: u32,
    /// How long each version serves, seconds.
    #[arg(long, default_value_t = 5)]
    seconds: u32,
}

/// Builds everything and lets the program `vezne-swap` of `tests/it` do it; on PostgreSQL where that is installed.
pub fn swap(place: &Place, options: &Options) -> Result<()> {
    let mut progress = Progress::of(BUILD_STEPS + 1);
    build_all_release(place, &mut progress, "Server and clients, optimised", &["vezne", "vezne-swap"])?;
    let cluster = progress.step("PostgreSQL", || {
        Ok(Cluster::start().inspect_err(|error| eprintln!("    on SQLite instead: {error:#}")).ok())
    })?;
    let mut command = Command::new(place.release("vezne-swap"));
    command.args(["--rate", &options.rate.to_string(), "--seconds", &options.seconds.to_string()]);
    command.env("VEZNE_COMPONENTS", place.plugins()).env("VEZNE_BIN", place.release("vezne"));
    match &cluster {
        Some(cluster) => command.env("VEZNE_TEST_POSTGRES_URL", cluster.url()),
        None => command.env_remove("VEZNE_TEST_POSTGRES_URL"),
    };
    process::run(&mut command)
}

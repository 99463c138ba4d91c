//! `cargo xtask crash --kills N [--nodes M]`: the real binary killed at random moments; the bank's book is the judge.

use crate::place::Place;
use crate::postgres::Cluster;
use crate::progress::Progress;
use crate::{BUILD_STEPS, build_all, process};
use anyhow::Result;
use std::process::Command;

/// How hard.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How often the server is killed.
    #[arg(long, default_value_t = 200)]
    kills: u32,
    /// So many servers on one PostgreSQL, behind a small proxy; one at a time is killed.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=8))]
    nodes: u16,
}

/// Builds everything and lets the program `vezne-crash` of `tests/it` do it.
pub fn crash(place: &Place, options: &Options) -> Result<()> {
    let several = options.nodes > 1;
    let mut progress = Progress::of(BUILD_STEPS + usize::from(several));
    let programs = ["vezne", "vezne-sandbox", "vezne-crash"];
    build_all(place, &mut progress, "Server, sandbox bank and clients", &programs)?;
    let cluster = if several { Some(progress.step("PostgreSQL", Cluster::start)?) } else { None };
    let mut command = Command::new(place.binary("vezne-crash"));
    command.args(["--kills", &options.kills.to_string(), "--nodes", &options.nodes.to_string()]);
    if let Some(cluster) = &cluster {
        command.env("VEZNE_TEST_POSTGRES_URL", cluster.url());
    }
    command.env("VEZNE_COMPONENTS", place.plugins()).env("VEZNE_BIN", place.binary("vezne"));
    process::run(&mut command)
}

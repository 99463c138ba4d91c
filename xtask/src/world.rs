//! `cargo xtask world --seeds N`: seeded worlds over the real flows; a failing seed prints its history.

use crate::place::Place;
use crate::{cargo, component, process, wasm_target};
use anyhow::Result;
use std::process::Command;

/// How many worlds, and with which mistake in them.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How many seeds are played.
    #[arg(long, default_value_t = 300)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Play this seed alone and tell its whole story.
    #[arg(long, conflicts_with_all = ["from", "seeds"])]
    seed: Option<u64>,
    /// Let this mistake in, which the worlds must find.
    #[arg(long)]
    bug: Option<String>,
    /// Name all mistakes.
    #[arg(long)]
    list_bugs: bool,
}

/// Builds the program `vezne-world` of `tests/it` with the mistakes that it can make, and lets it play.
pub fn world(place: &Place, options: &Options) -> Result<()> {
    let compiler = wasm_target::setup(place, None)?;
    component::build(place, &compiler)?;
    let members = cargo::members(place)?;
    let mut build = cargo::on_host_side(place, &members, "build");
    build.args(["--release", "--features", "vezne-it/deliberate-bugs", "--bin", "vezne-world"]);
    process::run(&mut build)?;
    let mut command = Command::new(place.release("vezne-world"));
    command.env("VEZNE_COMPONENTS", place.components());
    match options.seed {
        Some(seed) => command.args(["--seed", &seed.to_string()]),
        None => command.args(["--seeds", &options.seeds.to_string(), "--from", &options.from.to_string()]),
    };
    if let Some(bug) = &options.bug {
        command.args(["--bug", bug]);
    }
    process::run(command.args(options.list_bugs.then_some("--list-bugs")))
}

//! `cargo xtask crash --kills N`: the real binary killed at random moments; the bank's book is the judge.

use crate::place::Place;
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
}

/// Builds everything and lets the program `vezne-crash` of `tests/it` do it.
pub fn crash(place: &Place, options: &Options) -> Result<()> {
    build_all(
        place,
        &mut Progress::of(BUILD_STEPS),
        "Server, sandbox bank and clients",
        &["vezne", "vezne-sandbox", "vezne-crash"],
    )?;
    let mut command = Command::new(place.binary("vezne-crash"));
    command.args(["--kills", &options.kills.to_string()]);
    command.env("VEZNE_COMPONENTS", place.plugins()).env("VEZNE_BIN", place.binary("vezne"));
    process::run(&mut command)
}

//! `cargo xtask crash --kills N`: the real binary killed at random moments; the bank's book is the judge.

use crate::place::Place;
use crate::progress::Progress;
use crate::{build_host, component, process, wasm_target};
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
    let mut progress = Progress::of(3);
    let compiler = progress.step("WebAssembly target", || wasm_target::setup(place, None))?;
    progress.step("Plugins", || component::build(place, &compiler))?;
    progress.step("Server, sandbox bank and clients", || build_host(place))?;
    let mut command = Command::new(place.binary("vezne-crash"));
    command.args(["--kills", &options.kills.to_string()]);
    command.env("VEZNE_COMPONENTS", place.plugins()).env("VEZNE_BIN", place.binary("vezne"));
    process::run(&mut command)
}

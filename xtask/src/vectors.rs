//! `cargo xtask vectors DIR`: bank wire vectors against the connectors' native builds.

use crate::place::Place;
use crate::{cargo, process};
use anyhow::{Context, Result};
use std::path::{self, PathBuf};
use std::process::Command;

/// Which vectors.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Folder of `*.json` files in the format of `tests/vectors/tests/part`, or one file.
    path: PathBuf,
    /// End with one line of JSON totals.
    #[arg(long)]
    json: bool,
}

/// Builds the runner and runs it.
pub fn vectors(place: &Place, options: &Options) -> Result<()> {
    let path = path::absolute(&options.path).with_context(|| options.path.display().to_string())?;
    let members = cargo::members(place)?;
    process::run(cargo::on_host_side(place, &members, "build").args(["--quiet", "--bin", "vezne-vectors"]))?;
    let mut command = Command::new(place.binary("vezne-vectors"));
    process::run(command.arg(path).args(options.json.then_some("--json")))
}

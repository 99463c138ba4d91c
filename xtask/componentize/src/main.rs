//! `vezne-componentize --module X.wasm --manifest manifest.json --out X.component.wasm`

use anyhow::{Context, Result};
use clap::Parser;
use std::path::PathBuf;

/// Encodes a core module as a plugin component.
#[derive(Parser)]
struct Arguments {
    /// Core module, built for wasm32-unknown-unknown.
    #[arg(long)]
    module: PathBuf,
    /// The plugin's manifest, JSON.
    #[arg(long)]
    manifest: PathBuf,
    /// Where the component goes.
    #[arg(long)]
    out: PathBuf,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let module = std::fs::read(&arguments.module).with_context(|| arguments.module.display().to_string())?;
    let manifest =
        std::fs::read_to_string(&arguments.manifest).with_context(|| arguments.manifest.display().to_string())?;
    let component = vezne_componentize::componentize(&module, &manifest)
        .with_context(|| format!("{} is not a plugin", arguments.module.display()))?;
    // A host that scans the folder must never see half a component.
    let unfinished = arguments.out.with_extension("unfinished");
    std::fs::write(&unfinished, component).with_context(|| unfinished.display().to_string())?;
    std::fs::rename(&unfinished, &arguments.out).with_context(|| arguments.out.display().to_string())?;
    Ok(())
}

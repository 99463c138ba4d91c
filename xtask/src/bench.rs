//! `cargo xtask bench NAME`: measures, prints a short table, writes `target/bench/NAME.json`.
//!
//! `footprint` is here, since it starts and stops the whole server. Every other benchmark is a
//! program named `bench-NAME` of the workspace; it writes its result to the file that
//! `VEZNE_BENCH_OUT` names, and only its shape and its checks are looked at here.

mod footprint;
mod result;

use crate::cargo::{self, cargo};
use crate::place::Place;
use crate::process;
use anyhow::{Context, Result, bail};
use std::fs;

/// What to measure.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Which benchmark; `--list` names them.
    #[arg(required_unless_present = "list")]
    name: Option<String>,
    /// Fewer rounds, under a minute, for a first look.
    #[arg(long)]
    quick: bool,
    /// Name all benchmarks.
    #[arg(long)]
    list: bool,
}

/// Names of programs that are benchmarks start with this.
const PREFIX: &str = "bench-";

/// Runs one benchmark, or lists them.
pub fn bench(place: &Place, options: &Options) -> Result<()> {
    let programs = programs(place)?;
    let Some(name) = options.name.as_deref().filter(|_| !options.list) else {
        println!("footprint");
        for (program, _) in &programs {
            println!("{}", program.trim_start_matches(PREFIX));
        }
        return Ok(());
    };
    let folder = place.target().join("bench");
    fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{name}.json"));
    if name == "footprint" {
        let result = footprint::measure(place, options.quick)?;
        fs::write(&file, format!("{result:#}\n"))?;
    } else {
        let program = format!("{PREFIX}{name}");
        let Some((_, package)) = programs.iter().find(|(name, _)| *name == program) else {
            bail!("there is no benchmark `{name}`; `cargo xtask bench --list` names them");
        };
        let compiler = crate::wasm_target::setup(place, None)?;
        crate::component::build(place, &compiler)?;
        let mut command = cargo(place);
        command.args(["run", "--release", "--quiet", "--package", package, "--bin", &program, "--"]);
        command.args(options.quick.then_some("--quick"));
        command.env("VEZNE_BENCH_OUT", &file).env("VEZNE_COMPONENTS", place.components());
        // A result of an earlier run must not pass for this one's.
        if file.exists() {
            fs::remove_file(&file)?;
        }
        process::run(&mut command)?;
    }
    let text = fs::read_to_string(&file).with_context(|| format!("{name} wrote no result"))?;
    let measured = serde_json::from_str(&text).with_context(|| file.display().to_string())?;
    print!("{}", result::checked_table(name, &measured).with_context(|| file.display().to_string())?);
    println!("{}", file.display());
    Ok(())
}

/// Benchmark programs and the crates they are in.
fn programs(place: &Place) -> Result<Vec<(String, String)>> {
    let mut programs = Vec::new();
    for member in cargo::members(place)? {
        let ours = member.binaries.iter().filter(|name| name.starts_with(PREFIX));
        programs.extend(ours.map(|name| (name.clone(), member.name.clone())));
    }
    Ok(programs)
}

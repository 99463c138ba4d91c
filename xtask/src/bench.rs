//! `cargo xtask bench NAME`: measures, prints a short table, writes `target/bench/NAME.json`.
//!
//! `footprint` is here, since it starts and stops the whole server. Every other benchmark is a
//! program named `bench-NAME` of the workspace; it writes its result to the file that
//! `VEZNE_BENCH_OUT` names; commit and machine are added and its shape and checks looked at here.

mod footprint;
mod result;

use crate::cargo;
use crate::place::Place;
use crate::postgres::Cluster;
use crate::{prerequisite, process};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fs;
use std::process::Command;

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
/// The one that makes every disk the same.
const DURABLE_SQLITE: &str = "durable-sqlite";
/// The one that measures against PostgreSQL, which keeps its promises here as in production.
const DURABLE_POSTGRES: &str = "durable-postgres";

/// Runs one benchmark, or lists them.
pub fn bench(place: &Place, options: &Options) -> Result<()> {
    let programs = programs(place)?;
    let Some(name) = options.name.as_deref().filter(|_| !options.list) else {
        println!("footprint");
        for program in &programs {
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
        if !programs.contains(&program) {
            bail!("there is no benchmark `{name}`; `cargo xtask bench --list` names them");
        }
        let compiler = crate::wasm_target::setup(place, None)?;
        crate::component::build(place, &compiler)?;
        crate::build_release(place, &[&program])?;
        let mut command = Command::new(place.release(&program));
        command.current_dir(place.target()).args(options.quick.then_some("--quick"));
        command.env("VEZNE_BENCH_OUT", &file).env("VEZNE_COMPONENTS", place.components());
        if name == DURABLE_SQLITE {
            build_power(place)?;
            command.env("VEZNE_POWER", place.release("libvezne_power.so"));
        }
        let cluster = if name == DURABLE_POSTGRES { Some(Cluster::start_durable()?) } else { None };
        if let Some(cluster) = &cluster {
            command.env("VEZNE_TEST_POSTGRES_URL", cluster.url()).env("VEZNE_POSTGRES_LOG", cluster.log());
            command.env("VEZNE_PGBENCH", prerequisite::postgres_binaries()?.join("pgbench"));
        }
        // A result of an earlier run must not pass for this one's.
        if file.exists() {
            fs::remove_file(&file)?;
        }
        process::run(&mut command)?;
    }
    let text = fs::read_to_string(&file).with_context(|| format!("{name} wrote no result"))?;
    let mut measured: Value = serde_json::from_str(&text).with_context(|| file.display().to_string())?;
    measured["commit"] = result::commit(place)?.into();
    measured["machine"] = result::machine();
    fs::write(&file, format!("{measured:#}\n"))?;
    print!("{}", result::checked_table(name, &measured).with_context(|| file.display().to_string())?);
    println!("{}", file.display());
    Ok(())
}

/// Benchmark programs of the workspace.
fn programs(place: &Place) -> Result<Vec<String>> {
    let members = cargo::members(place)?;
    Ok(members.into_iter().flat_map(|member| member.binaries).filter(|name| name.starts_with(PREFIX)).collect())
}

/// Builds what makes every disk the same.
fn build_power(place: &Place) -> Result<()> {
    process::run(cargo::cargo(place).args(["build", "--release", "--package", "vezne-power"]))
}

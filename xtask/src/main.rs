//! The project's own tool: `cargo xtask COMMAND`.

mod bench;
mod cargo;
mod component;
mod crash;
mod debian;
mod demo;
mod front;
mod http;
mod place;
mod postgres;
mod prerequisite;
mod process;
mod progress;
mod run;
mod smoke;
mod swap;
mod test;
mod vectors;
mod wasm_target;
mod world;

use anyhow::Result;
use clap::{Parser, Subcommand};
use place::Place;
use progress::Progress;

/// Builds, runs and tests Vezne.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Gets a compiler for WebAssembly.
    Setup {
        /// Force one way instead of the first that works.
        #[arg(long)]
        toolchain: Option<wasm_target::Way>,
    },
    /// Builds plugins into components, and the host.
    Build,
    /// Starts the product with a demo firm and a sandbox bank.
    Run(run::Options),
    /// Starts everything in a temporary folder and plays one scenario; prints one line of JSON.
    Smoke,
    /// Kills the server at random moments under clients that retry; ends with one line of JSON.
    Crash(crash::Options),
    /// Plays seeded worlds in which everything goes wrong; a failing seed prints its history; ends with one line of JSON.
    World(world::Options),
    /// Replaces a connector while payments run, and takes it back; ends with one line of JSON.
    Swap(swap::Options),
    /// Measures something and writes it to `target/bench/NAME.json`.
    Bench(bench::Options),
    /// Runs bank wire vectors against the connectors.
    Vectors(vectors::Options),
    /// Runs every test: format, clippy, unit, plugins, stories on both databases, browser.
    Test(test::Options),
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    process::stop_on_signals()?;
    let place = Place::find()?;
    match arguments.command {
        Act::Setup { toolchain } => {
            Progress::of(1).step("WebAssembly target", || wasm_target::setup(&place, toolchain))?;
            Ok(())
        }
        Act::Run(options) => run::run(&place, &options),
        Act::Smoke => smoke::smoke(&place),
        Act::Crash(options) => crash::crash(&place, &options),
        Act::World(options) => world::world(&place, &options),
        Act::Swap(options) => swap::swap(&place, &options),
        Act::Bench(options) => bench::bench(&place, &options),
        Act::Vectors(options) => vectors::vectors(&place, &options),
        Act::Test(options) => test::test(&place, &options),
        Act::Build => build_all(&place, &mut Progress::of(BUILD_STEPS), "Host", &[]),
    }
}

/// How many steps [`build_all`] takes.
const BUILD_STEPS: usize = 3;

/// Builds all that a command needs which starts the product: the components and the programs named, or all there
/// are; `title` tells the person who waits.
fn build_all(place: &Place, progress: &mut Progress, title: &str, programs: &[&str]) -> Result<()> {
    build_plugins(place, progress)?;
    progress.step(title, || build_host(place, programs))
}

/// The same with optimised programs, for what a person sets a pace for.
fn build_all_release(place: &Place, progress: &mut Progress, title: &str, programs: &[&str]) -> Result<()> {
    build_plugins(place, progress)?;
    progress.step(title, || build_release(place, programs))
}

fn build_plugins(place: &Place, progress: &mut Progress) -> Result<()> {
    let compiler = progress.step("WebAssembly target", || wasm_target::setup(place, None))?;
    progress.step("Plugins", || component::build(place, &compiler))?;
    Ok(())
}

/// Builds these programs of the host side optimised. All of them share what they are built from.
fn build_release(place: &Place, programs: &[&str]) -> Result<()> {
    let mut command = cargo::on_host_side(place, &cargo::members(place)?, "build");
    command.arg("--release");
    for program in programs {
        command.args(["--bin", program]);
    }
    process::run(&mut command)
}

/// Builds these programs of the host side; all, if none is named.
fn build_host(place: &Place, programs: &[&str]) -> Result<()> {
    let mut command = cargo::on_host_side(place, &cargo::members(place)?, "build");
    if programs.is_empty() {
        command.arg("--bins");
    }
    for program in programs {
        command.args(["--bin", program]);
    }
    process::run(&mut command)
}

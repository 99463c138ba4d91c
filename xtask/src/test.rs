//! `cargo xtask test`: format, clippy, unit, plugins, stories on both databases, browser.
//!
//! Stages go on after a failure, so that one run shows everything that is wrong; the closing
//! line comes from the counts that the test programs printed.

mod binary;
mod browser;

use crate::cargo::{self, Member, cargo};
use crate::place::Place;
use crate::postgres::Cluster;
use crate::progress::{Progress, seconds};
use crate::{component, prerequisite, process, wasm_target};
use anyhow::{Context, Result, bail};
use binary::TestBinary;
use std::process::Command;
use std::time::Instant;

/// One stage of the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Stage {
    /// Formatting.
    Fmt,
    /// Clippy, warnings denied.
    Clippy,
    /// Unit tests of every crate that runs on the host.
    Unit,
    /// The plugins' own tests, natively.
    Plugins,
    /// Stories over the public interfaces, on SQLite and PostgreSQL.
    It,
    /// The portal in a real browser.
    Browser,
}

const ALL: [Stage; 6] = [Stage::Fmt, Stage::Clippy, Stage::Unit, Stage::Plugins, Stage::It, Stage::Browser];

/// What to test.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Run only tests whose name contains one of these (unit, plugins, stories).
    filter: Vec<String>,
    /// Run only this stage (may be given several times).
    #[arg(long)]
    only: Vec<Stage>,
    /// Show everything the tests print.
    #[arg(long, short)]
    verbose: bool,
}

/// What the test programs counted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(to, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

/// What a stage needs to run.
struct Run<'a> {
    place: &'a Place,
    options: &'a Options,
    members: Vec<Member>,
    cluster: Option<Cluster>,
    /// What compiler and clippy found while building.
    warnings: usize,
    counts: Counts,
    broken: Vec<String>,
}

/// Runs the tests; an error means that something did not pass.
pub fn test(place: &Place, options: &Options) -> Result<()> {
    let start = Instant::now();
    let stages: Vec<Stage> = ALL.into_iter().filter(|stage| wants(options, *stage)).collect();
    let needs_programs = stages.iter().any(|stage| !matches!(stage, Stage::Fmt | Stage::Clippy));
    let needs_build = stages != [Stage::Fmt];
    let mut progress = Progress::of(stages.len() + 3 * usize::from(needs_programs) + usize::from(needs_build));
    let members = cargo::members(place)?;
    let mut run =
        Run { place, options, members, cluster: None, warnings: 0, counts: Counts::default(), broken: Vec::new() };
    run.stage(&mut progress, &stages, Stage::Fmt, "Format", Run::fmt);
    if needs_programs {
        run.prepare(&mut progress)?;
    }
    let binaries = if needs_build { run.build(&mut progress)? } else { Vec::new() };
    let groups =
        [(Stage::Unit, "Unit tests"), (Stage::Plugins, "Plugins"), (Stage::It, "Stories on SQLite and PostgreSQL")];
    for (stage, name) in groups {
        run.stage(&mut progress, &stages, stage, name, |run| run.binaries(&binaries, stage));
    }
    run.stage(&mut progress, &stages, Stage::Browser, "Browser", Run::browser);
    run.stage(&mut progress, &stages, Stage::Clippy, "Clippy", Run::clippy);
    run.close(start, needs_programs)
}

/// A filter names tests: then nothing else runs, unless asked for.
fn wants(options: &Options, stage: Stage) -> bool {
    if options.only.is_empty() {
        options.filter.is_empty() || matches!(stage, Stage::Unit | Stage::Plugins | Stage::It)
    } else {
        options.only.contains(&stage)
    }
}

impl Run<'_> {
    /// Runs one stage if it is wanted and remembers whether it failed.
    fn stage(
        &mut self,
        progress: &mut Progress,
        stages: &[Stage],
        stage: Stage,
        name: &str,
        act: impl FnOnce(&mut Self) -> Result<()>,
    ) {
        if stages.contains(&stage)
            && let Err(error) = progress.step(name, || act(self))
        {
            eprintln!("{error:#}");
            self.broken.push(name.to_lowercase());
        }
    }

    fn fmt(&mut self) -> Result<()> {
        process::run(cargo(self.place).args(["fmt", "--all", "--check"])).context("run `cargo fmt --all`")
    }

    /// What was said while building: see [`Run::build`].
    fn clippy(&mut self) -> Result<()> {
        match self.warnings {
            0 => Ok(()),
            1 => bail!("the build has a warning"),
            many => bail!("the build has {many} warnings"),
        }
    }

    /// Everything the test programs need beside themselves.
    fn prepare(&mut self, progress: &mut Progress) -> Result<()> {
        let place = self.place;
        let compiler = progress.step("WebAssembly target", || wasm_target::setup(place, None))?;
        progress.step("Components", || component::build(place, &compiler))?;
        self.cluster = progress.step("PostgreSQL", || match Cluster::start() {
            Ok(cluster) => Ok(Some(cluster)),
            Err(error) if prerequisite::is_ci() => Err(error),
            Err(error) => {
                eprintln!("    SKIPPED, stories run on SQLite only: {error:#}");
                Ok(None)
            }
        })?;
        Ok(())
    }

    /// Builds everything with clippy in the compiler's place: `cargo clippy` would check all dependencies beside
    /// building them, which costs a cold start eight minutes. Cargo repeats the warnings of what it need not build
    /// again.
    fn build(&mut self, progress: &mut Progress) -> Result<Vec<TestBinary>> {
        progress.step("Build of host and tests", || {
            let mut command = cargo::on_host_side(self.place, &self.members, "build");
            command.env("RUSTC_WORKSPACE_WRAPPER", prerequisite::clippy()?);
            let built = binary::build(self.place, command.arg("--all-targets"))?;
            self.warnings = built.warnings;
            Ok(built.binaries)
        })
    }

    fn binaries(&mut self, binaries: &[TestBinary], stage: Stage) -> Result<()> {
        let mut failed = Vec::new();
        for binary in binaries.iter().filter(|binary| binary.stage() == stage) {
            let mut command = binary.command(self.place);
            self.describe_surroundings(&mut command);
            command.args(&self.options.filter);
            let (counts, good) = binary::run(&mut command, &binary.name(), self.options.verbose)?;
            self.counts += counts;
            if !good {
                failed.push(binary.name());
            }
        }
        if !failed.is_empty() {
            bail!("failed: {}", failed.join(", "));
        }
        Ok(())
    }

    fn browser(&mut self) -> Result<()> {
        let mut command = browser::command(self.place)?;
        self.describe_surroundings(&mut command);
        // A person's server offers only what is meant for persons.
        command.env("VEZNE_COMPONENTS", self.place.plugins());
        let (counts, good) = browser::run(&mut command)?;
        self.counts += counts;
        if !good {
            bail!("failed: browser tests");
        }
        Ok(())
    }

    /// Where tests find what they need.
    fn describe_surroundings(&self, command: &mut Command) {
        command
            .env("VEZNE_COMPONENTS", self.place.components())
            .env("VEZNE_BIN", self.place.binary("vezne"))
            .env("VEZNE_SANDBOX_BIN", self.place.binary("vezne-sandbox"));
        match &self.cluster {
            Some(cluster) => command.env("VEZNE_TEST_POSTGRES_URL", cluster.url()),
            None => command.env_remove("VEZNE_TEST_POSTGRES_URL"),
        };
    }

    /// The closing line, and whether all is well.
    fn close(self, start: Instant, ran_programs: bool) -> Result<()> {
        eprintln!("took {}", seconds(start.elapsed()));
        if ran_programs {
            println!("{}", self.counts);
        }
        if !self.broken.is_empty() {
            bail!("did not pass: {}", self.broken.join(", "));
        }
        if self.counts.failed > 0 {
            bail!("{} tests failed", self.counts.failed);
        }
        if ran_programs && self.counts.passed == 0 {
            bail!("no test ran");
        }
        Ok(())
    }
}

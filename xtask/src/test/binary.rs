//! Test programs that cargo built: which there are, running one, counting what it says.

use super::{Counts, Stage};
use crate::place::Place;
use crate::process;
use crate::progress::seconds;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// A test program that hangs must not eat the whole time of a run.
const TIME_MAX: Duration = Duration::from_mins(25);

/// One test program.
pub struct TestBinary {
    program: PathBuf,
    /// The crate's folder, where its tests expect to run.
    folder: PathBuf,
    /// The crate's folder relative to the checkout, slashes and all: also its name for people.
    crate_path: String,
    target: String,
}

/// What a build brought.
#[derive(Default)]
pub struct Built {
    /// The test programs.
    pub binaries: Vec<TestBinary>,
    /// What the compiler said without stopping.
    pub warnings: usize,
}

/// Builds as `command` says; shows what the compiler says.
pub fn build(place: &Place, command: &mut Command) -> Result<Built> {
    command.arg("--message-format=json");
    let mut built = Built::default();
    let mut bad = None;
    let status = process::json_lines(command, |line| match serde_json::from_str::<Value>(line) {
        Ok(message) => {
            built.binaries.extend(binary_of(place, &message));
            built.warnings += usize::from(is_warning(&message));
        }
        Err(error) => bad = Some(error),
    })?;
    if !status.success() {
        bail!("host or tests do not build");
    }
    if let Some(error) = bad {
        return Err(error).context("a message of cargo");
    }
    built.binaries.sort_by(|a, b| (&a.crate_path, &a.target).cmp(&(&b.crate_path, &b.target)));
    Ok(built)
}

/// Shows a message of the compiler. Its closing count ("3 warnings emitted") counts for nothing.
fn is_warning(message: &Value) -> bool {
    let said = &message["message"];
    if message["reason"] != "compiler-message" {
        return false;
    }
    eprint!("{}", said["rendered"].as_str().unwrap_or_default());
    said["level"] == "warning" && !said["message"].as_str().is_some_and(|text| text.ends_with(" emitted"))
}

fn binary_of(place: &Place, message: &Value) -> Option<TestBinary> {
    let is_test = message["reason"] == "compiler-artifact" && message["profile"]["test"] == true;
    let program = message["executable"].as_str().filter(|_| is_test)?;
    let folder = Path::new(message["manifest_path"].as_str()?).parent()?;
    Some(TestBinary {
        program: program.into(),
        folder: folder.to_path_buf(),
        crate_path: folder.strip_prefix(place.root()).ok()?.to_str()?.to_owned(),
        target: message["target"]["name"].as_str()?.to_owned(),
    })
}

impl TestBinary {
    /// Which stage it belongs to.
    pub fn stage(&self) -> Stage {
        if self.crate_path == "tests/it" {
            Stage::It
        } else if self.crate_path.starts_with("plugins/") {
            Stage::Plugins
        } else {
            Stage::Unit
        }
    }

    /// Its name for people.
    pub fn name(&self) -> String {
        format!("{}:{}", self.crate_path, self.target)
    }

    /// The command that runs it, as cargo would.
    pub fn command(&self, place: &Place) -> Command {
        let mut command = Command::new(&self.program);
        command
            .current_dir(&self.folder)
            .env("CARGO_MANIFEST_DIR", &self.folder)
            .env("CARGO_TARGET_DIR", place.target())
            .env("INSTA_WORKSPACE_ROOT", place.root());
        command
    }
}

/// Runs a test program; shows what it said if it failed, one line if not.
pub fn run(command: &mut Command, name: &str, verbose: bool) -> Result<(Counts, bool)> {
    let start = Instant::now();
    let (mut counts, mut said) = (Counts::default(), String::new());
    let status = process::lines(command, TIME_MAX, |line| {
        if let Some(result) = result_of(line) {
            counts += result;
        }
        if verbose {
            eprintln!("{line}");
        } else {
            if line.ends_with("... FAILED") {
                eprintln!("    {line}");
            }
            said.push_str(line);
            said.push('\n');
        }
    })
    .inspect_err(|_| eprintln!("{}", process::tail(&said, 60)))?;
    if !status.success() {
        eprintln!("{said}");
        // A program that was killed or died has counted nothing: that is a failure, not zero tests.
        if counts.failed == 0 {
            counts.failed = 1;
        }
    }
    if counts != Counts::default() {
        eprintln!("    {name}: {counts} ({})", seconds(start.elapsed()));
    }
    Ok((counts, status.success()))
}

/// `test result: ok. 5 passed; 0 failed; 1 ignored; …`
fn result_of(line: &str) -> Option<Counts> {
    let rest = line.strip_prefix("test result: ")?;
    let count =
        |what: &str| rest.split([';', '.']).find_map(|part| part.trim().strip_suffix(what)?.trim().parse().ok());
    Some(Counts { passed: count("passed")?, failed: count("failed")?, skipped: count("ignored")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_closing_line_of_a_test_program() {
        let line = "test result: FAILED. 51 passed; 2 failed; 3 ignored; 0 measured; 4 filtered out; finished in 0.02s";
        assert_eq!(result_of(line), Some(Counts { passed: 51, failed: 2, skipped: 3 }));
        assert_eq!(result_of("test money::adds ... ok"), None);
    }
}

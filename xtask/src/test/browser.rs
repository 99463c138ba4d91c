//! The portal's tests in a real browser: `npm test` in `tests/browser`.

use super::Counts;
use crate::place::Place;
use crate::{prerequisite, process};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const TIME_MAX: Duration = Duration::from_mins(20);

/// The command that runs them, with all it needs set up.
pub fn command(place: &Place) -> Result<Command> {
    let folder = place.root().join("tests/browser");
    if !folder.join("package.json").is_file() {
        bail!("there are no browser tests in {}", folder.display());
    }
    prerequisite::node()?;
    let chromium = prerequisite::chromium()?;
    install(&folder)?;
    let mut command = Command::new("npm");
    command.current_dir(&folder).args(["test", "--silent"]).env("VEZNE_CHROMIUM", chromium);
    Ok(command)
}

/// `npm ci`, when the lock file has changed since the last one.
fn install(folder: &Path) -> Result<()> {
    let lock = fs::read(folder.join("package-lock.json")).context("tests/browser/package-lock.json")?;
    let stamp = folder.join("node_modules/.vezne-lock");
    if fs::read(&stamp).is_ok_and(|stamp| stamp == lock) {
        return Ok(());
    }
    eprintln!("    npm ci");
    let mut command = Command::new("npm");
    command.current_dir(folder).args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]);
    // The machine's own Chromium is used; nothing else is to be fetched.
    command.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    process::run_quietly(&mut command)?;
    fs::write(stamp, lock)?;
    Ok(())
}

/// Runs them; the counts are those of node's test runner.
pub fn run(command: &mut Command) -> Result<(Counts, bool)> {
    let mut counts = Counts::default();
    let status = process::lines(command, TIME_MAX, |line| {
        eprintln!("    {line}");
        count(&mut counts, line);
    })?;
    if !status.success() && counts.failed == 0 {
        counts.failed = 1;
    }
    Ok((counts, status.success()))
}

/// `ℹ pass 12` or `# pass 12`, depending on the reporter.
fn count(counts: &mut Counts, line: &str) {
    let mut words = line.split_whitespace();
    if !matches!(words.next(), Some("ℹ" | "#")) {
        return;
    }
    let (Some(what), Some(Ok(number))) = (words.next(), words.next().map(str::parse::<u64>)) else {
        return;
    };
    match what {
        "pass" => counts.passed += number,
        "fail" | "cancelled" => counts.failed += number,
        "skipped" | "todo" => counts.skipped += number,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_nodes_runner_says() {
        let mut counts = Counts::default();
        for line in ["ℹ tests 5", "ℹ pass 3", "# fail 1", "ℹ cancelled 1", "ℹ skipped 0", "ℹ duration_ms 12.5"]
        {
            count(&mut counts, line);
        }
        assert_eq!(counts, Counts { passed: 3, failed: 2, skipped: 0 });
    }
}

//! `vezne audit`: what it prints.

use std::io::{self, Write};

use anyhow::{Result, ensure};
use serde::Serialize;

use crate::app::App;
use crate::flow::audit::{Difference, Report, audit_telling};

/// How the audit is run and told.
#[derive(Debug, Default, clap::Args)]
pub struct AuditCommand {
    /// Print JSON: the report, or with `--all` a line for each difference and the report as the last one.
    #[arg(long)]
    pub json: bool,
    /// Name every difference when it is found, not only the first hundred.
    #[arg(long)]
    pub all: bool,
    /// The end of an audit trail as an earlier audit printed it: it must still be there, with nothing before it changed.
    #[arg(long, value_name = "DIGEST")]
    pub head: Vec<String>,
}

/// A line of `--all --json`.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Line<'a> {
    Difference(&'a Difference),
    Report(&'a Report),
}

/// Runs the audit and prints it; gives whether nothing differs.
pub async fn audit(app: &App, command: &AuditCommand, out: &mut (dyn Write + Send)) -> Result<bool> {
    let hex = |text: &String| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    ensure!(command.head.iter().all(hex), "--head takes the 64 characters that an audit printed");
    let heads: Vec<String> = command.head.iter().map(|head| head.to_ascii_lowercase()).collect();
    let mut printed = Ok(());
    let mut tell = |difference: &Difference| {
        if command.all && printed.is_ok() {
            printed = if command.json { json(out, &Line::Difference(difference)) } else { plain(out, difference) };
        }
    };
    let mut report = audit_telling(app, &heads, &mut tell).await?;
    printed?;
    if command.all {
        report.differences.clear();
    }
    match (command.json, command.all) {
        (true, true) => json(out, &Line::Report(&report))?,
        (true, false) => json(out, &report)?,
        (false, _) => closing(out, &report)?,
    }
    Ok(report.found == 0)
}

fn json(out: &mut (dyn Write + Send), line: &impl Serialize) -> io::Result<()> {
    writeln!(out, "{}", serde_json::to_string(line)?)
}

fn plain(out: &mut (dyn Write + Send), found: &Difference) -> io::Result<()> {
    let firm = if found.firm.is_empty() { "-" } else { &found.firm };
    writeln!(out, "{firm} {}: {}", found.proof, found.what)
}

/// The differences that were not printed yet, the chains' heads, the numbers.
fn closing(out: &mut (dyn Write + Send), report: &Report) -> io::Result<()> {
    for difference in &report.differences {
        plain(out, difference)?;
    }
    let named = u64::try_from(report.differences.len()).unwrap_or(u64::MAX);
    if named > 0 && named < report.found {
        writeln!(out, "and {} more: --all names all", report.found - named)?;
    }
    for (kind, count) in &report.kinds {
        writeln!(out, "{kind}: {count} differences")?;
    }
    for head in &report.heads {
        let old = match head.without_key {
            0 => String::new(),
            links => format!(", the first {links} without a key"),
        };
        writeln!(out, "head of {}: {} ({} links{old})", head.firm, head.digest, head.link)?;
    }
    let old = match report.untold {
        0 => String::new(),
        rows => format!(" and {rows} from before moves were told"),
    };
    let bank = if report.bank_compared { ", the sandbox bank's book compared" } else { "" };
    let (firms, derived, found) = (report.firms, report.derived, report.found);
    writeln!(out, "{firms} firms, {derived} states derived{old}, {found} differences{bank}")
}

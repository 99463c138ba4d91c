//! `vezne-vectors DIR [--json]`: runs every vector file of a folder against the connectors.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use serde_json::{Value, json};
use vezne_vectors::verdict::Report;

/// Bank wire vectors against the connectors' native builds.
#[derive(Parser)]
struct Arguments {
    /// Folder of `*.json` files, or one file.
    path: PathBuf,
    /// End with one line of JSON totals.
    #[arg(long)]
    json: bool,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let files =
        if arguments.path.is_dir() { vezne_vectors::files(&arguments.path)? } else { vec![arguments.path.clone()] };
    let mut reports = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        for report in vezne_vectors::run(&text).with_context(|| file.display().to_string())? {
            print!("{}", report.to_text());
            reports.push(report);
        }
    }
    let (passed, failed, skipped) = totals(&reports);
    println!("passed {passed}, failed {failed}, skipped {skipped}");
    if arguments.json {
        println!("{}", summary(&reports));
    }
    Ok(if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn totals(reports: &[Report]) -> (usize, usize, usize) {
    reports.iter().fold((0, 0, 0), |(passed, failed, skipped), report| {
        (passed + report.passed, failed + report.failed.len(), skipped + report.skipped.len())
    })
}

fn summary(reports: &[Report]) -> Value {
    let (passed, failed, skipped) = totals(reports);
    let gateways: serde_json::Map<String, Value> = reports
        .iter()
        .map(|report| {
            let counts =
                json!({"passed": report.passed, "failed": report.failed.len(), "skipped": report.skipped.len()});
            (report.gateway.clone(), counts)
        })
        .collect();
    json!({"passed": passed, "failed": failed, "skipped": skipped, "gateways": gateways})
}

//! Runs public wire vectors of Turkish bank gateways against the native builds of the connectors.
//!
//! The vectors come from the test suite of `mewebstudio/pos` (MIT, commit a4c454a) and are data only. A module
//! per family holds the mapping from a vector's operation to the connector's functions and nothing else.
//! Entries that are that library's own API, or where our policy is stricter, are skipped with the reason.

pub mod akbank;
pub mod boa;
pub mod garanti;
pub mod interpos;
pub mod json;
pub mod nestpay;
pub mod param;
pub mod payflex;
pub mod payfor;
pub mod posnet;
pub mod posnet_v1;
pub mod shared;
pub mod tosla;
pub mod tree;
pub mod verdict;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use json::Json;
use verdict::{Checked, Remark, Report, Verdict, skip};

/// Runs the entries of one file; one report per gateway in it.
pub fn run(text: &str) -> Result<Vec<Report>> {
    let entries: Json = serde_json::from_str(text).context("the vectors are not JSON")?;
    let mut reports = BTreeMap::<String, Report>::new();
    for entry in entries.items() {
        let gateway = entry.get("gateway").text();
        let report = reports.entry(gateway.clone()).or_insert_with(|| Report { gateway, ..Report::default() });
        let remark = |why| Remark { id: entry.get("id").text(), case: entry.get("case").text(), why };
        match check(entry) {
            Ok(()) => report.passed += 1,
            Err(Verdict::Skipped(why)) => report.skipped.push(remark(why)),
            Err(Verdict::Failed(why)) => report.failed.push(remark(why)),
        }
    }
    Ok(reports.into_values().collect())
}

/// Every `*.json` of a folder, in the order of their names.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    files.retain(|file| file.extension().is_some_and(|end| end == "json"));
    files.sort();
    Ok(files)
}

/// Runs one entry against the connector of its gateway.
fn check(entry: &Json) -> Checked {
    let kind = entry.get("expected").get("error").text();
    if kind.contains("NotImplemented") || kind.contains("UnsupportedTransactionType") {
        return skip("the library does not implement it");
    }
    match entry.get("gateway").text().as_str() {
        "EstV3Pos" | "EstPos" | "PayTenPos" => nestpay::check(entry),
        "PosNet" => posnet::check(entry),
        "PosNetV1Pos" => posnet_v1::check(entry),
        "AkbankPos" => akbank::check(entry),
        "InterPos" => interpos::check(entry),
        "GarantiPos" => garanti::check(entry),
        "KuveytPos" | "KuveytSoapApiPos" | "VakifKatilimPos" => boa::check(entry),
        "ToslaPos" => tosla::check(entry),
        "PayForPos" => payfor::check(entry),
        "ParamPos" | "Param3DHostPos" => param::check(entry),
        "PayFlexV4Pos" | "PayFlexCPV4Pos" | "PayFlexV4" | "PayFlexCPV4" => payflex::check(entry),
        other => skip(&format!("no connector for the gateway {other}")),
    }
}

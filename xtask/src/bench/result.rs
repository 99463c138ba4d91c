//! The one shape of a benchmark's result.

use crate::place::Place;
use crate::process;
use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::process::Command;

/// Median, least and most of a set of samples, as an entry of `ratios`.
pub fn ratio(samples: &[f64], target: f64, want: &str) -> Value {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let median = match sorted.len() {
        0 => 0.0,
        length if length % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    };
    let (min, max) = (sorted.first().unwrap_or(&0.0), sorted.last().unwrap_or(&0.0));
    json!({ "median": median, "min": min, "max": max, "target": target, "want": want })
}

/// What was measured.
pub fn commit(place: &Place) -> Result<String> {
    let mut git = Command::new("git");
    Ok(process::output(git.current_dir(place.root()).args(["rev-parse", "HEAD"]))?.trim().to_owned())
}

/// What the figures were measured on.
pub fn machine() -> Value {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    json!({ "cores": cores, "cpu": model.map_or("", |(_, name)| name.trim()) })
}

/// The result as a table, after checking that it has the agreed shape and that its checks hold.
pub fn checked_table(name: &str, result: &Value) -> Result<String> {
    if result["name"] != name {
        bail!("the result is of `{}`", result["name"]);
    }
    if !result["commit"].is_string() || !result["machine"]["cores"].is_number() || !result["samples"].is_object() {
        bail!("the result lacks commit, machine or samples");
    }
    let mut table = String::new();
    for (key, ratio) in object(result, "ratios")? {
        let number = |what: &str| ratio[what].as_f64().with_context(|| format!("{key} has no {what}"));
        let median = number("median")?;
        number("min").and(number("max"))?;
        let (sign, met) = match ratio["want"].as_str() {
            Some("at_most") => ("≤", median <= number("target")?),
            Some("at_least") => ("≥", median >= number("target")?),
            // Watched, without a target.
            Some("figure") => {
                writeln!(table, "{key:<32} {median:>12.2}")?;
                continue;
            }
            _ => bail!("{key} wants neither at_most, at_least nor figure"),
        };
        let target = number("target")?;
        let verdict = if met { "met" } else { "missed" };
        writeln!(table, "{key:<32} {median:>12.2}   {sign} {target:<10} {verdict}")?;
    }
    for (key, figure) in object(result, "figures")? {
        writeln!(table, "{key:<32} {figure:>12}")?;
    }
    let failed: Vec<&str> =
        object(result, "checks")?.iter().filter(|(_, held)| **held != true).map(|(key, _)| key.as_str()).collect();
    if !failed.is_empty() {
        bail!("checks failed: {}\n{table}", failed.join(", "));
    }
    Ok(table)
}

fn object<'a>(result: &'a Value, key: &str) -> Result<&'a Map<String, Value>> {
    result[key].as_object().with_context(|| format!("the result has no `{key}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result() -> Value {
        json!({"name": "x", "commit": "abc", "machine": machine(), "checks": {"ok": true},
               "ratios": {"size": ratio(&[3.0, 1.0, 2.0, 4.0], 3.0, "at_most")}, "figures": {}, "samples": {}})
    }

    #[test]
    fn a_ratio_is_the_median() {
        assert_eq!(result()["ratios"]["size"]["median"], 2.5);
        assert!(checked_table("x", &result()).unwrap().contains("met"));
    }

    #[test]
    fn a_failed_check_is_an_error() {
        let mut result = result();
        result["checks"]["ok"] = json!(false);
        assert!(checked_table("x", &result).unwrap_err().to_string().contains("checks failed: ok"));
    }

    #[test]
    fn a_wrong_shape_is_an_error() {
        for key in ["commit", "machine", "checks", "ratios", "figures", "samples"] {
            let mut result = result();
            result.as_object_mut().unwrap().remove(key);
            assert!(checked_table("x", &result).is_err(), "{key}");
        }
    }
}

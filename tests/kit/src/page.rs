//! The conformance report over all connectors, as a page of the documentation.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use crate::manifest::Manifest;
use crate::report::{Cell, Written};
use crate::talk::{Model, What};

/// The manifests and kept reports of the connectors below `folder`, by their ids. A connector without a report is left
/// out: it has not been played.
pub fn read_reports(folder: &Path) -> Result<Vec<(Manifest, Written)>, String> {
    let fail = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| fail(folder, &error))? {
        let place = entry.map_err(|error| fail(folder, &error))?.path();
        let manifest = place.join("manifest.json");
        let report = place.join("conformance.json");
        if !manifest.is_file() || !report.is_file() {
            continue;
        }
        let text = std::fs::read_to_string(&manifest).map_err(|error| fail(&manifest, &error))?;
        let read: Manifest = serde_json::from_str(&text).map_err(|error| fail(&manifest, &error))?;
        let text = std::fs::read_to_string(&report).map_err(|error| fail(&report, &error))?;
        let written: Written = serde_json::from_str(&text).map_err(|error| fail(&report, &error))?;
        found.push((read, written));
    }
    found.sort_by(|a, b| a.0.id.cmp(&b.0.id));
    Ok(found)
}

fn mark(cell: Option<&Cell>) -> &'static str {
    match cell {
        Some(Cell::Yes) => "✓",
        Some(Cell::Refused) => "–",
        Some(Cell::Open) => "?",
        None => "",
    }
}

fn title(what: What) -> &'static str {
    match what.word() {
        "sale" => "Sale",
        "authorize" => "Reservation",
        "capture" => "Capture",
        "void" => "Void",
        "refund" => "Refund",
        "refund-part" => "Partial refund",
        "inquire" => "Inquiry: payment",
        "inquire capture" => "Inquiry: capture",
        "inquire void" => "Inquiry: void",
        "order history" => "History of an order",
        "day history" => "History of a day",
        "points" => "Inquiry: points",
        _ => "Inquiry: refund",
    }
}

/// Escapes what would end a cell of a table.
fn cell_text(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The page. `intro` stands below its title.
pub fn page(reports: &[(Manifest, Written)], intro: &str) -> String {
    let mut out = format!("# Connectors\n\n{intro}\n\n");
    overview(&mut out, reports);
    for (manifest, written) in reports {
        connector(&mut out, manifest, written);
    }
    promises(&mut out, reports);
    out
}

fn overview(out: &mut String, reports: &[(Manifest, Written)]) {
    const OPTIONS: [(&str, &str); 6] = [
        ("mail-order", "Mail order"),
        ("instalments", "Instalments"),
        ("order-history", "Order history"),
        ("day-history", "Day history"),
        ("points", "Points"),
        ("points-inquiry", "Inquiry: points"),
    ];
    let whats = [What::Sale, What::Authorize, What::Capture, What::Void, What::Refund, What::RefundPart];
    let mut head = "| Connector | Banks |".to_owned();
    let mut rule = "|---|---|".to_owned();
    let titles = whats.iter().map(|what| title(*what)).chain(["Inquiry"]).chain(OPTIONS.map(|(_, title)| title));
    for title in titles.chain(["3-D models", "Currencies"]) {
        let _ = write!(head, " {title} |");
        rule.push_str("---|");
    }
    let _ = writeln!(out, "{head}\n{rule}");
    for (manifest, written) in reports {
        let banks: Vec<&str> = manifest.banks.iter().map(|bank| bank.name.as_str()).collect();
        let _ = write!(out, "| `{}` | {} |", manifest.id, cell_text(&banks.join(", ")));
        for what in whats.into_iter().chain([What::Inquire(crate::talk::About::Charge)]) {
            let _ = write!(out, " {} |", mark(best(written, what)));
        }
        for (capability, _) in OPTIONS {
            let _ = write!(out, " {} |", if manifest.can(capability) { "✓" } else { "–" });
        }
        let models: Vec<&str> = manifest.models.iter().map(String::as_str).collect();
        let models = if models.is_empty() { "–".to_owned() } else { models.join(", ") };
        let _ = writeln!(out, " {models} | {} |", manifest.currencies.join(", "));
    }
    out.push('\n');
}

/// Of any model: a connector whose bank has only its own page sells nonetheless.
fn best(written: &Written, what: What) -> Option<&Cell> {
    let row = written.cells.get(what.word())?;
    row.values().find(|cell| **cell == Cell::Yes).or_else(|| row.values().next())
}

fn connector(out: &mut String, manifest: &Manifest, written: &Written) {
    let name = manifest.names.get("en").map_or(manifest.id.as_str(), String::as_str);
    let _ = writeln!(out, "## {name}\n\n`{}` {}\n", manifest.id, manifest.version);
    let models: Vec<Model> = Model::ALL
        .into_iter()
        .filter(|model| *model == Model::None || manifest.models.contains(model.word()))
        .collect();
    let heads: Vec<&str> =
        models.iter().map(|model| if *model == Model::None { "no 3-D" } else { model.word() }).collect();
    let _ = writeln!(out, "| | {} | states |\n|---|{}---|", heads.join(" | "), "---|".repeat(models.len()));
    for what in What::ALL.into_iter().chain(What::BOOK).chain([What::Points]) {
        let row = written.cells.get(what.word());
        let of = |model: &Model| row.and_then(|row| row.get(model.word()));
        if models.iter().all(|model| of(model).is_none()) {
            continue;
        }
        let marks: Vec<&str> = models.iter().map(|model| mark(of(model))).collect();
        let stated: BTreeSet<&str> = models
            .iter()
            .filter_map(|model| written.states.get(&crate::talk::Talk::good(what, *model).to_string()))
            .flat_map(|words| words.split(", "))
            .filter(|word| !word.is_empty())
            .collect();
        let stated: Vec<&str> = stated.into_iter().collect();
        let _ = writeln!(out, "| {} | {} | {} |", title(what), marks.join(" | "), stated.join(", "));
    }
    let refused: Vec<&str> =
        written.scenarios.iter().filter(|(_, ended)| *ended == "refused").map(|(name, _)| name.as_str()).collect();
    if !refused.is_empty() {
        let _ = writeln!(out, "\nRefused with a sentence: {}.", refused.join("; "));
    }
    for bank in manifest.banks.iter().filter(|bank| !bank.lacks.is_empty()) {
        let lacks: Vec<&str> = bank.lacks.iter().map(String::as_str).collect();
        let _ = writeln!(out, "\n{} lacks of these: {}.", bank.name, lacks.join(", "));
    }
    out.push('\n');
}

fn promises(out: &mut String, reports: &[(Manifest, Written)]) {
    let names: BTreeSet<&String> = reports.iter().flat_map(|(_, written)| &written.promises).collect();
    out.push_str(
        "## Promises\n\n✓ put to the proof, and kept. Empty where there is nothing to prove it on.\n\n| Promise |",
    );
    for (manifest, _) in reports {
        let _ = write!(out, " {} |", manifest.id.trim_start_matches("pos-"));
    }
    let _ = writeln!(out, "\n|---|{}", "---|".repeat(reports.len()));
    for name in names {
        let _ = write!(out, "| {name} |");
        for (_, written) in reports {
            let _ = write!(out, " {} |", if written.promises.contains(name) { "✓" } else { "" });
        }
        out.push('\n');
    }
}

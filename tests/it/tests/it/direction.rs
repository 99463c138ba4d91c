//! The direction of the layers, read from the `use` lines: `http → flow → {domain, store, plugin}`.

use std::fs;
use std::path::{Path, PathBuf};

/// A layer, and what it must never name.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("domain", &["app", "config", "ctx", "flow", "http", "job", "plugin", "security", "store"]),
    ("store", &["app", "config", "flow", "http", "job", "plugin"]),
    ("plugin", &["app", "config", "flow", "http", "job", "store"]),
    ("security", &["app", "config", "flow", "http", "job", "store"]),
    ("flow", &["http", "job"]),
    ("job", &["http"]),
];

/// A library that only one layer may name.
const OWNED: &[(&str, &str)] = &[("axum", "http"), ("sqlx", "store"), ("wasmtime", "plugin")];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !is_test(&path) {
            found.push(path);
        }
    }
}

/// A layer's own tests may look behind the scenes.
fn is_test(path: &Path) -> bool {
    let inside = path.ancestors().take_while(|folder| !folder.ends_with("src"));
    inside.skip(1).any(|folder| folder.ends_with("tests")) || path.to_string_lossy().ends_with("tests.rs")
}

fn host_sources() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../host/src").canonicalize().expect("the host's sources");
    let mut found = Vec::new();
    sources(&root, &mut found);
    assert!(found.len() > 50, "the host's sources were not found");
    let layer = |path: &Path| {
        let first = path.strip_prefix(&root).ok().and_then(|rest| rest.components().next());
        let name = first.map(|part| part.as_os_str().to_string_lossy().into_owned()).unwrap_or_default();
        name.trim_end_matches(".rs").to_owned()
    };
    found.into_iter().map(|path| (layer(&path), path.clone(), fs::read_to_string(&path).expect("text"))).collect()
}

#[test]
fn no_layer_names_one_above_it() {
    let mut wrong = Vec::new();
    for (layer, path, text) in host_sources() {
        let Some((_, forbidden)) = FORBIDDEN.iter().find(|(name, _)| *name == layer) else { continue };
        for (line, number) in text.lines().zip(1..) {
            for name in *forbidden {
                if line.contains(&format!("crate::{name}::")) {
                    wrong.push(format!("{}:{number}: {}", path.display(), line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_library_belongs_to_one_layer() {
    let mut wrong = Vec::new();
    for (layer, path, text) in host_sources() {
        for (library, owner) in OWNED {
            // `serve` and `main` bind the listener that axum serves on.
            if layer == *owner || (*library == "axum" && matches!(layer.as_str(), "serve" | "main")) {
                continue;
            }
            for (line, number) in text.lines().zip(1..) {
                let code = line.split("//").next().unwrap_or_default();
                if code.contains(&format!("{library}::")) {
                    wrong.push(format!("{}:{number}: {}", path.display(), line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where a connector is called, or a bank.
const SLOW: &[&str] = &[".correlate(", ".drive(", ".smoke("];

/// The functions of a file, each from its signature to the next one's.
fn functions(text: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    for line in text.lines() {
        let head = line.trim_start();
        if ["async fn ", "fn ", "pub"].iter().any(|begin| head.starts_with(begin)) && head.contains("fn ") {
            found.push(String::new());
        }
        if let Some(last) = found.last_mut() {
            last.push_str(line);
            last.push('\n');
        }
    }
    found
}

/// Nothing but the database is awaited while a transaction lives: a connector may think for seconds, and each of its
/// calls would keep a connection, or SQLite's only writer, from everybody else (P10).
#[test]
fn no_connector_is_called_while_a_transaction_lives() {
    let (mut wrong, mut calls) = (Vec::new(), 0);
    for (layer, path, text) in host_sources() {
        if layer != "flow" {
            continue;
        }
        for function in functions(&text) {
            let Some(call) = SLOW.iter().filter_map(|slow| function.find(slow)).min() else { continue };
            calls += 1;
            let before = &function[..call];
            let begun = [".db.read()", ".db.begin()"].iter().filter_map(|begin| before.rfind(begin)).max();
            let lives = begun.is_some_and(|at| !["drop(tx)", ".commit()"].iter().any(|end| before[at..].contains(end)));
            if lives || before.contains("&mut Tx") {
                wrong.push(format!("{}: {}", path.display(), function.lines().next().unwrap_or_default()));
            }
        }
    }
    assert!(calls >= 5, "only {calls} calls were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

//! Published contracts do not change: their texts are compared with `wit/published.sha256`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

const HOW_TO_ADD: &str = "What is new goes into an optional interface in a package of its own, \
                          as docs/plugin-authors.md says under \"Versions of the contract\".";

fn wit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit")
}

/// Every contract below `folder`, by its path from `wit/`.
fn collect(folder: &Path, texts: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, texts);
        } else if path.extension().is_some_and(|end| end == "wit") {
            let name = path.strip_prefix(wit()).expect("below wit").to_str().expect("UTF-8").replace('\\', "/");
            texts.insert(name, fs::read_to_string(&path).expect("a text"));
        }
    }
}

/// `vezne:pos@1.0.0`
fn package(text: &str) -> &str {
    let line = text.lines().find_map(|line| line.strip_prefix("package ")).expect("a package line");
    line.trim_end_matches(';').trim()
}

fn is_draft(package: &str) -> bool {
    package.split('@').nth(1).is_none_or(|version| version.starts_with("0."))
}

/// What is wrong with these texts, given the list of published ones.
fn complaints(texts: &BTreeMap<String, String>, published: &str) -> Vec<String> {
    let listed: BTreeMap<&str, &str> = published
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once("  "))
        .map(|(digest, name)| (name, digest))
        .collect();
    let mut complaints = Vec::new();
    for (name, digest) in &listed {
        match texts.get(*name) {
            None => complaints.push(format!("wit/{name} is published and is gone. Put it back.")),
            Some(text) if digest_of(text) != *digest => complaints.push(format!(
                "wit/{name} is published as {} and was changed. Connectors built against it are with banks and \
                 dealers and would not load any more, so its text stays as it is, to the last comment. {HOW_TO_ADD}",
                package(text)
            )),
            Some(_) => {}
        }
    }
    for (name, text) in texts {
        if !listed.contains_key(name.as_str()) && !is_draft(package(text)) {
            complaints.push(format!(
                "wit/{name} says {}, but is not in wit/published.sha256. Until it is published, for ever, give it a \
                 version below 1.0.0; to publish it, add the line\n{}  {name}\nand keep a component built against it \
                 (tests/contract/README.md).",
                package(text),
                digest_of(text)
            ));
        }
    }
    complaints
}

fn digest_of(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[test]
fn published_contracts_have_not_changed() {
    let mut found = BTreeMap::new();
    collect(&wit(), &mut found);
    let published = fs::read_to_string(wit().join("published.sha256")).expect("the list");
    let complaints = complaints(&found, &published);
    assert!(complaints.is_empty(), "\n\n{}\n", complaints.join("\n\n"));
    for name in ["host/host.wit", "pos/pos.wit", "types/types.wit"] {
        assert!(published.contains(&format!("  {name}\n")), "{name} was published at 1.0.0");
    }
}

#[test]
fn a_changed_missing_or_unlisted_text_is_complained_of() {
    let text = "/// Points.\npackage vezne:points@1.0.0;\ninterface points {}\n".to_owned();
    let list = format!("# one\n{}  points/points.wit\n", digest_of(&text));
    let of = |name: &str, text: &str| BTreeMap::from([(name.to_owned(), text.to_owned())]);
    assert!(complaints(&of("points/points.wit", &text), &list).is_empty());
    let changed = complaints(&of("points/points.wit", &text.replace("Points", "Bonus")), &list);
    assert!(changed[0].contains("wit/points/points.wit is published as vezne:points@1.0.0 and was changed"));
    let gone = complaints(&of("other/other.wit", "package vezne:other@0.3.0;\n"), &list);
    assert_eq!(gone, ["wit/points/points.wit is published and is gone. Put it back."]);
    let unlisted = complaints(&of("points/points.wit", &text), "");
    assert!(unlisted[0].contains(&format!("\n{}  points/points.wit\n", digest_of(&text))), "{unlisted:?}");
}

//! Public vectors: the project's own part always, the whole set where it is at hand.

use std::path::{Path, PathBuf};

use pos_nestpay::vectors;

fn run(path: &Path) -> vectors::Report {
    let file = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let report = vectors::run(&file).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    println!("{}: {}", path.display(), report.to_text());
    assert!(report.failed.is_empty(), "{}", report.to_text());
    report
}

#[test]
fn our_own_part_passes() {
    let report = run(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/estv3.json"));
    assert!(report.passed.len() >= 30, "only {} passed", report.passed.len());
    assert!(report.skipped.len() <= 3, "{:?}", report.skipped);
}

#[test]
fn the_whole_set_passes() {
    let folder =
        std::env::var_os("VEZNE_VECTORS").map_or_else(beside_the_repository, |folder| Some(PathBuf::from(folder)));
    let Some(folder) = folder else {
        println!("the whole set is not at hand (VEZNE_VECTORS is not set): only the project's own part was run");
        return;
    };
    let report = run(&folder.join("estv3.json"));
    assert!(report.passed.len() >= 69, "only {} passed", report.passed.len());
    assert!(report.skipped.len() <= 4, "{:?}", report.skipped);
}

/// `../shared/vectors` of the repository, or of the folder that holds its worktrees.
fn beside_the_repository() -> Option<PathBuf> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?.parent()?;
    let places = repository.ancestors().skip(1).take(2).map(|folder| folder.join("shared/vectors"));
    places.into_iter().find(|folder| folder.join("estv3.json").is_file())
}

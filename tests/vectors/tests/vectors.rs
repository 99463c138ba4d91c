//! Public vectors: the project's own part always, the whole set where it is at hand.

use std::path::{Path, PathBuf};

use vezne_vectors::verdict::Report;

fn run(path: &Path) -> Vec<Report> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let reports = vezne_vectors::run(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    for report in &reports {
        print!("{}: {}", path.display(), report.to_text());
        assert!(report.failed.is_empty(), "{}", report.to_text());
    }
    reports
}

#[test]
fn our_own_part_passes() {
    let part = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/part");
    let files = vezne_vectors::files(&part).expect("the project's own part");
    assert!(!files.is_empty(), "{} holds no vectors", part.display());
    for file in files {
        let reports = run(&file);
        let passed: usize = reports.iter().map(|report| report.passed).sum();
        let skipped: usize = reports.iter().map(|report| report.skipped.len()).sum();
        assert!(passed > 10 * skipped, "{}: {passed} passed, {skipped} skipped", file.display());
    }
}

#[test]
fn the_whole_set_passes() {
    let folder =
        std::env::var_os("VEZNE_VECTORS").map_or_else(beside_the_repository, |folder| Some(PathBuf::from(folder)));
    let Some(folder) = folder else {
        println!("the whole set is not at hand (VEZNE_VECTORS is not set): only the project's own part was run");
        return;
    };
    for file in vezne_vectors::files(&folder).expect("the folder of vectors") {
        run(&file);
    }
}

/// `../shared/vectors` of the repository, or of the folder that holds its worktrees.
fn beside_the_repository() -> Option<PathBuf> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?.parent()?;
    let places = repository.ancestors().skip(1).take(2).map(|folder| folder.join("shared/vectors"));
    places.into_iter().find(|folder| folder.join("estv3.json").is_file())
}

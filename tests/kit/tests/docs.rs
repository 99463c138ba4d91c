//! The page about our own connectors is what their manifests and kept reports say.

use std::path::Path;

const INTRO: &str = "Written by `VEZNE_KIT_WRITE=1 cargo test -p vezne-kit`; a test fails when this page is stale. What each connector \
was seen to do by the kit (`tests/kit`), played against a bank that answers well, badly, falsely or not at all. Each row is an operation on \
a payment, each column how the payment began. A connector that is not here has not been played.\n\n✓ done, and seen by a test. – the bank has it not: refused with a sentence before anything leaves. \
? the bank cannot tell: stays open until a person has looked. *states*: what an authentic answer says of the operation; another value there is caught.";

#[test]
fn the_page_about_connectors_is_fresh() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let reports =
        vezne_kit::read_reports(&repository.join("plugins")).expect("each connector has a manifest and a report");
    let fresh = vezne_kit::page(&reports, INTRO);
    let path = repository.join("docs/connectors.md");
    if std::env::var_os("VEZNE_KIT_WRITE").is_some() {
        std::fs::write(&path, fresh).expect("the page is written");
        return;
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == fresh, "docs/connectors.md is stale: VEZNE_KIT_WRITE=1 cargo test -p vezne-kit");
}

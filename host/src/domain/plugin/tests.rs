//! The whole table, printed and compared with the reviewed copy, and what it promises.

use std::fmt::Write as _;

use super::*;
use crate::domain::id::AttemptId;

fn printed() -> String {
    let mut out = String::from("# plugin version\n");
    for state in PluginState::ALL {
        for event in PluginEvent::ALL {
            let answer = match state.next(*event) {
                Ok(Move::To(state)) => format!("→ {state}"),
                Ok(Move::Stay) => "stays".to_owned(),
                Err(illegal) => format!("✗ {}", illegal.refusal.as_str()),
            };
            writeln!(out, "{:<10} {:<14} {answer}", state.as_str(), event.as_str()).expect("a string takes it");
        }
    }
    out
}

#[test]
fn the_table_is_the_reviewed_one() {
    let now = printed();
    if std::env::var_os("VEZNE_BLESS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/domain/plugin/table.txt");
        std::fs::write(path, &now).expect("the reviewed table is writable");
        return;
    }
    let reviewed = include_str!("table.txt");
    assert!(now == reviewed, "the state table changed; review it, then VEZNE_BLESS=1 cargo test\n{now}");
}

#[test]
fn a_revoked_version_never_comes_back_and_a_serving_one_is_never_put_away() {
    for event in PluginEvent::ALL {
        let from_revoked = PluginState::Revoked.next(*event);
        assert!(!matches!(from_revoked, Ok(Move::To(_))), "{event}");
        for state in PluginState::ALL.iter().filter(|state| state.serves()) {
            assert!(!matches!(state.next(*event), Ok(Move::To(PluginState::Retired))), "{state} {event}");
        }
    }
    for state in PluginState::ALL {
        assert!(!state.serves() || state.is_kept_ready(), "{state}");
    }
}

#[test]
fn a_canary_takes_its_share_and_sticks_to_it() {
    let attempts: Vec<String> = (0..20_000).map(|now| AttemptId::at(1_700_000_000_000 + now).to_text()).collect();
    for percent in [0_i64, 1, 10, 50, 100] {
        let taken = attempts.iter().filter(|attempt| canary_takes(attempt, percent)).count();
        let wanted = 20_000 * usize::try_from(percent).unwrap() / 100;
        assert!(taken.abs_diff(wanted) <= 400, "{percent} %: {taken}");
    }
    for attempt in &attempts[..1_000] {
        assert!(!canary_takes(attempt, 10) || canary_takes(attempt, 30), "a larger share keeps what a smaller had");
    }
}

#[test]
fn versions_are_compared_by_number() {
    assert!(version_numbers("0.10.2") > version_numbers("0.9.9"));
    assert!(version_numbers("1.0.0") > version_numbers("0.99.99"));
}

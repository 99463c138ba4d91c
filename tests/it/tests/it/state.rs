//! Nothing writes a state except through its table: read from the sources, statement by statement and assignment by
//! assignment. Whoever adds one has to say here which table decides it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use vezne::domain::payment::Move;
use vezne::domain::proposal::{ProposalEvent, ProposalState};

/// The tables whose moves `domain/payment/table.txt` decides.
const DECIDED: &[&str] = &["payment", "attempt", "operation", "collection_refund", "webhook_delivery", "outbox"];

/// Every statement that writes one of their states: the function of the store, and its table.
const WRITERS: &[(&str, &str)] = &[
    ("payment_move", "payment"),
    ("attempt_update", "attempt"),
    ("operation_update", "operation"),
    ("refund_move", "collection_refund"),
    ("webhook_delivery_update", "webhook_delivery"),
    ("webhook_delivery_move_all", "webhook_delivery"),
    ("outbox_handed", "outbox"),
    ("payment_rewrite", "payment"),
];

/// The only files in which a row is given another state, each beside the call of the table that answered it; the
/// store's own takes event and answer together, for it says what the timeline must tell.
const MOVERS: &[(&str, &str)] = &[
    ("flow/attempt.rs", "attempt.state = to"),
    ("flow/operation/settle.rs", "operation.state = to"),
    ("flow/operation/settle.rs", "attempt.state = state"),
    ("store/payment.rs", "payment.state = to"),
    ("flow/webhook/deliver.rs", "delivery.state = state"),
];

/// What is born in a state, and a simulation's own mistake, move nothing.
const BORN: &[(&str, &str)] = &[
    ("flow/routing/onward.rs", "AttemptState::Sending"),
    ("flow/sale.rs", "PaymentState::Processing"),
    ("flow/sale/draft.rs", "PaymentState::RequiresConfirmation"),
    ("flow/sale.rs", "AttemptState::Sending"),
    ("store/operation.rs", "OperationState::Sending"),
    ("flow/webhook/deliver.rs", "DeliveryState::Pending"),
    ("flow/run.rs", "PaymentState::Succeeded"),
];

fn host() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../host/src").canonicalize().expect("the host's sources")
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "tests" {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|ending| ending == "rs") && !name.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

/// The files of these layers, by their path below `src`, without the tests at their end.
fn layer(names: &[&str]) -> Vec<(String, String)> {
    let root = host();
    let mut found = Vec::new();
    for name in names {
        sources(&root.join(name), &mut found);
    }
    let read = |path: PathBuf| {
        let name = path.strip_prefix(&root).expect("below").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("text");
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
        (name, text)
    };
    found.into_iter().map(read).collect()
}

/// Statements as they are: the pieces of a literal put together, on one line.
fn joined(text: &str) -> String {
    text.replace("\\\n", "").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Each `update` of a store file: the function it stands in, its table, and whether it writes a state.
fn updates(text: &str) -> Vec<(String, String, bool)> {
    let text = joined(text);
    let mut found = Vec::new();
    for (at, _) in text.match_indices("update ") {
        let rest = &text[at + "update ".len()..];
        let Some((table, more)) = rest.split_once(" set ") else { continue };
        if !table.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_') || table.is_empty() {
            continue;
        }
        let columns = more.split(" where ").next().unwrap_or_default();
        let state = columns.split(',').any(|column| {
            let name = column.trim().split(' ').next().unwrap_or_default();
            name == "state" || (table == "outbox" && name == "delivered_at_ms")
        });
        let before = &text[..at];
        let function = before.rfind("fn ").map(|at| &before[at + 3..]).unwrap_or_default();
        let function = function.split('(').next().unwrap_or_default().to_owned();
        found.push((function, table.to_owned(), state));
    }
    found
}

#[test]
fn every_statement_that_writes_a_state_is_a_known_one() {
    let mut found = BTreeSet::new();
    let mut updates_seen = 0;
    for (_, text) in layer(&["store"]) {
        for (function, table, state) in updates(&text) {
            updates_seen += 1;
            if state && DECIDED.contains(&table.as_str()) {
                found.insert((function, table));
            }
        }
    }
    assert!(updates_seen > 25, "only {updates_seen} statements were found");
    let known: BTreeSet<_> = WRITERS.iter().map(|(f, t)| ((*f).to_owned(), (*t).to_owned())).collect();
    assert_eq!(found, known, "a statement writes a state and is not known here, or is not there any more");
}

#[test]
fn every_writer_compares_before_it_sets() {
    for (name, text) in layer(&["store"]) {
        let text = joined(&text);
        for (writer, table) in WRITERS {
            let Some(at) = text.find(&format!("fn {writer}(")) else { continue };
            let body = text[at..].split(" pub async fn ").next().unwrap_or_default();
            let condition = body.split(" where ").nth(1).unwrap_or_default().split('"').next().unwrap_or_default();
            let compares = ["version = $", "state = $", "delivered_at_ms is null"];
            assert!(
                compares.iter().any(|compare| condition.contains(compare)),
                "{name}: {writer} of {table} overwrites whatever is there: {condition}"
            );
        }
    }
}

#[test]
fn a_row_is_given_a_state_only_beside_its_table() {
    let mut wrong = Vec::new();
    let mut moves = BTreeSet::new();
    for (name, text) in layer(&["flow", "job", "http", "store"]) {
        for (line, number) in text.lines().zip(1..) {
            let code = line.split("//").next().unwrap_or_default().trim().trim_end_matches(';');
            let assigned = ["attempt", "payment", "operation", "delivery", "refund", "row", "waiting"]
                .iter()
                .any(|row| code.starts_with(&format!("{row}.state = ")));
            if assigned {
                if MOVERS.contains(&(name.as_str(), code)) {
                    moves.insert((name.clone(), code.to_owned()));
                } else if !name.starts_with("flow/plugin") && !code.contains("EndpointState::") {
                    wrong.push(format!("{name}:{number}: {code}"));
                }
            }
            let states = ["AttemptState::", "PaymentState::", "OperationState::", "DeliveryState::", "RefundState::"];
            let born = code.split_once("state: ").map(|(_, state)| state.trim_end_matches(','));
            if let Some(state) = born.filter(|state| states.iter().any(|kind| state.starts_with(kind))) {
                let state = state.split([',', ' ', '}']).next().unwrap_or_default();
                if !BORN.contains(&(name.as_str(), state)) {
                    wrong.push(format!("{name}:{number}: {code}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "a state that no table has answered:\n{}", wrong.join("\n"));
    assert_eq!(moves.len(), MOVERS.len(), "not all moves were found: {moves:?}");
    // Each of these files asks its table.
    for (name, text) in layer(&["flow"]) {
        if MOVERS.iter().any(|(mover, _)| *mover == name) {
            assert!(text.contains(".next(") || text.contains(".next_decided("), "{name} moves without a table");
        }
    }
}

/// Two statements end proposals in numbers and so name the states themselves: as their table has them.
#[test]
fn what_a_statement_says_of_proposals_is_what_their_table_says() {
    for event in [ProposalEvent::Overtaken, ProposalEvent::TimeOver] {
        assert_eq!(ProposalState::Proposed.next(event), Ok(Move::To(ProposalState::Expired)), "{event}");
    }
    let (_, text) = layer(&["store"]).into_iter().find(|(name, _)| name == "store/proposal.rs").expect("a file");
    let ends = joined(&text);
    assert_eq!(ends.matches("update proposal set state = 'expired'").count(), 2);
    assert_eq!(
        ends.matches("and state = 'proposed'\"").count() + ends.matches("where state = 'proposed' and expires").count(),
        3
    );
}

/// The reading itself: otherwise a change of style would end all of this in silence.
#[test]
fn a_statement_is_read_whole() {
    let text = "pub async fn odd_move(tx: &mut Tx) {\n    execute!(tx, \"update attempt set due_ms = $1, \\\n         state = 'failed' where attempt_id = $2\");\n}\n";
    assert_eq!(updates(text), [("odd_move".to_owned(), "attempt".to_owned(), true)]);
    let harmless = "fn lease() { \"update webhook_delivery set lease_until_ms = $4, version = version + 1 where state = 'pending'\" }";
    assert_eq!(updates(harmless), [("lease".to_owned(), "webhook_delivery".to_owned(), false)]);
}

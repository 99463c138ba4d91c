//! Runs public test vectors of the NestPay family against this connector.
//!
//! The vectors come from the test suite of `mewebstudio/pos` (MIT, commit a4c454a); `README.md` beside them
//! says what each entry is. Here is only the mapping from a vector's operation to ours. Entries that are that
//! library's own API, and where our policy is stricter, are skipped with the reason.

pub mod json;
mod mapped;
mod requests;
mod signatures;

use json::Json;
use vezne_plugin::native::{Running, Session};

/// How one entry went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As expected.
    Passed,
    /// Not ours to fulfil, for this reason.
    Skipped(String),
    /// Not as expected.
    Failed(String),
}

/// How a file went.
#[derive(Debug, Default)]
pub struct Report {
    /// Ids of entries that passed.
    pub passed: Vec<String>,
    /// Ids and reasons.
    pub skipped: Vec<(String, String)>,
    /// Ids and what was different.
    pub failed: Vec<(String, String)>,
}

impl Report {
    /// One line of counts, then the skipped and failed ones.
    pub fn to_text(&self) -> String {
        let mut out =
            format!("passed {} skipped {} failed {}\n", self.passed.len(), self.skipped.len(), self.failed.len());
        let lines = |word: &str, list: &[(String, String)]| -> Vec<String> {
            list.iter().map(|(id, why)| format!("{word} {id}: {why}\n")).collect()
        };
        out.extend(lines("skipped", &self.skipped));
        out.extend(lines("FAILED", &self.failed));
        out
    }
}

/// Runs all entries of a file.
pub fn run(file: &str) -> Result<Report, String> {
    let entries: Json = serde_json::from_str(file).map_err(|error| format!("the vectors are not JSON: {error}"))?;
    let mut report = Report::default();
    for entry in entries.items() {
        let id = entry.get("id").text();
        match check(entry) {
            Verdict::Passed => report.passed.push(id),
            Verdict::Skipped(reason) => report.skipped.push((id, reason)),
            Verdict::Failed(why) => report.failed.push((id, why)),
        }
    }
    Ok(report)
}

/// Runs one entry.
pub fn check(entry: &Json) -> Verdict {
    let op = entry.get("op").text();
    let kind = entry.get("expected").get("error").text();
    if kind.contains("NotImplemented") || kind.contains("UnsupportedTransactionType") {
        return Verdict::Skipped("the library does not implement it".into());
    }
    let _host = host(entry.get("account"));
    let result = match op.as_str() {
        "hash_escape" => signatures::escape(entry),
        "hash_excluded_keys" => signatures::excluded(entry),
        "hash_includes_empty_values" => signatures::empty_values(),
        "form_hash_3d" => signatures::form(entry),
        "callback_hash_check" => signatures::callback(entry),
        "map_tx_type" => requests::transaction_type(entry),
        "build_3d_form" => requests::gate_form(entry),
        "build_custom_query" => skip("the library's own API: it adds the account to whatever it is given"),
        op if op.starts_with("wire_encode") => requests::wire_encode(entry),
        op if op.starts_with("build_") => requests::message(entry, op),
        "md_status_is_success" => mapped::md_status(entry),
        "extract_md_status" => mapped::extract_md_status(entry),
        "map_payment" | "map_refund" | "map_cancel" => mapped::answer(entry),
        "map_3d_payment" => mapped::three_d(entry),
        "map_3d_pay" | "map_3d_host" => mapped::charged_by_bank(entry),
        "map_status" => mapped::status(entry),
        "map_order_history" => mapped::history(entry),
        "wire_decode" => mapped::wire_decode(entry),
        other => skip(&format!("no operation of ours: {other}")),
    };
    result.err().unwrap_or(Verdict::Passed)
}

/// What a check of one entry comes to.
type Checked = Result<(), Verdict>;

fn skip(reason: &str) -> Checked {
    Err(Verdict::Skipped(reason.to_owned()))
}

fn fail(why: impl std::fmt::Display) -> Verdict {
    Verdict::Failed(why.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "most callers make the values on the spot")]
fn same<T: PartialEq + std::fmt::Debug>(what: &str, ours: T, expected: T) -> Checked {
    if ours == expected { Ok(()) } else { Err(fail(format!("{what}: ours is {ours:?}, expected {expected:?}"))) }
}

/// A host with the entry's account. Both kinds of callback signature are accepted: which of them a POS
/// account accepts is its setting, not the bank's rule.
fn host(account: &Json) -> Running {
    let or = |key: &str, other: &str| {
        Some(account.get(key).text()).filter(|text| !text.is_empty()).unwrap_or_else(|| other.to_owned())
    };
    Session::new()
        .setting("client-id", &or("clientId", "700655000200"))
        .setting("user-name", &or("username", "user"))
        .setting("callback-hash", "ver3-or-ver1")
        .secret("api-password", &or("password", "password"))
        .secret("store-key", &or("storeKey", "key"))
        .start()
}

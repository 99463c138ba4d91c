//! How an entry went, and how a file went.

use serde::Serialize;

/// What is wrong with an entry, or why it is not ours to fulfil.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Not ours to fulfil, for this reason.
    Skipped(String),
    /// Not as expected.
    Failed(String),
}

/// What a check of one entry comes to; `Ok` is a pass.
pub type Checked = Result<(), Verdict>;

/// Skips an entry that is not the bank's protocol.
pub fn skip(reason: &str) -> Checked {
    Err(Verdict::Skipped(reason.to_owned()))
}

/// The entry is not as expected.
pub fn fail(why: impl std::fmt::Display) -> Verdict {
    Verdict::Failed(why.to_string())
}

/// Passes if both are equal, and otherwise says how they differ.
#[expect(clippy::needless_pass_by_value, reason = "most callers make the values on the spot")]
pub fn same<T: PartialEq + std::fmt::Debug>(what: &str, ours: T, expected: T) -> Checked {
    if ours == expected { Ok(()) } else { Err(fail(format!("{what}: ours is {ours:?}, expected {expected:?}"))) }
}

/// An entry and what is said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// The entry's id.
    pub id: String,
    /// The suite's own name of the case.
    pub case: String,
    /// The reason of a skip or the difference of a failure.
    pub why: String,
}

/// How one gateway's entries went.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Report {
    /// The gateway, as the entries name it.
    pub gateway: String,
    /// How many passed.
    pub passed: usize,
    /// Those that failed, with the difference.
    pub failed: Vec<Remark>,
    /// Those that were skipped, with the reason.
    pub skipped: Vec<Remark>,
}

impl Report {
    /// One line of counts, then the failed and skipped ones.
    pub fn to_text(&self) -> String {
        let mut out = format!(
            "{}: passed {}, failed {}, skipped {}\n",
            self.gateway,
            self.passed,
            self.failed.len(),
            self.skipped.len()
        );
        let lines = |word: &'static str, list: &[Remark]| -> Vec<String> {
            list.iter().map(|remark| format!("  {word} {} [{}]: {}\n", remark.id, remark.case, remark.why)).collect()
        };
        out.extend(lines("FAILED", &self.failed));
        out.extend(lines("skipped", &self.skipped));
        out
    }
}

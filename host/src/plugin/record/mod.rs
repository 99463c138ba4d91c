//! Recordings: one act of a connector as it happened at the contract's boundary, and what is done with them.
//!
//! A recording holds everything that a connector was given and everything it answered, so that the act can be played
//! again on any component, without a network and without the account: for support, for a new version (`replay`), and
//! beside a serving one (shadow). It never holds a card number, a security code or an opened secret: the card is
//! described by what a connector may see of it, secrets by name and shape, sealed values by how they were made, and
//! every text passes the act's [`Masker`](super::masked::Masker).
//!
//! Every act is recorded. That costs some ten microseconds beside two commits and a bank, and the run that somebody
//! asks about is never the one after the switch was thrown. The last fifty of each version and firm stay in this
//! process's memory and nowhere else ([`Runs`]): they hold payers' data that no table should collect, they are of use
//! for hours and not for years, and a restart may lose them, since what counts stands in the timeline of the payment.
//! On disk is only what an administrator downloads.

mod act;
mod compare;
mod mask;
mod recorder;
mod replay;
mod runs;
mod shadow;
mod stand_in;
mod step;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ending::Phase;
pub use act::{RecordedAct, RecordedCallback, RecordedTarget, RecordedTerms};
pub use compare::Difference;
pub(super) use recorder::Recorder;
pub(super) use replay::{Rehearsal, replay};
pub use replay::{Replay, TurnReplay};
pub(super) use runs::Runs;
pub use runs::{Run, RunId};
pub(super) use shadow::Shadows;
pub use shadow::{ShadowRun, ShadowTally};
pub use stand_in::{RecordedCard, SecretShape};
pub use step::{RecordedBytes, RecordedLine, RecordedOutcome, RecordedStep};

/// The file format; a reader refuses others.
pub const FORMAT: u32 = 1;

/// One act of a connector. As JSON it is a support bundle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// [`FORMAT`].
    pub format: u32,
    /// The manifest's id.
    pub plugin: String,
    /// The manifest's version.
    pub version: String,
    /// SHA-256 of the component, hex.
    pub digest: String,
    /// The contract it is written against.
    pub api: String,
    /// Which attempt the act was for.
    pub attempt: String,
    /// When the act began, epoch milliseconds.
    pub began_ms: i64,
    /// From the first call to the end.
    pub took_ms: u64,
    /// The account it ran on.
    pub account: RecordedAccount,
    /// What is the same for every step.
    pub context: RecordedContext,
    /// What a connector could see of the card.
    pub card: Option<RecordedCard>,
    /// What was asked of it.
    pub input: RecordedAct,
    /// Every call, in order.
    pub turns: Vec<Turn>,
    /// The host's verdict: `approved`, `unknown`, `browse`, ….
    pub outcome: String,
    /// Its reason code and sentence, where there is one.
    pub reason: Option<String>,
    /// Something was too long to be kept: this cannot be played again.
    pub cut: bool,
}

/// The POS account of a recording: settings, and what was granted; of secrets their names and shapes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedAccount {
    /// `pos_…`
    pub id: String,
    /// Settings.
    pub config: BTreeMap<String, String>,
    /// Secrets.
    pub secrets: BTreeMap<String, SecretShape>,
    /// Granted addresses.
    pub endpoints: BTreeMap<String, RecordedEndpoint>,
    /// The bank's test environment.
    pub sandbox: bool,
    /// Of the firm.
    pub zone: String,
}

/// A granted address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedEndpoint {
    /// Scheme, host, port and prefix.
    pub url: String,
    /// Whether card data may go there.
    pub takes_card: bool,
    /// Whether bare secrets may go there.
    pub takes_secrets: bool,
}

/// The context of a recorded act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedContext {
    /// Our order number at the bank.
    pub order_id: String,
    /// Where the payer comes back to.
    pub callback_url: String,
    /// The payer's address.
    pub payer_ip: Option<String>,
    /// The payer's e-mail address.
    pub payer_email: Option<String>,
    /// `tr`, `en`, `az`.
    pub locale: String,
    /// Extras.
    pub attributes: Vec<(String, String)>,
}

/// One call, and what followed from its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// The function of the contract.
    pub function: String,
    /// The clock of the call, epoch milliseconds.
    pub now_ms: i64,
    /// Entropy and comparisons.
    pub given: Given,
    /// What it answered.
    pub step: RecordedStep,
    /// What it logged.
    pub logs: Vec<LogLine>,
    /// Where it trapped, innermost function first.
    pub backtrace: Vec<String>,
    /// How long it ran.
    pub took_us: u64,
    /// Ticks of the epoch clock.
    pub ticks: u32,
    /// The most memory it had.
    pub memory_bytes: usize,
    /// Why the host did not do what it asked for.
    pub refused: Option<String>,
    /// What came back.
    pub exchange: Option<Exchange>,
}

/// A send and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// Method and path.
    pub target: String,
    /// More than one where it was repeated.
    pub tries: u8,
    /// From before resolving to the last byte.
    pub elapsed_ms: u64,
    /// What came back.
    pub reply: RecordedReply,
}

/// What came back on a send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum RecordedReply {
    /// An answer.
    Response {
        /// HTTP status.
        status: u16,
        /// Lower-case names.
        headers: Vec<(String, String)>,
        /// As the connector got it.
        body: RecordedBytes,
        /// It was longer than is read.
        truncated: bool,
    },
    /// None.
    Failed {
        /// How far it got.
        phase: Phase,
        /// Time ran out.
        timed_out: bool,
        /// A sentence.
        detail: String,
    },
}

/// One log record of a connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// `debug`, `info`, `warn`, `error`.
    pub level: String,
    /// Redacted.
    pub message: String,
}

/// What a call was given besides its inputs. None of it is secret: references and nonces are sent in clear.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// Of the entropy stream, hex.
    pub seed: String,
    /// The numbers behind references.
    pub references: Vec<u64>,
    /// What comparisons said.
    pub compared: Vec<Comparison>,
}

/// The only bit that a sealed value ever gives away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// How the sealed side was made.
    pub made: String,
    /// Digest of the other side.
    pub sent: String,
    /// What the comparison said.
    pub same: bool,
}

impl Comparison {
    /// Of a value made in this way with what the other side sent.
    pub(super) fn new(made: String, sent: &[u8], same: bool) -> Self {
        Self { made, sent: sent_print(sent), same }
    }
}

impl Given {
    /// What a comparison says when the act is played again: what it said of the same pair; else whether the recorded
    /// version found what was sent authentic at all.
    pub(super) fn equal(&self, made: &str, sent: &[u8]) -> bool {
        let sent = sent_print(sent);
        let mut of_sent = self.compared.iter().filter(|known| known.sent == sent);
        match of_sent.clone().find(|known| known.made == made) {
            Some(known) => known.same,
            None => of_sent.any(|known| known.same),
        }
    }
}

fn sent_print(sent: &[u8]) -> String {
    hex::encode(&Sha256::digest(sent)[..12])
}

/// Why a file is no recording.
#[derive(Debug, thiserror::Error)]
#[error("it is no recording: {0}")]
pub struct NoRecording(String);

impl Recording {
    /// As a file.
    pub fn to_json(&self) -> Vec<u8> {
        // Strings, numbers and maps with text keys: this cannot fail.
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }

    /// From a file.
    pub fn from_json(json: &[u8]) -> Result<Self, NoRecording> {
        let recording: Self = serde_json::from_slice(json).map_err(|error| NoRecording(error.to_string()))?;
        if recording.format != FORMAT {
            return Err(NoRecording(format!("it has format {}, this program reads {FORMAT}", recording.format)));
        }
        Ok(recording)
    }
}

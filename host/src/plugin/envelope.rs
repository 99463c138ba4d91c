//! What is stored with an attempt while the payer is at the gate.
//!
//! The connector's state is tagged with the version that wrote it, so that no other version reads it, and
//! with what the driver itself must remember: how many steps were used, and whether the gate charges.

use serde::{Deserialize, Serialize};

use super::act::Effect;

/// The driver's memory of a browsing attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Envelope {
    pub steps: u8,
    pub gate: Effect,
    pub state: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    digest: String,
    steps: u8,
    gate: Effect,
    /// Base64.
    state: String,
}

impl Envelope {
    /// As stored. No card data can be in it: sealed values cannot get into a state.
    pub fn seal(&self, digest: &str) -> Vec<u8> {
        use base64::Engine as _;
        let state = base64::engine::general_purpose::STANDARD.encode(&self.state);
        let written = Written { digest: digest.to_owned(), steps: self.steps, gate: self.gate, state };
        // Strings, a number and an enum: this cannot fail.
        serde_json::to_vec(&written).unwrap_or_default()
    }

    /// From what was stored.
    pub fn open(bytes: &[u8], digest: &str) -> Result<Self, String> {
        use base64::Engine as _;
        let written: Written = serde_json::from_slice(bytes).map_err(|_| "the stored state is damaged".to_owned())?;
        if written.digest != digest {
            return Err("the stored state belongs to another version of the plugin".to_owned());
        }
        let state = base64::engine::general_purpose::STANDARD.decode(&written.state);
        let state = state.map_err(|_| "the stored state is damaged".to_owned())?;
        Ok(Self { steps: written.steps, gate: written.gate, state })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_version_that_wrote_a_state_reads_it() {
        let envelope = Envelope { steps: 2, gate: Effect::OnceOnlyWrite, state: vec![0, 255, 7] };
        let stored = envelope.seal("aa");
        assert_eq!(Envelope::open(&stored, "aa"), Ok(envelope));
        assert!(Envelope::open(&stored, "bb").is_err());
        assert!(Envelope::open(b"garbage", "aa").is_err());
        assert!(Envelope::open(b"", "aa").is_err());
    }
}

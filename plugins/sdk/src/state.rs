//! What a connector remembers between two steps: an enum of its own, kept by the host as opaque bytes.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Fault;

/// The contract's limit.
pub const STATE_BYTES_MAX: usize = 16 * 1024;

/// As bytes. Sealed values cannot be in it: they have no `Serialize`.
pub fn encode<S: Serialize>(state: &S) -> Result<Vec<u8>, Fault> {
    let bytes = serde_json::to_vec(state)
        .map_err(|error| Fault::InvalidRequest(format!("the state cannot be written: {error}")))?;
    if bytes.len() > STATE_BYTES_MAX {
        return Err(Fault::InvalidRequest(format!(
            "the state has {} bytes, {STATE_BYTES_MAX} are allowed",
            bytes.len()
        )));
    }
    Ok(bytes)
}

/// From bytes. Another attempt's or version's state is a fault, never a guess.
pub fn decode<S: DeserializeOwned>(bytes: &[u8]) -> Result<S, Fault> {
    serde_json::from_slice(bytes).map_err(|_| Fault::InvalidRequest("the state is not one of this connector's".into()))
}

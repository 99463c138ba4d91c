//! The host's small services: log, clock, entropy, settings.

use crate::Fault;
use crate::interface::{clock, config, entropy, log};

pub use crate::interface::clock::Civil;
pub use crate::interface::log::Level;

/// Letters and digits, for references that a bank wants alphanumeric.
pub const ALPHANUMERIC: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Writes a line to the plugin's log. The host bounds and redacts it; sealed values cannot get here.
pub fn note(level: Level, message: &str, attributes: &[(&str, &str)]) {
    let attributes: Vec<_> = attributes.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    log::emit(level, message, &attributes);
}

/// Epoch milliseconds, the same for the length of one call.
pub fn now_ms() -> u64 {
    clock::now_unix_millis()
}

/// The calendar in the firm's zone.
pub fn now_civil() -> Civil {
    clock::now_civil()
}

/// Random bytes, for a nonce or an initial vector; not for keys.
pub fn random(len: u32) -> Vec<u8> {
    entropy::bytes(len)
}

/// A reference unique for this installation, of characters a bank allows.
pub fn reference(alphabet: &str, len: u8) -> String {
    entropy::reference(alphabet, len)
}

/// A setting, if it has a value.
pub fn setting(key: &str) -> Option<String> {
    config::get(key).filter(|value| !value.is_empty())
}

/// A setting the connector cannot work without.
pub fn required_setting(key: &str) -> Result<String, Fault> {
    setting(key).ok_or_else(|| Fault::BadConfig(format!("the setting {key} is missing")))
}

/// A boolean setting; `false` without a value.
pub fn flag(key: &str) -> bool {
    setting(key).as_deref() == Some("true")
}

/// Sends a panic's place and words to the log before the trap ends the call.
pub(crate) fn panics_to_log() {
    #[cfg(target_arch = "wasm32")]
    std::panic::set_hook(Box::new(|panic| log::emit(Level::Error, &format!("the plugin panicked: {panic}"), &[])));
}

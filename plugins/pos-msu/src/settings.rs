//! The settings of a POS account, by the names in `manifest.json`.

use vezne_plugin::{Fault, Sealed, host, value};

/// What the firm set up for one account.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The merchant's number.
    pub merchant: String,
    /// The API user.
    pub user: String,
    /// Whether the institution has opened the account to payments a clerk types.
    pub mail_order: bool,
}

impl Settings {
    /// From the host, with the manifest's defaults where nothing is set.
    pub fn load() -> Result<Self, Fault> {
        Ok(Self {
            merchant: host::required_setting("merchant")?,
            user: host::required_setting("merchant-user")?,
            mail_order: host::flag("mail-order"),
        })
    }
}

/// The API user's password; it stands in every request to the API.
pub fn password() -> Result<Sealed, Fault> {
    value::secret("merchant-password")
}

/// The key behind a return's `sdSha512`; it goes nowhere.
pub fn secret_key() -> Result<Sealed, Fault> {
    value::secret("secret-key")
}

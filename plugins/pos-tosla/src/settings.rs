//! The settings of a POS account, by the names in `manifest.json`.

use vezne_plugin::{Fault, Sealed, host, value};

/// What the firm set up for one Tosla account.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The customer's number at Tosla.
    pub client_id: String,
    /// The API user.
    pub api_user: String,
    /// Whether Tosla has opened the account to payments a clerk types.
    pub mail_order: bool,
}

impl Settings {
    /// From the host, with the manifest's defaults where nothing is set.
    pub fn load() -> Result<Self, Fault> {
        Ok(Self {
            client_id: host::required_setting("client-id")?,
            api_user: host::required_setting("api-user")?,
            mail_order: host::flag("mail-order"),
        })
    }
}

/// The password that goes into every hash, and nowhere else.
pub fn api_password() -> Result<Sealed, Fault> {
    value::secret("api-password")
}

//! The settings of a POS account, by the names in `manifest.json`.

use vezne_plugin::{Fault, Sealed, host, value};

/// What the firm set up for one account.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who asks for a token.
    pub app_id: String,
    /// The merchant's key. It stands readable in the payer's browser, so it is no secret.
    pub merchant_key: String,
    /// Whether the platform has opened the account to payments a clerk types.
    pub mail_order: bool,
}

impl Settings {
    /// From the host, with the manifest's defaults where nothing is set.
    pub fn load() -> Result<Self, Fault> {
        Ok(Self {
            app_id: host::required_setting("app-id")?,
            merchant_key: host::required_setting("merchant-key")?,
            mail_order: host::flag("mail-order"),
        })
    }
}

/// The secret behind every hash; it also stands in the body of a token's request and of a refund.
pub fn app_secret() -> Result<Sealed, Fault> {
    value::secret("app-secret")
}

//! The settings of a POS account, by the names in `manifest.json`.

use vezne_plugin::{Fault, host};

/// What the firm set up for one `ParamPOS` account.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `CLIENT_CODE`, which is also the terminal's number on the hosted page.
    pub client_code: String,
    /// `CLIENT_USERNAME`.
    pub user_name: String,
    /// `mdStatus` values that may be charged. `1` is full authentication.
    pub accepted_md_status: Vec<String>,
    /// Where a payer may be led for the verification of the card; anywhere if not set.
    pub acs_address: Option<String>,
    /// Whether the account is open to mail order.
    pub mail_order: bool,
}

impl Settings {
    /// From the host, with the manifest's defaults where nothing is set.
    pub fn load() -> Result<Self, Fault> {
        let accepted = host::setting("accepted-md-status").unwrap_or_else(|| "1".into());
        Ok(Self {
            client_code: host::required_setting("client-code")?,
            user_name: host::required_setting("user-name")?,
            accepted_md_status: accepted.split(',').map(|status| status.trim().to_owned()).collect(),
            acs_address: host::setting("acs-address"),
            mail_order: host::setting("mail-order").as_deref() != Some("false"),
        })
    }

    /// Whether a 3-D result may be charged.
    pub fn accepts(&self, md_status: &str) -> bool {
        self.accepted_md_status.iter().any(|accepted| accepted == md_status)
    }
}

//! The settings of a POS account, by the names in `manifest.json`.

use vezne_plugin::{Fault, host};

/// What the firm set up for one PayFor store.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The store's number.
    pub merchant_id: String,
    /// The API user.
    pub user_code: String,
    /// The institution: 5 for QNB and Enpara, 12 for Ziraat Katılım.
    pub mbr_id: String,
    /// `3DStatus` values that may be charged. `1` is full authentication.
    pub accepted_md_status: Vec<String>,
    /// Whether a callback must carry the bank's hash. Ziraat Katılım's does not verify by the family's rule.
    pub needs_callback_hash: bool,
    /// Whether the store is open to mail order.
    pub mail_order: bool,
}

impl Settings {
    /// From the host, with the manifest's defaults where nothing is set.
    pub fn load() -> Result<Self, Fault> {
        let accepted = host::setting("accepted-md-status").unwrap_or_else(|| "1".into());
        let needs_callback_hash = match host::setting("callback-hash").as_deref() {
            None | Some("required") => true,
            Some("ignored") => false,
            Some(other) => return Err(Fault::BadConfig(format!("callback-hash cannot be {other}"))),
        };
        Ok(Self {
            merchant_id: host::required_setting("merchant-id")?,
            user_code: host::required_setting("user-code")?,
            mbr_id: host::setting("mbr-id").unwrap_or_else(|| "5".into()),
            accepted_md_status: accepted.split(',').map(|one| one.trim().to_owned()).collect(),
            needs_callback_hash,
            mail_order: host::setting("mail-order").as_deref() != Some("false"),
        })
    }

    /// Whether a 3-D result may be charged.
    pub fn accepts(&self, md_status: &str) -> bool {
        self.accepted_md_status.iter().any(|accepted| accepted == md_status)
    }
}

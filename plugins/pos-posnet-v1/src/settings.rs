//! The settings of a POS account, by the names in `manifest.json`.

use vezne_plugin::{Fault, host};

/// What the firm set up for one store at Albaraka.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The store's number.
    pub merchant: String,
    /// The terminal's number; letters happen.
    pub terminal: String,
    /// The store's number at the 3-D gate; nothing where the store has no 3-D.
    pub posnet_id: String,
    /// 3-D results that may be charged. `1` is full authentication.
    pub accepted_md_status: Vec<String>,
    /// Whether the store is open to mail order.
    pub mail_order: bool,
    /// Whether the refund of a 3-D payment names its amount. Without it the bank gives back all of it.
    pub three_d_refund_amount: bool,
}

impl Settings {
    /// From the host, with the manifest's defaults where nothing is set.
    pub fn load() -> Result<Self, Fault> {
        let accepted = host::setting("accepted-md-status").unwrap_or_else(|| "1".into());
        Ok(Self {
            merchant: host::required_setting("merchant-id")?,
            terminal: host::required_setting("terminal-id")?,
            posnet_id: host::setting("posnet-id").unwrap_or_default(),
            accepted_md_status: accepted.split(',').map(|status| status.trim().to_owned()).collect(),
            mail_order: host::setting("mail-order").as_deref() != Some("false"),
            three_d_refund_amount: host::flag("three-d-refund-amount"),
        })
    }

    /// Whether a 3-D result may be charged.
    pub fn accepts(&self, md_status: &str) -> bool {
        self.accepted_md_status.iter().any(|accepted| accepted == md_status)
    }
}

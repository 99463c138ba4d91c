//! The settings of a POS account, by the names in `manifest.json`.

use vezne_plugin::{Fault, host};

/// What the firm set up for one shop.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The shop's number at the bank (`ShopCode`).
    pub shop_code: String,
    /// The API user (`UserCode`).
    pub user_code: String,
    /// 3-D results that may be charged. `1` is full authentication.
    pub accepted_md_status: Vec<String>,
    /// Whether the shop is open to mail order.
    pub mail_order: bool,
}

impl Settings {
    /// From the host, with the manifest's defaults where nothing is set.
    pub fn load() -> Result<Self, Fault> {
        let accepted = host::setting("accepted-md-status").unwrap_or_else(|| "1".into());
        Ok(Self {
            shop_code: host::required_setting("shop-code")?,
            user_code: host::required_setting("user-code")?,
            accepted_md_status: accepted.split(',').map(|status| status.trim().to_owned()).collect(),
            mail_order: host::setting("mail-order").as_deref() != Some("false"),
        })
    }

    /// Whether a 3-D result may be charged.
    pub fn accepts(&self, md_status: &str) -> bool {
        self.accepted_md_status.iter().any(|accepted| accepted == md_status)
    }
}

//! The settings of a POS account, by the names in `manifest.json`.

use vezne_plugin::{Fault, Sealed, host, value};

/// What the firm set up for one Akbank store.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The store.
    pub merchant_safe_id: String,
    /// The terminal of the store.
    pub terminal_safe_id: String,
    /// The sub-dealer it sells for.
    pub sub_merchant_id: Option<String>,
    /// Whether an attempted authentication may be charged as well as a full one.
    pub accepts_attempts: bool,
    /// Whether the store is open to mail order.
    pub mail_order: bool,
}

impl Settings {
    /// From the host, with the manifest's defaults where nothing is set.
    pub fn load() -> Result<Self, Fault> {
        let accepts_attempts = match host::setting("accepted-authentication").as_deref() {
            None | Some("full") => false,
            Some("full-or-attempt") => true,
            Some(other) => return Err(Fault::BadConfig(format!("accepted-authentication cannot be {other}"))),
        };
        Ok(Self {
            merchant_safe_id: host::required_setting("merchant-safe-id")?,
            terminal_safe_id: host::required_setting("terminal-safe-id")?,
            sub_merchant_id: host::setting("sub-merchant-id"),
            accepts_attempts,
            mail_order: host::setting("mail-order").as_deref() != Some("false"),
        })
    }

    /// Whether the issuer's word on an authentication may be charged. The bank's answer has no `mdStatus`;
    /// the electronic commerce indicator says the same: 05 (Visa, Amex) and 02 (Mastercard, TROY) are full,
    /// 06 and 01 attempts, 07 and 00 nothing at all.
    pub fn accepts(&self, indicator: &str) -> bool {
        match indicator.trim_start_matches('0') {
            "5" | "2" => true,
            "6" | "1" => self.accepts_attempts,
            _ => false,
        }
    }
}

/// The key that signs every request, form and callback.
pub fn secret_key() -> Result<Sealed, Fault> {
    value::secret("secret-key")
}

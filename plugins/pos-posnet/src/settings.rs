//! The settings of a POS account, by the names in `manifest.json`.

use vezne_plugin::{Fault, host};

use crate::partner::Facilitator;

/// What the firm set up for one PosNet store.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The store's number, ten digits.
    pub mid: String,
    /// The terminal's number, eight digits.
    pub tid: String,
    /// The store's number at the 3-D gate; nothing where the store has no 3-D.
    pub posnet_id: String,
    /// 3-D results that may be charged. `1` is full authentication.
    pub accepted_md_status: Vec<String>,
    /// Whether the store is open to mail order.
    pub mail_order: bool,
    /// Whether the bank's "`OrderID` parameter" is on: then an order is addressed by number and day.
    pub order_date: bool,
    /// Whether the signature of the answer to a 3-D charge must be right.
    pub charge_mac: bool,
    /// Whose payments these are, where the firm is a payment facilitator.
    pub facilitator: Option<Facilitator>,
}

impl Settings {
    /// From the host, with the manifest's defaults where nothing is set.
    pub fn load() -> Result<Self, Fault> {
        let accepted = host::setting("accepted-md-status").unwrap_or_else(|| "1".into());
        let settings = Self {
            mid: host::required_setting("merchant-id")?,
            tid: host::required_setting("terminal-id")?,
            posnet_id: host::setting("posnet-id").unwrap_or_default(),
            accepted_md_status: accepted.split(',').map(|status| status.trim().to_owned()).collect(),
            mail_order: host::setting("mail-order").as_deref() != Some("false"),
            order_date: host::flag("order-date"),
            charge_mac: host::flag("charge-mac"),
            facilitator: Facilitator::load(),
        };
        // The bank refuses other lengths with 0320 and 0321; better said before anything is sent.
        digits("merchant-id", &settings.mid, 10)?;
        digits("terminal-id", &settings.tid, 8)?;
        Ok(settings)
    }

    /// Whether a 3-D result may be charged. The bank's test system answers 9 to everything: that counts only
    /// there.
    pub fn accepts(&self, md_status: &str, test_mode: bool) -> bool {
        (md_status != "9" || test_mode) && self.accepted_md_status.iter().any(|accepted| accepted == md_status)
    }
}

fn digits(name: &str, value: &str, count: usize) -> Result<(), Fault> {
    if value.len() == count && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(Fault::BadConfig(format!("the setting {name} must be {count} digits")))
}

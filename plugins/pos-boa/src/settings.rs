//! The settings of a POS account, by the names in `manifest.json`.

use vezne_plugin::{Fault, host};

/// Which of the two banks: one family, two dialects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bank {
    /// Kuveyt Türk: sales as XML, voids, refunds and questions as SOAP; no pre-authorization.
    Kuveyt,
    /// Vakıf Katılım: everything as XML; pre-authorization and a mail-order address of its own.
    Katilim,
}

/// What the firm set up for one store.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Kuveyt Türk or Vakıf Katılım.
    pub bank: Bank,
    /// The store's number.
    pub merchant_id: String,
    /// The firm's customer number at the bank.
    pub customer_id: String,
    /// The API user.
    pub user_name: String,
    /// The sub-dealer in whose name is sold; `0` for none.
    pub sub_merchant_id: String,
    /// Whether the store is open to mail order.
    pub mail_order: bool,
    /// Where the card's bank verifies its holder, if the POS account may lead payers to one address only.
    pub acs_address: Option<String>,
}

impl Settings {
    /// From the host, with the manifest's defaults where nothing is set.
    pub fn load() -> Result<Self, Fault> {
        let bank = match host::required_setting("gateway")?.as_str() {
            "kuveyt" => Bank::Kuveyt,
            "vakif-katilim" => Bank::Katilim,
            other => return Err(Fault::BadConfig(format!("gateway cannot be {other}"))),
        };
        Ok(Self {
            bank,
            merchant_id: host::required_setting("merchant-id")?,
            customer_id: host::required_setting("customer-id")?,
            user_name: host::required_setting("user-name")?,
            sub_merchant_id: host::setting("sub-merchant-id").unwrap_or_else(|| "0".into()),
            mail_order: host::setting("mail-order").as_deref() != Some("false"),
            acs_address: host::setting("acs-address"),
        })
    }
}

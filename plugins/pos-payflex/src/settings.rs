//! The settings of a POS account, by the names in `manifest.json`.

use vezne_plugin::{Fault, host};

/// In whose name is sold (`MerchantType`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dealer {
    /// `0`: an ordinary store.
    Standard,
    /// `1`: a main dealer, for itself or for a sub-dealer.
    Main(Option<String>),
    /// `2`: a sub-dealer, whose number must be said.
    Sub(String),
}

impl Dealer {
    /// The bank's number of the kind.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Standard => "0",
            Self::Main(_) => "1",
            Self::Sub(_) => "2",
        }
    }

    /// The sub-dealer's number.
    pub fn sub_merchant(&self) -> Option<&str> {
        match self {
            Self::Standard => None,
            Self::Main(sub) => sub.as_deref(),
            Self::Sub(sub) => Some(sub),
        }
    }
}

/// What the firm set up for one store.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The store's number.
    pub merchant_id: String,
    /// The terminal's number.
    pub terminal_id: String,
    /// In whose name is sold.
    pub dealer: Dealer,
    /// Whether a verification that was only attempted (`A`) may be charged.
    pub accepts_attempt: bool,
    /// Whether the store is open to mail order.
    pub mail_order: bool,
    /// Where the card's bank verifies its holder, if the POS account may lead payers to one address only.
    pub acs_address: Option<String>,
}

impl Settings {
    /// From the host, with the manifest's defaults where nothing is set.
    pub fn load() -> Result<Self, Fault> {
        let sub = host::setting("sub-merchant-id");
        let dealer = match (host::setting("merchant-type").as_deref(), sub) {
            (None | Some("0"), None) => Dealer::Standard,
            (None | Some("0"), Some(_)) => {
                return Err(Fault::BadConfig("an ordinary store has no sub-dealer's number".into()));
            }
            (Some("1"), sub) => Dealer::Main(sub),
            (Some("2"), Some(sub)) => Dealer::Sub(sub),
            (Some("2"), None) => return Err(Fault::BadConfig("a sub-dealer's number is missing".into())),
            (Some(other), _) => return Err(Fault::BadConfig(format!("merchant-type cannot be {other}"))),
        };
        Ok(Self {
            merchant_id: host::required_setting("merchant-id")?,
            terminal_id: host::required_setting("terminal-id")?,
            dealer,
            accepts_attempt: host::setting("accepted-status").as_deref() == Some("Y,A"),
            mail_order: host::setting("mail-order").as_deref() != Some("false"),
            acs_address: host::setting("acs-address"),
        })
    }

    /// Whether a verification with this result may be charged.
    pub fn accepts(&self, status: &str) -> bool {
        status == "Y" || (status == "A" && self.accepts_attempt)
    }
}

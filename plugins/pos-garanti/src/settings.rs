//! The settings of a POS account, by the names in `manifest.json`.

use serde::{Deserialize, Serialize};
use vezne_plugin::{Fault, host};

/// The bank's users: each has a password of its own, and the bank takes some operations from one of them only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum User {
    /// `PROVAUT`: sales, reservations, captures and questions.
    Provision,
    /// `PROVRFN`: voids and refunds.
    Refund,
    /// `PROVOOS`: the bank's own payment page.
    Hosted,
}

impl User {
    /// The secret that holds this user's password.
    pub fn password(self) -> &'static str {
        match self {
            Self::Provision => "api-password",
            Self::Refund => "refund-password",
            Self::Hosted => "hosted-password",
        }
    }
}

/// What the firm set up for one terminal.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The merchant's number.
    pub merchant_id: String,
    /// The terminal's number; `clientid` in callbacks.
    pub terminal_id: String,
    /// Name of [`User::Provision`].
    pub user_name: String,
    /// Name of [`User::Refund`].
    pub refund_user_name: String,
    /// Name of [`User::Hosted`].
    pub hosted_user_name: String,
    /// `mdstatus` values that may be charged. `1` is full authentication.
    pub accepted_md_status: Vec<String>,
    /// Whether answers whose `HashData` is wrong are refused.
    pub checks_answers: bool,
    /// Whether the terminal is open to mail order.
    pub mail_order: bool,
}

impl Settings {
    /// From the host, with the manifest's defaults where nothing is set.
    pub fn load() -> Result<Self, Fault> {
        let or = |key: &str, other: &str| host::setting(key).unwrap_or_else(|| other.to_owned());
        Ok(Self {
            merchant_id: host::required_setting("merchant-id")?,
            terminal_id: host::required_setting("terminal-id")?,
            user_name: or("user-name", "PROVAUT"),
            refund_user_name: or("refund-user-name", "PROVRFN"),
            hosted_user_name: or("hosted-user-name", "PROVOOS"),
            accepted_md_status: or("accepted-md-status", "1").split(',').map(|one| one.trim().to_owned()).collect(),
            checks_answers: or("check-answers", "true") != "false",
            mail_order: or("mail-order", "true") != "false",
        })
    }

    /// Whether a 3-D result may be charged.
    pub fn accepts(&self, md_status: &str) -> bool {
        self.accepted_md_status.iter().any(|accepted| accepted == md_status)
    }

    /// The name a user goes by.
    pub fn name_of(&self, user: User) -> &str {
        match user {
            User::Provision => &self.user_name,
            User::Refund => &self.refund_user_name,
            User::Hosted => &self.hosted_user_name,
        }
    }
}

//! The settings of a POS account, by the names in `manifest.json`.

use vezne_plugin::{Fault, host};

/// Which hash rule signs the 3-D form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormHash {
    /// Everything posted, SHA-512. What the banks demand since 31.07.2024.
    Ver3,
    /// A fixed list of fields, SHA-1, for stores that never moved.
    Ver1,
}

/// What the firm set up for one NestPay store.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The store's number at the bank.
    pub client_id: String,
    /// The API user.
    pub user_name: String,
    /// `mdStatus` values that may be charged. `1` is full authentication.
    pub accepted_md_status: Vec<String>,
    /// How the form is signed.
    pub form_hash: FormHash,
    /// Whether callbacks signed with ver1 count as the bank's.
    pub ver1_callbacks: bool,
    /// `storetype` of the bank's own payment page.
    pub hosted_storetype: String,
    /// Whether the bank is asked to post results by itself as well.
    pub server_callback: bool,
    /// Whether the store is open to mail order.
    pub mail_order: bool,
}

impl Settings {
    /// From the host, with the manifest's defaults where nothing is set.
    pub fn load() -> Result<Self, Fault> {
        let form_hash = match host::setting("form-hash").as_deref() {
            None | Some("ver3") => FormHash::Ver3,
            Some("ver1") => FormHash::Ver1,
            Some(other) => return Err(Fault::BadConfig(format!("form-hash cannot be {other}"))),
        };
        let accepted = host::setting("accepted-md-status").unwrap_or_else(|| "1".into());
        Ok(Self {
            client_id: host::required_setting("client-id")?,
            user_name: host::required_setting("user-name")?,
            accepted_md_status: accepted.split(',').map(|status| status.trim().to_owned()).collect(),
            form_hash,
            ver1_callbacks: form_hash == FormHash::Ver1
                || host::setting("callback-hash").as_deref() == Some("ver3-or-ver1"),
            hosted_storetype: host::setting("hosted-storetype").unwrap_or_else(|| "3d_pay_hosting".into()),
            server_callback: host::flag("server-callback"),
            mail_order: host::setting("mail-order").as_deref() != Some("false"),
        })
    }

    /// Whether a 3-D result may be charged.
    pub fn accepts(&self, md_status: &str) -> bool {
        self.accepted_md_status.iter().any(|accepted| accepted == md_status)
    }
}

//! Signatures of the 3-D steps: SHA-256 in Base64, the key hashed with the terminal first.

use vezne_plugin::value::{self, Value};
use vezne_plugin::{DigestAlg, Fault, Sealed, TextForm};

use crate::settings::Settings;

/// What a signature covers besides the store.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// The padded order number.
    pub xid: &'a str,
    /// Minor units, as written.
    pub amount: &'a str,
    /// The bank's letters.
    pub currency: &'a str,
}

/// Of a request: `XID;amount;currency;mid;F` with `F` from the key and the terminal.
pub fn request(settings: &Settings, signed: Signed<'_>) -> Result<Sealed, Fault> {
    mac(settings, None, signed)
}

/// Of the bank's answers, with what it answers in front: `mdStatus` when resolving, `hostlogkey` when charging.
pub fn answer(settings: &Settings, word: &str, signed: Signed<'_>) -> Result<Sealed, Fault> {
    mac(settings, Some(word), signed)
}

fn mac(settings: &Settings, word: Option<&str>, signed: Signed<'_>) -> Result<Sealed, Fault> {
    let key = Value::new().sealed(value::secret("enc-key")?).text(&format!(";{}", settings.tid));
    let first = key.digest(DigestAlg::Sha256, TextForm::Base64);
    let word = word.map(|word| format!("{word};")).unwrap_or_default();
    let Signed { xid, amount, currency } = signed;
    let text = format!("{word}{xid};{amount};{currency};{};", settings.mid);
    Ok(Value::new().text(&text).sealed(first).digest(DigestAlg::Sha256, TextForm::Base64))
}

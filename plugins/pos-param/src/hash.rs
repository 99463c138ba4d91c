//! Signatures: of what we send (`Islem_Hash`) and of what the gate sends back.

use vezne_plugin::value::{self, Value};
use vezne_plugin::{DigestAlg, Fault, Sealed, SealedCharset, TextForm};

use crate::settings::Settings;

/// The account's key, which is also half of who we are.
const GUID: &str = "guid";

/// `Islem_Hash`: code and key, then the given values of the request; ISO-8859-9, SHA-1 in Base64.
pub fn request<'a>(settings: &Settings, values: impl IntoIterator<Item = &'a str>) -> Result<Sealed, Fault> {
    let start = Value::new().text(&settings.client_code).sealed(value::secret(GUID)?);
    let all = values.into_iter().fold(start, Value::text).joined();
    let all = all.transcoded(SealedCharset::Iso8859x9).map_err(|error| value::fault(&error))?;
    Ok(all.digest(DigestAlg::Sha1).to_text(TextForm::Base64))
}

/// `islemHash` of a callback after authentication: its values, then the key.
pub fn authenticated<'a>(values: impl IntoIterator<Item = &'a str>) -> Result<Sealed, Fault> {
    let all = values.into_iter().fold(Value::new(), Value::text).sealed(value::secret(GUID)?);
    Ok(all.digest(DigestAlg::Sha1, TextForm::Base64))
}

/// `TURKPOS_RETVAL_Hash` of a callback after a charge: code and key, then its values. The key is our own:
/// the callback repeats it, but what is compared must be made with a secret.
pub fn charged<'a>(settings: &Settings, values: impl IntoIterator<Item = &'a str>) -> Result<Sealed, Fault> {
    let start = Value::new().text(&settings.client_code).sealed(value::secret(GUID)?);
    Ok(values.into_iter().fold(start, Value::text).digest(DigestAlg::Sha1, TextForm::Base64))
}

//! Signatures: SHA-256 in Base64 over the values that a list names, one behind the other, and the key.
//!
//! Nothing stands between the values, so that a signature pins their row of letters down and not where one
//! ends and the next begins. On what we send that does no harm; on a callback the [`gate`](crate::gate) checks
//! the form of each value.

use vezne_plugin::value::{self, Value};
use vezne_plugin::{DigestAlg, Fault, Sealed, TextForm};

/// Of the values a list such as `MerchantNo:TerminalNo` names; what is absent is empty.
pub fn of_list<'n>(list: &'n str, mut find: impl FnMut(&'n str) -> Option<Value>) -> Result<Sealed, Fault> {
    if list.is_empty() {
        return Err(Fault::InvalidRequest("a signature over nothing".into()));
    }
    let values = list.split(':').fold(Value::new(), |out, name| match find(name) {
        Some(value) => out.value(value),
        None => out,
    });
    Ok(values.sealed(value::secret("enc-key")?).digest(DigestAlg::Sha256, TextForm::Base64))
}

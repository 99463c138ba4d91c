//! Signatures of 3-D forms and callbacks: SHA-1 in Base64 over values joined without separators. Messages to the
//! XML interface carry the password itself.

use vezne_plugin::value::{self, Value};
use vezne_plugin::{DigestAlg, Fault, Sealed, TextForm};

const STORE_KEY: &str = "store-key";

/// What a form signs, in order: `MbrId`, `OrderId`, `PurchAmount`, `OkUrl`, `FailUrl`, `TxnType`,
/// `InstallmentCount`, `Rnd`. The currency is not among them.
pub fn form(values: [&str; 8]) -> Result<Sealed, Fault> {
    let all = values.into_iter().fold(Value::new(), Value::text).sealed(value::secret(STORE_KEY)?);
    Ok(all.digest(DigestAlg::Sha1, TextForm::Base64))
}

/// What a callback signs: the store's number, the key, then `OrderId`, `AuthCode`, `ProcReturnCode`, `3DStatus` and
/// `ResponseRnd`, then the user. Neither amount nor currency.
pub fn callback(merchant_id: &str, values: [&str; 5], user_code: &str) -> Result<Sealed, Fault> {
    let head = Value::new().text(merchant_id).sealed(value::secret(STORE_KEY)?);
    let all = values.into_iter().fold(head, Value::text).text(user_code);
    Ok(all.digest(DigestAlg::Sha1, TextForm::Base64))
}

//! Signatures of 3-D forms and callbacks: values one after another, then the merchant's pass; SHA-1 in Base64.

use vezne_plugin::value::{self, Value};
use vezne_plugin::{DigestAlg, Fault, Sealed, TextForm};

const STORE_KEY: &str = "store-key";

/// What a form signs, in order.
pub const FORM: [&str; 8] =
    ["ShopCode", "OrderId", "PurchAmount", "OkUrl", "FailUrl", "TxnType", "InstallmentCount", "Rnd"];

/// What a callback signs, in order; its `HASHPARAMS` say the same, with a `:` behind each name.
pub const CALLBACK: [&str; 11] = [
    "Version",
    "PurchAmount",
    "Exponent",
    "Currency",
    "OkUrl",
    "FailUrl",
    "MD",
    "OrderId",
    "ProcReturnCode",
    "Response",
    "mdStatus",
];

/// Over values in the order they are given.
pub fn sign<'a>(values: impl IntoIterator<Item = &'a str>) -> Result<Sealed, Fault> {
    let all = values.into_iter().fold(Value::new(), Value::text).sealed(value::secret(STORE_KEY)?);
    Ok(all.digest(DigestAlg::Sha1, TextForm::Base64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_one_after_another_before_the_pass() {
        let _session = vezne_plugin::native::Session::new().secret("store-key", "gDg1N").start();
        let signed = sign(["a", "", "b"]).expect("signs");
        let plain = Value::from("abgDg1N").digest(DigestAlg::Sha1, TextForm::Base64);
        assert_eq!(signed.revealed(), plain.revealed());
    }
}

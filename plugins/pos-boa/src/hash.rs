//! `HashData`: what signs requests and, over other fields, the banks' answers.
//!
//! SHA-1 in Base64 over values joined without separators, ending with the hashed password. The rule for
//! answers is in the banks' own documents and reproduces the answers among the public vectors; public
//! clients do not check it.

use vezne_plugin::value::{self, Value};
use vezne_plugin::{DigestAlg, Fault, Sealed, SealedCharset, TextForm};

const PASSWORD: &str = "api-password";

/// Base64 of the password's SHA-1, over its ISO-8859-9 bytes as the bank's examples do.
///
/// As good as the password itself wherever only it signs, so it is a secret too.
pub fn password() -> Result<Sealed, Fault> {
    let password = value::secret(PASSWORD)?.transcoded(SealedCharset::Iso8859x9);
    Ok(password.map_err(|error| value::fault(&error))?.digest(DigestAlg::Sha1).to_text(TextForm::Base64))
}

/// What a request's signature covers; a field the request does not have is empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct Signed<'a> {
    /// The store's number.
    pub merchant_id: &'a str,
    /// Our order number.
    pub order_id: &'a str,
    /// Minor units.
    pub amount: &'a str,
    /// Where a success comes back to.
    pub ok_url: &'a str,
    /// Where a failure comes back to.
    pub fail_url: &'a str,
    /// The API user.
    pub user_name: &'a str,
}

/// Signs a request.
pub fn request(signed: &Signed<'_>) -> Result<Sealed, Fault> {
    let values = [signed.merchant_id, signed.order_id, signed.amount, signed.ok_url, signed.fail_url, signed.user_name];
    over(&values)
}

/// What the bank signs when the payer comes back: order, code and the bank's own order number.
pub fn callback(order_id: &str, code: &str, bank_order: &str) -> Result<Sealed, Fault> {
    over(&[order_id, code, bank_order])
}

/// What the bank signs when it has charged: with its reference number after the order.
pub fn charge(order_id: &str, reference: &str, code: &str, bank_order: &str) -> Result<Sealed, Fault> {
    over(&[order_id, reference, code, bank_order])
}

fn over(values: &[&str]) -> Result<Sealed, Fault> {
    let joined = values.iter().fold(Value::new(), |all, value| all.text(value)).sealed(password()?);
    Ok(joined.digest(DigestAlg::Sha1, TextForm::Base64))
}

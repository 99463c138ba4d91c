//! Signatures of API version 512: requests, 3-D forms, callbacks and answers, all upper-case hex.
//!
//! Each mixes in the *security data*: a SHA-1 over a user's password and the terminal's number. The rule for
//! answers is in no document we have; it was found by trying and holds for every answer in the public vectors,
//! of the old version (SHA-1) as of this one.

use vezne_plugin::value::{self, Value};
use vezne_plugin::{DigestAlg, Fault, Sealed, TextForm};

use crate::settings::{Settings, User};

const STORE_KEY: &str = "store-key";

/// SHA-1 over the user's password and the terminal's number, padded with zeros to nine digits.
pub fn security_data(settings: &Settings, user: User) -> Result<Sealed, Fault> {
    let terminal = format!("{:0>9}", settings.terminal_id);
    let all = Value::new().sealed(value::secret(user.password())?).text(&terminal);
    Ok(all.digest(DigestAlg::Sha1, TextForm::HexUpper))
}

fn sha512(value: &Value) -> Sealed {
    value.digest(DigestAlg::Sha512, TextForm::HexUpper)
}

/// `HashData` of a request. `card` is the card number where the message has one.
pub fn request(
    settings: &Settings,
    user: User,
    order_id: &str,
    card: Option<Sealed>,
    amount: &str,
    currency: &str,
) -> Result<Sealed, Fault> {
    let head = Value::new().text(order_id).text(&settings.terminal_id);
    let head = match card {
        Some(number) => head.sealed(number),
        None => head,
    };
    Ok(sha512(&head.text(amount).text(currency).sealed(security_data(settings, user)?)))
}

/// What `secure3dhash` signs of a form.
#[derive(Debug, Clone, Copy)]
pub struct SignedForm<'a> {
    /// Our order number.
    pub order_id: &'a str,
    /// Minor units.
    pub amount: &'a str,
    /// ISO 4217 number.
    pub currency: &'a str,
    /// Where a success comes back to.
    pub ok_url: &'a str,
    /// Where a failure comes back to.
    pub fail_url: &'a str,
    /// `sales` or `preauth`.
    pub kind: &'a str,
    /// Empty for a single payment.
    pub instalments: &'a str,
}

/// `secure3dhash` of a form.
pub fn form(settings: &Settings, user: User, signed: SignedForm<'_>) -> Result<Sealed, Fault> {
    let parts = [
        settings.terminal_id.as_str(),
        signed.order_id,
        signed.amount,
        signed.currency,
        signed.ok_url,
        signed.fail_url,
        signed.kind,
        signed.instalments,
    ];
    let all = parts.iter().fold(Value::new(), |all, part| all.text(part));
    Ok(sha512(&all.sealed(value::secret(STORE_KEY)?).sealed(security_data(settings, user)?)))
}

/// `hash` of a callback: the values its `hashparams` names, then the store key.
pub fn callback<'a>(values: impl IntoIterator<Item = &'a str>) -> Result<Sealed, Fault> {
    let all = values.into_iter().fold(Value::new(), Value::text);
    Ok(sha512(&all.sealed(value::secret(STORE_KEY)?)))
}

/// `HashData` of an answer: code, retrieval number, authorization code, time and order number, one after
/// another. The old version signs with SHA-1; the length of what was sent tells.
pub fn answer(settings: &Settings, user: User, values: [&str; 5], sent: &str) -> Result<Sealed, Fault> {
    let all = values.into_iter().fold(Value::new(), Value::text).sealed(security_data(settings, user)?);
    let alg = if sent.len() == 40 { DigestAlg::Sha1 } else { DigestAlg::Sha512 };
    Ok(all.digest(alg, TextForm::HexUpper))
}

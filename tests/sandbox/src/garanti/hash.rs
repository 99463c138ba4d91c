//! The bank's signatures. All are upper-case hex; each ends with a secret.

use sha1::{Digest, Sha1};
use sha2::Sha512;

/// A posted form.
pub type Fields = Vec<(String, String)>;

/// The first value of a field.
pub fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    crate::form::value(fields, name)
}

fn sha512(text: &str) -> String {
    hex::encode_upper(Sha512::digest(text.as_bytes()))
}

/// The security data: SHA-1 of the password and the terminal's number in nine digits.
pub fn security(password: &str, terminal: &str) -> String {
    hex::encode_upper(Sha1::digest(format!("{password}{terminal:0>9}").as_bytes()))
}

/// `HashData` of a request: order, terminal, card number if there is one, amount, currency, security data.
pub fn request(parts: [&str; 5], security: &str) -> String {
    sha512(&format!("{}{security}", parts.concat()))
}

/// `secure3dhash` of a form.
pub fn form(f: &Fields, store_key: &str, security: &str) -> String {
    const SIGNED: [&str; 8] = [
        "terminalid",
        "orderid",
        "txnamount",
        "txncurrencycode",
        "successurl",
        "errorurl",
        "txntype",
        "txninstallmentcount",
    ];
    let text: String = SIGNED.iter().map(|name| field(f, name)).collect();
    sha512(&format!("{text}{store_key}{security}"))
}

/// What the bank signs of a callback.
pub const PARAMS: &str = "clientid:oid:authcode:procreturncode:response:mdstatus:cavv:eci:md:rnd:";

/// The values of [`PARAMS`], one after another.
pub fn callback_values(f: &Fields) -> String {
    PARAMS.split(':').map(|name| field(f, name)).collect()
}

/// `hash` of a callback.
pub fn callback(f: &Fields, store_key: &str) -> String {
    sha512(&format!("{}{store_key}", callback_values(f)))
}

/// `HashData` of an answer: code, reference, authorization code, time, order, security data. Recorded answers
/// follow this rule.
pub fn answer(parts: [&str; 5], security: &str) -> String {
    sha512(&format!("{}{security}", parts.concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded with the bank's public test terminal.
    #[test]
    fn recorded_hashes_are_made_again() {
        let security = security("123qweASD/", "30691298");
        assert_eq!(
            request(["order222", "30691298", "", "10025", "949"], &security),
            "0CFE09F107274C6A07292DA061A4EECAB0F5F0CF87F831F2D3626A3346A941126C52D1D95A3B77ADF5AC348B3D25C76BA5D8D98A29557D087D3367BFFACCD25C"
        );
        assert_eq!(
            answer(["00", "335709663080", "103550", "20231223 19:24:30", "202312238064"], &security),
            "1724AAE56E9EF08EAF70633AB5F56F55E538A18201A3A98E03D1DDFC4E2A3185FF6421261F96B3F3B052F0090D5CC15F3254051304F0589BD2061F2622B320A0"
        );
    }
}

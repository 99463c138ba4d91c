//! The family's signatures: SHA-1 in Base64 over values joined without separators.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha1::{Digest, Sha1};

/// A posted form.
pub type Fields = Vec<(String, String)>;

/// The first value of a field.
pub fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    crate::form::value(fields, name)
}

fn sha1(text: &str) -> String {
    STANDARD.encode(Sha1::digest(text.as_bytes()))
}

/// `Hash` of a form.
pub fn form(f: &Fields, merchant_pass: &str) -> String {
    const SIGNED: [&str; 8] =
        ["MbrId", "OrderId", "PurchAmount", "OkUrl", "FailUrl", "TxnType", "InstallmentCount", "Rnd"];
    let text: String = SIGNED.iter().map(|name| field(f, name)).collect();
    sha1(&format!("{text}{merchant_pass}"))
}

/// `ResponseHash` of what goes back.
pub fn callback(f: &Fields, merchant: &str, merchant_pass: &str, user: &str) -> String {
    const SIGNED: [&str; 5] = ["OrderId", "AuthCode", "ProcReturnCode", "3DStatus", "ResponseRnd"];
    let text: String = SIGNED.iter().map(|name| field(f, name)).collect();
    sha1(&format!("{merchant}{merchant_pass}{text}{user}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// Recorded with the bank's public test store.
    #[test]
    fn recorded_hashes_are_made_again() {
        let url = "http://localhost/finansbank-payfor/3d/response.php";
        let f = fields(&[
            ("MbrId", "5"),
            ("OrderId", "2020110828BC"),
            ("PurchAmount", "100.01"),
            ("TxnType", "Auth"),
            ("InstallmentCount", "0"),
            ("OkUrl", url),
            ("FailUrl", url),
            ("Rnd", "0.43625700 1604831630"),
        ]);
        assert_eq!(form(&f, "12345678"), "zmSUxYPhmCj7QOzqpk/28LuE1Oc=");
        let f = fields(&[
            ("OrderId", "20221031FD04"),
            ("AuthCode", ""),
            ("ProcReturnCode", "V033"),
            ("3DStatus", "1"),
            ("ResponseRnd", "PF638028511007418219"),
        ]);
        let made = callback(&f, "085300000009704", "12345678", "QNB_API_KULLANICI_3DPAY");
        assert_eq!(made, "rVcKoOOl3jKukGLHcQaVM6ZuznU=");
    }
}

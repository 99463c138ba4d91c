//! SHA-512 in Base64 over a password and values without anything between them.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha512};

use super::store::Account;

/// Names and values, as posted.
pub type Fields = Vec<(String, String)>;

/// The value of a field, empty if absent.
pub fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v)
}

/// The hash of a request.
pub fn request(account: &Account, client: &str, random: &str, time: &str) -> String {
    hash(&[&account.api_pass, client, &account.api_user, random, time])
}

/// What a callback's hash covers.
pub const CALLBACK: &str = "ClientId,ApiUser,OrderId,MdStatus,BankResponseCode,BankResponseMessage,RequestStatus";

/// The hash of a callback. The API user is not among its fields: both sides know it.
pub fn callback(fields: &Fields, account: &Account, pass: &str) -> String {
    let value = |name: &str| if name == "ApiUser" { account.api_user.clone() } else { field(fields, name).to_owned() };
    let values: Vec<String> = CALLBACK.split(',').map(value).collect();
    let mut parts = vec![pass];
    parts.extend(values.iter().map(String::as_str));
    hash(&parts)
}

fn hash(parts: &[&str]) -> String {
    let mut digest = Sha512::new();
    for part in parts {
        digest.update(part.as_bytes());
    }
    STANDARD.encode(digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the public test suite of `mewebstudio/pos` (MIT).
    #[test]
    fn published_messages_have_the_hash_we_make() {
        let account = Account { api_user: "POS_ENT_Test_001".into(), api_pass: "POS_ENT_Test_001!*!*".into() };
        assert_eq!(
            request(&account, "1000000494", "rand", "20231209201121"),
            "BwZ05tt0aNgIgtrrqmlTwSIaeetpQyyGLH6xTsQbHae7ANCIVKmLHPxYWk5XP3Li5fr4La1bZS9/43OihP0dig=="
        );
        let fields: Fields = [
            ("ClientId", "1000000494"),
            ("OrderId", "202312034E91"),
            ("MdStatus", "1"),
            ("BankResponseCode", "00"),
            ("RequestStatus", "1"),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .to_vec();
        assert_eq!(
            callback(&fields, &account, &account.api_pass),
            "CgibjWkLpfx+Cz6cVlbH1ViSW74ouKACVOW0Vrt2SfqPMt+V3hfIx/4LnOgcInFhPci/qcnIMgdN0RptHSmFOg=="
        );
    }
}

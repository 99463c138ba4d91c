//! Signatures: SHA-256 in Base64 over values one behind the other, and the key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::store::Account;

/// Over these values.
pub fn of(account: &Account, values: &[&str]) -> String {
    STANDARD.encode(Sha256::digest(format!("{}{}", values.concat(), account.enc_key).as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the public vectors of `mewebstudio/pos` (MIT).
    #[test]
    fn the_published_signatures_come_out() {
        let stores = super::super::store::stores();
        let account = stores[1].account::<Account>().expect("ours");
        let values = ["6700950031", "67540050", "5400619360964581", "056", "2001", "175"];
        assert_eq!(of(account, &values), "xuhPbpcPJ6kVs7JeIXS8f06Cv0mb9cNPMfjp1HiB7Ew=");
        let values = ["6700950031", "67540050", "021459486690000191", ""];
        assert_eq!(of(account, &values), "qhLo/2Ro+vT81i0SMV/VHifDV9VzQQgK+7d8hlId9YM=");
    }
}

//! Signatures of the 3-D steps: SHA-256 in Base64, fields joined with semicolons, the key hashed with the terminal.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::store::Store;

use super::store::Account;

fn h(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text.as_bytes()))
}

/// Over these fields of a store.
pub fn of(store: &Store, account: &Account, fields: &[&str]) -> String {
    let key = h(&format!("{};{}", account.enc_key, account.tid));
    h(&format!("{};{};{key}", fields.join(";"), store.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the public vectors of `mewebstudio/pos` (MIT).
    #[test]
    fn the_published_signatures_come_out() {
        let stores = super::super::store::stores();
        let (store, account) = (&stores[0], stores[0].account::<Account>().expect("ours"));
        assert_eq!(
            of(store, account, &["TST_190620093100_024", "175", "TL"]),
            "nyeFSQ4J9NZVeCcEGCDomM8e2YIvoeIa/IDh2D3qaL4="
        );
        assert_eq!(
            of(store, account, &["9", "00000000000000000895", "100", "TL"]),
            "7I9ojRm7yzvZZTFNOYWocGIGSTv2Vmq23STR6X6X+c0="
        );
    }
}

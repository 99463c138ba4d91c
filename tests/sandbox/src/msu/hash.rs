//! The signature of a return: SHA-512 over five values and the merchant's key, with a mark between them.

use sha2::{Digest, Sha512};

/// `sdSha512`, in small hexadecimal letters. The documents do not say in which letters.
pub fn signed(values: &[&str; 5], secret_key: &str) -> String {
    let mut digest = Sha512::new();
    for value in values {
        digest.update(value.as_bytes());
        digest.update(b"|");
    }
    digest.update(secret_key.as_bytes());
    hex::encode(digest.finalize())
}

#[cfg(test)]
mod tests {
    /// Made with `printf 'o|c|s|00|r|k' | sha512sum`.
    #[test]
    fn is_what_another_program_makes_of_the_same() {
        assert_eq!(
            super::signed(&["o", "c", "s", "00", "r"], "k"),
            "ce4894a57d588c1a03bcc60c8fe11c1832f1fdb83b1fb71671dbccedbf8000178a91564589ca6cbdc63d4a9c3d61ef71371622e9452353d088f03420571f5564"
        );
    }
}

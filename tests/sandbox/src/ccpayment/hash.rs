//! `hash_key`: `iv:salt:cipher`, made and opened as Sipay's documentation shows it in PHP.

use aes::Aes256;
use base64::{Engine, engine::general_purpose::STANDARD};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use sha1::Sha1;
use sha2::{Digest, Sha256};

const BLOCK: usize = 16;

fn key(secret: &str, salt: &str) -> [u8; 32] {
    let password = hex::encode(Sha1::digest(secret.as_bytes()));
    let letters = hex::encode(Sha256::digest(format!("{password}{salt}").as_bytes()));
    // PHP hands over all 64 letters, and the cipher takes as many as it needs.
    let mut key = [0_u8; 32];
    key.copy_from_slice(&letters.as_bytes()[..32]);
    key
}

/// Encrypts values.
pub fn made(values: &[&str], secret: &str, iv: &str, salt: &str) -> String {
    let plain = values.join("|");
    let mut out = vec![0_u8; (plain.len() / BLOCK + 1) * BLOCK];
    let cipher = cbc::Encryptor::<Aes256>::new_from_slices(&key(secret, salt), iv.as_bytes());
    if let Ok(cipher) = cipher {
        let _ = cipher.encrypt_padded_b2b::<Pkcs7>(plain.as_bytes(), &mut out);
    }
    format!("{iv}:{salt}:{}", STANDARD.encode(out)).replace('/', "__")
}

/// The values in one; nothing where it cannot be opened.
pub fn opened(hash_key: &str, secret: &str) -> Option<Vec<String>> {
    let mut parts = hash_key.split(':');
    let (iv, salt, cipher) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let cipher = STANDARD.decode(cipher.replace("__", "/")).ok()?;
    let mode = cbc::Decryptor::<Aes256>::new_from_slices(&key(secret, salt), iv.as_bytes()).ok()?;
    let mut out = vec![0_u8; cipher.len()];
    let plain = mode.decrypt_padded_b2b::<Pkcs7>(&cipher, &mut out).ok()?;
    let plain = std::str::from_utf8(plain).ok()?;
    Some(plain.split('|').map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `openssl enc -aes-256-cbc`.
    const OPENSSL: &str = "661ebbf2acc9d8bc:0003:kkt7b5kOK74v__E1AU__xltkrQIT__nlPnoqlzQcnyF0tpNtgMD__+9fMNfZVn7Ef7fu";
    const SECRET: &str = "bb18138fbd6fe9a2512e8933e6f37a01";

    #[test]
    fn openssl_makes_the_same() {
        let values = ["1", "10.01", "01JD8ZK0Q3", "16118277721618", "TRY"];
        assert_eq!(made(&values, SECRET, "661ebbf2acc9d8bc", "0003"), OPENSSL);
        assert_eq!(opened(OPENSSL, SECRET).expect("opens"), values);
        assert_eq!(opened(OPENSSL, "another"), None);
        for bad in ["", "a:b", "a:b:c:d", "661ebbf2acc9d8bc:0003:?", "661ebbf2:0003:kkt7b5kOK74v"] {
            assert_eq!(opened(bad, SECRET), None, "{bad}");
        }
    }
}

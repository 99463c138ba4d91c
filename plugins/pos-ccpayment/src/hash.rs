//! `hash_key`: values joined with `|`, encrypted, and carried as `iv:salt:cipher`.
//!
//! Key: the first 32 letters of SHA-256 in hex over (SHA-1 in hex over the app secret, salt). Cipher: AES-256-CBC
//! in Base64, and `/` is written `__`. Source: Sipay's documentation (`generateHashKey`), whose PHP takes the
//! 64 letters of the digest as a key and uses the first 32 of them.
//!
//! **It is encryption and no signature.** Whoever holds a genuine one may turn bits of its initialization vector,
//! and with them the same bits of the first sixteen characters: in a return that is the result itself, and the
//! leading digits of the amount. So nothing may rest on a return alone; see [`crate::gate`].

use sha2::{Digest, Sha256};
use vezne_plugin::value::{self, Value};
use vezne_plugin::{CipherAlg, DigestAlg, Fault, Sealed, TextForm, host};

use crate::settings::app_secret;

const HEX: &str = "0123456789abcdef";
const IV_CHARS: u8 = 16;
const SALT_CHARS: u8 = 4;
/// Longer than any genuine one: five short values.
const BUNDLE_CHARS_MAX: usize = 1_024;
const SALT_CHARS_MAX: usize = 64;

/// A `hash_key` over values, with a fresh vector and salt.
pub fn over(values: &[&str]) -> Result<Sealed, Fault> {
    let (iv, salt) = (host::reference(HEX, IV_CHARS), host::reference(HEX, SALT_CHARS));
    bundle(values, &iv, &salt)
}

fn bundle(values: &[&str], iv: &str, salt: &str) -> Result<Sealed, Fault> {
    let password = app_secret()?.digest(DigestAlg::Sha1).to_text(TextForm::HexLower);
    let key = Value::from(password).text(salt).digest(DigestAlg::Sha256, TextForm::HexLower);
    let key = key.slice(0, 32).map_err(|error| value::fault(&error))?;
    let plain = Value::from(values.join("|")).joined();
    let cipher = plain.encrypt(CipherAlg::Aes256CbcPkcs7, &key, iv.as_bytes()).map_err(|error| value::fault(&error))?;
    let cipher = cipher.to_text(TextForm::Base64).replaced("/", "__").map_err(|error| value::fault(&error))?;
    Ok(Value::from(format!("{iv}:{salt}:")).sealed(cipher).joined())
}

/// A `hash_key` that came back.
#[derive(Debug, Clone)]
pub struct Sent {
    iv: String,
    salt: String,
    digest: String,
}

impl Sent {
    /// Takes one apart; `None` for what none of them looks like.
    pub fn read(text: &str) -> Option<Self> {
        // Base64 has a plus sign, and a query that was not escaped turns it into a space.
        let text = text.replace(' ', "+");
        let plain = text.len() <= BUNDLE_CHARS_MAX && text.bytes().all(|byte| byte.is_ascii_graphic());
        let parts: Vec<&str> = text.split(':').collect();
        let [iv, salt, _] = parts.as_slice() else { return None };
        let fits = plain && iv.len() == usize::from(IV_CHARS) && (1..=SALT_CHARS_MAX).contains(&salt.len());
        let digest = hex::encode(Sha256::digest(text.as_bytes()));
        fits.then(|| Self { iv: (*iv).to_owned(), salt: (*salt).to_owned(), digest })
    }

    /// Whether it is over these values: they are encrypted once more, and the digests compared. Each call is one
    /// of the eight comparisons a call of the connector has.
    pub fn is_over(&self, values: &[&str]) -> Result<bool, Fault> {
        let ours = Value::from(bundle(values, &self.iv, &self.salt)?).digest(DigestAlg::Sha256, TextForm::HexLower);
        Ok(value::equals(&ours, &self.digest))
    }
}

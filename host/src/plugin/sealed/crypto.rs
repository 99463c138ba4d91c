//! Digests, HMACs and ciphers of sealed values: where labels change.

use aes_gcm::aead::Aead;
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use hmac::{Hmac, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::made::Given;
use super::{Labels, Made, SealError, SealFault, Sealed};

/// Digests banks use; some of them still live on SHA-1, and one on MD5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// 16 bytes.
    Md5,
    /// 20 bytes.
    Sha1,
    /// 32 bytes.
    Sha256,
    /// 48 bytes.
    Sha384,
    /// 64 bytes.
    Sha512,
}

impl Digest {
    fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }
}

/// Ciphers banks use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cipher {
    /// Keys of 16 (two-key) or 24 bytes.
    TdesCbcPkcs7,
    /// Key of 16 bytes.
    Aes128CbcPkcs7,
    /// Key of 32 bytes.
    Aes256CbcPkcs7,
    /// Key of 32 and nonce of 12 bytes; the tag follows the text.
    Aes256Gcm,
}

impl Cipher {
    fn name(self) -> &'static str {
        match self {
            Self::TdesCbcPkcs7 => "3des-cbc",
            Self::Aes128CbcPkcs7 => "aes128-cbc",
            Self::Aes256CbcPkcs7 => "aes256-cbc",
            Self::Aes256Gcm => "aes256-gcm",
        }
    }
}

const BAD_KEY: SealFault = SealFault::Error(SealError::BadKey);

impl Sealed {
    /// The labels of what comes out when these labels went in and `with_secret` says that something
    /// secret did as well: the card can then no longer be guessed from it.
    fn mixed_labels(labels: Labels, with_secret: bool, card_becomes: Labels) -> Labels {
        if !with_secret {
            return labels;
        }
        let mut mixed = labels.without(Labels::SECRET | Labels::CARD_DERIVED) | Labels::KEYED;
        if labels.any(Labels::CARD_DERIVED) {
            mixed |= card_becomes;
        }
        mixed
    }

    /// A digest. Of a secret alone it is as good as the secret and stays one; of card data without a secret
    /// it keeps the card's labels, because a million guesses undo it.
    pub fn digest(&self, alg: Digest) -> Self {
        let bytes = Zeroizing::new(digest_of(alg, self.expose()));
        let with_secret = self.labels.any(Labels::SECRET | Labels::KEYED) && !self.bare;
        let labels = Self::mixed_labels(self.labels, with_secret, Labels::CARD_KEYED);
        let whole = Some(bytes.len());
        let made = self.remade(alg.name(), &[]);
        Self { bytes, labels, bare: self.bare, whole, made }
    }

    /// An HMAC. With a key that is not secret nothing is hidden, so labels stay, and those of the key join.
    pub fn hmac(&self, alg: Digest, key: &Self) -> Result<Self, SealFault> {
        let bytes = Zeroizing::new(hmac_of(alg, key.expose(), self.expose()).ok_or(BAD_KEY)?);
        let labels = self.keyed_labels(key, Labels::CARD_KEYED);
        let whole = Some(bytes.len());
        let (how, given) = (format!("hmac-{}", alg.name()), [Given::Made(&self.made), Given::Made(&key.made)]);
        let made = Made::step(&how, &given, &[&self.made, &key.made]);
        Ok(Self { bytes, labels, bare: false, whole, made })
    }

    /// Encryption; with a secret key card data becomes `card-cipher`.
    pub fn encrypt(&self, alg: Cipher, key: &Self, iv: &[u8]) -> Result<Self, SealFault> {
        let bytes = Zeroizing::new(encrypted(alg, key.expose(), iv, self.expose()).ok_or(BAD_KEY)?);
        let labels = self.keyed_labels(key, Labels::CARD_CIPHER);
        let given = [Given::Made(&self.made), Given::Made(&key.made), Given::Plain(iv)];
        let made = Made::step(alg.name(), &given, &[&self.made, &key.made]);
        Ok(Self { bytes, labels, bare: false, whole: None, made })
    }

    /// Labels of something made from `self` with `key`. The key may be a slice; what it is used on may not.
    fn keyed_labels(&self, key: &Self, card_becomes: Labels) -> Labels {
        if key.labels.any(Labels::SECRET | Labels::KEYED) {
            let inside = self.labels | key.labels.without(Labels::KEY_ONLY);
            Self::mixed_labels(inside, true, card_becomes)
        } else {
            self.labels | key.labels
        }
    }
}

fn digest_of(alg: Digest, bytes: &[u8]) -> Vec<u8> {
    match alg {
        Digest::Md5 => Md5::digest(bytes).to_vec(),
        Digest::Sha1 => Sha1::digest(bytes).to_vec(),
        Digest::Sha256 => Sha256::digest(bytes).to_vec(),
        Digest::Sha384 => Sha384::digest(bytes).to_vec(),
        Digest::Sha512 => Sha512::digest(bytes).to_vec(),
    }
}

fn hmac_of(alg: Digest, key: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    macro_rules! with {
        ($digest:ty) => {{
            let mut mac = <Hmac<$digest> as hmac::KeyInit>::new_from_slice(key).ok()?;
            mac.update(bytes);
            mac.finalize().into_bytes().to_vec()
        }};
    }
    Some(match alg {
        Digest::Md5 => with!(Md5),
        Digest::Sha1 => with!(Sha1),
        Digest::Sha256 => with!(Sha256),
        Digest::Sha384 => with!(Sha384),
        Digest::Sha512 => with!(Sha512),
    })
}

fn encrypted(alg: Cipher, key: &[u8], iv: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    match alg {
        Cipher::TdesCbcPkcs7 if key.len() == 16 => cbc_encrypted::<cbc::Encryptor<des::TdesEde2>>(key, iv, bytes, 8),
        Cipher::TdesCbcPkcs7 => cbc_encrypted::<cbc::Encryptor<des::TdesEde3>>(key, iv, bytes, 8),
        Cipher::Aes128CbcPkcs7 => cbc_encrypted::<cbc::Encryptor<aes::Aes128>>(key, iv, bytes, 16),
        Cipher::Aes256CbcPkcs7 => cbc_encrypted::<cbc::Encryptor<aes::Aes256>>(key, iv, bytes, 16),
        Cipher::Aes256Gcm => {
            let nonce: [u8; 12] = iv.try_into().ok()?;
            let cipher = Aes256Gcm::new_from_slice(key).ok()?;
            cipher.encrypt(&Nonce::from(nonce), bytes).ok()
        }
    }
}

fn cbc_encrypted<C: KeyIvInit + BlockModeEncrypt>(
    key: &[u8],
    iv: &[u8],
    bytes: &[u8],
    block: usize,
) -> Option<Vec<u8>> {
    let cipher = C::new_from_slices(key, iv).ok()?;
    let mut out = vec![0; (bytes.len() / block + 1) * block];
    cipher.encrypt_padded_b2b::<Pkcs7>(bytes, &mut out).ok()?;
    Some(out)
}

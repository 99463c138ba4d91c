//! Digests, HMACs and ciphers, as the host computes them.

use aes_gcm::aead::Aead;
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use hmac::{Hmac, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::sealed::{CipherAlg, DigestAlg};

pub(super) fn digest(alg: DigestAlg, bytes: &[u8]) -> Vec<u8> {
    match alg {
        DigestAlg::Md5 => Md5::digest(bytes).to_vec(),
        DigestAlg::Sha1 => Sha1::digest(bytes).to_vec(),
        DigestAlg::Sha256 => Sha256::digest(bytes).to_vec(),
        DigestAlg::Sha384 => Sha384::digest(bytes).to_vec(),
        DigestAlg::Sha512 => Sha512::digest(bytes).to_vec(),
    }
}

pub(super) fn hmac(alg: DigestAlg, key: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    macro_rules! with {
        ($digest:ty) => {{
            let mut mac = <Hmac<$digest> as hmac::KeyInit>::new_from_slice(key).ok()?;
            mac.update(bytes);
            mac.finalize().into_bytes().to_vec()
        }};
    }
    Some(match alg {
        DigestAlg::Md5 => with!(Md5),
        DigestAlg::Sha1 => with!(Sha1),
        DigestAlg::Sha256 => with!(Sha256),
        DigestAlg::Sha384 => with!(Sha384),
        DigestAlg::Sha512 => with!(Sha512),
    })
}

pub(super) fn encrypt(alg: CipherAlg, key: &[u8], iv: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    match alg {
        CipherAlg::TdesCbcPkcs7 if key.len() == 16 => in_blocks::<cbc::Encryptor<des::TdesEde2>>(key, iv, bytes, 8),
        CipherAlg::TdesCbcPkcs7 => in_blocks::<cbc::Encryptor<des::TdesEde3>>(key, iv, bytes, 8),
        CipherAlg::Aes128CbcPkcs7 => in_blocks::<cbc::Encryptor<aes::Aes128>>(key, iv, bytes, 16),
        CipherAlg::Aes256CbcPkcs7 => in_blocks::<cbc::Encryptor<aes::Aes256>>(key, iv, bytes, 16),
        CipherAlg::Aes256Gcm => {
            let nonce: [u8; 12] = iv.try_into().ok()?;
            let cipher = Aes256Gcm::new_from_slice(key).ok()?;
            cipher.encrypt(&Nonce::from(nonce), bytes).ok()
        }
    }
}

fn in_blocks<C: KeyIvInit + BlockModeEncrypt>(key: &[u8], iv: &[u8], bytes: &[u8], block: usize) -> Option<Vec<u8>> {
    let cipher = C::new_from_slices(key, iv).ok()?;
    let mut out = vec![0; (bytes.len() / block + 1) * block];
    cipher.encrypt_padded_b2b::<Pkcs7>(bytes, &mut out).ok()?;
    Some(out)
}

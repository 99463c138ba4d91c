//! Access tokens for programs: `EdDSA`, ten minutes, every claim required (RFC 9068, RFC 8725).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ed25519_dalek::SigningKey;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::keys::{self, Key};
use crate::ctx::Clock;
use crate::domain::id::{ApiKeyId, NodeId, TenantId};
use crate::limits;

/// The claims of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Who signed.
    pub iss: String,
    /// For whom.
    pub aud: String,
    /// The API key it was exchanged for.
    pub sub: ApiKeyId,
    /// The firm.
    pub tenant: TenantId,
    /// The root of what may be seen.
    pub node: NodeId,
    /// What may be done, with blanks between.
    pub scope: String,
    /// Not good before, epoch seconds.
    pub nbf: i64,
    /// Not good after, epoch seconds.
    pub exp: i64,
    /// When it was made, epoch seconds.
    pub iat: i64,
    /// Names this token.
    pub jti: String,
}

/// A token that is not believed; the reason stays inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid")]
pub struct TokenError;

/// Signs and checks tokens. Cheap to clone.
#[derive(Clone)]
pub struct Tokens(Arc<Inner>);

struct Inner {
    issuer: String,
    key_id: String,
    signing: EncodingKey,
    checking: DecodingKey,
    validation: Validation,
    clock: Clock,
    /// Tokens whose signature was right, by their hashes: looking again costs more than all else of a small request.
    checked: Mutex<HashMap<[u8; 32], Arc<Claims>>>,
}

const AUDIENCE: &str = "vezne-api";
const TYPE: &str = "at+jwt";
/// PKCS#8 (RFC 8410) before the 32 bytes of an Ed25519 seed.
const PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

impl Tokens {
    /// From a seed; the issuer is this installation's name.
    pub fn new(seed: &Key, issuer: &str, clock: Clock) -> Self {
        let public = SigningKey::from_bytes(seed).verifying_key();
        let der = Zeroizing::new([&PKCS8[..], &seed[..]].concat());
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[AUDIENCE]);
        // The crate asks the machine for the time; `check` below asks our clock instead.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self(Arc::new(Inner {
            issuer: issuer.to_owned(),
            key_id: hex::encode(&keys::mac(seed, &[b"vezne/key-id"])[..8]),
            signing: EncodingKey::from_ed_der(&der),
            checking: DecodingKey::from_ed_der(public.as_bytes()),
            validation,
            clock,
            checked: Mutex::default(),
        }))
    }

    /// A token for an API key, with its life in seconds.
    pub fn issue(
        &self,
        key: ApiKeyId,
        tenant: TenantId,
        node: NodeId,
        scope: &str,
    ) -> Result<(String, i64), TokenError> {
        let now = self.0.clock.now_ms() / 1000;
        let life = limits::TOKEN_LIFE.as_secs().cast_signed();
        let claims = Claims {
            iss: self.0.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: key,
            tenant,
            node,
            scope: scope.to_owned(),
            nbf: now,
            iat: now,
            exp: now + life,
            jti: hex::encode(super::random::<16>()),
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(self.0.key_id.clone());
        let token = jsonwebtoken::encode(&header, &claims, &self.0.signing).map_err(|_| TokenError)?;
        Ok((token, life))
    }

    /// The claims of a token that is ours, meant for us and good now.
    pub fn check(&self, token: &str) -> Result<Arc<Claims>, TokenError> {
        if token.len() > limits::TOKEN_BYTES_MAX {
            return Err(TokenError);
        }
        let name: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let known = self.checked().get(&name).map(Arc::clone);
        let claims = match &known {
            Some(known) => Arc::clone(known),
            None => Arc::new(self.read(token)?),
        };
        if !self.is_good_now(&claims) {
            return Err(TokenError);
        }
        if known.is_none() {
            self.keep(name, &claims);
        }
        Ok(claims)
    }

    /// The claims of a token that we signed.
    fn read(&self, token: &str) -> Result<Claims, TokenError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError)?;
        // One algorithm, one type, one key of ours; addresses and keys in the header are never followed.
        let ours = header.alg == Algorithm::EdDSA
            && header.typ.as_deref() == Some(TYPE)
            && header.kid.as_deref() == Some(self.0.key_id.as_str())
            && header.jku.is_none()
            && header.jwk.is_none()
            && header.x5u.is_none()
            && header.x5c.is_none();
        if !ours {
            return Err(TokenError);
        }
        let read = jsonwebtoken::decode::<Claims>(token, &self.0.checking, &self.0.validation);
        read.map(|token| token.claims).map_err(|_| TokenError)
    }

    fn is_good_now(&self, claims: &Claims) -> bool {
        let now = self.0.clock.now_ms() / 1000;
        let leeway = limits::TOKEN_LEEWAY.as_secs().cast_signed();
        let long = claims.exp.saturating_sub(claims.iat) > limits::TOKEN_LIFE.as_secs().cast_signed();
        now <= claims.exp.saturating_add(leeway) && now >= claims.nbf.saturating_sub(leeway) && !long
    }

    fn keep(&self, name: [u8; 32], claims: &Arc<Claims>) {
        let mut checked = self.checked();
        if checked.len() >= limits::TOKENS_KEPT_MAX {
            checked.retain(|_, claims| self.is_good_now(claims));
        }
        if checked.len() < limits::TOKENS_KEPT_MAX {
            checked.insert(name, Arc::clone(claims));
        }
    }

    fn checked(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], Arc<Claims>>> {
        self.0.checked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;

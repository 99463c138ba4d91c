//! Whose components are taken: the trust store, and the detached signatures it checks.
//!
//! A publisher signs a short statement that names a component by its digest, with its id, version and kind, so that a
//! signature for one thing is good for nothing else. The trust store is a file of the operator; who administers a firm
//! cannot add a publisher.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::keys::Key;

/// What a signature is about.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'a> {
    /// SHA-256 of the component, hex.
    pub digest: &'a str,
    /// The plugin's id.
    pub id: &'a str,
    /// Its version.
    pub version: &'a str,
    /// `pos`, ….
    pub kind: &'a str,
}

impl Statement<'_> {
    /// The signed bytes. One line each, and no value can hold a line break, so nothing can be read in two ways.
    fn text(&self, publisher: &str, created: &str) -> String {
        let Self { digest, id, version, kind } = self;
        format!(
            "vezne plugin signature 1\ndigest sha256:{digest}\nid {id}\nversion {version}\nkind {kind}\n\
             publisher {publisher}\ncreated {created}\n"
        )
    }
}

/// A detached signature, as it lies beside a component (`NAME.wasm.sig`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PluginSignature {
    /// Who signed, as the trust store names it.
    pub publisher: String,
    /// When, RFC 3339.
    pub created: String,
    /// Ed25519 over the statement, base64.
    pub signature: String,
}

/// Signs a statement.
pub fn sign(seed: &Key, publisher: &str, created: &str, statement: &Statement<'_>) -> PluginSignature {
    let signature = SigningKey::from_bytes(seed).sign(statement.text(publisher, created).as_bytes());
    PluginSignature {
        publisher: publisher.to_owned(),
        created: created.to_owned(),
        signature: BASE64_STANDARD.encode(signature.to_bytes()),
    }
}

/// The public half of a seed, hex: what stands in the trust store.
pub fn public_key(seed: &Key) -> String {
    hex::encode(SigningKey::from_bytes(seed).verifying_key().as_bytes())
}

/// A publisher, with the largest grants its plugins may ask for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publisher {
    /// Its name in signatures.
    pub name: String,
    /// Ed25519 public key, hex.
    pub key: String,
    /// Its plugins' ids begin with one of these.
    pub prefixes: Vec<String>,
    /// Its plugins may have card data sent to the bank.
    #[serde(default)]
    pub takes_card: bool,
    /// Its plugins may name these hosts, and those below a name that begins with `*.`; any where absent.
    #[serde(default)]
    pub hosts: Option<Vec<String>>,
    /// Largest memory of a call; the default limit where absent.
    #[serde(default)]
    pub memory_bytes: Option<u64>,
    /// Largest running time of a call; the default limit where absent.
    #[serde(default)]
    pub cpu_ms: Option<u32>,
}

impl Publisher {
    /// Whether its plugins may send to a host.
    pub fn may_name(&self, host: &str) -> bool {
        self.hosts.as_ref().is_none_or(|hosts| {
            hosts.iter().any(|known| match known.strip_prefix('*') {
                Some(below) => below.starts_with('.') && host.ends_with(below),
                None => known == host,
            })
        })
    }
}

/// Why a signature is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// The trust store has no such publisher.
    #[error("the publisher {0:?} is not in the trust store")]
    Publisher(String),
    /// Not for such an id.
    #[error("the publisher {0:?} may not publish {1:?}")]
    Prefix(String, String),
    /// Not over this component, or not by this publisher's key.
    #[error("the signature is not the publisher's over this very component")]
    Signature,
}

/// Why the trust store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// It cannot be read.
    #[error("the trust store cannot be read")]
    File(#[from] std::io::Error),
    /// It is not what it must be.
    #[error("the trust store: {0}")]
    Malformed(String),
}

/// The publishers that are believed.
#[derive(Debug, Clone, Default)]
pub struct TrustStore(Vec<(Publisher, VerifyingKey)>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TrustFile {
    #[serde(default)]
    publisher: Vec<Publisher>,
}

impl TrustStore {
    /// Reads the operator's file; without one nobody is believed.
    pub fn open(path: Option<&Path>) -> Result<Self, TrustError> {
        match path {
            Some(path) => Self::parse(&fs::read_to_string(path)?),
            None => Ok(Self::default()),
        }
    }

    /// Reads the text of the file.
    pub fn parse(text: &str) -> Result<Self, TrustError> {
        let broken = |what: String| TrustError::Malformed(what);
        let file: TrustFile = toml::from_str(text).map_err(|error| broken(error.message().to_owned()))?;
        let mut publishers: Vec<(Publisher, VerifyingKey)> = Vec::new();
        for publisher in file.publisher {
            let name = &publisher.name;
            let plain = !name.is_empty() && name.len() <= 64 && name.bytes().all(|b| b.is_ascii_graphic());
            if !plain || publishers.iter().any(|(known, _)| known.name == *name) {
                return Err(broken(format!("the publisher {name:?} is named twice or not in visible ASCII")));
            }
            if publisher.prefixes.is_empty() {
                return Err(broken(format!("the publisher {name:?} has no prefixes")));
            }
            let mut bytes = [0; 32];
            let key = hex::decode_to_slice(&publisher.key, &mut bytes).ok();
            let key = key.and_then(|()| VerifyingKey::from_bytes(&bytes).ok()).filter(|key| !key.is_weak());
            let key = key.ok_or_else(|| broken(format!("the key of {name:?} is not an Ed25519 public key in hex")))?;
            publishers.push((publisher, key));
        }
        Ok(Self(publishers))
    }

    /// The publisher behind a signature.
    pub fn verified(&self, statement: &Statement<'_>, signature: &PluginSignature) -> Result<&Publisher, Untrusted> {
        let known = self.0.iter().find(|(publisher, _)| publisher.name == signature.publisher);
        let (publisher, key) = known.ok_or_else(|| Untrusted::Publisher(signature.publisher.clone()))?;
        if !publisher.prefixes.iter().any(|prefix| statement.id.starts_with(prefix.as_str())) {
            return Err(Untrusted::Prefix(publisher.name.clone(), statement.id.to_owned()));
        }
        let bytes = BASE64_STANDARD.decode(&signature.signature).map_err(|_| Untrusted::Signature)?;
        let given = ed25519_dalek::Signature::from_slice(&bytes).map_err(|_| Untrusted::Signature)?;
        let text = statement.text(&signature.publisher, &signature.created);
        // Strict: no other bytes verify in place of these.
        key.verify_strict(text.as_bytes(), &given).map_err(|_| Untrusted::Signature)?;
        Ok(publisher)
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    const GOOD: Statement<'_> = Statement { digest: "ab12", id: "pos-x", version: "1.0.0", kind: "pos" };

    fn store(seed: &Key, prefixes: &str) -> TrustStore {
        let key = public_key(seed);
        TrustStore::parse(&format!("[[publisher]]\nname = \"us\"\nkey = \"{key}\"\nprefixes = {prefixes}\n")).unwrap()
    }

    #[test]
    fn a_signature_is_good_for_one_component_of_one_publisher() {
        let seed: Key = Zeroizing::new([7; 32]);
        let store = store(&seed, "[\"pos-\"]");
        let signed = sign(&seed, "us", "2026-11-22T10:00:00Z", &GOOD);
        assert_eq!(store.verified(&GOOD, &signed).unwrap().name, "us");
        for other in [
            Statement { digest: "ab13", ..GOOD },
            Statement { id: "pos-y", ..GOOD },
            Statement { version: "1.0.1", ..GOOD },
            Statement { kind: "erp", ..GOOD },
        ] {
            assert_eq!(store.verified(&other, &signed).unwrap_err(), Untrusted::Signature, "{other:?}");
        }
        let later = PluginSignature { created: "2027-01-01T00:00:00Z".into(), ..signed.clone() };
        assert_eq!(store.verified(&GOOD, &later).unwrap_err(), Untrusted::Signature);
        let stranger = sign(&Zeroizing::new([8; 32]), "us", "2026-11-22T10:00:00Z", &GOOD);
        assert_eq!(store.verified(&GOOD, &stranger).unwrap_err(), Untrusted::Signature);
        let unknown = PluginSignature { publisher: "them".into(), ..signed.clone() };
        assert_eq!(store.verified(&GOOD, &unknown).unwrap_err(), Untrusted::Publisher("them".into()));
        let narrow = self::store(&seed, "[\"erp-\"]");
        assert_eq!(narrow.verified(&GOOD, &signed).unwrap_err(), Untrusted::Prefix("us".into(), "pos-x".into()));
        assert!(TrustStore::default().verified(&GOOD, &signed).is_err(), "without a store nobody is believed");
    }

    #[test]
    fn a_host_is_named_whole_or_from_the_right() {
        let publisher = |hosts: Option<Vec<String>>| Publisher {
            name: "us".into(),
            key: String::new(),
            prefixes: vec![],
            takes_card: true,
            hosts,
            memory_bytes: None,
            cpu_ms: None,
        };
        assert!(publisher(None).may_name("anything.example"));
        let some = publisher(Some(vec!["*.bank.example".into(), "one.example".into(), "*evil".into()]));
        assert!(some.may_name("pos.bank.example") && some.may_name("one.example"));
        assert!(!some.may_name("bank.example") && !some.may_name("notbank.example") && !some.may_name("x.one.example"));
        assert!(!some.may_name("more-evil"), "a star without a dot names nothing");
    }

    #[test]
    fn a_broken_store_is_refused() {
        for text in [
            "[[publisher]]\nname = \"us\"\nkey = \"00\"\nprefixes = [\"pos-\"]",
            "[[publisher]]\nname = \"u s\"\nkey = \"00\"\nprefixes = [\"pos-\"]",
            "[[publisher]]\nname = \"us\"\nkey = \"00\"\nprefixes = []",
            "[[friend]]\nname = \"us\"",
        ] {
            assert!(TrustStore::parse(text).is_err(), "{text}");
        }
    }
}

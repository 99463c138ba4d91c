//! One POS account as the driver sees it: a plugin version with its settings, secrets and grant.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::domain::id::{PosAccountId, TenantId};

/// Built by flow from the POS account's rows for each act; never kept.
#[derive(Debug, Clone)]
pub struct Installation {
    /// Whose account.
    pub tenant: TenantId,
    /// Which account.
    pub pos_account: PosAccountId,
    /// The plugin version it runs, by the SHA-256 of the component.
    pub digest: String,
    /// Settings that are not secret, defaults already filled in. Lent to every call.
    pub config: Arc<BTreeMap<String, String>>,
    /// Named secrets of the manifest; likewise.
    pub secrets: Arc<BTreeMap<String, Secret>>,
    /// What the grant allows it to reach, by the manifest's endpoint name.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// The bank's test environment: plain HTTP and loopback addresses are allowed, nothing else is relaxed.
    pub sandbox: bool,
    /// IANA name of the firm's zone, for the connector's civil clock.
    pub zone: String,
}

/// An address the grant allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Scheme, host, port and path prefix; a connector chooses only the path below it.
    pub url: String,
    /// Whether card data may go there.
    pub takes_card: bool,
    /// Whether secrets may go there bare (an API password in a body). Never to a browser.
    pub takes_secrets: bool,
}

/// A secret of an installation. `Debug` is the mask; there is no `Serialize`; wiped when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the value over.
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value, for sealing it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

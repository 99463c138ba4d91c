//! Who acts: people with sessions, programs with keys and tokens.

use serde::{Deserialize, Serialize};

use crate::common::{NodeRef, Timestamp};

/// What a person is at a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything in the firm.
    FirmAdministrator,
    /// Collecting and looking, in the whole firm.
    FirmClerk,
    /// Its own part of the tree, with sub-dealers of its own.
    Dealer,
    /// Its own part of the tree.
    SubDealer,
}

/// What a program may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Scope {
    /// Look at payments and refunds.
    #[serde(rename = "payments:read")]
    PaymentsRead,
    /// Take and capture payments.
    #[serde(rename = "payments:write")]
    PaymentsWrite,
    /// Void and refund.
    #[serde(rename = "refunds:write")]
    RefundsWrite,
    /// Look at dealers, customers, receivables and statements.
    #[serde(rename = "books:read")]
    BooksRead,
    /// Write dealers, customers and receivables.
    #[serde(rename = "books:write")]
    BooksWrite,
    /// Look at POS accounts and plugins.
    #[serde(rename = "pos:read")]
    PosRead,
    /// Write and test POS accounts; routing rules, the instalment table and dealers' limits.
    #[serde(rename = "pos:write")]
    PosWrite,
    /// Look at webhook endpoints, deliveries and events.
    #[serde(rename = "webhooks:read")]
    WebhooksRead,
    /// Write webhook endpoints, rotate their secrets, deliver again.
    #[serde(rename = "webhooks:write")]
    WebhooksWrite,
    /// Bring plugin versions in and say which one serves.
    #[serde(rename = "plugins:write")]
    PluginsWrite,
}

/// What the one who asks may do somewhere in its part of the tree; the portal hides the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Look at payments and refunds.
    PaymentRead,
    /// Take and capture payments.
    PaymentCreate,
    /// Take payments by mail order.
    PaymentMailOrder,
    /// Void and refund.
    RefundCreate,
    /// Look at dealers.
    DealerRead,
    /// Add dealers.
    DealerCreate,
    /// Look at customers.
    CustomerRead,
    /// Add customers.
    CustomerCreate,
    /// Look at receivables and statements.
    ReceivableRead,
    /// Write receivables.
    ReceivableCreate,
    /// Look at the ledger.
    LedgerRead,
    /// Look at POS accounts and plugins.
    PosAccountRead,
    /// Write and test POS accounts; say by which rules, on which terms and within which limits is collected.
    PosAccountWrite,
    /// Look at webhook endpoints, deliveries and events.
    WebhookRead,
    /// Write webhook endpoints, rotate their secrets, deliver again.
    WebhookWrite,
    /// Bring plugin versions in, say which one serves, withdraw one.
    PluginWrite,
    /// Make and revoke API keys.
    ApiKeyWrite,
    /// Look at the audit log.
    AuditRead,
    /// Look at what is in doubt, at alarms and at proposals.
    DoubtRead,
    /// Say how something in doubt ended, confirm what another person said, close alarms.
    DoubtDecide,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct User {
    /// `usr_…`
    pub id: String,
    /// What the person signs in with.
    pub email: String,
    /// Name to show.
    pub name: String,
    /// `tr`, `en` or `az`.
    pub language: String,
}

/// Who asks, and what that one may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Me {
    /// The person; absent for a program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// The person's role; absent for a program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The firm's short name.
    pub tenant: String,
    /// The firm's name to show.
    pub firm: String,
    /// The root of what may be seen.
    pub node: NodeRef,
    /// From the firm down to `node`; names only of what may be seen, and of the firm.
    pub path: Vec<NodeRef>,
    /// What may be done.
    pub permissions: Vec<Permission>,
    /// False in a sandbox: the portal shows its test band.
    pub livemode: bool,
    /// The firm's zone: `Europe/Istanbul`.
    pub zone: String,
    /// The session; absent for a program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
}

/// A sign-in that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Session {
    /// `ses_…`; not the secret in the cookie.
    pub id: String,
    /// The one asked with.
    pub current: bool,
    /// From where.
    pub address: String,
    /// With what.
    pub user_agent: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used.
    pub seen_at: Timestamp,
    /// When it ends, if not used before.
    pub expires_at: Timestamp,
}

/// Signs a person in: `POST /v1/sessions`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// What the person signs in with.
    pub email: String,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignIn(masked)")
    }
}

/// A key that a program exchanges for tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ApiKey {
    /// `key_…`
    pub id: String,
    /// False for everything a sandbox did.
    pub livemode: bool,
    /// What it is for.
    pub name: String,
    /// The root of what it may see.
    pub node: NodeRef,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// The beginning of the secret, to recognise it: `sk_test_3fK…`.
    pub hint: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When it was last exchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Timestamp>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

/// Makes a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ApiKeyCreate {
    /// What it is for.
    pub name: String,
    /// The root of what it may see; the caller's own node if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// What it may do; nothing its maker may not.
    pub scopes: Vec<Scope>,
    /// When it ends; a year from now if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// A key just made: the only answer that ever holds its secret.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ApiKeyCreated {
    /// The key.
    #[serde(flatten)]
    pub key: ApiKey,
    /// `sk_test_…` or `sk_live_…`; shown once.
    pub secret: String,
}

impl std::fmt::Debug for ApiKeyCreated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiKeyCreated").field("key", &self.key).finish_non_exhaustive()
    }
}

/// A short-lived token: `POST /v1/tokens` with `Authorization: Bearer sk_…`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Token {
    /// Send as `Authorization: Bearer …`.
    pub access_token: String,
    /// `Bearer`
    pub token_type: String,
    /// Seconds.
    pub expires_in: i64,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

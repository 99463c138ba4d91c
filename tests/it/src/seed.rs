//! The least a firm needs: its root node and a key. Everything else comes through the API.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use vezne::app::App;
use vezne::domain::id::{ApiKeyId, NodeId, TenantId};
use vezne::security::api_key;
use vezne::store::api_key::{ApiKey, api_key_insert};
use vezne::store::node::{Node, NodeKind, node_insert};
use vezne::store::tenant::{Tenant, tenant_insert};

use crate::api::Api;

/// What a program of the firm may do.
const SCOPES: &str = "payments:read payments:write refunds:write books:read books:write pos:read pos:write webhooks:read webhooks:write \
     plugins:write";

/// A firm with a key.
pub struct Firm {
    pub tenant: String,
    pub node: String,
    pub secret: String,
}

/// Writes a firm and a key for all of it.
pub async fn firm(app: &App, slug: &str) -> Result<Firm> {
    let now = app.clock.now_ms();
    let (tenant_id, node_id, secret) = (TenantId::at(now), NodeId::at(now), api_key::secret(false));
    let mut tx = app.db.begin().await?;
    let tenant = Tenant {
        tenant_id,
        slug: slug.to_owned(),
        name: format!("Firma {slug} A.Ş."),
        zone: "Europe/Istanbul".to_owned(),
        currency: "TRY".to_owned(),
        created_at_ms: now,
    };
    ensure!(tenant_insert(&mut tx, &tenant).await?, "the firm is there already");
    let node = Node {
        tenant_id,
        node_id,
        parent_id: None,
        kind: NodeKind::Firm,
        name: tenant.name.clone(),
        code: "FIRM".to_owned(),
        tax_no: None,
        email: None,
        phone: None,
        settings: "{}".to_owned(),
        created_at_ms: now,
    };
    ensure!(node_insert(&mut tx, &node).await?, "the node is there already");
    let key = ApiKey {
        tenant_id,
        api_key_id: ApiKeyId::at(now),
        node_id,
        node_name: node.name.clone(),
        name: "stories".to_owned(),
        scopes: SCOPES.to_owned(),
        hint: api_key::hint(&secret),
        created_at_ms: now,
        expires_at_ms: now + 366 * 86_400_000,
        used_at_ms: None,
        revoked_at_ms: None,
    };
    api_key_insert(&mut tx, &key, &api_key::secret_hash(&secret), "job:story").await?;
    tx.commit().await?;
    Ok(Firm { tenant: tenant_id.to_string(), node: node_id.to_string(), secret: secret.to_string() })
}

/// Adds a POS account at the sandbox bank and returns its id.
pub async fn pos_account(api: &Api, bank_url: &str, name: &str, model: &str, store: Store) -> Result<String> {
    pos_account_with(api, bank_url, name, model, store, &[]).await
}

/// The same with more settings.
pub async fn pos_account_with(
    api: &Api,
    bank_url: &str,
    name: &str,
    model: &str,
    store: Store,
    settings: &[(&str, &str)],
) -> Result<String> {
    let (client, user, password, key) = store.credentials();
    let mut config = json!({ "client-id": client, "user-name": user });
    for (setting, value) in settings {
        config[*setting] = json!(value);
    }
    let body = json!({
        "name": name, "plugin": "pos-nestpay", "bank": "isbank", "environment": "test", "three_d_model": model,
        "config": config,
        "endpoints": { "api": format!("{bank_url}/fim/api"), "gate": format!("{bank_url}/fim/est3Dgate") },
        "secrets": { "api-password": password, "store-key": key },
    });
    pos_account_add(api, &body).await
}

/// Adds a POS account of any family and returns its id.
pub async fn pos_account_add(api: &Api, body: &Value) -> Result<String> {
    let reply = api.post("/v1/pos_accounts", body).await?.good().context("the POS account is not added")?;
    let id = reply.json.get("id").and_then(Value::as_str).context("no id")?;
    Ok(id.to_owned())
}

/// A store of the sandbox bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// The demo's.
    Demo,
    /// With the signatures of before 2024.
    Old,
    /// With a key that holds both characters that ver3 escapes.
    Awkward,
}

impl Store {
    fn credentials(self) -> (&'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::Demo => ("700655000200", "ISBANKAPI", "ISBANK07", "TRPS0200"),
            Self::Old => ("190100000", "ESKIAPI", "ESKI07", "ESKI0200"),
            Self::Awkward => ("190200000", "ISBANKAPI", "ISBANK07", r"AN|AH\TAR1"),
        }
    }
}

//! A POS account ready for an act: its row, its plugin version, its opened secrets.

use std::collections::BTreeMap;

use crate::app::App;
use crate::domain::id::{AttemptId, PosAccountId, TenantId};
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::plugin::plugins_follow;
use crate::plugin::{Endpoint, Installation, Manifest, PluginInfo, Secret};
use crate::security::vault::Place;
use crate::store::Tx;
use crate::store::attempt::Attempt;
use crate::store::pos_account::{Environment, PosAccount, pos_account_fetch, pos_secret_list};
use crate::store::tenant::tenant_fetch;

/// A POS account with what an act at it needs.
#[derive(Debug)]
pub struct Pos {
    /// The row.
    pub account: PosAccount,
    /// The plugin version.
    pub plugin: PluginInfo,
    /// As the step driver sees it.
    pub installation: Installation,
}

impl Pos {
    /// Where payers and the bank come back to.
    pub fn callback_url(&self, app: &App) -> String {
        let account = &self.account;
        format!("{}/pos/{}/{}/callback", app.config.public_url, account.tenant_id, account.pos_account_id)
    }
}

/// Opens a POS account for a new attempt: in the version that serves, or in the canary if the attempt falls to it.
pub async fn pos_open(
    app: &App,
    tx: &mut Tx,
    tenant: TenantId,
    account: PosAccountId,
    attempt: AttemptId,
) -> FlowResult<Pos> {
    let account = pos_account_fetch(tx, tenant, account).await?.ok_or(FlowError::NotFound("pos_account"))?;
    let mut plugin = app.plugins.chosen(tenant, &account.plugin_id, attempt);
    if plugin.is_none() {
        // Another node may have brought it a moment ago.
        plugins_follow(app).await?;
        plugin = app.plugins.chosen(tenant, &account.plugin_id, attempt);
    }
    let missing = || FlowError::conflict("plugin_missing", format!("{} is not installed", account.plugin_id));
    let plugin = plugin.ok_or_else(missing)?;
    let config = account.config.clone();
    pos_opened(app, tx, account, plugin, &config).await
}

/// Opens a POS account in a certain version, for a callback that may belong to an attempt of it.
pub async fn pos_open_version(
    app: &App,
    tx: &mut Tx,
    tenant: TenantId,
    account: PosAccountId,
    digest: &str,
) -> FlowResult<Option<Pos>> {
    let account = pos_account_fetch(tx, tenant, account).await?.ok_or(FlowError::NotFound("pos_account"))?;
    let Some(plugin) = app.plugins.get(tenant, digest) else { return Ok(None) };
    let config = account.config.clone();
    pos_opened(app, tx, account, plugin, &config).await.map(Some)
}

/// Opens a POS account for a new act on an old attempt (a void, a refund, a capture): with the attempt's settings, in
/// the version that serves now. One that was replaced or rolled back only ends what it began.
pub async fn pos_open_again(app: &App, tx: &mut Tx, attempt: &Attempt) -> FlowResult<Pos> {
    let missing = || FlowError::Internal(format!("{} has lost its POS account", attempt.attempt_id));
    let account = pos_account_fetch(tx, attempt.tenant_id, attempt.pos_account_id).await?.ok_or_else(missing)?;
    let tenant = attempt.tenant_id;
    let plugin = app.plugins.chosen(tenant, &attempt.plugin_id, attempt.attempt_id);
    let plugin = plugin.or_else(|| app.plugins.get(tenant, &attempt.plugin_digest));
    let plugin = plugin.ok_or_else(|| {
        FlowError::Internal(format!("{} {} is not installed", attempt.plugin_id, attempt.plugin_version))
    })?;
    pos_opened(app, tx, account, plugin, &attempt.config).await
}

/// Opens a POS account for an attempt that runs: with the version and the settings that began it.
pub async fn pos_reopen(app: &App, tx: &mut Tx, attempt: &Attempt) -> FlowResult<Pos> {
    let missing = || FlowError::Internal(format!("{} has lost its POS account", attempt.attempt_id));
    let account = pos_account_fetch(tx, attempt.tenant_id, attempt.pos_account_id).await?.ok_or_else(missing)?;
    let tenant = attempt.tenant_id;
    let plugin = app.plugins.get(tenant, &attempt.plugin_digest);
    // Where it was withdrawn: a question needs no more than the bank's references, and the connector's own state is not
    // taken by another version.
    let plugin = plugin.or_else(|| app.plugins.active(tenant, &attempt.plugin_id));
    let plugin = plugin.ok_or_else(|| {
        FlowError::Internal(format!("{} {} is not installed", attempt.plugin_id, attempt.plugin_version))
    })?;
    pos_opened(app, tx, account, plugin, &attempt.config).await
}

async fn pos_opened(app: &App, tx: &mut Tx, account: PosAccount, plugin: PluginInfo, config: &str) -> FlowResult<Pos> {
    let broken = |what: &str| FlowError::Internal(format!("{} holds {what}", account.pos_account_id));
    let tenant = tenant_fetch(tx, account.tenant_id).await?.ok_or_else(|| broken("no firm"))?;
    let config: BTreeMap<String, String> = serde_json::from_str(config).map_err(|_| broken("a broken config"))?;
    let own: BTreeMap<String, String> =
        serde_json::from_str(&account.endpoints).map_err(|_| broken("broken endpoints"))?;
    let mut secrets = BTreeMap::new();
    for secret in pos_secret_list(tx, account.tenant_id, account.pos_account_id).await? {
        let row = account.pos_account_id.to_text();
        let place = Place { tenant: account.tenant_id, table: "pos_secret", row: &row, column: &secret.name };
        let opened = app.vault.open(place, &secret.sealed).map_err(|_| broken("a secret that does not open"))?;
        let text = String::from_utf8(opened.to_vec()).map_err(|_| broken("a secret that is no text"))?;
        secrets.insert(secret.name, Secret::new(text));
    }
    let test = account.environment == Environment::Test;
    let mut endpoints = BTreeMap::new();
    for (name, request) in &plugin.manifest.endpoints {
        let default = plugin.manifest.default_url(Some(&account.bank), name, test);
        let Some(url) = own.get(name).map(String::as_str).or(default) else { continue };
        let (takes_card, takes_secrets) = (request.takes_card, request.takes_secrets);
        endpoints.insert(name.clone(), Endpoint { url: url.to_owned(), takes_card, takes_secrets });
    }
    let installation = Installation {
        tenant: account.tenant_id,
        pos_account: account.pos_account_id,
        digest: plugin.digest.clone(),
        config: config.into(),
        secrets: secrets.into(),
        endpoints,
        // Both must agree: the node runs in sandbox mode, and the account is a test account.
        sandbox: app.config.sandbox && test,
        zone: tenant.zone,
    };
    Ok(Pos { account, plugin, installation })
}

/// What the manifest does not promise at a bank is refused before anything is written or asked.
pub fn promised(manifest: &Manifest, bank: &str, capability: &str) -> FlowResult<()> {
    if manifest.has(bank, capability) {
        return Ok(());
    }
    let sentence = format!("{} does not declare {capability} at {bank}", manifest.id);
    Err(FlowError::conflict("capability_missing", sentence))
}

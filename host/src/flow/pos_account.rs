//! Adding and changing a POS account: settings checked against the plugin's manifest, secrets sealed.

mod secret;

use std::collections::BTreeMap;

use serde_json::json;
use vezne_api::{Environment as WireEnvironment, PosAccountCreate, PosAccountState as WireState, PosAccountUpdate};

use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::day_end::DayEnd;
use crate::domain::id::{NodeId, PosAccountId};
use crate::flow::error::{FieldError, FlowError, FlowResult};
use crate::plugin::manifest::ConfigProblem;
use crate::plugin::{Manifest, endpoint_url};
use crate::store::audit::audit_insert;
use crate::store::node::node_fetch;
use crate::store::pos_account::{
    Environment, PosAccount, PosAccountState, pos_account_insert, pos_account_update, pos_account_visible,
    pos_secret_list,
};

use secret::{secrets_change, secrets_check, secrets_put};

/// The capability of a connector that takes the identity of a sub-dealer with a charge.
const NAMES_SUB_DEALERS: &str = "sub-dealer-identity";

/// Adds an account.
pub async fn pos_account_create(app: &App, ctx: &Ctx, wanted: &PosAccountCreate) -> FlowResult<PosAccountId> {
    let plugin = app.plugins.active(ctx.tenant, &wanted.plugin);
    let plugin = plugin.ok_or_else(|| FlowError::invalid("/plugin", "not_found", "no such plugin"))?;
    let manifest = &plugin.manifest;
    let mut faults = Vec::new();
    let name = named(&wanted.name, &mut faults);
    if manifest.bank(&wanted.bank).is_none() {
        faults.push(FieldError::new("/bank", "not_a_choice", "the manifest knows no such bank"));
    }
    let model = wanted.three_d_model.as_deref().unwrap_or("3d");
    model_check(manifest, model, &mut faults);
    demand_check(model, wanted.three_d_required, &mut faults);
    sub_dealer_check(manifest, &wanted.bank, wanted.sub_dealers, &mut faults);
    let day_end = day_end(manifest, &wanted.bank, wanted.day_end.as_deref().unwrap_or_default(), &mut faults);
    if !app.config.sandbox && wanted.environment == WireEnvironment::Test {
        faults.push(FieldError::new("/environment", "not_allowed", "test accounts live in sandboxes"));
    }
    let config = config_filled(manifest, &wanted.bank, &wanted.config, &mut faults);
    endpoints_check(app, manifest, &wanted.endpoints, &mut faults);
    secrets_check(manifest, "secrets", &wanted.secrets, &mut faults);
    for missing in missing_secrets(manifest, |name| wanted.secrets.contains_key(name)) {
        faults.push(FieldError::new(format!("/secrets/{missing}"), "required", "the manifest requires it"));
    }
    done(faults)?;
    let node_id: NodeId = match wanted.node.as_deref() {
        None => ctx.scope,
        Some(text) => text.parse().map_err(|_| FlowError::invalid("/node", "not_found", "not an id"))?,
    };
    let now_ms = ctx.clock.now_ms();
    let mut tx = app.db.begin().await?;
    let node = node_fetch(&mut tx, ctx.tenant, ctx.scope, node_id).await?;
    let node = node.ok_or_else(|| FlowError::invalid("/node", "not_found", "not in the caller's part of the tree"))?;
    let account = PosAccount {
        tenant_id: ctx.tenant,
        pos_account_id: PosAccountId::at(now_ms),
        node_id,
        node_name: node.node.name,
        name,
        plugin_id: wanted.plugin.clone(),
        bank: wanted.bank.clone(),
        environment: match wanted.environment {
            WireEnvironment::Test => Environment::Test,
            WireEnvironment::Live => Environment::Live,
        },
        state: PosAccountState::Active,
        three_d_model: model.to_owned(),
        three_d_required: i64::from(wanted.three_d_required),
        sub_dealers: i64::from(wanted.sub_dealers),
        returns_commission: i64::from(wanted.returns_commission),
        day_end,
        config: text_of(&config),
        endpoints: text_of(&wanted.endpoints),
        version: 1,
        created_at_ms: now_ms,
        updated_at_ms: now_ms,
    };
    if !pos_account_insert(&mut tx, &account).await? {
        return Err(FlowError::conflict("name_taken", account.name));
    }
    secrets_put(app, &mut tx, &account, &wanted.secrets, now_ms).await?;
    let detail =
        json!({"name": account.name, "bank": account.bank, "secrets": wanted.secrets.keys().collect::<Vec<_>>()});
    audit_insert(&mut tx, ctx, "pos_account.created", &account.pos_account_id.to_string(), &detail).await?;
    tx.commit().await?;
    Ok(account.pos_account_id)
}

/// Changes an account by compare-and-set; what is absent stays. `None` where somebody else changed it first.
pub async fn pos_account_change(
    app: &App,
    ctx: &Ctx,
    id: PosAccountId,
    version: i64,
    wanted: &PosAccountUpdate,
) -> FlowResult<Option<()>> {
    let now_ms = ctx.clock.now_ms();
    let mut tx = app.db.begin().await?;
    let account = pos_account_visible(&mut tx, ctx.tenant, ctx.scope, id).await?;
    let mut account = account.ok_or(FlowError::NotFound("pos_account"))?;
    let plugin = app.plugins.active(ctx.tenant, &account.plugin_id);
    let plugin = plugin.ok_or_else(|| FlowError::conflict("plugin_missing", account.plugin_id.clone()))?;
    let manifest = &plugin.manifest;
    let mut faults = Vec::new();
    if let Some(name) = &wanted.name {
        account.name = named(name, &mut faults);
    }
    if let Some(model) = &wanted.three_d_model {
        model_check(manifest, model, &mut faults);
        account.three_d_model.clone_from(model);
    }
    if let Some(required) = wanted.three_d_required {
        account.three_d_required = i64::from(required);
    }
    if let Some(named) = wanted.sub_dealers {
        account.sub_dealers = i64::from(named);
        sub_dealer_check(manifest, &account.bank, named, &mut faults);
    }
    if let Some(returns) = wanted.returns_commission {
        account.returns_commission = i64::from(returns);
    }
    demand_check(&account.three_d_model, account.demands_three_d(), &mut faults);
    if let Some(text) = &wanted.day_end {
        account.day_end = day_end(manifest, &account.bank, text, &mut faults);
    }
    if let Some(config) = &wanted.config {
        account.config = text_of(&config_filled(manifest, &account.bank, config, &mut faults));
    }
    if let Some(endpoints) = &wanted.endpoints {
        endpoints_check(app, manifest, endpoints, &mut faults);
        account.endpoints = text_of(endpoints);
    }
    if let Some(state) = wanted.state {
        account.state = match state {
            WireState::Active => PosAccountState::Active,
            WireState::Disabled => PosAccountState::Disabled,
        };
    }
    secrets_check(manifest, "secrets", &wanted.secrets, &mut faults);
    secrets_check(manifest, "next_secrets", &wanted.next_secrets, &mut faults);
    let set: Vec<String> =
        pos_secret_list(&mut tx, ctx.tenant, id).await?.into_iter().map(|secret| secret.name).collect();
    for missing in missing_secrets(manifest, |name| set.iter().any(|s| s == name) || wanted.secrets.contains_key(name))
    {
        faults.push(FieldError::new(format!("/secrets/{missing}"), "required", "the manifest requires it"));
    }
    done(faults)?;
    account.version = version;
    account.updated_at_ms = now_ms;
    if !pos_account_update(&mut tx, &account).await? {
        return Ok(None);
    }
    let secrets = secret::Wanted {
        now: &wanted.secrets,
        next: &wanted.next_secrets,
        take: &wanted.secrets_take,
        give_back: &wanted.secrets_give_back,
    };
    secrets_change(app, &mut tx, &account, &secrets, now_ms).await?;
    let detail = json!({
        "state": account.state.as_str(),
        "three_d_required": account.demands_three_d(),
        "day_end": account.day_end,
        "sub_dealers": account.names_sub_dealers(),
        "returns_commission": account.returns_commission == 1,
        "config": wanted.config.is_some(),
        "secrets": wanted.secrets.keys().collect::<Vec<_>>(),
        "next_secrets": wanted.next_secrets.keys().collect::<Vec<_>>(),
        "secrets_taken": wanted.secrets_take,
        "secrets_given_back": wanted.secrets_give_back,
    });
    audit_insert(&mut tx, ctx, "pos_account.updated", &id.to_string(), &detail).await?;
    tx.commit().await?;
    Ok(Some(()))
}

fn named(name: &str, faults: &mut Vec<FieldError>) -> String {
    let name = name.trim();
    if name.is_empty() {
        faults.push(FieldError::new("/name", "required", "empty"));
    } else if name.chars().count() > 100 || name.chars().any(char::is_control) {
        faults.push(FieldError::new("/name", "too_long", "at most 100 letters"));
    }
    name.to_owned()
}

fn model_check(manifest: &Manifest, model: &str, faults: &mut Vec<FieldError>) {
    if model != "none" && !manifest.models.iter().any(|known| known == model) {
        faults.push(FieldError::new("/three_d_model", "not_a_choice", "the manifest knows no such model"));
    }
}

/// Who demands the card's holder must have a way to ask it.
fn demand_check(model: &str, required: bool, faults: &mut Vec<FieldError>) {
    if required && model == "none" {
        faults.push(FieldError::new("/three_d_required", "needs_three_d_model", "the 3-D model is none"));
    }
}

/// A connector that cannot name a sub-dealer would have the bank book its sales to the main dealer, without a word.
fn sub_dealer_check(manifest: &Manifest, bank: &str, named: bool, faults: &mut Vec<FieldError>) {
    if named && !manifest.has(bank, NAMES_SUB_DEALERS) {
        faults.push(FieldError::new("/sub_dealers", "not_allowed", "the connector cannot name a sub-dealer"));
    }
}

/// When the bank's day ends: as it was said, else as the manifest states it for the bank.
fn day_end(manifest: &Manifest, bank: &str, said: &str, faults: &mut Vec<FieldError>) -> Option<String> {
    let said = said.trim();
    if said.is_empty() {
        return manifest.day_end(bank).map(str::to_owned);
    }
    let read = DayEnd::parse(said);
    if read.is_none() {
        faults.push(FieldError::new("/day_end", "malformed", "a time of day is written HH:MM"));
    }
    read.map(|read| read.to_string())
}

fn config_filled(
    manifest: &Manifest,
    bank: &str,
    given: &BTreeMap<String, String>,
    faults: &mut Vec<FieldError>,
) -> BTreeMap<String, String> {
    match manifest.config_filled(Some(bank), given) {
        Ok(filled) => filled,
        Err(problems) => {
            for error in problems {
                let code = match error.problem {
                    ConfigProblem::Unknown => "unknown_field",
                    ConfigProblem::Missing => "required",
                    ConfigProblem::WrongKind => "wrong_type",
                    ConfigProblem::NotAChoice => "not_a_choice",
                    ConfigProblem::OutOfRange => "out_of_range",
                };
                faults.push(FieldError::new(format!("/config/{}", error.key), code, error.to_string()));
            }
            BTreeMap::new()
        }
    }
}

/// Addresses of one's own are for sandboxes: outside, secrets go to the manifest's addresses alone.
fn endpoints_check(app: &App, manifest: &Manifest, given: &BTreeMap<String, String>, faults: &mut Vec<FieldError>) {
    for (name, url) in given {
        let pointer = format!("/endpoints/{name}");
        if !app.config.sandbox {
            faults.push(FieldError::new(pointer, "not_allowed", "only in a sandbox"));
        } else if !manifest.endpoints.contains_key(name) {
            faults.push(FieldError::new(pointer, "unknown_field", "the manifest asks for no such endpoint"));
        } else if let Err(refusal) = endpoint_url(url, true) {
            faults.push(FieldError::new(pointer, "address_refused", refusal.to_string()));
        }
    }
}

fn missing_secrets(manifest: &Manifest, has: impl Fn(&str) -> bool) -> Vec<&str> {
    manifest
        .secrets
        .iter()
        .filter(|secret| secret.required && !has(&secret.name))
        .map(|secret| secret.name.as_str())
        .collect()
}

fn text_of(map: &BTreeMap<String, String>) -> String {
    serde_json::to_string(map).unwrap_or_else(|_| "{}".to_owned())
}

fn done(faults: Vec<FieldError>) -> FlowResult<()> {
    if faults.is_empty() { Ok(()) } else { Err(FlowError::Invalid(faults)) }
}

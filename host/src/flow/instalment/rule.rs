//! The firm's instalment table in versions: reading, writing, putting in force, taking back. A version's lines are
//! never changed; every change counts the table first, so changes follow one another.

use serde_json::json;
use vezne_api as api;

use super::wire::{law_view, lines_of, lines_view};
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::bin::programmes;
use crate::domain::id::{NodeId, RuleId, SchemeId};
use crate::domain::instalment::{SECTOR_GENERAL, SchemeLine};
use crate::domain::node::NodeSettings;
use crate::flow::error::{FieldError, FlowError, FlowResult};
use crate::flow::routing::firm_only;
use crate::flow::view::instant;
use crate::limits;
use crate::store::Tx;
use crate::store::audit::audit_insert;
use crate::store::instalment::{
    Scheme, scheme_at, scheme_change, scheme_change_count, scheme_fetch, scheme_insert, scheme_line_insert,
    scheme_lines_of, scheme_list, scheme_withdraw,
};
use crate::store::node::{NodeFilter, node_firm, node_is_below, node_list};
use crate::store::pos_account::{PosAccountState, pos_account_list, pos_account_visible};
use crate::store::span::Span;

const ROWS: i64 = limits::PAGE_ROWS_MAX as i64;

/// The caller's firm's table: what counts, what will and what did, with what lines may name.
pub async fn table_read(app: &App, ctx: &Ctx) -> FlowResult<api::InstalmentTable> {
    let now_ms = ctx.clock.now_ms();
    let mut tx = app.db.read().await?;
    firm_only(&mut tx, ctx).await?;
    let version = scheme_change_count(&mut tx, ctx.tenant).await?;
    let counts = scheme_at(&mut tx, ctx.tenant, now_ms).await?;
    let in_force = match counts {
        Some(scheme) => Some(version_of(&mut tx, ctx, scheme, counts, now_ms).await?),
        None => None,
    };
    let versions = scheme_list(&mut tx, ctx.tenant, ROWS).await?;
    let firm = node_firm(&mut tx, ctx.tenant).await?;
    let sector = firm.and_then(|firm| NodeSettings::read(&firm.settings).sector);
    Ok(api::InstalmentTable {
        version,
        in_force,
        versions: versions.iter().map(|scheme| scheme_view(scheme, counts, now_ms)).collect(),
        law: law_view(sector.as_deref().unwrap_or(SECTOR_GENERAL), now_ms),
        choices: choices(&mut tx, ctx).await?,
    })
}

async fn choices(tx: &mut Tx, ctx: &Ctx) -> FlowResult<api::InstalmentChoices> {
    let accounts = pos_account_list(tx, ctx.tenant, ctx.scope, Span::newest(ROWS)).await?;
    let accounts = accounts.into_iter().map(|account| api::RoutingAccount {
        account: api::PosAccountRef { id: account.pos_account_id.to_string(), name: account.name, bank: account.bank },
        active: account.state == PosAccountState::Active,
    });
    let nodes = node_list(tx, ctx.tenant, ctx.scope, &NodeFilter { limit: ROWS, ..NodeFilter::default() }).await?;
    Ok(api::InstalmentChoices {
        accounts: accounts.collect(),
        programmes: programmes().map(str::to_owned).collect(),
        dealers: nodes
            .into_iter()
            .map(|row| api::NodeRef { id: row.node.node_id.to_string(), name: row.node.name })
            .collect(),
    })
}

fn scheme_view(scheme: &Scheme, counts: Option<SchemeId>, now_ms: i64) -> api::InstalmentVersion {
    use api::InstalmentVersionState as State;
    let state = match scheme {
        scheme if scheme.withdrawn_at_ms.is_some() => State::Withdrawn,
        scheme if counts == Some(scheme.scheme_id) => State::InForce,
        scheme if scheme.begins_at_ms > now_ms => State::Upcoming,
        _ => State::Past,
    };
    api::InstalmentVersion {
        id: scheme.scheme_id.to_string(),
        number: scheme.number,
        state,
        begins_at: instant(scheme.begins_at_ms),
        created_at: instant(scheme.created_at_ms),
        withdrawn_at: scheme.withdrawn_at_ms.map(instant),
        line_count: scheme.lines,
        lines: Vec::new(),
    }
}

async fn version_of(
    tx: &mut Tx,
    ctx: &Ctx,
    id: SchemeId,
    counts: Option<SchemeId>,
    now_ms: i64,
) -> FlowResult<api::InstalmentVersion> {
    let scheme = scheme_fetch(tx, ctx.tenant, id).await?.ok_or(FlowError::NotFound("instalment_rules"))?;
    let lines = scheme_lines_of(tx, ctx.tenant, id).await?;
    Ok(api::InstalmentVersion { lines: lines_view(lines), ..scheme_view(&scheme, counts, now_ms) })
}

/// One version with its lines, and how often the table was changed.
pub async fn version_read(app: &App, ctx: &Ctx, id: SchemeId) -> FlowResult<(i64, api::InstalmentVersion)> {
    let now_ms = ctx.clock.now_ms();
    let mut tx = app.db.read().await?;
    firm_only(&mut tx, ctx).await?;
    let version = scheme_change_count(&mut tx, ctx.tenant).await?;
    let counts = scheme_at(&mut tx, ctx.tenant, now_ms).await?;
    Ok((version, version_of(&mut tx, ctx, id, counts, now_ms).await?))
}

/// Writes a version. `None` where somebody changed the table since `version`.
pub async fn version_create(
    app: &App,
    ctx: &Ctx,
    version: i64,
    wanted: &api::InstalmentVersionCreate,
) -> FlowResult<Option<SchemeId>> {
    let now_ms = ctx.clock.now_ms();
    let mut tx = app.db.begin().await?;
    firm_only(&mut tx, ctx).await?;
    let mut faults = Vec::new();
    let begins_at_ms = begins(wanted.begins_at.as_deref(), now_ms, &mut faults);
    let lines = lines_checked(&mut tx, ctx, &wanted.lines, now_ms, &mut faults).await?;
    if !faults.is_empty() {
        return Err(FlowError::Invalid(faults));
    }
    let (id, before) = written(&mut tx, ctx, begins_at_ms, &lines, now_ms).await?;
    if before != version {
        return Ok(None);
    }
    told(&mut tx, ctx, "instalment_rules.created", id, json!({})).await?;
    tx.commit().await?;
    Ok(Some(id))
}

/// Puts a version in force at once: its lines are written again as a new version, and one that was still to come is
/// taken back, for it has come.
pub async fn version_activate(app: &App, ctx: &Ctx, id: SchemeId) -> FlowResult<SchemeId> {
    let now_ms = ctx.clock.now_ms();
    let mut tx = app.db.begin().await?;
    firm_only(&mut tx, ctx).await?;
    // First, so that whoever writes at the same time is waited for and what counts is looked at behind it.
    scheme_change(&mut tx, ctx.tenant, now_ms).await?;
    let scheme = scheme_fetch(&mut tx, ctx.tenant, id).await?.ok_or(FlowError::NotFound("instalment_rules"))?;
    if scheme_at(&mut tx, ctx.tenant, now_ms).await? == Some(id) {
        return Err(FlowError::conflict("already_in_force", "the version counts already"));
    }
    let lines = scheme_lines_of(&mut tx, ctx.tenant, id).await?;
    let lines: Vec<SchemeLine> = lines.into_iter().map(|line| SchemeLine { id: RuleId::at(now_ms), ..line }).collect();
    let (made, _) = written(&mut tx, ctx, now_ms, &lines, now_ms).await?;
    scheme_withdraw(&mut tx, ctx.tenant, id, &ctx.actor.label(), now_ms).await?;
    let detail = json!({"from": id.to_string(), "from_number": scheme.number});
    told(&mut tx, ctx, "instalment_rules.activated", made, detail).await?;
    tx.commit().await?;
    Ok(made)
}

/// Takes back a version that has not begun.
pub async fn version_withdraw(app: &App, ctx: &Ctx, id: SchemeId) -> FlowResult<()> {
    let now_ms = ctx.clock.now_ms();
    let mut tx = app.db.begin().await?;
    firm_only(&mut tx, ctx).await?;
    scheme_change(&mut tx, ctx.tenant, now_ms).await?;
    scheme_fetch(&mut tx, ctx.tenant, id).await?.ok_or(FlowError::NotFound("instalment_rules"))?;
    if !scheme_withdraw(&mut tx, ctx.tenant, id, &ctx.actor.label(), now_ms).await? {
        return Err(FlowError::conflict("already_begun", "only what has not begun can be taken back"));
    }
    told(&mut tx, ctx, "instalment_rules.withdrawn", id, json!({})).await?;
    tx.commit().await?;
    Ok(())
}

/// Writes a version with its lines; gives how often the table had been changed before.
async fn written(
    tx: &mut Tx,
    ctx: &Ctx,
    begins_at_ms: i64,
    lines: &[SchemeLine],
    now_ms: i64,
) -> FlowResult<(SchemeId, i64)> {
    let id = SchemeId::at(now_ms);
    let before = scheme_insert(tx, ctx.tenant, id, begins_at_ms, &ctx.actor.label(), now_ms).await?;
    for line in lines {
        scheme_line_insert(tx, ctx.tenant, id, line).await?;
    }
    Ok((id, before))
}

/// Lines that make sense, of accounts that are the firm's.
pub(super) async fn lines_checked(
    tx: &mut Tx,
    ctx: &Ctx,
    wire: &[api::InstalmentLine],
    now_ms: i64,
    faults: &mut Vec<FieldError>,
) -> FlowResult<Vec<SchemeLine>> {
    let lines = lines_of(wire, now_ms, faults);
    let mut known = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(account) = line.pos_account.filter(|account| !known.contains(account)) else { continue };
        match pos_account_visible(tx, ctx.tenant, ctx.scope, account).await? {
            Some(_) => known.push(account),
            None => faults.push(FieldError::new(format!("/lines/{at}/pos_account"), "not_found", "no such account")),
        }
    }
    Ok(lines)
}

/// From when on a version counts: what has passed is not written anew.
fn begins(text: Option<&str>, now_ms: i64, faults: &mut Vec<FieldError>) -> i64 {
    let Some(text) = text else { return now_ms };
    let mut wrong = |code| faults.push(FieldError::new("/begins_at", code, "of a version"));
    let Ok(at) = text.parse::<jiff::Timestamp>() else {
        wrong("malformed");
        return now_ms;
    };
    let at_ms = at.as_millisecond();
    if at_ms < now_ms {
        wrong("in_past");
    } else if at_ms - now_ms > limits::millis(limits::INSTALMENT_AHEAD) {
        wrong("out_of_range");
    }
    at_ms
}

/// The lines stay in their rows for good, so the trail names the version and what it is for.
async fn told(tx: &mut Tx, ctx: &Ctx, act: &str, id: SchemeId, mut detail: serde_json::Value) -> FlowResult<()> {
    let scheme = scheme_fetch(tx, ctx.tenant, id).await?.ok_or(FlowError::NotFound("instalment_rules"))?;
    detail["number"] = json!(scheme.number);
    detail["begins_at"] = json!(instant(scheme.begins_at_ms));
    detail["lines"] = json!(scheme.lines);
    audit_insert(tx, ctx, act, &id.to_string(), &detail).await?;
    Ok(())
}

/// A dealer that a request names, in the caller's part of the tree.
pub(super) async fn dealer_of(tx: &mut Tx, ctx: &Ctx, text: Option<&str>, pointer: &str) -> FlowResult<Option<NodeId>> {
    let Some(text) = text else { return Ok(None) };
    let unknown = || FlowError::invalid(pointer, "not_found", "not in the caller's part of the tree");
    let node: NodeId = text.parse().map_err(|_| unknown())?;
    let known = node_is_below(tx, ctx.tenant, ctx.scope, node).await?;
    if known { Ok(Some(node)) } else { Err(unknown()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_begins_now_or_within_a_year() {
        let now_ms = 1_795_000_000_000;
        let told = |text: Option<&str>| {
            let mut faults = Vec::new();
            let at_ms = begins(text, now_ms, &mut faults);
            (at_ms, faults.first().map(|fault| fault.code))
        };
        assert_eq!(told(None), (now_ms, None));
        assert_eq!(told(Some(&instant(now_ms + 5_000))), (now_ms + 5_000, None));
        assert_eq!(told(Some(&instant(now_ms - 1))).1, Some("in_past"));
        assert_eq!(told(Some("2030-01-01T00:00:00Z")).1, Some("out_of_range"));
        assert_eq!(told(Some("2026-12-01")).1, Some("malformed"));
    }
}

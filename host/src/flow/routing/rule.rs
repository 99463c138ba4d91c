//! Reading and changing a firm's rules. Every change counts the table's version first, so changes follow one another.

use serde_json::json;
use vezne_api as api;

use super::wire::{conditions_of, conditions_view, through_of, through_view};
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::bin::{banks, programmes};
use crate::domain::id::{NodeId, RoutingRuleId};
use crate::domain::money::Currency;
use crate::domain::routing::{Conditions, RULES_MAX, Through};
use crate::flow::error::{FieldError, FlowError, FlowResult};
use crate::flow::setup::Setup;
use crate::flow::view::instant;
use crate::limits;
use crate::store::Tx;
use crate::store::audit::audit_insert;
use crate::store::json::Json;
use crate::store::node::node_fetch;
use crate::store::pos_account::{PosAccountState, pos_account_list, pos_account_visible};
use crate::store::routing::{
    RoutingRule, RuleState, routing_change, routing_rule_delete, routing_rule_insert, routing_rule_list,
    routing_rule_place, routing_rule_update, routing_version,
};
use crate::store::span::Span;

/// Rules speak for the whole firm: who sees only a part of it does not see them.
pub(in crate::flow) async fn firm_only(tx: &mut Tx, ctx: &Ctx) -> FlowResult<()> {
    whole_firm(&mut Setup::in_tx(tx, ctx.tenant), ctx).await
}

/// The same, of a setup that is read anyway.
pub(super) async fn whole_firm(setup: &mut Setup<'_>, ctx: &Ctx) -> FlowResult<()> {
    let whole = setup.firm().await? == Some(ctx.scope);
    if whole { Ok(()) } else { Err(FlowError::NotFound("routing")) }
}

/// The rules of the caller's firm, whole, with what rules may name.
pub async fn table_read(app: &App, ctx: &Ctx) -> FlowResult<api::RoutingTable> {
    let mut tx = app.db.read().await?;
    firm_only(&mut tx, ctx).await?;
    let version = routing_version(&mut tx, ctx.tenant).await?;
    let rules = routing_rule_list(&mut tx, ctx.tenant).await?;
    let mut nodes: Vec<NodeId> = rules.iter().flat_map(|rule| rule.conditions.0.dealers.iter().copied()).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let mut dealers = Vec::with_capacity(nodes.len());
    for node in nodes {
        let known = node_fetch(&mut tx, ctx.tenant, ctx.scope, node).await?;
        dealers.extend(known.map(|known| api::NodeRef { id: node.to_string(), name: known.node.name }));
    }
    let accounts =
        pos_account_list(&mut tx, ctx.tenant, ctx.scope, Span::newest(i64::from(limits::PAGE_ROWS_MAX))).await?;
    let accounts = accounts.into_iter().map(|account| api::RoutingAccount {
        account: api::PosAccountRef { id: account.pos_account_id.to_string(), name: account.name, bank: account.bank },
        active: account.state == PosAccountState::Active,
    });
    let choices = api::RoutingChoices {
        accounts: accounts.collect(),
        programmes: programmes().map(str::to_owned).collect(),
        banks: banks()
            .iter()
            .map(|(code, name)| api::Bank { code: Some((*code).to_owned()), name: (*name).to_owned() })
            .collect(),
        currencies: Currency::all().map(|currency| currency.code().to_owned()).collect(),
    };
    Ok(api::RoutingTable { version, rules: rules.iter().map(rule_view).collect(), dealers, choices })
}

fn rule_view(rule: &RoutingRule) -> api::RoutingRule {
    api::RoutingRule {
        id: rule.routing_rule_id.to_string(),
        place: u32::try_from(rule.place).unwrap_or(u32::MAX),
        name: rule.name.clone(),
        state: match rule.state {
            RuleState::Active => api::RoutingRuleState::Active,
            RuleState::Disabled => api::RoutingRuleState::Disabled,
        },
        when: conditions_view(&rule.conditions.0),
        through: through_view(&rule.through.0),
        created_at: instant(rule.created_at_ms),
        updated_at: instant(rule.updated_at_ms),
    }
}

/// Adds a rule, at the end or before the place that is named.
pub async fn rule_create(app: &App, ctx: &Ctx, wanted: &api::RoutingRuleCreate) -> FlowResult<RoutingRuleId> {
    let now_ms = ctx.clock.now_ms();
    let mut tx = app.db.begin().await?;
    firm_only(&mut tx, ctx).await?;
    routing_change(&mut tx, ctx.tenant, now_ms).await?;
    let mut faults = Vec::new();
    let name = named(wanted.name.as_deref().unwrap_or_default(), &mut faults);
    let when = conditions_of(&wanted.when, &mut faults);
    let through = through_of(&wanted.through, &when, &mut faults);
    known(&mut tx, ctx, &when, &through, &mut faults).await?;
    done(faults)?;
    let mut rules = routing_rule_list(&mut tx, ctx.tenant).await?;
    room(&rules, &when)?;
    let rule = RoutingRule {
        tenant_id: ctx.tenant,
        routing_rule_id: RoutingRuleId::at(now_ms),
        place: 0,
        name,
        state: state_of(wanted.state),
        conditions: Json(when),
        through: Json(through),
        created_by: ctx.actor.label(),
        created_at_ms: now_ms,
        updated_at_ms: now_ms,
    };
    let id = rule.routing_rule_id;
    routing_rule_insert(&mut tx, &rule).await?;
    let at = wanted.place.and_then(|place| usize::try_from(place).ok()).unwrap_or(usize::MAX);
    rules.insert(at.saturating_sub(1).min(rules.len()), rule.clone());
    placed(&mut tx, &rules).await?;
    told(&mut tx, ctx, "routing_rule.created", Some(&rule)).await?;
    tx.commit().await?;
    Ok(id)
}

/// Changes a rule; what is absent stays. `None` where somebody changed the rules since `version`.
pub async fn rule_change(
    app: &App,
    ctx: &Ctx,
    id: RoutingRuleId,
    version: i64,
    wanted: &api::RoutingRuleUpdate,
) -> FlowResult<Option<()>> {
    let now_ms = ctx.clock.now_ms();
    let mut tx = app.db.begin().await?;
    firm_only(&mut tx, ctx).await?;
    let before = routing_change(&mut tx, ctx.tenant, now_ms).await?;
    let rules = routing_rule_list(&mut tx, ctx.tenant).await?;
    let rule = rules.iter().find(|rule| rule.routing_rule_id == id);
    let mut rule = rule.ok_or(FlowError::NotFound("routing_rule"))?.clone();
    if before != version {
        return Ok(None);
    }
    let mut faults = Vec::new();
    if let Some(name) = &wanted.name {
        rule.name = named(name, &mut faults);
    }
    if let Some(state) = wanted.state {
        rule.state = state_of(state);
    }
    let when = wanted.when.clone().unwrap_or_else(|| conditions_view(&rule.conditions.0));
    let through = wanted.through.clone().unwrap_or_else(|| through_view(&rule.through.0));
    // Both are checked together: a cap needs the currency that the conditions name.
    rule.conditions = Json(conditions_of(&when, &mut faults));
    rule.through = Json(through_of(&through, &rule.conditions.0, &mut faults));
    known(&mut tx, ctx, &rule.conditions.0, &rule.through.0, &mut faults).await?;
    done(faults)?;
    let others: Vec<RoutingRule> = rules.into_iter().filter(|other| other.routing_rule_id != id).collect();
    room(&others, &rule.conditions.0)?;
    rule.updated_at_ms = now_ms;
    routing_rule_update(&mut tx, &rule).await?;
    told(&mut tx, ctx, "routing_rule.updated", Some(&rule)).await?;
    tx.commit().await?;
    Ok(Some(()))
}

/// Takes a rule away; those below move up.
pub async fn rule_delete(app: &App, ctx: &Ctx, id: RoutingRuleId) -> FlowResult<()> {
    let mut tx = app.db.begin().await?;
    firm_only(&mut tx, ctx).await?;
    routing_change(&mut tx, ctx.tenant, ctx.clock.now_ms()).await?;
    let mut rules = routing_rule_list(&mut tx, ctx.tenant).await?;
    let at = rules.iter().position(|rule| rule.routing_rule_id == id);
    let rule = rules.remove(at.ok_or(FlowError::NotFound("routing_rule"))?);
    routing_rule_delete(&mut tx, ctx.tenant, id).await?;
    placed(&mut tx, &rules).await?;
    told(&mut tx, ctx, "routing_rule.deleted", Some(&rule)).await?;
    tx.commit().await?;
    Ok(())
}

/// Puts the rules in an order that names every rule once.
pub async fn rule_order(app: &App, ctx: &Ctx, wanted: &api::RoutingOrder) -> FlowResult<()> {
    let mut tx = app.db.begin().await?;
    firm_only(&mut tx, ctx).await?;
    routing_change(&mut tx, ctx.tenant, ctx.clock.now_ms()).await?;
    let mut rules = routing_rule_list(&mut tx, ctx.tenant).await?;
    let mut ordered = Vec::with_capacity(rules.len());
    for (at, text) in wanted.rules.iter().enumerate() {
        let id: Option<RoutingRuleId> = text.parse().ok();
        let found = rules.iter().position(|rule| Some(rule.routing_rule_id) == id);
        let found = found.ok_or_else(|| FlowError::invalid(format!("/rules/{at}"), "not_found", "no such rule"))?;
        ordered.push(rules.remove(found));
    }
    if !rules.is_empty() {
        return Err(FlowError::invalid("/rules", "required", "every rule is named once"));
    }
    placed(&mut tx, &ordered).await?;
    told(&mut tx, ctx, "routing_rule.ordered", None).await?;
    tx.commit().await?;
    Ok(())
}

/// Numbers the rules in the order given, where they are not so already.
async fn placed(tx: &mut Tx, rules: &[RoutingRule]) -> FlowResult<()> {
    for (rule, place) in rules.iter().zip(1..) {
        if rule.place != place {
            routing_rule_place(tx, rule.tenant_id, rule.routing_rule_id, place).await?;
        }
    }
    Ok(())
}

/// Whether one more rule has room.
fn room(others: &[RoutingRule], when: &Conditions) -> FlowResult<()> {
    let bins: usize = others.iter().map(|rule| rule.conditions.0.bins.len()).sum();
    if others.len() >= RULES_MAX {
        return Err(FlowError::conflict("too_many_rules", "the firm has as many as it may"));
    }
    if bins + when.bins.len() > limits::ROUTING_BINS_MAX {
        return Err(FlowError::invalid("/when/bins", "too_many", "of all rules together"));
    }
    Ok(())
}

/// Refuses accounts and dealers that are not the firm's.
async fn known(
    tx: &mut Tx,
    ctx: &Ctx,
    when: &Conditions,
    through: &Through,
    faults: &mut Vec<FieldError>,
) -> FlowResult<()> {
    for (at, account) in through.accounts.iter().enumerate() {
        if pos_account_visible(tx, ctx.tenant, ctx.scope, *account).await?.is_none() {
            faults.push(FieldError::new(format!("/through/accounts/{at}"), "not_found", "no such account"));
        }
    }
    for (at, dealer) in when.dealers.iter().enumerate() {
        if node_fetch(tx, ctx.tenant, ctx.scope, *dealer).await?.is_none() {
            faults.push(FieldError::new(format!("/when/dealers/{at}"), "not_found", "no such dealer"));
        }
    }
    Ok(())
}

async fn told(tx: &mut Tx, ctx: &Ctx, act: &str, rule: Option<&RoutingRule>) -> FlowResult<()> {
    let (object, detail) = match rule {
        Some(rule) => {
            let mut when = conditions_view(&rule.conditions.0);
            let bins = when.bins.len();
            // BINs can be thousands; how many there are is enough to see that they changed.
            when.bins.clear();
            let through = through_view(&rule.through.0);
            let detail = json!({"name": rule.name, "state": rule.state.as_str(), "when": when, "bins": bins, "through": through});
            (rule.routing_rule_id.to_string(), detail)
        }
        None => (ctx.tenant.to_string(), json!({})),
    };
    audit_insert(tx, ctx, act, &object, &detail).await?;
    Ok(())
}

fn named(name: &str, faults: &mut Vec<FieldError>) -> String {
    let name = name.trim();
    if name.chars().count() > 100 || name.chars().any(char::is_control) {
        faults.push(FieldError::new("/name", "too_long", "at most 100 letters"));
    }
    name.to_owned()
}

fn state_of(state: api::RoutingRuleState) -> RuleState {
    match state {
        api::RoutingRuleState::Active => RuleState::Active,
        api::RoutingRuleState::Disabled => RuleState::Disabled,
    }
}

fn done(faults: Vec<FieldError>) -> FlowResult<()> {
    if faults.is_empty() { Ok(()) } else { Err(FlowError::Invalid(faults)) }
}

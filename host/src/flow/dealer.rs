//! What holds for a node of the tree, whose setting it is, and changing what the node sets itself.

use serde_json::json;
use vezne_api as api;

use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::amount::AMOUNT_MINOR_MAX;
use crate::domain::bin::programmes;
use crate::domain::id::NodeId;
use crate::domain::instalment::{INSTALMENTS_MAX, SECTOR_GENERAL, sectors};
use crate::domain::node::NodeSettings;
use crate::domain::tree::EffectiveLimit;
use crate::flow::error::{FieldError, FlowError, FlowResult};
use crate::flow::instalment::{law_view, rate_of};
use crate::store::Tx;
use crate::store::audit::audit_insert;
use crate::store::node::{NodeKind, PathStep, node_fetch, node_path, node_settings, node_settings_update};

/// What holds for a node that the caller sees.
pub async fn settings_in_tx(tx: &mut Tx, ctx: &Ctx, id: NodeId) -> FlowResult<api::EffectiveSettings> {
    let now_ms = ctx.clock.now_ms();
    let row = node_fetch(tx, ctx.tenant, ctx.scope, id).await?.ok_or(FlowError::NotFound("dealer"))?;
    let (own, version) = node_settings(tx, ctx.tenant, id).await?.ok_or(FlowError::NotFound("dealer"))?;
    let path = node_path(tx, ctx.tenant, None, id).await?;
    let settings = effective(&path, ctx.scope);
    let sector = settings.iter().find(|setting| setting.name == "sector").map(|setting| setting.value.clone());
    Ok(api::EffectiveSettings {
        node: api::NodeRef { id: id.to_string(), name: row.node.name },
        version,
        law: law_view(sector.as_deref().unwrap_or(SECTOR_GENERAL), now_ms),
        settings,
        own: settings_view(&NodeSettings::read(&own)),
        choices: api::DealerSettingsChoices {
            programmes: programmes().map(str::to_owned).collect(),
            sectors: sectors(),
        },
    })
}

/// What holds at the end of a path. Limits are the strictest on the way from the firm down, a share is the node's own,
/// a sector the nearest. Levels above what the caller sees are shown as the caller's own root.
fn effective(path: &[PathStep], scope: NodeId) -> Vec<api::EffectiveSetting> {
    let root = path.iter().position(|step| step.node_id == scope).unwrap_or(0);
    let own: Vec<NodeSettings> = path.iter().map(|step| NodeSettings::read(&step.settings)).collect();
    let limits: Vec<_> = path.iter().zip(&own).map(|(step, own)| own.limit(step.node_id, &step.name)).collect();
    let limit = EffectiveLimit::along(&limits);
    let place = |node: NodeId| path.iter().position(|step| step.node_id == node).unwrap_or(0);
    let last = path.len().saturating_sub(1);
    let setting = |name: &str, programme: Option<&String>, value: String, at: usize| {
        let shown = path.get(at.max(root));
        api::EffectiveSetting {
            name: name.to_owned(),
            programme: programme.cloned(),
            value,
            from: api::NodeRef {
                id: shown.map(|step| step.node_id.to_string()).unwrap_or_default(),
                name: shown.map(|step| step.name.clone()).unwrap_or_default(),
            },
            inherited: at != last,
        }
    };
    let mut settings = Vec::new();
    let amounts = [("amount_min", &limit.amount_min), ("amount_max", &limit.amount_max)];
    for (name, bound) in amounts {
        settings.extend(bound.as_ref().map(|bound| setting(name, None, bound.value.to_string(), place(bound.node))));
    }
    let most = limit.instalments_max.as_ref();
    settings.extend(most.map(|bound| setting("instalments_max", None, bound.value.to_string(), place(bound.node))));
    let share = own.last().and_then(|own| own.pos_share);
    settings.extend(share.map(|share| setting("pos_share", None, share.to_string(), last)));
    settings.extend(limit.programme_instalments_max.iter().map(|(programme, bound)| {
        setting("programme_instalments_max", Some(programme), bound.value.to_string(), place(bound.node))
    }));
    let sector = own.iter().enumerate().rev().find_map(|(at, own)| Some((own.sector.clone()?, at)));
    settings.extend(sector.map(|(sector, at)| setting("sector", None, sector, at)));
    settings
}

fn settings_view(own: &NodeSettings) -> api::DealerSettings {
    api::DealerSettings {
        instalments_max: own.instalments_max,
        programme_instalments_max: own.programme_instalments_max.clone(),
        amount_min: own.amount_min,
        amount_max: own.amount_max,
        pos_share: own.pos_share.map(|rate| rate.to_string()),
        sector: own.sector.clone(),
        sub_dealer_code: own.sub_dealer_code.clone(),
    }
}

/// Changes what a node sets. `None` where somebody changed it since `version`.
///
/// Nobody sets the own limits and the own share: they are what the level above grants. Only the firm, which has none
/// above, sets its own.
pub async fn dealer_change(
    app: &App,
    ctx: &Ctx,
    id: NodeId,
    version: i64,
    wanted: &api::DealerUpdate,
) -> FlowResult<Option<()>> {
    let mut tx = app.db.begin().await?;
    let row = node_fetch(&mut tx, ctx.tenant, ctx.scope, id).await?.ok_or(FlowError::NotFound("dealer"))?;
    let is_firm = row.node.kind == NodeKind::Firm;
    if id == ctx.scope && !is_firm {
        return Err(FlowError::Forbidden("not_allowed"));
    }
    let Some(settings) = &wanted.settings else {
        let (_, stored) = node_settings(&mut tx, ctx.tenant, id).await?.ok_or(FlowError::NotFound("dealer"))?;
        return Ok((stored == version).then_some(()));
    };
    let mut faults = Vec::new();
    let settings = settings_of(settings, is_firm, &mut faults);
    if !faults.is_empty() {
        return Err(FlowError::Invalid(faults));
    }
    let before = NodeSettings::read(&row.node.settings);
    let text = settings.write(&row.node.settings);
    if !node_settings_update(&mut tx, ctx.tenant, id, &text, version).await? {
        return Ok(None);
    }
    let detail = json!({"before": settings_view(&before), "after": settings_view(&settings)});
    audit_insert(&mut tx, ctx, "dealer.settings_changed", &id.to_string(), &detail).await?;
    tx.commit().await?;
    Ok(Some(()))
}

/// What was written as settings.
fn settings_of(wire: &api::DealerSettings, is_firm: bool, faults: &mut Vec<FieldError>) -> NodeSettings {
    let mut wrong = |pointer: &str, code| faults.push(FieldError::new(pointer, code, "of a node's settings"));
    let counts = 1..=INSTALMENTS_MAX;
    if wire.instalments_max.is_some_and(|max| !counts.contains(&max)) {
        wrong("/settings/instalments_max", "instalments_out_of_range");
    }
    for (programme, max) in &wire.programme_instalments_max {
        // A JSON pointer writes `~` and `/` otherwise; no programme has them.
        let pointer =
            format!("/settings/programme_instalments_max/{}", programme.replace('~', "~0").replace('/', "~1"));
        if !programmes().any(|known| known == programme) {
            wrong(&pointer, "not_a_choice");
        } else if !counts.contains(max) {
            wrong(&pointer, "instalments_out_of_range");
        }
    }
    for (pointer, amount) in [("/settings/amount_min", wire.amount_min), ("/settings/amount_max", wire.amount_max)] {
        if amount.is_some_and(|amount| !(1..=AMOUNT_MINOR_MAX).contains(&amount)) {
            wrong(pointer, "out_of_range");
        }
    }
    if wire.amount_min.zip(wire.amount_max).is_some_and(|(min, max)| min > max) {
        wrong("/settings/amount_max", "below_minimum");
    }
    if wire.pos_share.is_some() && is_firm {
        wrong("/settings/pos_share", "not_allowed");
    }
    if wire.sector.as_ref().is_some_and(|sector| !sectors().contains(sector)) {
        wrong("/settings/sector", "not_a_choice");
    }
    if wire.sub_dealer_code.as_deref().is_some_and(|code| !is_sub_dealer_code(code)) {
        wrong("/settings/sub_dealer_code", "malformed");
    }
    NodeSettings {
        instalments_max: wire.instalments_max,
        programme_instalments_max: wire.programme_instalments_max.clone(),
        amount_min: wire.amount_min,
        amount_max: wire.amount_max,
        pos_share: wire.pos_share.as_deref().map(|text| rate_of(text, || "/settings/pos_share".to_owned(), faults)),
        sector: wire.sector.clone(),
        sub_dealer_code: wire.sub_dealer_code.clone(),
    }
}

/// As banks give them: up to 15 letters and digits.
fn is_sub_dealer_code(code: &str) -> bool {
    (1..=15).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn step(name: &str, settings: &str) -> PathStep {
        PathStep { node_id: NodeId::at(1), name: name.to_owned(), settings: settings.to_owned() }
    }

    #[test]
    fn the_strictest_setting_on_the_way_holds_and_names_whose_it_is() {
        let path = [
            step("firm", r#"{"instalments_max": 9, "amount_min": 100, "sector": "fuel", "pos_share": "9"}"#),
            step("dealer", r#"{"instalments_max": 6, "amount_min": 50, "programme_instalments_max": {"Bonus": 3}}"#),
            step("sub", r#"{"instalments_max": 12, "amount_max": 500, "pos_share": "2.4"}"#),
        ];
        let told = |scope: usize| -> Vec<(String, String, String, bool)> {
            let of = |s: api::EffectiveSetting| (s.name, s.value, s.from.name, s.inherited);
            effective(&path, path[scope].node_id).into_iter().map(of).collect()
        };
        let row = |name: &str, value: &str, from: &str, inherited| (name.into(), value.into(), from.into(), inherited);
        assert_eq!(
            told(0),
            [
                row("amount_min", "100", "firm", true),
                row("amount_max", "500", "sub", false),
                row("instalments_max", "6", "dealer", true),
                row("pos_share", "2.4", "sub", false),
                row("programme_instalments_max", "3", "dealer", true),
                row("sector", "fuel", "firm", true),
            ]
        );
        assert_eq!(told(1)[0].2, "dealer", "a level above the caller's root is not named");
    }

    #[test]
    fn every_fault_is_told_where_it_is() {
        let wire = api::DealerSettings {
            instalments_max: Some(37),
            programme_instalments_max: BTreeMap::from([("Bonus".to_owned(), 0), ("Hediye".to_owned(), 3)]),
            amount_min: Some(500),
            amount_max: Some(400),
            pos_share: Some("100,5".to_owned()),
            sector: Some("space".to_owned()),
            sub_dealer_code: Some("7-7".to_owned()),
        };
        let mut faults = Vec::new();
        settings_of(&wire, true, &mut faults);
        let told: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
        assert_eq!(
            told,
            [
                ("/settings/instalments_max", "instalments_out_of_range"),
                ("/settings/programme_instalments_max/Bonus", "instalments_out_of_range"),
                ("/settings/programme_instalments_max/Hediye", "not_a_choice"),
                ("/settings/amount_max", "below_minimum"),
                ("/settings/pos_share", "not_allowed"),
                ("/settings/sector", "not_a_choice"),
                ("/settings/sub_dealer_code", "malformed"),
                ("/settings/pos_share", "rate_malformed"),
            ]
        );
        faults.clear();
        let read = settings_of(
            &api::DealerSettings { pos_share: Some("2,4".to_owned()), ..Default::default() },
            false,
            &mut faults,
        );
        assert!(faults.is_empty() && read.pos_share == "2.4".parse().ok());
    }
}

//! The tree under a firm.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use vezne_api::{Dealer, DealerCreate, DealerKind, EffectiveSetting, EffectiveSettings, Page, Permission};

use super::check::Checks;
use super::error::{Error, Result};
use super::extract::{Caller, Json, Path, Query};
use super::page::{Listed, Window};
use super::route::{Endpoint, Table};
use super::view;
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::id::NodeId;
use crate::domain::party::Party;
use crate::flow::home::sums;
use crate::limits;
use crate::security::permission::{Object, Verdict, allowed};
use crate::store::Tx;
use crate::store::audit::audit_insert;
use crate::store::home::owes;
use crate::store::node::{
    Node, NodeFilter, NodeKind, NodeRow, PathStep, node_fetch, node_insert, node_list, node_path,
};

/// Narrows `GET /v1/dealers`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DealerQuery {
    /// Only nodes directly under this one.
    #[serde(default)]
    pub parent: Option<String>,
    /// Only this node and all below it.
    #[serde(default)]
    pub subtree_of: Option<String>,
    /// Words in name, code or e-mail.
    #[serde(default)]
    pub q: Option<String>,
    /// 1 to 200 rows; 50 if absent.
    #[serde(default)]
    pub limit: Option<u32>,
    /// From a page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table
        .add(
            Endpoint::get("/v1/dealers", "Lists the nodes of the tree, oldest first")
                .needs(Permission::DealerRead)
                .query::<DealerQuery>()
                .reply::<Page<Dealer>>(200),
            list,
        )
        .add(
            Endpoint::post("/v1/dealers", "Adds a node to the tree")
                .needs(Permission::DealerCreate)
                .body::<DealerCreate>()
                .reply::<Dealer>(201),
            create,
        )
        .add(
            Endpoint::get("/v1/dealers/{id}", "Shows a node of the tree")
                .needs(Permission::DealerRead)
                .reply::<Dealer>(200),
            show,
        )
        .add(
            Endpoint::get("/v1/dealers/{id}/effective_settings", "What holds for a node, and where it comes from")
                .needs(Permission::DealerRead)
                .reply::<EffectiveSettings>(200),
            effective_settings,
        )
}

async fn list(State(app): State<App>, caller: Caller, Query(query): Query<DealerQuery>) -> Result<Listed<Dealer>> {
    let prints = &app.security.fingerprints;
    let window = Window::new(prints, "dealers", query.limit, query.cursor.as_deref())?;
    let node = |text: Option<&str>| text.map(str::parse::<NodeId>).transpose().map_err(|_| Error::NotFound);
    let filter = NodeFilter {
        parent: node(query.parent.as_deref())?,
        subtree_of: node(query.subtree_of.as_deref())?,
        words: query.q,
        after: window.forward().map(str::to_owned),
        before: window.backward().map(str::to_owned),
        limit: window.fetch_limit(),
    };
    let ctx = &caller.ctx;
    let mut tx = app.db.read().await?;
    let rows = node_list(&mut tx, ctx.tenant, ctx.scope, &filter).await?;
    let mut paths = Vec::with_capacity(rows.len());
    for row in &rows {
        paths.push((row.node.node_id, node_path(&mut tx, ctx.tenant, Some(ctx.scope), row.node.node_id).await?));
    }
    let livemode = !app.config.sandbox;
    let path_of = |id: NodeId| paths.iter().find(|(known, _)| *known == id).map_or(&[][..], |(_, path)| path);
    let page = window.page(
        prints,
        rows,
        |row| row.node.node_id.to_text(),
        |row| {
            let path = path_of(row.node.node_id);
            dealer_view(&row, path, livemode)
        },
    );
    Ok(Listed(page))
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<axum::Json<Dealer>> {
    let id: NodeId = id.parse().map_err(|_| Error::NotFound)?;
    let ctx = &caller.ctx;
    let mut tx = app.db.read().await?;
    let mut dealer = dealer_of(&mut tx, ctx, id, !app.config.sandbox).await?;
    let path = node_path(&mut tx, ctx.tenant, None, id).await?;
    if let Some(above) = path.len().checked_sub(2).and_then(|place| path.get(place)) {
        dealer.owes = sums(owes(&mut tx, ctx.tenant, above.node_id, Party::Node(id)).await?);
    }
    Ok(axum::Json(dealer))
}

async fn create(State(app): State<App>, caller: Caller, Json(body): Json<DealerCreate>) -> Result<Response> {
    let ctx = &caller.ctx;
    let mut checks = Checks::default();
    let name = checks.text("/name", &body.name, 200);
    let code = checks.text("/code", &body.code, 50);
    let email = checks.email_if_any("/email", body.email.as_deref());
    let phone = checks.phone_if_any("/phone", body.phone.as_deref());
    let tax_no = checks.tax_no_if_any("/tax_no", body.tax_no.as_deref());
    checks.done()?;
    let parent: NodeId = match body.parent.as_deref() {
        None => ctx.scope,
        Some(text) => text.parse().map_err(|_| Error::field("/parent", "not_found"))?,
    };
    let now_ms = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    let path = node_path(&mut tx, ctx.tenant, None, parent).await?;
    let ids: Vec<NodeId> = path.iter().map(|step| step.node_id).collect();
    match allowed(&caller.grants, Permission::DealerCreate, Object { tenant: ctx.tenant, path: &ids }) {
        Verdict::Allowed => {}
        Verdict::Forbidden => return Err(Error::Forbidden("not_allowed")),
        Verdict::Invisible => return Err(Error::field("/parent", "not_found")),
    }
    if i64::try_from(ids.len()).unwrap_or(i64::MAX) >= limits::NODE_DEPTH_MAX {
        return Err(Error::field("/parent", "too_deep"));
    }
    let node = Node {
        tenant_id: ctx.tenant,
        node_id: NodeId::at(now_ms),
        parent_id: Some(parent.to_text()),
        kind: NodeKind::Dealer,
        name,
        code,
        tax_no,
        email,
        phone,
        settings: "{}".to_owned(),
        created_at_ms: now_ms,
    };
    if !node_insert(&mut tx, &node).await? {
        return Err(Error::Conflict { code: "code_taken", detail: node.code });
    }
    let detail = json!({"name": node.name, "code": node.code, "parent": parent.to_string()});
    audit_insert(&mut tx, ctx, "dealer.created", &node.node_id.to_string(), &detail).await?;
    let dealer = dealer_of(&mut tx, ctx, node.node_id, !app.config.sandbox).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, axum::Json(dealer)).into_response())
}

async fn effective_settings(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<EffectiveSettings>> {
    let id: NodeId = id.parse().map_err(|_| Error::NotFound)?;
    let ctx = &caller.ctx;
    let mut tx = app.db.read().await?;
    let row = node_fetch(&mut tx, ctx.tenant, ctx.scope, id).await?.ok_or(Error::NotFound)?;
    let path = node_path(&mut tx, ctx.tenant, None, id).await?;
    let settings = strictest(&path, ctx.scope);
    Ok(axum::Json(EffectiveSettings { node: view::node_ref(id, &row.node.name), settings }))
}

/// For every setting the strictest value on the way from the firm down. A setting's name tells what is
/// strict: `…_max` the smallest, `…_min` the largest, anything else the nearest to the node. Levels
/// above what the caller sees are shown as the caller's own root.
fn strictest(path: &[PathStep], scope: NodeId) -> Vec<EffectiveSetting> {
    let mut settings: Vec<EffectiveSetting> = Vec::new();
    let root = path.iter().position(|step| step.node_id == scope).unwrap_or(0);
    for (place, step) in path.iter().enumerate() {
        let values: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&step.settings).unwrap_or_default();
        let shown = &path[place.max(root)];
        for (name, value) in values {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let found = EffectiveSetting { name, value: text, from: view::node_ref(shown.node_id, &shown.name) };
            match settings.iter_mut().find(|known| known.name == found.name) {
                None => settings.push(found),
                Some(known) if is_stricter(&known.name, &found.value, &known.value) => *known = found,
                Some(_) => {}
            }
        }
    }
    settings.sort_by(|a, b| a.name.cmp(&b.name));
    settings
}

fn is_stricter(name: &str, new: &str, old: &str) -> bool {
    match (new.parse::<i64>(), old.parse::<i64>()) {
        (Ok(new), Ok(old)) if name.ends_with("_max") => new < old,
        (Ok(new), Ok(old)) if name.ends_with("_min") => new > old,
        _ => true,
    }
}

async fn dealer_of(tx: &mut Tx, ctx: &Ctx, id: NodeId, livemode: bool) -> Result<Dealer> {
    let row = node_fetch(tx, ctx.tenant, ctx.scope, id).await?.ok_or(Error::NotFound)?;
    let path = node_path(tx, ctx.tenant, Some(ctx.scope), id).await?;
    Ok(dealer_view(&row, &path, livemode))
}

fn dealer_view(row: &NodeRow, path: &[PathStep], livemode: bool) -> Dealer {
    let node = &row.node;
    let path = view::path(path);
    Dealer {
        id: node.node_id.to_string(),
        livemode,
        kind: if node.kind == NodeKind::Firm { DealerKind::Firm } else { DealerKind::Dealer },
        name: node.name.clone(),
        code: node.code.clone(),
        // The node above is on the path, unless it is above what the caller sees.
        parent: path.len().checked_sub(2).and_then(|place| path.get(place)).cloned(),
        path,
        children: row.children,
        tax_no: node.tax_no.clone(),
        email: node.email.clone(),
        phone: node.phone.clone(),
        owes: Vec::new(),
        created_at: view::instant(node.created_at_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strictest_setting_on_the_way_holds() {
        let step = |name: &str, settings: &str| PathStep {
            node_id: NodeId::at(1),
            name: name.to_owned(),
            settings: settings.to_owned(),
        };
        let path = [
            step("firm", r#"{"instalments_max": 9, "amount_min": 100, "page": "a"}"#),
            step("dealer", r#"{"instalments_max": 6, "amount_min": 50}"#),
            step("sub", r#"{"instalments_max": 12, "page": "b"}"#),
        ];
        let settings = strictest(&path, path[0].node_id);
        let shown: Vec<_> =
            settings.iter().map(|s| (s.name.as_str(), s.value.as_str(), s.from.name.as_str())).collect();
        assert_eq!(shown, [("amount_min", "100", "firm"), ("instalments_max", "6", "dealer"), ("page", "b", "sub")]);
        let hidden = strictest(&path, path[1].node_id);
        assert_eq!(hidden[0].from.name, "dealer", "a level above the caller's root is not named");
    }
}

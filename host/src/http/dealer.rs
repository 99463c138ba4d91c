//! The tree under a firm.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use vezne_api::{Dealer, DealerCreate, DealerKind, DealerUpdate, EffectiveSettings, Page, Permission};

use super::check::Checks;
use super::error::{Error, Result};
use super::extract::{Caller, Json, Path, Query};
use super::page::{Listed, Window};
use super::pos_account::if_match;
use super::route::{Endpoint, Table};
use super::routing::tagged;
use super::view;
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::id::NodeId;
use crate::domain::party::Party;
use crate::flow::dealer::{dealer_change, settings_in_tx};
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
            Endpoint::patch("/v1/dealers/{id}", "Changes a node's settings; If-Match names their version")
                .needs(Permission::PosAccountWrite)
                .conditional()
                .body::<DealerUpdate>()
                .reply::<Dealer>(200),
            change,
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

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Response> {
    whole(&app, &caller.ctx, id.parse().map_err(|_| Error::NotFound)?).await
}

async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<DealerUpdate>,
) -> Result<Response> {
    let id: NodeId = id.parse().map_err(|_| Error::NotFound)?;
    let version = if_match(&headers)?;
    dealer_change(&app, &caller.ctx, id, version, &body).await?.ok_or(Error::PreconditionFailed)?;
    whole(&app, &caller.ctx, id).await
}

/// A node with what it owes and what holds for it; tagged with the version of its settings.
async fn whole(app: &App, ctx: &Ctx, id: NodeId) -> Result<Response> {
    let mut tx = app.db.read().await?;
    let mut dealer = dealer_of(&mut tx, ctx, id, !app.config.sandbox).await?;
    let path = node_path(&mut tx, ctx.tenant, None, id).await?;
    if let Some(above) = path.len().checked_sub(2).and_then(|place| path.get(place)) {
        dealer.owes = sums(owes(&mut tx, ctx.tenant, above.node_id, Party::Node(id)).await?);
    }
    let settings = settings_in_tx(&mut tx, ctx, id).await?;
    let version = settings.version;
    dealer.settings = Some(settings);
    tagged(version, dealer)
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

async fn effective_settings(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Response> {
    let id: NodeId = id.parse().map_err(|_| Error::NotFound)?;
    let mut tx = app.db.read().await?;
    let settings = settings_in_tx(&mut tx, &caller.ctx, id).await?;
    tagged(settings.version, settings)
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
        settings: None,
        created_at: view::instant(node.created_at_ms),
    }
}

//! The tree: the firm, its dealers, their sub-dealers.

use super::change::Changed;
use super::{StoreResult, Tx};
use crate::domain::fold::fold;
use crate::domain::id::{NodeId, TenantId};
use crate::domain::named::named;

named! {
    /// What a node is.
    pub enum NodeKind {
        /// The root.
        Firm = "firm",
        /// Any other.
        Dealer = "dealer",
    }
}

/// One row.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Node {
    /// Whose tree.
    #[sqlx(try_from = "String")]
    pub tenant_id: TenantId,
    /// Key.
    #[sqlx(try_from = "String")]
    pub node_id: NodeId,
    /// The node above, 26 characters; absent for the firm.
    pub parent_id: Option<String>,
    /// Firm or dealer.
    #[sqlx(try_from = "String")]
    pub kind: NodeKind,
    /// Name to show.
    pub name: String,
    /// The firm's own code, unique in the firm.
    pub code: String,
    /// Tax or identity number.
    pub tax_no: Option<String>,
    /// For letters of ours.
    pub email: Option<String>,
    /// International form.
    pub phone: Option<String>,
    /// What it sets for itself and all below it, JSON.
    pub settings: String,
    /// When it was written.
    pub created_at_ms: i64,
}

/// A node with a count of those directly under it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct NodeRow {
    /// The node.
    #[sqlx(flatten)]
    pub node: Node,
    /// How many stand directly under it.
    pub children: i64,
}

/// A node on the way from a root down to another node.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct PathStep {
    /// Which.
    #[sqlx(try_from = "String")]
    pub node_id: NodeId,
    /// Name to show.
    pub name: String,
    /// Settings, JSON.
    pub settings: String,
}

/// Inserts a node and its lines to every node above it. `false` where the code is taken.
pub async fn node_insert(tx: &mut Tx, node: &Node) -> StoreResult<bool> {
    tx.changed(node.tenant_id, Changed::Setup);
    let folded = fold(&format!("{} {} {}", node.name, node.code, node.email.as_deref().unwrap_or_default()));
    let rows = execute!(
        tx,
        "insert into node (tenant_id, node_id, parent_id, kind, name, folded, code, tax_no, email, phone, settings, \
         created_at_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict do nothing",
        node.tenant_id.to_text(),
        node.node_id.to_text(),
        node.parent_id.as_deref(),
        node.kind.as_str(),
        node.name.as_str(),
        folded.as_str(),
        node.code.as_str(),
        node.tax_no.as_deref(),
        node.email.as_deref(),
        node.phone.as_deref(),
        node.settings.as_str(),
        node.created_at_ms
    )?;
    if rows == 0 {
        return Ok(false);
    }
    execute!(
        tx,
        "insert into node_ancestor (tenant_id, node_id, ancestor_id, depth) values ($1, $2, $2, 0)",
        node.tenant_id.to_text(),
        node.node_id.to_text()
    )?;
    execute!(
        tx,
        "insert into node_ancestor (tenant_id, node_id, ancestor_id, depth) \
         select tenant_id, cast($2 as text), ancestor_id, depth + 1 from node_ancestor \
         where tenant_id = $1 and node_id = $3",
        node.tenant_id.to_text(),
        node.node_id.to_text(),
        node.parent_id.as_deref()
    )?;
    Ok(true)
}

/// A node, if it stands in the part of the tree that `scope` sees.
pub async fn node_fetch(tx: &mut Tx, tenant: TenantId, scope: NodeId, node: NodeId) -> StoreResult<Option<NodeRow>> {
    fetch_optional!(
        tx,
        NodeRow,
        "select n.*, (select count(*) from node c where c.tenant_id = n.tenant_id and c.parent_id = n.node_id) \
         as children from node n where n.tenant_id = $1 and n.node_id = $3 and exists (\
         select 1 from node_ancestor a where a.tenant_id = n.tenant_id and a.node_id = n.node_id and a.ancestor_id = $2)",
        tenant.to_text(),
        scope.to_text(),
        node.to_text()
    )
}

/// The firm's own node.
pub async fn node_firm(tx: &mut Tx, tenant: TenantId) -> StoreResult<Option<Node>> {
    fetch_optional!(tx, Node, "select * from node where tenant_id = $1 and parent_id is null", tenant.to_text())
}

/// A node by the firm's own code, whoever asks: for seeding and import.
pub async fn node_by_code(tx: &mut Tx, tenant: TenantId, code: &str) -> StoreResult<Option<Node>> {
    fetch_optional!(tx, Node, "select * from node where tenant_id = $1 and code = $2", tenant.to_text(), code)
}

/// Whether `node` is `scope` or stands below it.
pub async fn node_is_below(tx: &mut Tx, tenant: TenantId, scope: NodeId, node: NodeId) -> StoreResult<bool> {
    let (count,) = fetch_one!(
        tx,
        (i64,),
        "select count(*) from node_ancestor where tenant_id = $1 and node_id = $2 and ancestor_id = $3",
        tenant.to_text(),
        node.to_text(),
        scope.to_text()
    )?;
    Ok(count == 1)
}

/// From the firm down to the node, the node included; cut off above `scope` where one is given.
pub async fn node_path(
    tx: &mut Tx,
    tenant: TenantId,
    scope: Option<NodeId>,
    node: NodeId,
) -> StoreResult<Vec<PathStep>> {
    fetch_all!(
        tx,
        PathStep,
        "select n.node_id, n.name, n.settings from node_ancestor a \
         join node n on n.tenant_id = a.tenant_id and n.node_id = a.ancestor_id \
         where a.tenant_id = $1 and a.node_id = $2 and (cast($3 as text) is null or exists (\
         select 1 from node_ancestor s where s.tenant_id = a.tenant_id and s.node_id = a.ancestor_id and s.ancestor_id = $3)) \
         order by a.depth desc limit 64",
        tenant.to_text(),
        node.to_text(),
        scope.map(NodeId::to_text)
    )
}

/// A node's own settings, JSON, and how often they were written.
pub async fn node_settings(tx: &mut Tx, tenant: TenantId, node: NodeId) -> StoreResult<Option<(String, i64)>> {
    fetch_optional!(
        tx,
        (String, i64),
        "select settings, settings_version from node where tenant_id = $1 and node_id = $2",
        tenant.to_text(),
        node.to_text()
    )
}

/// Writes a node's own settings. `false` where somebody wrote them since `version`.
pub async fn node_settings_update(
    tx: &mut Tx,
    tenant: TenantId,
    node: NodeId,
    settings: &str,
    version: i64,
) -> StoreResult<bool> {
    tx.changed(tenant, Changed::Setup);
    let rows = execute!(
        tx,
        "update node set settings = $3, settings_version = settings_version + 1 \
         where tenant_id = $1 and node_id = $2 and settings_version = $4",
        tenant.to_text(),
        node.to_text(),
        settings,
        version
    )?;
    Ok(rows == 1)
}

/// What a list of nodes is narrowed to. Empty fields do not narrow.
#[derive(Debug, Clone, Default)]
pub struct NodeFilter {
    /// Only nodes directly under this one.
    pub parent: Option<NodeId>,
    /// Only this node and all below it.
    pub subtree_of: Option<NodeId>,
    /// Words in name, code or e-mail.
    pub words: Option<String>,
    /// Only nodes after this id, 26 characters.
    pub after: Option<String>,
    /// Only nodes before this id; the order is turned round.
    pub before: Option<String>,
    /// How many rows.
    pub limit: i64,
}

/// Nodes that `scope` sees, oldest first; with `before`, newest first.
pub async fn node_list(tx: &mut Tx, tenant: TenantId, scope: NodeId, filter: &NodeFilter) -> StoreResult<Vec<NodeRow>> {
    let words = filter.words.as_deref().map(like);
    fetch_all!(
        tx,
        NodeRow,
        "select n.*, (select count(*) from node c where c.tenant_id = n.tenant_id and c.parent_id = n.node_id) \
         as children from node n where n.tenant_id = $1 and exists (\
         select 1 from node_ancestor a where a.tenant_id = n.tenant_id and a.node_id = n.node_id and a.ancestor_id = $2) \
         and (cast($3 as text) is null or n.parent_id = $3) \
         and (cast($4 as text) is null or exists (\
         select 1 from node_ancestor s where s.tenant_id = n.tenant_id and s.node_id = n.node_id and s.ancestor_id = $4)) \
         and (cast($5 as text) is null or n.folded like $5 escape '!') \
         and (cast($6 as text) is null or n.node_id > $6) \
         and (cast($7 as text) is null or n.node_id < $7) \
         order by case when cast($7 as text) is null then n.node_id end, n.node_id desc limit $8",
        tenant.to_text(),
        scope.to_text(),
        filter.parent.map(NodeId::to_text),
        filter.subtree_of.map(NodeId::to_text),
        words.as_deref(),
        filter.after.as_deref(),
        filter.before.as_deref(),
        filter.limit
    )
}

/// A pattern that finds folded words anywhere; `%`, `_` and `!` in them stand for themselves.
pub(super) fn like(words: &str) -> String {
    let mut pattern = String::from("%");
    for c in fold(words).chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

//! Who owes a node money and is not itself a node.

use super::node::like;
use super::{StoreResult, Tx};
use crate::domain::fold::fold;
use crate::domain::id::{CustomerId, NodeId, TenantId};

/// One row, with its node's name.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Customer {
    /// The firm.
    #[sqlx(try_from = "String")]
    pub tenant_id: TenantId,
    /// Key.
    #[sqlx(try_from = "String")]
    pub customer_id: CustomerId,
    /// Whose customer.
    #[sqlx(try_from = "String")]
    pub node_id: NodeId,
    /// That node's name.
    pub node_name: String,
    /// Name to show.
    pub name: String,
    /// The node's own code for it.
    pub code: String,
    /// Tax or identity number.
    pub tax_no: Option<String>,
    /// For letters of ours.
    pub email: Option<String>,
    /// International form.
    pub phone: Option<String>,
    /// When it was written.
    pub created_at_ms: i64,
}

/// Inserts a customer. `false` where the node has used the code before.
pub async fn customer_insert(tx: &mut Tx, customer: &Customer) -> StoreResult<bool> {
    let words = format!("{} {} {}", customer.name, customer.code, customer.email.as_deref().unwrap_or_default());
    let rows = execute!(
        tx,
        "insert into customer (tenant_id, customer_id, node_id, name, folded, code, tax_no, email, phone, \
         created_at_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing",
        customer.tenant_id.to_text(),
        customer.customer_id.to_text(),
        customer.node_id.to_text(),
        customer.name.as_str(),
        fold(&words),
        customer.code.as_str(),
        customer.tax_no.as_deref(),
        customer.email.as_deref(),
        customer.phone.as_deref(),
        customer.created_at_ms
    )?;
    Ok(rows == 1)
}

/// A customer, if its node stands in the part of the tree that `scope` sees.
pub async fn customer_fetch(
    tx: &mut Tx,
    tenant: TenantId,
    scope: NodeId,
    customer: CustomerId,
) -> StoreResult<Option<Customer>> {
    fetch_optional!(
        tx,
        Customer,
        "select c.*, n.name as node_name from customer c \
         join node n on n.tenant_id = c.tenant_id and n.node_id = c.node_id \
         where c.tenant_id = $1 and c.customer_id = $3 and exists (select 1 from node_ancestor a \
         where a.tenant_id = c.tenant_id and a.node_id = c.node_id and a.ancestor_id = $2)",
        tenant.to_text(),
        scope.to_text(),
        customer.to_text()
    )
}

/// A customer by its node's own code, for seeding and import.
pub async fn customer_by_code(
    tx: &mut Tx,
    tenant: TenantId,
    node: NodeId,
    code: &str,
) -> StoreResult<Option<Customer>> {
    fetch_optional!(
        tx,
        Customer,
        "select c.*, n.name as node_name from customer c \
         join node n on n.tenant_id = c.tenant_id and n.node_id = c.node_id \
         where c.tenant_id = $1 and c.node_id = $2 and c.code = $3",
        tenant.to_text(),
        node.to_text(),
        code
    )
}

/// What a list of customers is narrowed to. Empty fields do not narrow.
#[derive(Debug, Clone, Default)]
pub struct CustomerFilter {
    /// Only customers of this very node.
    pub node: Option<NodeId>,
    /// Words in name, code or e-mail.
    pub words: Option<String>,
    /// Only customers before this id, 26 characters.
    pub before: Option<String>,
    /// Only customers after this id; the order is turned round.
    pub after: Option<String>,
    /// How many rows.
    pub limit: i64,
}

/// Customers that `scope` sees, newest first; with `after`, oldest first.
pub async fn customer_list(
    tx: &mut Tx,
    tenant: TenantId,
    scope: NodeId,
    filter: &CustomerFilter,
) -> StoreResult<Vec<Customer>> {
    let words = filter.words.as_deref().map(like);
    fetch_all!(
        tx,
        Customer,
        "select c.*, n.name as node_name from customer c \
         join node n on n.tenant_id = c.tenant_id and n.node_id = c.node_id \
         where c.tenant_id = $1 and exists (select 1 from node_ancestor a \
         where a.tenant_id = c.tenant_id and a.node_id = c.node_id and a.ancestor_id = $2) \
         and (cast($3 as text) is null or c.node_id = $3) \
         and (cast($4 as text) is null or c.folded like $4 escape '!') \
         and (cast($5 as text) is null or c.customer_id < $5) \
         and (cast($6 as text) is null or c.customer_id > $6) \
         order by case when cast($6 as text) is not null then c.customer_id end, c.customer_id desc limit $7",
        tenant.to_text(),
        scope.to_text(),
        filter.node.map(NodeId::to_text),
        words.as_deref(),
        filter.before.as_deref(),
        filter.after.as_deref(),
        filter.limit
    )
}

//! A firm and the root of its tree, as an operator adds them.

use crate::app::App;
use crate::domain::id::{NodeId, TenantId};
use crate::flow::error::{FlowError, FlowResult};
use crate::store::Tx;
use crate::store::node::{Node, NodeKind, node_firm, node_insert};
use crate::store::tenant::{Tenant, tenant_by_slug, tenant_insert};

/// Adds a firm and the root of its tree, unless they are there: short name; then name, code and tax number.
pub async fn firm_add(app: &App, slug: &str, words: (&str, &str, &str)) -> FlowResult<(TenantId, NodeId)> {
    let now_ms = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    let tenant = match tenant_by_slug(&mut tx, slug).await? {
        Some(tenant) => tenant.tenant_id,
        None => tenant_add_in_tx(&mut tx, slug, words.0, now_ms).await?,
    };
    let firm = match node_firm(&mut tx, tenant).await? {
        Some(node) => node.node_id,
        None => node_add_in_tx(&mut tx, tenant, None, words, now_ms).await?,
    };
    tx.commit().await?;
    Ok((tenant, firm))
}

async fn tenant_add_in_tx(tx: &mut Tx, slug: &str, name: &str, now_ms: i64) -> FlowResult<TenantId> {
    let tenant = Tenant {
        tenant_id: TenantId::at(now_ms),
        slug: slug.to_owned(),
        name: name.to_owned(),
        zone: "Europe/Istanbul".to_owned(),
        currency: "TRY".to_owned(),
        created_at_ms: now_ms,
    };
    if !tenant_insert(tx, &tenant).await? {
        return Err(FlowError::conflict("firm_exists", format!("{slug} was written meanwhile")));
    }
    Ok(tenant.tenant_id)
}

/// Adds a node with name, code and tax number: below `parent`, or as the root of the firm's tree.
pub async fn node_add_in_tx(
    tx: &mut Tx,
    tenant: TenantId,
    parent: Option<NodeId>,
    (name, code, tax_no): (&str, &str, &str),
    now_ms: i64,
) -> FlowResult<NodeId> {
    let node = Node {
        tenant_id: tenant,
        node_id: NodeId::at(now_ms),
        parent_id: parent.map(NodeId::to_text),
        kind: if parent.is_none() { NodeKind::Firm } else { NodeKind::Dealer },
        name: name.to_owned(),
        code: code.to_owned(),
        tax_no: Some(tax_no.to_owned()),
        email: None,
        phone: None,
        settings: if parent.is_none() { r#"{"instalments_max":12}"# } else { "{}" }.to_owned(),
        created_at_ms: now_ms,
    };
    if !node_insert(tx, &node).await? {
        return Err(FlowError::conflict("node_exists", format!("{code} was written meanwhile")));
    }
    Ok(node.node_id)
}

//! Raising a receivable.

use jiff::civil::Date;

use super::{BooksResult, post};
use crate::domain::allocation::Holding;
use crate::domain::books::raised;
use crate::domain::id::{ComponentId, NodeId, ReceivableId, TenantId};
use crate::domain::money::Currency;
use crate::domain::party::Party;
use crate::domain::receivable::ComponentKind;
use crate::store::Tx;
use crate::store::ledger::PostingOrigin;
use crate::store::receivable::{ReceivableRow, component_insert, receivable_insert};

/// What somebody is to owe.
#[derive(Debug, Clone)]
pub struct NewReceivable {
    /// To whom it is owed.
    pub node: NodeId,
    /// Who owes.
    pub debtor: Party,
    /// In which currency.
    pub currency: Currency,
    /// The document behind it; unique per node.
    pub document_no: Option<String>,
    /// Free text for people.
    pub description: Option<String>,
    /// When it falls due.
    pub due_on: Date,
    /// Its parts, at least one, each above zero.
    pub components: Vec<(ComponentKind, i64)>,
    /// Who writes it.
    pub created_by: String,
}

/// Writes a receivable with its components and posts it, in the caller's transaction.
pub async fn receivable_raise_in_tx(
    tx: &mut Tx,
    tenant: TenantId,
    new: &NewReceivable,
    at_ms: i64,
) -> BooksResult<ReceivableId> {
    let id = ReceivableId::at(at_ms);
    let parts: Vec<(ComponentId, ComponentKind, i64)> =
        new.components.iter().map(|(kind, minor)| (ComponentId::at(at_ms), *kind, *minor)).collect();
    let lines: Vec<Holding> = parts
        .iter()
        .map(|(component, kind, minor)| Holding {
            debtor: new.debtor,
            target: Some((id, *component, *kind)),
            minor: *minor,
        })
        .collect();
    let posting = raised(new.node, new.currency, &lines)?;
    let row = ReceivableRow {
        id,
        node: new.node,
        debtor: new.debtor,
        currency: new.currency,
        document_no: new.document_no.clone(),
        description: new.description.clone(),
        due_on: new.due_on,
        created_by: new.created_by.clone(),
        created_at_ms: at_ms,
    };
    receivable_insert(tx, tenant, &row).await?;
    for (component, kind, minor) in parts {
        component_insert(tx, tenant, id, component, kind, minor).await?;
    }
    let origin = PostingOrigin {
        cause: id.to_string(),
        reverses: None,
        collection: None,
        payment: None,
        receivable: Some(id),
        at_ms,
    };
    post(tx, tenant, &[posting], &origin).await?;
    Ok(id)
}

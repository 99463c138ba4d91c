//! To whom a party owes: whose books a payment goes into.

use crate::ctx::Ctx;
use crate::domain::id::NodeId;
use crate::domain::party::Party;
use crate::flow::error::{FlowError, FlowResult};
use crate::store::customer::customer_fetch;
use crate::store::node::{node_fetch, node_is_below};
use crate::store::{StoreResult, Tx};

/// A node owes the node directly above it, a customer the node whose customer it is. Nothing where the party is not
/// in the caller's part of the tree, or owes nobody.
pub async fn creditor(tx: &mut Tx, ctx: &Ctx, party: Party) -> StoreResult<Option<NodeId>> {
    Ok(match party {
        Party::Node(id) => {
            let row = node_fetch(tx, ctx.tenant, ctx.scope, id).await?;
            let above = row.and_then(|row| row.node.parent_id);
            above.and_then(|above| NodeId::from_text(&above).ok())
        }
        Party::Customer(id) => customer_fetch(tx, ctx.tenant, ctx.scope, id).await?.map(|row| row.node_id),
        Party::PosAccount(_) | Party::Payer(_) => None,
    })
}

/// Who collects what `payer` pays: its creditor, whom a dealer that pays its own debt could not name. Nobody's payment
/// is collected by the node that is named, or else by the caller's own.
pub async fn collector(tx: &mut Tx, ctx: &Ctx, payer: Option<Party>, wanted: Option<NodeId>) -> FlowResult<NodeId> {
    let Some(payer) = payer else {
        let node = wanted.unwrap_or(ctx.scope);
        let is_own = node_is_below(tx, ctx.tenant, ctx.scope, node).await?;
        return if is_own { Ok(node) } else { Err(FlowError::NotFound("dealer")) };
    };
    let creditor = creditor(tx, ctx, payer).await?;
    let creditor = creditor.ok_or_else(|| FlowError::invalid("/payer", "not_found", "no such debtor"))?;
    if wanted.is_some_and(|wanted| wanted != creditor) {
        return Err(FlowError::invalid("/node", "not_allowed", "the payer owes another node"));
    }
    Ok(creditor)
}

//! Whether what is to be paid is owed, and not in doubt already.

use std::collections::BTreeMap;

use super::SaleRequest;
use crate::ctx::Ctx;
use crate::domain::id::{NodeId, ReceivableId};
use crate::flow::collect::shares;
use crate::flow::doubt::in_doubt_of_receivables;
use crate::flow::error::{FlowError, FlowResult};
use crate::store::Tx;
use crate::store::receivable::receivable_open;

/// Checks the receivables that a payer chose: each is open, owed by this payer to this node, and takes its share. And
/// never is a debt paid again whose payment is in doubt: both may turn out paid.
pub(super) async fn debt_checked(tx: &mut Tx, ctx: &Ctx, node: NodeId, request: &SaleRequest) -> FlowResult<()> {
    let shares = shares(&request.receivables).map_err(|error| FlowError::Internal(error.to_string()))?;
    let Some(payer) = request.payer else {
        let nobody_owes = "a payment of nobody in particular closes no debts";
        return if shares.is_empty() {
            Ok(())
        } else {
            Err(FlowError::invalid("/receivables", "not_allowed", nobody_owes))
        };
    };
    let currency = request.amount.currency;
    let mut open = BTreeMap::<ReceivableId, i64>::new();
    for part in receivable_open(tx, ctx.tenant, node, payer, currency).await? {
        *open.entry(part.receivable).or_default() += part.outstanding;
    }
    let mut stated = 0_i64;
    for (share, at) in shares.iter().zip(0..) {
        let Some(outstanding) = open.get(&share.receivable) else {
            let pointer = format!("/receivables/{at}/receivable");
            return Err(FlowError::invalid(pointer, "not_found", "the payer has no such open debt"));
        };
        let minor = share.minor.unwrap_or(0);
        stated = stated.saturating_add(minor);
        if share.minor.is_some_and(|minor| minor < 1) || minor > *outstanding || stated > request.amount.minor {
            let pointer = format!("/receivables/{at}/amount");
            return Err(FlowError::invalid(pointer, "out_of_range", format!("at most {outstanding} of it is open")));
        }
    }
    if !shares.is_empty() {
        open.retain(|receivable, _| shares.iter().any(|share| share.receivable == *receivable));
    }
    let doubts = in_doubt_of_receivables(tx, ctx.tenant, &[(node, payer, currency)]).await?;
    let in_doubt: i64 = open.keys().filter_map(|receivable| doubts.get(receivable)).sum();
    let free = open.values().sum::<i64>() - in_doubt;
    if in_doubt > 0 && request.amount.minor > free {
        return Err(FlowError::conflict("in_doubt", format!("{in_doubt} of this debt is in doubt, {free} is not")));
    }
    Ok(())
}

//! Whether what is to be paid is owed, and not in doubt already.

use std::collections::BTreeMap;

use super::SaleRequest;
use crate::ctx::Ctx;
use crate::domain::debt::{DebtRefused, debt_payable};
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
    let in_doubt = in_doubt_of_receivables(tx, ctx.tenant, &[(node, payer, currency)]).await?;
    debt_payable(request.amount.minor, &open, &in_doubt, &shares).map_err(refused)
}

fn refused(why: DebtRefused) -> FlowError {
    let field = |at: usize, name: &str, code: &'static str, detail: String| {
        FlowError::invalid(format!("/receivables/{at}/{name}"), code, detail)
    };
    match why {
        DebtRefused::NotOwed { at } => {
            field(at, "receivable", "not_found", "the payer has no such open debt".to_owned())
        }
        DebtRefused::Twice { at } => field(at, "receivable", "already_used", "this debt is chosen already".to_owned()),
        DebtRefused::OutOfRange { at, open } => {
            field(at, "amount", "out_of_range", format!("at most {open} of it is open"))
        }
        DebtRefused::InDoubt { in_doubt, free } => {
            FlowError::conflict("in_doubt", format!("{in_doubt} of this debt is in doubt, {free} is not"))
        }
    }
}

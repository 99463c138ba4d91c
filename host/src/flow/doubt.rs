//! Doubt: what payments without a known outcome may turn out to have closed (beside a debt, never in it), everything
//! that is in doubt with all that is known of it, and how persons decide it.

mod decision;
mod list;

pub use decision::{Decision, doubt_propose};
pub use list::{DoubtWhole, doubt_page, doubt_whole};

pub(in crate::flow) use decision::decision_in_tx;

use std::collections::BTreeMap;

use crate::domain::allocation::AllocationRule;
use crate::domain::id::{NodeId, ReceivableId, TenantId};
use crate::domain::money::Currency;
use crate::domain::party::Party;
use crate::flow::collect::{payer, selection};
use crate::flow::error::FlowResult;
use crate::store::Tx;
use crate::store::payment::{Payment, payment_doubtful};
use crate::store::receivable::receivable_open;

/// A debtor's account with a node.
pub type Account = (NodeId, Party, Currency);

/// For each receivable of these accounts, what is in doubt of it, minor units. The amounts go where the books
/// would put them if every one of these payments turned out paid.
pub async fn in_doubt_of_receivables(
    tx: &mut Tx,
    tenant: TenantId,
    accounts: &[Account],
) -> FlowResult<BTreeMap<ReceivableId, i64>> {
    let mut doubtful = BTreeMap::<Account, Vec<Payment>>::new();
    for payment in payment_doubtful(tx, tenant).await? {
        let account = (payment.node_id, payer(&payment)?, payment.currency);
        if accounts.contains(&account) {
            doubtful.entry(account).or_default().push(payment);
        }
    }
    let mut in_doubt = BTreeMap::new();
    for ((node, debtor, currency), payments) in doubtful {
        let mut open = receivable_open(tx, tenant, node, debtor, currency).await?;
        for payment in payments {
            let allocated = AllocationRule::default().allocate(payment.amount_minor, &open, &selection(&payment)?);
            for line in allocated.lines {
                *in_doubt.entry(line.receivable).or_insert(0) += line.minor;
                if let Some(part) = open.iter_mut().find(|part| part.component == line.component) {
                    part.outstanding = line.left;
                }
            }
        }
    }
    Ok(in_doubt)
}

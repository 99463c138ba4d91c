//! The names around payments.

use crate::domain::id::{PaymentId, PosAccountId, TenantId};
use crate::store::json::keys;
use crate::store::{StoreResult, Tx};

/// The names around a payment, for people.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct PaymentNames {
    /// Of which payment.
    #[sqlx(try_from = "String")]
    pub payment_id: PaymentId,
    /// Of the node whose money it is.
    pub node_name: String,
    /// Of the payer, where known.
    pub payer_name: Option<String>,
    /// Of the newest attempt's POS account.
    pub pos_name: Option<String>,
    /// Its bank.
    pub pos_bank: Option<String>,
    /// `test` or `live`.
    pub pos_environment: Option<String>,
    /// When its bank's day ends, `HH:MM`; midnight where nobody said.
    pub pos_day_end: Option<String>,
    /// The firm's zone.
    pub zone: String,
}

/// The names around payments.
pub async fn payment_names(tx: &mut Tx, tenant: TenantId, payments: &[PaymentId]) -> StoreResult<Vec<PaymentNames>> {
    fetch_all!(
        tx,
        PaymentNames,
        "select p.payment_id, n.name as node_name, coalesce(pn.name, c.name) as payer_name, a.name as pos_name, \
         a.bank as pos_bank, a.environment as pos_environment, a.day_end as pos_day_end, t.zone as zone \
         from payment p join node n on n.tenant_id = p.tenant_id and n.node_id = p.node_id \
         join tenant t on t.tenant_id = p.tenant_id \
         left join node pn on pn.tenant_id = p.tenant_id and p.payer_kind = 'node' and pn.node_id = p.payer_id \
         left join customer c on c.tenant_id = p.tenant_id and p.payer_kind = 'customer' and c.customer_id = p.payer_id \
         left join pos_account a on a.tenant_id = p.tenant_id and a.pos_account_id = (select e.pos_account_id \
            from attempt e where e.tenant_id = p.tenant_id and e.payment_id = p.payment_id \
            order by e.attempt_id desc limit 1) \
         where p.tenant_id = $1 and p.payment_id in (select value from json_each($2))",
        tenant.to_text(),
        keys(payments.iter().map(|id| id.to_text()))
    )
}

/// A POS account, named.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct AccountNames {
    /// 26 characters.
    pub pos_account_id: String,
    /// The firm's name for it.
    pub name: String,
    /// Its bank.
    pub bank: String,
}

/// POS accounts by their keys.
pub async fn payment_accounts(
    tx: &mut Tx,
    tenant: TenantId,
    accounts: &[PosAccountId],
) -> StoreResult<Vec<AccountNames>> {
    fetch_all!(
        tx,
        AccountNames,
        "select pos_account_id, name, bank from pos_account \
         where tenant_id = $1 and pos_account_id in (select value from json_each($2)) limit 1000",
        tenant.to_text(),
        keys(accounts.iter().map(|id| id.to_text()))
    )
}

//! Operations: what is done with an attempt after it: capture, void, refund.

use crate::domain::id::{AttemptId, OperationId, PaymentId, PosAccountId, TenantId};
use crate::domain::money::{Currency, Money};
use crate::domain::payment::{OperationKind, OperationState};
use crate::store::attempt::Attempt;
use crate::store::json::keys;
use crate::store::{StoreResult, Tx};

/// One row.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Operation {
    /// Whose books.
    #[sqlx(try_from = "String")]
    pub tenant_id: TenantId,
    /// Key; the API shows a void or refund under the same characters with `ref_`.
    #[sqlx(try_from = "String")]
    pub operation_id: OperationId,
    /// Of which payment.
    #[sqlx(try_from = "String")]
    pub payment_id: PaymentId,
    /// On which attempt.
    #[sqlx(try_from = "String")]
    pub attempt_id: AttemptId,
    /// Capture, void or refund.
    #[sqlx(try_from = "String")]
    pub kind: OperationKind,
    /// How much of what the card was charged.
    pub amount_minor: i64,
    /// Its currency.
    #[sqlx(try_from = "String")]
    pub currency: Currency,
    /// Where it stands.
    #[sqlx(try_from = "String")]
    pub state: OperationState,
    /// How the bank knows it, JSON.
    pub bank_ref: String,
    /// The caller's words.
    pub reason: Option<String>,
    /// Why it failed or is in doubt, JSON.
    pub failure: Option<String>,
    /// Who asked for it.
    pub requested_by: String,
    /// When the janitor looks at it next.
    pub due_ms: Option<i64>,
    /// How often the bank was asked.
    pub asks: i64,
    /// How often it said that nothing of the kind was done.
    pub not_found: i64,
    /// When the last send of it that may move money began.
    pub sent_at_ms: i64,
    /// When it ended.
    pub finished_at_ms: Option<i64>,
    /// When it was written.
    pub created_at_ms: i64,
    /// For compare-and-set.
    pub version: i64,
    /// How many moves its timeline tells, its beginning the first; fewer where it is older than that.
    pub moved: i64,
    /// The proposal by which persons decided it, 26 characters.
    pub proposal_id: Option<String>,
}

impl Operation {
    /// One that begins now on an attempt: its row before the first byte.
    pub fn beginning(
        of: &Attempt,
        kind: OperationKind,
        amount: Money,
        by: String,
        (now_ms, due_ms): (i64, i64),
    ) -> Self {
        Self {
            tenant_id: of.tenant_id,
            operation_id: OperationId::at(now_ms),
            payment_id: of.payment_id,
            attempt_id: of.attempt_id,
            kind,
            amount_minor: amount.minor,
            currency: amount.currency,
            state: OperationState::Sending,
            bank_ref: "{}".to_owned(),
            reason: None,
            failure: None,
            requested_by: by,
            due_ms: Some(due_ms),
            asks: 0,
            not_found: 0,
            sent_at_ms: now_ms,
            finished_at_ms: None,
            created_at_ms: now_ms,
            version: 1,
            moved: 1,
            proposal_id: None,
        }
    }

    /// How much.
    pub fn amount(&self) -> Money {
        Money::new(self.amount_minor, self.currency)
    }
}

/// Inserts an operation. `false` where another one of the attempt is open.
pub async fn operation_insert(tx: &mut Tx, operation: &Operation) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "insert into operation (tenant_id, operation_id, payment_id, attempt_id, kind, amount_minor, currency, state, \
         bank_ref, reason, requested_by, due_ms, asks, not_found, sent_at_ms, created_at_ms, version, moved) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0, $13, $14, 1, 1) on conflict do nothing",
        operation.tenant_id.to_text(),
        operation.operation_id.to_text(),
        operation.payment_id.to_text(),
        operation.attempt_id.to_text(),
        operation.kind.as_str(),
        operation.amount_minor,
        operation.currency.code(),
        operation.state.as_str(),
        operation.bank_ref.as_str(),
        operation.reason.as_deref(),
        operation.requested_by.as_str(),
        operation.due_ms,
        operation.sent_at_ms,
        operation.created_at_ms
    )?;
    Ok(rows == 1)
}

/// Writes every changing column by compare-and-set on the version.
pub async fn operation_update(tx: &mut Tx, operation: &Operation) -> StoreResult<bool> {
    let rows = execute!(
        tx,
        "update operation set state = $4, bank_ref = $5, failure = $6, due_ms = $7, asks = $8, not_found = $9, \
         finished_at_ms = $10, proposal_id = $11, sent_at_ms = $12, moved = $13, version = version + 1 \
         where tenant_id = $1 and operation_id = $2 and version = $3",
        operation.tenant_id.to_text(),
        operation.operation_id.to_text(),
        operation.version,
        operation.state.as_str(),
        operation.bank_ref.as_str(),
        operation.failure.as_deref(),
        operation.due_ms,
        operation.asks,
        operation.not_found,
        operation.finished_at_ms,
        operation.proposal_id.as_deref(),
        operation.sent_at_ms,
        operation.moved
    )?;
    Ok(rows == 1)
}

/// An operation by key.
pub async fn operation_fetch(tx: &mut Tx, tenant: TenantId, operation: OperationId) -> StoreResult<Option<Operation>> {
    fetch_optional!(
        tx,
        Operation,
        "select * from operation where tenant_id = $1 and operation_id = $2",
        tenant.to_text(),
        operation.to_text()
    )
}

/// The operations of payments, each payment's oldest first.
pub async fn operation_list(tx: &mut Tx, tenant: TenantId, payments: &[PaymentId]) -> StoreResult<Vec<Operation>> {
    fetch_all!(
        tx,
        Operation,
        "select * from operation where tenant_id = $1 and payment_id in (select value from json_each($2)) \
         order by payment_id, operation_id limit 20000",
        tenant.to_text(),
        keys(payments.iter().map(|id| id.to_text()))
    )
}

/// An operation whose time has come, and where its attempt is.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct OperationDue {
    /// The row.
    #[sqlx(flatten)]
    pub operation: Operation,
    /// The attempt's.
    #[sqlx(try_from = "String")]
    pub pos_account_id: PosAccountId,
}

/// Operations, of every firm, that the janitor must look at: the longest due of each POS account, at most `each` of
/// it, and none of those that are `busy`.
pub async fn operation_due(
    tx: &mut Tx,
    now_ms: i64,
    busy: &[PosAccountId],
    each: i64,
    limit: i64,
) -> StoreResult<Vec<OperationDue>> {
    fetch_all!(
        tx,
        OperationDue,
        "select o.*, d.pos_account_id from operation o join ( \
            select o.tenant_id, o.operation_id, t.pos_account_id, row_number() over ( \
                partition by t.tenant_id, t.pos_account_id order by o.due_ms, o.operation_id) as place \
            from operation o join attempt t on t.tenant_id = o.tenant_id and t.attempt_id = o.attempt_id \
            where o.due_ms is not null and o.due_ms <= $1 \
            and t.pos_account_id not in (select value from json_each($2))) d \
         on d.tenant_id = o.tenant_id and d.operation_id = o.operation_id \
         where d.place <= $3 order by d.place, o.due_ms, o.operation_id limit $4",
        now_ms,
        keys(busy.iter().map(|id| id.to_text())),
        each,
        limit
    )
}

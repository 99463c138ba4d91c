//! The timeline of a payment: what happened, step by step, in words that may be shown.

use std::collections::BTreeMap;

use crate::domain::id::{AttemptId, EventId, OperationId, PaymentId, TenantId};
use crate::domain::payment::Told;
use crate::store::json::Json;
use crate::store::{StoreResult, Tx};

/// One row.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct PaymentEvent {
    /// Whose books.
    #[sqlx(try_from = "String")]
    pub tenant_id: TenantId,
    /// Of which payment.
    #[sqlx(try_from = "String")]
    pub payment_id: PaymentId,
    /// Key; sorts by time.
    #[sqlx(try_from = "String")]
    pub event_id: EventId,
    /// The attempt it is about.
    pub attempt_id: Option<String>,
    /// The operation it is about.
    pub operation_id: Option<String>,
    /// `payment.created`, `bank.sent`, `callback.received`, ….
    pub kind: String,
    /// Who caused it.
    pub actor: String,
    /// Masked facts.
    #[sqlx(try_from = "String")]
    pub detail: Json<BTreeMap<String, String>>,
    /// When.
    pub at_ms: i64,
    /// What its commit moved; only written here, for the audit to read.
    #[sqlx(skip)]
    pub moves: Vec<Told>,
}

impl PaymentEvent {
    /// An event of a payment; add what it is about with the methods below.
    pub fn new(tenant_id: TenantId, payment_id: PaymentId, kind: &str, actor: &str, at_ms: i64) -> Self {
        Self {
            tenant_id,
            payment_id,
            event_id: EventId::at(at_ms),
            attempt_id: None,
            operation_id: None,
            kind: kind.to_owned(),
            actor: actor.to_owned(),
            detail: Json(BTreeMap::new()),
            at_ms,
            moves: Vec::new(),
        }
    }

    /// About this attempt.
    pub fn attempt(mut self, attempt: AttemptId) -> Self {
        self.attempt_id = Some(attempt.to_text());
        self
    }

    /// About this operation.
    pub fn operation(mut self, operation: OperationId) -> Self {
        self.operation_id = Some(operation.to_text());
        self
    }

    /// Tells a move that the same commit makes.
    pub fn moved(mut self, told: Told) -> Self {
        self.moves.push(told);
        self
    }

    /// A fact; an empty one is left out.
    pub fn fact(mut self, name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        if !value.is_empty() {
            self.detail.0.insert(name.to_owned(), value);
        }
        self
    }
}

/// Writes a line of the timeline.
pub async fn event_insert(tx: &mut Tx, event: &PaymentEvent) -> StoreResult<()> {
    execute!(
        tx,
        "insert into payment_event (tenant_id, payment_id, event_id, attempt_id, operation_id, kind, actor, detail, \
         at_ms, moves) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        event.tenant_id.to_text(),
        event.payment_id.to_text(),
        event.event_id.to_text(),
        event.attempt_id.as_deref(),
        event.operation_id.as_deref(),
        event.kind.as_str(),
        event.actor.as_str(),
        event.detail.to_text(),
        event.at_ms,
        (!event.moves.is_empty()).then(|| Json(&event.moves).to_text())
    )?;
    Ok(())
}

/// The timeline of a payment, oldest first.
pub async fn event_list(tx: &mut Tx, tenant: TenantId, payment: PaymentId) -> StoreResult<Vec<PaymentEvent>> {
    fetch_all!(
        tx,
        PaymentEvent,
        "select * from payment_event where tenant_id = $1 and payment_id = $2 order by at_ms, event_id limit 1000",
        tenant.to_text(),
        payment.to_text()
    )
}

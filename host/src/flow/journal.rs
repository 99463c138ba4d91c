//! The diary of an act at a bank: a committed row before each first byte (P3), a line after each answer.

use futures::future::BoxFuture;
use serde_json::json;

use crate::app::App;
use crate::bug::{self, Bug};
use crate::ctx::Ctx;
use crate::domain::id::{AttemptId, OperationId, PaymentId, PosAccountId, TenantId};
use crate::flow::attempt::{bank_ref_sent, bank_ref_text};
use crate::plugin::{Effect, Journal, JournalError, Phase, ReplyNote, SendIntent};
use crate::store::StoreResult;
use crate::store::attempt::{attempt_fetch, attempt_update};
use crate::store::audit::audit_insert;
use crate::store::event::{PaymentEvent, event_insert};
use crate::store::operation::{operation_fetch, operation_update};

/// Of one act on one attempt.
pub struct Diary {
    app: App,
    tenant: TenantId,
    payment: PaymentId,
    attempt: AttemptId,
    /// Set for captures, voids and refunds.
    operation: Option<OperationId>,
    /// Set for the janitor's questions: they write the timeline, not the row that they ask about.
    question: bool,
}

impl Diary {
    /// For what an attempt itself does.
    pub fn of_attempt(app: &App, tenant: TenantId, payment: PaymentId, attempt: AttemptId) -> Self {
        Self { app: app.clone(), tenant, payment, attempt, operation: None, question: false }
    }

    /// For an operation on it.
    pub fn operation(mut self, operation: OperationId) -> Self {
        self.operation = Some(operation);
        self
    }

    /// For a question about it.
    pub fn question(mut self) -> Self {
        self.question = true;
        self
    }

    fn event(&self, kind: &str) -> PaymentEvent {
        let now_ms = self.app.clock.now_ms();
        let event = PaymentEvent::new(self.tenant, self.payment, kind, "bank", now_ms).attempt(self.attempt);
        match self.operation {
            Some(operation) => event.operation(operation),
            None => event,
        }
    }

    /// Commits the intent. `false` where somebody else has moved the row meanwhile: then nothing is sent.
    async fn intend(&self, send: &SendIntent) -> StoreResult<bool> {
        let now_ms = self.app.clock.now_ms();
        let mut tx = self.app.db.begin().await?;
        let kept = match self.operation {
            _ if self.question => true,
            Some(operation) => match operation_fetch(&mut tx, self.tenant, operation).await? {
                Some(mut row) if row.state.is_open() => {
                    row.bank_ref = bank_ref_text(&send.known, &row.bank_ref);
                    // "Not done" is final only so long after this, not after the request for it.
                    if send.effect == Effect::OnceOnlyWrite {
                        row.sent_at_ms = now_ms;
                    }
                    operation_update(&mut tx, &row).await?
                }
                _ => false,
            },
            None => match attempt_fetch(&mut tx, self.tenant, self.attempt).await? {
                Some(mut row) if row.state.is_open() => {
                    row.bank_ref = bank_ref_sent(&send.known, &row.bank_ref);
                    if send.effect == Effect::OnceOnlyWrite {
                        row.sent_at_ms = now_ms;
                    }
                    attempt_update(&mut tx, &row).await?
                }
                _ => false,
            },
        };
        if kept {
            let event = self
                .event("bank.sent")
                .fact("step", send.step.to_string())
                .fact("endpoint", send.endpoint.as_str())
                .fact("target", send.target.as_str())
                .fact("effect", send.effect.as_str())
                .fact("request", send.masked_request.as_str());
            event_insert(&mut tx, &event).await?;
            tx.commit().await?;
        }
        Ok(kept)
    }

    async fn note(&self, note: &ReplyNote) -> StoreResult<()> {
        let event = self
            .event(if note.status.is_some() { "bank.answered" } else { "bank.silent" })
            .fact("step", note.step.to_string())
            .fact("endpoint", note.endpoint.as_str())
            .fact("tries", note.tries.to_string())
            .fact("http_status", note.status.map(|status| status.to_string()).unwrap_or_default())
            .fact("phase", note.failed_in.map_or("", Phase::as_str))
            .fact("detail", note.detail.clone().unwrap_or_default())
            .fact("ms", note.elapsed_ms.to_string())
            .fact("response", note.masked_response.as_str());
        let mut tx = self.app.db.begin().await?;
        event_insert(&mut tx, &event).await?;
        tx.commit().await
    }
}

impl Journal for Diary {
    fn before_send<'a>(&'a self, send: &'a SendIntent) -> BoxFuture<'a, Result<(), JournalError>> {
        Box::pin(async move {
            if bug::is_in(Bug::SendBeforeRow) {
                return Ok(());
            }
            match self.intend(send).await {
                Ok(true) => {
                    crate::crash::point(&self.app, "before_send").await;
                    Ok(())
                }
                Ok(false) => Err(JournalError("the attempt was moved by another hand".to_owned())),
                Err(error) => Err(JournalError(error.to_string())),
            }
        })
    }

    fn after_reply<'a>(&'a self, note: &'a ReplyNote) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            crate::crash::point(&self.app, "after_reply").await;
            if let Err(error) = self.note(note).await {
                // The timeline lacks a line; the outcome does not depend on it.
                tracing::warn!(attempt = %self.attempt, %error, "a bank's answer was not noted");
            }
            crate::crash::stop(&self.app, "after_note");
        })
    }
}

/// Of what a person asks of a bank beside all payments: its committed rows (P3) stand in the audit trail.
pub struct Trail<'a> {
    /// The server.
    pub app: &'a App,
    /// Who asks.
    pub ctx: &'a Ctx,
    /// At which account.
    pub account: PosAccountId,
    /// As the trail calls it.
    pub act: &'static str,
}

impl Journal for Trail<'_> {
    fn before_send<'a>(&'a self, send: &'a SendIntent) -> BoxFuture<'a, Result<(), JournalError>> {
        Box::pin(async move {
            let detail = json!({ "endpoint": send.endpoint, "target": send.target, "effect": send.effect.as_str() });
            let written = async {
                let mut tx = self.app.db.begin().await?;
                audit_insert(&mut tx, self.ctx, self.act, &self.account.to_string(), &detail).await?;
                tx.commit().await
            };
            written.await.map_err(|error| JournalError(error.to_string()))
        })
    }

    fn after_reply<'a>(&'a self, _: &'a ReplyNote) -> BoxFuture<'a, ()> {
        Box::pin(async {})
    }
}

//! The next account, after nothing was processed at one.
//!
//! Only then: an account whose bank may have heard of the payment is waited for, however long that takes. The failed
//! attempt's end and the next one's row are one commit (`flow/attempt/go_on.rs`), so a payment is never seen to have failed
//! while it still goes on, and a crash between the two cannot be.

use std::collections::VecDeque;

use crate::app::App;
use crate::domain::id::{AttemptId, PosAccountId};
use crate::domain::instalment::Terms;
use crate::domain::payment::AttemptState;
use crate::domain::routing::{Explanation, Failover};
use crate::flow::pos::{Pos, pos_open};
use crate::flow::run::act_due_ms;
use crate::flow::sale::{Wish, attributes_of, model_of, not_opened, order_no};
use crate::limits;
use crate::store::attempt::{Attempt, NOTHING_SENT};
use crate::store::json::Json;
use crate::store::payment::Payment;

/// Where a payment may go on.
#[derive(Debug)]
pub struct Onward {
    accounts: VecDeque<(PosAccountId, Terms)>,
    wish: Wish,
    explanation: Explanation,
}

/// The attempt that follows, ready to be written.
#[derive(Debug)]
pub struct Next {
    /// Its row.
    pub attempt: Attempt,
    /// Its account.
    pub pos: Pos,
    /// The payment's terms there: the same for the payer.
    pub terms: Json<serde_json::Value>,
    /// The explanation with this step in it.
    pub routing: String,
    /// Why nothing was processed before.
    pub code: String,
}

impl Onward {
    /// The accounts behind the first one, as many as may be tried.
    pub fn new(accounts: impl Iterator<Item = (PosAccountId, Terms)>, wish: Wish, explanation: Explanation) -> Self {
        Self { accounts: accounts.take(limits::ROUTING_FAILOVERS_MAX).collect(), wish, explanation }
    }

    /// Makes the next attempt ready, at the first account that can take it; nothing where none is left.
    pub async fn next(&mut self, app: &App, payment: &Payment, failed: &Attempt, code: &str) -> Option<Next> {
        while let Some((account, terms)) = self.accounts.pop_front() {
            match self.at(app, payment, failed, code, account, &terms).await {
                Ok(next) => return Some(next),
                Err(error) => {
                    tracing::warn!(payment = %payment.payment_id, %account, %error, "an account cannot take over");
                    self.explanation.leave_out(account, not_opened(&error));
                }
            }
        }
        None
    }

    async fn at(
        &mut self,
        app: &App,
        payment: &Payment,
        failed: &Attempt,
        code: &str,
        account: PosAccountId,
        terms: &Terms,
    ) -> crate::flow::error::FlowResult<Next> {
        let mut tx = app.db.read().await?;
        let now_ms = app.clock.now_ms();
        // Attempts are in order by their ids, also when two begin in one millisecond.
        let created_at_ms = now_ms.max(failed.created_at_ms + 1);
        let attempt_id = AttemptId::at(created_at_ms);
        let pos = pos_open(app, &mut tx, payment.tenant_id, account, attempt_id).await?;
        let model = model_of(self.wish, &pos)?;
        let (tenant, node, points) = (payment.tenant_id, payment.node_id, payment.points_minor);
        let attributes = attributes_of(&mut tx, tenant, node, &pos.account, points).await?;
        drop(tx);
        self.explanation.failovers.push(Failover {
            from: failed.pos_account_id,
            to: account,
            code: code.to_owned(),
            at_ms: now_ms,
        });
        let routing = serde_json::to_string(&self.explanation)
            .map_err(|error| crate::flow::error::FlowError::Internal(error.to_string()))?;
        let terms = Json(serde_json::to_value(terms).unwrap_or_default());
        let order_no = order_no(attempt_id);
        let begun = Attempt { attempt_id, order_no, model, attributes, created_at_ms, ..failed.clone() };
        Ok(Next { attempt: follower(app, begun, &pos, now_ms), pos, terms, routing, code: code.to_owned() })
    }
}

/// The row of the attempt that follows: the same card and purpose at another account.
fn follower(app: &App, begun: Attempt, pos: &Pos, now_ms: i64) -> Attempt {
    Attempt {
        pos_account_id: pos.account.pos_account_id,
        plugin_id: pos.plugin.id.clone(),
        plugin_version: pos.plugin.version.clone(),
        plugin_digest: pos.plugin.digest.clone(),
        config: serde_json::to_string(&pos.installation.config).unwrap_or_default(),
        state: AttemptState::Sending,
        bank_ref: NOTHING_SENT.to_owned(),
        plugin_state: None,
        correlation: None,
        failure: None,
        due_ms: Some(act_due_ms(app, now_ms)),
        asks: 0,
        not_found: 0,
        sent_at_ms: now_ms,
        finished_at_ms: None,
        version: 1,
        moved: 1,
        proposal_id: None,
        callback_key: None,
        ..begun
    }
}

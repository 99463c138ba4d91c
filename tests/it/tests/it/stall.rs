//! A machine that stands still between two steps: what the janitor read is old by the time it acts, and what a flow
//! was about to send must not leave when its time is over.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::time::Duration;
use vezne::ctx::Actor;
use vezne::domain::id::{AttemptId, OperationId, TenantId};
use vezne::domain::payment::{AttemptEvent, AttemptState};
use vezne::flow::attempt::{AttemptNews, attempt_settle};
use vezne::flow::inquire::{Due, janitor_tend};
use vezne::flow::journal::Diary;
use vezne::flow::operation::operation_run;
use vezne::plugin::{BankRef, Effect, Journal, SendIntent};
use vezne::store::attempt::{Attempt, attempt_fetch};
use vezne_it::seed::Store;
use vezne_it::world::{AMOUNT, GOOD_CARD, id, order_no};
use vezne_it::{World, stories};
use vezne_sandbox::{Fault, FaultKind};

/// Farther than any janitor looks while a story's clock stands still.
const FAR_MS: i64 = 3_600_000;

/// A sale as it is between its row and its first send.
async fn stalled(world: &World) -> Result<(String, Attempt)> {
    let nowhere = vezne_it::seed::pos_account(&world.api, "http://127.0.0.1:9", "Kapalı", "none", Store::Demo).await?;
    let mut body = world.sale(AMOUNT, GOOD_CARD);
    body["pos_account"] = json!(nowhere);
    let payment = id(&world.pay(&body).await?)?;
    let auditor = world.auditor();
    let due_ms = world.clock.now_ms() + FAR_MS;
    let account = auditor.column("select pos_account_id from pos_account where name = 'Hikâye POS'").await?;
    let account = account.first().context("no account")?.clone();
    auditor.change("update payment set state = 'processing', version = version + 1").await?;
    let rewound = format!(
        "update attempt set state = 'sending', bank_ref = '{{}}', failure = null, finished_at_ms = null, \
         due_ms = {due_ms}, pos_account_id = '{account}', version = version + 1"
    );
    auditor.change(&rewound).await?;
    Ok((payment, row(world).await?))
}

/// The story's only attempt.
async fn row(world: &World) -> Result<Attempt> {
    let keys = world.auditor().column("select tenant_id || '|' || attempt_id from attempt").await?;
    let (tenant, attempt) = keys.first().and_then(|key| key.split_once('|')).context("no attempt")?;
    let mut tx = world.host.app.db.read().await?;
    let row = attempt_fetch(&mut tx, TenantId::from_text(tenant)?, AttemptId::from_text(attempt)?).await?;
    row.context("no attempt")
}

/// What a flow commits before the first byte leaves.
async fn intend(world: &World, row: &Attempt, known: BankRef, operation: Option<OperationId>) -> bool {
    let diary = Diary::of_attempt(&world.host.app, row.tenant_id, row.payment_id, row.attempt_id);
    let diary = match operation {
        Some(operation) => diary.operation(operation),
        None => diary,
    };
    let intent = SendIntent {
        step: 1,
        endpoint: "api".to_owned(),
        target: "POST /fim/api".to_owned(),
        effect: Effect::OnceOnlyWrite,
        known,
        masked_request: String::new(),
    };
    diary.before_send(&intent).await.is_ok()
}

fn order_of(row: &Attempt) -> BankRef {
    BankRef { bank_order_id: Some(row.order_no.clone()), ..BankRef::default() }
}

/// A refund as it is between its row and its first send, an hour after the row was written.
async fn stalled_refund(world: &World, due_in_ms: i64) -> Result<(Attempt, OperationId)> {
    let paid = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
    ensure!(!order_no(&paid)?.is_empty());
    world.advance(Duration::from_hours(26));
    world.bank.bank.day_end();
    world.bank.bank.fault(Fault::once(FaultKind::SilenceBefore));
    world.refund(&id(&paid)?, &json!({})).await?.good()?;
    world.bank.bank.clear_faults();
    let now_ms = world.clock.now_ms();
    let rewound = format!(
        "update operation set state = 'sending', bank_ref = '{{}}', failure = null, due_ms = {}, sent_at_ms = {}, \
         version = version + 1",
        now_ms + due_in_ms,
        now_ms - FAR_MS
    );
    world.auditor().change(&rewound).await?;
    let operation = world.auditor().column("select operation_id from operation").await?;
    let operation = OperationId::from_text(operation.first().context("no refund")?)?;
    Ok((row(world).await?, operation))
}

/// What the janitor could not help is out of the way of the others.
async fn until_put_off(world: &World) -> Result<()> {
    for _ in 0..60 {
        let due_ms = world.auditor().number("select due_ms from attempt").await?;
        if due_ms > world.clock.now_ms() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("it stays first in the queue")
}

stories! {
    async fn a_question_that_cannot_be_put_does_not_keep_the_others_waiting(world) {
        stalled(world).await?;
        world.auditor().change("update payment set state = 'unknown'").await?;
        let lost = format!(
            "update attempt set state = 'unknown', due_ms = {}, plugin_id = 'pos-gone', plugin_digest = 'gone'",
            world.clock.now_ms()
        );
        world.auditor().change(&lost).await?;
        until_put_off(world).await?;
        ensure!(world.auditor().number("select asks from attempt").await? == 1, "it was not counted");
        world.may_differ();
        Ok(())
    }

    async fn a_row_that_cannot_be_tended_does_not_keep_the_others_waiting(world) {
        stalled(world).await?;
        // A payment that had ended cannot come into doubt: the janitor's commit fails.
        let broken = format!("update attempt set bank_ref = '{{\"sent\":true}}', due_ms = {}", world.clock.now_ms());
        world.auditor().change("update payment set state = 'succeeded'").await?;
        world.auditor().change(&broken).await?;
        until_put_off(world).await?;
        world.may_differ();
        Ok(())
    }

    async fn a_stray_waits_for_the_void_under_way_and_goes_back_when_that_fails(world) {
        let (attempt, void) = stalled_refund(world, 1_000).await?;
        world.auditor().change("update operation set kind = 'void'").await?;
        let astray = format!("update attempt set state = 'stray', due_ms = {}", world.clock.now_ms());
        world.auditor().change(&astray).await?;
        until_put_off(world).await?;
        operation_run(&world.host.app, attempt.tenant_id, void).await.map_err(|error| anyhow::anyhow!("{error}"))?;
        // It never reached the bank: the way back is tried again a little later.
        world.advance(Duration::from_mins(1));
        for _ in 0..60 {
            if world.bank_total() == 0 {
                world.may_differ();
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::bail!("the money stays at the bank")
    }

    async fn a_send_written_after_the_janitor_looked_is_not_taken_for_unsent(world) {
        let (payment, seen) = stalled(world).await?;
        ensure!(intend(world, &seen, order_of(&seen), None).await, "nobody was in the way of the send");
        janitor_tend(&world.host.app, Due::Attempt(Box::new(seen))).await;
        ensure!(row(world).await?.state.as_str() == "sending", "what may have left was ended as unsent");
        world.advance(Duration::from_millis(FAR_MS.unsigned_abs()));
        world.until(&payment, "unknown").await?;
        world.until_asked(&payment, "failed").await?;
        Ok(())
    }

    async fn what_the_janitor_ended_as_unsent_never_leaves(world) {
        let (payment, seen) = stalled(world).await?;
        janitor_tend(&world.host.app, Due::Attempt(Box::new(seen.clone()))).await;
        world.until(&payment, "failed").await?;
        ensure!(!intend(world, &seen, order_of(&seen), None).await, "a send was allowed after the end");
        Ok(())
    }

    async fn a_connector_that_knows_nothing_of_its_send_has_sent_all_the_same(world) {
        let (payment, seen) = stalled(world).await?;
        ensure!(intend(world, &seen, BankRef::default(), None).await);
        let fresh = row(world).await?;
        ensure!(fresh.was_sent(), "{}", fresh.bank_ref);
        janitor_tend(&world.host.app, Due::Attempt(Box::new(fresh))).await;
        ensure!(row(world).await?.state.as_str() == "unknown", "a send without a reference was taken for none");
        world.until_asked(&payment, "failed").await?;
        Ok(())
    }

    async fn a_refund_counts_from_when_it_was_sent(world) {
        let (attempt, refund) = stalled_refund(world, FAR_MS).await?;
        ensure!(intend(world, &attempt, BankRef::default(), Some(refund)).await);
        let sent = world.auditor().number("select sent_at_ms from operation").await?;
        ensure!(sent == world.clock.now_ms(), "sent at {sent}, which is when it was asked for");
        world.may_differ();
        Ok(())
    }

    async fn a_refund_whose_time_is_over_is_not_sent(world) {
        let (attempt, refund) = stalled_refund(world, 1_000).await?;
        let before = world.bank.bank.requests().len();
        let ended = operation_run(&world.host.app, attempt.tenant_id, refund).await;
        let ended = ended.map_err(|error| anyhow::anyhow!("{error}"))?;
        ensure!(ended.state.as_str() == "failed", "{}", ended.state);
        ensure!(world.bank.bank.requests().len() == before, "it was sent after its time");
        ensure!(world.bank_total() == AMOUNT);
        Ok(())
    }

    async fn an_answer_that_was_asked_for_before_a_void_moves_nothing(world) {
        let paid = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
        let before = row(world).await?;
        world.refund(&id(&paid)?, &json!({})).await?.good()?;
        let settled = async |asked_at_move| {
            let news = AttemptNews { asked_at_move, ..AttemptNews::new(AttemptEvent::InquiryFoundPaid, Actor::Job("test")) };
            attempt_settle(&world.host.app, before.tenant_id, before.attempt_id, &news).await
        };
        let outdated = settled(Some(before.moved)).await?;
        ensure!(outdated.attempt.state == AttemptState::Voided && !outdated.moved, "{}", outdated.attempt.state);
        // Had the bank been asked after the void, its money would go back.
        let heard = settled(Some(outdated.attempt.moved)).await?;
        ensure!(heard.attempt.state == AttemptState::Stray, "{}", heard.attempt.state);
        world.may_differ();
        Ok(())
    }
}

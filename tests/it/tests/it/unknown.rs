//! Silence, lies and nonsense from the bank. Nothing is guessed, and money is never asked for twice.

use anyhow::{Result, ensure};
use serde_json::json;
use std::time::Duration;
use vezne_it::host::BANK_DEADLINE_MS;
use vezne_it::seed::Store;
use vezne_it::world::{AMOUNT, GOOD_CARD, id, order_no};
use vezne_it::{World, stories};
use vezne_sandbox::{Fault, FaultKind, Op};

/// Pays under a fault: in doubt at first, then what the bank's book says, after one call for money.
async fn in_doubt_then(world: &World, fault: Fault, end: &[&str]) -> Result<()> {
    let (told, is_late) = (format!("{fault:?}"), fault.kind == FaultKind::Delay);
    let before = world.bank_total();
    world.bank.bank.fault(fault);
    let paid = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
    world.bank.bank.clear_faults();
    ensure!(paid.text("/state") == "unknown", "{told}: {}", paid.answer.text());
    ensure!(paid.json.pointer("/in_doubt/since").is_some(), "{told}: {}", paid.answer.text());
    // books.md example 8: beside the balance, never in it. Each payment that ended before posted its own.
    let posted =
        "select count(*) from posting where payment_id in (select payment_id from payment where state = 'unknown')";
    ensure!(world.auditor().number(posted).await? == 0, "{told}: what is in doubt is in the books");
    let (payment, order) = (id(&paid)?, order_no(&paid)?);
    if is_late {
        world.until_booked_beyond(before).await?;
    }
    let asked = world.until_asked_any(&payment, end).await;
    let ended = asked.map_err(|e| e.context(told.clone()))?;
    let booked = world.bank_total() - before;
    let ours = if ended.text("/state") == "succeeded" { AMOUNT } else { 0 };
    ensure!(booked == ours, "{told}: bank {booked}, ours {ours}");
    let calls = world.bank.bank.authorize_calls(&order);
    ensure!(calls <= 1, "{told}: money was asked for {calls} times");
    Ok(())
}

stories! {
    async fn silence_after_booking_is_found_paid(world) {
        in_doubt_then(world, Fault::once(FaultKind::SilenceAfter), &["succeeded"]).await
    }

    async fn silence_before_booking_is_found_unpaid(world) {
        in_doubt_then(world, Fault::once(FaultKind::SilenceBefore), &["failed", "declined"]).await
    }

    async fn an_answer_after_the_deadline_is_found_paid(world) {
        let late = Fault::once(FaultKind::Delay).ms(BANK_DEADLINE_MS + 700);
        in_doubt_then(world, late, &["succeeded"]).await
    }

    async fn an_answer_just_in_time_is_believed(world) {
        world.bank.bank.fault(Fault::once(FaultKind::Delay).ms(BANK_DEADLINE_MS / 3));
        let paid = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
        ensure!(paid.text("/state") == "succeeded", "{}", paid.answer.text());
        Ok(())
    }

    async fn unreadable_answers_are_not_declines(world) {
        for (status, kind) in [(Some(200), FaultKind::Html), (Some(502), FaultKind::Html), (None, FaultKind::Garbage), (None, FaultKind::Truncated)] {
            in_doubt_then(world, Fault { status, ..Fault::once(kind) }, &["succeeded"]).await?;
        }
        Ok(())
    }

    async fn unreadable_answers_without_booking_end_unpaid(world) {
        in_doubt_then(world, Fault { status: Some(502), ..Fault::once(FaultKind::Html).unbooked() }, &["failed", "declined"]).await?;
        in_doubt_then(world, Fault::once(FaultKind::Garbage).unbooked(), &["failed", "declined"]).await
    }

    async fn another_order_number_in_the_answer_is_not_believed(world) {
        in_doubt_then(world, Fault::once(FaultKind::WrongOrder).on(Op::Auth), &["succeeded"]).await
    }

    async fn another_amount_in_the_inquiry_is_not_believed(world) {
        world.bank.bank.fault(Fault::once(FaultKind::SilenceAfter));
        world.bank.bank.fault(Fault::always(FaultKind::WrongAmount).on(Op::Status));
        let paid = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
        let payment = id(&paid)?;
        for _ in 0..6 {
            world.advance(Duration::from_mins(1));
            tokio::time::sleep(Duration::from_millis(150)).await;
            ensure!(world.payment(&payment).await?.text("/state") == "unknown");
        }
        world.bank.bank.clear_faults();
        world.until_asked(&payment, "succeeded").await?;
        Ok(())
    }

    async fn while_inquiries_fail_the_doubt_stays(world) {
        world.bank.bank.fault(Fault::always(FaultKind::InquiryDown));
        world.bank.bank.fault(Fault::once(FaultKind::SilenceAfter));
        let paid = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
        let payment = id(&paid)?;
        for _ in 0..5 {
            world.advance(Duration::from_secs(130));
            tokio::time::sleep(Duration::from_millis(150)).await;
            ensure!(world.payment(&payment).await?.text("/state") == "unknown");
        }
        world.bank.bank.clear_faults();
        world.until_asked(&payment, "succeeded").await?;
        ensure!(world.bank.bank.authorize_calls(&order_no(&paid)?) == 1);
        Ok(())
    }

    async fn the_schedule_is_kept(world) {
        world.bank.bank.fault(Fault::always(FaultKind::InquiryDown));
        world.bank.bank.fault(Fault::once(FaultKind::SilenceAfter));
        let paid = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
        let order = order_no(&paid)?;
        // Ten minutes: after 5 s, 15 s, 45 s, 2 min and not more often.
        for _ in 0..60 {
            world.advance(Duration::from_secs(10));
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        // A question that gets no answer may be put again at once: it is counted once.
        let asked = world.payment(&id(&paid)?).await?.number("/in_doubt/inquiries").unwrap_or_default();
        ensure!((3..=6).contains(&asked), "asked {asked} times in ten minutes");
        let calls = world.bank.bank.requests().iter().filter(|r| r.op == Op::Status && r.order == order).count();
        ensure!(calls <= 20, "{calls} calls in ten minutes");
        world.bank.bank.clear_faults();
        world.until_asked(&id(&paid)?, "succeeded").await?;
        Ok(())
    }

    async fn a_bank_that_cannot_be_reached_took_nothing(world) {
        let nowhere = "http://127.0.0.1:9";
        let pos = vezne_it::seed::pos_account(&world.api, nowhere, "Kapalı", "none", Store::Demo).await?;
        let mut body = world.sale(AMOUNT, GOOD_CARD);
        body["pos_account"] = json!(pos);
        let answer = world.pay(&body).await?;
        ensure!(answer.text("/state") == "failed", "{}", answer.answer.text());
        let again = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
        ensure!(again.text("/state") == "succeeded");
        Ok(())
    }

    async fn silent_cards_bring_their_own_fault(world) {
        for (tail, end) in [("98", "succeeded"), ("97", "failed")] {
            let card = vezne_sandbox::test_cards().into_iter().find(|c| c.group == "silence" && c.number[13..15] == *tail);
            let number = card.map(|c| c.number).unwrap_or_default();
            let paid = world.pay(&world.sale(AMOUNT, &number)).await?;
            ensure!(paid.text("/state") == "unknown", "{}", paid.answer.text());
            world.until_asked_any(&id(&paid)?, &[end, "declined"]).await?;
        }
        Ok(())
    }
}

//! Giving money back: void before the bank's day end, refund after it.

use anyhow::{Result, ensure};
use serde_json::json;
use std::time::Duration;
use vezne_it::world::{AMOUNT, GOOD_CARD, id, order_no};
use vezne_it::{Reply, World, stories};
use vezne_sandbox::{Fault, FaultKind, Op};

async fn sold(world: &World) -> Result<(String, String)> {
    let paid = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
    ensure!(paid.text("/state") == "succeeded", "{}", paid.answer.text());
    Ok((id(&paid)?, order_no(&paid)?))
}

/// The day ends at the bank, and by the firm's clock.
fn night(world: &World) {
    world.advance(Duration::from_hours(26));
    world.bank.bank.day_end();
}

/// Waits until the refund has an end, moving the clock along the schedule.
async fn ended(world: &World, refund: &str) -> Result<Reply> {
    for wait_s in [1, 5, 15, 45, 120, 600, 600, 3_600] {
        world.rest().await?;
        let read = world.api.get(&format!("/v1/refunds/{refund}")).await?.good()?;
        if ["succeeded", "failed"].contains(&read.text("/state")) {
            return Ok(read);
        }
        world.advance(Duration::from_secs(wait_s));
    }
    anyhow::bail!("{refund} has no end")
}

stories! {
    async fn a_void_takes_back_the_whole_sale(world) {
        let (payment, order) = sold(world).await?;
        let back = world.refund(&payment, &json!({})).await?.good()?;
        ensure!((back.text("/kind"), back.text("/state")) == ("void", "succeeded"), "{}", back.answer.text());
        ensure!(world.bank_net(&order) == 0 && world.order(&order)?.state == "voided");
        let read = world.payment(&payment).await?;
        ensure!(read.json["voided"] == json!(true) && read.number("/amount_refundable") == Some(0), "{}", read.answer.text());
        let again = world.refund(&payment, &json!({})).await?;
        ensure!((400..500).contains(&again.status), "{}", again.answer.text());
        Ok(())
    }

    async fn after_the_day_end_money_is_refunded_in_parts(world) {
        let (payment, order) = sold(world).await?;
        night(world);
        let first = world.refund(&payment, &json!({ "amount": 5_000, "reason": "eksik" })).await?.good()?;
        ensure!((first.text("/kind"), first.text("/state")) == ("refund", "succeeded"), "{}", first.answer.text());
        ensure!(world.bank_net(&order) == AMOUNT - 5_000);
        let too_much = world.refund(&payment, &json!({ "amount": AMOUNT })).await?;
        ensure!((400..500).contains(&too_much.status), "{}", too_much.answer.text());
        let rest = world.refund(&payment, &json!({})).await?.good()?;
        ensure!(rest.number("/amount") == Some(AMOUNT - 5_000), "{}", rest.answer.text());
        ensure!(world.bank_net(&order) == 0);
        let read = world.payment(&payment).await?;
        ensure!(read.number("/amount_refunded") == Some(AMOUNT), "{}", read.answer.text());
        Ok(())
    }

    async fn a_part_cannot_be_given_back_before_the_day_end(world) {
        let (payment, order) = sold(world).await?;
        let back = world.refund(&payment, &json!({ "amount": 100, "mode": "refund" })).await?;
        // Either refused before the bank is asked, or by the bank.
        let refused = back.status >= 400 || back.text("/state") == "failed";
        ensure!(refused, "{}", back.answer.text());
        ensure!(world.bank_net(&order) == AMOUNT);
        ensure!(world.payment(&payment).await?.number("/amount_refunded") == Some(0));
        Ok(())
    }

    async fn auto_turns_to_a_refund_where_the_batch_is_closed(world) {
        let (payment, order) = sold(world).await?;
        // The bank closed its day earlier than we thought.
        world.bank.bank.day_end();
        let back = world.refund(&payment, &json!({ "mode": "auto" })).await?.good()?;
        let back = ended(world, back.text("/id")).await?;
        ensure!(back.text("/state") == "succeeded", "{}", back.answer.text());
        ensure!(world.bank_net(&order) == 0 && world.order(&order)?.state == "refunded");
        Ok(())
    }

    async fn a_void_without_an_answer_is_found_done(world) {
        let (payment, order) = sold(world).await?;
        world.bank.bank.fault(Fault::once(FaultKind::SilenceAfter).on(Op::Void));
        let back = world.refund(&payment, &json!({ "mode": "void" })).await?.good()?;
        ensure!(back.text("/state") == "unknown", "{}", back.answer.text());
        let meanwhile = world.refund(&payment, &json!({})).await?;
        ensure!((400..500).contains(&meanwhile.status), "money is given back twice: {}", meanwhile.answer.text());
        let back = ended(world, back.text("/id")).await?;
        ensure!(back.text("/state") == "succeeded", "{}", back.answer.text());
        ensure!(world.bank_net(&order) == 0);
        Ok(())
    }

    async fn a_void_that_never_arrived_is_found_undone(world) {
        let (payment, order) = sold(world).await?;
        world.bank.bank.fault(Fault::once(FaultKind::SilenceBefore).on(Op::Void));
        let back = world.refund(&payment, &json!({ "mode": "void" })).await?.good()?;
        let back = ended(world, back.text("/id")).await?;
        ensure!(back.text("/state") == "failed", "{}", back.answer.text());
        ensure!(world.bank_net(&order) == AMOUNT);
        ensure!(world.payment(&payment).await?.text("/state") == "succeeded");
        Ok(())
    }

    async fn a_refund_without_an_answer_is_given_once(world) {
        let (payment, order) = sold(world).await?;
        night(world);
        world.bank.bank.fault(Fault::once(FaultKind::SilenceAfter).on(Op::Credit));
        let back = world.refund(&payment, &json!({ "amount": 4_000 })).await?.good()?;
        ensure!(back.text("/state") == "unknown", "{}", back.answer.text());
        let back = ended(world, back.text("/id")).await?;
        ensure!(back.text("/state") == "succeeded", "{}", back.answer.text());
        ensure!(world.bank_net(&order) == AMOUNT - 4_000);
        Ok(())
    }

    async fn parallel_refunds_never_give_back_too_much(world) {
        let (payment, order) = sold(world).await?;
        night(world);
        let body = json!({ "amount": 5_000 });
        let answers = futures::future::join_all((0..50).map(|_| world.refund(&payment, &body))).await;
        let mut given = 0;
        for answer in answers {
            let answer = answer?;
            ensure!(answer.status < 500, "{}", answer.answer.text());
            if (200..300).contains(&answer.status) && answer.text("/state") == "succeeded" {
                given += 5_000;
            }
        }
        ensure!(given <= AMOUNT && world.bank_net(&order) == AMOUNT - given, "given {given}");
        Ok(())
    }

    async fn a_repeated_refund_is_one_refund(world) {
        let (payment, order) = sold(world).await?;
        night(world);
        let key = vezne_it::api::fresh_key();
        let path = format!("/v1/payments/{payment}/refunds");
        let body = json!({ "amount": 1_000 });
        let first = world.api.post_with_key(&path, &body, &key).await?.good()?;
        let second = world.api.post_with_key(&path, &body, &key).await?.good()?;
        ensure!(first.answer.body == second.answer.body);
        ensure!(world.bank_net(&order) == AMOUNT - 1_000);
        Ok(())
    }
}

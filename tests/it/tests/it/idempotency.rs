//! One key, one charge.

use anyhow::ensure;
use std::time::Duration;
use vezne_it::api::fresh_key;
use vezne_it::stories;
use vezne_it::world::{AMOUNT, GOOD_CARD};
use vezne_sandbox::{Fault, FaultKind};

stories! {
    async fn a_repeated_request_gets_the_same_answer(world) {
        let (body, key) = (world.sale(AMOUNT, GOOD_CARD), fresh_key());
        let first = world.pay_with_key(&body, &key).await?.good()?;
        ensure!(first.answer.header("idempotent-replayed").is_none());
        let second = world.pay_with_key(&body, &key).await?.good()?;
        ensure!(second.answer.header("idempotent-replayed") == Some("true"), "{:?}", second.answer.headers);
        ensure!(first.status == second.status && first.answer.body == second.answer.body);
        ensure!(world.authorize_calls() == 1 && world.bank_total() == AMOUNT);
        Ok(())
    }

    async fn a_hundred_at_once_charge_once(world) {
        world.bank.bank.fault(Fault::once(FaultKind::Delay).ms(150));
        let (body, key) = (world.sale(AMOUNT, GOOD_CARD), fresh_key());
        let calls = (0..100).map(|_| world.pay_with_key(&body, &key));
        let answers = futures::future::join_all(calls).await;
        let mut bodies = Vec::new();
        for answer in answers {
            let answer = answer?;
            match answer.status {
                200..=299 => bodies.push(answer.answer.body),
                409 => ensure!(answer.answer.header("retry-after").is_some(), "409 without Retry-After"),
                429 => {}
                other => anyhow::bail!("{other}: {}", answer.answer.text()),
            }
        }
        ensure!(!bodies.is_empty() && bodies.iter().all(|b| *b == bodies[0]), "answers differ");
        ensure!(world.authorize_calls() == 1 && world.bank_total() == AMOUNT);
        Ok(())
    }

    async fn the_same_key_with_another_body_is_refused(world) {
        let key = fresh_key();
        world.pay_with_key(&world.sale(AMOUNT, GOOD_CARD), &key).await?.good()?;
        for other in [world.sale(AMOUNT + 1, GOOD_CARD), world.sale(AMOUNT, "4546711234567894")] {
            let answer = world.pay_with_key(&other, &key).await?;
            ensure!(answer.status == 422, "{}: {}", answer.status, answer.answer.text());
        }
        // The security code is no part of what is compared: it is not kept in any form.
        let mut other_code = world.sale(AMOUNT, GOOD_CARD);
        other_code["card"]["security_code"] = serde_json::json!("123");
        ensure!(world.pay_with_key(&other_code, &key).await?.good()?.answer.header("idempotent-replayed") == Some("true"));
        ensure!(world.authorize_calls() == 1);
        Ok(())
    }

    async fn a_running_request_is_not_begun_again(world) {
        world.bank.bank.fault(Fault::once(FaultKind::Delay).ms(600));
        let (body, key) = (world.sale(AMOUNT, GOOD_CARD), fresh_key());
        let early = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            world.pay_with_key(&body, &key).await
        };
        let (first, second) = tokio::join!(world.pay_with_key(&body, &key), early);
        ensure!(first?.good()?.text("/state") == "succeeded");
        let second = second?;
        ensure!(second.status == 409 && second.answer.header("retry-after").is_some(), "{}", second.answer.text());
        ensure!(world.authorize_calls() == 1);
        Ok(())
    }

    async fn money_is_not_moved_without_a_key(world) {
        let mut call = world.api.post_call("/v1/payments", &world.sale(AMOUNT, GOOD_CARD), "x");
        call.headers.retain(|(k, _)| k != "idempotency-key");
        let answer = world.api.send(call).await?;
        ensure!(answer.status == 400 || answer.status == 422, "{}: {}", answer.status, answer.answer.text());
        ensure!(world.authorize_calls() == 0);
        Ok(())
    }

    async fn a_refused_body_leaves_its_key_free(world) {
        let key = fresh_key();
        let answer = world.pay_with_key(&world.sale(0, GOOD_CARD), &key).await?;
        ensure!((400..500).contains(&answer.status));
        let answer = world.pay_with_key(&world.sale(AMOUNT, GOOD_CARD), &key).await?;
        ensure!(answer.good()?.text("/state") == "succeeded");
        Ok(())
    }
}

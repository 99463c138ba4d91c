//! A sale by API, judged by the bank's book.

use anyhow::{Result, ensure};
use vezne_it::seed::Store;
use vezne_it::world::{AMOUNT, GOOD_CARD, id, order_no};
use vezne_it::{World, stories};

stories! {
    async fn a_sale_is_booked_here_and_there(world) {
        let paid = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
        ensure!(paid.text("/state") == "succeeded", "{}", paid.answer.text());
        ensure!(paid.number("/charged") == Some(AMOUNT));
        ensure!(paid.text("/card/last4") == "4358" && paid.text("/card/bin").starts_with("435508"));
        let order = world.order(&order_no(&paid)?)?;
        ensure!((order.net, order.approvals) == (AMOUNT, 1));
        ensure!(order.entries.last().is_some_and(|e| e.auth_code == paid.text("/auth_code")));
        let read = world.payment(&id(&paid)?).await?;
        ensure!(read.text("/state") == "succeeded" && read.number("/amount_refundable") == Some(AMOUNT));
        Ok(())
    }

    async fn a_decline_says_why_and_books_nothing(world) {
        for card in vezne_sandbox::test_cards().iter().filter(|c| c.group == "decline") {
            let answer = world.pay(&world.sale(AMOUNT, &card.number)).await?;
            if card.class == "unknown" {
                // The bank itself does not know yet: only an inquiry may end it.
                ensure!(answer.text("/state") != "succeeded", "{}", answer.answer.text());
                ended_without_money(world, &id(&answer)?).await?;
                continue;
            }
            ensure!(answer.text("/state") == "declined", "{}: {}", card.note_en, answer.answer.text());
            ensure!(answer.text("/decline/bank_code") == card.bank_code.unwrap_or_default(), "{}", answer.answer.text());
            ensure!(!answer.text("/decline/message").is_empty());
            ensure!(world.bank_net(&order_no(&answer)?) == 0);
        }
        ensure!(world.bank_total() == 0);
        Ok(())
    }

    async fn a_magic_amount_declines_any_card(world) {
        let answer = world.pay(&world.sale(1_051, GOOD_CARD)).await?;
        ensure!(answer.text("/state") == "declined" && answer.text("/decline/bank_code") == "51", "{}", answer.answer.text());
        Ok(())
    }

    async fn the_timeline_tells_every_step(world) {
        let paid = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
        let events = world.api.get(&format!("/v1/payments/{}/events", id(&paid)?)).await?.good()?;
        let rows = events.json["data"].as_array().cloned().unwrap_or_default();
        ensure!(rows.len() >= 3, "{}", events.answer.text());
        for (i, row) in rows.iter().enumerate() {
            ensure!(row["sequence"].as_i64() == i64::try_from(i + 1).ok(), "{row}");
        }
        let attempts = world.api.get(&format!("/v1/payments/{}/attempts", id(&paid)?)).await?.good()?;
        ensure!(attempts.text("/data/0/state") == "captured", "{}", attempts.answer.text());
        Ok(())
    }

    async fn wrong_bodies_never_reach_the_bank(world) {
        let good = world.sale(AMOUNT, GOOD_CARD);
        for (pointer, value) in [
            ("/amount", serde_json::json!(0)),
            ("/amount", serde_json::json!(-5)),
            ("/currency", serde_json::json!("XXX")),
            ("/card/number", serde_json::json!("4355084355084357")),
            ("/card/expiry_month", serde_json::json!(13)),
            ("/card/expiry_year", serde_json::json!(2001)),
            ("/card/security_code", serde_json::json!("12a")),
        ] {
            let mut body = good.clone();
            if let Some(place) = body.pointer_mut(pointer) {
                *place = value;
            }
            let answer = world.pay_with_key(&body, &vezne_it::api::fresh_key()).await?;
            ensure!((400..500).contains(&answer.status), "{pointer}: {} {}", answer.status, answer.answer.text());
            ensure!(!answer.answer.text().contains("435508435508"), "a refusal repeats the card number");
        }
        let mut unknown_field = good;
        unknown_field["surprise"] = serde_json::json!(1);
        let answer = world.pay_with_key(&unknown_field, &vezne_it::api::fresh_key()).await?;
        ensure!(answer.status == 422, "{}", answer.answer.text());
        ensure!(world.authorize_calls() == 0);
        Ok(())
    }

    async fn a_list_is_walked_forth_and_back(world) {
        for amount in [AMOUNT, AMOUNT + 1, AMOUNT + 2] {
            world.pay(&world.sale(amount, GOOD_CARD)).await?;
            world.add_pos(&format!("POS {amount}"), "none", Store::Demo).await?;
        }
        for list in ["/v1/payments", "/v1/pos_accounts"] {
            let page = async |cursor: Option<&str>| {
                let cursor = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
                world.api.get(&format!("{list}?limit=1{cursor}")).await?.good()
            };
            let mut forth = vec![page(None).await?];
            for _ in 0..2 {
                let next = page(forth.last().map(|page| page.text("/next_cursor"))).await?;
                forth.push(next);
            }
            let back = page(Some(forth[2].text("/prev_cursor"))).await?;
            ensure!(back.text("/data/0/id") == forth[1].text("/data/0/id"), "{list}: {}", back.answer.text());
            let back = page(Some(back.text("/prev_cursor"))).await?;
            ensure!(back.text("/data/0/id") == forth[0].text("/data/0/id"), "{list}: {}", back.answer.text());
            ensure!(back.json.get("prev_cursor").is_none_or(serde_json::Value::is_null), "{list}: {}", back.answer.text());
        }
        Ok(())
    }

    async fn nobody_pays_without_a_token(world) {
        let call = world.api.post_call("/v1/payments", &world.sale(AMOUNT, GOOD_CARD), &vezne_it::api::fresh_key());
        let answer = call.clone().send().await?;
        ensure!(answer.status == 401, "{}", answer.text());
        let answer = call.header("authorization", "Bearer sk_test_wrong").send().await?;
        ensure!(answer.status == 401, "{}", answer.text());
        ensure!(world.authorize_calls() == 0);
        Ok(())
    }
}

/// The payment reaches an end at which the bank keeps nothing.
pub async fn ended_without_money(world: &World, payment: &str) -> Result<()> {
    let now = world.payment(payment).await?;
    let state = now.text("/state").to_owned();
    if !["failed", "declined", "expired", "canceled"].contains(&state.as_str()) {
        let mut ended = false;
        for end in ["failed", "declined"] {
            ended = ended || world.until_asked(payment, end).await.is_ok();
        }
        ensure!(ended, "{payment} has no end: {}", world.payment(payment).await?.answer.text());
    }
    let order = order_no(&world.payment(payment).await?)?;
    ensure!(world.bank_net(&order) == 0, "the bank keeps money of {order}");
    Ok(())
}

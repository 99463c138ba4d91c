//! A payment that is made first and confirmed later.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use vezne_it::api::fresh_key;
use vezne_it::http::Call;
use vezne_it::world::{AMOUNT, GOOD_CARD, id, order_no};
use vezne_it::{Reply, World, stories};

/// What a shop knows before the payer brings a card.
fn order(world: &World) -> Value {
    let mut body = world.sale(AMOUNT, GOOD_CARD);
    body.as_object_mut().expect("an object").remove("card");
    body["confirm"] = json!(false);
    body
}

async fn drafted(world: &World) -> Result<String> {
    let made = world.pay(&order(world)).await?;
    ensure!(made.status == 201 && made.text("/state") == "requires_confirmation", "{}", made.answer.text());
    ensure!(made.json["acts"] == json!(["confirm", "cancel"]) && !made.text("/confirm_until").is_empty());
    id(&made)
}

fn card(world: &World) -> Value {
    json!({ "card": world.sale(AMOUNT, GOOD_CARD)["card"] })
}

async fn patch(world: &World, payment: &str, body: &Value) -> Result<Reply> {
    let url = format!("{}/v1/payments/{payment}", world.api.base);
    world.api.send(Call::new("PATCH", url).body("application/json", body.to_string())).await
}

async fn confirm(world: &World, payment: &str, body: &Value, key: &str) -> Result<Reply> {
    world.api.post_with_key(&format!("/v1/payments/{payment}/confirm"), body, key).await
}

/// The payment's attempts, and the types of what was told about it.
async fn told(world: &World, payment: &str) -> Result<(usize, Vec<String>)> {
    let whole = world.api.get(&format!("/v1/payments/{payment}?expand[]=attempts&expand[]=events")).await?.good()?;
    let attempts = whole.json["attempts"].as_array().map_or(0, Vec::len);
    let kinds = whole.json["events"].as_array().into_iter().flatten();
    Ok((attempts, kinds.filter_map(|event| event["kind"].as_str().map(str::to_owned)).collect()))
}

stories! {
    async fn a_payment_is_made_changed_and_confirmed(world) {
        let payment = drafted(world).await?;
        ensure!(world.authorize_calls() == 0 && told(world, &payment).await?.0 == 0, "a bank knows of it");
        let changed = patch(world, &payment, &json!({ "amount": AMOUNT + 100, "description": "Sipariş 7" })).await?.good()?;
        ensure!(changed.number("/amount") == Some(AMOUNT + 100) && changed.text("/description") == "Sipariş 7");
        let cleared = patch(world, &payment, &json!({ "description": "" })).await?.good()?;
        ensure!(cleared.text("/description").is_empty() && cleared.number("/amount") == Some(AMOUNT + 100));
        let key = fresh_key();
        let paid = confirm(world, &payment, &card(world), &key).await?.good()?;
        ensure!(paid.text("/state") == "succeeded" && id(&paid)? == payment, "{}", paid.answer.text());
        ensure!(world.bank_net(&order_no(&paid)?) == AMOUNT + 100);
        let again = confirm(world, &payment, &card(world), &key).await?.good()?;
        ensure!(again.answer.header("idempotent-replayed") == Some("true") && again.answer.body == paid.answer.body);
        let other = confirm(world, &payment, &card(world), &fresh_key()).await?;
        ensure!(other.status == 409 && other.text("/code") == "not_unconfirmed", "{}", other.answer.text());
        let late = patch(world, &payment, &json!({ "amount": 1 })).await?;
        ensure!(late.status == 409, "{}", late.answer.text());
        let (attempts, mut kinds) = told(world, &payment).await?;
        ensure!(attempts == 1 && world.authorize_calls() == 1);
        kinds.retain(|kind| kind.starts_with("payment."));
        // The clock stands still: steps of one moment are in no order.
        kinds.sort();
        ensure!(kinds == ["payment.changed", "payment.changed", "payment.confirmed", "payment.created"], "{kinds:?}");
        Ok(())
    }

    async fn many_confirm_at_once_and_one_does(world) {
        let payment = drafted(world).await?;
        let body = card(world);
        let keys: Vec<String> = (0..20).map(|_| fresh_key()).collect();
        let answers = futures::future::join_all(keys.iter().map(|key| confirm(world, &payment, &body, key))).await;
        let mut done = 0;
        for answer in answers {
            let answer = answer?;
            ensure!(answer.status == 201 || answer.status == 409, "{}: {}", answer.status, answer.answer.text());
            done += usize::from(answer.status == 201);
        }
        ensure!(done == 1 && world.authorize_calls() == 1 && world.bank_total() == AMOUNT, "{done} were confirmed");
        Ok(())
    }

    async fn no_card_waits_with_a_payment(world) {
        let mut body = order(world);
        body["card"] = world.sale(AMOUNT, GOOD_CARD)["card"].clone();
        let refused = world.pay_with_key(&body, &fresh_key()).await?;
        ensure!(refused.status == 422 && refused.text("/errors/0/pointer") == "/card", "{}", refused.answer.text());
        let payment = drafted(world).await?;
        let bare = confirm(world, &payment, &json!({}), &fresh_key()).await?;
        ensure!(bare.status == 422 && bare.text("/errors/0/pointer") == "/card", "{}", bare.answer.text());
        ensure!(world.payment(&payment).await?.text("/state") == "requires_confirmation", "a refusal ended it");
        confirm(world, &payment, &card(world), &fresh_key()).await?.good()?;
        Ok(())
    }

    async fn what_is_not_confirmed_is_given_up(world) {
        let payment = drafted(world).await?;
        let (path, key) = (format!("/v1/payments/{payment}/cancel"), fresh_key());
        let gone = world.api.post_with_key(&path, &json!({}), &key).await?.good()?;
        ensure!(gone.text("/state") == "canceled" && id(&gone)? == payment, "{}", gone.answer.text());
        let again = world.api.post_with_key(&path, &json!({}), &key).await?.good()?;
        ensure!(again.answer.header("idempotent-replayed") == Some("true"));
        ensure!(world.api.post(&path, &json!({})).await?.status == 409);
        ensure!(confirm(world, &payment, &card(world), &fresh_key()).await?.status == 409);
        ensure!(world.authorize_calls() == 0);
        Ok(())
    }

    async fn what_nobody_confirms_expires(world) {
        let payment = drafted(world).await?;
        world.advance(Duration::from_hours(23));
        tokio::time::sleep(Duration::from_millis(200)).await;
        ensure!(world.payment(&payment).await?.text("/state") == "requires_confirmation", "too early");
        world.advance(Duration::from_hours(1));
        // Even before anybody has swept.
        ensure!(confirm(world, &payment, &card(world), &fresh_key()).await?.status == 409, "too late");
        world.until(&payment, "expired").await?;
        let (attempts, kinds) = told(world, &payment).await?;
        ensure!(attempts == 0 && kinds.last().map(String::as_str) == Some("payment.expired"), "{kinds:?}");
        let list = world.api.get("/v1/payments?state=in:expired,canceled&include=total").await?.good()?;
        ensure!(list.json["total"] == json!({ "count": 1, "capped": false }), "{}", list.answer.text());
        Ok(())
    }

    async fn neighbours_of_a_page_keep_its_filters(world) {
        for _ in 0..3 {
            drafted(world).await?;
        }
        let path = "/v1/payments?state=requires_confirmation&limit=1&amount%5Bgte%5D=1";
        let first = world.api.get(path).await?.good()?;
        let link = |reply: &Reply, rel: &str| {
            let links = reply.answer.header("link").unwrap_or_default().to_owned();
            let wanted = format!("; rel=\"{rel}\"");
            let found = links.split(", ").find_map(|link| link.strip_suffix(&wanted).map(str::to_owned));
            found.map(|link| link.trim_matches(['<', '>']).to_owned()).unwrap_or_default()
        };
        let next = link(&first, "next");
        ensure!(next.starts_with(path) && link(&first, "prev").is_empty(), "{next}");
        let second = world.api.get(&next).await?.good()?;
        ensure!(second.text("/data/0/id") != first.text("/data/0/id") && !second.text("/data/0/id").is_empty());
        let back = world.api.get(&link(&second, "prev")).await?.good()?;
        ensure!(back.text("/data/0/id") == first.text("/data/0/id"), "{}", back.answer.text());
        Ok(())
    }
}

//! Addresses that may not be reached, receivers that misbehave, and what must not be told.

use anyhow::{Result, ensure};
use serde_json::json;
use std::time::Duration;
use vezne_it::http::Call;
use vezne_it::receiver::{Answer, Receiver};
use vezne_it::world::{AMOUNT, GOOD_CARD};
use vezne_it::{Patience, World, stories};

use super::webhook::{endpoint, newest, patch, shown, sold, until_newest};

async fn audited(world: &World, act: &str) -> Result<i64> {
    world.auditor().number(&format!("select count(*) from audit where act = '{act}'")).await
}

stories! {
    async fn what_is_no_public_address_is_refused(world) {
        for url in [
            "http://10.0.0.1/hook", "https://10.0.0.1/hook", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data",
            "https://[::ffff:10.0.0.1]/", "https://0x0a000001/", "https://167772161/", "https://[fd00::1]/", "http://erp.example/",
            "ftp://erp.example/", "file:///etc/passwd", "https://user:pw@erp.example/", "https://erp.example/#x", "erp.example", "",
        ] {
            let refused = world.api.post("/v1/webhook_endpoints", &json!({ "url": url })).await?;
            ensure!((refused.status, refused.text("/errors/0/pointer")) == (422, "/url"), "{url}: {}", refused.answer.text());
        }
        let receiver = Receiver::start().await?;
        let (hook, _) = endpoint(world, &receiver.url, json!({})).await?;
        let path = format!("/v1/webhook_endpoints/{hook}");
        let refused = patch(world, &path, 1, &json!({ "url": "https://10.1.2.3/" })).await?;
        ensure!((refused.status, refused.text("/errors/0/code")) == (422, "address_refused"), "{}", refused.answer.text());
        let unknown = world.api.post("/v1/webhook_endpoints", &json!({ "url": receiver.url, "events": ["void.succeeded", "payment.*"] })).await?;
        ensure!((unknown.status, unknown.text("/errors/0/pointer")) == (422, "/events/1"), "{}", unknown.answer.text());
        let stale = patch(world, &path, 7, &json!({ "description": "x" })).await?;
        ensure!(stale.status == 412, "{}", stale.answer.text());
        Ok(())
    }

    async fn a_redirect_is_a_refusal_and_is_not_followed(world) {
        let (receiver, elsewhere) = (Receiver::start().await?, Receiver::start().await?);
        receiver.next(Answer::status(307).header("location", elsewhere.url.clone()));
        let (hook, _) = endpoint(world, &receiver.url, json!({})).await?;
        sold(world).await?;
        receiver.until(1).await?;
        elsewhere.still(0).await?;
        let mut patience = Patience::new();
        while newest(world, &hook).await?.number("/attempts/0/status") != Some(307) {
            ensure!(patience.lasts().await, "the try was not written");
        }
        world.advance(Duration::from_secs(6));
        receiver.until(2).await?;
        Ok(())
    }

    async fn gone_means_gone(world) {
        let receiver = Receiver::start().await?;
        receiver.usually(Answer::status(410));
        let (hook, _) = endpoint(world, &receiver.url, json!({})).await?;
        sold(world).await?;
        until_newest(world, &hook, "failed").await?;
        let read = shown(world, &hook).await?;
        ensure!((read.text("/state"), read.text("/disabled_reason")) == ("disabled", "gone"), "{}", read.answer.text());
        sold(world).await?;
        world.advance(Duration::from_hours(30));
        receiver.still(1).await?;
        ensure!(audited(world, "webhook_endpoint.disabled").await? == 1);
        let resend = format!("/v1/webhook_deliveries/{}/resend", newest(world, &hook).await?.text("/id"));
        let refused = world.api.post(&resend, &json!({})).await?;
        ensure!((refused.status, refused.text("/code")) == (409, "endpoint_disabled"), "{}", refused.answer.text());
        // A person enables it again, and it hears of what comes then.
        receiver.usually(Answer::status(204));
        let path = format!("/v1/webhook_endpoints/{hook}");
        let version = shown(world, &hook).await?.number("/version").unwrap_or_default();
        patch(world, &path, version, &json!({ "state": "active" })).await?.good()?;
        sold(world).await?;
        receiver.until(2).await?;
        Ok(())
    }

    async fn five_days_of_silence_disable_an_endpoint(world) {
        let receiver = Receiver::start().await?;
        receiver.usually(Answer::status(500));
        let (hook, _) = endpoint(world, &receiver.url, json!({})).await?;
        for day in 0..9 {
            let before = receiver.told().len();
            if day < 5 {
                sold(world).await?;
                receiver.until(before + 1).await?;
            }
            tokio::time::sleep(Duration::from_millis(150)).await;
            let state = shown(world, &hook).await?.text("/state").to_owned();
            ensure!(day > 4 || state == "active", "disabled on day {day}");
            if state == "disabled" {
                break;
            }
            world.advance(Duration::from_hours(25));
        }
        let read = shown(world, &hook).await?;
        ensure!((read.text("/state"), read.text("/disabled_reason")) == ("disabled", "failing"), "{}", read.answer.text());
        Ok(())
    }

    async fn a_receiver_that_never_answers_holds_up_nobody_else(world) {
        let (silent, quick) = (Receiver::start().await?, Receiver::start().await?);
        silent.usually(Answer::status(200).after(Duration::from_mins(1)));
        endpoint(world, &silent.url, json!({})).await?;
        endpoint(world, &quick.url, json!({})).await?;
        for _ in 0..20 {
            sold(world).await?;
        }
        // Sooner than the silent one gives up its first try.
        quick.until(20).await?;
        ensure!(silent.told().len() <= 8, "{} at once", silent.told().len());
        Ok(())
    }

    async fn a_card_number_that_somebody_typed_is_not_told(world) {
        let receiver = Receiver::start().await?;
        let (hook, _) = endpoint(world, &receiver.url, json!({})).await?;
        let mut body = world.sale(AMOUNT, GOOD_CARD);
        body["reference"] = json!(GOOD_CARD);
        world.pay(&body).await?;
        let told = receiver.until(1).await?;
        ensure!(!told[0].raw.contains(GOOD_CARD), "{}", told[0].raw);
        let log = until_newest(world, &hook, "delivered").await?;
        ensure!(!log.answer.text().contains(GOOD_CARD), "{}", log.answer.text());
        Ok(())
    }

    async fn a_deleted_endpoint_is_forgotten(world) {
        let receiver = Receiver::start().await?;
        receiver.usually(Answer::status(500));
        let (hook, _) = endpoint(world, &receiver.url, json!({})).await?;
        sold(world).await?;
        receiver.until(1).await?;
        let path = format!("/v1/webhook_endpoints/{hook}");
        let gone = world.api.send(Call::new("DELETE", format!("{}{path}", world.api.base))).await?;
        ensure!(gone.status == 204, "{}", gone.answer.text());
        ensure!(world.api.get(&path).await?.status == 404);
        world.advance(Duration::from_mins(10));
        sold(world).await?;
        receiver.still(1).await?;
        ensure!(world.auditor().number("select count(*) from webhook_secret").await? == 0);
        Ok(())
    }
}

//! Programs of the firm are told: signed, in order, at least once, for three days.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use std::time::Duration;
use vezne::ctx::Clock;
use vezne_it::api::Api;
use vezne_it::database::Database;
use vezne_it::host::Host;
use vezne_it::http::Call;
use vezne_it::process::Process;
use vezne_it::receiver::{Answer, Receiver};
use vezne_it::world::{AMOUNT, GOOD_CARD, id};
use vezne_it::{Patience, Reply, World, stories};

/// Adds an endpoint; gives its id and its secret.
pub async fn endpoint(world: &World, url: &str, more: Value) -> Result<(String, String)> {
    let mut body = json!({ "url": url });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    let made = world.api.post("/v1/webhook_endpoints", &body).await?.good()?;
    ensure!(made.text("/secret").starts_with("whsec_"), "{}", made.answer.text());
    Ok((id(&made)?, made.text("/secret").to_owned()))
}

pub async fn sold(world: &World) -> Result<String> {
    let paid = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
    ensure!(paid.text("/state") == "succeeded", "{}", paid.answer.text());
    id(&paid)
}

pub async fn shown(world: &World, endpoint: &str) -> Result<Reply> {
    world.api.get(&format!("/v1/webhook_endpoints/{endpoint}")).await?.good()
}

pub async fn patch(world: &World, path: &str, version: i64, body: &Value) -> Result<Reply> {
    let call = Call::new("PATCH", format!("{}{path}", world.api.base))
        .header("if-match", format!("\"{version}\""))
        .body("application/json", body.to_string());
    world.api.send(call).await
}

/// The newest delivery to an endpoint, with its tries; waits for one.
pub async fn newest(world: &World, endpoint: &str) -> Result<Reply> {
    let mut patience = Patience::new();
    let list = loop {
        let list = world.api.get(&format!("/v1/webhook_deliveries?endpoint={endpoint}")).await?.good()?;
        if !list.text("/data/0/id").is_empty() {
            break list;
        }
        ensure!(patience.lasts().await, "nothing was handed to {endpoint}");
    };
    world.api.get(&format!("/v1/webhook_deliveries/{}", list.text("/data/0/id"))).await?.good()
}

/// Waits until the newest delivery to an endpoint stands so.
pub async fn until_newest(world: &World, endpoint: &str, state: &str) -> Result<Reply> {
    let mut patience = Patience::new();
    loop {
        let delivery = newest(world, endpoint).await?;
        if delivery.text("/state") == state {
            return Ok(delivery);
        }
        ensure!(patience.lasts().await, "not {state}: {}", delivery.answer.text());
    }
}

stories! {
    async fn a_sale_and_its_void_are_told_in_order(world) {
        let receiver = Receiver::start().await?;
        let (hook, secret) = endpoint(world, &receiver.url, json!({})).await?;
        receiver.next(Answer::status(500).body("yarın gelin"));
        let payment = sold(world).await?;
        let first = receiver.until(1).await?.remove(0);
        ensure!((first.kind(), first.payment(), first.sequence()) == ("payment.succeeded", &*payment, 1), "{first:?}");
        // Ids tell apart what happened in different milliseconds.
        world.advance(Duration::from_secs(1));
        world.refund(&payment, &json!({})).await?.good()?;
        // The second waits for the first, which was refused.
        receiver.still(1).await?;
        world.advance(Duration::from_secs(6));
        let told = receiver.until(3).await?;
        ensure!(told[1].id == first.id && told[1].raw == first.raw, "another id or body: {told:?}");
        ensure!((told[2].kind(), told[2].payment(), told[2].sequence()) == ("void.succeeded", &*payment, 2), "{told:?}");
        for one in &told {
            ensure!(one.is_signed_by(&secret) && one.id.starts_with("evt_"), "{one:?}");
            ensure!(!one.raw.contains(GOOD_CARD) && one.json["data"]["livemode"] == json!(false), "{}", one.raw);
        }
        until_newest(world, &hook, "delivered").await?;
        let events = world.api.get(&format!("/v1/events?payment={payment}")).await?.good()?;
        ensure!(events.text("/data/0/id") == told[2].id && events.text("/data/1/id") == told[1].id, "{}", events.answer.text());
        Ok(())
    }

    async fn the_example_receiver_takes_every_payment_once(world) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/webhooks/vezne", listener.local_addr()?);
        let (_, secret) = endpoint(world, &url, json!({})).await?;
        let receiver = vezne_webhook_receiver::Receiver::new(&secret)?;
        let router = receiver.router();
        let task = tokio::spawn(async move { axum::serve(listener, router).await });
        let mut sales = Vec::new();
        for _ in 0..10 {
            sales.push(sold(world).await?);
        }
        let mut patience = Patience::new();
        while receiver.taken().len() < sales.len() {
            ensure!(patience.lasts().await, "took {} of {}", receiver.taken().len(), sales.len());
        }
        let taken = receiver.taken();
        for payment in &sales {
            let mine = taken.iter().filter(|event| event.data["payment"] == json!(payment)).count();
            ensure!(mine == 1, "{payment} was told {mine} times");
        }
        task.abort();
        Ok(())
    }

    async fn a_refusal_is_tried_by_the_schedule_and_given_up(world) {
        let receiver = Receiver::start().await?;
        receiver.usually(Answer::status(503));
        let (hook, _) = endpoint(world, &receiver.url, json!({})).await?;
        sold(world).await?;
        receiver.until(1).await?;
        let minutes = [0, 5, 30, 120, 300, 600, 840, 1_200, 1_440];
        for (step, minutes) in minutes.into_iter().enumerate() {
            let pause = Duration::from_secs(if step == 0 { 5 } else { minutes * 60 });
            // Written before the clock moves on, or the pause would count from a later moment.
            let mut patience = Patience::new();
            while newest(world, &hook).await?.json["attempts"].as_array().map_or(0, Vec::len) <= step {
                ensure!(patience.lasts().await, "try {step} was not written");
            }
            world.advance(pause.saturating_sub(Duration::from_secs(1)));
            tokio::time::sleep(Duration::from_millis(120)).await;
            ensure!(receiver.told().len() == step + 1, "too early after {pause:?}");
            world.advance(pause / 10 + Duration::from_secs(2));
            receiver.until(step + 2).await?;
        }
        let end = until_newest(world, &hook, "failed").await?;
        ensure!(end.number("/tries") == Some(10) && end.json["attempts"].as_array().map_or(0, Vec::len) == 10, "{}", end.answer.text());
        ensure!(end.number("/attempts/9/status") == Some(503), "{}", end.answer.text());
        let told = receiver.still(10).await?;
        ensure!(told.iter().all(|one| one.id == told[0].id), "another id");
        let read = shown(world, &hook).await?;
        ensure!(read.number("/failed") == Some(1) && !read.text("/failing_since").is_empty(), "{}", read.answer.text());
        Ok(())
    }

    async fn a_receiver_may_ask_for_time(world) {
        let receiver = Receiver::start().await?;
        receiver.next(Answer::status(429).header("retry-after", "120"));
        let (hook, _) = endpoint(world, &receiver.url, json!({})).await?;
        sold(world).await?;
        receiver.until(1).await?;
        let mut patience = Patience::new();
        while newest(world, &hook).await?.number("/attempts/0/status") != Some(429) {
            ensure!(patience.lasts().await, "the try was not written");
        }
        world.advance(Duration::from_secs(115));
        receiver.still(1).await?;
        world.advance(Duration::from_secs(6));
        receiver.until(2).await?;
        until_newest(world, &hook, "delivered").await?;
        Ok(())
    }

    async fn both_secrets_sign_during_a_rotation(world) {
        let receiver = Receiver::start().await?;
        let (hook, old) = endpoint(world, &receiver.url, json!({})).await?;
        let rotated = world.api.post(&format!("/v1/webhook_endpoints/{hook}/rotate"), &json!({})).await?.good()?;
        let new = rotated.text("/secret").to_owned();
        ensure!(new != old && !rotated.text("/old_secret_until").is_empty(), "{}", rotated.answer.text());
        sold(world).await?;
        let first = receiver.until(1).await?.remove(0);
        ensure!(first.signatures.len() == 2 && first.is_signed_by(&new) && first.is_signed_by(&old), "{first:?}");
        world.advance(Duration::from_hours(25));
        sold(world).await?;
        let second = receiver.until(2).await?.remove(1);
        ensure!(second.signatures.len() == 1 && second.is_signed_by(&new) && !second.is_signed_by(&old), "{second:?}");
        // At once: the leaked one signs nothing more.
        let path = format!("/v1/webhook_endpoints/{hook}/rotate");
        let rotated = world.api.post(&path, &json!({ "overlap_hours": 0 })).await?.good()?;
        sold(world).await?;
        let third = receiver.until(3).await?.remove(2);
        ensure!(third.signatures.len() == 1 && third.is_signed_by(rotated.text("/secret")), "{third:?}");
        let sealed = world.auditor().column("select sealed from webhook_secret").await?;
        ensure!(!sealed.is_empty() && sealed.iter().all(|s| s.starts_with("v1.") && !s.contains("whsec")), "{sealed:?}");
        let shown = shown(world, &hook).await?;
        ensure!(!shown.answer.text().contains("whsec_"), "a secret is shown again");
        Ok(())
    }

    async fn a_crash_between_sending_and_marking_sends_again_under_the_same_id(world) {
        let receiver = Receiver::start().await?;
        endpoint(world, &receiver.url, json!({})).await?;
        world.host.app.shutdown.cancel();
        let crashing = Process::start(world, Some("webhook_after_send")).await?;
        let api = Api::new(&crashing.url, &world.firm.secret);
        // The answer may come before the end or not.
        drop(api.post("/v1/payments", &world.sale(AMOUNT, GOOD_CARD)).await);
        crashing.until_crashed().await?;
        let first = receiver.until(1).await?.remove(0);
        let clock = Clock::simulated(Clock::system().now_ms() + 60_000);
        let restarted = Host::start(&world.database_url, &world.bank.url(), clock).await?;
        let told = receiver.until(2).await;
        restarted.stop().await;
        let told = told?;
        ensure!(told[1].id == first.id && told[1].raw == first.raw, "{told:?}");
        Ok(())
    }

    async fn two_nodes_tell_everything_once(world) {
        if world.database == Database::Sqlite {
            return Ok(());
        }
        let receiver = Receiver::start().await?;
        receiver.usually(Answer::status(200).after(Duration::from_millis(30)));
        let (hook, _) = endpoint(world, &receiver.url, json!({})).await?;
        let other = Host::start(&world.database_url, &world.bank.url(), world.clock.clone()).await?;
        let api = Api::new(&other.url, &world.firm.secret);
        let mut sales = Vec::new();
        for turn in 0..24 {
            if turn % 2 == 0 {
                sales.push(sold(world).await?);
            } else {
                let paid = api.post("/v1/payments", &world.sale(AMOUNT, GOOD_CARD)).await?.good()?;
                sales.push(id(&paid)?);
            }
        }
        let told = receiver.until(sales.len()).await;
        let settled = until_newest(world, &hook, "delivered").await;
        other.stop().await;
        told?;
        settled?;
        let told = receiver.still(sales.len()).await?;
        for payment in &sales {
            ensure!(told.iter().filter(|one| one.payment() == payment).count() == 1, "{payment}: not once");
        }
        Ok(())
    }

    async fn a_filter_and_a_place_in_the_tree_narrow_what_is_told(world) {
        let (voids, dealers, off) = (Receiver::start().await?, Receiver::start().await?, Receiver::start().await?);
        endpoint(world, &voids.url, json!({ "events": ["void.succeeded"] })).await?;
        let dealer = world.api.post("/v1/dealers", &json!({ "name": "Ankara Bayi", "code": "ANK" })).await?.good()?;
        endpoint(world, &dealers.url, json!({ "node": id(&dealer)? })).await?;
        let (hook, _) = endpoint(world, &off.url, json!({})).await?;
        let version = shown(world, &hook).await?.number("/version").unwrap_or_default();
        let path = format!("/v1/webhook_endpoints/{hook}");
        patch(world, &path, version, &json!({ "state": "disabled" })).await?.good()?;
        let payment = sold(world).await?;
        world.refund(&payment, &json!({})).await?.good()?;
        let told = voids.until(1).await?;
        ensure!((told[0].kind(), told[0].sequence()) == ("void.succeeded", 2), "{told:?}");
        voids.still(1).await?;
        dealers.still(0).await?;
        off.still(0).await?;
        Ok(())
    }

    async fn a_delivery_is_sent_again_and_an_endpoint_is_tested_on_demand(world) {
        let receiver = Receiver::start().await?;
        receiver.next(Answer::status(200).body(format!("teşekkürler {GOOD_CARD}\u{1b}[1m")));
        let (hook, secret) = endpoint(world, &receiver.url, json!({})).await?;
        sold(world).await?;
        let delivery = until_newest(world, &hook, "delivered").await?;
        let excerpt = delivery.text("/attempts/0/excerpt");
        ensure!(excerpt.starts_with("teşekkürler ****") && !excerpt.contains('\u{1b}'), "{}", delivery.answer.text());
        let path = format!("/v1/webhook_deliveries/{}/resend", delivery.text("/id"));
        ensure!(world.api.post(&path, &json!({})).await?.status == 202);
        let told = receiver.until(2).await?;
        ensure!(told[0].id == told[1].id && told[0].raw == told[1].raw, "{told:?}");
        let again = until_newest(world, &hook, "delivered").await?;
        ensure!(again.json["attempts"].as_array().map_or(0, Vec::len) == 2, "{}", again.answer.text());
        ensure!(again.text("/body") == told[0].raw, "the log shows another body");
        let test = world.api.post(&format!("/v1/webhook_endpoints/{hook}/test"), &json!({})).await?.good()?;
        ensure!((test.text("/state"), test.text("/type")) == ("delivered", "webhook.test"), "{}", test.answer.text());
        let told = receiver.until(3).await?;
        ensure!(told[2].kind() == "webhook.test" && told[2].is_signed_by(&secret), "{told:?}");
        // A test that is refused is not tried again, and does not count against the endpoint.
        receiver.next(Answer::status(500));
        let test = world.api.post(&format!("/v1/webhook_endpoints/{hook}/test"), &json!({})).await?.good()?;
        ensure!((test.text("/state"), test.number("/attempts/0/status")) == ("failed", Some(500)), "{}", test.answer.text());
        world.advance(Duration::from_mins(10));
        receiver.still(4).await?;
        ensure!(shown(world, &hook).await?.text("/failing_since").is_empty());
        Ok(())
    }

    async fn a_span_of_time_is_told_again(world) {
        let receiver = Receiver::start().await?;
        let (hook, _) = endpoint(world, &receiver.url, json!({})).await?;
        sold(world).await?;
        receiver.until(1).await?;
        until_newest(world, &hook, "delivered").await?;
        world.advance(Duration::from_hours(2));
        let payment = sold(world).await?;
        world.refund(&payment, &json!({})).await?.good()?;
        let before = receiver.until(3).await?;
        until_newest(world, &hook, "delivered").await?;
        let event = world.api.get("/v1/events?limit=1").await?.good()?;
        let instant: Vec<_> = event.text("/data/0/created_at").split(['T', ':']).map(str::to_owned).collect();
        // From the beginning of the hour of the second sale.
        let from = format!("{}T{}:00:00Z", instant[0], instant[1]);
        let path = format!("/v1/webhook_endpoints/{hook}/replay");
        let replay = world.api.post(&path, &json!({ "from": from })).await?.good()?;
        ensure!(replay.status == 202 && replay.number("/events") == Some(2), "{}", replay.answer.text());
        let told = receiver.until(5).await?;
        let ids = |told: &[vezne_it::receiver::Told]| told.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
        ensure!(ids(&told[3..]) == ids(&before[1..]), "not the same in the same order: {told:?}");
        let wrong = world.api.post(&path, &json!({ "from": from, "to": "2020-01-01T00:00:00Z" })).await?;
        ensure!((wrong.status, wrong.text("/errors/0/pointer")) == (422, "/to"), "{}", wrong.answer.text());
        Ok(())
    }
}

//! The real binary ends without warning. After a restart each payment ends where the bank's book says.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use vezne::ctx::Clock;
use vezne_it::api::{Api, fresh_key};
use vezne_it::host::Host;
use vezne_it::kill::{self, Effort};
use vezne_it::process::Process;
use vezne_it::seed::Store;
use vezne_it::world::{AMOUNT, GOOD_CARD, id, order_no};
use vezne_it::{Browser, Reply, World, stories};
use vezne_sandbox::{Fault, FaultKind};

/// Pays with a host that aborts at `point`, and returns the key and the body of the request.
async fn crash(world: &World, point: &str) -> Result<(Value, String)> {
    let crashing = Process::start(world, Some(point)).await?;
    let (body, key) = (world.sale(AMOUNT, GOOD_CARD), fresh_key());
    let api = Api::new(&crashing.url, &world.firm.secret);
    let broken = api.post_with_key("/v1/payments", &body, &key).await;
    ensure!(broken.is_err(), "{point}: an answer came: {}", broken.map(|b| b.answer.text()).unwrap_or_default());
    crashing.until_crashed().await?;
    Ok((body, key))
}

/// The payment that a key made, as a host has it now.
async fn made_by(api: &Api, body: &Value, key: &str) -> Result<Reply> {
    let answer = api.post_with_key("/v1/payments", body, key).await?;
    // While it is not final the key is in use; the list shows it all the same.
    let list = api.get("/v1/payments").await?.good()?;
    let id = if answer.status < 300 { answer.text("/id") } else { list.text("/data/0/id") };
    api.get(&format!("/v1/payments/{id}")).await?.good()
}

fn charged_at_most_once(world: &World, point: &str) -> Result<()> {
    let charges: usize = world.bank.bank.orders().iter().map(|o| o.approvals).sum();
    ensure!(charges <= 1 && world.authorize_calls() <= 1, "{point}: charged or asked twice");
    Ok(())
}

/// The bank booked before the crash: a restarted host finds it out in seconds.
async fn found_paid_after(world: &World, point: &str) -> Result<()> {
    let (body, key) = crash(world, point).await?;
    ensure!(world.bank_total() == AMOUNT, "{point}: the bank has not booked");
    let restarted = Process::start(world, None).await?;
    let api = Api::new(&restarted.url, &world.firm.secret);
    let end = Instant::now() + Duration::from_secs(40);
    loop {
        let payment = made_by(&api, &body, &key).await?;
        if payment.text("/state") == "succeeded" {
            break;
        }
        ensure!(Instant::now() < end, "{point}: no end after 40 s: {}", payment.answer.text());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    charged_at_most_once(world, point)?;
    restarted.kill().await
}

/// The bank never heard of it: a restarted host believes that only after the bank's own time, so the clock is moved.
async fn found_unpaid_after(world: &World, point: &str) -> Result<()> {
    let (body, key) = crash(world, point).await?;
    ensure!(world.authorize_calls() == 0, "{point}: the bank was asked");
    let clock = Clock::simulated(Clock::system().now_ms());
    let restarted = Host::start(&world.database_url, &world.bank.url(), clock.clone()).await?;
    let api = Api::new(&restarted.url, &world.firm.secret);
    let mut last = String::new();
    for wait_s in [10, 20, 60, 180, 700, 700, 4_000] {
        clock.advance(Duration::from_secs(wait_s));
        tokio::time::sleep(Duration::from_millis(400)).await;
        let payment = made_by(&api, &body, &key).await?;
        payment.text("/state").clone_into(&mut last);
        ensure!(last != "succeeded", "{point}: paid without the bank");
        if last == "failed" {
            break;
        }
    }
    restarted.stop().await;
    ensure!(last == "failed", "{point}: {last} after the bank's own time");
    charged_at_most_once(world, point)
}

/// A host on the same database whose clock is moved until `ended` says so of what `path` shows.
async fn restarted_until(world: &World, path: &str, ended: impl Fn(&Reply) -> Result<bool> + Sync) -> Result<()> {
    let clock = Clock::simulated(Clock::system().now_ms());
    let restarted = Host::start(&world.database_url, &world.bank.url(), clock.clone()).await?;
    let api = Api::new(&restarted.url, &world.firm.secret);
    for wait_s in [10, 20, 60, 180, 700, 700, 4_000, 90_000] {
        clock.advance(Duration::from_secs(wait_s));
        restarted.app.janitor_wake.notify_one();
        tokio::time::sleep(Duration::from_millis(400)).await;
        if ended(&api.get(path).await?.good()?)? {
            restarted.stop().await;
            return Ok(());
        }
    }
    restarted.stop().await;
    anyhow::bail!("no end after the whole schedule")
}

/// Gives a sale back with a host that aborts at `point`; afterwards ours is what the bank's book says.
async fn given_back_through(world: &World, point: &str, payment: &str, order: &str) -> Result<()> {
    let crashing = Process::start(world, Some(point)).await?;
    let api = Api::new(&crashing.url, &world.firm.secret);
    let refunds = format!("/v1/payments/{payment}/refunds");
    let broken = api.post(&refunds, &json!({})).await;
    ensure!(broken.is_err(), "{point}: an answer came");
    crashing.until_crashed().await?;
    restarted_until(world, &refunds, |list| {
        let kept = match list.text("/data/0/state") {
            "succeeded" => 0,
            "failed" => AMOUNT,
            _ => return Ok(false),
        };
        ensure!(world.bank_net(order) == kept, "{point}: the bank keeps {}", world.bank_net(order));
        Ok(true)
    })
    .await
    .context(point.to_owned())
}

/// Pays with 3-D Secure at a host that aborts at `point`, once the payer is back; the bank's book is the judge.
async fn paid_through(world: &World, point: &str, pos: &str) -> Result<()> {
    let crashing = Process::start(world, Some(point)).await?;
    let api = Api::new(&crashing.url, &world.firm.secret);
    let mut body = world.sale(AMOUNT, GOOD_CARD);
    body["pos_account"] = json!(pos);
    body["three_d_secure"] = json!("required");
    let begun = api.post("/v1/payments", &body).await?.good()?;
    let (payment, order) = (id(&begun)?, order_no(&begun)?);
    let browser = Browser::default();
    let page = browser.settle(browser.get(begun.text("/next_action/redirect_url")).await?).await?;
    let back = browser.submit(&page.form("/acs/")?.set("code", "123456").set("action", "confirm")).await?;
    let callback = back.automatic_form().context("no callback")?;
    ensure!(browser.submit(&callback).await.is_err(), "{point}: an answer came");
    crashing.until_crashed().await?;
    restarted_until(world, &format!("/v1/payments/{payment}"), |read| {
        let kept = match read.text("/state") {
            "succeeded" => AMOUNT,
            "failed" | "expired" | "canceled" => 0,
            _ => return Ok(false),
        };
        ensure!(world.bank_net(&order) == kept, "{point}: {}", read.answer.text());
        ensure!(world.bank.bank.authorize_calls(&order) <= 1, "{point}: asked for money twice");
        Ok(true)
    })
    .await
    .context(point.to_owned())
}

/// Kills at random moments lose and double nothing; gives what was counted.
async fn killed(world: &World, nodes: usize) -> Result<Value> {
    let counts = kill::run(world, Effort { kills: 8, nodes }, |_| {}).await?;
    for key in ["double", "lost", "unsolved", "ledger_sum"] {
        ensure!(counts[key] == 0, "{counts}");
    }
    ensure!(counts["books_equal"] == true && counts["payments"] != 0, "{counts}");
    Ok(counts)
}

stories! {
    on Postgres as postgres;

    async fn kills_of_one_of_two_servers_lose_and_double_nothing(world) {
        let counts = killed(world, 2).await?;
        ensure!(counts["at_each_node"] != 0, "no key was at both at the same moment: {counts}");
        Ok(())
    }
}

stories! {
    async fn kills_at_random_moments_lose_and_double_nothing(world) {
        killed(world, 1).await.map(drop)
    }

    async fn a_crash_while_giving_back_ends_as_the_bank_says(world) {
        let mut sold = Vec::new();
        for point in ["after_operation_tx1", "before_send", "after_reply", "before_operation_tx2"] {
            let paid = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
            sold.push((point, id(&paid)?, order_no(&paid)?));
        }
        world.host.app.shutdown.cancel();
        for (point, payment, order) in sold {
            given_back_through(world, point, &payment, &order).await?;
        }
        Ok(())
    }

    async fn a_crash_when_the_payer_is_back_charges_at_most_once(world) {
        let pos = world.add_pos("3d", "3d", Store::Demo).await?;
        world.host.app.shutdown.cancel();
        for point in ["callback_claimed", "before_send", "after_reply"] {
            paid_through(world, point, &pos).await?;
        }
        Ok(())
    }

    async fn a_crash_after_the_bank_booked_loses_nothing(world) {
        world.host.app.shutdown.cancel();
        for point in ["after_reply", "before_tx2", "after_tx2"] {
            found_paid_after(world, point).await?;
            world.bank.bank.reset();
        }
        world.may_differ();
        Ok(())
    }

    async fn a_crash_before_the_bank_was_asked_charges_nothing(world) {
        world.host.app.shutdown.cancel();
        for point in ["after_tx1", "before_send"] {
            found_unpaid_after(world, point).await?;
        }
        Ok(())
    }

    async fn a_kill_while_the_bank_thinks_loses_nothing(world) {
        world.host.app.shutdown.cancel();
        let doomed = Process::start(world, None).await?;
        world.bank.bank.fault(Fault::once(FaultKind::Delay).ms(800));
        let api = Api::new(&doomed.url, &world.firm.secret);
        let (body, key) = (world.sale(AMOUNT, GOOD_CARD), fresh_key());
        let call = api.authorized(api.post_call("/v1/payments", &body, &key)).await?;
        call.send_and_hang_up(Duration::from_millis(350)).await?;
        doomed.kill().await?;
        tokio::time::sleep(Duration::from_millis(900)).await;
        ensure!(world.bank_total() == AMOUNT, "the bank booked after we died");
        let restarted = Process::start(world, None).await?;
        let api = Api::new(&restarted.url, &world.firm.secret);
        let end = Instant::now() + Duration::from_secs(40);
        loop {
            let list = api.get("/v1/payments").await?.good()?;
            if list.text("/data/0/state") == "succeeded" {
                break;
            }
            ensure!(Instant::now() < end, "{}", list.answer.text());
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        ensure!(world.authorize_calls() == 1);
        restarted.kill().await
    }
}

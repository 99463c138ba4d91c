//! The real binary ends without warning. After a restart each payment ends where the bank's book says.

use anyhow::{Result, ensure};
use std::time::{Duration, Instant};
use vezne_it::api::{Api, fresh_key};
use vezne_it::process::Process;
use vezne_it::world::{AMOUNT, GOOD_CARD};
use vezne_it::{World, stories};
use vezne_sandbox::{Fault, FaultKind};

/// Pays with a host that aborts at `point`, restarts it, and retries with the same key until it has an answer.
async fn crash_and_retry(world: &World, point: &str) -> Result<()> {
    // The in-process host only seeded; the world's clock stands still, the binary's does not.
    world.host.app.shutdown.cancel();
    let crashing = Process::start(world, Some(point)).await?;
    let (body, key) = (world.sale(AMOUNT, GOOD_CARD), fresh_key());
    let api = Api::new(&crashing.url, &world.firm.secret);
    let broken = api.post_with_key("/v1/payments", &body, &key).await;
    ensure!(broken.is_err(), "{point}: an answer came: {}", broken.map(|b| b.answer.text()).unwrap_or_default());
    crashing.until_crashed().await?;
    let before = world.bank.bank.orders();
    let restarted = Process::start(world, None).await?;
    let api = Api::new(&restarted.url, &world.firm.secret);
    let end = Instant::now() + Duration::from_secs(40);
    let state = loop {
        let answer = api.post_with_key("/v1/payments", &body, &key).await?;
        let state = answer.text("/state").to_owned();
        if answer.status < 300 && ["succeeded", "failed", "declined"].contains(&state.as_str()) {
            break state;
        }
        if answer.status < 300 {
            // The replay is frozen at the first answer; the payment itself goes on.
            let now = api.get(&format!("/v1/payments/{}", answer.text("/id"))).await?;
            let state = now.text("/state").to_owned();
            if ["succeeded", "failed", "declined"].contains(&state.as_str()) {
                break state;
            }
        }
        ensure!(Instant::now() < end, "{point}: no end after 40 s: {} {}", answer.status, answer.answer.text());
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    let after = world.bank.bank.orders();
    ensure!(after.iter().map(|o| o.approvals).sum::<usize>() <= 1, "{point}: charged twice");
    let booked = world.bank_total();
    ensure!((state == "succeeded") == (booked == AMOUNT), "{point}: {state}, and the bank keeps {booked}");
    ensure!(before.len() <= after.len());
    restarted.kill().await
}

stories! {
    async fn a_crash_at_any_point_of_a_sale_is_survived(world) {
        for point in ["after_tx1", "before_send", "after_reply", "before_tx2", "after_tx2"] {
            world.bank.bank.reset();
            crash_and_retry(world, point).await?;
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

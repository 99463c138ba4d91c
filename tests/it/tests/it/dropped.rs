//! A caller who hangs up cancels nothing.

use anyhow::ensure;
use std::time::Duration;
use vezne_it::api::fresh_key;
use vezne_it::world::{AMOUNT, GOOD_CARD};
use vezne_it::{Patience, stories};
use vezne_sandbox::{Fault, FaultKind};

stories! {
    async fn a_dropped_request_ends_as_the_bank_says(world) {
        let mut keys = Vec::new();
        for wait_ms in [0, 5, 20, 80, 200] {
            world.bank.bank.fault(Fault::once(FaultKind::Delay).ms(120));
            let (body, key) = (world.sale(AMOUNT, GOOD_CARD), fresh_key());
            let call = world.api.authorized(world.api.post_call("/v1/payments", &body, &key)).await?;
            call.send_and_hang_up(Duration::from_millis(wait_ms)).await?;
            keys.push((body, key));
        }
        world.rest().await?;
        world.bank.bank.clear_faults();
        // The caller comes back with the same keys: each is charged once in the end.
        for (body, key) in keys {
            let mut patience = Patience::new();
            let answer = loop {
                let answer = world.pay_with_key(&body, &key).await?;
                if answer.status != 409 {
                    break answer.good()?;
                }
                ensure!(patience.lasts().await, "still in flight: {}", answer.answer.text());
            };
            ensure!(answer.text("/state") == "succeeded", "{}", answer.answer.text());
        }
        ensure!(world.bank_total() == 5 * AMOUNT, "{}", world.bank_total());
        ensure!(world.authorize_calls() == 5);
        Ok(())
    }
}

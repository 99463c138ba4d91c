//! Holding money, and taking it later.

use anyhow::{Result, ensure};
use serde_json::json;
use vezne_it::world::{AMOUNT, GOOD_CARD, id, order_no};
use vezne_it::{World, stories};

async fn held(world: &World) -> Result<(String, String)> {
    let mut body = world.sale(AMOUNT, GOOD_CARD);
    body["capture"] = json!("manual");
    let paid = world.pay(&body).await?;
    ensure!(paid.text("/state") == "authorized", "{}", paid.answer.text());
    let order = order_no(&paid)?;
    ensure!(world.order(&order)?.held == AMOUNT && world.bank_net(&order) == 0);
    Ok((id(&paid)?, order))
}

stories! {
    async fn a_hold_is_captured(world) {
        let (payment, order) = held(world).await?;
        let path = format!("/v1/payments/{payment}/capture");
        let taken = world.api.post(&path, &json!({})).await?.good()?;
        ensure!(taken.text("/state") == "succeeded", "{}", taken.answer.text());
        ensure!(world.bank_net(&order) == AMOUNT);
        let again = world.api.post(&path, &json!({})).await?;
        ensure!((400..500).contains(&again.status), "{}", again.answer.text());
        Ok(())
    }

    async fn a_hold_is_given_up(world) {
        let (payment, order) = held(world).await?;
        let gone = world.api.post(&format!("/v1/payments/{payment}/cancel"), &json!({})).await?.good()?;
        ensure!(gone.text("/state") == "succeeded" && gone.text("/kind") == "void", "{}", gone.answer.text());
        ensure!(world.payment(&payment).await?.text("/state") == "canceled");
        ensure!(world.order(&order)?.state == "voided");
        Ok(())
    }
}

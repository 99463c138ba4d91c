//! Every bank family through its real connector, at its simulator: the bank's book is the judge.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use vezne_it::family::{Family, families};
use vezne_it::world::{AMOUNT, GOOD_CARD, id, order_no};
use vezne_it::{Browser, Reply, World, stories};
use vezne_sandbox::{Fault, FaultKind};

/// No more than this many pages lie between the gate and the issuer's code.
const PAGES_MAX: usize = 6;

async fn sale_at(world: &World, pos: &str, card: &str) -> Result<Reply> {
    let mut body: Value = world.sale(AMOUNT, card);
    body["pos_account"] = json!(pos);
    world.pay(&body).await
}

async fn sold(world: &World, pos: &str) -> Result<(String, String)> {
    let paid = sale_at(world, pos, GOOD_CARD).await?;
    ensure!(paid.text("/state") == "succeeded", "{}", paid.answer.text());
    let order = order_no(&paid)?;
    ensure!(world.bank_net(&order) == AMOUNT, "the bank keeps {}", world.bank_net(&order));
    Ok((id(&paid)?, order))
}

async fn voided(world: &World, family: &Family) -> Result<()> {
    let pos = family.pos_account(world, "none").await?;
    let (payment, order) = sold(world, &pos).await?;
    let back = world.refund(&payment, &json!({})).await?.good()?;
    ensure!((back.text("/kind"), back.text("/state")) == ("void", "succeeded"), "{}", back.answer.text());
    ensure!(world.bank_net(&order) == 0);
    Ok(())
}

async fn refunded(world: &World, family: &Family) -> Result<()> {
    let pos = family.pos_account(world, "none").await?;
    let (payment, order) = sold(world, &pos).await?;
    world.advance(Duration::from_hours(26));
    world.bank.bank.day_end();
    let back = world.refund(&payment, &json!({ "amount": 5_000 })).await?.good()?;
    ensure!((back.text("/kind"), back.text("/state")) == ("refund", "succeeded"), "{}", back.answer.text());
    ensure!(world.bank_net(&order) == AMOUNT - 5_000, "the bank keeps {}", world.bank_net(&order));
    Ok(())
}

async fn declined(world: &World, family: &Family) -> Result<()> {
    let pos = family.pos_account(world, "none").await?;
    let refused = sale_at(world, &pos, "4543580000000510").await?;
    ensure!(refused.text("/state") == "declined", "{}", refused.answer.text());
    ensure!(refused.text("/decline/code") == "insufficient_funds", "{}", refused.answer.text());
    ensure!(world.bank_net(&order_no(&refused)?) == 0);
    Ok(())
}

/// Silence ends as the bank's book says, after one call for money.
async fn silent(world: &World, family: &Family, kind: FaultKind) -> Result<()> {
    let pos = family.pos_account(world, "none").await?;
    world.bank.bank.fault(Fault::once(kind));
    let paid = sale_at(world, &pos, GOOD_CARD).await?;
    world.bank.bank.clear_faults();
    ensure!(paid.text("/state") == "unknown", "{kind:?}: {}", paid.answer.text());
    let order = order_no(&paid)?;
    let ended = world.until_asked_any(&id(&paid)?, &["succeeded", "failed", "declined"]).await?;
    let ours = if ended.text("/state") == "succeeded" { AMOUNT } else { 0 };
    ensure!(world.bank_net(&order) == ours, "{kind:?}: ours {ours}, the bank's {}", world.bank_net(&order));
    ensure!(world.bank.bank.authorize_calls(&order) <= 1, "{kind:?}: money was asked for twice");
    Ok(())
}

async fn authenticated(world: &World, family: &Family, model: &str) -> Result<()> {
    let pos = family.pos_account(world, model).await?;
    let mut body = world.sale(AMOUNT, GOOD_CARD);
    body["pos_account"] = json!(pos);
    body["three_d_secure"] = json!("required");
    let begun = world.pay(&body).await?;
    ensure!(begun.text("/state") == "requires_action", "{}", begun.answer.text());
    let browser = Browser::default();
    let mut page = browser.get(begun.text("/next_action/redirect_url")).await?;
    for _ in 0..PAGES_MAX {
        page = browser.settle(page).await?;
        let Ok(form) = page.form("/acs/") else { break };
        page = browser.submit(&form.set("code", "123456").set("action", "confirm")).await?;
    }
    let (payment, order) = (id(&begun)?, order_no(&begun)?);
    if world.until(&payment, "succeeded").await.is_err() {
        world.until_asked(&payment, "succeeded").await?;
    }
    ensure!(world.bank_net(&order) == AMOUNT && world.order(&order)?.approvals == 1);
    Ok(())
}

stories! {
    async fn a_sale_is_voided(world) {
        for family in families() {
            voided(world, &family).await.context(family.plugin)?;
        }
        Ok(())
    }

    async fn a_part_is_refunded_after_the_day_end(world) {
        for family in families() {
            refunded(world, &family).await.context(family.plugin)?;
        }
        Ok(())
    }

    async fn a_refusal_has_a_reason(world) {
        for family in families() {
            declined(world, &family).await.context(family.plugin)?;
        }
        Ok(())
    }

    async fn silence_after_booking_ends_by_asking(world) {
        for family in families() {
            silent(world, &family, FaultKind::SilenceAfter).await.context(family.plugin)?;
        }
        Ok(())
    }

    async fn silence_before_booking_ends_by_asking(world) {
        for family in families() {
            silent(world, &family, FaultKind::SilenceBefore).await.context(family.plugin)?;
        }
        Ok(())
    }

    async fn a_payer_confirms_at_the_issuer(world) {
        for family in families() {
            for model in family.models {
                authenticated(world, &family, model).await.with_context(|| format!("{} {model}", family.plugin))?;
            }
        }
        Ok(())
    }
}

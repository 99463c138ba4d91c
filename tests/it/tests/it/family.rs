//! Every bank family through its real connector, at its simulator: the bank's book is the judge.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use serde_json::{Value, json};
use vezne_it::family::{Family, families};
use vezne_it::world::{AMOUNT, GOOD_CARD, id, order_no};
use vezne_it::{Browser, Reply, World, stories};
use vezne_sandbox::{Fault, FaultKind};

use crate::three_ds::{Visit, begin, paid};

/// No more than this many pages lie between the gate and the issuer's code.
const PAGES_MAX: usize = 6;

async fn sale_at(world: &World, pos: &str, card: &str) -> Result<Reply> {
    let mut body: Value = world.sale(AMOUNT, card);
    body["pos_account"] = json!(pos);
    world.pay(&body).await
}

/// The payment's state must be this one; otherwise the end of its timeline says why it is not.
async fn stands(world: &World, payment: &Reply, state: &str) -> Result<()> {
    if payment.text("/state") == state {
        return Ok(());
    }
    let events = world.api.get(&format!("/v1/payments/{}/events", id(payment)?)).await?;
    let last = events.json["data"].as_array().into_iter().flatten().map(|event| event["detail"].to_string());
    bail!("{} and not {state}: {}", payment.text("/state"), last.collect::<Vec<_>>().join(" "))
}

async fn sold(world: &World, pos: &str) -> Result<(String, String)> {
    let paid = sale_at(world, pos, GOOD_CARD).await?;
    stands(world, &paid, "succeeded").await?;
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
    stands(world, &refused, "declined").await?;
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
    stands(world, &paid, "unknown").await?;
    let order = order_no(&paid)?;
    let ended = world.until_asked_any(&id(&paid)?, &["succeeded", "failed", "declined"]).await?;
    let ours = if ended.text("/state") == "succeeded" { AMOUNT } else { 0 };
    ensure!(world.bank_net(&order) == ours, "{kind:?}: ours {ours}, the bank's {}", world.bank_net(&order));
    ensure!(world.bank.bank.authorize_calls(&order) <= 1, "{kind:?}: money was asked for twice");
    Ok(())
}

async fn authenticated(world: &World, family: &Family, model: &str) -> Result<()> {
    let pos = family.pos_account(world, model).await?;
    let begun = begin(world, &pos, GOOD_CARD).await?;
    let browser = Browser::default();
    let mut page = browser.get(begun.text("/next_action/redirect_url")).await?;
    for _ in 0..PAGES_MAX {
        page = browser.settle(page).await?;
        let Ok(form) = page.form("/acs/") else { break };
        page = browser.submit(&form.set("code", "123456").set("action", "confirm")).await?;
    }
    paid(world, &Visit { payment: id(&begun)?, order: order_no(&begun)?, browser, page }).await
}

/// Lets every family have its turn, and then tells of all that failed.
#[derive(Default)]
struct Failures(Vec<String>);

impl Failures {
    fn note(&mut self, what: &str, told: Result<()>) {
        if let Err(error) = told {
            self.0.push(format!("{what}: {error:#}"));
        }
    }

    fn done(self) -> Result<()> {
        ensure!(self.0.is_empty(), "{}", self.0.join("\n"));
        Ok(())
    }
}

stories! {
    async fn a_sale_is_voided(world) {
        let mut failures = Failures::default();
        for family in families() {
            failures.note(&family.to_string(), voided(world, &family).await);
        }
        failures.done()
    }

    async fn a_part_is_refunded_after_the_day_end(world) {
        let mut failures = Failures::default();
        for family in families() {
            failures.note(&family.to_string(), refunded(world, &family).await);
        }
        failures.done()
    }

    async fn a_refusal_has_a_reason(world) {
        let mut failures = Failures::default();
        for family in families() {
            failures.note(&family.to_string(), declined(world, &family).await);
        }
        failures.done()
    }

    async fn silence_after_booking_ends_by_asking(world) {
        let mut failures = Failures::default();
        for family in families() {
            failures.note(&family.to_string(), silent(world, &family, FaultKind::SilenceAfter).await);
        }
        failures.done()
    }

    async fn silence_before_booking_ends_by_asking(world) {
        let mut failures = Failures::default();
        for family in families() {
            failures.note(&family.to_string(), silent(world, &family, FaultKind::SilenceBefore).await);
        }
        failures.done()
    }

    async fn a_payer_confirms_at_the_issuer(world) {
        let mut failures = Failures::default();
        for family in families() {
            for model in family.models {
                failures.note(&format!("{family} {model}"), authenticated(world, &family, model).await);
            }
        }
        failures.done()
    }
}

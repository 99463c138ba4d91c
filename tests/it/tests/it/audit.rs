//! The audit finds nothing where nothing is wrong, and names what somebody changed behind our back.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use vezne::flow::audit::{Report, audit};
use vezne::flow::audit_chain::chain_round;
use vezne_it::world::{AMOUNT, GOOD_CARD, id};
use vezne_it::{World, stories};

async fn report(world: &World) -> Result<Report> {
    let report = audit(&world.host.app).await?;
    ensure!(report.bank_compared, "the bank's book was not compared");
    Ok(report)
}

async fn clean(world: &World) -> Result<()> {
    let report = report(world).await?;
    ensure!(report.differences.is_empty(), "{:#?}", report.differences);
    Ok(())
}

/// Does something in the tables, sees that the audit names it, and undoes it.
async fn named(world: &World, proof: &str, harm: &str, undo: &str) -> Result<()> {
    let auditor = world.auditor();
    auditor.change(harm).await?;
    let found = report(world).await?.differences;
    auditor.change(undo).await?;
    ensure!(found.iter().any(|difference| difference.proof == proof), "{harm}: {found:#?} and not {proof}");
    Ok(())
}

stories! {
    async fn an_honest_day_has_no_differences(world) {
        let paid = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
        let voided = world.pay(&world.sale(AMOUNT + 1, GOOD_CARD)).await?;
        world.pay(&world.sale(1_051, GOOD_CARD)).await?;
        world.refund(&id(&voided)?, &json!({})).await?.good()?;
        world.advance(Duration::from_hours(26));
        world.bank.bank.day_end();
        world.refund(&id(&paid)?, &json!({ "amount": 5_000 })).await?.good()?;
        ensure!(chain_round(&world.host.app).await? > 0, "nothing of the trail was chained");
        clean(world).await
    }

    async fn whatever_is_changed_is_named(world) {
        let paid = id(&world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?)?;
        let voided = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
        world.refund(&id(&voided)?, &json!({})).await?.good()?;
        world.advance(Duration::from_mins(5));
        chain_round(&world.host.app).await?;
        let paid = paid.trim_start_matches("pay_");
        let one = format!("payment_id = '{paid}'");
        named(world, "books", "update entry set minor = minor + 1 where account = 'pos_clearing' and minor > 0",
            "update entry set minor = minor - 1 where account = 'pos_clearing' and minor > 0").await?;
        named(world, "books", "update allocation set minor = minor + 1 where minor > 0",
            "update allocation set minor = minor - 1 where minor > 0").await?;
        named(world, "states", &format!("update payment set state = 'declined' where {one}"),
            &format!("update payment set state = 'succeeded' where {one}")).await?;
        named(world, "attempts", &format!("update attempt set state = 'declined' where {one}"),
            &format!("update attempt set state = 'captured' where {one}")).await?;
        named(world, "operations", "update operation set kind = 'refund' where kind = 'void'",
            "update operation set kind = 'void' where kind = 'refund'").await?;
        named(world, "bank's book", &format!("update payment set charged_minor = charged_minor + 1 where {one}"),
            &format!("update payment set charged_minor = charged_minor - 1 where {one}")).await?;
        named(world, "events", &format!("update outbox set sequence = sequence + 1 where aggregate = '{paid}'"),
            &format!("update outbox set sequence = sequence - 1 where aggregate = '{paid}'")).await?;
        named(world, "audit trail", "update audit set actor = 'x' || actor", "update audit set actor = substr(actor, 2)").await?;
        clean(world).await.context("something was not undone")
    }
}

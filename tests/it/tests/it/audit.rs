//! The audit finds nothing where nothing is wrong, and names what somebody changed behind our back.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use vezne::flow::audit::{Report, audit};
use vezne::flow::audit_chain::chain_round;
use vezne::flow::error::{FlowError, FlowResult};
use vezne::flow::turn::turn_run;
use vezne::job::audit_round;
use vezne::limits;
use vezne_it::host::Host;
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

const DAY_MS: i64 = 86_400_000;

/// Half past three in İstanbul, in one of the next nights.
fn next_night(world: &World) {
    let now_ms = world.clock.now_ms();
    let night_ms = (now_ms / DAY_MS + 2) * DAY_MS + DAY_MS / 48;
    world.advance(Duration::from_millis(u64::try_from(night_ms - now_ms).unwrap_or(0)));
}

/// The name of the night in which the world is.
fn night_of(world: &World) -> Result<String> {
    Ok(jiff::Timestamp::from_millisecond(world.clock.now_ms())?.in_tz("Europe/Istanbul")?.date().to_string())
}

stories! {
    async fn a_night_whose_server_died_is_audited_by_another(world) {
        world.host.app.shutdown.cancel();
        // Servers that do nothing by themselves: their jobs have just looked at the clock, by day.
        let server = async || Host::start(&world.database_url, &world.bank.url(), world.clock.clone()).await;
        let (first, second) = (server().await?, server().await?);
        next_night(world);
        let night = night_of(world)?;
        // The first one takes the turn, and ends in it.
        let endless = turn_run(&first.app, "audit", &night, std::future::pending::<FlowResult<()>>());
        ensure!(tokio::time::timeout(Duration::from_millis(300), endless).await.is_err(), "nobody waits for ever");
        ensure!(audit_round(&second.app).await?.is_none(), "two at once");
        ensure!(audit_round(&first.app).await?.is_none(), "a dead server's turn is nobody's yet, its own neither");
        world.advance(limits::TURN_LEASE + Duration::from_secs(1));
        let report = audit_round(&second.app).await?.context("the night stays unaudited")?;
        ensure!(report.differences.is_empty(), "{:#?}", report.differences);
        // Done is done, for everybody, however long ago the lease ran out.
        world.advance(limits::TURN_LEASE * 3);
        for host in [&first, &second] {
            ensure!(audit_round(&host.app).await?.is_none(), "twice in one night");
        }
        // What fails is not done: whoever comes after the lease tries again.
        world.advance(Duration::from_hours(24));
        let night = night_of(world)?;
        let failed = async { FlowResult::<()>::Err(FlowError::Busy("a test")) };
        ensure!(turn_run(&first.app, "audit", &night, failed).await.is_err());
        world.advance(limits::TURN_LEASE + Duration::from_secs(1));
        ensure!(audit_round(&first.app).await?.is_some(), "a failed night stays unaudited");
        first.stop().await;
        second.stop().await;
        Ok(())
    }

    async fn a_night_whose_server_leaves_is_given_back(world) {
        world.host.app.shutdown.cancel();
        let server = async || Host::start(&world.database_url, &world.bank.url(), world.clock.clone()).await;
        let (first, second) = (server().await?, server().await?);
        next_night(world);
        let night = night_of(world)?;
        // It is asked to end in the middle of the work.
        let app = first.app.clone();
        let left = first.app.spawn(async move {
            let work = async {
                app.leaving.cancel();
                std::future::pending::<FlowResult<()>>().await
            };
            turn_run(&app, "audit", &night, work).await
        });
        ensure!(left.await??.is_none(), "the work has no end");
        first.leave().await?;
        // Nobody has to wait for a lease to run out.
        ensure!(audit_round(&second.app).await?.is_some(), "the turn was not given back");
        second.stop().await;
        Ok(())
    }

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

//! A bank that is down for an hour: asked on the schedule, told as one alarm, and soon forgotten when it is back (R5).

use anyhow::{Result, ensure};
use futures::StreamExt;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;
use vezne::app::App;
use vezne::config::Config;
use vezne::flow::alarm::alarm_round;
use vezne::flow::inquire::{janitor_due, janitor_tend};
use vezne::limits::JANITOR_PER_ACCOUNT;
use vezne_it::host::Host;
use vezne_it::seed::Store;
use vezne_it::world::{AMOUNT, GOOD_CARD, id};
use vezne_it::{Patience, World, stories};
use vezne_sandbox::{Fault, FaultKind, Op};

/// Payments in doubt; by hand with more: `VEZNE_IT_OUTAGE=500 cargo xtask test --only it outage`.
const PAYMENTS: usize = 100;
/// Questions that the schedule has in the first hour: after 5 s, 15 s, 45 s, 2 min and 10 min.
const STEPS: usize = 5;

fn payments() -> usize {
    std::env::var("VEZNE_IT_OUTAGE").ok().and_then(|count| count.parse().ok()).unwrap_or(PAYMENTS)
}

/// Sales whose answers are lost; the bank booked every other one.
async fn doubtful(world: &World, count: usize) -> Result<()> {
    for (fault, half) in
        [(Fault::always(FaultKind::Html), count / 2), (Fault::always(FaultKind::Html).unbooked(), count - count / 2)]
    {
        world.bank.bank.clear_faults();
        world.bank.bank.fault(Fault { status: Some(502), ..fault }.on(Op::Auth));
        world.bank.bank.fault(Fault::always(FaultKind::InquiryDown));
        for begun in (0..half).step_by(10) {
            let some = (begun..half.min(begun + 10)).map(|_| async {
                let paid = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
                ensure!(paid.text("/state") == "unknown", "{}", paid.answer.text());
                Ok(())
            });
            futures::future::try_join_all(some).await?;
        }
    }
    Ok(())
}

/// The same host without its worker: the story is the only janitor, so that no question is under way when the clock
/// moves.
async fn without_worker(world: &World) -> Result<App> {
    world.host.app.shutdown.cancel();
    App::build(world.host.config.clone(), world.clock.clone()).await
}

/// Time goes by in small steps, each lived through to its end.
async fn live(world: &World, app: &App, time: Duration) -> Result<()> {
    const STEP: Duration = Duration::from_secs(5);
    for _ in 0..time.as_secs() / STEP.as_secs() {
        world.advance(STEP);
        loop {
            let due = janitor_due(app, &[]).await?;
            if due.is_empty() {
                break;
            }
            let each = |due| janitor_tend(app, due);
            futures::stream::iter(due).for_each_concurrent(JANITOR_PER_ACCOUNT, each).await;
        }
        alarm_round(app).await?;
    }
    Ok(())
}

async fn open_doubts(world: &World) -> Result<i64> {
    world.auditor().number("select count(*) from attempt where state in ('sending', 'unknown')").await
}

async fn open_alarms(world: &World) -> Result<Vec<String>> {
    world.auditor().column("select cause from alarm where state = 'open'").await
}

stories! {
    async fn a_bank_that_hangs_holds_up_only_its_own_questions(world) {
        let other = vezne_sandbox::start(([127, 0, 0, 1], 0).into(), vezne_sandbox::Options::default()).await?;
        let lost = Fault { status: Some(502), ..Fault::once(FaultKind::Html) };
        other.bank.fault(lost.on(Op::Auth));
        let account = vezne_it::seed::pos_account(&world.api, &other.url(), "Başka banka", "none", Store::Demo).await?;
        doubtful(world, 40).await?;
        let mut body = world.sale(AMOUNT, GOOD_CARD);
        body["pos_account"] = json!(account);
        let paid = world.pay(&body).await?;
        ensure!(paid.text("/state") == "unknown", "{}", paid.answer.text());
        // One bank answers; the other takes every question and says nothing for longer than a busy machine needs.
        world.bank.bank.clear_faults();
        world.bank.bank.fault(Fault::always(FaultKind::SilenceBefore).on(Op::Status));
        world.host.app.shutdown.cancel();
        let patient = |config: &mut Config| config.bank_deadline_ms = 120_000;
        let host = Host::start_with(&world.database_url, &world.bank.url(), world.clock.clone(), patient).await?;
        world.advance(Duration::from_secs(6));
        let paid = id(&paid)?;
        let paid = paid.trim_start_matches("pay_");
        let answered = format!("select count(*) from payment where payment_id = '{paid}' and state = 'succeeded'");
        let mut patience = Patience::new();
        while world.auditor().number(&answered).await? == 0 {
            ensure!(patience.lasts().await, "the bank that answers was not asked");
            host.app.janitor_wake.notify_one();
        }
        let given_up = world.auditor().number("select count(*) from payment_event where kind = 'bank.silent'").await?;
        ensure!(given_up == 0, "it waited for {given_up} questions at the bank that hangs");
        host.stop().await;
        world.may_differ();
        Ok(())
    }

    async fn an_hour_without_the_bank(world) {
        let count = payments();
        doubtful(world, count).await?;
        let app = without_worker(world).await?;
        live(world, &app, Duration::from_hours(1)).await?;
        ensure!(open_doubts(world).await? == i64::try_from(count)?, "nothing may be decided without the bank");
        ensure!(open_alarms(world).await? == ["bank_silent"], "{:?}", open_alarms(world).await?);
        let asked = world.auditor().column("select cast(asks as text) from attempt").await?;
        let asks: usize = asked.iter().filter_map(|asks| asks.parse::<usize>().ok()).sum();
        let planned = count * STEPS;
        // A tenth more: the questions that are asked early to notice the bank's return.
        ensure!((planned..=planned + planned / 10).contains(&asks), "{asks} questions, {planned} planned");
        let mut calls = BTreeMap::<String, usize>::new();
        for call in world.bank.bank.requests().into_iter().filter(|call| call.op == Op::Status) {
            *calls.entry(call.order).or_default() += 1;
        }
        ensure!(calls.len() == count, "{} of {count} were asked about", calls.len());
        world.bank.bank.clear_faults();
        live(world, &app, Duration::from_mins(2)).await?;
        let left = world.auditor();
        let left = left.column(
            "select attempt_id || ': asked ' || asks || ', not found ' || not_found || ', due ' || due_ms || ', ' || failure \
             from attempt where state in ('sending', 'unknown')",
        );
        let left = left.await?;
        ensure!(left.is_empty(), "in doubt two minutes after the bank is back, at {}: {left:#?}", world.clock.now_ms());
        let paid = world.auditor().number("select count(*) from attempt where state = 'captured'").await?;
        ensure!(paid == i64::try_from(count / 2)?, "{paid} of {count} are paid");
        live(world, &app, Duration::from_secs(10)).await?;
        let alarms = world.auditor().column("select state from alarm").await?;
        ensure!(alarms == ["closed"], "{alarms:?}");
        Ok(())
    }
}

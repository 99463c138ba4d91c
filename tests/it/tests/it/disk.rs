//! Trouble on the database's side: gone for a while, full, busy. Nobody is told what is not kept, and nothing is lost.

use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use vezne::config::Config;
use vezne::ctx::Clock;
use vezne::limits;
use vezne_it::api::{Api, fresh_key};
use vezne_it::host::Host;
use vezne_it::process::Process;
use vezne_it::proxy::Proxy;
use vezne_it::world::{AMOUNT, GOOD_CARD};
use vezne_it::{World, stories};

/// Every attempt ends, at a host whose clock is moved along the schedule.
async fn resolved(world: &World) -> Result<()> {
    let clock = Clock::simulated(Clock::system().now_ms());
    let host = Host::start(&world.database_url, &world.bank.url(), clock.clone()).await?;
    let open = "select count(*) from attempt where state in ('sending', 'provisioning', 'unknown')";
    let mut left = world.auditor().number(open).await?;
    for wait_s in [10, 20, 60, 180, 700, 700, 4_000, 90_000] {
        if left == 0 {
            break;
        }
        clock.advance(Duration::from_secs(wait_s));
        host.app.janitor_wake.notify_one();
        host.rest().await?;
        left = world.auditor().number(open).await?;
    }
    host.stop().await;
    ensure!(left == 0, "{left} attempts did not end");
    Ok(())
}

/// What a crowd of clients met, by status; 0 where the connection broke.
async fn crowd(api: &Api, world: &World, clients: usize, stop: &AtomicBool) -> BTreeMap<u16, usize> {
    let one = || async {
        let mut met = BTreeMap::<u16, usize>::new();
        while !stop.load(Ordering::SeqCst) {
            let answer = api.post_with_key("/v1/payments", &world.sale(AMOUNT, GOOD_CARD), &fresh_key()).await;
            *met.entry(answer.map_or(0, |answer| answer.status)).or_default() += 1;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        met
    };
    let mut all = BTreeMap::new();
    for met in futures::future::join_all((0..clients).map(|_| one())).await {
        for (status, count) in met {
            *all.entry(status).or_default() += count;
        }
    }
    all
}

// A file is not gone: what can happen to it is the next story.
stories! {
    on Postgres as postgres;
    async fn a_database_that_is_gone_for_a_while_is_told_as_such(world) {
        world.host.app.shutdown.cancel();
        let probe = Proxy::start("127.0.0.1:1").await?;
        let (place, _) = probe.lead(&world.database_url)?;
        let wire = Proxy::start(&place).await?;
        let (_, url) = wire.lead(&world.database_url)?;
        let host = Host::start(&url, &world.bank.url(), Clock::system()).await?;
        let api = Api::new(&host.url, &world.firm.secret);
        // A token from before: while the database is away nobody can be identified, either.
        api.get("/v1/payments").await?.good()?;
        let stop = AtomicBool::new(false);
        let faults = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            wire.cut();
            let down = api.post_with_key("/v1/payments", &world.sale(AMOUNT, GOOD_CARD), &fresh_key()).await?;
            ensure!(down.status == 503, "{}", down.answer.text());
            ensure!(down.answer.header("retry-after").is_some(), "no Retry-After");
            tokio::time::sleep(Duration::from_secs(8)).await;
            wire.mend();
            let mended = Instant::now();
            loop {
                let up = api.post_with_key("/v1/payments", &world.sale(AMOUNT, GOOD_CARD), &fresh_key()).await?;
                if up.status == 201 {
                    break;
                }
                ensure!(mended.elapsed() < Duration::from_secs(10), "still {} after ten seconds", up.status);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok::<(), anyhow::Error>(())
        };
        let (met, faults) = futures::join!(crowd(&api, world, 4, &stop), async {
            let faults = faults.await;
            stop.store(true, Ordering::SeqCst);
            faults
        });
        host.stop().await;
        faults?;
        ensure!(met.keys().all(|status| [201, 503].contains(status)), "{met:?}");
        // Whoever was on the way to the bank waits with its answer until the database is back; `down` met the 503.
        ensure!(met.contains_key(&201), "{met:?}");
        resolved(world).await
    }
}

// PostgreSQL's disk is the server's; it says so with the same class of errors as one that is gone.
stories! {
    on Sqlite as sqlite;
    async fn a_full_disk_takes_no_money(world) {
        world.host.app.shutdown.cancel();
        let file = world.database_url.trim_start_matches("sqlite:");
        let limited = Process::start_limited(world, std::fs::metadata(file)?.len() + (1 << 20)).await?;
        let api = Api::new(&limited.url, &world.firm.secret);
        let (mut paid, mut refused) = (0, 0);
        let end = Instant::now() + Duration::from_secs(90);
        while refused < 5 {
            ensure!(Instant::now() < end, "the disk was never full: {paid} paid");
            let before = world.authorize_calls();
            let answer = api.post_with_key("/v1/payments", &world.sale(AMOUNT, GOOD_CARD), &fresh_key()).await?;
            match answer.status {
                201 => paid += 1,
                503 => {
                    refused += 1;
                    ensure!(answer.answer.header("retry-after").is_some(), "no Retry-After");
                    // At most the one whose answer found no room any more, and that one is asked about later.
                    ensure!(refused == 1 || world.authorize_calls() == before, "the bank was asked without a row");
                }
                status => anyhow::bail!("{status}: {}", answer.answer.text()),
            }
        }
        ensure!(paid > 0, "nothing was paid before");
        limited.kill().await?;
        resolved(world).await?;
        let kept = world.auditor().number("select count(*) from attempt where state = 'captured'").await?;
        ensure!(kept >= paid, "{paid} were told as paid and {kept} are kept");
        Ok(())
    }
}

stories! {
    async fn many_readers_and_a_busy_writer_meet_no_error(world) {
        world.host.app.shutdown.cancel();
        // The limits of a server in use: what they hold back is told with 429.
        let limited = |config: &mut Config| {
            config.reads_per_second = limits::READS_PER_SECOND;
            config.writes_per_second = limits::WRITES_PER_SECOND;
        };
        let host = Host::start_with(&world.database_url, &world.bank.url(), Clock::system(), limited).await?;
        let api = Api::new(&host.url, &world.firm.secret);
        // One token for all of them.
        api.get("/v1/payments").await?.good()?;
        let stop = AtomicBool::new(false);
        let read = || async {
            let mut met = BTreeMap::<u16, usize>::new();
            while !stop.load(Ordering::SeqCst) {
                let status = api.get("/v1/payments?limit=20").await.context("no answer")?.status;
                *met.entry(status).or_default() += 1;
                if status == 429 {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
            Ok::<_, anyhow::Error>(met)
        };
        let readers = futures::future::join_all((0..64).map(|_| read()));
        let writers = crowd(&api, world, 32, &stop);
        let clock = async {
            tokio::time::sleep(Duration::from_secs(8)).await;
            stop.store(true, Ordering::SeqCst);
        };
        let (readers, written, ()) = futures::join!(readers, writers, clock);
        let mut met = BTreeMap::<u16, usize>::new();
        for one in readers {
            for (status, count) in one? {
                *met.entry(status).or_default() += count;
            }
        }
        // 429: the caller is slowed down by the limit of its own key. 503: on a machine that is busy with other stories
        // the queue before the database is too long. Neither is an error.
        ensure!(met.keys().all(|status| [200, 429, 503].contains(status)), "{met:?}");
        ensure!(met.get(&200).is_some_and(|count| *count > 100), "{met:?}");
        ensure!(written.keys().all(|status| [201, 429, 503].contains(status)), "{written:?}");
        ensure!(written.get(&201).is_some_and(|count| *count > 20), "{written:?}");
        host.stop().await;
        resolved(world).await
    }
}

//! A copy made while payments come in is whole: restored elsewhere, the audit finds nothing.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use vezne::flow::audit::audit;
use vezne::store::backup::{BackupError, backup, restore};
use vezne_it::api::Api;
use vezne_it::database::{Auditor, Database};
use vezne_it::host::Host;
use vezne_it::world::{AMOUNT, GOOD_CARD, id};
use vezne_it::{World, stories};

/// An empty place of the same kind.
async fn elsewhere(world: &World) -> Result<(TempDir, String)> {
    let folder = tempfile::tempdir()?;
    let url = world.database.create(folder.path()).await?;
    Ok((folder, url))
}

/// Pays without a pause from `clients` hands until told to stop; gives how many were paid.
async fn busy(world: &World, clients: usize, stop: &AtomicBool) -> Result<usize> {
    let one = || async {
        let mut paid = 0;
        while !stop.load(Ordering::SeqCst) {
            let sale = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
            ensure!(sale.text("/state") == "succeeded", "{}", sale.answer.text());
            paid += 1;
        }
        Ok::<usize, anyhow::Error>(paid)
    };
    let hands = futures::future::join_all((0..clients).map(|_| one())).await;
    hands.into_iter().sum()
}

/// What the audit of a restored database says, but for orders that the bank got after the copy was made.
async fn audited(world: &World, url: &str) -> Result<()> {
    let host = Host::start(url, &world.bank.url(), world.clock.clone()).await?;
    // In flight when the copy was made: asked about, and then as certain as the rest.
    let auditor = Auditor::new(url);
    let mut open = -1;
    for wait_s in [10, 20, 60, 180, 700, 700, 4_000, 90_000] {
        open = auditor
            .number("select count(*) from attempt where state in ('sending', 'provisioning', 'unknown')")
            .await?;
        if open == 0 {
            break;
        }
        world.advance(Duration::from_secs(wait_s));
        host.app.janitor_wake.notify_one();
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let report = audit(&host.app).await;
    host.stop().await;
    ensure!(open == 0, "{open} attempts of the copy did not end");
    let differs: Vec<_> =
        report?.differences.into_iter().filter(|found| !found.what.contains("unknown to us")).collect();
    ensure!(differs.is_empty(), "{differs:#?}");
    Ok(())
}

/// A copy of an earlier release, as `vezne backup` of that release wrote it: one firm, its payments and its books.
fn old_copy(database: Database) -> PathBuf {
    let name = match database {
        Database::Sqlite => "2026-11.sqlite",
        Database::Postgres => "2026-11.postgres",
    };
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/copies").join(name)
}

stories! {
    async fn a_copy_made_under_load_is_whole(world) {
        let first = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("vezne.copy");
        let stop = Arc::new(AtomicBool::new(false));
        let copying = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let made = backup(&world.database_url, &file).await;
            // What comes after the copy is not in it.
            tokio::time::sleep(Duration::from_millis(300)).await;
            stop.store(true, Ordering::SeqCst);
            made
        };
        let (paid, made) = futures::join!(busy(world, 4, &stop), copying);
        let (paid, bytes) = (paid?, made?);
        ensure!(paid > 4 && bytes > 10_000, "{paid} paid, {bytes} bytes");
        let (place, url) = elsewhere(world).await?;
        restore(&url, &file).await?;
        let kept = Auditor::new(&url).number("select count(*) from payment").await?;
        let there = world.auditor().number("select count(*) from payment").await?;
        ensure!(kept >= 2 && kept < there, "{kept} of {there}");
        let bare = id(&first)?.trim_start_matches("pay_").to_owned();
        let state = Auditor::new(&url).column(&format!("select state from payment where payment_id = '{bare}'")).await?;
        ensure!(state == ["succeeded"], "{state:?}");
        audited(world, &url).await?;
        // The restored firm goes on: same keys, same accounts.
        let host = Host::start(&url, &world.bank.url(), world.clock.clone()).await?;
        let api = Api::new(&host.url, &world.firm.secret);
        let more = api.post("/v1/payments", &world.sale(AMOUNT, GOOD_CARD)).await?.good();
        host.stop().await;
        ensure!(more?.text("/state") == "succeeded");
        world.may_differ();
        world.database.drop(&url).await;
        drop(place);
        Ok(())
    }

    async fn nothing_is_overwritten_and_nothing_broken_is_restored(world) {
        world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("vezne.copy");
        backup(&world.database_url, &file).await?;
        let again = backup(&world.database_url, &file).await;
        ensure!(matches!(again, Err(BackupError::Occupied(_))), "{again:?}");
        let over = restore(&world.database_url, &file).await;
        ensure!(matches!(over, Err(BackupError::Occupied(_))), "{over:?}");
        let whole = std::fs::read(&file)?;
        let cut = folder.path().join("cut.copy");
        std::fs::write(&cut, &whole[..whole.len() / 2])?;
        let (place, url) = elsewhere(world).await?;
        ensure!(restore(&url, &cut).await.is_err(), "half a copy was restored");
        // And leaves the place as empty as it was: the whole copy goes there.
        restore(&url, &file).await?;
        ensure!(Auditor::new(&url).number("select count(*) from payment").await? == 1);
        world.database.drop(&url).await;
        drop(place);
        Ok(())
    }

    async fn an_old_copy_is_brought_up_to_date(world) {
        let file = old_copy(world.database);
        let (place, url) = elsewhere(world).await?;
        restore(&url, &file).await.with_context(|| file.display().to_string())?;
        let old = Auditor::new(&url);
        ensure!(old.number("select count(*) from payment").await? >= 4, "the old payments are gone");
        ensure!(old.number("select count(*) from entry").await? > 0, "the old books are gone");
        let (ran, all) = ("select count(*) from schema_migration", world.auditor());
        ensure!(old.number(ran).await? == all.number(ran).await?, "not every migration ran");
        let host = Host::start(&url, &world.bank.url(), world.clock.clone()).await?;
        let report = audit(&host.app).await;
        host.stop().await;
        // Its moves were not told yet: that is said, and nothing is taken for derived that is not.
        let told = report.as_ref().map(|report| (report.derived, report.untold));
        ensure!(told.is_ok_and(|(derived, untold)| derived == 0 && untold >= 4), "{report:?}");
        // The old bank's book is not kept: its orders are strange to this one, and the other way round.
        let differs: Vec<_> = report?.differences.into_iter().filter(|found| found.proof != "bank's book").collect();
        ensure!(differs.is_empty(), "{differs:#?}");
        world.database.drop(&url).await;
        drop(place);
        Ok(())
    }
}

/// Makes the copies that later releases must be able to restore: `cargo test … -- --ignored make_the_copy`. A release
/// makes its own under the month of the release, and keeps those before it.
mod make_the_copy {
    use super::*;

    async fn make(world: &World) -> Result<()> {
        world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
        let voided = world.pay(&world.sale(AMOUNT + 1, GOOD_CARD)).await?;
        world.refund(&id(&voided)?, &serde_json::json!({})).await?.good()?;
        world.pay(&world.sale(1_051, GOOD_CARD)).await?;
        let part = world.pay(&world.sale(AMOUNT + 2, GOOD_CARD)).await?;
        world.advance(Duration::from_hours(26));
        world.bank.bank.day_end();
        world.refund(&id(&part)?, &serde_json::json!({ "amount": 5_000 })).await?.good()?;
        let file = old_copy(world.database);
        let _ = std::fs::remove_file(&file);
        let bytes = backup(&world.database_url, &file).await?;
        println!("{}: {bytes} bytes", file.display());
        Ok(())
    }

    #[test]
    #[ignore = "writes the fixtures of a release"]
    fn sqlite() {
        vezne_it::run(Database::Sqlite, |world| Box::pin(make(world)));
    }

    #[test]
    #[ignore = "writes the fixtures of a release"]
    fn postgres() {
        vezne_it::run(Database::Postgres, |world| Box::pin(make(world)));
    }
}

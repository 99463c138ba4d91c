//! The plug is pulled: what was not synced is gone. What was acknowledged must not be (P2, R16).

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;
use vezne_it::api::{Api, fresh_key};
use vezne_it::database::Auditor;
use vezne_it::host::target_dir;
use vezne_it::process::{Process, free_port};
use vezne_it::world::{AMOUNT, GOOD_CARD};
use vezne_it::{Patience, World, stories};

const CLIENTS: usize = 4;
/// So many payments are acknowledged before the plug is pulled.
const PAYMENTS: usize = 40;
/// Of them so many after the last sync, where that is not part of each commit.
const UNSYNCED: usize = 8;

/// A database whose unsynced part can be lost: a copy of the world's, whose own host keeps its files open.
struct Fragile {
    folder: TempDir,
    url: String,
}

impl Fragile {
    async fn copy_of(world: &World) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("images"))?;
        let file = folder.path().join("vezne.sqlite");
        world.auditor().change(&format!("vacuum into '{}'", file.display())).await?;
        let url = format!("sqlite:{}", file.display());
        Auditor::new(&url).change("pragma journal_mode = wal").await?;
        std::fs::copy(&file, folder.path().join("images/vezne.sqlite"))?;
        Ok(Self { folder, url })
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("vezne.sqlite")
    }

    fn images(&self) -> PathBuf {
        self.folder.path().join("images")
    }

    /// When the journal was last synced.
    fn synced(&self) -> Option<SystemTime> {
        std::fs::metadata(self.images().join("vezne.sqlite-wal")).and_then(|image| image.modified()).ok()
    }

    /// What is left of every file is what was synced of it.
    fn power_lost(&self) -> Result<()> {
        for entry in std::fs::read_dir(self.folder.path())? {
            let path = entry?.path();
            if path.is_file() {
                std::fs::remove_file(path)?;
            }
        }
        for entry in std::fs::read_dir(self.images())? {
            let image = entry?.path();
            let name = image.file_name().context("a name")?;
            if !name.to_string_lossy().starts_with("unfinished-") {
                std::fs::copy(&image, self.folder.path().join(name))?;
            }
        }
        Ok(())
    }
}

/// Pays until enough is acknowledged, pulls the plug, and gives what callers were told as paid.
async fn paid_until_power_loss(world: &World, disk: &Fragile, sync_later: bool) -> Result<Vec<String>> {
    let shim = target_dir().join("debug/libvezne_power.so");
    ensure!(shim.exists(), "{} is not built: cargo build -p vezne-power", shim.display());
    let text = |path: &Path| path.as_os_str().to_str().map(str::to_owned).context("a path");
    let (shim, file, images) = (text(&shim)?, text(&disk.file())?, text(&disk.images())?);
    let environment = [
        ("VEZNE_DATABASE_URL", disk.url.as_str()),
        ("VEZNE_SANDBOX_COMMIT_SYNC", if sync_later { "later" } else { "each" }),
        ("LD_PRELOAD", &shim),
        ("VEZNE_POWER_FILE", &file),
        ("VEZNE_POWER_IMAGES", &images),
    ];
    let process = Process::start_on(world, free_port().await?, &environment).await?;
    let api = Api::new(&process.url, &world.firm.secret);
    let (paid, stop) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    let client = || async {
        while !stop.load(Ordering::SeqCst) {
            let answer = api.post_with_key("/v1/payments", &world.sale(AMOUNT, GOOD_CARD), &fresh_key()).await;
            // With the power the line went.
            let Ok(answer) = answer else { break };
            if answer.text("/state") == "succeeded" {
                paid.lock().expect("paid").push(answer.text("/id").to_owned());
            }
        }
    };
    let count = || paid.lock().expect("paid").len();
    let plug = async {
        // Synced later, a few payments must have come since the last sync: it may just have been.
        let enough = |since: usize| count() >= PAYMENTS && (!sync_later || count() >= since + UNSYNCED);
        let (begun, mut synced, mut since) = (Instant::now(), disk.synced(), 0);
        while !enough(since) {
            ensure!(begun.elapsed() < Duration::from_mins(3), "hardly anything was paid: {}", count());
            tokio::time::sleep(Duration::from_millis(5)).await;
            let now = disk.synced();
            if now != synced {
                (synced, since) = (now, count());
            }
        }
        let killed = process.kill().await;
        stop.store(true, Ordering::SeqCst);
        killed
    };
    let (_, pulled) = futures::join!(futures::future::join_all((0..CLIENTS).map(|_| client())), plug);
    pulled?;
    disk.power_lost()?;
    Ok(paid.into_inner().expect("paid"))
}

/// The column of the database that is left, without a host that would mend it.
async fn left(disk: &Fragile, sql: &str) -> Result<Vec<String>> {
    Auditor::new(&disk.url).column(sql).await
}

stories! {
    on Sqlite as sqlite;
    async fn power_loss_takes_nothing_that_was_acknowledged(world) {
        world.host.app.shutdown.cancel();
        let disk = Fragile::copy_of(world).await?;
        let paid = paid_until_power_loss(world, &disk, false).await?;
        let succeeded = left(&disk, "select 'pay_' || payment_id from payment where state = 'succeeded'").await?;
        let lost: Vec<_> = paid.iter().filter(|id| !succeeded.contains(id)).collect();
        ensure!(lost.is_empty(), "{} of {} acknowledged payments are lost: {lost:?}", lost.len(), paid.len());
        // And the bank knows of nothing that we do not: the row came before the first byte (P1).
        let orders = left(&disk, "select order_no from attempt").await?;
        for booked in world.bank.bank.orders() {
            ensure!(orders.contains(&booked.order), "the bank has {} and we have not", booked.order);
        }
        // A host that starts on what is left ends the rest as the bank says.
        let process = Process::start_on(world, free_port().await?, &[("VEZNE_DATABASE_URL", disk.url.as_str())]).await?;
        let (mut patience, open) = (Patience::of_a_restart(), "select payment_id from payment where state = 'processing' or state = 'unknown'");
        while !left(&disk, open).await?.is_empty() {
            ensure!(patience.lasts().await, "still open: {:?}", left(&disk, open).await?);
        }
        process.kill().await?;
        let kept: i64 = left(&disk, "select coalesce(sum(charged_minor), 0) from payment where state = 'succeeded'").await?[0].parse()?;
        ensure!(kept == world.bank_total(), "ours {kept}, the bank's {}", world.bank_total());
        world.may_differ();
        Ok(())
    }

    async fn commits_that_are_synced_later_are_lost_with_the_power(world) {
        world.host.app.shutdown.cancel();
        let disk = Fragile::copy_of(world).await?;
        let paid = paid_until_power_loss(world, &disk, true).await?;
        let there = left(&disk, "select 'pay_' || payment_id from payment").await?;
        let lost = paid.iter().filter(|id| !there.contains(id)).count();
        ensure!(lost > 0, "none of {} was lost: the story above proves nothing", paid.len());
        world.may_differ();
        Ok(())
    }
}

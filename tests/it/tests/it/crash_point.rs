//! R2: the real binary ends at every crash point there is, one after the other. After a restart each payment ends where
//! the bank's book says, and every event is told.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;
use vezne::crash::POINTS;
use vezne::ctx::Clock;
use vezne_it::host::Host;
use vezne_it::process::{Process, free_port};
use vezne_it::receiver::Receiver;
use vezne_it::seed::Store;
use vezne_it::world::{AMOUNT, GOOD_CARD};
use vezne_it::{Api, Browser, Page, Reply, World, stories};
use vezne_sandbox::{Fault, FaultKind, Op};

use crate::webhook;

/// What must be played so that a process meets a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Drama {
    /// A sale by API.
    Sale,
    /// A payment whose payer is sent to the bank, and who opens the page.
    Gate,
    /// The payer comes back.
    Callback,
    /// The payer comes back long after it was over, and has paid: a stray.
    LateCallback,
    /// A sale and its void.
    GiveBack,
    /// A sale that the bank booked, or did not, without an answer; the janitor asks.
    Doubt(FaultKind),
    /// A void likewise.
    GiveBackDoubt(FaultKind),
    /// A sale, with somebody who is told.
    Told,
    /// By the clock of the night: `audit.rs` ends a server in that turn.
    Night,
}

/// A point that has no drama is a point that nobody has thought about.
fn drama(point: &str) -> Result<Drama> {
    Ok(match point {
        "after_tx1" | "before_send" | "after_reply" | "after_note" | "before_tx2" | "after_tx2" => Drama::Sale,
        "before_browse_tx" | "after_browse_tx" | "gate_taken" => Drama::Gate,
        "callback_heard" | "callback_claimed" => Drama::Callback,
        "callback_repeated" | "stray_begun" => Drama::LateCallback,
        "after_operation_tx1" | "operation_begun" | "before_operation_tx2" | "after_operation_tx2" => Drama::GiveBack,
        "ask_claimed" | "asked" | "ask_settled" => Drama::Doubt(FaultKind::SilenceAfter),
        "not_found_noted" => Drama::Doubt(FaultKind::SilenceBefore),
        "operation_ask_claimed" | "operation_asked" | "operation_ask_settled" => {
            Drama::GiveBackDoubt(FaultKind::SilenceAfter)
        }
        "operation_not_found_noted" => Drama::GiveBackDoubt(FaultKind::SilenceBefore),
        "handed_out" | "webhook_leased" | "webhook_after_send" | "webhook_marked" => Drama::Told,
        "turn_taken" | "turn_worked" => Drama::Night,
        other => bail!("nobody has thought about what ends at {other}"),
    })
}

/// A host that ends at `point`, and one who uses it.
struct Doomed<'a> {
    world: &'a World,
    process: Process,
    api: Api,
}

impl<'a> Doomed<'a> {
    async fn start(world: &'a World, point: &str) -> Result<Self> {
        // The sandbox bank answers for what it has booked at once.
        let environment = [("VEZNE_CRASH_AT", point), ("VEZNE_SANDBOX_NOT_FOUND_FINAL_S", "1")];
        let process = Process::start_on(world, free_port().await?, &environment).await?;
        let api = Api::new(&process.url, &world.firm.secret);
        Ok(Self { world, process, api })
    }

    async fn sale(&self) -> Result<Reply> {
        self.api.post("/v1/payments", &self.world.sale(AMOUNT, GOOD_CARD)).await
    }

    /// A payer before the bank's page.
    async fn at_the_gate(&self, pos: &str) -> Result<(String, Browser, Page)> {
        let mut body = self.world.sale(AMOUNT, GOOD_CARD);
        body["pos_account"] = json!(pos);
        body["three_d_secure"] = json!("required");
        let begun = self.api.post("/v1/payments", &body).await?.good()?;
        let browser = Browser::default();
        let page = browser.settle(browser.get(begun.text("/next_action/redirect_url")).await?).await?;
        Ok((vezne_it::world::id(&begun)?, browser, page))
    }

    /// Plays until the process is gone; nothing that is said to it after that is answered.
    async fn play(&self, drama: Drama, pos: &str) -> Result<()> {
        match drama {
            Drama::Sale | Drama::Told => drop(self.sale().await?),
            Drama::Gate => drop(self.at_the_gate(pos).await?),
            Drama::Callback => {
                let (_, browser, page) = self.at_the_gate(pos).await?;
                confirmed(&browser, &page).await?;
            }
            Drama::LateCallback => {
                let (payment, browser, page) = self.at_the_gate(pos).await?;
                self.ended_unpaid(&payment).await?;
                confirmed(&browser, &page).await?;
            }
            Drama::GiveBack => self.give_back(None).await?,
            Drama::Doubt(kind) => {
                self.world.bank.bank.fault(Fault::once(kind).on(Op::Auth));
                self.sale().await?;
            }
            Drama::GiveBackDoubt(kind) => self.give_back(Some(kind)).await?,
            Drama::Night => bail!("it is not night"),
        }
        Ok(())
    }

    async fn give_back(&self, fault: Option<FaultKind>) -> Result<()> {
        let payment = vezne_it::world::id(&self.sale().await?.good()?)?;
        if let Some(kind) = fault {
            self.world.bank.bank.fault(Fault::once(kind).on(Op::Void));
        }
        self.api.post(&format!("/v1/payments/{payment}/refunds"), &json!({})).await?;
        Ok(())
    }

    /// The page's life is over and the bank knew of no charge, in seconds: the rows are made due again and again.
    async fn ended_unpaid(&self, payment: &str) -> Result<()> {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let due = "update attempt set due_ms = 1 where due_ms > 1 and state in ('browsing_charge', 'unknown')";
            // A writer may be in the way; then at the next turn.
            let _ = self.world.auditor().change(due).await;
            let now = self.api.get(&format!("/v1/payments/{payment}")).await?.good()?;
            if now.text("/state") == "failed" {
                return Ok(());
            }
            ensure!(Instant::now() < end, "not ended: {}", now.answer.text());
            tokio::time::sleep(Duration::from_millis(600)).await;
        }
    }
}

async fn confirmed(browser: &Browser, page: &Page) -> Result<()> {
    let form = page.form("/acs/")?.set("code", "123456").set("action", "confirm");
    let back = browser.submit(&form).await?;
    browser.settle(back).await?;
    Ok(())
}

/// What is still on its way somewhere.
async fn open_rows(world: &World) -> Result<i64> {
    let auditor = world.auditor();
    let mut open = 0;
    for sql in [
        // What is due is asked about, whatever its state: a payer may have come back after its end.
        "select count(*) as value from attempt where due_ms is not null or state in \
         ('sending', 'provisioning', 'unknown', 'browsing', 'browsing_charge', 'stray')",
        "select count(*) as value from operation where state in ('sending', 'unknown')",
        "select count(*) as value from outbox where delivered_at_ms is null",
        "select count(*) as value from webhook_delivery where state = 'pending'",
    ] {
        open += auditor.number(sql).await?;
    }
    Ok(open)
}

/// A restarted host whose clock is moved until everything has an end; then the bank's book is the judge.
async fn recovered(world: &World) -> Result<()> {
    let clock = Clock::simulated(Clock::system().now_ms());
    let host = Host::start(&world.database_url, &world.bank.url(), clock.clone()).await?;
    for wait_s in [0, 10, 20, 60, 180, 700, 700, 4_000, 90_000, 90_000] {
        clock.advance(Duration::from_secs(wait_s));
        host.app.janitor_wake.notify_one();
        host.app.webhook_wake.notify_one();
        let end = Instant::now() + Duration::from_millis(600);
        while Instant::now() < end {
            if open_rows(world).await? == 0 {
                host.stop().await;
                return world.compare_with_bank().await;
            }
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
    }
    host.stop().await;
    bail!("{} rows have no end after the whole schedule", open_rows(world).await?)
}

async fn through(world: &World, point: &str, pos: &str) -> Result<()> {
    let drama = drama(point)?;
    let before = world.authorize_calls();
    let doomed = Doomed::start(world, point).await?;
    // Some answers still come, others do not: what counts is that it ends there.
    let played = doomed.play(drama, pos).await;
    doomed.process.until_crashed().await.with_context(|| format!("never at {point}; the drama: {played:?}"))?;
    world.bank.bank.clear_faults();
    recovered(world).await?;
    let asked = world.authorize_calls() - before;
    ensure!(asked <= 1, "the bank was asked for money {asked} times");
    for order in world.bank.bank.orders() {
        ensure!(order.approvals <= 1, "{} was charged {} times", order.order, order.approvals);
    }
    Ok(())
}

/// All points with such a drama.
async fn through_all(world: &World, wanted: impl Fn(Drama) -> bool) -> Result<()> {
    let pos = world.add_pos("3d-pay", "3d-pay", Store::Demo).await?;
    world.host.app.shutdown.cancel();
    for point in POINTS {
        if wanted(drama(point)?) {
            through(world, point, &pos).await.with_context(|| (*point).to_owned())?;
        }
    }
    Ok(())
}

fn sources(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path).expect("text");
            let calls = text.split("crash::point(").skip(1).chain(text.split("crash::stop(").skip(1));
            for call in calls {
                let name = call.split('"').nth(1).expect("a point has a name");
                assert!(found.insert(name.to_owned()), "{name} stands twice: nobody could tell which one was met");
            }
        }
    }
}

#[test]
fn every_point_is_listed_and_has_its_drama() {
    let mut found = BTreeSet::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../host/src"), &mut found);
    let listed: BTreeSet<String> = POINTS.iter().map(|point| (*point).to_owned()).collect();
    assert_eq!(found, listed, "crash.rs does not list what there is");
    assert_eq!(listed.len(), POINTS.len(), "a point is listed twice");
    for point in POINTS {
        drama(point).unwrap_or_else(|error| panic!("{error}"));
    }
}

stories! {
    async fn an_end_at_any_point_of_a_sale_is_recovered(world) {
        through_all(world, |drama| matches!(drama, Drama::Sale | Drama::Gate)).await
    }

    async fn an_end_at_any_point_of_a_callback_is_recovered(world) {
        through_all(world, |drama| matches!(drama, Drama::Callback | Drama::LateCallback)).await
    }

    async fn an_end_at_any_point_of_giving_back_is_recovered(world) {
        through_all(world, |drama| matches!(drama, Drama::GiveBack | Drama::GiveBackDoubt(_))).await
    }

    async fn an_end_at_any_point_of_the_janitor_is_recovered(world) {
        through_all(world, |drama| matches!(drama, Drama::Doubt(_))).await
    }

    async fn an_end_at_any_point_of_the_outbox_tells_everything(world) {
        let receiver = Receiver::start().await?;
        webhook::endpoint(world, &receiver.url, json!({})).await?;
        through_all(world, |drama| drama == Drama::Told).await?;
        let events = world.auditor().column("select event_id from outbox").await?;
        let told: BTreeSet<String> =
            receiver.told().into_iter().map(|told| told.id.trim_start_matches("evt_").to_owned()).collect();
        ensure!(events.len() >= 4, "only {events:?}");
        for event in events {
            ensure!(told.contains(&event), "{event} was never told");
        }
        Ok(())
    }
}

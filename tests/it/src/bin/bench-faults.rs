//! `bench-faults` (B8): how much trouble at the bank slows everybody else down, and whether money is lost by it.
//!
//! Interleaved rounds of 64 clients, with and without faults. With them, one payment in fifty meets a bank that drops
//! the line before or after booking, answers late, with half an answer, with a page or with bytes; of payments with
//! 3-D Secure (one in eight), one in five meets a window that is closed, a callback that comes twice, never or with a
//! wrong signature. Afterwards everything must have an end and the books must agree. Kills are `cargo xtask crash`.
//! Writes its result to the file that `VEZNE_BENCH_OUT` names.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::json;
use vezne_it::Browser;
use vezne_it::api::fresh_key;
use vezne_it::samples::{is_quick, median, out, ratio};
use vezne_it::seed::{self, Store};
use vezne_it::shop::{AMOUNT, Shop, busy};
use vezne_sandbox::{Fault, FaultKind, Op};

const CLIENTS: usize = 64;
/// One payment in so many meets a fault of the bank.
const FAULTY_EVERY: usize = 50;
/// One payment in so many goes through 3-D Secure, and one in so many of those meets a fault there.
const THREE_D_EVERY: usize = 8;
const THREE_D_FAULTY_EVERY: usize = 5;
/// After the last payment everything must have an end within this.
const ENDS_WITHIN: Duration = Duration::from_mins(5);
const OPEN: &str = "select count(*) from attempt where state in ('sending', 'provisioning', 'unknown', 'stray')";

/// What is sold at, each fault at amounts of its own.
struct Fair {
    shop: Shop,
    three_d: String,
    calls: Vec<i64>,
    callbacks: Vec<i64>,
    number: AtomicUsize,
    in_trouble: AtomicUsize,
}

#[tokio::main(flavor = "multi_thread")]
async fn main() -> Result<()> {
    vezne_it::host::compile_if_asked();
    let (rounds, seconds) = if is_quick() { (2, 4) } else { (6, 25) };
    let duration = Duration::from_secs(seconds);
    let fair = Fair::open().await?;
    fair.sold_in(duration / 2, false).await?;
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        // A-B-B-A, so that drift of the machine hits both alike.
        for faulty in [round % 2 == 1, round % 2 == 0] {
            let rate = fair.sold_in(duration, faulty).await?;
            if faulty { &mut with } else { &mut without }.push(rate);
        }
    }
    let ended = Instant::now();
    let mut open = fair.shop.auditor().number(OPEN).await?;
    while open > 0 && ended.elapsed() < ENDS_WITHIN {
        tokio::time::sleep(Duration::from_millis(500)).await;
        open = fair.shop.auditor().number(OPEN).await?;
    }
    let mut checks = fair.shop.checks().await?;
    checks["nothing_is_stuck"] = (open == 0).into();
    let ratios: Vec<f64> = with.iter().zip(&without).map(|(with, without)| with / without).collect();
    let result = json!({
        "name": "faults",
        "checks": checks,
        "ratios": { "over_fault_free": ratio(&ratios, 0.8, "at_least") },
        "figures": {
            "payments": fair.number.load(Ordering::Relaxed), "in_trouble": fair.in_trouble.load(Ordering::Relaxed),
            "payments_per_s": median(&without), "payments_per_s_with_faults": median(&with),
            "all_ended_after_s": ended.elapsed().as_secs(),
        },
        "samples": { "without_per_s": without, "with_per_s": with },
    });
    fair.shop.host.stop().await;
    std::fs::write(out()?, format!("{result:#}\n"))?;
    Ok(())
}

impl Fair {
    async fn open() -> Result<Self> {
        let shop = Shop::open(|config| {
            config.janitor_every_ms = 1_000;
            // The sandbox bank answers for what it has booked at once.
            config.sandbox_not_found_final_s = Some(10);
        });
        let shop = shop.await?;
        let three_d = seed::pos_account(&shop.api, &shop.bank.url(), "3-D POS", "3d", Store::Demo).await?;
        let calls = [
            Fault::always(FaultKind::SilenceBefore),
            Fault::always(FaultKind::SilenceAfter),
            Fault::always(FaultKind::Delay).ms(300),
            Fault::always(FaultKind::Garbage),
            Fault::always(FaultKind::Html).unbooked(),
            Fault::always(FaultKind::Truncated),
        ];
        let callbacks = [
            Fault::always(FaultKind::ClosedWindow),
            Fault::always(FaultKind::DuplicateCallback),
            Fault::always(FaultKind::NoServerCallback),
            Fault::always(FaultKind::WrongHash),
        ];
        let at = |first: i64, faults: Vec<Fault>| -> Vec<i64> {
            let amounts = (first..).zip(faults).map(|(amount, fault)| {
                shop.bank.bank.fault(Fault { amount: Some(amount), ..fault });
                amount
            });
            amounts.collect()
        };
        let calls = at(AMOUNT + 1, calls.map(|fault| fault.on(Op::Auth)).into());
        let callbacks = at(AMOUNT + 101, callbacks.into());
        let (number, in_trouble) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Ok(Self { shop, three_d, calls, callbacks, number, in_trouble })
    }

    /// All clients pay for a while: payments a second, whatever came of them.
    async fn sold_in(&self, duration: Duration, faulty: bool) -> Result<f64> {
        let payment = || async {
            let number = self.number.fetch_add(1, Ordering::Relaxed);
            if number.is_multiple_of(THREE_D_EVERY) {
                self.through_the_gate(number / THREE_D_EVERY, faulty).await
            } else {
                self.sell(number, faulty).await
            }
        };
        Ok(busy(CLIENTS, duration, payment).await?.1)
    }

    /// The amount of a payment: one of those that meet a fault, where it is its turn.
    fn amount(&self, number: usize, every: usize, faults: &[i64], faulty: bool) -> i64 {
        if !faulty || !number.is_multiple_of(every) {
            return AMOUNT;
        }
        self.in_trouble.fetch_add(1, Ordering::Relaxed);
        faults[number / every % faults.len()]
    }

    async fn sell(&self, number: usize, faulty: bool) -> Result<()> {
        let mut body = self.shop.body();
        body["amount"] = self.amount(number, FAULTY_EVERY, &self.calls, faulty).into();
        let sold = self.shop.api.post_with_key("/v1/payments", &body, &fresh_key()).await?.good()?;
        ensure!(["succeeded", "unknown"].contains(&sold.text("/state")), "{}", sold.answer.text());
        Ok(())
    }

    async fn through_the_gate(&self, number: usize, faulty: bool) -> Result<()> {
        let mut body = self.shop.body();
        body["pos_account"] = self.three_d.clone().into();
        body["three_d_secure"] = "required".into();
        body["amount"] = self.amount(number, THREE_D_FAULTY_EVERY, &self.callbacks, faulty).into();
        let begun = self.shop.api.post_with_key("/v1/payments", &body, &fresh_key()).await?.good()?;
        let browser = Browser::default();
        let page = browser.settle(browser.get(begun.text("/next_action/redirect_url")).await?).await?;
        let form = page.form("/acs/")?.set("code", "123456").set("action", "confirm");
        let back = browser.submit(&form).await?;
        browser.settle(back).await?;
        Ok(())
    }
}

//! A host, a bank, a firm and a clock that only moves when told.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use vezne::ctx::Clock;
use vezne_sandbox::{Options, Running};

use crate::api::{Api, Reply, fresh_key};
use crate::database::{Auditor, Database};
use crate::host::Host;
use crate::log;
use crate::patience::Patience;
use crate::seed::{self, Firm, Store};

/// A card that always pays.
pub const GOOD_CARD: &str = "4355084355084358";
/// The amount most stories pay, minor units.
pub const AMOUNT: i64 = 12_345;

/// Where a story takes place.
pub struct World {
    pub database: Database,
    pub database_url: String,
    pub folder: TempDir,
    pub bank: Running,
    pub host: Host,
    pub clock: Clock,
    pub api: Api,
    pub firm: Firm,
    /// The POS account that stories use unless they name another: no 3-D Secure unless asked for, then `3d`.
    pub pos: String,
    differs: AtomicBool,
}

impl World {
    pub async fn start(database: Database) -> Result<Self> {
        log::catch();
        let folder = tempfile::tempdir()?;
        let database_url = database.create(folder.path()).await?;
        let bank = vezne_sandbox::start(SocketAddr::from(([127, 0, 0, 1], 0)), Options::default()).await?;
        let clock = Clock::simulated(Clock::system().now_ms());
        let host = Host::start(&database_url, &bank.url(), clock.clone()).await?;
        let firm = seed::firm(&host.app, "hikaye").await?;
        let api = Api::new(&host.url, &firm.secret);
        let pos = seed::pos_account(&api, &bank.url(), "Hikâye POS", "none", Store::Demo).await?;
        Ok(Self { database, database_url, folder, bank, host, clock, api, firm, pos, differs: AtomicBool::new(false) })
    }

    pub async fn stop(self) {
        self.host.stop().await;
        self.database.drop(&self.database_url).await;
    }

    /// Adds a POS account with another 3-D model or store.
    pub async fn add_pos(&self, name: &str, model: &str, store: Store) -> Result<String> {
        seed::pos_account(&self.api, &self.bank.url(), name, model, store).await
    }

    /// Moves both clocks.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.bank.bank.clock().advance_ms(i64::try_from(by.as_millis()).unwrap_or(i64::MAX));
        self.host.app.janitor_wake.notify_one();
    }

    /// A payment by API: a sale without 3-D Secure unless the story changes it.
    pub fn sale(&self, amount: i64, card: &str) -> Value {
        json!({
            "amount": amount, "currency": "TRY", "three_d_secure": "off", "pos_account": self.pos,
            "card": { "number": card, "expiry_month": 12, "expiry_year": 2030, "security_code": "000", "holder": "Ayşe Yılmaz" },
        })
    }

    /// Pays by API and expects an answer of success, whatever the payment's state.
    pub async fn pay(&self, body: &Value) -> Result<Reply> {
        self.pay_with_key(body, &fresh_key()).await?.good()
    }

    pub async fn pay_with_key(&self, body: &Value, key: &str) -> Result<Reply> {
        self.api.post_with_key("/v1/payments", body, key).await
    }

    /// The payment as it stands.
    pub async fn payment(&self, id: &str) -> Result<Reply> {
        self.api.get(&format!("/v1/payments/{id}")).await?.good()
    }

    /// Waits for a state that the host reaches by itself.
    pub async fn until(&self, id: &str, state: &str) -> Result<Reply> {
        self.until_any(id, &[state]).await
    }

    pub async fn until_any(&self, id: &str, states: &[&str]) -> Result<Reply> {
        let mut patience = Patience::new();
        loop {
            let payment = self.payment(id).await?;
            if states.contains(&payment.text("/state")) {
                return Ok(payment);
            }
            let (state, whole) = (payment.text("/state"), payment.answer.text());
            ensure!(patience.lasts().await, "{id} is {state} and not {states:?}: {whole}");
        }
    }

    /// Moves the clock along the janitor's schedule until the payment has this state.
    pub async fn until_asked(&self, id: &str, state: &str) -> Result<Reply> {
        self.until_asked_any(id, &[state]).await
    }

    /// Moves the clock along the janitor's schedule until the payment has one of these states.
    pub async fn until_asked_any(&self, id: &str, states: &[&str]) -> Result<Reply> {
        let mut last = String::new();
        // 2 s: an act that was written down a moment ago comes due with the first step. Then the schedule: 5 s, 15 s,
        // 45 s, 2 min, 10 min, 1 h, then daily (plugin-host §4.4).
        for wait_s in [2, 5, 15, 45, 120, 600, 600, 3_600, 86_400, 86_400] {
            self.rest().await?;
            let payment = self.payment(id).await?;
            payment.answer.text().clone_into(&mut last);
            if states.contains(&payment.text("/state")) {
                return Ok(payment);
            }
            self.advance(Duration::from_secs(wait_s));
        }
        bail!("{id} is not {states:?} after the whole schedule: {last}")
    }

    /// Waits until nothing is under way at the host and nothing is due: from then on only the clock can change things.
    pub async fn rest(&self) -> Result<()> {
        self.host.rest().await
    }

    /// Waits until the bank has booked more than this. A late bank books by the machine's clock: the story's must not
    /// run ahead of it.
    pub async fn until_booked_beyond(&self, minor: i64) -> Result<()> {
        let mut patience = Patience::new();
        while self.bank_total() <= minor {
            ensure!(patience.lasts().await, "the bank never booked");
        }
        Ok(())
    }

    /// Gives money back and returns the refund.
    pub async fn refund(&self, payment: &str, body: &Value) -> Result<Reply> {
        self.api.post(&format!("/v1/payments/{payment}/refunds"), body).await
    }

    /// Reads the tables as an auditor would.
    pub fn auditor(&self) -> Auditor {
        Auditor::new(&self.database_url)
    }

    /// For a story that ends while bank and host still differ, on purpose.
    pub fn may_differ(&self) {
        self.differs.store(true, Ordering::SeqCst);
    }

    /// What must hold after every story: the ledger balances, nobody was charged twice, and the bank's book
    /// says what ours say.
    pub async fn check_invariants(&self) -> Result<()> {
        let auditor = self.auditor();
        let unbalanced =
            auditor.column("select sum(minor) from entry group by posting_id, currency having sum(minor) <> 0").await?;
        ensure!(unbalanced.is_empty(), "postings do not balance: {unbalanced:?}");
        for order in self.bank.bank.orders() {
            ensure!(order.approvals <= 1, "{} was charged {} times", order.order, order.approvals);
        }
        log::check()?;
        if self.differs.load(Ordering::SeqCst) {
            return Ok(());
        }
        self.compare_with_bank().await
    }

    /// Our captures and the bank's, both ways.
    pub async fn compare_with_bank(&self) -> Result<()> {
        let auditor = self.auditor();
        let attempts = auditor
            .column(
                "select a.order_no || '|' || a.state || '|' || cast(p.charged_minor as text) || '|' || \
                 cast(coalesce((select sum(o.amount_minor) from operation o where o.tenant_id = a.tenant_id \
                   and o.attempt_id = a.attempt_id and o.kind in ('void', 'refund') and o.state = 'succeeded'), 0) as text) || '|' || \
                 cast(coalesce((select sum(o.amount_minor) from operation o where o.tenant_id = a.tenant_id \
                   and o.attempt_id = a.attempt_id and o.kind = 'capture' and o.state = 'succeeded'), 0) as text) \
                 from attempt a join payment p on p.tenant_id = a.tenant_id and p.payment_id = a.payment_id",
            )
            .await?;
        let mut known = Vec::new();
        for line in attempts {
            let part: Vec<_> = line.split('|').collect();
            let [order, state, charged, back, captured] = part[..] else { bail!("odd line {line}") };
            let (charged, back, captured): (i64, i64, i64) = (charged.parse()?, back.parse()?, captured.parse()?);
            let taken = if captured > 0 { captured } else { charged };
            let ours = match state {
                "captured" => taken - back,
                "sending" | "unknown" | "browsing" | "browsing_charge" | "provisioning" => {
                    bail!("{order} is still {state}")
                }
                _ => 0,
            };
            let theirs = self.bank_net(order);
            ensure!(ours == theirs, "{order} ({state}): ours {ours}, the bank's {theirs}");
            // Some banks give an order a number of their own.
            known.push(self.bank.bank.order(order).map_or_else(|| order.to_owned(), |view| view.order));
        }
        for order in self.bank.bank.orders() {
            ensure!(known.contains(&order.order), "the bank knows {} and we do not", order.order);
        }
        Ok(())
    }
}

/// The order number the bank knows a payment by.
pub fn order_no(payment: &Reply) -> Result<String> {
    let order = payment.text("/order_no");
    ensure!(!order.is_empty(), "no order number in {}", payment.answer.text());
    Ok(order.to_owned())
}

/// The payment's id.
pub fn id(payment: &Reply) -> Result<String> {
    payment.json.get("id").and_then(Value::as_str).map(str::to_owned).context("no id")
}

//! A seeded world: payers, one or two hosts, a bank, an administrator and a clock in one deterministic simulation
//! over the real flows, store, step driver and connector (R13).
//!
//! The scheduler ([`play`]) owns the order of everything. Exactly one chain of tasks is on at a time, from one place
//! where it gives way (a request to the outside, a sleep, a crash point) to the next; time is the board's alone.
//! After each step the promises P1 to P7 are looked at. Every decision is drawn from the seed, so a seed tells the
//! same story each time.

mod bank;
mod board;
mod chance;
mod client;
mod errand;
mod event;
mod fate;
mod judge;
mod kit;
mod play;

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use vezne::flow::audit::audit;
use vezne::store::proof::held_at_bank;

use client::Client;
pub use judge::Breach;
pub use kit::Kit;
use play::{Stepped, World};

/// What a seed came to.
#[derive(Debug)]
pub struct Played {
    pub seed: u64,
    /// The broken promise, if one was.
    pub breach: Option<Breach>,
    /// What happened, line by line.
    pub history: Vec<String>,
    pub steps: usize,
    /// How payments ended, by state.
    pub ends: BTreeMap<String, usize>,
}

/// Plays one seed from its beginning to its end.
pub fn play(kit: &Kit, seed: u64) -> Result<Played> {
    let mut world = World::new(kit, seed).with_context(|| format!("seed {seed} does not begin"))?;
    world.open();
    let told = match world.play() {
        Ok(Ok(())) => world.close_up(),
        other => other,
    };
    let breach = told.with_context(|| format!("seed {seed}: {}", world.history.join("\n")))?.err();
    let mut ends = BTreeMap::new();
    for payment in world.judge.payments.values() {
        *ends.entry(payment.state.clone()).or_default() += 1;
    }
    let (history, steps) = (std::mem::take(&mut world.history), world.steps);
    Ok(Played { seed, breach, history, steps, ends })
}

impl World<'_> {
    /// The end: every payer asks once more, everything comes to rest, and all books are compared.
    fn close_up(&mut self) -> Stepped {
        // Who was told that the debt is in doubt asks again when the doubt has ended, as a person would. Each round
        // ends what one of them has begun, which is the doubt that another was told of.
        for round in 0..=self.clients.len() {
            for client in 0..self.clients.len() {
                if round == 0 || self.clients[client].payment.is_none() {
                    self.plan(1_000, event::Event::Post(client));
                }
            }
            if let Err(breach) = self.play()? {
                return Ok(Err(breach));
            }
        }
        // One doubt may stay, of which a person was called: who is told of it pays nothing, and rightly so.
        let doubts = self.judge.payments.values().any(|payment| payment.state == "unknown");
        let answered = |client: &Client| client.payment.is_some() || (client.in_doubt && doubts);
        if let Some(silent) = self.clients.iter().find(|client| !answered(client)) {
            return Ok(Err(Breach::of("P4", format!("{} never got an answer", silent.name))));
        }
        if let Err(breach) = self.runtime.block_on(self.judge.all_ended())? {
            return Ok(Err(breach));
        }
        if let Err(breach) = self.books_agree()? {
            return Ok(Err(breach));
        }
        Ok(self.judge.all_taken())
    }

    /// Everything derived again, and the bank's book beside ours, both ways.
    fn books_agree(&mut self) -> Stepped {
        let (_, app) = self.host_up().context("no host is up in a calm world")?;
        let report = self.runtime.block_on(audit(&app)).map_err(|error| anyhow::anyhow!("the audit: {error}"))?;
        if let Some(difference) = report.differences.first() {
            return Ok(Err(Breach::of("P5", format!("{}: {}", difference.proof, difference.what))));
        }
        let tenant = self.kit.tenant;
        let ours = self.runtime.block_on(async {
            let mut tx = app.db.read().await?;
            held_at_bank(&mut tx, tenant, "", i64::MAX).await
        })?;
        let theirs: BTreeMap<String, i64> =
            self.bank.orders().into_iter().map(|order| (order.order.clone(), order.net)).collect();
        for held in &ours {
            let (order, minor) = (&held.order_no, held.minor);
            let bank = theirs.get(order).copied().unwrap_or_default();
            // One that is in doubt has called a person, or P4 would have been broken.
            if held.known && bank != minor {
                let number = self.judge.attempts.get(order).map_or(0, |attempt| self.judge.number(&attempt.payment));
                return Ok(Err(Breach::of("P1", format!("payment {number}: ours {minor}, the bank's {bank}"))));
            }
        }
        Ok(Ok(()))
    }
}

//! Payments and operations that wait for the bank's word, and how they must end. All of a story's are waited for together,
//! since each step of the janitor's schedule serves them all.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use vezne_it::world::AMOUNT;
use vezne_it::{Reply, World};

use super::Failures;
use super::till::Sold;

/// Seconds between two looks. 2: an act that was written down a moment ago comes due with the first step. Then the
/// schedule, in steps that no end of a page's life or of "no such order" falls between.
const STEPS_S: [u64; 11] = [2, 5, 15, 45, 120, 600, 600, 3_600, 86_400, 86_400, 0];
const UNPAID: [&str; 4] = ["declined", "failed", "expired", "canceled"];

/// How it must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The payment is paid, here and there.
    Paid,
    /// Nothing was paid.
    Unpaid,
    /// The reservation stands as before.
    StillHeld,
    /// The void or refund is done, and the bank keeps so much.
    Back(i64),
    /// The void or refund was not done, and the bank keeps it all.
    NotBack,
    /// It was not done, the bank cannot say so, and nothing is made of that: a person decides.
    InDoubt,
}

#[derive(Debug)]
struct Doubt {
    what: String,
    /// The payment's, or the refund's.
    id: String,
    order: String,
    end: End,
}

/// What is waited for.
#[derive(Debug, Default)]
pub struct Doubts(Vec<Doubt>);

impl Doubts {
    pub fn payment(&mut self, what: impl Into<String>, payment: &Reply, end: End) -> Result<()> {
        let Sold { payment, order } = Sold::of(payment)?;
        self.0.push(Doubt { what: what.into(), id: payment, order, end });
        Ok(())
    }

    pub fn sold(&mut self, what: impl Into<String>, sold: &Sold, end: End) {
        self.0.push(Doubt { what: what.into(), id: sold.payment.clone(), order: sold.order.clone(), end });
    }

    pub fn back(&mut self, what: impl Into<String>, refund: &Reply, sold: &Sold, end: End) -> Result<()> {
        let id = refund.text("/id").to_owned();
        ensure!(!id.is_empty(), "no refund in {}", refund.answer.text());
        self.0.push(Doubt { what: what.into(), id, order: sold.order.clone(), end });
        Ok(())
    }

    /// Moves the clock along the janitor's schedule until everything has ended.
    pub async fn settle(self, world: &World, failures: &mut Failures) -> Result<()> {
        let mut open = self.0;
        for step_s in STEPS_S {
            world.rest().await?;
            let mut still = Vec::new();
            for doubt in open {
                match doubt.has_ended(world).await {
                    Ok(false) => still.push(doubt),
                    told => failures.note(&doubt.what, told.map(drop)),
                }
            }
            open = still;
            if open.is_empty() {
                return Ok(());
            }
            world.advance(Duration::from_secs(step_s));
        }
        for doubt in open.into_iter().filter(|doubt| doubt.end != End::InDoubt) {
            failures.note(&doubt.what, Err(anyhow::anyhow!("{} has no end after the whole schedule", doubt.id)));
        }
        Ok(())
    }
}

impl Doubt {
    async fn has_ended(&self, world: &World) -> Result<bool> {
        if let End::Back(_) | End::NotBack | End::InDoubt = self.end {
            let refund = world.api.get(&format!("/v1/refunds/{}", self.id)).await?.good()?;
            return self.given_back(world, refund.text("/state"));
        }
        let payment = world.payment(&self.id).await?;
        let (state, net) = (payment.text("/state"), world.bank_net(&self.order));
        let calls = world.bank.bank.authorize_calls(&self.order);
        ensure!(calls <= 1, "money was asked for {calls} times");
        if self.end == End::StillHeld {
            // What may be captured is held, and nothing is under way.
            let free = payment.json["acts"].as_array().is_some_and(|acts| acts.iter().any(|act| act == "capture"));
            ensure!(state == "authorized", "{state}");
            ensure!(net == 0 && world.order(&self.order)?.held == AMOUNT, "the bank took {net}");
            return Ok(free);
        }
        let is_paid = state == "succeeded";
        if !is_paid && !UNPAID.contains(&state) {
            return Ok(false);
        }
        let expected = self.end == End::Paid;
        ensure!(is_paid == expected, "{state}, and the bank keeps {net}: {}", payment.answer.text());
        ensure!(net == if is_paid { AMOUNT } else { 0 }, "{state}, and the bank keeps {net}");
        if is_paid {
            ensure!(world.order(&self.order)?.approvals == 1, "charged more than once");
        }
        Ok(true)
    }

    fn given_back(&self, world: &World, state: &str) -> Result<bool> {
        let left = match (self.end, state) {
            (End::Back(left), "succeeded") => left,
            (End::NotBack, "failed") => AMOUNT,
            (_, "succeeded" | "failed") => bail!("{state}, and the bank keeps {}", world.bank_net(&self.order)),
            (End::InDoubt, _) if world.bank_net(&self.order) != AMOUNT => bail!("the bank gave it back"),
            _ => return Ok(false),
        };
        let net = world.bank_net(&self.order);
        ensure!(net == left, "{state}, and the bank keeps {net} and not {left}");
        Ok(true)
    }
}

//! Repeated orders: the first charge is made at once, the others wait for their day.
//!
//! The sandbox's days do not bring the others about; they wait until they are cancelled.

use std::collections::BTreeSet;

use jiff::{Span, ToSpan};
use serde_json::Value;

use crate::clock::local;

use super::answer::iso;
use super::rules::{self, Refused, number, text};

/// A repeated order.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The bank's own number of the first charge.
    pub first_order: String,
    /// How many charges in all.
    pub count: i64,
    interval: i64,
    cycle: String,
    begun_ms: i64,
    cancelled: BTreeSet<i64>,
}

impl Plan {
    /// Reads the plan of a sale, if it has one.
    pub fn read(message: &Value, first_order: &str, at_ms: i64) -> Result<Option<Self>, Refused> {
        if message.get("recurring").is_none() {
            return Ok(None);
        }
        let missing = Refused::Code("VPS-1055", "Tekrarlayan işlem bilgileri hatalı");
        let positive = |at: &str| number(message, at).filter(|n| (1..=999).contains(n)).ok_or_else(|| missing.clone());
        let cycle = text(message, "/recurring/frequencyCycle");
        if !matches!(cycle, "D" | "W" | "M" | "Y") {
            return Err(missing);
        }
        Ok(Some(Self {
            first_order: first_order.to_owned(),
            count: positive("/recurring/numberOfPayments")?,
            interval: positive("/recurring/frequencyInterval")?,
            cycle: cycle.to_owned(),
            begun_ms: at_ms,
            cancelled: BTreeSet::new(),
        }))
    }

    /// Which charge a message names; none for all of them.
    pub fn named(message: &Value) -> Result<Option<i64>, Refused> {
        match message.pointer("/recurring/recurringOrder") {
            None => Ok(None),
            Some(value) => match value.as_i64().filter(|n| *n > 0) {
                Some(number) => Ok(Some(number)),
                None => rules::schema("recurringOrder must be a positive number"),
            },
        }
    }

    /// Cancels charges that wait: one, or all. Whether there was any.
    pub fn cancel(&mut self, named: Option<i64>) -> bool {
        let waiting: Vec<i64> = (2..=self.count).filter(|n| !self.cancelled.contains(n)).collect();
        let meant: Vec<i64> = waiting.into_iter().filter(|n| named.is_none_or(|named| named == *n)).collect();
        self.cancelled.extend(&meant);
        !meant.is_empty()
    }

    /// Was this charge cancelled before its day?
    pub fn is_cancelled(&self, number: i64) -> bool {
        self.cancelled.contains(&number)
    }

    /// The day of a charge.
    pub fn planned_at(&self, number: i64) -> String {
        let steps = self.interval * (number - 1);
        let span: Span = match self.cycle.as_str() {
            "D" => steps.days(),
            "W" => steps.weeks(),
            "M" => steps.months(),
            _ => steps.years(),
        };
        let day = local(self.begun_ms).checked_add(span);
        iso(day.map_or(self.begun_ms, |d| d.timestamp().as_millisecond()))
    }
}

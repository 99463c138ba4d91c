//! What became of an operation? `checkstatus` answers with the one line the platform keeps for an order.

use serde::{Deserialize, Serialize};
use vezne_plugin::words::{operation, order_state};
use vezne_plugin::{BankRef, Outcome, Stated, Target, decline, step};

use crate::answer::{Answer, DONE, Judgement, MD_STATUS};

/// Key in `known.extra`: how much had been refunded before ours, in minor units.
pub const REFUNDED_BEFORE: &str = "refunded-before";
/// Key in an answer's reference: the platform took a refund and lets its staff decide.
pub const QUEUED_REFUND: &str = "refund-queued";

/// The code of an order that was refused.
const FAILED: &str = "41";

/// What an order has come to (`transaction_status`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Paid; a reservation is taken.
    Paid,
    /// Reserved.
    Held,
    /// Not decided: the payer is at the gate, or we have not completed yet.
    Waiting,
    /// Refused, or never finished.
    Failed,
    /// A reservation that was dropped.
    Voided,
    /// Paid, and a part given back.
    PartlyRefunded,
    /// Paid, and all given back.
    Refunded,
    /// Whatever else there may be.
    Unclear,
}

impl Standing {
    /// By the platform's word. `Completed`, `Failed` and `Pending` are those of the inquiry's own page, the
    /// others stand on the pages about reservations and refunds, not always in one spelling.
    pub fn of(word: Option<&str>) -> Self {
        match word.unwrap_or_default().to_ascii_lowercase().replace(['-', '_'], " ").as_str() {
            "completed" | "pre auth approved" => Self::Paid,
            "pre authorization" | "pre auth" | "preauth" => Self::Held,
            "pending" | "pre authorization pending" => Self::Waiting,
            "failed" => Self::Failed,
            "cancelled" | "canceled" | "pre auth cancelled" | "pre auth canceled" => Self::Voided,
            "partial refund" | "partial refunded" | "partially refunded" => Self::PartlyRefunded,
            "refund" | "refunded" => Self::Refunded,
            _ => Self::Unclear,
        }
    }

    /// Whether it was paid, whatever was given back since.
    pub fn was_paid(self) -> bool {
        matches!(self, Self::Paid | Self::PartlyRefunded | Self::Refunded)
    }
}

/// The line of an order.
#[derive(Debug, Clone)]
pub struct Line<'a> {
    answer: &'a Answer,
    /// What it has come to.
    pub standing: Standing,
}

/// What an inquiry comes to.
#[derive(Debug, Clone)]
pub enum Found<'a> {
    /// This order.
    Order(Line<'a>),
    /// The platform has no such order.
    Nothing,
    /// It did not answer the question.
    Unclear(String),
}

/// Reads an answer to an inquiry about an order.
pub fn read<'a>(answer: &'a Answer, order_id: &str) -> Found<'a> {
    let code = answer.code().unwrap_or_default();
    let standing = Standing::of(answer.get("transaction_status"));
    let standing = match (code, standing) {
        ("31" | "32", _) => return Found::Nothing,
        (DONE, standing) => standing,
        ("69", Standing::Waiting | Standing::Unclear) => Standing::Waiting,
        (FAILED | "105", Standing::Failed | Standing::Unclear) => Standing::Failed,
        _ => return Found::Unclear(format!("the question was answered with {code}")),
    };
    match answer.get("invoice_id") {
        Some(order) if order == order_id => Found::Order(Line { answer, standing }),
        Some(_) => Found::Unclear("the answer is about another order".into()),
        None => Found::Unclear("the answer names no order".into()),
    }
}

impl Line<'_> {
    /// What was charged or reserved, in minor units.
    pub fn charged(&self) -> Option<i64> {
        self.answer.minor("transaction_amount")
    }

    /// What was given back, in minor units.
    pub fn refunded(&self) -> Option<i64> {
        self.answer.minor("total_refunded_amount")
    }
}

/// What is asked about.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Question {
    /// The order.
    pub order: String,
    /// One of the contract's operations.
    pub operation: String,
    /// Amount of that operation.
    pub minor: i64,
    /// What had been refunded before, if that is known.
    pub refunded_before: Option<i64>,
    /// Whether the platform said that its staff will look at a refund.
    pub queued: bool,
}

impl Question {
    /// About an operation as the host recorded it.
    pub fn of(target: &Target, order_id: &str) -> Self {
        let extra = |name: &str| target.bank.extra.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        Self {
            order: target.bank.bank_order_id.clone().unwrap_or_else(|| order_id.to_owned()),
            operation: target.operation.clone(),
            minor: target.terms.amount.minor,
            refunded_before: extra(REFUNDED_BEFORE).and_then(|value| value.parse().ok()),
            queued: extra(QUEUED_REFUND).is_some(),
        }
    }

    /// Reads the order's line.
    pub fn answer(&self, found: &Found<'_>) -> Outcome {
        let line = match found {
            Found::Nothing => return step::not_processed("the platform has no such order"),
            Found::Unclear(why) => return step::unknown(why.clone()),
            Found::Order(line) => line,
        };
        match self.operation.as_str() {
            operation::REFUND => self.refund(line),
            operation::VOID => self.void(line),
            operation::CAPTURE => self.capture(line),
            _ => self.charge(line),
        }
    }

    fn charge(&self, line: &Line<'_>) -> Outcome {
        match line.standing {
            standing if standing.was_paid() => self.approved(line, line.charged(), None),
            Standing::Held => self.approved(line, line.charged(), Some(order_state::AUTHORIZED)),
            Standing::Voided => self.approved(line, line.charged(), Some(order_state::VOIDED)),
            Standing::Waiting => Outcome::Pending(self.bank_ref(line)),
            Standing::Failed => failed(line.answer),
            _ => step::unknown("the order is in a state without a name"),
        }
    }

    fn capture(&self, line: &Line<'_>) -> Outcome {
        match line.standing {
            standing if standing.was_paid() => self.approved(line, line.charged(), None),
            Standing::Held => step::not_processed("the reservation has not been captured"),
            Standing::Voided => step::not_processed("the reservation was dropped before it was captured"),
            _ => step::unknown("the order does not say what was captured"),
        }
    }

    /// A refund has no line of its own: the sum of them is told before and after. That the sum is the old one
    /// proves nothing, because the platform may have queued the refund for its staff.
    fn refund(&self, line: &Line<'_>) -> Outcome {
        let more = line.refunded().zip(self.refunded_before).map(|(now, before)| now - before);
        match more {
            Some(more) if more == self.minor && line.standing.was_paid() => self.approved(line, Some(more), None),
            Some(0) if self.queued => Outcome::Pending(self.queued_ref(line)),
            Some(0) => step::unknown("nothing more has been refunded yet; the platform may have queued it"),
            _ => step::unknown("what has been refunded since is not this amount"),
        }
    }

    fn void(&self, line: &Line<'_>) -> Outcome {
        match line.standing {
            Standing::Voided | Standing::Refunded => self.approved(line, None, None),
            Standing::Held => step::not_processed("the reservation still stands"),
            Standing::Paid if self.queued => Outcome::Pending(self.queued_ref(line)),
            Standing::Paid => step::unknown("the payment still stands; the platform may have queued its refund"),
            _ => step::unknown("the platform does not show what was to be voided"),
        }
    }

    fn bank_ref(&self, line: &Line<'_>) -> BankRef {
        line.answer.bank_ref(&self.order)
    }

    /// Still waiting for the platform's staff, and so the next question must know it too.
    fn queued_ref(&self, line: &Line<'_>) -> BankRef {
        let mut known = self.bank_ref(line);
        known.extra.push((QUEUED_REFUND.to_owned(), "true".to_owned()));
        known
    }

    /// The line states no currency.
    fn approved(&self, line: &Line<'_>, minor: Option<i64>, state: Option<&str>) -> Outcome {
        if line.answer.get("payment_status").is_some_and(|status| status == "0") {
            return step::unknown("the order stands, and is not paid");
        }
        let stated = Stated { minor, currency: None, order_id: Some(self.order.clone()) };
        let attributes = state.map(|state| (order_state::KEY.to_owned(), state.to_owned())).into_iter().collect();
        step::approved(self.bank_ref(line), stated, Some(DONE.into()), attributes)
    }
}

/// Refused in the platform's own book, for the reason the bank's code gives.
fn failed(answer: &Answer) -> Outcome {
    match answer.refusal(FAILED) {
        Judgement::Refused(code, meaning) => meaning.outcome(&code, answer.text()),
        Judgement::Unclear(why) => step::unknown(why),
        _ => step::unknown("a failure is no yes"),
    }
}

/// What a 3-D result means for the payer, where it is not full authentication.
pub fn not_authenticated(md_status: &str, message: Option<&str>) -> Outcome {
    let code = if md_status.is_empty() { "md_status".to_owned() } else { format!("md_status {md_status}") };
    let meaning = decline::look_up(MD_STATUS, md_status).or_else(|| decline::look_up(MD_STATUS, "0"));
    meaning.map_or_else(|| step::unknown(code.clone()), |meaning| meaning.outcome(&code, message))
}

//! What became of an operation? `inquiry` answers with the one line Tosla keeps for an order.

use serde::{Deserialize, Serialize};
use vezne_plugin::words::{category, operation, order_state};
use vezne_plugin::{BankRef, Decline, Outcome, Stated, Target, amount, decline, step};

use crate::answer::{APPROVED, Answer, DONE, MD_STATUS, NOT_FOUND, bank_meaning};

/// Key in `known.extra`: how much had been refunded before ours, in minor units.
pub const REFUNDED_BEFORE: &str = "refunded-before";

/// How long a payer may be at the gate before "waiting for 3-D" means that nobody will come back. The hash
/// that opened the session is good for an hour; twice that leaves room.
pub const WAITING_MS: i64 = 2 * 3_600_000;

/// What an order has come to (`RequestStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// `0`: refused, or never there.
    Failed,
    /// `1`: paid; of a reservation, reserved.
    Done,
    /// `2`: voided.
    Voided,
    /// `3`: paid, and a part given back.
    PartlyRefunded,
    /// `4`: paid, and all given back.
    Refunded,
    /// `5`: reserved, and taken since.
    Captured,
    /// `10`: the payer is at the gate.
    AtGate,
    /// Whatever else there may be.
    Unclear,
}

impl Standing {
    /// By Tosla's number.
    pub fn of(number: Option<&str>) -> Self {
        match number {
            Some("0") => Self::Failed,
            Some("1") => Self::Done,
            Some("2") => Self::Voided,
            Some("3") => Self::PartlyRefunded,
            Some("4") => Self::Refunded,
            Some("5") => Self::Captured,
            Some("10") => Self::AtGate,
            _ => Self::Unclear,
        }
    }

    /// Whether it was paid or reserved, whatever was given back since.
    pub fn was_paid(self) -> bool {
        matches!(self, Self::Done | Self::PartlyRefunded | Self::Refunded | Self::Captured)
    }
}

/// `TransactionType` of a reservation.
pub const RESERVATION: &str = "2";

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
    /// Tosla has no such order: it answers with a line of zeros.
    Nothing,
    /// It did not answer the question.
    Unclear(String),
}

/// Reads an answer to an inquiry about an order.
pub fn read<'a>(answer: &'a Answer, order_id: &str) -> Found<'a> {
    match answer.get("Code") {
        Some(DONE) => {}
        Some(NOT_FOUND) => return Found::Nothing,
        code => return Found::Unclear(format!("the question was refused with {}", code.unwrap_or("no code"))),
    }
    let zero = |name: &str| answer.get(name).is_some_and(|value| value == "0");
    match answer.get("OrderId") {
        Some(order) if order == order_id => {
            Found::Order(Line { answer, standing: Standing::of(answer.get("RequestStatus")) })
        }
        Some(_) => Found::Unclear("the answer is about another order".into()),
        None if ["TransactionType", "Amount", "RequestStatus"].into_iter().all(zero) => Found::Nothing,
        None => Found::Unclear("the answer names no order".into()),
    }
}

impl Line<'_> {
    /// An amount, in minor units.
    pub fn minor(&self, name: &str) -> Option<i64> {
        self.answer.get(name).and_then(amount::parse_minor)
    }

    fn is_reservation(&self) -> bool {
        self.answer.get("TransactionType") == Some(RESERVATION)
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
    /// How long ago it was sent.
    pub age_ms: i64,
    /// What had been refunded before, if that is known.
    pub refunded_before: Option<i64>,
}

impl Question {
    /// About an operation as the host recorded it.
    pub fn of(target: &Target, order_id: &str, now_ms: u64) -> Self {
        let before = target.bank.extra.iter().find(|(name, _)| name == REFUNDED_BEFORE);
        Self {
            order: target.bank.bank_order_id.clone().unwrap_or_else(|| order_id.to_owned()),
            operation: target.operation.clone(),
            minor: target.terms.amount.minor,
            age_ms: i64::try_from(now_ms.saturating_sub(target.sent_at_millis)).unwrap_or(i64::MAX),
            refunded_before: before.and_then(|(_, value)| value.parse().ok()),
        }
    }

    /// Reads the order's line.
    pub fn answer(&self, found: &Found<'_>) -> Outcome {
        let line = match found {
            Found::Nothing => return step::not_processed("Tosla has no such order"),
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
            standing if standing.was_paid() => {
                // A reservation that was taken or given back from is no longer only a reservation.
                let reserved = line.is_reservation() && line.standing == Standing::Done;
                let state = reserved.then(|| attribute(order_state::AUTHORIZED));
                self.approved(line, line.minor("Amount"), state)
            }
            Standing::Voided => {
                let stated = self.stated(line, line.minor("Amount"));
                step::approved(self.bank_ref(line), stated, None, vec![attribute(order_state::VOIDED)])
            }
            Standing::Failed => failed(line),
            Standing::AtGate if self.age_ms > WAITING_MS => step::not_processed("the payer never came through 3-D"),
            Standing::AtGate => Outcome::Pending(self.bank_ref(line)),
            _ => step::unknown("the order is in a state without a name"),
        }
    }

    /// A capture has no line of its own: the reservation says what was taken.
    fn capture(&self, line: &Line<'_>) -> Outcome {
        let taken = line.minor("PostAuthedAmount").filter(|taken| *taken > 0);
        match (line.standing, taken) {
            (standing, Some(taken)) if standing.was_paid() => self.approved(line, Some(taken), None),
            (Standing::Done, None) if line.is_reservation() => {
                step::not_processed("the reservation has not been captured")
            }
            (Standing::Voided, Some(taken)) => {
                let stated = self.stated(line, Some(taken));
                step::approved(self.bank_ref(line), stated, None, vec![attribute(order_state::VOIDED)])
            }
            (Standing::Voided, None) => step::not_processed("the reservation was voided before it was captured"),
            _ => step::unknown("the order does not say what was captured"),
        }
    }

    /// A refund has no line of its own either: the sum of them is told before and after.
    fn refund(&self, line: &Line<'_>) -> Outcome {
        if !line.standing.was_paid() {
            return step::unknown("the order is not in a state that can be refunded");
        }
        let Some(now) = line.minor("RefundedAmount") else {
            return step::unknown("the order does not say what was refunded");
        };
        match self.refunded_before.map(|before| now - before) {
            Some(0) => step::not_processed("nothing more has been refunded"),
            Some(more) if more == self.minor => {
                let stated = Stated { minor: Some(more), ..self.stated(line, None) };
                step::approved(self.bank_ref(line), stated, None, Vec::new())
            }
            None if now == 0 => step::not_processed("nothing has been refunded"),
            _ => step::unknown("what has been refunded since is not this amount"),
        }
    }

    fn void(&self, line: &Line<'_>) -> Outcome {
        match line.standing {
            Standing::Voided => {
                let stated = Stated { minor: None, currency: None, order_id: Some(self.order.clone()) };
                step::approved(self.bank_ref(line), stated, None, Vec::new())
            }
            standing if standing.was_paid() => step::not_processed("what was to be voided still stands"),
            _ => step::unknown("Tosla does not show what was to be voided"),
        }
    }

    fn stated(&self, line: &Line<'_>, minor: Option<i64>) -> Stated {
        let currency = line.answer.get("Currency").map(str::to_owned);
        Stated { minor, currency, order_id: Some(self.order.clone()) }
    }

    fn bank_ref(&self, line: &Line<'_>) -> BankRef {
        line.answer.bank_ref(&self.order)
    }

    fn approved(&self, line: &Line<'_>, minor: Option<i64>, state: Option<(String, String)>) -> Outcome {
        if line.answer.get("BankResponseCode").is_some_and(|code| code != APPROVED) {
            return step::unknown("the order stands with a code that is not a yes");
        }
        let attributes = state.into_iter().collect();
        step::approved(self.bank_ref(line), self.stated(line, minor), Some(APPROVED.into()), attributes)
    }
}

fn attribute(state: &str) -> (String, String) {
    (order_state::KEY.to_owned(), state.to_owned())
}

/// Refused in Tosla's own book, for the reason the bank's code gives.
fn failed(line: &Line<'_>) -> Outcome {
    let code = line.answer.get("BankResponseCode");
    if code == Some(APPROVED) {
        return step::unknown("the order failed with a code that is a yes");
    }
    let meaning = code.and_then(bank_meaning).filter(|meaning| meaning.class.is_refusal());
    match (code, meaning) {
        (Some(code), Some(meaning)) => meaning.outcome(code, line.answer.get("BankResponseMessage")),
        (code, _) => Outcome::Declined(Decline {
            category: category::NOT_APPROVED.to_owned(),
            bank_code: Some(code.unwrap_or("RequestStatus 0").to_owned()),
            bank_message: line.answer.get("BankResponseMessage").map(str::to_owned),
            same_card_may_retry: true,
            other_pos_may_retry: false,
            attributes: Vec::new(),
        }),
    }
}

/// What a 3-D result means for the payer, where it is not full authentication.
pub fn not_authenticated(md_status: &str, message: Option<&str>) -> Outcome {
    let code = if md_status.is_empty() { "MdStatus".to_owned() } else { format!("MdStatus {md_status}") };
    let meaning = decline::look_up(MD_STATUS, md_status).or_else(|| decline::look_up(MD_STATUS, "0"));
    meaning.map_or_else(|| step::unknown(code.clone()), |meaning| meaning.outcome(&code, message))
}

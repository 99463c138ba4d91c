//! `orderinq`: the one line the bank keeps for an order. Amounts are minor units.

use vezne_plugin::decline::Class;
use vezne_plugin::{BankRef, amount};

use crate::answer::{self, Answer, Judgement};

/// What an order has come to (`Status`). The bank documents no list; these two are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// `WAITINGPOSTAUTH`: reserved.
    Reserved,
    /// `APPROVED`: charged, or captured.
    Charged,
    /// Something else happened to it since: its transactions tell.
    Other,
}

impl Standing {
    /// By the bank's word.
    pub fn of(word: &str) -> Self {
        match word {
            "WAITINGPOSTAUTH" => Self::Reserved,
            "APPROVED" => Self::Charged,
            _ => Self::Other,
        }
    }
}

/// What the bank says about an order.
#[derive(Debug, Clone)]
pub struct OrderStatus {
    /// What it has come to.
    pub standing: Standing,
    /// In the bank's word.
    pub word: String,
    /// Reserved.
    pub reserved: Option<i64>,
    /// Charged or captured.
    pub charged: Option<i64>,
    /// The code of the transaction itself.
    pub code: Option<String>,
    /// Where the bank keeps it.
    pub bank: BankRef,
}

impl OrderStatus {
    /// What it was made with first.
    pub fn first(&self) -> Option<i64> {
        self.charged.filter(|minor| *minor > 0).or(self.reserved)
    }
}

/// What an answer to `orderinq` comes to.
#[derive(Debug, Clone)]
pub enum Found {
    /// One order.
    Order(Box<OrderStatus>),
    /// The bank has no such order, in so many words.
    Nothing,
    /// It did not answer the question.
    Unclear(String),
}

/// Why an answer to a question carries no record: there is none, or the question was refused. `None` if it was answered.
pub fn unanswered(answer: &Answer) -> Option<Found> {
    match answer.words().judge() {
        Judgement::Approved => None,
        Judgement::Refused(_, meaning) if meaning.class == Class::NotFound => Some(Found::Nothing),
        Judgement::Refused(code, _) => Some(Found::Unclear(format!("the question was refused with {code}"))),
        Judgement::Unclear(why) => Some(Found::Unclear(why)),
    }
}

/// Reads an answer to `orderinq`.
pub fn read(answer: &Answer) -> Found {
    if let Some(found) = unanswered(answer) {
        return found;
    }
    let Some(line) = answer.at("Order/OrderInqResult") else {
        return Found::Unclear("the answer has no OrderInqResult".into());
    };
    let Some(word) = line.filled("Status") else {
        return Found::Unclear("the order has no Status".into());
    };
    let text = |name: &str| line.filled(name).map(str::to_owned);
    Found::Order(Box::new(OrderStatus {
        standing: Standing::of(word),
        word: word.to_owned(),
        reserved: line.get("PreAuthAmount").and_then(amount::parse_minor),
        charged: line.get("AuthAmount").and_then(amount::parse_minor),
        code: text("Code"),
        bank: BankRef {
            bank_order_id: answer.get("Order/OrderID").map(str::to_owned),
            transaction_id: text("RetrefNum"),
            auth_code: text("AuthCode"),
            extra: Vec::new(),
        },
    }))
}

/// What a code other than yes means for a transaction that is in the bank's book.
pub fn failed(code: &str) -> vezne_plugin::Outcome {
    match answer::meaning(code) {
        Some(meaning) => meaning.outcome(code, None),
        None => vezne_plugin::step::unknown(format!("the transaction failed with {code}, which is in no table")),
    }
}

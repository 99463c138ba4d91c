//! `StatusHistory`: what the bank's book says of an order, in one line.
//!
//! The letters are those of a public implementation in production (`LinkPara`, `InterVpos`); the bank's own
//! document is not public. A letter that is not among them settles nothing.

use vezne_plugin::{BankRef, HttpResponse, amount};

use crate::answer::Answer;

/// The last field of an answer to `StatusHistory`.
const LAST: &str = "AuthCode";

/// What an order has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Reserved (`A`).
    Authorized,
    /// A reservation that was captured (`K`).
    Captured,
    /// Charged, before (`C`) or after (`S`) the day end.
    Charged,
    /// Refused (`D`).
    Failed,
    /// Voided (`V`), or reversed by the bank itself.
    Voided,
    /// Suspicious to the bank, or a letter nobody explained.
    Unclear,
}

impl Standing {
    /// Of `TxnStatus`, and `TxnStat` where the bank fills it.
    pub fn of(status: &str, stat: &str) -> Self {
        match (status, stat) {
            (_, "S") => Self::Unclear,
            ("V", _) | ("A" | "C" | "K" | "S", "V" | "R") => Self::Voided,
            (_, "V" | "R") => Self::Unclear,
            ("A", _) => Self::Authorized,
            ("K", _) => Self::Captured,
            ("C" | "S", _) => Self::Charged,
            ("D", _) => Self::Failed,
            _ => Self::Unclear,
        }
    }

    /// Whether the bank holds money for us.
    pub fn holds_money(self) -> bool {
        matches!(self, Self::Authorized | Self::Captured | Self::Charged)
    }
}

/// An order's line.
#[derive(Debug, Clone)]
pub struct OrderStatus {
    /// `S` or `-` for a charge, `C` for a refund.
    pub charge_type: String,
    /// What it has come to.
    pub standing: Standing,
    /// What was charged or reserved, in minor units.
    pub amount: Option<i64>,
    /// What was given back of it so far, in minor units.
    pub refunded: Option<i64>,
    /// Our order number, if the line repeats it.
    pub order_id: Option<String>,
    /// When it was voided, as the bank wrote it.
    pub voided_at: Option<String>,
    /// The code of the transaction's refusal.
    pub error_code: Option<String>,
    /// Where the bank keeps it.
    pub bank: BankRef,
}

impl OrderStatus {
    /// A charge or reservation, not a refund.
    pub fn is_charge(&self) -> bool {
        matches!(self.charge_type.as_str(), "S" | "-")
    }
}

/// What an answer to `StatusHistory` comes to.
#[derive(Debug, Clone)]
pub enum Found {
    /// This order.
    Order(Box<OrderStatus>),
    /// The bank has no such order.
    Nothing,
    /// It did not answer the question.
    Unclear(String),
}

/// Reads a whole HTTP answer.
pub fn of_response(response: &HttpResponse, order_id: &str, exponent: u8) -> Result<Found, vezne_plugin::Fault> {
    Ok(read(&Answer::read(response, LAST)?, order_id, exponent))
}

/// Reads an answer about `order_id`.
pub fn read(answer: &Answer, order_id: &str, exponent: u8) -> Found {
    let text = |name: &str| answer.get(name).unwrap_or_default();
    let minor = |name: &str| answer.get(name).and_then(|text| amount::parse_turkish(text, exponent));
    match answer.get("ProcReturnCode") {
        Some("00") => {}
        // `05` here is not "do not honour": the same implementation reads it as "no such order". A line with
        // anything in it is an order all the same.
        Some("05" | "25") if text("TxnStatus").is_empty() && minor("PurchAmount").unwrap_or(0) == 0 => {
            return Found::Nothing;
        }
        code => return Found::Unclear(format!("the question was refused with {}", code.unwrap_or("no code"))),
    }
    if answer.order_id().is_some_and(|named| named != order_id) {
        return Found::Unclear("the bank speaks of another order".into());
    }
    Found::Order(Box::new(OrderStatus {
        charge_type: text("ChargeTypeCd").to_owned(),
        standing: Standing::of(text("TxnStatus"), text("TxnStat")),
        amount: minor("PurchAmount"),
        refunded: minor("RefundedAmount"),
        order_id: answer.order_id().map(str::to_owned),
        voided_at: voided_at(answer).map(str::to_owned),
        error_code: answer.get("ErrorCode").map(str::to_owned),
        bank: answer.bank_ref(order_id),
    }))
}

/// When the order was voided; the bank writes the first day of the calendar where it never was.
pub fn voided_at(answer: &Answer) -> Option<&str> {
    answer.get("VoidDate").filter(|date| !date.starts_with("1.1.0001") && !date.starts_with("01.01.0001"))
}

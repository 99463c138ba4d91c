//! A transaction in the bank's book: the answer to `OrderInquiry` is one, a history holds many.

use vezne_plugin::xml::Tree;
use vezne_plugin::{BankRef, amount, istanbul};

use crate::answer::Answer;

/// What a transaction has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Done, and it counts.
    Stands,
    /// Done once, and voided since.
    Voided,
    /// Begun at the gate and not finished (`V000`, `V033`).
    Unfinished,
    /// Refused.
    Failed,
    /// None of these clearly.
    Unclear,
}

/// One transaction.
#[derive(Debug, Clone)]
pub struct Row {
    /// Our order number.
    pub order_id: Option<String>,
    /// `Auth`, `PreAuth`, `PostAuth`, `Void`, `Refund`.
    pub kind: String,
    /// `NonSecure`, `3DModel`, `3DPay`, `3DHost`.
    pub security: String,
    /// `00` is yes.
    pub code: Option<String>,
    /// For people.
    pub message: Option<String>,
    /// What it has come to.
    pub standing: Standing,
    /// Whether all of it was given back since, where the bank says so.
    pub refunded: bool,
    /// Minor units.
    pub minor: Option<i64>,
    /// ISO 4217 number.
    pub currency: Option<String>,
    /// When, in epoch milliseconds.
    pub at_ms: Option<i64>,
    /// When it was voided, in epoch milliseconds.
    pub voided_at_ms: Option<i64>,
    /// The bank's own number of the request; none is like another.
    pub request: Option<String>,
    /// Retrieval number.
    pub number: Option<String>,
    /// Authorization code.
    pub auth_code: Option<String>,
    /// First and last digits.
    pub masked_card: Option<String>,
    /// 0 for a single payment.
    pub instalments: Option<String>,
}

impl Row {
    /// Of a `PaymentRequest` or an answer to `OrderInquiry`.
    pub fn read(line: &Tree) -> Self {
        let text = |name: &str| line.filled(name).map(str::to_owned);
        let exponent = line.filled("Exponent").and_then(|digits| digits.parse().ok()).unwrap_or(2);
        let voided = line.filled("IsVoided") == Some("true") || line.filled("TxnStatus") == Some("V");
        Self {
            order_id: text("OrderId"),
            kind: line.get("TxnType").unwrap_or_default().to_owned(),
            security: line.get("SecureType").unwrap_or_default().to_owned(),
            standing: standing(line, voided),
            refunded: line.get("IsRefunded") == Some("true"),
            code: text("ProcReturnCode"),
            message: text("ErrMsg"),
            minor: line.filled("PurchAmount").and_then(|text| amount::parse_decimal(text, exponent)),
            currency: text("Currency"),
            at_ms: line.filled("InsertDatetime").and_then(instant),
            voided_at_ms: voided_at(line),
            request: text("RequestGuid").filter(|number| number != "0"),
            number: text("F37").or_else(|| text("HostRefNum")),
            auth_code: text("AuthCode"),
            masked_card: text("CardMask"),
            instalments: text("InstallmentCount"),
        }
    }

    /// A sale, reservation or capture.
    pub fn is_charge(&self) -> bool {
        matches!(self.kind.as_str(), "Auth" | "PreAuth" | "PostAuth")
    }

    /// Where the bank keeps it.
    pub fn bank_ref(&self, order: &str) -> BankRef {
        BankRef {
            bank_order_id: Some(self.order_id.clone().unwrap_or_else(|| order.to_owned())),
            transaction_id: self.number.clone(),
            auth_code: self.auth_code.clone(),
            extra: Vec::new(),
        }
    }
}

/// Code and result must agree.
fn standing(line: &Tree, voided: bool) -> Standing {
    let succeeded = line.filled("TxnResult").map(|word| word == "Success");
    match (line.filled("ProcReturnCode"), succeeded) {
        (Some("00"), Some(true)) if voided => Standing::Voided,
        (Some("00"), Some(true)) => Standing::Stands,
        (Some("V000" | "V020" | "V033"), Some(false) | None) => Standing::Unfinished,
        (Some("00") | None, _) | (Some(_), Some(true)) => Standing::Unclear,
        (Some(_), _) => Standing::Failed,
    }
}

/// `31.10.2022 23:13:21` in an inquiry, `2024-01-21T17:39:02` in a history.
pub fn instant(text: &str) -> Option<i64> {
    let Some((date, time)) = text.trim().split_once(' ') else { return istanbul::epoch_ms(text) };
    let parts: Vec<&str> = date.split('.').collect();
    match parts.as_slice() {
        [day, month, year] if year.len() == 4 => istanbul::epoch_ms(&format!("{year}-{month:0>2}-{day:0>2} {time}")),
        _ => istanbul::epoch_ms(text),
    }
}

/// `VoidDate` is a day, `VoidTime` a time without its leading zeros.
fn voided_at(line: &Tree) -> Option<i64> {
    let (date, time) = (line.filled("VoidDate")?, line.filled("VoidTime")?);
    istanbul::epoch_ms(&format!("{date} {time:0>6}"))
}

/// What an answer to `OrderInquiry` comes to.
#[derive(Debug, Clone)]
pub enum Found {
    /// One order: its last transaction.
    Order(Box<Row>),
    /// The bank has no such order, in so many words.
    Nothing,
    /// It did not answer the question.
    Unclear(String),
}

/// Reads an answer to `OrderInquiry`. A refused question looks like a refused payment, but speaks of itself.
pub fn found(answer: &Answer) -> Found {
    let row = Row::read(answer.root());
    let of_itself = !row.is_charge() && !matches!(row.kind.as_str(), "Void" | "Refund");
    match row.code.as_deref() {
        None => Found::Unclear("the answer has no code".into()),
        Some("V013") if of_itself && row.request.is_none() => Found::Nothing,
        Some(code) if of_itself => Found::Unclear(format!("the question was refused with {code}")),
        Some(_) => Found::Order(Box::new(row)),
    }
}

/// What a history comes to.
#[derive(Debug, Clone)]
pub enum History {
    /// The transactions, oldest first.
    Rows(Vec<Row>),
    /// The bank has no such order.
    Nothing,
    /// It did not answer the question.
    Unclear(String),
}

/// Reads a `TxnHistoryReport`.
pub fn history(report: &Tree) -> History {
    if report.name != "TxnHistoryReport" {
        let code = report.filled("ProcReturnCode").unwrap_or("no code");
        return match code {
            "V013" | "M027" | "P002" => History::Nothing,
            code => History::Unclear(format!("the question was answered with {code}")),
        };
    }
    let extended = report.children.iter().filter(|child| child.name == "PaymentRequestExtended");
    let requests: Vec<&Tree> = extended.filter_map(|extended| extended.at("PaymentRequest")).collect();
    let rows: Vec<Row> = requests.into_iter().map(Row::read).collect();
    match rows.as_slice() {
        [] => History::Unclear("the report is empty".into()),
        [row] if row.code.as_deref() == Some("V013") && !row.is_charge() && row.request.is_none() => History::Nothing,
        _ => History::Rows(rows),
    }
}

//! `orderhistoryinq`: every transaction of an order.

use vezne_plugin::xml::Tree;
use vezne_plugin::{BankRef, amount};

use crate::answer::Answer;
use crate::order_status::{self, Found};

/// What a transaction has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Done, and it counts.
    Stands,
    /// Done once, and voided since.
    Voided,
    /// Refused.
    Failed,
    /// None of these clearly.
    Unclear,
}

/// One transaction.
#[derive(Debug, Clone)]
pub struct Row {
    /// `sales`, `preauth`, `postauth`, `void`, `refund`.
    pub kind: String,
    /// What it has come to.
    pub standing: Standing,
    /// `Status`: `00` for one that counts.
    pub status: Option<String>,
    /// `ReturnCode`: `00` is yes.
    pub code: Option<String>,
    /// Minor units.
    pub reserved: Option<i64>,
    /// Minor units.
    pub charged: Option<i64>,
    /// `YYYYMMDD`.
    pub reserved_on: Option<String>,
    /// `YYYYMMDD`.
    pub charged_on: Option<String>,
    /// The bank's number of it.
    pub number: Option<String>,
    /// Authorization code.
    pub auth_code: Option<String>,
    /// As the bank wrote it; often `0`.
    pub currency: Option<String>,
}

impl Row {
    /// Of an `OrderTxn`.
    pub fn read(line: &Tree) -> Self {
        let text = |name: &str| line.filled(name).map(str::to_owned);
        let minor = |name: &str| line.get(name).and_then(amount::parse_minor);
        let (status, code) = (text("Status"), text("ReturnCode"));
        let voided = line.filled("VoidDate").is_some_and(|date| date.bytes().any(|byte| byte != b'0'));
        Self {
            kind: line.get("Type").unwrap_or_default().to_ascii_lowercase(),
            standing: Self::standing(code.as_deref(), status.as_deref(), voided),
            reserved: minor("PreAuthAmount"),
            charged: minor("AuthAmount"),
            reserved_on: text("PreAuthDate"),
            charged_on: text("AuthDate"),
            number: text("RetrefNum"),
            auth_code: text("AuthCode"),
            currency: text("CurrencyCode"),
            status,
            code,
        }
    }

    fn standing(code: Option<&str>, status: Option<&str>, voided: bool) -> Standing {
        match (code.or(status), status) {
            (Some("00"), _) if voided => Standing::Voided,
            (Some("00"), Some("00") | None) => Standing::Stands,
            (Some("00") | None, _) => Standing::Unclear,
            (Some(_), _) => Standing::Failed,
        }
    }

    /// What it moved, minor units.
    pub fn minor(&self) -> Option<i64> {
        let positive = |minor: Option<i64>| minor.filter(|minor| *minor > 0);
        positive(self.charged).or(positive(self.reserved)).or(self.charged)
    }

    /// A sale, reservation or capture.
    pub fn is_charge(&self) -> bool {
        matches!(self.kind.as_str(), "sales" | "preauth" | "postauth")
    }

    /// Where the bank keeps it.
    pub fn bank_ref(&self, order: &str) -> BankRef {
        BankRef {
            bank_order_id: Some(order.to_owned()),
            transaction_id: self.number.clone(),
            auth_code: self.auth_code.clone(),
            extra: Vec::new(),
        }
    }
}

/// What an answer to `orderhistoryinq` comes to.
#[derive(Debug, Clone)]
pub enum History {
    /// The transactions, in the bank's order.
    Rows(Vec<Row>),
    /// The bank has no such order.
    Nothing,
    /// It did not answer the question.
    Unclear(String),
}

/// Reads an answer to `orderhistoryinq`.
pub fn read(answer: &Answer) -> History {
    match order_status::unanswered(answer) {
        Some(Found::Nothing) => return History::Nothing,
        Some(Found::Unclear(why)) => return History::Unclear(why),
        Some(Found::Order(_)) | None => {}
    }
    let Some(list) = answer.at("Order/OrderHistInqResult/OrderTxnList") else {
        return History::Unclear("the answer has no list of transactions".into());
    };
    let rows: Vec<Row> = list.children.iter().filter(|child| child.name == "OrderTxn").map(Row::read).collect();
    if rows.is_empty() {
        return History::Unclear("the list of transactions is empty".into());
    }
    History::Rows(rows)
}

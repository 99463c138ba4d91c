//! `ORDERHISTORY`: every transaction of an order, one tab-separated line each.

use vezne_plugin::{BankRef, amount};

use crate::answer::Answer;
use crate::bank_time;
use crate::order_status::{Standing, says_no_record};

/// One transaction.
#[derive(Debug, Clone)]
pub struct Row {
    /// `S` for a charge, reservation or capture, `C` for a credit.
    pub charge_type: String,
    /// What it has come to.
    pub standing: Standing,
    /// Minor units.
    pub original: Option<i64>,
    /// Minor units.
    pub captured: Option<i64>,
    /// As the bank wrote it.
    pub authorized_at: String,
    /// Reference of the card's bank.
    pub host_ref: Option<String>,
    /// Authorization code.
    pub auth_code: Option<String>,
    /// `00` is yes.
    pub proc_return_code: Option<String>,
    /// The bank's number of the transaction.
    pub transaction_id: Option<String>,
}

const COLUMNS: usize = 11;

impl Row {
    /// Of a line; `None` if it has not all its columns.
    pub fn read(line: &str) -> Option<Self> {
        let columns: Vec<&str> = line.split('\t').collect();
        if columns.len() < COLUMNS {
            return None;
        }
        let filled = |at: usize| Some(columns[at].trim()).filter(|text| !text.is_empty()).map(str::to_owned);
        Some(Self {
            charge_type: columns[0].trim().to_owned(),
            standing: Standing::of(columns[1].trim()),
            original: amount::parse_minor(columns[2].trim()),
            captured: amount::parse_minor(columns[3].trim()),
            authorized_at: columns[4].trim().to_owned(),
            host_ref: filled(7),
            auth_code: filled(8),
            proc_return_code: filled(9),
            transaction_id: filled(10),
        })
    }

    /// A charge, reservation or capture.
    pub fn is_charge(&self) -> bool {
        self.charge_type == "S"
    }

    /// A refund.
    pub fn is_credit(&self) -> bool {
        self.charge_type == "C"
    }

    /// When, if the bank wrote it legibly.
    pub fn epoch_ms(&self) -> Option<i64> {
        bank_time::epoch_ms(&self.authorized_at)
    }

    /// What it moved or reserved.
    pub fn minor(&self) -> Option<i64> {
        self.captured.or(self.original)
    }

    /// Where the bank keeps it.
    pub fn bank_ref(&self, order_id: &str) -> BankRef {
        BankRef {
            bank_order_id: Some(order_id.to_owned()),
            transaction_id: self.transaction_id.clone(),
            auth_code: self.auth_code.clone(),
            extra: self.host_ref.clone().map(|value| ("host-ref".to_owned(), value)).into_iter().collect(),
        }
    }
}

/// What an `ORDERHISTORY` answer comes to.
#[derive(Debug, Clone)]
pub enum History {
    /// All transactions, newest first as the bank sends them.
    Rows(Vec<Row>),
    /// The bank has no such order, in so many words.
    Nothing,
    /// It did not answer the question.
    Unclear(String),
}

/// Reads an answer to `ORDERHISTORY`. Fewer lines than it counts are no answer.
pub fn read(answer: &Answer) -> History {
    if says_no_record(answer) {
        return History::Nothing;
    }
    let words = answer.words();
    let approved = words.proc_return_code == Some("00")
        && words.response.is_some_and(|word| word.eq_ignore_ascii_case("Approved"));
    if !approved {
        let code = answer.error_code().or(words.proc_return_code).unwrap_or("no code");
        return History::Unclear(format!("the question was refused with {code}"));
    }
    let mut rows = Vec::new();
    while let Some(line) = answer.extra(&format!("TRX{}", rows.len() + 1)) {
        match Row::read(line) {
            Some(row) => rows.push(row),
            None => return History::Unclear(format!("TRX{} has missing columns", rows.len() + 1)),
        }
    }
    match answer.extra("TRXCOUNT").and_then(|count| count.parse::<usize>().ok()) {
        Some(count) if count == rows.len() => History::Rows(rows),
        _ => History::Unclear("the answer has not as many lines as it counts".into()),
    }
}

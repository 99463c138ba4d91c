//! `ORDERSTATUS`: the one line the bank keeps for an order.

use vezne_plugin::{BankRef, amount};

use crate::answer::Answer;

/// What a transaction has come to (`TRANS_STAT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// `A`: authorized, before the day end. A sale stands so until its capture is written.
    Authorized,
    /// `C` or `S`: captured or settled.
    Captured,
    /// `D` or `ERR`.
    Failed,
    /// `PN`.
    Pending,
    /// `V` or `CNCL`.
    Voided,
    /// `R` (a technical reversal is due) and whatever else there may be.
    Unclear,
}

impl Standing {
    /// By the bank's letters.
    pub fn of(letters: &str) -> Self {
        match letters {
            "A" => Self::Authorized,
            "C" | "S" => Self::Captured,
            "D" | "ERR" => Self::Failed,
            "PN" => Self::Pending,
            "V" | "CNCL" => Self::Voided,
            _ => Self::Unclear,
        }
    }

    /// Whether money is reserved or taken.
    pub fn holds_money(self) -> bool {
        matches!(self, Self::Authorized | Self::Captured)
    }
}

/// What the bank says about an order. Amounts are minor units here, decimals everywhere else.
#[derive(Debug, Clone)]
pub struct OrderStatus {
    /// The order it speaks of.
    pub order_id: Option<String>,
    /// `S` for a charge, `C` for a credit.
    pub charge_type: String,
    /// What it has come to.
    pub standing: Standing,
    /// Authorized.
    pub original: Option<i64>,
    /// Captured.
    pub captured: Option<i64>,
    /// The code of the transaction itself.
    pub proc_return_code: Option<String>,
    /// Where the bank keeps it.
    pub bank: BankRef,
}

/// What an `ORDERSTATUS` answer comes to.
#[derive(Debug, Clone)]
pub enum Found {
    /// One order.
    Order(Box<OrderStatus>),
    /// The bank has no such order, in so many words.
    Nothing,
    /// It did not answer the question.
    Unclear(String),
}

/// Whether an answer says in so many words that the bank has no record.
pub fn says_no_record(answer: &Answer) -> bool {
    let says_no = answer.words().response.is_some_and(|word| !word.eq_ignore_ascii_case("Approved"));
    let text = vezne_plugin::turkish::ascii(answer.get("ErrMsg").unwrap_or_default()).to_ascii_lowercase();
    let none = text.starts_with("no record found") || text.starts_with("kayit bulunamadi");
    let empty =
        answer.extra("ORD_ID").is_none() && answer.extra("TRX1").is_none() && answer.extra("TRANS_STAT").is_none();
    says_no && none && empty
}

/// Reads an answer to `ORDERSTATUS`.
pub fn read(answer: &Answer) -> Found {
    if says_no_record(answer) {
        return Found::Nothing;
    }
    let words = answer.words();
    let approved = words.proc_return_code == Some("00")
        && words.response.is_some_and(|word| word.eq_ignore_ascii_case("Approved"));
    if !approved {
        let code = answer.error_code().or(words.proc_return_code).unwrap_or("no code");
        return Found::Unclear(format!("the question was refused with {code}"));
    }
    let Some(letters) = answer.extra("TRANS_STAT") else {
        return Found::Unclear("the answer has no TRANS_STAT".into());
    };
    let field = |name: &str| answer.extra(name).map(str::to_owned);
    let host_ref = field("HOST_REF_NUM").map(|value| ("host-ref".to_owned(), value));
    Found::Order(Box::new(OrderStatus {
        order_id: field("ORD_ID").or_else(|| answer.get("OrderId").map(str::to_owned)),
        charge_type: field("CHARGE_TYPE_CD").unwrap_or_default(),
        standing: Standing::of(letters),
        original: answer.extra("ORIG_TRANS_AMT").and_then(amount::parse_minor),
        captured: answer.extra("CAPTURE_AMT").and_then(amount::parse_minor),
        proc_return_code: field("PROC_RET_CD"),
        bank: BankRef {
            bank_order_id: field("ORD_ID").or_else(|| answer.get("OrderId").map(str::to_owned)),
            transaction_id: field("TRANS_ID").or_else(|| answer.get("TransId").map(str::to_owned)),
            auth_code: field("AUTH_CODE"),
            extra: host_ref.into_iter().collect(),
        },
    }))
}

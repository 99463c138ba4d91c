//! `TP_Islem_Sorgulama4`: what Param's book says of an order.

use vezne_plugin::xml::Tree;
use vezne_plugin::{BankRef, amount};

use crate::answer::{bank_ref, is_positive};

/// What an order has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Reserved.
    Authorized,
    /// Charged, perhaps given back in part or in whole since.
    Charged,
    /// Refused.
    Failed,
    /// Voided.
    Voided,
    /// A word nobody explained.
    Unclear,
}

impl Standing {
    /// Of `Durum` and `Islem_Tip`.
    pub fn of(state: &str, kind: &str) -> Self {
        match (state, kind) {
            ("SUCCESS", "PRE_AUTH") => Self::Authorized,
            ("SUCCESS", "SALE" | "POST_AUTH") | ("REFUND" | "PARTIAL_REFUND", _) => Self::Charged,
            ("CANCEL", _) => Self::Voided,
            ("FAIL" | "BANK_FAIL", _) => Self::Failed,
            _ => Self::Unclear,
        }
    }
}

/// An order's line.
#[derive(Debug, Clone)]
pub struct OrderStatus {
    /// What it has come to.
    pub standing: Standing,
    /// `SALE`, `PRE_AUTH`, `POST_AUTH`.
    pub kind: String,
    /// What was charged or reserved, in minor units.
    pub amount: Option<i64>,
    /// What was given back of it so far, in minor units.
    pub refunded: Option<i64>,
    /// `Siparis_ID`.
    pub order_id: Option<String>,
    /// `Islem_ID`.
    pub transaction: Option<String>,
    /// What the card's bank says of a reservation: `A` while it waits to be taken. Only some banks do.
    pub bank_state: Option<String>,
    /// For people, of a refusal.
    pub message: Option<String>,
    /// Where Param keeps it.
    pub bank: BankRef,
}

/// What an answer comes to.
#[derive(Debug, Clone)]
pub enum Found {
    /// This order.
    Order(Box<OrderStatus>),
    /// Param has no such order, in so many words.
    Nothing,
    /// It did not answer the question.
    Unclear(String),
}

/// "Transaction not found".
const NO_SUCH_ORDER: &str = "-209";

/// Which number the question was put with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked<'a> {
    /// `Siparis_ID`.
    Order(&'a str),
    /// `Islem_ID`.
    Transaction(&'a str),
}

/// Reads the operation's result.
pub fn read(result: &Tree, asked: Asked<'_>, exponent: u8) -> Found {
    match result.filled("Sonuc") {
        Some(NO_SUCH_ORDER) => return Found::Nothing,
        code if is_positive(code) => {}
        code => return Found::Unclear(format!("the question was refused with {}", code.unwrap_or("no code"))),
    }
    let Some(line) = result.at("DT_Bilgi").filter(|line| !line.children.is_empty()) else {
        return Found::Unclear("the answer has no line".into());
    };
    let (name, wanted) = match asked {
        Asked::Order(order) => ("Siparis_ID", order),
        Asked::Transaction(transaction) => ("Islem_ID", transaction),
    };
    if line.filled(name) != Some(wanted) {
        return Found::Unclear("Param speaks of another order".into());
    }
    let text = |name: &str| line.filled(name).unwrap_or_default();
    let minor = |name: &str| line.filled(name).and_then(|text| amount::parse_decimal(text, exponent));
    let receipt = line.filled("Dekont_ID");
    let standing = match Standing::of(text("Durum"), text("Islem_Tip")) {
        // "0 if it failed, above 0 if it succeeded" (Param's own page).
        Standing::Authorized | Standing::Charged if !is_positive(receipt) => Standing::Unclear,
        Standing::Failed if is_positive(receipt) => Standing::Unclear,
        standing => standing,
    };
    let order = line.filled("Siparis_ID").unwrap_or(wanted);
    Found::Order(Box::new(OrderStatus {
        standing,
        kind: text("Islem_Tip").to_owned(),
        amount: minor("Toplam_Tutar"),
        refunded: minor("Toplam_Iade_Tutar"),
        order_id: line.filled("Siparis_ID").map(str::to_owned),
        transaction: line.filled("Islem_ID").map(str::to_owned),
        bank_state: line.filled("Bank_Extra").and_then(bank_state),
        message: line.filled("Banka_Sonuc_Aciklama").or(line.filled("Odeme_Sonuc_Aciklama")).map(str::to_owned),
        bank: bank_ref(line, order, receipt),
    }))
}

/// `TRANS_STAT` of a bank's own document inside the line.
fn bank_state(extra: &str) -> Option<String> {
    let document = Tree::read(extra.as_bytes(), None).ok()?;
    document.filled("TRANS_STAT").map(str::to_owned)
}

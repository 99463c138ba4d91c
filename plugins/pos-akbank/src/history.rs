//! Transactions as the bank lists them: of one order (`1010`), or of a day (the report).

use vezne_plugin::json::Tree;
use vezne_plugin::{BankRef, amount, istanbul};

use crate::answer::{Answer, Judgement, TRACK};
use crate::code;

/// What a transaction has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Approved, and nothing has undone it.
    Done,
    /// Refused.
    Failed,
    /// Voided since.
    Voided,
    /// The bank itself took it back because something went wrong on the way.
    Reversed,
    /// A charge of a repeated order whose day has not come.
    Planned,
    /// A planned charge that was cancelled.
    PlanCancelled,
    /// `S` (the bank looks into it) and whatever else there may be.
    Unclear,
}

impl Standing {
    /// Order histories write letters, reports write words; repeated orders have letters of their own.
    fn of(row: &Tree) -> Self {
        let refused = row.filled("responseCode").is_some_and(|code| code != crate::answer::APPROVED);
        let approved = row.filled("responseCode") == Some(crate::answer::APPROVED);
        if row.filled("requestType") == Some("R") {
            return match row.filled("requestStatus") {
                Some("V") => Self::Voided,
                Some("C") => Self::PlanCancelled,
                Some("S") if approved => Self::Done,
                _ if refused => Self::Failed,
                Some("W") if !approved => Self::Planned,
                _ => Self::Unclear,
            };
        }
        match row.filled("txnStatus") {
            Some("S") => Self::Unclear,
            _ if refused => Self::Failed,
            Some("N" | "Başarılı") if approved => Self::Done,
            Some("V" | "İptal") => Self::Voided,
            Some("R" | "Teknik İptal") => Self::Reversed,
            Some("Başarısız") if !approved => Self::Failed,
            _ => Self::Unclear,
        }
    }
}

/// One transaction.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    tree: &'a Tree,
    /// The bank's transaction code.
    pub code: &'a str,
    /// What it has come to.
    pub standing: Standing,
}

impl<'a> Row<'a> {
    fn of(tree: &'a Tree) -> Option<Self> {
        Some(Self { tree, code: tree.filled("txnCode")?, standing: Standing::of(tree) })
    }

    /// A filled field.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.tree.filled(name)
    }

    /// Minor units.
    pub fn minor(&self, exponent: u8) -> Option<i64> {
        self.get("amount").and_then(|text| amount::parse_decimal(text, exponent))
    }

    /// Which charge of a repeated order it is, counted from 1.
    pub fn number(&self) -> Option<i64> {
        self.get("recurringOrder")?.parse().ok()
    }

    /// Whether it speaks of an order. A refused transaction may name none at all.
    pub fn is_of(&self, order: &str) -> bool {
        let names = ["orgOrderId", "orderId", "orderTrackId"].map(|name| self.get(name));
        names.contains(&Some(order)) || names.iter().all(Option::is_none)
    }

    /// A reservation that nothing has been taken from.
    pub fn is_open_reservation(&self) -> bool {
        self.code == code::AUTHORIZE && self.standing == Standing::Done && self.get("preAuthStatus") != Some("C")
    }

    /// When it was made.
    pub fn epoch_ms(&self) -> Option<i64> {
        self.get("txnDateTime").and_then(istanbul::epoch_ms)
    }

    /// What tells it from the others of its order: several refunds may share everything but their time.
    /// Short, because a list of them is kept as one reference.
    pub fn identity(&self) -> Option<String> {
        let mut rest = u64::try_from(self.epoch_ms()?).ok()?;
        let mut letters = Vec::new();
        while rest > 0 {
            letters.push(char::from_digit(u32::try_from(rest % 36).ok()?, 36)?);
            rest /= 36;
        }
        Some(letters.iter().rev().collect())
    }

    /// Where the bank keeps it.
    pub fn bank_ref(&self, order: &str) -> BankRef {
        let kept = [("orderTrackId", TRACK), ("batchNumber", "batch"), ("stan", "stan")];
        let extra = kept.iter().filter_map(|(from, to)| Some(((*to).to_owned(), self.get(from)?.to_owned())));
        BankRef {
            bank_order_id: Some(order.to_owned()),
            transaction_id: self.get("rrn").map(str::to_owned),
            auth_code: self.get("authCode").map(str::to_owned),
            extra: extra.collect(),
        }
    }
}

/// What the bank answered.
#[derive(Debug, Clone)]
pub enum History<'a> {
    /// These transactions, in the bank's order.
    Rows(Vec<Row<'a>>),
    /// The bank has no such order, in so many words.
    Nothing,
    /// It did not answer the question.
    Unclear(String),
}

/// "No such transaction", "no original", "no such planned transaction".
const NOT_FOUND: [&str; 3] = ["VPS-1123", "VPS-1007", "VPS-1059"];

/// Reads the transactions of an order.
pub fn read(answer: &Answer) -> History<'_> {
    if answer.get("txnCode").is_some_and(|answered| answered != code::HISTORY) {
        return History::Unclear("the answer is to another kind of question".into());
    }
    let words = answer.words();
    match words.judge() {
        Judgement::Approved => listed(answer.tree(), "txnDetailList", false),
        _ if words.response_code.is_some_and(|code| NOT_FOUND.contains(&code)) => History::Nothing,
        _ => History::Unclear(format!("the question was refused with {}", words.response_code.unwrap_or("no code"))),
    }
}

/// Reads a list. A day may be empty; an order that exists has transactions.
pub fn listed<'a>(tree: &'a Tree, path: &str, may_be_empty: bool) -> History<'a> {
    let Some(Tree::List(items)) = tree.get(path) else {
        return History::Unclear("the answer has no list of transactions".into());
    };
    let rows: Option<Vec<Row<'a>>> = items.iter().map(Row::of).collect();
    match rows {
        Some(rows) if rows.is_empty() && !may_be_empty => History::Unclear("the list of transactions is empty".into()),
        Some(rows) => History::Rows(rows),
        None => History::Unclear("a transaction in the list has no txnCode".into()),
    }
}

//! What became of an operation? `QUERYTRANSACTION` lists every transaction of an order.

use serde::{Deserialize, Serialize};
use vezne_plugin::json::Tree;
use vezne_plugin::words::{category, operation, order_state};
use vezne_plugin::{BankRef, Decline, Outcome, Stated, Target, step};

use crate::answer::{self, APPROVED, Answer, Judgement, Why};

/// Key in `known.extra`: how much had been refunded before ours, in minor units.
pub const REFUNDED_BEFORE: &str = "refunded-before";

/// What a transaction has come to (`transactionStatus`, from the platform's own library).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// `AP`: approved.
    Approved,
    /// `PA`: a reservation that was taken.
    Taken,
    /// `VD`: undone.
    Voided,
    /// `IP`, `MR`, `WFA`, `WLA`: nobody has decided yet.
    Waiting,
    /// `FA`, `CA`, `RJ`: refused, left by the card holder, or rejected.
    Failed,
    /// Whatever else there may be.
    Unclear,
}

impl Standing {
    /// By the platform's letters.
    pub fn of(letters: Option<&str>) -> Self {
        match letters {
            Some("AP") => Self::Approved,
            Some("PA") => Self::Taken,
            Some("VD") => Self::Voided,
            Some("IP" | "MR" | "WFA" | "WLA") => Self::Waiting,
            Some("FA" | "CA" | "RJ") => Self::Failed,
            _ => Self::Unclear,
        }
    }

    /// Whether it was approved, whatever became of it since.
    pub fn was_approved(self) -> bool {
        matches!(self, Self::Approved | Self::Taken | Self::Voided)
    }
}

/// One transaction.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    tree: &'a Tree,
    /// What it has come to.
    pub standing: Standing,
}

impl Row<'_> {
    fn is(&self, kind: &str) -> bool {
        self.tree.filled("transactionType") == Some(kind)
    }

    /// Minor units.
    pub fn minor(&self) -> Option<i64> {
        answer::stated(self.tree, None).minor
    }

    /// The platform's number of it.
    pub fn number(&self) -> Option<&str> {
        self.tree.filled("pgTranId")
    }

    /// A filled field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.tree.filled(name)
    }

    /// The codes beside it.
    pub fn why(&self) -> Why<'_> {
        Why::of(self.tree)
    }

    /// Where the platform keeps it.
    pub fn bank_ref(&self, order_id: &str) -> BankRef {
        answer::bank_ref(self.tree, order_id)
    }
}

/// The transactions of an order.
#[derive(Debug, Clone)]
pub struct Rows<'a> {
    rows: Vec<Row<'a>>,
}

/// What an inquiry comes to.
#[derive(Debug, Clone)]
pub enum Found<'a> {
    /// This order.
    Order(Rows<'a>),
    /// The platform has no such order.
    Nothing,
    /// It did not answer the question.
    Unclear(String),
}

/// No transaction, and no payment.
const UNKNOWN_ORDER: [&str; 2] = ["ERR10030", "ERR10034"];

/// Reads an answer to a question about an order.
pub fn read<'a>(answer: &'a Answer, order_id: &str) -> Found<'a> {
    let unclear = |why: &str| Found::Unclear(why.to_owned());
    let error = Why::of(answer.tree()).error;
    if answer.code() != Some(APPROVED) {
        return match error {
            Some(code) if UNKNOWN_ORDER.contains(&code) => Found::Nothing,
            code => Found::Unclear(format!("the question was refused with {}", code.unwrap_or("no code"))),
        };
    }
    let Some(Tree::List(items)) = answer.tree().get("transactionList") else {
        return unclear("the answer has no list of transactions");
    };
    let named = |tree: &Tree| tree.filled("merchantPaymentId").or(tree.filled("pgOrderId")).map(str::to_owned);
    let whole = answer.get("merchantPaymentId").map(str::to_owned);
    let rows: Vec<Row<'_>> =
        items.iter().map(|tree| Row { tree, standing: Standing::of(tree.filled("transactionStatus")) }).collect();
    // The bank's own order number may have the merchant's in front of ours.
    let ours = |named: &str| named == order_id || named.ends_with(&format!("-{order_id}"));
    let about = |row: &Row<'_>| named(row.tree).or_else(|| whole.clone()).is_some_and(|name| ours(&name));
    match () {
        () if whole.as_deref().is_some_and(|name| name != order_id) => unclear("the answer is about another order"),
        () if !rows.iter().all(about) => unclear("a transaction in the list is of another order"),
        () if rows.is_empty() && answer.get("transactionCount").is_none_or(|count| count == "0") => Found::Nothing,
        () => Found::Order(Rows { rows }),
    }
}

impl<'a> Rows<'a> {
    /// All of them, in the platform's order.
    pub fn all(&self) -> &[Row<'a>] {
        &self.rows
    }

    fn of_kind(&self, kind: &str) -> impl Iterator<Item = Row<'a>> {
        self.rows.iter().copied().filter(move |row| row.is(kind))
    }

    /// The transaction that stands for the charge or reservation. Tries that failed do not matter beside one that
    /// did not; two that were approved cannot be.
    fn charge(&self) -> Result<Row<'a>, String> {
        let tries: Vec<Row<'a>> = self.of_kind("SALE").chain(self.of_kind("PREAUTH")).collect();
        let with = |fits: fn(Standing) -> bool| tries.iter().filter(move |row| fits(row.standing));
        let approved: Vec<_> = with(Standing::was_approved).collect();
        let other = tries.iter().find(|row| row.standing == Standing::Unclear);
        match (approved.as_slice(), other) {
            ([one], None) => Ok(**one),
            ([], None) => {
                let waiting = with(|standing| standing == Standing::Waiting).next();
                waiting.or(tries.last()).copied().ok_or_else(|| "the list has no charge".to_owned())
            }
            (_, Some(_)) => Err("a charge is in a state without a name".into()),
            _ => Err("the list has more than one approved charge".into()),
        }
    }

    /// What was given back, in minor units; `None` where a refund does not say its amount or is not decided.
    pub fn refunded(&self) -> Option<i64> {
        let rows: Vec<_> = self.of_kind("REFUND").filter(|row| row.standing != Standing::Failed).collect();
        let live = rows.iter().filter(|row| row.standing != Standing::Voided);
        live.map(|row| if row.standing == Standing::Approved { row.minor() } else { None }).sum()
    }

    /// The transaction that a refund is about: the capture, or the sale.
    pub fn refundable(&self) -> Option<Row<'a>> {
        let approved = |kind| self.of_kind(kind).find(|row| row.standing == Standing::Approved);
        approved("POSTAUTH").or_else(|| approved("SALE"))
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
}

impl Question {
    /// About an operation as the host recorded it.
    pub fn of(target: &Target, order_id: &str) -> Self {
        let before = target.bank.extra.iter().find(|(name, _)| name == REFUNDED_BEFORE);
        Self {
            order: target.bank.bank_order_id.clone().unwrap_or_else(|| order_id.to_owned()),
            operation: target.operation.clone(),
            minor: target.terms.amount.minor,
            refunded_before: before.and_then(|(_, value)| value.parse().ok()),
        }
    }

    /// Reads the order's transactions.
    pub fn answer(&self, found: &Found<'_>) -> Outcome {
        let rows = match found {
            Found::Nothing => return step::not_processed("the platform has no such order"),
            Found::Unclear(why) => return step::unknown(why.clone()),
            Found::Order(rows) => rows,
        };
        match self.operation.as_str() {
            operation::REFUND => self.refund(rows),
            operation::VOID => self.void(rows),
            operation::CAPTURE => self.capture(rows),
            _ => self.charge(rows),
        }
    }

    fn charge(&self, rows: &Rows<'_>) -> Outcome {
        let row = match rows.charge() {
            Ok(row) => row,
            Err(why) => return step::unknown(why),
        };
        // A reservation that was taken is undone through its capture.
        let undone = rows.of_kind("POSTAUTH").any(|taken| taken.standing == Standing::Voided);
        match row.standing {
            Standing::Voided => self.approved(&row, Some(order_state::VOIDED)),
            Standing::Taken if undone => self.approved(&row, Some(order_state::VOIDED)),
            Standing::Approved if row.is("PREAUTH") => self.approved(&row, Some(order_state::AUTHORIZED)),
            Standing::Approved | Standing::Taken => self.approved(&row, None),
            Standing::Waiting => Outcome::Pending(self.bank_ref(&row)),
            Standing::Failed => failed(&row),
            Standing::Unclear => step::unknown("the order is in a state without a name"),
        }
    }

    fn capture(&self, rows: &Rows<'_>) -> Outcome {
        let reservation = rows.of_kind("PREAUTH").find(|row| row.standing.was_approved());
        let takes: Vec<_> = rows.of_kind("POSTAUTH").collect();
        let decided = takes.iter().find(|row| row.standing.was_approved()).or(takes.last());
        match (decided, reservation.map(|row| row.standing)) {
            (Some(row), _) if row.standing == Standing::Voided => self.approved(row, Some(order_state::VOIDED)),
            (Some(row), _) if row.standing == Standing::Approved => self.approved(row, None),
            (Some(row), _) if row.standing == Standing::Failed => failed(row),
            (Some(row), _) if row.standing == Standing::Waiting => Outcome::Pending(self.bank_ref(row)),
            (None, Some(Standing::Approved)) => step::not_processed("the reservation has not been captured"),
            (None, Some(Standing::Voided)) => step::not_processed("the reservation was voided before it was captured"),
            _ => step::unknown("the list does not say what was captured"),
        }
    }

    /// Refunds are transactions of their own, and nothing tells one of two of the same amount from the other: the
    /// sum of them does.
    fn refund(&self, rows: &Rows<'_>) -> Outcome {
        match rows.refunded().zip(self.refunded_before).map(|(now, before)| now - before) {
            Some(0) => step::not_processed("nothing more has been refunded"),
            Some(more) if more == self.minor => {
                let last = rows.of_kind("REFUND").filter(|row| row.standing == Standing::Approved).last();
                let Some(row) = last else { return step::unknown("the list has no refund") };
                let currency = answer::stated(row.tree, None).currency;
                let stated = Stated { minor: Some(more), currency, order_id: Some(self.order.clone()) };
                step::approved(self.bank_ref(&row), stated, Some(APPROVED.into()), Vec::new())
            }
            _ => step::unknown("what has been refunded since is not this amount"),
        }
    }

    fn void(&self, rows: &Rows<'_>) -> Outcome {
        let live = [rows.of_kind("POSTAUTH").last(), rows.charge().ok()].into_iter().flatten().next();
        match live {
            Some(row) if row.standing == Standing::Voided => {
                let stated = Stated { minor: None, currency: None, order_id: Some(self.order.clone()) };
                step::approved(self.bank_ref(&row), stated, Some(APPROVED.into()), Vec::new())
            }
            Some(row) if row.standing == Standing::Approved => {
                step::not_processed("what was to be voided still stands")
            }
            _ => step::unknown("the list does not show what was to be voided"),
        }
    }

    fn bank_ref(&self, row: &Row<'_>) -> BankRef {
        row.bank_ref(&self.order)
    }

    fn approved(&self, row: &Row<'_>, state: Option<&str>) -> Outcome {
        if Why::of(row.tree).returned.is_some_and(|code| !answer::is_yes(code)) {
            return step::unknown("the transaction stands with a code that is not a yes");
        }
        let stated = answer::stated(row.tree, Some(&self.order));
        let attributes = state.map(|state| (order_state::KEY.to_owned(), state.to_owned())).into_iter().collect();
        step::approved(self.bank_ref(row), stated, Some(APPROVED.into()), attributes)
    }
}

/// Refused in the platform's own book, for the reason its codes give.
fn failed(row: &Row<'_>) -> Outcome {
    let why = Why::of(row.tree);
    if why.returned.is_some_and(answer::is_yes) {
        return step::unknown("the transaction failed with a code that is a yes");
    }
    match why.judge() {
        Judgement::Refused(code, meaning) => meaning.outcome(&code, why.text),
        // The state itself is the platform's word for a no.
        _ => Outcome::Declined(Decline {
            category: category::NOT_APPROVED.to_owned(),
            bank_code: why.error.or(why.returned).or(row.tree.filled("transactionStatus")).map(str::to_owned),
            bank_message: why.text.map(str::to_owned),
            same_card_may_retry: true,
            other_pos_may_retry: false,
            attributes: Vec::new(),
        }),
    }
}

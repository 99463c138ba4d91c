//! What became of an operation? The judgement that ends an unknown outcome.
//!
//! A charge, reservation or capture is asked for with `ORDERSTATUS`, and with `ORDERHISTORY` where the
//! order's one line speaks of something later. A refund or void is asked for with `ORDERHISTORY`: an order
//! can have several of them.

use serde::{Deserialize, Serialize};
use vezne_plugin::words::{category, operation, order_state};
use vezne_plugin::{BankRef, Decline, Outcome, Stated, Target, step};

use crate::answer;
use crate::history::{History, Row};
use crate::order_status::{Found, OrderStatus, Standing};

/// Key in `known.extra`: the bank's numbers of the refunds that were there before ours.
pub const REFUNDS_BEFORE: &str = "refunds-before";
/// Key in `known.extra`: what a void voids.
pub const VOIDS: &str = "voids";

/// How far the bank's clock may be behind ours when a refund is looked for by its time.
const CLOCK_SLACK_MS: i64 = 10 * 60 * 1_000;

/// What is asked about.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Question {
    /// The bank's order number.
    pub order: String,
    /// One of the contract's operations.
    pub operation: String,
    /// Amount of that operation.
    pub minor: i64,
    /// When it was sent.
    pub sent_at_ms: i64,
    /// Refunds of the order that were there before.
    pub refunds_before: Option<Vec<String>>,
    /// What was voided, and under which number.
    pub voids: Option<String>,
    /// The bank's number of it.
    pub transaction_id: Option<String>,
}

impl Question {
    /// About an operation as the host recorded it.
    pub fn of(target: &Target, order_id: &str) -> Self {
        let extra = |key: &str| target.bank.extra.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
        Self {
            order: target.bank.bank_order_id.clone().unwrap_or_else(|| order_id.to_owned()),
            operation: target.operation.clone(),
            minor: target.terms.amount.minor,
            sent_at_ms: i64::try_from(target.sent_at_millis).unwrap_or(i64::MAX),
            refunds_before: extra(REFUNDS_BEFORE).map(|ids| ids.split_whitespace().map(str::to_owned).collect()),
            voids: extra(VOIDS),
            transaction_id: target.bank.transaction_id.clone(),
        }
    }

    /// Whether only the history can answer.
    pub fn needs_history(&self) -> bool {
        matches!(self.operation.as_str(), operation::REFUND | operation::VOID)
    }

    /// Reads the order's one line. `None` if it does not say: then all of its transactions must be asked for.
    pub fn by_status(&self, found: &Found) -> Option<Outcome> {
        let order = match found {
            Found::Nothing => return Some(nothing()),
            Found::Unclear(why) => return Some(step::unknown(why.clone())),
            Found::Order(order) => order,
        };
        if order.charge_type != "S" {
            return None;
        }
        let captures = self.operation == operation::CAPTURE;
        Some(match order.standing {
            Standing::Authorized if captures => step::not_processed("the reservation has not been captured"),
            standing if standing.holds_money() => charge_found(order, self.stated_minor(order)),
            Standing::Failed | Standing::Voided if captures => return None,
            Standing::Failed => failed(order.proc_return_code.as_deref()),
            Standing::Pending => Outcome::Pending(order.bank.clone()),
            Standing::Voided => {
                let stated =
                    Stated { minor: self.stated_minor(order), currency: None, order_id: order.order_id.clone() };
                voided(order.bank.clone(), stated)
            }
            _ => step::unknown("the order is in a state without a name"),
        })
    }

    /// A captured reservation no longer says what was reserved.
    fn stated_minor(&self, order: &OrderStatus) -> Option<i64> {
        match (self.operation.as_str(), order.standing) {
            (operation::AUTHORIZE, Standing::Captured) => None,
            (operation::AUTHORIZE, _) => order.original,
            _ => order.captured.or(order.original),
        }
    }

    /// Reads all transactions of the order.
    pub fn by_history(&self, history: &History) -> Outcome {
        let rows = match history {
            History::Nothing => return nothing(),
            History::Unclear(why) => return step::unknown(why.clone()),
            History::Rows(rows) => rows,
        };
        match self.operation.as_str() {
            operation::REFUND => self.refund(rows),
            operation::VOID => self.void(rows),
            operation::CAPTURE => {
                self.charge(rows.iter().filter(|row| row.is_charge() && row.standing != Standing::Authorized))
            }
            _ => self.charge(rows.iter().filter(|row| row.is_charge())),
        }
    }

    /// The charge among rows, whatever was done to it later.
    fn charge<'a>(&self, rows: impl Iterator<Item = &'a Row>) -> Outcome {
        let rows: Vec<&Row> = rows.collect();
        let with = |wanted: fn(&Row) -> bool| rows.iter().find(|row| wanted(row));
        if let Some(row) = with(|row| row.standing.holds_money()) {
            let minor = if self.operation == operation::AUTHORIZE && rows.len() > 1 { None } else { row.minor() };
            return self.approved(row, minor);
        }
        if let Some(row) = with(|row| row.standing == Standing::Pending) {
            return Outcome::Pending(row.bank_ref(&self.order));
        }
        if let Some(row) = with(|row| row.standing == Standing::Voided) {
            let stated = Stated { minor: row.minor(), currency: None, order_id: Some(self.order.clone()) };
            return voided(row.bank_ref(&self.order), stated);
        }
        match rows.first() {
            Some(row) if row.standing == Standing::Failed => failed(row.proc_return_code.as_deref()),
            Some(_) => step::unknown("the order is in a state without a name"),
            None => step::not_processed("the order has no such transaction"),
        }
    }

    /// Ours is the refund of this amount that was not there before; without a list of those, the one not
    /// older than our request. Two that fit are nobody's answer.
    fn refund(&self, rows: &[Row]) -> Outcome {
        let fits = |row: &&Row| {
            let new = match (&self.refunds_before, &row.transaction_id) {
                (Some(before), Some(id)) => !before.contains(id),
                _ => row.epoch_ms().is_none_or(|at| at >= self.sent_at_ms.saturating_sub(CLOCK_SLACK_MS)),
            };
            row.is_credit() && new && (row.captured == Some(self.minor) || row.original == Some(self.minor))
        };
        let ours: Vec<&Row> = rows.iter().filter(fits).collect();
        let standing: Vec<&&Row> = ours.iter().filter(|row| row.standing.holds_money()).collect();
        match (standing.as_slice(), ours.as_slice()) {
            ([row], _) => self.approved(row, row.minor()),
            ([_, _, ..], _) => step::unknown("several refunds of this amount could be ours"),
            ([], []) => step::not_processed("the order has no such refund"),
            ([], ours) => match ours.iter().find(|row| row.standing != Standing::Failed) {
                Some(row) if row.standing == Standing::Pending => Outcome::Pending(row.bank_ref(&self.order)),
                Some(row) if row.standing == Standing::Voided => canceled(),
                Some(_) => step::unknown("the refund is in a state without a name"),
                None => failed(ours[0].proc_return_code.as_deref()),
            },
        }
    }

    /// A void has no line of its own: what it voided is marked.
    fn void(&self, rows: &[Row]) -> Outcome {
        let of_refund = self.voids.as_deref() == Some(operation::REFUND);
        let fits = |row: &&Row| match (&self.transaction_id, of_refund) {
            (Some(id), true) => row.transaction_id.as_ref() == Some(id),
            (None, true) => row.is_credit(),
            (_, false) => row.is_charge(),
        };
        let ours: Vec<&Row> = rows.iter().filter(fits).collect();
        if let Some(row) = ours.iter().find(|row| row.standing == Standing::Voided) {
            return self.approved(row, None);
        }
        if ours.iter().any(|row| row.standing.holds_money()) {
            return step::not_processed("what was to be voided still stands");
        }
        step::unknown("the bank does not show what was to be voided")
    }

    fn approved(&self, row: &Row, minor: Option<i64>) -> Outcome {
        if row.proc_return_code.as_deref().is_some_and(|code| code != "00") {
            return step::unknown("the transaction stands with a code that is not a yes");
        }
        let stated = Stated { minor, currency: None, order_id: Some(self.order.clone()) };
        step::approved(row.bank_ref(&self.order), stated, row.proc_return_code.clone(), Vec::new())
    }
}

fn charge_found(order: &OrderStatus, minor: Option<i64>) -> Outcome {
    if order.proc_return_code.as_deref().is_some_and(|code| code != "00") {
        return step::unknown("the order stands with a code that is not a yes");
    }
    let stated = Stated { minor, currency: None, order_id: order.order_id.clone() };
    step::approved(order.bank.clone(), stated, order.proc_return_code.clone(), Vec::new())
}

fn nothing() -> Outcome {
    step::not_processed("the bank has no such order")
}

/// Failed at the bank, for the reason the transaction's own code gives.
fn failed(code: Option<&str>) -> Outcome {
    match code.filter(|code| *code != "99" && *code != "00") {
        Some(code) => match answer::meaning(code) {
            Some(meaning) => meaning.outcome(code, None),
            None => declined(category::NOT_APPROVED, code),
        },
        None => declined(category::NOT_APPROVED, code.unwrap_or("D")),
    }
}

/// It had been approved, and does not count any more.
fn voided(bank: BankRef, stated: Stated) -> Outcome {
    step::approved(bank, stated, None, vec![(order_state::KEY.to_owned(), order_state::VOIDED.to_owned())])
}

/// A refund that was voided gives nothing back.
fn canceled() -> Outcome {
    declined(category::CANCELED, "V")
}

fn declined(category: &str, code: &str) -> Outcome {
    Outcome::Declined(Decline {
        category: category.to_owned(),
        bank_code: Some(code.to_owned()),
        bank_message: None,
        same_card_may_retry: true,
        other_pos_may_retry: false,
        attributes: Vec::new(),
    })
}

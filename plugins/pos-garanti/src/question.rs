//! What became of an operation? The judgement that ends an unknown outcome.
//!
//! A charge, reservation or capture is asked for with `orderinq`, and with `orderhistoryinq` where the order's
//! one line does not settle it. A refund or void is asked for with `orderhistoryinq`: an order can have several.

use serde::{Deserialize, Serialize};
use vezne_plugin::words::{category, operation, order_state};
use vezne_plugin::{Decline, Outcome, Stated, Target, istanbul, step};

use crate::history::{History, Row, Standing};
use crate::order_status::{self, Found, OrderStatus};

/// Key in `known.extra`: the bank's numbers of the refunds that were there before ours.
pub const REFUNDS_BEFORE: &str = "refunds-before";
/// Key in `known.extra`: what a void voids.
pub const VOIDS: &str = "voids";
/// Key in `known.extra`: the bank's number of what is voided, refunded or captured.
pub const ORIGINAL: &str = "original";

/// How far the bank's clock may be behind ours when a refund is looked for by its day.
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
    /// What was voided: one of the contract's operations.
    pub voids: Option<String>,
    /// The bank's number of what was voided.
    pub original: Option<String>,
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
            original: extra(ORIGINAL),
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
        if let Some(code) = order.code.as_deref().filter(|code| *code != "00") {
            return Some(order_status::failed(code));
        }
        match (order.standing, self.operation.as_str()) {
            (order_status::Standing::Charged, operation::AUTHORIZE | operation::CAPTURE) => None,
            (order_status::Standing::Charged, _) if order.charged == Some(self.minor) => {
                Some(found_order(order, order.charged, None))
            }
            (order_status::Standing::Reserved, operation::AUTHORIZE) => Some(found_order(order, order.reserved, None)),
            (order_status::Standing::Reserved, operation::CAPTURE) => {
                Some(step::not_processed("the reservation has not been captured"))
            }
            (order_status::Standing::Reserved, _) => Some(step::unknown("the bank keeps the sale as a reservation")),
            _ => None,
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
            operation::CAPTURE => self.charge(rows, &["postauth"]),
            operation::AUTHORIZE => self.charge(rows, &["preauth"]),
            operation::SALE => self.charge(rows, &["sales"]),
            _ => self.charge(rows, &["sales", "preauth"]),
        }
    }

    /// The charge among rows, whatever was done to it later.
    fn charge(&self, rows: &[Row], kinds: &[&str]) -> Outcome {
        let ours: Vec<&Row> = rows.iter().filter(|row| kinds.contains(&row.kind.as_str())).collect();
        let with = |standing: Standing| ours.iter().find(|row| row.standing == standing);
        let was_voided = rows.iter().any(|row| row.kind == "void" && row.standing == Standing::Stands);
        if let Some(row) = with(Standing::Stands) {
            // A void is a row of its own; what it voided should be marked, and if nothing is, it may be this one.
            let marked = rows.iter().any(|row| row.standing == Standing::Voided);
            if was_voided && !marked {
                return step::unknown("the order has a void and does not say of what");
            }
            return self.approved(row, row.minor());
        }
        if let Some(row) = with(Standing::Voided) {
            let stated = Stated { minor: row.minor(), currency: None, order_id: Some(self.order.clone()) };
            let voided = (order_state::KEY.to_owned(), order_state::VOIDED.to_owned());
            return step::approved(row.bank_ref(&self.order), stated, None, vec![voided]);
        }
        match ours.first() {
            Some(row) if row.standing == Standing::Failed => failed(row),
            Some(_) => step::unknown("the transaction is in a state without a name"),
            None if self.operation == operation::CAPTURE => {
                step::not_processed("the reservation has not been captured")
            }
            None => step::unknown("the order has other transactions than the one asked about"),
        }
    }

    /// Ours is the refund of this amount that was not there before; without a list of those, the one not
    /// older than our request. Two that fit are nobody's answer.
    fn refund(&self, rows: &[Row]) -> Outcome {
        let day = istanbul::compact_date(&istanbul::civil(self.sent_at_ms.saturating_sub(CLOCK_SLACK_MS)));
        let fits = |row: &&Row| {
            let new = match (&self.refunds_before, &row.number) {
                (Some(before), Some(number)) => !before.contains(number),
                _ => row.charged_on.as_ref().is_none_or(|on| *on >= day),
            };
            row.kind == "refund" && new && row.minor() == Some(self.minor)
        };
        let ours: Vec<&Row> = rows.iter().filter(fits).collect();
        let standing: Vec<&&Row> = ours.iter().filter(|row| row.standing == Standing::Stands).collect();
        match (standing.as_slice(), ours.as_slice()) {
            ([row], _) => self.approved(row, row.minor()),
            ([_, _, ..], _) => step::unknown("several refunds of this amount could be ours"),
            ([], []) => step::not_processed("the order has no such refund"),
            ([], ours) => match ours.iter().find(|row| row.standing != Standing::Failed) {
                Some(row) if row.standing == Standing::Voided => canceled(),
                Some(_) => step::unknown("the refund is in a state without a name"),
                None => failed(ours[0]),
            },
        }
    }

    /// What was voided is marked with the day.
    fn void(&self, rows: &[Row]) -> Outcome {
        let of_refund = self.voids.as_deref() == Some(operation::REFUND);
        let fits = |row: &&Row| match &self.original {
            Some(number) => row.number.as_ref() == Some(number),
            None if of_refund => row.kind == "refund",
            None => row.is_charge(),
        };
        let ours: Vec<&Row> = rows.iter().filter(fits).collect();
        if let Some(row) = ours.iter().find(|row| row.standing == Standing::Voided) {
            return self.approved(row, None);
        }
        let has_void = rows.iter().any(|row| row.kind == "void" && row.standing == Standing::Stands);
        if !has_void && ours.iter().any(|row| row.standing == Standing::Stands) {
            return step::not_processed("what was to be voided still stands");
        }
        step::unknown("the bank does not show what became of what was to be voided")
    }

    fn approved(&self, row: &Row, minor: Option<i64>) -> Outcome {
        let stated = Stated { minor, currency: None, order_id: Some(self.order.clone()) };
        step::approved(row.bank_ref(&self.order), stated, row.code.clone(), Vec::new())
    }
}

fn found_order(order: &OrderStatus, minor: Option<i64>, state: Option<&str>) -> Outcome {
    let stated = Stated { minor, currency: None, order_id: order.bank.bank_order_id.clone() };
    let attributes = state.map(|state| (order_state::KEY.to_owned(), state.to_owned()));
    step::approved(order.bank.clone(), stated, order.code.clone(), attributes.into_iter().collect())
}

fn nothing() -> Outcome {
    step::not_processed("the bank has no such order")
}

fn failed(row: &Row) -> Outcome {
    order_status::failed(row.code.as_deref().or(row.status.as_deref()).unwrap_or_default())
}

/// A refund that was voided gives nothing back.
fn canceled() -> Outcome {
    Outcome::Declined(Decline {
        category: category::CANCELED.to_owned(),
        bank_code: None,
        bank_message: None,
        same_card_may_retry: true,
        other_pos_may_retry: false,
        attributes: Vec::new(),
    })
}

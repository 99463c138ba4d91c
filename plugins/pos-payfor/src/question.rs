//! What became of an operation? The judgement that ends an unknown outcome.
//!
//! A charge, reservation or capture is asked for with `OrderInquiry`, and with the order's history where that
//! speaks of another transaction. A refund or void is asked for with the history.

use serde::{Deserialize, Serialize};
use vezne_plugin::words::{category, operation, order_state};
use vezne_plugin::{Decline, Outcome, Stated, Target, host, step};

use crate::answer;
use crate::row::{Found, History, Row, Standing};

/// Key in `known.extra`: the bank's numbers of the refunds that were there before ours.
pub const REFUNDS_BEFORE: &str = "refunds-before";

/// How far the bank's clock may be behind ours when a refund is looked for by its time.
const CLOCK_SLACK_MS: i64 = 10 * 60 * 1_000;

/// After this a payment that was begun at the gate will not be finished any more: its page is long gone.
const UNFINISHED_FINAL_AFTER_MS: i64 = 60 * 60 * 1_000;

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
    /// Refunds of the order that were there before, by the numbers of their requests.
    pub refunds_before: Option<Vec<String>>,
}

impl Question {
    /// About an operation as the host recorded it.
    pub fn of(target: &Target, order_id: &str) -> Self {
        let before = target.bank.extra.iter().find(|(name, _)| name == REFUNDS_BEFORE).map(|(_, value)| value);
        Self {
            order: target.bank.bank_order_id.clone().unwrap_or_else(|| order_id.to_owned()),
            operation: target.operation.clone(),
            minor: target.terms.amount.minor,
            sent_at_ms: i64::try_from(target.sent_at_millis).unwrap_or(i64::MAX),
            refunds_before: before.map(|ids| ids.split_whitespace().map(str::to_owned).collect()),
        }
    }

    /// Whether only the history can answer.
    pub fn needs_history(&self) -> bool {
        matches!(self.operation.as_str(), operation::REFUND | operation::VOID)
    }

    /// The bank's words for what is asked about.
    fn kinds(&self) -> &'static [&'static str] {
        match self.operation.as_str() {
            operation::SALE => &["Auth"],
            operation::AUTHORIZE => &["PreAuth"],
            operation::CAPTURE => &["PostAuth"],
            operation::REFUND => &["Refund"],
            _ => &["Auth", "PreAuth"],
        }
    }

    fn is_about(&self, row: &Row) -> bool {
        self.kinds().contains(&row.kind.as_str())
    }

    /// Reads the order's one transaction. `None` if it is not the one asked about.
    pub fn by_status(&self, found: &Found) -> Option<Outcome> {
        match found {
            Found::Nothing => Some(nothing()),
            Found::Unclear(why) => Some(step::unknown(why.clone())),
            Found::Order(row) if self.is_about(row) => Some(self.of_row(row)),
            Found::Order(_) => None,
        }
    }

    /// Reads all transactions of the order.
    pub fn by_history(&self, history: &History) -> Outcome {
        let rows = match history {
            History::Nothing => return nothing(),
            History::Unclear(why) => return step::unknown(why.clone()),
            History::Rows(rows) => rows,
        };
        // A report of another order answers nothing.
        let ours: Vec<&Row> = rows.iter().filter(|row| row.order_id.as_ref() == Some(&self.order)).collect();
        match self.operation.as_str() {
            operation::REFUND => self.refund(&ours),
            operation::VOID => self.void(&ours),
            _ => self.charge(&ours),
        }
    }

    /// The charge among rows, whatever was done to it later.
    fn charge(&self, rows: &[&Row]) -> Outcome {
        let ours: Vec<&&Row> = rows.iter().filter(|row| self.is_about(row)).collect();
        let best = [Standing::Stands, Standing::Voided, Standing::Unclear, Standing::Unfinished, Standing::Failed];
        let found = best.iter().find_map(|standing| ours.iter().find(|row| row.standing == *standing));
        match found {
            Some(row) => self.of_row(row),
            None if self.operation == operation::CAPTURE && rows.iter().any(|row| row.kind == "PreAuth") => {
                step::not_processed("the reservation has not been captured")
            }
            None => step::unknown("the order has other transactions than the one asked about"),
        }
    }

    fn of_row(&self, row: &Row) -> Outcome {
        match row.standing {
            Standing::Stands => self.approved(row, true),
            Standing::Voided => {
                let voided = (order_state::KEY.to_owned(), order_state::VOIDED.to_owned());
                step::approved(row.bank_ref(&self.order), stated(row), row.code.clone(), vec![voided])
            }
            Standing::Unfinished => self.unfinished(row),
            Standing::Failed => failed(row),
            Standing::Unclear => step::unknown("the transaction is in a state without a name"),
        }
    }

    /// `V000` and `V033` stay in the book for ever when the payer walks away from the gate.
    fn unfinished(&self, row: &Row) -> Outcome {
        let age_ms = i64::try_from(host::now_ms()).unwrap_or_default().saturating_sub(self.sent_at_ms);
        if row.security.starts_with("3D") && age_ms >= UNFINISHED_FINAL_AFTER_MS {
            return step::not_processed("the payment was begun at the gate and never finished");
        }
        step::unknown("the bank has not finished it yet")
    }

    /// Ours is the refund of this amount that was not there before; without a list of those, the one not
    /// older than our request. Two that fit are nobody's answer.
    fn refund(&self, rows: &[&Row]) -> Outcome {
        let fits = |row: &&&Row| {
            let new = match (&self.refunds_before, &row.request) {
                (Some(before), Some(request)) => !before.contains(request),
                _ => row.at_ms.is_none_or(|at| at >= self.sent_at_ms.saturating_sub(CLOCK_SLACK_MS)),
            };
            row.kind == "Refund" && new && row.minor == Some(self.minor)
        };
        let ours: Vec<&&Row> = rows.iter().filter(fits).collect();
        let standing: Vec<&&&Row> = ours.iter().filter(|row| row.standing == Standing::Stands).collect();
        match (standing.as_slice(), ours.as_slice()) {
            ([row], _) => self.approved(row, true),
            ([_, _, ..], _) => step::unknown("several refunds of this amount could be ours"),
            ([], []) if rows.iter().any(|row| row.is_charge()) => step::not_processed("the order has no such refund"),
            ([], []) => step::unknown("the bank does not show the order"),
            ([], ours) => match ours.iter().find(|row| row.standing != Standing::Failed) {
                Some(row) if row.standing == Standing::Voided => canceled(),
                Some(_) => step::unknown("the refund is in a state without a name"),
                None => failed(ours[0]),
            },
        }
    }

    /// What was voided is marked, and the void is a row of its own.
    fn void(&self, rows: &[&Row]) -> Outcome {
        let charges: Vec<&&Row> = rows.iter().filter(|row| row.is_charge()).collect();
        if let Some(row) = charges.iter().rev().find(|row| row.standing == Standing::Voided) {
            return self.approved(row, false);
        }
        let has_void = rows.iter().any(|row| row.kind == "Void" && row.standing == Standing::Stands);
        if !has_void && charges.iter().any(|row| row.standing == Standing::Stands) {
            return step::not_processed("what was to be voided still stands");
        }
        step::unknown("the bank does not show what became of what was to be voided")
    }

    fn approved(&self, row: &Row, with_amount: bool) -> Outcome {
        let mut stated = stated(row);
        if !with_amount {
            (stated.minor, stated.currency) = (None, None);
        }
        step::approved(row.bank_ref(&self.order), stated, row.code.clone(), Vec::new())
    }
}

fn stated(row: &Row) -> Stated {
    Stated { minor: row.minor, currency: row.currency.clone(), order_id: row.order_id.clone() }
}

fn nothing() -> Outcome {
    step::not_processed("the bank has no such order")
}

fn failed(row: &Row) -> Outcome {
    let code = row.code.as_deref().unwrap_or_default();
    match answer::meaning(code) {
        Some(meaning) => meaning.outcome(code, row.message.as_deref()),
        None => step::unknown(format!("the transaction failed with {code}, which is in no table")),
    }
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

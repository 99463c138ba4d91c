//! What became of an operation? The judgement that ends an unknown outcome.
//!
//! The bank answers with one line per order, so a refund is told by how much of the order has been given back
//! since it was asked for.

use serde::{Deserialize, Serialize};
use vezne_plugin::words::{category, operation, order_state};
use vezne_plugin::{Decline, Outcome, Stated, Target, step};

use crate::answer;
use crate::order_status::{Found, OrderStatus, Standing};

/// Key in `known.extra`: what had been given back of the order before our refund, in minor units.
pub const REFUNDED_BEFORE: &str = "refunded-before";

/// What is asked about.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Question {
    /// The order.
    pub order: String,
    /// One of the contract's operations.
    pub operation: String,
    /// Amount of that operation.
    pub minor: i64,
    /// Decimals of its currency.
    pub exponent: u8,
    /// What had been given back before.
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
            exponent: target.terms.amount.exponent,
            refunded_before: before.and_then(|(_, minor)| minor.parse().ok()),
        }
    }

    /// Reads the order's line.
    pub fn answered(&self, found: &Found) -> Outcome {
        let order = match found {
            Found::Nothing => return step::not_processed("the bank has no such order"),
            Found::Unclear(why) => return step::unknown(why.clone()),
            Found::Order(order) => order,
        };
        match self.operation.as_str() {
            operation::REFUND => self.refund(order),
            operation::VOID => void(order),
            operation::CAPTURE => capture(order),
            _ => self.charge(order),
        }
    }

    fn charge(&self, order: &OrderStatus) -> Outcome {
        if !order.is_charge() {
            return step::unknown("the bank's line is about a refund of the order");
        }
        match order.standing {
            Standing::Authorized if self.operation == operation::SALE => {
                step::unknown("the bank shows a reservation where a sale was asked for")
            }
            Standing::Authorized => found(order, order.amount, Some(order_state::AUTHORIZED)),
            // A captured reservation no longer says what was reserved.
            Standing::Captured | Standing::Charged if self.operation == operation::AUTHORIZE => {
                found(order, None, None)
            }
            Standing::Captured | Standing::Charged => found(order, order.amount, None),
            Standing::Voided => found(order, order.amount, Some(order_state::VOIDED)),
            Standing::Failed => failed(order.error_code.as_deref()),
            Standing::Unclear => step::unknown("the order is in a state without a name"),
        }
    }

    /// Ours is the refund by which the sum of refunds has grown since we asked. Without the sum from before,
    /// only a sum too small to hold it is an answer.
    fn refund(&self, order: &OrderStatus) -> Outcome {
        let Some(now) = order.refunded else {
            return step::unknown("the bank does not say what was given back");
        };
        match self.refunded_before {
            Some(before) if now == before => step::not_processed("the order has no such refund"),
            Some(before) if now == before.saturating_add(self.minor) => {
                step::approved(order.bank.clone(), stated(order, Some(self.minor)), None, Vec::new())
            }
            None if now < self.minor => step::not_processed("the order has no such refund"),
            _ => step::unknown("what was given back of the order is neither with nor without our refund"),
        }
    }
}

fn void(order: &OrderStatus) -> Outcome {
    match order.standing {
        Standing::Voided => step::approved(order.bank.clone(), stated(order, None), None, Vec::new()),
        standing if standing.holds_money() => step::not_processed("what was to be voided still stands"),
        _ => step::unknown("the bank does not show what was to be voided"),
    }
}

fn capture(order: &OrderStatus) -> Outcome {
    match order.standing {
        Standing::Authorized => step::not_processed("the reservation has not been captured"),
        Standing::Captured | Standing::Charged => found(order, None, None),
        _ => step::unknown("the bank does not show whether the reservation was captured"),
    }
}

fn stated(order: &OrderStatus, minor: Option<i64>) -> Stated {
    Stated { minor, currency: None, order_id: order.order_id.clone() }
}

fn found(order: &OrderStatus, minor: Option<i64>, state: Option<&str>) -> Outcome {
    let attributes = state.map(|state| (order_state::KEY.to_owned(), state.to_owned()));
    step::approved(order.bank.clone(), stated(order, minor), Some("00".into()), attributes.into_iter().collect())
}

/// Failed at the bank, for the reason the line gives, if it gives one.
fn failed(code: Option<&str>) -> Outcome {
    match code.and_then(|code| answer::meaning(code).filter(|meaning| meaning.class.is_refusal()).zip(Some(code))) {
        Some((meaning, code)) => meaning.outcome(code, None),
        None => Outcome::Declined(Decline {
            category: category::NOT_APPROVED.to_owned(),
            bank_code: Some(code.unwrap_or("D").to_owned()),
            bank_message: None,
            same_card_may_retry: true,
            other_pos_may_retry: false,
            attributes: Vec::new(),
        }),
    }
}

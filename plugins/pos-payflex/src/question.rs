//! What became of an operation? The judgement that ends an unknown outcome.
//!
//! Every transaction of ours carries a number of ours, so each can be asked for by itself; only a payment
//! at the bank's own page is asked for by its order.

use serde::{Deserialize, Serialize};
use vezne_plugin::words::{operation, order_state};
use vezne_plugin::{Effect, Fault, Outcome, Stated, Step, Target, step};

use crate::State;
use crate::answer::{self, Judgement};
use crate::found::{Found, Row};
use crate::message;
use crate::settings::Settings;

/// Key in `known.extra`: the number of what a void voids.
pub const VOIDS: &str = "voids";

/// What is asked about.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Question {
    /// Our order number.
    pub order: String,
    /// The number of the transaction, if it is known.
    pub transaction: Option<String>,
    /// One of the contract's operations.
    pub operation: String,
    /// Of its currency.
    pub exponent: u8,
}

impl Question {
    /// About an operation as the host recorded it. A void shows on what it voids.
    pub fn of(target: &Target, order_id: &str) -> Self {
        let voids = target.bank.extra.iter().find(|(name, _)| name == VOIDS).map(|(_, value)| value.clone());
        Self {
            order: target.bank.bank_order_id.clone().unwrap_or_else(|| order_id.to_owned()),
            transaction: voids.or_else(|| target.bank.transaction_id.clone()),
            operation: target.operation.clone(),
            exponent: target.terms.amount.exponent,
        }
    }

    /// The question as a request.
    pub fn ask(&self, settings: &Settings) -> Result<Step, Fault> {
        let transaction = self.transaction.as_deref().unwrap_or_default();
        let request = message::question(message::search(settings, transaction, &self.order)?)?;
        step::send(request, Effect::ReadOnly, step::order_ref(&self.order), &State::Ask { question: self.clone() })
    }

    /// What the transactions come to.
    pub fn judge(&self, found: &Found) -> Outcome {
        let rows = match found {
            Found::Nothing => return step::not_processed("the bank has no such transaction"),
            Found::Unclear(why) => return step::unknown(why.clone()),
            Found::Rows(rows) => rows,
        };
        let ours: Vec<&Row> = rows.iter().filter(|row| self.is_ours(row)).collect();
        let done: Vec<&Row> = ours.iter().copied().filter(|row| row.succeeded()).collect();
        match (done.as_slice(), ours.as_slice()) {
            ([row], _) => self.of_success(row),
            ([_, _, ..], _) => step::unknown("several transactions could be ours"),
            ([], [row]) => self.failed(row),
            ([], []) => step::unknown("the bank answered with another transaction"),
            ([], _) => step::unknown("several transactions could be ours, and none succeeded"),
        }
    }

    fn is_ours(&self, row: &Row) -> bool {
        let kinds: &[&str] = match self.operation.as_str() {
            operation::REFUND => &["Refund"],
            operation::CAPTURE => &["Capture"],
            operation::AUTHORIZE => &["Auth"],
            operation::SALE => &["Sale"],
            _ => &["Sale", "Auth", "Capture", "Refund"],
        };
        let same = match &self.transaction {
            Some(number) => row.get("TransactionId") == Some(number),
            None => row.get("OrderId") == Some(self.order.as_str()),
        };
        same && row.is(kinds)
    }

    fn of_success(&self, row: &Row) -> Outcome {
        match (self.operation.as_str(), row.voided()) {
            (operation::VOID, Some(true)) => self.approved(row, None, Vec::new()),
            (operation::VOID, Some(false)) => step::not_processed("what was to be voided still stands"),
            (operation::VOID, None) => step::unknown("the bank does not say whether it was voided"),
            // A capture or refund that was taken back has done nothing.
            (operation::REFUND | operation::CAPTURE, Some(true)) => {
                step::not_processed("it was done, and voided since")
            }
            (_, Some(true)) => {
                let state = vec![(order_state::KEY.to_owned(), order_state::VOIDED.to_owned())];
                self.approved(row, row.minor(self.exponent), state)
            }
            _ => self.approved(row, row.minor(self.exponent), Vec::new()),
        }
    }

    fn failed(&self, row: &Row) -> Outcome {
        if self.operation == operation::VOID {
            return step::unknown("the bank does not show what was to be voided");
        }
        match answer::judge(row.code()) {
            Judgement::Refused(code, meaning) => meaning.outcome(&code, row.get("ResponseMessage")),
            Judgement::Unclear(why) => step::unknown(why),
            Judgement::Approved => step::unknown("an approval is not a failure"),
        }
    }

    fn approved(&self, row: &Row, minor: Option<i64>, state: Vec<(String, String)>) -> Outcome {
        // A capture or refund has an order number of the bank's own.
        let charge = row.is(&["Sale", "Auth"]);
        let order_id = row.get("OrderId").filter(|_| charge).map(str::to_owned);
        let currency = row.currency().filter(|_| minor.is_some()).map(str::to_owned);
        let stated = Stated { minor, currency, order_id };
        step::approved(row.bank_ref(&self.order), stated, row.code().map(str::to_owned), state)
    }
}

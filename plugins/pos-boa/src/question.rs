//! What became of an operation? The judgement that ends an unknown outcome.
//!
//! Both banks keep one line for an order with the totals of what was done to it. A refund has no line of
//! ours: it is told by how much had been given back before it was sent.

use serde::{Deserialize, Serialize};
use vezne_plugin::words::{category, operation, order_state};
use vezne_plugin::{Decline, Effect, Fault, HttpRequest, HttpResponse, Outcome, Stated, Step, Target, istanbul, step};

use crate::answer;
use crate::book::{self, Found, Row, Standing};
use crate::settings::{Bank, Settings};
use crate::soap::{self, Asked};
use crate::{State, katilim, order};

/// Key in `known.extra`: what had been given back before our refund, in minor units.
pub const GIVEN_BACK_BEFORE: &str = "given-back-before";

/// Key in `known.extra`: when the sale was sent that a void, refund or capture is about, milliseconds since 1970.
pub const SOLD_AT: &str = "sold-at";

const DAY_MS: i64 = 86_400_000;

/// What is asked about.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Question {
    /// Our order number.
    pub order: String,
    /// The bank's, if it is known.
    pub bank_order: Option<String>,
    /// One of the contract's operations.
    pub operation: String,
    /// Amount of that operation.
    pub minor: i64,
    /// Of its currency.
    pub exponent: u8,
    /// The bank's four digits of it.
    pub currency: String,
    /// When the order was sent. Kuveyt Türk lists an order under its own day, whatever is done to it later.
    pub sent_at_ms: i64,
    /// What had been given back before.
    pub given_back_before: Option<i64>,
}

impl Question {
    /// About an operation as the host recorded it.
    pub fn of(target: &Target, order_id: &str) -> Self {
        let noted = |key: &str| {
            let found = target.bank.extra.iter().find(|(name, _)| name == key);
            found.and_then(|(_, text)| text.parse::<i64>().ok())
        };
        Self {
            order: target.bank.bank_order_id.clone().unwrap_or_else(|| order_id.to_owned()),
            bank_order: target.bank.transaction_id.clone(),
            operation: target.operation.clone(),
            minor: target.terms.amount.minor,
            exponent: target.terms.amount.exponent,
            currency: order::currency(&target.terms.amount),
            sent_at_ms: noted(SOLD_AT).unwrap_or_else(|| i64::try_from(target.sent_at_millis).unwrap_or(i64::MAX)),
            given_back_before: noted(GIVEN_BACK_BEFORE),
        }
    }

    /// The question as a step.
    pub fn ask(&self, settings: &Settings, state: &State) -> Result<Step, Fault> {
        step::send(self.request(settings)?, Effect::ReadOnly, step::order_ref(&self.order), state)
    }

    /// The question as a request.
    pub fn request(&self, settings: &Settings) -> Result<HttpRequest, Fault> {
        match settings.bank {
            Bank::Katilim => {
                let message = katilim::order_status(settings, &self.order)?;
                katilim::request("/SelectOrderByMerchantOrderId", message)
            }
            Bank::Kuveyt => {
                let now_ms = i64::try_from(vezne_plugin::host::now_ms()).unwrap_or_default();
                // The service lists by date and does not say whose clock it goes by.
                let from = istanbul::iso(&istanbul::civil(self.sent_at_ms.min(now_ms).saturating_sub(DAY_MS)));
                let until = istanbul::iso(&istanbul::civil(now_ms.saturating_add(DAY_MS)));
                let asked = Asked {
                    order_id: &self.order,
                    bank_order: self.bank_order.as_deref(),
                    from: &from,
                    until: &until,
                    currency: &self.currency,
                };
                soap::request(soap::ORDER_DETAIL, soap::order_detail(settings, &asked)?)
            }
        }
    }

    /// The bank's answer.
    pub fn answered(&self, settings: &Settings, response: &HttpResponse) -> Result<Outcome, Fault> {
        Ok(self.judge(settings.bank, &book::read(settings.bank, response)?))
    }

    /// What the lines come to.
    pub fn judge(&self, bank: Bank, found: &Found) -> Outcome {
        let rows = match found {
            Found::Nothing if self.is_of_a_charge() => return step::not_processed("the bank has no such order"),
            // The order is there, or it could not have been changed: the bank has looked elsewhere.
            Found::Nothing => return step::unknown("the bank does not list the order that was to be changed"),
            Found::Unclear(why) => return step::unknown(why.clone()),
            Found::Rows(rows) => rows,
        };
        // Lines of another order answer nothing, and neither does an order number the bank has charged twice.
        let ours: Vec<&Row> = rows.iter().filter(|row| self.is_ours(row)).collect();
        let charges: Vec<&Row> = ours.iter().copied().filter(|row| row.succeeded() && row.is_charge()).collect();
        let mut numbers: Vec<Option<&str>> = charges.iter().map(|row| row.get("OrderId")).collect();
        numbers.sort_unstable();
        numbers.dedup();
        match (charges.first(), numbers.len()) {
            (_, 2..) => step::unknown("the bank has charged this order number more than once"),
            (Some(row), _) => self.of_charge(row),
            (None, _) => self.without_charge(bank, &ours),
        }
    }

    fn is_of_a_charge(&self) -> bool {
        matches!(self.operation.as_str(), operation::SALE | operation::AUTHORIZE)
    }

    fn is_ours(&self, row: &Row) -> bool {
        let number = match (&self.bank_order, row.get("OrderId")) {
            (Some(known), Some(stated)) => known == stated,
            _ => true,
        };
        number && row.order_id() == Some(self.order.as_str())
    }

    fn of_charge(&self, row: &Row) -> Outcome {
        match self.operation.as_str() {
            operation::REFUND => self.refund(row),
            operation::VOID => match row.last() {
                Standing::Voided => self.approved(row, None),
                Standing::Charged => step::not_processed("what was to be voided still stands"),
                _ => step::unknown("the order is in a state that is neither voided nor not"),
            },
            operation::CAPTURE => match (row.minor("ClosedAmount", self.exponent), row.last()) {
                (Some(closed), _) if closed > 0 => self.approved(row, Some(closed)),
                (Some(0), Standing::Unclear) => step::not_processed("the reservation has not been captured"),
                _ => step::unknown("the bank does not show whether the reservation was captured"),
            },
            operation::AUTHORIZE => self.charged(row, row.last() == Standing::Voided),
            _ => match row.last() {
                Standing::Unclear => step::unknown("the order is in a state without a name"),
                last => self.charged(row, last == Standing::Voided),
            },
        }
    }

    /// Charged or reserved once, whatever was given back since.
    fn charged(&self, row: &Row, voided: bool) -> Outcome {
        let state = voided.then(|| (order_state::KEY.to_owned(), order_state::VOIDED.to_owned()));
        let minor = row.minor("FirstAmount", self.exponent);
        let stated = Stated { minor, currency: row.currency(), order_id: Some(self.order.clone()) };
        step::approved(row.bank_ref(&self.order), stated, Some("00".into()), state.into_iter().collect())
    }

    fn refund(&self, row: &Row) -> Outcome {
        let now = row.minor("DrawbackAmount", self.exponent);
        match (now, self.given_back_before) {
            (Some(now), Some(before)) if Some(now) == before.checked_add(self.minor) => {
                self.approved(row, Some(self.minor))
            }
            (Some(now), Some(before)) if now == before => step::not_processed("nothing more has been given back"),
            (Some(0), None) => step::not_processed("nothing has been given back"),
            _ => step::unknown("what has been given back could be ours or not"),
        }
    }

    fn approved(&self, row: &Row, minor: Option<i64>) -> Outcome {
        let currency = minor.and_then(|_| row.currency());
        let stated = Stated { minor, currency, order_id: Some(self.order.clone()) };
        step::approved(row.bank_ref(&self.order), stated, Some("00".into()), Vec::new())
    }

    fn without_charge(&self, bank: Bank, ours: &[&Row]) -> Outcome {
        match ours {
            [] => step::unknown("the bank answered with another order"),
            _ if !self.is_of_a_charge() => step::unknown("the bank does not show what was to be changed"),
            ours => match ours.iter().find(|row| !row.failed()) {
                // Begun at the 3-D gate and never charged: the line has no code at all.
                Some(row) if row.code().is_none() => step::not_processed("the order was begun and not charged"),
                Some(_) => step::unknown("the order is in a state without a name"),
                None => failed(bank, ours[0]),
            },
        }
    }
}

/// Failed at the bank, for the reason the line's own code gives.
fn failed(bank: Bank, row: &Row) -> Outcome {
    let (code, message) = (row.code(), row.get("ResponseExplain"));
    match code.and_then(|code| Some((code, answer::meaning(bank, code)?))) {
        Some((code, meaning)) => meaning.outcome(code, message),
        None => Outcome::Declined(Decline {
            category: category::NOT_APPROVED.to_owned(),
            bank_code: code.map(str::to_owned),
            bank_message: message.map(str::to_owned),
            same_card_may_retry: true,
            other_pos_may_retry: false,
            attributes: Vec::new(),
        }),
    }
}

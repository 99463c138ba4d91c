//! What became of an operation? The judgement that ends an unknown outcome.
//!
//! Param answers with one line per order, so a refund is told by how much of the order has been given back
//! since it was asked for.

use serde::{Deserialize, Serialize};
use vezne_plugin::words::{category, operation, order_state};
use vezne_plugin::{Decline, Fault, HttpRequest, HttpResponse, Outcome, Stated, Target, step};

use crate::message;
use crate::order_status::{self, Asked, Found, OrderStatus, Standing};
use crate::settings::Settings;
use crate::soap;

/// Key in `known.extra`: what had been given back of the order before our refund, in minor units.
pub const REFUNDED_BEFORE: &str = "refunded-before";
/// Key in `known.extra`: the payment was made on the hosted page, whose order number is not ours.
pub const HOSTED: &str = "hosted-transaction";

/// What is asked about.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Question {
    /// The order, or with `hosted` our number of the payment.
    pub number: String,
    /// Whether it was paid on the hosted page.
    pub hosted: bool,
    /// Whether the order has a number of Param's own: then ours is its transaction's.
    #[serde(default)]
    pub renamed: bool,
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
        let extra = |key: &str| target.bank.extra.iter().find(|(name, _)| name == key).map(|(_, value)| value);
        let order = || target.bank.bank_order_id.clone().unwrap_or_else(|| order_id.to_owned());
        // On the hosted page the order's own number is learned with the payment; until then ours leads to it.
        let is_charge = !matches!(target.operation.as_str(), operation::REFUND | operation::VOID);
        let hosted = extra(HOSTED).filter(|_| is_charge || target.bank.bank_order_id.is_none());
        let number = hosted.cloned().unwrap_or_else(order);
        Self {
            renamed: hosted.is_none() && number != order_id,
            number,
            hosted: hosted.is_some(),
            operation: target.operation.clone(),
            minor: target.terms.amount.minor,
            exponent: target.terms.amount.exponent,
            refunded_before: extra(REFUNDED_BEFORE).and_then(|minor| minor.parse().ok()),
        }
    }

    /// The request that puts it.
    pub fn request(&self, settings: &Settings) -> Result<HttpRequest, Fault> {
        let call = if self.hosted {
            message::status_by_transaction(settings, &self.number)?
        } else {
            message::status(settings, &self.number)?
        };
        call.into_request()
    }

    /// The answer to it.
    pub fn read(&self, response: &HttpResponse) -> Result<Found, Fault> {
        let asked = if self.hosted { Asked::Transaction(&self.number) } else { Asked::Order(&self.number) };
        Ok(order_status::read(&soap::result(response, message::STATUS)?, asked, self.exponent))
    }

    /// Judges what was found.
    pub fn answered(&self, found: &Found) -> Outcome {
        let order = match found {
            Found::Nothing => return step::not_processed("Param has no such order"),
            Found::Unclear(why) => return step::unknown(why.clone()),
            Found::Order(order) => order,
        };
        match self.operation.as_str() {
            operation::REFUND => self.refund(order),
            operation::VOID => self.void(order),
            operation::CAPTURE => self.capture(order),
            _ => self.charge(order),
        }
    }

    fn charge(&self, order: &OrderStatus) -> Outcome {
        match order.standing {
            Standing::Authorized if self.operation == operation::SALE => {
                step::unknown("Param shows a reservation where a sale was asked for")
            }
            Standing::Authorized => self.found(order, order.amount, Some(order_state::AUTHORIZED)),
            // A reservation that was taken no longer says what was reserved.
            Standing::Charged if self.operation == operation::AUTHORIZE => self.found(order, None, None),
            Standing::Charged => self.found(order, order.amount, None),
            Standing::Voided => self.found(order, order.amount, Some(order_state::VOIDED)),
            Standing::Failed => Outcome::Declined(Decline {
                category: category::NOT_APPROVED.to_owned(),
                bank_code: Some("FAIL".to_owned()),
                bank_message: order.message.clone(),
                same_card_may_retry: true,
                other_pos_may_retry: false,
                attributes: Vec::new(),
            }),
            Standing::Unclear => step::unknown("the order is in a state without a name"),
        }
    }

    /// Ours is the refund by which the sum of refunds has grown since we asked. Without the sum from before,
    /// only a sum too small to hold it is an answer.
    fn refund(&self, order: &OrderStatus) -> Outcome {
        let Some(now) = order.refunded else {
            return step::unknown("Param does not say what was given back");
        };
        match self.refunded_before {
            Some(before) if now == before => step::not_processed("the order has no such refund"),
            Some(before) if now == before.saturating_add(self.minor) => self.found(order, Some(self.minor), None),
            None if now < self.minor => step::not_processed("the order has no such refund"),
            _ => step::unknown("what was given back of the order is neither with nor without our refund"),
        }
    }

    fn void(&self, order: &OrderStatus) -> Outcome {
        match order.standing {
            Standing::Voided => self.found(order, None, None),
            Standing::Authorized | Standing::Charged => step::not_processed("what was to be voided still stands"),
            _ => step::unknown("Param does not show what was to be voided"),
        }
    }

    /// Param does not say whether a taken reservation changes its kind; the card's bank does, where it speaks.
    fn capture(&self, order: &OrderStatus) -> Outcome {
        match (order.standing, order.bank_state.as_deref()) {
            (Standing::Charged, _) => self.found(order, None, None),
            (Standing::Authorized, Some("A")) => step::not_processed("the reservation has not been captured"),
            _ => step::unknown("Param does not show whether the reservation was captured"),
        }
    }

    fn found(&self, order: &OrderStatus, minor: Option<i64>, state: Option<&str>) -> Outcome {
        let named = if self.hosted || self.renamed { order.transaction.clone() } else { order.order_id.clone() };
        let stated = Stated { minor, currency: None, order_id: named };
        let attributes = state.map(|state| (order_state::KEY.to_owned(), state.to_owned()));
        step::approved(order.bank.clone(), stated, Some("1".into()), attributes.into_iter().collect())
    }
}

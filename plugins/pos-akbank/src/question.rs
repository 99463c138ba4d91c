//! What became of an operation? The judgement that ends an unknown outcome.
//!
//! Akbank has no inquiry for one transaction; it lists all transactions of an order (`1010`), and ours is
//! found among them.

use serde::{Deserialize, Serialize};
use vezne_plugin::words::{category, operation, order_state};
use vezne_plugin::{BankRef, Decline, Outcome, Stated, Target, step};

use crate::answer::{APPROVED, Judgement, TRACK, Words};
use crate::code;
use crate::history::{History, Row, Standing};
use crate::message::Reference;

/// Key in `known.extra`: the refunds that were there before ours.
pub const REFUNDS_BEFORE: &str = "refunds-before";
/// Key in `known.extra`: what a void voids.
pub const VOIDS: &str = "voids";
/// Key in `known.extra`: which charge of a repeated order, counted from 1.
pub const NUMBER: &str = "recurring-number";
/// Value of [`VOIDS`]: charges of a repeated order that have not been made yet.
pub const PLAN: &str = "plan";

/// How far the bank's clock may be behind ours when a refund is looked for by its time.
const CLOCK_SLACK_MS: i64 = 10 * 60 * 1_000;

/// What is asked about.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Question {
    /// The order's number, or the track number of a repeated one.
    pub order: String,
    /// Whether the order is a repeated one.
    pub repeated: bool,
    /// Which charge of a repeated order.
    pub number: Option<i64>,
    /// One of the contract's operations.
    pub operation: String,
    /// Amount of that operation.
    pub minor: i64,
    /// Decimals of its currency.
    pub exponent: u8,
    /// When it was sent.
    pub sent_at_ms: i64,
    /// Refunds of the order that were there before.
    pub refunds_before: Option<Vec<String>>,
    /// What was voided.
    pub voids: Option<String>,
}

/// A reference the host kept.
pub fn kept<'a>(bank: &'a BankRef, key: &str) -> Option<&'a str> {
    bank.extra.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
}

impl Question {
    /// About an operation as the host recorded it.
    pub fn of(target: &Target, order_id: &str) -> Self {
        let track = kept(&target.bank, TRACK);
        let before = kept(&target.bank, REFUNDS_BEFORE);
        Self {
            order: track.or(target.bank.bank_order_id.as_deref()).unwrap_or(order_id).to_owned(),
            repeated: track.is_some(),
            number: kept(&target.bank, NUMBER).and_then(|number| number.parse().ok()),
            operation: target.operation.clone(),
            minor: target.terms.amount.minor,
            exponent: target.terms.amount.exponent,
            sent_at_ms: i64::try_from(target.sent_at_millis).unwrap_or(i64::MAX),
            refunds_before: before.map(|ids| ids.split_whitespace().map(str::to_owned).collect()),
            voids: kept(&target.bank, VOIDS).map(str::to_owned),
        }
    }

    /// How the order is addressed.
    pub fn reference(&self) -> Reference<'_> {
        if self.repeated { Reference::Track(&self.order, None) } else { Reference::Order(&self.order) }
    }

    /// Reads all transactions of the order.
    pub fn answer(&self, history: &History<'_>) -> Outcome {
        let rows = match history {
            History::Nothing => return step::not_processed("the bank has no such order"),
            History::Unclear(why) => return step::unknown(why.clone()),
            History::Rows(rows) => rows,
        };
        if rows.iter().any(|row| !row.is_of(&self.order)) {
            return step::unknown("the bank lists transactions of another order");
        }
        let of = |wanted: fn(&str) -> bool| {
            let mine = |row: &&Row<'_>| wanted(row.code) && self.is_number(row);
            rows.iter().filter(mine).collect::<Vec<_>>()
        };
        match self.operation.as_str() {
            operation::REFUND => self.refund(&of(|code| code == code::REFUND)),
            operation::VOID => self.void(rows),
            operation::CAPTURE => self.capture(&of(|code| code == code::CAPTURE), rows),
            operation::AUTHORIZE => self.charge(&of(|code| code == code::AUTHORIZE)),
            operation::SALE => self.charge(&of(|code| code == code::SALE)),
            _ => self.charge(&of(|code| matches!(code, code::SALE | code::AUTHORIZE))),
        }
    }

    /// Whether a row is the charge asked about, where the order has several by plan. Ours is the first.
    fn is_number(&self, row: &Row<'_>) -> bool {
        !self.repeated || row.number().is_none_or(|number| number == self.number.unwrap_or(1))
    }

    /// The charge among rows, whatever was done to it later.
    fn charge(&self, rows: &[&Row<'_>]) -> Outcome {
        let with = |standing: Standing| rows.iter().find(|row| row.standing == standing);
        if let Some(row) = with(Standing::Done) {
            return self.approved(row);
        }
        if with(Standing::Unclear).is_some() {
            return step::unknown("the transaction is in a state without a name");
        }
        if let Some(row) = with(Standing::Planned) {
            return Outcome::Pending(row.bank_ref(&self.order));
        }
        if let Some(row) = with(Standing::Voided) {
            let voided = vec![(order_state::KEY.to_owned(), order_state::VOIDED.to_owned())];
            return step::approved(row.bank_ref(&self.order), self.stated(row), None, voided);
        }
        match (with(Standing::Reversed), with(Standing::PlanCancelled), rows.last()) {
            (Some(_), _, _) => declined(category::CANCELED, "R"),
            (_, Some(_), _) => declined(category::CANCELED, "C"),
            (_, _, Some(row)) => failed(row),
            (_, _, None) => step::not_processed("the order has no such transaction"),
        }
    }

    /// A capture has a line of its own, and closes the reservation's.
    fn capture(&self, captures: &[&Row<'_>], all: &[Row<'_>]) -> Outcome {
        let open = all.iter().any(Row::is_open_reservation);
        let closed = all.iter().any(|row| row.code == code::AUTHORIZE && row.get("preAuthStatus") == Some("C"));
        if captures.is_empty() && closed && !open {
            return step::unknown("the reservation is closed, but the capture is not listed");
        }
        self.charge(captures)
    }

    /// Ours is the refund of this amount that was not there before; without a list of those, the one not
    /// older than our request. Two that fit are nobody's answer.
    fn refund(&self, rows: &[&Row<'_>]) -> Outcome {
        let fits = |row: &&&Row<'_>| {
            let new = match (&self.refunds_before, row.identity()) {
                (Some(before), Some(id)) => !before.contains(&id),
                _ => row.epoch_ms().is_none_or(|at| at >= self.sent_at_ms.saturating_sub(CLOCK_SLACK_MS)),
            };
            new && row.minor(self.exponent) == Some(self.minor)
        };
        let ours: Vec<&&Row<'_>> = rows.iter().filter(fits).collect();
        let done: Vec<&&&Row<'_>> = ours.iter().filter(|row| row.standing == Standing::Done).collect();
        match (done.as_slice(), ours.as_slice()) {
            ([row], _) => self.approved(row),
            ([_, _, ..], _) => step::unknown("several refunds of this amount could be ours"),
            ([], []) => step::not_processed("the order has no such refund"),
            ([], ours) => match ours.iter().find(|row| row.standing != Standing::Failed) {
                Some(row) if matches!(row.standing, Standing::Voided | Standing::Reversed) => {
                    declined(category::CANCELED, "V")
                }
                Some(_) => step::unknown("the refund is in a state without a name"),
                None => failed(ours[0]),
            },
        }
    }

    /// A void has no line of its own: what it voided is marked.
    fn void(&self, rows: &[Row<'_>]) -> Outcome {
        let planned = self.voids.as_deref() == Some(PLAN);
        let fits = |row: &&Row<'_>| {
            let number = self.number.is_none() && planned || self.is_number(row);
            number
                && match self.voids.as_deref() {
                    Some(operation::SALE) => row.code == code::SALE,
                    Some(operation::AUTHORIZE) => row.code == code::AUTHORIZE,
                    Some(operation::CAPTURE) => row.code == code::CAPTURE,
                    _ => code::is_charge(row.code),
                }
        };
        let ours: Vec<&Row<'_>> = rows.iter().filter(fits).collect();
        let (gone, stands) =
            if planned { (Standing::PlanCancelled, Standing::Planned) } else { (Standing::Voided, Standing::Done) };
        let still = ours.iter().any(|row| row.standing == stands);
        match ours.iter().find(|row| row.standing == gone) {
            Some(row) if !still => {
                let stated = Stated { minor: None, currency: None, order_id: Some(self.order.clone()) };
                step::approved(row.bank_ref(&self.order), stated, None, Vec::new())
            }
            // A reservation and its capture can stand side by side: one voided, the other not, is no answer.
            Some(_) if !planned && self.voids.is_none() => step::unknown("only a part of the order is voided"),
            _ if still => step::not_processed("what was to be voided still stands"),
            _ => step::unknown("the bank does not show what was to be voided"),
        }
    }

    fn stated(&self, row: &Row<'_>) -> Stated {
        Stated {
            minor: row.minor(self.exponent),
            currency: row.get("currencyCode").map(str::to_owned),
            order_id: Some(self.order.clone()),
        }
    }

    fn approved(&self, row: &Row<'_>) -> Outcome {
        if row.get("hostResponseCode").is_some_and(|code| code != "00") {
            return step::unknown("the transaction stands with a code that is not a yes");
        }
        let state = row
            .is_open_reservation()
            .then(|| (order_state::KEY.to_owned(), order_state::AUTHORIZED.to_owned()))
            .into_iter()
            .collect();
        step::approved(row.bank_ref(&self.order), self.stated(row), Some(APPROVED.into()), state)
    }
}

/// Refused in the bank's own book, for the reason the transaction's codes give.
fn failed(row: &Row<'_>) -> Outcome {
    let words = Words {
        response_code: row.get("responseCode"),
        response_message: row.get("responseMessage"),
        host_code: row.get("hostResponseCode"),
        host_message: row.get("hostMessage").or_else(|| row.get("hostResponseMessage")),
    };
    match words.judge() {
        judgement @ Judgement::Refused(..) => words.refused_outcome(&judgement),
        _ => declined(category::NOT_APPROVED, words.response_code.unwrap_or("refused")),
    }
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

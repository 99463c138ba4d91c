//! Payers on their way: enrolments of the MPI, and visits to the bank's own page.

use std::collections::HashMap;

use crate::visit::Visit;
use crate::voucher::Vouchers;

use super::answer::Answer;
use super::rules::{Fields, Fingerprint};

/// Everything the gate remembers.
#[derive(Default)]
pub struct Gate {
    /// Enrolments by `MD`.
    pub(super) enrolments: HashMap<String, Enrolment>,
    /// Finished ones by [`key`].
    pub(super) vouchers: Vouchers,
    /// The cards of those, for the charge that brings the card a second time.
    pub(super) cards: HashMap<String, Fingerprint>,
    /// Visits to the bank's page by `PaymentToken`.
    pub(super) visits: HashMap<String, Session>,
}

/// One enrolment.
pub struct Enrolment {
    pub(super) visit: Visit,
    /// `VerifyEnrollmentRequestId`.
    pub(super) number: String,
    /// What the browser must bring to the card's bank.
    pub(super) pa_req: String,
    /// `YYMM`.
    pub(super) expiry: String,
    pub(super) card: Fingerprint,
    /// What was posted, without card and password.
    pub(super) posted: Fields,
}

/// One visit to the bank's page.
pub struct Session {
    pub(super) visit: Visit,
    /// The bank's number of the charge.
    pub(super) transaction: String,
    /// What was registered, without card and password.
    pub(super) posted: Fields,
    /// What the bank says when it is asked.
    pub(super) told: Option<Answer>,
}

impl Gate {
    /// The sub-dealer that an enrolment names; nobody where there is none.
    pub fn sub_dealer(&self, store: &str, number: &str) -> String {
        let enrolment = self.enrolments.values().find(|e| e.visit.store == store && e.number == number);
        enrolment.map(|e| crate::form::value(&e.posted, "SubMerchantId").to_owned()).unwrap_or_default()
    }

    /// Was an enrolment with this number begun before?
    pub fn knows(&self, store: &str, number: &str) -> bool {
        self.enrolments.values().any(|e| e.visit.store == store && e.number == number)
    }
}

/// The name of an enrolment that is good for a charge: numbers are the merchant's own.
pub fn key(store: &str, number: &str) -> String {
    format!("{store}/{number}")
}

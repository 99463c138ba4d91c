//! The card of a running attempt, as the driver needs it.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use crate::domain::card::{Card, Expiry, Pan, SecurityCode};

/// A card in the hold: process memory only, wiped when dropped.
///
/// Shared as `Arc` between the hold and a running act. The driver takes the security code away after the
/// first step that carried it (PCI DSS 3.3.1), whatever became of that step.
pub struct HeldCard {
    pan: Pan,
    expiry: Expiry,
    holder: Option<Zeroizing<String>>,
    security_code: Mutex<Option<SecurityCode>>,
    scheme: String,
    program: Option<String>,
}

impl HeldCard {
    /// A card with what the BIN tables say of it: its scheme (`visa`, `mastercard`, `troy`, …) and
    /// instalment programme (`maximum`, `bonus`, …).
    pub fn new(card: &Card, scheme: impl Into<String>, program: Option<String>) -> Self {
        Self {
            pan: card.pan.clone(),
            expiry: card.expiry,
            holder: card.holder.clone().map(Zeroizing::new),
            security_code: Mutex::new(card.security_code.clone()),
            scheme: scheme.into(),
            program,
        }
    }

    /// The number.
    pub fn pan(&self) -> &Pan {
        &self.pan
    }

    /// Its last month.
    pub fn expiry(&self) -> Expiry {
        self.expiry
    }

    /// `visa`, `mastercard`, `troy`, `amex`, ….
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The instalment programme, if the card's bank has one.
    pub fn program(&self) -> Option<&str> {
        self.program.as_deref()
    }

    /// As printed on the card.
    pub fn holder(&self) -> Option<&str> {
        self.holder.as_ref().map(|holder| holder.as_str())
    }

    /// The code, as long as no step has carried it.
    pub fn security_code(&self) -> Option<SecurityCode> {
        self.code().clone()
    }

    /// Forgets the code. There is no way back.
    pub fn security_code_drop(&self) {
        *self.code() = None;
    }

    fn code(&self) -> MutexGuard<'_, Option<SecurityCode>> {
        // A panic while holding it cannot leave it half written: every use is one assignment or clone.
        self.security_code.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for HeldCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HeldCard").field(&self.pan).finish()
    }
}

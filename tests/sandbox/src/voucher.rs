//! What a gate vouched for: an authentication that may be turned into money once.

use std::collections::HashMap;

use crate::book::Secure;
use crate::issuer::IssuedCard;
use crate::visit::Ordered;

/// An authentication is good for this long.
const GOOD_FOR_MS: i64 = 30 * 60 * 1000;

/// A finished authentication.
#[derive(Clone)]
pub struct Voucher {
    /// The store's name in the book.
    pub store: String,
    /// What was authenticated.
    pub ordered: Ordered,
    /// The card, without its number.
    pub card: IssuedCard,
    /// The proof.
    pub secure: Secure,
    /// When, epoch milliseconds of the bank's clock.
    pub at_ms: i64,
    /// Was money asked for with it?
    pub spent: bool,
}

/// Why an authentication is not good for a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unvouched {
    /// There is none with this key.
    Unknown,
    /// Older than half an hour.
    TooOld,
    /// Another store, order, amount or currency.
    Mismatch,
    /// Another number of instalments.
    OtherInstallments,
    /// Used before.
    Spent,
}

/// Vouchers by the key that the family gives the merchant (`md`, a transaction id).
#[derive(Default)]
pub struct Vouchers(HashMap<String, Voucher>);

impl Vouchers {
    /// Keeps one.
    pub fn keep(&mut self, key: String, voucher: Voucher) {
        self.0.insert(key, voucher);
    }

    /// The one with this key, whatever its age.
    pub fn get(&self, key: &str) -> Option<&Voucher> {
        self.0.get(key)
    }

    /// The one with this key, if it is young enough.
    pub fn young(&self, key: &str, now_ms: i64) -> Result<&Voucher, Unvouched> {
        let voucher = self.0.get(key).ok_or(Unvouched::Unknown)?;
        if now_ms - voucher.at_ms > GOOD_FOR_MS { Err(Unvouched::TooOld) } else { Ok(voucher) }
    }

    /// Uses the authentication up, if store, order, amount, currency and instalments are the authenticated ones.
    pub fn spend(&mut self, key: &str, store: &str, asked: &Ordered) -> Result<(), Unvouched> {
        let v = self.0.get_mut(key).ok_or(Unvouched::Unknown)?;
        let o = &v.ordered;
        match () {
            () if v.store != store || o.order != asked.order => Err(Unvouched::Mismatch),
            () if o.amount != asked.amount || o.currency != asked.currency => Err(Unvouched::Mismatch),
            () if o.installments != asked.installments => Err(Unvouched::OtherInstallments),
            () if v.spent => Err(Unvouched::Spent),
            () => {
                v.spent = true;
                Ok(())
            }
        }
    }
}

//! What the gate vouched for: an authentication that may be turned into money once.

use std::collections::HashMap;

use crate::bank::Bank;
use crate::book::Secure;
use crate::issuer::IssuedCard;
use crate::store::Store;

use super::hash::same;
use super::rules::{Refused, text};
use super::xml::Request;

/// An authentication is good for this long.
const GOOD_FOR_MS: i64 = 30 * 60 * 1000;

/// A finished authentication, found again by its `md`.
#[derive(Clone)]
pub struct Voucher {
    pub(super) store: String,
    pub(super) order: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) installments: u8,
    pub(super) card: IssuedCard,
    pub(super) secure: Secure,
    pub(super) at_ms: i64,
    pub(super) spent: bool,
}

/// Vouchers by `md`.
pub type Vouchers = HashMap<String, Voucher>;

const MISMATCH: Refused = ("CORE-2121", "XID, CAVV veya ECI uyusmuyor.");
const SPENT: Refused = ("CORE-2127", "XID daha once kullanilmistir.");

/// The card behind `md`, if everything the payer's bank said is repeated exactly.
pub fn find(bank: &Bank, store: &Store, r: &Request) -> Result<(IssuedCard, Secure), Refused> {
    let gate = bank.lock_gate();
    let v = gate.vouchers.get(text(r, "Number")).ok_or(("CORE-2122", "3D islem bulunamadi."))?;
    let repeated = v.store == store.client_id
        && same(&v.secure.xid, text(r, "PayerTxnId"))
        && same(&v.secure.eci, text(r, "PayerSecurityLevel"))
        && same(&v.secure.cavv, text(r, "PayerAuthenticationCode"));
    let card_sent = !text(r, "Cvv2Val").is_empty() || !text(r, "Expires").is_empty();
    match () {
        () if !repeated || card_sent => Err(MISMATCH),
        () if !matches!(v.secure.md_status.as_str(), "1" | "2" | "3" | "4") => {
            Err(("CORE-2206", "MdStatus degeri gecersiz."))
        }
        () if bank.clock().now_ms() - v.at_ms > GOOD_FOR_MS => Err(("CORE-2122", "3D islem zaman asimina ugradi.")),
        () => Ok((v.card.clone(), v.secure.clone())),
    }
}

/// Uses the authentication up, if order, amount, currency and instalments are the authenticated ones.
pub fn spend(
    bank: &Bank,
    store: &Store,
    r: &Request,
    amount: i64,
    currency: &str,
    installments: u8,
) -> Result<(), Refused> {
    let mut gate = bank.lock_gate();
    let v = gate.vouchers.get_mut(text(r, "Number")).ok_or(MISMATCH)?;
    match () {
        () if v.store != store.client_id || v.order != text(r, "OrderId") => Err(MISMATCH),
        () if v.amount != amount || v.currency != currency => Err(MISMATCH),
        () if v.installments != installments => Err(("CORE-2601", "Taksit bilgisi uyusmuyor.")),
        () if v.spent => Err(SPENT),
        () => {
            v.spent = true;
            Ok(())
        }
    }
}

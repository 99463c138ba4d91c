//! A payer on the gate's pages, and the money that follows an authentication.

use std::collections::HashMap;

use crate::bank::Bank;
use crate::book::{Kind, Secure};
use crate::issuer::IssuedCard;
use crate::secret::same;
use crate::store::Store;
use crate::visit::{Ordered, Visit};
use crate::voucher::{Unvouched, Vouchers};
use crate::xml::Flat;

use super::hash::{Fields, field};
use super::rules::{self, Refused, text};

/// Everything the gate remembers.
#[derive(Default)]
pub struct Gate {
    pub(super) sessions: HashMap<String, Session>,
    pub(super) vouchers: Vouchers,
}

/// One visit.
pub struct Session {
    /// The form without card and signature of a card.
    pub(super) posted: Fields,
    /// `3D`, `3D_PAY` or `3D_OOS_PAY`.
    pub(super) level: String,
    pub(super) visit: Visit,
}

impl Session {
    /// Whether the gate only authenticates.
    pub(super) fn authenticates_only(&self) -> bool {
        self.level == "3D"
    }
}

/// What a form orders.
pub fn ordered(f: &Fields) -> Result<Ordered, Refused> {
    let kind = match field(f, "txntype") {
        "sales" => Kind::Auth,
        "preauth" => Kind::PreAuth,
        _ => return Err(rules::MANDATORY),
    };
    let currency = rules::currency(field(f, "txncurrencycode"))?;
    Ok(Ordered {
        kind,
        order: rules::order(field(f, "orderid"))?.to_owned(),
        amount: rules::amount(field(f, "txnamount"))?,
        currency: currency.to_owned(),
        installments: rules::installments(field(f, "txninstallmentcount"), currency)?,
    })
}

/// `0122` is the bank's for a 3-D error; that an authentication was used before it says in a way no source shows.
fn say(why: Unvouched) -> Refused {
    match why {
        Unvouched::Spent => ("92", "0200", "Bu 3D doğrulaması daha önce kullanılmış"),
        _ => ("92", "0122", "3D doğrulama bilgileri uyuşmuyor"),
    }
}

/// The card behind `Md`, if everything the payer's bank said is repeated exactly.
pub fn vouched(bank: &Bank, store: &Store, r: &Flat) -> Result<(IssuedCard, Secure), Refused> {
    let of = |name: &str| text(r, &format!("Transaction/Secure3D/{name}")).to_owned();
    let gate = bank.memory::<Gate>();
    let voucher = gate.vouchers.young(&of("Md"), bank.clock().now_ms()).map_err(say)?;
    let repeated = voucher.store == store.id
        && same(&voucher.secure.xid, &of("TxnID"))
        && same(&voucher.secure.eci, &of("SecurityLevel"))
        && same(&voucher.secure.cavv, &of("AuthenticationCode"));
    if repeated { Ok((voucher.card.clone(), voucher.secure.clone())) } else { Err(say(Unvouched::Mismatch)) }
}

/// Uses the authentication up, if order, amount, currency and instalments are the authenticated ones.
pub fn spend(bank: &Bank, store: &Store, r: &Flat, asked: &Ordered) -> Result<(), Refused> {
    bank.memory::<Gate>().vouchers.spend(text(r, "Transaction/Secure3D/Md"), &store.id, asked).map_err(say)
}

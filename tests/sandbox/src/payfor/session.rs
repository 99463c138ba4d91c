//! A payer on the gate's pages, and the money that follows an authentication.

use std::collections::HashMap;

use crate::bank::Bank;
use crate::book::{Kind, Secure};
use crate::issuer::IssuedCard;
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
    begun: u64,
}

/// One visit.
pub struct Session {
    /// The form without card and signature.
    pub(super) posted: Fields,
    /// `3DModel`, `3DPay` or `3DHost`.
    pub(super) secure_type: String,
    pub(super) visit: Visit,
}

impl Session {
    /// Whether the gate only authenticates.
    pub(super) fn authenticates_only(&self) -> bool {
        self.secure_type == "3DModel"
    }
}

impl Gate {
    /// The number of the next request (`RequestGuid`), which no other has.
    pub(super) fn next_guid(&mut self) -> String {
        self.begun += 1;
        format!("{}", 1_000_000_081_255_930 + self.begun)
    }

    /// The visit of an order, if the gate has seen one.
    pub(super) fn begun(&self, store: &str, order: &str) -> Option<(&str, &Session)> {
        let ours = |s: &Session| s.visit.store == store && s.visit.ordered.order == order;
        let mut found: Vec<_> = self.sessions.iter().filter(|(_, s)| ours(s)).map(|(id, s)| (id.as_str(), s)).collect();
        found.sort_by_key(|(id, _)| *id);
        found.pop()
    }
}

/// What a form orders.
pub fn ordered(f: &Fields) -> Result<Ordered, Refused> {
    let kind = match field(f, "TxnType") {
        "Auth" => Kind::Auth,
        "PreAuth" => Kind::PreAuth,
        _ => return Err(("M015", "TxnType tanımsız")),
    };
    let currency = rules::currency(field(f, "Currency"))?;
    Ok(Ordered {
        kind,
        order: rules::order(field(f, "OrderId"))?.to_owned(),
        amount: rules::amount(field(f, "PurchAmount"))?,
        currency: currency.to_owned(),
        installments: rules::installments(field(f, "InstallmentCount"), currency)?,
    })
}

/// What is charged, and with which card.
pub struct Vouched {
    pub(super) ordered: Ordered,
    pub(super) card: IssuedCard,
    pub(super) secure: Secure,
}

/// What a `RequestGuid` stands for: the bank keeps order, amount and card itself.
pub fn vouched(bank: &Bank, store: &Store, r: &Flat) -> Result<Vouched, Refused> {
    let gate = bank.memory::<Gate>();
    let voucher = gate.vouchers.young(text(r, "RequestGuid"), bank.clock().now_ms()).map_err(|_| UNKNOWN)?;
    if voucher.store != store.id || voucher.ordered.order != text(r, "OrderId") {
        return Err(OTHER_ORDER);
    }
    let (ordered, card, secure) = (voucher.ordered.clone(), voucher.card.clone(), voucher.secure.clone());
    Ok(Vouched { ordered, card, secure })
}

const UNKNOWN: Refused = ("V013", "Seçili İşlem Bulunamadı!");
/// The bank answers another order number than the authenticated one as a system error.
const OTHER_ORDER: Refused = ("V036", "Sistem hatası");

/// Uses the authentication up.
pub fn spend(bank: &Bank, store: &Store, r: &Flat, asked: &Ordered) -> Result<(), Refused> {
    let spent = bank.memory::<Gate>().vouchers.spend(text(r, "RequestGuid"), &store.id, asked);
    spent
        .map_err(|why| if why == Unvouched::Spent { ("V029", "Sipariş numarası tekil olmalıdır") } else { OTHER_ORDER })
}

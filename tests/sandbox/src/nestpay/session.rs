//! A payer on the gate's pages.

use std::collections::HashMap;

use crate::book::Kind;
use crate::issuer::IssuedCard;
use crate::random;
use crate::store::Store;
use crate::visit::{Ordered, Visit};
use crate::voucher::Vouchers;

use super::hash::{Fields, field};
use super::plan::Plan;
use super::rules::{self, Refused};

/// Everything the gate remembers.
#[derive(Default)]
pub struct Gate {
    pub(super) sessions: HashMap<String, Session>,
    pub(super) vouchers: Vouchers,
    /// Repeated orders by store and order.
    pub(super) plans: HashMap<(String, String), Plan>,
}

/// The `storetype` values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// Authenticates only.
    ThreeD,
    /// Authenticates and charges.
    Pay,
    /// Shows the card form, authenticates and charges; the callback tells the result.
    PayHosting,
    /// The same; the callback of a success tells the authentication only.
    Host,
}

impl Model {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "3d" => Some(Self::ThreeD),
            "3d_pay" => Some(Self::Pay),
            "3d_pay_hosting" => Some(Self::PayHosting),
            "3d_host" => Some(Self::Host),
            _ => None,
        }
    }

    /// The name in the book.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ThreeD => "3d",
            Self::Pay => "3d_pay",
            Self::PayHosting => "3d_pay_hosting",
            Self::Host => "3d_host",
        }
    }

    /// Does the bank show the card form?
    pub(super) fn is_hosted(self) -> bool {
        matches!(self, Self::PayHosting | Self::Host)
    }
}

/// What the merchant ordered, checked.
pub struct Order {
    pub(super) model: Model,
    pub(super) ordered: Ordered,
}

impl Order {
    /// Reads the posted fields of a form whose hash was right.
    pub(super) fn read(f: &Fields, store: &Store) -> Result<Self, Refused> {
        let model = Model::parse(field(f, "storetype"))
            .filter(|m| store.allows(m.name()))
            .ok_or(("HPP-1002", "Magaza tipi gecersiz."))?;
        let tran_type = match field(f, "TranType") {
            "" => field(f, "islemtipi"),
            t => t,
        };
        let kind = match tran_type {
            "Auth" => Kind::Auth,
            "PreAuth" => Kind::PreAuth,
            _ => return Err(("CORE-2001", "Islem tipi gecersiz.")),
        };
        if field(f, "oid").is_empty() {
            return Err(("CORE-2301", "Siparis numarasi gecersiz."));
        }
        rules::order(field(f, "oid"))?;
        if field(f, "rnd").is_empty() || field(f, "rnd").len() > 20 {
            return Err(("HPP-1003", "rnd alani eksik ya da 20 karakterden uzun."));
        }
        if !matches!(field(f, "lang"), "" | "tr" | "en" | "ru") {
            return Err(("HPP-1004", "Dil gecersiz."));
        }
        let currency = rules::currency(field(f, "currency"))?.to_owned();
        let taksit = match field(f, "taksit") {
            "" => field(f, "Instalment"),
            t => t,
        };
        let ordered = Ordered {
            kind,
            order: field(f, "oid").to_owned(),
            amount: rules::sale_amount(field(f, "amount"))?,
            installments: rules::installments(taksit, &currency)?,
            currency,
        };
        Ok(Self { model, ordered })
    }
}

/// One visit, with what the family keeps of it.
pub struct Session {
    /// Everything posted, without card number, code and hash.
    pub(super) posted: Fields,
    pub(super) model: Model,
    pub(super) visit: Visit,
}

/// The id of an authentication, as the gate writes it.
pub fn md(card: &IssuedCard, store: &str) -> String {
    format!("{}:{}:{}:##{store}", card.face.bin, random::hex_upper(32), 3_000 + u32::from(random::byte()) * 7)
}

//! A payer on the gate's pages, and what it vouched for.

use std::collections::HashMap;

use crate::issuer::IssuedCard;
use crate::random;
use crate::visit::Visit;
use crate::voucher::Vouchers;

/// Everything the gate remembers.
#[derive(Default)]
pub struct Gate {
    pub(super) sessions: HashMap<String, Session>,
    pub(super) vouchers: Vouchers,
    /// Order number of each `Islem_ID`.
    pub(super) orders: HashMap<String, String>,
}

/// Who charges, and who takes the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// The gate authenticates.
    ThreeD,
    /// The gate charges.
    Pay,
    /// The gate takes the card and charges.
    Hosted,
}

impl Model {
    /// The name in the book.
    pub fn name(self) -> &'static str {
        match self {
            Self::ThreeD => "3d",
            Self::Pay => "3d_pay",
            Self::Hosted => "3d_host",
        }
    }
}

/// One visit, with what the family keeps of it.
pub struct Session {
    pub(super) model: Model,
    pub(super) visit: Visit,
    /// `Islem_GUID`.
    pub(super) guid: String,
    /// `Islem_ID` as the merchant gave it.
    pub(super) transaction: String,
    pub(super) ok_url: String,
    pub(super) fail_url: String,
}

impl Gate {
    /// A visit that begins; returns its id.
    pub fn begin(&mut self, model: Model, visit: Visit, transaction: &str, urls: (String, String)) -> String {
        let id = random::id();
        let session = Session {
            model,
            visit,
            guid: guid(),
            transaction: transaction.to_owned(),
            ok_url: urls.0,
            fail_url: urls.1,
        };
        self.sessions.insert(id.clone(), session);
        id
    }
}

/// `8b6868fe-a553-4164-a7cc-528461f21759`
fn guid() -> String {
    let id = random::id();
    format!("{}-{}-{}-{}-{}", &id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..])
}

/// The id of an authentication, as the card's gate writes it.
pub fn md(card: &IssuedCard) -> String {
    format!("{}:{}:{}:##190100000", card.face.bin, random::hex_upper(32), 3_000 + u32::from(random::byte()) * 7)
}

/// The bank's card form for a visit.
pub fn card_page(id: &str) -> String {
    format!("/3D_Secure/card/{id}")
}

/// Where a visit's browser comes back to from the issuer.
pub fn return_page(id: &str) -> String {
    format!("/3D_Secure/return/{id}")
}

//! A payer on a gate's pages, from the merchant's form to the return to the merchant. Shared by all families.

use axum::body::Body;
use axum::http::Response;
use axum::response::{IntoResponse, Redirect};

use crate::acs::{Challenge, Verdict};
use crate::bank::Bank;
use crate::book::{Kind, Secure};
use crate::fault::{Fault, FaultKind, Met};
use crate::http::Wire;
use crate::issuer::{IssuedCard, ThreeDs};
use crate::store::{Account, Store};
use crate::{client, form, http, page, random};

/// What the merchant ordered, checked.
#[derive(Clone, Debug)]
pub struct Ordered {
    /// [`Kind::Auth`] or [`Kind::PreAuth`].
    pub kind: Kind,
    /// The merchant's order number.
    pub order: String,
    /// Minor units.
    pub amount: i64,
    /// ISO 4217 numeric.
    pub currency: String,
    /// 1 for none.
    pub installments: u8,
}

/// One visit of a payer.
pub struct Visit {
    /// The store's name in the book.
    pub store: String,
    /// What is to be paid.
    pub ordered: Ordered,
    /// `tr` or anything else for English.
    pub lang: String,
    /// The card; none until the bank's own form has asked for it.
    pub card: Option<IssuedCard>,
    /// The payer left the bank's card form.
    pub cancelled: bool,
    /// What goes back to the merchant, once that is decided.
    pub outcome: Option<Outcome>,
    /// The ACS page's id.
    challenge: Option<String>,
}

impl Visit {
    /// A visit that begins. Without a language the pages are Turkish.
    pub fn new(store: &Store, ordered: Ordered, lang: &str, card: Option<IssuedCard>) -> Self {
        let lang = if lang.is_empty() { "tr" } else { lang }.to_owned();
        Self { store: store.id.clone(), ordered, lang, card, cancelled: false, outcome: None, challenge: None }
    }

    /// The store, with what its family keeps about it.
    pub fn merchant<'b, A: Account>(&self, bank: &'b Bank) -> Option<(&'b Store, &'b A)> {
        bank.find_store(|store, _| store.id == self.store)
    }

    /// Asks the issuer, by its page where it wants one. Returns where the browser goes: the ACS page, or at once `back`.
    pub fn authenticate(&mut self, bank: &Bank, back: &str) -> String {
        let Some(card) = self.card.as_ref().filter(|c| c.three_ds.asks()) else {
            return back.to_owned();
        };
        let merchant = bank.store(&self.store).map(|s| s.title.clone()).unwrap_or_default();
        let amount = shown_amount(self.ordered.amount, &self.ordered.currency);
        let challenge = Challenge::new(merchant, amount, card.face.spaced(), self.lang.clone(), back.to_owned());
        let id = bank.lock_challenges().begin(challenge);
        let page = format!("/acs/{id}");
        self.challenge = Some(id);
        page
    }

    /// The bank's own card form, with an error; nothing where the payer is past it. `action` is where it posts to.
    pub fn card_form(&self, bank: &Bank, action: &str, error: Option<&str>) -> Option<String> {
        if self.card.is_some() || self.cancelled {
            return None;
        }
        let merchant = bank.store(&self.store).map(|s| s.title.clone()).unwrap_or_default();
        let amount = shown_amount(self.ordered.amount, &self.ordered.currency);
        let lang = self.lang.as_str();
        Some(page::card_form(&page::CardForm { lang, merchant: &merchant, amount: &amount, action, error }))
    }

    /// The payer typed a card into the bank's form, or left it. Returns where the browser goes.
    pub fn card_typed(&mut self, bank: &Bank, card: Option<IssuedCard>, back: &str) -> String {
        self.cancelled = card.is_none();
        self.card = card;
        if self.cancelled { back.to_owned() } else { self.authenticate(bank, back) }
    }

    /// The page that still waits for the payer: the bank's card form or the ACS page.
    pub fn waits_at(&self, bank: &Bank, card_form: &str) -> Option<String> {
        if self.cancelled {
            return None;
        }
        let Some(card) = &self.card else {
            return Some(card_form.to_owned());
        };
        let challenge = self.challenge.as_ref().filter(|_| card.three_ds.asks())?;
        let undecided = bank.lock_challenges().verdict(challenge).is_none();
        undecided.then(|| format!("/acs/{challenge}"))
    }

    /// What came of the authentication.
    pub fn authentication(&self, bank: &Bank) -> Authentication {
        let verdict = self.challenge.as_ref().and_then(|c| bank.lock_challenges().verdict(c));
        let three_ds = self.card.as_ref().map_or(ThreeDs::Challenge, |c| c.three_ds);
        match (three_ds, verdict) {
            (_, Some(Verdict::Cancelled)) => Authentication::Cancelled,
            (_, Some(Verdict::Failed)) => Authentication::WrongCode,
            (ThreeDs::Fail(n), _) => Authentication::Refused(n),
            (ThreeDs::Half(n), _) => Authentication::Half(n),
            (ThreeDs::Frictionless, _) => Authentication::Frictionless,
            (_, Some(Verdict::Passed)) => Authentication::Challenged,
            // Past the issuer's page, whose address was guessed: nobody vouches for that.
            (_, None) => Authentication::Cancelled,
        }
    }

    /// Adds the faults that the card itself brings to the way back; its silence only where the gate itself charges.
    pub fn add_card_faults(&self, met: &mut Met, gate_charges: bool) {
        match self.card.as_ref().map(|c| c.three_ds) {
            Some(ThreeDs::ClosedWindow) => met.add(Fault::once(FaultKind::ClosedWindow)),
            Some(ThreeDs::Twice) => met.add(Fault::once(FaultKind::DuplicateCallback)),
            _ => {}
        }
        if gate_charges {
            met.add_conduct(self.card.as_ref());
        }
    }
}

/// What the issuer said of the payer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// The right code was typed.
    Challenged,
    /// Believed without asking.
    Frictionless,
    /// Half secure: mdStatus 2, 3 or 4.
    Half(u8),
    /// The payer pressed cancel.
    Cancelled,
    /// Three wrong codes.
    WrongCode,
    /// Failed with this mdStatus.
    Refused(u8),
}

impl Authentication {
    /// The mdStatus that most families speak of.
    pub fn md_status(self) -> u8 {
        match self {
            Self::Challenged | Self::Frictionless => 1,
            Self::Half(n) | Self::Refused(n) => n,
            Self::Cancelled | Self::WrongCode => 0,
        }
    }

    /// Fully authenticated?
    pub fn is_full(self) -> bool {
        matches!(self, Self::Challenged | Self::Frictionless)
    }

    /// Fully or half authenticated?
    pub fn is_any(self) -> bool {
        self.is_full() || matches!(self, Self::Half(_))
    }

    /// EMV 3-D's status: Y, A, U or N.
    pub fn tx_status(self) -> &'static str {
        match self.md_status() {
            1 => "Y",
            4 => "A",
            2 | 3 => "U",
            _ => "N",
        }
    }

    /// A fresh proof, as the card's scheme writes it.
    pub fn proof(self, card: &IssuedCard) -> Secure {
        let mastercard = card.face.brand == "MASTERCARD";
        let eci = match (self.md_status(), mastercard) {
            (1, false) => "05",
            (1, true) => "02",
            (2..=4, false) => "06",
            (2..=4, true) => "01",
            _ => "",
        };
        let cavv = if matches!(self.md_status(), 1 | 4) { random::base64(20) } else { String::new() };
        Secure { md_status: self.md_status().to_string(), eci: eci.to_owned(), xid: random::base64(20), cavv }
    }
}

/// What goes back to the merchant. Kept, so that a reloaded page posts the same again, as at the bank.
#[derive(Clone)]
pub struct Outcome {
    /// `tr` or anything else for English.
    pub lang: String,
    /// Where the browser posts.
    pub url: String,
    /// The signed fields.
    pub fields: Vec<(String, String)>,
    /// Where the bank's server posts before the browser gets its page.
    pub server_url: Option<String>,
    /// Ordered faults.
    pub met: Met,
}

impl Outcome {
    /// The browser's page.
    pub fn page(&self) -> String {
        if self.met.has(FaultKind::ClosedWindow) {
            let (title, text) = page::pick(
                &self.lang,
                ("Pencere kapandı", "Bu sayfa üye işyerine geri dönmez (deneme)."),
                ("The window closed", "This page does not return to the merchant (test)."),
            );
            return page::message(&self.lang, title, text);
        }
        page::auto_post(&self.lang, "3-D Secure", &self.url, &self.fields)
    }

    /// Server-to-server posts, awaited so that a test knows their order.
    pub async fn announce(&self) {
        if let Some(url) = self.server_url.as_ref().filter(|_| !self.met.has(FaultKind::NoServerCallback)) {
            client::post_form(url, &self.fields).await;
        }
        if self.met.has(FaultKind::DuplicateCallback) {
            client::post_form(&self.url, &self.fields).await;
        }
    }

    /// Tells the merchant's server, then gives the browser its page, spoiled as ordered.
    pub async fn send(&self) -> Response<Body> {
        self.announce().await;
        http::after(&self.met, Wire::PAGE, self.page().into_bytes()).await
    }

    /// Tells the merchant's server, then leads the browser by GET, as some banks do; spoiled as ordered.
    pub async fn send_by_get(&self) -> Response<Body> {
        use FaultKind as K;
        let spoils = [K::ClosedWindow, K::SilenceAfter, K::Html, K::Garbage, K::Truncated];
        if spoils.iter().any(|kind| self.met.has(*kind)) {
            return self.send().await;
        }
        self.announce().await;
        self.lead()
    }

    /// Leads the browser by GET.
    pub fn lead(&self) -> Response<Body> {
        let joint = if self.url.contains('?') { '&' } else { '?' };
        Redirect::to(&format!("{}{joint}{}", self.url, form::encode(&self.fields))).into_response()
    }
}

/// The page for a visit nobody knows (any more).
pub fn unknown() -> Response<Body> {
    http::page(page::message("tr", "3-D Secure", "İşlem bulunamadı ya da süresi doldu."))
}

/// `1.250,00 TL`
pub fn shown_amount(minor: i64, currency: &str) -> String {
    let whole = (minor / 100).to_string();
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    let unit = match currency {
        "949" => "TL",
        "840" => "USD",
        "978" => "EUR",
        "826" => "GBP",
        "643" => "RUB",
        _ => "",
    };
    format!("{grouped},{:02} {unit}", minor % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_as_in_turkey() {
        assert_eq!(shown_amount(125_000, "949"), "1.250,00 TL");
        assert_eq!(shown_amount(101, "949"), "1,01 TL");
        assert_eq!(shown_amount(123_456_789, "978"), "1.234.567,89 EUR");
    }
}

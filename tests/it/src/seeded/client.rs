//! What the people of a world mean to do, decided by the seed before anything happens.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use vezne::domain::card::{Card, Expiry, Pan, SecurityCode};
use vezne::domain::money::{Currency, Money};
use vezne::domain::party::Party;
use vezne::flow::operation::{Mode, What};
use vezne::flow::sale::{SaleRequest, ThreeD};
use vezne::store::idempotency::IdempotencyKey;
use vezne::store::payment::CaptureMode;

use super::chance::Chance;
use super::kit::Kit;
use crate::world::GOOD_CARD;

/// One payer, with one payment in mind and one key for it.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "traits of a person, which vary on their own")]
pub struct Client {
    pub name: String,
    /// Which POS account: without 3-D Secure, `3d`, `3d-pay`.
    pub pos: usize,
    pub minor: i64,
    pub card: String,
    pub manual: bool,
    pub owes: bool,
    /// A second click comes this long after the first.
    pub double_click_ms: Option<i64>,
    /// The browser is closed this long after the first click.
    pub closes_ms: Option<i64>,
    /// Never comes back from the bank's page.
    pub leaves: bool,
    /// Comes back from it this often.
    pub callbacks: usize,
    /// Has the store's key and signs a smaller amount.
    pub tampers: bool,
    /// What an administrator does with the payment, how long after the beginning.
    pub later: Vec<(i64, What, Option<i64>)>,
    /// How often the request was sent.
    pub tries: usize,
    /// The payment that the key led to, once an answer named one.
    pub payment: Option<String>,
    /// Was told last that part of the debt is in doubt, and that nothing was begun.
    pub in_doubt: bool,
    /// Was led to the bank's page already.
    pub at_gate: bool,
}

impl Client {
    /// The payer number `number` of this seed.
    pub fn drawn(chance: &mut Chance, number: usize) -> Self {
        let pos = chance.weighted(&[(5, 0), (3, 1), (3, 2)]);
        // Amounts far from those that the sandbox bank takes for an order to decline.
        let minor = chance.between(1, 30) * 1_000 + 500 + i64::try_from(number).unwrap_or(0);
        let card = if chance.percent(12) { declined_card() } else { GOOD_CARD.to_owned() };
        let manual = pos == 0 && chance.percent(25);
        let mut later = Vec::new();
        if manual {
            later.push((chance.between(5_000, 400_000), What::Capture, None));
        }
        for _ in 0..chance.weighted(&[(5, 0), (3, 1), (2, 2)]) {
            let mode = chance.weighted(&[(3, Mode::Auto), (1, Mode::Void), (2, Mode::Refund)]);
            let part = chance.percent(40).then(|| chance.between(1, minor));
            later.push((chance.between(2_000, 1_500_000), What::GiveBack(mode), part));
        }
        Self {
            name: format!("c{number}"),
            pos,
            minor,
            card,
            manual,
            owes: chance.percent(50),
            double_click_ms: chance.percent(35).then(|| chance.between(0, 4_000)),
            closes_ms: chance.percent(20).then(|| chance.between(0, 3_000)),
            leaves: chance.percent(12),
            callbacks: chance.weighted(&[(6, 1), (3, 2), (1, 3)]),
            tampers: pos == 2 && chance.percent(20),
            later,
            tries: 0,
            payment: None,
            in_doubt: false,
            at_gate: false,
        }
    }

    /// The request, the same each time it is sent.
    pub fn request(&self, kit: &Kit) -> Result<SaleRequest> {
        let card = Card {
            pan: Pan::parse(&self.card).ok().context("a test card")?,
            expiry: Expiry { month: 12, year: 2030 },
            security_code: Some(SecurityCode::parse("000").ok().context("a security code")?),
            holder: None,
        };
        Ok(SaleRequest {
            node: Some(kit.node),
            payer: self.owes.then_some(Party::Customer(kit.customer)),
            amount: Money::new(self.minor, Currency::TRY),
            card: Some(card),
            receivables: Vec::new(),
            instalment_option: None,
            points_minor: 0,
            reference: None,
            description: None,
            capture: if self.manual { CaptureMode::Manual } else { CaptureMode::Automatic },
            entry: "ecommerce",
            three_d: ThreeD::Automatic,
            pos_account: Some(kit.pos[self.pos]),
            metadata: BTreeMap::from([("client".to_owned(), self.name.clone())]),
            return_url: None,
            payer_ip: None,
            key: key(kit, "POST /v1/payments", &self.name),
        })
    }
}

/// A key of the firm's program.
pub fn key(kit: &Kit, endpoint: &str, name: &str) -> IdempotencyKey {
    IdempotencyKey {
        tenant: kit.tenant,
        owner: "world".to_owned(),
        endpoint: endpoint.to_owned(),
        key: name.to_owned(),
        fingerprint: name.to_owned(),
    }
}

fn declined_card() -> String {
    let card = vezne_sandbox::test_cards().into_iter().find(|card| card.group == "decline");
    card.map_or_else(|| GOOD_CARD.to_owned(), |card| card.number)
}

//! The hold: cards of running attempts and pages on their way to a payer, in process memory only.
//!
//! A card leaves the hold when its attempt ends, or after [`limits::HOLD_LIFE_MAX`], whether anybody looks for it or
//! not: `job::hold` sweeps. A page can be taken once. Nothing here is ever written anywhere (P9), and what leaves is
//! wiped.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::ctx::Clock;
use crate::domain::id::{AttemptId, PaymentId, ReplicaId, TenantId};
use crate::limits;
use crate::plugin::{BrowserForm, HeldCard};

/// The card hold of one node. Cheap to clone.
#[derive(Clone)]
pub struct Hold {
    clock: Clock,
    /// Stands before the token of a page, so that another server knows whom to ask for it.
    mark: Option<ReplicaId>,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    cards: HashMap<AttemptId, Timed<Arc<HeldCard>>>,
    pages: HashMap<String, Timed<Page>>,
}

struct Timed<T> {
    until_ms: i64,
    value: T,
}

/// A page that takes a payer to the bank's gate.
#[derive(Debug)]
pub struct Page {
    /// Whose payment.
    pub tenant: TenantId,
    /// Which payment.
    pub payment: PaymentId,
    /// Which attempt.
    pub attempt: AttemptId,
    /// What the browser sends to the bank.
    pub form: BrowserForm,
    /// The payer's language.
    pub locale: String,
}

impl Hold {
    /// An empty hold; of a server that has a name, if it is not the only one.
    pub fn new(clock: Clock, mark: Option<ReplicaId>) -> Self {
        Self { clock, mark, kept: Arc::default() }
    }

    /// The server whose hold has the page of this token; nothing if only this one could.
    pub fn holder_of(token: &str) -> Option<ReplicaId> {
        ReplicaId::from_text(token.split_once('.')?.0).ok()
    }

    /// Keeps a card while its attempt runs.
    pub fn card_put(&self, attempt: AttemptId, card: Arc<HeldCard>) {
        let until_ms = self.until_ms();
        self.kept().cards.insert(attempt, Timed { until_ms, value: card });
    }

    /// The card of a running attempt, if it is still here.
    pub fn card(&self, attempt: AttemptId) -> Option<Arc<HeldCard>> {
        self.kept().cards.get(&attempt).map(|timed| Arc::clone(&timed.value))
    }

    /// Forgets the card of an attempt that has ended.
    pub fn card_drop(&self, attempt: AttemptId) {
        self.kept().cards.remove(&attempt);
    }

    /// Keeps a page; gives the token under which it can be taken once.
    pub fn page_put(&self, page: Page) -> String {
        let mut token = [0_u8; 32];
        getrandom::fill(&mut token).unwrap_or_else(|error| {
            // Without randomness nothing here is safe: stop rather than hand out a guessable address.
            panic!("the system gives no randomness: {error}")
        });
        let token = BASE64_URL_SAFE_NO_PAD.encode(token);
        let token = self.mark.map_or_else(|| token.clone(), |mark| format!("{}.{token}", mark.to_text()));
        let until_ms = self.until_ms();
        self.kept().pages.insert(token.clone(), Timed { until_ms, value: page });
        token
    }

    /// Under which token the page of an attempt waits, for the answer that tells the payer where to go.
    pub fn page_token(&self, attempt: AttemptId) -> Option<String> {
        self.kept().pages.iter().find(|(_, timed)| timed.value.attempt == attempt).map(|(token, _)| token.clone())
    }

    /// Takes a page. The second visit finds nothing.
    pub fn page_take(&self, token: &str) -> Option<Page> {
        self.kept().pages.remove(token).map(|timed| timed.value)
    }

    /// Wipes what is too old. Gives how many cards and pages that were.
    pub fn sweep(&self) -> usize {
        let now_ms = self.clock.now_ms();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let before = kept.cards.len() + kept.pages.len();
        kept.forget(now_ms);
        before - kept.cards.len() - kept.pages.len()
    }

    /// How many cards are held, for the metrics.
    pub fn cards_held(&self) -> usize {
        self.kept().cards.len()
    }

    /// How many pages wait for their payer.
    pub fn pages_held(&self) -> usize {
        self.kept().pages.len()
    }

    /// Every card with its attempt and its end, to be handed over. They stay here until they are dropped.
    pub fn cards(&self) -> Vec<(AttemptId, i64, Arc<HeldCard>)> {
        self.kept().cards.iter().map(|(id, timed)| (*id, timed.until_ms, Arc::clone(&timed.value))).collect()
    }

    /// Takes any page with its token and its end, to be handed over: nobody else can take it meanwhile.
    pub fn page_pop(&self) -> Option<(String, i64, Page)> {
        let mut kept = self.kept();
        let token = kept.pages.keys().next()?.clone();
        kept.pages.remove(&token).map(|timed| (token, timed.until_ms, timed.value))
    }

    /// Keeps a card that another server held, no longer than it would have, nor longer than any.
    pub fn card_inherit(&self, attempt: AttemptId, until_ms: i64, card: HeldCard) {
        let until_ms = until_ms.min(self.until_ms());
        self.kept().cards.insert(attempt, Timed { until_ms, value: Arc::new(card) });
    }

    /// The same of a page, under the token that its payer has.
    pub fn page_inherit(&self, token: String, until_ms: i64, page: Page) {
        let until_ms = until_ms.min(self.until_ms());
        self.kept().pages.insert(token, Timed { until_ms, value: page });
    }

    fn until_ms(&self) -> i64 {
        self.clock.now_ms() + i64::try_from(limits::HOLD_LIFE_MAX.as_millis()).unwrap_or(i64::MAX)
    }

    /// The map, without what is too old.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        let now_ms = self.clock.now_ms();
        // Every use is one whole insertion or removal: a panic elsewhere cannot leave it half done.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.forget(now_ms);
        kept
    }
}

impl Kept {
    /// Drops what is too old; numbers, codes and the fields of pages wipe themselves then.
    fn forget(&mut self, now_ms: i64) {
        self.cards.retain(|_, timed| timed.until_ms > now_ms);
        self.pages.retain(|_, timed| timed.until_ms > now_ms);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::card::{Card, Expiry, Pan};
    use crate::plugin::FormMethod;

    fn card() -> Arc<HeldCard> {
        let card = Card {
            pan: Pan::parse("4355084355084358").unwrap(),
            expiry: Expiry { month: 12, year: 2030 },
            security_code: None,
            holder: None,
        };
        Arc::new(HeldCard::new(&card, "visa", None))
    }

    #[test]
    fn a_card_is_forgotten_after_its_life() {
        let clock = Clock::simulated(1);
        let hold = Hold::new(clock.clone(), None);
        let attempt = AttemptId::at(1);
        hold.card_put(attempt, card());
        assert!(hold.card(attempt).is_some());
        clock.advance(limits::HOLD_LIFE_MAX + Duration::from_millis(1));
        assert!(hold.card(attempt).is_none());
        assert_eq!(hold.cards_held(), 0);
    }

    #[test]
    fn what_nobody_looks_for_is_swept() {
        let clock = Clock::simulated(1);
        let hold = Hold::new(clock.clone(), None);
        let held = card();
        let watched = Arc::downgrade(&held);
        hold.card_put(AttemptId::at(1), held);
        hold.page_put(page());
        clock.advance(limits::HOLD_LIFE_MAX.saturating_sub(Duration::from_millis(1)));
        assert_eq!(hold.sweep(), 0);
        assert!(watched.upgrade().is_some());
        clock.advance(Duration::from_millis(1));
        assert!(watched.upgrade().is_some(), "nobody has looked yet");
        assert_eq!(hold.sweep(), 2);
        assert!(watched.upgrade().is_none(), "the card itself is gone");
        assert_eq!(hold.sweep(), 0);
    }

    fn page() -> Page {
        let form = BrowserForm {
            method: FormMethod::Post,
            action: "https://bank.example/gate".to_owned(),
            gate_origin: "https://bank.example".to_owned(),
            fields: Vec::new(),
        };
        Page {
            tenant: TenantId::at(1),
            payment: PaymentId::at(1),
            attempt: AttemptId::at(1),
            form,
            locale: "tr".to_owned(),
        }
    }

    #[test]
    fn what_is_inherited_lives_no_longer_than_where_it_was() {
        let clock = Clock::simulated(1);
        let hold = Hold::new(clock.clone(), None);
        let held = HeldCard::new(
            &Card {
                pan: Pan::parse("4355084355084358").unwrap(),
                expiry: Expiry { month: 12, year: 2030 },
                security_code: None,
                holder: None,
            },
            "visa",
            None,
        );
        hold.card_inherit(AttemptId::at(1), 1_000, held);
        hold.page_inherit("a".to_owned(), i64::MAX, page());
        assert_eq!((hold.cards().len(), hold.pages_held()), (1, 1));
        clock.advance(Duration::from_secs(1));
        assert_eq!((hold.cards().len(), hold.pages_held()), (0, 1));
        clock.advance(limits::HOLD_LIFE_MAX);
        assert!(hold.page_pop().is_none());
    }

    #[test]
    fn a_page_is_taken_once() {
        let hold = Hold::new(Clock::simulated(1), None);
        let token = hold.page_put(page());
        assert!(hold.page_take(&token).is_some());
        assert!(hold.page_take(&token).is_none());
    }
}

//! How the versions of a node fare: strikes, doubts, and which of them must be kept away from payments.
//!
//! A strike is a failure that only the plugin can cause: a trap, a deadline, a broken contract, a value sent where it may
//! not go. Strikes are counted per version, firm and phase of the act, so that a firm whose settings break a connector
//! hurts itself; only when several firms suffer is the version itself at fault. An unknown outcome is no strike (a bank
//! may be away), but a version with far more of them than the one beside it is sick.

mod stand;

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::act::Act;
use super::ending::{CONTRACT_BREACH, Ending, Verdict};
use super::judge::REFUSED_SINK;
use super::step::CallFailure;
use crate::domain::id::TenantId;
use crate::limits;

pub use stand::{BreakerState, PhaseStand};

/// Which part of an act. A connector whose refunds break may still sell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActPhase {
    /// Sale, authorization, the way to the gate.
    Charge,
    /// Capture, void, refund.
    FollowUp,
    /// The payer is back: it ends what began.
    Resume,
    /// A question.
    Inquiry,
}

impl ActPhase {
    /// Every one of them.
    pub const ALL: [Self; 4] = [Self::Charge, Self::FollowUp, Self::Resume, Self::Inquiry];

    pub(super) fn of(act: &Act) -> Self {
        match act {
            Act::Sale { .. } | Act::Authorize { .. } | Act::ThreeDSecure { .. } => Self::Charge,
            Act::Capture { .. } | Act::Void { .. } | Act::Refund { .. } => Self::FollowUp,
            Act::Resume { .. } => Self::Resume,
            Act::Inquire { .. } | Act::OrderHistory { .. } | Act::DayHistory { .. } | Act::Points { .. } => {
                Self::Inquiry
            }
        }
    }

    /// It begins something at the bank, so it can as well not begin.
    fn begins(self) -> bool {
        match self {
            Self::Charge | Self::FollowUp => true,
            Self::Resume | Self::Inquiry => false,
        }
    }

    /// For figures and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::FollowUp => "follow_up",
            Self::Resume => "resume",
            Self::Inquiry => "inquiry",
        }
    }
}

/// What is wrong with a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sick {
    /// The version.
    pub digest: String,
    /// Why, for the audit trail.
    pub why: String,
}

/// A breaker: a version, a firm, a phase.
pub(super) type Place = (String, TenantId, ActPhase);

/// The strikes of one firm at one phase of one version.
#[derive(Debug, Default)]
struct Breaker {
    strikes: VecDeque<Instant>,
    /// Since when no new act begins here.
    open: Option<Instant>,
}

/// The acts of one version, lately.
#[derive(Debug, Default)]
struct Record {
    acts: VecDeque<(Instant, bool)>,
    /// It sent a sealed value where it may not go: hostile, or badly broken.
    refused_sink: bool,
}

#[derive(Debug, Default)]
struct Books {
    breakers: HashMap<Place, Breaker>,
    records: HashMap<String, Record>,
}

/// The health of all versions of a node.
#[derive(Debug, Default)]
pub(super) struct Health {
    books: Mutex<Books>,
    /// How far a test is ahead of the clock.
    #[cfg(test)]
    ahead: Mutex<Duration>,
}

impl Health {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "a test's clock lies in it")]
    fn now(&self) -> Instant {
        Instant::now()
    }

    #[cfg(test)]
    fn now(&self) -> Instant {
        Instant::now() + *self.ahead.lock().unwrap()
    }

    /// Whether an act may begin.
    pub fn admits(&self, digest: &str, tenant: TenantId, phase: ActPhase) -> bool {
        if !phase.begins() {
            return true;
        }
        if self.sick(digest).is_some() {
            return false;
        }
        let books = self.books();
        let breaker = books.breakers.get(&(digest.to_owned(), tenant, phase));
        breaker.is_none_or(|breaker| breaker.open.is_none())
    }

    /// An act ended. `doubtful`: nobody knows how.
    pub fn ended(&self, place: &Place, doubtful: bool) {
        let now = self.now();
        let mut books = self.books();
        if let Some(breaker) = books.breakers.get_mut(place) {
            let quiet = breaker.strikes.back().is_none_or(|at| now - *at >= limits::PLUGIN_STRIKES_FORGIVEN);
            if quiet && breaker.open.is_none() {
                books.breakers.remove(place);
            }
        }
        if !place.2.begins() {
            return;
        }
        let record = books.records.entry(place.0.clone()).or_default();
        record.acts.push_back((now, doubtful));
        while record.acts.len() > limits::PLUGIN_RECORD_ACTS_MAX {
            record.acts.pop_front();
        }
    }

    /// A call failed in a way that counts. `sink`: a sealed value was about to go where it may not.
    pub fn struck(&self, place: &Place, sink: bool) {
        let now = self.now();
        let (digest, tenant, phase) = place;
        let mut books = self.books();
        let breaker = books.breakers.entry(place.clone()).or_default();
        breaker.strikes.push_back(now);
        while breaker.strikes.front().is_some_and(|at| now - *at > limits::PLUGIN_STRIKES_WINDOW) {
            breaker.strikes.pop_front();
        }
        if (sink || breaker.strikes.len() >= limits::PLUGIN_STRIKES_MAX) && breaker.open.is_none() {
            breaker.open = Some(now);
            let phase = phase.as_str();
            tracing::error!(digest, %tenant, phase, "too many strikes: the plugin begins nothing new for this firm");
            metrics::counter!("vezne_plugin_quarantines_total", "phase" => phase).increment(1);
        }
        if sink {
            books.records.entry(digest.clone()).or_default().refused_sink = true;
        }
    }

    /// The breakers that have been open long enough to be tried.
    pub fn cooled(&self) -> Vec<Place> {
        let now = self.now();
        let books = self.books();
        let cool = |breaker: &Breaker| breaker.open.is_some_and(|at| now - at >= limits::PLUGIN_BREAKER_COOL);
        books.breakers.iter().filter(|(_, breaker)| cool(breaker)).map(|(place, _)| place.clone()).collect()
    }

    /// A breaker's version was tried, without money: it is half open, and the next strike opens it again; or it stays
    /// open for as long once more.
    pub fn tried(&self, place: &Place, good: bool) {
        let now = self.now();
        let mut books = self.books();
        let Some(breaker) = books.breakers.get_mut(place) else { return };
        if good {
            breaker.open = None;
            breaker.strikes = std::iter::repeat_n(now, limits::PLUGIN_STRIKES_MAX - 1).collect();
        } else {
            breaker.open = Some(now);
        }
    }

    /// The firms whose breaker is open for a version.
    fn firms_open(books: &Books, digest: &str) -> usize {
        let open = books.breakers.iter().filter(|((known, ..), breaker)| known == digest && breaker.open.is_some());
        let firms: std::collections::BTreeSet<_> = open.map(|((_, tenant, _), _)| *tenant).collect();
        firms.len()
    }

    /// What is wrong with a version that is new: a breaker of the firm is open, or of any firm.
    pub fn failing(&self, digest: &str, tenant: Option<TenantId>) -> Option<Sick> {
        let books = self.books();
        let mut open = books.breakers.iter().filter(|((known, ..), breaker)| known == digest && breaker.open.is_some());
        let ((_, _, phase), _) = open.find(|((_, firm, _), _)| tenant.is_none_or(|tenant| tenant == *firm))?;
        Some(Sick { digest: digest.to_owned(), why: format!("too many strikes ({})", phase.as_str()) })
    }

    /// It sent a sealed value where it may not go.
    pub fn is_hostile(&self, digest: &str) -> bool {
        self.books().records.get(digest).is_some_and(|record| record.refused_sink)
    }

    /// What is wrong with a version for everyone: it is hostile, or it fails at several firms.
    pub fn sick(&self, digest: &str) -> Option<Sick> {
        let books = self.books();
        let sick = |why: String| Some(Sick { digest: digest.to_owned(), why });
        if books.records.get(digest).is_some_and(|record| record.refused_sink) {
            return sick("it tried to send a sealed value where it may not go".to_owned());
        }
        let firms = Self::firms_open(&books, digest);
        if firms >= limits::PLUGIN_FIRMS_STRUCK_MAX {
            return sick(format!("too many strikes at {firms} firms"));
        }
        None
    }

    /// What is wrong with a new version beside the one it is to replace: far more doubtful outcomes.
    pub fn doubtful(&self, digest: &str, beside: Option<&str>) -> Option<Sick> {
        let now = self.now();
        let books = self.books();
        let share = |digest: &str| {
            let acts = &books.records.get(digest)?.acts;
            let recent: Vec<bool> =
                acts.iter().filter(|(at, _)| now - *at <= RECORD_WINDOW).map(|(_, doubtful)| *doubtful).collect();
            let doubtful = recent.iter().filter(|doubtful| **doubtful).count();
            (recent.len() >= limits::PLUGIN_RECORD_ACTS_MIN).then(|| doubtful * 100 / recent.len())
        };
        let new = share(digest)?;
        // Where the other one serves as well, the bank explains what both have; alone, a third of all is too much.
        let usual = beside.and_then(share).map_or(0, |other| 2 * other);
        let most = limits::PLUGIN_DOUBT_PERCENT_MAX.max(usual);
        (new > most).then(|| Sick { digest: digest.to_owned(), why: format!("{new} % of its acts ended unknown") })
    }

    /// Forgets what is known of a version that serves no more.
    pub fn forget(&self, digest: &str) {
        let mut books = self.books();
        books.records.remove(digest);
        books.breakers.retain(|(known, ..), _| known != digest);
    }
}

/// Only what happened lately counts.
const RECORD_WINDOW: Duration = Duration::from_mins(5);

/// Whether an act ended on a failed call that counts as a strike.
pub(super) fn struck_by(ending: &Ending) -> Option<Strike> {
    let Ending::Done(Verdict::NotProcessed(reason) | Verdict::Unknown { reason, .. }) = ending else {
        return None;
    };
    match reason.code {
        REFUSED_SINK => Some(Strike::Sink),
        CONTRACT_BREACH | "trap" | "cpu-time" | "stack" | "memory" | "limit" | "sandbox" | "deadline" => {
            Some(Strike::Plain)
        }
        _ => None,
    }
}

/// How bad a strike is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strike {
    /// Three of them are too many.
    Plain,
    /// One is too many.
    Sink,
}

/// Whether a failed call counts as a strike.
pub(super) fn is_strike(failure: &CallFailure) -> bool {
    match failure {
        CallFailure::Trap(..) | CallFailure::Breach(_) | CallFailure::Sink(_) => true,
        CallFailure::Fault(..) | CallFailure::Busy => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Health {
        fn advance(&self, by: Duration) {
            *self.ahead.lock().unwrap() += by;
        }
    }

    fn place(digest: &str, firm: i64, phase: ActPhase) -> Place {
        (digest.to_owned(), TenantId::at(firm), phase)
    }

    fn admits(health: &Health, place: &Place) -> bool {
        health.admits(&place.0, place.1, place.2)
    }

    #[test]
    fn three_strikes_close_one_phase_of_one_firm() {
        let health = Health::default();
        let us = (String::from("a"), TenantId::at(1), ActPhase::Charge);
        let with = |phase| (us.0.clone(), us.1, phase);
        for _ in 0..3 {
            assert!(admits(&health, &us));
            health.struck(&us, false);
        }
        assert!(!admits(&health, &us));
        for phase in [ActPhase::FollowUp, ActPhase::Resume, ActPhase::Inquiry] {
            assert!(admits(&health, &with(phase)), "{phase:?}");
        }
        assert!(admits(&health, &place("a", 2, ActPhase::Charge)) && admits(&health, &place("b", 1, ActPhase::Charge)));
        assert_eq!(health.sick("a"), None, "one firm may be its own fault");
        assert!(health.failing("a", None).is_some() && health.failing("a", Some(us.1)).is_some());
        assert_eq!(health.failing("a", Some(TenantId::at(3))), None);
    }

    #[test]
    fn a_breaker_is_tried_without_money_and_then_on_its_last_strike() {
        let health = Health::default();
        let us = place("a", 1, ActPhase::Charge);
        (0..3).for_each(|_| health.struck(&us, false));
        assert!(health.cooled().is_empty());
        health.advance(limits::PLUGIN_BREAKER_COOL);
        let stand = |health: &Health| health.stand("a", us.1).first().map(|stand| (stand.state, stand.open_for_s));
        let open_s = limits::PLUGIN_BREAKER_COOL.as_secs();
        assert_eq!(stand(&health), Some((BreakerState::Open, Some(open_s))));
        assert!(health.stand("a", TenantId::at(2)).is_empty(), "another firm's is not shown");
        assert_eq!(health.cooled(), std::slice::from_ref(&us));
        health.tried(&us, false);
        assert!(!admits(&health, &us) && health.cooled().is_empty(), "it failed: once more as long");
        health.advance(limits::PLUGIN_BREAKER_COOL);
        health.tried(&us, true);
        assert!(admits(&health, &us));
        assert_eq!(stand(&health), Some((BreakerState::HalfOpen, None)));
        assert_eq!(health.stands_counted(&["a"])[&(ActPhase::Charge, BreakerState::HalfOpen)], 1);
        health.struck(&us, false);
        assert!(!admits(&health, &us), "half open: one strike is enough");
        health.advance(limits::PLUGIN_BREAKER_COOL);
        health.tried(&us, true);
        health.advance(limits::PLUGIN_STRIKES_FORGIVEN);
        health.ended(&us, false);
        health.struck(&us, false);
        assert!(admits(&health, &us), "well for long: everything is forgiven");
    }

    #[test]
    fn strikes_far_apart_are_forgiven() {
        let (health, us) = (Health::default(), place("a", 1, ActPhase::Charge));
        for _ in 0..5 {
            health.struck(&us, false);
            health.advance(limits::PLUGIN_STRIKES_WINDOW + Duration::from_secs(1));
        }
        assert!(admits(&health, &us));
    }

    #[test]
    fn a_version_is_sick_when_firms_suffer_or_it_is_hostile() {
        let health = Health::default();
        let firms = [1, 2, 3].map(|firm| place("a", firm, ActPhase::Charge));
        for firm in &firms {
            assert_eq!(health.sick("a"), None);
            (0..3).for_each(|_| health.struck(firm, false));
        }
        assert!(health.sick("a").is_some());
        assert!(!admits(&health, &place("a", 9, ActPhase::FollowUp)), "nobody begins anything on it");
        let hostile = place("b", 9, ActPhase::Charge);
        health.struck(&hostile, true);
        assert!(!admits(&health, &place("b", 1, ActPhase::Charge)) && health.is_hostile("b"), "at once");
        health.forget("b");
        assert!(health.sick("b").is_none() && admits(&health, &hostile));
    }

    #[test]
    fn doubt_counts_only_where_the_bank_does_not_explain_it() {
        let health = Health::default();
        let play = |digest: &str, acts: usize, doubtful: usize| {
            let place = place(digest, 1, ActPhase::Charge);
            (0..acts).for_each(|act| health.ended(&place, act < doubtful));
        };
        play("new", limits::PLUGIN_RECORD_ACTS_MIN - 1, limits::PLUGIN_RECORD_ACTS_MIN - 1);
        assert_eq!(health.doubtful("new", None), None, "too few to tell");
        play("new", 1, 1);
        assert!(health.doubtful("new", None).is_some());
        play("old", 40, 30);
        assert_eq!(health.doubtful("new", Some("old")), None, "the bank is away for both");
        health.advance(RECORD_WINDOW + Duration::from_secs(1));
        assert_eq!(health.doubtful("new", None), None, "long ago");
    }
}

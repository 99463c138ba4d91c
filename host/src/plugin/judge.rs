//! The host decides what happened. This is the table: (what may have left) × (what the connector says or
//! how it failed) → verdict. Pure; the driver only gathers the facts.

use super::act::{ActContext, Terms};
use super::ending::{CONTRACT_BREACH, Ending, Phase, Reason, Verdict, Worth};
use super::history::HistoryPage;
use super::step::{CallFailure, Fault, Outcome, Stated};
use crate::bug::{self, Bug};
use crate::domain::money::Currency;
use crate::limits;

/// What came back through the payer's browser is not the bank's. Nothing was sent on the strength of it.
pub const CALLBACK_NOT_AUTHENTIC: &str = "callback-not-authentic";

/// The bank lists more than is read.
pub const LIST_TOO_LONG: &str = "list-too-long";

/// No answer came, however often it was asked.
pub const NO_ANSWER: &str = "no-answer";

/// The connector was about to send a sealed value where it may not go.
pub(super) const REFUSED_SINK: &str = "refused-sink";

/// The last thing the other side said in this act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// Nothing.
    Nothing,
    /// The payer came back with this; `verified` says that the connector checked a keyed digest of it.
    Callback { verified: bool },
    /// An authentic answer.
    Answer,
    /// An answer that counts for nothing, and why.
    Noise(&'static str),
}

/// What is known when a verdict is due.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "four facts that vary on their own")]
pub(super) struct Facts<'a> {
    /// Something that must not be repeated may be at the bank: a once-only write left, the gate itself
    /// charges, or the act asks about one that left long ago.
    pub touched: bool,
    /// The act only asks: its sends are questions, and an inquiry's verdict is about the operation asked about.
    pub inquiry: bool,
    /// A charging send of *this* act got an answer.
    pub wrote: bool,
    /// The gate charges by itself.
    pub gate_charges: bool,
    /// The last word of the other side.
    pub heard: Heard,
    /// What we asked for.
    pub expected: Option<&'a Terms>,
    /// Our order number.
    pub context: &'a ActContext,
}

pub(super) fn reason(code: &'static str, detail: impl Into<String>) -> Reason {
    Reason { code, detail: detail.into() }
}

impl Facts<'_> {
    /// Nothing was booked if nothing left; else nobody knows.
    pub fn undecided(&self, reason: Reason, phase: Option<Phase>, alarm: bool) -> Verdict {
        if self.touched { Verdict::Unknown { reason, phase, alarm } } else { Verdict::NotProcessed(reason) }
    }

    /// A call that gave no step.
    pub fn failed(&self, failure: CallFailure) -> Verdict {
        match failure {
            CallFailure::Fault(Fault::NotAuthentic, detail) if matches!(self.heard, Heard::Callback { .. }) => {
                self.undecided(reason(CALLBACK_NOT_AUTHENTIC, detail), None, false)
            }
            CallFailure::Fault(fault, detail) => {
                // After a send these three mean that the connector noticed too late what it should have
                // known before: somebody must look.
                let late = matches!(fault, Fault::InvalidRequest | Fault::Unsupported | Fault::BadConfig);
                self.undecided(reason(fault.code(), detail), None, late && !self.inquiry)
            }
            CallFailure::Trap(code, detail) => self.undecided(reason(code, detail), None, true),
            CallFailure::Breach(detail) => self.undecided(reason(CONTRACT_BREACH, detail), None, true),
            CallFailure::Sink(detail) => self.undecided(reason(REFUSED_SINK, detail), None, true),
            CallFailure::Busy => self.undecided(reason("busy", "no sandbox was free in time"), None, false),
        }
    }

    /// A connector that says it is done.
    pub fn judged(&self, outcome: Outcome) -> Ending {
        match outcome {
            Outcome::Told(worth, currency) => self.told(worth, &currency),
            outcome => Ending::Done(self.verdict(outcome)),
        }
    }

    /// A number of points is believed only of an authentic answer, in the currency that was asked about, and only if
    /// it can be one.
    fn told(&self, worth: Worth, currency: &str) -> Ending {
        let asked = self.expected.map(|terms| terms.amount.currency);
        let refused = match self.word_problem() {
            Some(why) => reason(why, "the connector's word does not rest on an authentic answer"),
            None if worth.minor < 0 => reason(CONTRACT_BREACH, "the points are worth less than nothing"),
            None if asked.is_none() || currency_of(currency) != asked => {
                reason("currency-differs", "the bank keeps its points in another currency")
            }
            None => return Ending::Told(worth),
        };
        Ending::Done(self.undecided(refused, None, false))
    }

    fn verdict(&self, outcome: Outcome) -> Verdict {
        match outcome {
            Outcome::Told(..) => self.undecided(reason(CONTRACT_BREACH, "the bank was asked nothing"), None, true),
            Outcome::Approved(approval, stated) => match self.approval_problem(&stated) {
                None => Verdict::Approved(approval),
                // Never `NotProcessed`: somebody said yes to something.
                Some((reason, alarm)) => Verdict::Unknown { reason, phase: None, alarm },
            },
            Outcome::Declined(decline) => self.if_heard(Verdict::Declined(decline)),
            Outcome::Pending(bank) => self.if_heard(Verdict::Pending(bank)),
            Outcome::NotProcessed(detail) => self.if_heard(Verdict::NotProcessed(reason("not-processed", detail))),
            Outcome::Unknown(detail) => self.undecided(reason("unknown", detail), None, false),
        }
    }

    /// A connector that lists what the bank's book has. A list that rests on nothing is none, least of all an empty one.
    pub fn listed(&self, page: HistoryPage) -> Ending {
        let detail = "the connector's list does not rest on an authentic answer";
        match self.word_problem() {
            Some(why) => Ending::Done(Verdict::NotProcessed(reason(why, detail))),
            None if page.lines.len() > limits::PLUGIN_LINES_MAX => {
                let detail = format!("one answer of the bank lists {} transactions", page.lines.len());
                Ending::Done(Verdict::NotProcessed(reason(LIST_TOO_LONG, detail)))
            }
            None => Ending::Listed(page),
        }
    }

    /// A list that does not come: where the other side said nothing that counts, that is why.
    pub fn unlisted(&self, failure: CallFailure) -> Verdict {
        match (failure, self.heard) {
            (CallFailure::Fault(_, detail), Heard::Noise(why)) => Verdict::NotProcessed(reason(why, detail)),
            (failure, _) => self.failed(failure),
        }
    }

    fn if_heard(&self, verdict: Verdict) -> Verdict {
        match self.word_problem() {
            None => verdict,
            Some(why) => {
                let detail = "the connector's word does not rest on an authentic answer";
                self.undecided(reason(why, detail), None, false)
            }
        }
    }

    /// Why the other side's last word carries no decision.
    fn word_problem(&self) -> Option<&'static str> {
        match self.heard {
            Heard::Answer => None,
            Heard::Noise(why) => Some(why),
            // A gate that only authenticates has booked nothing: its "no" needs no signature.
            Heard::Callback { verified } => (self.gate_charges && !verified).then_some("callback-not-verified"),
            Heard::Nothing => Some(NO_ANSWER),
        }
    }

    /// Why a yes is not taken, and whether somebody must look at once.
    fn approval_problem(&self, stated: &Stated) -> Option<(Reason, bool)> {
        let detail = "the connector's yes does not rest on an authentic answer";
        match self.heard {
            Heard::Answer if self.inquiry || self.wrote || self.gate_charges => {}
            // It says yes, but it never sent anything with which a bank could have charged.
            Heard::Nothing | Heard::Answer => return Some((reason("approved-without-charge", detail), true)),
            Heard::Noise(why) => return Some((reason(why, detail), false)),
            Heard::Callback { .. } if !self.gate_charges => {
                return Some((reason("approved-without-charge", detail), true));
            }
            Heard::Callback { verified: false } => return Some((reason("callback-not-verified", detail), false)),
            Heard::Callback { verified: true } => {
                if stated.minor.is_none() || stated.currency.is_none() || stated.order_id.is_none() {
                    let detail = "the callback does not cover amount, currency and order number";
                    return Some((reason("callback-not-covering", detail), false));
                }
            }
        }
        self.stated_problem(stated).map(|reason| (reason, true))
    }

    /// The bank's own words against ours.
    fn stated_problem(&self, stated: &Stated) -> Option<Reason> {
        if let Some(order) = &stated.order_id
            && *order != self.context.order_id
        {
            return Some(reason("order-differs", "the bank's answer names another order number"));
        }
        let Some(terms) = self.expected else {
            let silent = stated.minor.is_none() && stated.currency.is_none();
            return (!silent).then(|| reason("amount-unexpected", "the bank states an amount nobody asked for"));
        };
        if let Some(minor) = stated.minor
            && minor != terms.amount.minor
            && !(bug::is_in(Bug::CallbackAmountUnchecked) && matches!(self.heard, Heard::Callback { .. }))
        {
            let detail = format!("asked for {} minor units, the bank says {minor}", terms.amount.minor);
            return Some(reason("amount-differs", detail));
        }
        if let Some(currency) = &stated.currency
            && currency_of(currency) != Some(terms.amount.currency)
        {
            return Some(reason("currency-differs", format!("asked for {}", terms.amount.currency)));
        }
        None
    }
}

/// A currency as a bank writes it: `TRY`, `949`, `0949`, and `TL` for the lira.
pub(super) fn currency_of(stated: &str) -> Option<Currency> {
    let stated = stated.trim();
    if stated.eq_ignore_ascii_case("TL") {
        return Some(Currency::TRY);
    }
    Currency::from_code(stated).or_else(|| stated.parse().ok().and_then(Currency::from_numeric))
}

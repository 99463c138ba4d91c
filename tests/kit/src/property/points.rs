//! The points of a card: a number in the bank's own words or none, and a wish to pay with them that is taken whole or
//! refused.

use vezne_plugin::points::Look;
use vezne_plugin::words::{attribute, capability};
use vezne_plugin::{Effect, Reply, Step, TransportPhase, native};

use super::Dice;
use super::spoiling::{mutated, noises, spoilt};
use super::state::garbage_beside;
use crate::act::{Act, Wanted, money};
use crate::bank::Told;
use crate::connector::Purse;
use crate::host::{caught, failure};
use crate::kit::{Kit, unmeddled};
use crate::report::{Cell, Report};
use crate::talk::{Model, Talk, Turn, What};
use crate::verdict::{Verdict, faulty};
use crate::wire::Wire;

const TALKS: &str = "does-what-the-manifest-says";
const TELLS: &str = "points-are-told-by-the-bank-or-not-at-all";
const PAYS: &str = "points-pay-a-part-or-are-refused";
const READS: &str = "an-inquiry-only-reads";
const SAME: &str = "the-same-input-gives-the-same-steps";
const SEALED: &str = "no-digit-of-the-card-is-readable";
const SINKS: &str = "sealed-values-go-only-where-they-may";

/// Questions of one look, and changes to its answer.
const QUESTIONS_MAX: usize = 4;
const MUTATIONS: usize = 60;
/// What points pay of the kit's usual amount.
const PART: i64 = 400;

/// What one question came to.
struct Asked {
    /// Steps in the clear, for comparison.
    transcripts: Vec<String>,
    /// What a guest, log or database could read.
    readable: Vec<String>,
    /// What was refused about a step.
    sinks: Vec<String>,
    writes: bool,
    states: Vec<Vec<u8>>,
    end: Result<Look, Verdict>,
}

type Meddle<'m> = dyn FnMut(Reply) -> Reply + 'm;

struct Asker<'k> {
    kit: &'k Kit,
    purse: Purse,
    talk: Talk,
}

/// Puts every promise about points to the proof, as far as the connector knows of them.
pub(super) fn all(kit: &Kit, report: &mut Report) {
    let talk = Talk::good(What::Points, Model::None);
    let claimed = kit.claims(talk);
    match kit.connector.points {
        None => report.proof(TALKS, !claimed, || "the manifest lists points-inquiry, which is not exported".to_owned()),
        Some(_) if !claimed => {
            report.proof(TALKS, false, || {
                "points are exported, and the manifest does not list points-inquiry".to_owned()
            });
        }
        Some(_) if !kit.bank.knows(talk) => {
            report.proof(TALKS, false, || format!("the bank has no conversation \"{talk}\""));
        }
        Some(purse) => {
            let asker = Asker { kit, purse, talk };
            asker.good(report);
            asker.noise(report);
            asker.state(report);
        }
    }
    pays(kit, report);
}

impl Asker<'_> {
    fn act(&self) -> Act {
        Act::new(&*self.kit.bank, self.talk, &Wanted::default(), None)
    }

    /// Asks to the end.
    fn ask(&self, told: &Told, meddle: &mut Meddle<'_>) -> Asked {
        let act = self.act();
        let _host = self.kit.bank.account().session().start();
        let mut asked = Asked {
            transcripts: Vec::new(),
            readable: Vec::new(),
            sinks: Vec::new(),
            writes: false,
            states: Vec::new(),
            end: Err(Verdict::Browse),
        };
        let mut heard = Vec::new();
        let card = act.card.as_ref().map(vezne_plugin::native::TestCard::card);
        let Some(card) = card else { return asked };
        let mut result = caught(|| (self.purse.ask)(&act.ctx, &act.terms, &card));
        asked.end = loop {
            let send = match result {
                Ok(Ok(Look::Send(send))) => Step::Send(send),
                Ok(Ok(told)) => break Ok(told),
                Ok(Err(fault)) => break Err(faulty(fault)),
                Err(said) => break Err(Verdict::Trap(said)),
            };
            self.note(&send, &mut asked);
            if asked.transcripts.len() > QUESTIONS_MAX {
                break Err(Verdict::Breach("it asks for ever".to_owned()));
            }
            heard.extend(Wire::of(&send));
            let Some(said) = self.kit.bank.answer(self.talk, asked.transcripts.len() - 1, &heard, told) else {
                break Err(Verdict::Breach(format!("the bank has no further answer for {}", self.talk)));
            };
            let (reply, state) = (meddle(said), asked.states.last().cloned().unwrap_or_default());
            result = caught(|| (self.purse.go_on)(&act.ctx, &act.terms, &state, &reply));
        };
        asked
    }

    fn note(&self, send: &Step, asked: &mut Asked) {
        let manifest = &self.kit.manifest;
        let card = manifest.endpoints_that(|endpoint| endpoint.takes_card);
        let secrets = manifest.endpoints_that(|endpoint| endpoint.takes_secrets);
        asked.sinks.extend(native::check_sinks(send, &card, &secrets).err());
        asked.transcripts.push(native::transcript(send));
        asked.readable.push(native::readable(send));
        if let Step::Send(send) = send {
            asked.writes |= send.effect != Effect::ReadOnly;
            asked.readable.push(String::from_utf8_lossy(&send.state).into_owned());
            asked.states.push(send.state.clone());
        }
    }

    /// The worth of the points in the bank's words, whatever it is; and the bank's no.
    fn good(&self, report: &mut Report) {
        let (talk, truth) = (self.talk, self.act().truth());
        for minor in [truth.amount.minor, 1, 0] {
            let told = Told { amount: money(minor, &truth.amount.currency), ..truth.clone() };
            let asked = self.ask(&told, &mut |reply| reply);
            let kept = matches!(&asked.end, Ok(Look::Told(worth))
                if worth.minor == minor && worth.currency.trim() == told.amount.currency);
            report.proof(TELLS, kept, || format!("{talk}: the card has {minor}, and yet {}", shown(&asked)));
            report.proof(READS, !asked.writes, || format!("{talk}: a request that is declared to write"));
            report.proof(SINKS, asked.sinks.is_empty(), || format!("{talk}: {}", asked.sinks.join("; ")));
            let number = self.kit.bank.card().number;
            let digits = number.get(6..number.len().saturating_sub(4)).unwrap_or_default();
            let readable = asked.readable.iter().any(|text| text.contains(digits));
            report.proof(SEALED, !readable, || format!("{talk}: the card is readable"));
            let again = self.ask(&told, &mut |reply| reply);
            report
                .proof(SAME, again.transcripts == asked.transcripts, || format!("{talk}: other steps the second time"));
        }
        let less = Told { amount: money(-1, &truth.amount.currency), ..truth.clone() };
        let asked = self.ask(&less, &mut |reply| reply);
        report.proof(TELLS, matches!(asked.end, Err(Verdict::Fault(..))), || {
            format!("{talk}: the card has less than nothing, and yet {}", shown(&asked))
        });
        let declined = talk.turning(Turn::Declined);
        if self.kit.bank.knows(declined) {
            let asker = Asker { talk: declined, ..*self };
            let asked = asker.ask(&truth, &mut |reply| reply);
            report
                .proof(TELLS, matches!(asked.end, Ok(Look::Declined(_))), || format!("{declined}: {}", shown(&asked)));
        }
        report.cell(talk, Cell::Yes);
    }

    /// What cannot be read is no number.
    fn noise(&self, report: &mut Report) {
        let (talk, truth) = (self.talk, self.act().truth());
        for (name, noise) in noises() {
            let asked = self.ask(&truth, &mut |reply| spoilt(reply, noise));
            report.proof(TELLS, matches!(asked.end, Err(Verdict::Fault(..))), || {
                format!("{talk}: the answer was {name}, and yet {}", shown(&asked))
            });
        }
        for timed_out in [true, false] {
            let asked = self.ask(&truth, &mut |_| failure(TransportPhase::AwaitingResponse, timed_out));
            report.proof(TELLS, matches!(asked.end, Err(Verdict::Fault(..))), || {
                format!("{talk}: the line was cut, and yet {}", shown(&asked))
            });
        }
        let mut dice = Dice::new(19);
        for _ in 0..MUTATIONS {
            let asked = self.ask(&truth, &mut |reply| mutated(reply, &mut dice));
            report.proof(TELLS, !matches!(asked.end, Err(Verdict::Trap(_))), || format!("{talk}: {}", shown(&asked)));
        }
    }

    /// A state that no question had, and a return where an answer is due.
    fn state(&self, report: &mut Report) {
        let (act, talk) = (self.act(), self.talk);
        let real = self.ask(&act.truth(), &mut |reply| reply).states;
        let _host = self.kit.bank.account().session().start();
        garbage_beside(report, talk, &real, |state, reply| {
            matches!(caught(|| (self.purse.go_on)(&act.ctx, &act.terms, state, reply)), Ok(Err(_)))
        });
    }
}

/// A connector that lists points takes the wish in a sale, and what is no part of the amount it does not; at the gate as
/// its manifest says, and never for a reservation.
fn pays(kit: &Kit, report: &mut Report) {
    if !kit.manifest.can(capability::POINTS) {
        return;
    }
    let with = |what: What, model: Model, points: &str| {
        let mut act = Act::new(&*kit.bank, Talk::good(what, model), &Wanted::default(), None);
        act.ctx.attributes.push((attribute::POINTS_MINOR.to_owned(), points.to_owned()));
        kit.play(&act, &act.truth(), &mut unmeddled)
    };
    let plain = Act::new(&*kit.bank, Talk::good(What::Sale, Model::None), &Wanted::default(), None);
    let plain = kit.play(&plain, &plain.truth(), &mut unmeddled);
    let sold = with(What::Sale, Model::None, &PART.to_string());
    report.proof(PAYS, sold.verdict.is_yes(), || format!("a sale with points ended {}", sold.verdict));
    let of = |story: &crate::host::Story| story.steps.first().map(|step| step.transcript.clone());
    report.proof(PAYS, of(&sold) != of(&plain), || "the bank is not told of the points".to_owned());
    for bad in ["0", "-1", "1002", "4.00", "x", ""] {
        let story = with(What::Sale, Model::None, bad);
        report.proof(PAYS, story.verdict.is_refusal() && story.left().count() == 0, || {
            format!("a sale with {bad:?} points of 1001 ended {}", story.verdict)
        });
    }
    for model in [Model::ThreeD, Model::ThreeDPay, Model::ThreeDHost] {
        if !kit.manifest.models.contains(model.word()) {
            continue;
        }
        let story = with(What::Sale, model, &PART.to_string());
        let takes = model == Model::ThreeD && kit.manifest.can(capability::POINTS_THREE_D);
        let refused = story.verdict.is_refusal() && story.left().count() == 0;
        report.proof(PAYS, if takes { story.verdict.is_yes() } else { refused }, || {
            format!("a sale with points in the model {} ended {}", model.word(), story.verdict)
        });
    }
    if kit.manifest.can("authorize") {
        let story = with(What::Authorize, Model::None, &PART.to_string());
        report.proof(PAYS, story.verdict.is_refusal() && story.left().count() == 0, || {
            format!("a reservation with points ended {}", story.verdict)
        });
    }
}

fn shown(asked: &Asked) -> String {
    match &asked.end {
        Ok(Look::Told(worth)) => format!("{} {} were told", worth.minor, worth.currency),
        Ok(Look::Declined(decline)) => format!("it was declined ({})", decline.category),
        Ok(Look::Send(_)) => "it asks on".to_owned(),
        Err(verdict) => format!("it ended {verdict}"),
    }
}

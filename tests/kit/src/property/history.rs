//! The bank's book, read for reconciliation: what it says and no more, and never written to.

use vezne_plugin::history::{Line, Look, standing};
use vezne_plugin::words::operation;
use vezne_plugin::{Effect, Reply, Step, TransportPhase, native, step};

use super::Dice;
use super::spoiling::{mutated, noises, spoilt};
use super::state::garbage_beside;
use crate::act::{Act, Wanted, money};
use crate::bank::Told;
use crate::connector::Book;
use crate::host::{caught, failure};
use crate::kit::Kit;
use crate::report::{Cell, Report};
use crate::talk::{Model, Span, Talk, What};
use crate::verdict::{Verdict, faulty};
use crate::wire::Wire;

const TALKS: &str = "does-what-the-manifest-says";
const LISTS: &str = "a-history-lists-what-was-done";
const READS: &str = "an-inquiry-only-reads";
const SAME: &str = "the-same-input-gives-the-same-steps";
const SINKS: &str = "sealed-values-go-only-where-they-may";

/// The day of the native session's clock.
const DAY: &str = "2026-11-22";
/// Questions of one look, and changes to its answer.
const QUESTIONS_MAX: usize = 12;
const MUTATIONS: usize = 60;

/// What one look came to.
struct Looked {
    /// Steps in the clear, for comparison.
    transcripts: Vec<String>,
    /// What was refused about a step.
    sinks: Vec<String>,
    writes: bool,
    states: Vec<Vec<u8>>,
    end: Result<Vec<Line>, Verdict>,
}

type Meddle<'m> = dyn FnMut(Reply) -> Reply + 'm;

struct Reader<'k> {
    kit: &'k Kit,
    book: Book,
    talk: Talk,
}

/// Puts every promise about the book to the proof, as far as the connector reads it.
pub(super) fn all(kit: &Kit, report: &mut Report) {
    for what in What::BOOK {
        let talk = Talk::good(what, Model::None);
        let claimed = kit.claims(talk);
        let Some(book) = kit.connector.history else {
            report.proof(TALKS, !claimed, || format!("the manifest lists {talk}, which is not exported"));
            continue;
        };
        let reader = Reader { kit, book, talk };
        if !claimed {
            reader.in_vain(report);
            continue;
        }
        if !kit.bank.knows(talk) {
            report.proof(TALKS, false, || format!("the bank has no conversation \"{talk}\""));
            continue;
        }
        reader.good(report);
        reader.noise(report);
        reader.state(report);
    }
}

impl Reader<'_> {
    fn act(&self) -> Act {
        let bank = &*self.kit.bank;
        let sold = Act::new(bank, Talk::good(What::Sale, Model::None), &Wanted::default(), None);
        let target = sold.as_target(step::order_ref(&bank.order()));
        Act::new(bank, self.talk, &Wanted::default(), Some(target))
    }

    fn begun(&self, act: &Act, next: Option<&[u8]>) -> Result<Look, vezne_plugin::Fault> {
        let nothing = || vezne_plugin::Fault::InvalidRequest("the kit has no target".into());
        match self.talk.what {
            What::History(Span::Day) => (self.book.of_day)(&act.ctx, DAY, next),
            _ => (self.book.of_order)(&act.ctx, act.target.as_ref().ok_or_else(nothing)?),
        }
    }

    /// Looks to the end, all pages of it.
    fn look(&self, told: &Told, meddle: &mut Meddle<'_>) -> Looked {
        let act = self.act();
        let _host = self.kit.bank.account().session().start();
        let mut looked = Looked {
            transcripts: Vec::new(),
            sinks: Vec::new(),
            writes: false,
            states: Vec::new(),
            end: Ok(Vec::new()),
        };
        let (mut heard, mut lines) = (Vec::new(), Vec::new());
        let mut result = caught(|| self.begun(&act, None));
        looked.end = loop {
            let look = match result {
                Ok(Ok(look)) => look,
                Ok(Err(fault)) => break Err(faulty(fault)),
                Err(said) => break Err(Verdict::Trap(said)),
            };
            let send = match look {
                Look::Listed(page) => {
                    lines.extend(page.lines);
                    match page.next {
                        None => break Ok(lines),
                        Some(next) => {
                            result = caught(|| self.begun(&act, Some(&next)));
                            continue;
                        }
                    }
                }
                Look::Send(send) => Step::Send(send),
            };
            self.note(&send, &mut looked);
            if looked.transcripts.len() > QUESTIONS_MAX {
                break Err(Verdict::Breach("it asks for ever".to_owned()));
            }
            heard.extend(Wire::of(&send));
            let said = self.kit.bank.answer(self.talk, looked.transcripts.len() - 1, &heard, told);
            let Some(said) = said else {
                break Err(Verdict::Breach(format!("the bank has no further answer for {}", self.talk)));
            };
            let (reply, state) = (meddle(said), looked.states.last().cloned().unwrap_or_default());
            result = caught(|| (self.book.go_on)(&act.ctx, &state, &reply));
        };
        looked
    }

    fn note(&self, send: &Step, looked: &mut Looked) {
        let manifest = &self.kit.manifest;
        let card = manifest.endpoints_that(|endpoint| endpoint.takes_card);
        let secrets = manifest.endpoints_that(|endpoint| endpoint.takes_secrets);
        looked.sinks.extend(native::check_sinks(send, &card, &secrets).err());
        looked.transcripts.push(native::transcript(send));
        if let Step::Send(send) = send {
            looked.writes |= send.effect != Effect::ReadOnly;
            looked.states.push(send.state.clone());
            let known = manifest.endpoints.contains_key(&send.request.endpoint);
            looked.sinks.extend((!known).then(|| format!("the manifest has no endpoint {}", send.request.endpoint)));
        }
    }

    /// The book in the bank's words, whatever they are.
    fn good(&self, report: &mut Report) {
        let (talk, truth) = (self.talk, self.act().truth());
        let minor = truth.amount.minor;
        let amount = money(minor + 1, &truth.amount.currency);
        let other = Told { amount, original: minor + 1, ..truth.clone() };
        for told in [&truth, &other] {
            let looked = self.look(told, &mut |reply| reply);
            let listed = looked.end.as_ref().is_ok_and(|lines| lines.iter().any(|line| is_sale(line, told)));
            report.proof(LISTS, listed, || match &looked.end {
                Ok(lines) => format!("{talk}: no line is the sale of {}: {lines:?}", told.amount.minor),
                Err(verdict) => format!("{talk} ended {verdict}"),
            });
            for line in looked.end.iter().flatten() {
                let fits = line.minor.is_none_or(|minor| minor >= 0) && !line.standing.is_empty();
                report.proof(LISTS, fits, || format!("{talk}: {line:?} is no line of the contract's"));
            }
            report.proof(READS, !looked.writes, || format!("{talk}: a request that is declared to write"));
            report.proof(SINKS, looked.sinks.is_empty(), || format!("{talk}: {}", looked.sinks.join("; ")));
            let again = self.look(told, &mut |reply| reply);
            report.proof(SAME, again.transcripts == looked.transcripts, || {
                format!("{talk}: other steps the second time")
            });
        }
        report.cell(talk, Cell::Yes);
    }

    /// What cannot be read lists nothing: an empty list would say that the bank has nothing.
    fn noise(&self, report: &mut Report) {
        let talk = self.talk;
        for (name, noise) in noises() {
            let looked = self.look(&self.act().truth(), &mut |reply| spoilt(reply, noise));
            report.proof(LISTS, matches!(looked.end, Err(Verdict::Fault(..))), || {
                format!("{talk}: the answer was {name}, and yet {}", shown(&looked))
            });
        }
        for timed_out in [true, false] {
            let lost = || failure(TransportPhase::AwaitingResponse, timed_out);
            let looked = self.look(&self.act().truth(), &mut |_| lost());
            report.proof(LISTS, matches!(looked.end, Err(Verdict::Fault(..))), || {
                format!("{talk}: the line was cut, and yet {}", shown(&looked))
            });
        }
        let mut dice = Dice::new(17);
        for _ in 0..MUTATIONS {
            let looked = self.look(&self.act().truth(), &mut |reply| mutated(reply, &mut dice));
            report.proof(LISTS, !matches!(looked.end, Err(Verdict::Trap(_))), || format!("{talk}: {}", shown(&looked)));
        }
    }

    /// A state that no look had, and a return where an answer is due.
    fn state(&self, report: &mut Report) {
        let (act, talk) = (self.act(), self.talk);
        let real = self.look(&act.truth(), &mut |reply| reply).states;
        let _host = self.kit.bank.account().session().start();
        garbage_beside(report, talk, &real, |state, reply| {
            matches!(caught(|| (self.book.go_on)(&act.ctx, state, reply)), Ok(Err(_)))
        });
    }

    /// What the manifest does not claim is refused with a sentence, before anything leaves.
    fn in_vain(&self, report: &mut Report) {
        let looked = self.look(&self.act().truth(), &mut |reply| reply);
        let refused = looked.end.as_ref().err().is_some_and(Verdict::is_refusal) && looked.transcripts.is_empty();
        let talk = self.talk;
        report.proof(TALKS, refused, || format!("{talk} is not in the manifest, and yet {}", shown(&looked)));
        report.cell(talk, Cell::Refused);
    }
}

/// Not every bank tells a sale from a reservation, or names the order in each line.
fn is_sale(line: &Line, told: &Told) -> bool {
    let named = line.order_id.as_ref().is_none_or(|order| *order == told.order);
    let sold = line.operation.as_deref().is_none_or(|operation| operation == operation::SALE);
    named && sold && line.standing == standing::DONE && line.minor == Some(told.amount.minor)
}

fn shown(looked: &Looked) -> String {
    match &looked.end {
        Ok(lines) => format!("{} lines were listed", lines.len()),
        Err(verdict) => format!("it ended {verdict}"),
    }
}

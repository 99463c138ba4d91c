//! The step machine: calls the connector, does its sends, and ends with the host's own verdict.
//!
//! Outside an inquiry every send counts as once-only, whatever the connector declares: repeating a sale
//! because a plugin called it harmless is not a risk the host takes. The one exception is a plugin whose
//! manifest claims that it asks before it writes, and even then "approved" is not believed of an act that
//! never declared a write.

use std::time::Duration;

use futures::future::BoxFuture;
use tokio::time::Instant;
use tracing::Instrument;

use super::act::{Act, ActContext, Effect, Terms};
use super::ending::{Browse, Ending, Phase, Verdict};
use super::envelope::Envelope;
use super::held::HeldCard;
use super::history::HistoryPage;
use super::installation::Installation;
use super::journal::{Journal, ReplyNote, SendIntent};
use super::judge::{Facts, Heard, NO_ANSWER, reason};
use super::manifest::Manifest;
use super::masked::Masker;
use super::prepare::{self, OutRequest, PreparedSend, Refused};
use super::record::{Recorder, Rehearsal};
use super::sealed::Labels;
use super::step::{
    BrowseStep, Call, CallEnd, CallFailure, Guest, Input, Reply, Response, SendStep, Step, TransportFailure,
};
use super::window::Window;
use super::{answer, span, tally};
use crate::bug::{self, Bug};
use crate::ctx::Late;
use crate::limits;

/// The way out: the guarded client in production, a script in tests.
pub trait Transport: Send + Sync {
    /// One request, one answer, no redirects.
    fn send<'a>(&'a self, request: &'a OutRequest, until: Instant)
    -> BoxFuture<'a, Result<Response, TransportFailure>>;
}

/// What one act runs on.
pub(super) struct Drive<'a> {
    pub guest: &'a dyn Guest,
    pub transport: &'a dyn Transport,
    pub manifest: &'a Manifest,
    pub installation: &'a Installation,
    pub context: &'a ActContext,
    pub card: Option<&'a HeldCard>,
    /// Of this card and these secrets.
    pub masker: &'a Masker,
    pub journal: &'a dyn Journal,
    pub deadline: Instant,
    /// The same by the host's clock, which goes on while a machine sleeps.
    pub until_ms: i64,
    /// Writes down what happens.
    pub recorder: Option<&'a Recorder<'a>>,
    /// The recorded act that is played again; nothing is counted then.
    pub again: Option<&'a Rehearsal>,
    /// Where it is counted how the version fares.
    pub window: Option<&'a Window>,
}

/// How far the act has come.
#[expect(clippy::struct_excessive_bools, reason = "four facts that vary on their own")]
struct Progress {
    /// What the bank said last, to compare with where the payer is led.
    answer: Vec<u8>,
    touched: bool,
    wrote: bool,
    inquiry: bool,
    gate_charges: bool,
    heard: Heard,
    steps: u8,
}

impl Drive<'_> {
    /// Runs the act to its end. Never panics on what a guest or a bank does, never outlives the deadline by
    /// more than one epoch tick.
    pub async fn run(&self, act: Act) -> Ending {
        let (listing, points) = (act.lists(), matches!(act, Act::Points { .. }));
        let mut progress = Progress {
            answer: Vec::new(),
            // An inquiry asks about what left long ago. Other questions are about nothing that was done: no answer
            // leaves nothing in doubt.
            touched: matches!(act, Act::Inquire { .. }),
            wrote: false,
            inquiry: act.asks(),
            gate_charges: false,
            heard: Heard::Nothing,
            steps: 0,
        };
        let masker = self.masker;
        let terms = act.expected().cloned();
        let expected = terms.as_ref();
        // `resume` gets the terms the operation began with; an inquiry or a void began with none of its own.
        let resumed = match &act {
            Act::Void { .. } | Act::Inquire { .. } => None,
            _ => expected,
        };
        let mut state;
        let mut end = match act {
            Act::Resume { state: sealed, mut callback, .. } => {
                let envelope = match Envelope::open(&sealed, &self.installation.digest) {
                    Ok(envelope) => envelope,
                    Err(sentence) => {
                        progress.touched = true;
                        // Not the connector's doing: it was withdrawn while the payer was away, or the row is damaged.
                        let refused = reason("state-refused", sentence);
                        return Ending::Done(self.facts(&progress, expected).undecided(refused, None, true));
                    }
                };
                progress.steps = envelope.steps;
                progress.gate_charges = envelope.gate == Effect::OnceOnlyWrite;
                progress.touched = progress.gate_charges;
                progress.heard = Heard::Callback { verified: false };
                masker.scrub_callback(&mut callback);
                state = envelope.state;
                let input = Input::Resume { terms: resumed, state: &state, reply: Reply::Callback(callback) };
                self.call(input, progress.steps).await
            }
            act => self.call(Input::Begin(&act), 0).await,
        };
        loop {
            if let Heard::Callback { verified } = &mut progress.heard {
                *verified = end.verified;
            }
            let step = match end.result {
                Ok(step) => step,
                Err(failure) => {
                    let (facts, failure) = (self.facts(&progress, expected), masked(masker, failure));
                    let verdict = if listing { facts.unlisted(failure) } else { facts.failed(failure) };
                    return Ending::Done(verdict);
                }
            };
            let send = match step {
                Step::Done(outcome) => return self.facts(&progress, expected).judged(masker.outcome(outcome)),
                Step::Browse(step) => return self.browse(*step, &progress, expected),
                Step::Listed(page) => return self.listed(page, &progress),
                Step::Send(step) => *step,
            };
            let reply = match self.send(&send, &mut progress, expected).await {
                Ok(reply) => reply,
                Err(verdict) => return Ending::Done(verdict),
            };
            state = send.state;
            let input = match resumed {
                _ if listing => Input::GoOn { state: &state, reply },
                Some(terms) if points => Input::PointsGoOn { terms, state: &state, reply },
                _ => Input::Resume { terms: resumed, state: &state, reply },
            };
            end = self.call(input, progress.steps).await;
        }
    }

    fn listed(&self, page: HistoryPage, progress: &Progress) -> Ending {
        let most = limits::PLUGIN_STATE_BYTES_MAX;
        if page.next.as_ref().is_some_and(|next| next.len() > most) {
            let refused = Refused { sentence: "the place to go on from is too long".into(), sink: false };
            return Ending::Done(self.breach(refused, progress, None));
        }
        self.facts(progress, None).listed(self.masker.page(page))
    }

    fn facts<'f>(&'f self, progress: &Progress, expected: Option<&'f Terms>) -> Facts<'f> {
        Facts {
            touched: progress.touched,
            inquiry: progress.inquiry,
            wrote: progress.wrote,
            gate_charges: progress.gate_charges,
            heard: progress.heard,
            expected,
            context: self.context,
        }
    }

    async fn call(&self, input: Input<'_>, sends_before: u8) -> CallEnd {
        let (now_ms, again) = match self.again.map(Rehearsal::next) {
            Some((now_ms, given)) => (now_ms, Some(given)),
            None => (self.context.clock.now_ms(), None),
        };
        let function = input.function();
        let (installation, context, card) = (self.installation, self.context, self.card);
        let call = Call { installation, context, card, now_ms, again, sends_before, input };
        let end = match self.context.clock.within(self.deadline, self.guest.call(call)).await {
            Ok(end) => end,
            Err(Late) => {
                CallEnd::failed(CallFailure::Trap("deadline", "the time of the act ran out in the connector".into()))
            }
        };
        if let Some(window) = self.window {
            window.called(&end);
        }
        if let Err(failure) = &end.result {
            self.failed(failure);
        }
        if let Some(recorder) = self.recorder {
            recorder.called(function, now_ms, &end);
        }
        end
    }

    /// Counts a failure of the connector, unless it is only played again.
    fn failed(&self, failure: &CallFailure) {
        if let Some(window) = self.window {
            window.failed(failure);
        }
        if self.again.is_none() {
            tally::call_failed(self.manifest, self.installation, failure);
        }
    }

    /// One send, to the reply the connector is resumed with, or to the verdict that ends the act.
    async fn send(&self, step: &SendStep, progress: &mut Progress, expected: Option<&Terms>) -> Result<Reply, Verdict> {
        let mut prepared = match self.prepared(step, progress) {
            Ok(prepared) => prepared,
            Err(refused) => return Err(self.breach(refused, progress, expected)),
        };
        progress.steps += 1;
        let believed = progress.inquiry || self.manifest.asks_before_writing;
        let repeatable = believed && step.effect == Effect::ReadOnly;
        let effect = if repeatable { Effect::ReadOnly } else { Effect::OnceOnlyWrite };
        let intent = SendIntent {
            step: progress.steps,
            endpoint: step.endpoint.clone(),
            target: prepared.target.clone(),
            effect,
            known: step.known.clone(),
            masked_request: self.masker.text(&prepared.masked),
        };
        if let Err(error) = self.journal.before_send(&intent).await {
            let facts = self.facts(progress, expected);
            return Err(facts.undecided(reason("not-recorded", error.0), None, false));
        }
        // The machine may have stood still since: whoever looked meanwhile may have believed that nothing left.
        if self.context.clock.now_ms() > self.until_ms {
            let late = reason("deadline", "the time of the act ran out before this was sent");
            return Err(self.facts(progress, expected).undecided(late, None, false));
        }
        let (bytes_out, span) = (prepared.request.body.len(), span::send(&step.endpoint, effect, progress.steps));
        let transfer = self.transfer(&prepared.request, repeatable || bug::is_in(Bug::RetryWhileUnknown));
        let (result, tries, elapsed) = transfer.instrument(span.clone()).await;
        span::sent(&span, tries, bytes_out, result.as_ref());
        drop(span);
        if self.again.is_none() {
            tally::sent(self.manifest, &step.endpoint, bytes_out, result.as_ref(), elapsed);
        }
        if prepared.labels.any(Labels::CVV)
            && let Some(card) = self.card
        {
            card.security_code_drop();
        }
        let target = std::mem::take(&mut prepared.target);
        drop(prepared);
        let mut note = ReplyNote {
            step: progress.steps,
            endpoint: step.endpoint.clone(),
            tries,
            status: None,
            failed_in: None,
            detail: None,
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            masked_response: String::new(),
        };
        let reply = match result {
            Ok(mut response) => {
                progress.touched |= !repeatable;
                progress.wrote |= step.effect != Effect::ReadOnly;
                progress.heard = match answer::authentic(self.manifest, &response) {
                    Ok(()) => Heard::Answer,
                    Err(why) => Heard::Noise(why),
                };
                self.masker.scrub_response(&mut response);
                progress.answer.clone_from(&response.body);
                note.status = Some(response.status);
                note.masked_response = self.masker.response(&response);
                self.replied(&target, &note, elapsed, Ok(&response));
                Ok(Reply::Response(response))
            }
            Err(failure) => {
                note.failed_in = Some(failure.phase);
                note.detail = Some(failure.detail.clone());
                self.replied(&target, &note, elapsed, Err(&failure));
                progress.touched |= !repeatable && failure.phase.may_have_left();
                progress.heard = Heard::Noise(NO_ANSWER);
                if repeatable { Ok(Reply::Failed(failure)) } else { Err(self.lost(&failure, progress, expected)) }
            }
        };
        self.journal.after_reply(&note).await;
        reply
    }

    fn replied(&self, target: &str, note: &ReplyNote, elapsed: Duration, reply: Result<&Response, &TransportFailure>) {
        if let Some(recorder) = self.recorder {
            recorder.replied(target, note.tries, elapsed, reply);
        }
    }

    fn prepared(&self, step: &SendStep, progress: &Progress) -> Result<PreparedSend, Refused> {
        let refused = |sentence: &str| Refused { sentence: sentence.into(), sink: false };
        if progress.steps >= limits::PLUGIN_STEPS_MAX {
            return Err(refused("too many steps"));
        }
        if progress.inquiry && step.effect != Effect::ReadOnly {
            return Err(refused("an inquiry must be read-only"));
        }
        prepare::send(self.installation, self.manifest, step)
    }

    /// Sends, and sends again what may be repeated, as long as there is time.
    async fn transfer(
        &self,
        request: &OutRequest,
        repeatable: bool,
    ) -> (Result<Response, TransportFailure>, u8, Duration) {
        let began = Instant::now();
        let most = limits::PLUGIN_SEND_MAX;
        let asked = self.manifest.limits.send_ms.map(|ms| Duration::from_millis(ms.into()));
        let each = asked.unwrap_or(limits::PLUGIN_SEND_DEFAULT).min(most);
        let mut tries = 0;
        loop {
            tries += 1;
            let until = self.deadline.min(Instant::now() + each);
            let result = self.transport.send(request, until).await;
            let pause = limits::PLUGIN_RETRY_PAUSE * u32::from(tries);
            let time = Instant::now() + pause < self.deadline;
            if result.is_ok() || !repeatable || tries >= limits::PLUGIN_TRIES_MAX || !time {
                return (result, tries, began.elapsed());
            }
            self.context.clock.sleep(pause).await;
        }
    }

    /// A send that must not be repeated got no answer.
    fn lost(&self, failure: &TransportFailure, progress: &Progress, expected: Option<&Terms>) -> Verdict {
        let code = match (failure.phase, failure.timed_out) {
            (Phase::Resolving, _) => "resolving-failed",
            (Phase::Connecting, _) => "connecting-failed",
            (Phase::Tls, _) => "tls-failed",
            (_, true) => "no-answer-in-time",
            (_, false) => "connection-broke",
        };
        self.facts(progress, expected).undecided(reason(code, failure.detail.clone()), Some(failure.phase), false)
    }

    fn breach(&self, refused: Refused, progress: &Progress, expected: Option<&Terms>) -> Verdict {
        if let Some(recorder) = self.recorder {
            recorder.refused(&refused.sentence);
        }
        let failure = if refused.sink {
            if self.again.is_none() {
                tally::sink_refused(self.manifest, self.installation);
            }
            CallFailure::Sink(refused.sentence)
        } else {
            CallFailure::Breach(refused.sentence)
        };
        let failure = masked(self.masker, failure);
        self.failed(&failure);
        self.facts(progress, expected).failed(failure)
    }

    fn browse(&self, step: BrowseStep, progress: &Progress, expected: Option<&Terms>) -> Ending {
        if progress.inquiry {
            let refused = Refused { sentence: "an inquiry cannot need the payer".into(), sink: false };
            return Ending::Done(self.breach(refused, progress, expected));
        }
        let (page, labels) = match prepare::browse(self.installation, self.manifest, &progress.answer, &step) {
            Ok(prepared) => prepared,
            Err(refused) => return Ending::Done(self.breach(refused, progress, expected)),
        };
        if labels.any(Labels::CVV)
            && let Some(card) = self.card
        {
            card.security_code_drop();
        }
        // Once a charge may be on its way, a gate that "only authenticates" does not make it unsent.
        let effect = if progress.touched && progress.wrote { Effect::OnceOnlyWrite } else { step.effect };
        let envelope = Envelope { steps: progress.steps, gate: effect, state: step.state };
        let state = envelope.seal(&self.installation.digest);
        let (correlation, known) = (step.correlation, step.known);
        Ending::Browse(Box::new(Browse { effect, correlation, known, state, page }))
    }
}

/// What a connector says of its failure is kept and shown, and it may repeat what the bank said.
fn masked(masker: &Masker, failure: CallFailure) -> CallFailure {
    match failure {
        CallFailure::Fault(fault, detail) => CallFailure::Fault(fault, masker.text(&detail)),
        CallFailure::Trap(code, detail) => CallFailure::Trap(code, masker.text(&detail)),
        CallFailure::Breach(detail) => CallFailure::Breach(masker.text(&detail)),
        CallFailure::Sink(detail) => CallFailure::Sink(masker.text(&detail)),
        CallFailure::Busy => CallFailure::Busy,
    }
}

#[cfg(test)]
#[path = "driver_tests.rs"]
mod tests;

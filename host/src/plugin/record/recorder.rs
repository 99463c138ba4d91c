//! Writes one recording while an act runs.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::super::PluginInfo;
use super::super::act::{Act, ActContext};
use super::super::ending::{Ending, Verdict};
use super::super::held::HeldCard;
use super::super::installation::Installation;
use super::super::masked::Masker;
use super::super::step::{CallEnd, Response, TransportFailure};
use super::mask::Mask;
use super::{
    Exchange, FORMAT, Given, RecordedAccount, RecordedAct, RecordedCard, RecordedContext, RecordedEndpoint,
    RecordedReply, Recording, Turn, stand_in,
};
use crate::limits;

/// The pen. The driver tells it what happens; it keeps nothing that is not masked.
pub(in crate::plugin) struct Recorder<'a> {
    masker: &'a Masker,
    began: Instant,
    page: Mutex<Page>,
}

/// About what a turn takes besides its texts.
const TURN_BYTES: usize = 1024;

struct Page {
    recording: Recording,
    /// Bytes that may still be kept.
    left: usize,
}

impl Page {
    /// Masks with what room there is.
    fn masked<T>(&mut self, masker: &Masker, masked: impl FnOnce(&Mask<'_>) -> T) -> T {
        let mask = Mask::new(masker, self.left);
        let value = masked(&mask);
        let (left, cut) = mask.counted();
        self.left = left;
        self.recording.cut |= cut;
        value
    }
}

impl<'a> Recorder<'a> {
    /// Begins with what is asked.
    pub fn begin(
        info: &PluginInfo,
        installation: &Installation,
        context: &ActContext,
        card: Option<&HeldCard>,
        act: &Act,
        masker: &'a Masker,
    ) -> Self {
        let mask = Mask::new(masker, limits::PLUGIN_RUN_BYTES_MAX);
        let recording = Recording {
            format: FORMAT,
            plugin: info.id.clone(),
            version: info.version.clone(),
            digest: info.digest.clone(),
            api: info.manifest.api.clone(),
            attempt: context.attempt_id.clone(),
            began_ms: context.clock.now_ms(),
            took_ms: 0,
            account: account_of(installation, &mask),
            context: context_of(context, &mask),
            card: card.map(RecordedCard::of),
            input: RecordedAct::of(act, &installation.digest, &mask),
            turns: Vec::new(),
            outcome: String::new(),
            reason: None,
            cut: false,
        };
        let (left, cut) = mask.counted();
        let page = Page { recording: Recording { cut, ..recording }, left };
        Self { masker, began: Instant::now(), page: Mutex::new(page) }
    }

    fn page(&self) -> MutexGuard<'_, Page> {
        self.page.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call ended.
    pub fn called(&self, function: &'static str, now_ms: i64, end: &CallEnd) {
        let page = &mut *self.page();
        let turn = page.masked(self.masker, |mask| Turn {
            function: function.to_owned(),
            now_ms,
            given: Given::clone(&end.trace.given),
            step: super::RecordedStep::of(&end.result, mask),
            logs: end.trace.logs.iter().map(|line| mask.log(line)).collect(),
            backtrace: end.trace.backtrace.clone(),
            took_us: u64::try_from(end.trace.took.as_micros()).unwrap_or(u64::MAX),
            ticks: end.trace.ticks,
            memory_bytes: end.trace.memory_bytes,
            refused: None,
            exchange: None,
        });
        page.recording.turns.push(turn);
    }

    /// The host did not do what the last call asked for.
    pub fn refused(&self, sentence: &str) {
        let page = &mut *self.page();
        let sentence = page.masked(self.masker, |mask| mask.message(sentence));
        if let Some(turn) = page.recording.turns.last_mut() {
            turn.refused = Some(sentence);
        }
    }

    /// Something came back on the send of the last call, or nothing did.
    pub fn replied(
        &self,
        target: &str,
        tries: u8,
        elapsed: std::time::Duration,
        reply: Result<&Response, &TransportFailure>,
    ) {
        let page = &mut *self.page();
        let exchange = page.masked(self.masker, |mask| Exchange {
            target: mask.text(target),
            tries,
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            reply: match reply {
                Ok(response) => RecordedReply::Response {
                    status: response.status,
                    headers: mask.pairs(&response.headers),
                    body: mask.bytes(&response.body),
                    truncated: response.truncated,
                },
                Err(failure) => RecordedReply::Failed {
                    phase: failure.phase,
                    timed_out: failure.timed_out,
                    detail: mask.message(&failure.detail),
                },
            },
        });
        if let Some(turn) = page.recording.turns.last_mut() {
            turn.exchange = Some(exchange);
        }
    }

    /// The act is over. Gives the recording, and about how much room it takes.
    pub fn ended(self, ending: &Ending) -> (Recording, usize) {
        let took = self.began.elapsed();
        let mut page = self.page.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (outcome, reason) = outcome_of(ending);
        outcome.clone_into(&mut page.recording.outcome);
        page.recording.reason = page.masked(self.masker, |mask| mask.maybe(reason.as_deref()));
        page.recording.took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let texts = limits::PLUGIN_RUN_BYTES_MAX.saturating_sub(page.left);
        let bytes = texts + (page.recording.turns.len() + 1) * TURN_BYTES;
        (page.recording, bytes)
    }
}

/// The host's verdict in a word, and why.
fn outcome_of(ending: &Ending) -> (&'static str, Option<String>) {
    match ending {
        Ending::Browse(_) => ("browse", None),
        Ending::Listed(_) => ("listed", None),
        Ending::Told(_) => ("told", None),
        Ending::Done(Verdict::Approved(_)) => ("approved", None),
        Ending::Done(Verdict::Declined(decline)) => ("declined", Some(decline.category.clone())),
        Ending::Done(Verdict::Pending(_)) => ("pending", None),
        Ending::Done(Verdict::NotProcessed(reason)) => ("not-processed", Some(reason.to_string())),
        Ending::Done(Verdict::Unknown { reason, .. }) => ("unknown", Some(reason.to_string())),
    }
}

fn account_of(installation: &Installation, mask: &Mask<'_>) -> RecordedAccount {
    let config = installation.config.iter().map(|(name, value)| (name.clone(), mask.text(value)));
    let endpoints = installation.endpoints.iter().map(|(name, endpoint)| {
        let (takes_card, takes_secrets) = (endpoint.takes_card, endpoint.takes_secrets);
        (name.clone(), RecordedEndpoint { url: mask.text(&endpoint.url), takes_card, takes_secrets })
    });
    RecordedAccount {
        id: installation.pos_account.to_string(),
        config: config.collect(),
        secrets: stand_in::shapes(&installation.secrets),
        endpoints: endpoints.collect(),
        sandbox: installation.sandbox,
        zone: installation.zone.clone(),
    }
}

fn context_of(context: &ActContext, mask: &Mask<'_>) -> RecordedContext {
    RecordedContext {
        order_id: mask.text(&context.order_id),
        callback_url: mask.text(&context.callback_url),
        payer_ip: mask.maybe(context.payer_ip.as_deref()),
        payer_email: mask.maybe(context.payer_email.as_deref()),
        locale: context.locale.clone(),
        attributes: mask.pairs(&context.attributes),
    }
}

//! Plays a recording on a component: the driver, the host's checks and its judgement are the real ones; the bank, the
//! clock, entropy and the card are the recorded ones. Nothing is sent.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::super::act::ActContext;
use super::super::driver::{Drive, Transport};
use super::super::ending::Phase;
use super::super::installation::{Endpoint, Installation};
use super::super::journal::Unwritten;
use super::super::masked::Masker;
use super::super::prepare::OutRequest;
use super::super::step::{Response, TransportFailure};
use super::super::version::Version;
use super::compare::{self, Difference};
use super::{Given, RecordedReply, Recorder, Recording, Turn, stand_in};
use crate::ctx::{Clock, Stage};
use crate::domain::id::{PosAccountId, TenantId};

/// A recording beside what another component does with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replay {
    /// Nothing differs.
    pub same: bool,
    /// The act.
    pub act: String,
    /// The attempt that was recorded.
    pub attempt: String,
    /// `pos-nestpay 0.1.0`, as recorded.
    pub recorded: String,
    /// `pos-nestpay 0.2.0`, as played.
    pub played: String,
    /// Every step.
    pub turns: Vec<TurnReplay>,
    /// Of the host's verdict.
    pub verdict: Vec<Difference>,
}

/// One step of a replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnReplay {
    /// From 1.
    pub turn: usize,
    /// The function called.
    pub function: String,
    /// `send`, `browse`, `done` or a failure's code; none where the recorded act was over before.
    pub recorded: Option<String>,
    /// The same of what was played.
    pub played: Option<String>,
    /// Where they differ.
    pub differences: Vec<Difference>,
}

impl Replay {
    fn of(recorded: &Recording, played: &Recording) -> Self {
        let count = recorded.turns.len().max(played.turns.len());
        let turns: Vec<TurnReplay> = (0..count)
            .map(|at| {
                let (a, b) = (recorded.turns.get(at), played.turns.get(at));
                let kind = |turn: Option<&Turn>| turn.map(|turn| turn.step.kind().to_owned());
                let function = a.or(b).map(|turn| turn.function.clone()).unwrap_or_default();
                let differences = compare::turns(a, b);
                TurnReplay { turn: at + 1, function, recorded: kind(a), played: kind(b), differences }
            })
            .collect();
        let verdict = compare::outcomes(recorded, played);
        let name = |recording: &Recording| format!("{} {}", recording.plugin, recording.version);
        Self {
            same: verdict.is_empty() && turns.iter().all(|turn| turn.differences.is_empty()),
            act: recorded.input.name().to_owned(),
            attempt: recorded.attempt.clone(),
            recorded: name(recorded),
            played: name(played),
            turns,
            verdict,
        }
    }

    /// How many places differ.
    pub fn differences(&self) -> usize {
        self.verdict.len() + self.turns.iter().map(|turn| turn.differences.len()).sum::<usize>()
    }
}

/// Plays a recording on a version, or says why that cannot be done.
pub(in crate::plugin) async fn replay(version: &Version, recording: &Recording) -> Result<Replay, String> {
    if recording.cut {
        return Err("the act was too long to be recorded whole, so it cannot be played again".to_owned());
    }
    if recording.plugin != version.info.id {
        return Err(format!("it is a recording of {}, not of {}", recording.plugin, version.info.id));
    }
    let damaged = |what: &str| format!("the recording is damaged: {what}");
    let act = recording.input.act(&version.info.digest).ok_or_else(|| damaged("what was asked cannot be read"))?;
    let card = recording.card.as_ref().map(|card| card.made_up().ok_or_else(|| damaged("the card has no shape")));
    let card = card.transpose()?;
    let installation = installation(version, recording);
    let rehearsal = Arc::new(Rehearsal { recording: recording.clone(), begun: AtomicUsize::new(0) });
    let context = context(recording, Clock::staged(Arc::<Rehearsal>::clone(&rehearsal)));
    let masker = Masker::new(card.as_ref(), &installation);
    let recorder = Recorder::begin(&version.info, &installation, &context, card.as_ref(), &act, &masker);
    let drive = Drive {
        guest: version,
        transport: &*rehearsal,
        manifest: &version.info.manifest,
        installation: &installation,
        context: &context,
        card: card.as_ref(),
        masker: &masker,
        journal: &Unwritten,
        deadline: Instant::now() + LONGEST,
        until_ms: i64::MAX,
        recorder: Some(&recorder),
        again: Some(&rehearsal),
        window: None,
    };
    let ending = drive.run(act).await;
    let (played, _) = recorder.ended(&ending);
    Ok(Replay::of(recording, &played))
}

/// The clock of a rehearsal stands still; this only has to be later than now.
const LONGEST: Duration = Duration::from_mins(1);

/// A recorded act while it is played again: its calls, its replies, its clock.
pub(in crate::plugin) struct Rehearsal {
    recording: Recording,
    begun: AtomicUsize,
}

impl Rehearsal {
    /// The next call: its clock, and what it was given.
    pub fn next(&self) -> (i64, Given) {
        let turn = self.recording.turns.get(self.begun.fetch_add(1, Ordering::SeqCst));
        turn.map_or_else(|| (self.recording.began_ms, Given::default()), |turn| (turn.now_ms, turn.given.clone()))
    }

    /// What came back on the send of the call that was made last.
    fn reply(&self) -> Result<Response, TransportFailure> {
        let at = self.begun.load(Ordering::SeqCst).checked_sub(1);
        let turn = at.and_then(|at| self.recording.turns.get(at));
        let over = || TransportFailure {
            phase: Phase::Resolving,
            timed_out: false,
            detail: "the recording ends here".to_owned(),
        };
        match turn.and_then(|turn| turn.exchange.as_ref()).map(|exchange| &exchange.reply) {
            Some(RecordedReply::Response { status, headers, body, truncated }) => Ok(Response {
                status: *status,
                headers: headers.clone(),
                body: body.bytes().ok_or_else(over)?,
                truncated: *truncated,
            }),
            Some(RecordedReply::Failed { phase, timed_out, detail }) => {
                Err(TransportFailure { phase: *phase, timed_out: *timed_out, detail: detail.clone() })
            }
            None => Err(over()),
        }
    }
}

impl Transport for Rehearsal {
    fn send<'a>(&'a self, _: &'a OutRequest, _: Instant) -> BoxFuture<'a, Result<Response, TransportFailure>> {
        Box::pin(async move { self.reply() })
    }
}

impl Stage for Rehearsal {
    fn now_ms(&self) -> i64 {
        self.recording.began_ms
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }

    fn point(&self, _: &'static str) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }

    fn attend(&self) -> Box<dyn Any + Send> {
        Box::new(())
    }

    fn chance(&self) -> u8 {
        0
    }
}

fn installation(version: &Version, recording: &Recording) -> Installation {
    let account = &recording.account;
    let endpoints = account.endpoints.iter().map(|(name, endpoint)| {
        let (takes_card, takes_secrets) = (endpoint.takes_card, endpoint.takes_secrets);
        (name.clone(), Endpoint { url: endpoint.url.clone(), takes_card, takes_secrets })
    });
    Installation {
        // Nobody's: only the share of the sandboxes is counted against it.
        tenant: TenantId::at(recording.began_ms),
        pos_account: PosAccountId::at(recording.began_ms),
        digest: version.info.digest.clone(),
        config: account.config.clone().into(),
        secrets: stand_in::made_up(&account.secrets).into(),
        endpoints: endpoints.collect(),
        sandbox: account.sandbox,
        zone: account.zone.clone(),
    }
}

fn context(recording: &Recording, clock: Clock) -> ActContext {
    let context = &recording.context;
    ActContext {
        attempt_id: recording.attempt.clone(),
        order_id: context.order_id.clone(),
        callback_url: context.callback_url.clone(),
        payer_ip: context.payer_ip.clone(),
        payer_email: context.payer_email.clone(),
        locale: context.locale.clone(),
        attributes: context.attributes.clone(),
        clock,
    }
}

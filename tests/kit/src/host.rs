//! The kit's host: performs a connector's steps against the bank, and notes everything.

use std::panic::{AssertUnwindSafe, catch_unwind};

use vezne_plugin::native::{self, TestCard};
use vezne_plugin::{
    BankRef, Card, Effect, Fault, Outcome, Purpose, Reply, Step, Terms, TransportFailure, TransportPhase,
};

use crate::act::{Act, merged};
use crate::bank::{At, Told};
use crate::kit::Kit;
use crate::talk::{Model, What};
use crate::verdict::{Known, Rests, Verdict, faulty, judged};
use crate::wire::Wire;

/// The host's limit.
const STEPS_MAX: usize = 8;

/// A step as it was seen.
pub(crate) struct Shown {
    /// Everything of it, sealed values in the clear, for comparison only.
    pub transcript: String,
    /// What a guest, log or database could read.
    pub readable: String,
    pub state: Vec<u8>,
    /// Nothing for the last step.
    pub left: Option<Left>,
    pub sinks: Result<(), String>,
}

/// Something that left the connector.
pub(crate) struct Left {
    pub wire: Wire,
    pub effect: Effect,
    pub known: BankRef,
    /// Of a form for the browser.
    pub correlation: Option<String>,
}

/// How an act went.
pub(crate) struct Story {
    pub steps: Vec<Shown>,
    pub verdict: Verdict,
    /// What came back, as bytes that can be compared.
    pub replies: Vec<(At, Vec<u8>)>,
    /// References of an approval, over those made before.
    pub bank: BankRef,
    /// Did a write leave, or a form for a gate that charges?
    pub touched: bool,
    pub log: Vec<String>,
}

impl Story {
    /// Requests and forms, in their order.
    pub fn left(&self) -> impl Iterator<Item = &Left> {
        self.steps.iter().filter_map(|step| step.left.as_ref())
    }

    /// Places where the bank spoke.
    pub fn places(&self) -> Vec<At> {
        self.replies.iter().map(|(at, _)| *at).collect()
    }
}

/// Changes what the bank says, or says something where it has nothing to say.
pub(crate) type Meddle<'m> = dyn FnMut(At, Effect, Option<Reply>) -> Option<Reply> + 'm;

pub(crate) fn empty_ref() -> BankRef {
    BankRef { bank_order_id: None, transaction_id: None, auth_code: None, extra: Vec::new() }
}

/// A lost connection.
pub(crate) fn failure(phase: TransportPhase, timed_out: bool) -> Reply {
    Reply::Failed(TransportFailure { phase, timed_out, detail: "cut by the kit".into() })
}

struct Progress {
    story: Story,
    rests: Rests,
    could_charge: bool,
    gate_charges: bool,
    heard: Vec<Wire>,
    asked: usize,
    code_gone: bool,
}

impl Kit {
    /// Plays an act to its end against a bank that tells `told`.
    pub(crate) fn play(&self, act: &Act, told: &Told, meddle: &mut Meddle<'_>) -> Story {
        let host = self.bank.account().session().start();
        let inquiry = act.talk.what.asks();
        let mut p = Progress {
            story: Story {
                steps: Vec::new(),
                verdict: Verdict::Browse,
                replies: Vec::new(),
                bank: empty_ref(),
                touched: false,
                log: Vec::new(),
            },
            rests: Rests::Nothing,
            could_charge: inquiry,
            gate_charges: false,
            heard: Vec::new(),
            asked: 0,
            code_gone: false,
        };
        let mut result = caught(|| self.begun(act));
        p.story.verdict = loop {
            let step = match result {
                Ok(Ok(step)) => step,
                Ok(Err(fault)) => break faulty(fault),
                Err(said) => break Verdict::Trap(said),
            };
            self.note(&step, &mut p);
            if let Step::Done(outcome) = &step {
                break ended(act, outcome, &mut p);
            }
            if p.story.steps.len() > STEPS_MAX {
                break Verdict::Breach("more than eight steps".to_owned());
            }
            let reply = match self.reply(act, told, &step, &mut p, meddle) {
                Ok(reply) => reply,
                Err(verdict) => break verdict,
            };
            let verified = matches!(reply, Reply::Callback(_));
            result = caught(|| self.resumed(act, &step, &reply, p.code_gone));
            if verified {
                p.rests = Rests::Callback(host.has_verified());
            }
        };
        p.story.log = host.log();
        p.story
    }

    fn begun(&self, act: &Act) -> Result<Step, Fault> {
        let connector = &self.connector;
        let card = act.card.as_ref().map(TestCard::card);
        let no_card = || Fault::InvalidRequest("the kit has no card for this".into());
        let missing = |what: &str| Fault::Unsupported(format!("{what} is not exported"));
        let target = || act.target.as_ref().ok_or_else(|| Fault::InvalidRequest("the kit has no target".into()));
        match (act.talk.what, act.talk.model) {
            (What::Sale, Model::None) => (connector.sale)(&act.ctx, &act.terms, card.as_ref().ok_or_else(no_card)?),
            (What::Authorize, Model::None) => {
                let reserving = connector.preauth.ok_or_else(|| missing("preauth"))?;
                (reserving.authorize)(&act.ctx, &act.terms, card.as_ref().ok_or_else(no_card)?)
            }
            (what @ (What::Sale | What::Authorize), model) => {
                let purpose = if what == What::Authorize { Purpose::Authorize } else { Purpose::Sale };
                let gate = connector.three_d_secure.ok_or_else(|| missing("three-d-secure"))?;
                (gate.start)(&act.ctx, purpose, model.word(), &act.terms, card.as_ref())
            }
            (What::Capture, _) => {
                let reserving = connector.preauth.ok_or_else(|| missing("preauth"))?;
                (reserving.capture)(&act.ctx, &act.terms, target()?)
            }
            (What::Void, _) => (connector.void)(&act.ctx, target()?),
            (What::Refund | What::RefundPart, _) => (connector.refund)(&act.ctx, &act.terms, target()?),
            (What::Inquire(_), _) => (connector.inquire)(&act.ctx, target()?),
            (What::History(_), _) => Err(missing("a step from history")),
            (What::Points, _) => Err(missing("a step from points")),
        }
    }

    fn resumed(&self, act: &Act, step: &Step, reply: &Reply, code_gone: bool) -> Result<Step, Fault> {
        let card = held(act, code_gone);
        (self.connector.resume)(&act.ctx, resumed_terms(act), state_of(step), reply, card.as_ref())
    }

    /// Resumes an act in the middle with anything at all.
    pub(crate) fn resume_with(&self, act: &Act, state: &[u8], reply: &Reply) -> Verdict {
        let _host = self.bank.account().session().start();
        let card = held(act, false);
        let result = caught(|| (self.connector.resume)(&act.ctx, resumed_terms(act), state, reply, card.as_ref()));
        match result {
            Ok(Ok(Step::Done(outcome))) => match outcome {
                Outcome::Approved(_) => Verdict::Approved,
                other => {
                    let known = Known {
                        rests: Rests::Nothing,
                        could_charge: false,
                        gate_charges: false,
                        order: &act.ctx.order_id,
                        amount: act.expected(),
                    };
                    judged(&other, known)
                }
            },
            Ok(Ok(Step::Browse(_))) => Verdict::Browse,
            Ok(Ok(Step::Send(_))) => Verdict::Breach("it sends another request".to_owned()),
            Ok(Err(fault)) => faulty(fault),
            Err(said) => Verdict::Trap(said),
        }
    }

    fn note(&self, step: &Step, p: &mut Progress) {
        let wire = Wire::of(step);
        let card = self.manifest.endpoints_that(|endpoint| endpoint.takes_card);
        let secrets = self.manifest.endpoints_that(|endpoint| endpoint.takes_secrets);
        let left = match step {
            Step::Send(send) => Some((send.effect, &send.known, None)),
            Step::Browse(browse) => Some((browse.effect, &browse.known, Some(browse.correlation.clone()))),
            Step::Done(_) => None,
        };
        if let Some((effect, known, correlation)) = &left {
            let writes = *effect != Effect::ReadOnly;
            p.gate_charges |= writes && correlation.is_some();
            p.could_charge |= writes;
            p.story.touched |= writes;
            p.story.bank = merged(known, &p.story.bank);
        }
        p.story.steps.push(Shown {
            transcript: native::transcript(step),
            readable: native::readable(step),
            state: if matches!(step, Step::Done(_)) { Vec::new() } else { state_of(step).to_vec() },
            sinks: native::check_sinks(step, &card, &secrets),
            left: left.zip(wire.clone()).map(|((effect, known, correlation), wire)| Left {
                wire,
                effect,
                known: merged(known, &empty_ref()),
                correlation,
            }),
        });
        p.heard.extend(wire);
    }

    fn reply(
        &self,
        act: &Act,
        told: &Told,
        step: &Step,
        p: &mut Progress,
        meddle: &mut Meddle<'_>,
    ) -> Result<Reply, Verdict> {
        let (at, effect, said) = match step {
            Step::Send(send) => {
                let at = At::Answer(p.asked);
                p.asked += 1;
                (at, send.effect, self.bank.answer(act.talk, p.asked - 1, &p.heard, told))
            }
            Step::Browse(browse) => {
                let said = self.bank.back(act.talk, &p.heard, told).map(Reply::Callback);
                (At::Back, browse.effect, said)
            }
            Step::Done(_) => return Err(Verdict::Breach("nothing is waited for".to_owned())),
        };
        if let Some(code) = act.card.as_ref().and_then(|card| card.security_code.as_deref()) {
            // The host forgets the code once it has left.
            let wire = p.heard.last();
            p.code_gone |= wire.is_some_and(|wire| String::from_utf8_lossy(&wire.body).contains(code));
            p.code_gone |= wire.is_some_and(|wire| wire.fields.iter().any(|(_, value)| value == code));
        }
        let Some(reply) = meddle(at, effect, said) else {
            return Err(match at {
                At::Answer(nth) => {
                    Verdict::Breach(format!("the bank has no answer to request number {nth} of {}", act.talk))
                }
                At::Back => Verdict::Browse,
            });
        };
        p.story.replies.push((at, bytes_of(&reply)));
        if !matches!(reply, Reply::Callback(_)) {
            p.rests = Rests::Answer;
        }
        Ok(reply)
    }
}

fn ended(act: &Act, outcome: &Outcome, p: &mut Progress) -> Verdict {
    if let Outcome::Approved(approval) = outcome {
        p.story.bank = merged(&approval.bank, &p.story.bank);
    }
    let known = Known {
        rests: p.rests,
        could_charge: p.could_charge,
        gate_charges: p.gate_charges,
        order: &act.ctx.order_id,
        amount: act.expected(),
    };
    judged(outcome, known)
}

fn resumed_terms(act: &Act) -> Option<&Terms> {
    (!act.talk.what.asks() && act.talk.what != What::Void).then_some(&act.terms)
}

fn held(act: &Act, code_gone: bool) -> Option<Card> {
    let mut card = act.card.clone()?;
    if code_gone {
        card.security_code = None;
    }
    Some(card.card())
}

fn state_of(step: &Step) -> &[u8] {
    match step {
        Step::Send(send) => &send.state,
        Step::Browse(browse) => &browse.state,
        Step::Done(_) => &[],
    }
}

fn bytes_of(reply: &Reply) -> Vec<u8> {
    match reply {
        Reply::Response(response) => [format!("{:?}", response.headers).as_bytes(), &response.body].concat(),
        Reply::Failed(failure) => failure.detail.clone().into_bytes(),
        Reply::Callback(callback) => format!("{:?}{:?}", callback.query, callback.form).into_bytes(),
    }
}

/// A panic is what a trap is in a component.
pub(crate) fn caught<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    native::next_call();
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| {
        let said = panic.downcast_ref::<&str>().map(|said| (*said).to_owned());
        said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".to_owned())
    })
}

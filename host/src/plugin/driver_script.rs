//! A scripted connector, a scripted bank and a diary, for the driver's tests.

#![expect(clippy::unnecessary_wraps, reason = "scripts read best as what a call returns")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use super::super::*;
use crate::ctx::Clock;
use crate::domain::card::{Card, Expiry, Pan, SecurityCode};
use crate::domain::id::{PosAccountId, TenantId};
use crate::domain::money::{Currency, Money};
use crate::plugin::journal::JournalError;
use crate::plugin::step::{CallTrace, Fault, Field, Outcome, Part, Stated};
use crate::plugin::{
    Approval, BankRef, Callback, Decline, Endpoint, FormMethod, Method, Operation, Secret, Target, ThreeDModel,
};

pub(super) const DIGEST: &str = "aa";
pub(super) const XML: &str = "<A><Response>Approved</Response></A>";
pub(super) const NUMBER: &str = "4355084355084358";

pub(super) struct Script {
    pub(super) ends: Mutex<VecDeque<CallEnd>>,
    pub(super) replies: Mutex<Vec<Reply>>,
    pub(super) codes: Mutex<Vec<bool>>,
}

impl Guest for Script {
    fn call<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, CallEnd> {
        self.codes.lock().unwrap().push(call.card.is_some_and(|card| card.security_code().is_some()));
        if let Input::Resume { reply, .. } | Input::GoOn { reply, .. } | Input::PointsGoOn { reply, .. } = call.input {
            self.replies.lock().unwrap().push(reply);
        }
        let end = self.ends.lock().unwrap().pop_front().expect("one call more than scripted");
        Box::pin(async move { end })
    }
}

pub(super) struct Bank(pub(super) Mutex<VecDeque<Result<Response, TransportFailure>>>, pub(super) Mutex<Vec<Vec<u8>>>);

impl Transport for Bank {
    fn send<'a>(&'a self, request: &'a OutRequest, _: Instant) -> BoxFuture<'a, Result<Response, TransportFailure>> {
        self.1.lock().unwrap().push(request.body.to_vec());
        let answer = self.0.lock().unwrap().pop_front().expect("one send more than scripted");
        Box::pin(async move { answer })
    }
}

#[derive(Default)]
pub(super) struct Diary {
    pub(super) intents: Mutex<Vec<SendIntent>>,
    pub(super) notes: Mutex<Vec<ReplyNote>>,
    pub(super) full: bool,
    /// A clock, and how far it is when the row is written.
    pub(super) slept: Option<(Clock, Duration)>,
}

impl Journal for Diary {
    fn before_send<'a>(&'a self, send: &'a SendIntent) -> BoxFuture<'a, Result<(), JournalError>> {
        self.intents.lock().unwrap().push(send.clone());
        let full = self.full;
        if let Some((clock, slept)) = &self.slept {
            clock.advance(*slept);
        }
        Box::pin(async move { if full { Err(JournalError("disk full".into())) } else { Ok(()) } })
    }

    fn after_reply<'a>(&'a self, note: &'a ReplyNote) -> BoxFuture<'a, ()> {
        self.notes.lock().unwrap().push(note.clone());
        Box::pin(async {})
    }
}

pub(super) fn manifest() -> Manifest {
    let json = r#"{"id":"pos-test","version":"1.0.0","kind":"pos","api":"vezne:pos@1.0.0","publisher":"x","licence":"MIT",
        "names":{"tr":"x","en":"x"},"endpoints":{"api":{"takes_card":true},"gate":{"takes_card":true,"takes_secrets":false},
        "acs":{"purposes":["acs"],"takes_secrets":false}}}"#;
    Manifest::parse(json.as_bytes()).unwrap()
}

pub(super) fn terms() -> Terms {
    Terms { amount: Money::new(12_345, Currency::TRY), installments: 1, entry: "ecommerce".into(), description: None }
}

pub(super) fn target() -> Target {
    let bank = BankRef { bank_order_id: Some("ORD1".into()), ..BankRef::default() };
    Target { operation: Operation::Sale, model: ThreeDModel::None, terms: terms(), bank, sent_at_ms: 0 }
}

pub(super) fn card() -> HeldCard {
    let card = Card {
        pan: Pan::parse(NUMBER).unwrap(),
        expiry: Expiry { month: 12, year: 2030 },
        security_code: Some(SecurityCode::parse("000").unwrap()),
        holder: None,
    };
    HeldCard::new(&card, "visa", None)
}

/// A connector's run: its call ends, the bank's answers, and what came of it.
pub(super) struct Story {
    pub(super) script: Script,
    pub(super) bank: Bank,
    pub(super) diary: Diary,
    pub(super) card: HeldCard,
    pub(super) manifest: Manifest,
}

pub(super) fn story(ends: Vec<Result<Step, CallFailure>>, answers: Vec<Result<Response, TransportFailure>>) -> Story {
    let ends =
        ends.into_iter().map(|result| CallEnd { result, verified: false, trace: CallTrace::default() }).collect();
    Story {
        script: Script { ends: Mutex::new(ends), replies: Mutex::default(), codes: Mutex::default() },
        bank: Bank(Mutex::new(answers.into()), Mutex::default()),
        diary: Diary::default(),
        card: card(),
        manifest: manifest(),
    }
}

impl Story {
    pub(super) fn verified(self) -> Self {
        self.script.ends.lock().unwrap().iter_mut().for_each(|end| end.verified = true);
        self
    }

    pub(super) async fn run(&self, act: Act) -> Ending {
        let endpoint =
            |takes_secrets| Endpoint { url: "https://bank.example/api".into(), takes_card: true, takes_secrets };
        let acs = Endpoint { takes_card: false, ..endpoint(false) };
        let installation = Installation {
            tenant: TenantId::at(0),
            pos_account: PosAccountId::at(0),
            digest: DIGEST.into(),
            config: Arc::default(),
            secrets: Arc::new([("key".to_owned(), Secret::new("TOPSECRET".into()))].into()),
            endpoints: [
                ("api".to_owned(), endpoint(true)),
                ("gate".to_owned(), endpoint(false)),
                ("acs".to_owned(), acs),
            ]
            .into(),
            sandbox: false,
            zone: "Europe/Istanbul".into(),
        };
        let context = ActContext {
            attempt_id: "A".into(),
            order_id: "ORD1".into(),
            callback_url: "https://vezne.example/cb".into(),
            payer_ip: None,
            payer_email: None,
            locale: "tr".into(),
            attributes: vec![],
            clock: self.diary.slept.as_ref().map_or_else(|| Clock::simulated(0), |(clock, _)| clock.clone()),
        };
        let masker = Masker::new(Some(&self.card), &installation);
        let drive = Drive {
            guest: &self.script,
            transport: &self.bank,
            manifest: &self.manifest,
            installation: &installation,
            context: &context,
            card: Some(&self.card),
            masker: &masker,
            journal: &self.diary,
            deadline: Instant::now() + Duration::from_secs(30),
            until_ms: 30_000,
            recorder: None,
            again: None,
            window: None,
        };
        drive.run(act).await
    }

    pub(super) async fn sale(&self) -> String {
        shown(&self.run(Act::Sale { terms: terms() }).await)
    }
}

/// `unknown!amount-differs` is an unknown outcome with an alarm.
pub(super) fn shown(ending: &Ending) -> String {
    match ending {
        Ending::Browse(browse) => format!("browse {}", browse.effect.as_str()),
        Ending::Listed(page) => format!("listed {}", page.lines.len()),
        Ending::Told(worth) => format!("told {}", worth.minor),
        Ending::Done(Verdict::Approved(_)) => "approved".into(),
        Ending::Done(Verdict::Declined(_)) => "declined".into(),
        Ending::Done(Verdict::Pending(_)) => "pending".into(),
        Ending::Done(Verdict::NotProcessed(reason)) => format!("not-processed:{}", reason.code),
        Ending::Done(Verdict::Unknown { reason, alarm, .. }) => {
            format!("unknown{}{}", if *alarm { '!' } else { ':' }, reason.code)
        }
    }
}

pub(super) fn sending(effect: Effect, body: Vec<Part>) -> SendStep {
    SendStep {
        endpoint: "api".into(),
        method: Method::Post,
        path: String::new(),
        query: vec![],
        headers: vec![],
        content_type: Some("text/xml".into()),
        body,
        effect,
        known: BankRef::default(),
        state: vec![],
    }
}

pub(super) fn send(effect: Effect) -> Result<Step, CallFailure> {
    Ok(Step::Send(Box::new(sending(effect, vec![Part::Text("<x/>".into())]))))
}

pub(super) fn write() -> Result<Step, CallFailure> {
    send(Effect::OnceOnlyWrite)
}

pub(super) fn browse(effect: Effect, fields: Vec<Field>) -> Result<Step, CallFailure> {
    browse_to("gate", "", effect, fields)
}

pub(super) fn browse_to(endpoint: &str, path: &str, effect: Effect, fields: Vec<Field>) -> Result<Step, CallFailure> {
    Ok(Step::Browse(Box::new(BrowseStep {
        method: FormMethod::Post,
        endpoint: endpoint.into(),
        path: path.into(),
        fields,
        effect,
        correlation: "ORD1".into(),
        known: BankRef::default(),
        state: b"state".to_vec(),
    })))
}

pub(super) fn approved(stated: Stated) -> Result<Step, CallFailure> {
    let approval = Approval { bank: BankRef::default(), raw_code: None, attributes: vec![] };
    Ok(Step::Done(Outcome::Approved(approval, stated)))
}

pub(super) fn yes() -> Result<Step, CallFailure> {
    approved(Stated::default())
}

pub(super) fn covering() -> Stated {
    Stated { minor: Some(12_345), currency: Some("949".into()), order_id: Some("ORD1".into()) }
}

pub(super) fn no() -> Result<Step, CallFailure> {
    Ok(Step::Done(Outcome::Declined(Decline {
        category: "do-not-honor".into(),
        bank_code: Some("05".into()),
        bank_message: None,
        same_card_may_retry: false,
        other_pos_may_retry: true,
        attributes: vec![],
    })))
}

pub(super) fn answer(status: u16, body: &str) -> Result<Response, TransportFailure> {
    Ok(Response { status, headers: vec![], body: body.as_bytes().to_vec(), truncated: false })
}

pub(super) fn cut(phase: Phase) -> Result<Response, TransportFailure> {
    Err(TransportFailure { phase, timed_out: false, detail: String::new() })
}

pub(super) fn trap() -> Result<Step, CallFailure> {
    Err(CallFailure::Trap("trap", "unreachable".into()))
}

pub(super) fn fault(fault: Fault) -> Result<Step, CallFailure> {
    Err(CallFailure::Fault(fault, "why".into()))
}

pub(super) fn callback() -> Callback {
    let form = vec![("pan".to_owned(), NUMBER.to_owned())];
    Callback {
        method: Method::Post,
        query: vec![],
        form,
        headers: vec![],
        body: NUMBER.into(),
        source_ip: "1.2.3.4".into(),
    }
}

pub(super) async fn resumed(gate: Effect, story: Story) -> String {
    let state = Envelope { steps: 0, gate, state: b"state".to_vec() }.seal(DIGEST);
    shown(&story.run(Act::Resume { terms: Some(terms()), state, callback: callback() }).await)
}

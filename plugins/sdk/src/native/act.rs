//! What a connector's tests begin an act with, and how they read what it says.

use crate::{Context, Fault, Money, Outcome, Reply, Step, Target, Terms, TransportFailure, TransportPhase, step};

/// The context of an attempt with this order number: a payer in Turkey, at a sandbox.
pub fn context(order_id: &str) -> Context {
    Context {
        attempt_id: "att_1".into(),
        order_id: order_id.into(),
        callback_url: "https://odeme.example/pos/t/p/callback".into(),
        payer_ip: Some("192.0.2.7".into()),
        payer_email: None,
        locale: "tr".into(),
        test_mode: true,
        attributes: Vec::new(),
    }
}

/// So many kuruş in a single payment that the payer typed the card for; Turkish letters in the description.
pub fn terms(minor: i64) -> Terms {
    Terms {
        amount: Money { minor, currency: "TRY".into(), numeric: 949, exponent: 2 },
        installments: 1,
        entry: "ecommerce".into(),
        description: Some("Şişli Çağrı İnşaat".into()),
    }
}

/// An operation of so many kuruş on this order, made without the gate when a [`Session`](super::Session) begins, of
/// which nothing is known but the order's number.
pub fn target(order_id: &str, operation: &str, minor: i64) -> Target {
    Target {
        operation: operation.into(),
        model: "none".into(),
        terms: terms(minor),
        bank: step::order_ref(order_id),
        sent_at_millis: super::BEGINS_MS,
    }
}

/// The same, begun at the gate in this 3-D model.
pub fn at_gate(target: Target, model: &str) -> Target {
    Target { model: model.into(), ..target }
}

/// The same with more that the connector noted of it.
pub fn with_extra(mut target: Target, pairs: &[(&str, &str)]) -> Target {
    target.bank.extra.extend(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    target
}

/// No answer came in time to a request that had left.
pub fn lost() -> Reply {
    let phase = TransportPhase::AwaitingResponse;
    Reply::Failed(TransportFailure { phase, timed_out: true, detail: "late".into() })
}

/// What a step that waits wants back with the answer. Panics on one that does not wait.
pub fn state_of(step: &Step) -> Vec<u8> {
    match step {
        Step::Send(send) => send.state.clone(),
        Step::Browse(browse) => browse.state.clone(),
        Step::Done(outcome) => panic!("nothing is waited for after {outcome:?}"),
    }
}

/// The outcome that a last step states. Panics on a fault and on any other step.
pub fn outcome(step: Result<Step, Fault>) -> Outcome {
    match step.expect("a step") {
        Step::Done(outcome) => outcome,
        other => panic!("expected an outcome, not {other:?}"),
    }
}

/// `approved`, `declined CATEGORY`, `pending`, `not-processed`, `unknown`, `send`, `browse`, or the fault's name.
pub fn word(step: &Result<Step, Fault>) -> String {
    match step {
        Ok(Step::Done(Outcome::Approved(_))) => "approved".into(),
        Ok(Step::Done(Outcome::Declined(decline))) => format!("declined {}", decline.category),
        Ok(Step::Done(Outcome::Pending(_))) => "pending".into(),
        Ok(Step::Done(Outcome::NotProcessed(_))) => "not-processed".into(),
        Ok(Step::Done(Outcome::Unknown(_))) => "unknown".into(),
        Ok(Step::Send(_)) => "send".into(),
        Ok(Step::Browse(_)) => "browse".into(),
        Err(Fault::NotAuthentic(_)) => "not-authentic".into(),
        Err(Fault::UnreadableAnswer(_)) => "unreadable".into(),
        Err(Fault::InvalidRequest(_)) => "invalid".into(),
        Err(Fault::Unsupported(_)) => "unsupported".into(),
        Err(Fault::BadConfig(_)) => "bad-config".into(),
    }
}

//! The payer's return from the gate: whose word is it, and whose attempt?

use vezne_plugin::{Callback, Effect, Reply};

use super::Stage;
use crate::act::Act;
use crate::bank::At;
use crate::host::{Left, Story};
use crate::kit::Played;
use crate::report::Report;
use crate::talk::{Model, Turn};
use crate::verdict::Verdict;

const FORGED: &str = "a-forged-return-is-not-authentic";
const UNSIGNED: &str = "an-unverified-return-never-decides";
const MATCHED: &str = "a-return-finds-its-attempt";

type Fields = Vec<(String, String)>;

fn fields(callback: &mut Callback) -> &mut Fields {
    if callback.form.is_empty() { &mut callback.query } else { &mut callback.form }
}

/// Plays with another return. Did a write leave after it?
fn returning(stage: &Stage<'_>, act: &Act, change: &mut dyn FnMut(&mut Fields)) -> (Story, bool) {
    let mut came_back = false;
    let mut wrote = false;
    let story = stage.kit.play(act, &act.truth(), &mut |at, effect, reply| {
        wrote |= came_back && effect != Effect::ReadOnly;
        match reply {
            Some(Reply::Callback(mut callback)) if at == At::Back => {
                came_back = true;
                change(fields(&mut callback));
                Some(Reply::Callback(callback))
            }
            other => other,
        }
    });
    (story, wrote)
}

fn is_not_authentic(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Fault("not-authentic", _))
}

/// A signature that is not the bank's; a failed authentication that calls itself a good one.
pub(super) fn forged(stage: &Stage<'_>, report: &mut Report) {
    for played in stage.good.iter().filter(|played| played.story.places().contains(&At::Back)) {
        let signature = stage.kit.bank.signature(played.act.talk);
        if signature.is_empty() {
            unsigned(stage, played, report);
            continue;
        }
        for (name, change) in SPOILT {
            let (story, _) = returning(stage, &played.act, &mut |fields| change(fields, &signature));
            let (talk, verdict) = (played.act.talk, &story.verdict);
            report.proof(FORGED, is_not_authentic(verdict), || {
                format!("{talk}: the signature {name}, and yet {verdict}")
            });
        }
        failed_made_good(stage, played, &signature, report);
    }
}

type Spoil = fn(&mut Fields, &[String]);

const SPOILT: [(&str, Spoil); 4] = [
    ("is gone", |fields, signature| fields.retain(|(name, _)| !signature.contains(name))),
    ("is empty", |fields, signature| each(fields, signature, String::clear)),
    ("is another one", |fields, signature| {
        each(fields, signature, |value| {
            let first = if value.starts_with(['b', 'B']) { 'C' } else { 'B' };
            *value = std::iter::once(first).chain(value.chars().skip(1)).collect();
        });
    }),
    ("is there twice", |fields, signature| {
        let again: Fields = fields.iter().filter(|(name, _)| signature.contains(name)).cloned().collect();
        let others = again.into_iter().map(|(name, value)| (name, format!("X{value}")));
        let whole: Fields = others.chain(fields.drain(..)).collect();
        *fields = whole;
    }),
];

fn each(fields: &mut Fields, names: &[String], change: impl Fn(&mut String)) {
    fields.iter_mut().filter(|(name, _)| names.contains(name)).for_each(|(_, value)| change(value));
}

/// The bank signed a "no"; whatever is put in from a "yes", nothing is charged and nothing is paid.
fn failed_made_good(stage: &Stage<'_>, good: &Played, signature: &[String], report: &mut Report) {
    let talk = good.act.talk;
    let refused = stage.kit.bank.back(talk.turning(Turn::Refused), &wires(good), &good.act.truth());
    let Some(mut refused) = refused else { return };
    let refused = fields(&mut refused).clone();
    // All of it from the "yes", under the signature of the "no".
    let (story, wrote) = returning(stage, &good.act, &mut |fields| {
        fields.retain(|(name, _)| !signature.contains(name));
        fields.extend(refused.iter().filter(|(name, _)| signature.contains(name)).cloned());
    });
    let verdict = &story.verdict;
    report.proof(FORGED, is_not_authentic(verdict) && !wrote, || {
        format!("{talk}: a good return under the signature of a failed one, and yet {verdict}")
    });
    let mut yes: Fields = Vec::new();
    returning(stage, &good.act, &mut |fields| yes.clone_from(fields));
    for (name, value) in yes.iter().filter(|(name, _)| !signature.contains(name)) {
        if refused.iter().any(|(known, there)| known == name && there == value) {
            continue;
        }
        for add in [false, true] {
            let (story, wrote) = returning(stage, &good.act, &mut |fields| {
                fields.clone_from(&refused);
                if !add {
                    fields.retain(|(known, _)| known != name);
                }
                fields.push((name.clone(), value.clone()));
            });
            let verdict = &story.verdict;
            // The bank itself may say yes when it is asked; the return may not.
            let asked = story.places().iter().skip_while(|at| **at != At::Back).count() > 1;
            report.proof(FORGED, (asked || !verdict.is_yes()) && !wrote, || {
                format!("{talk}: a failed return with the {name} of a good one, and yet {verdict}")
            });
        }
    }
}

/// Where nothing is signed the return itself can decide nothing: the bank must be asked or must decide. A "no" that
/// anybody can bring is none either, where the bank may have charged.
fn unsigned(stage: &Stage<'_>, played: &Played, report: &mut Report) {
    let talk = played.act.talk;
    let after = played.story.left().skip_while(|left| left.correlation.is_none()).skip(1).count();
    report.proof(UNSIGNED, after > 0, || format!("{talk}: the return is not signed, and the bank was not asked"));
    let refused = stage.kit.bank.back(talk.turning(Turn::Refused), &wires(played), &played.act.truth());
    let Some(mut refused) = refused.filter(|_| matches!(talk.model, Model::ThreeDPay | Model::ThreeDHost)) else {
        return;
    };
    let no = fields(&mut refused).clone();
    let (story, _) = returning(stage, &played.act, &mut |fields| fields.clone_from(&no));
    let verdict = &story.verdict;
    report.proof(UNSIGNED, !verdict.is_no(), || {
        format!("{talk}: an unsigned return says no to what the bank has taken, and so it is {verdict}")
    });
}

fn wires(played: &Played) -> Vec<crate::wire::Wire> {
    let mut heard = Vec::new();
    for left in played.story.left() {
        heard.push(left.wire.clone());
        if left.correlation.is_some() {
            break;
        }
    }
    heard
}

/// A return is matched with the attempt it belongs to, and with no other.
pub(super) fn matched(stage: &Stage<'_>, report: &mut Report) {
    let Some(gate) = stage.kit.connector.three_d_secure else { return };
    for played in stage.good.iter().filter(|played| played.act.talk.model != Model::None) {
        let Some(form) = played.story.left().find(|left: &&Left| left.correlation.is_some()) else { continue };
        let wanted = form.correlation.as_deref();
        let heard = wires(played);
        let _host = stage.kit.bank.account().session().start();
        let found = |callback: &Callback| (gate.correlate)(callback).ok();
        let talk = played.act.talk;
        let truth = played.act.truth();
        if let Some(callback) = stage.kit.bank.back(talk, &heard, &truth) {
            let found = found(&callback);
            report.proof(MATCHED, found.as_deref() == wanted, || format!("{talk}: found {found:?}, not {wanted:?}"));
        }
        for callback in [Callback { form: Vec::new(), query: Vec::new(), ..empty() }, empty()] {
            let found = found(&callback);
            report.proof(MATCHED, found.as_deref() != wanted, || format!("{talk}: an empty return was matched"));
        }
    }
}

fn empty() -> Callback {
    vezne_plugin::native::callback(&[("x", "y")])
}

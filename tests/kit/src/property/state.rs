//! What a connector remembers, and that it forgets nothing else into its steps.

use vezne_plugin::{Reply, TransportPhase, native};

use super::{Dice, Stage};
use crate::host::failure;
use crate::kit::unmeddled;
use crate::report::Report;
use crate::talk::Talk;
use crate::verdict::Verdict;

const GARBAGE: &str = "garbage-is-no-state";
const WAITED: &str = "only-what-was-waited-for";
const SAME: &str = "the-same-input-gives-the-same-steps";

fn any_replies() -> [Reply; 3] {
    [
        native::answer(200, "text/plain", b"00"),
        Reply::Callback(native::callback(&[("mdStatus", "1")])),
        failure(TransportPhase::AwaitingResponse, true),
    ]
}

/// A state that no step of the connector had is a fault, whatever comes back.
pub(super) fn garbage(stage: &Stage<'_>, report: &mut Report) {
    let mut dice = Dice::new(41);
    for played in &stage.good {
        let real = played.story.steps.iter().map(|step| step.state.clone()).find(|state| !state.is_empty());
        let real = real.unwrap_or_default();
        let mut states: Vec<Vec<u8>> =
            [&b""[..], b" ", b"{}", b"null", b"[]", b"\"\"", b"0", b"{\"at\":\"nowhere\"}", b"\xff\xfe\x00"]
                .iter()
                .map(|state| state.to_vec())
                .collect();
        states.push(vec![0; 16 * 1024]);
        states.push(vec![b'['; 16 * 1024]);
        states.push(real[..real.len() / 2].to_vec());
        states.extend((0..12).map(|_| (0..dice.roll(80)).map(|_| dice.byte()).collect()));
        for state in states {
            for reply in any_replies() {
                let verdict = stage.kit.resume_with(&played.act, &state, &reply);
                let talk = played.act.talk;
                report.proof(GARBAGE, matches!(verdict, Verdict::Fault(..)), || {
                    format!("{talk}: resumed with {:?}, and yet {verdict}", String::from_utf8_lossy(&state))
                });
            }
        }
    }
}

/// The same of the questions beside payments: `refused` goes on from a state with a reply, and says whether that was a
/// fault. A state that no question had, and a return where an answer is due.
pub(super) fn garbage_beside(
    report: &mut Report,
    talk: Talk,
    real: &[Vec<u8>],
    refused: impl Fn(&[u8], &Reply) -> bool,
) {
    let [answer, callback, _] = any_replies();
    for state in [&b""[..], b"{}", b"null", b"{\"at\":\"nowhere\"}", b"\xff\xfe", &vec![b'['; 16 * 1024]] {
        report.proof(GARBAGE, refused(state, &answer), || {
            format!("{talk}: resumed with {:?}", String::from_utf8_lossy(state))
        });
    }
    for state in real {
        report.proof(GARBAGE, refused(state, &callback), || format!("{talk}: a callback will do"));
    }
}

/// A callback where an answer is due, and the other way round.
pub(super) fn not_waited_for(stage: &Stage<'_>, report: &mut Report) {
    for played in &stage.good {
        for step in &played.story.steps {
            let Some(left) = &step.left else { continue };
            let [answer, callback, _] = any_replies();
            let wrong = if left.correlation.is_some() { answer } else { callback };
            let verdict = stage.kit.resume_with(&played.act, &step.state, &wrong);
            let talk = played.act.talk;
            report.proof(WAITED, matches!(verdict, Verdict::Fault(..)), || {
                format!("{talk}: a reply that was not waited for, and yet {verdict}")
            });
        }
    }
}

/// Byte for byte.
pub(super) fn same_twice(stage: &Stage<'_>, report: &mut Report) {
    for played in stage.good.iter().chain(&stage.declined).chain(&stage.refused) {
        let again = stage.kit.play(&played.act, &played.act.truth(), &mut unmeddled);
        let first: Vec<&str> = played.story.steps.iter().map(|step| step.transcript.as_str()).collect();
        let second: Vec<&str> = again.steps.iter().map(|step| step.transcript.as_str()).collect();
        let talk = played.act.talk;
        report.proof(SAME, first == second, || {
            let at = first.iter().zip(&second).position(|(a, b)| a != b).unwrap_or(0);
            format!("{talk}: step {at} was another one the second time")
        });
    }
}

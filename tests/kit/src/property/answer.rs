//! Answers that never come.

use vezne_plugin::{Effect, TransportPhase};

use super::Stage;
use crate::act::{Act, Wanted};
use crate::bank::At;
use crate::host::{Story, failure};
use crate::kit::unmeddled;
use crate::report::Report;
use crate::talk::{About, Talk, Turn, What};
use crate::verdict::Verdict;

const CUT: &str = "a-cut-line-decides-nothing";
const ASKED: &str = "what-was-cut-is-found-by-asking";

const PHASES: [TransportPhase; 6] = [
    TransportPhase::Resolving,
    TransportPhase::Connecting,
    TransportPhase::Tls,
    TransportPhase::Sending,
    TransportPhase::AwaitingResponse,
    TransportPhase::ReadingResponse,
];

/// Cut at each request and each phase: never approved, never declined, and nothing is written after.
pub(super) fn cut_transport(stage: &Stage<'_>, report: &mut Report) {
    for played in stage.good.iter().chain(&stage.declined) {
        for place in played.story.places().into_iter().filter(|at| *at != At::Back) {
            for phase in PHASES {
                let (cut, written) =
                    cut_at(stage, &played.act, place, phase, phase == TransportPhase::AwaitingResponse);
                let (verdict, talk) = (&cut.verdict, played.act.talk);
                // Before a write has left, a lost question is a definite "nothing happened".
                let nothing_left = !cut.touched && !talk.what.asks();
                let phase_before =
                    matches!(phase, TransportPhase::Resolving | TransportPhase::Connecting | TransportPhase::Tls);
                let kept = match verdict {
                    Verdict::NotProcessed => nothing_left || (phase_before && written.0 == 1),
                    // A question that may be asked again, until the host has had enough.
                    Verdict::Breach(said) if said.contains("eight steps") => talk.what.asks(),
                    other => other.is_open(),
                };
                report.proof(CUT, kept, || format!("{talk}: cut at {place:?} while {phase:?}, and yet {verdict}"));
                report.proof(CUT, !written.1, || {
                    format!("{talk}: cut at {place:?} while {phase:?}, and then it wrote again")
                });
            }
        }
    }
}

/// Plays with everything cut from `place` on. How many writes left, and did one leave after the cut one?
fn cut_at(stage: &Stage<'_>, act: &Act, place: At, phase: TransportPhase, timed_out: bool) -> (Story, (usize, bool)) {
    let mut is_cut = false;
    let mut after_write = false;
    let mut again = false;
    let mut writes = 0;
    let story = stage.kit.play(act, &act.truth(), &mut |at, effect, reply| {
        writes += usize::from(effect != Effect::ReadOnly);
        again |= after_write && effect != Effect::ReadOnly;
        is_cut |= at == place;
        if !is_cut {
            return reply;
        }
        after_write |= effect != Effect::ReadOnly;
        Some(failure(phase, timed_out))
    });
    (story, (writes, again))
}

/// What was noted before a write left is enough to ask about it, whether it happened or not.
pub(super) fn asked_after_a_cut(stage: &Stage<'_>, report: &mut Report) {
    let question = |talk: Talk| match talk.what {
        What::Sale | What::Authorize => Some(About::Charge),
        _ => None,
    };
    for played in &stage.good {
        let Some(about) = question(played.act.talk) else { continue };
        let asking = Talk::good(What::Inquire(about), played.act.talk.model);
        let known = played.story.left().last().map(|left| crate::act::merged(&left.known, &crate::host::empty_ref()));
        let Some(known) = known.filter(|_| stage.kit.claims(asking)) else { continue };
        for turn in [Turn::Good, Turn::Nothing] {
            let talk = asking.turning(turn);
            // A reservation is not what the file's answer to the question speaks of.
            if !stage.kit.bank.knows(talk) || (played.act.talk.what == What::Authorize && turn == Turn::Good) {
                continue;
            }
            let known = crate::act::merged(&known, &crate::host::empty_ref());
            let target = played.act.as_target(known);
            let act = Act::new(&*stage.kit.bank, talk, &Wanted::default(), Some(target));
            let story = stage.kit.play(&act, &act.truth(), &mut unmeddled);
            let kept = match turn {
                Turn::Good => story.verdict.is_yes(),
                _ => matches!(story.verdict, Verdict::NotProcessed | Verdict::Unknown(_)),
            };
            let from = played.act.talk;
            report.proof(ASKED, kept, || format!("{from} was cut, {talk} ended {}", story.verdict));
        }
    }
}

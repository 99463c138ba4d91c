//! What is written, how often, and with which amount.

use vezne_plugin::{Effect, HttpResponse, Reply};

use super::{Dice, Stage};
use crate::act::Wanted;
use crate::bank::At;
use crate::host::Left;
use crate::kit::unmeddled;
use crate::report::Report;
use crate::talk::{Model, Talk, What};

const READS: &str = "an-inquiry-only-reads";
const ONCE: &str = "nothing-is-written-twice";
const AMOUNTS: &str = "every-amount-arrives";

/// 9,999,999.99
const LARGEST: i64 = 999_999_999;
const AMOUNTS_TRIED: usize = 60;

/// An inquiry declares itself read-only, and shows nothing to a payer.
pub(super) fn inquiry_reads(stage: &Stage<'_>, report: &mut Report) {
    for played in stage.good.iter().filter(|played| played.act.talk.what.asks()) {
        for left in played.story.left() {
            let kept = left.effect == Effect::ReadOnly && left.correlation.is_none();
            report.proof(READS, kept, || format!("{}: a request with the effect {:?}", played.act.talk, left.effect));
        }
    }
}

/// At most one write in an act, declared as one; and none after an answer to it that is no answer.
pub(super) fn written_once(stage: &Stage<'_>, report: &mut Report) {
    for played in stage.good.iter().filter(|played| !played.act.talk.what.asks()) {
        let talk = played.act.talk;
        let writes = played.story.left().filter(|left| left.effect != Effect::ReadOnly).count();
        report.proof(ONCE, writes == 1, || format!("{talk}: {writes} requests or forms are declared to write"));
        let once = played.story.left().filter(|left| left.effect == Effect::OnceOnlyWrite).count();
        report.proof(ONCE, once == 1 || !talk.what.charges(), || format!("{talk}: no write is declared once-only"));
        for place in played.story.places().into_iter().filter(|at| *at != At::Back) {
            for noise in [&b""[..], b"<html>502</html>", b"{}", b"<x/>"] {
                let story = stage.kit.play(&played.act, &played.act.truth(), &mut |at, _, reply| match reply {
                    Some(Reply::Response(good)) if at == place => {
                        let status = if noise.is_empty() { 503 } else { good.status };
                        Some(Reply::Response(HttpResponse { status, body: noise.to_vec(), ..good }))
                    }
                    // Asked once more than usual: still nothing to read.
                    None if at != At::Back => Some(vezne_plugin::native::answer(200, "text/plain", noise)),
                    other => other,
                });
                let left: Vec<&Left> = story.left().collect();
                let writes = left.iter().filter(|left| left.effect != Effect::ReadOnly).count();
                report.proof(ONCE, writes <= 1, || {
                    format!("{talk}: after a bad answer at {place:?} it wrote {writes} times")
                });
                let again = left.iter().enumerate().any(|(at, one)| {
                    one.effect != Effect::ReadOnly && left[..at].iter().any(|before| before.wire == one.wire)
                });
                report
                    .proof(ONCE, !again, || format!("{talk}: after a bad answer at {place:?} it sent the same again"));
            }
        }
    }
}

/// From 0.01 to 9,999,999.99: written so that the bank reads the same amount, and read back so.
pub(super) fn amounts(stage: &Stage<'_>, report: &mut Report) {
    let mut dice = Dice::new(3);
    let rolled = (0..AMOUNTS_TRIED).map(|_| i64::try_from(dice.roll(999_999_999)).unwrap_or(0) + 1);
    let tried: Vec<i64> =
        [1, 9, 10, 99, 100, 101, 110, 1_000, 99_999, 100_000, LARGEST].into_iter().chain(rolled).collect();
    for model in Model::ALL {
        let talk = Talk::good(What::Sale, model);
        if !stage.good.iter().any(|played| played.act.talk == talk) {
            continue;
        }
        for minor in &tried {
            let wanted = Wanted { minor: *minor, ..Wanted::default() };
            let Ok(act) = stage.kit.act(talk, &wanted) else { continue };
            let story = stage.kit.play(&act, &act.truth(), &mut unmeddled);
            report.proof(AMOUNTS, story.verdict.is_yes(), || format!("{talk} of {minor} ended {}", story.verdict));
            let written = story.left().any(|left| says(left, *minor));
            report.proof(AMOUNTS, written, || format!("{talk} of {minor}: no request says this amount"));
        }
    }
}

/// Is the amount in it, with a point, a comma, neither, or shortened?
fn says(left: &Left, minor: i64) -> bool {
    let body = String::from_utf8_lossy(&left.wire.body);
    let fields = left.wire.fields.iter().map(|(_, value)| value.as_str());
    let query = left.wire.query.iter().map(|(_, value)| value.as_str());
    let (whole, part) = (minor / 100, minor % 100);
    let grouped = grouped(whole);
    let forms = [
        format!("{whole}.{part:02}"),
        format!("{whole},{part:02}"),
        format!("{whole}%2C{part:02}"),
        format!("{grouped},{part:02}"),
        format!("{minor}"),
        format!("{whole}.{part:02}").trim_end_matches('0').trim_end_matches('.').to_owned(),
    ];
    fields.chain(query).chain([&*body]).any(|text| forms.iter().any(|form| text.contains(form.as_str())))
}

/// `1.234.567`
fn grouped(whole: i64) -> String {
    let digits = whole.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('.');
        }
        out.push(digit);
    }
    out
}

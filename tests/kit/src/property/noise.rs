//! Answers that are no answers.

use vezne_plugin::{Effect, HttpResponse, Reply};

use super::{Dice, Stage};
use crate::act::Act;
use crate::bank::At;
use crate::host::Story;
use crate::kit::Played;
use crate::report::Report;
use crate::talk::Model;
use crate::verdict::Verdict;

const UNREADABLE: &str = "an-unreadable-answer-decides-nothing";
const HALVES: &str = "half-an-answer-decides-nothing";
const MUTATED: &str = "no-answer-makes-it-trap";

/// Places in an answer at which it is cut, at most.
const CUTS_MAX: usize = 60;
const MUTATIONS: usize = 80;

/// Plays with every answer from `place` on replaced.
fn replaced(stage: &Stage<'_>, act: &Act, place: At, with: &mut dyn FnMut(HttpResponse) -> HttpResponse) -> Story {
    let mut begun = false;
    let mut last: Option<HttpResponse> = None;
    stage.kit.play(act, &act.truth(), &mut |at, _: Effect, reply| {
        begun |= at == place;
        if !begun {
            return reply;
        }
        match reply {
            Some(Reply::Response(response)) => {
                let response = with(response);
                last = Some(copy(&response));
                Some(Reply::Response(response))
            }
            Some(other) => Some(other),
            // Asked more than usual: the same noise again.
            None if at != At::Back => last.as_ref().map(|response| Reply::Response(copy(response))),
            None => None,
        }
    })
}

fn copy(response: &HttpResponse) -> HttpResponse {
    HttpResponse {
        status: response.status,
        headers: response.headers.clone(),
        body: response.body.clone(),
        body_truncated: response.body_truncated,
    }
}

/// Unknown or a fault; before anything was written also "nothing happened".
fn is_no_verdict(act: &Act, story: &Story) -> bool {
    match &story.verdict {
        Verdict::NotProcessed => !story.touched && !act.talk.what.asks(),
        Verdict::Breach(said) => said.contains("eight steps") && act.talk.what.asks(),
        other => other.is_open(),
    }
}

fn answers(played: &Played) -> Vec<At> {
    played.story.places().into_iter().filter(|at| *at != At::Back).collect()
}

/// HTML pages, nothing, other formats, other charsets, a megabyte, statuses of an error.
pub(super) fn unreadable(stage: &Stage<'_>, report: &mut Report) {
    for played in stage.good.iter().chain(&stage.declined) {
        for place in answers(played) {
            // A megabyte is read alike whatever the model, and takes its time.
            let long = played.act.talk.model == Model::None;
            for (name, noise) in noises().into_iter().filter(|(name, _)| long || !name.contains("megabyte")) {
                let story = replaced(stage, &played.act, place, &mut |good| noise(good));
                let (talk, verdict) = (played.act.talk, &story.verdict);
                report.proof(UNREADABLE, is_no_verdict(&played.act, &story), || {
                    format!("{talk}: {place:?} was {name}, and yet {verdict}")
                });
            }
            for status in [204_u16, 302, 400, 404, 500, 502, 503] {
                if stage.kit.manifest.may_answer(status) && status != 204 {
                    continue;
                }
                let story = replaced(stage, &played.act, place, &mut |good| {
                    let body = if status == 204 { Vec::new() } else { good.body };
                    HttpResponse { status, body, ..good }
                });
                let (talk, verdict) = (played.act.talk, &story.verdict);
                report.proof(UNREADABLE, is_no_verdict(&played.act, &story), || {
                    format!("{talk}: {place:?} came with HTTP {status}, and yet {verdict}")
                });
            }
        }
    }
}

type Noise = fn(HttpResponse) -> HttpResponse;

fn noises() -> [(&'static str, Noise); 14] {
    fn body(good: HttpResponse, body: Vec<u8>) -> HttpResponse {
        HttpResponse { body, ..good }
    }
    const PAGE: &[u8] = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>502</h1>OK 00 Approved</body></html>";
    [
        ("an HTML page", |good| {
            let headers = vec![("content-type".to_owned(), "text/html; charset=utf-8".to_owned())];
            HttpResponse { headers, body: PAGE.to_vec(), ..good }
        }),
        ("an HTML page under the bank's content type", |good| body(good, PAGE.to_vec())),
        ("an HTML page around a good answer", |good| {
            let whole = [b"<html><body>".to_vec(), good.body.clone(), b"</body></html>".to_vec()].concat();
            body(good, whole)
        }),
        ("empty", |good| body(good, Vec::new())),
        ("a space", |good| body(good, b" \r\n".to_vec())),
        ("the word OK", |good| body(good, b"OK".to_vec())),
        ("the word true", |good| body(good, b"true".to_vec())),
        ("bytes of no charset", |good| body(good, vec![0xff, 0xfe, 0x00, 0x3c, 0xc3, 0x28, 0x9e, 0x1b])),
        ("the good answer in UTF-16", |good| {
            let wide = good.body.iter().flat_map(|byte| [*byte, 0]).collect();
            body(good, wide)
        }),
        ("an empty XML document", |good| body(good, b"<?xml version=\"1.0\"?><answer/>".to_vec())),
        ("an empty JSON object", |good| body(good, b"{}".to_vec())),
        ("an empty JSON list", |good| body(good, b"[]".to_vec())),
        ("a megabyte of x", |good| body(good, vec![b'x'; 1 << 20])),
        ("a megabyte of the beginning of the good answer", |good| {
            let head: Vec<u8> = good.body.iter().copied().take(40).collect();
            let long = head.iter().copied().cycle().take(1 << 20).collect();
            body(good, long)
        }),
    ]
}

/// Cut within: no verdict where the format shows its end; else at most the verdict of the whole.
pub(super) fn halves(stage: &Stage<'_>, report: &mut Report) {
    let shows_its_end = stage.kit.manifest.answer_format.shows_its_end();
    for played in stage.good.iter().chain(&stage.declined) {
        for place in answers(played) {
            let mut length = 0;
            replaced(stage, &played.act, place, &mut |good| {
                length = good.body.trim_ascii_end().len();
                good
            });
            let step = (length / CUTS_MAX).max(1);
            let ends = (0..length).step_by(step).chain(length.saturating_sub(4)..length);
            for end in ends {
                // What comes after a cut answer is cut as well, or a harmless one would hide behind it.
                let mut first = true;
                let story = replaced(stage, &played.act, place, &mut |good| {
                    let end = if std::mem::take(&mut first) { end } else { good.body.len() / 2 };
                    let cut = good.body.get(..end).unwrap_or(&good.body).to_vec();
                    HttpResponse { body: cut, ..good }
                });
                let same = !shows_its_end && story.verdict == played.story.verdict;
                let (talk, verdict) = (played.act.talk, &story.verdict);
                report.proof(HALVES, same || is_no_verdict(&played.act, &story), || {
                    format!("{talk}: {place:?} was cut at {end} of {length} bytes, and yet {verdict}")
                });
            }
            let story = replaced(stage, &played.act, place, &mut |good| HttpResponse { body_truncated: true, ..good });
            let (talk, verdict) = (played.act.talk, &story.verdict);
            report.proof(HALVES, is_no_verdict(&played.act, &story), || {
                format!("{talk}: the host says that {place:?} was cut off, and yet {verdict}")
            });
        }
    }
}

/// Any byte changed, removed or doubled, in answers and returns: no trap.
pub(super) fn mutations(stage: &Stage<'_>, report: &mut Report) {
    for (seed, played) in stage.good.iter().chain(&stage.declined).chain(&stage.refused).enumerate() {
        let mut dice = Dice::new(u64::try_from(seed).unwrap_or(0) + 7);
        let places = played.story.places();
        for _ in 0..MUTATIONS {
            let Some(place) = places.get(dice.roll(places.len())).copied() else { break };
            let story = stage.kit.play(&played.act, &played.act.truth(), &mut |at, _, reply| {
                let reply = reply?;
                Some(if at == place { mutated(reply, &mut dice) } else { reply })
            });
            let (talk, verdict) = (played.act.talk, &story.verdict);
            // A question too many, which the file cannot answer, is no trap.
            let kept = !matches!(verdict, Verdict::Trap(_));
            report.proof(MUTATED, kept, || format!("{talk}: {place:?} was mutated: {verdict}"));
        }
    }
}

fn mutated(reply: Reply, dice: &mut Dice) -> Reply {
    match reply {
        Reply::Response(mut response) => {
            let at = dice.roll(response.body.len());
            match (dice.roll(4), response.body.is_empty()) {
                (_, true) => response.body.push(dice.byte()),
                (0, _) => {
                    response.body.remove(at);
                }
                (1, _) => response.body.insert(at, dice.byte()),
                (2, _) => {
                    let end = (at + dice.roll(40)).min(response.body.len());
                    response.body.drain(at..end);
                }
                _ => response.body[at] = dice.byte(),
            }
            Reply::Response(response)
        }
        Reply::Callback(mut callback) => {
            let fields = if callback.form.is_empty() { &mut callback.query } else { &mut callback.form };
            if fields.is_empty() {
                return Reply::Callback(callback);
            }
            let at = dice.roll(fields.len());
            match dice.roll(4) {
                0 => {
                    fields.remove(at);
                }
                1 => fields[at].1 = char::from(dice.byte()).to_string().repeat(dice.roll(3_000)),
                2 => fields[at].1.clear(),
                _ => fields[at].1.push(char::from(dice.byte())),
            }
            Reply::Callback(callback)
        }
        Reply::Failed(failure) => Reply::Failed(failure),
    }
}

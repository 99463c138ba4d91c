//! Card and secrets: sealed, and only where they may go.

use super::Stage;
use crate::report::Report;

const SEALED: &str = "no-digit-of-the-card-is-readable";
const SINKS: &str = "sealed-values-go-only-where-they-may";

/// Secrets shorter than this may occur by chance.
const SECRET_CHARS_MIN: usize = 6;

/// Neither the card nor a secret is in anything that a guest, a log or a database could read.
pub(super) fn stays_sealed(stage: &Stage<'_>, report: &mut Report) {
    let card = stage.kit.bank.card();
    let digits = card.number.get(6..card.number.len().saturating_sub(4)).unwrap_or_default().to_owned();
    let secrets: Vec<String> = stage.kit.bank.account().secrets.into_values().collect();
    for played in stage.good.iter().chain(&stage.declined).chain(&stage.refused) {
        let story = &played.story;
        let states = story.steps.iter().map(|step| String::from_utf8_lossy(&step.state).into_owned());
        let steps = story.steps.iter().map(|step| step.readable.clone());
        let all: Vec<String> = steps.chain(states).chain(story.log.clone()).collect();
        let talk = played.act.talk;
        for text in &all {
            report.proof(SEALED, !text.contains(&digits), || format!("{talk}: the card is in {}", short(text)));
            let code = card.security_code.as_deref().is_some_and(|code| stands_alone(text, code));
            report.proof(SEALED, !code, || format!("{talk}: the security code is in {}", short(text)));
            for secret in secrets.iter().filter(|secret| secret.len() >= SECRET_CHARS_MIN) {
                report.proof(SEALED, !text.contains(secret.as_str()), || {
                    format!("{talk}: a secret is in {}", short(text))
                });
            }
        }
    }
}

/// Not part of a longer number or word.
fn stands_alone(text: &str, code: &str) -> bool {
    text.match_indices(code).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + code.len()..].chars().next();
        !before.into_iter().chain(after).any(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '/' | '='))
    })
}

fn short(text: &str) -> String {
    text.chars().take(160).collect()
}

/// Card data to endpoints that take cards, bare secrets to those that take secrets, neither to a browser that must not.
pub(super) fn sinks(stage: &Stage<'_>, report: &mut Report) {
    for played in stage.good.iter().chain(&stage.declined).chain(&stage.refused) {
        for step in &played.story.steps {
            let talk = played.act.talk;
            let refused = step.sinks.as_ref().err();
            report.proof(SINKS, refused.is_none(), || format!("{talk}: {}", refused.map_or("", String::as_str)));
            if let Some(left) = &step.left {
                let known = stage.kit.manifest.endpoints.contains_key(&left.wire.endpoint);
                let endpoint = &left.wire.endpoint;
                report.proof(SINKS, known, || format!("{talk}: the manifest has no endpoint {endpoint}"));
            }
        }
    }
}

//! What differs between an act as it was recorded and as it was played again.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{RecordedStep, Recording, Turn};

/// Most of a long value that is shown.
const SHOWN_LETTERS: usize = 200;
/// Letters shown before the place where two texts part.
const BEFORE_LETTERS: usize = 40;

/// One place where they differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Where in the step: `/body`, `/outcome/category`; of the whole act `/outcome`, `/reason`.
    pub place: String,
    /// What was recorded there.
    pub recorded: Option<String>,
    /// What was played.
    pub played: Option<String>,
}

/// Two turns of the same number; either may be missing. A connector's own state is its own business: what it does with
/// it shows in what it does next. So is the sentence of a failure.
pub(super) fn turns(recorded: Option<&Turn>, played: Option<&Turn>) -> Vec<Difference> {
    let mut differences = Vec::new();
    walk("", &shown(recorded), &shown(played), &mut differences);
    differences
}

/// The host's verdicts: the word, and the code of the reason.
pub(super) fn outcomes(recorded: &Recording, played: &Recording) -> Vec<Difference> {
    let mut differences = Vec::new();
    let code = |recording: &Recording| {
        let reason = recording.reason.as_deref().unwrap_or_default();
        Value::from(reason.split(':').next().unwrap_or_default())
    };
    let word = |recording: &Recording| Value::from(recording.outcome.as_str());
    walk("/outcome", &word(recorded), &word(played), &mut differences);
    walk("/reason", &code(recorded), &code(played), &mut differences);
    differences
}

fn shown(turn: Option<&Turn>) -> Value {
    let Some(turn) = turn else { return Value::Null };
    let mut step = serde_json::to_value(&turn.step).unwrap_or_default();
    if let Some(members) = step.as_object_mut() {
        members.remove("state");
        if matches!(turn.step, RecordedStep::Failed { .. }) {
            members.remove("detail");
        }
        members.insert("function".to_owned(), turn.function.as_str().into());
        members.insert("refused".to_owned(), turn.refused.as_deref().into());
    }
    step
}

fn walk(place: &str, recorded: &Value, played: &Value, differences: &mut Vec<Difference>) {
    match (recorded, played) {
        (Value::Object(a), Value::Object(b)) => {
            let mut names: Vec<&String> = a.keys().chain(b.keys()).collect();
            names.sort_unstable();
            names.dedup();
            let none = Value::Null;
            for name in names {
                let (a, b) = (a.get(name).unwrap_or(&none), b.get(name).unwrap_or(&none));
                walk(&format!("{place}/{name}"), a, b, differences);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (at, (a, b)) in a.iter().zip(b).enumerate() {
                walk(&format!("{place}/{at}"), a, b, differences);
            }
        }
        (a, b) if a == b => {}
        (a, b) => {
            let (recorded, played) = (text(a), text(b));
            let from = parting(recorded.as_deref(), played.as_deref());
            let cut = |text: Option<String>| text.map(|text| excerpt(&text, from));
            let place = if place.is_empty() { "/".to_owned() } else { place.to_owned() };
            differences.push(Difference { place, recorded: cut(recorded), played: cut(played) });
        }
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The letter at which two texts part.
fn parting(a: Option<&str>, b: Option<&str>) -> usize {
    let (a, b) = (a.unwrap_or_default(), b.unwrap_or_default());
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count()
}

fn excerpt(text: &str, from: usize) -> String {
    let letters = text.chars().count();
    if letters <= SHOWN_LETTERS {
        return text.to_owned();
    }
    let begin = from.saturating_sub(BEFORE_LETTERS).min(letters);
    let part: String = text.chars().skip(begin).take(SHOWN_LETTERS).collect();
    let (front, back) = (if begin > 0 { "…" } else { "" }, if begin + SHOWN_LETTERS < letters { "…" } else { "" });
    format!("{front}{part}{back}")
}

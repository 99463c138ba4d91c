//! Authentic answers that speak of something else.

use super::Stage;
use crate::act::money;
use crate::bank::{At, Told};
use crate::kit::Played;
use crate::report::Report;
use crate::talk::{About, What};

const CAUGHT: &str = "another-order-amount-or-currency-is-caught";

/// Where the bank lies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    Everywhere,
    AtTheReturn,
    AtTheEnd,
}

fn lies(truth: &Told) -> Vec<(&'static str, &'static str, Told)> {
    let amount = |minor: i64| Told { amount: money(minor, &truth.amount.currency), ..truth.clone() };
    let minor = truth.amount.minor;
    vec![
        ("amount", "one kuruş more", amount(minor + 1)),
        ("amount", "a hundred times the amount", amount(minor * 100)),
        ("amount", "a hundredth of the amount", amount(minor / 100)),
        ("amount", "nothing", amount(0)),
        ("order", "another order", Told { order: other_order(&truth.order), ..truth.clone() }),
        ("currency", "dollars", Told { amount: money(minor, "USD"), ..truth.clone() }),
    ]
}

/// As long, of the same letters: only the last one differs.
fn other_order(order: &str) -> String {
    let mut letters: Vec<char> = order.chars().collect();
    if let Some(last) = letters.last_mut() {
        *last = if *last == '8' { '9' } else { '8' };
    }
    letters.into_iter().collect()
}

/// A yes about another order, amount or currency is no yes. Where the bank says the same whatever is true of it, it is
/// silent, and there is nothing to catch.
pub(super) fn caught(stage: &Stage<'_>, report: &mut Report) {
    for played in &stage.good {
        let mut stated = Vec::new();
        // A void has no amount of its own: it undoes whatever there was.
        let voids = matches!(played.act.talk.what, What::Void | What::Inquire(About::Void));
        for (kind, name, lie) in lies(&played.act.truth()).into_iter().filter(|(kind, ..)| !voids || *kind == "order") {
            for place in [Where::Everywhere, Where::AtTheReturn, Where::AtTheEnd] {
                if try_lie(stage, played, place, name, &lie, report) && !stated.contains(&kind.to_owned()) {
                    stated.push(kind.to_owned());
                }
            }
        }
        stated.sort();
        report.states(played.act.talk, &stated);
    }
}

/// Returns whether the lie could be heard at the end.
fn try_lie(stage: &Stage<'_>, played: &Played, place: Where, name: &str, lie: &Told, report: &mut Report) -> bool {
    let places = played.story.places();
    let (Some(last), truth) = (places.last().copied(), played.act.truth()) else { return false };
    // Where the return is not signed its words count for nothing, and so do its lies.
    let signed = places.contains(&At::Back) && !stage.kit.bank.signature(played.act.talk).is_empty();
    if place == Where::AtTheReturn && !signed {
        return false;
    }
    let lies_at = |at: At| match place {
        Where::Everywhere => true,
        Where::AtTheReturn => at == At::Back,
        Where::AtTheEnd => at == last,
    };
    // What the bank tells is fixed for an act, so both are played, and the lie is put in where it belongs.
    let lying = stage.kit.play(&played.act, lie, &mut crate::kit::unmeddled);
    let said = said_by(stage, played, lie);
    let story = stage.kit.play(&played.act, &truth, &mut |at, effect, reply| {
        if !lies_at(at) {
            return reply;
        }
        said.at(at, effect).or(reply)
    });
    let heard = |at: At| {
        let of =
            |replies: &[(At, Vec<u8>)]| replies.iter().find(|(there, _)| *there == at).map(|(_, bytes)| bytes.clone());
        of(&story.replies) != of(&played.story.replies)
    };
    // A lie counts where the connector relies on it: at the return, or in the answer that decides.
    let told = (place != Where::AtTheEnd && signed && heard(At::Back)) || (place != Where::AtTheReturn && heard(last));
    if told {
        let (talk, verdict) = (played.act.talk, &story.verdict);
        report.proof(CAUGHT, !verdict.is_yes(), || format!("{talk}: the bank speaks of {name}, and yet {verdict}"));
        report.proof(CAUGHT, place != Where::Everywhere || !lying.verdict.is_yes(), || {
            format!("{talk}: the bank speaks of {name} from the beginning, and yet {}", lying.verdict)
        });
    }
    told && heard(last)
}

/// What a lying bank says to an honest conversation.
struct Lies<'k> {
    stage: &'k Stage<'k>,
    played: &'k Played,
    lie: &'k Told,
}

fn said_by<'k>(stage: &'k Stage<'k>, played: &'k Played, lie: &'k Told) -> Lies<'k> {
    Lies { stage, played, lie }
}

impl Lies<'_> {
    fn at(&self, at: At, _: vezne_plugin::Effect) -> Option<vezne_plugin::Reply> {
        // The requests of the honest conversation, as far as this place.
        let mut heard = Vec::new();
        let mut asked = 0;
        for left in self.played.story.left() {
            heard.push(left.wire.clone());
            let here = if left.correlation.is_some() { At::Back } else { At::Answer(asked) };
            asked += usize::from(left.correlation.is_none());
            if here == at {
                break;
            }
        }
        let (bank, talk) = (&self.stage.kit.bank, self.played.act.talk);
        match at {
            At::Back => bank.back(talk, &heard, self.lie).map(vezne_plugin::Reply::Callback),
            At::Answer(nth) => bank.answer(talk, nth, &heard, self.lie),
        }
    }
}

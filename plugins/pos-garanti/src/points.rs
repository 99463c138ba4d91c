//! Bonus: what a card's is worth, and the wish to pay with it.
//!
//! The total is in `Amount`, what Bonus pays of it in `RewardList`. Sources: the bank's own samples for developers
//! (`rewardinq`, "Bonus Kullanım") and the field descriptions that public clients repeat from its documents. None shows a
//! reward beside the proof of a 3-D gate, so none is sent there.

use vezne_plugin::points::{self, Look};
use vezne_plugin::words::attribute::POINTS_PROGRAMME;
use vezne_plugin::words::{category, entry};
use vezne_plugin::{Card, Context, Decline, Fault, Outcome, Reply, Terms, amount, step};

use crate::State;
use crate::answer::{Answer, Judgement};
use crate::message::{self, BONUS, Payer};
use crate::settings::{Settings, User};

/// The currency that Bonus is counted in: one is a lira.
const LIRA: &str = "TRY";
/// The bank's refusal that covers Bonus among other things.
const BONUS_REFUSED: &str = "93";

/// What Bonus pays of a charge, as the bank writes it.
pub fn paying(ctx: &Context, terms: &Terms, reserve: bool, payer: Payer<'_>) -> Result<Option<String>, Fault> {
    let Some(minor) = points::wanted(ctx, terms)? else { return Ok(None) };
    let refused = |why: &str| Err(Fault::Unsupported(format!("Garanti BBVA takes no Bonus {why}")));
    match payer {
        _ if reserve => refused("with a reservation"),
        _ if entry::is_keyed_by_clerk(&terms.entry) => refused("with a mail order"),
        _ if terms.amount.currency != LIRA => refused("in a foreign currency"),
        Payer::Proof(_) => refused("at its gate"),
        Payer::Card(_) => Ok(Some(minor.to_string())),
    }
}

/// Asks for a card's Bonus.
pub fn ask(ctx: &Context, terms: &Terms, card: &Card) -> Result<Look, Fault> {
    if terms.amount.currency != LIRA {
        return Err(Fault::Unsupported("Garanti BBVA counts Bonus in lira".into()));
    }
    let settings = Settings::load()?;
    let (mode, ip) = (message::mode(ctx), ctx.payer_ip.as_deref().unwrap_or_default());
    let request = message::request(message::point_inquiry(&settings, mode, ip, card)?)?;
    points::ask(request, step::order_ref(&ctx.order_id), &State::Points)
}

/// What the bank says it is worth, in kuruş. A yes with no Bonus in its list says nothing of how much there is.
pub fn answered(reply: &Reply) -> Result<Look, Fault> {
    let answer = Answer::verified(points::answer(reply)?, &Settings::load()?, User::Provision)?;
    let words = answer.words();
    match words.judge() {
        Judgement::Approved => {}
        judgement => return points::refused(words.refused_outcome(&judgement)),
    }
    let unclear = || Fault::UnreadableAnswer("the answer does not say what the Bonus is worth".into());
    let list = answer.at("Transaction/RewardInqResult/RewardList").ok_or_else(unclear)?;
    let mut told = list.all("Reward").filter(|reward| reward.filled("Type") == Some(BONUS));
    let worth = match (told.next(), told.next()) {
        (Some(reward), None) => reward.filled("TotalAmount").and_then(amount::parse_minor).ok_or_else(unclear)?,
        _ => return Err(unclear()),
    };
    points::told(worth, LIRA, vec![(POINTS_PROGRAMME.to_owned(), "Bonus".to_owned())])
}

/// The bank says 93 of cards that are closed to the internet and of Bonus that is not there: with the wish for Bonus it
/// is not known to be the card.
pub fn explained(ctx: &Context, outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Declined(decline) if points::were_used(ctx) && decline.bank_code.as_deref() == Some(BONUS_REFUSED) => {
            Outcome::Declined(Decline { category: category::NOT_APPROVED.to_owned(), ..decline })
        }
        other => other,
    }
}

//! World points: how much they are worth, and the wish to pay with them.
//!
//! A part of a sale is paid with them by `saleWP`, at the gate by `oosTranData`. The bank voids both parts with the sale,
//! and gives them back in proportion. Sources: the bank's PosNet XML document, "Puan Sorgulama" and "Karma İşlemler", and
//! its 3D Secure document, `tranType` and `wpAmount`.

use posnet_orders::{codes, written};
use vezne_plugin::points::{self, Look};
use vezne_plugin::words::attribute::POINTS_PROGRAMME;
use vezne_plugin::words::entry;
use vezne_plugin::{Card, Context, Fault, Reply, Terms, step};

use crate::State;
use crate::answer::{Answer, Judgement};
use crate::message;
use crate::partner::Partner;
use crate::settings::Settings;

/// The currency that the bank counts points in.
const LIRA: &str = "TRY";

/// What points pay of a charge, as the bank writes it. The message for a mixed sale has no place for a sub-dealer or a
/// clerk, and points cannot be reserved.
pub fn paying(ctx: &Context, terms: &Terms, reserve: bool, partner: &Partner) -> Result<Option<String>, Fault> {
    let Some(minor) = points::wanted(ctx, terms)? else { return Ok(None) };
    let refused = |why: &str| Err(Fault::Unsupported(format!("Yapı Kredi takes no points {why}")));
    match () {
        () if reserve => refused("with a reservation"),
        () if entry::is_keyed_by_clerk(&terms.entry) => refused("with a mail order"),
        () if terms.amount.currency != LIRA => refused("in a foreign currency"),
        () if *partner != Partner::Store => refused("for a sub-dealer"),
        () => Ok(Some(minor.to_string())),
    }
}

/// Asks for a card's points.
pub fn ask(ctx: &Context, terms: &Terms, card: &Card) -> Result<Look, Fault> {
    if terms.amount.currency != LIRA {
        return Err(Fault::Unsupported("Yapı Kredi counts points in lira".into()));
    }
    let settings = Settings::load()?;
    let request = message::request(&settings, message::point_inquiry(&settings, card), &ctx.order_id)?;
    points::ask(request, step::order_ref(&ctx.order_id), &State::Points)
}

/// What the bank says they are worth, in kuruş with zeros in front.
pub fn answered(reply: &Reply) -> Result<Look, Fault> {
    let answer = Answer::read(points::answer(reply)?)?;
    match answer.judge() {
        Judgement::Approved => {}
        Judgement::Refused => return points::refused(codes::refused(answer.error_code(), answer.message())),
        _ => return Err(Fault::UnreadableAnswer("the answer says neither yes nor no".into())),
    }
    let worth = answer.get("pointInfo/pointAmount").and_then(written::minor);
    let worth =
        worth.ok_or_else(|| Fault::UnreadableAnswer("the answer does not say what the points are worth".into()));
    points::told(worth?, LIRA, vec![(POINTS_PROGRAMME.to_owned(), "World".to_owned())])
}

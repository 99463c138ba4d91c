//! The points of a card: what a [`Points`](crate::Points) is made of, and the wish to pay with them.

use serde::Serialize;

use crate::words::attribute::POINTS_MINOR;
use crate::{
    BankRef, Context, Decline, Effect, Fault, HttpRequest, HttpResponse, Outcome, Reply, Send, Terms, amount, state,
};

pub use crate::bindings::points::exports::vezne::points::points::{Look, Worth};

/// Asks the bank.
pub fn ask<S: Serialize>(request: HttpRequest, known: BankRef, remember: &S) -> Result<Look, Fault> {
    Ok(Look::Send(Send { request, effect: Effect::ReadOnly, known, state: state::encode(remember)? }))
}

/// What the bank says they are worth. A debt is no number of points.
pub fn told(minor: i64, currency: &str, attributes: Vec<(String, String)>) -> Result<Look, Fault> {
    if minor < 0 {
        return Err(Fault::UnreadableAnswer("the points are worth less than nothing".into()));
    }
    Ok(Look::Told(Worth { minor, currency: currency.to_owned(), attributes }))
}

/// The bank's no, as the connector's codes read it. What settles nothing is a fault: nobody said how many there are.
pub fn refused(outcome: Outcome) -> Result<Look, Fault> {
    match outcome {
        Outcome::Declined(decline) => declined(decline),
        Outcome::NotProcessed(why) | Outcome::Unknown(why) => Err(Fault::UnreadableAnswer(why)),
        Outcome::Approved(_) | Outcome::Pending(_) => {
            Err(Fault::UnreadableAnswer("the answer says yes to no question".into()))
        }
    }
}

/// The bank's no.
pub fn declined(decline: Decline) -> Result<Look, Fault> {
    Ok(Look::Declined(decline))
}

/// The bank's answer. That it could not be reached is a fault.
pub fn answer(reply: &Reply) -> Result<&HttpResponse, Fault> {
    crate::history::answer(reply)
}

/// How much of this charge points shall pay, minor units; nothing where none shall.
pub fn wanted(ctx: &Context, terms: &Terms) -> Result<Option<i64>, Fault> {
    let wish = ctx.attributes.iter().find(|(name, _)| name == POINTS_MINOR);
    let Some((_, text)) = wish else { return Ok(None) };
    match amount::parse_minor(text) {
        Some(minor) if minor >= 1 && minor <= terms.amount.minor => Ok(Some(minor)),
        _ => Err(Fault::InvalidRequest("the points are no part of the amount".into())),
    }
}

/// Refuses the wish where it cannot be had; the sentence says where.
pub fn none_wanted(ctx: &Context, terms: &Terms, why: &str) -> Result<(), Fault> {
    match wanted(ctx, terms)? {
        None => Ok(()),
        Some(_) => Err(Fault::Unsupported(why.to_owned())),
    }
}

/// Whether points paid a part of the charge that a void, a refund or a question is about.
pub fn were_used(ctx: &Context) -> bool {
    ctx.attributes.iter().any(|(name, _)| name == POINTS_MINOR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native;

    fn wishing(points: &str) -> Context {
        let attributes = vec![(POINTS_MINOR.to_owned(), points.to_owned())];
        Context { attributes, ..native::context("ORDER") }
    }

    #[test]
    fn points_are_a_part_of_the_amount_or_refused() {
        let terms = native::terms(1_000);
        assert_eq!(wanted(&native::context("ORDER"), &terms).ok(), Some(None));
        for (points, minor) in [("1", 1), ("400", 400), ("1000", 1_000)] {
            assert_eq!(wanted(&wishing(points), &terms).ok(), Some(Some(minor)), "{points}");
        }
        for bad in ["", "0", "1001", "-1", "4.00", "x", "99999999999999999999"] {
            assert!(matches!(wanted(&wishing(bad), &terms), Err(Fault::InvalidRequest(_))), "{bad}");
        }
        assert!(none_wanted(&native::context("ORDER"), &terms, "not here").is_ok());
        assert!(
            matches!(none_wanted(&wishing("1"), &terms, "not here"), Err(Fault::Unsupported(why)) if why == "not here")
        );
        assert!(were_used(&wishing("1")) && !were_used(&native::context("ORDER")));
    }

    #[test]
    fn a_number_of_points_is_never_guessed() {
        assert!(matches!(told(0, "TRY", Vec::new()), Ok(Look::Told(worth)) if worth.minor == 0));
        assert!(matches!(told(-1, "TRY", Vec::new()), Err(Fault::UnreadableAnswer(_))));
        assert!(matches!(refused(Outcome::Unknown("why".into())), Err(Fault::UnreadableAnswer(why)) if why == "why"));
        assert!(matches!(refused(Outcome::NotProcessed("why".into())), Err(Fault::UnreadableAnswer(_))));
    }
}

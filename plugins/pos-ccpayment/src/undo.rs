//! Giving back. The platform has one call for it, so the order is looked at first: a reservation is dropped, a
//! payment is refunded, and the sum of refunds before ours is noted, because it is all that will tell ours later.

use serde::{Deserialize, Serialize};
use vezne_plugin::{BankRef, Effect, Fault, HttpResponse, Money, Step, Target, Terms, host, step};

use crate::answer::{Answer, EXPONENT};
use crate::inquiry::{self, Found, REFUNDED_BEFORE, Standing};
use crate::message;
use crate::settings::Settings;
use crate::{State, Then, with_token};

/// Key in `known.extra`: our own reference of a refund, which the platform takes only once.
const REFERENCE: &str = "refund-reference";
const REFERENCE_CHARS: u8 = 20;

/// What is to be given back.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Undo {
    /// All that there was (a void), or this amount.
    whole: bool,
    minor: i64,
}

impl Undo {
    /// Everything of an operation, as if it had not been.
    pub(crate) fn whole(target: &Target) -> Self {
        Self { whole: true, minor: target.terms.amount.minor }
    }

    /// An amount.
    pub(crate) fn part(terms: &Terms) -> Self {
        Self { whole: false, minor: terms.amount.minor }
    }

    /// The order's line is there.
    pub(crate) fn looked(self, order: &str, response: &HttpResponse) -> Result<Step, Fault> {
        let nothing = |why: &str| step::done(step::not_processed(why));
        let Ok(answer) = Answer::read(response) else {
            return nothing("the platform could not say what there is to give back");
        };
        let line = match inquiry::read(&answer, order) {
            Found::Order(line) => line,
            Found::Nothing => return nothing("the platform has no such order"),
            Found::Unclear(why) => return nothing(&why),
        };
        match (line.standing, line.refunded()) {
            (Standing::Held, _) if self.whole => {
                with_token(Then::Drop { order: order.to_owned() }, step::order_ref(order))
            }
            (Standing::Held, _) => nothing("a reservation is dropped, not refunded"),
            (Standing::Paid | Standing::PartlyRefunded, Some(before)) if before == 0 || !self.whole => {
                self.refund(order, before)
            }
            (Standing::PartlyRefunded, Some(_)) => nothing("a part was given back: refund the rest"),
            (standing, Some(_)) if standing.was_paid() => nothing("there is nothing left to give back"),
            _ => nothing("the order is not in a state in which something can be given back"),
        }
    }

    fn refund(self, order: &str, before: i64) -> Result<Step, Fault> {
        let known = vec![
            (REFUNDED_BEFORE.to_owned(), before.to_string()),
            (REFERENCE.to_owned(), host::reference(host::ALPHANUMERIC, REFERENCE_CHARS)),
        ];
        let then = Then::Refund { order: order.to_owned(), minor: self.minor, known };
        with_token(then, step::order_ref(order))
    }
}

/// Sends a refund. The currency is the order's own; every documented one has two decimals.
pub(crate) fn refund(
    settings: &Settings,
    token: &str,
    order: &str,
    minor: i64,
    known: Vec<(String, String)>,
) -> Result<Step, Fault> {
    let reference = known.iter().find(|(name, _)| name == REFERENCE).map_or("", |(_, value)| value);
    let back = Money { minor, currency: String::new(), numeric: 0, exponent: EXPONENT };
    let members = message::refund(settings, order, &back, reference)?;
    let request = message::request(message::REFUND, Some(token), members)?;
    let known = BankRef { extra: known, ..step::order_ref(order) };
    step::send(request, Effect::OnceOnlyWrite, known, &State::Write { order: order.to_owned() })
}

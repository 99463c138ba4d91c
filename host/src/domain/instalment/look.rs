//! Why each line of a table does or does not decide what a payer is offered: for the dry run.

use super::{Offer, Question, SchemeLine, fits, has_more_exact};
use crate::domain::named::named;

named! {
    /// What became of a line for one number of instalments.
    pub enum LineLook {
        /// The offer is this line's.
        Decided = "decided",
        /// It belongs to a POS account that the collecting node cannot use.
        AccountNotUsable = "account_not_usable",
        /// It is for cards of another programme.
        OtherProgramme = "other_programme",
        /// It is for company cards and this is a person's, or the other way round.
        OtherCards = "other_cards",
        /// With what the bank adds, it has more parts than the law allows.
        OverLegalCeiling = "over_legal_ceiling",
        /// The amount is below what it asks for.
        AmountTooSmall = "amount_too_small",
        /// Nothing is offered for this number, whatever the lines say.
        NotOffered = "not_offered",
        /// Another line is meant more exactly for this card.
        LessExact = "less_exact",
        /// Another line costs the payer, or else the firm, less.
        Dearer = "dearer",
    }
}

/// What became of each line for the offer's number of instalments, in the order of the lines.
pub fn looks<'a>(
    lines: &'a [SchemeLine],
    question: &Question<'_>,
    offer: &Offer,
    usable: &dyn Fn(&SchemeLine) -> bool,
) -> Vec<(&'a SchemeLine, LineLook)> {
    let (instalments, decided) = match offer {
        Offer::Open(terms) => (terms.instalments.max(1), terms.line),
        Offer::Closed { instalments, .. } => (*instalments, None),
    };
    let candidate = |line: &SchemeLine| {
        usable(line)
            && fits(line, question.card)
            && line.is_lawful(question.ceiling)
            && question.amount.minor >= line.amount_min
    };
    let of_number: Vec<&SchemeLine> = lines.iter().filter(|line| line.instalments.max(1) == instalments).collect();
    let candidates: Vec<&SchemeLine> = of_number.iter().copied().filter(|line| candidate(line)).collect();
    let look = |line: &SchemeLine| {
        let programme = question.card.and_then(|card| card.programme.as_deref());
        if !usable(line) {
            LineLook::AccountNotUsable
        } else if line.programme.as_deref().is_some_and(|wanted| programme != Some(wanted)) {
            LineLook::OtherProgramme
        } else if !fits(line, question.card) {
            LineLook::OtherCards
        } else if !line.is_lawful(question.ceiling) {
            LineLook::OverLegalCeiling
        } else if question.amount.minor < line.amount_min {
            LineLook::AmountTooSmall
        } else if matches!(offer, Offer::Closed { .. }) {
            LineLook::NotOffered
        } else if decided == Some(line.id) {
            LineLook::Decided
        } else if has_more_exact(&candidates, line) {
            LineLook::LessExact
        } else {
            LineLook::Dearer
        }
    };
    of_number.into_iter().map(|line| (line, look(line))).collect()
}

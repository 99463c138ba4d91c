//! What a bank's own book says, beside ours.
//!
//! A line of theirs is ours where order number and operation agree, and of those the one whose amount, end and time are
//! nearest. Nothing is decided here and nothing follows from it: it is told, and people look.

use std::collections::{BTreeSet, HashMap};

use super::money::Money;
use super::named::named;
use super::payment::{AttemptState, OperationKind, OperationState};

#[cfg(test)]
mod tests;

named! {
    /// What a transaction has come to, as the bank lists it.
    pub enum BankStanding {
        /// Done, and it counts.
        Done = "done",
        /// Done once, and undone since.
        Voided = "voided",
        /// Refused: nothing was booked.
        Failed = "failed",
        /// Accepted, not decided yet.
        Pending = "pending",
        /// None of these clearly.
        Unclear = "unclear",
    }
}

named! {
    /// What it has come to in our book.
    pub enum OurStanding {
        /// Done, and it counts.
        Done = "done",
        /// Done once, and undone since.
        Voided = "voided",
        /// Refused, or it never reached the bank.
        NotDone = "not_done",
        /// Nobody knows yet.
        InDoubt = "in_doubt",
    }
}

named! {
    /// What a line of theirs says otherwise than we.
    pub enum BankDifference {
        /// How much.
        Amount = "amount",
        /// Of which currency.
        Currency = "currency",
        /// What it has come to.
        Standing = "standing",
    }
}

/// A line of the bank's book; none where the bank is silent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankLine {
    /// What was done; none where the bank's word fits several.
    pub operation: Option<OperationKind>,
    /// What it has come to.
    pub standing: BankStanding,
    /// Minor units, never negative.
    pub minor: Option<i64>,
    /// In letters where we know the currency.
    pub currency: Option<String>,
    /// Our order number.
    pub order_no: Option<String>,
    /// The bank's number of it.
    pub transaction_id: Option<String>,
    /// Epoch milliseconds.
    pub at_ms: Option<i64>,
}

/// Something that we asked a bank to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OurMove {
    /// What.
    pub operation: OperationKind,
    /// Under which number.
    pub order_no: String,
    /// How much.
    pub amount: Money,
    /// What it has come to here.
    pub standing: OurStanding,
    /// The bank's number of it, where it told one.
    pub transaction_id: Option<String>,
    /// When it was sent, epoch milliseconds.
    pub at_ms: i64,
    /// The list that was asked for must have it, if it was done.
    pub expected: bool,
}

/// What a line of theirs is to us; the number is a place among our moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agreement {
    /// The same as this.
    Matched(usize),
    /// This, but not the same.
    Differs(usize, Vec<BankDifference>),
    /// Nothing that we know of.
    UnknownToUs,
}

/// Their book beside ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Of each line, in their order.
    pub lines: Vec<Agreement>,
    /// Our moves that are done here, and that the list should have and has not.
    pub missing: Vec<usize>,
}

impl OurStanding {
    /// Of what an attempt itself wanted, to hold or to take.
    pub fn of_attempt(state: AttemptState) -> Self {
        match state {
            AttemptState::Authorized | AttemptState::Captured | AttemptState::Refunded | AttemptState::Stray => {
                Self::Done
            }
            AttemptState::Voided => Self::Voided,
            AttemptState::Declined | AttemptState::Failed | AttemptState::Expired | AttemptState::Canceled => {
                Self::NotDone
            }
            AttemptState::Sending
            | AttemptState::Browsing
            | AttemptState::BrowsingCharge
            | AttemptState::Provisioning
            | AttemptState::Unknown => Self::InDoubt,
        }
    }

    /// Of what was done with an attempt that stands so now. A void undoes the capture too.
    pub fn of_operation(kind: OperationKind, state: OperationState, of: AttemptState) -> Self {
        match state {
            OperationState::Succeeded if kind == OperationKind::Capture && of == AttemptState::Voided => Self::Voided,
            OperationState::Succeeded => Self::Done,
            OperationState::Declined | OperationState::Failed => Self::NotDone,
            OperationState::Sending | OperationState::Unknown => Self::InDoubt,
        }
    }
}

/// Whether the list of a day must have what was sent at one instant and had ended at another: what began shortly before
/// midnight and ended after it may stand in either day. `day` is its first instant and the next one's, all of them epoch
/// milliseconds.
pub fn is_of_day(sent_ms: i64, ended_ms: Option<i64>, day: (i64, i64)) -> bool {
    const STRADDLE_MS: i64 = 3_600_000;
    let within = (day.0..day.1).contains(&sent_ms);
    let ended_within = ended_ms.is_some_and(|ended_ms| ended_ms < day.1);
    within && (ended_within || sent_ms < day.1 - STRADDLE_MS)
}

/// Lays their book beside ours.
pub fn compare(lines: &[BankLine], ours: &[OurMove]) -> Comparison {
    let pairs = paired(lines, ours);
    let voids_told = voids_told(lines, ours, &pairs);
    let agreement = |(line, pair): (&BankLine, &Option<usize>)| match *pair {
        None => Agreement::UnknownToUs,
        Some(at) => {
            let differences = differences(line, &ours[at], voids_told.contains(ours[at].order_no.as_str()));
            if differences.is_empty() { Agreement::Matched(at) } else { Agreement::Differs(at, differences) }
        }
    };
    let agreements = lines.iter().zip(&pairs).map(agreement).collect();
    let found: BTreeSet<usize> = pairs.iter().flatten().copied().collect();
    let captured: BTreeSet<&str> = found
        .iter()
        .map(|at| &ours[*at])
        .filter(|one| one.operation == OperationKind::Capture)
        .map(|one| one.order_no.as_str())
        .collect();
    let is_missing = |(at, one): &(usize, &OurMove)| {
        // A bank may list a reservation no more once it is taken; a void that nobody tells of shows on its charge.
        let told_otherwise = match one.operation {
            OperationKind::Authorize => captured.contains(one.order_no.as_str()),
            OperationKind::Void => true,
            _ => false,
        };
        one.expected && one.standing == OurStanding::Done && !found.contains(at) && !told_otherwise
    };
    let missing = ours.iter().enumerate().filter(is_missing).map(|(at, _)| at).collect();
    Comparison { lines: agreements, missing }
}

/// Of each line the move that it tells of. The nearest pairs are made first, and nothing is paired twice.
fn paired(lines: &[BankLine], ours: &[OurMove]) -> Vec<Option<usize>> {
    let (mut by_order, mut by_number) = (HashMap::<&str, Vec<usize>>::new(), HashMap::<&str, Vec<usize>>::new());
    for (at, one) in ours.iter().enumerate() {
        by_order.entry(&one.order_no).or_default().push(at);
        if let Some(number) = one.transaction_id.as_deref() {
            by_number.entry(number).or_default().push(at);
        }
    }
    let mut candidates = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        // A line without our number can only be known by the bank's.
        let known = match (&line.order_no, &line.transaction_id) {
            (Some(order_no), _) => by_order.get(order_no.as_str()),
            (None, Some(number)) => by_number.get(number.as_str()),
            (None, None) => None,
        };
        for at in known.into_iter().flatten() {
            candidates.extend(nearness(line, &ours[*at]).map(|near| (near, place, *at)));
        }
    }
    candidates.sort_by_key(|(near, place, at)| (std::cmp::Reverse(*near), *place, *at));
    let (mut pairs, mut taken) = (vec![None; lines.len()], BTreeSet::new());
    for (_, place, at) in candidates {
        if pairs[place].is_none() && taken.insert(at) {
            pairs[place] = Some(at);
        }
    }
    pairs
}

/// How near a line is to a move of the same order: more is nearer; none where it is something else.
fn nearness(line: &BankLine, ours: &OurMove) -> Option<(bool, bool, bool, u8, i64)> {
    // Where the bank has one word for several, the last step of a charge is the likeliest.
    let likely = match (line.operation, ours.operation) {
        (Some(theirs), known) if theirs == known => 3,
        // Some banks list whatever takes or holds money as a sale.
        (Some(OperationKind::Sale), OperationKind::Capture) if is_same_amount(line, ours) => 2,
        (Some(OperationKind::Sale), OperationKind::Authorize) if is_same_amount(line, ours) => 1,
        (Some(_), _) => return None,
        (None, OperationKind::Capture) => 3,
        (None, OperationKind::Sale) => 2,
        (None, OperationKind::Authorize) => 1,
        (None, _) => 0,
    };
    let numbers = line.transaction_id.as_ref().zip(ours.transaction_id.as_ref());
    let same_number = numbers.is_some_and(|(theirs, known)| theirs == known);
    let same_sum = is_same_amount(line, ours) && is_same_currency(line, ours);
    // Two refunds of one order with numbers and amounts of their own are two.
    if numbers.is_some() && !same_number && !same_sum {
        return None;
    }
    let apart = line.at_ms.map_or(0, |at_ms| (at_ms - ours.at_ms).abs());
    Some((same_number, same_sum, is_same_standing(line, ours, true), likely, -apart))
}

/// The orders whose void the bank tells of: on the charge, or in a line of its own.
fn voids_told<'a>(lines: &[BankLine], ours: &'a [OurMove], pairs: &[Option<usize>]) -> BTreeSet<&'a str> {
    let told = lines.iter().zip(pairs).filter_map(|(line, pair)| {
        let one = &ours[(*pair)?];
        let of_its_own = one.operation == OperationKind::Void && one.standing == OurStanding::Done;
        let told = line.standing == BankStanding::Voided || (of_its_own && line.standing == BankStanding::Done);
        told.then_some(one.order_no.as_str())
    });
    told.collect()
}

fn differences(line: &BankLine, ours: &OurMove, void_told: bool) -> Vec<BankDifference> {
    let mut differences = Vec::new();
    if !is_same_amount(line, ours) {
        differences.push(BankDifference::Amount);
    }
    if !is_same_currency(line, ours) {
        differences.push(BankDifference::Currency);
    }
    if !is_same_standing(line, ours, void_told) {
        differences.push(BankDifference::Standing);
    }
    differences
}

/// Banks write no amount to a void, or nought.
fn is_same_amount(line: &BankLine, ours: &OurMove) -> bool {
    let silent = ours.operation == OperationKind::Void && line.minor == Some(0);
    silent || line.minor.is_none_or(|minor| minor == ours.amount.minor)
}

fn is_same_currency(line: &BankLine, ours: &OurMove) -> bool {
    line.currency.as_ref().is_none_or(|currency| currency == ours.amount.currency.code())
}

fn is_same_standing(line: &BankLine, ours: &OurMove, void_told: bool) -> bool {
    match (line.standing, ours.standing) {
        (BankStanding::Done, OurStanding::Done)
        | (BankStanding::Voided, OurStanding::Voided)
        | (BankStanding::Failed, OurStanding::NotDone)
        | (BankStanding::Pending | BankStanding::Unclear, OurStanding::InDoubt) => true,
        // What was undone stands as done, and its void beside it.
        (BankStanding::Done, OurStanding::Voided) => void_told,
        _ => false,
    }
}

//! The books on paper: the independent model, which shares no code with them.

use crate::domain::id::{AttemptId, ReceivableId};

/// One part of a debt in the model.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) debtor: usize,
    pub(super) receivable: ReceivableId,
    pub(super) rank: u8,
    pub(super) due_day: i8,
    pub(super) key: String,
    pub(super) left: i64,
    pub(super) charged: i64,
}

/// One captured payment in the model: a stack of places, newest on top.
#[derive(Debug, Clone)]
pub(super) struct Paid {
    pub(super) attempt: AttemptId,
    /// `(debtor, part or advance, minor, order)`
    pub(super) places: Vec<(usize, Option<usize>, i64)>,
    pub(super) amount: i64,
    pub(super) difference: i64,
    pub(super) given: (i64, i64),
    pub(super) voided: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Promise {
    pub(super) cause: String,
    pub(super) paid: usize,
    pub(super) taken: Vec<(usize, Option<usize>, i64)>,
    pub(super) split: (i64, i64),
    pub(super) open: bool,
}

/// What the bank has taken back.
#[derive(Debug, Clone)]
pub(super) struct Dispute {
    pub(super) cause: String,
    pub(super) paid: usize,
    pub(super) minor: i64,
    pub(super) open: bool,
}

#[derive(Default)]
pub(super) struct Model {
    pub(super) parts: Vec<Part>,
    pub(super) paid: Vec<Paid>,
    pub(super) promises: Vec<Promise>,
    pub(super) disputes: Vec<Dispute>,
}

impl Model {
    /// Places an amount kuruş group by group on what comes first; gives the places.
    pub(super) fn place(
        &mut self,
        debtor: usize,
        amount: i64,
        chosen: Option<ReceivableId>,
    ) -> Vec<(usize, Option<usize>, i64)> {
        let mut order: Vec<usize> = (0..self.parts.len())
            .filter(|at| self.parts[*at].debtor == debtor && chosen.is_none_or(|it| self.parts[*at].receivable == it))
            .collect();
        order.sort_by(|a, b| {
            let key = |at: usize| {
                (
                    self.parts[at].rank,
                    self.parts[at].due_day,
                    self.parts[at].receivable.to_text(),
                    self.parts[at].key.clone(),
                )
            };
            key(*a).cmp(&key(*b))
        });
        let mut rest = amount;
        let mut places = Vec::new();
        for at in order {
            let take = self.parts[at].left.min(rest);
            if take > 0 {
                self.parts[at].left -= take;
                rest -= take;
                places.push((debtor, Some(at), take));
            }
        }
        if rest > 0 {
            places.push((debtor, None, rest));
        }
        places
    }

    /// Takes from the top of a stack, skipping one debtor's places; `None` leaves everything as it was.
    pub(super) fn take(
        &mut self,
        paid: usize,
        minor: i64,
        skip: Option<usize>,
    ) -> Option<Vec<(usize, Option<usize>, i64)>> {
        let places = &self.paid[paid].places;
        let there: i64 = places.iter().filter(|place| Some(place.0) != skip).map(|place| place.2).sum();
        if there < minor {
            return None;
        }
        let mut rest = minor;
        let mut taken = Vec::new();
        let places = &mut self.paid[paid].places;
        for place in places.iter_mut().rev().filter(|place| Some(place.0) != skip) {
            let take = place.2.min(rest);
            if take > 0 {
                place.2 -= take;
                rest -= take;
                taken.push((place.0, place.1, take));
            }
        }
        for (_, part, minor) in &taken {
            if let Some(part) = part {
                self.parts[*part].left += minor;
            }
        }
        Some(taken)
    }

    /// Puts places on a stack; what is there already grows where it is.
    pub(super) fn put(&mut self, paid: usize, places: &[(usize, Option<usize>, i64)]) {
        for place in places {
            let stack = &mut self.paid[paid].places;
            match stack.iter_mut().find(|known| known.0 == place.0 && known.1 == place.1) {
                Some(known) => known.2 += place.2,
                None => stack.push(*place),
            }
        }
    }

    pub(super) fn advance(&self, debtor: usize) -> i64 {
        self.paid
            .iter()
            .flat_map(|paid| &paid.places)
            .filter(|place| place.0 == debtor && place.1.is_none())
            .map(|place| place.2)
            .sum()
    }
}

//! What paid what: a pure function of the open components, the rule, the amount and the payer's choice.

use std::collections::BTreeMap;

use serde::Serialize;

use super::id::{ComponentId, ReceivableId};
use super::party::Party;
use super::receivable::{ComponentKind, OpenComponent};

/// In which order money closes components. A firm may state another order where the law lets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllocationRule {
    /// Stored with every allocation that it made.
    pub version: String,
    /// First closed first.
    pub order: Vec<ComponentKind>,
}

impl Default for AllocationRule {
    /// Turkish Code of Obligations art. 100: expenses and interest before principal.
    fn default() -> Self {
        Self {
            version: "tbk100-1".to_owned(),
            order: vec![
                ComponentKind::Expense,
                ComponentKind::Fee,
                ComponentKind::Tax,
                ComponentKind::DefaultInterest,
                ComponentKind::ContractInterest,
                ComponentKind::Principal,
            ],
        }
    }
}

/// A receivable that the payer chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Which one.
    pub receivable: ReceivableId,
    /// At most so much of it; all that is open if absent.
    pub minor: Option<i64>,
}

impl Share {
    /// All that is open of it.
    pub const fn whole(receivable: ReceivableId) -> Self {
        Self { receivable, minor: None }
    }
}

/// So much of a payment closed so much of a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AllocationLine {
    /// Of which receivable.
    pub receivable: ReceivableId,
    /// Which part.
    pub component: ComponentId,
    /// Of which kind.
    pub kind: ComponentKind,
    /// How much, above zero.
    pub minor: i64,
    /// What is left of it afterwards.
    pub left: i64,
    /// Why it was its turn.
    pub because: String,
}

/// The result: lines in the order in which they were closed, and what no component took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Allocated {
    /// The version of the rule.
    pub rule: String,
    /// In the order of closing.
    pub lines: Vec<AllocationLine>,
    /// The rest, which becomes an advance.
    pub advance: i64,
}

impl Allocated {
    /// The explanation that is stored with the collection; the same input gives the same bytes.
    pub fn explanation(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl AllocationRule {
    /// Divides an amount over open components. With a selection only the chosen receivables are closed (the
    /// payer's right, art. 101), each as far as its share goes, and the rest is an advance; without one every open
    /// component is a candidate. Components of a kind that the rule does not list come last.
    pub fn allocate(&self, amount: i64, open: &[OpenComponent], selection: &[Share]) -> Allocated {
        let rank = |kind: ComponentKind| self.order.iter().position(|listed| *listed == kind).unwrap_or(usize::MAX);
        let mut room: BTreeMap<ReceivableId, i64> =
            selection.iter().map(|share| (share.receivable, share.minor.unwrap_or(i64::MAX))).collect();
        let mut turn: Vec<&OpenComponent> = open
            .iter()
            .filter(|part| part.outstanding > 0 && (selection.is_empty() || room.contains_key(&part.receivable)))
            .collect();
        turn.sort_by_key(|part| (rank(part.kind), part.due_on, part.receivable, part.component));
        let mut rest = amount.max(0);
        let mut lines = Vec::new();
        for part in turn {
            let room = room.get_mut(&part.receivable);
            let minor = rest.min(part.outstanding).min(room.as_deref().copied().unwrap_or(i64::MAX));
            if minor <= 0 {
                continue;
            }
            rest -= minor;
            if let Some(room) = room {
                *room -= minor;
            }
            lines.push(AllocationLine {
                receivable: part.receivable,
                component: part.component,
                kind: part.kind,
                minor,
                left: part.outstanding - minor,
                because: format!("{} {}, due {}", rank(part.kind).saturating_add(1), part.kind, part.due_on),
            });
        }
        Allocated { rule: self.version.clone(), lines, advance: rest }
    }
}

/// What a collection holds at one place now: a component, or an advance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Who owed it, or whose advance it is.
    pub debtor: Party,
    /// The component that it closed; none for an advance.
    pub target: Option<(ReceivableId, ComponentId, ComponentKind)>,
    /// How much of the collection is there now.
    pub minor: i64,
}

/// Takes an amount back out of a collection: what was closed last is reopened first. `None` if the collection
/// does not hold that much.
pub fn reopen(holdings: &[Holding], amount: i64) -> Option<Vec<Holding>> {
    let mut rest = amount;
    let mut taken = Vec::new();
    for holding in holdings.iter().rev() {
        let minor = rest.min(holding.minor);
        if minor > 0 {
            rest -= minor;
            taken.push(Holding { minor, ..holding.clone() });
        }
    }
    (rest == 0).then_some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::CustomerId;
    use jiff::civil::{Date, date};
    use proptest::prelude::*;

    fn part(kind: ComponentKind, due_on: Date, outstanding: i64) -> OpenComponent {
        let (receivable, component) = (ReceivableId::at(1), ComponentId::at(1));
        OpenComponent { receivable, component, kind, due_on, outstanding }
    }

    #[test]
    fn example_11_a_partial_payment_closes_expense_then_interest() {
        let due = date(2026, 1, 31);
        let open = [
            part(ComponentKind::Principal, due, 100_000),
            part(ComponentKind::DefaultInterest, due, 8_000),
            part(ComponentKind::Expense, due, 5_000),
        ];
        let done = AllocationRule::default().allocate(10_000, &open, &[]);
        let closed: Vec<_> = done.lines.iter().map(|line| (line.kind, line.minor, line.left)).collect();
        assert_eq!(closed, [(ComponentKind::Expense, 5_000, 0), (ComponentKind::DefaultInterest, 5_000, 3_000)]);
        assert_eq!((done.advance, done.rule.as_str()), (0, "tbk100-1"));
        assert_eq!(done.explanation(), AllocationRule::default().allocate(10_000, &open, &[]).explanation());
    }

    #[test]
    fn older_due_comes_first_and_a_choice_is_kept() {
        let open = [
            part(ComponentKind::Principal, date(2026, 3, 1), 300),
            part(ComponentKind::Principal, date(2026, 1, 1), 100),
        ];
        let rule = AllocationRule::default();
        let done = rule.allocate(150, &open, &[]);
        assert_eq!(done.lines.iter().map(|line| line.minor).collect::<Vec<_>>(), [100, 50]);
        assert_eq!(done.lines[0].receivable, open[1].receivable);
        let chosen = rule.allocate(450, &open, &[Share::whole(open[0].receivable)]);
        assert_eq!((chosen.lines.len(), chosen.lines[0].minor, chosen.advance), (1, 300, 150));
    }

    #[test]
    fn a_share_is_not_exceeded() {
        let first = part(ComponentKind::Principal, date(2026, 1, 1), 300);
        let interest =
            OpenComponent { receivable: first.receivable, kind: ComponentKind::DefaultInterest, ..first.clone() };
        let second = part(ComponentKind::Principal, date(2026, 3, 1), 200);
        let shares = [Share { receivable: first.receivable, minor: Some(350) }, Share::whole(second.receivable)];
        let done = AllocationRule::default().allocate(1_000, &[first, interest, second], &shares);
        assert_eq!(done.lines.iter().map(|line| line.minor).collect::<Vec<_>>(), [300, 50, 200]);
        assert_eq!(done.advance, 450);
    }

    #[test]
    fn what_was_closed_last_is_reopened_first() {
        let debtor = Party::Customer(CustomerId::at(1));
        let target = |kind| Some((ReceivableId::at(1), ComponentId::at(1), kind));
        let holdings = [
            Holding { debtor, target: target(ComponentKind::Expense), minor: 50 },
            Holding { debtor, target: target(ComponentKind::Principal), minor: 100 },
            Holding { debtor, target: None, minor: 30 },
        ];
        let taken = reopen(&holdings, 140).expect("it holds 180");
        assert_eq!(taken.iter().map(|holding| holding.minor).collect::<Vec<_>>(), [30, 100, 10]);
        assert_eq!(reopen(&holdings, 181), None);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_overpaid(
            amount in 0..1_000_000_i64,
            parts in prop::collection::vec((0..6_usize, 1..28_i8, 0..100_000_i64), 0..20),
        ) {
            let open: Vec<_> = parts
                .iter()
                .map(|(kind, day, left)| part(ComponentKind::ALL[*kind], date(2026, 2, *day), *left))
                .collect();
            let done = AllocationRule::default().allocate(amount, &open, &[]);
            let closed: i64 = done.lines.iter().map(|line| line.minor).sum();
            prop_assert_eq!(closed + done.advance, amount);
            prop_assert!(done.lines.iter().all(|line| line.minor > 0 && line.left >= 0));
            let owed: i64 = open.iter().map(|part| part.outstanding).sum();
            prop_assert_eq!(done.advance, (amount - owed).max(0));
        }
    }
}

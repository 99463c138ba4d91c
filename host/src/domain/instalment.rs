//! What a payer is offered, and what is then charged: the same figures, frozen.

mod look;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::bin::{BinFacts, CardKind};
use super::id::{NodeId, PosAccountId, RuleId};
use super::money::Money;
use super::named::named;
use super::rate::Rate;
use super::split::split_even;
use super::tree::EffectiveLimit;

pub use look::{LineLook, looks};

/// Most instalments of a line, and most parts that a payer pays with those the bank adds.
pub const INSTALMENTS_MAX: u16 = 36;
/// Longest that a bank keeps the first part.
pub const BLOCKED_DAYS_MAX: u16 = 365;

named! {
    /// Who bears the instalment difference.
    pub enum Bearer {
        /// The one who pays.
        Payer = "payer",
        /// The one who collects.
        Firm = "firm",
        /// Both, in the ratio of the rule.
        Shared = "shared",
    }
}

named! {
    /// Why a number of instalments is shown but cannot be taken.
    pub enum Unavailable {
        /// A bank or prepaid card pays at once.
        CardWithoutInstalments = "card_without_instalments",
        /// The card is not in our table (a foreign card, mostly): only at once.
        CardUnknown = "card_unknown",
        /// The firm offers nothing for this programme.
        ProgrammeNotOffered = "programme_not_offered",
        /// More than the law lets this sector sell.
        OverLegalCeiling = "over_legal_ceiling",
        /// More than the dealer, or a level above it, allows.
        OverLimit = "over_limit",
        /// The amount is below what this line asks for.
        AmountTooSmall = "amount_too_small",
    }
}

/// One line of a firm's instalment table (a version of it; lines are never changed).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemeLine {
    /// Which line.
    pub id: RuleId,
    /// Through which POS account; none for "whichever is routed".
    pub pos_account: Option<PosAccountId>,
    /// For which programme; none for every card.
    pub programme: Option<String>,
    /// For company cards only, for personal ones only, or for both.
    pub commercial: Option<bool>,
    /// How many instalments; 1 is a single payment.
    pub instalments: u16,
    /// Instalments that the bank adds on top (+taksit); the payer's parts, not the rates, know them.
    pub extra: u16,
    /// The whole instalment difference in percent of the amount.
    pub offer_rate: Rate,
    /// How much of it the payer bears: 100 all, 0 nothing.
    pub payer_share: Rate,
    /// What the bank keeps, in percent of the charge.
    pub bank_rate: Rate,
    /// The smallest amount for which it is offered.
    pub amount_min: i64,
    /// Days until the bank pays the first part.
    pub blocked_days: u16,
}

impl SchemeLine {
    /// How many parts the payer's card is charged in, those that the bank adds included.
    pub fn parts(&self) -> u16 {
        self.instalments.max(1).saturating_add(self.extra)
    }

    /// Whether the law lets a sector sell it: what the bank adds counts as well.
    pub fn is_lawful(&self, ceiling: u16) -> bool {
        self.parts() <= ceiling.max(1)
    }
}

/// What one level keeps for the use of its POS account, in percent of the charge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelShare {
    /// Who pays it to the level above.
    pub node: NodeId,
    /// How much.
    pub rate: Rate,
}

/// The terms of one charge. Frozen with the quote and kept with the payment: a table that changes while the
/// payer is on the page changes nothing for that payer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// How many instalments.
    pub instalments: u16,
    /// Instalments that the bank adds.
    pub extra: u16,
    /// What counts against debts.
    pub amount: Money,
    /// What the card pays.
    pub charged: Money,
    /// Who bears the difference.
    pub bearer: Bearer,
    /// The whole difference, percent of the amount.
    pub offer_rate: Rate,
    /// What the payer bears of it, percent of the amount.
    pub payer_rate: Rate,
    /// What the bank keeps, percent of the charge.
    pub bank_rate: Rate,
    /// Days until the bank pays the first part.
    pub blocked_days: u16,
    /// Through which POS account, where the table says so.
    pub pos_account: Option<PosAccountId>,
    /// Which line of the table; none for a single payment without a table.
    pub line: Option<RuleId>,
    /// The levels between the POS account's owner and the collector, nearest the owner first.
    #[serde(default)]
    pub levels: Vec<LevelShare>,
}

/// One row of the payer's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offer {
    /// May be taken.
    Open(Terms),
    /// Shown with its reason.
    Closed {
        /// How many instalments.
        instalments: u16,
        /// Why not.
        reason: Unavailable,
        /// Whose limit it is, where somebody's is.
        limited_by: Option<String>,
    },
}

/// For whom and what a table is asked.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// What counts against debts.
    pub amount: Money,
    /// What the first digits of the card tell; none when the table does not know them.
    pub card: Option<&'a BinFacts>,
    /// What the collecting node's path allows.
    pub limit: &'a EffectiveLimit,
    /// The legal ceiling of the firm's sector today.
    pub ceiling: u16,
}

impl Terms {
    /// A single payment that nobody has a line for: charged as it is.
    pub fn single(amount: Money) -> Self {
        Self {
            instalments: 1,
            extra: 0,
            amount,
            charged: amount,
            bearer: Bearer::Firm,
            offer_rate: Rate::ZERO,
            payer_rate: Rate::ZERO,
            bank_rate: Rate::ZERO,
            blocked_days: 1,
            pos_account: None,
            line: None,
            levels: Vec::new(),
        }
    }

    /// What a line offers for an amount. `None` where the charge would not fit in 64 bits.
    pub fn of(line: &SchemeLine, amount: Money) -> Option<Self> {
        let payer_rate = line.offer_rate.share(line.payer_share);
        let difference = payer_rate.of(amount)?;
        let bearer = match line.payer_share {
            share if share == Rate::WHOLE => Bearer::Payer,
            share if share.is_zero() => Bearer::Firm,
            _ => Bearer::Shared,
        };
        Some(Self {
            instalments: line.instalments,
            extra: line.extra,
            amount,
            charged: amount.checked_add(difference).ok()?,
            bearer,
            offer_rate: line.offer_rate,
            payer_rate,
            bank_rate: line.bank_rate,
            blocked_days: line.blocked_days,
            pos_account: line.pos_account,
            line: Some(line.id),
            levels: Vec::new(),
        })
    }

    /// The instalment difference that the payer bears, minor units.
    pub fn difference(&self) -> i64 {
        self.charged.minor - self.amount.minor
    }

    /// What the payer's card is charged each month, larger parts first.
    pub fn parts(&self) -> Vec<i64> {
        split_even(self.charged.minor, self.instalments.max(1) + self.extra)
    }

    /// When the bank pays: the first part after its blocked days, the others a month apart. A month's last
    /// day stands in for days that it does not have.
    pub fn value_days(&self, captured_on: Date) -> Vec<Date> {
        let first = captured_on.saturating_add(jiff::Span::new().days(i64::from(self.blocked_days)));
        (0..self.instalments.max(1))
            .map(|month| first.saturating_add(jiff::Span::new().months(i64::from(month))))
            .collect()
    }
}

/// The payer's table: a row for every number of instalments that any line knows, the single payment first.
/// Of several lines for one number the most exact one counts per POS account, then the cheapest for the
/// payer, then the cheapest at the bank.
pub fn quote(lines: &[SchemeLine], question: &Question<'_>) -> Vec<Offer> {
    let mut counts: Vec<u16> = lines.iter().map(|line| line.instalments.max(1)).chain([1]).collect();
    counts.sort_unstable();
    counts.dedup();
    counts.into_iter().map(|count| offer(lines, question, count)).collect()
}

fn offer(lines: &[SchemeLine], question: &Question<'_>, instalments: u16) -> Offer {
    let closed = |reason, limited_by| Offer::Closed { instalments, reason, limited_by };
    if instalments > 1 {
        match question.card.map(|card| card.kind) {
            None => return closed(Unavailable::CardUnknown, None),
            Some(CardKind::Debit | CardKind::Prepaid) => return closed(Unavailable::CardWithoutInstalments, None),
            Some(CardKind::Credit) => {}
        }
        if instalments > question.ceiling {
            return closed(Unavailable::OverLegalCeiling, None);
        }
        let programme = question.card.and_then(|card| card.programme.as_deref());
        if let Some(bound) = question.limit.instalments_for(programme).filter(|bound| instalments > bound.value) {
            return closed(Unavailable::OverLimit, Some(bound.name.clone()));
        }
    }
    let fitting: Vec<&SchemeLine> =
        lines.iter().filter(|line| line.instalments.max(1) == instalments && fits(line, question.card)).collect();
    let lawful: Vec<&SchemeLine> = fitting.iter().copied().filter(|line| line.is_lawful(question.ceiling)).collect();
    let large_enough: Vec<&SchemeLine> =
        lawful.iter().copied().filter(|line| question.amount.minor >= line.amount_min).collect();
    match best(&large_enough, question.amount) {
        Some(terms) => Offer::Open(terms),
        // A single payment is always possible: at worst as it is.
        None if instalments == 1 => Offer::Open(Terms::single(question.amount)),
        None if !lawful.is_empty() => closed(Unavailable::AmountTooSmall, None),
        None if !fitting.is_empty() => closed(Unavailable::OverLegalCeiling, None),
        None => closed(Unavailable::ProgrammeNotOffered, None),
    }
}

fn fits(line: &SchemeLine, card: Option<&BinFacts>) -> bool {
    let programme = card.and_then(|card| card.programme.as_deref());
    let commercial = card.is_some_and(|card| card.commercial);
    line.programme.as_deref().is_none_or(|wanted| programme == Some(wanted))
        && line.commercial.is_none_or(|wanted| wanted == commercial)
}

/// Whether another line for the same number and account is meant more exactly for the card.
fn has_more_exact(lines: &[&SchemeLine], line: &SchemeLine) -> bool {
    let exactness = |line: &SchemeLine| u8::from(line.programme.is_some()) * 2 + u8::from(line.commercial.is_some());
    lines.iter().any(|other| other.pos_account == line.pos_account && exactness(other) > exactness(line))
}

fn best(lines: &[&SchemeLine], amount: Money) -> Option<Terms> {
    lines
        .iter()
        .filter(|line| !has_more_exact(lines, line))
        .filter_map(|line| Terms::of(line, amount))
        .min_by_key(|terms| (terms.charged.minor, terms.bank_rate, terms.line))
}

/// What another account would charge and keep where a payer was shown `chosen`: the same for the payer, or nothing.
/// An account's own line comes before the lines of every account.
pub fn terms_at(lines: &[SchemeLine], account: PosAccountId, card: Option<&BinFacts>, chosen: &Terms) -> Option<Terms> {
    if chosen.pos_account == Some(account) {
        return Some(chosen.clone());
    }
    let of = |owner: Option<PosAccountId>| {
        let fitting: Vec<&SchemeLine> = lines
            .iter()
            .filter(|line| line.pos_account == owner && line.instalments.max(1) == chosen.instalments.max(1))
            .filter(|line| fits(line, card) && chosen.amount.minor >= line.amount_min)
            .collect();
        best(&fitting, chosen.amount)
    };
    let same = |terms: Terms| {
        let same = terms.charged == chosen.charged && terms.extra == chosen.extra;
        same.then(|| Terms { levels: chosen.levels.clone(), ..terms })
    };
    match of(Some(account)) {
        Some(own) => same(own),
        None if chosen.pos_account.is_none() => Some(chosen.clone()),
        None => match of(None) {
            Some(shared) => same(shared),
            None if chosen.instalments <= 1 => same(Terms::single(chosen.amount)),
            None => None,
        },
    }
}

/// One dated legal ceiling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceiling {
    /// From which day on.
    pub valid_from: Date,
    /// `general`, or a sector with its own rule.
    pub sector: String,
    /// `any`, `personal` or `commercial` cards.
    pub cards: String,
    /// Most instalments; 1 is none.
    pub instalments_max: u16,
}

/// The dated table that comes with the program. The numbers change by decision of the regulator, so they are
/// rows and not code.
pub fn legal_ceilings() -> Vec<Ceiling> {
    let row = |line: &str| {
        let mut cells = line.split(',');
        Some(Ceiling {
            valid_from: cells.next()?.parse().ok()?,
            sector: cells.next()?.to_owned(),
            cards: cells.next()?.to_owned(),
            instalments_max: cells.next()?.parse().ok()?,
        })
    };
    include_str!("../../assets/instalment/ceiling.csv").lines().skip(1).filter_map(row).collect()
}

/// The sectors that have a ceiling of their own, and `general` first.
pub fn sectors() -> Vec<String> {
    let mut sectors = vec![SECTOR_GENERAL.to_owned()];
    for row in legal_ceilings() {
        if !sectors.contains(&row.sector) {
            sectors.push(row.sector);
        }
    }
    sectors
}

/// The sector of whom no other is known.
pub const SECTOR_GENERAL: &str = "general";

/// The row in force on a day: the newest of the sector, or else of `general`.
pub fn ceiling_row_on<'a>(rows: &'a [Ceiling], day: Date, sector: &str, commercial: bool) -> Option<&'a Ceiling> {
    let cards = if commercial { "commercial" } else { "personal" };
    let newest = |sector: &str| {
        rows.iter()
            .filter(|row| row.sector == sector && row.valid_from <= day && (row.cards == "any" || row.cards == cards))
            .max_by_key(|row| (row.valid_from, row.cards != "any"))
    };
    newest(sector).or_else(|| newest(SECTOR_GENERAL))
}

/// The ceiling in force on a day. A day before every row has no instalments.
pub fn ceiling_on(rows: &[Ceiling], day: Date, sector: &str, commercial: bool) -> u16 {
    ceiling_row_on(rows, day, sector, commercial).map_or(1, |row| row.instalments_max)
}

#[cfg(test)]
mod tests;

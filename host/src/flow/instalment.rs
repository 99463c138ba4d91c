//! Quoting instalments: what a payer is shown, frozen, and later charged to the kuruş.

mod evaluate;
mod rule;
mod wire;

use std::sync::Arc;

use crate::domain::bin::{BinFacts, bank_name};
use crate::domain::id::{NodeId, PosAccountId, QuoteId, TenantId};
use crate::domain::instalment::{
    Ceiling, LevelShare, Offer, Question, SECTOR_GENERAL, SchemeLine, Terms, ceiling_on, ceiling_row_on,
    legal_ceilings, quote,
};
use crate::domain::money::Money;
use crate::domain::node::NodeSettings;
use crate::domain::party::Party;
use crate::domain::tree::{EffectiveLimit, NodeLimit};
use crate::flow::books::day_of;
use crate::flow::setup::{Path, Setup};
use crate::limits::QUOTE_LIFE;
use crate::store::bin::bin_look_up;
use crate::store::instalment::{Quote, QuotedOffer, quote_fetch, quote_insert};
use crate::store::node::{PathStep, node_is_below};
use crate::store::{StoreError, Tx};

pub use evaluate::rules_evaluate;
pub use rule::{table_read, version_activate, version_create, version_read, version_withdraw};
pub(super) use wire::rate_of;
pub use wire::{bearer_view, law_view, matrix_row_view};

/// Between whom a payment is.
#[derive(Debug, Clone, Copy)]
pub struct Sides {
    /// The firm.
    pub tenant: TenantId,
    /// Whose books it goes into.
    pub node: NodeId,
    /// The node that pays what it owes: the limits of its own path hold as well.
    pub payer: Option<NodeId>,
}

impl Sides {
    /// A payment of nobody in the tree.
    pub fn of(tenant: TenantId, node: NodeId) -> Self {
        Self { tenant, node, payer: None }
    }

    /// Of a payment into a node's books by whoever pays it.
    pub fn between(tenant: TenantId, node: NodeId, payer: Option<Party>) -> Self {
        let payer = match payer {
            Some(Party::Node(payer)) => Some(payer),
            _ => None,
        };
        Self { tenant, node, payer }
    }
}

/// Why a quote cannot be made or taken.
#[derive(Debug, thiserror::Error)]
pub enum QuoteError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Six to eight digits are asked for: fewer say nothing, more are card data.
    #[error("six to eight digits of the card are needed")]
    Bin,
    /// Below or above what the node's path allows; names whose limit it is.
    #[error("{name} does not allow this amount")]
    AmountNotAllowed {
        /// Whose limit.
        name: String,
    },
    /// No such option, or not for this node and amount.
    #[error("no such option")]
    NoSuchOption,
    /// It was offered too long ago.
    #[error("the offer has expired")]
    Expired,
    /// It was shown as not available.
    #[error("the option is not available")]
    NotAvailable,
}

/// What the node's path says: limits, sector, and the levels that pay for a POS account above them.
struct Policy {
    limit: EffectiveLimit,
    sector: String,
    levels: Vec<LevelShare>,
    ceilings: Vec<Ceiling>,
}

impl Policy {
    /// Most parts that the law lets the sector sell to a card.
    fn ceiling(&self, card: Option<&BinFacts>, now_ms: i64) -> u16 {
        let commercial = card.is_some_and(|card| card.commercial);
        ceiling_on(&self.ceilings, day_of(now_ms), &self.sector, commercial)
    }

    /// The row that says so.
    fn law(&self, commercial: bool, now_ms: i64) -> Option<&Ceiling> {
        ceiling_row_on(&self.ceilings, day_of(now_ms), &self.sector, commercial)
    }

    /// Whether a card may pay on these terms.
    fn allows(&self, terms: &Terms, card: Option<&BinFacts>, now_ms: i64) -> bool {
        let programme = card.and_then(|card| card.programme.as_deref());
        let most = self.limit.instalments_for(programme).map_or(u16::MAX, |bound| bound.value);
        let parts = terms.instalments.max(1).saturating_add(terms.extra);
        terms.instalments <= most.max(1) && parts <= self.ceiling(card, now_ms).max(1)
    }
}

/// Makes and freezes a quote for a collecting node. Where the bank's own page takes the card nobody knows its digits, and
/// the single payment is all that can be offered.
pub async fn quote_make_in_tx(
    tx: &mut Tx,
    sides: Sides,
    bin: Option<&str>,
    amount: Money,
    now_ms: i64,
) -> Result<(Quote, Option<BinFacts>), QuoteError> {
    let Sides { tenant, node, .. } = sides;
    let Some(bin) = bin else {
        let terms = terms_single_in_tx(tx, sides, amount, None, now_ms).await?;
        let made = frozen(node, "", amount, vec![Offer::Open(terms)], now_ms);
        quote_insert(tx, tenant, &made, now_ms).await?;
        return Ok((made, None));
    };
    if !(6..=8).contains(&bin.len()) || !bin.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(QuoteError::Bin);
    }
    let card = bin_look_up(tx, tenant, bin).await?;
    let mut setup = Setup::in_tx(tx, tenant);
    let policy = policy(&mut setup, sides).await?;
    amount_allowed(&policy.limit, amount.minor)?;
    let lines = lines_for(&mut setup, node, now_ms).await?;
    let ceiling = policy.ceiling(card.as_ref(), now_ms);
    let question = Question { amount, card: card.as_ref(), limit: &policy.limit, ceiling };
    let made = frozen(node, bin, amount, quote(&lines, &question), now_ms);
    quote_insert(tx, tenant, &made, now_ms).await?;
    Ok((made, card))
}

fn frozen(node: NodeId, bin: &str, amount: Money, offers: Vec<Offer>, now_ms: i64) -> Quote {
    let id = QuoteId::at(now_ms);
    let offers = offers.into_iter().map(|offer| quoted(id, offer)).collect();
    let life_ms = i64::try_from(QUOTE_LIFE.as_millis()).unwrap_or(i64::MAX);
    Quote { id, node, bin: bin.to_owned(), amount, offers, expires_at_ms: now_ms + life_ms }
}

fn quoted(quote: QuoteId, offer: Offer) -> QuotedOffer {
    let option = |instalments: u16| format!("opt_{}_{instalments}", quote.to_text());
    match offer {
        Offer::Open(terms) => QuotedOffer {
            option: option(terms.instalments),
            instalments: terms.instalments,
            terms: Some(terms),
            unavailable: None,
            limited_by: None,
        },
        Offer::Closed { instalments, reason, limited_by } => {
            QuotedOffer { option: option(instalments), instalments, terms: None, unavailable: Some(reason), limited_by }
        }
    }
}

/// The terms of an option that a payer takes: exactly what was shown, or an error. The quote may have been asked for by
/// another node of the collector's branch (a dealer that pays the firm). `digits` are the first of the card that now
/// pays, none where the bank's page will take it: a quote for another card is no offer for it, nor is one for a known card
/// an offer for a card that nobody knows. The limits of both sides and the law for the collector's sector are asked once
/// more, for they may be stricter than what held for the one that asked.
pub async fn quote_take_in_tx(
    tx: &mut Tx,
    sides: Sides,
    option: &str,
    amount: Money,
    digits: Option<&str>,
    now_ms: i64,
) -> Result<(QuoteId, Terms), QuoteError> {
    let Sides { tenant, node, .. } = sides;
    let (quote, _) =
        option.strip_prefix("opt_").and_then(|rest| rest.split_once('_')).ok_or(QuoteError::NoSuchOption)?;
    let quote = QuoteId::from_text(quote).map_err(|_| QuoteError::NoSuchOption)?;
    let quote = quote_fetch(tx, tenant, quote).await?.ok_or(QuoteError::NoSuchOption)?;
    let same_card = match digits {
        None => quote.bin.is_empty(),
        Some(digits) => !quote.bin.is_empty() && digits.starts_with(&quote.bin),
    };
    let same_branch =
        node_is_below(tx, tenant, quote.node, node).await? || node_is_below(tx, tenant, node, quote.node).await?;
    if !same_branch || quote.amount != amount || !same_card {
        return Err(QuoteError::NoSuchOption);
    }
    if now_ms >= quote.expires_at_ms {
        return Err(QuoteError::Expired);
    }
    let offer = quote.offers.into_iter().find(|offer| offer.option == option).ok_or(QuoteError::NoSuchOption)?;
    let mut terms = offer.terms.ok_or(QuoteError::NotAvailable)?;
    let policy = policy(&mut Setup::in_tx(tx, tenant), sides).await?;
    amount_allowed(&policy.limit, amount.minor)?;
    let card = bin_look_up(tx, tenant, &quote.bin).await?;
    if !policy.allows(&terms, card.as_ref(), now_ms) {
        return Err(QuoteError::NotAvailable);
    }
    // What levels owe one another is no part of what the payer saw; it is frozen here, with the payment.
    terms.levels = policy.levels;
    Ok((quote.id, terms))
}

/// The terms of so many instalments as a quote would offer them now, without freezing one: for a dry run.
pub async fn terms_for(
    setup: &mut Setup<'_>,
    sides: Sides,
    amount: Money,
    card: Option<&BinFacts>,
    instalments: u16,
    now_ms: i64,
) -> Result<Terms, QuoteError> {
    let policy = policy(setup, sides).await?;
    amount_allowed(&policy.limit, amount.minor)?;
    let lines = lines_for(setup, sides.node, now_ms).await?;
    let ceiling = policy.ceiling(card, now_ms);
    let question = Question { amount, card, limit: &policy.limit, ceiling };
    let offered = quote(&lines, &question).into_iter().find_map(|offer| match offer {
        Offer::Open(terms) if terms.instalments == instalments => Some(terms),
        Offer::Open(_) | Offer::Closed { .. } => None,
    });
    offered.ok_or(QuoteError::NotAvailable)
}

/// The terms of a single payment that nobody asked a quote for: what the table says for this card, or as it is.
pub async fn terms_single_in_tx(
    tx: &mut Tx,
    sides: Sides,
    amount: Money,
    card: Option<&BinFacts>,
    now_ms: i64,
) -> Result<Terms, QuoteError> {
    let mut setup = Setup::in_tx(tx, sides.tenant);
    let policy = policy(&mut setup, sides).await?;
    amount_allowed(&policy.limit, amount.minor)?;
    let lines = lines_for(&mut setup, sides.node, now_ms).await?;
    let lines: Vec<SchemeLine> = lines.iter().filter(|line| line.instalments <= 1).cloned().collect();
    let question = Question { amount, card, limit: &policy.limit, ceiling: policy.ceiling(card, now_ms) };
    let single = quote(&lines, &question).into_iter().find_map(|offer| match offer {
        Offer::Open(terms) => Some(terms),
        Offer::Closed { .. } => None,
    });
    let mut terms = single.unwrap_or_else(|| Terms::single(amount));
    terms.levels = policy.levels;
    Ok(terms)
}

/// What a programme offers for an amount, before a card is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgrammeOffers {
    /// Which programme; empty for "every card".
    pub programme: String,
    /// The banks whose cards belong to it, by name.
    pub banks: Vec<&'static str>,
    /// What may be taken, by number of instalments.
    pub offers: Vec<Terms>,
}

/// The whole table for an amount: one row per programme that the firm offers instalments for.
pub async fn matrix(tx: &mut Tx, sides: Sides, amount: Money, now_ms: i64) -> Result<Vec<ProgrammeOffers>, QuoteError> {
    let mut setup = Setup::in_tx(tx, sides.tenant);
    let policy = policy(&mut setup, sides).await?;
    amount_allowed(&policy.limit, amount.minor)?;
    let lines = lines_for(&mut setup, sides.node, now_ms).await?;
    let mut programmes: Vec<String> = lines.iter().filter_map(|line| line.programme.clone()).collect();
    programmes.sort_unstable();
    programmes.dedup();
    Ok(programmes.into_iter().map(|programme| offers_of(programme, &lines, &policy, amount, now_ms)).collect())
}

/// What a personal credit card of a programme may take; without a name, one of no programme that we know.
fn offers_of(programme: String, lines: &[SchemeLine], policy: &Policy, amount: Money, now_ms: i64) -> ProgrammeOffers {
    let kind = crate::domain::bin::CardKind::Credit;
    let card = BinFacts::new(String::new(), "", "", kind, false, Some(&programme));
    let ceiling = policy.ceiling(Some(&card), now_ms);
    let question = Question { amount, card: Some(&card), limit: &policy.limit, ceiling };
    let open = quote(lines, &question).into_iter().filter_map(|offer| match offer {
        Offer::Open(terms) => Some(terms),
        Offer::Closed { .. } => None,
    });
    ProgrammeOffers { banks: banks_of(&programme), offers: open.collect(), programme }
}

fn banks_of(programme: &str) -> Vec<&'static str> {
    crate::domain::bin::programme_banks(programme).iter().filter_map(|code| bank_name(code)).collect()
}

fn amount_allowed(limit: &EffectiveLimit, minor: i64) -> Result<(), QuoteError> {
    if limit.allows_amount(minor) {
        return Ok(());
    }
    let below = limit.amount_min.as_ref().filter(|bound| minor < bound.value);
    let bound = below.or(limit.amount_max.as_ref());
    Err(QuoteError::AmountNotAllowed { name: bound.map(|bound| bound.name.clone()).unwrap_or_default() })
}

/// The lines that this node can use: those of no POS account, and those of an account on its path.
async fn lines_for(setup: &mut Setup<'_>, node: NodeId, now_ms: i64) -> Result<Arc<[SchemeLine]>, QuoteError> {
    let lines = setup.lines(now_ms).await?;
    if lines.iter().all(|line| line.pos_account.is_none()) {
        return Ok(lines);
    }
    let usable: Vec<PosAccountId> =
        setup.usable(node).await?.into_iter().map(|account| account.pos_account_id).collect();
    let can_use = |line: &&SchemeLine| line.pos_account.is_none_or(|account| usable.contains(&account));
    Ok(lines.iter().filter(can_use).cloned().collect())
}

async fn policy(setup: &mut Setup<'_>, sides: Sides) -> Result<Policy, QuoteError> {
    let read = |path: Path| -> Vec<(Arc<PathStep>, NodeSettings)> {
        path.iter().map(|step| (Arc::clone(step), NodeSettings::read(&step.settings))).collect()
    };
    let path = read(setup.path(sides.node).await?);
    // A payer stands below its creditor, so that its path holds the creditor's as well.
    let limiting = match sides.payer {
        Some(payer) if payer != sides.node => read(setup.path(payer).await?),
        _ => path.clone(),
    };
    let limits: Vec<NodeLimit> = limiting.iter().map(|(step, own)| own.limit(step.node_id, &step.name)).collect();
    let sector = path.iter().rev().find_map(|(_, own)| own.sector.clone());
    let share =
        |(step, own): &(Arc<PathStep>, NodeSettings)| Some(LevelShare { node: step.node_id, rate: own.pos_share? });
    Ok(Policy {
        limit: EffectiveLimit::along(&limits),
        sector: sector.unwrap_or_else(|| SECTOR_GENERAL.to_owned()),
        levels: path.iter().filter_map(share).collect(),
        ceilings: legal_ceilings(),
    })
}

#[cfg(test)]
mod tests;

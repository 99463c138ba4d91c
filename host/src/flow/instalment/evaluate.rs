//! The dry run: what a payer would be offered, and why. Nothing is written, nothing is frozen.

use vezne_api as api;

use super::rule::{dealer_of, lines_checked};
use super::wire::{bearer_view, ceiling_of, look_view, matrix_row_view};
use super::{Policy, ProgrammeOffers, Sides, amount_allowed, offers_of, policy};
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::amount::AMOUNT_MINOR_MAX;
use crate::domain::bin::BinFacts;
use crate::domain::id::{PosAccountId, SchemeId};
use crate::domain::instalment::{LineLook, Offer, Question, SchemeLine, Terms, looks, quote};
use crate::domain::money::{Currency, Money};
use crate::flow::error::{FlowError, FlowResult};
use crate::flow::routing::firm_only;
use crate::flow::setup::Setup;
use crate::store::Tx;
use crate::store::bin::bin_look_up;
use crate::store::instalment::{scheme_at, scheme_fetch, scheme_lines_of};
use crate::store::pos_account::pos_account_usable;

/// What a dry run tells, and what is known of the card.
pub async fn rules_evaluate(
    app: &App,
    ctx: &Ctx,
    wanted: &api::InstalmentEvaluate,
) -> FlowResult<(api::InstalmentEvaluation, Option<BinFacts>)> {
    let amount = amount_of(wanted)?;
    let bin = wanted.bin.as_deref().filter(|bin| !bin.is_empty());
    if bin.is_some_and(|bin| !(6..=8).contains(&bin.len()) || !bin.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(FlowError::invalid("/bin", "malformed", "six to eight digits"));
    }
    let now_ms = match wanted.at.as_deref() {
        None => ctx.clock.now_ms(),
        Some(text) => text
            .parse::<jiff::Timestamp>()
            .map_err(|_| FlowError::invalid("/at", "malformed", "not an instant"))?
            .as_millisecond(),
    };
    let mut tx = app.db.read().await?;
    firm_only(&mut tx, ctx).await?;
    let node = dealer_of(&mut tx, ctx, wanted.dealer.as_deref(), "/dealer").await?.unwrap_or(ctx.scope);
    let payer = dealer_of(&mut tx, ctx, wanted.payer.as_deref(), "/payer").await?;
    let (version, lines) = lines_asked(&mut tx, ctx, wanted, now_ms).await?;
    let usable = pos_account_usable(&mut tx, ctx.tenant, node).await?;
    let usable: Vec<PosAccountId> = usable.into_iter().map(|account| account.pos_account_id).collect();
    let asked = Asked {
        policy: policy(&mut Setup::in_tx(&mut tx, ctx.tenant), Sides { tenant: ctx.tenant, node, payer }).await?,
        usable,
        amount,
        now_ms,
    };
    amount_allowed(&asked.policy.limit, amount.minor)?;
    let card = match bin {
        Some(bin) => bin_look_up(&mut tx, ctx.tenant, bin).await?,
        None => None,
    };
    let commercial = card.as_ref().is_some_and(|card| card.commercial);
    let evaluation = api::InstalmentEvaluation {
        amount: amount.minor,
        currency: amount.currency.code().to_owned(),
        version: version.map(|version| version.to_string()),
        card: None,
        law: ceiling_of(&asked.policy, commercial, now_ms),
        options: if bin.is_some() { asked.options(&lines, card.as_ref()) } else { Vec::new() },
        rows: if bin.is_none() { asked.rows(&lines) } else { Vec::new() },
    };
    Ok((evaluation, card))
}

fn amount_of(wanted: &api::InstalmentEvaluate) -> FlowResult<Money> {
    let currency = Currency::from_code(&wanted.currency);
    let currency = currency.ok_or_else(|| FlowError::invalid("/currency", "currency", "no such currency"))?;
    if !(1..=AMOUNT_MINOR_MAX).contains(&wanted.amount) {
        return Err(FlowError::invalid("/amount", "out_of_range", "above zero"));
    }
    Ok(Money::new(wanted.amount, currency))
}

/// The lines that are asked: those of the request, of the version it names, or of the one that counts then.
async fn lines_asked(
    tx: &mut Tx,
    ctx: &Ctx,
    wanted: &api::InstalmentEvaluate,
    now_ms: i64,
) -> FlowResult<(Option<SchemeId>, Vec<SchemeLine>)> {
    if let Some(lines) = &wanted.lines {
        let mut faults = Vec::new();
        let lines = lines_checked(tx, ctx, lines, now_ms, &mut faults).await?;
        return if faults.is_empty() { Ok((None, lines)) } else { Err(FlowError::Invalid(faults)) };
    }
    let version = match wanted.version.as_deref() {
        None => scheme_at(tx, ctx.tenant, now_ms).await?,
        Some(text) => {
            let unknown = || FlowError::invalid("/version", "not_found", "no such version");
            let id: SchemeId = text.parse().map_err(|_| unknown())?;
            scheme_fetch(tx, ctx.tenant, id).await?.ok_or_else(unknown)?;
            Some(id)
        }
    };
    match version {
        Some(id) => Ok((version, scheme_lines_of(tx, ctx.tenant, id).await?)),
        None => Ok((None, Vec::new())),
    }
}

/// What lines are asked with.
struct Asked {
    policy: Policy,
    usable: Vec<PosAccountId>,
    amount: Money,
    now_ms: i64,
}

impl Asked {
    fn can_use(&self, line: &SchemeLine) -> bool {
        line.pos_account.is_none_or(|account| self.usable.contains(&account))
    }

    fn usable_of(&self, lines: &[SchemeLine]) -> Vec<SchemeLine> {
        lines.iter().filter(|line| self.can_use(line)).cloned().collect()
    }

    fn options(&self, lines: &[SchemeLine], card: Option<&BinFacts>) -> Vec<api::InstalmentExplained> {
        let ceiling = self.policy.ceiling(card, self.now_ms);
        let question = Question { amount: self.amount, card, limit: &self.policy.limit, ceiling };
        let offers = quote(&self.usable_of(lines), &question);
        let looked = |offer: &Offer| looks(lines, &question, offer, &|line| self.can_use(line));
        offers.iter().map(|offer| explained(offer, &looked(offer), self.amount)).collect()
    }

    /// A row per programme that lines name, and one for every other card where lines are for every card.
    fn rows(&self, lines: &[SchemeLine]) -> Vec<api::InstalmentMatrixRow> {
        let lines = self.usable_of(lines);
        let mut programmes: Vec<String> = lines.iter().map(|line| line.programme.clone().unwrap_or_default()).collect();
        programmes.sort_unstable();
        programmes.dedup();
        let row = |programme: String| offers_of(programme, &lines, &self.policy, self.amount, self.now_ms);
        let rows: Vec<ProgrammeOffers> = programmes.into_iter().map(row).collect();
        rows.into_iter().map(matrix_row_view).collect()
    }
}

fn explained(offer: &Offer, looked: &[(&SchemeLine, LineLook)], amount: Money) -> api::InstalmentExplained {
    let looks = looked.iter().map(|(line, look)| look_view(line, *look)).collect();
    match offer {
        Offer::Open(terms) => api::InstalmentExplained {
            instalments: u32::from(terms.instalments),
            available: true,
            unavailable_reason: None,
            limited_by: None,
            total: terms.charged.minor,
            difference: terms.difference(),
            parts: terms.parts(),
            bearer: bearer_view(terms.bearer),
            payer_rate: terms.payer_rate.to_string(),
            bank_keeps: kept(terms),
            looks,
        },
        Offer::Closed { instalments, reason, limited_by } => api::InstalmentExplained {
            instalments: u32::from(*instalments),
            available: false,
            unavailable_reason: Some(reason.as_str().to_owned()),
            limited_by: limited_by.clone(),
            total: amount.minor,
            difference: 0,
            parts: Vec::new(),
            bearer: api::Bearer::Payer,
            payer_rate: "0".to_owned(),
            bank_keeps: 0,
            looks,
        },
    }
}

fn kept(terms: &Terms) -> i64 {
    terms.bank_rate.of(terms.charged).map_or(0, |kept| kept.minor)
}

//! Instalment tables in versions, and frozen quotes.

use serde::{Deserialize, Serialize};

use super::change::Changed;
use super::receivable::corrupt;
use super::{StoreResult, Tx};
use crate::domain::id::{NodeId, PosAccountId, QuoteId, RuleId, SchemeId, TenantId};
use crate::domain::instalment::{SchemeLine, Terms, Unavailable};
use crate::domain::money::{Currency, Money};

/// How often a firm's table was changed; 0 where it has none.
pub async fn scheme_change_count(tx: &mut Tx, tenant: TenantId) -> StoreResult<i64> {
    let row = fetch_optional!(tx, (i64,), "select version from instalment where tenant_id = $1", tenant.to_text())?;
    Ok(row.map_or(0, |(version,)| version))
}

/// Counts a change; whoever changes the table does this first, and so waits for the one before. Gives the count
/// before the change.
pub async fn scheme_change(tx: &mut Tx, tenant: TenantId, now_ms: i64) -> StoreResult<i64> {
    tx.changed(tenant, Changed::Setup);
    execute!(
        tx,
        "insert into instalment (tenant_id, version, updated_at_ms) values ($1, 1, $2) \
         on conflict (tenant_id) do update set version = instalment.version + 1, updated_at_ms = excluded.updated_at_ms",
        tenant.to_text(),
        now_ms
    )?;
    Ok(scheme_change_count(tx, tenant).await? - 1)
}

/// Writes a version of a firm's table. It counts from `begins_at_ms` on; the ones before stay as they are. Gives how
/// often the table had been changed before.
pub async fn scheme_insert(
    tx: &mut Tx,
    tenant: TenantId,
    scheme: SchemeId,
    begins_at_ms: i64,
    created_by: &str,
    now_ms: i64,
) -> StoreResult<i64> {
    let before = scheme_change(tx, tenant, now_ms).await?;
    let (number,) = fetch_one!(
        tx,
        (i64,),
        "select cast(coalesce(max(number), 0) + 1 as bigint) from scheme where tenant_id = $1",
        tenant.to_text(),
    )?;
    execute!(
        tx,
        "insert into scheme (tenant_id, scheme_id, begins_at_ms, created_by, created_at_ms, number)
         values ($1, $2, $3, $4, $5, $6)",
        tenant.to_text(),
        scheme.to_text(),
        begins_at_ms,
        created_by,
        now_ms,
        number,
    )?;
    Ok(before)
}

/// A version of a firm's table, without its lines.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Scheme {
    /// Key.
    #[sqlx(try_from = "String")]
    pub scheme_id: SchemeId,
    /// From 1, in the order in which they were written.
    pub number: i64,
    /// From when on it counts.
    pub begins_at_ms: i64,
    /// When it was written.
    pub created_at_ms: i64,
    /// When it was taken back, before it began.
    pub withdrawn_at_ms: Option<i64>,
    /// How many lines it has.
    pub lines: i64,
}

/// The newest versions of a firm's table, the last written first.
pub async fn scheme_list(tx: &mut Tx, tenant: TenantId, limit: i64) -> StoreResult<Vec<Scheme>> {
    fetch_all!(
        tx,
        Scheme,
        "select s.scheme_id, s.number, s.begins_at_ms, s.created_at_ms, s.withdrawn_at_ms,
            (select count(*) from scheme_line l where l.tenant_id = s.tenant_id and l.scheme_id = s.scheme_id) as lines
         from scheme s where s.tenant_id = $1 order by s.number desc limit $2",
        tenant.to_text(),
        limit,
    )
}

/// One version.
pub async fn scheme_fetch(tx: &mut Tx, tenant: TenantId, scheme: SchemeId) -> StoreResult<Option<Scheme>> {
    fetch_optional!(
        tx,
        Scheme,
        "select s.scheme_id, s.number, s.begins_at_ms, s.created_at_ms, s.withdrawn_at_ms,
            (select count(*) from scheme_line l where l.tenant_id = s.tenant_id and l.scheme_id = s.scheme_id) as lines
         from scheme s where s.tenant_id = $1 and s.scheme_id = $2",
        tenant.to_text(),
        scheme.to_text(),
    )
}

/// The version that counts at an instant: of those that have begun the one that began last, and of such the one that
/// was written last.
pub async fn scheme_at(tx: &mut Tx, tenant: TenantId, at_ms: i64) -> StoreResult<Option<SchemeId>> {
    let row = fetch_optional!(
        tx,
        (String,),
        "select scheme_id from scheme where tenant_id = $1 and begins_at_ms <= $2 and withdrawn_at_ms is null
         order by begins_at_ms desc, number desc limit 1",
        tenant.to_text(),
        at_ms,
    )?;
    row.map(|(id,)| SchemeId::from_text(&id).map_err(|_| corrupt("scheme", "scheme_id", &id))).transpose()
}

/// Takes back a version that has not begun. `false` where it has, or was taken back before.
pub async fn scheme_withdraw(
    tx: &mut Tx,
    tenant: TenantId,
    scheme: SchemeId,
    withdrawn_by: &str,
    now_ms: i64,
) -> StoreResult<bool> {
    tx.changed(tenant, Changed::Setup);
    let rows = execute!(
        tx,
        "update scheme set withdrawn_at_ms = $3, withdrawn_by = $4
         where tenant_id = $1 and scheme_id = $2 and begins_at_ms > $3 and withdrawn_at_ms is null",
        tenant.to_text(),
        scheme.to_text(),
        now_ms,
        withdrawn_by,
    )?;
    Ok(rows == 1)
}

/// Writes one line of a version.
pub async fn scheme_line_insert(tx: &mut Tx, tenant: TenantId, scheme: SchemeId, line: &SchemeLine) -> StoreResult<()> {
    execute!(
        tx,
        "insert into scheme_line (tenant_id, rule_id, scheme_id, pos_account_id, programme, commercial, instalments,
            extra, offer_rate, payer_share, bank_rate, amount_min_minor, blocked_days)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        tenant.to_text(),
        line.id.to_text(),
        scheme.to_text(),
        line.pos_account.map(PosAccountId::to_text),
        line.programme.as_deref(),
        line.commercial.map(i64::from),
        i64::from(line.instalments),
        i64::from(line.extra),
        line.offer_rate.to_string(),
        line.payer_share.to_string(),
        line.bank_rate.to_string(),
        line.amount_min,
        i64::from(line.blocked_days),
    )?;
    Ok(())
}

/// A row of `scheme_line`.
type LineRow = (String, Option<String>, Option<String>, Option<i64>, i64, i64, String, String, String, i64, i64);

/// The lines of the version that counts at an instant; none where the firm has no table.
pub async fn scheme_lines(tx: &mut Tx, tenant: TenantId, at_ms: i64) -> StoreResult<Vec<SchemeLine>> {
    let rows = fetch_all!(
        tx,
        LineRow,
        "select l.rule_id, l.pos_account_id, l.programme, l.commercial, l.instalments, l.extra, l.offer_rate,
            l.payer_share, l.bank_rate, l.amount_min_minor, l.blocked_days
         from scheme_line l
         where l.tenant_id = $1 and l.scheme_id = (select s.scheme_id from scheme s
            where s.tenant_id = $1 and s.begins_at_ms <= $2 and s.withdrawn_at_ms is null
            order by s.begins_at_ms desc, s.number desc limit 1)
         order by l.rule_id limit 2000",
        tenant.to_text(),
        at_ms,
    )?;
    rows.iter().map(line_of).collect()
}

/// When the next version begins after an instant, if one is written already: until then the same one counts.
pub async fn scheme_next(tx: &mut Tx, tenant: TenantId, at_ms: i64) -> StoreResult<Option<i64>> {
    let (next,) = fetch_one!(
        tx,
        (Option<i64>,),
        "select min(begins_at_ms) from scheme where tenant_id = $1 and begins_at_ms > $2 and withdrawn_at_ms is null",
        tenant.to_text(),
        at_ms,
    )?;
    Ok(next)
}

/// The lines of a version.
pub async fn scheme_lines_of(tx: &mut Tx, tenant: TenantId, scheme: SchemeId) -> StoreResult<Vec<SchemeLine>> {
    let rows = fetch_all!(
        tx,
        LineRow,
        "select rule_id, pos_account_id, programme, commercial, instalments, extra, offer_rate, payer_share, bank_rate,
            amount_min_minor, blocked_days
         from scheme_line where tenant_id = $1 and scheme_id = $2 order by rule_id limit 2000",
        tenant.to_text(),
        scheme.to_text(),
    )?;
    rows.iter().map(line_of).collect()
}

fn line_of(row: &LineRow) -> StoreResult<SchemeLine> {
    let wrong = |column| corrupt("scheme_line", column, &row.0);
    Ok(SchemeLine {
        id: RuleId::from_text(&row.0).map_err(|_| wrong("rule_id"))?,
        pos_account: row.1.as_deref().map(PosAccountId::from_text).transpose().map_err(|_| wrong("pos_account_id"))?,
        programme: row.2.clone(),
        commercial: row.3.map(|commercial| commercial == 1),
        instalments: u16::try_from(row.4).map_err(|_| wrong("instalments"))?,
        extra: u16::try_from(row.5).map_err(|_| wrong("extra"))?,
        offer_rate: row.6.parse().map_err(|_| wrong("offer_rate"))?,
        payer_share: row.7.parse().map_err(|_| wrong("payer_share"))?,
        bank_rate: row.8.parse().map_err(|_| wrong("bank_rate"))?,
        amount_min: row.9,
        blocked_days: u16::try_from(row.10).map_err(|_| wrong("blocked_days"))?,
    })
}

/// One offer of a quote, as it was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotedOffer {
    /// The option's id within the quote.
    pub option: String,
    /// How many instalments.
    pub instalments: u16,
    /// The terms, where it may be taken.
    pub terms: Option<Terms>,
    /// Why it may not.
    pub unavailable: Option<Unavailable>,
    /// Whose limit that is.
    pub limited_by: Option<String>,
}

/// A frozen quote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Which.
    pub id: QuoteId,
    /// For which collecting node.
    pub node: NodeId,
    /// The digits that were asked about, six to eight.
    pub bin: String,
    /// What counts against debts.
    pub amount: Money,
    /// What was shown.
    pub offers: Vec<QuotedOffer>,
    /// Until when an offer may be taken.
    pub expires_at_ms: i64,
}

/// Freezes a quote.
pub async fn quote_insert(tx: &mut Tx, tenant: TenantId, quote: &Quote, now_ms: i64) -> StoreResult<()> {
    let offers = serde_json::to_string(&quote.offers).map_err(|_| corrupt("quote", "offers", ""))?;
    execute!(
        tx,
        "insert into quote (tenant_id, quote_id, node_id, bin, currency, amount_minor, offers, created_at_ms,
            expires_at_ms)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        tenant.to_text(),
        quote.id.to_text(),
        quote.node.to_text(),
        quote.bin.as_str(),
        quote.amount.currency.code(),
        quote.amount.minor,
        offers,
        now_ms,
        quote.expires_at_ms,
    )?;
    Ok(())
}

/// A frozen quote by its id.
pub async fn quote_fetch(tx: &mut Tx, tenant: TenantId, id: QuoteId) -> StoreResult<Option<Quote>> {
    let row = fetch_optional!(
        tx,
        (String, String, String, i64, String, i64),
        "select node_id, bin, currency, amount_minor, offers, expires_at_ms from quote
         where tenant_id = $1 and quote_id = $2",
        tenant.to_text(),
        id.to_text(),
    )?;
    let Some((node, bin, currency, minor, offers, expires_at_ms)) = row else { return Ok(None) };
    let key = id.to_text();
    let wrong = |column| corrupt("quote", column, &key);
    let currency = Currency::from_code(&currency).ok_or_else(|| wrong("currency"))?;
    Ok(Some(Quote {
        id,
        node: NodeId::from_text(&node).map_err(|_| wrong("node_id"))?,
        bin,
        amount: Money::new(minor, currency),
        offers: serde_json::from_str(&offers).map_err(|_| wrong("offers"))?,
        expires_at_ms,
    }))
}

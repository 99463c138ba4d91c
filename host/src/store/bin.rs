//! A firm's own rows over the BIN table.

use super::change::Changed;
use super::receivable::corrupt;
use super::{StoreResult, Tx};
use crate::domain::bin::{BinFacts, BinTable};
use crate::domain::id::TenantId;

/// What is known of a card from its first six to eight digits: the firm's own row of the longest prefix,
/// unless the seed table knows a longer one.
pub async fn bin_look_up(tx: &mut Tx, tenant: TenantId, digits: &str) -> StoreResult<Option<BinFacts>> {
    let seed = BinTable::seed().look_up(digits);
    if digits.len() < 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    let cut = |length: usize| digits.get(..length).unwrap_or(digits).to_owned();
    let own = fetch_optional!(
        tx,
        (String, String, String, String, i64, Option<String>),
        "select prefix, bank_code, brand, kind, commercial, programme from bin_override
         where tenant_id = $1 and prefix in ($2, $3, $4) order by length(prefix) desc limit 1",
        tenant.to_text(),
        cut(8),
        cut(7),
        cut(6),
    )?;
    let Some((prefix, bank, brand, kind, commercial, programme)) = own else { return Ok(seed) };
    if seed.as_ref().is_some_and(|seed| seed.prefix.len() > prefix.len()) {
        return Ok(seed);
    }
    let kind = kind.parse().map_err(|_| corrupt("bin_override", "kind", &prefix))?;
    Ok(Some(BinFacts::new(prefix, &bank, &brand, kind, commercial == 1, programme.as_deref())))
}

/// Writes or replaces a firm's own row.
pub async fn bin_override_put(tx: &mut Tx, tenant: TenantId, facts: &BinFacts) -> StoreResult<()> {
    tx.changed(tenant, Changed::Setup);
    execute!(
        tx,
        "insert into bin_override (tenant_id, prefix, bank_code, brand, kind, commercial, programme)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (tenant_id, prefix) do update set bank_code = excluded.bank_code, brand = excluded.brand,
            kind = excluded.kind, commercial = excluded.commercial, programme = excluded.programme",
        tenant.to_text(),
        facts.prefix.as_str(),
        facts.bank_code.as_str(),
        facts.brand.as_str(),
        facts.kind.as_str(),
        i64::from(facts.commercial),
        facts.programme.as_deref(),
    )?;
    Ok(())
}

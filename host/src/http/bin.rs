//! What a card is, from its first six to eight digits. More than eight are refused: they would be card data.

use axum::extract::State;
use vezne_api::{Bank, Bin, CardKind as WireKind, Permission};

use super::error::{Error, Result};
use super::extract::{Caller, Path};
use super::route::{Endpoint, Table};
use crate::app::App;
use crate::domain::bin::{BinFacts, CardKind};
use crate::store::bin::bin_look_up;

/// Routes of this noun.
pub fn routes(table: Table) -> Table {
    table.add(
        Endpoint::get("/v1/bins/{bin}", "Tells what is known of a card from its first digits")
            .needs(Permission::PaymentCreate)
            .reply::<Bin>(200),
        show,
    )
}

async fn show(State(app): State<App>, caller: Caller, Path(bin): Path<String>) -> Result<axum::Json<Bin>> {
    if !(6..=8).contains(&bin.len()) || !bin.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::BadRequest("bin_malformed"));
    }
    let mut tx = app.db.read().await?;
    let facts = bin_look_up(&mut tx, caller.ctx.tenant, &bin).await?;
    Ok(axum::Json(bin_view(&bin, facts.as_ref())))
}

/// What the page shows of a card.
pub fn bin_view(bin: &str, facts: Option<&BinFacts>) -> Bin {
    let kind = facts.map_or(WireKind::Unknown, |facts| match facts.kind {
        CardKind::Credit => WireKind::Credit,
        CardKind::Debit => WireKind::Debit,
        CardKind::Prepaid => WireKind::Prepaid,
    });
    let brand = facts.map(|facts| facts.brand.to_ascii_lowercase()).filter(|brand| !brand.is_empty());
    Bin {
        bin: bin.to_owned(),
        brand: brand.or_else(|| brand_of(bin).map(str::to_owned)),
        kind,
        commercial: facts.is_some_and(|facts| facts.commercial),
        bank: facts.and_then(|facts| {
            let name = facts.bank_name()?.to_owned();
            Some(Bank { code: Some(facts.bank_code.clone()), name })
        }),
        programme: facts.and_then(|facts| facts.programme.clone()),
        // The table is Turkish; of other cards we do not know the country.
        country: facts.map(|_| "TR".to_owned()),
    }
}

/// The scheme by the ranges of ISO/IEC 7812 that everybody knows, for cards outside the table.
fn brand_of(bin: &str) -> Option<&'static str> {
    let two: u32 = bin.get(..2)?.parse().ok()?;
    let four: u32 = bin.get(..4)?.parse().ok()?;
    Some(match (two, four) {
        (40..=49, _) => "visa",
        (51..=55, _) | (_, 2221..=2720) => "mastercard",
        (34 | 37, _) => "amex",
        (_, 9792) => "troy",
        (_, 3528..=3589) => "jcb",
        (62, _) => "unionpay",
        _ => return None,
    })
}

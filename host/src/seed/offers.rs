//! Where the demo firm collects, and in how many parts.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use vezne_api::{Environment, PosAccountCreate};

use super::firm::Tree;
use crate::app::App;
use crate::ctx::Ctx;
use crate::domain::id::{RuleId, SchemeId};
use crate::domain::instalment::SchemeLine;
use crate::domain::rate::Rate;
use crate::flow::pos_account::pos_account_create;
use crate::store::instalment::{scheme_insert, scheme_line_insert, scheme_lines};
use crate::store::pos_account::pos_account_list;
use crate::store::span::Span;

/// The POS account at the sandbox bank, in 3-D model `3d`. Its secrets are the sandbox's own.
pub(super) async fn pos_account(app: &App, ctx: &Ctx, bank_url: &str) -> Result<()> {
    let mut tx = app.db.read().await?;
    if !pos_account_list(&mut tx, ctx.tenant, ctx.scope, Span::newest(1)).await?.is_empty() {
        return Ok(());
    }
    drop(tx);
    let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let wanted = PosAccountCreate {
        name: "İş Bankası sanal POS".to_owned(),
        plugin: "pos-nestpay".to_owned(),
        bank: "isbank".to_owned(),
        environment: Environment::Test,
        node: None,
        three_d_model: Some("3d".to_owned()),
        three_d_required: false,
        sub_dealers: false,
        returns_commission: false,
        day_end: None,
        config: map(&[("client-id", "700655000200"), ("user-name", "ISBANKAPI")]),
        endpoints: map(&[("api", &format!("{bank_url}/fim/api")), ("gate", &format!("{bank_url}/fim/est3Dgate"))]),
        secrets: map(&[("api-password", "ISBANK07"), ("store-key", "TRPS0200")]),
    };
    let made = pos_account_create(app, ctx, &wanted).await;
    made.map(drop).map_err(|error| anyhow!("{error}"))
}

/// Parts, difference for the payer in percent, bank's cut in percent, smallest amount in kuruş.
const TABLE: &[(u16, &str, &str, i64)] = &[
    (1, "0", "1.49", 0),
    (2, "0", "1.99", 10_000),
    (3, "2.5", "2.29", 10_000),
    (6, "5.4", "3.19", 50_000),
    (9, "8.1", "4.09", 100_000),
    (12, "11", "4.99", 200_000),
];

/// The firm's instalment table: the payer bears the difference.
pub(super) async fn instalment_table(app: &App, tree: &Tree) -> Result<()> {
    let now_ms = app.clock.now_ms();
    let mut tx = app.db.begin().await?;
    if !scheme_lines(&mut tx, tree.tenant, now_ms).await?.is_empty() {
        return Ok(());
    }
    let scheme = SchemeId::at(now_ms);
    scheme_insert(&mut tx, tree.tenant, scheme, now_ms, "job:seed", now_ms).await?;
    for (instalments, offer, bank, amount_min) in TABLE {
        let line = SchemeLine {
            id: RuleId::at(now_ms),
            pos_account: None,
            programme: None,
            commercial: None,
            instalments: *instalments,
            extra: 0,
            offer_rate: offer.parse::<Rate>()?,
            payer_share: Rate::WHOLE,
            bank_rate: bank.parse::<Rate>()?,
            amount_min: *amount_min,
            blocked_days: 1,
        };
        scheme_line_insert(&mut tx, tree.tenant, scheme, &line).await?;
    }
    tx.commit().await?;
    Ok(())
}

//! A quote from question to charge, in the database.

use super::*;
use crate::domain::id::{RuleId, SchemeId};
use crate::domain::money::Currency;
use crate::domain::rate::Rate;
use crate::store::Db;
use crate::store::instalment::{
    scheme_at, scheme_insert, scheme_line_insert, scheme_lines, scheme_list, scheme_withdraw,
};
use crate::store::node::{Node, NodeKind, node_insert, node_settings, node_settings_update};
use crate::store::tenant::{Tenant, tenant_insert};

const NOW_MS: i64 = 1_795_000_000_000;

struct World {
    tenant: TenantId,
    firm: NodeId,
    ankara: NodeId,
    cankaya: NodeId,
}

async fn node(tx: &mut Tx, tenant: TenantId, parent: Option<NodeId>, name: &str, settings: &str) -> NodeId {
    let node = Node {
        tenant_id: tenant,
        node_id: NodeId::at(NOW_MS),
        parent_id: parent.map(NodeId::to_text),
        kind: if parent.is_none() { NodeKind::Firm } else { NodeKind::Dealer },
        name: name.to_owned(),
        code: name.to_owned(),
        tax_no: None,
        email: None,
        phone: None,
        settings: settings.to_owned(),
        created_at_ms: NOW_MS,
    };
    assert!(node_insert(tx, &node).await.expect("a node"));
    node.node_id
}

fn line(instalments: u16, offer: &str) -> SchemeLine {
    SchemeLine {
        id: RuleId::at(NOW_MS),
        pos_account: None,
        programme: Some("Maximum".to_owned()),
        commercial: None,
        instalments,
        extra: 0,
        offer_rate: offer.parse().expect("a rate"),
        payer_share: Rate::WHOLE,
        bank_rate: "2".parse().expect("a rate"),
        amount_min: 0,
        blocked_days: 1,
    }
}

async fn world(tx: &mut Tx) -> World {
    let tenant = TenantId::at(NOW_MS);
    let firm = Tenant {
        tenant_id: tenant,
        slug: "test".to_owned(),
        name: "Test".to_owned(),
        zone: "Europe/Istanbul".to_owned(),
        currency: "TRY".to_owned(),
        created_at_ms: NOW_MS,
    };
    assert!(tenant_insert(tx, &firm).await.expect("a firm"));
    let firm = node(tx, tenant, None, "Firm", r#"{"instalments_max": 9}"#).await;
    let ankara = node(tx, tenant, Some(firm), "Ankara Bayi", r#"{"instalments_max": 6, "amount_min": 500}"#).await;
    let cankaya = node(tx, tenant, Some(ankara), "Çankaya", r#"{"instalments_max": 12, "pos_share": "2.4"}"#).await;
    let scheme = SchemeId::at(NOW_MS);
    scheme_insert(tx, tenant, scheme, NOW_MS, "job:test", NOW_MS).await.expect("a table");
    for line in [line(3, "2.5"), line(9, "6")] {
        scheme_line_insert(tx, tenant, scheme, &line).await.expect("a line");
    }
    World { tenant, firm, ankara, cankaya }
}

#[tokio::test]
async fn what_was_shown_is_what_is_charged() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = Db::open(&format!("sqlite:{}", folder.path().join("q.db").display())).await.expect("opens");
    let mut tx = db.begin().await.expect("begins");
    let World { tenant, firm, ankara, cankaya } = world(&mut tx).await;
    let amount = Money::new(1_000_000, Currency::TRY);
    let (quote, card) =
        quote_make_in_tx(&mut tx, Sides::of(tenant, ankara), Some("454360"), amount, NOW_MS).await.expect("quoted");
    let card = card.expect("İş Bankası is in the table");
    assert_eq!(card.programme.as_deref(), Some("Maximum"));
    let open: Vec<_> = quote.offers.iter().map(|offer| (offer.instalments, offer.unavailable)).collect();
    assert_eq!(open, [(1, None), (3, None), (9, Some(crate::domain::instalment::Unavailable::OverLimit))]);
    assert_eq!(quote.offers[2].limited_by.as_deref(), Some("Ankara Bayi"));

    // The table changes while the payer is on the page: nothing changes for that payer.
    let newer = SchemeId::at(NOW_MS + 1);
    scheme_insert(&mut tx, tenant, newer, NOW_MS + 1, "job:test", NOW_MS + 1).await.expect("a table");
    scheme_line_insert(&mut tx, tenant, newer, &line(3, "9")).await.expect("a line");
    let option = quote.offers[1].option.clone();
    let take = async |tx: &mut Tx, node, amount, card, now_ms| {
        quote_take_in_tx(tx, Sides::of(tenant, node), &option, amount, card, now_ms).await
    };
    // Asked for by the dealer, taken for its debt to the firm, and for its own sub-dealer's books.
    for collector in [firm, ankara, cankaya] {
        let (_, terms) = take(&mut tx, collector, amount, Some("45436012"), NOW_MS + 2).await.expect("taken");
        assert_eq!((terms.charged.minor, terms.instalments), (1_025_000, 3));
    }
    let (_, terms) = take(&mut tx, cankaya, amount, Some("45436012"), NOW_MS + 2).await.expect("taken");
    assert_eq!(terms.levels, [LevelShare { node: cankaya, rate: "2.4".parse().expect("a rate") }]);

    let other = Money::new(1_000_001, Currency::TRY);
    assert!(matches!(take(&mut tx, firm, other, Some("45436012"), NOW_MS).await, Err(QuoteError::NoSuchOption)));
    let late_ms = quote.expires_at_ms;
    assert!(matches!(take(&mut tx, firm, amount, Some("45436012"), late_ms).await, Err(QuoteError::Expired)));
    assert!(matches!(take(&mut tx, firm, amount, Some("99999999"), NOW_MS).await, Err(QuoteError::NoSuchOption)));
    // The bank's page may be given any card: what was offered to one is no offer to it.
    assert!(matches!(take(&mut tx, firm, amount, None, NOW_MS).await, Err(QuoteError::NoSuchOption)));
    let nine = &quote.offers[2].option;
    let closed = quote_take_in_tx(&mut tx, Sides::of(tenant, firm), nine, amount, Some("45436012"), NOW_MS).await;
    assert!(matches!(closed, Err(QuoteError::NotAvailable)));
}

#[tokio::test]
async fn without_a_card_only_the_single_payment_is_offered() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = Db::open(&format!("sqlite:{}", folder.path().join("q.db").display())).await.expect("opens");
    let mut tx = db.begin().await.expect("begins");
    let World { tenant, firm, ankara, .. } = world(&mut tx).await;
    let amount = Money::new(1_000_000, Currency::TRY);
    let (quote, card) =
        quote_make_in_tx(&mut tx, Sides::of(tenant, ankara), None, amount, NOW_MS).await.expect("quoted");
    assert_eq!((card, quote.offers.len()), (None, 1));
    let option = &quote.offers[0].option;
    let (_, terms) =
        quote_take_in_tx(&mut tx, Sides::of(tenant, firm), option, amount, None, NOW_MS).await.expect("taken");
    assert_eq!((terms.charged, terms.instalments), (amount, 1));
    let known = quote_take_in_tx(&mut tx, Sides::of(tenant, firm), option, amount, Some("45436012"), NOW_MS).await;
    assert!(matches!(known, Err(QuoteError::NoSuchOption)), "what is known of a card decides its terms");
    let small = Money::new(499, Currency::TRY);
    let made = quote_make_in_tx(&mut tx, Sides::of(tenant, ankara), None, small, NOW_MS).await;
    assert!(matches!(made, Err(QuoteError::AmountNotAllowed { .. })));
}

#[tokio::test]
async fn a_quote_never_takes_a_whole_card_number_nor_a_forbidden_amount() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = Db::open(&format!("sqlite:{}", folder.path().join("q.db").display())).await.expect("opens");
    let mut tx = db.begin().await.expect("begins");
    let World { tenant, cankaya, .. } = world(&mut tx).await;
    let amount = Money::new(1_000, Currency::TRY);
    for bin in ["45436", "454360843", "4543x0", ""] {
        let made = quote_make_in_tx(&mut tx, Sides::of(tenant, cankaya), Some(bin), amount, NOW_MS).await;
        assert!(matches!(made, Err(QuoteError::Bin)), "{bin}");
    }
    let small = Money::new(499, Currency::TRY);
    let made = quote_make_in_tx(&mut tx, Sides::of(tenant, cankaya), Some("454360"), small, NOW_MS).await;
    assert!(matches!(made, Err(QuoteError::AmountNotAllowed { name }) if name == "Ankara Bayi"));
    let rows = matrix(&mut tx, Sides::of(tenant, cankaya), amount, NOW_MS).await.expect("a table");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].banks, ["İş Bankası"]);
    assert_eq!(rows[0].offers.iter().map(|terms| terms.instalments).collect::<Vec<_>>(), [1, 3]);
    let single = terms_single_in_tx(&mut tx, Sides::of(tenant, cankaya), amount, None, NOW_MS).await.expect("terms");
    assert_eq!((single.charged, single.instalments), (amount, 1));
}

/// V9: the limit of the dealer that pays, of a card family, and of the sector's law, in the quote and once more in the
/// payment.
#[tokio::test]
async fn the_payers_limit_the_card_familys_and_the_sectors_hold() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = Db::open(&format!("sqlite:{}", folder.path().join("q.db").display())).await.expect("opens");
    let mut tx = db.begin().await.expect("begins");
    let World { tenant, firm, ankara, .. } = world(&mut tx).await;
    let amount = Money::new(1_000_000, Currency::TRY);
    let by_firm = Sides::of(tenant, firm);
    let (quote, _) = quote_make_in_tx(&mut tx, by_firm, Some("454360"), amount, NOW_MS).await.expect("quoted");
    let nine = quote.offers[2].clone();
    assert_eq!((nine.instalments, nine.unavailable), (9, None), "the firm itself allows nine");
    let take = async |tx: &mut Tx, sides| {
        quote_take_in_tx(tx, sides, &nine.option, amount, Some("45436012"), NOW_MS)
            .await
            .map(|(_, terms)| terms.instalments)
    };
    assert!(matches!(take(&mut tx, by_firm).await, Ok(9)));
    // Ankara, which may six, pays what it owes the firm: neither shown nor taken.
    let by_ankara = Sides { payer: Some(ankara), ..by_firm };
    let (shown, _) = quote_make_in_tx(&mut tx, by_ankara, Some("454360"), amount, NOW_MS).await.expect("quoted");
    assert_eq!(shown.offers[2].limited_by.as_deref(), Some("Ankara Bayi"));
    assert!(matches!(take(&mut tx, by_ankara).await, Err(QuoteError::NotAvailable)));
    for (settings, reason) in [
        (r#"{"programme_instalments_max": {"Maximum": 6}}"#, crate::domain::instalment::Unavailable::OverLimit),
        (r#"{"sector": "fuel"}"#, crate::domain::instalment::Unavailable::OverLegalCeiling),
    ] {
        let (_, version) = node_settings(&mut tx, tenant, firm).await.expect("reads").expect("the firm");
        assert!(node_settings_update(&mut tx, tenant, firm, settings, version).await.expect("writes"));
        assert!(!node_settings_update(&mut tx, tenant, firm, settings, version).await.expect("writes"), "once");
        let (shown, _) = quote_make_in_tx(&mut tx, by_firm, Some("454360"), amount, NOW_MS).await.expect("quoted");
        assert_eq!(shown.offers[2].unavailable, Some(reason));
        assert!(matches!(take(&mut tx, by_firm).await, Err(QuoteError::NotAvailable)), "{settings}");
    }
}

#[tokio::test]
async fn the_version_that_began_last_counts_and_one_taken_back_never() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = Db::open(&format!("sqlite:{}", folder.path().join("q.db").display())).await.expect("opens");
    let mut tx = db.begin().await.expect("begins");
    let World { tenant, .. } = world(&mut tx).await;
    let (later, same) = (SchemeId::at(NOW_MS), SchemeId::at(NOW_MS));
    for (scheme, begins_at_ms, offer) in [(later, NOW_MS + 100, "7"), (same, NOW_MS + 100, "8")] {
        scheme_insert(&mut tx, tenant, scheme, begins_at_ms, "job:test", NOW_MS).await.expect("a table");
        scheme_line_insert(&mut tx, tenant, scheme, &line(3, offer)).await.expect("a line");
    }
    let offered = async |tx: &mut Tx, at_ms| {
        let lines = scheme_lines(tx, tenant, at_ms).await.expect("lines");
        let three = lines.iter().find(|line| line.instalments == 3);
        three.map(|line| line.offer_rate.to_string()).unwrap_or_default()
    };
    assert_eq!(scheme_at(&mut tx, tenant, NOW_MS + 100).await.expect("reads"), Some(same));
    assert_eq!(offered(&mut tx, NOW_MS + 99).await, "2.5");
    assert_eq!(offered(&mut tx, NOW_MS + 100).await, "8", "of two that begin together the one written last");
    assert!(scheme_withdraw(&mut tx, tenant, same, "job:test", NOW_MS + 1).await.expect("writes"));
    assert!(!scheme_withdraw(&mut tx, tenant, same, "job:test", NOW_MS + 1).await.expect("writes"), "once");
    assert_eq!(offered(&mut tx, NOW_MS + 100).await, "7");
    assert!(!scheme_withdraw(&mut tx, tenant, later, "job:test", NOW_MS + 100).await.expect("writes"), "it has begun");
    let numbers: Vec<i64> =
        scheme_list(&mut tx, tenant, 10).await.expect("reads").iter().map(|scheme| scheme.number).collect();
    assert_eq!(numbers, [3, 2, 1]);
}

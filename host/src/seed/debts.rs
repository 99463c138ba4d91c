//! Who owes what in the demo firm: at every level of the tree, due and overdue, with interest and expenses.

use anyhow::{Context, Result, ensure};
use jiff::civil::Date;
use jiff::{ToSpan, tz::TimeZone};

use super::firm::Tree;
use crate::app::App;
use crate::domain::id::{CustomerId, NodeId};
use crate::domain::money::Currency;
use crate::domain::party::Party;
use crate::domain::receivable::ComponentKind;
use crate::fetch_optional;
use crate::flow::books::{NewReceivable, receivable_raise_in_tx};
use crate::store::Tx;
use crate::store::customer::{Customer, customer_by_code, customer_insert};

/// A debt: days until it is due, document, what for, parts.
type Debt = (i32, &'static str, &'static str, &'static [(ComponentKind, i64)]);

use ComponentKind::{DefaultInterest, Expense, Principal};

const ANKARA: &[Debt] = &[
    (-21, "MLS2026-00118", "Ekim sevkiyatı: 60x60 zemin karosu", &[(Principal, 1_000_000)]),
    (
        -7,
        "MLS2026-00131",
        "Kasım sevkiyatı: duvar karosu",
        &[(Principal, 427_550), (DefaultInterest, 8_120), (Expense, 2_500)],
    ),
    (12, "MLS2026-00144", "Kasım sevkiyatı: süpürgelik", &[(Principal, 186_000)]),
    (30, "MLS2026-00152", "Fuar standı katılım payı", &[(Principal, 75_000)]),
];
const IZMIR: &[Debt] = &[(5, "MLS2026-00140", "Kasım sevkiyatı: porselen", &[(Principal, 640_000)])];
const CANKAYA: &[Debt] = &[
    (-3, "ANK2026-0031", "Çankaya mağaza teslimatı", &[(Principal, 320_000)]),
    (20, "ANK2026-0037", "Derz dolgu ve yapıştırıcı", &[(Principal, 48_990)]),
];
const IN_CANKAYA: &[Debt] = &[
    (
        -10,
        "CAN2026-005",
        "Daire 12 banyo yenileme",
        &[(Principal, 100_000), (DefaultInterest, 8_000), (Expense, 5_000)],
    ),
    (15, "CAN2026-009", "Mutfak tezgâh arası", &[(Principal, 36_450)]),
];
const IN_ANKARA: &[Debt] = &[(2, "ANK2026-0040", "Toptan satış", &[(Principal, 254_300)])];

pub(super) async fn write(app: &App, tree: &Tree) -> Result<()> {
    let now_ms = app.clock.now_ms();
    let zone = TimeZone::get("Europe/Istanbul")?;
    let today = jiff::Timestamp::from_millisecond(now_ms)?.to_zoned(zone).date();
    let mut tx = app.db.begin().await?;
    let isik = customer(&mut tx, tree, tree.cankaya, ("Işık İnşaat Ltd. Şti.", "M-001"), now_ms).await?;
    customer(&mut tx, tree, tree.cankaya, ("Zeynep Güneş", "M-002"), now_ms).await?;
    let kugulu = customer(&mut tx, tree, tree.ankara, ("Kuğulu Yapı Market A.Ş.", "K-001"), now_ms).await?;
    customer(&mut tx, tree, tree.izmir, ("Ege Banyo Dünyası", "E-001"), now_ms).await?;
    let books = [
        (tree.firm, Party::Node(tree.ankara), ANKARA),
        (tree.firm, Party::Node(tree.izmir), IZMIR),
        (tree.ankara, Party::Node(tree.cankaya), CANKAYA),
        (tree.ankara, Party::Customer(kugulu), IN_ANKARA),
        (tree.cankaya, Party::Customer(isik), IN_CANKAYA),
    ];
    for (node, debtor, debts) in books {
        for debt in debts {
            receivable(&mut tx, tree, (node, debtor), debt, today, now_ms).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

async fn customer(
    tx: &mut Tx,
    tree: &Tree,
    node: NodeId,
    (name, code): (&str, &str),
    now_ms: i64,
) -> Result<CustomerId> {
    if let Some(known) = customer_by_code(tx, tree.tenant, node, code).await? {
        return Ok(known.customer_id);
    }
    let row = Customer {
        tenant_id: tree.tenant,
        customer_id: CustomerId::at(now_ms),
        node_id: node,
        node_name: String::new(),
        name: name.to_owned(),
        code: code.to_owned(),
        tax_no: None,
        email: None,
        phone: None,
        created_at_ms: now_ms,
    };
    ensure!(customer_insert(tx, &row).await?, "{code} was written meanwhile");
    Ok(row.customer_id)
}

async fn receivable(
    tx: &mut Tx,
    tree: &Tree,
    (node, debtor): (NodeId, Party),
    &(days, document_no, description, parts): &Debt,
    today: Date,
    now_ms: i64,
) -> Result<()> {
    let known = fetch_optional!(
        tx,
        (String,),
        "select receivable_id from receivable where tenant_id = $1 and node_id = $2 and document_no = $3",
        tree.tenant.to_text(),
        node.to_text(),
        document_no
    )?;
    if known.is_some() {
        return Ok(());
    }
    let new = NewReceivable {
        node,
        debtor,
        currency: Currency::TRY,
        document_no: Some(document_no.to_owned()),
        description: Some(description.to_owned()),
        due_on: today.checked_add(days.days())?,
        components: parts.to_vec(),
        created_by: "job:seed".to_owned(),
    };
    receivable_raise_in_tx(tx, tree.tenant, &new, now_ms).await.context(document_no)?;
    Ok(())
}

//! The books against an independent model, on SQLite and, where `VEZNE_TEST_POSTGRES_URL` names one, on
//! PostgreSQL.

mod act;
mod model;
mod paper;
mod story;

use std::sync::atomic::{AtomicU32, Ordering};

use crate::domain::id::{AttemptId, NodeId, PaymentId, PosAccountId, TenantId};
use crate::domain::instalment::{LevelShare, Terms};
use crate::domain::money::{Currency, Money};
use crate::domain::party::Party;
use crate::domain::rate::Rate;
use crate::domain::receivable::ComponentKind;
use crate::flow::books::{CaptureFacts, NewReceivable};
use crate::store::Db;

/// An instant in November 2026, Europe/Istanbul.
const NOW_MS: i64 = 1_795_000_000_000;

static SCHEMAS: AtomicU32 = AtomicU32::new(0);

/// An empty database; the folder lives as long as it is used.
struct Fresh {
    db: Db,
    _folder: tempfile::TempDir,
}

async fn sqlite() -> Fresh {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let db = Db::open(&format!("sqlite:{}", folder.path().join("books.db").display())).await.expect("opens");
    Fresh { db, _folder: folder }
}

/// A schema of its own on the test server; none where no server is given.
async fn postgres() -> Option<Fresh> {
    let url = std::env::var("VEZNE_TEST_POSTGRES_URL").ok()?;
    let schema = format!("books_{}_{}", std::process::id(), SCHEMAS.fetch_add(1, Ordering::Relaxed));
    let pool = sqlx::PgPool::connect(&url).await.expect("the test server answers");
    sqlx::query(sqlx::AssertSqlSafe(format!("create schema {schema}"))).execute(&pool).await.expect("a schema");
    pool.close().await;
    let joint = if url.contains('?') { '&' } else { '?' };
    let db = Db::open(&format!("{url}{joint}options=-c%20search_path%3D{schema}")).await.expect("opens");
    Some(Fresh { db, _folder: tempfile::tempdir().expect("a temporary folder") })
}

/// A firm, a dealer, a sub-dealer, and who owes them.
#[derive(Clone)]
struct Cast {
    tenant: TenantId,
    firm: NodeId,
    ankara: NodeId,
    cankaya: NodeId,
    pos: PosAccountId,
}

fn cast() -> Cast {
    Cast {
        tenant: TenantId::at(NOW_MS),
        firm: NodeId::at(NOW_MS),
        ankara: NodeId::at(NOW_MS),
        cankaya: NodeId::at(NOW_MS),
        pos: PosAccountId::at(NOW_MS),
    }
}

fn rate(text: &str) -> Rate {
    text.parse().expect("a rate")
}

fn terms(amount: i64, charged: i64, bank: &str) -> Terms {
    let lira = |minor| Money::new(minor, Currency::TRY);
    Terms { charged: lira(charged), bank_rate: rate(bank), ..Terms::single(lira(amount)) }
}

impl Cast {
    /// A capture for `node` through the firm's POS account.
    fn capture(&self, node: NodeId, payer: Party, terms: Terms) -> CaptureFacts {
        CaptureFacts {
            tenant: self.tenant,
            payment: PaymentId::at(NOW_MS),
            attempt: AttemptId::at(NOW_MS),
            node,
            payer,
            pos_owner: self.firm,
            pos_account: self.pos,
            terms,
            receivables: Vec::new(),
            captured_at_ms: NOW_MS,
        }
    }

    fn share(node: NodeId, percent: &str) -> LevelShare {
        LevelShare { node, rate: rate(percent) }
    }

    fn owed(node: NodeId, debtor: Party, due_day: i8, components: &[(ComponentKind, i64)]) -> NewReceivable {
        NewReceivable {
            node,
            debtor,
            currency: Currency::TRY,
            document_no: None,
            description: None,
            due_on: jiff::civil::date(2026, 11, due_day),
            components: components.to_vec(),
            created_by: "usr_test".to_owned(),
        }
    }
}

//! Stories told one step at a time: the worked examples through the database, and many at once.

use super::model::rows;
use super::*;
use crate::domain::id::CustomerId;
use crate::domain::ledger::AccountKind;
use crate::flow::books::{
    AdvanceUse, BooksError, RefundFacts, Transfer, VoidFacts, advance_use_in_tx, capture_in_tx, receivable_raise_in_tx,
    refund_confirmed_in_tx, refund_failed_in_tx, refund_requested_in_tx, transfer_in_tx, void_in_tx,
};
use crate::store::Tx;
use crate::store::proof::books_differ;
use crate::store::receivable::receivable_open;
use crate::{fetch_all, fetch_one};

async fn balance(tx: &mut Tx, cast: &Cast, node: NodeId, account: AccountKind) -> i64 {
    let (sum,) = fetch_one!(
        tx,
        (i64,),
        "select cast(coalesce(sum(minor), 0) as bigint) from entry
         where tenant_id = $1 and node_id = $2 and account = $3",
        cast.tenant.to_text(),
        node.to_text(),
        account.as_str(),
    )
    .expect("a sum");
    sum
}

async fn left(tx: &mut Tx, cast: &Cast, node: NodeId, debtor: Party) -> i64 {
    let open = receivable_open(tx, cast.tenant, node, debtor, Currency::TRY).await.expect("reads");
    open.iter().map(|part| part.outstanding).sum()
}

async fn settled(tx: &mut Tx, cast: &Cast) {
    assert_eq!(books_differ(tx, cast.tenant).await.expect("reads"), Vec::<String>::new());
}

async fn both(story: impl AsyncFn(&Db)) {
    story(&sqlite().await.db).await;
    if let Some(fresh) = postgres().await {
        story(&fresh.db).await;
    }
}

/// Examples 1, 6 and 7 in the database: capture, part refund refused and confirmed, and what a void restores.
#[tokio::test]
async fn a_void_or_refund_undoes_exactly_what_was_done() {
    both(async |db: &Db| {
        let cast = cast();
        let ankara = Party::Node(cast.ankara);
        let mut tx = db.begin().await.expect("begins");
        let owed = Cast::owed(cast.firm, ankara, 20, &[(ComponentKind::Principal, 1_000_000)]);
        receivable_raise_in_tx(&mut tx, cast.tenant, &owed, NOW_MS).await.expect("raised");
        let facts = cast.capture(cast.firm, ankara, terms(1_000_000, 1_025_000, "2"));
        let first = capture_in_tx(&mut tx, &facts).await.expect("booked");
        assert_eq!(capture_in_tx(&mut tx, &facts).await.expect("booked once"), first);
        assert_eq!(left(&mut tx, &cast, cast.firm, ankara).await, 0);
        assert_eq!(balance(&mut tx, &cast, cast.firm, AccountKind::PosClearing).await, 1_004_500);

        let mut refund = RefundFacts {
            tenant: cast.tenant,
            attempt: facts.attempt,
            cause: "opr_1".to_owned(),
            minor: 400_000,
            at_ms: NOW_MS,
        };
        let split = refund_requested_in_tx(&mut tx, &refund).await.expect("booked");
        assert_eq!((split.amount, split.difference), (390_244, 9_756));
        assert_eq!(left(&mut tx, &cast, cast.firm, ankara).await, 390_244);
        let void = VoidFacts { tenant: cast.tenant, attempt: facts.attempt, cause: "opr_9".to_owned(), at_ms: NOW_MS };
        assert!(matches!(void_in_tx(&mut tx, &void).await, Err(BooksError::Refunded)));
        refund_failed_in_tx(&mut tx, cast.tenant, "opr_1", NOW_MS).await.expect("booked");
        refund_failed_in_tx(&mut tx, cast.tenant, "opr_1", NOW_MS).await.expect("booked once");
        assert_eq!(left(&mut tx, &cast, cast.firm, ankara).await, 0);
        assert_eq!(balance(&mut tx, &cast, cast.firm, AccountKind::RefundPayable).await, 0);
        let late = refund_confirmed_in_tx(&mut tx, cast.tenant, "opr_1", rate("100"), NOW_MS).await;
        assert!(matches!(late, Err(BooksError::Illegal(_))), "{late:?}");
        assert_eq!(balance(&mut tx, &cast, cast.firm, AccountKind::RefundPayable).await, 0);
        void_in_tx(&mut tx, &void).await.expect("booked");
        void_in_tx(&mut tx, &void).await.expect("booked once");
        assert_eq!(left(&mut tx, &cast, cast.firm, ankara).await, 1_000_000);
        assert_eq!(balance(&mut tx, &cast, cast.firm, AccountKind::PosClearing).await, 0);
        refund.cause = "opr_2".to_owned();
        assert!(matches!(refund_requested_in_tx(&mut tx, &refund).await, Err(BooksError::MoreThanLeft { left: 0 })));

        let again = cast.capture(cast.firm, ankara, terms(1_000_000, 1_025_000, "2"));
        capture_in_tx(&mut tx, &again).await.expect("booked");
        refund.attempt = again.attempt;
        refund_requested_in_tx(&mut tx, &refund).await.expect("booked");
        refund_confirmed_in_tx(&mut tx, cast.tenant, "opr_2", rate("100"), NOW_MS).await.expect("booked");
        refund_confirmed_in_tx(&mut tx, cast.tenant, "opr_2", rate("100"), NOW_MS).await.expect("booked once");
        // 10,045.00 − 4,000.00 + the bank's 2 % of what went back.
        assert_eq!(balance(&mut tx, &cast, cast.firm, AccountKind::PosClearing).await, 1_004_500 - 400_000 + 8_000);
        settled(&mut tx, &cast).await;
        tx.commit().await.expect("commits");
    })
    .await;
}

/// Example 12: what was exported stands as it was. A later refund or void makes vouchers of its own, and they name the
/// first.
#[tokio::test]
async fn example_12_what_was_exported_is_never_edited() {
    both(async |db: &Db| {
        let cast = cast();
        let ankara = Party::Node(cast.ankara);
        let mut tx = db.begin().await.expect("begins");
        let owed = Cast::owed(cast.firm, ankara, 20, &[(ComponentKind::Principal, 2_000_000)]);
        receivable_raise_in_tx(&mut tx, cast.tenant, &owed, NOW_MS).await.expect("raised");
        let (refunded, voided) = (
            cast.capture(cast.firm, ankara, terms(1_000_000, 1_025_000, "2")),
            cast.capture(cast.firm, ankara, terms(500_000, 512_500, "2")),
        );
        for facts in [&refunded, &voided] {
            capture_in_tx(&mut tx, facts).await.expect("booked");
        }
        tx.commit().await.expect("commits");
        let mut tx = db.begin().await.expect("begins");
        // Here the ERP takes them.
        let exported = rows(&mut tx).await;
        let first = vouchers(&mut tx, &cast).await;
        let (cause, at_ms) = ("opr_1".to_owned(), NOW_MS + 1);
        let facts = RefundFacts { tenant: cast.tenant, attempt: refunded.attempt, cause, minor: 400_000, at_ms };
        refund_requested_in_tx(&mut tx, &facts).await.expect("booked");
        refund_confirmed_in_tx(&mut tx, cast.tenant, "opr_1", rate("100"), at_ms).await.expect("booked");
        let void = VoidFacts { tenant: cast.tenant, attempt: voided.attempt, cause: "opr_2".to_owned(), at_ms };
        void_in_tx(&mut tx, &void).await.expect("booked");
        let now = rows(&mut tx).await;
        for row in &exported {
            assert!(now.contains(row), "what was exported is gone or other: {row:?}");
        }
        let later = vouchers(&mut tx, &cast).await;
        let later: Vec<_> = later.into_iter().filter(|voucher| !first.contains(voucher)).collect();
        let kinds: Vec<&str> = later.iter().map(|voucher| voucher.kind.as_str()).collect();
        assert_eq!(kinds, ["refund_asked", "refund_confirmed", "void"]);
        for voucher in &later {
            let origin = first.iter().find(|origin| origin.collection_id == voucher.collection_id);
            let origin = origin.unwrap_or_else(|| panic!("{voucher:?} names no voucher that was exported"));
            assert_eq!((&voucher.payment_id, origin.kind.as_str()), (&origin.payment_id, "capture"), "{voucher:?}");
            assert!(voucher.payment_id.is_some(), "{voucher:?}");
            // A void undoes one voucher whole, and says which; a refund makes something new of a part.
            let names = if voucher.kind == "void" { origin.posting_id.as_str() } else { "" };
            assert_eq!(voucher.reverses_id, names, "{voucher:?}");
        }
        settled(&mut tx, &cast).await;
        tx.commit().await.expect("commits");
    })
    .await;
}

/// A posting as an export names it.
#[derive(Debug, PartialEq, Eq, sqlx::FromRow)]
struct Voucher {
    posting_id: String,
    kind: String,
    reverses_id: String,
    collection_id: Option<String>,
    payment_id: Option<String>,
}

/// What was posted for collections, in the order in which it was.
async fn vouchers(tx: &mut Tx, cast: &Cast) -> Vec<Voucher> {
    fetch_all!(
        tx,
        Voucher,
        "select posting_id, kind, reverses_id, collection_id, payment_id from posting
         where tenant_id = $1 and collection_id is not null order by at_ms, kind, posting_id",
        cast.tenant.to_text()
    )
    .expect("postings")
}

/// Examples 4, 5 and 10 in the database.
#[tokio::test]
async fn levels_advances_and_transfers() {
    both(async |db: &Db| {
        let cast = cast();
        let (right, wrong) = (Party::Customer(CustomerId::at(NOW_MS)), Party::Customer(CustomerId::at(NOW_MS)));
        let mut tx = db.begin().await.expect("begins");
        for (debtor, minor) in [(wrong, 90_000), (right, 30_000)] {
            let owed = Cast::owed(cast.cankaya, debtor, 20, &[(ComponentKind::Principal, minor)]);
            receivable_raise_in_tx(&mut tx, cast.tenant, &owed, NOW_MS).await.expect("raised");
        }
        let mut terms = terms(100_000, 100_000, "2");
        terms.levels = vec![Cast::share(cast.cankaya, "2.4")];
        let facts = cast.capture(cast.cankaya, wrong, terms);
        capture_in_tx(&mut tx, &facts).await.expect("booked");
        assert_eq!(balance(&mut tx, &cast, cast.firm, AccountKind::DueTo).await, -97_600);
        assert_eq!(balance(&mut tx, &cast, cast.cankaya, AccountKind::DueFrom).await, 97_600);
        assert_eq!(balance(&mut tx, &cast, cast.cankaya, AccountKind::Advance).await, -10_000);
        // The next bill takes the advance.
        let owed = Cast::owed(cast.cankaya, wrong, 25, &[(ComponentKind::Principal, 4_000)]);
        receivable_raise_in_tx(&mut tx, cast.tenant, &owed, NOW_MS).await.expect("raised");
        let advance = AdvanceUse {
            tenant: cast.tenant,
            node: cast.cankaya,
            debtor: wrong,
            currency: Currency::TRY,
            receivables: Vec::new(),
            cause: "usr_1/use".to_owned(),
            at_ms: NOW_MS,
        };
        assert_eq!(advance_use_in_tx(&mut tx, &advance).await.expect("booked"), 4_000);
        assert_eq!(advance_use_in_tx(&mut tx, &advance).await.expect("booked once"), 0);
        // 400.00 of it was for somebody else, who owes 300.00.
        let transfer = Transfer {
            tenant: cast.tenant,
            attempt: facts.attempt,
            minor: 40_000,
            to: right,
            receivables: Vec::new(),
            cause: "usr_1/move".to_owned(),
            at_ms: NOW_MS,
        };
        transfer_in_tx(&mut tx, &transfer).await.expect("booked");
        assert_eq!(left(&mut tx, &cast, cast.cankaya, right).await, 0);
        assert_eq!(left(&mut tx, &cast, cast.cankaya, wrong).await, 4_000 + 30_000);
        assert_eq!(balance(&mut tx, &cast, cast.cankaya, AccountKind::Advance).await, -10_000);
        settled(&mut tx, &cast).await;
        let void = VoidFacts { tenant: cast.tenant, attempt: facts.attempt, cause: "opr_1".to_owned(), at_ms: NOW_MS };
        void_in_tx(&mut tx, &void).await.expect("booked");
        assert_eq!(left(&mut tx, &cast, cast.cankaya, right).await, 30_000);
        assert_eq!(left(&mut tx, &cast, cast.cankaya, wrong).await, 94_000);
        for account in [AccountKind::Advance, AccountKind::DueFrom, AccountKind::BankCommission] {
            assert_eq!(balance(&mut tx, &cast, cast.cankaya, account).await, 0, "{account}");
        }
        settled(&mut tx, &cast).await;
        tx.commit().await.expect("commits");
    })
    .await;
}

/// Somebody else pays what a promised refund had reopened; then the bank refuses the refund.
#[tokio::test]
async fn a_failed_refund_never_overpays_a_debt() {
    both(async |db: &Db| {
        let cast = cast();
        let debtor = Party::Node(cast.ankara);
        let mut tx = db.begin().await.expect("begins");
        let owed = Cast::owed(cast.firm, debtor, 20, &[(ComponentKind::Principal, 1_000)]);
        receivable_raise_in_tx(&mut tx, cast.tenant, &owed, NOW_MS).await.expect("raised");
        let facts = cast.capture(cast.firm, debtor, terms(1_000, 1_000, "2"));
        capture_in_tx(&mut tx, &facts).await.expect("booked");
        let refund = RefundFacts {
            tenant: cast.tenant,
            attempt: facts.attempt,
            cause: "opr_1".to_owned(),
            minor: 600,
            at_ms: NOW_MS,
        };
        refund_requested_in_tx(&mut tx, &refund).await.expect("booked");
        let other = cast.capture(cast.firm, debtor, terms(500, 500, "2"));
        capture_in_tx(&mut tx, &other).await.expect("booked");
        refund_failed_in_tx(&mut tx, cast.tenant, "opr_1", NOW_MS).await.expect("booked");
        assert_eq!(left(&mut tx, &cast, cast.firm, debtor).await, 0);
        assert_eq!(balance(&mut tx, &cast, cast.firm, AccountKind::Advance).await, -500);
        settled(&mut tx, &cast).await;
        let void = VoidFacts { tenant: cast.tenant, attempt: facts.attempt, cause: "opr_2".to_owned(), at_ms: NOW_MS };
        void_in_tx(&mut tx, &void).await.expect("booked");
        assert_eq!(left(&mut tx, &cast, cast.firm, debtor).await, 500);
        assert_eq!(balance(&mut tx, &cast, cast.firm, AccountKind::Receivable).await, 500);
        assert_eq!(balance(&mut tx, &cast, cast.firm, AccountKind::Advance).await, 0);
        settled(&mut tx, &cast).await;
    })
    .await;
}

/// R11: many allocate to one receivable and many refund one capture, at the same time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_closes_or_refunds_the_same_money_twice() {
    both(async |db: &Db| {
        let cast = cast();
        let debtor = Party::Node(cast.ankara);
        let mut tx = db.begin().await.expect("begins");
        let owed = Cast::owed(cast.firm, debtor, 20, &[(ComponentKind::Principal, 1_000)]);
        receivable_raise_in_tx(&mut tx, cast.tenant, &owed, NOW_MS).await.expect("raised");
        tx.commit().await.expect("commits");
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..50 {
            let (db, facts) = (db.clone(), cast.capture(cast.firm, debtor, terms(70, 71, "2")));
            tasks.spawn(async move {
                let mut tx = db.begin().await.expect("begins");
                capture_in_tx(&mut tx, &facts).await.expect("booked");
                tx.commit().await.expect("commits");
                facts.attempt
            });
        }
        let attempts = tasks.join_all().await;
        let mut tx = db.begin().await.expect("begins");
        assert_eq!(left(&mut tx, &cast, cast.firm, debtor).await, 0);
        assert_eq!(balance(&mut tx, &cast, cast.firm, AccountKind::Advance).await, -(50 * 70 - 1_000));
        settled(&mut tx, &cast).await;
        drop(tx);
        let mut tasks = tokio::task::JoinSet::new();
        for turn in 0..50 {
            let cause = format!("opr_{turn}");
            let refund = RefundFacts { tenant: cast.tenant, attempt: attempts[0], cause, minor: 10, at_ms: NOW_MS };
            let db = db.clone();
            tasks.spawn(async move {
                let mut tx = db.begin().await.expect("begins");
                let done = refund_requested_in_tx(&mut tx, &refund).await.is_ok();
                if done {
                    tx.commit().await.expect("commits");
                }
                done
            });
        }
        let done = tasks.join_all().await.into_iter().filter(|done| *done).count();
        assert_eq!(done, 7, "71 minor units hold seven refunds of ten");
        let mut tx = db.begin().await.expect("begins");
        settled(&mut tx, &cast).await;
        let states = fetch_all!(&mut tx, (String,), "select state from collection_refund").expect("reads");
        assert_eq!(states.len(), 7);
    })
    .await;
}

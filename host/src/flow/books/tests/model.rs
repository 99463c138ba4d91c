//! R9: random histories against a model that shares no code with the books.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::act::{Act, act};
use super::paper::{Dispute, Model, Paid, Part, Promise};
use super::*;
use crate::domain::allocation::Share;
use crate::domain::id::CustomerId;
use crate::flow::books::{
    AdvanceUse, DisputeFacts, RefundFacts, Transfer, VoidFacts, advance_use_in_tx, capture_in_tx,
    chargeback_lost_in_tx, chargeback_opened_in_tx, chargeback_won_in_tx, receivable_raise_in_tx,
    refund_confirmed_in_tx, refund_failed_in_tx, refund_requested_in_tx, transfer_in_tx, void_in_tx,
};
use crate::flow::collect::terms_captured;
use crate::store::Tx;
use crate::store::proof::books_differ;
use crate::store::receivable::components_of;
use crate::{fetch_all, fetch_one};

struct Run {
    db: Db,
    cast: Cast,
    debtors: [Party; 2],
    model: Model,
    turn: i64,
}

impl Run {
    fn now_ms(&self) -> i64 {
        NOW_MS + self.turn
    }

    /// Plays one act on both; a refusal must be a refusal on both, and must leave no row behind.
    async fn play(&mut self, act: &Act) {
        self.turn += 1;
        let mut tx = self.db.begin().await.expect("begins");
        let before = rows(&mut tx).await;
        let done = self.play_in(&mut tx, act).await;
        if !done {
            // Looked at before anything is rolled back: afterwards every refusal would look harmless.
            let after = rows(&mut tx).await;
            assert!(after == before, "a refused {act:?} changed rows: {}", changed(&before, &after));
        }
        // Committed all the same: nothing may hide behind a rollback.
        tx.commit().await.expect("commits");
        self.compare(act).await;
    }

    async fn play_in(&mut self, tx: &mut Tx, act: &Act) -> bool {
        match act {
            Act::Raise { debtor, due_day, principal, expense } => {
                self.raise(tx, *debtor, *due_day, *principal, *expense).await
            }
            Act::Capture { debtor, amount, difference, choose } => {
                self.capture(tx, *debtor, *amount, *difference, *choose).await
            }
            Act::CapturePart { debtor, amount, difference, thousandths } => {
                self.capture_part(tx, *debtor, (*amount, *difference), *thousandths).await
            }
            Act::Void { which } => self.void(tx, *which).await,
            Act::RefundAsk { which, minor } => self.refund_ask(tx, *which, *minor).await,
            Act::RefundConfirm { which } => self.refund_end(tx, *which, true).await,
            Act::RefundFail { which } => self.refund_end(tx, *which, false).await,
            Act::ChargebackOpen { which } => self.chargeback_open(tx, *which).await,
            Act::ChargebackWon { which } => self.chargeback_won(tx, *which).await,
            Act::ChargebackLost { which } => self.chargeback_lost(tx, *which).await,
            Act::AdvanceUse { debtor } => self.advance_use(tx, *debtor).await,
            Act::Transfer { which, minor, to } => self.transfer(tx, *which, *minor, *to).await,
        }
    }

    async fn raise(&mut self, tx: &mut Tx, debtor: usize, due_day: i8, principal: i64, expense: i64) -> bool {
        let mut components = vec![(ComponentKind::Principal, principal)];
        if expense > 0 {
            components.push((ComponentKind::Expense, expense));
        }
        let owed = Cast::owed(self.cast.cankaya, self.debtors[debtor], due_day, &components);
        let id = receivable_raise_in_tx(tx, self.cast.tenant, &owed, self.now_ms()).await.expect("raised");
        for row in components_of(tx, self.cast.tenant, id).await.expect("reads") {
            let rank = u8::from(row.kind == ComponentKind::Principal);
            let key = row.id.to_text();
            let (left, charged) = (row.charged, row.charged);
            self.model.parts.push(Part { debtor, receivable: id, rank, due_day, key, left, charged });
        }
        true
    }

    async fn capture(&mut self, tx: &mut Tx, debtor: usize, amount: i64, difference: i64, choose: bool) -> bool {
        let mut terms = terms(amount, amount + difference, "1.75");
        terms.levels = vec![Cast::share(self.cast.ankara, "1.9"), Cast::share(self.cast.cankaya, "2.4")];
        let mut facts = self.cast.capture(self.cast.cankaya, self.debtors[debtor], terms);
        facts.captured_at_ms = self.now_ms();
        let chosen = choose.then(|| self.model.parts.iter().find(|part| part.debtor == debtor)).flatten();
        let chosen = chosen.map(|part| part.receivable);
        facts.receivables = chosen.map(Share::whole).into_iter().collect();
        capture_in_tx(tx, &facts).await.expect("booked");
        let places = self.model.place(debtor, amount, chosen);
        self.model.paid.push(Paid { attempt: facts.attempt, places, amount, difference, given: (0, 0), voided: false });
        true
    }

    /// A capture of less than was held: amount and difference shrink together, to the kuruş.
    async fn capture_part(&mut self, tx: &mut Tx, debtor: usize, held: (i64, i64), thousandths: i64) -> bool {
        let (amount, difference) = held;
        let charged = amount + difference;
        let taken = (charged * thousandths / 1_000).max(1);
        let mut whole = terms(amount, charged, "1.75");
        whole.levels = vec![Cast::share(self.cast.ankara, "1.9"), Cast::share(self.cast.cankaya, "2.4")];
        let part = terms_captured(whole, taken);
        let share = part.amount.minor;
        // Less than a kuruş away from the exact share, and nothing is lost.
        assert!((share * charged - taken * amount).abs() < charged, "{share} of {taken} of {held:?}");
        assert!(part.charged.minor == taken && (0..=amount).contains(&share), "{part:?}");
        if share == 0 {
            return false;
        }
        let mut facts = self.cast.capture(self.cast.cankaya, self.debtors[debtor], part);
        facts.captured_at_ms = self.now_ms();
        capture_in_tx(tx, &facts).await.expect("booked");
        let places = self.model.place(debtor, share, None);
        let (attempt, difference) = (facts.attempt, taken - share);
        self.model.paid.push(Paid { attempt, places, amount: share, difference, given: (0, 0), voided: false });
        true
    }

    async fn void(&mut self, tx: &mut Tx, which: usize) -> bool {
        let Some(paid) = self.model.paid.get(which).cloned() else { return false };
        let (tenant, at_ms) = (self.cast.tenant, self.now_ms());
        let facts = VoidFacts { tenant, attempt: paid.attempt, cause: format!("opr_v{which}"), at_ms };
        let done = void_in_tx(tx, &facts).await.is_ok();
        assert_eq!(done, paid.given == (0, 0), "void of {paid:?}");
        if done && !paid.voided {
            let all = self.model.paid[which].places.iter().map(|place| place.2).sum();
            self.model.take(which, all, None).expect("all of it");
            self.model.paid[which].voided = true;
        }
        done
    }

    async fn refund_ask(&mut self, tx: &mut Tx, which: usize, minor: i64) -> bool {
        let Some(paid) = self.model.paid.get(which).cloned() else { return false };
        let cause = format!("opr_r{}", self.turn);
        let (tenant, at_ms) = (self.cast.tenant, self.now_ms());
        let facts = RefundFacts { tenant, attempt: paid.attempt, cause: cause.clone(), minor, at_ms };
        let split = refund_requested_in_tx(tx, &facts).await;
        let left = paid.amount + paid.difference - paid.given.0 - paid.given.1;
        assert_eq!(split.is_ok(), minor <= left && !paid.voided, "refund {minor} of {paid:?}: {split:?}");
        let Ok(split) = split else { return false };
        assert_eq!(split.amount + split.difference, minor);
        let given = (paid.given.0 + split.amount, paid.given.1 + split.difference);
        assert!(given.0 <= paid.amount && given.1 <= paid.difference && split.amount >= 0 && split.difference >= 0);
        let taken = self.model.take(which, split.amount, None).expect("held");
        self.model.paid[which].given = given;
        let split = (split.amount, split.difference);
        self.model.promises.push(Promise { cause, paid: which, taken, split, open: true });
        true
    }

    async fn refund_end(&mut self, tx: &mut Tx, which: usize, confirmed: bool) -> bool {
        let Some(promise) = self.model.promises.get(which).cloned() else { return false };
        let (tenant, at_ms) = (self.cast.tenant, self.now_ms());
        if !promise.open {
            return false;
        }
        self.model.promises[which].open = false;
        if confirmed {
            refund_confirmed_in_tx(tx, tenant, &promise.cause, rate("50"), at_ms).await.expect("booked");
            return true;
        }
        refund_failed_in_tx(tx, tenant, &promise.cause, at_ms).await.expect("booked");
        let given = &mut self.model.paid[promise.paid].given;
        *given = (given.0 - promise.split.0, given.1 - promise.split.1);
        for (debtor, part, minor) in promise.taken.iter().rev() {
            let back = part.map_or(*minor, |part| self.model.parts[part].left.min(*minor));
            if let Some(part) = part {
                self.model.parts[*part].left -= back;
            }
            let places = [(*debtor, *part, back), (*debtor, None, minor - back)];
            let places: Vec<_> = places.into_iter().filter(|place| place.2 > 0).collect();
            self.model.put(promise.paid, &places);
        }
        true
    }

    fn dispute_facts(&self, paid: usize, cause: &str) -> DisputeFacts {
        let (tenant, at_ms) = (self.cast.tenant, self.now_ms());
        DisputeFacts { tenant, attempt: self.model.paid[paid].attempt, cause: cause.to_owned(), at_ms }
    }

    async fn chargeback_open(&mut self, tx: &mut Tx, which: usize) -> bool {
        let Some(paid) = self.model.paid.get(which).cloned() else { return false };
        let facts = self.dispute_facts(which, &format!("cbk_{}", self.turn));
        let opened = chargeback_opened_in_tx(tx, &facts).await;
        let left = paid.amount + paid.difference - paid.given.0 - paid.given.1;
        let open = self.model.disputes.iter().any(|dispute| dispute.paid == which && dispute.open);
        assert_eq!(opened.is_ok(), left > 0 && !paid.voided && !open, "dispute of {paid:?}: {opened:?}");
        let Ok(minor) = opened else { return false };
        assert_eq!(minor, left);
        self.model.disputes.push(Dispute { cause: facts.cause, paid: which, minor, open: true });
        true
    }

    async fn chargeback_won(&mut self, tx: &mut Tx, which: usize) -> bool {
        let Some(dispute) = self.model.disputes.get(which).cloned() else { return false };
        let facts = self.dispute_facts(dispute.paid, &dispute.cause);
        let lost = !dispute.open && self.model.promises.iter().any(|promise| promise.cause == dispute.cause);
        assert_eq!(chargeback_won_in_tx(tx, &facts).await.is_ok(), !lost, "{dispute:?}");
        self.model.disputes[which].open = false;
        dispute.open
    }

    async fn chargeback_lost(&mut self, tx: &mut Tx, which: usize) -> bool {
        let Some(dispute) = self.model.disputes.get(which).cloned().filter(|dispute| dispute.open) else {
            return false;
        };
        let paid = self.model.paid[dispute.paid].clone();
        let split = chargeback_lost_in_tx(tx, &self.dispute_facts(dispute.paid, &dispute.cause)).await;
        let left = paid.amount + paid.difference - paid.given.0 - paid.given.1;
        assert_eq!(split.is_ok(), dispute.minor <= left && !paid.voided, "{dispute:?} of {paid:?}: {split:?}");
        let Ok(split) = split else { return false };
        assert_eq!(split.amount + split.difference, dispute.minor);
        let taken = self.model.take(dispute.paid, split.amount, None).expect("held");
        self.model.paid[dispute.paid].given = (paid.given.0 + split.amount, paid.given.1 + split.difference);
        self.model.disputes[which].open = false;
        let split = (split.amount, split.difference);
        self.model.promises.push(Promise { cause: dispute.cause, paid: dispute.paid, taken, split, open: false });
        true
    }

    async fn advance_use(&mut self, tx: &mut Tx, debtor: usize) -> bool {
        let facts = AdvanceUse {
            tenant: self.cast.tenant,
            node: self.cast.cankaya,
            debtor: self.debtors[debtor],
            currency: Currency::TRY,
            receivables: Vec::new(),
            cause: format!("use_{}", self.turn),
            at_ms: self.now_ms(),
        };
        let used = advance_use_in_tx(tx, &facts).await.expect("booked");
        let owed: i64 = self.model.parts.iter().filter(|part| part.debtor == debtor).map(|part| part.left).sum();
        assert_eq!(used, owed.min(self.model.advance(debtor)));
        let mut rest = used;
        for paid in 0..self.model.paid.len() {
            let stack = &mut self.model.paid[paid].places;
            let Some(place) = stack.iter_mut().find(|place| place.0 == debtor && place.1.is_none()) else { continue };
            let take = place.2.min(rest);
            if take > 0 {
                place.2 -= take;
                rest -= take;
                self.model.paid[paid].places.retain(|place| place.2 > 0);
                let places = self.model.place(debtor, take, None);
                self.model.put(paid, &places);
            }
        }
        used > 0
    }

    async fn transfer(&mut self, tx: &mut Tx, which: usize, minor: i64, to: usize) -> bool {
        let Some(paid) = self.model.paid.get(which).cloned() else { return false };
        let facts = Transfer {
            tenant: self.cast.tenant,
            attempt: paid.attempt,
            minor,
            to: self.debtors[to],
            receivables: Vec::new(),
            cause: format!("move_{}", self.turn),
            at_ms: self.now_ms(),
        };
        let done = transfer_in_tx(tx, &facts).await.is_ok();
        let taken = self.model.take(which, minor, Some(to));
        assert_eq!(done, taken.is_some(), "move {minor} of {paid:?} to {to}");
        if done {
            self.model.paid[which].places.retain(|place| place.2 > 0);
            let places = self.model.place(to, minor, None);
            self.model.put(which, &places);
        }
        done
    }

    async fn account(&self, tx: &mut Tx, account: &str, party: Party) -> i64 {
        let (sum,) = fetch_one!(
            tx,
            (i64,),
            "select cast(coalesce(sum(minor), 0) as bigint) from entry
             where tenant_id = $1 and node_id = $2 and account = $3 and counterparty = $4",
            self.cast.tenant.to_text(),
            self.cast.cankaya.to_text(),
            account,
            party.to_string(),
        )
        .expect("a sum");
        sum
    }

    async fn compare(&mut self, act: &Act) {
        let mut tx = self.db.read().await.expect("reads");
        assert_eq!(books_differ(&mut tx, self.cast.tenant).await.expect("reads"), Vec::<String>::new(), "{act:?}");
        let rows = fetch_all!(
            &mut tx,
            (String, i64),
            "select c.component_id, cast(c.charged_minor - coalesce((select sum(a.minor) from allocation a
                where a.tenant_id = c.tenant_id and a.component_id = c.component_id), 0) as bigint)
             from component c"
        )
        .expect("reads");
        let stored: BTreeMap<String, i64> = rows.into_iter().collect();
        for part in &self.model.parts {
            assert_eq!(stored.get(&part.key), Some(&part.left), "{act:?}: {part:?}");
            assert!((0..=part.charged).contains(&part.left));
        }
        for (debtor, party) in self.debtors.into_iter().enumerate() {
            let owed: i64 = self.model.parts.iter().filter(|part| part.debtor == debtor).map(|part| part.left).sum();
            assert_eq!(self.account(&mut tx, "receivable", party).await, owed, "{act:?}");
            assert_eq!(self.account(&mut tx, "advance", party).await, -self.model.advance(debtor), "{act:?}");
        }
        let (disputed,) = fetch_one!(
            &mut tx,
            (i64,),
            "select cast(coalesce(sum(minor), 0) as bigint) from entry where tenant_id = $1 and account = 'chargeback'",
            self.cast.tenant.to_text()
        )
        .expect("a sum");
        let open: i64 = self.model.disputes.iter().filter(|dispute| dispute.open).map(|dispute| dispute.minor).sum();
        assert_eq!(disputed, open, "{act:?}");
        for paid in &self.model.paid {
            let held: i64 = paid.places.iter().map(|place| place.2).sum();
            let wanted = if paid.voided { 0 } else { paid.amount - paid.given.0 };
            assert_eq!(held, wanted, "allocations + advance + refunded = received: {paid:?}");
        }
    }
}

/// Every row of the books, as bytes. Lock counters are not among them: they are what a refusal may write.
pub(super) async fn rows(tx: &mut Tx) -> Vec<(String, String)> {
    fetch_all!(
        tx,
        (String, String),
        "select 'posting', posting_id || '|' || node_id || '|' || kind || '|' || cause || '|' || reverses_id \
           || '|' || coalesce(collection_id, '') || '|' || cast(at_ms as text) from posting \
         union all select 'entry', posting_id || '|' || cast(line as text) || '|' || account || '|' \
           || counterparty || '|' || coalesce(component, '') || '|' || cast(minor as text) from entry \
         union all select 'allocation', posting_id || '|' || cast(line as text) || '|' || collection_id || '|' || debtor \
           || '|' || coalesce(component_id, '') || '|' || cast(minor as text) from allocation \
         union all select 'collection', collection_id || '|' || attempt_id || '|' || cast(amount_minor as text) || '|' \
           || cast(charged_minor as text) from collection \
         union all select 'collection_refund', cause || '|' || collection_id || '|' || cast(amount_minor as text) || '|' \
           || cast(difference_minor as text) || '|' || state from collection_refund \
         union all select 'component', component_id || '|' || receivable_id || '|' || cast(charged_minor as text) \
           from component \
         order by 1, 2"
    )
    .expect("rows")
}

/// What is new, gone or other, for a failure's message.
fn changed(before: &[(String, String)], after: &[(String, String)]) -> String {
    let gone = before.iter().filter(|row| !after.contains(row)).map(|(table, row)| format!("- {table} {row}"));
    let new = after.iter().filter(|row| !before.contains(row)).map(|(table, row)| format!("+ {table} {row}"));
    gone.chain(new).collect::<Vec<_>>().join("\n")
}

async fn history(fresh: Fresh, acts: Vec<Act>) {
    let debtors = [Party::Customer(CustomerId::at(NOW_MS)), Party::Customer(CustomerId::at(NOW_MS))];
    let mut run = Run { db: fresh.db.clone(), cast: cast(), debtors, model: Model::default(), turn: 0 };
    for act in &acts {
        run.play(act).await;
    }
    fresh.db.close().await;
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
}

/// A few histories each time; `PROPTEST_CASES` raises it for a nightly run.
fn config(cases: u32) -> ProptestConfig {
    let wanted = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig {
        cases: wanted.unwrap_or(cases),
        max_shrink_iters: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn random_histories_agree_with_the_model(acts in prop::collection::vec(act(), 1..40)) {
        runtime().block_on(async {
            history(sqlite().await, acts.clone()).await;
        });
    }
}

proptest! {
    #![proptest_config(config(4))]

    #[test]
    fn random_histories_agree_with_the_model_on_postgres(acts in prop::collection::vec(act(), 20..40)) {
        runtime().block_on(async {
            if let Some(fresh) = postgres().await {
                history(fresh, acts.clone()).await;
            }
        });
    }
}

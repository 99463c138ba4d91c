//! The audit finds nothing where nothing is wrong, and names what somebody changed behind our back.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use vezne::app::App;
use vezne::cli;
use vezne::cli::audit::AuditCommand;
use vezne::flow::audit::{Difference, Report, audit, audit_telling};
use vezne::flow::audit_chain::chain_round;
use vezne::flow::error::{FlowError, FlowResult};
use vezne::flow::turn::turn_run;
use vezne::job::audit_round;
use vezne::limits;
use vezne_it::seed::Store;
use vezne_it::world::{AMOUNT, GOOD_CARD, id};
use vezne_it::{Reply, World, stories};
use vezne_sandbox::{Fault, FaultKind};

async fn report(world: &World) -> Result<Report> {
    let report = audit(&world.host.app).await?;
    ensure!(report.bank_compared, "the bank's book was not compared");
    Ok(report)
}

async fn clean(world: &World) -> Result<Report> {
    let report = report(world).await?;
    ensure!(report.differences.is_empty() && report.found == 0, "{:#?}", report.differences);
    Ok(report)
}

/// Does something in the tables, sees that the audit names it where it is, and undoes it.
async fn named(world: &World, proof: &str, of: &str, harm: &[&str], undo: &[&str]) -> Result<()> {
    let auditor = world.auditor();
    for sql in harm {
        auditor.change(sql).await.with_context(|| (*sql).to_owned())?;
    }
    let found = report(world).await?.differences;
    for sql in undo {
        auditor.change(sql).await.with_context(|| (*sql).to_owned())?;
    }
    let names = |difference: &Difference| difference.proof == proof && difference.what.contains(of);
    ensure!(found.iter().any(names), "{harm:?}: {found:#?} and no {proof} of {of}");
    Ok(())
}

/// Takes rows away and puts them back.
async fn missed(world: &World, proof: &str, of: &str, table: &str, rows: &str) -> Result<()> {
    let keep = format!("create table kept as select * from {table} where {rows}");
    let away = format!("delete from {table} where {rows}");
    let back = format!("insert into {table} select * from kept");
    named(world, proof, of, &[&keep, &away], &[&back, "drop table kept"]).await
}

/// A sale, a voided one, one that went back in part, one that was in doubt, a hold that was taken, a hold that was
/// given up, one that was declined and one that was only made; and a debt of two documents that a payment closed in
/// part. The audit trail has three links.
struct Day {
    paid: String,
    owed: String,
    debts: [String; 2],
}

async fn day(world: &World) -> Result<Day> {
    let paid = id(&world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?)?;
    let voided = world.pay(&world.sale(AMOUNT + 1, GOOD_CARD)).await?;
    world.refund(&id(&voided)?, &json!({})).await?.good()?;
    world.pay(&world.sale(1_051, GOOD_CARD)).await?;
    world.bank.bank.fault(Fault::once(FaultKind::SilenceAfter));
    let doubt = world.pay(&world.sale(AMOUNT + 2, GOOD_CARD)).await?;
    world.bank.bank.clear_faults();
    world.until_asked(&id(&doubt)?, "succeeded").await?;
    for act in ["capture", "cancel"] {
        let mut body = world.sale(AMOUNT + 3, GOOD_CARD);
        body["capture"] = json!("manual");
        let held = id(&world.pay(&body).await?)?;
        world.api.post(&format!("/v1/payments/{held}/{act}"), &json!({})).await?.good()?;
    }
    let mut made = world.sale(AMOUNT + 4, GOOD_CARD);
    made["confirm"] = json!(false);
    made.as_object_mut().context("an object")?.remove("card");
    let made = id(&world.pay(&made).await?)?;
    world.api.post(&format!("/v1/payments/{made}/cancel"), &json!({})).await?.good()?;
    let (owed, debts) = owed(world).await?;
    world.advance(Duration::from_mins(5));
    chain_round(&world.host.app).await?;
    world.add_pos("İkinci POS", "3d", Store::Demo).await?;
    world.advance(Duration::from_mins(5));
    chain_round(&world.host.app).await?;
    world.add_pos("Üçüncü POS", "3d", Store::Demo).await?;
    // The bank's day ends: what goes back from now on is a refund.
    world.advance(Duration::from_hours(26));
    world.bank.bank.day_end();
    chain_round(&world.host.app).await?;
    world.refund(&paid, &json!({ "amount": 5_000 })).await?.good()?;
    let bare = |id: String| id.split_once('_').map(|(_, bare)| bare.to_owned()).unwrap_or_default();
    Ok(Day { paid: bare(paid), owed: bare(owed), debts: debts.map(bare) })
}

/// A customer who owes 300.00, of which 50.00 interest, and 500.00, and pays 400.00.
async fn owed(world: &World) -> Result<(String, [String; 2])> {
    let customer = json!({ "name": "Güneş Yapı Market", "code": "120.01.001" });
    let customer = id(&world.api.post("/v1/customers", &customer).await?.good()?)?;
    let mut debts = Vec::new();
    for (document_no, components) in [
        ("F-1", json!([{ "kind": "principal", "amount": 25_000 }, { "kind": "default_interest", "amount": 5_000 }])),
        ("F-2", json!([{ "kind": "principal", "amount": 50_000 }])),
    ] {
        let body = json!({
            "debtor": { "kind": "customer", "id": customer }, "currency": "TRY", "document_no": document_no,
            "due_on": format!("2026-01-1{}", debts.len()), "components": components,
        });
        debts.push(id(&world.api.post("/v1/receivables", &body).await?.good()?)?);
    }
    let mut body = world.sale(40_000, GOOD_CARD);
    body["payer"] = json!({ "kind": "customer", "id": customer });
    let paid = id(&world.pay(&body).await?)?;
    Ok((paid, <[String; 2]>::try_from(debts).map_err(|_| anyhow::anyhow!("two debts"))?))
}

/// What `vezne audit` prints, line by line, and whether it was content.
async fn printed(world: &World, command: AuditCommand) -> Result<(Vec<String>, bool)> {
    let mut out = Vec::new();
    let clean = cli::audit::audit(&world.host.app, &command, &mut out).await?;
    Ok((String::from_utf8(out)?.lines().map(str::to_owned).collect(), clean))
}

/// Payments and audits beside them, until there were enough of both or one of them failed.
#[derive(Default)]
struct Busy {
    paid: AtomicUsize,
    audited: AtomicUsize,
    failed: AtomicBool,
}

impl Busy {
    fn goes_on(&self) -> bool {
        let enough = self.paid.load(Ordering::SeqCst) >= 60 && self.audited.load(Ordering::SeqCst) >= 6;
        !enough && !self.failed.load(Ordering::SeqCst)
    }

    fn ended<T>(&self, work: Result<T>) -> Result<T> {
        self.failed.fetch_or(work.is_err(), Ordering::SeqCst);
        work
    }

    /// Pays without a pause, and gives every second payment back.
    async fn pays(&self, world: &World, number: usize) -> Result<()> {
        while self.goes_on() {
            let paid = self.ended(world.pay(&world.sale(AMOUNT, GOOD_CARD)).await)?;
            if (self.paid.fetch_add(1, Ordering::SeqCst) + number).is_multiple_of(2) {
                let back = world.refund(&id(&paid)?, &json!({})).await;
                self.ended(back.and_then(Reply::good))?;
            }
        }
        Ok(())
    }

    async fn audits(&self, world: &World) -> Result<()> {
        while self.goes_on() {
            self.ended(clean(world).await)?;
            self.audited.fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    }
}

const DAY_MS: i64 = 86_400_000;

/// Half past three in İstanbul, in one of the next nights.
fn next_night(world: &World) {
    let now_ms = world.clock.now_ms();
    let night_ms = (now_ms / DAY_MS + 2) * DAY_MS + DAY_MS / 48;
    world.advance(Duration::from_millis(u64::try_from(night_ms - now_ms).unwrap_or(0)));
}

/// The name of the night in which the world is.
fn night_of(world: &World) -> Result<String> {
    Ok(jiff::Timestamp::from_millisecond(world.clock.now_ms())?.in_tz("Europe/Istanbul")?.date().to_string())
}

stories! {
    async fn a_night_whose_server_died_is_audited_by_another(world) {
        world.host.app.shutdown.cancel();
        // Servers that serve nothing, and so do nothing by themselves.
        let server = async || App::build(world.host.config.clone(), world.clock.clone()).await;
        let (first, second) = (server().await?, server().await?);
        next_night(world);
        let night = night_of(world)?;
        // The first one takes the turn, and ends in it.
        let endless = turn_run(&first, "audit", &night, std::future::pending::<FlowResult<()>>());
        ensure!(tokio::time::timeout(Duration::from_millis(300), endless).await.is_err(), "nobody waits for ever");
        ensure!(audit_round(&second).await?.is_none(), "two at once");
        ensure!(audit_round(&first).await?.is_none(), "a dead server's turn is nobody's yet, its own neither");
        world.advance(limits::TURN_LEASE + Duration::from_secs(1));
        let report = audit_round(&second).await?.context("the night stays unaudited")?;
        ensure!(report.differences.is_empty(), "{:#?}", report.differences);
        // Done is done, for everybody, however long ago the lease ran out.
        world.advance(limits::TURN_LEASE * 3);
        for app in [&first, &second] {
            ensure!(audit_round(app).await?.is_none(), "twice in one night");
        }
        // What fails is not done: whoever comes after the lease tries again.
        world.advance(Duration::from_hours(24));
        let night = night_of(world)?;
        let failed = async { FlowResult::<()>::Err(FlowError::Busy("a test")) };
        ensure!(turn_run(&first, "audit", &night, failed).await.is_err());
        world.advance(limits::TURN_LEASE + Duration::from_secs(1));
        ensure!(audit_round(&first).await?.is_some(), "a failed night stays unaudited");
        first.drain().await;
        second.drain().await;
        Ok(())
    }

    async fn a_night_whose_server_leaves_is_given_back(world) {
        world.host.app.shutdown.cancel();
        let server = async || App::build(world.host.config.clone(), world.clock.clone()).await;
        let (first, second) = (server().await?, server().await?);
        next_night(world);
        let night = night_of(world)?;
        // It is asked to end in the middle of the work.
        let app = first.clone();
        let left = first.spawn(async move {
            let work = async {
                app.leaving.cancel();
                std::future::pending::<FlowResult<()>>().await
            };
            turn_run(&app, "audit", &night, work).await
        });
        ensure!(left.await??.is_none(), "the work has no end");
        // Nobody has to wait for a lease to run out.
        ensure!(audit_round(&second).await?.is_some(), "the turn was not given back");
        first.drain().await;
        second.drain().await;
        Ok(())
    }

    async fn an_honest_day_has_no_differences(world) {
        day(world).await?;
        let report = clean(world).await?;
        // Eight payments, an attempt of each but the one that was only made, and four operations.
        ensure!(report.untold == 0 && report.derived == 19, "{report:#?}");
        ensure!(report.heads.len() == 1 && report.heads[0].without_key == 0, "{:#?}", report.heads);
        ensure!(report.heads[0].link >= 3, "{:#?}", report.heads);
        Ok(())
    }

    async fn a_changed_state_is_named(world) {
        let Day { paid, .. } = day(world).await?;
        let paid = paid.as_str();
        let one = format!("payment_id = '{paid}'");
        named(world, "states", paid, &[&format!("update payment set state = 'declined' where {one}")],
            &[&format!("update payment set state = 'succeeded' where {one}")]).await?;
        named(world, "states", paid, &[&format!("update attempt set state = 'declined' where {one}")],
            &[&format!("update attempt set state = 'captured' where {one}")]).await?;
        named(world, "states", paid, &[&format!("update operation set state = 'declined' where {one}")],
            &[&format!("update operation set state = 'succeeded' where {one}")]).await?;
        named(world, "refunds", "asked", &["update collection_refund set state = 'asked' where state = 'confirmed'"],
            &["update collection_refund set state = 'confirmed' where state = 'asked'"]).await?;
        named(world, "refunds", "opr_", &["update collection_refund set amount_minor = amount_minor + 1"],
            &["update collection_refund set amount_minor = amount_minor - 1"]).await?;
        // All of it together, as somebody would who knows the rows: the state, the attempt's, and no money.
        named(world, "states", paid,
            &[&format!("update payment set state = 'declined' where {one}"),
                &format!("update attempt set state = 'declined' where {one}")],
            &[&format!("update payment set state = 'succeeded' where {one}"),
                &format!("update attempt set state = 'captured' where {one}")]).await?;
        clean(world).await.context("something was not undone").map(drop)
    }

    async fn a_changed_timeline_is_named(world) {
        let Day { paid, .. } = day(world).await?;
        let paid = paid.as_str();
        let one = format!("payment_id = '{paid}'");
        for kind in ["payment.created", "attempt.captured", "refund.succeeded"] {
            missed(world, "states", paid, "payment_event", &format!("{one} and kind = '{kind}'")).await?;
        }
        // Counted back, so that no number is missing: then what follows the line is.
        named(world, "states", paid, &[&format!("update payment set moved = 1 where {one}")],
            &[&format!("update payment set moved = 2 where {one}")]).await?;
        // As if it were from before moves were told.
        named(world, "states", paid,
            &[&format!("update payment set moved = 0 where {one}"),
                "create table kept as select event_id, moves from payment_event where moves is not null",
                &format!("update payment_event set moves = null where {one}")],
            &[&format!("update payment set moved = 2 where {one}"),
                "update payment_event set moves = (select k.moves from kept k where k.event_id = payment_event.event_id)",
                "drop table kept"]).await?;
        let told = |was: &str, is: &str| format!("update payment_event set moves = replace(moves, '{was}', '{is}') \
            where {one} and kind = 'attempt.captured'");
        for (was, is) in [("approved", "declined"), ("captured\"]", "declined\"]"), ("sending", "unknown"),
            ("approved", "blessed")] {
            named(world, "states", paid, &[&told(was, is)], &[&told(is, was)]).await?;
        }
        named(world, "events", paid, &[&format!("update outbox set sequence = sequence + 100 where aggregate = '{paid}'")],
            &[&format!("update outbox set sequence = sequence - 100 where aggregate = '{paid}'")]).await?;
        clean(world).await.context("something was not undone").map(drop)
    }

    async fn changed_books_are_named(world) {
        let Day { paid, owed, debts: [first, second] } = day(world).await?;
        let one = format!("payment_id = '{paid}'");
        named(world, "postings", "off by", &["update entry set minor = minor + 1 where account = 'pos_clearing' and minor > 0"],
            &["update entry set minor = minor - 1 where account = 'pos_clearing' and minor > 0"]).await?;
        // One that balances: less interest was paid, and less arrived.
        let of = format!("posting_id in (select posting_id from posting where payment_id = '{owed}' and kind = 'capture')");
        let (clearing, interest) = (format!("{of} and account = 'pos_clearing'"), format!("{of} and component = 'default_interest'"));
        let by = |minor: i64, rows: &str| format!("update entry set minor = minor + {minor} where {rows}");
        let (less, paid_less) = (by(-1, &clearing), by(1, &interest));
        let (more, paid_more) = (by(1, &clearing), by(-1, &interest));
        named(world, "allocations", "default_interest", &[&less, &paid_less], &[&more, &paid_more]).await?;
        named(world, "accounts", "cus_", &[&less, &paid_less], &[&more, &paid_more]).await?;
        named(world, "allocations", "col_", &["update allocation set minor = minor + 1 where minor > 0"],
            &["update allocation set minor = minor - 1 where minor > 0"]).await?;
        // Of the same debtor and kind: every sum stays what it was.
        let at = |debt: &str| format!("update allocation set receivable_id = '{debt}', component_id = (select component_id \
            from component where receivable_id = '{debt}' and kind = 'principal') where minor = 25000");
        named(world, "allocations", "explanation", &[&at(&second)], &[&at(&first)]).await?;
        let elsewhere = |debt: &str| format!("update allocation set receivable_id = '{debt}' where minor = 25000");
        named(world, "allocations", "not its own", &[&elsewhere(&second)], &[&elsewhere(&first)]).await?;
        named(world, "postings", &first, &[&format!("update component set charged_minor = charged_minor + 1 where receivable_id = '{first}'")],
            &[&format!("update component set charged_minor = charged_minor - 1 where receivable_id = '{first}'")]).await?;
        let charged = |by: &str| format!("update payment set charged_minor = charged_minor {by} 1 where {one}");
        for proof in ["booked", "bank's book"] {
            named(world, proof, "", &[&charged("+")], &[&charged("-")]).await?;
        }
        named(world, "states", "opr_", &["update operation set kind = 'refund' where kind = 'void' and amount_minor = 12346"],
            &["update operation set kind = 'void' where kind = 'refund' and amount_minor = 12346"]).await?;
        clean(world).await.context("something was not undone").map(drop)
    }

    async fn a_changed_trail_is_named(world) {
        day(world).await?;
        named(world, "audit trail", "link 1 ", &["update audit set actor = 'x' || actor"],
            &["update audit set actor = substr(actor, 2)"]).await?;
        missed(world, "audit trail", "link 1 ", "audit", "audit_id = (select min(audit_id) from audit)").await?;
        missed(world, "audit trail", "link 2 of the audit trail is missing", "audit_link", "link = 2").await?;
        missed(world, "audit trail", "link 1 of the audit trail is missing", "audit_link", "link = 1").await?;
        // A digest that needs no key, which anybody could make.
        named(world, "audit trail", "without a key", &["update audit_link set form = 1 where link = 2"],
            &["update audit_link set form = 2 where link = 2"]).await?;
        named(world, "audit trail", "link 2 ", &["update audit_link set rows_in_it = rows_in_it + 1 where link = 2"],
            &["update audit_link set rows_in_it = rows_in_it - 1 where link = 2"]).await?;
        clean(world).await.context("something was not undone").map(drop)
    }

    async fn a_tail_that_was_cut_off_is_missed_by_a_head_kept_elsewhere(world) {
        let app = &world.host.app;
        day(world).await?;
        let before = clean(world).await?.heads[0].clone();
        world.add_pos("Son POS", "3d", Store::Demo).await?;
        world.advance(Duration::from_mins(5));
        chain_round(app).await?;
        let head = clean(world).await?.heads[0].clone();
        ensure!(head.link > before.link && head.digest != before.digest, "{before:?} {head:?}");
        let kept = [before.digest.clone(), head.digest.clone()];
        let there = audit_telling(app, &kept, &mut |_| ()).await?;
        ensure!(there.found == 0, "{:#?}", there.differences);
        // The last act never happened, says the database: link and rows are gone.
        let auditor = world.auditor();
        let last = auditor.column(&format!("select last_id from audit_link where link = {}", before.link)).await?;
        auditor.change(&format!("delete from audit_link where link > {}", before.link)).await?;
        auditor.change(&format!("delete from audit where audit_id > '{}'", last[0])).await?;
        clean(world).await.context("without the head nothing can show")?;
        let missed = audit_telling(app, &kept, &mut |_| ()).await?;
        let names = |difference: &Difference| difference.what.contains(&head.digest);
        ensure!(missed.found == 1 && missed.differences.iter().all(names), "{:#?}", missed.differences);
        // Another end in its place does not help.
        world.add_pos("Başka POS", "3d", Store::Demo).await?;
        world.advance(Duration::from_mins(5));
        chain_round(app).await?;
        ensure!(audit_telling(app, &kept, &mut |_| ()).await?.found == 1);
        let (lines, content) = printed(world, AuditCommand { head: vec![head.digest.clone()], ..AuditCommand::default() }).await?;
        ensure!(!content && lines[0].contains(&head.digest), "{lines:#?}");
        let (lines, content) = printed(world, AuditCommand { head: vec![before.digest.to_uppercase()], ..AuditCommand::default() }).await?;
        ensure!(content && lines.iter().any(|line| line.starts_with("head of hikaye: ")), "{lines:#?}");
        let odd = AuditCommand { head: vec!["yesterday".to_owned()], ..AuditCommand::default() };
        ensure!(printed(world, odd).await.is_err(), "what is no digest was looked for");
        // A head says nothing where what is before it was changed.
        auditor.change("update audit set actor = 'x' || actor").await?;
        let changed = audit_telling(app, &kept[..1], &mut |_| ()).await?;
        ensure!(changed.differences.iter().any(|difference| difference.what.contains(&before.digest)), "{changed:#?}");
        Ok(())
    }

    async fn every_difference_is_counted_and_can_be_read(world) {
        world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
        let tenant = world.firm.tenant.split_once('_').context("an id")?.1;
        // More than a report names, and more than a page holds.
        let many = limits::AUDIT_PAGE + 150;
        let rows = format!("with recursive n(i) as (select 1 union all select i + 1 from n where i < {many}) \
            insert into outbox (tenant_id, event_id, aggregate, sequence, type, body, created_at_ms, delivered_at_ms) \
            select '{tenant}', 'E' || i, 'A' || i, 2, 'odd', '{{}}', 0, 0 from n");
        world.auditor().change(&rows).await?;
        let (lines, content) = printed(world, AuditCommand::default()).await?;
        let named = lines.iter().filter(|line| line.starts_with("hikaye events: A")).count();
        ensure!(!content && named == limits::AUDIT_NAMED_MAX, "{lines:#?}");
        let has = |wanted: &str| lines.iter().any(|line| line.contains(wanted));
        ensure!(has(&format!("and {} more: --all", many - 100)) && has(&format!("events: {many} differences")), "{lines:#?}");
        ensure!(lines.last().is_some_and(|line| line.contains(&format!(" {many} differences"))), "{lines:#?}");
        let (lines, _) = printed(world, AuditCommand { all: true, ..AuditCommand::default() }).await?;
        let mut named: Vec<_> = lines.iter().filter(|line| line.starts_with("hikaye events: A")).collect();
        named.sort();
        named.dedup();
        ensure!(i64::try_from(named.len())? == many, "{} of {many} are named", named.len());
        let (lines, _) = printed(world, AuditCommand { all: true, json: true, ..AuditCommand::default() }).await?;
        let read: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line)).collect::<Result<_, _>>()?;
        let (last, each) = read.split_last().context("no line")?;
        ensure!(i64::try_from(each.len())? == many && each.iter().all(|line| line["difference"]["proof"] == "events"));
        ensure!(last["report"]["found"] == json!(many) && last["report"]["kinds"]["events"] == json!(many), "{last}");
        let (lines, _) = printed(world, AuditCommand { json: true, ..AuditCommand::default() }).await?;
        let whole: Value = serde_json::from_str(&lines.join(""))?;
        ensure!(whole["found"] == json!(many) && whole["differences"].as_array().map(Vec::len) == Some(100), "{whole}");
        world.auditor().change("delete from outbox where type = 'odd'").await?;
        clean(world).await.map(drop)
    }

    async fn a_busy_database_has_no_differences(world) {
        let busy = Busy::default();
        let hands = futures::future::join_all((0..6).map(|number| busy.pays(world, number)));
        let (hands, audits) = tokio::join!(hands, busy.audits(world));
        audits?;
        hands.into_iter().collect::<Result<()>>()?;
        world.rest().await?;
        clean(world).await.map(drop)
    }
}

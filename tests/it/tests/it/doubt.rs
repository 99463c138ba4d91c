//! What is in doubt is seen, and two persons may decide it; the bank is never contradicted in silence.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use std::time::Duration;
use vezne::store::user::UserRole;
use vezne_it::receiver::Receiver;
use vezne_it::world::{AMOUNT, GOOD_CARD, id, order_no};
use vezne_it::{Patience, Person, Reply, World, stories};
use vezne_sandbox::{Fault, FaultKind, Op};

use crate::webhook::endpoint;

const EVIDENCE: &str = "Bankanın 22 Kasım ekstresinde satır 17";

/// Two persons who may decide.
async fn two(world: &World) -> Result<(Person, Person)> {
    Ok((world.person("okan", UserRole::FirmClerk).await?, world.person("derya", UserRole::FirmAdministrator).await?))
}

/// A sale that the bank booked, or did not, and about which it says nothing until the faults are cleared.
async fn silent_sale(world: &World, booked: bool) -> Result<Reply> {
    world.bank.bank.fault(Fault::always(FaultKind::InquiryDown));
    let silence = if booked { FaultKind::SilenceAfter } else { FaultKind::SilenceBefore };
    world.bank.bank.fault(Fault::once(silence));
    let paid = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
    ensure!(paid.text("/state") == "unknown", "{}", paid.answer.text());
    Ok(paid)
}

/// The id of the only doubt there is.
async fn the_doubt(person: &Person) -> Result<String> {
    let list = person.get("/v1/doubts").await?.good()?;
    ensure!(list.json["data"].as_array().map(Vec::len) == Some(1), "{}", list.answer.text());
    Ok(list.text("/data/0/id").to_owned())
}

async fn propose(person: &Person, doubt: &str, outcome: &str) -> Result<String> {
    let body = json!({ "outcome": outcome, "evidence": EVIDENCE, "reference": "EKS-17", "attachment_sha256": "ab".repeat(32) });
    let made = person.post(&format!("/v1/doubts/{doubt}/decisions"), &body).await?.good()?;
    ensure!(made.status == 201 && made.text("/state") == "proposed", "{}", made.answer.text());
    id(&made)
}

async fn act(person: &Person, proposal: &str, what: &str) -> Result<Reply> {
    person.post(&format!("/v1/proposals/{proposal}/{what}"), &json!({ "note": "baktım" })).await
}

/// Proposed by one, confirmed by the other.
async fn decided(world: &World, outcome: &str) -> Result<(Person, Person)> {
    let (clerk, administrator) = two(world).await?;
    let doubt = the_doubt(&clerk).await?;
    let proposal = propose(&clerk, &doubt, outcome).await?;
    let done = act(&administrator, &proposal, "confirm").await?.good()?;
    ensure!(done.text("/state") == "confirmed", "{}", done.answer.text());
    Ok((clerk, administrator))
}

/// Waits, moving nothing, until the open alarms are these causes with these counts.
async fn until_alarms(person: &Person, wanted: &[(&str, i64)]) -> Result<Reply> {
    let mut patience = Patience::new();
    loop {
        let open = person.get("/v1/alarms?state=open").await?.good()?;
        let found: Vec<(&str, i64)> = open.json["data"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|alarm| (alarm["cause"].as_str().unwrap_or_default(), alarm["count"].as_i64().unwrap_or_default()))
            .collect();
        if found == wanted {
            return Ok(open);
        }
        ensure!(patience.lasts().await, "alarms {found:?} and not {wanted:?}: {}", open.answer.text());
    }
}

/// Waits until the payment's timeline has a line of this kind; moves the clock meanwhile.
async fn until_told(world: &World, payment: &str, kind: &str) -> Result<()> {
    let mut seen = Vec::new();
    for wait_s in [6, 16, 46, 130, 700, 3_700, 87_000] {
        world.advance(Duration::from_secs(wait_s));
        world.rest().await?;
        let events = world.api.get(&format!("/v1/payments/{payment}?expand=events")).await?.good()?;
        let rows: &[Value] = events.json["events"].as_array().map_or(&[], Vec::as_slice);
        seen = rows.iter().map(|row| row["kind"].as_str().unwrap_or_default().to_owned()).collect();
        if seen.iter().any(|told| told == kind) {
            return Ok(());
        }
    }
    anyhow::bail!("no {kind} among {seen:?}")
}

async fn collections(world: &World) -> Result<i64> {
    world.auditor().number("select count(*) from collection").await
}

stories! {
    async fn what_is_in_doubt_is_listed_with_all_that_is_known(world) {
        let paid = silent_sale(world, true).await?;
        let (clerk, _) = two(world).await?;
        let list = clerk.get("/v1/doubts").await?.good()?;
        let row = |pointer: &str| list.text(&format!("/data/0{pointer}")).to_owned();
        ensure!(row("/kind") == "sale" && row("/payment") == id(&paid)?, "{}", list.answer.text());
        ensure!(list.number("/data/0/amount") == Some(AMOUNT) && row("/order_no") == order_no(&paid)?);
        ensure!(!row("/reason/code").is_empty() && !row("/reason/phase").is_empty(), "{}", list.answer.text());
        ensure!(!row("/since").is_empty() && !row("/next_inquiry_at").is_empty() && !row("/inquiries_until").is_empty());
        let one = clerk.get(&format!("/v1/doubts/{}", row("/id"))).await?.good()?;
        let kinds: Vec<&str> =
            one.json["talk"].as_array().into_iter().flatten().filter_map(|said| said["kind"].as_str()).collect();
        ensure!(kinds.contains(&"bank.sent") && kinds.contains(&"bank.silent"), "{kinds:?}");
        // A program may look; nobody else's branch, and no dealer, may.
        ensure!(world.api.get("/v1/doubts").await?.status == 200);
        let dealer = world.person("bayi", UserRole::Dealer).await?;
        ensure!(dealer.get("/v1/doubts").await?.status == 403);
        world.bank.bank.clear_faults();
        world.until_asked(&id(&paid)?, "succeeded").await?;
        ensure!(clerk.get("/v1/doubts").await?.good()?.json["data"] == json!([]));
        ensure!(clerk.get(&format!("/v1/doubts/{}", row("/id"))).await?.status == 404);
        Ok(())
    }

    async fn two_persons_move_the_books_as_the_bank_would(world) {
        let paid = silent_sale(world, true).await?;
        let payment = id(&paid)?;
        let (clerk, administrator) = two(world).await?;
        let doubt = the_doubt(&clerk).await?;
        let short = clerk.post(&format!("/v1/doubts/{doubt}/decisions"), &json!({ "outcome": "done", "evidence": "evet" })).await?;
        ensure!(short.status == 422 && short.text("/errors/0/pointer") == "/evidence", "{}", short.answer.text());
        let blank = clerk.post(&format!("/v1/doubts/{doubt}/decisions"), &json!({ "outcome": "", "evidence": EVIDENCE })).await?;
        ensure!(blank.status == 422 && blank.text("/errors/0/pointer") == "/outcome", "{}", blank.answer.text());
        let program = world.api.post(&format!("/v1/doubts/{doubt}/decisions"), &json!({ "outcome": "done", "evidence": EVIDENCE })).await?;
        ensure!(program.status == 403, "{}", program.answer.text());
        let proposal = propose(&clerk, &doubt, "done").await?;
        let again = administrator.post(&format!("/v1/doubts/{doubt}/decisions"), &json!({ "outcome": "not_done", "evidence": EVIDENCE })).await?;
        ensure!(again.status == 409 && again.text("/code") == "proposal_open", "{}", again.answer.text());
        let own = act(&clerk, &proposal, "confirm").await?;
        ensure!(own.status == 403 && own.text("/code") == "own_proposal", "{}", own.answer.text());
        let foreign = act(&administrator, &proposal, "withdraw").await?;
        ensure!(foreign.status == 403 && foreign.text("/code") == "not_own_proposal", "{}", foreign.answer.text());
        ensure!(world.payment(&payment).await?.text("/state") == "unknown" && collections(world).await? == 0);
        let done = act(&administrator, &proposal, "confirm").await?.good()?;
        ensure!(done.text("/decided_by/name") == "derya" && done.text("/proposed_by/name") == "okan", "{}", done.answer.text());
        let settled = world.payment(&payment).await?;
        ensure!(settled.text("/state") == "succeeded", "{}", settled.answer.text());
        ensure!(collections(world).await? == 1);
        // A second press of the button finds it done.
        act(&administrator, &proposal, "confirm").await?.good()?;
        ensure!(collections(world).await? == 1);
        let auditor = world.auditor();
        let acts = auditor.column("select act from audit where object like 'prp_%' order by act").await?;
        ensure!(acts == ["proposal.confirmed", "proposal.made"], "{acts:?}");
        let told = auditor.column("select type from outbox order by sequence").await?;
        ensure!(told.contains(&"payment.resolved".to_owned()), "{told:?}");
        // The bank is asked all the same, and bears it out.
        world.bank.bank.clear_faults();
        until_told(world, &payment, "attempt.borne_out").await?;
        ensure!(world.bank.bank.authorize_calls(&order_no(&paid)?) == 1 && collections(world).await? == 1);
        Ok(())
    }

    async fn a_bank_that_says_otherwise_later_calls_a_person_and_moves_nothing(world) {
        let paid = silent_sale(world, true).await?;
        let payment = id(&paid)?;
        let (_, administrator) = decided(world, "not_done").await?;
        ensure!(world.payment(&payment).await?.text("/state") == "failed");
        world.bank.bank.clear_faults();
        until_told(world, &payment, "attempt.contradicted").await?;
        let open = until_alarms(&administrator, &[("contradiction", 1)]).await?;
        ensure!(open.text("/data/0/payments/0") == payment, "{}", open.answer.text());
        // Neither voided nor booked: a person looks first.
        world.advance(Duration::from_hours(30));
        tokio::time::sleep(Duration::from_millis(400)).await;
        ensure!(world.payment(&payment).await?.text("/state") == "failed" && collections(world).await? == 0);
        ensure!(world.bank_net(&order_no(&paid)?) == AMOUNT, "money was moved in silence");
        ensure!(world.auditor().number("select count(*) from operation").await? == 0);
        until_alarms(&administrator, &[("contradiction", 1)]).await?;
        let close = format!("/v1/alarms/{}/close", open.text("/data/0/id"));
        ensure!(administrator.post(&close, &json!({ "note": " " })).await?.status == 422);
        administrator.post(&close, &json!({ "note": "Banka elle iade edecek" })).await?.good()?;
        until_alarms(&administrator, &[]).await?;
        world.may_differ();
        Ok(())
    }

    async fn a_bank_that_does_not_know_what_was_decided_paid_calls_a_person(world) {
        let paid = silent_sale(world, false).await?;
        let (_, administrator) = decided(world, "done").await?;
        ensure!(world.payment(&id(&paid)?).await?.text("/state") == "succeeded");
        world.bank.bank.clear_faults();
        until_told(world, &id(&paid)?, "attempt.contradicted").await?;
        until_alarms(&administrator, &[("contradiction", 1)]).await?;
        ensure!(world.payment(&id(&paid)?).await?.text("/state") == "succeeded" && collections(world).await? == 1);
        world.may_differ();
        Ok(())
    }

    async fn many_doubts_at_one_bank_are_one_alarm(world) {
        let receiver = Receiver::start().await?;
        endpoint(world, &receiver.url, json!({ "events": ["alarm.opened", "alarm.closed"] })).await?;
        let (clerk, _) = two(world).await?;
        let mut sold = Vec::new();
        for _ in 0..4 {
            sold.push(id(&silent_sale(world, true).await?)?);
        }
        ensure!(clerk.get("/v1/alarms?state=open").await?.good()?.json["data"] == json!([]), "too early");
        world.advance(Duration::from_secs(125));
        let open = until_alarms(&clerk, &[("bank_silent", 4)]).await?;
        ensure!(open.number("/data/0/in_doubt") == Some(4), "{}", open.answer.text());
        let closing = clerk.post(&format!("/v1/alarms/{}/close", open.text("/data/0/id")), &json!({ "note": "bence tamam" })).await?;
        ensure!(closing.status == 409 && closing.text("/code") == "alarm_ends_by_itself", "{}", closing.answer.text());
        let home = clerk.get("/v1/home").await?.good()?;
        ensure!(home.number("/alarms") == Some(1), "{}", home.answer.text());
        sold.push(id(&silent_sale(world, true).await?)?);
        world.advance(Duration::from_secs(125));
        until_alarms(&clerk, &[("bank_silent", 5)]).await?;
        world.bank.bank.clear_faults();
        for payment in &sold {
            world.until_asked(payment, "succeeded").await?;
        }
        world.advance(Duration::from_secs(10));
        until_alarms(&clerk, &[]).await?;
        let kinds: Vec<String> = receiver.until(2).await?.iter().map(|told| told.kind().to_owned()).collect();
        ensure!(kinds == ["alarm.opened", "alarm.closed"], "{kinds:?}");
        let listed = world.api.get("/v1/events?type=alarm.opened").await?.good()?;
        ensure!(listed.text("/data/0/about") == open.text("/data/0/id"), "{}", listed.answer.text());
        receiver.still(2).await?;
        Ok(())
    }

    async fn a_void_in_doubt_is_decided_either_way(world) {
        for (fault, outcome, state, kept) in
            [(FaultKind::SilenceAfter, "done", "succeeded", 0), (FaultKind::SilenceBefore, "not_done", "failed", AMOUNT)]
        {
            let paid = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
            let payment = id(&paid)?;
            world.bank.bank.fault(Fault::always(FaultKind::InquiryDown));
            world.bank.bank.fault(Fault::once(fault).on(Op::Void));
            let void = world.refund(&payment, &json!({})).await?.good()?;
            ensure!(void.text("/state") == "unknown", "{}", void.answer.text());
            let clerk = world.person(&format!("okan-{outcome}"), UserRole::FirmClerk).await?;
            let administrator = world.person(&format!("derya-{outcome}"), UserRole::FirmAdministrator).await?;
            let doubt = the_doubt(&clerk).await?;
            ensure!(doubt.starts_with("opr_"), "{doubt}");
            let proposal = propose(&clerk, &doubt, outcome).await?;
            act(&administrator, &proposal, "confirm").await?.good()?;
            let refunds = world.api.get(&format!("/v1/payments/{payment}/refunds")).await?.good()?;
            ensure!(refunds.text("/data/0/state") == state, "{}", refunds.answer.text());
            ensure!(world.payment(&payment).await?.json["voided"] == json!(kept == 0));
            ensure!(world.bank_net(&order_no(&paid)?) == kept);
            world.bank.bank.clear_faults();
        }
        Ok(())
    }

    async fn the_bank_is_faster_than_the_second_person(world) {
        let paid = silent_sale(world, true).await?;
        let (clerk, administrator) = two(world).await?;
        let doubt = the_doubt(&clerk).await?;
        let proposal = propose(&clerk, &doubt, "not_done").await?;
        world.bank.bank.clear_faults();
        world.until_asked(&id(&paid)?, "succeeded").await?;
        let read = clerk.get(&format!("/v1/proposals/{proposal}")).await?.good()?;
        ensure!(read.text("/state") == "expired" && read.text("/decided_by/id").is_empty(), "{}", read.answer.text());
        let late = act(&administrator, &proposal, "confirm").await?;
        ensure!(late.status == 409 && late.text("/code") == "proposal_closed", "{}", late.answer.text());
        ensure!(world.payment(&id(&paid)?).await?.text("/state") == "succeeded" && collections(world).await? == 1);
        Ok(())
    }

    async fn a_proposal_ends_in_every_way_and_then_another_may_follow(world) {
        let paid = silent_sale(world, true).await?;
        let (clerk, administrator) = two(world).await?;
        let doubt = the_doubt(&clerk).await?;
        let first = propose(&clerk, &doubt, "not_done").await?;
        ensure!(act(&administrator, &first, "reject").await?.good()?.text("/state") == "rejected");
        let second = propose(&clerk, &doubt, "not_done").await?;
        ensure!(act(&clerk, &second, "withdraw").await?.good()?.text("/state") == "withdrawn");
        let third = propose(&clerk, &doubt, "not_done").await?;
        world.advance(Duration::from_hours(97));
        let late = act(&administrator, &third, "confirm").await?;
        ensure!(late.status == 409, "{}", late.answer.text());
        // The whole schedule goes by without an answer: the alarm says that only a person can decide.
        for _ in 0..8 {
            world.advance(Duration::from_hours(25));
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        until_alarms(&administrator, &[("asked_in_vain", 1), ("bank_silent", 1)]).await?;
        ensure!(clerk.get(&format!("/v1/proposals/{third}")).await?.good()?.text("/state") == "expired");
        let shown = clerk.get(&format!("/v1/doubts/{doubt}")).await?.good()?;
        ensure!(shown.json["next_inquiry_at"].is_null() && shown.json["proposals"].as_array().map(Vec::len) == Some(3));
        let fourth = propose(&administrator, &doubt, "done").await?;
        act(&clerk, &fourth, "confirm").await?.good()?;
        ensure!(world.payment(&id(&paid)?).await?.text("/state") == "succeeded");
        world.advance(Duration::from_secs(10));
        until_alarms(&administrator, &[]).await?;
        world.bank.bank.clear_faults();
        Ok(())
    }

    async fn ten_confirmations_at_once_book_once(world) {
        let paid = silent_sale(world, true).await?;
        let (clerk, administrator) = two(world).await?;
        let second = world.person("ikinci", UserRole::FirmAdministrator).await?;
        let doubt = the_doubt(&clerk).await?;
        let proposal = propose(&clerk, &doubt, "done").await?;
        let presses = (0..10).map(|press| act(if press % 2 == 0 { &administrator } else { &second }, &proposal, "confirm"));
        for press in futures::future::join_all(presses).await {
            let press = press?;
            ensure!(press.status == 200, "{}", press.answer.text());
        }
        ensure!(world.payment(&id(&paid)?).await?.text("/state") == "succeeded" && collections(world).await? == 1);
        ensure!(world.auditor().number("select count(*) from audit where act = 'proposal.confirmed'").await? == 1);
        world.bank.bank.clear_faults();
        Ok(())
    }
}

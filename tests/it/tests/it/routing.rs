//! Rules choose the POS account; another one takes over only where no bank can have the money.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::time::Duration;
use vezne::domain::id::{PosAccountId, RuleId, SchemeId, TenantId};
use vezne::domain::instalment::SchemeLine;
use vezne::domain::rate::Rate;
use vezne::store::instalment::{scheme_insert, scheme_line_insert};
use vezne_it::api::fresh_key;
use vezne_it::http::Call;
use vezne_it::seed::{self, Store};
use vezne_it::world::{AMOUNT, GOOD_CARD, id, order_no};
use vezne_it::{Patience, Reply, World, stories};
use vezne_sandbox::{Fault, FaultKind};

use super::pos_account::changed;
use super::three_ds;
use super::webhook::patch;

/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:9";

/// An account whose bank cannot be reached.
async fn dead(world: &World, name: &str) -> Result<String> {
    seed::pos_account(&world.api, NOWHERE, name, "none", Store::Demo).await
}

/// Adds a rule; gives its id.
async fn rule(world: &World, when: Value, through: Value) -> Result<String> {
    let made = world.api.post("/v1/routing/rules", &json!({ "when": when, "through": through })).await?.good()?;
    id(&made)
}

/// A sale for which the rules are asked.
fn routed(world: &World, amount: i64) -> Value {
    let mut body = world.sale(amount, GOOD_CARD);
    body.as_object_mut().map(|body| body.remove("pos_account"));
    body
}

/// The payment with its attempts and its explanation.
async fn explained(world: &World, payment: &Reply) -> Result<Reply> {
    world.api.get(&format!("/v1/payments/{}?expand=attempts,events,routing", id(payment)?)).await?.good()
}

fn count(reply: &Reply, pointer: &str) -> usize {
    reply.json.pointer(pointer).and_then(Value::as_array).map_or(0, Vec::len)
}

/// What the outside was told of payments.
async fn told(world: &World) -> Result<Vec<String>> {
    world.auditor().column("select type from outbox order by type").await
}

fn explain(amount: i64) -> Value {
    json!({ "bin": &GOOD_CARD[..8], "amount": amount, "currency": "TRY" })
}

stories! {
    async fn the_first_rule_that_holds_chooses_and_says_so(world) {
        // Of equally near accounts the older one is the nearest.
        world.advance(Duration::from_millis(2));
        let other = world.add_pos("Eski mağaza", "none", Store::Old).await?;
        let never = rule(world, json!({ "programmes": ["World"] }), json!({ "accounts": [world.pos] })).await?;
        let chosen = rule(world, json!({ "bins": ["435508"], "amount_max": AMOUNT, "currency": "TRY" }), json!({ "accounts": [other] })).await?;
        let dry = world.api.post("/v1/routing/explain", &explain(AMOUNT)).await?.good()?;
        ensure!(dry.text("/account/id") == other && dry.text("/card/bank/code") == "0046", "{}", dry.answer.text());
        ensure!(world.authorize_calls() == 0, "a dry run asks no bank");
        let paid = world.pay(&routed(world, AMOUNT)).await?;
        ensure!(paid.text("/state") == "succeeded" && paid.text("/pos_account/id") == other, "{}", paid.answer.text());
        ensure!(world.order(&order_no(&paid)?)?.net == AMOUNT);
        let told = explained(world, &paid).await?;
        ensure!(told.text("/routing/by") == "rule" && told.text("/routing/account/id") == other, "{}", told.answer.text());
        ensure!(told.text("/routing/rules/0/rule") == never && told.text("/routing/rules/0/unmet/0") == "programme");
        ensure!(told.text("/routing/rules/1/rule") == chosen && told.text("/routing/rules/1/verdict") == "decided");
        let created = told.json["events"].as_array().and_then(|rows| rows.iter().find(|row| row["kind"] == "payment.created"));
        let detail = created.map(|row| row["detail"].clone()).unwrap_or_default();
        ensure!(detail["routed_by"] == "rule" && detail["rule"] == "2", "{detail}");
        // Above the amount nobody decides: the nearest account takes it.
        let more = world.pay(&routed(world, AMOUNT + 1)).await?;
        ensure!(more.text("/pos_account/id") == world.pos, "{}", more.answer.text());
        ensure!(explained(world, &more).await?.text("/routing/by") == "nearest");
        Ok(())
    }

    async fn an_account_that_the_request_names_wins(world) {
        let other = world.add_pos("Eski mağaza", "none", Store::Old).await?;
        rule(world, json!({}), json!({ "accounts": [other] })).await?;
        let paid = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
        ensure!(paid.text("/pos_account/id") == world.pos, "{}", paid.answer.text());
        ensure!(explained(world, &paid).await?.text("/routing/by") == "request");
        Ok(())
    }

    async fn a_bank_that_cannot_be_reached_hands_over(world) {
        let dead = dead(world, "Kapalı").await?;
        rule(world, json!({}), json!({ "accounts": [dead, world.pos] })).await?;
        let key = fresh_key();
        let body = routed(world, AMOUNT);
        let paid = world.pay_with_key(&body, &key).await?.good()?;
        ensure!(paid.text("/state") == "succeeded" && paid.text("/pos_account/id") == world.pos, "{}", paid.answer.text());
        ensure!(world.order(&order_no(&paid)?)?.approvals == 1 && world.bank_total() == AMOUNT);
        let told = explained(world, &paid).await?;
        ensure!(count(&told, "/attempts") == 2, "{}", told.answer.text());
        ensure!(told.text("/attempts/0/state") == "not_processed" && told.text("/attempts/0/pos_account/name") == "Kapalı");
        ensure!(told.text("/attempts/1/state") == "captured" && told.text("/attempts/1/pos_account/name") == "Hikâye POS");
        ensure!(told.text("/routing/failovers/0/from") == dead && told.text("/routing/failovers/0/to") == world.pos);
        ensure!(told.answer.text().contains("payment.rerouted"), "{}", told.answer.text());
        // Nobody was ever told that it had failed, and a repetition gets the same answer.
        ensure!(self::told(world).await? == ["payment.succeeded"], "{:?}", self::told(world).await?);
        let again = world.pay_with_key(&body, &key).await?.good()?;
        ensure!(again.answer.body == paid.answer.body && world.authorize_calls() == 1);
        Ok(())
    }

    async fn a_payer_is_sent_to_the_gate_of_the_account_that_took_over(world) {
        let dead = dead(world, "Kapalı").await?;
        let gate = world.add_pos("3-D", "3d", Store::Demo).await?;
        rule(world, json!({}), json!({ "accounts": [dead, gate] })).await?;
        let mut body = routed(world, AMOUNT);
        body["three_d_secure"] = json!("automatic");
        let begun = world.pay(&body).await?;
        ensure!(begun.text("/state") == "requires_action" && begun.text("/pos_account/id") == gate, "{}", begun.answer.text());
        let browser = vezne_it::Browser::default();
        let page = browser.get(begun.text("/next_action/redirect_url")).await?;
        let page = browser.settle(page).await?;
        let visit = three_ds::Visit { payment: id(&begun)?, order: order_no(&begun)?, browser, page };
        let back = three_ds::confirm(&visit).await?;
        visit.browser.settle(back).await?;
        three_ds::paid(world, &visit).await
    }

    async fn what_may_be_at_a_bank_is_waited_for(world) {
        let other = world.add_pos("Eski mağaza", "none", Store::Old).await?;
        rule(world, json!({}), json!({ "accounts": [world.pos, other] })).await?;
        for (fault, end, kept) in [(FaultKind::SilenceAfter, "succeeded", AMOUNT), (FaultKind::SilenceBefore, "failed", AMOUNT)] {
            world.bank.bank.fault(Fault::once(fault));
            let paid = world.pay(&routed(world, AMOUNT)).await?;
            world.bank.bank.clear_faults();
            ensure!(paid.text("/state") == "unknown" && paid.text("/pos_account/id") == world.pos, "{}", paid.answer.text());
            let ended = world.until_asked_any(&id(&paid)?, &[end, "declined"]).await?;
            let told = explained(world, &ended).await?;
            ensure!(count(&told, "/attempts") == 1 && count(&told, "/routing/failovers") == 0, "{}", told.answer.text());
            ensure!(world.bank_total() == kept, "{fault:?}: the bank keeps {}", world.bank_total());
        }
        Ok(())
    }

    async fn a_refused_card_is_not_carried_on(world) {
        let other = world.add_pos("Eski mağaza", "none", Store::Old).await?;
        rule(world, json!({}), json!({ "accounts": [world.pos, other] })).await?;
        let paid = world.pay(&routed(world, 1_051)).await?;
        ensure!(paid.text("/state") == "declined", "{}", paid.answer.text());
        ensure!(count(&explained(world, &paid).await?, "/attempts") == 1 && world.authorize_calls() == 1);
        Ok(())
    }

    async fn where_no_bank_can_be_reached_the_payment_fails_once(world) {
        let (one, two) = (dead(world, "Bir").await?, dead(world, "İki").await?);
        rule(world, json!({}), json!({ "accounts": [one, two] })).await?;
        let paid = world.pay(&routed(world, AMOUNT)).await?;
        ensure!(paid.text("/state") == "failed" && paid.text("/pos_account/name") == "İki", "{}", paid.answer.text());
        ensure!(count(&explained(world, &paid).await?, "/attempts") == 2);
        ensure!(told(world).await? == ["payment.failed"], "{:?}", told(world).await?);
        Ok(())
    }

    async fn a_daily_cap_sends_what_is_above_it_elsewhere(world) {
        let other = world.add_pos("Eski mağaza", "none", Store::Old).await?;
        rule(world, json!({ "currency": "TRY" }), json!({ "accounts": [other], "daily_cap": 2 * AMOUNT - 1 })).await?;
        rule(world, json!({}), json!({ "accounts": [world.pos] })).await?;
        // What was refused does not count.
        let mut refused = routed(world, 1_051);
        refused["amount"] = json!(1_051);
        ensure!(world.pay(&refused).await?.text("/state") == "declined");
        ensure!(world.pay(&routed(world, AMOUNT)).await?.text("/pos_account/id") == other);
        let above = world.pay(&routed(world, AMOUNT)).await?;
        ensure!(above.text("/pos_account/id") == world.pos, "{}", above.answer.text());
        let told = explained(world, &above).await?;
        ensure!(told.text("/routing/candidates/0/skip") == "over_cap" && told.text("/routing/rules/0/verdict") == "no_account", "{}", told.answer.text());
        // Another day.
        world.advance(Duration::from_hours(24));
        ensure!(world.pay(&routed(world, AMOUNT)).await?.text("/pos_account/id") == other);
        Ok(())
    }

    async fn a_bank_that_does_not_answer_is_left_alone_for_a_while(world) {
        let dead = dead(world, "Kapalı").await?;
        rule(world, json!({}), json!({ "accounts": [dead, world.pos], "healthy": true })).await?;
        for _ in 0..3 {
            let paid = world.pay(&routed(world, AMOUNT)).await?;
            ensure!(paid.text("/state") == "succeeded" && count(&explained(world, &paid).await?, "/attempts") == 2);
        }
        let paid = world.pay(&routed(world, AMOUNT)).await?;
        let told = explained(world, &paid).await?;
        ensure!(count(&told, "/attempts") == 1 && told.answer.text().contains("unhealthy"), "{}", told.answer.text());
        world.advance(Duration::from_mins(11));
        let paid = world.pay(&routed(world, AMOUNT)).await?;
        ensure!(count(&explained(world, &paid).await?, "/attempts") == 2, "it is tried again");
        Ok(())
    }

    async fn the_cheapest_account_counts_waiting_for_its_money(world) {
        let other = world.add_pos("Eski mağaza", "none", Store::Old).await?;
        offer(world, &[(&world.pos, "2", 1), (&other, "1.5", 40)]).await?;
        let through = |rate: Option<&str>| json!({ "accounts": [world.pos, other], "cheapest": true, "money_rate": rate });
        let one = rule(world, json!({}), through(None)).await?;
        ensure!(world.pay(&routed(world, AMOUNT)).await?.text("/pos_account/id") == other);
        world.api.send(Call::new("DELETE", format!("{}/v1/routing/rules/{one}", world.api.base))).await?.good()?;
        rule(world, json!({}), through(Some("50"))).await?;
        let paid = world.pay(&routed(world, AMOUNT)).await?;
        ensure!(paid.text("/pos_account/id") == world.pos, "{}", paid.answer.text());
        let told = explained(world, &paid).await?;
        // 2 % of 123,45 and one day; 1.5 % and 40 days at 50 % a year.
        ensure!(told.number("/routing/candidates/0/cost/commission") == Some(247), "{}", told.answer.text());
        ensure!(told.number("/routing/candidates/1/cost/money") == Some(666), "{}", told.answer.text());
        // The books know what the account that took it keeps.
        let rates = world.auditor().column(&format!("select terms from payment where payment_id = '{}'", &id(&paid)?[4..])).await?;
        ensure!(rates.iter().all(|terms| terms.contains("\"bank_rate\":\"2\"")), "{rates:?}");
        Ok(())
    }

    async fn rules_are_ordered_changed_and_taken_away(world) {
        let first = rule(world, json!({}), json!({ "accounts": [world.pos] })).await?;
        let second = rule(world, json!({ "kinds": ["debit"] }), json!({ "accounts": [world.pos] })).await?;
        let order = json!({ "rules": [second, first] });
        let table = world.api.post("/v1/routing/rules/order", &order).await?.good()?;
        ensure!(table.text("/rules/0/id") == second && table.number("/rules/1/place") == Some(2), "{}", table.answer.text());
        let version = table.number("/version").context("no version")?;
        let path = format!("/v1/routing/rules/{first}");
        let changed = patch(world, &path, version, &json!({ "name": "Hepsi", "state": "disabled" })).await?.good()?;
        ensure!(changed.text("/name") == "Hepsi" && changed.text("/through/accounts/0") == world.pos, "{}", changed.answer.text());
        let stale = patch(world, &path, version, &json!({ "name": "Eski" })).await?;
        ensure!(stale.status == 412, "{}", stale.answer.text());
        let missing = world.api.post("/v1/routing/rules/order", &json!({ "rules": [first] })).await?;
        ensure!(missing.status == 422, "{}", missing.answer.text());
        world.api.send(Call::new("DELETE", format!("{}/v1/routing/rules/{second}", world.api.base))).await?.good()?;
        let table = world.api.get("/v1/routing/rules").await?.good()?;
        ensure!(count(&table, "/rules") == 1 && table.number("/rules/0/place") == Some(1), "{}", table.answer.text());
        // A disabled rule is not looked at.
        ensure!(world.api.post("/v1/routing/explain", &explain(AMOUNT)).await?.text("/by") == "nearest");
        Ok(())
    }

    async fn a_dry_run_knows_at_once_what_was_changed(world) {
        let dry = async || world.api.post("/v1/routing/explain", &explain(AMOUNT)).await;
        world.advance(Duration::from_millis(2));
        let other = world.add_pos("Eski mağaza", "none", Store::Old).await?;
        ensure!(dry().await?.text("/by") == "nearest");
        // Each answer is asked for twice, so that it is kept before the next change.
        let first = rule(world, json!({ "bins": ["435508"] }), json!({ "accounts": [other] })).await?;
        for _ in 0..2 {
            ensure!(dry().await?.text("/account/id") == other);
        }
        let version = world.api.get("/v1/routing/rules").await?.number("/version").context("no version")?;
        let through = json!({ "through": { "accounts": [world.pos, other] } });
        patch(world, &format!("/v1/routing/rules/{first}"), version, &through).await?.good()?;
        for _ in 0..2 {
            ensure!(dry().await?.text("/account/id") == world.pos);
        }
        changed(world, &world.pos, &json!({ "state": "disabled" })).await?.good()?;
        for _ in 0..2 {
            let told = dry().await?.good()?;
            ensure!(told.text("/account/id") == other && told.answer.text().contains("not_usable"), "{}", told.answer.text());
        }
        // A row that is changed by hand is counted by nobody, and so what is kept is told on: now and then the server is
        // late with its reading and asks the database, so it is tried again.
        let (mut patience, mut number) = (Patience::new(), 0);
        let kept = loop {
            let kept = dry().await?.text("/account/name").to_owned();
            number += 1;
            let rename = format!("update pos_account set name = 'Elle {number}' where pos_account_id = '{}'", &other[4..]);
            world.auditor().change(&rename).await?;
            if dry().await?.text("/account/name") == kept {
                break kept;
            }
            ensure!(patience.lasts().await, "nothing is ever kept");
        };
        changed(world, &world.pos, &json!({ "state": "active" })).await?.good()?;
        let told = dry().await?.answer.text();
        ensure!(told.contains(&format!("Elle {number}")) && !told.contains(&format!("\"{kept}\"")), "{told}");
        // The table, and what the firm lets its dealers do.
        offer(world, &[(&other, "1.5", 40)]).await?;
        let dearer = rule(world, json!({}), json!({ "accounts": [other], "cheapest": true })).await?;
        world.api.post("/v1/routing/rules/order", &json!({ "rules": [dearer, first] })).await?.good()?;
        ensure!(dry().await?.number("/candidates/0/cost/commission") == Some(185), "{}", dry().await?.answer.text());
        let firm = format!("/v1/dealers/{}", world.firm.node);
        let version = world.api.get(&format!("{firm}/effective_settings")).await?.good()?.number("/version").context("no version")?;
        patch(world, &firm, version, &json!({ "settings": { "amount_max": AMOUNT - 1 } })).await?.good()?;
        let refused = dry().await?;
        ensure!(refused.text("/errors/0/pointer") == "/amount", "{}", refused.answer.text());
        Ok(())
    }

    async fn a_dry_run_tells_what_could_not_be_opened(world) {
        world.advance(Duration::from_millis(2));
        let asking = world.add_pos("3-D ister", "none", Store::Old).await?;
        changed(world, &asking, &json!({ "three_d_model": "3d", "three_d_required": true })).await?.good()?;
        let bare = world.add_pos("Parolasız", "none", Store::Old).await?;
        rule(world, json!({}), json!({ "accounts": [bare, asking, world.pos] })).await?;
        world.auditor().change(&format!("delete from pos_secret where pos_account_id = '{}'", &bare[4..])).await?;
        let skip = |told: &Reply, account: &str| {
            let rows = told.json.pointer("/candidates").or(told.json.pointer("/routing/candidates")).cloned().unwrap_or_default();
            let row = rows.as_array().into_iter().flatten().find(|row| row["account"]["id"] == account).cloned();
            row.map(|row| row["skip"].as_str().unwrap_or("none").to_owned()).unwrap_or_default()
        };
        let dry = world.api.post("/v1/routing/explain", &explain(AMOUNT)).await?.good()?;
        ensure!(dry.text("/account/id") == asking && skip(&dry, &bare) == "setting_missing", "{}", dry.answer.text());
        let mut by_mail = explain(AMOUNT);
        by_mail["channel"] = json!("mail_order");
        let dry = world.api.post("/v1/routing/explain", &by_mail).await?.good()?;
        ensure!(dry.text("/account/id") == world.pos && skip(&dry, &asking) == "demands_three_d", "{}", dry.answer.text());
        // The payment finds the same.
        let mut order = routed(world, AMOUNT);
        order["channel"] = json!("mail_order");
        let paid = explained(world, &world.pay(&order).await?.good()?).await?;
        ensure!(paid.text("/pos_account/id") == world.pos && paid.text("/state") == "succeeded", "{}", paid.answer.text());
        ensure!((skip(&paid, &bare), skip(&paid, &asking)) == ("setting_missing".to_owned(), "demands_three_d".to_owned()), "{}", paid.answer.text());
        // Where none is left, the dry run chooses none.
        for account in [&asking, &world.pos] {
            changed(world, account, &json!({ "state": "disabled" })).await?.good()?;
        }
        let dry = world.api.post("/v1/routing/explain", &explain(AMOUNT)).await?.good()?;
        ensure!(dry.text("/account/id").is_empty() && skip(&dry, &bare) == "setting_missing", "{}", dry.answer.text());
        let refused = world.pay_with_key(&routed(world, AMOUNT), &fresh_key()).await?;
        ensure!((refused.status, refused.text("/code")) == (409, "setting_missing"), "{}", refused.answer.text());
        Ok(())
    }

    async fn a_rule_that_makes_no_sense_is_refused_with_every_reason(world) {
        let body = json!({
            "when": { "bins": ["12345"], "amount_min": 5, "amount_max": 4, "hours_from": "25:00", "hours_until": "06:00", "dealers": ["dlr_x"] },
            "through": { "accounts": ["pos_01JD0000000000000000000000"], "money_rate": "101", "daily_cap": 0 },
        });
        let refused = world.api.post("/v1/routing/rules", &body).await?;
        ensure!(refused.status == 422, "{}", refused.answer.text());
        for pointer in ["/when/bins/0", "/when/amount_max", "/when/currency", "/when/hours_from", "/when/dealers/0", "/through/accounts/0", "/through/money_rate", "/through/daily_cap"] {
            ensure!(refused.answer.text().contains(&format!("\"{pointer}\"")), "{pointer}: {}", refused.answer.text());
        }
        let table = world.api.get("/v1/routing/rules").await?.good()?;
        ensure!(count(&table, "/rules") == 0 && table.number("/version") == Some(0), "{}", table.answer.text());
        Ok(())
    }
}

/// Gives the firm a table: single payments, with what each account's bank keeps and how long it waits.
async fn offer(world: &World, lines: &[(&str, &str, u16)]) -> Result<()> {
    let tenant: TenantId = world.firm.tenant.parse()?;
    let now_ms = world.clock.now_ms();
    let mut tx = world.host.app.db.begin().await?;
    let scheme = SchemeId::at(now_ms);
    scheme_insert(&mut tx, tenant, scheme, now_ms, "job:story", now_ms).await?;
    for (account, bank_rate, blocked_days) in lines {
        let line = SchemeLine {
            id: RuleId::at(now_ms),
            pos_account: Some(account.parse::<PosAccountId>()?),
            programme: None,
            commercial: None,
            instalments: 1,
            extra: 0,
            offer_rate: Rate::ZERO,
            payer_share: Rate::ZERO,
            bank_rate: bank_rate.parse()?,
            amount_min: 0,
            blocked_days: *blocked_days,
        };
        scheme_line_insert(&mut tx, tenant, scheme, &line).await?;
    }
    tx.commit().await?;
    Ok(())
}

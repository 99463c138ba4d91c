//! What a firm says of its account at a bank: 3-D Secure always, and when the bank's day ends.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::time::Duration;
use vezne_it::api::fresh_key;
use vezne_it::family::families;
use vezne_it::seed::Store;
use vezne_it::world::{AMOUNT, GOOD_CARD, id, order_no};
use vezne_it::{Reply, World, stories};

use super::three_ds;
use super::webhook::patch;

/// Changes an account in the version that it has.
pub async fn changed(world: &World, pos: &str, body: &Value) -> Result<Reply> {
    let path = format!("/v1/pos_accounts/{pos}");
    let version = world.api.get(&path).await?.good()?.number("/version").unwrap_or_default();
    patch(world, &path, version, body).await
}

/// A sale without 3-D Secure for which nobody names an account.
fn routed(world: &World) -> Value {
    let mut body = world.sale(AMOUNT, GOOD_CARD);
    body.as_object_mut().map(|body| body.remove("pos_account"));
    body
}

/// The payment is refused because of a field, and no bank hears of it.
async fn refused(world: &World, body: &Value, pointer: &str, code: &str) -> Result<()> {
    let answer = world.pay_with_key(body, &fresh_key()).await?;
    let told = (answer.status, answer.text("/errors/0/pointer"), answer.text("/errors/0/code"));
    ensure!(told == (422, pointer, code), "{}", answer.answer.text());
    ensure!(world.authorize_calls() == 0, "the bank was asked");
    ensure!(world.auditor().number("select count(*) from payment").await? == 0, "a payment was written");
    Ok(())
}

/// The newest recorded run of a function.
async fn newest_run(world: &World, plugin: &str, function: &str) -> Result<Reply> {
    let list = world.api.get(&format!("/v1/plugins/{plugin}/runs")).await?.good()?;
    let rows = list.json["data"].as_array().cloned().unwrap_or_default();
    let run =
        rows.iter().find(|run| run["function"] == function).with_context(|| format!("no {function}: {}", list.json))?;
    world.api.get(&format!("/v1/plugins/{plugin}/runs/{}", run["id"].as_str().unwrap_or_default())).await?.good()
}

/// What a run was given under a name.
fn fact(run: &Reply, name: &str) -> String {
    let facts = run.json["input"].as_array().into_iter().flatten();
    facts.filter(|fact| fact["name"] == name).map(|fact| fact["value"].as_str().unwrap_or_default()).collect()
}

stories! {
    async fn an_account_that_demands_3_d_charges_no_card_without_its_holder(world) {
        let demand = json!({ "three_d_model": "3d", "three_d_required": true });
        let set = changed(world, &world.pos, &demand).await?.good()?;
        ensure!(set.json["three_d_required"] == json!(true), "{}", set.answer.text());
        refused(world, &world.sale(AMOUNT, GOOD_CARD), "/three_d_secure", "demanded").await?;
        let mut by_mail = world.sale(AMOUNT, GOOD_CARD);
        by_mail["channel"] = json!("mail_order");
        refused(world, &by_mail, "/channel", "demanded").await?;
        // Nor is it chosen where nobody names it.
        refused(world, &routed(world), "/three_d_secure", "demanded").await?;

        let mut asked = routed(world);
        asked["three_d_secure"] = json!("automatic");
        let begun = world.pay(&asked).await?;
        ensure!(begun.text("/state") == "requires_action", "{}", begun.answer.text());
        let visit = three_ds::visit(world, &world.pos, GOOD_CARD).await?;
        let back = three_ds::confirm(&visit).await?;
        visit.browser.settle(back).await?;
        three_ds::paid(world, &visit).await?;
        world.advance(Duration::from_hours(1));
        world.until_asked_any(&id(&begun)?, &["expired", "canceled", "failed"]).await.map(drop)
    }

    async fn another_account_takes_what_goes_without_3_d(world) {
        let demand = json!({ "three_d_model": "3d", "three_d_required": true });
        changed(world, &world.pos, &demand).await?.good()?;
        // Later, so that it is the second: of equally near accounts the older one comes first.
        world.advance(Duration::from_secs(1));
        let other = world.add_pos("Mail order POS", "none", Store::Demo).await?;
        let paid = world.pay(&routed(world)).await?;
        ensure!((paid.text("/state"), paid.text("/pos_account/id")) == ("succeeded", other.as_str()), "{}", paid.answer.text());
        let why = world.api.get(&format!("/v1/payments/{}?expand=routing", id(&paid)?)).await?.good()?;
        let passed = why.json["routing"]["candidates"].as_array().into_iter().flatten();
        let passed: Vec<_> = passed.filter(|account| account["skip"] == "demands_three_d").collect();
        ensure!(passed.len() == 1 && passed[0]["account"]["id"] == world.pos.as_str(), "{}", why.json["routing"]);

        // A rule that names both passes the one over as well.
        let rule = json!({ "when": {}, "through": { "accounts": [world.pos, other] } });
        world.api.post("/v1/routing/rules", &rule).await?.good()?;
        let paid = world.pay(&routed(world)).await?;
        ensure!(paid.text("/pos_account/id") == other, "{}", paid.answer.text());
        let mut asked = routed(world);
        asked["three_d_secure"] = json!("automatic");
        let begun = world.pay(&asked).await?;
        ensure!(begun.text("/pos_account/id") == world.pos, "{}", begun.answer.text());
        world.advance(Duration::from_hours(1));
        world.until_asked_any(&id(&begun)?, &["expired", "canceled", "failed"]).await.map(drop)
    }

    async fn a_demand_without_a_model_and_a_day_end_that_is_no_time_are_refused(world) {
        let body = json!({ "three_d_model": "none", "three_d_required": true, "day_end": "25:00" });
        let answer = changed(world, &world.pos, &body).await?;
        let told: Vec<_> = answer.json["errors"].as_array().into_iter().flatten().map(|e| e["pointer"].clone()).collect();
        ensure!(answer.status == 422 && told == ["/three_d_required", "/day_end"], "{}", answer.answer.text());
        let set = changed(world, &world.pos, &json!({ "day_end": "21:30" })).await?.good()?;
        ensure!(set.text("/day_end") == "21:30", "{}", set.answer.text());
        // The connector states none, so empty is midnight.
        let unset = changed(world, &world.pos, &json!({ "day_end": "" })).await?.good()?;
        ensure!(unset.json.get("day_end").is_none(), "{}", unset.answer.text());
        Ok(())
    }

    async fn the_day_end_of_the_account_decides_between_void_and_refund(world) {
        // Half an hour from now by the firm's clock, and the bank closes then.
        let closes_ms = world.clock.now_ms() + 30 * 60_000;
        let zone = jiff::tz::TimeZone::get("Europe/Istanbul")?;
        let closes = jiff::Timestamp::from_millisecond(closes_ms)?.to_zoned(zone);
        let day_end = format!("{:02}:{:02}", closes.hour(), closes.minute());
        changed(world, &world.pos, &json!({ "day_end": day_end })).await?.good()?;
        let first = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
        let until: jiff::Timestamp = first.text("/void_until").parse()?;
        ensure!((until.as_millisecond() - closes_ms).abs() < 60_000, "{}", first.answer.text());
        ensure!(first.json["acts"] == json!(["void", "refund"]), "{}", first.answer.text());
        let second = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
        let back = world.refund(&id(&second)?, &json!({})).await?.good()?;
        ensure!((back.text("/kind"), back.text("/state")) == ("void", "succeeded"), "{}", back.answer.text());

        world.advance(Duration::from_mins(31));
        world.bank.bank.day_end();
        let seen = world.payment(&id(&first)?).await?;
        ensure!(seen.json["acts"] == json!(["refund"]), "{}", seen.answer.text());
        let voids = || world.bank.bank.requests().iter().filter(|r| matches!(r.op, vezne_sandbox::Op::Void)).count();
        let before = voids();
        let back = world.refund(&id(&first)?, &json!({})).await?.good()?;
        ensure!((back.text("/kind"), back.text("/state")) == ("refund", "succeeded"), "{}", back.answer.text());
        ensure!(voids() == before, "a void was tried after the day end");
        ensure!(world.bank_net(&order_no(&first)?) == 0);
        Ok(())
    }

    async fn a_secret_changes_without_a_gap_and_back(world) {
        const WRONG: &str = "GELECEK-2027";
        let pos = world.pos.clone();
        let pays = async || anyhow::Ok(world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?.text("/state") == "succeeded");
        let turn = async |body: Value| {
            let answer = changed(world, &pos, &body).await?.good()?;
            ensure!(!answer.answer.text().contains(WRONG), "a secret is read back");
            let states = answer.json["secrets"].as_array().cloned().unwrap_or_default();
            let state = states.into_iter().find(|state| state["name"] == "api-password").context("no such secret")?;
            anyhow::Ok((state["next_at"].is_string(), state["previous_at"].is_string()))
        };
        ensure!(turn(json!({ "next_secrets": { "api-password": WRONG } })).await? == (true, false));
        ensure!(pays().await?, "what waits is not used");
        ensure!(turn(json!({ "secrets_take": ["api-password"] })).await? == (false, true));
        ensure!(!pays().await?, "the bank knows another password");
        ensure!(turn(json!({ "secrets_give_back": ["api-password"] })).await? == (true, false));
        ensure!(pays().await?, "the one before is in use again");
        for (body, pointer, code) in [
            (json!({ "secrets_take": ["store-key"] }), "/secrets_take/0", "not_found"),
            (json!({ "secrets_give_back": ["api-password"] }), "/secrets_give_back/0", "not_found"),
            (json!({ "secrets_take": ["api-password", "api-password"] }), "/secrets_take/1", "not_allowed"),
            (json!({ "next_secrets": { "nothing": "x" } }), "/next_secrets/nothing", "unknown_field"),
        ] {
            let refused = changed(world, &pos, &body).await?;
            let told = (refused.status, refused.text("/errors/0/pointer"), refused.text("/errors/0/code"));
            ensure!(told == (422, pointer, code), "{}", refused.answer.text());
        }
        ensure!(pays().await?, "what is refused changes nothing");
        ensure!(turn(json!({ "secrets": { "api-password": WRONG } })).await? == (true, true), "the old one is kept");
        ensure!(turn(json!({ "secrets_give_back": ["api-password"] })).await? == (true, false));
        ensure!(pays().await?);
        let acts = world.auditor().column("select detail from audit where act = 'pos_account.updated'").await?;
        ensure!(acts.len() == 5 && acts.iter().all(|act| act.contains("api-password")), "{acts:?}");
        let sealed = world.auditor().column("select sealed from pos_secret_spare").await?;
        ensure!(!acts.iter().chain(&sealed).any(|text| text.contains(WRONG)), "a secret stands in the database");
        Ok(())
    }

    async fn a_test_of_an_account_says_from_where_it_comes(world) {
        let tested = world.api.post(&format!("/v1/pos_accounts/{}/test", world.pos), &json!({})).await?.good()?;
        ensure!(tested.json["ok"] == json!(true), "{}", tested.answer.text());
        let sale = newest_run(world, "pos-nestpay", "sale").await?;
        ensure!(fact(&sale, "context.payer_ip") == "127.0.0.1", "{}", sale.answer.text());
        // What a test sells at the bank is no payment of ours.
        world.may_differ();
        Ok(())
    }

    async fn a_sub_dealer_is_named_to_a_bank_that_asks_for_it(world) {
        let refused = changed(world, &world.pos, &json!({ "sub_dealers": true })).await?;
        ensure!((refused.status, refused.text("/errors/0/pointer")) == (422, "/sub_dealers"), "{}", refused.answer.text());
        let family = families().into_iter().find(|family| family.plugin == "pos-posnet").context("PosNet")?;
        let pos = family.pos_account(world, "none").await?;
        changed(world, &pos, &json!({ "sub_dealers": true })).await?.good()?;
        let dealer = async |name: &str, tax_no: Value| -> Result<String> {
            let body = json!({ "name": name, "code": name, "parent": world.firm.node, "tax_no": tax_no });
            id(&world.api.post("/v1/dealers", &body).await?.good()?)
        };
        let sale_for = |node: &str| {
            let mut body = world.sale(AMOUNT, GOOD_CARD);
            body["pos_account"] = json!(pos);
            body["node"] = json!(node);
            body
        };
        let named = dealer("Ankara", json!("1234567890")).await?;
        let paid = world.pay(&sale_for(&named)).await?;
        ensure!(paid.text("/state") == "succeeded", "{}", paid.answer.text());
        let sale = newest_run(world, "pos-posnet", "sale").await?;
        ensure!(sale.answer.text().contains("sub-dealer-identity"), "{}", sale.answer.text());
        ensure!(sale.answer.text().contains("vkn%3E1234567890%3C%2Fvkn"), "{}", sale.answer.text());

        let path = format!("/v1/dealers/{named}");
        patch(world, &path, 1, &json!({ "settings": { "sub_dealer_code": "77" } })).await?.good()?;
        world.pay(&sale_for(&named)).await?;
        let sale = newest_run(world, "pos-posnet", "sale").await?;
        ensure!(sale.answer.text().contains("subDealerCode%3E77%3C%2FsubDealerCode"), "{}", sale.answer.text());

        // The firm's own sale names nobody, and nobody's is not sent to be booked to the main dealer.
        let own = world.pay(&sale_for(&world.firm.node)).await?;
        ensure!(own.text("/state") == "succeeded", "{}", own.answer.text());
        let sale = newest_run(world, "pos-posnet", "sale").await?;
        ensure!(!sale.answer.text().contains("vkn%3E"), "{}", sale.answer.text());
        let unnamed = dealer("İzmir", Value::Null).await?;
        let before = world.bank.bank.requests().len();
        let answer = world.pay_with_key(&sale_for(&unnamed), &fresh_key()).await?;
        ensure!((answer.status, answer.text("/code")) == (409, "sub_dealer_unnamed"), "{}", answer.answer.text());
        ensure!(world.bank.bank.requests().len() == before, "the bank was asked");
        Ok(())
    }
}

//! The firm's administrator sets what instalments cost and how many a dealer may have; payers see it and pay it.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use vezne::store::user::UserRole;
use vezne_it::http::Call;
use vezne_it::world::{AMOUNT, GOOD_CARD, id};
use vezne_it::{Reply, World, stories};

use super::pos_account::changed;
use super::webhook::patch;

const RULES: &str = "/v1/instalment_rules";

/// A line for every card.
fn line(instalments: u16, offer_rate: &str) -> Value {
    json!({ "instalments": instalments, "offer_rate": offer_rate, "bank_rate": "2" })
}

/// Writes a version after so many changes of the table.
async fn write(world: &World, changes: i64, body: &Value) -> Result<Reply> {
    let call = Call::new("POST", format!("{}{RULES}", world.api.base))
        .header("if-match", format!("\"{changes}\""))
        .body("application/json", body.to_string());
    world.api.send(call).await
}

async fn quote(world: &World, more: &Value) -> Result<Reply> {
    let mut body = json!({ "bin": &GOOD_CARD[..6], "amount": AMOUNT, "currency": "TRY" });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    world.api.post("/v1/instalment_quotes", &body).await?.good()
}

/// The offer of so many instalments.
fn offer(quote: &Reply, instalments: i64) -> Value {
    let options = quote.json["options"].as_array().cloned().unwrap_or_default();
    options.into_iter().find(|option| option["instalments"] == instalments).unwrap_or_default()
}

/// Takes an offer with the card it was made for.
async fn take(world: &World, offer: &Value, payer: Option<&str>) -> Result<Reply> {
    let mut body = world.sale(AMOUNT, GOOD_CARD);
    body["instalment_option"] = offer["id"].clone();
    if let Some(payer) = payer {
        body["payer"] = json!({ "kind": "node", "id": payer });
    }
    world.pay_with_key(&body, &vezne_it::api::fresh_key()).await
}

async fn dealer(world: &World, name: &str, parent: Option<&str>) -> Result<String> {
    let body = json!({ "name": name, "code": name, "parent": parent });
    id(&world.api.post("/v1/dealers", &body).await?.good()?)
}

async fn audited(world: &World) -> Result<Vec<String>> {
    world
        .auditor()
        .column("select act from audit where act like 'instalment_rules%' or act like 'dealer.settings%' order by act")
        .await
}

stories! {
    async fn a_new_table_counts_for_who_asks_from_then_on(world) {
        let empty = world.api.get(RULES).await?.good()?;
        ensure!(empty.number("/version") == Some(0) && empty.json["in_force"].is_null(), "{}", empty.answer.text());
        let made = write(world, 0, &json!({ "lines": [line(1, "0"), line(3, "2,5")] })).await?.good()?;
        ensure!(made.status == 201 && made.text("/state") == "in_force" && made.number("/number") == Some(1), "{}", made.answer.text());
        ensure!(made.text("/lines/1/offer_rate") == "2.5" && made.text("/lines/1/payer_share") == "100", "{}", made.answer.text());
        let shown = quote(world, &json!({})).await?;
        let three = offer(&shown, 3);
        ensure!(three["total"] == 12_654, "123,45 and 2.5 %: {three}");

        // While the payer looks at it, the firm asks for more; who wrote before is not overwritten.
        let stale = write(world, 0, &json!({ "lines": [line(3, "9")] })).await?;
        ensure!(stale.status == 412, "{}", stale.answer.text());
        world.advance(Duration::from_secs(1));
        let second = write(world, 1, &json!({ "lines": [line(1, "0"), line(3, "9")] })).await?.good()?;
        ensure!(offer(&quote(world, &json!({})).await?, 3)["total"] == 13_456);
        let paid = take(world, &three, None).await?.good()?;
        ensure!(paid.text("/state") == "succeeded" && paid.number("/charged") == Some(12_654), "{}", paid.answer.text());
        ensure!(paid.number("/instalments") == Some(3) && world.bank_total() == 12_654);

        // Back to the first: its lines are a third version; what was is still there.
        let path = format!("{RULES}/{}", id(&made)?);
        let back = world.api.post(&format!("{path}/activate"), &json!({})).await?.good()?;
        ensure!(back.number("/number") == Some(3) && back.text("/lines/1/offer_rate") == "2.5", "{}", back.answer.text());
        ensure!(offer(&quote(world, &json!({})).await?, 3)["total"] == 12_654);
        let again = world.api.post(&format!("{RULES}/{}/activate", id(&back)?), &json!({})).await?;
        ensure!(again.status == 409 && again.text("/code") == "already_in_force", "{}", again.answer.text());
        let old = world.api.get(&format!("{RULES}/{}", id(&second)?)).await?.good()?;
        ensure!(old.text("/state") == "past" && old.text("/lines/1/offer_rate") == "9", "{}", old.answer.text());
        ensure!(audited(world).await? == ["instalment_rules.activated", "instalment_rules.created", "instalment_rules.created"]);
        Ok(())
    }

    async fn a_bank_returns_its_commission_where_its_contract_says_so(world) {
        write(world, 0, &json!({ "lines": [line(1, "0")] })).await?.good()?;
        let commission = "select cast(coalesce(sum(minor), 0) as bigint) from entry where account = 'bank_commission'";
        let mut kept = 0;
        for (returns, more) in [(false, 247), (true, 0)] {
            changed(world, &world.pos, &json!({ "returns_commission": returns })).await?.good()?;
            let payment = id(&world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?)?;
            ensure!(world.auditor().number(commission).await? == kept + 247, "2 % of 123,45");
            world.advance(Duration::from_hours(26));
            world.bank.bank.day_end();
            let back = world.refund(&payment, &json!({})).await?.good()?;
            ensure!((back.text("/kind"), back.text("/state")) == ("refund", "succeeded"), "{}", back.answer.text());
            kept += more;
            ensure!(world.auditor().number(commission).await? == kept, "returned: {returns}");
        }
        Ok(())
    }

    async fn a_version_may_wait_for_its_day_and_be_taken_back_before(world) {
        write(world, 0, &json!({ "lines": [line(3, "1")] })).await?.good()?;
        let hour = Duration::from_hours(1);
        let at = |hours: i64| {
            let at = jiff::Timestamp::from_millisecond(world.clock.now_ms()).expect("an instant");
            (at + jiff::SignedDuration::from_hours(hours)).to_string()
        };
        let soon = write(world, 1, &json!({ "begins_at": at(1), "lines": [line(3, "2")] })).await?.good()?;
        let later = write(world, 2, &json!({ "begins_at": at(2), "lines": [line(3, "3")] })).await?.good()?;
        ensure!(soon.text("/state") == "upcoming" && offer(&quote(world, &json!({})).await?, 3)["total"] == 12_468);
        let past = write(world, 3, &json!({ "begins_at": at(-1), "lines": [line(3, "2")] })).await?;
        ensure!(past.status == 422 && past.text("/errors/0/pointer") == "/begins_at" && past.text("/errors/0/code") == "in_past", "{}", past.answer.text());
        let delete = async |id: &str| world.api.send(Call::new("DELETE", format!("{}{RULES}/{id}", world.api.base))).await;
        ensure!(delete(&id(&later)?).await?.status == 204);
        ensure!(delete(&id(&later)?).await?.text("/code") == "already_begun", "once is enough");
        world.advance(hour + Duration::from_secs(1));
        ensure!(offer(&quote(world, &json!({})).await?, 3)["total"] == 12_592);
        ensure!(delete(&id(&soon)?).await?.status == 409, "it has begun");
        world.advance(hour);
        ensure!(offer(&quote(world, &json!({})).await?, 3)["total"] == 12_592, "what was taken back never counts");
        let table = world.api.get(RULES).await?.good()?;
        ensure!(table.text("/in_force/id") == id(&soon)? && table.text("/versions/0/state") == "withdrawn", "{}", table.answer.text());
        Ok(())
    }

    async fn a_table_that_makes_no_sense_is_refused_with_every_reason(world) {
        let wrong = json!({ "lines": [
            { "instalments": 37, "offer_rate": "2" },
            { "instalments": 3, "offer_rate": "101", "programme": "Hediye" },
            { "instalments": 3, "offer_rate": "1", "pos_account": "pos_01JD0000000000000000000000", "blocked_days": 400 },
            line(6, "4"), line(6, "5"),
        ] });
        let refused = write(world, 0, &wrong).await?;
        ensure!(refused.status == 422, "{}", refused.answer.text());
        for pointer in ["/lines/0/instalments", "/lines/1/offer_rate", "/lines/1/programme", "/lines/2/pos_account", "/lines/2/blocked_days", "/lines/4/instalments"] {
            ensure!(refused.answer.text().contains(&format!("\"{pointer}\"")), "{pointer}: {}", refused.answer.text());
        }
        let bare = world.api.post(RULES, &json!({ "lines": [line(3, "1")] })).await?;
        ensure!(bare.status == 400 && bare.text("/code") == "if_match_required", "{}", bare.answer.text());
        ensure!(world.api.get(RULES).await?.good()?.number("/version") == Some(0));
        ensure!(audited(world).await?.is_empty());
        Ok(())
    }

    async fn a_dry_run_explains_and_writes_nothing(world) {
        let lines = json!([line(1, "0"), line(3, "2"), { "instalments": 3, "offer_rate": "1", "programme": "Axess" }, { "instalments": 6, "offer_rate": "4", "programme": "World" }, line(15, "9")]);
        let ask = |more: Value| {
            let mut body = json!({ "amount": AMOUNT, "currency": "TRY" });
            for (name, value) in more.as_object().into_iter().flatten() {
                body[name] = value.clone();
            }
            body
        };
        let path = format!("{RULES}/evaluate");
        let draft = world.api.post(&path, &ask(json!({ "bin": &GOOD_CARD[..8], "lines": lines }))).await?.good()?;
        ensure!(draft.text("/card/programme") == "Axess" && draft.json["version"].is_null(), "{}", draft.answer.text());
        let option = |n: i64| draft.json["options"].as_array().and_then(|rows| rows.iter().find(|row| row["instalments"] == n)).cloned().unwrap_or_default();
        let verdicts: Vec<Value> = option(3)["looks"].as_array().into_iter().flatten().map(|look| look["verdict"].clone()).collect();
        ensure!(verdicts == ["less_exact", "decided"] && option(3)["total"] == 12_468 && option(3)["bank_keeps"] == 0, "{}", option(3));
        ensure!(option(6)["unavailable_reason"] == "programme_not_offered" && option(6)["looks"][0]["verdict"] == "other_programme", "{}", option(6));
        ensure!(option(15)["unavailable_reason"] == "over_legal_ceiling" && draft.number("/law/instalments_max") == Some(12), "{}", option(15));
        ensure!(world.api.get(RULES).await?.good()?.number("/version") == Some(0), "nothing was written");
        write(world, 0, &json!({ "lines": lines })).await?.good()?;
        let table = world.api.post(&path, &ask(json!({}))).await?.good()?;
        let programmes: Vec<&str> = table.json["rows"].as_array().into_iter().flatten().filter_map(|row| row["programme"].as_str()).collect();
        ensure!(programmes == ["", "Axess", "World"], "{}", table.answer.text());
        let clerk = world.person("katip", UserRole::FirmClerk).await?;
        ensure!(clerk.get(RULES).await?.status == 200, "a clerk looks");
        ensure!(clerk.post(&format!("{RULES}/sch_01JD0000000000000000000000/activate"), &json!({})).await?.status == 403, "and writes nothing");
        let ankara = dealer(world, "Ankara", None).await?;
        let stranger = world.person_at(&ankara, "bayi", UserRole::Dealer).await?;
        ensure!(stranger.get(RULES).await?.status == 403, "rates are the firm's own");
        Ok(())
    }

    async fn limits_are_inherited_set_and_hold_in_quote_and_payment(world) {
        write(world, 0, &json!({ "lines": [line(1, "0"), line(3, "1"), line(6, "2"), line(9, "3")] })).await?.good()?;
        let ankara = dealer(world, "Ankara", None).await?;
        let cankaya = dealer(world, "Cankaya", Some(&ankara)).await?;
        let before = quote(world, &json!({ "payer": ankara })).await?;
        let nine = offer(&before, 9);
        ensure!(nine["available"] == true, "{}", before.answer.text());
        let settings = |path: &str| format!("/v1/dealers/{path}/effective_settings");
        let now = world.api.get(&settings(&ankara)).await?.good()?;
        ensure!(now.number("/version") == Some(1) && now.json["settings"] == json!([]), "{}", now.answer.text());

        let set = json!({ "settings": { "instalments_max": 6, "programme_instalments_max": { "Axess": 3, "Bonus": 9 }, "amount_max": AMOUNT, "pos_share": "2,4" } });
        let path = format!("/v1/dealers/{ankara}");
        let changed = patch(world, &path, 1, &set).await?.good()?;
        ensure!(changed.text("/settings/own/pos_share") == "2.4" && changed.answer.header("etag") == Some("\"2\""), "{}", changed.answer.text());
        ensure!(patch(world, &path, 1, &set).await?.status == 412, "somebody was first");
        let wrong = json!({ "settings": { "instalments_max": 0, "amount_min": 9, "amount_max": 8, "sector": "space" } });
        let refused = patch(world, &path, 2, &wrong).await?;
        for pointer in ["/settings/instalments_max", "/settings/amount_max", "/settings/sector"] {
            ensure!(refused.status == 422 && refused.answer.text().contains(&format!("\"{pointer}\"")), "{}", refused.answer.text());
        }
        let below = world.api.get(&settings(&cankaya)).await?.good()?;
        let told: Vec<(&str, bool)> = below.json["settings"].as_array().into_iter().flatten().map(|row| (row["name"].as_str().unwrap_or_default(), row["inherited"] == true)).collect();
        ensure!(told == [("amount_max", true), ("instalments_max", true), ("programme_instalments_max", true), ("programme_instalments_max", true)], "a share is not inherited: {}", below.answer.text());
        ensure!(below.text("/settings/0/from/name") == "Ankara", "{}", below.answer.text());

        // What Ankara collects, and what Ankara pays the firm: the card's programme may three.
        for asked in [json!({ "node": ankara }), json!({ "node": cankaya }), json!({ "payer": ankara })] {
            let shown = quote(world, &asked).await?;
            ensure!(offer(&shown, 3)["available"] == true, "{}", shown.answer.text());
            for more in [6, 9] {
                ensure!(offer(&shown, more)["unavailable_reason"] == "over_limit", "{}", shown.answer.text());
            }
        }
        // Shown before the limit, taken after it: not by Ankara.
        let late = take(world, &nine, Some(&ankara)).await?;
        ensure!(late.status == 422 && late.text("/errors/0/pointer") == "/instalment_option", "{}", late.answer.text());
        ensure!(world.authorize_calls() == 0, "no bank was asked");
        let large = world.api.post("/v1/instalment_quotes", &json!({ "bin": &GOOD_CARD[..6], "amount": AMOUNT + 1, "currency": "TRY", "node": ankara })).await?;
        ensure!(large.status == 422 && large.text("/errors/0/pointer") == "/amount", "{}", large.answer.text());
        // The law of the firm's sector comes before everything.
        let firm = format!("/v1/dealers/{}", world.firm.node);
        patch(world, &firm, 1, &json!({ "settings": { "sector": "fuel" } })).await?.good()?;
        ensure!(offer(&quote(world, &json!({})).await?, 3)["unavailable_reason"] == "over_legal_ceiling");
        ensure!(audited(world).await? == ["dealer.settings_changed", "dealer.settings_changed", "instalment_rules.created"]);
        Ok(())
    }
}

//! The bank's own page takes the card: neither the API nor our pay page asks for one.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::time::Duration;
use vezne::store::user::UserRole;
use vezne_it::api::fresh_key;
use vezne_it::seed::Store;
use vezne_it::world::{AMOUNT, GOOD_CARD, id, order_no};
use vezne_it::{Browser, Page, World, stories};

use super::three_ds::{Visit, confirm, paid, type_card, unpaid, without_card};
use super::webhook::patch;

/// The firm's only account, at whose bank a page takes the card.
async fn hosted_only(world: &World) -> Result<String> {
    let pos = world.add_pos("Ortak ödeme", "3d-host", Store::Demo).await?;
    let path = format!("/v1/pos_accounts/{}", world.pos);
    let version = world.api.get(&path).await?.good()?.number("/version").unwrap_or_default();
    patch(world, &path, version, &json!({ "state": "disabled" })).await?.good()?;
    Ok(pos)
}

/// A payment that brings no card and names no account.
fn cardless(world: &World) -> Value {
    let mut body = world.sale(AMOUNT, GOOD_CARD);
    without_card(&mut body);
    body["three_d_secure"] = json!("automatic");
    body.as_object_mut().map(|body| body.remove("pos_account"));
    body
}

/// Begins such a payment and walks to the page of the bank that asks for the card.
async fn at_the_bank(world: &World) -> Result<Visit> {
    let begun = world.pay(&cardless(world)).await?;
    ensure!(begun.text("/state") == "requires_action" && begun.json["card"].is_null(), "{}", begun.answer.text());
    let browser = Browser::default();
    let gate = browser.get(begun.text("/next_action/redirect_url")).await?;
    ensure!(gate.html.contains("Ödeme bankanın sayfasında sürüyor."), "{}", gate.head());
    let page = browser.settle(gate).await?;
    page.form("/fim/hosted/").context("the bank's page asks for no card")?;
    Ok(Visit { payment: id(&begun)?, order: order_no(&begun)?, browser, page })
}

async fn refused(world: &World, body: &Value, pointer: &str, code: &str) -> Result<()> {
    let answer = world.pay_with_key(body, &fresh_key()).await?;
    let told = (answer.status, answer.text("/errors/0/pointer"), answer.text("/errors/0/code"));
    ensure!(told == (422, pointer, code), "{}", answer.answer.text());
    ensure!(!answer.answer.text().contains(GOOD_CARD), "a refusal repeats the card number");
    Ok(())
}

/// The form of the pay page that pays.
fn pay_form(page: &Page) -> Result<vezne_it::browser::Form> {
    let pays = |form: &vezne_it::browser::Form| form.method == "post" && form.action.ends_with("/pay");
    page.forms().into_iter().find(pays).with_context(|| format!("no form that pays: {}", page.head()))
}

stories! {
    async fn a_payment_without_a_card_is_paid_on_the_bank_s_page(world) {
        hosted_only(world).await?;
        let mut visit = at_the_bank(world).await?;
        type_card(&mut visit, GOOD_CARD).await?;
        let back = confirm(&visit).await?;
        visit.browser.settle(back).await?;
        paid(world, &visit).await?;
        let attempts = world.api.get(&format!("/v1/payments/{}/attempts", visit.payment)).await?.good()?;
        ensure!(attempts.text("/data/0/three_d_model") == "3d_host", "{}", attempts.answer.text());
        Ok(())
    }

    async fn a_card_may_be_declined_on_the_bank_s_page(world) {
        hosted_only(world).await?;
        let cards = vezne_sandbox::test_cards();
        let poor = cards.iter().find(|c| c.group == "three_d" && c.bank_code == Some("51")).context("a card")?;
        let mut visit = at_the_bank(world).await?;
        type_card(&mut visit, &poor.number).await?;
        let back = confirm(&visit).await?;
        visit.browser.settle(back).await?;
        let ended = world.until(&visit.payment, "declined").await?;
        ensure!(ended.text("/decline/bank_code") == "51", "{}", ended.answer.text());
        unpaid(world, &visit).await
    }

    async fn a_payer_who_leaves_the_bank_s_page_pays_nothing(world) {
        hosted_only(world).await?;
        let visit = at_the_bank(world).await?;
        world.advance(Duration::from_hours(1));
        unpaid(world, &visit).await
    }

    async fn a_card_is_refused_where_the_bank_takes_it_and_demanded_where_we_do(world) {
        let own = world.pos.clone();
        let mut named = cardless(world);
        named["pos_account"] = json!(own);
        refused(world, &named, "/card", "required").await?;
        let pos = hosted_only(world).await?;
        let mut card = world.sale(AMOUNT, GOOD_CARD);
        card["pos_account"] = json!(pos);
        card["three_d_secure"] = json!("required");
        refused(world, &card, "/card", "card_at_bank").await?;
        card["three_d_secure"] = json!("off");
        refused(world, &card, "/three_d_secure", "demanded").await?;
        let mut routed = cardless(world);
        routed["card"] = world.sale(AMOUNT, GOOD_CARD)["card"].clone();
        refused(world, &routed, "/card", "card_at_bank").await?;
        ensure!(world.auditor().number("select count(*) from payment").await? == 0, "a payment was written");
        Ok(())
    }

    async fn each_payment_finds_the_account_that_its_card_fits(world) {
        // Both are there: what brings a card goes to the one that takes it from us, what brings none to the other.
        let pos = world.add_pos("Ortak ödeme", "3d-host", Store::Demo).await?;
        let mut with = cardless(world);
        with["card"] = world.sale(AMOUNT, GOOD_CARD)["card"].clone();
        let paid = world.pay(&with).await?;
        ensure!((paid.text("/state"), paid.text("/pos_account/id")) == ("succeeded", world.pos.as_str()), "{}", paid.answer.text());
        let begun = world.pay(&cardless(world)).await?;
        ensure!((begun.text("/state"), begun.text("/pos_account/id")) == ("requires_action", pos.as_str()), "{}", begun.answer.text());
        let known = world.api.get("/v1/checkout?amount=12345&currency=TRY").await?.good()?;
        ensure!(known.text("/card_at") == "here", "{}", known.answer.text());
        world.advance(Duration::from_hours(1));
        world.until_asked_any(&id(&begun)?, &["expired", "canceled", "failed"]).await.map(drop)
    }

    async fn without_a_card_only_the_single_payment_is_quoted(world) {
        hosted_only(world).await?;
        let asked = json!({ "amount": AMOUNT, "currency": "TRY" });
        let quote = world.api.post("/v1/instalment_quotes", &asked).await?.good()?;
        let options = quote.json["options"].as_array().cloned().unwrap_or_default();
        ensure!(options.len() == 1 && options[0]["instalments"] == 1 && quote.json.get("bin").is_none(), "{}", quote.answer.text());
        let known = json!({ "bin": &GOOD_CARD[..8], "amount": AMOUNT, "currency": "TRY" });
        let known = world.api.post("/v1/instalment_quotes", &known).await?.good()?;
        let mut body = cardless(world);
        body["instalment_option"] = known.json["options"][0]["id"].clone();
        refused(world, &body, "/instalment_option", "unknown_option").await?;
        body["instalment_option"] = options[0]["id"].clone();
        let begun = world.pay(&body).await?;
        ensure!(begun.text("/state") == "requires_action", "{}", begun.answer.text());
        world.advance(Duration::from_hours(1));
        world.until_asked_any(&id(&begun)?, &["expired", "canceled", "failed"]).await.map(drop)
    }

    async fn the_pay_page_asks_for_no_card_where_the_bank_does(world) {
        hosted_only(world).await?;
        let person = world.person("kasa", UserRole::FirmClerk).await?;
        let browser = person.browser().await?;
        let address = format!("{}/pay?open=1&sent=1&amount=123%2C45", world.host.url);
        let page = browser.get(&address).await?;
        for field in ["card_number", "security_code", "expiry", "card_holder", "name=\"bin\""] {
            ensure!(!page.html.contains(field), "the page asks for {field}");
        }
        ensure!(page.html.contains("Kartınızı bankanın sayfasında girersiniz"), "{}", page.head());
        // Whoever sends one all the same is told so, and it goes no further.
        let typed = pay_form(&page)?.set("card_number", GOOD_CARD).set("expiry", "12 / 30").set("security_code", "000");
        let back = browser.submit(&typed).await?;
        ensure!(back.status == 422 && back.html.contains("buraya yazmayın") && !back.html.contains(GOOD_CARD), "{}", back.head());
        ensure!(world.auditor().number("select count(*) from payment").await? == 0, "a payment was written");

        let gate = browser.submit(&pay_form(&page)?).await?;
        let page = browser.settle(gate).await?;
        page.form("/fim/hosted/").context("the payer is not at the bank's page")?;
        let payment = world.auditor().column("select 'pay_' || payment_id from payment").await?.remove(0);
        let order = world.auditor().column("select order_no from attempt").await?.remove(0);
        let mut visit = Visit { payment, order, browser, page };
        type_card(&mut visit, GOOD_CARD).await?;
        let back = confirm(&visit).await?;
        let result = visit.browser.settle(back).await?;
        ensure!(result.status == 200 && result.url.contains("/result/"), "{}: {}", result.url, result.head());
        paid(world, &visit).await
    }
}

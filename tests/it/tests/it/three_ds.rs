//! 3-D Secure as a payer goes through it: our page, the gate, the issuer's page, and back.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::time::Duration;
use vezne_it::seed::Store;
use vezne_it::world::{AMOUNT, GOOD_CARD, id, order_no};
use vezne_it::{Browser, Page, Reply, World, stories};

/// A payment whose payer stands before the bank's page.
pub struct Visit {
    pub payment: String,
    pub order: String,
    pub browser: Browser,
    pub page: Page,
}

/// Begins a payment with 3-D Secure and walks the browser to the first page of the bank that asks something.
pub async fn visit(world: &World, pos: &str, card: &str) -> Result<Visit> {
    let begun = begin(world, pos, card).await?;
    let browser = Browser::default();
    let page = browser.get(begun.text("/next_action/redirect_url")).await?;
    ensure!(page.status == 200, "{}: {}", page.status, page.head());
    let page = browser.settle(page).await?;
    Ok(Visit { payment: id(&begun)?, order: order_no(&begun)?, browser, page })
}

/// Begins a payment with 3-D Secure.
pub async fn begin(world: &World, pos: &str, card: &str) -> Result<Reply> {
    let mut body = world.sale(AMOUNT, card);
    body["pos_account"] = json!(pos);
    body["three_d_secure"] = json!("required");
    let account = world.api.get(&format!("/v1/pos_accounts/{pos}")).await?.good()?;
    if account.text("/three_d_model") == "3d-host" {
        without_card(&mut body);
    }
    let begun = world.pay(&body).await?;
    ensure!(begun.text("/state") == "requires_action", "{}", begun.answer.text());
    ensure!(begun.text("/next_action/redirect_url").starts_with(&world.host.url), "{}", begun.answer.text());
    ensure!(!begun.answer.text().contains(card), "the answer holds the card number");
    Ok(begun)
}

/// Where the bank's own page takes the card, a payment brings none.
pub fn without_card(body: &mut Value) {
    if let Some(body) = body.as_object_mut() {
        body.remove("card");
    }
}

/// Types a card into the bank's hosted page, where it shows one.
pub async fn type_card(visit: &mut Visit, card: &str) -> Result<()> {
    if let Ok(form) = visit.page.form("/fim/hosted/") {
        let form = form.set("pan", card).set("month", "12").set("year", "30").set("cv2", "000").set("action", "pay");
        visit.page = visit.browser.submit(&form).await?;
    }
    Ok(())
}

/// Types the one-time code; the page that comes posts the callback.
pub async fn confirm(visit: &Visit) -> Result<Page> {
    let form = visit.page.form("/acs/")?.set("code", "123456").set("action", "confirm");
    visit.browser.submit(&form).await
}

/// Succeeded, by itself or after the bank was asked.
pub async fn paid(world: &World, visit: &Visit) -> Result<()> {
    if world.until(&visit.payment, "succeeded").await.is_err() {
        world.until_asked(&visit.payment, "succeeded").await?;
    }
    let order = world.order(&visit.order)?;
    ensure!((order.net, order.approvals) == (AMOUNT, 1), "{} {}", order.net, order.approvals);
    Ok(())
}

/// Ended without money, at once or at the end of the page's life.
pub async fn unpaid(world: &World, visit: &Visit) -> Result<()> {
    let ends = ["declined", "failed", "expired", "canceled"];
    if world.until_any(&visit.payment, &ends).await.is_err() {
        world.until_asked_any(&visit.payment, &ends).await?;
    }
    ensure!(world.bank_net(&visit.order) == 0);
    Ok(())
}

async fn happy(world: &World, model: &str, store: Store) -> Result<()> {
    let pos = world.add_pos(&format!("{model} {store:?}"), model, store).await?;
    let mut visit = visit(world, &pos, GOOD_CARD).await?;
    type_card(&mut visit, GOOD_CARD).await?;
    let back = confirm(&visit).await?;
    ensure!(back.automatic_form().is_some(), "{}", back.head());
    visit.browser.settle(back).await?;
    paid(world, &visit).await
}

async fn cancelled(world: &World, model: &str) -> Result<()> {
    let pos = world.add_pos(model, model, Store::Demo).await?;
    let mut visit = visit(world, &pos, GOOD_CARD).await?;
    type_card(&mut visit, GOOD_CARD).await?;
    let form = visit.page.form("/acs/")?.set("action", "cancel");
    let back = visit.browser.submit(&form).await?;
    visit.browser.settle(back).await?;
    unpaid(world, &visit).await
}

stories! {
    async fn model_3d_is_paid(world) {
        happy(world, "3d", Store::Demo).await
    }

    async fn model_3d_pay_is_paid(world) {
        happy(world, "3d-pay", Store::Demo).await
    }

    async fn model_3d_host_is_paid(world) {
        happy(world, "3d-host", Store::Demo).await
    }

    async fn a_key_with_both_escaped_characters_works(world) {
        happy(world, "3d", Store::Awkward).await?;
        happy(world, "3d-pay", Store::Awkward).await
    }

    async fn an_old_store_is_paid(world) {
        let pos = vezne_it::seed::pos_account_with(
            &world.api, &world.bank.url(), "Eski", "3d", Store::Old, &[("form-hash", "ver1"), ("callback-hash", "ver3-or-ver1")],
        ).await?;
        let mut visit = visit(world, &pos, GOOD_CARD).await?;
        type_card(&mut visit, GOOD_CARD).await?;
        let back = confirm(&visit).await?;
        visit.browser.settle(back).await?;
        paid(world, &visit).await
    }

    async fn the_older_hosted_page_is_paid(world) {
        let settings = [("hosted-storetype", "3d_host")];
        let pos = vezne_it::seed::pos_account_with(
            &world.api, &world.bank.url(), "Barındırılan", "3d-host", Store::Demo, &settings,
        ).await?;
        let mut visit = visit(world, &pos, GOOD_CARD).await?;
        type_card(&mut visit, GOOD_CARD).await?;
        let back = confirm(&visit).await?;
        visit.browser.settle(back).await?;
        paid(world, &visit).await
    }

    async fn a_payer_may_cancel(world) {
        for model in ["3d", "3d-pay", "3d-host"] {
            cancelled(world, model).await.context(model)?;
        }
        ensure!(world.authorize_calls() == 0);
        Ok(())
    }

    async fn three_wrong_codes_end_it(world) {
        let mut visit = visit(world, &world.pos, GOOD_CARD).await?;
        for _ in 0..3 {
            let form = visit.page.form("/acs/")?.set("code", "000000").set("action", "confirm");
            visit.page = visit.browser.submit(&form).await?;
        }
        let page = visit.page.clone();
        visit.browser.settle(page).await?;
        unpaid(world, &visit).await
    }

    async fn only_full_authentication_is_accepted(world) {
        let cards = vezne_sandbox::test_cards();
        let special = cards.iter().filter(|c| c.group == "three_d" && c.class == "auth-3ds");
        for card in special {
            let visit = visit(world, &world.pos, &card.number).await.context(card.note_en)?;
            if visit.page.form("/acs/").is_ok() {
                let back = confirm(&visit).await?;
                visit.browser.settle(back).await?;
            }
            unpaid(world, &visit).await.context(card.note_en)?;
        }
        ensure!(world.authorize_calls() == 0, "a payment without full authentication was sent on");
        Ok(())
    }

    async fn an_authenticated_card_may_still_be_declined(world) {
        let cards = vezne_sandbox::test_cards();
        let poor = cards.iter().find(|c| c.group == "three_d" && c.bank_code == Some("51")).context("a card")?;
        for model in ["3d", "3d-pay"] {
            let pos = world.add_pos(model, model, Store::Demo).await?;
            let visit = visit(world, &pos, &poor.number).await?;
            let back = confirm(&visit).await?;
            visit.browser.settle(back).await?;
            let ended = world.until(&visit.payment, "declined").await?;
            ensure!(ended.text("/decline/bank_code") == "51", "{}", ended.answer.text());
        }
        Ok(())
    }

    async fn the_page_with_the_card_is_shown_once(world) {
        let begun = begin(world, &world.pos, GOOD_CARD).await?;
        let url = begun.text("/next_action/redirect_url").to_owned();
        let first = Browser::default().get(&url).await?;
        ensure!(first.header("cache-control").is_some_and(|c| c.contains("no-store")), "{:?}", first.headers);
        ensure!(first.html.contains(GOOD_CARD), "the page carries the card to the gate");
        let second = Browser::default().get(&url).await?;
        ensure!(!second.html.contains(GOOD_CARD), "the page can be seen twice");
        world.may_differ();
        Ok(())
    }

    async fn a_window_closed_before_the_code_costs_nothing(world) {
        for model in ["3d", "3d-pay", "3d-host"] {
            let pos = world.add_pos(model, model, Store::Demo).await?;
            let visit = visit(world, &pos, GOOD_CARD).await?;
            world.advance(Duration::from_hours(1));
            unpaid(world, &visit).await.context(model)?;
        }
        ensure!(world.authorize_calls() == 0);
        Ok(())
    }

    async fn a_window_closed_after_the_code_ends_as_the_bank_says(world) {
        for (model, charged) in [("3d", false), ("3d-pay", true), ("3d-host", true)] {
            let pos = world.add_pos(model, model, Store::Demo).await?;
            let mut visit = visit(world, &pos, GOOD_CARD).await?;
            type_card(&mut visit, GOOD_CARD).await?;
            confirm(&visit).await?;
            world.advance(Duration::from_secs(1_000));
            if charged {
                world.until_asked(&visit.payment, "succeeded").await.context(model)?;
            } else {
                unpaid(world, &visit).await.context(model)?;
            }
        }
        Ok(())
    }
}

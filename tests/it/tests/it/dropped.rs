//! A caller who hangs up cancels nothing.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::time::Duration;
use vezne::store::user::UserRole;
use vezne_it::api::fresh_key;
use vezne_it::http::{Call, HangUp};
use vezne_it::seed::Store;
use vezne_it::world::{AMOUNT, GOOD_CARD, id, order_no};
use vezne_it::{Patience, Reply, World, stories};
use vezne_sandbox::{Fault, FaultKind, Op};

use crate::three_ds::{Visit, begin, confirm, paid, type_card, visit};

/// The bank thinks so long: whoever does not wait for it hangs up while it does.
const THINKS_MS: u64 = 120;

/// Comes back with the same key until nothing is in flight under it.
async fn insisted(world: &World, path: &str, body: &Value, key: &str) -> Result<Reply> {
    let mut patience = Patience::new();
    loop {
        let answer = world.api.post_with_key(path, body, key).await?;
        if answer.status != 409 {
            return answer.good();
        }
        ensure!(patience.lasts().await, "still in flight: {}", answer.answer.text());
    }
}

/// How often the bank was asked for this about an order, whatever came of it.
fn asked_for(world: &World, op: Op, order: &str) -> usize {
    world.bank.bank.requests().iter().filter(|seen| seen.op == op && seen.order == order).count()
}

/// Long enough for half a request to have done its harm, if it does any.
async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(2 * THINKS_MS)).await;
}

/// A request that was answered has reached the bank once, whoever hung up; half a one never does. A whole one may have
/// been let go of before anything was done for it.
async fn reaches(world: &World, when: HangUp, count: impl Fn() -> usize) -> Result<()> {
    a_moment().await;
    world.rest().await?;
    let asked = count();
    let right = if when.is_whole() { asked == 1 || (asked == 0 && !when.is_answered()) } else { asked == 0 };
    ensure!(right, "{when:?}: the bank was asked {asked} times");
    Ok(())
}

/// Ended without money.
async fn nothing_taken(world: &World, visit: &Visit) -> Result<()> {
    world.until_asked_any(&visit.payment, &["declined", "failed", "expired", "canceled"]).await?;
    ensure!(world.bank_net(&visit.order) == 0, "the bank keeps {}", world.bank_net(&visit.order));
    Ok(())
}

stories! {
    async fn a_sale_that_is_hung_up_on_charges_once(world) {
        for when in HangUp::ALL {
            world.bank.bank.fault(Fault::once(FaultKind::Delay).ms(THINKS_MS));
            let (body, key, before) = (world.sale(AMOUNT, GOOD_CARD), fresh_key(), world.authorize_calls());
            let call = world.api.authorized(world.api.post_call("/v1/payments", &body, &key)).await?;
            call.hang_up(when).await?;
            reaches(world, when, || world.authorize_calls() - before).await?;
            let sold = insisted(world, "/v1/payments", &body, &key).await.with_context(|| format!("{when:?}"))?;
            ensure!(sold.text("/state") == "succeeded", "{when:?}: {}", sold.answer.text());
            let order = world.order(&order_no(&sold)?)?;
            ensure!((order.net, order.approvals) == (AMOUNT, 1), "{when:?}: {} in {}", order.net, order.approvals);
            ensure!(world.authorize_calls() == before + 1, "{when:?}: asked again for what was charged");
        }
        world.bank.bank.clear_faults();
        Ok(())
    }

    async fn a_refund_that_is_hung_up_on_gives_back_once(world) {
        for when in HangUp::ALL {
            let sold = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
            let (payment, order) = (id(&sold)?, order_no(&sold)?);
            let (path, body, key) = (format!("/v1/payments/{payment}/refunds"), json!({}), fresh_key());
            world.bank.bank.fault(Fault::once(FaultKind::Delay).ms(THINKS_MS));
            let call = world.api.authorized(world.api.post_call(&path, &body, &key)).await?;
            call.hang_up(when).await?;
            reaches(world, when, || asked_for(world, Op::Void, &order)).await?;
            let back = insisted(world, &path, &body, &key).await.with_context(|| format!("{when:?}"))?;
            ensure!(back.text("/state") == "succeeded", "{when:?}: {}", back.answer.text());
            ensure!(world.bank_net(&order) == 0 && asked_for(world, Op::Void, &order) == 1, "{when:?}");
            let list = world.api.get(&path).await?.good()?;
            ensure!(list.json["data"].as_array().is_some_and(|list| list.len() == 1), "{when:?}: {}", list.answer.text());
        }
        world.bank.bank.clear_faults();
        Ok(())
    }

    async fn a_gates_page_that_is_hung_up_on_charges_only_who_came_through(world) {
        for model in ["3d", "3d-pay"] {
            let pos = world.add_pos(model, model, Store::Demo).await?;
            for when in HangUp::ALL {
                let begun = begin(world, &pos, GOOD_CARD).await?;
                let url = begun.text("/next_action/redirect_url").to_owned();
                Call::new("GET", &url).header("accept", "text/html").hang_up(when).await?;
                a_moment().await;
                let browser = vezne_it::Browser::default();
                let page = browser.get(&url).await?;
                let told = format!("{model}, {when:?}: {}", page.status);
                let shown = page.automatic_form().is_some();
                // A request that never was one took nothing away from the payer.
                ensure!(shown || when.is_whole() || when == HangUp::BeforeTheBody || when == HangUp::InTheBody, "{told}");
                let page = browser.settle(page).await?;
                let (payment, order) = (id(&begun)?, order_no(&begun)?);
                let visit = Visit { payment, order, browser, page };
                if shown {
                    let back = confirm(&visit).await?;
                    visit.browser.settle(back).await?;
                    paid(world, &visit).await.context(told)?;
                } else {
                    // The page went out once, with the card on it, and it does not go out again.
                    ensure!(!visit.page.html.contains(GOOD_CARD), "{told}");
                    world.advance(Duration::from_hours(1));
                    nothing_taken(world, &visit).await.context(told)?;
                }
            }
        }
        Ok(())
    }

    async fn a_callback_that_is_hung_up_on_is_heard_once(world) {
        for model in ["3d", "3d-pay", "3d-host"] {
            let pos = world.add_pos(model, model, Store::Demo).await?;
            for when in HangUp::ALL {
                let mut visit = visit(world, &pos, GOOD_CARD).await?;
                type_card(&mut visit, GOOD_CARD).await?;
                let form = confirm(&visit).await?.automatic_form().context("no callback")?;
                // Only `3d` asks the bank again when the payer is back.
                let (op, asked) = (Op::Auth, world.authorize_calls());
                visit.browser.call_of(&form).hang_up(when).await?;
                if when.is_answered() {
                    // Nobody comes again: what was heard is enough.
                    paid(world, &visit).await.with_context(|| format!("{model}, {when:?}"))?;
                } else if !when.is_whole() {
                    a_moment().await;
                    let state = world.payment(&visit.payment).await?;
                    ensure!(state.text("/state") == "requires_action", "{model}, {when:?}: {}", state.answer.text());
                    ensure!(world.authorize_calls() == asked, "{model}, {when:?}: half a callback was believed");
                }
                // The payer's window sends it again, as windows do.
                visit.browser.submit(&form).await?;
                paid(world, &visit).await.with_context(|| format!("{model}, {when:?}, again"))?;
                ensure!(asked_for(world, op, &visit.order) <= 1, "{model}, {when:?}: asked for money twice");
            }
        }
        Ok(())
    }

    async fn a_pay_form_that_is_hung_up_on_charges_once(world) {
        let clerk = world.person("telefon", UserRole::FirmAdministrator).await?;
        let browser = clerk.browser().await?;
        for (turn, when) in HangUp::ALL.into_iter().enumerate() {
            let page = browser.get(&format!("{}/pay?open=1&sent=1&amount=123%2C45", world.host.url)).await?;
            let form = page.forms().into_iter().find(|form| form.fields.iter().any(|(name, _)| name == "card_number"));
            let form = form.with_context(|| format!("no card form: {}", page.head()))?;
            let form = form.set("card_number", GOOD_CARD).set("card_holder", "DENEME").set("expiry", "12 / 30");
            let form = form.set("security_code", "000");
            world.bank.bank.fault(Fault::once(FaultKind::Delay).ms(THINKS_MS));
            browser.call_of(&form).hang_up(when).await?;
            reaches(world, when, || world.authorize_calls() - turn).await?;
            // The payer presses the button of the same page once more.
            let mut patience = Patience::new();
            let page = loop {
                let page = browser.settle(browser.submit(&form).await?).await?;
                if page.url.contains("/result/") || !patience.lasts().await {
                    break page;
                }
            };
            ensure!(page.status == 200 && page.url.contains("/result/"), "{when:?}: {}: {}", page.url, page.head());
            ensure!(world.authorize_calls() == turn + 1, "{when:?}: charged again for one page");
        }
        world.bank.bank.clear_faults();
        let list = world.api.get("/v1/payments").await?.good()?;
        let payments = list.json["data"].as_array().cloned().unwrap_or_default();
        ensure!(payments.len() == HangUp::ALL.len(), "{} payments", payments.len());
        for payment in payments {
            world.until(payment["id"].as_str().unwrap_or_default(), "succeeded").await?;
        }
        ensure!(world.bank_total() == AMOUNT * i64::try_from(HangUp::ALL.len())?, "{}", world.bank_total());
        Ok(())
    }

    async fn a_dropped_request_ends_as_the_bank_says(world) {
        let mut keys = Vec::new();
        for wait_ms in [0, 5, 20, 80, 200] {
            world.bank.bank.fault(Fault::once(FaultKind::Delay).ms(120));
            let (body, key) = (world.sale(AMOUNT, GOOD_CARD), fresh_key());
            let call = world.api.authorized(world.api.post_call("/v1/payments", &body, &key)).await?;
            call.send_and_hang_up(Duration::from_millis(wait_ms)).await?;
            keys.push((body, key));
        }
        world.rest().await?;
        world.bank.bank.clear_faults();
        // The caller comes back with the same keys: each is charged once in the end.
        for (body, key) in keys {
            let answer = insisted(world, "/v1/payments", &body, &key).await?;
            ensure!(answer.text("/state") == "succeeded", "{}", answer.answer.text());
        }
        ensure!(world.bank_total() == 5 * AMOUNT, "{}", world.bank_total());
        ensure!(world.authorize_calls() == 5);
        Ok(())
    }
}

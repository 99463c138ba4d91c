//! 3-D Secure with somebody in between: forged, tampered, repeated and late callbacks.

use anyhow::{Context, Result, ensure};
use std::time::Duration;
use vezne_it::World;
use vezne_it::browser::Form;
use vezne_it::seed::Store;
use vezne_it::stories;
use vezne_it::world::{AMOUNT, GOOD_CARD};
use vezne_sandbox::{Fault, FaultKind, Op};

use crate::three_ds::{Visit, confirm, paid, type_card, unpaid, visit};

const MODELS: [&str; 3] = ["3d", "3d-pay", "3d-host"];

/// A payer whose bank's page is about to post this callback.
async fn before_callback(world: &World, model: &str) -> Result<(Visit, Form)> {
    let pos = world.add_pos(&format!("{model} {}", vezne_it::api::fresh_key()), model, Store::Demo).await?;
    let mut visit = visit(world, &pos, GOOD_CARD).await?;
    type_card(&mut visit, GOOD_CARD).await?;
    let back = confirm(&visit).await?;
    let form = back.automatic_form().context("no callback")?;
    Ok((visit, form))
}

/// Time goes by until ours has ended unpaid: the page's life is over, and the bank knew of no charge, late and twice.
async fn ended_unpaid(world: &World, visit: &Visit) -> Result<()> {
    for wait_s in [901, 10, 30, 601, 30] {
        world.advance(Duration::from_secs(wait_s));
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    world.until(&visit.payment, "failed").await.map(drop)
}

/// Nobody is asked about it any more.
async fn until_quiet(world: &World, visit: &Visit) -> Result<()> {
    let due = format!("select count(*) from attempt where order_no = '{}' and due_ms is not null", visit.order);
    for _ in 0..20 {
        if world.auditor().number(&due).await? == 0 {
            return Ok(());
        }
        world.advance(Duration::from_secs(21));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    anyhow::bail!("{} is asked about for ever", visit.order)
}

async fn not_believed(world: &World, visit: &Visit, what: &str) -> Result<()> {
    tokio::time::sleep(Duration::from_millis(150)).await;
    let now = world.payment(&visit.payment).await?;
    ensure!(now.text("/state") != "succeeded", "{what} was believed");
    ensure!(world.bank.bank.authorize_calls(&visit.order) == 0, "{what} was sent on");
    Ok(())
}

stories! {
    async fn a_forged_callback_is_not_believed_and_ends_nothing(world) {
        for model in MODELS {
            let (visit, form) = before_callback(world, model).await?;
            let forged = form.clone().set("HASH", "q83vEjRWeJCrze8SNFZ4kA==");
            for _ in 0..2 {
                visit.browser.submit(&forged).await?;
                not_believed(world, &visit, model).await?;
                ensure!(world.payment(&visit.payment).await?.text("/state") == "requires_action", "{model} was ended");
            }
            // The bank's own one still pays.
            visit.browser.submit(&form).await?;
            paid(world, &visit).await.context(model)?;
            ensure!(world.order(&visit.order)?.approvals == 1);
        }
        Ok(())
    }

    async fn tampered_fields_are_not_believed(world) {
        for (name, value) in [("amount", "1.00"), ("oid", "x"), ("currency", "840"), ("mdStatus", "1 "), ("eci", "07"), ("extra", "y")] {
            let (visit, form) = before_callback(world, "3d").await?;
            visit.browser.submit(&form.clone().set(name, value)).await?;
            not_believed(world, &visit, name).await?;
            visit.browser.submit(&form).await?;
            paid(world, &visit).await.context(name)?;
        }
        Ok(())
    }

    async fn a_failure_cannot_be_turned_into_a_success(world) {
        let mut visit = visit(world, &world.pos, GOOD_CARD).await?;
        type_card(&mut visit, GOOD_CARD).await?;
        let cancel = visit.page.form("/acs/")?.set("action", "cancel");
        let back = visit.browser.submit(&cancel).await?;
        let form = back.automatic_form().context("no callback")?;
        visit.browser.submit(&form.set("mdStatus", "1")).await?;
        not_believed(world, &visit, "a rewritten mdStatus").await?;
        world.may_differ();
        Ok(())
    }

    async fn one_payments_callback_does_not_pay_another(world) {
        let (first, good) = before_callback(world, "3d").await?;
        let (second, other) = before_callback(world, "3d").await?;
        // The first one's signed fields, posted to where the second one's belong.
        let crossed = Form { action: other.action.clone(), ..good.clone() };
        first.browser.submit(&crossed).await?;
        tokio::time::sleep(Duration::from_millis(150)).await;
        ensure!(world.payment(&second.payment).await?.text("/state") != "succeeded");
        ensure!(world.bank_net(&second.order) == 0);
        world.may_differ();
        Ok(())
    }

    async fn the_bank_stating_another_amount_is_not_believed(world) {
        for kind in [FaultKind::WrongAmount, FaultKind::WrongCurrency, FaultKind::WrongOrder] {
            world.bank.bank.fault(Fault::once(kind));
            let (visit, form) = before_callback(world, "3d").await?;
            visit.browser.submit(&form).await?;
            not_believed(world, &visit, &format!("{kind:?}")).await?;
        }
        world.may_differ();
        Ok(())
    }

    async fn a_charge_stated_with_another_amount_waits_for_the_inquiry(world) {
        world.bank.bank.fault(Fault::once(FaultKind::WrongAmount));
        let (visit, form) = before_callback(world, "3d-pay").await?;
        visit.browser.submit(&form).await?;
        tokio::time::sleep(Duration::from_millis(100)).await;
        ensure!(world.payment(&visit.payment).await?.text("/state") != "succeeded");
        world.until_asked(&visit.payment, "succeeded").await?;
        Ok(())
    }

    async fn a_wrong_signature_of_the_bank_is_not_believed(world) {
        world.bank.bank.fault(Fault::once(FaultKind::WrongHash));
        let (visit, form) = before_callback(world, "3d").await?;
        visit.browser.submit(&form).await?;
        not_believed(world, &visit, "a wrong signature").await?;
        world.may_differ();
        Ok(())
    }

    async fn a_repeated_callback_charges_once(world) {
        for model in MODELS {
            let (visit, form) = before_callback(world, model).await?;
            let posts = (0..5).map(|_| visit.browser.submit(&form));
            for page in futures::future::join_all(posts).await {
                ensure!(page?.status < 500, "{model}");
            }
            paid(world, &visit).await.context(model)?;
            visit.browser.submit(&form).await?;
            ensure!(world.order(&visit.order)?.approvals == 1);
            let expected = usize::from(model == "3d");
            ensure!(world.bank.bank.authorize_calls(&visit.order) == expected, "{model}");
        }
        Ok(())
    }

    async fn the_banks_own_duplicate_charges_once(world) {
        world.bank.bank.fault(Fault::once(FaultKind::DuplicateCallback));
        let (visit, form) = before_callback(world, "3d").await?;
        visit.browser.submit(&form).await?;
        paid(world, &visit).await?;
        ensure!(world.bank.bank.authorize_calls(&visit.order) == 1);
        Ok(())
    }

    async fn a_late_callback_charges_nothing(world) {
        let (visit, form) = before_callback(world, "3d").await?;
        world.advance(Duration::from_hours(2));
        unpaid(world, &visit).await?;
        visit.browser.submit(&form).await?;
        tokio::time::sleep(Duration::from_millis(200)).await;
        ensure!(world.payment(&visit.payment).await?.text("/state") != "succeeded");
        ensure!(world.bank.bank.authorize_calls(&visit.order) == 0);
        Ok(())
    }

    async fn a_charge_after_the_end_is_given_back_when_the_payer_returns(world) {
        for model in ["3d-pay", "3d-host"] {
            let pos = world.add_pos(model, model, Store::Demo).await?;
            let mut visit = visit(world, &pos, GOOD_CARD).await?;
            type_card(&mut visit, GOOD_CARD).await?;
            // The payer looks for the telephone for half an hour, and confirms then.
            ended_unpaid(world, &visit).await.context(model)?;
            let kept = format!("select callback_key from attempt where order_no = '{}' and callback_key is not null", visit.order);
            ensure!(world.auditor().column(&kept).await?.len() == 1, "the callback's name is forgotten");
            let form = confirm(&visit).await?.automatic_form().context("no callback")?;
            ensure!(world.bank_net(&visit.order) == AMOUNT, "{model}: the bank did not charge");
            ensure!(visit.browser.submit(&form).await?.status < 500, "{model}");
            until_quiet(world, &visit).await.context(model)?;
            let order = world.order(&visit.order)?;
            ensure!((order.net, order.approvals) == (0, 1), "{model}: {} {}", order.net, order.approvals);
            ensure!(world.payment(&visit.payment).await?.text("/state") == "failed", "{model} was opened again");
        }
        Ok(())
    }

    async fn a_late_callback_without_a_charge_is_asked_about_and_done(world) {
        let pos = world.add_pos("3d-pay", "3d-pay", Store::Demo).await?;
        let visit = visit(world, &pos, GOOD_CARD).await?;
        ended_unpaid(world, &visit).await?;
        let asked = || world.bank.bank.requests().iter().filter(|call| call.op == Op::Status).count();
        let before = asked();
        let cancel = visit.page.form("/acs/")?.set("action", "cancel");
        let form = visit.browser.submit(&cancel).await?.automatic_form().context("no callback")?;
        visit.browser.submit(&form).await?;
        until_quiet(world, &visit).await?;
        ensure!(asked() > before, "the bank was not asked");
        ensure!(world.payment(&visit.payment).await?.text("/state") == "failed");
        ensure!(world.bank_net(&visit.order) == 0);
        Ok(())
    }

    async fn a_payer_who_hangs_up_while_we_charge_has_paid(world) {
        let (visit, form) = before_callback(world, "3d").await?;
        world.bank.bank.fault(Fault::once(FaultKind::Delay).ms(300));
        visit.browser.call_of(&form).send_and_hang_up(Duration::from_millis(100)).await?;
        paid(world, &visit).await
    }

    async fn silence_at_the_provision_is_found_paid(world) {
        let (visit, form) = before_callback(world, "3d").await?;
        world.bank.bank.fault(Fault::once(FaultKind::SilenceAfter));
        visit.browser.submit(&form).await?;
        world.until(&visit.payment, "unknown").await?;
        world.until_asked(&visit.payment, "succeeded").await?;
        ensure!(world.bank.bank.authorize_calls(&visit.order) == 1);
        Ok(())
    }
}

//! What a connector does not declare, and what its bank does not do: refused with a sentence, and the bank's book has
//! nothing of it.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use vezne_it::component::Component;
use vezne_it::world::{AMOUNT, GOOD_CARD};
use vezne_it::{Reply, World};

use super::operation::{PART, offered};
use super::till::{Sold, Till, stands};

/// Refused with a sentence, and the bank has never heard of it.
pub async fn refused(world: &World, payment: &Reply) -> Result<()> {
    stands(world, payment, "failed").await?;
    let told = (payment.text("/decline/code"), payment.text("/decline/message").is_empty());
    ensure!(told == ("unsupported", false), "{}", payment.answer.text());
    let order = payment.text("/order_no");
    ensure!(world.bank.bank.order(order).is_none() && world.bank.bank.authorize_calls(order) == 0);
    Ok(())
}

/// Refused by the host with a sentence, because the manifest does not promise it.
fn lacking(no: &Reply, what: &str) -> Result<()> {
    let told = (no.status, no.text("/code"), no.text("/detail").is_empty() && no.text("/title").is_empty());
    ensure!(told == (409, "capability_missing", false), "{what}: {}", no.answer.text());
    Ok(())
}

/// What this bank does not reserve: where the manifest says so nothing is written, else the connector refuses.
pub async fn not_held(till: &Till<'_>, reservation: &Value) -> Result<()> {
    let world = till.world;
    if till.family.has("authorize")? {
        return refused(world, &till.pay(reservation).await?).await;
    }
    let payments = world.auditor().number("select count(*) from payment").await?;
    lacking(&world.api.post("/v1/payments", reservation).await?, "a reservation")?;
    ensure!(world.auditor().number("select count(*) from payment").await? == payments, "a payment was written");
    Ok(())
}

/// A connector that declares nothing but sales: whatever else is asked of it is refused before anything is written.
pub async fn nothing_but_sales(world: &World) -> Result<()> {
    let kept = ["sale", "authorize", "inquire", "three-d-secure", "order-history"];
    let bare = Component::built("pos-nestpay")?.changed(|manifest| {
        manifest["version"] = json!("9.9.9");
        manifest["capabilities"] = json!(kept);
    })?;
    let good = world.pay(&world.sale(AMOUNT, GOOD_CARD)).await?;
    let mut held = world.sale(AMOUNT, GOOD_CARD);
    held["capture"] = json!("manual");
    let (good, held) = (Sold::of(&good)?, Sold::of(&world.pay(&held).await?)?);
    world.staged(&bare).await?;
    world.plugin("pos-nestpay", "activate", &json!({ "digest": bare.digest(), "approve": true })).await?.good()?;
    let before = (world.bank.bank.entries().len(), world.authorize_calls());
    let path = |sold: &Sold, act: &str| format!("/v1/payments/{}/{act}", sold.payment);
    for body in [json!({ "mode": "void" }), json!({ "mode": "refund" }), json!({ "mode": "refund", "amount": PART })] {
        lacking(&world.api.post(&path(&good, "refunds"), &body).await?, &body.to_string())?;
    }
    for act in ["capture", "cancel"] {
        lacking(&world.api.post(&path(&held, act), &json!({})).await?, act)?;
    }
    let mut mail = world.sale(AMOUNT, GOOD_CARD);
    mail["channel"] = json!("mail_order");
    lacking(&world.api.post("/v1/payments", &mail).await?, "mail order")?;
    let (mut parts, option) = (world.sale(AMOUNT, GOOD_CARD), offered(world).await?);
    parts["instalment_option"] = option;
    lacking(&world.api.post("/v1/payments", &parts).await?, "instalments")?;
    ensure!((world.bank.bank.entries().len(), world.authorize_calls()) == before, "the bank was asked");
    ensure!(world.auditor().number("select count(*) from operation").await? == 0, "an operation was written");
    ensure!(world.auditor().number("select count(*) from payment").await? == 2, "a payment was written");
    Ok(())
}

/// What the manifest does not name is refused before anything is written: a model where the account is set up, 3-D
/// Secure where the account has no model for it, a currency before anything leaves.
pub async fn undeclared(till: &Till<'_>) -> Result<()> {
    let (world, family) = (till.world, till.family);
    let (models, currencies) = (family.words("models")?, family.words("currencies")?);
    for model in ["3d", "3d-pay", "3d-host"].into_iter().filter(|model| !models.iter().any(|known| known == model)) {
        let no = world.api.post("/v1/pos_accounts", &family.account(world, model)).await?;
        let told = (no.status, no.text("/errors/0/pointer"), no.text("/errors/0/code"));
        ensure!(told == (422, "/three_d_model", "not_a_choice"), "{model}: {}", no.answer.text());
    }
    let payments = world.auditor().number("select count(*) from payment").await?;
    let mut body = till.sale("none", GOOD_CARD)?;
    if !models.iter().any(|model| model == "3d") {
        body["three_d_secure"] = json!("required");
        let no = world.api.post("/v1/payments", &body).await?;
        ensure!((no.status, no.text("/code")) == (409, "model_unsupported"), "{}", no.answer.text());
        ensure!(!no.text("/detail").is_empty() || !no.text("/title").is_empty(), "{}", no.answer.text());
        ensure!(world.auditor().number("select count(*) from payment").await? == payments, "a payment was written");
    }
    ensure!(!currencies.iter().any(|currency| currency == "AZN"), "manat is declared: ask for another currency");
    let mut body = till.sale("none", GOOD_CARD)?;
    body["currency"] = json!("AZN");
    let no = world.pay(&body).await?;
    stands(world, &no, "failed").await?;
    ensure!(!no.text("/decline/message").is_empty(), "{}", no.answer.text());
    ensure!(world.bank.bank.order(no.text("/order_no")).is_none());
    Ok(())
}

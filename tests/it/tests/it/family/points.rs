//! Points of a card: asked for, used, given back; and refused wherever they cannot be had. The bank's own book of points is
//! the judge, as far as it answers the question.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use vezne::store::user::UserRole;
use vezne_it::browser::Form;
use vezne_it::family::Family;
use vezne_it::http::Call;
use vezne_it::world::{AMOUNT, GOOD_CARD};
use vezne_it::{Page, Reply, World};
use vezne_sandbox::{Fault, FaultKind, Op};

use super::Failures;
use super::doubt::{Doubts, End};
use super::operation::PART;
use super::till::{LASTING, Sold, Till, stands};
use crate::webhook::patch;

/// The families whose bank takes points.
pub const TAKEN_AT: [&str; 2] = ["garanti", "posnet"];

/// What the sandbox's card has at first, kuruş.
const HAS: i64 = 5_000;
/// What points pay of [`AMOUNT`].
const USED: i64 = 1_234;
/// A card that pays, and is in no programme.
const NO_PROGRAMME: &str = "4508034508034509";
/// A card of the programme that has none.
const EMPTY: &str = "5401341234567891";

/// Everything that is done with points at one bank.
pub async fn play(world: &World, family: &Family) -> Result<()> {
    let till = Till::open(world, family).await?;
    asked(&till).await?;
    unanswered(&till).await?;
    misplaced(&till).await?;
    let (mut failures, mut doubts) = (Failures::default(), Doubts::default());
    failures.note("void", voided(&till).await);
    failures.note("too many", too_many(&till).await);
    failures.note("in doubt", in_doubt(&till, &mut doubts).await);
    doubts.settle(world, &mut failures).await?;
    let models: Vec<String> = till.models().into_iter().filter(|model| model != "none").collect();
    for model in models {
        failures.note(&model, at_the_gate(&till, &model).await);
    }
    let before = available(&till, GOOD_CARD).await?;
    let sold = sold(&till, "none").await?;
    world.advance(Duration::from_hours(26));
    world.bank.bank.day_end();
    failures.note("refund", given_back(&till, &sold, before).await);
    failures.done()
}

/// Asks at the account without 3-D.
async fn ask(till: &Till<'_>, card: &str) -> Result<Reply> {
    till.world.api.post("/v1/points", &question(till, "none", card)?).await
}

/// The card in the same shape as a payment brings it.
fn question(till: &Till<'_>, model: &str, card: &str) -> Result<Value> {
    let sale = till.sale(model, card)?;
    let fields = ["amount", "currency", "card", "pos_account", "three_d_secure"];
    Ok(Value::Object(fields.into_iter().map(|name| (name.to_owned(), sale[name].clone())).collect()))
}

async fn available(till: &Till<'_>, card: &str) -> Result<i64> {
    let told = ask(till, card).await?.good()?;
    ensure!(told.text("/points/currency") == "TRY", "{}", told.answer.text());
    told.number("/points/available").with_context(|| told.answer.text())
}

fn with_points(mut sale: Value, points: i64) -> Value {
    sale["points_amount"] = json!(points);
    sale
}

async fn sold(till: &Till<'_>, model: &str) -> Result<Sold> {
    let paid = till.pay(&with_points(till.sale(model, GOOD_CARD)?, USED)).await?;
    stands(till.world, &paid, "succeeded").await?;
    let told = (paid.number("/amount"), paid.number("/charged"), paid.number("/points_amount"));
    ensure!(told == (Some(AMOUNT), Some(AMOUNT), Some(USED)), "{}", paid.answer.text());
    let sold = Sold::of(&paid)?;
    ensure!(till.world.bank_net(&sold.order) == AMOUNT, "the firm gets {}", till.world.bank_net(&sold.order));
    Ok(sold)
}

/// How many rows there are that a payment writes.
async fn rows(world: &World) -> Result<(i64, i64, i64)> {
    let auditor = world.auditor();
    Ok((
        auditor.number("select count(*) from payment").await?,
        auditor.number("select count(*) from attempt").await?,
        auditor.number("select count(*) from idempotency").await?,
    ))
}

/// The bank's number is told, nothing is kept but that it was asked, and no card is in it.
async fn asked(till: &Till<'_>) -> Result<()> {
    let world = till.world;
    let (before, entries) = (rows(world).await?, world.bank.bank.entries().len());
    ensure!(available(till, GOOD_CARD).await? == HAS);
    ensure!(available(till, EMPTY).await? == 0);
    let no = ask(till, NO_PROGRAMME).await?;
    ensure!((no.status, no.text("/code")) == (409, "points_refused"), "{}", no.answer.text());
    ensure!(!no.text("/detail").is_empty());
    ensure!((rows(world).await?, world.bank.bank.entries().len()) == (before, entries), "something was written");
    let noted = "select count(*) from audit where act = 'points.asked'";
    ensure!(world.auditor().number(noted).await? == 3, "each question is noted before it is sent");
    let mut past = question(till, "none", GOOD_CARD)?;
    past["card"]["expiry_year"] = json!(2020);
    let no = world.api.post("/v1/points", &past).await?;
    ensure!((no.status, no.text("/errors/0/pointer")) == (422, "/card/expiry_month"), "{}", no.answer.text());
    let call = Call::new("POST", format!("{}/v1/points", world.api.base));
    let nobody = call.body("application/json", question(till, "none", GOOD_CARD)?.to_string()).send().await?;
    ensure!(nobody.status == 401, "{}", nobody.text());
    Ok(())
}

/// Silence, a page and a lie in the bank's place: a problem that says so, never a number, and nothing is kept.
async fn unanswered(till: &Till<'_>) -> Result<()> {
    let world = till.world;
    let before = rows(world).await?;
    for kind in [FaultKind::SilenceBefore, FaultKind::Html, FaultKind::Garbage, FaultKind::Truncated] {
        world.bank.bank.fault(Fault { count: Some(LASTING), ..Fault::once(kind).on(Op::Points) });
        let no = ask(till, GOOD_CARD).await?;
        till.met(kind)?;
        ensure!((no.status, no.text("/code")) == (502, "bank_unanswered"), "{kind:?}: {}", no.answer.text());
        ensure!(!no.text("/title").is_empty() && !no.text("/detail").is_empty());
    }
    ensure!(rows(world).await? == before, "something was written");
    ensure!(available(till, GOOD_CARD).await? == HAS, "and then it answers again");
    Ok(())
}

/// Wishes that are none are refused at their field, before anything is written.
async fn misplaced(till: &Till<'_>) -> Result<()> {
    let world = till.world;
    let before = (rows(world).await?, world.authorize_calls());
    let sale = || till.sale("none", GOOD_CARD);
    let (mut held, mut mail) = (with_points(sale()?, USED), with_points(sale()?, USED));
    held["capture"] = json!("manual");
    mail["channel"] = json!("mail_order");
    for (body, code) in [
        (with_points(sale()?, 0), "out_of_range"),
        (with_points(sale()?, -1), "out_of_range"),
        (with_points(sale()?, AMOUNT + 1), "out_of_range"),
        (held, "not_allowed"),
        (mail, "not_allowed"),
    ] {
        let no = world.api.post("/v1/payments", &body).await?;
        let told = (no.status, no.text("/errors/0/pointer"), no.text("/errors/0/code"));
        ensure!(told == (422, "/points_amount", code), "{}", no.answer.text());
    }
    ensure!((rows(world).await?, world.authorize_calls()) == before, "something was written");
    Ok(())
}

/// Used, and restored by the void.
async fn voided(till: &Till<'_>) -> Result<()> {
    let before = available(till, GOOD_CARD).await?;
    let sold = sold(till, "none").await?;
    ensure!(available(till, GOOD_CARD).await? == before - USED);
    let back = till.world.refund(&sold.payment, &json!({ "mode": "void" })).await?.good()?;
    ensure!((back.text("/kind"), back.text("/state")) == ("void", "succeeded"), "{}", back.answer.text());
    ensure!(available(till, GOOD_CARD).await? == before && till.world.bank_net(&sold.order) == 0);
    Ok(())
}

/// More than the card has: the bank says no in its own code, and keeps what there is.
async fn too_many(till: &Till<'_>) -> Result<()> {
    let before = available(till, GOOD_CARD).await?;
    let no = till.pay(&with_points(till.sale("none", GOOD_CARD)?, before + 1)).await?;
    stands(till.world, &no, "declined").await?;
    ensure!(!no.text("/decline/message").is_empty(), "{}", no.answer.text());
    ensure!(
        no.text("/decline/code").replace('_', "-") != "card-closed-ecommerce",
        "it is not the card: {}",
        no.answer.text()
    );
    ensure!(till.world.bank_net(no.text("/order_no")) == 0 && available(till, GOOD_CARD).await? == before);
    Ok(())
}

/// The answer to the sale is lost: it is found whole, whatever part of it points paid.
async fn in_doubt(till: &Till<'_>, doubts: &mut Doubts) -> Result<()> {
    let body = with_points(till.sale("none", GOOD_CARD)?, USED);
    let paid = till.pay_under(Fault::once(FaultKind::SilenceAfter), &body).await?;
    stands(till.world, &paid, "unknown").await?;
    doubts.payment("a mixed sale", &paid, End::Paid)
}

/// Where the manifest says so points are taken after the gate; elsewhere they are refused before anything is written.
async fn at_the_gate(till: &Till<'_>, model: &str) -> Result<()> {
    let world = till.world;
    let takes = model == "3d" && till.family.has("points-three-d")?;
    if takes {
        let before = available(till, GOOD_CARD).await?;
        sold(till, model).await?;
        ensure!(available(till, GOOD_CARD).await? == before - USED);
        return Ok(());
    }
    let before = rows(world).await?;
    let no = world.api.post("/v1/payments", &with_points(till.sale(model, GOOD_CARD)?, USED)).await?;
    ensure!((no.status, no.text("/code")) == (409, "points_unsupported"), "{model}: {}", no.answer.text());
    ensure!(!no.text("/detail").is_empty() && rows(world).await? == before, "{}", no.answer.text());
    if model != "3d-host" {
        let no = world.api.post("/v1/points", &question(till, model, GOOD_CARD)?).await?;
        ensure!((no.status, no.text("/code")) == (409, "points_unsupported"), "{model}: {}", no.answer.text());
    }
    Ok(())
}

/// Given back in two parts: the points come back with them, all of them in the end.
async fn given_back(till: &Till<'_>, sold: &Sold, before: i64) -> Result<()> {
    let world = till.world;
    for (amount, kept, points) in [(Some(PART), AMOUNT - PART, USED - PART * USED / AMOUNT), (None, 0, 0)] {
        world.advance(Duration::from_mins(1));
        let back = world.refund(&sold.payment, &json!({ "mode": "refund", "amount": amount })).await?.good()?;
        ensure!((back.text("/kind"), back.text("/state")) == ("refund", "succeeded"), "{}", back.answer.text());
        ensure!(world.bank_net(&sold.order) == kept, "the bank keeps {}", world.bank_net(&sold.order));
        let left = available(till, GOOD_CARD).await?;
        ensure!(left == before - points, "{left} points, and {} were to be", before - points);
    }
    Ok(())
}

/// The pay page: asked by its form's other button, used by the form, and nothing paid by asking.
pub async fn at_the_pay_page(world: &World, family: &Family) -> Result<()> {
    let address = format!("{}/pay?open=1&sent=1&amount=123%2C45", world.host.url);
    let browser = world.person("kasa", UserRole::FirmClerk).await?.browser().await?;
    let without = browser.get(&address).await?;
    ensure!(!without.html.contains("/pay/points"), "the page offers points where the connector takes none");
    Till::of_none(world, family).await?;
    let path = format!("/v1/pos_accounts/{}", world.pos);
    let version = world.api.get(&path).await?.good()?.number("/version").unwrap_or_default();
    patch(world, &path, version, &json!({ "state": "disabled" })).await?.good()?;
    let before = rows(world).await?;

    let page = browser.get(&address).await?;
    ensure!(page.html.contains("formaction=\"/pay/points\""), "{}", page.head());
    let asking = |page: &Page| {
        let form = typed(page)?;
        Ok::<_, anyhow::Error>(Form { action: form.action.replace("/pay", "/pay/points"), ..form })
    };
    let told = browser.submit(&asking(&page)?).await?;
    ensure!(told.status == 200 && told.html.contains("50,00\u{a0}₺ değerinde"), "{}", told.head());
    ensure!(!told.html.contains(GOOD_CARD) && rows(world).await? == before, "a question is no payment");
    let no = browser.submit(&typed(&told)?.set("points", "999,00")).await?;
    ensure!(no.status == 422 && no.html.contains("en çok tutar kadar"), "{}", no.head());
    world.bank.bank.fault(Fault { count: Some(LASTING), ..Fault::once(FaultKind::Html).on(Op::Points) });
    let no = browser.submit(&asking(&page)?).await?;
    world.bank.bank.clear_faults();
    ensure!(no.status == 422 && no.html.contains("Banka puanı şu anda söylemedi."), "{}", no.head());
    ensure!(rows(world).await? == before, "a payment was written");

    let paid = browser.submit(&typed(&told)?.set("points", "12,34")).await?;
    let result = browser.settle(paid).await?;
    ensure!(result.status == 200 && result.url.contains("/result/"), "{}: {}", result.url, result.head());
    let of_it =
        "select count(*) from payment where state = 'succeeded' and points_minor = 1234 and amount_minor = 12345";
    ensure!(world.auditor().number(of_it).await? == 1, "{}", result.head());
    let order = world.auditor().column("select order_no from attempt").await?.remove(0);
    ensure!(world.bank_net(&order) == AMOUNT, "the firm gets {}", world.bank_net(&order));
    Ok(())
}

/// The form that pays, with a card.
fn typed(page: &Page) -> Result<Form> {
    let pays = |form: &Form| form.method == "post" && form.action.ends_with("/pay");
    let form = page.forms().into_iter().find(pays).with_context(|| format!("no form that pays: {}", page.head()))?;
    Ok(form.set("card_number", GOOD_CARD).set("expiry", "12 / 30").set("security_code", "000"))
}

/// A connector that declares no points: the question and the wish are refused with a sentence before anything is written.
pub async fn taken_by_none(world: &World) -> Result<()> {
    let before = (rows(world).await?, world.bank.bank.entries().len(), world.authorize_calls());
    let sale = world.sale(AMOUNT, GOOD_CARD);
    for (path, body) in [("/v1/points", sale.clone()), ("/v1/payments", with_points(sale, USED))] {
        let no = world.api.post(path, &body).await?;
        ensure!((no.status, no.text("/code")) == (409, "points_unsupported"), "{path}: {}", no.answer.text());
        ensure!(!no.text("/detail").is_empty(), "{path}: {}", no.answer.text());
    }
    ensure!((rows(world).await?, world.bank.bank.entries().len(), world.authorize_calls()) == before);
    Ok(())
}

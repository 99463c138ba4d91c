//! Every operation that a connector declares, in every model, at its simulator. What is played follows from the kit's
//! report, which follows from the manifest: a cell that nobody plays fails.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use vezne_it::family::{Cell, Family};
use vezne_it::http::Call;
use vezne_it::world::{AMOUNT, GOOD_CARD};
use vezne_it::{Reply, World};
use vezne_sandbox::{Fault, FaultKind, Kind, Op};

use super::Failures;
use super::doubt::{Doubts, End};
use super::refusal::{not_held, undeclared};
use super::till::{Sold, Till, booked, stands};

/// A part of [`AMOUNT`], minor units.
pub const PART: i64 = 5_000;
/// As many as most banks' programmes know.
const INSTALMENTS: u8 = 6;

/// What is done with a payment of its own. The cells of the report that each plays stand in [`ACTS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    /// Sold and voided.
    Void,
    /// Voided, and the answer is lost.
    LostVoid,
    /// Sold, and the answer is lost, or the payer's way back.
    LostSale,
    /// Held, and a part of it taken; all of it where the bank takes no part.
    CapturePart,
    /// Held, taken, and the answer is lost.
    LostCapture,
    /// Held and given up.
    GiveUp,
    /// A part is given back on the next day, and then the rest.
    RefundPart,
    /// All is given back on the next day, and the answer is lost.
    LostRefund,
    /// A reservation that the bank has not.
    NoHold,
    /// A part that the bank does not give back.
    NoPart,
}

/// Each act, and the operations of the report that it plays.
const ACTS: [(Act, &[&str]); 8] = [
    (Act::Void, &["sale", "void"]),
    (Act::LostVoid, &["void", "inquire void"]),
    (Act::LostSale, &["sale", "inquire"]),
    (Act::CapturePart, &["authorize", "capture"]),
    (Act::LostCapture, &["capture", "inquire capture"]),
    (Act::GiveUp, &["authorize", "void"]),
    (Act::RefundPart, &["refund-part", "refund"]),
    (Act::LostRefund, &["refund", "inquire refund"]),
];

/// What is asked for where the report says that it is refused.
const REFUSALS: [(Act, &[&str]); 2] = [(Act::NoHold, &["authorize"]), (Act::NoPart, &["refund-part"])];

/// `history.rs` plays them.
pub const OF_THE_BOOK: [&str; 2] = ["order history", "day history"];

/// Cells that need something of the bank's beside a payment, and are played apart: `points.rs`.
pub const APART: [&str; 1] = ["points"];

/// Which cells or acts play what a manifest promises; nothing where no door of the API leads there.
pub const CAPABILITIES: [(&str, &str); 18] = [
    ("sale", "sale"),
    ("authorize", "authorize"),
    ("capture", "capture"),
    ("void", "void"),
    ("refund", "refund"),
    ("partial-refund", "refund-part"),
    ("inquire", "inquire"),
    ("three-d-secure", "sale"),
    ("mail-order", "by_mail"),
    ("instalments", "in_instalments"),
    ("order-history", "order history"),
    ("day-history", "day history"),
    // On purpose: the bank would charge on by itself, and each later charge is money without a payment of ours.
    ("recurring", ""),
    ("sub-dealer", "sub_dealer.rs"),
    ("sub-dealer-identity", "sub_dealer.rs"),
    // `points.rs` pays with them.
    ("points", ""),
    ("points-three-d", ""),
    ("points-inquiry", "points"),
];

/// The operations that the acts play, and those of the bank's book.
pub fn operations() -> BTreeSet<&'static str> {
    ACTS.iter().flat_map(|(_, needs)| needs.iter().copied()).chain(OF_THE_BOOK).chain(APART).collect()
}

/// The acts of a model, and the operations that each plays there.
fn acts_of(cells: &[Cell], model: &str) -> Vec<(Act, &'static [&'static str])> {
    let says = |operation: &str, done| {
        cells.iter().any(|cell| cell.operation == operation && cell.model == model && cell.done == done)
    };
    let done = ACTS.into_iter().filter(|(_, needs)| needs.iter().all(|operation| says(operation, true)));
    let refused = REFUSALS.into_iter().filter(|(_, needs)| needs.iter().all(|operation| says(operation, false)));
    done.chain(refused).collect()
}

/// Plays everything that the connector declares at this bank, and asks for what it does not.
pub async fn play(world: &World, family: &Family) -> Result<()> {
    let till = Till::open(world, family).await?;
    let cells = family.cells()?;
    let (mut failures, mut doubts, mut kept) = (Failures::default(), Doubts::default(), Vec::new());
    let mut played = BTreeSet::new();
    for model in till.models() {
        for (act, needs) in acts_of(&cells, &model) {
            let what = format!("{act:?} {model}");
            played.extend(needs.iter().map(|operation| ((*operation).to_owned(), model.clone())));
            match today(&till, act, &model, &mut doubts).await {
                Ok(Some(sold)) => kept.push((act, what, sold)),
                told => failures.note(&what, told.map(drop)),
            }
        }
    }
    failures.note("mail order", by_mail(&till).await);
    failures.note("instalments", in_instalments(&till).await);
    failures.note("a decline", declined(&till).await);
    failures.note("undeclared", undeclared(&till).await);
    doubts.settle(world, &mut failures).await?;
    // Another day at the bank, and by the firm's clock.
    world.advance(Duration::from_hours(26));
    world.bank.bank.day_end();
    let mut doubts = Doubts::default();
    for (act, what, sold) in kept {
        failures.note(&what, tomorrow(&till, act, &sold, &mut doubts).await);
    }
    doubts.settle(world, &mut failures).await?;
    for Cell { operation, model, done } in cells {
        let elsewhere = OF_THE_BOOK.contains(&operation.as_str()) || APART.contains(&operation.as_str());
        let is_played = elsewhere || played.contains(&(operation.clone(), model.clone()));
        ensure!(is_played, "nobody plays {operation} {model} (done: {done})");
    }
    failures.done()
}

/// An act as far as it goes on the day of the sale; what the next day is for, where it has to wait for that.
async fn today(till: &Till<'_>, act: Act, model: &str, doubts: &mut Doubts) -> Result<Option<Sold>> {
    let world = till.world;
    let what = format!("{act:?} {model}");
    match act {
        Act::Void => {
            let sold = till.sold(model).await?;
            let back = world.refund(&sold.payment, &json!({ "mode": "void" })).await?.good()?;
            ensure!((back.text("/kind"), back.text("/state")) == ("void", "succeeded"), "{}", back.answer.text());
            // Some banks have one call for both, which gives back on the same day.
            let state = world.order(&sold.order)?.state;
            ensure!(["voided", "refunded"].contains(&state) && world.bank_net(&sold.order) == 0, "{state}");
        }
        Act::LostVoid => {
            let sold = till.sold(model).await?;
            world.bank.bank.fault(Fault::once(FaultKind::SilenceAfter));
            let back = world.refund(&sold.payment, &json!({ "mode": "void" })).await?.good()?;
            till.met(FaultKind::SilenceAfter)?;
            ensure!((back.text("/kind"), back.text("/state")) == ("void", "unknown"), "{}", back.answer.text());
            doubts.back(what, &back, &sold, End::Back(0))?;
        }
        Act::LostSale => {
            // Where the gate charges there is no answer to lose but the payer's way back.
            let gate_charges = charges_at_the_gate(till.family, model);
            let lost = Fault::once(if gate_charges { FaultKind::ClosedWindow } else { FaultKind::SilenceAfter });
            let paid = till.pay_under(lost, &till.sale(model, GOOD_CARD)?).await?;
            let state = if gate_charges { "requires_action" } else { "unknown" };
            stands(world, &paid, state).await?;
            booked(world, paid.text("/order_no"), Kind::Auth, 1)?;
            doubts.payment(what, &paid, End::Paid)?;
        }
        Act::CapturePart => {
            let held = till.held(model).await?;
            let mut taken = till.capture(&held, &json!({ "amount": PART })).await?;
            let mut expected = PART;
            if !till.family.captures_parts {
                stands(world, &taken, "authorized").await?;
                ensure!(world.order(&held.order)?.held == AMOUNT && world.bank_net(&held.order) == 0);
                taken = till.capture(&held, &json!({})).await?;
                expected = AMOUNT;
            }
            stands(world, &taken, "succeeded").await?;
            ensure!(world.bank_net(&held.order) == expected, "the bank took {}", world.bank_net(&held.order));
            ensure!(world.order(&held.order)?.state == "captured");
        }
        Act::LostCapture => {
            let held = till.held(model).await?;
            world.bank.bank.fault(Fault::once(FaultKind::SilenceAfter));
            let taken = till.capture(&held, &json!({})).await?;
            till.met(FaultKind::SilenceAfter)?;
            stands(world, &taken, "authorized").await?;
            doubts.sold(what, &held, End::Paid);
        }
        Act::GiveUp => {
            let held = till.held(model).await?;
            let gone = world.api.post(&format!("/v1/payments/{}/cancel", held.payment), &json!({})).await?.good()?;
            ensure!((gone.text("/kind"), gone.text("/state")) == ("void", "succeeded"), "{}", gone.answer.text());
            ensure!(world.payment(&held.payment).await?.text("/state") == "canceled");
            ensure!(world.order(&held.order)?.state == "voided");
        }
        Act::RefundPart | Act::LostRefund | Act::NoPart => return till.sold(model).await.map(Some),
        Act::NoHold => not_held(till, &till.reservation(model)?).await?,
    }
    Ok(None)
}

/// What is left of an act for the day after the sale.
async fn tomorrow(till: &Till<'_>, act: Act, sold: &Sold, doubts: &mut Doubts) -> Result<()> {
    let world = till.world;
    let given = async |amount: Option<i64>| -> Result<Reply> {
        // Some banks take refunds half a minute apart.
        world.advance(Duration::from_mins(1));
        world.refund(&sold.payment, &json!({ "mode": "refund", "amount": amount })).await?.good()
    };
    match act {
        Act::RefundPart => {
            for (amount, left) in [(Some(PART), AMOUNT - PART), (None, 0)] {
                let back = given(amount).await?;
                ensure!((back.text("/kind"), back.text("/state")) == ("refund", "succeeded"), "{}", back.answer.text());
                ensure!(world.bank_net(&sold.order) == left, "the bank keeps {}", world.bank_net(&sold.order));
            }
            ensure!(world.payment(&sold.payment).await?.number("/amount_refunded") == Some(AMOUNT));
            Ok(())
        }
        Act::NoPart => {
            let back = given(Some(PART)).await?;
            let told = (back.text("/state"), back.text("/decline/code"));
            ensure!(told == ("failed", "unsupported"), "{}", back.answer.text());
            ensure!(!back.text("/decline/message").is_empty() && world.bank_net(&sold.order) == AMOUNT);
            Ok(())
        }
        _ => {
            world.bank.bank.fault(Fault::once(FaultKind::SilenceAfter));
            let back = given(None).await?;
            till.met(FaultKind::SilenceAfter)?;
            ensure!((back.text("/kind"), back.text("/state")) == ("refund", "unknown"), "{}", back.answer.text());
            doubts.back(format!("{act:?}"), &back, sold, End::Back(0))
        }
    }
}

/// Does the bank itself charge at its gate? PosNet's page only takes the card.
pub fn charges_at_the_gate(family: &Family, model: &str) -> bool {
    model == "3d-pay" || (model == "3d-host" && !family.plugin.starts_with("pos-posnet"))
}

/// A clerk types the card of a holder who is not there: no security code, and the bank's own mark where it has one.
async fn by_mail(till: &Till<'_>) -> Result<()> {
    let world = till.world;
    let account = till.family.mail_order_account(world).await?;
    let mail = |mut body: Value| -> Value {
        body["channel"] = json!("mail_order");
        if let Some(card) = body["card"].as_object_mut() {
            card.remove("security_code");
        }
        if let Some(account) = &account {
            body["pos_account"] = json!(account);
        }
        body
    };
    let paid = till.pay(&mail(till.sale("none", GOOD_CARD)?)).await?;
    stands(world, &paid, "succeeded").await?;
    ensure!(paid.text("/channel") == "mail_order", "{}", paid.answer.text());
    let sold = Sold::of(&paid)?;
    let entry = booked(world, &sold.order, Kind::Auth, 1)?;
    if till.family.marks_mail_order {
        ensure!(entry.channel == "moto", "the bank's book says {}", entry.channel);
    } else {
        let seen = world.bank.bank.requests();
        let asked = seen.iter().find(|seen| seen.op == Op::Auth && seen.order == sold.order).context("not asked")?;
        ensure!(!asked.code_sent, "a security code was sent");
    }
    let back = world.refund(&sold.payment, &json!({ "mode": "void" })).await?.good()?;
    ensure!(back.text("/state") == "succeeded" && world.bank_net(&sold.order) == 0, "{}", back.answer.text());
    let reservation = mail(till.reservation("none")?);
    if till.family.has("authorize")? && till.family.plays("a reservation by mail")? {
        let held = till.pay(&reservation).await?;
        stands(world, &held, "authorized").await?;
        booked(world, held.text("/order_no"), Kind::PreAuth, 1).map(drop)
    } else {
        not_held(till, &reservation).await
    }
}

/// The firm offers instalments; the offer of six.
pub async fn offered(world: &World) -> Result<Value> {
    let line = |instalments: u8| json!({ "instalments": instalments, "offer_rate": "0" });
    let table = world.api.get("/v1/instalment_rules").await?.good()?;
    if table.number("/version") == Some(0) {
        let rules = json!({ "lines": [line(1), line(INSTALMENTS)] });
        let call = Call::new("POST", format!("{}/v1/instalment_rules", world.api.base)).header("if-match", "\"0\"");
        world.api.send(call.body("application/json", rules.to_string())).await?.good()?;
    }
    let asked = json!({ "bin": &GOOD_CARD[..6], "amount": AMOUNT, "currency": "TRY" });
    let quote = world.api.post("/v1/instalment_quotes", &asked).await?.good()?;
    let options = quote.json["options"].as_array().cloned().unwrap_or_default();
    let offer = options.into_iter().find(|option| option["instalments"] == INSTALMENTS);
    Ok(offer.context("six instalments are not offered")?["id"].clone())
}

/// Six instalments in every model in which we know the card before the bank does.
async fn in_instalments(till: &Till<'_>) -> Result<()> {
    let world = till.world;
    for model in till.models().into_iter().filter(|model| model != "3d-host") {
        let scenario = if model == "none" {
            "six instalments".to_owned()
        } else {
            format!("six instalments through the gate ({model})")
        };
        ensure!(till.family.plays(&scenario)?, "{scenario} is refused: that has no act yet");
        let mut body = till.sale(&model, GOOD_CARD)?;
        body["instalment_option"] = offered(world).await?;
        let paid = till.pay(&body).await?;
        stands(world, &paid, "succeeded").await.context(scenario)?;
        booked(world, paid.text("/order_no"), Kind::Auth, INSTALMENTS)?;
        ensure!(paid.number("/instalments") == Some(INSTALMENTS.into()), "{}", paid.answer.text());
    }
    Ok(())
}

/// The issuer's no has a reason that the payer may read.
async fn declined(till: &Till<'_>) -> Result<()> {
    let world = till.world;
    let no = till.pay(&till.sale("none", "4543580000000510")?).await?;
    stands(world, &no, "declined").await?;
    ensure!(no.text("/decline/code") == "insufficient_funds", "{}", no.answer.text());
    ensure!(world.bank_net(no.text("/order_no")) == 0);
    Ok(())
}

//! Every fault that the sandbox can be told, at every connector. What comes of it follows from its class: before booking
//! nothing is ever paid, after booking it is paid and found, and a lie is never taken for the bank's word.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures::future::join_all;
use serde_json::json;
use vezne_it::family::{Family, families};
use vezne_it::host::BANK_DEADLINE_MS;
use vezne_it::world::{AMOUNT, GOOD_CARD};
use vezne_it::{Reply, World};
use vezne_sandbox::{Fault, FaultKind as K, Kind, Op};

use super::Failures;
use super::doubt::{Doubts, End};
use super::operation::charges_at_the_gate;
use super::silent::silent;
use super::till::{LASTING, Sold, Till, booked, stands};

/// How a charge ends that met a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// It works all the same.
    Harmless,
    /// Nothing was booked.
    Before,
    /// It was booked.
    After,
}

/// Faults of the answer to a charge without 3-D: kind, HTTP status, whether it is booked, and how it ends.
pub const CHARGES: [(K, Option<u16>, bool, Class); 11] = [
    (K::Delay, None, true, Class::Harmless),
    (K::SilenceBefore, None, true, Class::Before),
    (K::SilenceAfter, None, true, Class::After),
    (K::Html, None, true, Class::After),
    (K::Html, Some(502), true, Class::After),
    (K::Html, Some(502), false, Class::Before),
    (K::Garbage, None, true, Class::After),
    (K::Garbage, None, false, Class::Before),
    (K::Truncated, None, true, Class::After),
    (K::Truncated, None, false, Class::Before),
    (K::WrongOrder, None, true, Class::After),
];

/// What inquiries say falsely, or not at all.
pub const INQUIRIES: [K; 3] = [K::WrongAmount, K::WrongOrder, K::InquiryDown];

/// Faults between the merchant's page and the provision, and on which call.
pub const GATE: [(K, Op); 12] = [
    (K::WrongAmount, Op::Callback),
    (K::WrongOrder, Op::Callback),
    (K::WrongCurrency, Op::Callback),
    (K::WrongHash, Op::Callback),
    (K::DuplicateCallback, Op::Callback),
    (K::ClosedWindow, Op::Callback),
    (K::NoServerCallback, Op::Callback),
    (K::SilenceBefore, Op::Open),
    (K::Html, Op::Open),
    (K::SilenceBefore, Op::Resolve),
    (K::Html, Op::Resolve),
    (K::SilenceBefore, Op::Auth),
];

/// Faults of what is done with a payment, and whether it was booked.
pub const LATER: [(K, bool); 2] = [(K::SilenceBefore, false), (K::Garbage, true)];

/// The family whose bank calls the merchant's server by itself.
pub const SERVER_CALLBACK: &str = "nestpay";

/// Plays every fault at one bank.
pub async fn play(world: &World, family: &Family) -> Result<()> {
    let till = Till::open(world, family).await?;
    // A version that has so much in doubt in its first hour would be taken back.
    world.advance(Duration::from_hours(2));
    let (mut failures, mut doubts) = (Failures::default(), Doubts::default());
    charges(&till, &mut failures, &mut doubts).await;
    for model in till.models().iter().filter(|model| *model != "none") {
        failures.note(&format!("harmless {model}"), harmless(&till, model).await);
        for (kind, on) in GATE.into_iter().filter(|(kind, on)| silent(family, model, *kind, *on).is_none()) {
            if kind == K::NoServerCallback {
                // `by_the_server` below: it needs an account of its own.
                ensure!(family.name == SERVER_CALLBACK);
                continue;
            }
            let what = format!("{kind:?} {on:?} {model}");
            failures.note(&what, at_the_gate(&till, model, (kind, on), &mut doubts).await);
        }
    }
    if family.name == SERVER_CALLBACK {
        failures.note("the bank's server", by_the_server(&till, &mut doubts).await);
    }
    let kept = later_today(&till, &mut failures, &mut doubts).await;
    doubts.settle(world, &mut failures).await?;
    failures.note("inquiries", in_the_dark(&till).await);
    world.advance(Duration::from_hours(26));
    world.bank.bank.day_end();
    let mut doubts = Doubts::default();
    for (fault, sold) in kept {
        let what = format!("refund {:?}", fault.kind);
        failures.note(&what, given_back(&till, &what, fault, &sold, "refund", &mut doubts).await);
    }
    doubts.settle(world, &mut failures).await?;
    failures.done()
}

/// Answers to a charge: unreadable, cut off, false, late or none.
async fn charges(till: &Till<'_>, failures: &mut Failures, doubts: &mut Doubts) {
    for (kind, status, is_booked, class) in CHARGES {
        let fault = Fault { status, booked: is_booked, ms: 40, ..Fault::once(kind).on(Op::Auth) };
        let what = format!("{kind:?} {status:?} booked {is_booked}");
        let class = if silent(till.family, "none", kind, Op::Auth).is_some() { Class::Harmless } else { class };
        failures.note(&what, charge(till, &what, fault, class, doubts).await);
    }
}

async fn charge(till: &Till<'_>, what: &str, fault: Fault, class: Class, doubts: &mut Doubts) -> Result<()> {
    let paid = till.pay_under(fault, &till.sale("none", GOOD_CARD)?).await?;
    let order = paid.text("/order_no");
    let is_booked = till.world.bank.bank.order(order).is_some();
    ensure!(is_booked == (class != Class::Before), "booked: {is_booked}");
    match class {
        Class::Harmless => {
            stands(till.world, &paid, "succeeded").await?;
            booked(till.world, order, Kind::Auth, 1).map(drop)
        }
        Class::Before => {
            ensure!(["unknown", "failed"].contains(&paid.text("/state")), "{}", paid.answer.text());
            doubts.payment(what, &paid, End::Unpaid)
        }
        Class::After => {
            stands(till.world, &paid, "unknown").await?;
            doubts.payment(what, &paid, End::Paid)
        }
    }
}

/// What the protocol cannot express does no harm: all of it at once, in one payment.
async fn harmless(till: &Till<'_>, model: &str) -> Result<()> {
    let faults = GATE.into_iter().filter(|(kind, on)| silent(till.family, model, *kind, *on).is_some());
    for (kind, on) in faults {
        till.world.bank.bank.fault(Fault::once(kind).on(on));
    }
    let sold = till.sold(model).await;
    till.world.bank.bank.clear_faults();
    sold.map(drop)
}

/// A fault on the way to the gate, back from it, or at the provision after it.
async fn at_the_gate(till: &Till<'_>, model: &str, (kind, on): (K, Op), doubts: &mut Doubts) -> Result<()> {
    let bank = &till.world.bank.bank;
    let is_lie = matches!(kind, K::WrongAmount | K::WrongOrder | K::WrongCurrency | K::WrongHash);
    if is_lie {
        // Whoever takes it for true has nobody else to ask.
        bank.fault(Fault::always(K::InquiryDown));
    }
    let count = if matches!(on, Op::Open | Op::Resolve) { LASTING } else { 1 };
    let fault = Fault { count: Some(count), ..Fault::once(kind).on(on) };
    let paid = till.pay_under(fault, &till.sale(model, GOOD_CARD)?).await?;
    let is_booked = till.world.bank_net(paid.text("/order_no")) == AMOUNT;
    let what = format!("{kind:?} {on:?} {model}");
    if kind == K::DuplicateCallback {
        stands(till.world, &paid, "succeeded").await?;
        return doubts.payment(what, &paid, End::Paid);
    }
    ensure!(paid.text("/state") != "succeeded", "believed: {}", paid.answer.text());
    // Only a gate that charges has booked anything by then; posted answers of the others come before the provision.
    let may_be_booked = charges_at_the_gate(till.family, model) && on != Op::Open;
    ensure!(may_be_booked || !is_booked, "the bank took money too early");
    doubts.payment(what, &paid, if is_booked { End::Paid } else { End::Unpaid })
}

/// The bank's server tells us though the window was closed; and where it does not, the bank is asked.
async fn by_the_server(till: &Till<'_>, doubts: &mut Doubts) -> Result<()> {
    let world = till.world;
    let mut account = till.family.account(world, "3d-pay");
    account["name"] = json!("with a server callback");
    account["config"]["server-callback"] = json!("true");
    let pos = vezne_it::seed::pos_account_add(&world.api, &account).await?;
    let mut body = till.sale("3d-pay", GOOD_CARD)?;
    body["pos_account"] = json!(pos);
    let closed = || Fault::once(K::ClosedWindow);
    let told = till.pay_under(closed(), &body).await?;
    stands(world, &told, "succeeded").await.context("the bank's server was not heard")?;
    world.bank.bank.fault(Fault::once(K::NoServerCallback));
    let untold = till.pay_under(closed(), &body).await?;
    stands(world, &untold, "requires_action").await?;
    doubts.payment("neither browser nor server", &untold, End::Paid)?;
    let shown = till.pay_under(Fault::once(K::NoServerCallback), &body).await?;
    stands(world, &shown, "succeeded").await
}

/// A model in which so much is done; none where that is one.
fn model_of(till: &Till<'_>, operation: &str) -> Result<Option<String>> {
    let cells = till.family.cells()?.into_iter().filter(|cell| cell.operation == operation && cell.done);
    Ok(cells.max_by_key(|cell| cell.model == "none").map(|cell| cell.model))
}

/// Voids and captures whose answers are lost or unreadable; and what is refunded under the same faults tomorrow.
async fn later_today(till: &Till<'_>, failures: &mut Failures, doubts: &mut Doubts) -> Vec<(Fault, Sold)> {
    let mut kept = Vec::new();
    for (kind, is_booked) in LATER {
        let fault = || Fault { booked: is_booked, ..Fault::once(kind) };
        let what = format!("void {kind:?}");
        let told = match till.sold("none").await {
            Ok(sold) => given_back(till, &what, fault(), &sold, "void", doubts).await,
            Err(error) => Err(error),
        };
        failures.note(&what, told);
        let what = format!("capture {kind:?}");
        failures.note(&what, captured(till, &what, fault(), doubts).await);
        match till.sold("none").await {
            Ok(sold) => kept.push((fault(), sold)),
            told => failures.note(&format!("sale for a refund {kind:?}"), told.map(drop)),
        }
    }
    kept
}

async fn captured(till: &Till<'_>, what: &str, fault: Fault, doubts: &mut Doubts) -> Result<()> {
    let Some(model) = model_of(till, "capture")? else { return Ok(()) };
    let held = till.held(&model).await?;
    let kind = fault.kind;
    till.world.bank.bank.fault(fault);
    let taken = till.capture(&held, &json!({})).await;
    till.met(kind)?;
    stands(till.world, &taken?, "authorized").await?;
    doubts.sold(what, &held, if kind == K::SilenceBefore { End::StillHeld } else { End::Paid });
    Ok(())
}

async fn given_back(
    till: &Till<'_>,
    what: &str,
    fault: Fault,
    sold: &Sold,
    mode: &str,
    doubts: &mut Doubts,
) -> Result<()> {
    let kind = fault.kind;
    till.world.bank.bank.fault(fault);
    let back = till.world.refund(&sold.payment, &json!({ "mode": mode })).await;
    till.met(kind)?;
    let back = back?.good()?;
    ensure!((back.text("/kind"), back.text("/state")) == (mode, "unknown"), "{}", back.answer.text());
    let end = match kind {
        K::SilenceBefore if till.family.tells_undone => End::NotBack,
        K::SilenceBefore => End::InDoubt,
        _ => End::Back(0),
    };
    doubts.back(what, &back, sold, end)
}

/// A sale in doubt, about which the bank says what is not so, or nothing: it stays in doubt until the truth is heard.
async fn in_the_dark(till: &Till<'_>) -> Result<()> {
    let world = till.world;
    let paid = till.pay_under(Fault::once(K::SilenceAfter), &till.sale("none", GOOD_CARD)?).await?;
    let sold = Sold::of(&paid)?;
    stands(world, &paid, "unknown").await?;
    // One question of the janitor's schedule each: after 5 s, 15 s and 45 s.
    for (kind, wait_s) in INQUIRIES.into_iter().zip([6, 16, 46]) {
        for on in [Op::Status, Op::History, Op::Report] {
            world.bank.bank.fault(Fault::always(kind).on(on));
        }
        let asked = questions(world);
        world.advance(Duration::from_secs(wait_s));
        world.rest().await?;
        world.bank.bank.clear_faults();
        ensure!(questions(world) > asked, "{kind:?}: the bank was not asked");
        let still: Reply = world.payment(&sold.payment).await?;
        stands(world, &still, "unknown").await.with_context(|| format!("{kind:?} was believed"))?;
    }
    let (mut failures, mut doubts) = (Failures::default(), Doubts::default());
    doubts.sold("the truth after lies", &sold, End::Paid);
    doubts.settle(world, &mut failures).await?;
    failures.done()
}

fn questions(world: &World) -> usize {
    let seen = world.bank.bank.requests();
    seen.iter().filter(|seen| matches!(seen.op, Op::Status | Op::History | Op::Report)).count()
}

/// Every bank answers after we have given up: all at once, since nothing makes that shorter.
pub async fn late(world: &World) -> Result<()> {
    let families = families();
    let mut tills = Vec::new();
    for family in &families {
        tills.push((Till::of_none(world, family).await?, family));
    }
    world.bank.bank.fault(Fault::always(K::Delay).ms(BANK_DEADLINE_MS + 700));
    let pays = tills.iter().map(async |(till, _)| till.pay(&till.sale("none", GOOD_CARD)?).await);
    let paid = join_all(pays).await;
    let (mut failures, mut doubts) = (Failures::default(), Doubts::default());
    for (paid, (_, family)) in paid.into_iter().zip(&tills) {
        let told = async {
            let paid = paid?;
            stands(world, &paid, "unknown").await?;
            doubts.payment(family.to_string(), &paid, End::Paid)
        };
        failures.note(&family.to_string(), told.await);
    }
    let all = i64::try_from(families.len()).unwrap_or(0) * AMOUNT;
    world.until_booked_beyond(all - 1).await?;
    world.bank.bank.clear_faults();
    doubts.settle(world, &mut failures).await?;
    failures.done()
}

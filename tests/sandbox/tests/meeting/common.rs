//! Conversations that several connectors have with their banks in the same way.

use vezne_plugin::history::Line;
use vezne_plugin::native::Running;
use vezne_plugin::words::attribute::POINTS_MINOR;
use vezne_plugin::{
    BankRef, Context, Fault as Broken, History, Outcome, Payments, Points, Preauth, Purpose, Step, ThreeDSecure, step,
};
use vezne_sandbox::{Entry, Fault, FaultKind, Kind, Op};

use crate::driver::{CARD, Desk, ORDER, card, ctx, reference, stated, target, terms, word};

/// Answers that nobody can read.
pub const UNREADABLE: [FaultKind; 3] = [FaultKind::Html, FaultKind::Garbage, FaultKind::Truncated];

/// What a return can say falsely.
pub const FALSE: [FaultKind; 4] =
    [FaultKind::WrongAmount, FaultKind::WrongOrder, FaultKind::WrongCurrency, FaultKind::WrongHash];

/// Cards whose authentication is not taken, or that do not pay after it, and what most connectors say of them.
pub const NOT_ACCEPTED: [(&str, &str); 5] = [
    ("5406670000000009", "declined authenticate-again"),
    ("5406670000000025", "declined authenticate-again"),
    ("5406670000000041", "declined authenticate-again"),
    ("5406670000000082", "declined wrong-card-number"),
    ("5406670000000512", "declined insufficient-funds"),
];

/// A connector and the bank it meets.
pub trait Meets: Payments + Preauth + ThreeDSecure {
    /// The bank, and the host of its usual merchant, for payments of this model (`none` without 3-D).
    fn open(model: &str) -> (Desk, Running);
}

/// A sale, to its end.
pub async fn sold<C: Meets>(desk: &Desk, ctx: &Context, minor: i64) -> Outcome {
    let sale = C::sale(ctx, &terms(minor), &card(CARD).card());
    desk.end::<C>(ctx, Some(&terms(minor)), sale).await
}

/// A reservation, to its end.
pub async fn held<C: Meets>(desk: &Desk, ctx: &Context, minor: i64) -> Outcome {
    let hold = C::authorize(ctx, &terms(minor), &card(CARD).card());
    desk.end::<C>(ctx, Some(&terms(minor)), hold).await
}

/// 12,50 through the gate, with this card or with none.
pub async fn paid<C: Meets>(desk: &Desk, ctx: &Context, model: &str, number: Option<&str>) -> Result<Outcome, Broken> {
    let card = number.map(|number| card(number).card());
    let start = C::start(ctx, Purpose::Sale, model, &terms(1_250), card.as_ref());
    desk.pay::<C>(ctx, &terms(1_250), start).await
}

/// Asks about an act, knowing so much of it, and says in a word what came of it.
pub async fn asked<C: Meets>(desk: &Desk, ctx: &Context, operation: &str, minor: i64, known: BankRef) -> String {
    let ask = C::inquire(ctx, &target(operation, "none", minor, known));
    word(&desk.end::<C>(ctx, None, ask).await)
}

/// What the bank's book has: of an order, where the bank lists orders, and of today, where it lists days.
async fn lists<C: Meets + History>(desk: &Desk, ctx: &Context, (orders, days): (bool, bool)) -> Vec<Vec<Line>> {
    let mut lists = Vec::new();
    if orders {
        lists.push(desk.order::<C>(ctx, &target("sale", "none", 1_000, step::order_ref(&ctx.order_id))).await);
    }
    if days {
        lists.push(desk.today::<C>(ctx).await);
    }
    assert!(!lists.is_empty(), "a bank without a book");
    lists
}

/// A void shows on its charge or in a line of its own, and every line can be known again: by our order number, or by the
/// number that the bank told when it was done. What the bank did by itself stands there as well, and what it has lost
/// does not.
pub async fn voids_and_what_nobody_asked_for_stand_in_the_book<C: Meets + History>(kinds: (bool, bool)) {
    let ((desk, _host), (voided, kept)) = (C::open("none"), (ctx("VOIDED1"), ctx(ORDER)));
    let bank = reference(&sold::<C>(&desk, &voided, 1_000).await);
    let void = C::void(&voided, &target("sale", "none", 1_000, bank.clone()));
    let undone = reference(&desk.end::<C>(&voided, None, void).await);
    for lines in lists::<C>(&desk, &voided, kinds).await {
        let of_void = |line: &Line| line.operation.as_deref() == Some("void");
        let charge = lines.iter().find(|line| !of_void(line)).unwrap_or_else(|| panic!("no charge: {lines:?}"));
        assert_eq!((charge.minor, charge.order_id.as_deref()), (Some(1_000), Some("VOIDED1")), "{lines:?}");
        let own = lines.iter().find(|line| of_void(line));
        assert!(charge.standing == "voided" || own.is_some_and(|line| line.standing == "done"), "{lines:?}");
        let known = |line: &Line| {
            line.order_id.as_deref() == Some("VOIDED1")
                || (line.order_id.is_none() && line.bank.transaction_id == undone.transaction_id)
        };
        assert!(own.is_none_or(known), "{undone:?} {lines:?}");
    }
    let bank = reference(&sold::<C>(&desk, &kept, 2_000).await);
    desk.bank.day_end();
    let refund = C::refund(&kept, &terms(500), &target("sale", "none", 2_000, bank));
    let back = reference(&desk.end::<C>(&kept, Some(&terms(500)), refund).await);
    let charge = desk.bank.order(ORDER).expect("booked").entries.remove(0);
    desk.bank.write(Entry { kind: Kind::Credit, amount: 300, trans_id: "STRANGE1".into(), ..charge.clone() });
    desk.bank.write(Entry { order: "STRANGE2".into(), amount: 777, ..charge });
    for lines in lists::<C>(&desk, &kept, kinds).await {
        let refund =
            |minor| lines.iter().find(|line| line.operation.as_deref() == Some("refund") && line.minor == Some(minor));
        let (ours, theirs) = (refund(500).expect("our refund"), refund(300).expect("the bank's"));
        let by_number = ours.order_id.is_none() && ours.bank.transaction_id == back.transaction_id;
        assert!(ours.order_id.as_deref() == Some(ORDER) || by_number, "{back:?} {ours:?}");
        assert!(ours.standing == "done" && theirs.standing == "done", "{lines:?}");
        assert!(theirs.order_id.is_some() || theirs.bank.transaction_id != back.transaction_id, "{theirs:?}");
    }
    if kinds.1 {
        let today = desk.today::<C>(&kept).await;
        let strange = today.iter().find(|line| line.order_id.as_deref() == Some("STRANGE2")).expect("listed");
        assert_eq!((strange.minor, strange.standing.as_str()), (Some(777), "done"));
    }
    desk.bank.lose_book();
    assert!(lists::<C>(&desk, &kept, kinds).await.iter().all(Vec::is_empty), "nothing is no fault");
}

/// A refund, which the next day allows, once before it and then in parts; and the inquiry that tells them by their sum.
pub async fn sale_inquiry_day_end_and_refunds_in_parts<C: Meets>() {
    let ((desk, _host), ctx) = (C::open("none"), ctx(ORDER));
    let bank = reference(&sold::<C>(&desk, &ctx, 125_050).await);
    let ask = C::inquire(&ctx, &target("sale", "none", 125_050, step::order_ref(ORDER)));
    let Outcome::Approved(found) = desk.end::<C>(&ctx, Some(&terms(125_050)), ask).await else { panic!("found") };
    assert_eq!((found.stated.minor, found.stated.order_id.as_deref()), (Some(125_050), Some(ORDER)));
    let was = target("sale", "none", 125_050, bank);
    let early = C::refund(&ctx, &terms(5_000), &was);
    assert_eq!(word(&desk.end::<C>(&ctx, Some(&terms(5_000)), early).await), "declined state-conflict");
    desk.bank.day_end();
    let late = C::void(&ctx, &was);
    assert_eq!(word(&desk.end::<C>(&ctx, None, late).await), "declined state-conflict");
    for left in [120_050, 115_050] {
        let back = C::refund(&ctx, &terms(5_000), &was);
        assert_eq!(word(&desk.end::<C>(&ctx, Some(&terms(5_000)), back).await), "approved");
        assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(left));
    }
    for (before, expected) in [("5000", "approved"), ("10000", "not-processed"), ("0", "unknown")] {
        let mut refund = target("refund", "none", 5_000, step::order_ref(ORDER));
        refund.bank.extra.push(("refunded-before".into(), before.into()));
        let ask = C::inquire(&ctx, &refund);
        assert_eq!(word(&desk.end::<C>(&ctx, Some(&terms(5_000)), ask).await), expected, "{before}");
    }
    let more = C::refund(&ctx, &terms(200_000), &was);
    assert_eq!(word(&desk.end::<C>(&ctx, Some(&terms(200_000)), more).await), "declined state-conflict");
}

/// A refund on the same day, which stands in the way of the sale's void until it is voided itself.
pub async fn sale_inquiry_partial_refund_and_its_void<C: Meets>() {
    let ((desk, _host), ctx) = (C::open("none"), ctx(ORDER));
    let bank = reference(&sold::<C>(&desk, &ctx, 125_000).await);
    let ask = C::inquire(&ctx, &target("sale", "none", 125_000, bank.clone()));
    let found = desk.end::<C>(&ctx, None, ask).await;
    let Outcome::Approved(approval) = &found else { panic!("{found:?}") };
    assert_eq!((approval.stated.minor, approval.stated.order_id.as_deref()), (Some(125_000), Some(ORDER)));
    assert_eq!(approval.bank.transaction_id, bank.transaction_id);
    let was = target("sale", "none", 125_000, bank);
    let back = C::refund(&ctx, &terms(5_000), &was);
    let refund = desk.end::<C>(&ctx, Some(&terms(5_000)), back).await;
    assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(120_000));
    let void = C::void(&ctx, &was);
    assert_eq!(word(&desk.end::<C>(&ctx, None, void).await), "declined state-conflict", "a refund stands");
    let undo = C::void(&ctx, &target("refund", "none", 5_000, reference(&refund)));
    assert_eq!(word(&desk.end::<C>(&ctx, None, undo).await), "approved");
    let void = C::void(&ctx, &was);
    assert_eq!(word(&desk.end::<C>(&ctx, None, void).await), "approved");
    assert_eq!(desk.bank.order(ORDER).map(|o| (o.state, o.net)), Some(("voided", 0)));
}

/// A sale that is found by its order number alone, and whose void is found as well.
pub async fn a_sale_its_inquiry_and_its_void<C: Meets>() {
    let ((desk, _host), ctx) = (C::open("none"), ctx(ORDER));
    let bank = reference(&sold::<C>(&desk, &ctx, 125_000).await);
    let lost = BankRef { transaction_id: None, auth_code: None, ..bank.clone() };
    let ask = C::inquire(&ctx, &target("sale", "none", 125_000, lost));
    let found = desk.end::<C>(&ctx, None, ask).await;
    let Outcome::Approved(approval) = &found else { panic!("{found:?}") };
    assert_eq!((approval.stated.minor, approval.stated.order_id.as_deref()), (Some(125_000), Some(ORDER)));
    let void = C::void(&ctx, &target("sale", "none", 125_000, bank.clone()));
    assert_eq!(word(&desk.end::<C>(&ctx, None, void).await), "approved");
    assert_eq!(desk.bank.order(ORDER).map(|o| (o.state, o.net)), Some(("voided", 0)));
    assert_eq!(asked::<C>(&desk, &ctx, "void", 125_000, bank).await, "approved");
}

/// Refunds on the next day, up to what was paid.
pub async fn refunds_in_parts_after_the_day_and_no_more_than_was_paid<C: Meets>() {
    let ((desk, _host), ctx) = (C::open("none"), ctx(ORDER));
    let was = target("sale", "none", 1_000, reference(&sold::<C>(&desk, &ctx, 1_000).await));
    desk.bank.day_end();
    for (part, left) in [(400, 600), (600, 0)] {
        let back = C::refund(&ctx, &terms(part), &was);
        assert_eq!(word(&desk.end::<C>(&ctx, Some(&terms(part)), back).await), "approved");
        assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(left));
    }
    let more = C::refund(&ctx, &terms(1), &was);
    let more = word(&desk.end::<C>(&ctx, Some(&terms(1)), more).await);
    assert!(more.starts_with("declined"), "{more}");
}

/// A refund of a sale, and the inquiry that tells it by what had gone back before.
pub async fn a_refund_is_told_by_its_sum<C: Meets>(desk: &Desk, sale: (i64, &BankRef), amount: i64, before: &str) {
    let ctx = ctx(ORDER);
    let back = C::refund(&ctx, &terms(amount), &target("sale", "none", sale.0, sale.1.clone()));
    assert_eq!(word(&desk.end::<C>(&ctx, Some(&terms(amount)), back).await), "approved");
    let mut noted = step::order_ref(ORDER);
    noted.extra.push(("refunded-before".into(), before.into()));
    let ask = C::inquire(&ctx, &target("refund", "none", amount, noted));
    assert_eq!(stated(&desk.end::<C>(&ctx, None, ask).await), Some(amount));
}

/// A reservation taken in part, which is found by the order number, and the void of what was taken.
pub async fn a_reservation_its_capture_and_its_void<C: Meets>() {
    let ((desk, _host), ctx) = (C::open("none"), ctx(ORDER));
    let was = target("authorize", "none", 1_000, reference(&held::<C>(&desk, &ctx, 1_000).await));
    let known = || step::order_ref(ORDER);
    assert_eq!(asked::<C>(&desk, &ctx, "authorize", 1_000, known()).await, "approved");
    assert_eq!(asked::<C>(&desk, &ctx, "capture", 900, known()).await, "not-processed");
    let take = C::capture(&ctx, &terms(900), &was);
    let taken = reference(&desk.end::<C>(&ctx, Some(&terms(900)), take).await);
    assert_eq!(asked::<C>(&desk, &ctx, "capture", 900, known()).await, "approved");
    assert_eq!(asked::<C>(&desk, &ctx, "void", 900, known()).await, "not-processed");
    let void = C::void(&ctx, &target("capture", "none", 900, taken));
    assert_eq!(word(&desk.end::<C>(&ctx, None, void).await), "approved");
    assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(0));
}

/// A reservation taken in part, and a void that undoes both.
pub async fn a_reservation_its_capture_and_the_void_of_both<C: Meets>() {
    let ((desk, _host), ctx) = (C::open("none"), ctx(ORDER));
    let hold = held::<C>(&desk, &ctx, 1_000).await;
    let take = C::capture(&ctx, &terms(900), &target("authorize", "none", 1_000, reference(&hold)));
    let taken = reference(&desk.end::<C>(&ctx, Some(&terms(900)), take).await);
    assert_eq!(asked::<C>(&desk, &ctx, "capture", 900, taken.clone()).await, "approved");
    let void = C::void(&ctx, &target("authorize", "none", 1_000, taken));
    assert_eq!(word(&desk.end::<C>(&ctx, None, void).await), "approved");
    assert_eq!(desk.bank.order(ORDER).map(|o| (o.state, o.held, o.net)), Some(("voided", 0, 0)));
}

/// A reservation taken in part.
pub async fn a_reservation_and_its_capture<C: Meets>() {
    let ((desk, _host), ctx) = (C::open("none"), ctx(ORDER));
    let hold = held::<C>(&desk, &ctx, 1_000).await;
    let take = C::capture(&ctx, &terms(900), &target("authorize", "none", 1_000, reference(&hold)));
    let taken = desk.end::<C>(&ctx, Some(&terms(900)), take).await;
    assert_eq!(asked::<C>(&desk, &ctx, "capture", 900, reference(&taken)).await, "approved");
    assert_eq!(desk.bank.order(ORDER).map(|o| (o.state, o.net)), Some(("captured", 900)));
}

/// Each model charges once, is found, and is voided.
pub async fn every_model_charges_once<C: Meets>() {
    for (model, number) in
        [("3d", Some(CARD)), ("3d", Some("5406670000000108")), ("3d-pay", Some(CARD)), ("3d-host", None)]
    {
        let ((desk, _host), ctx) = (C::open(model), ctx(ORDER));
        let bank = reference(&paid::<C>(&desk, &ctx, model, number).await.expect("an outcome"));
        let orders: Vec<_> = desk.bank.orders().iter().map(|o| (o.net, o.approvals)).collect();
        assert_eq!(orders, [(1_250, 1)], "{model}");
        let was = target("sale", model, 1_250, bank);
        let ask = C::inquire(&ctx, &was);
        assert_eq!(word(&desk.end::<C>(&ctx, Some(&terms(1_250)), ask).await), "approved");
        let void = C::void(&ctx, &was);
        assert_eq!(word(&desk.end::<C>(&ctx, None, void).await), "approved");
        assert_eq!(desk.bank.orders()[0].net, 0);
    }
}

/// Each model charges once, and goes back on the next day.
pub async fn every_model_of_the_gate<C: Meets>() {
    for (model, number) in
        [("3d", Some(CARD)), ("3d-pay", Some(CARD)), ("3d-host", None), ("3d", Some("5406670000000108"))]
    {
        let ((desk, _host), ctx) = (C::open(model), ctx(ORDER));
        let bank = reference(&paid::<C>(&desk, &ctx, model, number).await.expect("an outcome"));
        assert_eq!(desk.bank.order(ORDER).map(|o| (o.net, o.approvals)), Some((1_250, 1)), "{model}");
        desk.bank.day_end();
        let back = C::refund(&ctx, &terms(1_250), &target("sale", model, 1_250, bank));
        assert_eq!(word(&desk.end::<C>(&ctx, Some(&terms(1_250)), back).await), "approved", "{model}");
        assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(0));
    }
}

/// The gate with either card form: charges once, is found without the bank's number, and goes back by void or refund.
pub async fn the_gate_with_our_form_and_with_the_banks<C: Meets>(by_refund: bool) {
    for (model, number) in [("3d", Some(CARD)), ("3d-host", None), ("3d", Some("5406670000000108"))] {
        let ((desk, _host), ctx) = (C::open(model), ctx(ORDER));
        let bank = reference(&paid::<C>(&desk, &ctx, model, number).await.expect("an outcome"));
        assert_eq!(desk.bank.order(ORDER).map(|o| (o.net, o.approvals)), Some((1_250, 1)), "{model}");
        let lost = BankRef { transaction_id: None, ..bank.clone() };
        let ask = C::inquire(&ctx, &target("sale", model, 1_250, lost));
        assert_eq!(word(&desk.end::<C>(&ctx, None, ask).await), "approved");
        let (was, whole) = (target("sale", model, 1_250, bank), terms(1_250));
        let back = if by_refund {
            desk.end::<C>(&ctx, Some(&whole), C::refund(&ctx, &whole, &was)).await
        } else {
            desk.end::<C>(&ctx, None, C::void(&ctx, &was)).await
        };
        assert_eq!(word(&back), "approved");
        assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(0));
    }
}

/// Each of these cards ends in this word at the gate, and nothing is charged.
pub async fn results_that_are_not_accepted_charge_nothing<C: Meets>(model: &str, cards: &[(&str, &str)]) {
    for (number, expected) in cards {
        let ((desk, _host), ctx) = (C::open(model), ctx(ORDER));
        let paid = paid::<C>(&desk, &ctx, model, Some(number)).await.expect("an outcome");
        assert_eq!(word(&paid), *expected, "{model} {number}");
        assert_eq!(desk.bank.order(ORDER).map_or(0, |o| o.net), 0);
    }
}

/// Each of these amounts, all at one bank, is answered with the first word, and with the second when it is asked about
/// after so long.
pub async fn refusals_become_what_they_mean<C: Meets>(wait_ms: i64, amounts: &[(i64, &str, &str)]) {
    let (desk, _host) = C::open("none");
    for (minor, expected, later) in amounts {
        let order = format!("ORDER{minor}");
        let ctx = ctx(&order);
        assert_eq!(word(&sold::<C>(&desk, &ctx, *minor).await), *expected, "{minor}");
        desk.bank.clock().advance_ms(wait_ms);
        assert_eq!(asked::<C>(&desk, &ctx, "sale", *minor, step::order_ref(&order)).await, *later, "{minor}");
    }
}

/// An order that the bank has never seen.
pub async fn what_never_arrived_was_not_processed<C: Meets>() {
    let ((desk, _host), ctx) = (C::open("none"), ctx(ORDER));
    assert_eq!(asked::<C>(&desk, &ctx, "sale", 1_000, step::order_ref(ORDER)).await, "not-processed");
}

/// A bank that answers the same sale again charges it once.
pub async fn the_same_sale_twice_is_one_payment<C: Meets>() {
    let ((desk, _host), ctx) = (C::open("none"), ctx(ORDER));
    for _ in 0..2 {
        assert_eq!(word(&sold::<C>(&desk, &ctx, 1_000).await), "approved");
    }
    let Outcome::Approved(repeated) = sold::<C>(&desk, &ctx, 2_000).await else { panic!("repeated") };
    assert_eq!(repeated.stated.minor, Some(1_000), "the bank's amount, which the host will not take for ours");
    assert_eq!(desk.bank.order(ORDER).map(|o| (o.net, o.approvals)), Some((1_000, 1)));
}

/// A bank that refuses a number it knows says nothing of the payment under it.
pub async fn a_used_order_number_is_no_verdict<C: Meets>() {
    let ((desk, _host), ctx) = (C::open("none"), ctx(ORDER));
    for expected in ["approved", "unknown"] {
        assert_eq!(word(&sold::<C>(&desk, &ctx, 1_000).await), expected);
    }
    assert_eq!(desk.bank.order(ORDER).map(|o| (o.net, o.approvals)), Some((1_000, 1)), "a used number is no verdict");
}

/// A clerk types a card without its code. The driver's host holds one with a code; what counts is that the account may.
pub async fn a_mail_order_needs_no_code<C: Meets>() {
    let ((desk, _host), ctx) = (C::open("none"), ctx("M1"));
    let (mut mail, mut without_code) = (terms(1_000), card(CARD));
    mail.entry = "mail-order".into();
    without_code.security_code = None;
    let sale = C::sale(&ctx, &mail, &without_code.card());
    assert_eq!(word(&desk.end::<C>(&ctx, Some(&mail), sale).await), "approved", "with the mail-order flag");
}

/// The payer's wish that points pay so much.
pub fn wishing(order: &str, points: i64) -> Context {
    Context { attributes: vec![(POINTS_MINOR.to_owned(), points.to_string())], ..ctx(order) }
}

/// Points pay 4,00 of 10,00: the bank's book of them falls, a void restores it, and refunds in parts do so in parts. More
/// than the card has is declined in this word.
pub async fn points_are_used_and_come_back<C: Meets + Points>(too_many: &str) {
    let (desk, _host) = C::open("none");
    let plain = ctx("ASK");
    assert_eq!(desk.points::<C>(&plain, CARD).await, Some(5_000));
    assert_eq!(desk.points::<C>(&plain, "5401341234567891").await, Some(0));
    assert_eq!(desk.points::<C>(&plain, "4508034508034509").await, None, "in no programme");
    let many = wishing("MANY", 5_001);
    assert_eq!(word(&sold::<C>(&desk, &many, 9_000).await), too_many);
    let voided = wishing(ORDER, 400);
    let bank = reference(&sold::<C>(&desk, &voided, 1_000).await);
    assert_eq!(
        (desk.points::<C>(&plain, CARD).await, desk.bank.order(ORDER).map(|o| o.net)),
        (Some(4_600), Some(1_000))
    );
    let ask = C::inquire(&voided, &target("sale", "none", 1_000, step::order_ref(ORDER)));
    assert_eq!(word(&desk.end::<C>(&voided, Some(&terms(1_000)), ask).await), "approved");
    let void = C::void(&voided, &target("sale", "none", 1_000, bank));
    assert_eq!(word(&desk.end::<C>(&voided, None, void).await), "approved");
    assert_eq!(desk.points::<C>(&plain, CARD).await, Some(5_000));

    let refunded = wishing("01JD8ZK0Q3XYZ0654321", 400);
    let was = target("sale", "none", 1_000, reference(&sold::<C>(&desk, &refunded, 1_000).await));
    desk.bank.day_end();
    for left in [4_800, 5_000] {
        // Two refunds of one moment are one at some banks.
        desk.bank.clock().advance_ms(61_000);
        let back = C::refund(&refunded, &terms(500), &was);
        assert_eq!(word(&desk.end::<C>(&refunded, Some(&terms(500)), back).await), "approved");
        assert_eq!(desk.points::<C>(&plain, CARD).await, Some(left));
    }
    assert_eq!(desk.bank.order("01JD8ZK0Q3XYZ0654321").map(|o| o.net), Some(0));
}

/// An answer to a charge that cannot be read is a fault, and the inquiry finds what was booked.
pub async fn an_unreadable_charge_is_asked_about<C: Meets>() {
    for kind in UNREADABLE {
        let ((desk, _host), ctx) = (C::open("none"), ctx(ORDER));
        desk.bank.fault(Fault::once(kind).on(Op::Auth));
        let sale = C::sale(&ctx, &terms(1_000), &card(CARD).card());
        assert!(desk.run::<C>(&ctx, Some(&terms(1_000)), sale).await.is_err(), "{kind:?}");
        let found = asked::<C>(&desk, &ctx, "sale", 1_000, step::order_ref(ORDER)).await;
        assert_eq!(found, "approved", "{kind:?}: it was booked");
    }
}

/// An answer to a charge that cannot be read decides nothing.
pub async fn an_unreadable_charge_is_no_verdict<C: Meets>() {
    for kind in UNREADABLE {
        let ((desk, _host), ctx) = (C::open("none"), ctx(ORDER));
        desk.bank.fault(Fault::once(kind).on(Op::Auth));
        let sale = C::sale(&ctx, &terms(1_000), &card(CARD).card());
        let met = desk.run::<C>(&ctx, Some(&terms(1_000)), sale).await;
        let decided = matches!(met, Ok(Step::Done(Outcome::Approved(_) | Outcome::Declined(_))));
        assert!(!decided, "{kind:?}");
    }
}

/// An answer to a void that cannot be read is a fault, and the inquiry finds what was booked.
pub async fn an_unreadable_void_is_asked_about<C: Meets>() {
    for kind in UNREADABLE {
        let ((desk, _host), ctx) = (C::open("none"), ctx(ORDER));
        desk.bank.fault(Fault::once(kind).on(Op::Void));
        let bank = reference(&sold::<C>(&desk, &ctx, 1_000).await);
        let void = C::void(&ctx, &target("sale", "none", 1_000, bank));
        assert!(desk.run::<C>(&ctx, None, void).await.is_err(), "{kind:?}");
        let found = asked::<C>(&desk, &ctx, "void", 1_000, step::order_ref(ORDER)).await;
        assert_eq!(found, "approved", "{kind:?}: it was booked");
    }
}

/// A return that says one of these falsely is nobody's; where the gate only authenticates, nothing was charged.
pub async fn false_returns_are_not_authentic<C: Meets>(model: &str, kinds: &[FaultKind]) {
    for kind in kinds {
        let ((desk, _host), ctx) = (C::open(model), ctx(ORDER));
        desk.bank.fault(Fault::once(*kind).on(Op::Callback));
        let paid = paid::<C>(&desk, &ctx, model, Some(CARD)).await;
        assert!(matches!(paid, Err(Broken::NotAuthentic(_))), "{model} {kind:?}: {paid:?}");
        if model == "3d" {
            assert_eq!(desk.bank.order(ORDER).map_or(0, |o| o.net), 0, "{kind:?}");
        }
    }
}

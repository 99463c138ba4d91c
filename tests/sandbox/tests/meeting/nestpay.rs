//! NestPay. Its other conversations are the host's own stories.

use pos_nestpay::Nestpay;
use vezne_plugin::native::{Running, Session};
use vezne_plugin::{Payments, step};
use vezne_sandbox::{Bank, Options};

use crate::common::{self, Meets};
use crate::driver::{CARD, Desk, ORDER, card, ctx, listed, reference, target, terms, word};

fn open() -> (Desk, Running) {
    let bank = Bank::new(Options::default()).expect("a bank");
    let host = Session::new()
        .setting("client-id", "700655000200")
        .setting("user-name", "ISBANKAPI")
        .secret("api-password", "ISBANK07")
        .secret("store-key", "TRPS0200")
        .start();
    (Desk { bank, api: "/fim/api", gate: "/fim/est3Dgate" }, host)
}

impl Meets for Nestpay {
    fn open(_model: &str) -> (Desk, Running) {
        open()
    }
}

#[tokio::test]
async fn a_repeated_order_is_kept_and_cancelled_one_by_one() {
    let ((desk, _host), mut ctx) = (open(), ctx(ORDER));
    let repeated = [("interval", "2"), ("cycle", "M"), ("count", "3")];
    ctx.attributes.extend(repeated.map(|(name, value)| (format!("recurring-{name}"), value.to_owned())));
    let sale = Nestpay::sale(&ctx, &terms(1_000), &card(CARD).card());
    let bank = reference(&desk.end::<Nestpay>(&ctx, Some(&terms(1_000)), sale).await);
    assert!(bank.extra.iter().any(|(name, _)| name == "recurring-id"), "{bank:?}");
    assert_eq!(desk.bank.order(ORDER).map(|o| (o.net, o.approvals)), Some((1_000, 1)), "one charge now");
    for (number, expected) in [
        ("1", "declined state-conflict"),
        ("2", "approved"),
        ("2", "declined state-conflict"),
        ("3", "approved"),
        ("4", "declined state-conflict"),
    ] {
        let mut planned = target("sale", "none", 1_000, step::order_ref(ORDER));
        planned.bank.extra.push(("recurring-number".into(), number.into()));
        let cancel = Nestpay::void(&ctx, &planned);
        assert_eq!(word(&desk.end::<Nestpay>(&ctx, None, cancel).await), expected, "{number}");
    }
    assert_eq!(desk.bank.order(ORDER).map(|o| o.net), Some(1_000), "what was charged stays");
}

#[tokio::test]
async fn the_bank_looks_at_a_repeated_order() {
    for (name, value) in [("cycle", "X"), ("interval", "0"), ("count", "1")] {
        let ((desk, _host), mut ctx) = (open(), ctx(ORDER));
        let good = [("interval", "2"), ("cycle", "M"), ("count", "3")];
        let crooked =
            good.map(|(key, good)| (format!("recurring-{key}"), if key == name { value } else { good }.to_owned()));
        ctx.attributes.extend(crooked);
        let sale = Nestpay::sale(&ctx, &terms(1_000), &card(CARD).card());
        let refused = desk.end::<Nestpay>(&ctx, Some(&terms(1_000)), sale).await;
        assert_eq!(word(&refused), "declined config-error", "{name}={value}");
        assert_eq!(desk.bank.order(ORDER).map_or(0, |o| o.net), 0);
    }
}

#[tokio::test]
async fn the_book_of_an_order() {
    let ((desk, _host), ctx) = (open(), ctx(ORDER));
    assert!(desk.order::<Nestpay>(&ctx, &target("sale", "none", 1, step::order_ref(ORDER))).await.is_empty());
    let sale = Nestpay::sale(&ctx, &terms(125_050), &card(CARD).card());
    let bank = reference(&desk.end::<Nestpay>(&ctx, Some(&terms(125_050)), sale).await);
    let sold = target("sale", "none", 125_050, bank);
    desk.bank.day_end();
    let back = Nestpay::refund(&ctx, &terms(5_000), &sold);
    assert_eq!(word(&desk.end::<Nestpay>(&ctx, Some(&terms(5_000)), back).await), "approved");
    // `S` is a charge of any kind.
    assert_eq!(listed(&desk.order::<Nestpay>(&ctx, &sold).await), ["done 125050", "refund done 5000"]);
}

#[tokio::test]
async fn voids_and_what_nobody_asked_for_stand_in_the_book() {
    common::voids_and_what_nobody_asked_for_stand_in_the_book::<Nestpay>((true, false)).await;
}

//! Kuveyt Türk and Vakıf Katılım.

use pos_boa::Boa;
use vezne_plugin::native::Session;
use vezne_plugin::{Outcome, Payments, Preauth, Purpose, ThreeDSecure, step};
use vezne_sandbox::{Bank, Fault, FaultKind, Op, Options};

use crate::driver::{CARD, Desk, ORDER, card, ctx, reference, target, terms, word};

const SERVICE: &str = "/BOA.Integration.WCFService/BOA.Integration.VirtualPos/VirtualPosService.svc";

fn bank() -> Bank {
    Bank::new(Options::default()).expect("a bank")
}

fn at(bank: &Bank, api: &'static str) -> Desk {
    Desk { bank: bank.clone(), api, gate: "/boa/acs" }
}

/// The host's clock is the bank's: Kuveyt Türk lists orders by date.
fn session(bank: &Bank, gateway: &str) -> Session {
    let (merchant, customer, user, password) = match gateway {
        "kuveyt" => ("496", "400235", "apitest", "api123"),
        _ => ("7001", "11111", "APIUSER", "kdsnsksl"),
    };
    Session::new()
        .at(u64::try_from(bank.clock().now_ms()).expect("after 1970"))
        .setting("gateway", gateway)
        .setting("merchant-id", merchant)
        .setting("customer-id", customer)
        .setting("user-name", user)
        .setting("acs-address", "http://127.0.0.1/boa/acs")
        .secret("api-password", password)
}

const BANKS: [(&str, &str, &str); 2] = [
    ("kuveyt", "/boa.virtualpos.services/Home", SERVICE),
    ("vakif-katilim", "/VirtualPOS.Gateway/Home", "/VirtualPOS.Gateway/Home"),
];

#[tokio::test]
async fn sale_inquiry_void_and_refunds() {
    for (gateway, home, later) in BANKS {
        let bank = bank();
        let _host = session(&bank, gateway).start();
        let (home, later, ctx, whole) = (at(&bank, home), at(&bank, later), ctx(ORDER), terms(125_000));
        let sold = home.end::<Boa>(&ctx, Some(&whole), Boa::sale(&ctx, &whole, &card(CARD).card())).await;
        let known = reference(&sold);
        let was = || target("sale", "none", 125_000, known.clone());
        let asked = later.end::<Boa>(&ctx, None, Boa::inquire(&ctx, &was())).await;
        let Outcome::Approved(approval) = &asked else { panic!("{gateway}: {asked:?}") };
        assert_eq!(
            (approval.stated.minor, approval.bank.auth_code.as_ref()),
            (Some(125_000), known.auth_code.as_ref())
        );
        bank.day_end();
        let late = later.end::<Boa>(&ctx, None, Boa::void(&ctx, &was())).await;
        assert_ne!(word(&late), "approved", "{gateway}");
        for (minor, net) in [(5_000, 120_000), (120_000, 0)] {
            let back = later.end::<Boa>(&ctx, Some(&terms(minor)), Boa::refund(&ctx, &terms(minor), &was())).await;
            assert_eq!(word(&back), "approved", "{gateway}: {back:?}");
            assert_eq!(bank.order(ORDER).map(|o| o.net), Some(net));
        }
        let ctx = self::ctx("SECOND");
        let sold = home.end::<Boa>(&ctx, Some(&whole), Boa::sale(&ctx, &whole, &card(CARD).card())).await;
        let was = target("sale", "none", 125_000, reference(&sold));
        assert_eq!(word(&later.end::<Boa>(&ctx, None, Boa::void(&ctx, &was)).await), "approved", "{gateway}");
        assert_eq!(bank.order("SECOND").map(|o| o.state), Some("voided"));
        let asked = target("void", "none", 125_000, was.bank);
        assert_eq!(word(&later.end::<Boa>(&ctx, None, Boa::inquire(&ctx, &asked)).await), "approved", "{gateway}");
    }
}

#[tokio::test]
async fn declines_and_what_never_arrived() {
    for (gateway, home, later) in BANKS {
        let bank = bank();
        let _host = session(&bank, gateway).start();
        let (home, later, ctx) = (at(&bank, home), at(&bank, later), ctx(ORDER));
        let asked = target("sale", "none", 1_051, step::order_ref(ORDER));
        let none = later.end::<Boa>(&ctx, None, Boa::inquire(&ctx, &asked)).await;
        assert_eq!(word(&none), "not-processed", "{gateway}");
        let poor = terms(1_051);
        let answer = home.end::<Boa>(&ctx, Some(&poor), Boa::sale(&ctx, &poor, &card(CARD).card())).await;
        assert_eq!(word(&answer), "declined insufficient-funds", "{gateway}");
        let found = later.end::<Boa>(&ctx, None, Boa::inquire(&ctx, &asked)).await;
        assert_eq!(word(&found), "declined insufficient-funds", "{gateway}");
    }
}

#[tokio::test]
async fn a_reservation_and_its_capture() {
    let bank = bank();
    let _host = session(&bank, "vakif-katilim").start();
    let (desk, ctx, terms) = (at(&bank, BANKS[1].1), ctx(ORDER), terms(1_000));
    let held = desk.end::<Boa>(&ctx, Some(&terms), Boa::authorize(&ctx, &terms, &card(CARD).card())).await;
    let was = target("authorize", "none", 1_000, reference(&held));
    let asked = target("capture", "none", 1_000, reference(&held));
    assert_eq!(word(&desk.end::<Boa>(&ctx, None, Boa::inquire(&ctx, &asked)).await), "not-processed");
    assert_eq!(word(&desk.end::<Boa>(&ctx, Some(&terms), Boa::capture(&ctx, &terms, &was)).await), "approved");
    assert_eq!(word(&desk.end::<Boa>(&ctx, None, Boa::inquire(&ctx, &asked)).await), "approved");
    assert_eq!(bank.order(ORDER).map(|o| (o.state, o.net)), Some(("captured", 1_000)));
}

#[tokio::test]
async fn the_gate_and_its_forgers() {
    for (gateway, home, _) in BANKS {
        let bank = bank();
        let _host = session(&bank, gateway).start();
        let (desk, ctx, terms) = (at(&bank, home), ctx(ORDER), terms(1_250));
        let start = || Boa::start(&ctx, Purpose::Sale, "3d", &terms, Some(&card(CARD).card()));
        let broken: &[FaultKind] = match gateway {
            // Vakıf Katılım's callback states neither amount nor currency.
            "kuveyt" => {
                &[FaultKind::WrongHash, FaultKind::WrongOrder, FaultKind::WrongAmount, FaultKind::WrongCurrency]
            }
            _ => &[FaultKind::WrongHash, FaultKind::WrongOrder],
        };
        for kind in broken {
            bank.fault(Fault::once(*kind).on(Op::Callback));
            let refused = desk.pay::<Boa>(&ctx, &terms, start()).await;
            assert!(matches!(refused, Err(vezne_plugin::Fault::NotAuthentic(_))), "{gateway} {kind:?}: {refused:?}");
        }
        assert!(bank.order(ORDER).is_none());
        let paid = desk.pay::<Boa>(&ctx, &terms, start()).await.expect("an outcome");
        assert_eq!(word(&paid), "approved", "{gateway}: {paid:?}");
        assert_eq!(bank.order(ORDER).map(|o| (o.net, o.approvals)), Some((1_250, 1)));
    }
}

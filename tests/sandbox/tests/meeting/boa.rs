//! Kuveyt Türk and Vakıf Katılım.

use pos_boa::Boa;
use vezne_plugin::history::Look;
use vezne_plugin::native::{Running, Session};
use vezne_plugin::{History, Outcome, Payments, Preauth, Purpose, Reply, ThreeDSecure, step};
use vezne_sandbox::{Bank, Fault, FaultKind, Op, Options};

use crate::common::{self, Meets};
use crate::driver::{CARD, Desk, ORDER, card, ctx, listed, reference, target, terms, word};

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

/// Of the day of which [`target`] speaks.
const NOON_MS: i64 = 1_795_338_000_000;

/// Vakıf Katılım, which lists what was done.
impl Meets for Boa {
    fn open(_model: &str) -> (Desk, Running) {
        let bank = bank();
        bank.clock().stand_at_ms(NOON_MS);
        let host = session(&bank, BANKS[1].0).start();
        (at(&bank, BANKS[1].1), host)
    }
}

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

#[tokio::test]
async fn voids_and_what_nobody_asked_for_stand_in_the_book() {
    common::voids_and_what_nobody_asked_for_stand_in_the_book::<Boa>((true, true)).await;
}

#[tokio::test]
async fn the_book_of_a_captured_reservation() {
    let ((desk, _host), ctx) = (Boa::open("none"), ctx(ORDER));
    let was = target("authorize", "none", 1_000, reference(&common::held::<Boa>(&desk, &ctx, 1_000).await));
    assert_eq!(listed(&desk.order::<Boa>(&ctx, &was).await), ["done 1000"]);
    let taken = Boa::capture(&ctx, &terms(1_000), &was);
    assert_eq!(word(&desk.end::<Boa>(&ctx, Some(&terms(1_000)), taken).await), "approved");
    assert_eq!(listed(&desk.order::<Boa>(&ctx, &was).await), ["done 1000"], "the order has one line");
    desk.bank.day_end();
    let back = Boa::refund(&ctx, &terms(1_000), &was);
    assert_eq!(word(&desk.end::<Boa>(&ctx, Some(&terms(1_000)), back).await), "approved");
    assert_eq!(listed(&desk.order::<Boa>(&ctx, &was).await), ["done 1000", "done 1000", "refund done 1000"]);
    assert_eq!(listed(&desk.today::<Boa>(&ctx).await), ["done 1000", "done 1000", "refund done 1000"]);
}

#[tokio::test]
async fn the_book_of_a_day_has_pages() {
    let (desk, _host) = Boa::open("none");
    assert!(desk.today::<Boa>(&ctx(ORDER)).await.is_empty(), "an empty day is no fault");
    for number in 0..250 {
        common::sold::<Boa>(&desk, &ctx(&format!("MORE{number}")), 100).await;
    }
    let today = desk.today::<Boa>(&ctx(ORDER)).await;
    let mut orders: Vec<_> = today.iter().filter_map(|line| line.order_id.clone()).collect();
    orders.sort();
    orders.dedup();
    assert_eq!((today.len(), orders.len()), (250, 250), "each of them once");
    desk.bank.clock().stand_at_ms(NOON_MS + 86_400_000);
    assert!(desk.today::<Boa>(&ctx(ORDER)).await.is_empty(), "another day");
}

#[tokio::test]
async fn kuveyt_turk_tells_an_order_that_nothing_was_given_back_of() {
    let bank = bank();
    bank.clock().stand_at_ms(NOON_MS);
    let _host = session(&bank, "kuveyt").start();
    let (home, service) = (at(&bank, BANKS[0].1), at(&bank, BANKS[0].2));
    let about = |order: &str| (ctx(order), target("sale", "none", 1_000, step::order_ref(order)));
    let (voided, was) = about("VOIDED1");
    assert!(service.order::<Boa>(&voided, &was).await.is_empty(), "nothing is no fault");
    let sold = reference(&common::sold::<Boa>(&home, &voided, 1_000).await);
    assert_eq!(listed(&service.order::<Boa>(&voided, &was).await), ["sale done 1000"]);
    let void = Boa::void(&voided, &target("sale", "none", 1_000, sold));
    assert_eq!(word(&service.end::<Boa>(&voided, None, void).await), "approved");
    assert_eq!(listed(&service.order::<Boa>(&voided, &was).await), ["sale voided 1000"]);
    let (refunded, was) = about(ORDER);
    let sold = reference(&common::sold::<Boa>(&home, &refunded, 1_000).await);
    let back = Boa::refund(&refunded, &terms(400), &target("sale", "none", 1_000, sold));
    assert_eq!(word(&service.end::<Boa>(&refunded, Some(&terms(400)), back).await), "approved");
    let Ok(Look::Send(asked)) = Boa::of_order(&refunded, &was) else { panic!("a question") };
    let answer = service.answered(&asked).await;
    let told = Boa::go_on(&refunded, &asked.state, &Reply::Response(answer));
    assert!(matches!(told, Err(vezne_plugin::Fault::Unsupported(_))), "{told:?}");
}

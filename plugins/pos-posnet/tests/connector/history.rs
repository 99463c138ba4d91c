//! The bank's own book of an order.

use pos_posnet::Posnet;
use vezne_plugin::history::{Line, Look};
use vezne_plugin::words::attribute::POINTS_MINOR;
use vezne_plugin::{Context, Effect, Fault, History, Reply, Step, Target, native};

use crate::bank::{self, KEY, Listed, ORDER, answer, ctx, listed, listed_as, nothing, refused, sent, target};

const AT: &str = "2026-11-22 12:00:05.000";
const AT_MS: u64 = 1_795_338_005_000;

/// The question, and what is remembered with it.
fn asked(ctx: &Context, target: &Target) -> (String, Vec<u8>) {
    let Ok(Look::Send(send)) = Posnet::of_order(ctx, target) else { panic!("a question") };
    assert_eq!((send.effect, send.known.bank_order_id.as_deref()), (Effect::ReadOnly, Some(ORDER)));
    let state = send.state.clone();
    (sent(&Step::Send(send)), state)
}

fn told(reply: &Reply) -> Result<Look, Fault> {
    Posnet::go_on(&ctx(), &asked(&ctx(), &target("sale", 1_001)).1, reply)
}

fn lines(look: Result<Look, Fault>) -> Vec<Line> {
    let Ok(Look::Listed(page)) = look else { panic!("a list") };
    assert_eq!(page.next, None);
    page.lines
}

fn row<'a>(state: &'a str, standing: &'a str, amount: &'a str, key: &'a str) -> Listed<'a> {
    (state, standing, amount, AT, key)
}

/// Operation, standing, amount and the bank's key.
type Shown<'a> = (Option<&'a str>, &'a str, Option<i64>, Option<&'a str>);

fn shown(lines: &[Line]) -> Vec<Shown<'_>> {
    let told = lines.iter().map(|line| {
        (line.operation.as_deref(), line.standing.as_str(), line.minor, line.bank.transaction_id.as_deref())
    });
    told.collect()
}

#[test]
fn an_order_is_asked_for_as_the_bank_addresses_it() {
    let host = bank::host();
    let (plain, _) = asked(&ctx(), &target("sale", 1_001));
    assert!(plain.contains("<agreement><orderID>0000000000000001JD8ZK0Q3</orderID></agreement>"), "{plain}");
    for model in ["3d", "3d-host"] {
        let (of_gate, state) = asked(&ctx(), &native::at_gate(target("sale", 1_001), model));
        assert!(of_gate.contains("<orderID>TDS_000000000001JD8ZK0Q3</orderID>"), "{of_gate}");
        let book = listed_as("TDS_000000000001JD8ZK0Q3", &[row("Sale", "1", "10,01", KEY)]);
        let lines = lines(Posnet::go_on(&ctx(), &state, &answer(&book)));
        assert_eq!(lines[0].order_id.as_deref(), Some(ORDER), "as the host knows it");
    }
    drop(host);
    let _host = bank::session().setting("order-date", "true").start();
    assert!(asked(&ctx(), &target("sale", 1_001)).0.contains("</orderID><orderDate>20261122</orderDate>"));
    assert!(matches!(Posnet::of_day(&ctx(), "2026-11-22", None), Err(Fault::Unsupported(_))));
}

#[test]
fn every_transaction_is_a_line() {
    let _host = bank::host();
    let book = listed(&[
        row("Sale", "0", "1.010,01", "S1"),
        row("Sale_Reverse", "1", "1.010,01", "V1"),
        row("Return", "1", "0,50", "R1"),
        row("Return", "?", "0,40", "R2"),
        row("Koi_Return", "1", "0,30", "K1"),
    ]);
    let lines = lines(told(&answer(&book)));
    assert_eq!(
        shown(&lines),
        [
            (Some("sale"), "voided", Some(101_001), Some("S1")),
            (Some("void"), "done", Some(101_001), Some("V1")),
            (Some("refund"), "done", Some(50), Some("R1")),
            (Some("refund"), "unclear", Some(40), Some("R2")),
            (None, "done", Some(30), Some("K1")),
        ]
    );
    for line in &lines {
        let told = (line.order_id.as_deref(), line.currency.as_deref(), line.at_millis);
        assert_eq!(told, (Some(ORDER), Some("TRY"), Some(AT_MS)));
        assert_eq!(line.bank.auth_code.as_deref(), Some("504289"));
    }
    assert_eq!((lines[0].raw_code.as_deref(), lines[1].raw_code.as_deref()), (Some("0"), Some("1")));
    let refused = self::lines(told(&answer(&listed(&[row("Sale", "0", "10,01", KEY)]))));
    assert_eq!(shown(&refused), [(Some("sale"), "failed", Some(1_001), Some(KEY))]);
    let taken = listed(&[row("Authorization", "1", "10,00", "A1"), row("Capture", "1", "9,00", "C1")]);
    let taken = self::lines(told(&answer(&taken)));
    assert_eq!(
        shown(&taken),
        [(Some("authorize"), "done", Some(1_000), Some("A1")), (Some("capture"), "done", Some(900), Some("C1"))]
    );
}

#[test]
fn only_the_banks_own_words_are_an_empty_list() {
    let _host = bank::host();
    assert!(lines(told(&answer(&nothing()))).is_empty());
    let foreign = [row("Sale", "1", "10,01", KEY)];
    for unheard in [
        answer(&refused("0148", "INVALID MID TID IP")),
        answer(&refused("0123", "ORJINAL ISLEM BULUNAMADI")),
        answer(&refused("E998", "")),
        answer(&bank::response("<approved>1</approved><respCode>E219</respCode>")),
        answer(&bank::response("<respCode>E219</respCode>")),
        answer(&bank::approved()),
        answer(&bank::approved_before()),
        answer(&listed(&[])),
        answer(&listed(&[row("", "1", "10,01", KEY)])),
        answer(&listed(&[row("Sale", "1", "10.01", KEY)])),
        answer(&listed_as("0000000000000001JD8ZK0Q4", &foreign)),
        native::answer(200, "text/html", b"<html><body>Request Rejected</body></html>"),
        native::answer(502, "text/html", b"<html></html>"),
        native::lost(),
    ] {
        assert!(matches!(told(&unheard), Err(Fault::UnreadableAnswer(_))), "{unheard:?}");
    }
    for state in [&b"{}"[..], b"", b"{\"at\":\"points\"}"] {
        assert!(matches!(Posnet::go_on(&ctx(), state, &answer(&nothing())), Err(Fault::InvalidRequest(_))));
    }
}

#[test]
fn what_points_paid_of_a_sale_is_in_its_line() {
    let _host = bank::host();
    let wishing = Context { attributes: vec![(POINTS_MINOR.to_owned(), "400".to_owned())], ..ctx() };
    let (_, state) = asked(&wishing, &target("sale", 1_000));
    let book = listed(&[
        row("Sale", "1", "6,00", KEY),
        row("Bonus_Usage", "1", "4,00", KEY),
        row("Return", "1", "3,00", "R1"),
        row("Bonus_Return", "1", "2,00", "R2"),
    ]);
    let lines = lines(Posnet::go_on(&wishing, &state, &answer(&book)));
    assert_eq!(
        shown(&lines),
        [(Some("sale"), "done", Some(1_000), Some(KEY)), (Some("refund"), "done", Some(500), Some("R1"))]
    );
    assert_eq!(lines[0].attributes, [(POINTS_MINOR.to_owned(), "400".to_owned())]);
}

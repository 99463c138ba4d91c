//! The bank's own book of an order.

use pos_posnet_v1::PosnetV1;
use vezne_plugin::history::{Line, Look};
use vezne_plugin::{Effect, Fault, History, Reply, Step, Target, native};

use crate::bank::{
    self, KEY, Listed, MERCHANT, ORDER, TERMINAL, answer, ctx, listed, listed_as, nothing, refused, sent, target,
};

const AT: &str = "2026-11-2212:00:05.000";
const AT_MS: u64 = 1_795_338_005_000;

/// The question, and what is remembered with it.
fn asked(target: &Target) -> (String, Vec<u8>) {
    let Ok(Look::Send(send)) = PosnetV1::of_order(&ctx(), target) else { panic!("a question") };
    assert_eq!((send.effect, send.known.bank_order_id.as_deref()), (Effect::ReadOnly, Some(ORDER)));
    let state = send.state.clone();
    (sent(&Step::Send(send)), state)
}

fn told(reply: &Reply) -> Result<Look, Fault> {
    PosnetV1::go_on(&ctx(), &asked(&target("sale", 1_001)).1, reply)
}

fn lines(look: Result<Look, Fault>) -> Vec<Line> {
    let Ok(Look::Listed(page)) = look else { panic!("a list") };
    assert_eq!(page.next, None);
    page.lines
}

fn row<'a>(kind: &'a str, standing: &'a str, amount: &'a str, key: &'a str) -> Listed<'a> {
    (kind, standing, amount, AT, key)
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
    let _host = bank::host();
    let mac = bank::mac(&format!("{MERCHANT}{TERMINAL}"));
    let (plain, _) = asked(&target("sale", 1_001));
    assert!(plain.starts_with("/TransactionInquiry "), "{plain}");
    assert!(plain.contains(&format!("\"OrderId\":\"0000000000000001JD8ZK0Q3\",\"MAC\":\"{mac}\"")), "{plain}");
    for model in ["3d", "3d-host"] {
        let (of_gate, state) = asked(&native::at_gate(target("sale", 1_001), model));
        assert!(of_gate.contains("\"OrderId\":\"TDS_000000000001JD8ZK0Q3\""), "{of_gate}");
        let book = listed_as("TDS_000000000001JD8ZK0Q3", &[row("Sale", "1", "10,01", KEY)]);
        let lines = lines(PosnetV1::go_on(&ctx(), &state, &answer(&book)));
        assert_eq!(lines[0].order_id.as_deref(), Some(ORDER), "as the host knows it");
    }
    assert!(matches!(PosnetV1::of_day(&ctx(), "2026-11-22", None), Err(Fault::Unsupported(_))));
}

#[test]
fn every_transaction_is_a_line() {
    let _host = bank::host();
    // Albaraka's own sample, of an order of ours.
    let book = listed(&[row("Return", "1", "1,75", "022562869890000191"), row("Sale", "1", "1,75", KEY)]);
    let lines = lines(told(&answer(&book)));
    assert_eq!(
        shown(&lines),
        [(Some("refund"), "done", Some(175), Some("022562869890000191")), (Some("sale"), "done", Some(175), Some(KEY))]
    );
    for line in &lines {
        let told = (line.order_id.as_deref(), line.currency.as_deref(), line.at_millis);
        assert_eq!(told, (Some(ORDER), Some("TRY"), Some(AT_MS)));
        assert_eq!((line.bank.auth_code.as_deref(), line.raw_code.as_deref()), (Some("628698"), Some("1")));
    }
    let read = |rows: &[Listed<'_>]| -> Vec<(String, String)> {
        let told = self::lines(told(&answer(&listed(rows)))).into_iter();
        told.map(|line| (line.operation.unwrap_or_default(), line.standing)).collect()
    };
    let says = |word: &str, standing: &str| (word.to_owned(), standing.to_owned());
    // Its 0 alone says neither "failed" nor "voided".
    assert_eq!(read(&[row("Sale", "0", "1,75", KEY)]), [says("sale", "unclear")]);
    let voided = [row("Reverse", "1", "1,75", "V"), row("Sale", "0", "1,75", KEY)];
    assert_eq!(read(&voided), [says("void", "done"), says("sale", "voided")]);
    let back = [row("Reverse", "1", "1,00", "V"), row("Return", "0", "1,00", "R"), row("Sale", "1", "1,75", KEY)];
    assert_eq!(read(&back), [says("void", "done"), says("refund", "unclear"), says("sale", "done")]);
    let taken = [row("Capture", "1", "1,75", "C"), row("Auth", "1", "1,75", KEY), row("Koi", "1", "1", "K")];
    assert_eq!(read(&taken), [says("capture", "done"), says("authorize", "done"), says("", "done")]);
    let undone = [
        row("Reverse", "1", "1,75", "VA"),
        row("Reverse", "1", "1,50", "VC"),
        row("Capture", "0", "1,50", "C"),
        row("Auth", "0", "1,75", KEY),
    ];
    let one_void = [says("void", "done"), says("capture", "unclear"), says("authorize", "unclear")];
    assert_eq!(read(&undone), one_void, "the bank voids in two steps what we void in one");
}

#[test]
fn only_the_banks_own_words_are_an_empty_list() {
    let _host = bank::host();
    assert!(lines(told(&answer(&nothing()))).is_empty());
    for unheard in [
        answer(&refused("0148", "INVALID MID TID IP")),
        answer(&refused("0123", "ORJINAL ISLEM BULUNAMADI")),
        answer(&refused("0600", "Mac Doğrulama hatalı")),
        answer(&refused("E998", "")),
        answer(&refused("", "Kayıt Bulunamadı")),
        answer(&bank::approved()),
        answer(&listed(&[])),
        answer(&listed(&[row("", "1", "10,01", KEY)])),
        answer(&listed(&[row("Sale", "1", "10.01", KEY)])),
        answer(&listed_as("0000000000000001JD8ZK0Q4", &[row("Sale", "1", "10,01", KEY)])),
        native::answer(200, "text/html", b"<html><body>Request Rejected</body></html>"),
        native::answer(502, "text/html", b"<html></html>"),
        native::lost(),
    ] {
        assert!(matches!(told(&unheard), Err(Fault::UnreadableAnswer(_))), "{unheard:?}");
    }
    for state in [&b"{}"[..], b"", b"{\"at\":\"refund\",\"order\":\"A\"}"] {
        assert!(matches!(PosnetV1::go_on(&ctx(), state, &answer(&nothing())), Err(Fault::InvalidRequest(_))));
    }
}

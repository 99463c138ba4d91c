//! Tosla's own book.

use pos_tosla::Tosla;
use pos_tosla::history::PAGE_SIZE;
use serde_json::{Value, json};
use vezne_plugin::history::{Line, Look, Page};
use vezne_plugin::{Effect, Fault, History, Send, Step, native};

use crate::bank::{self, answer, ctx, said, sent, target};

const DAY: &str = "2026-11-22";

fn asked(next: Option<&[u8]>) -> Send {
    match Tosla::of_day(&ctx(), DAY, next).expect("a question") {
        Look::Send(send) => send,
        Look::Listed(page) => panic!("nothing was asked: {page:?}"),
    }
}

fn told(next: Option<&[u8]>, body: &Value) -> Result<Page, Fault> {
    match Tosla::go_on(&ctx(), &asked(next).state, &answer(body))? {
        Look::Listed(page) => Ok(page),
        Look::Send(_) => panic!("a page is one question"),
    }
}

/// A row as the public vectors have it (`mewebstudio/pos`, MIT).
fn row(kind: i64, status: i64, bank_code: Option<&str>) -> Value {
    json!({
        "TransactionType": kind, "CreateDate": "20261122154531", "OrderId": "20261122C3AE", "BankResponseCode": bank_code,
        "BankResponseMessage": null, "AuthCode": null, "HostReferenceNumber": null, "Amount": 101, "Currency": 949,
        "InstallmentCount": 0, "ClientId": "1000000494", "CardNo": "41595600****7732", "RequestStatus": status,
        "RefundedAmount": 0, "PostAuthedAmount": 0, "TransactionId": "2000000000032596", "NetAmount": "101",
        "TransactionDate": "20261122", "Code": 0, "Message": "Success",
    })
}

fn list(count: u32, rows: &[Value]) -> Value {
    json!({"Count": count, "Code": 0, "Message": "Başarılı", "Transactions": rows})
}

fn one(row: Value) -> Line {
    told(None, &list(1, &[row])).expect("a list").lines.remove(0)
}

#[test]
fn a_day_is_asked_for_by_its_date_and_no_order() {
    let _host = bank::host();
    for (next, page) in [(None, 1), (Some(&b"3"[..]), 3)] {
        let send = asked(next);
        assert_eq!((send.effect, send.request.path.as_str()), (Effect::ReadOnly, "/history"));
        let message = sent(&Step::Send(send));
        let keys = ["transactionDate", "page", "pageSize"].map(|name| message[name].clone());
        assert_eq!(keys, [json!("20261122"), json!(page), json!(PAGE_SIZE)]);
        assert_eq!(message.get("orderId"), None);
        assert!(message["hash"].as_str().is_some_and(|hash| hash.len() == 88), "signed");
    }
    assert!(matches!(Tosla::of_order(&ctx(), &target("sale", 101)), Err(Fault::Unsupported(_))));
    for (day, next) in [("22.11.2026", None), (DAY, Some(&b"1"[..])), (DAY, Some(&b"x"[..]))] {
        assert!(matches!(Tosla::of_day(&ctx(), day, next), Err(Fault::InvalidRequest(_))), "{day}");
    }
}

#[test]
fn a_voided_sale_and_its_void_are_two_lines() {
    let _host = bank::host();
    let mut void = row(4, 1, Some("00"));
    void["TransactionId"] = json!(2_000_000_000_032_597_i64);
    void["CreateDate"] = json!("20261122154644");
    let page = told(None, &list(2, &[row(1, 2, Some("00")), void])).expect("a list");
    assert!(page.next.is_none());
    let [sale, void] = &page.lines[..] else { panic!("two lines: {page:?}") };
    let words = |line: &Line| (line.operation.clone().expect("an operation"), line.standing.clone(), line.minor);
    assert_eq!(words(sale), ("sale".into(), "voided".into(), Some(101)));
    assert_eq!(words(void), ("void".into(), "done".into(), Some(101)));
    assert_eq!((sale.order_id.as_deref(), sale.currency.as_deref()), (Some("20261122C3AE"), Some("949")));
    assert_eq!(sale.bank.transaction_id.as_deref(), Some("2000000000032596"));
    assert_eq!(void.bank.transaction_id.as_deref(), Some("2000000000032597"));
    assert_eq!((sale.at_millis, void.at_millis), (Some(1_795_351_531_000), Some(1_795_351_604_000)));
}

#[test]
fn each_status_beside_its_code_is_what_it_is_to_an_inquiry() {
    let _host = bank::host();
    for (kind, operation) in [(1, "sale"), (2, "authorize"), (3, "capture"), (4, "void"), (5, "refund")] {
        assert_eq!(one(row(kind, 1, Some("00"))).operation.as_deref(), Some(operation));
    }
    assert_eq!(one(row(9, 1, Some("00"))).operation, None);
    for (status, code, expected) in [
        (1, Some("00"), "done"),
        (1, None, "done"),
        (1, Some("51"), "unclear"),
        (2, Some("00"), "voided"),
        (3, Some("00"), "done"),
        (4, Some("00"), "done"),
        (5, Some("00"), "done"),
        (0, Some("51"), "failed"),
        (0, Some("MD:0"), "failed"),
        (0, None, "failed"),
        (0, Some("00"), "unclear"),
        (77, Some("00"), "unclear"),
    ] {
        let line = one(row(1, status, code));
        assert_eq!((line.standing.as_str(), line.raw_code.as_deref()), (expected, code), "{status} {code:?}");
    }
    let mut bare = row(1, 1, Some("00"));
    for (name, nothing) in [("OrderId", json!(null)), ("TransactionId", json!(0)), ("Currency", json!(0))] {
        bare[name] = nothing;
    }
    let line = one(bare);
    assert_eq!(
        (line.order_id, line.bank.bank_order_id, line.bank.transaction_id, line.currency),
        (None, None, None, None)
    );
}

#[test]
fn a_payer_at_the_gate_is_waited_for_as_long_as_an_inquiry_waits() {
    let (opened, two_hours) = (1_795_351_531_000, 2 * 3_600_000);
    for (later, expected) in [(0, "pending"), (two_hours, "pending"), (two_hours + 1, "failed")] {
        let _host = bank::session().at(opened + later).start();
        assert_eq!(one(row(1, 10, None)).standing, expected, "{later}");
    }
}

#[test]
fn pages_are_read_until_the_bank_has_no_more() {
    let _host = bank::host();
    let rows = |number: u32| vec![row(1, 1, Some("00")); usize::try_from(number).expect("few")];
    let (second, third) = (Some(&b"2"[..]), Some(&b"3"[..]));
    for (page, count, here, next) in [
        // Counted over the whole day.
        (None, 120, PAGE_SIZE, second),
        (second, 120, PAGE_SIZE, third),
        (third, 120, 20, None),
        (second, 100, PAGE_SIZE, None),
        (second, 50, 0, None),
        // Counted by the page.
        (None, 50, PAGE_SIZE, second),
        (second, 50, PAGE_SIZE, third),
        (third, 20, 20, None),
        (second, 0, 0, None),
    ] {
        let told = told(page, &list(count, &rows(here))).expect("a page");
        assert_eq!((told.lines.len(), told.next.as_deref()), (rows(here).len(), next), "{page:?} {count}");
    }
    for (page, count, here) in [(None, 120, 10), (None, 1, 0), (None, 0, 1), (second, 51, 0), (None, 51, 51)] {
        assert!(told(page, &list(count, &rows(here))).is_err(), "{page:?} counts {count}, and has {here}");
    }
}

#[test]
fn an_empty_day_is_said_in_so_many_words() {
    let _host = bank::host();
    let mut none = said(101, None);
    none["OrderId"] = Value::Null;
    for empty in [list(0, &[]), json!({"Count": 0, "Code": 0, "Message": "", "Transactions": null}), none] {
        let page = told(None, &empty).expect("a list");
        assert!(page.lines.is_empty() && page.next.is_none(), "{empty}");
    }
    let with = |name: &str, value: Value| {
        let mut row = row(1, 1, Some("00"));
        row[name] = value;
        list(1, &[row])
    };
    for bad in [
        said(998, None),
        said(999, None),
        json!({"Code": 0, "Message": ""}),
        json!({"Code": 0, "Count": 0}),
        json!({"Code": 0, "Transactions": []}),
        json!({"Code": 0, "Count": 0, "Transactions": "none"}),
        json!({"Code": 101, "Count": 1, "Transactions": [row(1, 1, Some("00"))]}),
        json!({"Count": 0, "Transactions": []}),
        with("TransactionType", Value::Null),
        with("Amount", Value::Null),
        with("Amount", json!(-5)),
        with("Amount", json!("1.01")),
    ] {
        assert!(told(None, &bad).is_err(), "{bad}");
    }
    let state = asked(None).state;
    for reply in [native::lost(), native::answer(502, "text/html", b"<html></html>"), native::answer(204, "", b"")] {
        assert!(Tosla::go_on(&ctx(), &state, &reply).is_err());
    }
}

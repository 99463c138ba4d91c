//! The platform's book of an order.

use pos_msu::Msu;
use serde_json::{Value, json};
use vezne_plugin::history::Look;
use vezne_plugin::{Effect, Fault, History, Send, native};

use crate::bank::{self, NUMBER, ORDER, answer, ctx, listed, lost, nothing, refused, row, target};

fn asked() -> Send {
    let Ok(Look::Send(send)) = Msu::of_order(&ctx(), &target("sale", 1_001)) else { panic!("a question") };
    assert_eq!(send.effect, Effect::ReadOnly);
    let body = String::from_utf8(native::reveal(&send.request.body)).expect("a form");
    assert!(body.starts_with("ACTION=QUERYTRANSACTION") && body.contains(ORDER), "{body}");
    send
}

fn told(body: &Value) -> Result<Look, Fault> {
    let asked = asked();
    native::next_call();
    Msu::go_on(&ctx(), &asked.state, &answer(body))
}

/// Operation, standing, minor units and code of each line.
fn words(look: Result<Look, Fault>) -> Vec<String> {
    let Ok(Look::Listed(page)) = look else { panic!("expected a list, not {look:?}") };
    let word = |line: &vezne_plugin::history::Line| {
        let minor = line.minor.map_or_else(|| "-".to_owned(), |minor| minor.to_string());
        let code = line.raw_code.as_deref().unwrap_or("-");
        format!("{} {} {minor} {code}", line.operation.as_deref().unwrap_or("-"), line.standing)
    };
    page.lines.iter().map(word).collect()
}

#[test]
fn every_transaction_is_a_line() {
    let _host = bank::host();
    let mut odd = row("SALE", "AP", "10.01");
    odd["pgTranReturnCode"] = json!("51");
    let mut failed = row("REFUND", "FA", "10.01");
    failed["errorCode"] = json!("ERR10031");
    let rows = [
        row("SALE", "AP", "10.01"),
        row("SALE", "VD", "10.01"),
        row("PREAUTH", "PA", "10.01"),
        row("POSTAUTH", "AP", "9.00"),
        row("VOID", "AP", "9.00"),
        row("REFUND", "AP", "0.50"),
        row("SALE", "FA", "10.01"),
        row("SALE", "IP", "10.01"),
        row("SALE", "ZZ", "10.01"),
        row("QUERYPOINTS", "AP", "x"),
        odd,
        failed,
    ];
    let expected = [
        "sale done 1001 00",
        "sale voided 1001 00",
        "authorize done 1001 00",
        "capture done 900 00",
        "void done 900 00",
        "refund done 50 00",
        "sale failed 1001 51",
        "sale pending 1001 00",
        "sale unclear 1001 00",
        "- done - 00",
        "sale unclear 1001 51",
        "refund failed 1001 ERR10031",
    ];
    assert_eq!(words(told(&listed(&rows))), expected);
    let mut sale = row("SALE", "AP", "10.01");
    sale["timeCreated"] = json!("2026-11-22 12:00:07.877");
    let Ok(Look::Listed(page)) = told(&listed(&[sale])) else { panic!("a list") };
    let line = &page.lines[0];
    assert_eq!((line.order_id.as_deref(), line.currency.as_deref()), (Some(ORDER), Some("TRY")));
    assert_eq!((line.at_millis, page.next.as_ref()), (Some(1_795_338_007_877), None));
    assert_eq!(line.bank.transaction_id.as_deref(), Some(format!("{NUMBER}SALE").as_str()));
}

#[test]
fn nothing_is_listed_only_where_the_platform_says_so() {
    let _host = bank::host();
    for body in [nothing(), refused(Some("ERR10034"), None), listed(&[])] {
        assert!(words(told(&body)).is_empty(), "{body}");
    }
    let sale = [row("SALE", "AP", "10.01")];
    let changed = |name: &str, value: Value| {
        let mut body = listed(&sale);
        body[name] = value;
        body
    };
    let mut stranger = listed(&sale);
    stranger["transactionList"][0]["pgOrderId"] = json!("OTHER");
    let mut more = listed(&[]);
    more["totalTransactionCount"] = json!(3);
    for body in [
        changed("transactionCount", json!(2)),
        changed("totalTransactionCount", json!("2")),
        changed("merchantPaymentId", json!("OTHER")),
        changed("transactionList", json!("x")),
        stranger,
        more,
        refused(Some("ERR10020"), None),
        refused(None, None),
        json!({"responseCode": "00"}),
    ] {
        let told = told(&body);
        assert!(matches!(told, Err(Fault::UnreadableAnswer(_))), "{body} {told:?}");
    }
    assert!(matches!(Msu::go_on(&ctx(), &asked().state, &lost()), Err(Fault::UnreadableAnswer(_))));
}

#[test]
fn a_day_is_refused() {
    let _host = bank::host();
    assert!(matches!(Msu::of_day(&ctx(), "2026-11-22", None), Err(Fault::Unsupported(_))));
}

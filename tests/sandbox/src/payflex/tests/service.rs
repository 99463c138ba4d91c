//! Charges, changes, refusals and search.

use axum::http::StatusCode;

use super::{CARD, Desk, MAIN, STORE, WEB, code, with};
use crate::fault::{Fault, FaultKind, Op};
use crate::merchant::{exchange, form_request, tag, text};

#[tokio::test]
async fn a_sale_is_booked_once() {
    let desk = Desk::new();
    let answer = desk.vpos(&desk.sale("o1", "1056.20")).await;
    let get = |name: &str| tag(&answer, name).to_owned();
    assert_eq!((code(&answer).as_str(), get("ResultDetail").as_str()), ("0000", "İŞLEM BAŞARILI"));
    assert_eq!(
        (get("TransactionId"), get("OrderId"), get("CurrencyAmount")),
        ("o1".into(), "o1".into(), "1056.20".into())
    );
    assert_eq!((get("AuthCode").len(), get("Rrn").len(), get("HostDate").len()), (6, 12, 14));
    assert_eq!(get("ThreeDSecureType"), "1");
    assert_eq!(desk.sell("o1", "1056.20").await, "1006", "the number was good for a success");
    let other = desk.vpos(&with(desk.sale("o1", "1056.20"), &[("TransactionId", "t2")])).await;
    assert_eq!(code(&other), "1061", "and so was the order's");
    assert_eq!(desk.bank.order("o1").map(|o| (o.net, o.approvals)), Some((105_620, 1)));
    for (order, amount, expected) in [("d1", "10.51", "0051"), ("d2", "10.82", "0312"), ("d3", "10.92", "1001")] {
        let answer = desk.vpos(&desk.sale(order, amount)).await;
        assert_eq!((code(&answer).as_str(), tag(&answer, "AuthCode")), (expected, "000000"), "{order}");
        assert_eq!(tag(&answer, "CurrencyAmount"), amount);
    }
    // Declined is not used.
    assert_eq!(desk.sell("d1", "10.00").await, "0000");
    let bare = with(desk.sale("", "5.00"), &[("TransactionId", ""), ("OrderId", "")]);
    assert_eq!(tag(&desk.vpos(&bare).await, "TransactionId").len(), 32, "the bank gives a number of its own");
}

#[tokio::test]
async fn strangers_and_crooked_requests_are_refused() {
    let desk = Desk::new();
    for (name, value, expected) in [
        ("TerminalNo", "VP000096", "1125"),
        ("TransactionType", "Pay", "1082"),
        ("TransactionId", "a b", "1054"),
        ("TransactionId", "01234567890123456789012345678901234567890", "1054"),
        ("OrderId", "ş", "1078"),
        ("CurrencyAmount", "10,00", "1047"),
        ("CurrencyAmount", "10", "1047"),
        ("CurrencyAmount", "0.00", "1047"),
        ("CurrencyCode", "TRY", "1077"),
        ("CurrencyCode", "0949", "1077"),
        ("NumberOfInstallments", "1", "1060"),
        ("NumberOfInstallments", "13", "1060"),
        ("ClientIp", "", "1096"),
        ("ClientIp", "localhost", "1096"),
        ("Pan", "4355084355084359", "1051"),
        ("Expiry", "3012", "1052"),
        ("Expiry", "203013", "1052"),
        ("Cvv", "0", "1050"),
        ("Cvv", "", "1120"),
        ("TransactionDeviceSource", "", "1121"),
        ("TransactionDeviceSource", "2", "1121"),
        ("ECI", "05", "1114"),
        ("MpiTransactionId", "m1", "0581"),
    ] {
        assert_eq!(
            code(&desk.vpos(&with(desk.sale("w1", "10.00"), &[(name, value)])).await),
            expected,
            "{name}={value}"
        );
    }
    for store in [["000000000111111", "3XTgER89aş", "VP000095"], ["000000000111112", "3XTgER89as", "VP000095"]] {
        let stranger = Desk { store, bank: desk.bank.clone() };
        assert_eq!(stranger.sell("w1", "10.00").await, "9039");
        assert_eq!(tag(&stranger.found("w1", "").await, "ResponseCode"), "9065");
    }
    assert!(desk.bank.entries().is_empty());
    for body in ["", "prmstr=", "prmstr=%3CVposRequest%3E", "prmstr=%3CSearchRequest/%3E", "xml=%3CVposRequest/%3E"] {
        let (status, _, answer) = exchange(&desk.bank, form_request("POST", "/virtualPos/Vposreq", body.into())).await;
        assert_eq!((status, code(&text(answer)).as_str()), (StatusCode::OK, "6000"), "{body}");
    }
}

#[tokio::test]
async fn only_some_stores_charge_without_authentication_or_by_mail() {
    let by_mail = |desk: &Desk| with(desk.sale("m1", "10.00"), &[("TransactionDeviceSource", "1"), ("Cvv", "")]);
    let (open, web, main) = (Desk::new(), Desk::of(WEB), Desk::of(MAIN));
    assert_eq!(code(&open.vpos(&by_mail(&open)).await), "0000");
    assert_eq!(code(&web.vpos(&by_mail(&web)).await), "2200");
    assert_eq!(code(&main.vpos(&by_mail(&main)).await), "2200");
    assert_eq!((web.sell("p1", "10.00").await, main.sell("p1", "10.00").await), ("1111".into(), "0000".into()));
    let both = with(by_mail(&open), &[("MpiTransactionId", "x"), ("ECI", "05"), ("CAVV", "c")]);
    assert_eq!(code(&open.vpos(&both).await), "1118");
}

#[tokio::test]
async fn void_comes_before_day_end_and_refund_before_and_after() {
    let desk = Desk::new();
    for order in ["o1", "o2", "o3"] {
        assert_eq!(desk.sell(order, "10.00").await, "0000");
    }
    assert_eq!(desk.change("Cancel", "v1", "o1", "").await, "0000");
    assert_eq!(desk.change("Cancel", "v2", "o1", "").await, "1083");
    assert_eq!(desk.change("Refund", "r1", "o1", "1.00").await, "0982");
    assert_eq!(desk.change("Refund", "r2", "o2", "4.00").await, "0000", "on the same day too");
    assert_eq!(desk.change("Cancel", "v3", "o2", "").await, "1123");
    assert_eq!(desk.change("Cancel", "v4", "r2", "").await, "0000", "a refund can be undone as well");
    desk.bank.day_end();
    assert_eq!(desk.change("Cancel", "v5", "o2", "").await, "2202");
    assert_eq!(desk.change("Refund", "r3", "o2", "10.01").await, "1046");
    assert_eq!(desk.change("Refund", "r3", "o2", "4.00").await, "0000");
    assert_eq!(desk.change("Refund", "r4", "o2", "6.00").await, "0000");
    assert_eq!(desk.change("Refund", "r5", "o2", "0.01").await, "1059");
    assert_eq!(desk.change("Refund", "r6", "never", "1.00").await, "1007");
    assert_eq!(desk.change("Refund", "r7", "o3", "1,00").await, "1047");
    assert_eq!(desk.bank.order("o2").map(|o| (o.net, o.state)), Some((0, "refunded")));
    let flags = |answer: String| ["IsCanceled", "IsRefunded", "IsReversed"].map(|name| tag(&answer, name).to_owned());
    assert_eq!(flags(desk.found("o1", "").await), ["true", "false", "false"]);
    assert_eq!(flags(desk.found("o2", "").await), ["false", "true", "false"]);
    assert_eq!(flags(desk.found("o3", "").await), ["false", "false", "false"]);
}

#[tokio::test]
async fn a_reservation_is_taken_once() {
    let desk = Desk::new();
    for order in ["p1", "p2"] {
        assert_eq!(code(&desk.vpos(&with(desk.sale(order, "10.00"), &[("TransactionType", "Auth")])).await), "0000");
    }
    assert_eq!(desk.sell("s1", "10.00").await, "0000");
    assert_eq!(desk.change("Capture", "c0", "s1", "10.00").await, "1089", "a sale holds nothing");
    assert_eq!(desk.change("Refund", "r0", "p1", "1.00").await, "1089");
    assert_eq!(desk.change("Capture", "c1", "p1", "10.01").await, "0323");
    assert_eq!(desk.change("Capture", "c2", "p1", "9.00").await, "0000");
    assert_eq!(desk.change("Capture", "c3", "p1", "1.00").await, "1065");
    assert_eq!(desk.change("Cancel", "v1", "p1", "").await, "0971");
    assert_eq!(desk.change("Refund", "r1", "c2", "2.00").await, "0000");
    assert_eq!(desk.bank.order("p1").map(|o| (o.state, o.net)), Some(("partly_refunded", 700)));
    assert_eq!(desk.change("Cancel", "v2", "p2", "").await, "0000");
    assert_eq!(desk.change("Capture", "c4", "p2", "1.00").await, "1088");
    let found = desk.found("c2", "").await;
    assert_eq!((tag(&found, "TransactionType"), tag(&found, "CurrencyAmount")), ("Capture", "9.00"));
}

#[tokio::test]
async fn search_finds_numbers_orders_and_days() {
    let desk = Desk::new();
    assert_eq!(tag(&desk.found("never", "").await, "ResponseCode"), "9601");
    desk.vpos(&with(desk.sale("o1", "10.51"), &[("TransactionId", "t1")])).await;
    let failed = desk.found("", "o1").await;
    assert_eq!((tag(&failed, "ResultCode"), tag(&failed, "TransactionId")), ("0051", "t1"));
    desk.vpos(&with(desk.sale("o1", "10.00"), &[("TransactionId", "t2")])).await;
    let paid = desk.found("", "o1").await;
    assert_eq!((tag(&paid, "TransactionId"), tag(&paid, "ResultCode")), ("t2", "0000"), "a success comes first");
    assert_eq!((tag(&paid, "AmountCode"), tag(&paid, "CurrencyCode"), tag(&paid, "TotalItemCount")), ("949", "", "1"));
    assert_eq!(tag(&desk.found("t1", "o1").await, "ResultCode"), "0051", "the number counts where both are said");
    desk.vpos(&desk.sale("slow", "10.92")).await;
    assert_eq!(tag(&desk.found("slow", "").await, "ResultCode"), "1074");
    desk.bank.clock().advance_ms(120_000);
    let reversed = desk.found("slow", "").await;
    assert_eq!((tag(&reversed, "ResultCode"), tag(&reversed, "IsReversed")), ("9074", "true"));
    let today = crate::clock::local(desk.bank.clock().now_ms()).strftime("%Y-%m-%d").to_string();
    let days = |from: &str, until: &str, paging: &str| {
        format!("<DateCriteria><StartDate>{from}</StartDate><EndDate>{until}</EndDate></DateCriteria>{paging}")
    };
    let two = "<PagedRequestInfo><PageIndex>2</PageIndex><PageSize>2</PageSize></PagedRequestInfo>";
    let listed = desk.search(&days(&today, &today, two)).await;
    assert_eq!((tag(&listed, "TotalItemCount"), listed.matches("<MerchantId>").count()), ("3", 1));
    for (criteria, expected) in [
        (days("2026-01-01", "2026-06-30", ""), "9057"),
        (days("2026-06-30", "2026-01-01", ""), "9025"),
        (days("30.06.2026", "2026-01-01", ""), "9025"),
        (days(&today, &today, &two.replace('2', "51")), "9615"),
        (String::new(), "9025"),
    ] {
        assert_eq!(tag(&desk.search(&criteria).await, "ResponseCode"), expected, "{criteria}");
    }
    let other = Desk { bank: desk.bank.clone(), store: MAIN };
    assert_eq!(tag(&other.found("t2", "").await, "ResponseCode"), "9601", "another store's is not found");
}

#[tokio::test]
async fn faults_are_met() {
    let desk = Desk::new();
    desk.bank.fault(Fault::once(FaultKind::WrongOrder));
    assert_eq!(tag(&desk.vpos(&desk.sale("f1", "10.00")).await, "OrderId"), "Xf1");
    desk.bank.fault(Fault::once(FaultKind::WrongAmount));
    assert_eq!(tag(&desk.found("f1", "").await, "CurrencyAmount"), "11.00");
    desk.bank.fault(Fault::once(FaultKind::Html).unbooked());
    assert!(desk.vpos(&desk.sale("f2", "10.00")).await.contains("Request Rejected"));
    assert!(desk.bank.order("f2").is_none());
    desk.bank.fault(Fault::once(FaultKind::Truncated));
    desk.vpos(&desk.sale("f3", "10.00")).await;
    assert_eq!(desk.bank.order("f3").map(|o| o.net), Some(1_000));
    desk.bank.fault(Fault { order: Some("f3".into()), ..Fault::once(FaultKind::Garbage).on(Op::Void) });
    desk.change("Cancel", "v3", "f3", "").await;
    assert_eq!(desk.bank.order("f3").map(|o| o.state), Some("voided"), "a change is met by its order's name");
}

#[tokio::test]
async fn nothing_kept_or_served_holds_a_card_or_a_password() {
    let desk = Desk::new();
    desk.sell("s1", "10.00").await;
    desk.found("s1", "").await;
    let kept = format!("{:?}{:?}", desk.bank.entries(), desk.bank.requests());
    assert!(!kept.contains(CARD) && kept.contains("435508"), "{kept}");
    let stores = serde_json::to_string(desk.bank.stores()).expect("a list");
    assert!(!stores.contains(STORE[1]) && stores.contains(STORE[2]));
    assert_eq!(desk.bank.authorize_calls("s1"), 1);
}

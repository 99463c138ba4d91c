//! The service without 3-D.

use crate::book::{Entry, Kind};
use crate::card::test_cards;
use crate::fault::{Fault, FaultKind, Op};

use super::{ADDRESS, CARD, Desk, ORDER, TDS, charge, reference, said, tag};

#[tokio::test]
async fn a_sale_is_booked_once_and_its_answer_repeated() {
    let desk = Desk::new();
    let answer = desk.sell(ORDER, "1001").await;
    assert_eq!(said(&answer), ("1", ""));
    assert_eq!(
        (tag(&answer, "hostlogkey").len(), tag(&answer, "authCode").len(), tag(&answer, "tranDate").len()),
        (18, 6, 12)
    );
    let again = desk.sell(ORDER, "999").await;
    assert_eq!(said(&again), ("2", "0127"));
    assert_eq!(tag(&again, "hostlogkey"), tag(&answer, "hostlogkey"), "whatever amount came the second time");
    let order = desk.0.order(ORDER).expect("booked");
    assert_eq!((order.state, order.net, order.approvals), ("sold", 1_001, 1));
    assert_eq!(desk.0.authorize_calls(ORDER), 2);
}

#[tokio::test]
async fn who_asks_is_checked_by_two_numbers() {
    let desk = Desk::new();
    let sale = charge("sale", ORDER, "100", CARD);
    for (mid, tid, code) in [
        ("670659832", "67005551", "0320"),
        ("6706598320", "6700555A", "0321"),
        ("6706598320", "67005552", "0148"),
        ("1111111111", "67005551", "0148"),
    ] {
        assert_eq!(said(&desk.ask_as(mid, tid, &sale).await), ("0", code), "{mid} {tid}");
    }
    assert!(desk.0.entries().is_empty());
}

#[tokio::test]
async fn forms_of_fields_are_kept() {
    let desk = Desk::new();
    let good = charge("sale", ORDER, "100", CARD);
    for (from, to, code) in [
        (ORDER, "SHORT", "0150"),
        (ORDER, "ŞIŞLI678901234567890", "0150"),
        ("<amount>100<", "<amount>0<", "0204"),
        ("<amount>100<", "<amount>1.00<", "0205"),
        ("<amount>100<", "<amount>10000000<", "0205"),
        ("<installment>00<", "<installment>0<", "0150"),
        ("<installment>00<", "<installment>01<", "0012"),
        ("<installment>00<", "<installment>10<", "0012"),
        (">TL<", ">TRY<", "0207"),
        (CARD, "4355084355084359", "0014"),
        (">3012<", ">12/30<", "0150"),
        ("<cvc>000</cvc>", "", "0150"),
        ("</sale>", "<koiCode>9</koiCode></sale>", "0215"),
        ("</sale>", "<tckn>1</tckn><mcc>1</mcc></sale>", "0324"),
        ("</sale>", "<subDealerCode>1</subDealerCode></sale>", "0325"),
        ("</sale>", "<mcc>1</mcc></sale>", "0327"),
        ("</sale>", "</sale><auth><x>1</x></auth>", "0150"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        assert_eq!(said(&desk.ask(&bad).await), ("0", code), "{from} {to}");
    }
    assert_eq!(said(&desk.ask("<unheardOf><a>1</a></unheardOf>").await), ("0", "0150"));
    assert!(desk.0.entries().is_empty());
    let dealer = good.replace("</sale>", "<vkn>1234567890</vkn><subDealerCode>7</subDealerCode></sale>");
    assert_eq!(said(&desk.ask(&dealer).await), ("1", ""));
}

#[tokio::test]
async fn mail_order_is_a_word_of_the_sale() {
    let desk = Desk::new();
    let flagged = |operation: &str| {
        charge(operation, ORDER, "100", CARD)
            .replace(&format!("</{operation}>"), &format!("<mailorderflag>Y</mailorderflag></{operation}>"))
    };
    assert_eq!(said(&desk.ask(&flagged("auth")).await), ("0", "0150"));
    let dated = flagged("sale");
    assert_eq!(said(&desk.ask_as("6706598321", "67005552", &dated).await), ("0", "0058"), "not a mail-order store");
    assert_eq!(said(&desk.ask(&dated).await), ("1", ""));
}

#[tokio::test]
async fn refusals_of_the_issuer_have_two_zeros_in_front() {
    let desk = Desk::new();
    assert_eq!(said(&desk.sell(ORDER, "1051").await), ("0", "0051"));
    assert_eq!(said(&desk.sell(ORDER, "1054").await), ("0", "0054"));
    assert_eq!(said(&desk.sell(ORDER, "1092").await), ("0", "0302"), "a timeout at the issuer's");
    let ask = reference("agreement", ADDRESS, "");
    assert_eq!(said(&desk.ask(&ask).await), ("0", "E998"), "it is reversing");
    desk.0.clock().advance_ms(61_000);
    let listed = desk.ask(&ask).await;
    assert_eq!((said(&listed), listed.matches("<txnStatus>0<").count()), (("1", ""), 3));
    assert_eq!(said(&desk.sell(ORDER, "1000").await), ("1", ""), "after a refusal the number is free");
}

#[tokio::test]
async fn inquiries_tell_what_is_in_the_book() {
    let desk = Desk::new();
    let ask = reference("agreement", ADDRESS, "");
    assert_eq!(said(&desk.ask(&ask).await), ("0", "E219"));
    desk.sell(ORDER, "125000").await;
    let found = desk.ask(&ask).await;
    assert_eq!(
        [
            tag(&found, "orderID"),
            tag(&found, "amount"),
            tag(&found, "currencyCode"),
            tag(&found, "state"),
            tag(&found, "txnStatus")
        ],
        [ADDRESS, "1.250,00", "TL", "Sale", "1"]
    );
    assert_eq!((tag(&found, "ccno"), tag(&found, "tranDate").len()), ("435508******4358", 23));
    assert_eq!(
        said(&desk.ask(&reference("agreement", TDS, "")).await),
        ("0", "E219"),
        "it did not go through the page"
    );
    assert_eq!(said(&desk.ask(&reference("agreement", ORDER, "")).await), ("0", "0150"));
    desk.0.fault(Fault::once(FaultKind::WrongAmount));
    assert_eq!(tag(&desk.ask(&ask).await, "amount"), "1.251,00");
    desk.ask(&reference("reverse", ADDRESS, "<transaction>sale</transaction>")).await;
    let voided = desk.ask(&ask).await;
    assert!(
        voided.contains("<state>Sale_Reverse</state><txnStatus>1<")
            && voided.contains("<state>Sale</state><txnStatus>0<")
    );
}

#[tokio::test]
async fn what_the_banks_staff_did_is_listed_and_a_lost_book_is_empty() {
    let desk = Desk::new();
    desk.sell(ORDER, "1000").await;
    let sale = desk.0.entries().into_iter().find(|entry| entry.kind == Kind::Auth).expect("booked");
    let own = |kind, number: &str| Entry { kind, trans_id: format!("{}{number}", sale.trans_id), ..sale.clone() };
    let refund = desk.0.write(Entry { amount: 700, ..own(Kind::Credit, "1") });
    desk.0.write(Entry { undoes: Some(sale.seq), ..own(Kind::Void, "2") });
    let ask = reference("agreement", ADDRESS, "");
    let listed = desk.ask(&ask).await;
    let lines: Vec<&str> = listed.split("<transaction>").skip(1).collect();
    let said = |line: &&str| [tag(line, "state"), tag(line, "amount"), tag(line, "txnStatus")].map(str::to_owned);
    let told: Vec<[String; 3]> = lines.iter().map(said).collect();
    assert_eq!(told, [["Sale", "10,00", "0"], ["Return", "7,00", "1"], ["Sale_Reverse", "10,00", "1"]]);
    assert_eq!(tag(lines[1], "hostLogKey"), refund.trans_id);
    assert!(lines.iter().all(|line| tag(line, "orderID") == ADDRESS));
    desk.0.lose_book();
    assert_eq!(super::said(&desk.ask(&ask).await), ("0", "E219"), "it knows no such order any more");
}

#[tokio::test]
async fn void_until_day_end_and_refund_whenever() {
    let desk = Desk::new();
    let void = reference("reverse", ADDRESS, "<transaction>sale</transaction>");
    let refund =
        |minor: &str| reference("return", ADDRESS, &format!("<amount>{minor}</amount><currencyCode>TL</currencyCode>"));
    assert_eq!(said(&desk.ask(&void).await), ("0", "0123"));
    desk.sell(ORDER, "1000").await;
    assert_eq!(said(&desk.ask(&refund("400")).await), ("1", ""), "on the same day");
    assert_eq!(said(&desk.ask(&void).await), ("0", "0218"), "there is a refund");
    let back = reference("reverse", ADDRESS, "<transaction>return</transaction>");
    let undone = desk.ask(&back).await;
    assert_eq!((said(&undone), tag(&undone, "authCode")), (("1", ""), "000000"));
    assert_eq!(said(&desk.ask(&back).await), ("0", "0220"));
    desk.0.day_end();
    assert_eq!(said(&desk.ask(&void).await), ("0", "0211"));
    assert_eq!(said(&desk.ask(&refund("1001")).await), ("0", "0205"));
    assert_eq!(said(&desk.ask(&refund("1000").replace("TL", "US")).await), ("0", "0207"));
    assert_eq!(said(&desk.ask(&refund("1000")).await), ("1", ""));
    assert_eq!(said(&desk.ask(&refund("1")).await), ("0", "0450"));
    assert_eq!(desk.0.order(ORDER).map(|o| (o.state, o.net)), Some(("refunded", 0)));
    assert_eq!(said(&desk.ask(&void.replace("sale", "pointUsage")).await), ("0", "0202"));
}

#[tokio::test]
async fn a_hold_is_captured_once_and_voided_in_order() {
    let desk = Desk::new();
    let held = desk.ask(&charge("auth", ORDER, "1000", CARD)).await;
    let key = tag(&held, "hostlogkey");
    let capture = |minor: &str, count: &str| {
        format!(
            "<capt><hostLogKey>{key}</hostLogKey><amount>{minor}</amount><currencyCode>TL</currencyCode><installment>{count}</installment></capt>"
        )
    };
    assert_eq!(said(&desk.ask(&capture("1001", "00")).await), ("0", "0205"));
    assert_eq!(said(&desk.ask(&capture("900", "03")).await), ("0", "0206"));
    let nothing = reference("reverse", ADDRESS, "<transaction>capt</transaction>");
    assert_eq!(said(&desk.ask(&nothing).await), ("0", "0223"));
    let captured = desk.ask(&capture("900", "00")).await;
    assert_eq!(said(&captured), ("1", ""));
    assert_eq!(said(&desk.ask(&capture("1", "00")).await), ("0", "0219"));
    let auth = reference("reverse", ADDRESS, "<transaction>auth</transaction>");
    assert_eq!(said(&desk.ask(&auth).await), ("0", "0788"), "the capture goes first");
    let of_capture = format!(
        "<reverse><transaction>capt</transaction><hostLogKey>{}</hostLogKey></reverse>",
        tag(&captured, "hostlogkey")
    );
    assert_eq!(said(&desk.ask(&of_capture).await), ("1", ""));
    assert_eq!(desk.0.order(ORDER).map(|o| (o.state, o.held)), Some(("held", 1_000)), "the hold stays");
    assert_eq!(said(&desk.ask(&auth).await), ("1", ""));
    assert_eq!(desk.0.order(ORDER).map(|o| o.state), Some("voided"));
}

#[tokio::test]
async fn a_store_with_the_order_parameter_needs_the_day() {
    let desk = Desk::new();
    let sale = charge("sale", "A1", "100", CARD);
    assert_eq!(said(&desk.ask_as("6706598321", "67005552", &sale).await), ("1", ""));
    let address = "0000000000000000000000A1";
    let without = reference("agreement", address, "");
    assert_eq!(said(&desk.ask_as("6706598321", "67005552", &without).await), ("0", "0150"));
    let today = crate::clock::local(desk.0.clock().now_ms()).strftime("%Y%m%d").to_string();
    let with = |day: &str| without.replace("</agreement>", &format!("<orderDate>{day}</orderDate></agreement>"));
    assert_eq!(said(&desk.ask_as("6706598321", "67005552", &with("20200101")).await), ("0", "E219"));
    assert_eq!(said(&desk.ask_as("6706598321", "67005552", &with(&today)).await), ("1", ""));
}

#[tokio::test]
async fn silence_and_pages_come_as_ordered() {
    let desk = Desk::new();
    desk.0.fault(Fault::once(FaultKind::Html));
    assert!(desk.sell(ORDER, "1001").await.contains("Request Rejected"));
    assert_eq!(desk.0.order(ORDER).map(|o| o.net), Some(1_001), "booked all the same");
    desk.0.fault(Fault::once(FaultKind::Garbage).on(Op::Resolve));
    let packets = Desk::new().authenticated(Some(CARD)).await;
    assert!(!packets.is_empty());
    let silent = test_cards().into_iter().find(|c| c.group == "silence").expect("listed");
    assert_eq!(desk.ask(&charge("sale", "SILENT78901234567890", "1000", &silent.number)).await, "");
    assert_eq!(desk.0.order("SILENT78901234567890").map(|o| o.net), Some(1_000));
}

#[tokio::test]
async fn the_days_are_told_in_totals() {
    let desk = Desk::new();
    desk.sell("A2345678901234567890", "1000").await;
    desk.sell("B2345678901234567890", "500").await;
    desk.ask(&reference("reverse", "0000B2345678901234567890", "<transaction>sale</transaction>")).await;
    let today = crate::clock::local(desk.0.clock().now_ms()).strftime("%Y-%m-%d").to_string();
    let ask = |from: &str, to: &str| {
        format!(
            "<merchantReconciliation><startDate>{from}</startDate><endDate>{to}</endDate><currency>TL</currency></merchantReconciliation>"
        )
    };
    let totals = desk.ask(&ask(&today, &today)).await;
    assert!(
        totals.contains("<totalNumber>2</totalNumber><totalAmount>1500</totalAmount><transactionType>1<"),
        "{totals}"
    );
    assert!(
        totals.contains("<totalNumber>1</totalNumber><totalAmount>500</totalAmount><transactionType>6<"),
        "{totals}"
    );
    for (from, to, code) in [
        ("", "2026-01-01", "E117"),
        ("1.1.2026", "2026-01-01", "E215"),
        ("2026-01-02", "2026-01-01", "0341"),
        ("2026-01-01", "2026-01-11", "0340"),
    ] {
        assert_eq!(said(&desk.ask(&ask(from, to)).await), ("0", code), "{from} {to}");
    }
}

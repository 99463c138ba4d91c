//! The service without 3-D.

use serde_json::{Value, json};

use crate::book::{Entry, Kind};
use crate::card::test_cards;
use crate::fault::{Fault, FaultKind};

use super::{ADDRESS, CARD, CARD_LIST, Desk, ORDER, TDS, charge, code};

#[tokio::test]
async fn a_sale_is_booked_once() {
    let desk = Desk::new();
    let answer = desk.sell("Sale", ORDER, 1_001).await;
    assert_eq!(code(&answer), "00");
    assert_eq!(answer["ReferenceCode"].as_str().map(str::len), Some(18));
    assert_eq!(code(&desk.sell("Sale", ORDER, 1_001).await), "0127");
    assert_eq!(desk.0.order(ORDER).map(|o| (o.state, o.net, o.approvals)), Some(("sold", 1_001, 1)));
    assert_eq!(desk.0.authorize_calls(ORDER), 2);
}

#[tokio::test]
async fn every_request_is_signed_over_its_own_list() {
    let desk = Desk::new();
    let store_list = "MerchantNo:TerminalNo";
    assert_eq!(code(&desk.ask("Sale", store_list, charge(ORDER, 100)).await), "0600", "a weaker list");
    let good = charge(ORDER, 100);
    let mut wrong = good.clone();
    wrong["MerchantNo"] = json!("6702640212");
    wrong["TerminalNo"] = json!("67C16990");
    wrong["ApiType"] = json!("JSON");
    wrong["ApiVersion"] = json!("V100");
    wrong["MACParams"] = json!(CARD_LIST);
    wrong["MAC"] = json!(desk.mac(&["6702640212", "67C16990", CARD, "000", "3012", "101"]));
    let told: Value = serde_json::from_str(&desk.raw("Sale", wrong.to_string()).await).expect("JSON");
    assert_eq!(code(&told), "0600", "another amount than was signed");
    wrong["TerminalNo"] = json!("67540050");
    let told: Value = serde_json::from_str(&desk.raw("Sale", wrong.to_string()).await).expect("JSON");
    assert_eq!(code(&told), "0148");
    for (method, body) in [("Sale", "{"), ("Sale", "[]"), ("Sale", "{}"), ("Unheard", "{}")] {
        let told: Value = serde_json::from_str(&desk.raw(method, body.to_owned()).await).expect("JSON");
        assert_eq!(code(&told), "0150", "{method} {body}");
    }
    assert!(desk.0.entries().is_empty());
}

#[tokio::test]
async fn forms_of_fields_are_kept() {
    let desk = Desk::new();
    for (name, value, expected) in [
        ("OrderId", json!("SHORT"), "0150"),
        ("Amount", json!("100"), "0205"),
        ("Amount", json!(0), "0204"),
        ("Amount", json!(1.5), "0205"),
        ("Amount", json!(10_000_000), "0205"),
        ("CurrencyCode", json!("TRY"), "0207"),
        ("InstallmentCount", json!("3"), "0150"),
        ("InstallmentType", json!("Y"), "0150"),
        ("KOICode", json!("9"), "0215"),
        ("IsMailOrder", json!(null), "0150"),
    ] {
        let mut body = charge(ORDER, 100);
        body[name] = value.clone();
        assert_eq!(code(&desk.ask("Sale", CARD_LIST, body).await), expected, "{name} {value}");
    }
    let mut many = charge(ORDER, 100);
    many["InstallmentCount"] = json!("10");
    many["InstallmentType"] = json!("Y");
    assert_eq!(code(&desk.ask("Sale", CARD_LIST, many).await), "0012");
    for (name, value, expected) in
        [("CardNo", "4355084355084359", "0014"), ("ExpireDate", "12/30", "0150"), ("Cvc2", "", "0150")]
    {
        let mut body = charge(ORDER, 100);
        body["CardInformationData"][name] = json!(value);
        assert_eq!(code(&desk.ask("Sale", CARD_LIST, body).await), expected, "{name}");
    }
    let mut mail = charge(ORDER, 100);
    mail["CardInformationData"]["Cvc2"] = Value::Null;
    mail["IsMailOrder"] = json!("Y");
    assert_eq!(code(&desk.ask("Sale", CARD_LIST, mail).await), "00", "mail order needs no code");
}

#[tokio::test]
async fn inquiries_tell_what_is_in_the_book() {
    let desk = Desk::new();
    assert_eq!(code(&desk.inquire(ADDRESS).await), "E219");
    assert_eq!(code(&desk.sell("Sale", ORDER, 1_051).await), "0051");
    assert_eq!(code(&desk.inquire(ADDRESS).await), "E219", "refusals are not listed");
    desk.sell("Sale", ORDER, 125_000).await;
    let found = desk.inquire(ADDRESS).await;
    let row = &found["TransactionData"][0];
    assert_eq!(code(&found), "0000");
    assert_eq!(
        [&row["Amount"], &row["CurrencyCode"], &row["TransactionType"], &row["TransactionStatus"], &row["OrderId"]],
        ["1.250,00", "TL", "Sale", "1", ADDRESS]
    );
    assert_eq!(row["TransactionDate"].as_str().map(str::len), Some(22), "no space between day and time");
    assert_eq!(code(&desk.inquire(TDS).await), "E219");
    desk.0.fault(Fault::once(FaultKind::WrongAmount));
    assert_eq!(desk.inquire(ADDRESS).await["TransactionData"][0]["Amount"], "1.251,00");
    desk.refer("Reverse", None, Some(ADDRESS), "Sale", json!({})).await;
    let voided = desk.inquire(ADDRESS).await;
    let shown: Vec<(&str, &str)> = voided["TransactionData"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|row| (row["TransactionType"].as_str().unwrap_or(""), row["TransactionStatus"].as_str().unwrap_or("")))
        .collect();
    assert_eq!(shown, [("Reverse", "1"), ("Sale", "0")]);
}

#[tokio::test]
async fn what_the_banks_staff_did_is_listed_and_a_lost_book_is_empty() {
    let desk = Desk::new();
    desk.sell("Sale", ORDER, 1_000).await;
    let sale = desk.0.entries().into_iter().find(|entry| entry.kind == Kind::Auth).expect("booked");
    let own = |kind, number: &str| Entry { kind, trans_id: format!("{}{number}", sale.trans_id), ..sale.clone() };
    let refund = desk.0.write(Entry { amount: 700, ..own(Kind::Credit, "1") });
    desk.0.write(Entry { undoes: Some(sale.seq), ..own(Kind::Void, "2") });
    let listed = desk.inquire(ADDRESS).await;
    let lines = listed["TransactionData"].as_array().expect("a list");
    let told: Vec<[&Value; 3]> =
        lines.iter().map(|row| [&row["TransactionType"], &row["Amount"], &row["TransactionStatus"]]).collect();
    assert_eq!(told, [["Reverse", "10,00", "1"], ["Return", "7,00", "1"], ["Sale", "10,00", "0"]]);
    assert_eq!(lines[1]["HostLogKey"], refund.trans_id);
    assert!(lines.iter().all(|row| row["OrderId"] == ADDRESS));
    desk.0.lose_book();
    assert_eq!(code(&desk.inquire(ADDRESS).await), "E219", "it knows no such order any more");
}

#[tokio::test]
async fn void_until_day_end_and_refund_whenever() {
    let desk = Desk::new();
    let some = |minor: i64| json!({"Amount": minor, "CurrencyCode": "TL"});
    let key = desk.sell("Sale", ORDER, 1_000).await["ReferenceCode"].as_str().expect("a key").to_owned();
    assert_eq!(code(&desk.refer("Return", Some(&key), None, "Sale", some(400)).await), "00", "on the same day");
    assert_eq!(code(&desk.refer("Reverse", Some(&key), None, "Sale", json!({})).await), "0218");
    assert_eq!(code(&desk.refer("Reverse", None, Some(ADDRESS), "Return", json!({})).await), "00");
    assert_eq!(code(&desk.refer("Reverse", None, Some(ADDRESS), "Return", json!({})).await), "0220");
    desk.0.day_end();
    assert_eq!(code(&desk.refer("Reverse", Some(&key), None, "Sale", json!({})).await), "0211");
    assert_eq!(code(&desk.refer("Return", Some(&key), None, "Sale", some(1_001)).await), "0205");
    assert_eq!(code(&desk.refer("Return", Some(&key), None, "Sale", json!({})).await), "00", "all that is left");
    assert_eq!(code(&desk.refer("Return", Some(&key), None, "Sale", some(1)).await), "0450");
    assert_eq!(code(&desk.refer("Return", Some("0"), None, "Sale", some(1)).await), "0123");
    assert_eq!(code(&desk.refer("Reverse", Some(&key), None, "Unheard", json!({})).await), "0202");
}

#[tokio::test]
async fn a_hold_is_captured_by_its_key() {
    let desk = Desk::new();
    let key = desk.sell("Auth", ORDER, 1_000).await["ReferenceCode"].as_str().expect("a key").to_owned();
    let capture = |minor: i64, key: Option<&str>| json!({"Amount": minor, "CurrencyCode": "TL", "ReferenceCode": key, "OrderId": ADDRESS, "InstallmentCount": "0", "InstallmentType": "N"});
    let list = "MerchantNo:TerminalNo";
    assert_eq!(code(&desk.ask("Capture", list, capture(900, None)).await), "0150");
    assert_eq!(code(&desk.ask("Capture", list, capture(1_001, Some(&key))).await), "0205");
    assert_eq!(code(&desk.ask("Capture", list, capture(900, Some(&key))).await), "00");
    assert_eq!(code(&desk.refer("Reverse", Some(&key), None, "Auth", json!({})).await), "0788");
    assert_eq!(code(&desk.refer("Reverse", None, Some(ADDRESS), "Capture", json!({})).await), "00");
    assert_eq!(code(&desk.refer("Reverse", Some(&key), None, "Auth", json!({})).await), "00");
    assert_eq!(desk.0.order(ORDER).map(|o| o.state), Some("voided"));
}

#[tokio::test]
async fn silence_and_pages_come_as_ordered() {
    let desk = Desk::new();
    desk.0.fault(Fault::once(FaultKind::Html));
    assert_eq!(code(&desk.sell("Sale", ORDER, 1_001).await), "unreadable");
    assert_eq!(desk.0.order(ORDER).map(|o| o.net), Some(1_001), "booked all the same");
    let silent = test_cards().into_iter().find(|c| c.group == "silence").expect("listed");
    let mut body = charge("SILENT78901234567890", 1_000);
    body["CardInformationData"]["CardNo"] = json!(silent.number);
    assert_eq!(code(&desk.ask("Sale", CARD_LIST, body).await), "unreadable");
    assert_eq!(desk.0.order("SILENT78901234567890").map(|o| o.net), Some(1_000));
}

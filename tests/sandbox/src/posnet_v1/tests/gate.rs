//! The 3-D steps.

use serde_json::json;

use crate::card::test_cards;
use crate::fault::{Fault, FaultKind};
use crate::form;

use super::{ADDRESS, CARD, Desk, GATE, MERCHANT, ORDER, TDS, TERMINAL, code};

#[tokio::test]
async fn an_authenticated_payment_is_charged_once() {
    for card in [Some(CARD), None] {
        let desk = Desk::new();
        let back = desk.authenticated(card).await;
        let of = |name: &str| form::value(&back, name);
        assert_eq!((of("MdStatus"), of("OrderId"), of("Amount"), of("CAVV").len()), ("1", ORDER, "1250", 28));
        let signed = ["ECI", "CAVV", "MdStatus", "MdErrorMessage", "MD", "SecureTransactionId"].map(of);
        assert_eq!(of("Mac"), desk.mac(&signed));
        assert!(desk.0.entries().is_empty(), "the page charges nothing");
        assert_eq!(code(&desk.provide(&back, 1_250).await), "00");
        assert_eq!(code(&desk.provide(&back, 1_250).await), "0127");
        assert_eq!(code(&desk.inquire(ADDRESS).await), "E219");
        assert_eq!(desk.inquire(TDS).await["TransactionData"][0]["OrderId"], TDS);
        assert_eq!(desk.0.order(ORDER).map(|o| (o.state, o.net, o.approvals)), Some(("sold", 1_250, 1)));
    }
}

#[tokio::test]
async fn what_is_not_what_was_authenticated_is_not_charged() {
    let desk = Desk::new();
    let back = desk.authenticated(Some(CARD)).await;
    assert_eq!(code(&desk.provide(&back, 1).await), "0217", "another amount");
    for name in ["SecureTransactionId", "CAVV", "ECI", "MdStatus", "MD"] {
        let mut other = back.clone();
        other.retain(|(k, _)| k != name);
        other.push((name.to_owned(), "3".to_owned()));
        assert_eq!(code(&desk.provide(&other, 1_250).await), "0217", "{name}");
    }
    desk.0.clock().advance_ms(31 * 60_000);
    assert_eq!(code(&desk.provide(&back, 1_250).await), "0217", "too late");
    assert!(desk.0.entries().is_empty());
}

#[tokio::test]
async fn results_of_the_issuer_come_back_signed() {
    for (tail, status, charged) in [("0009", "0", "0217"), ("0025", "2", "00"), ("0041", "4", "00")] {
        let desk = Desk::new();
        let card = test_cards().into_iter().find(|c| c.number.starts_with("540667") && c.number.ends_with(tail));
        let back = desk.authenticated(Some(&card.expect("listed").number)).await;
        assert_eq!(form::value(&back, "MdStatus"), status);
        assert_eq!(code(&desk.provide(&back, 1_250).await), charged, "half secure is the merchant's risk");
    }
}

#[tokio::test]
async fn a_tampered_form_does_not_reach_the_issuer() {
    let desk = Desk::new();
    let good = desk.gate_form(Some(CARD));
    for name in
        ["MerchantNo", "TerminalNo", "PosnetID", "Amount", "CardNo", "Cvv", "ExpiredDate", "MacParams", "Mac", "UseOOS"]
    {
        let mut form = good.clone();
        for (k, v) in &mut form {
            if k == name {
                *v = "1".to_owned();
            }
        }
        let (path, page) = desk.walk(GATE, &form).await;
        assert!(path.ends_with("SecureVerification.aspx") && page.contains("Hata"), "{name}");
    }
    for (name, value) in [
        ("OrderId", "SHORT"),
        ("CurrencyCode", "TRY"),
        ("TxnState", "X"),
        ("Language", "de"),
        ("InstallmentCount", "1"),
    ] {
        let mut form = good.clone();
        for (k, v) in &mut form {
            if k == name {
                value.clone_into(v);
            }
        }
        assert!(desk.walk(GATE, &form).await.1.contains("Hata"), "{name} is not signed, and read all the same");
    }
}

#[tokio::test]
async fn faults_change_what_comes_back() {
    for kind in [FaultKind::WrongAmount, FaultKind::WrongOrder, FaultKind::WrongCurrency, FaultKind::WrongHash] {
        let desk = Desk::new();
        desk.0.fault(Fault::once(kind));
        let back = desk.authenticated(Some(CARD)).await;
        let of = |name: &str| form::value(&back, name);
        let signed = ["ECI", "CAVV", "MdStatus", "MdErrorMessage", "MD", "SecureTransactionId"].map(of);
        assert_eq!(
            of("Mac") == desk.mac(&signed),
            kind != FaultKind::WrongHash,
            "{kind:?}: none of the others is signed"
        );
        let as_ordered = (of("OrderId"), of("Amount"), of("CurrencyCode")) == (ORDER, "1250", "949");
        assert_eq!(as_ordered, kind == FaultKind::WrongHash, "{kind:?}");
    }
}

#[tokio::test]
async fn a_3d_payment_is_given_back_as_a_whole_at_most_stores() {
    let desk = Desk::new();
    let back = desk.authenticated(Some(CARD)).await;
    desk.provide(&back, 1_250).await;
    let some = json!({"Amount": 50, "CurrencyCode": "TL"});
    assert_eq!(code(&desk.refer("Return", None, Some(TDS), "Sale", some).await), "00");
    assert_eq!(desk.0.order(ORDER).map(|o| o.net), Some(0), "whatever amount was sent");
}

#[tokio::test]
async fn nothing_kept_or_served_holds_a_card_number_or_the_key() {
    let desk = Desk::new();
    let answer = desk.sell("Sale", "A2345678901234567890", 1_000).await;
    let back = desk.authenticated(Some(CARD)).await;
    let book = format!("{:?} {:?} {answer} {back:?}", desk.0.entries(), desk.0.requests());
    let stores = desk.send("GET", "/admin/stores", "", String::new()).await.2;
    assert!(!book.contains(CARD) && !book.contains(&CARD[4..14]));
    assert!(stores.contains(TERMINAL) && stores.contains(MERCHANT) && !stores.contains("10,10,10"));
}

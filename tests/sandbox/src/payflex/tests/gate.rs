//! Payers: the MPI with the card's bank, and the bank's own page.

use super::{BACK, CARD, Desk, MAIN, Pairs, WEB, back, code, path, with};
use crate::fault::{Fault, FaultKind, Op};
use crate::form;
use crate::merchant::{exchange, form_request, posted, tag, text};
use crate::payflex::common::hash;

fn enrolment<'a>(desk: &Desk, number: &'a str, card: &'a str) -> Pairs<'a> {
    let mastercard = card.starts_with('5');
    vec![
        ("MerchantId", desk.store[0]),
        ("MerchantPassword", desk.store[1]),
        ("MerchantType", if desk.store == MAIN { "1" } else { "0" }),
        ("PurchaseAmount", "12.50"),
        ("VerifyEnrollmentRequestId", number),
        ("Currency", "949"),
        ("SuccessUrl", BACK),
        ("FailureUrl", "http://127.0.0.1:9/fail"),
        ("Pan", card),
        ("ExpiryDate", "3012"),
        ("BrandName", if mastercard { "200" } else { "100" }),
        ("IsRecurring", "false"),
    ]
}

/// `Status` and error of the directory's answer.
async fn enrolled(desk: &Desk, fields: &[(&str, &str)]) -> (String, String, String) {
    let answer = desk.send("/MPIAPI/MPI_Enrollment.aspx", fields).await;
    (tag(&answer, "Status").to_owned(), tag(&answer, "MessageErrorCode").to_owned(), answer)
}

async fn walked(desk: &Desk, answer: &str, otp: &str) -> (String, Vec<(String, String)>) {
    let fields = ["PaReq", "TermUrl", "MD"].map(|name| (name, tag(answer, name)));
    let (_, page) = desk.browse("POST", &path(tag(answer, "ACSUrl")), &fields, otp).await;
    (posted(&page).0, back(&page))
}

/// To the card's bank and back.
async fn authenticated(desk: &Desk, number: &str, card: &str, otp: &str) -> (String, Vec<(String, String)>) {
    let (status, _, answer) = enrolled(desk, &enrolment(desk, number, card)).await;
    assert_eq!(status, "Y", "{answer}");
    walked(desk, &answer, otp).await
}

fn charged<'a>(desk: &Desk, number: &'a str, proof: &'a [(String, String)], card: &'a str) -> Pairs<'a> {
    let more = [
        ("Pan", card),
        ("ECI", form::value(proof, "Eci")),
        ("CAVV", form::value(proof, "Cavv")),
        ("MpiTransactionId", form::value(proof, "VerifyEnrollmentRequestId")),
    ];
    with(desk.sale(number, "12.50"), &more)
}

#[tokio::test]
async fn what_was_verified_is_charged_once_with_the_card_again() {
    let desk = Desk::of(WEB);
    let (url, proof) = authenticated(&desk, "t1", CARD, "123456").await;
    let get = |name: &str| form::value(&proof, name).to_owned();
    assert_eq!((url.as_str(), get("Status").as_str(), get("Eci").as_str()), (BACK, "Y", "05"));
    assert_eq!(
        (get("PurchAmount"), get("PurchCurrency"), get("VerifyEnrollmentRequestId")),
        ("1250".into(), "949".into(), "t1".into())
    );
    assert!(desk.bank.entries().is_empty(), "nothing is charged yet");
    let good = charged(&desk, "t1", &proof, CARD);
    for (changes, expected) in [
        (vec![("CurrencyAmount", "12.51")], "1126"),
        (vec![("CurrencyCode", "840")], "1126"),
        (vec![("NumberOfInstallments", "2")], "1126"),
        (vec![("Pan", "4546711234567894")], "1126"),
        (vec![("Expiry", "203011")], "1126"),
        (vec![("ECI", "02")], "1116"),
        (vec![("CAVV", "AAABCYaRIwAAAVQ1gpEjAAAAAAA=")], "1117"),
        (vec![("MpiTransactionId", "t2")], "1115"),
        (vec![("MpiTransactionId", "")], "1114"),
        (vec![("CAVV", "")], "0581"),
        (vec![("Cvv", "")], "1120"),
        (vec![("TransactionDeviceSource", "1")], "1118"),
    ] {
        assert_eq!(code(&desk.vpos(&with(good.clone(), &changes)).await), expected, "{changes:?}");
    }
    let paid = desk.vpos(&good).await;
    assert_eq!((code(&paid).as_str(), tag(&paid, "ECI"), tag(&paid, "ThreeDSecureType")), ("0000", "05", "2"));
    let again = with(good, &[("TransactionId", "t9"), ("OrderId", "t9")]);
    assert_eq!(code(&desk.vpos(&again).await), "1128");
    assert_eq!(desk.bank.order("t1").map(|o| (o.net, o.approvals)), Some((1_250, 1)));
}

#[tokio::test]
async fn a_proof_grows_old_and_belongs_to_its_store() {
    let desk = Desk::new();
    let (_, proof) = authenticated(&desk, "t1", CARD, "123456").await;
    let other = Desk { bank: desk.bank.clone(), store: MAIN };
    let stolen = with(charged(&other, "t1", &proof, CARD), &[]);
    assert_eq!(code(&other.vpos(&stolen).await), "1115");
    desk.bank.clock().advance_ms(31 * 60_000);
    assert_eq!(code(&desk.vpos(&charged(&desk, "t1", &proof, CARD)).await), "1115");
}

#[tokio::test]
async fn cards_that_are_not_verified_say_so() {
    let desk = Desk::new();
    for (card, expected, error) in
        [("5406670000000025", "N", ""), ("5406670000000033", "U", ""), ("5406670000000082", "E", "2053")]
    {
        let (status, code, answer) = enrolled(&desk, &enrolment(&desk, card, card)).await;
        assert_eq!((status.as_str(), code.as_str()), (expected, error), "{card}");
        assert!(tag(&answer, "PaReq").is_empty() && tag(&answer, "ACSUrl").is_empty());
    }
    for (number, card, otp, expected) in [
        ("a1", "5406670000000009", "123456", "N"),
        ("a2", CARD, "000000", "N"),
        ("a3", "5406670000000058", "123456", "U"),
        ("a4", "5406670000000066", "123456", "E"),
    ] {
        let (url, proof) = authenticated(&desk, number, card, otp).await;
        let get = |name: &str| form::value(&proof, name);
        assert_eq!((url.as_str(), get("Status")), ("http://127.0.0.1:9/fail", expected), "{number}");
        let forced =
            with(charged(&desk, number, &proof, card), &[("ECI", "05"), ("CAVV", "AAABCYaRIwAAAVQ1gpEjAAAAAAA=")]);
        assert_eq!(code(&desk.vpos(&forced).await), "1115", "{number}");
    }
    let (url, proof) = authenticated(&desk, "half", "5406670000000041", "").await;
    assert_eq!((url.as_str(), form::value(&proof, "Status"), form::value(&proof, "Eci")), (BACK, "A", "01"));
    let (_, proof) = authenticated(&desk, "free", "5406670000000108", "").await;
    assert_eq!(form::value(&proof, "Status"), "Y");
    let (_, proof) = authenticated(&desk, "poor", "5406670000000512", "123456").await;
    assert_eq!(code(&desk.vpos(&charged(&desk, "poor", &proof, "5406670000000512")).await), "0051");
}

#[tokio::test]
async fn crooked_enrolments_are_refused() {
    let desk = Desk::new();
    for (name, value, expected) in [
        ("MerchantId", "1", "2005"),
        ("MerchantPassword", "x", "2005"),
        ("MerchantType", "1", "6034"),
        ("SubMerchantId", "77", "6034"),
        ("PurchaseAmount", "12,50", "9058"),
        ("Currency", "TRY", "9059"),
        ("VerifyEnrollmentRequestId", "", "2022"),
        ("SuccessUrl", "back", "9025"),
        ("Pan", "4355084355084359", "9060"),
        ("ExpiryDate", "203012", "9063"),
        ("BrandName", "200", "9062"),
        ("InstallmentCount", "1", "1060"),
        ("IsRecurring", "true", "1091"),
        ("IsRecurring", "yes", "9025"),
    ] {
        let (status, code, answer) = enrolled(&desk, &with(enrolment(&desk, "w1", CARD), &[(name, value)])).await;
        assert_eq!((status.as_str(), code.as_str()), ("E", expected), "{name}={value}: {answer}");
    }
    let repeated = [
        ("IsRecurring", "true"),
        ("RecurringFrequency", "1"),
        ("RecurringFrequencyType", "Month"),
        ("RecurringInstallmentCount", "6"),
        ("RecurringEndDate", "20270601"),
    ];
    let good = with(enrolment(&desk, "w2", CARD), &repeated);
    for (name, value, expected) in [
        ("RecurringFrequency", "0", "1092"),
        ("RecurringFrequencyType", "Week", "1102"),
        ("RecurringEndDate", "1.6.27", "1092"),
    ] {
        assert_eq!(enrolled(&desk, &with(good.clone(), &[(name, value)])).await.1, expected, "{name}");
    }
    assert_eq!(enrolled(&desk, &good).await.0, "Y");
    assert_eq!(enrolled(&desk, &good).await.1, "2023", "a number is good for one enrolment");
    let main = Desk::of(MAIN);
    let of_sub = |sub: &'static str| with(enrolment(&main, "d1", CARD), &[("SubMerchantId", sub)]);
    assert_eq!(
        (enrolled(&main, &of_sub("79")).await.1, enrolled(&main, &of_sub("77")).await.0),
        ("6034".into(), "Y".into())
    );
}

#[tokio::test]
async fn the_way_to_the_cards_bank_cannot_be_forged() {
    let desk = Desk::new();
    let (_, _, answer) = enrolled(&desk, &enrolment(&desk, "t1", CARD)).await;
    let get = |name: &'static str| (name, tag(&answer, name));
    for crooked in [
        [("PaReq", "x"), get("TermUrl"), get("MD")],
        [get("PaReq"), ("TermUrl", "http://127.0.0.1:9/mine"), get("MD")],
        [get("PaReq"), get("TermUrl"), ("MD", "x")],
    ] {
        let (at, page) = desk.browse("POST", "/MPIAPI/acs", &crooked, "123456").await;
        assert_eq!((at.as_str(), back(&page).len()), ("/MPIAPI/acs", 0));
    }
    // Straight to the end, past the card's bank.
    let (_, page) = desk.browse("GET", &format!("/MPIAPI/MPI_PARes.aspx?MD={}", tag(&answer, "MD")), &[], "").await;
    assert_ne!(form::value(&back(&page), "Status"), "Y");
}

fn visit<'a>(desk: &Desk, order: &'a str, signed: &'a str) -> Pairs<'a> {
    vec![
        ("HostMerchantId", desk.store[0]),
        ("MerchantPassword", desk.store[1]),
        ("HostTerminalId", desk.store[2]),
        ("TransactionType", "Sale"),
        ("AmountCode", "949"),
        ("Amount", "12.50"),
        ("OrderID", order),
        ("IsSecure", "true"),
        ("AllowNotEnrolledCard", "false"),
        ("SuccessUrl", "http://127.0.0.1:9/back?p=1"),
        ("FailUrl", "http://127.0.0.1:9/fail"),
        ("RequestLanguage", "tr-TR"),
        ("HashedData", signed),
    ]
}

fn typed(card: &str) -> [(&str, &str); 5] {
    let brand = if card.starts_with('5') { "200" } else { "100" };
    [("BrandNumber", brand), ("CVV", "000"), ("PAN", card), ("ExpireMonth", "12"), ("ExpireYear", "30")]
}

async fn registered(desk: &Desk, fields: &[(&str, &str)]) -> (String, String) {
    let answer = desk.send("/CommonPayment/api/RegisterTransaction", fields).await;
    (tag(&answer, "PaymentToken").to_owned(), tag(&answer, "ErrorCode").to_owned())
}

/// Where the payer is led back to, and what the bank says when it is asked.
async fn seen(desk: &Desk, token: &str, otp: &str) -> (String, String) {
    let (at, _) = desk.browse("GET", &format!("/CommonPayment/SecurePayment?Ptkn={token}"), &[], otp).await;
    let fields = [
        ("HostMerchantId", desk.store[0]),
        ("Password", desk.store[1]),
        ("TransactionId", ""),
        ("PaymentToken", token),
    ];
    (at, desk.send("/CommonPayment/api/VposTransaction", &fields).await)
}

#[tokio::test]
async fn the_banks_page_charges_and_says_so_when_asked() {
    let desk = Desk::of(WEB);
    let signed = hash(WEB[0], "949", "12.50", WEB[1]);
    for (order, card) in [("h1", None), ("y1", Some(CARD))] {
        let card = card.map_or_else(Vec::new, |card| typed(card).to_vec());
        let fields = with(visit(&desk, order, &signed), &card);
        let (token, error) = registered(&desk, &fields).await;
        assert_eq!((token.len(), error.as_str()), (32, ""), "{order}");
        let early = [("HostMerchantId", WEB[0]), ("Password", WEB[1]), ("PaymentToken", token.as_str())];
        assert_eq!(tag(&desk.send("/CommonPayment/api/VposTransaction", &early).await, "ErrorCode"), "1074");
        let (at, told) = seen(&desk, &token, "123456").await;
        assert!(
            at.starts_with("http://127.0.0.1:9/back?p=1&Rc=0000&") && at.contains(&format!("PaymentToken={token}")),
            "{at}"
        );
        let get = |name: &str| tag(&told, name).to_owned();
        assert_eq!(
            (get("Rc"), get("Amount"), get("AmountCode"), get("OrderID")),
            ("0000".into(), "12,50".into(), "949".into(), order.into())
        );
        assert_eq!(desk.bank.order(order).map(|o| (o.net, o.approvals)), Some((1_250, 1)));
        assert_eq!(registered(&desk, &fields).await.1, "1061");
        assert_eq!(desk.change("Cancel", "", &get("TransactionId"), "").await, "0000", "its number is good for a void");
    }
}

#[tokio::test]
async fn what_the_page_refuses_is_told_without_an_amount() {
    let desk = Desk::new();
    let signed = hash(desk.store[0], "949", "12.50", desk.store[1]);
    for (order, card, otp, expected) in [
        ("n1", CARD, "000000", "0400"),
        ("n2", "5406670000000025", "", "2053"),
        ("n3", "5406670000000041", "", "0400"),
        ("n4", "5406670000000512", "123456", "0051"),
    ] {
        let (token, _) = registered(&desk, &with(visit(&desk, order, &signed), &typed(card))).await;
        let (at, told) = seen(&desk, &token, otp).await;
        assert!(at.starts_with(&format!("http://127.0.0.1:9/fail?Rc={expected}&")), "{at}");
        assert_eq!((tag(&told, "Rc"), tag(&told, "Amount"), tag(&told, "OrderID")), (expected, "", ""));
        assert_eq!(desk.bank.order(order).map_or(0, |o| o.net), 0);
    }
}

#[tokio::test]
async fn crooked_registrations_are_refused() {
    let (desk, signed) = (Desk::new(), hash("000000000111111", "949", "12.50", "3XTgER89as"));
    for (name, value, expected) in [
        ("HashedData", "AAAA", "5001"),
        ("MerchantPassword", "x", "5001"),
        ("Amount", "12.51", "5001"),
        ("AmountCode", "840", "5001"),
        ("HostTerminalId", "VP1", "9081"),
        ("SuccessUrl", "x", "9025"),
        ("TransactionType", "Cancel", "1082"),
        ("OrderID", "", "9068"),
        ("InstallmentCount", "1", "1060"),
        ("CVV", "", "9061"),
        ("PAN", "4355084355084359", "9060"),
        ("ExpireYear", "2030", "9063"),
        ("BrandNumber", "300", "9062"),
    ] {
        let fields = with(with(visit(&desk, "w1", &signed), &typed(CARD)), &[(name, value)]);
        assert_eq!(registered(&desk, &fields).await, (String::new(), expected.to_owned()), "{name}={value}");
    }
    let (main, signed) = (Desk::of(MAIN), hash(MAIN[0], "949", "12.50", MAIN[1]));
    assert_eq!(registered(&main, &visit(&main, "w1", &signed)).await.1, "2200");
    let body = form::encode(&super::owned(&visit(&desk, "w2", "x")));
    let (_, _, answer) =
        exchange(&desk.bank, form_request("POST", "/CommonPayment/api/RegisterTransaction", body)).await;
    let json: serde_json::Value = serde_json::from_slice(&answer).expect("JSON for who does not ask for XML");
    assert_eq!(json["ErrorCode"], "5001");
}

#[tokio::test]
async fn faults_of_the_way_back_are_met() {
    let desk = Desk::new();
    for (kind, name, right) in [
        (FaultKind::WrongAmount, "PurchAmount", "1250"),
        (FaultKind::WrongCurrency, "PurchCurrency", "949"),
        (FaultKind::WrongOrder, "VerifyEnrollmentRequestId", "f1"),
    ] {
        desk.bank.reset();
        desk.bank.fault(Fault::once(kind).on(Op::Callback));
        let (_, proof) = authenticated(&desk, "f1", CARD, "123456").await;
        assert_ne!(form::value(&proof, name), right, "{kind:?}");
    }
    desk.bank.reset();
    desk.bank.fault(Fault::once(FaultKind::WrongHash).on(Op::Callback));
    let (_, proof) = authenticated(&desk, "f2", CARD, "123456").await;
    assert_eq!(code(&desk.vpos(&charged(&desk, "f2", &proof, CARD)).await), "1117", "no proof of the MPI's");
    let signed = hash(desk.store[0], "949", "12.50", desk.store[1]);
    desk.bank.fault(Fault::once(FaultKind::WrongAmount).on(Op::Callback));
    let (token, _) = registered(&desk, &with(visit(&desk, "f3", &signed), &typed(CARD))).await;
    assert_eq!(tag(&seen(&desk, &token, "123456").await.1, "Amount"), "13,50");
    desk.bank.fault(Fault::once(FaultKind::ClosedWindow));
    let (token, _) = registered(&desk, &with(visit(&desk, "f4", &signed), &typed(CARD))).await;
    let (at, told) = seen(&desk, &token, "123456").await;
    assert!(at.starts_with("/CommonPayment/return/") && tag(&told, "Rc") == "0000", "{at}");
    let kept = format!("{:?}{:?}{proof:?}{told}", desk.bank.entries(), desk.bank.requests());
    assert!(!kept.contains(CARD), "{kept}");
    let page = exchange(&desk.bank, form_request("GET", "/CommonPayment/SecurePayment?Ptkn=x", String::new())).await;
    assert!(text(page.2).contains("bulunamadı"));
}

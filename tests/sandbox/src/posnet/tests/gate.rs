//! The 3-D steps.

use crate::card::test_cards;
use crate::fault::{Fault, FaultKind};
use crate::form;

use super::{ADDRESS, CARD, Desk, ORDER, TDS, gate_form, reference, said, sealing, tag};

#[tokio::test]
async fn an_authenticated_payment_is_charged_once() {
    let desk = Desk::new();
    let packets = desk.authenticated(Some(CARD)).await;
    assert_eq!((form::value(&packets, "Xid"), form::value(&packets, "Amount")), (ORDER, "1250"));
    assert!(desk.0.entries().is_empty(), "the page charges nothing");
    let mac = desk.mac(&[ORDER, "1250", "TL"]);
    let told = desk.resolve(&packets, &mac).await;
    assert_eq!((tag(&told, "xid"), tag(&told, "mdStatus"), tag(&told, "txStatus")), (ORDER, "1", "Y"));
    assert_eq!(tag(&told, "mac"), desk.mac(&["1", ORDER, "1250", "TL"]));
    let paid = desk.charge_authenticated(&packets, &mac).await;
    assert_eq!(said(&paid), ("1", ""));
    assert_eq!(tag(&paid, "mac"), desk.mac(&[tag(&paid, "hostlogkey"), ORDER, "1250", "TL"]));
    let again = desk.charge_authenticated(&packets, &mac).await;
    assert_eq!((said(&again), tag(&again, "hostlogkey")), (("2", "0127"), tag(&paid, "hostlogkey")));
    assert_eq!(said(&desk.ask(&reference("agreement", ADDRESS, "")).await), ("0", "E219"));
    assert_eq!(tag(&desk.ask(&reference("agreement", TDS, "")).await, "orderID"), TDS);
    assert_eq!(desk.0.order(ORDER).map(|o| (o.state, o.net, o.approvals)), Some(("sold", 1_250, 1)));
}

#[tokio::test]
async fn the_banks_own_page_takes_the_card() {
    let desk = Desk::new();
    let packets = desk.authenticated(None).await;
    let mac = desk.mac(&[ORDER, "1250", "TL"]);
    assert_eq!(tag(&desk.resolve(&packets, &mac).await, "mdStatus"), "1");
    assert_eq!(said(&desk.charge_authenticated(&packets, &mac).await), ("1", ""));
}

#[tokio::test]
async fn what_is_not_signed_or_not_authenticated_is_not_charged() {
    let desk = Desk::new();
    let packets = desk.authenticated(Some(CARD)).await;
    for wrong in [desk.mac(&[ORDER, "1", "TL"]), desk.mac(&[ORDER, "1250", "US"]), String::new()] {
        assert_eq!(said(&desk.resolve(&packets, &wrong).await), ("0", "0600"));
        assert_eq!(said(&desk.charge_authenticated(&packets, &wrong).await), ("0", "0600"));
    }
    let mac = desk.mac(&[ORDER, "1250", "TL"]);
    let mut swapped = packets.clone();
    swapped.retain(|(name, _)| name != "Sign");
    swapped.push(("Sign".into(), "00".into()));
    assert_eq!(said(&desk.resolve(&swapped, &mac).await), ("0", "0150"));
    assert!(desk.0.entries().is_empty());
    for (tail, status) in [("0009", "0"), ("0025", "2"), ("0041", "4")] {
        let desk = Desk::new();
        let card = test_cards()
            .into_iter()
            .find(|c| c.number.starts_with("540667") && c.number.ends_with(tail))
            .expect("listed");
        let packets = desk.authenticated(Some(&card.number)).await;
        let told = desk.resolve(&packets, &mac).await;
        assert_eq!(tag(&told, "mdStatus"), status);
        let charged = desk.charge_authenticated(&packets, &mac).await;
        assert_eq!(
            said(&charged),
            if status == "0" { ("0", "0217") } else { ("1", "") },
            "half secure is the merchant's risk"
        );
    }
}

#[tokio::test]
async fn a_tampered_form_does_not_reach_the_issuer() {
    let desk = Desk::new();
    let sealed = desk.ask(&sealing(Some(CARD))).await;
    for at in [0, 1, 2, 3, 4, 5] {
        let mut fields = gate_form(&sealed);
        fields[at].1 = "x";
        let (path, page) = desk.walk("/3DSWebService/YKBPaymentService", &fields).await;
        assert!(path.ends_with("YKBPaymentService") && page.contains("Hata"), "{at}");
    }
    for (from, to, code) in [
        (ORDER, "SHORT", "E189"),
        ("27426", "27427", "0148"),
        (">Sale<", ">HZKart<", "0150"),
        ("<cvc>000</cvc>", "", "0150"),
    ] {
        assert_eq!(said(&desk.ask(&sealing(Some(CARD)).replacen(from, to, 1)).await), ("0", code), "{from}");
    }
}

#[tokio::test]
async fn faults_of_the_way_back_are_met_when_the_bank_is_asked() {
    for (kind, expected) in [
        (FaultKind::WrongAmount, "1350"),
        (FaultKind::WrongOrder, "1250"),
        (FaultKind::WrongCurrency, "1250"),
        (FaultKind::WrongHash, "1250"),
    ] {
        let desk = Desk::new();
        desk.0.fault(Fault::once(kind));
        let packets = desk.authenticated(Some(CARD)).await;
        let told = desk.resolve(&packets, &desk.mac(&[ORDER, "1250", "TL"])).await;
        assert_eq!(tag(&told, "amount"), expected);
        let signed = desk.mac(&["1", tag(&told, "xid"), tag(&told, "amount"), tag(&told, "currency")]);
        assert_eq!(tag(&told, "mac") == signed, kind != FaultKind::WrongHash, "{kind:?}");
        let as_ordered = (tag(&told, "xid"), tag(&told, "amount"), tag(&told, "currency")) == (ORDER, "1250", "TL");
        assert_eq!(as_ordered, kind == FaultKind::WrongHash, "{kind:?}");
    }
}

#[tokio::test]
async fn nothing_kept_or_served_holds_a_card_number_or_the_key() {
    let desk = Desk::new();
    let answer = desk.sell("A2345678901234567890", "1000").await;
    let packets = desk.authenticated(Some(CARD)).await;
    let book = format!("{:?} {:?} {answer} {packets:?}", desk.0.entries(), desk.0.requests());
    let stores = desk.send("GET", "/admin/stores", String::new()).await.2;
    assert!(!book.contains(CARD) && !book.contains(&CARD[4..14]));
    assert!(stores.contains("67005551") && !stores.contains("10,10,10"));
}

//! World points: asked for, used, given back.

use crate::fault::{Fault, FaultKind, Op};

use super::{
    ADDRESS, CARD, Desk, ORDER, TDS, charge, form, gate_form, packets, reference, said, sealing, tag, with_packets,
};

fn mixed(order: &str, minor: &str, points: &str) -> String {
    charge("saleWP", order, minor, CARD)
        .replace("<currencyCode>", &format!("<wpAmount>{points}</wpAmount><currencyCode>"))
}

fn back(minor: &str, more: &str) -> String {
    reference("return", ADDRESS, &format!("<amount>{minor}</amount><currencyCode>TL</currencyCode>{more}"))
}

const SHARED: &str = "<isRationalReturn>Y</isRationalReturn>";

impl Desk {
    async fn points_of(&self, card: &str) -> String {
        let ask = format!(
            "<pointInquiry><ccno>{card}</ccno><expDate>3012</expDate><getPointDetail>N</getPointDetail></pointInquiry>"
        );
        self.ask(&ask).await
    }

    async fn worth(&self) -> i64 {
        tag(&self.points_of(CARD).await, "pointAmount").parse().expect("kurus")
    }
}

#[tokio::test]
async fn points_are_used_restored_by_a_void_and_shared_by_a_refund() {
    let desk = Desk::new();
    assert_eq!(desk.worth().await, 5_000);
    assert_eq!(said(&desk.ask(&mixed(ORDER, "1000", "400")).await), ("1", ""));
    assert_eq!(desk.worth().await, 4_600);
    assert_eq!(desk.0.order(ORDER).map(|o| (o.state, o.net)), Some(("sold", 1_000)), "the merchant gets it whole");
    let listed = desk.ask(&reference("agreement", ADDRESS, "")).await;
    for line in ["<amount>6,00</amount>", "<state>Sale</state>", "<amount>4,00</amount>", "<state>Bonus_Usage</state>"]
    {
        assert!(listed.contains(line), "{line} {listed}");
    }
    let void = reference("reverse", ADDRESS, "<transaction>sale</transaction>");
    assert_eq!(said(&desk.ask(&void).await), ("1", ""));
    assert_eq!(desk.worth().await, 5_000);
    let voided = desk.ask(&reference("agreement", ADDRESS, "")).await;
    assert!(voided.contains("Sale_Reverse") && voided.contains("Bonus_Reverse"), "{voided}");

    let other = "OTHER678901234567890";
    let address = format!("0000{other}");
    assert_eq!(said(&desk.ask(&mixed(other, "1000", "400")).await), ("1", ""));
    let of_other = |minor: &str, more: &str| back(minor, more).replace(ADDRESS, &address);
    assert_eq!(said(&desk.ask(&of_other("601", "")).await), ("0", "0205"), "not more than the card paid");
    assert_eq!(said(&desk.ask(&of_other("500", "<isRationalReturn>X</isRationalReturn>")).await), ("0", "0150"));
    assert_eq!(said(&desk.ask(&of_other("500", SHARED)).await), ("1", ""));
    assert_eq!(desk.worth().await, 4_800);
    assert_eq!(said(&desk.ask(&of_other("500", SHARED)).await), ("1", ""));
    assert_eq!((desk.worth().await, desk.0.order(other).map(|o| o.state)), (5_000, Some("refunded")));
}

#[tokio::test]
async fn what_points_cannot_do_is_refused() {
    let desk = Desk::new();
    assert_eq!(said(&desk.ask(&mixed(ORDER, "9000", "5001")).await), ("0", "0051"), "the card has fewer");
    for (bad, code) in [
        (mixed(ORDER, "1000", "1001"), "0205"),
        (mixed(ORDER, "1000", "x"), "0150"),
        (charge("saleWP", ORDER, "1000", CARD), "0150"),
        (mixed(ORDER, "1000", "400").replace(">TL<", ">US<"), "0207"),
        (mixed(ORDER, "1000", "400").replace("</saleWP>", "<mailorderflag>Y</mailorderflag></saleWP>"), "0150"),
        (mixed(ORDER, "1000", "400").replace("saleWP", "sale"), "0150"),
        (mixed(ORDER, "1000", "400").replace("saleWP", "auth"), "0150"),
    ] {
        assert_eq!(said(&desk.ask(&bad).await), ("0", code), "{bad}");
    }
    assert_eq!(desk.worth().await, 5_000);
    assert_eq!(said(&desk.points_of("4508034508034509").await), ("0", "0012"), "in no programme");
    assert_eq!(said(&desk.points_of("4355084355084359").await), ("0", "0014"));
    assert_eq!(tag(&desk.points_of("5401341234567891").await, "pointAmount"), "000000000000");
    desk.0.fault(Fault::once(FaultKind::Html).on(Op::Points));
    assert!(desk.points_of(CARD).await.contains("Request Rejected"));
    assert!(desk.0.entries().iter().all(|entry| !entry.approved), "a question books nothing");
}

#[tokio::test]
async fn at_the_gate_only_a_mixed_order_takes_points() {
    for (kind, points, told, left) in [("SaleWP", "400", ("1", ""), 4_600), ("Sale", "400", ("0", "0150"), 5_000)] {
        let desk = Desk::new();
        let sealed = desk.ask(&sealing(Some(CARD)).replace(">Sale<", &format!(">{kind}<"))).await;
        let (path, _) = desk.walk("/3DSWebService/YKBPaymentService", &gate_form(&sealed)).await;
        let page = desk.walk(&path, &[("code", "123456"), ("action", "confirm")]).await.1;
        let packets = packets(&page);
        assert_eq!(form::value(&packets, "TranType"), kind);
        let mac = desk.mac(&[ORDER, "1250", "TL"]);
        let resolved = desk.resolve(&packets, &mac).await;
        assert_eq!(tag(&resolved, "pointAmount"), if kind == "SaleWP" { "5000" } else { "0" });
        let charged =
            desk.ask(&with_packets("oosTranData", &packets, &mac, &format!("<wpAmount>{points}</wpAmount>"))).await;
        assert_eq!(said(&charged), told, "{kind}");
        assert_eq!(desk.worth().await, left);
        if told.0 == "1" {
            assert!(desk.ask(&reference("agreement", TDS, "")).await.contains("Bonus_Usage"));
        }
    }
}

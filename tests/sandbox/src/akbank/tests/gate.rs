//! The gate, in its three models.

use serde_json::json;

use super::super::sign::field;
use super::{CARD, Desk, YES, callback, codes, genuine, pairs};

#[tokio::test]
async fn an_authentication_is_turned_into_money_once() {
    let desk = Desk::new();
    let (acs, page) = desk.browse("/securepay", &desk.gate_form("3D", "t1", Some(CARD))).await;
    assert!(acs.starts_with("/acs/") && page.contains("12,50 TL"), "{page}");
    let (url, f) = desk.confirm(&acs).await;
    assert_eq!(
        (url.as_str(), field(&f, "responseCode"), field(&f, "orderId")),
        ("http://127.0.0.1:9/ok", "VPS-0000", "t1")
    );
    assert!(genuine(&f) && field(&f, "secureEcomInd") == "05");
    assert!(desk.0.order("t1").is_none(), "nothing is charged by authenticating");
    let provision = |amount: &str, md: &str| {
        json!({
            "order": {"orderId": "t1"},
            "transaction": {"amount": amount, "currencyCode": 949, "motoInd": 0, "installCount": 1},
            "secureTransaction": {"secureId": field(&f, "secureId"), "secureEcomInd": field(&f, "secureEcomInd"),
                "secureData": field(&f, "secureData"), "secureMd": md},
        })
    };
    assert_eq!(codes(&desk.api("1000", provision("12.50", "x")).await), ("VPS-1279", ""));
    assert_eq!(codes(&desk.api("1000", provision("1.00", field(&f, "secureMd"))).await), ("VPS-1279", ""));
    assert_eq!(codes(&desk.api("1000", provision("12.50", field(&f, "secureMd"))).await), YES);
    assert_eq!(codes(&desk.api("1000", provision("12.50", field(&f, "secureMd"))).await), ("VPS-1279", ""));
    assert_eq!(desk.0.order("t1").map(|o| (o.net, o.approvals)), Some((1_250, 1)));
}

#[tokio::test]
async fn the_gate_charges_where_the_model_says_so() {
    let desk = Desk::new();
    let (acs, _) = desk.browse("/securepay", &desk.gate_form("3D_PAY", "t2", Some(CARD))).await;
    let (_, page) = desk.browse(&acs, &pairs(&[("code", "123456")])).await;
    let (_, f) = callback(&page);
    assert_eq!((field(&f, "responseCode"), field(&f, "hostResponseCode"), genuine(&f)), ("VPS-0000", "00", true));
    assert!(!field(&f, "hashParams").contains("amount"), "the bank's hash covers no amount");
    assert_eq!(desk.0.order("t2").map(|o| (o.net, o.approvals)), Some((1_250, 1)));

    let (card_form, page) = desk.browse("/payhosting", &desk.gate_form("3D_PAY_HOSTING", "t3", None)).await;
    assert!(page.contains("name=\"pan\""));
    let typed = |pan: &str| pairs(&[("pan", pan), ("month", "11"), ("year", "40"), ("cv2", "471")]);
    assert!(desk.browse(&card_form, &typed("1")).await.1.contains("role=\"alert\""));
    let (acs, _) = desk.browse(&card_form, &typed("4355 0930 0031 5232")).await;
    let (url, f) = desk.confirm(&acs).await;
    assert_eq!((url.as_str(), genuine(&f)), ("http://127.0.0.1:9/ok", true));
    assert_eq!(desk.0.order("t3").map(|o| o.net), Some(1_250));
}

#[tokio::test]
async fn failures_end_at_fail_url_and_tampered_forms_nowhere() {
    let desk = Desk::new();
    let (acs, _) = desk.browse("/securepay", &desk.gate_form("3D_PAY", "t5", Some(CARD))).await;
    let (_, page) = desk.browse(&acs, &pairs(&[("action", "cancel")])).await;
    let (url, f) = callback(&page);
    assert_eq!((url.as_str(), field(&f, "responseCode"), genuine(&f)), ("http://127.0.0.1:9/fail", "VPS-1279", true));
    assert_eq!(field(&f, "hashParams"), "responseCode+responseMessage+orderId");
    let (_, page) = desk.browse("/securepay", &desk.gate_form("3D", "t6", Some("4355093000315233"))).await;
    assert_eq!(field(&callback(&page).1, "responseCode"), "VPS-1005");
    for (name, value) in [("amount", "1.00"), ("okUrl", "http://127.0.0.1:9/evil"), ("cvv", "000")] {
        let mut f = desk.gate_form("3D_PAY", "t4", Some(CARD));
        f.retain(|(k, _)| k != name);
        f.push((name.to_owned(), value.to_owned()));
        let (_, page) = desk.browse("/securepay", &f).await;
        assert!(page.contains("hash") && callback(&page).1.is_empty(), "{name}");
    }
    // A form for the one door is not let in by the other.
    let (_, page) = desk.browse("/payhosting", &desk.gate_form("3D_PAY", "t7", Some(CARD))).await;
    assert!(callback(&page).1.is_empty());
    assert!(desk.0.orders().is_empty());
}

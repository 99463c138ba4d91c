//! The 3-D gates.

use crate::card::test_cards;
use crate::form;

use super::super::sign;
use super::{
    AT_KATILIM, AT_KUVEYT, BACK, CARD, Desk, KATILIM, KUVEYT, elements, enrolment, posted, sale, signed, tag, unpacked,
};

#[tokio::test]
async fn an_authentication_is_turned_into_money_once() {
    let desk = Desk::new();
    let page = desk.kuveyt("ThreeDModelPayGate", &enrolment("t1", CARD)).await;
    let (acs, shown) = desk.to_acs(&page).await;
    assert!(acs.starts_with("/acs/") && shown.contains("12,50 TL"), "{shown}");
    let (url, fields) = desk.type_code(&acs, "code=123456").await;
    let told = unpacked(&fields);
    let number = told.rsplit("<OrderId>").next().and_then(|r| r.split('<').next()).unwrap_or_default();
    assert_eq!((url.as_str(), tag(&told, "ResponseCode"), tag(&told, "Amount")), (BACK, "00", "1250"));
    assert_eq!(tag(&told, "HashData"), sign::answer("t1", "", "00", number, "api123"));
    assert!(!told.contains(CARD) && desk.0.order("t1").is_none(), "nothing is charged by authenticating");
    let proof = elements(&[("Key", "MD"), ("Data", tag(&told, "MD"))]);
    let provision = |amount: &str, proof: &str| {
        let fields = sale("3", "t1", amount, "");
        let proof = format!(
            "<KuveytTurkVPosAdditionalData><AdditionalData>{proof}</AdditionalData></KuveytTurkVPosAdditionalData>"
        );
        format!("<KuveytTurkVPosMessage>{}{proof}</KuveytTurkVPosMessage>", signed(AT_KUVEYT, &fields))
    };
    let gate = format!("{KUVEYT}/ThreeDModelProvisionGate");
    for (amount, proof, code) in [
        ("1250", "", "EmptyMDException"),
        ("1250", "<Key>MD</Key><Data>x</Data>", "MetaDataNotFound"),
        ("100", proof.as_str(), "InvalidRequestError"),
        ("1250", proof.as_str(), "00"),
        ("1250", proof.as_str(), "MetaDataNotFound"),
    ] {
        let answer = desk.send("POST", &gate, "", provision(amount, proof)).await.2;
        assert_eq!(tag(&answer, "ResponseCode"), code, "{answer}");
        assert!(code != "00" || answer.contains(&format!("<OrderId>{number}</OrderId>")));
    }
    assert_eq!(desk.0.order("t1").map(|o| (o.net, o.approvals)), Some((1_250, 1)));
}

#[tokio::test]
async fn vakif_katilims_callback_has_fields_and_its_provision_no_currency() {
    let desk = Desk::new();
    let page = desk.katilim("ThreeDModelPayGate", &enrolment("t2", CARD)).await;
    let begun = desk.katilim("SelectOrderByMerchantOrderId", &[("MerchantOrderId", "t2")]).await;
    assert_eq!(tag(&begun, "TransactionStatus"), "0", "{begun}");
    let (acs, _) = desk.to_acs(&page).await;
    let (_, f) = desk.type_code(&acs, "code=123456").await;
    let get = |name| form::value(&f, name);
    assert_eq!(get("HashData"), sign::answer("t2", "", "00", get("OrderId"), "kdsnsksl"));
    let fields = [
        ("MerchantOrderId", "t2"),
        ("Amount", "1250"),
        ("InstallmentCount", "0"),
        ("TransactionSecurity", "3"),
        ("OkUrl", BACK),
        ("FailUrl", BACK),
    ];
    let proof = elements(&[("Key", "MD"), ("Data", get("MD"))]);
    let body = format!(
        "<VPosMessageContract>{}<AdditionalData><AdditionalDataList><VPosAdditionalData>{proof}</VPosAdditionalData>\
         </AdditionalDataList></AdditionalData></VPosMessageContract>",
        signed(AT_KATILIM, &fields)
    );
    let answer = desk.send("POST", &format!("{KATILIM}/ThreeDModelProvisionGate"), "", body).await.2;
    assert_eq!((tag(&answer, "ResponseCode"), tag(&answer, "OrderId")), ("00", get("OrderId")), "{answer}");
    assert_eq!(desk.0.order("t2").map(|o| (o.net, o.currency)), Some((1_250, "949".to_owned())));
}

#[tokio::test]
async fn what_is_not_authenticated_is_not_charged() {
    let desk = Desk::new();
    let wrong = desk.kuveyt("ThreeDModelPayGate", &enrolment("t3", "4355084355084357")).await;
    let (url, fields) = posted(&wrong);
    assert_eq!((url.as_str(), tag(&unpacked(&fields), "ResponseCode")), (BACK, "14"));
    let page = desk.katilim("ThreeDModelPayGate", &enrolment("t4", CARD)).await;
    let (acs, _) = desk.to_acs(&page).await;
    let (_, f) = desk.type_code(&acs, "action=cancel").await;
    assert_eq!((form::value(&f, "ResponseCode"), form::value(&f, "MD")), ("MPIAuthenticationStatusN", ""));
    for card in test_cards().iter().filter(|c| c.group == "three_d") {
        let page = desk.katilim("ThreeDModelPayGate", &enrolment(&card.number[11..], &card.number)).await;
        let (acs, shown) = desk.to_acs(&page).await;
        let f = match acs.as_str() {
            "" => posted(&page).1,
            at if at.starts_with("/acs/") => desk.type_code(at, "code=123456").await.1,
            _ => posted(&shown).1,
        };
        let code = form::value(&f, "ResponseCode");
        assert_eq!(code == "00" || f.is_empty(), card.class != "auth-3ds", "{}: {code}", card.note_en);
        assert!(!page.contains(&card.number) && !shown.contains(&card.number));
    }
    assert!(desk.0.orders().is_empty());
}

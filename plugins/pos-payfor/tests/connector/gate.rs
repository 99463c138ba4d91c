//! The 3-D gate, there and back.

use pos_payfor::Payfor;
use vezne_plugin::value::Value;
use vezne_plugin::{
    BrowserAction, Callback, DigestAlg, Effect, Fault, Outcome, Payments, Purpose, Reply, Step, TextForm, ThreeDSecure,
    native,
};

use crate::bank::{
    self, CARD, CODE, MERCHANT, ORDER, STORE_KEY, USER, answer, approved, card, ctx, no_record, order, outcome, sent,
    terms, word,
};

type Fields = Vec<(String, String)>;

fn sha1(text: &str) -> String {
    String::from_utf8_lossy(Value::from(text).digest(DigestAlg::Sha1, TextForm::Base64).revealed()).into_owned()
}

/// What the bank posts back.
fn back(pairs: &[(&str, &str)]) -> Fields {
    let mut all: Fields = [
        ("RequestGuid", "1000000081255931"),
        ("MerchantID", MERCHANT),
        ("OrderId", ORDER),
        ("PurchAmount", "10.01"),
        ("Currency", "949"),
        ("3DStatus", "1"),
        ("AuthCode", ""),
        ("ProcReturnCode", "V033"),
        ("ErrMsg", "3D Kullanıcı Doğrulama Adımı Başarılı"),
        ("ResponseRnd", "PF638028524588902912"),
    ]
    .iter()
    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
    .collect();
    for (name, value) in pairs {
        all.retain(|(there, _)| there != name);
        all.push(((*name).to_owned(), (*value).to_owned()));
    }
    let value = |name: &str| all.iter().find(|(there, _)| there == name).map_or("", |(_, value)| value.as_str());
    let text: String = ["OrderId", "AuthCode", "ProcReturnCode", "3DStatus", "ResponseRnd"].map(value).concat();
    let hash = sha1(&format!("{MERCHANT}{STORE_KEY}{text}{USER}"));
    all.push(("ResponseHash".into(), hash));
    all
}

fn callback(fields: &Fields) -> Callback {
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    native::callback(&pairs)
}

fn started(model: &str) -> Step {
    let card = card().card();
    Payfor::start(&ctx(), Purpose::Sale, model, &terms(1_001), Some(&card).filter(|_| model != "3d-host"))
        .expect("a form")
}

fn came_back(step: &Step, fields: &Fields) -> Result<Step, Fault> {
    native::next_call();
    Payfor::resume(&ctx(), Some(&terms(1_001)), &bank::state_of(step), &Reply::Callback(callback(fields)), None)
}

fn posted(step: &Step) -> (String, Fields, Effect) {
    let Step::Browse(browse) = step else { panic!("a form") };
    let BrowserAction::PostForm(form) = &browse.action else { panic!("posted") };
    assert_eq!(browse.correlation, ORDER);
    let clear = |part| String::from_utf8_lossy(&native::reveal_part(part)).into_owned();
    let fields = form.fields.iter().map(|field| (field.name.clone(), clear(&field.value))).collect();
    (form.endpoint.clone(), fields, browse.effect)
}

#[test]
fn the_form_carries_the_card_and_a_signature_without_it() {
    let _host = bank::host();
    let step = started("3d");
    let (endpoint, all, effect) = posted(&step);
    assert_eq!((endpoint.as_str(), effect), ("gate", Effect::ReadOnly));
    let get = |name: &str| all.iter().find(|(there, _)| there == name).map_or("", |(_, value)| value.as_str());
    assert_eq!((get("Pan"), get("Cvv2"), get("Expiry"), get("MOTO")), (CARD, CODE, "1230", "0"));
    assert_eq!((get("SecureType"), get("PurchAmount"), get("InstallmentCount")), ("3DModel", "10.01", "0"));
    let url = "https://odeme.example/pos/t/p/callback";
    let text = format!("5{ORDER}10.01{url}{url}Auth0{}{STORE_KEY}", get("Rnd"));
    assert_eq!(get("Hash"), sha1(&text));
    native::check_sinks(&step, &["gate"], &[]).expect("no sink is refused");
    assert!(native::check_sinks(&step, &[], &[]).is_err());
    assert!(!native::readable(&step).contains(CARD));
}

#[test]
fn a_hosted_page_gets_no_card_and_has_an_address_of_its_own() {
    let _host = bank::host();
    let step = started("3d-host");
    let (endpoint, all, effect) = posted(&step);
    assert_eq!((endpoint.as_str(), effect), ("hosted", Effect::OnceOnlyWrite));
    assert!(all.iter().all(|(name, _)| name != "Pan" && name != "CardHolderName"));
    native::check_sinks(&step, &[], &[]).expect("nothing of a card is in it");
    assert_eq!(word(&Payfor::start(&ctx(), Purpose::Sale, "3d", &terms(1), None)), "invalid");
    assert_eq!(word(&Payfor::start(&ctx(), Purpose::Sale, "oos", &terms(1), Some(&card().card()))), "unsupported");
    let mut mail = terms(1);
    mail.entry = "telephone-order".into();
    assert_eq!(word(&Payfor::start(&ctx(), Purpose::Sale, "3d", &mail, Some(&card().card()))), "invalid");
    let mut far = ctx();
    far.callback_url = format!("https://odeme.example/{}", "x".repeat(200));
    assert_eq!(word(&Payfor::start(&far, Purpose::Sale, "3d", &terms(1), Some(&card().card()))), "invalid");
}

#[test]
fn a_full_authentication_is_provisioned_and_looked_up() {
    let _host = bank::host();
    let provision = came_back(&started("3d"), &back(&[])).expect("a step");
    let Step::Send(send) = &provision else { panic!("a request") };
    assert_eq!(send.effect, Effect::OnceOnlyWrite);
    assert_eq!(
        sent(&provision),
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PayforRequest><RequestGuid>1000000081255931</RequestGuid><UserCode>{USER}</UserCode>\
             <UserPass>UcBN0&lt;ş&amp;</UserPass><OrderId>{ORDER}</OrderId><SecureType>3DModelPayment</SecureType></PayforRequest>\n"
        )
    );
    // Neither the form's signature nor this answer says in which currency: the bank's book does.
    let ask = bank::resumed(&provision, 1_001, &answer(&approved())).expect("a step");
    let Step::Send(send) = &ask else { panic!("a question") };
    assert_eq!(send.effect, Effect::ReadOnly);
    let Outcome::Approved(approval) =
        outcome(bank::resumed(&ask, 1_001, &answer(&order("Auth", "10.01", "00", false))))
    else {
        panic!("approved")
    };
    assert_eq!((approval.stated.minor, approval.stated.currency.as_deref()), (Some(1_001), Some("949")));
    assert_eq!(word(&bank::resumed(&ask, 1_001, &answer(&no_record()))), "unknown");
    assert_eq!(
        word(&bank::resumed(&provision, 1_001, &answer(&bank::refused("51", "Limit")))),
        "declined insufficient-funds"
    );
    assert_eq!(word(&bank::resumed(&provision, 1_001, &answer(&bank::refused("V036", "")))), "unknown");
}

#[test]
fn a_failed_authentication_is_declined() {
    let host = bank::host();
    for (status, code, expected) in [
        ("-1", "V034", "declined authenticate-again"),
        ("2", "V033", "declined authenticate-again"),
        ("4", "V033", "declined authenticate-again"),
        ("0", "MR15", "declined bank-technical"),
        ("", "M041", "declined wrong-card-number"),
        ("", "", "declined authenticate-again"),
    ] {
        let fields = back(&[("3DStatus", status), ("ProcReturnCode", code)]);
        assert_eq!(word(&came_back(&started("3d"), &fields)), expected, "{status} {code}");
    }
    drop(host);
    let _lenient = bank::session().setting("accepted-md-status", "1,4").start();
    assert_eq!(word(&came_back(&started("3d"), &back(&[("3DStatus", "4")]))), "send");
}

#[test]
fn forged_moved_and_replayed_callbacks_are_refused() {
    let _host = bank::host();
    let step = started("3d");
    let mut forged = back(&[("3DStatus", "-1"), ("ProcReturnCode", "V034")]);
    for (name, value) in &mut forged {
        match name.as_str() {
            "3DStatus" => *value = "1".into(),
            "ProcReturnCode" => *value = "V033".into(),
            _ => {}
        }
    }
    for (why, fields) in [
        ("another result", forged),
        ("another order", back(&[("OrderId", "01JOTHER")])),
        ("another store", back(&[("MerchantID", "1")])),
        ("another amount", back(&[("PurchAmount", "0.01")])),
        ("another currency", back(&[("Currency", "840")])),
        ("no order", back(&[("OrderId", "")])),
        ("no number to charge with", back(&[("RequestGuid", "")])),
        // The genuine text of a failure (`V034` + `-1` …) with the border moved so that the status seems to be 1.
        ("borders moved", back(&[("ProcReturnCode", "V034-"), ("3DStatus", "1")])),
    ] {
        assert_eq!(word(&came_back(&step, &fields)), "not-authentic", "{why}");
    }
    let mut unsigned = back(&[("ProcReturnCode", "101310"), ("3DStatus", "")]);
    unsigned.retain(|(name, _)| name != "ResponseHash");
    assert_eq!(word(&came_back(&step, &unsigned)), "not-authentic", "a duplicate order proves nothing");
}

#[test]
fn a_gate_that_charges_is_believed_only_with_the_banks_book() {
    let _host = bank::host();
    for model in ["3d-pay", "3d-host"] {
        let fields = back(&[("AuthCode", "S86797"), ("ProcReturnCode", "00"), ("ErrMsg", "Onaylandı")]);
        let ask = came_back(&started(model), &fields).expect("a step");
        assert!(sent(&ask).contains("<TxnType>OrderInquiry</TxnType>"));
        for (body, expected) in [
            (order("Auth", "10.01", "00", false), "approved"),
            (order("Auth", "10.01", "51", false), "declined insufficient-funds"),
            (order("Auth", "10.01", "V000", false), "unknown"),
            (order("PreAuth", "10.01", "00", false), "unknown"),
            (no_record(), "unknown"),
        ] {
            assert_eq!(word(&bank::resumed(&ask, 1_001, &answer(&body))), expected, "{model}");
        }
        // The host compares: another amount is its alarm.
        let Outcome::Approved(approval) =
            outcome(bank::resumed(&ask, 1_001, &answer(&order("Auth", "1", "00", false))))
        else {
            panic!("stated")
        };
        assert_eq!(approval.stated.minor, Some(100));
    }
}

#[test]
fn a_refusal_at_the_gate_stands_if_the_bank_knows_no_order() {
    let _host = bank::host();
    let failed =
        came_back(&started("3d-pay"), &back(&[("3DStatus", "-1"), ("ProcReturnCode", "V034")])).expect("a step");
    assert_eq!(word(&bank::resumed(&failed, 1_001, &answer(&no_record()))), "declined authenticate-again");
    assert_eq!(word(&bank::resumed(&failed, 1_001, &answer(&order("Auth", "10.01", "00", false)))), "approved");
}

#[test]
fn a_bank_whose_signature_does_not_verify_is_asked_and_never_believed() {
    let _host = bank::session().setting("callback-hash", "ignored").start();
    let mut fields = back(&[]);
    fields.retain(|(name, _)| name != "ResponseHash");
    let provision = came_back(&started("3d"), &fields).expect("a step");
    assert_eq!(
        word(&bank::resumed(&provision, 1_001, &answer(&bank::refused("V034", "")))),
        "declined authenticate-again"
    );
    let ask = came_back(&started("3d-pay"), &back(&[("3DStatus", "-1"), ("ProcReturnCode", "V034")])).expect("a step");
    assert_eq!(word(&bank::resumed(&ask, 1_001, &answer(&no_record()))), "unknown", "an unsigned no proves nothing");
    assert_eq!(word(&came_back(&started("3d"), &back(&[("OrderId", "01JOTHER")]))), "not-authentic");
}

#[test]
fn a_callback_finds_its_attempt() {
    assert_eq!(Payfor::correlate(&native::callback(&[("OrderId", ORDER)])).expect("an order"), ORDER);
    assert!(Payfor::correlate(&native::callback(&[("OrderId", "")])).is_err());
    assert!(Payfor::correlate(&native::callback(&[("OrderId", &"x".repeat(99))])).is_err());
}

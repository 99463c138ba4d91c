//! The 3-D gate, there and back.

use pos_garanti::Garanti;
use vezne_plugin::{
    BrowserAction, Callback, DigestAlg, Effect, Fault, Outcome, Payments, Purpose, Reply, Step, ThreeDSecure, native,
};

use crate::bank::{
    self, CARD, CODE, ORDER, PASSWORD, STORE_KEY, TERMINAL, answer, approved, card, ctx, hex_of, outcome, security,
    sent, terms, word,
};

type Fields = Vec<(String, String)>;

const LIST: &str = "clientid:oid:authcode:procreturncode:response:mdstatus:cavv:eci:md:rnd:";

/// What the bank posts back, signed over the fields `list` names.
fn back_signed(list: &str, pairs: &[(&str, &str)]) -> Fields {
    let mut all: Fields = [
        ("clientid", TERMINAL),
        ("terminalid", TERMINAL),
        ("oid", ORDER),
        ("orderid", ORDER),
        ("txnamount", "1001"),
        ("txncurrencycode", "949"),
        ("txntype", "sales"),
        ("mdstatus", "1"),
        ("authcode", ""),
        ("procreturncode", ""),
        ("response", ""),
        ("cavv", "AAAB="),
        ("eci", "02"),
        ("md", "aW5k1+/="),
        ("xid", "x-1"),
        ("rnd", "kW094tPz"),
        ("errmsg", ""),
        ("hashparams", list),
    ]
    .iter()
    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
    .collect();
    for (name, value) in pairs {
        all.retain(|(there, _)| there != name);
        all.push(((*name).to_owned(), (*value).to_owned()));
    }
    let value = |name: &str| all.iter().find(|(there, _)| there == name).map_or("", |(_, value)| value.as_str());
    let text: String = list.split(':').map(value).collect();
    let hash = hex_of(DigestAlg::Sha512, &format!("{text}{STORE_KEY}"));
    all.push(("hash".into(), hash));
    all
}

fn back(pairs: &[(&str, &str)]) -> Fields {
    back_signed(LIST, pairs)
}

fn callback(fields: &Fields) -> Callback {
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    native::callback(&pairs)
}

fn started(model: &str) -> Step {
    let card = card().card();
    Garanti::start(&ctx(), Purpose::Sale, model, &terms(1_001), Some(&card).filter(|_| model != "3d-host"))
        .expect("a form")
}

fn came_back(step: &Step, fields: &Fields) -> Result<Step, Fault> {
    native::next_call();
    Garanti::resume(&ctx(), Some(&terms(1_001)), &bank::state_of(step), &Reply::Callback(callback(fields)), None)
}

fn posted(step: &Step) -> (Fields, Effect) {
    let Step::Browse(browse) = step else { panic!("a form") };
    let BrowserAction::PostForm(form) = &browse.action else { panic!("posted") };
    assert_eq!((form.endpoint.as_str(), browse.correlation.as_str()), ("gate", ORDER));
    let fields = form
        .fields
        .iter()
        .map(|field| (field.name.clone(), String::from_utf8_lossy(&native::reveal_part(&field.value)).into_owned()));
    (fields.collect(), browse.effect)
}

#[test]
fn the_form_carries_the_card_and_a_signature_without_it() {
    let _host = bank::host();
    let step = started("3d");
    let (all, effect) = posted(&step);
    assert_eq!(effect, Effect::ReadOnly);
    let get = |name: &str| all.iter().find(|(there, _)| there == name).map(|(_, value)| value.as_str());
    assert_eq!((get("cardnumber"), get("cardcvv2"), get("cardexpiredateyear")), (Some(CARD), Some(CODE), Some("30")));
    let url = "https://odeme.example/pos/t/p/callback";
    let text = format!("{TERMINAL}{ORDER}1001949{url}{url}sales{STORE_KEY}{}", security(PASSWORD));
    assert_eq!(get("secure3dhash"), Some(hex_of(DigestAlg::Sha512, &text).as_str()));
    native::check_sinks(&step, &["gate"], &[]).expect("no sink is refused");
    assert!(native::check_sinks(&step, &[], &[]).is_err());
    assert!(!native::readable(&step).contains(CARD));
}

#[test]
fn the_banks_own_page_gets_no_card_and_has_its_own_user() {
    let _host = bank::host();
    let step = started("3d-host");
    let (all, effect) = posted(&step);
    assert_eq!(effect, Effect::OnceOnlyWrite);
    let get = |name: &str| all.iter().find(|(there, _)| there == name).map(|(_, value)| value.as_str());
    assert_eq!((get("secure3dsecuritylevel"), get("terminalprovuserid")), (Some("3D_OOS_PAY"), Some("PROVOOS")));
    assert_eq!((get("lang"), get("cardnumber")), (Some("tr"), None));
    native::check_sinks(&step, &[], &[]).expect("nothing of a card is in it");
    assert_eq!(word(&Garanti::start(&ctx(), Purpose::Sale, "3d", &terms(1), None)), "invalid");
    assert_eq!(word(&Garanti::start(&ctx(), Purpose::Sale, "oos", &terms(1), Some(&card().card()))), "unsupported");
    let mut mail = terms(1);
    mail.entry = "telephone-order".into();
    assert_eq!(word(&Garanti::start(&ctx(), Purpose::Sale, "3d", &mail, Some(&card().card()))), "invalid");
}

#[test]
fn a_full_authentication_is_provisioned_with_our_own_amount() {
    let _host = bank::host();
    let provision = came_back(&started("3d"), &back(&[])).expect("a step");
    let body = sent(&provision);
    assert!(
        body.contains(
            "<Amount>1001</Amount><CurrencyCode>949</CurrencyCode><CardholderPresentCode>13</CardholderPresentCode>\
             <MotoInd>N</MotoInd><Secure3D><AuthenticationCode>AAAB=</AuthenticationCode><SecurityLevel>02</SecurityLevel>\
             <TxnID>x-1</TxnID><Md>aW5k1+/=</Md></Secure3D>"
        ) && !body.contains("<Card>"),
        "{body}"
    );
    let Step::Send(send) = &provision else { panic!("a request") };
    assert_eq!(send.effect, Effect::OnceOnlyWrite);
    assert_eq!(word(&bank::resumed(&provision, 1_001, &answer(&approved()))), "approved");
}

#[test]
fn half_an_authentication_is_charged_only_where_the_account_accepts_it() {
    let host = bank::host();
    for (status, expected) in [
        ("0", "declined authenticate-again"),
        ("2", "declined authenticate-again"),
        ("4", "declined authenticate-again"),
        ("7", "declined try-later"),
        ("8", "declined wrong-card-number"),
        ("9", "declined config-error"),
        ("", "declined authenticate-again"),
    ] {
        assert_eq!(word(&came_back(&started("3d"), &back(&[("mdstatus", status)]))), expected, "{status}");
    }
    drop(host);
    let _lenient = bank::session().setting("accepted-md-status", "1,2,3,4").start();
    assert_eq!(word(&came_back(&started("3d"), &back(&[("mdstatus", "4")]))), "send");
    assert_eq!(word(&came_back(&started("3d"), &back(&[("mdstatus", "7")]))), "declined try-later");
}

#[test]
fn forged_moved_and_replayed_callbacks_are_refused() {
    let _host = bank::host();
    let step = started("3d");
    let mut forged = back(&[("mdstatus", "0")]);
    for (name, value) in &mut forged {
        if name == "mdstatus" {
            *value = "1".into();
        }
    }
    for (why, fields) in [
        ("another result", forged),
        ("another order", back(&[("oid", "01JOTHER")])),
        ("another terminal", back(&[("clientid", "1")])),
        ("another amount", back(&[("txnamount", "1")])),
        ("no amount", back(&[("txnamount", "10.01")])),
        ("another currency", back(&[("txncurrencycode", "840")])),
        ("a list without the result", back_signed("clientid:oid:rnd:", &[])),
        ("a list in another order", back_signed("oid:clientid:authcode:procreturncode:response:mdstatus:", &[])),
        ("an empty list", back_signed("", &[])),
        ("no order", back(&[("oid", "")])),
        // The genuine text of a failure (`0` + md …) with the borders moved so that mdstatus seems to be 1.
        ("borders moved", back(&[("authcode", "0aW5k"), ("mdstatus", "1"), ("cavv", "+/="), ("eci", ""), ("md", "x")])),
    ] {
        assert_eq!(word(&came_back(&step, &fields)), "not-authentic", "{why}");
    }
    let mut twice = back(&[]);
    twice.push(("mdstatus".into(), "1".into()));
    assert_eq!(word(&came_back(&step, &twice)), "not-authentic");
    let unsigned: Fields = [("mdstatus", "7"), ("oid", ORDER), ("response", "Error"), ("procreturncode", "99")]
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    assert_eq!(word(&came_back(&step, &unsigned)), "not-authentic");
    let lower: Fields =
        back(&[]).into_iter().map(|(n, v)| if n == "hash" { (n, v.to_lowercase()) } else { (n, v) }).collect();
    assert_eq!(word(&came_back(&step, &lower)), "send", "hex has no case");
}

#[test]
fn a_gate_that_charges_is_believed_only_with_the_banks_book() {
    let _host = bank::host();
    let claims = [("authcode", "304919"), ("procreturncode", "00"), ("response", "Approved")];
    for model in ["3d-pay", "3d-host"] {
        let step = started(model);
        let ask = came_back(&step, &back(&claims)).expect("a step");
        let Step::Send(send) = &ask else { panic!("a question") };
        assert_eq!(send.effect, Effect::ReadOnly);
        assert!(sent(&ask).contains("<Type>orderinq</Type>"));
        let Outcome::Approved(approval) =
            outcome(bank::resumed(&ask, 1_001, &answer(&bank::order("APPROVED", "0", "1001", "00"))))
        else {
            panic!("approved")
        };
        assert_eq!((approval.stated.minor, approval.bank.transaction_id.as_deref()), (Some(1_001), Some("R1")));
        for (body, expected) in [
            (bank::order("WAITINGPOSTAUTH", "1001", "0", "00"), "unknown"),
            (bank::order("APPROVED", "0", "1", "00"), "unknown"),
            (bank::order("SOMETHING", "0", "1001", "00"), "unknown"),
            (bank::order("APPROVED", "0", "1001", "51"), "declined insufficient-funds"),
            (bank::no_record(), "unknown"),
        ] {
            assert_eq!(word(&bank::resumed(&ask, 1_001, &answer(&body))), expected);
        }
    }
    let reserving = Garanti::start(&ctx(), Purpose::Authorize, "3d-pay", &terms(1_001), Some(&card().card()));
    let ask = came_back(&reserving.expect("a form"), &back(&claims)).expect("a step");
    let held = answer(&bank::order("WAITINGPOSTAUTH", "1001", "0", "00"));
    assert_eq!(word(&bank::resumed(&ask, 1_001, &held)), "approved", "a reservation was wanted");
}

#[test]
fn a_refusal_at_the_gate_stands_if_the_bank_knows_no_order() {
    let _host = bank::host();
    let step = started("3d-pay");
    let refused = came_back(&step, &back(&[("authcode", " "), ("procreturncode", "51"), ("response", "Declined")]));
    let refused = refused.expect("a step");
    assert_eq!(word(&bank::resumed(&refused, 1_001, &answer(&bank::no_record()))), "declined insufficient-funds");
    assert_eq!(word(&bank::resumed(&refused, 1_001, &answer(&bank::order("APPROVED", "0", "1001", "00")))), "approved");
    let failed = came_back(&step, &back(&[("mdstatus", "0")])).expect("a step");
    assert_eq!(word(&bank::resumed(&failed, 1_001, &answer(&bank::no_record()))), "declined authenticate-again");
    let odd = came_back(&step, &back(&[("procreturncode", "ZZ"), ("response", "Declined")])).expect("a step");
    assert_eq!(word(&bank::resumed(&odd, 1_001, &answer(&bank::no_record()))), "unknown");
}

#[test]
fn a_callback_finds_its_attempt() {
    assert_eq!(Garanti::correlate(&native::callback(&[("oid", ORDER)])).expect("an order"), ORDER);
    assert_eq!(Garanti::correlate(&native::callback(&[("orderid", ORDER)])).expect("an order"), ORDER);
    assert!(Garanti::correlate(&native::callback(&[("oid", "")])).is_err());
    assert!(Garanti::correlate(&native::callback(&[("oid", &"x".repeat(99))])).is_err());
}

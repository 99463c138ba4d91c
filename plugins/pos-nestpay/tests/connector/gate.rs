//! The 3-D gate, there and back.

use pos_nestpay::Nestpay;
use vezne_plugin::value::Value;
use vezne_plugin::{
    BrowserAction, Callback, DigestAlg, Effect, Fault, Outcome, Payments, Purpose, Reply, Step, TextForm, ThreeDSecure,
    native,
};

use crate::bank::{
    self, CARD, CLIENT, CODE, ORDER, answer, approved, card, ctx, no_record, order, outcome, sent, terms, word,
};

type Fields = Vec<(String, String)>;

fn base64_of(alg: DigestAlg, text: &str) -> String {
    String::from_utf8_lossy(Value::from(text).digest(alg, TextForm::Base64).revealed()).into_owned()
}

/// Signs the way the bank's document says, in code of its own: names in order, values escaped.
fn signed(mut fields: Fields) -> Fields {
    let mut sorted: Vec<&(String, String)> = fields.iter().filter(|(name, _)| name != "encoding").collect();
    sorted.sort_by_key(|(name, _)| name.to_ascii_lowercase());
    let mut text = String::new();
    for (_, value) in sorted {
        text.push_str(&value.replace('\\', r"\\").replace('|', r"\|"));
        text.push('|');
    }
    text.push_str(r"TRPS\|02\\00");
    let hash = base64_of(DigestAlg::Sha512, &text);
    fields.push(("HASH".into(), hash));
    fields
}

fn fields(pairs: &[(&str, &str)]) -> Fields {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn back(pairs: &[(&str, &str)]) -> Fields {
    let mut all = fields(&[
        ("clientid", CLIENT),
        ("oid", ORDER),
        ("amount", "10.01"),
        ("currency", "949"),
        ("lang", "tr"),
        ("storetype", "3d"),
        ("okUrl", "https://odeme.example/pos/t/p/callback"),
        ("hashAlgorithm", "ver3"),
        ("taksit", ""),
        ("encoding", "ISO-8859-9"),
        ("firmaadi", "Şişli | Çağrı \\ İnşaat"),
        ("xid", "xid="),
        ("rnd", "abc"),
    ]);
    for (name, value) in fields(pairs) {
        all.retain(|(there, _)| *there != name);
        all.push((name, value));
    }
    all
}

fn callback(fields: impl AsRef<[(String, String)]>) -> Callback {
    let pairs: Vec<(&str, &str)> =
        fields.as_ref().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    native::callback(&pairs)
}

fn started(model: &str) -> Step {
    let card = card().card();
    Nestpay::start(&ctx(), Purpose::Sale, model, &terms(1_001), Some(&card).filter(|_| model != "3d-host"))
        .expect("a form")
}

fn came_back(step: &Step, fields: Fields) -> Result<Step, Fault> {
    Nestpay::resume(&ctx(), Some(&terms(1_001)), &bank::state_of(step), &Reply::Callback(callback(fields)), None)
}

const GOOD: [(&str, &str); 4] = [("mdStatus", "1"), ("md", "435508:ABC:4122:##1"), ("eci", "05"), ("cavv", "AAAB=")];

#[test]
fn the_form_carries_the_card_and_a_signature_over_it() {
    let _host = bank::host();
    let step = started("3d");
    let Step::Browse(browse) = &step else { panic!("a form") };
    assert_eq!((browse.effect, browse.correlation.as_str()), (Effect::ReadOnly, ORDER));
    let BrowserAction::PostForm(form) = &browse.action else { panic!("posted") };
    assert_eq!(form.endpoint, "gate");
    let all: Fields = form
        .fields
        .iter()
        .map(|field| (field.name.clone(), String::from_utf8_lossy(&native::reveal_part(&field.value)).into_owned()))
        .collect();
    let get = |name: &str| all.iter().find(|(there, _)| there == name).map(|(_, value)| value.as_str());
    assert_eq!((get("pan"), get("cv2"), get("Ecom_Payment_Card_ExpDate_Year")), (Some(CARD), Some(CODE), Some("30")));
    assert_eq!((get("amount"), get("TranType"), get("hashAlgorithm")), (Some("10.01"), Some("Auth"), Some("ver3")));
    let unsigned: Fields = all.iter().filter(|(name, _)| name != "hash").cloned().collect();
    let ours = signed(unsigned).pop().map(|(_, hash)| hash);
    assert_eq!(get("hash"), ours.as_deref());
    native::check_sinks(&step, &["gate"], &["api"]).expect("no sink is refused");
    assert!(native::check_sinks(&step, &[], &["api"]).is_err());
    assert!(!native::readable(&step).contains(CARD));
}

#[test]
fn a_hosted_page_gets_no_card_and_charges_by_itself() {
    let _host = bank::session().setting("server-callback", "true").start();
    let step = started("3d-host");
    let text = native::transcript(&step);
    assert!(
        text.contains("storetype=3d_pay_hosting") && text.contains("callbackUrl=") && !text.contains("pan="),
        "{text}"
    );
    let Step::Browse(browse) = &step else { panic!("a form") };
    assert_eq!(browse.effect, Effect::OnceOnlyWrite);
    native::check_sinks(&step, &[], &[]).expect("nothing of a card is in it");
    assert_eq!(word(&Nestpay::start(&ctx(), Purpose::Sale, "3d", &terms(1), None)), "invalid");
    assert_eq!(word(&Nestpay::start(&ctx(), Purpose::Sale, "oos", &terms(1), Some(&card().card()))), "unsupported");
    let mut mail = terms(1);
    mail.entry = "telephone-order".into();
    assert_eq!(word(&Nestpay::start(&ctx(), Purpose::Sale, "3d", &mail, Some(&card().card()))), "invalid");
}

#[test]
fn an_old_store_signs_with_ver1() {
    let _host = bank::session().setting("form-hash", "ver1").start();
    let text = native::transcript(&started("3d"));
    assert!(text.contains("islemtipi=Auth") && !text.contains("hashAlgorithm"), "{text}");
    let url = "https://odeme.example/pos/t/p/callback";
    let rnd = text.lines().find_map(|line| line.strip_prefix("rnd=")).expect("a random value");
    let hash = base64_of(DigestAlg::Sha1, &format!("{CLIENT}{ORDER}10.01{url}{url}Auth{rnd}TRPS|02\\00"));
    assert!(text.contains(&format!("hash={hash}")), "{text}");
}

#[test]
fn what_the_gate_vouched_for_is_charged() {
    let _host = bank::host();
    let step = came_back(&started("3d"), signed(back(&GOOD))).expect("a step");
    let body = sent(&step);
    assert!(body.contains(
        "<Number>435508:ABC:4122:##1</Number><PayerTxnId>xid=</PayerTxnId><PayerSecurityLevel>05</PayerSecurityLevel>"
    ));
    assert!(
        body.contains("<PayerAuthenticationCode>AAAB=</PayerAuthenticationCode><Mode>P</Mode>")
            && !body.contains("Cvv2Val")
    );
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!(send.effect, Effect::OnceOnlyWrite);
    assert_eq!(word(&bank::resumed(&step, 1_001, &answer(&approved()))), "approved");
}

#[test]
fn the_signature_is_verified_before_anything_else() {
    let (step, good) = {
        let _host = bank::host();
        (started("3d"), signed(back(&GOOD)))
    };
    for at in 0..good.len() {
        // At most eight comparisons in one call, so a host for each.
        let _host = bank::host();
        if good[at].0 == "encoding" {
            continue;
        }
        let mut changed = good.clone();
        changed[at].1.push('x');
        assert_eq!(word(&came_back(&step, changed)), "not-authentic", "{} changed", good[at].0);
        let mut without = good.clone();
        without.remove(at);
        assert_eq!(word(&came_back(&step, without)), "not-authentic", "without {}", good[at].0);
    }
    let _host = bank::host();
    let mut more = good.clone();
    more.push(("extra".into(), String::new()));
    assert_eq!(word(&came_back(&step, more)), "not-authentic");
    assert_eq!(word(&came_back(&step, Vec::new())), "not-authentic");
    assert_eq!(word(&came_back(&step, fields(&[("HASH", "x")]))), "not-authentic", "nothing but a hash");
    let empty = fields(&[
        ("clientid", ""),
        ("oid", ""),
        ("mdStatus", ""),
        ("HASHPARAMS", "clientid:oid:mdStatus:"),
        ("HASH", "x"),
    ]);
    assert_eq!(word(&came_back(&step, empty)), "not-authentic");
}

#[test]
fn a_genuine_callback_must_still_be_ours() {
    let _host = bank::host();
    let step = started("3d");
    for (name, value) in [("oid", "OTHER"), ("clientid", "1"), ("amount", "1.00"), ("amount", ""), ("currency", "840")]
    {
        let mut pairs = GOOD.to_vec();
        pairs.push((name, value));
        assert_eq!(word(&came_back(&step, signed(back(&pairs)))), "not-authentic", "{name}={value}");
    }
}

#[test]
fn names_moved_along_under_a_genuine_signature_are_noticed() {
    let _host = bank::host();
    let step = started("3d");
    // Genuine, but the authentication failed. `dsId` is 1: were it called mdStatus, and everything behind it
    // something behind mdStatus, the same values would stand in the same order.
    let failed = signed(back(&[("mdStatus", "0"), ("md", "m"), ("dsId", "1")]));
    let mut forged: Fields = Vec::new();
    let mut names: Vec<&(String, String)> =
        failed.iter().filter(|(name, _)| name != "HASH" && name != "encoding").collect();
    names.sort_by_key(|(name, _)| name.to_ascii_lowercase());
    let from = names.iter().position(|(name, _)| name == "dsId").expect("is there");
    for (index, (name, value)) in names.iter().enumerate() {
        let name = match index {
            _ if index < from => name.clone(),
            _ if index == from => "mdStatus".to_owned(),
            _ if name.to_ascii_lowercase().as_str() > "mdstatus" && name != "mdStatus" => name.clone(),
            _ => format!("mdStatus_{index:02}"),
        };
        forged.push((name, value.clone()));
    }
    forged.push(failed.iter().find(|(name, _)| name == "HASH").cloned().expect("is there"));
    assert_eq!(word(&came_back(&step, forged)), "not-authentic");
    assert_eq!(word(&came_back(&step, failed)), "declined authenticate-again");
}

#[test]
fn only_an_accepted_result_is_charged() {
    for (accepted, status, expected) in [
        ("1", "1", "send"),
        ("1", "2", "declined authenticate-again"),
        ("1", "4", "declined authenticate-again"),
        ("1,4", "4", "send"),
        ("1,4", "3", "declined authenticate-again"),
        ("1,2,3,4", "3", "send"),
        ("1,2,3,4", "0", "declined authenticate-again"),
        ("1,2,3,4", "", "declined authenticate-again"),
        ("1", "7", "declined try-later"),
        ("1", "8", "declined wrong-card-number"),
        ("1", "9", "declined config-error"),
        ("1", "11", "declined authenticate-again"),
    ] {
        let _host = bank::session().setting("accepted-md-status", accepted).start();
        let mut pairs = GOOD.to_vec();
        pairs[0].1 = status;
        assert_eq!(word(&came_back(&started("3d"), signed(back(&pairs)))), expected, "{accepted}: {status}");
    }
    let _host = bank::host();
    let empty_md = [("mdStatus", "1"), ("md", "")];
    assert_eq!(word(&came_back(&started("3d"), signed(back(&empty_md)))), "declined authenticate-again");
    let gateway = [
        ("Response", "Error"),
        ("ErrorCode", "HPP-1001"),
        ("ErrMsg", "Girilen kart numarası doğru formatta değildir."),
    ];
    assert_eq!(word(&came_back(&started("3d"), signed(back(&gateway)))), "declined wrong-card-number");
}

const PAID: [(&str, &str); 6] = [
    ("mdStatus", "1"),
    ("Response", "Approved"),
    ("ProcReturnCode", "00"),
    ("TransId", "T1"),
    ("AuthCode", "P1"),
    ("md", "m"),
];

#[test]
fn a_callback_of_a_bank_that_charges_is_final_if_it_covers_the_amount() {
    let _host = bank::host();
    for model in ["3d-pay", "3d-host"] {
        let step = started(model);
        let Outcome::Approved(approval) = outcome(came_back(&step, signed(back(&PAID)))) else { panic!("approved") };
        assert_eq!(approval.stated.minor, Some(1_001));
        assert_eq!(
            (approval.stated.currency.as_deref(), approval.stated.order_id.as_deref()),
            (Some("949"), Some(ORDER))
        );
        assert_eq!(approval.bank.transaction_id.as_deref(), Some("T1"));
    }
    // Another amount is the bank's word, and the host compares it.
    let mut other = PAID.to_vec();
    other.push(("amount", "10.00"));
    let Outcome::Approved(approval) = outcome(came_back(&started("3d-pay"), signed(back(&other)))) else {
        panic!("approved")
    };
    assert_eq!(approval.stated.minor, Some(1_000));
}

#[test]
fn refusals_of_a_bank_that_charges_follow_the_table() {
    let _host = bank::host();
    for (code, status, expected) in [
        ("51", "1", "declined insufficient-funds"),
        ("92", "1", "unknown"),
        ("", "0", "declined authenticate-again"),
        ("", "1", "send"),
        ("ZZ", "1", "unknown"),
    ] {
        let pairs = [("mdStatus", status), ("Response", "Declined"), ("ProcReturnCode", code), ("ErrMsg", "Red")];
        assert_eq!(word(&came_back(&started("3d-pay"), signed(back(&pairs)))), expected, "{code} {status}");
    }
}

fn ver1(list: &str, pairs: &[(&str, &str)]) -> Fields {
    let mut all = back(pairs);
    all.retain(|(name, _)| name != "hashAlgorithm");
    let values: String = list
        .split(':')
        .map(|name| all.iter().find(|(there, _)| there == name).map_or("", |(_, value)| value.as_str()))
        .collect();
    all.push(("HASHPARAMS".into(), list.into()));
    all.push(("HASHPARAMSVAL".into(), values.clone()));
    all.push(("HASH".into(), base64_of(DigestAlg::Sha1, &format!("{values}TRPS|02\\00"))));
    all
}

const RESULT_LIST: &str = "clientid:oid:mdStatus:cavv:eci:md:rnd:";
const CHARGE_LIST: &str = "clientid:oid:AuthCode:ProcReturnCode:Response:mdStatus:cavv:eci:md:rnd:";

#[test]
fn ver1_counts_only_where_it_is_allowed() {
    let host = bank::host();
    assert_eq!(word(&came_back(&started("3d"), ver1(RESULT_LIST, &GOOD))), "not-authentic");
    drop(host);
    let _host = bank::session().setting("callback-hash", "ver3-or-ver1").start();
    assert_eq!(word(&came_back(&started("3d"), ver1(RESULT_LIST, &GOOD))), "send");
    // The payer writes the list: it must not leave the order or the result out, nor move the borders.
    // The last one would hash nothing but the store key.
    for list in [
        "rnd:",
        "clientid:oid:",
        "oid:clientid:mdStatus:",
        "clientid:oid:cavv:eci:md:rnd:",
        "clientid:cavv:oid:mdStatus:",
        ":",
    ] {
        assert_eq!(word(&came_back(&started("3d"), ver1(list, &GOOD))), "not-authentic", "{list}");
    }
    assert_eq!(word(&came_back(&started("3d"), ver1(CHARGE_LIST, &GOOD))), "not-authentic");
}

#[test]
fn ver1_does_not_cover_the_amount_so_the_bank_is_asked() {
    let _host = bank::session().setting("callback-hash", "ver3-or-ver1").start();
    let step = came_back(&started("3d-pay"), ver1(CHARGE_LIST, &PAID)).expect("a step");
    assert!(sent(&step).contains("ORDERSTATUS"));
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!(send.effect, Effect::ReadOnly);
    let Outcome::Approved(approval) =
        outcome(bank::resumed(&step, 1_001, &answer(&order("S", "C", "1001", "1001", "00"))))
    else {
        panic!("approved")
    };
    assert_eq!(approval.stated.minor, Some(1_001));
    assert_eq!(word(&bank::resumed(&step, 1_001, &answer(&no_record()))), "unknown", "the bank claims to have charged");
    let failed =
        came_back(&started("3d-pay"), ver1(RESULT_LIST, &[("mdStatus", "0"), ("mdErrorMsg", "Not authenticated")]))
            .expect("a step");
    assert_eq!(word(&bank::resumed(&failed, 1_001, &answer(&no_record()))), "declined authenticate-again");
    assert_eq!(word(&bank::resumed(&failed, 1_001, &answer(&order("S", "C", "1001", "1001", "00")))), "approved");
}

#[test]
fn a_callback_is_matched_by_its_order() {
    assert_eq!(Nestpay::correlate(&callback(back(&[]))).ok().as_deref(), Some(ORDER));
    let mut query = native::callback(&[]);
    query.query = fields(&[("oid", "Q1")]);
    assert_eq!(Nestpay::correlate(&query).ok().as_deref(), Some("Q1"));
    for bad in [
        fields(&[]),
        fields(&[("oid", "")]),
        fields(&[("oid", "a"), ("OID", "b")]),
        fields(&[("oid", &"x".repeat(65))]),
    ] {
        assert!(Nestpay::correlate(&callback(bad)).is_err());
    }
}

#[test]
fn a_reservation_can_begin_at_the_gate() {
    let _host = bank::host();
    let step = Nestpay::start(&ctx(), Purpose::Authorize, "3d", &terms(1_001), Some(&card().card())).expect("a form");
    assert!(native::transcript(&step).contains("TranType=PreAuth"));
    assert!(sent(&came_back(&step, signed(back(&GOOD))).expect("a step")).contains("<Type>PreAuth</Type>"));
}

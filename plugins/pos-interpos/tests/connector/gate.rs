//! The 3-D gate, there and back.

use pos_interpos::Interpos;
use vezne_plugin::value::Value;
use vezne_plugin::{
    BrowserAction, DigestAlg, Effect, Fault, Outcome, Payments, Purpose, Reply, Step, TextForm, ThreeDSecure, native,
};

use crate::bank::{self, CARD, CODE, ORDER, PASS, SHOP, URL, answer, approved, card, ctx, outcome, sent, terms, word};

type Fields = Vec<(String, String)>;

const LIST: &str = "Version:PurchAmount:Exponent:Currency:OkUrl:FailUrl:MD:OrderId:ProcReturnCode:Response:mdStatus:";

fn hash(text: &str) -> String {
    let signed = Value::from(format!("{text}{PASS}")).digest(DigestAlg::Sha1, TextForm::Base64);
    String::from_utf8_lossy(signed.revealed()).into_owned()
}

/// What the bank posts, with some values changed, signed as its document says.
fn back(changes: &[(&str, &str)]) -> Fields {
    let mut fields: Fields = [
        ("Version", ""),
        ("ShopCode", SHOP),
        ("TxnStat", "Y"),
        ("MD", "MD+1="),
        ("Eci", "02"),
        ("PayerAuthenticationCode", "AAAB="),
        ("PayerTxnId", ""),
        ("Pan", "520019******1495"),
        ("OrderId", ORDER),
        ("PurchAmount", "10,01"),
        ("Exponent", ""),
        ("Currency", "949"),
        ("OkUrl", URL),
        ("FailUrl", URL),
        ("3DStatus", "1"),
        ("mdStatus", "1"),
        ("ProcReturnCode", ""),
        ("TxnResult", ""),
        ("ErrorMessage", ""),
        ("ErrorCode", ""),
        ("Response", ""),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    for (name, value) in changes {
        fields.retain(|(there, _)| there != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    let value = |wanted: &str| fields.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value.as_str());
    let signature = hash(&LIST.split(':').map(value).collect::<String>());
    fields.push(("HASHPARAMS".into(), LIST.into()));
    fields.push(("HASH".into(), signature));
    fields
}

fn started(model: &str) -> Step {
    let card = card().card();
    Interpos::start(&ctx(), Purpose::Sale, model, &terms(1_001), Some(&card).filter(|_| model != "3d-host"))
        .expect("a form")
}

fn came_back(step: &Step, fields: &Fields) -> Result<Step, Fault> {
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let reply = Reply::Callback(native::callback(&pairs));
    Interpos::resume(&ctx(), Some(&terms(1_001)), &bank::state_of(step), &reply, None)
}

/// One call of a host of its own: a host counts comparisons per call.
fn said(model: &str, changes: &[(&str, &str)]) -> String {
    let _host = bank::host();
    word(&came_back(&started(model), &back(changes)))
}

fn refused(fields: &Fields) {
    let _host = bank::host();
    assert_eq!(word(&came_back(&started("3d"), fields)), "not-authentic", "{fields:?}");
}

#[test]
fn the_form_carries_the_card_and_a_signature() {
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
    assert_eq!((get("Pan"), get("Cvv2"), get("Expiry")), (Some(CARD), Some(CODE), Some("0130")));
    assert_eq!((get("SecureType"), get("TxnType"), get("CardType")), (Some("3DModel"), Some("Auth"), Some("1")));
    let rnd = get("Rnd").expect("a random value");
    let expected = hash(&format!("{SHOP}{ORDER}10.01{URL}{URL}Auth{rnd}"));
    assert_eq!(get("Hash"), Some(expected.as_str()));
    assert_eq!((get("UserCode"), get("UserPass")), (None, None), "the API's user is none of the browser's business");
    native::check_sinks(&step, &["gate"], &["api"]).expect("no sink is refused");
    assert!(native::check_sinks(&step, &[], &["api"]).is_err());
    assert!(!native::readable(&step).contains(CARD));
}

#[test]
fn models_differ_in_who_charges() {
    let _host = bank::host();
    for (model, word, endpoint) in [("3d-pay", "3DPay", "gate"), ("3d-host", "3DHost", "hosted-page")] {
        let step = started(model);
        let Step::Browse(browse) = &step else { panic!("a form") };
        assert_eq!(browse.effect, Effect::OnceOnlyWrite);
        let text = native::transcript(&step);
        assert!(text.contains(&format!("SecureType={word}")) && text.starts_with(&format!("browse {endpoint} ")));
        assert_eq!(text.contains("Pan="), model == "3d-pay");
    }
    native::check_sinks(&started("3d-host"), &[], &[]).expect("nothing of a card is in it");
    let step = Interpos::start(&ctx(), Purpose::Authorize, "3d", &terms(1), Some(&card().card())).expect("a form");
    assert!(native::transcript(&step).contains("TxnType=PreAuth"));
    assert_eq!(word(&Interpos::start(&ctx(), Purpose::Sale, "3d", &terms(1), None)), "invalid");
    assert_eq!(word(&Interpos::start(&ctx(), Purpose::Sale, "oos", &terms(1), Some(&card().card()))), "unsupported");
    let mut mail = terms(1);
    mail.entry = "telephone-order".into();
    assert_eq!(word(&Interpos::start(&ctx(), Purpose::Sale, "3d", &mail, Some(&card().card()))), "invalid");
}

#[test]
fn what_the_gate_vouched_for_is_charged() {
    let _host = bank::host();
    let step = came_back(&started("3d"), &back(&[])).expect("a step");
    let body = sent(&step);
    assert!(
        body.ends_with(
            "&TxnType=Auth&SecureType=NonSecure&OrderId=01JD8ZK0Q3&PurchAmount=10.01&Currency=949&InstallmentCount=\
             &MD=MD%2B1%3D&PayerTxnId=&Eci=02&PayerAuthenticationCode=AAAB%3D&MOTO=0&Lang=tr"
        ),
        "{body}"
    );
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!(send.effect, Effect::OnceOnlyWrite);
    assert_eq!(word(&bank::resumed(&step, 1_001, &answer(&approved()))), "approved");
}

#[test]
fn only_what_the_account_accepts_is_charged() {
    for status in ["0", "2", "3", "4", "5", "6", "7", "8"] {
        let word = said("3d", &[("mdStatus", status), ("3DStatus", status)]);
        assert!(word.starts_with("declined "), "{status}: {word}");
    }
    assert_eq!(said("3d", &[("mdStatus", ""), ("3DStatus", "")]), "declined authenticate-again");
    assert_eq!(said("3d", &[("MD", "")]), "declined authenticate-again");
    assert_eq!(said("3d", &[("3DStatus", "0")]), "declined authenticate-again");
    assert_eq!(said("3d", &[("ProcReturnCode", "81"), ("mdStatus", "0"), ("3DStatus", "0")]), "declined config-error");
    assert_eq!(said("3d", &[("ProcReturnCode", "51")]), "declined insufficient-funds");
    let _half = bank::session().setting("accepted-md-status", "1,2,3,4").start();
    for (status, expected) in [("4", "send"), ("5", "declined authenticate-again")] {
        let step = came_back(&started("3d"), &back(&[("mdStatus", status), ("3DStatus", status)]));
        assert_eq!(word(&step), expected, "{status}");
    }
}

#[test]
fn a_forged_or_foreign_callback_is_refused() {
    for (name, value) in [
        ("OrderId", "ANOTHER"),
        ("PurchAmount", "10,02"),
        ("PurchAmount", ""),
        ("Currency", "840"),
        ("OkUrl", "https://odeme.example/"),
        ("FailUrl", ""),
        ("ShopCode", "4711"),
    ] {
        refused(&back(&[(name, value)]));
    }
    for (name, value) in [("mdStatus", "1"), ("MD", "x"), ("HASH", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="), ("HASH", "")] {
        let mut fields = back(&[("mdStatus", "0"), ("3DStatus", "1")]);
        fields.retain(|(there, _)| there != name);
        fields.push((name.to_owned(), value.to_owned()));
        refused(&fields);
    }
    // Another list of names: any value could stand for any other.
    let text = format!("10,01949{URL}{URL}MD+1={ORDER}810");
    let mut fields = back(&[("ProcReturnCode", "81"), ("mdStatus", "0"), ("3DStatus", "0")]);
    fields.retain(|(name, _)| !matches!(name.as_str(), "HASHPARAMS" | "HASH" | "mdStatus"));
    fields.extend([
        ("A".into(), text[..text.len() - 2].to_owned()),
        ("mdStatus".into(), "1".into()),
        ("B".into(), "0".into()),
    ]);
    fields.extend([("HASHPARAMS".into(), "A:mdStatus:B:".into()), ("HASH".into(), hash(&text))]);
    refused(&fields);
    // Nothing but the pass would be hashed.
    let bare: Fields = vec![("HASH".into(), hash("")), ("HASHPARAMS".into(), LIST.into())];
    refused(&bare);
    // A name given twice is nobody's word.
    let mut twice = back(&[]);
    twice.push(("OrderId".into(), ORDER.into()));
    refused(&twice);
}

#[test]
fn values_cannot_be_moved_over_their_borders() {
    let _host = bank::host();
    // A refusal with code 81 and no result hashes like code 8 with result 1.
    let honest = back(&[("ProcReturnCode", "81"), ("mdStatus", ""), ("3DStatus", "")]);
    for (code, response) in [("8", ""), ("", "8")] {
        let mut moved = honest.clone();
        for (name, value) in &mut moved {
            match name.as_str() {
                "ProcReturnCode" => code.clone_into(value),
                "Response" => response.clone_into(value),
                "mdStatus" | "3DStatus" => "1".clone_into(value),
                _ => {}
            }
        }
        let word = word(&came_back(&started("3d"), &moved));
        assert!(word.starts_with("declined "), "{word}");
        // Where the bank charges by itself, a moved border settles nothing: the bank is asked.
        assert_eq!(crate::bank::word(&came_back(&started("3d-pay"), &moved)), "send");
    }
    // A charge must not be made a refusal either.
    let mut moved = back(&[("ProcReturnCode", "00"), ("Response", "Approved")]);
    for (name, value) in &mut moved {
        match name.as_str() {
            "ProcReturnCode" => value.clear(),
            "Response" => "00Approved".clone_into(value),
            _ => {}
        }
    }
    assert_eq!(word(&came_back(&started("3d-pay"), &moved)), "send");
}

#[test]
fn a_bank_that_charges_itself_is_believed_when_its_words_agree() {
    for model in ["3d-pay", "3d-host"] {
        let host = bank::host();
        let yes = [("ProcReturnCode", "00"), ("TxnResult", "Success"), ("AuthCode", "P1"), ("TransId", "T7")];
        let Outcome::Approved(approval) = outcome(came_back(&started(model), &back(&yes))) else { panic!("approved") };
        assert_eq!(approval.stated.minor, Some(1_001));
        assert_eq!(approval.stated.currency.as_deref(), Some("949"));
        assert_eq!(approval.stated.order_id.as_deref(), Some(ORDER));
        assert_eq!(approval.bank.transaction_id.as_deref(), Some("T7"));
        drop(host);
        for (changes, expected) in [
            (&[("ProcReturnCode", "00"), ("TxnResult", "Failed")][..], "send"),
            (&[("ProcReturnCode", "51"), ("TxnResult", "Success")], "send"),
            (&[("ProcReturnCode", "51"), ("TxnResult", "Failed")], "declined insufficient-funds"),
            (&[("ProcReturnCode", "94"), ("TxnResult", "Failed")], "send"),
            (&[("ProcReturnCode", "ZZ")], "send"),
            (&[], "send"),
            (&[("mdStatus", "0"), ("3DStatus", "0")], "declined authenticate-again"),
            (&[("mdStatus", "0"), ("3DStatus", "0"), ("ProcReturnCode", "81")], "declined config-error"),
        ] {
            assert_eq!(said(model, changes), expected, "{changes:?}");
        }
    }
}

#[test]
fn what_a_callback_leaves_open_the_bank_answers() {
    let _host = bank::host();
    let ask = came_back(&started("3d-pay"), &back(&[])).expect("a step");
    let Step::Send(send) = &ask else { panic!("a request") };
    assert_eq!(send.effect, Effect::ReadOnly);
    for (body, expected) in [
        (bank::line("S", "C", "10,01", "0"), "approved"),
        (bank::line("S", "D", "10,01", "0"), "declined not-approved"),
        (bank::no_line("05"), "unknown"),
        (bank::no_line("81"), "unknown"),
    ] {
        assert_eq!(word(&bank::resumed(&ask, 1_001, &answer(&body))), expected);
    }
}

#[test]
fn a_callback_finds_its_attempt() {
    let found = |pairs: &[(&str, &str)]| Interpos::correlate(&native::callback(pairs)).ok();
    assert_eq!(found(&[("OrderId", ORDER)]).as_deref(), Some(ORDER));
    assert_eq!(found(&[("OrderId", "")]), None);
    assert_eq!(found(&[("OrderId", "a"), ("OrderId", "b")]), None);
    assert_eq!(found(&[("OrderId", &"x".repeat(65))]), None);
}

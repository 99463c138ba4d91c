//! The 3-D gate, there and back.

use pos_posnet_v1::PosnetV1;
use vezne_plugin::{BrowserAction, Effect, Fault, Outcome, Purpose, Step, ThreeDSecure, native};

use crate::bank::{
    self, CARD, CODE, Fields, KEY, MERCHANT, PADDED, TERMINAL, answer, approved, back, callback, card, ctx, outcome,
    refused, resumed, sent, terms, word,
};

fn started(model: &str) -> Step {
    let card = card().card();
    PosnetV1::start(&ctx(), Purpose::Sale, model, &terms(1_001), Some(&card).filter(|_| model != "3d-host"))
        .expect("a form")
}

fn came_back(step: &Step, fields: &Fields) -> Result<Step, Fault> {
    resumed(step, 1_001, &callback(fields))
}

fn form_of(step: &Step) -> String {
    let Step::Browse(browse) = step else { panic!("a form") };
    assert_eq!((browse.effect, browse.correlation.as_str()), (Effect::ReadOnly, PADDED));
    let BrowserAction::PostForm(form) = &browse.action else { panic!("posted") };
    let fields: Vec<String> = form
        .fields
        .iter()
        .map(|field| format!("{}={}", field.name, String::from_utf8_lossy(&native::reveal_part(&field.value))))
        .collect();
    fields.join("&")
}

#[test]
fn the_form_carries_the_card_and_a_signature_over_it() {
    let _host = bank::host();
    let step = started("3d");
    let mac = bank::mac(&format!("{MERCHANT}{TERMINAL}{CARD}{CODE}29021001"));
    assert_eq!(
        form_of(&step),
        format!(
            "MerchantNo={MERCHANT}&TerminalNo={TERMINAL}&PosnetID=1010028724242434&TransactionType=Sale&OrderId={PADDED}&Amount=1001&\
             CurrencyCode=TL&MerchantReturnURL=https://odeme.example/pos/t/p/callback&InstallmentCount=0&Language=tr&TxnState=INITIAL&\
             OpenNewWindow=0&CardNo={CARD}&ExpiredDate=2902&Cvv={CODE}&CardHolderName=Ayşe \"Gül\" Yılmaz&\
             MacParams=MerchantNo:TerminalNo:CardNo:Cvc2:ExpireDate:Amount&UseOOS=0&Mac={mac}"
        )
    );
    native::check_sinks(&step, &["gate"], &[]).expect("no sink is refused");
    assert!(native::check_sinks(&step, &[], &[]).is_err());
}

#[test]
fn the_banks_own_page_gets_no_card() {
    let _host = bank::host();
    let step = started("3d-host");
    let form = form_of(&step);
    let mac = bank::mac(&format!("{MERCHANT}{TERMINAL}1001"));
    assert!(form.ends_with(&format!("&UseOOS=1&MacParams=MerchantNo:TerminalNo:Amount&Mac={mac}")), "{form}");
    assert!(!form.contains("CardNo"), "{form}");
    native::check_sinks(&step, &[], &[]).expect("nothing of a card is in it");
}

#[test]
fn what_cannot_go_to_the_gate_is_refused_before() {
    let host = bank::host();
    let card = card().card();
    assert_eq!(word(&PosnetV1::start(&ctx(), Purpose::Sale, "3d", &terms(1), None)), "invalid");
    assert_eq!(word(&PosnetV1::start(&ctx(), Purpose::Sale, "3d-pay", &terms(1), Some(&card))), "unsupported");
    assert_eq!(word(&PosnetV1::start(&ctx(), Purpose::Sale, "3d", &terms(0), Some(&card))), "invalid");
    let mut mail = terms(1);
    mail.entry = "telephone-order".into();
    assert_eq!(word(&PosnetV1::start(&ctx(), Purpose::Sale, "3d", &mail, Some(&card))), "invalid");
    drop(host);
    let _without = bank::session().setting("posnet-id", "").start();
    assert_eq!(word(&PosnetV1::start(&ctx(), Purpose::Sale, "3d", &terms(1), Some(&card))), "bad-config");
}

#[test]
fn what_the_gate_vouched_for_is_charged() {
    let _host = bank::host();
    let step = came_back(&started("3d"), &back(&[])).expect("a charge");
    let Step::Send(send) = &step else { panic!("a charge") };
    assert_eq!(send.effect, Effect::OnceOnlyWrite);
    let mac = bank::mac(&format!("{MERCHANT}{TERMINAL}1010028947569644jKOBaLBL3hQ+CREBPu1HBQQAAAA=021"));
    let body = sent(&step);
    assert!(body.starts_with("/Sale "), "{body}");
    assert!(
        body.contains(
            "\"ThreeDSecureData\":{\"SecureTransactionId\":\"1010028947569644\",\"CavvData\":\"jKOBaLBL3hQ+CREBPu1HBQQAAAA=\",\
             \"Eci\":\"02\",\"MdStatus\":1,\"MD\":\"0161010028947569644,0161010028947569644\"}"
        ) && body.contains(&format!("\"MAC\":\"{mac}\"")),
        "{body}"
    );
    let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &answer(&approved()))) else { panic!("approved") };
    assert_eq!(approval.bank.transaction_id.as_deref(), Some(KEY));
    assert_eq!(word(&resumed(&step, 1_001, &answer(&refused("0148", "")))), "declined config-error");
    let confirm = resumed(&step, 1_001, &answer(&refused("0127", ""))).expect("a question");
    assert!(sent(&confirm).contains("\"OrderId\":\"TDS_000000000001JD8ZK0Q3\""));
}

#[test]
fn the_signature_is_verified_before_anything_else() {
    let (step, good) = {
        let _host = bank::host();
        (started("3d"), back(&[]))
    };
    let signed = ["ECI", "CAVV", "MdStatus", "MdErrorMessage", "MD", "SecureTransactionId", "MacParams", "Mac"];
    for name in signed {
        let _host = bank::host();
        let at = good.iter().position(|(there, _)| there == name).expect("is there");
        let mut changed = good.clone();
        changed[at].1.push('1');
        assert_eq!(word(&came_back(&step, &changed)), "not-authentic", "{name} changed");
        let mut without = good.clone();
        without.remove(at);
        assert_eq!(word(&came_back(&step, &without)), "not-authentic", "without {name}");
        let mut twice = good.clone();
        twice.push((name.into(), "1".into()));
        assert_eq!(word(&came_back(&step, &twice)), "not-authentic", "{name} twice");
    }
    let _host = bank::host();
    assert_eq!(word(&came_back(&step, &Vec::new())), "not-authentic");
}

#[test]
fn the_payer_cannot_write_the_list() {
    let _host = bank::host();
    let step = started("3d");
    for list in ["", ":", "MD", "ECI:CAVV:MdErrorMessage:MD:SecureTransactionId", "SecureTransactionId:MD"] {
        assert_eq!(
            word(&came_back(&step, &back(&[("MacParams", list), ("MdStatus", "1")]))),
            "not-authentic",
            "{list}"
        );
    }
}

#[test]
fn values_cannot_be_moved_under_a_genuine_signature() {
    let _host = bank::host();
    let step = started("3d");
    // Genuine, but the authentication failed; somewhere behind the result there is a 1.
    let failed = back(&[
        ("ECI", "07"),
        ("CAVV", ""),
        ("MdStatus", "0"),
        ("MdErrorMessage", "Not authenticated"),
        ("MD", "0161010063138198543"),
    ]);
    assert_eq!(word(&came_back(&step, &failed)), "declined authenticate-again");
    let value = |name: &str| failed.iter().find(|(there, _)| there == name).map_or("", |(_, value)| value.as_str());
    let row: String = ["ECI", "CAVV", "MdStatus", "MdErrorMessage", "MD", "SecureTransactionId"].map(value).concat();
    for at in row.match_indices('1').map(|(at, _)| at) {
        let mut forged: Fields = failed.iter().filter(|(name, _)| !row_name(name)).cloned().collect();
        let (before, after) = (&row[..at], &row[at + 1..]);
        let (eci, cavv) = before.split_at(before.len().min(2));
        for (name, value) in [
            ("ECI", eci),
            ("CAVV", cavv),
            ("MdStatus", "1"),
            ("MdErrorMessage", after),
            ("MD", ""),
            ("SecureTransactionId", ""),
        ] {
            forged.push((name.into(), value.into()));
        }
        let _fresh = bank::host();
        assert_ne!(word(&came_back(&step, &forged)), "send", "at {at}");
    }
}

fn row_name(name: &str) -> bool {
    matches!(name, "ECI" | "CAVV" | "MdStatus" | "MdErrorMessage" | "MD" | "SecureTransactionId")
}

#[test]
fn a_genuine_callback_must_still_be_ours() {
    let _host = bank::host();
    let step = started("3d");
    for (name, value) in [
        ("OrderId", "000000000001JD8ZK0Q4"),
        ("OrderId", ""),
        ("MerchantId", "1"),
        ("Amount", "1"),
        ("Amount", ""),
        ("CurrencyCode", "840"),
        ("CurrencyCode", "US"),
        ("InstalmentCode", "3"),
        ("InstalmentCode", "x"),
    ] {
        let _fresh = bank::host();
        assert_eq!(word(&came_back(&step, &back(&[(name, value)]))), "not-authentic", "{name}={value}");
    }
    for (name, value) in [("CurrencyCode", ""), ("CurrencyCode", "TL"), ("InstalmentCode", "1"), ("MerchantId", "")] {
        let _fresh = bank::host();
        assert_eq!(word(&came_back(&step, &back(&[(name, value)]))), "send", "{name}={value}");
    }
}

#[test]
fn only_an_accepted_result_is_charged() {
    for (accepted, status, expected) in [
        ("1", "1", "send"),
        ("1", "2", "declined authenticate-again"),
        ("1", "4", "declined authenticate-again"),
        ("1,4", "4", "send"),
        ("1,2,3,4", "3", "send"),
        ("1,2,3,4", "0", "declined authenticate-again"),
        ("1", "", "declined authenticate-again"),
        ("1", "7", "declined try-later"),
        ("1", "8", "declined wrong-card-number"),
        ("1", "9", "declined config-error"),
    ] {
        let _host = bank::session().setting("accepted-md-status", accepted).start();
        assert_eq!(word(&came_back(&started("3d"), &back(&[("MdStatus", status)]))), expected, "{accepted}: {status}");
    }
    let _host = bank::host();
    let nothing_vouched = back(&[("SecureTransactionId", "")]);
    assert_eq!(word(&came_back(&started("3d"), &nothing_vouched)), "declined authenticate-again");
}

#[test]
fn a_callback_is_matched_by_its_order() {
    let correlate = |pairs: &[(&str, &str)]| PosnetV1::correlate(&native::callback(pairs));
    assert_eq!(correlate(&[("OrderId", PADDED)]).ok().as_deref(), Some(PADDED));
    for bad in [vec![], vec![("OrderId", "")], vec![("OrderId", "1")], vec![("OrderId", PADDED), ("ORDERID", PADDED)]] {
        assert!(correlate(&bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_reservation_can_begin_at_the_gate() {
    let _host = bank::host();
    let step = PosnetV1::start(&ctx(), Purpose::Authorize, "3d", &terms(1_001), Some(&card().card())).expect("a form");
    assert!(form_of(&step).contains("TransactionType=Auth"));
    assert!(sent(&came_back(&step, &back(&[])).expect("a charge")).starts_with("/Auth "));
}

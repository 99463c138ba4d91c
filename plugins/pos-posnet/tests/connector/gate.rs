//! The 3-D gate, there and back.

use pos_posnet::Posnet;
use vezne_plugin::{BrowserAction, Effect, Fault, Outcome, Payments, Purpose, Reply, Step, ThreeDSecure, native};

use crate::bank::{
    self, CARD, CODE, KEY, ORDER, XID, answer, approved, approved_before, card, ctx, encrypted, outcome, refused,
    resolved, resumed, sent, terms, word,
};

const BACK: [(&str, &str); 8] = [
    ("MerchantPacket", "E1D0C0FB6EC5"),
    ("BankPacket", "F61E1D0C0FB6"),
    ("Sign", "9998F61E1D0C"),
    ("CCPrefix", "450634"),
    ("TranType", "Sale"),
    ("Amount", "1001"),
    ("Xid", XID),
    ("MerchantId", "6706598320"),
];

fn started(model: &str) -> Step {
    let card = card().card();
    Posnet::start(&ctx(), Purpose::Sale, model, &terms(1_001), Some(&card).filter(|_| model != "3d-host"))
        .expect("a step")
}

fn at_gate(model: &str) -> Step {
    resumed(&started(model), 1_001, &answer(&encrypted())).expect("a form")
}

fn came_back(step: &Step, pairs: &[(&str, &str)]) -> Result<Step, Fault> {
    resumed(step, 1_001, &Reply::Callback(native::callback(pairs)))
}

/// The question to the bank what the gate said.
fn resolving() -> Step {
    came_back(&at_gate("3d"), &BACK).expect("a question")
}

fn good() -> Vec<u8> {
    resolved(XID, "1001", "TL", "1", "00")
}

#[test]
fn the_bank_encrypts_the_card_before_the_browser_goes() {
    let _host = bank::host();
    let step = started("3d");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!(send.effect, Effect::ReadOnly);
    let body = sent(&step);
    assert!(
        body.contains(&format!(
            "<oosRequestData><posnetid>27426</posnetid><ccno>{CARD}</ccno><expDate>2902</expDate><cvc>{CODE}</cvc><amount>1001</amount>\
             <currencyCode>TL</currencyCode><installment>00</installment><XID>{XID}</XID><cardHolderName>Ayşe Yılmaz &amp; Oğlu</cardHolderName>\
             <tranType>Sale</tranType></oosRequestData>"
        )),
        "{body}"
    );
    let form = resumed(&step, 1_001, &answer(&encrypted())).expect("a form");
    let Step::Browse(browse) = &form else { panic!("a form") };
    assert_eq!((browse.effect, browse.correlation.as_str()), (Effect::ReadOnly, XID));
    let BrowserAction::PostForm(posted) = &browse.action else { panic!("posted") };
    let fields: Vec<String> = posted
        .fields
        .iter()
        .map(|field| format!("{}={}", field.name, String::from_utf8_lossy(&native::reveal_part(&field.value))))
        .collect();
    assert_eq!(
        fields,
        [
            "mid=6706598320",
            "posnetID=27426",
            "posnetData=AEFE78",
            "posnetData2=69D048",
            "digest=9998F6",
            "merchantReturnURL=https://odeme.example/pos/t/p/callback",
            "url=",
            "lang=tr"
        ]
    );
    native::check_sinks(&form, &[], &[]).expect("nothing of the card is in the form");
}

#[test]
fn the_banks_own_page_gets_no_card() {
    let _host = bank::host();
    let body = sent(&started("3d-host"));
    assert!(!body.contains("ccno") && !body.contains("cvc") && body.contains("<cardHolderName/>"), "{body}");
    assert!(
        matches!(at_gate("3d-host"), Step::Browse(browse) if browse.effect == Effect::ReadOnly),
        "it charges nothing"
    );
}

#[test]
fn what_cannot_go_to_the_gate_is_refused_before() {
    let host = bank::host();
    let card = card().card();
    assert_eq!(word(&Posnet::start(&ctx(), Purpose::Sale, "3d", &terms(1), None)), "invalid");
    assert_eq!(word(&Posnet::start(&ctx(), Purpose::Sale, "3d-pay", &terms(1), Some(&card))), "unsupported");
    assert_eq!(word(&Posnet::start(&ctx(), Purpose::Sale, "3d", &terms(0), Some(&card))), "invalid");
    let mut mail = terms(1);
    mail.entry = "telephone-order".into();
    assert_eq!(word(&Posnet::start(&ctx(), Purpose::Sale, "3d", &mail, Some(&card))), "invalid");
    let mut dealer = ctx();
    dealer.attributes.push(("sub-dealer-identity".into(), "1234567890".into()));
    assert_eq!(word(&Posnet::start(&dealer, Purpose::Sale, "3d", &terms(1), Some(&card))), "unsupported");
    drop(host);
    let without_gate = bank::session().setting("posnet-id", "").start();
    assert_eq!(word(&Posnet::start(&ctx(), Purpose::Sale, "3d", &terms(1), Some(&card))), "bad-config");
    drop(without_gate);
    let _without_key = native::Session::new()
        .setting("merchant-id", bank::MID)
        .setting("terminal-id", bank::TID)
        .setting("posnet-id", "27426")
        .start();
    assert_eq!(word(&Posnet::start(&ctx(), Purpose::Sale, "3d", &terms(1), Some(&card))), "bad-config");
}

#[test]
fn a_bank_that_will_not_encrypt_has_charged_nothing() {
    let _host = bank::host();
    let step = started("3d");
    for (code, expected) in [
        ("0148", "declined config-error"),
        ("E189", "declined config-error"),
        ("0302", "not-processed"),
        ("", "not-processed"),
    ] {
        assert_eq!(word(&resumed(&step, 1_001, &answer(&refused(code, "")))), expected, "{code}");
    }
    assert_eq!(word(&resumed(&step, 1_001, &answer(&approved()))), "unreadable", "a yes without data");
    let failed = Reply::Failed(vezne_plugin::TransportFailure {
        phase: vezne_plugin::TransportPhase::Connecting,
        timed_out: false,
        detail: "refused".into(),
    });
    assert_eq!(word(&resumed(&step, 1_001, &failed)), "not-processed");
}

#[test]
fn what_the_browser_brings_is_only_a_question() {
    let _host = bank::host();
    let step = resolving();
    let Step::Send(send) = &step else { panic!("a question") };
    assert_eq!(send.effect, Effect::ReadOnly);
    let mac = bank::mac(&format!("{XID};1001;TL"));
    let body = sent(&step);
    assert!(
        body.contains(&format!(
            "<oosResolveMerchantData><bankData>F61E1D0C0FB6</bankData><merchantData>E1D0C0FB6EC5</merchantData>\
             <sign>9998F61E1D0C</sign><mac>{mac}</mac></oosResolveMerchantData>"
        )),
        "{body}"
    );
    for missing in ["MerchantPacket", "BankPacket", "Sign"] {
        let pairs: Vec<_> = BACK.into_iter().filter(|(name, _)| *name != missing).collect();
        assert_eq!(word(&came_back(&at_gate("3d"), &pairs)), "not-authentic", "{missing}");
    }
    for (at, other) in [(5, "1002"), (6, "000000000001JD8ZK0Q4"), (7, "1")] {
        let mut pairs = BACK.to_vec();
        pairs[at].1 = other;
        assert_eq!(word(&came_back(&at_gate("3d"), &pairs)), "not-authentic", "{}", pairs[at].0);
    }
    let long = "F".repeat(5_000);
    let mut pairs = BACK.to_vec();
    pairs[0].1 = &long;
    assert_eq!(word(&came_back(&at_gate("3d"), &pairs)), "not-authentic");
}

#[test]
fn what_the_gate_vouched_for_is_charged() {
    let _host = bank::host();
    let charge = resumed(&resolving(), 1_001, &answer(&good())).expect("a charge");
    let Step::Send(send) = &charge else { panic!("a charge") };
    assert_eq!(send.effect, Effect::OnceOnlyWrite);
    let mac = bank::mac(&format!("{XID};1001;TL"));
    let body = sent(&charge);
    assert!(
        body.contains("<oosTranData><bankData>F61E1D0C0FB6</bankData>")
            && body.contains(&format!("<wpAmount>0</wpAmount><mac>{mac}</mac>")),
        "{body}"
    );
    let Outcome::Approved(approval) = outcome(resumed(&charge, 1_001, &answer(&approved()))) else {
        panic!("approved")
    };
    assert_eq!(approval.bank.transaction_id.as_deref(), Some(KEY));
    assert_eq!(approval.bank.bank_order_id.as_deref(), Some(ORDER));
    assert_eq!(word(&resumed(&charge, 1_001, &answer(&refused("0051", "")))), "declined insufficient-funds");
    assert_eq!(word(&resumed(&charge, 1_001, &answer(&refused("0600", "")))), "declined config-error");
    let confirm = resumed(&charge, 1_001, &answer(&approved_before())).expect("a question");
    assert!(sent(&confirm).contains("<orderID>TDS_000000000001JD8ZK0Q3</orderID>"));
}

#[test]
fn the_signature_comes_first_then_order_amount_and_currency() {
    let step = {
        let _host = bank::host();
        resolving()
    };
    let good = String::from_utf8_lossy(&good()).into_owned();
    for (from, to) in [
        ("<mdStatus>1<", "<mdStatus>0<"),
        ("<amount>1001<", "<amount>1002<"),
        ("<currency>TL<", "<currency>US<"),
        ("<xid>00", "<xid>01"),
        ("<mac>", "<mac>A"),
    ] {
        let _host = bank::host();
        let forged = good.replacen(from, to, 1);
        assert_ne!(forged, good);
        assert_eq!(word(&resumed(&step, 1_001, &answer(forged.as_bytes()))), "not-authentic", "{from}");
    }
    for (xid, amount, currency, installment) in [
        ("000000000001JD8ZK0Q4", "1001", "TL", "00"),
        (XID, "1", "TL", "00"),
        (XID, "", "TL", "00"),
        (XID, "1001", "US", "00"),
        (XID, "1001", "", "00"),
        (XID, "1001", "TL", "06"),
        (XID, "1001", "TL", "x"),
    ] {
        let _host = bank::host();
        let other = resolved(xid, amount, currency, "1", installment);
        assert_eq!(
            word(&resumed(&step, 1_001, &answer(&other))),
            "not-authentic",
            "{xid} {amount} {currency} {installment}"
        );
    }
    let _host = bank::host();
    for installment in ["00", "", "01"] {
        let fine = resolved(XID, "000000001001", "TL", "1", installment);
        assert_eq!(word(&resumed(&step, 1_001, &answer(&fine))), "send", "{installment}");
    }
    assert_eq!(word(&resumed(&step, 1_001, &answer(&approved()))), "unreadable");
    for (code, expected) in
        [("0600", "declined config-error"), ("E216", "declined config-error"), ("E999", "not-processed")]
    {
        assert_eq!(word(&resumed(&step, 1_001, &answer(&refused(code, "Mac Doğrulama hatalı")))), expected);
    }
}

#[test]
fn only_an_accepted_result_is_charged() {
    for (accepted, test_mode, status, expected) in [
        ("1", false, "1", "send"),
        ("1", false, "2", "declined authenticate-again"),
        ("1", false, "4", "declined authenticate-again"),
        ("1,4", false, "4", "send"),
        ("1,2,3,4", false, "3", "send"),
        ("1,2,3,4", false, "0", "declined authenticate-again"),
        ("1", false, "", "declined authenticate-again"),
        ("1", false, "7", "declined try-later"),
        ("1", false, "9", "declined config-error"),
        ("1,9", false, "9", "declined config-error"),
        ("1,9", true, "9", "send"),
    ] {
        let _host = bank::session().setting("accepted-md-status", accepted).start();
        let step = resolving();
        let mut ctx = ctx();
        ctx.test_mode = test_mode;
        let body = resolved(XID, "1001", "TL", status, "00");
        let resumed = Posnet::resume(&ctx, Some(&terms(1_001)), &bank::state_of(&step), &answer(&body), None);
        assert_eq!(word(&resumed), expected, "{accepted} {test_mode}: {status}");
    }
}

#[test]
fn the_signature_of_the_charge_counts_where_the_store_wants_it() {
    let _host = bank::session().setting("charge-mac", "true").start();
    let charge = resumed(&resolving(), 1_001, &answer(&good())).expect("a charge");
    let with = |mac: &str| {
        let text = String::from_utf8_lossy(&approved()).into_owned();
        answer(text.replace("</posnetResponse>", &format!("<mac>{mac}</mac></posnetResponse>")).as_bytes())
    };
    assert_eq!(word(&resumed(&charge, 1_001, &with(&bank::mac(&format!("{KEY};{XID};1001;TL"))))), "approved");
    assert_eq!(word(&resumed(&charge, 1_001, &with("DF2323A3BMC782QOP42RT"))), "not-authentic");
    assert_eq!(word(&resumed(&charge, 1_001, &answer(&approved()))), "not-authentic");
    assert_eq!(word(&resumed(&charge, 1_001, &answer(&refused("0051", "")))), "declined insufficient-funds");
}

#[test]
fn a_callback_is_matched_by_its_xid() {
    assert_eq!(Posnet::correlate(&native::callback(&BACK)).ok().as_deref(), Some(XID));
    for bad in [
        vec![],
        vec![("Xid", "")],
        vec![("Xid", "1")],
        vec![("Xid", XID), ("XID", XID)],
        vec![("Xid", "şşşşşşşşşşşşşşşşşşşş")],
    ] {
        assert!(Posnet::correlate(&native::callback(&bad)).is_err(), "{bad:?}");
    }
}

#[test]
fn a_reservation_can_begin_at_the_gate() {
    let _host = bank::host();
    let step = Posnet::start(&ctx(), Purpose::Authorize, "3d", &terms(1_001), Some(&card().card())).expect("a step");
    assert!(sent(&step).contains("<tranType>Auth</tranType>"));
    let form = resumed(&step, 1_001, &answer(&encrypted())).expect("a form");
    let charge = resumed(&came_back(&form, &BACK).expect("a question"), 1_001, &answer(&good())).expect("a charge");
    let Outcome::Approved(approval) = outcome(resumed(&charge, 1_001, &answer(&approved()))) else {
        panic!("approved")
    };
    assert_eq!(approval.bank.extra, [("stands-as".to_owned(), "auth".to_owned())]);
}

//! The 3-D gate, there and back.

use pos_param::Param;
use pos_param::gate::Page;
use vezne_plugin::value::Value;
use vezne_plugin::{
    BrowserAction, DigestAlg, Effect, Fault, Outcome, Payments, Purpose, Reply, Step, TextForm, ThreeDSecure, native,
};

use crate::bank::{self, CLIENT, GUID, ORDER, URL, answer, card, completed, ctx, line, outcome, sent, terms, word};

type Fields = Vec<(String, String)>;

const VISIT: &str = "8b6868fe-a553-4164-a7cc-528461f21759";
const MD: &str = "444676:13FDE309:3473:##190100000";
const PAGE: &str = "<html><body><form action=\"https://acs.example/creq\" method=\"post\"><input type=\"hidden\" name=\"creq\" value=\"e30=\"/>\
                    <input type=\"submit\" value=\"Go\"/></form><script>document.forms[0].submit()</script></body></html>";
const AT_GATE: &str =
    "https://test-pos.param.com.tr/3D_Secure/AkilliKart_3DPay_PFO.aspx?rURL=TURKPOS_3D_TRAN&SID=f2771b35";
const TICKET: &str = "ImBuIu4mlRqIABImnjl/ikGHMe5ZOjZj";

fn hash(text: &str) -> String {
    let signed = Value::from(text).digest(DigestAlg::Sha1, TextForm::Base64);
    String::from_utf8_lossy(signed.revealed()).into_owned()
}

fn operation(model: &str) -> &'static str {
    match model {
        "3d" => "TP_WMD_UCD",
        "3d-pay" => "Pos_Odeme",
        _ => "TO_Pre_Encrypting_OOS",
    }
}

/// Param's answer to the beginning of a visit.
fn way(model: &str) -> Vec<u8> {
    let fields = match model {
        "3d" => bank::fields(&[
            ("Islem_ID", "6021846789"),
            ("Islem_GUID", VISIT),
            ("UCD_HTML", PAGE),
            ("UCD_MD", "x"),
            ("Sonuc", "1"),
            ("Siparis_ID", ORDER),
        ]),
        "3d-pay" => bank::fields(&[("Islem_ID", "6021847071"), ("UCD_URL", AT_GATE), ("Sonuc", "1")]),
        _ => TICKET.to_owned(),
    };
    bank::soap(operation(model), &fields)
}

fn started(model: &str) -> Step {
    let card = card().card();
    Param::start(&ctx(), Purpose::Sale, model, &terms(1_001), Some(&card).filter(|_| model != "3d-host"))
        .expect("a request")
}

/// The step that sends the payer away.
pub fn at_gate(model: &str) -> Step {
    bank::resumed(&started(model), 1_001, &answer(&way(model))).expect("the way to the gate")
}

fn changed(mut fields: Fields, changes: &[(&str, &str)]) -> Fields {
    for (name, value) in changes {
        fields.retain(|(there, _)| there != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    fields
}

fn owned(fields: &[(&str, &str)]) -> Fields {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn text(fields: &Fields, names: &[&str]) -> String {
    let value = |wanted: &&str| fields.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value.as_str());
    names.iter().map(value).collect()
}

/// A callback after authentication, with some values changed, signed as Param's page says.
fn authenticated(changes: &[(&str, &str)]) -> Fields {
    let honest = [
        ("md", MD),
        ("mdStatus", "1"),
        ("orderId", ORDER),
        ("transactionAmount", "10,01"),
        ("islemGUID", VISIT),
        ("bankResult", "Y-status"),
        ("dc", ""),
    ];
    let mut fields = changed(owned(&honest), changes);
    let signature = hash(&format!("{}{GUID}", text(&fields, &["islemGUID", "md", "mdStatus", "orderId"])));
    fields.push(("islemHash".into(), signature));
    fields
}

/// A callback after a charge by the gate.
fn charged(changes: &[(&str, &str)]) -> Fields {
    let honest = [
        ("TURKPOS_RETVAL_Islem_ID", ORDER),
        ("TURKPOS_RETVAL_Sonuc", "1"),
        ("TURKPOS_RETVAL_GUID", GUID),
        ("TURKPOS_RETVAL_Dekont_ID", "3007300695"),
        ("TURKPOS_RETVAL_Tahsilat_Tutari", "10,01"),
        ("TURKPOS_RETVAL_Siparis_ID", ORDER),
        ("TURKPOS_RETVAL_PB", "TL"),
    ];
    let mut fields = changed(owned(&honest), changes);
    let names = ["Dekont_ID", "Tahsilat_Tutari", "Siparis_ID", "Islem_ID"].map(|name| format!("TURKPOS_RETVAL_{name}"));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    fields.push(("TURKPOS_RETVAL_Hash".into(), hash(&format!("{CLIENT}{GUID}{}", text(&fields, &names)))));
    fields
}

/// One call of a host of its own: a host counts comparisons per call.
fn came_back(model: &str, fields: &Fields) -> Result<Step, Fault> {
    let _host = bank::host();
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let state = bank::state_of(&at_gate(model));
    Param::resume(&ctx(), Some(&terms(1_001)), &state, &Reply::Callback(native::callback(&pairs)), None)
}

#[test]
fn the_way_to_the_gate_is_asked_for_and_charges_nothing() {
    let _host = bank::host();
    for model in ["3d", "3d-pay", "3d-host"] {
        let step = started(model);
        let Step::Send(send) = &step else { panic!("a request") };
        assert_eq!(send.effect, Effect::ReadOnly);
        let body = sent(&step);
        assert!(body.contains(&format!("<{} ", operation(model))), "{body}");
        assert_eq!(send.request.endpoint, if model == "3d-host" { "hosted-api" } else { "api" });
        assert_eq!(body.contains(bank::CARD), model != "3d-host");
    }
    let body = sent(&started("3d"));
    assert!(body.contains("<Islem_Guvenlik_Tip>3D<") && body.contains(&format!("<Basarili_URL>{URL}</Basarili_URL>")));
    assert!(body.contains(&hash(&format!("{CLIENT}{GUID}110,0110,01{ORDER}"))));
    assert!(sent(&started("3d-pay")).contains(&hash(&format!("{CLIENT}{GUID}110,0110,01{ORDER}{URL}{URL}"))));
    let hosted = sent(&started("3d-host"));
    assert!(
        hosted.contains(
            "<soap:Header><ServiceSecuritySoapHeader xmlns=\"https://turkodeme.com.tr/\"><CLIENT_CODE>10738<"
        )
    );
    assert!(hosted.contains("<Borclu_Odeme_Tip>r|Diğer<") && hosted.contains(&format!("<Islem_ID>{ORDER}</Islem_ID>")));
    assert!(hosted.contains(&format!("<Return_URL>r|{URL}</Return_URL>")) && !hosted.contains(GUID));
}

#[test]
fn what_param_cannot_do_is_refused_before() {
    let _host = bank::host();
    let start = |model: &str, terms: &vezne_plugin::Terms| {
        word(&Param::start(&ctx(), Purpose::Sale, model, terms, Some(&card().card())))
    };
    assert_eq!(start("oos", &terms(1)), "unsupported");
    assert_eq!(word(&Param::start(&ctx(), Purpose::Sale, "3d", &terms(1), None)), "invalid");
    let mut mail = terms(1);
    mail.entry = "telephone-order".into();
    assert_eq!(start("3d", &mail), "invalid");
    let mut foreign = terms(1);
    foreign.amount.currency = "USD".into();
    assert_eq!((start("3d", &foreign).as_str(), start("3d-pay", &foreign).as_str()), ("unsupported", "send"));
    for (model, expected) in [("3d", "send"), ("3d-pay", "unsupported"), ("3d-host", "unsupported")] {
        assert_eq!(
            word(&Param::start(&ctx(), Purpose::Authorize, model, &terms(1), Some(&card().card()))),
            expected,
            "{model}"
        );
    }
    let step = Param::start(&ctx(), Purpose::Authorize, "3d", &terms(1), Some(&card().card())).expect("a request");
    assert!(sent(&step).contains("<TP_Islem_Odeme_OnProv_WMD "));
}

#[test]
fn the_payer_is_led_where_param_says() {
    let _host = bank::host();
    let Step::Browse(browse) = at_gate("3d") else { panic!("a form") };
    assert_eq!((browse.effect, browse.correlation.as_str()), (Effect::ReadOnly, ORDER));
    let BrowserAction::PostForm(form) = &browse.action else { panic!("posted") };
    assert_eq!((form.endpoint.as_str(), form.path.as_str(), form.fields.len()), ("acs", "https://acs.example/creq", 1));
    let Step::Browse(browse) = at_gate("3d-pay") else { panic!("a form") };
    assert_eq!(browse.effect, Effect::OnceOnlyWrite);
    let BrowserAction::Redirect(form) = &browse.action else { panic!("a redirect") };
    assert_eq!((form.endpoint.as_str(), form.path.as_str()), ("gate", "/3D_Secure/AkilliKart_3DPay_PFO.aspx"));
    let names: Vec<&str> = form.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["rURL", "SID"]);
    let Step::Browse(browse) = at_gate("3d-host") else { panic!("a form") };
    assert_eq!(browse.effect, Effect::OnceOnlyWrite);
    assert_eq!(browse.known.extra, [("hosted-transaction".to_owned(), ORDER.to_owned())]);
    let BrowserAction::Redirect(form) = &browse.action else { panic!("a redirect") };
    assert_eq!((form.endpoint.as_str(), form.fields[0].name.as_str()), ("hosted-page", "s"));
}

#[test]
fn an_account_may_narrow_where_payers_are_led() {
    for (address, expected) in [("https://acs.example", "browse"), ("https://other.example", "bad-config")] {
        let _host = bank::session().setting("acs-address", address).start();
        assert_eq!(word(&bank::resumed(&started("3d"), 1_001, &answer(&way("3d")))), expected);
    }
}

#[test]
fn nobody_at_the_gate_is_nobody_charged() {
    let _host = bank::host();
    let said = |model: &str, body: &[u8]| word(&bank::resumed(&started(model), 1_001, &answer(body)));
    for (code, expected) in [("-100", "declined config-error"), ("-207", "not-processed"), ("-999", "not-processed")] {
        assert_eq!(said("3d", &bank::refused("TP_WMD_UCD", code, "", "")), expected, "{code}");
    }
    let text = String::from_utf8(way("3d")).expect("text");
    let other = text.replace(&format!("<Siparis_ID>{ORDER}"), "<Siparis_ID>6021");
    assert_eq!(said("3d", other.as_bytes()), "not-processed");
    assert_eq!(said("3d", text.replace("&lt;form", "&lt;div").as_bytes()), "not-processed");
    assert_eq!(said("3d", &bank::charged("TP_WMD_UCD")), "unknown", "charged where the gate was asked for");
    for broken in ["SOAP Güvenlik Hatası.192.168.190.2", "", "https://test-pos.param.com.tr/3D_Secure/x.aspx"] {
        let fields = bank::fields(&[("Islem_ID", "1"), ("UCD_URL", broken), ("Sonuc", "1")]);
        let word = said("3d-pay", &bank::soap("Pos_Odeme", &fields));
        assert!(matches!(word.as_str(), "unreadable" | "not-processed"), "{broken}: {word}");
        assert_eq!(said("3d-host", &bank::soap("TO_Pre_Encrypting_OOS", broken)), "unreadable");
    }
}

#[test]
fn an_address_is_taken_apart() {
    let page = Page::read("https://a.example:443/x/y.aspx?a=1&b=c%2Bd&e").expect("reads");
    assert_eq!((page.origin.as_str(), page.path.as_str()), ("https://a.example:443", "/x/y.aspx"));
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(page.query, [pair("a", "1"), pair("b", "c+d"), pair("e", "")]);
    for bad in [
        "",
        "x",
        "https://",
        "https://a",
        "https://a?",
        "ftp://a/?b=1",
        "https:///x?b=1",
        "https://a/ ?b=1",
        "https://a/?b=%zz",
    ] {
        assert!(Page::read(bad).is_err(), "{bad}");
    }
}

#[test]
fn what_the_gate_vouched_for_is_completed() {
    let step = came_back("3d", &authenticated(&[])).expect("a step");
    let _host = bank::host();
    let body = sent(&step);
    assert!(
        body.contains(&format!(
            "<UCD_MD>{MD}</UCD_MD><Islem_GUID>{VISIT}</Islem_GUID><Siparis_ID>{ORDER}</Siparis_ID>"
        )),
        "{body}"
    );
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!(send.effect, Effect::OnceOnlyWrite);
    let Outcome::Approved(approval) = outcome(bank::resumed(&step, 1_001, &answer(&completed()))) else {
        panic!("approved")
    };
    assert!(approval.bank.extra.contains(&("receipt".into(), "3007295376".into())));
    let text = String::from_utf8(completed()).expect("text");
    for (from, to, expected) in [
        (">3007295376<", ">0<", "unknown"),
        ("<Sonuc>1<", "<Sonuc>-1<", "declined not-approved"),
        ("<Sonuc>1<", "<Sonuc>-205<", "unknown"),
    ] {
        let body = text.replace(from, to);
        assert_eq!(word(&bank::resumed(&step, 1_001, &answer(body.as_bytes()))), expected, "{to}");
    }
}

#[test]
fn only_what_the_account_accepts_is_completed() {
    for status in ["", "0", "2", "3", "4", "5", "7"] {
        let word = word(&came_back("3d", &authenticated(&[("mdStatus", status)])));
        assert!(word.starts_with("declined "), "{status}: {word}");
    }
    assert_eq!(word(&came_back("3d", &authenticated(&[("md", "")]))), "declined authenticate-again");
    // The amount is not signed; one that is stated must be ours all the same.
    assert_eq!(word(&came_back("3d", &authenticated(&[("transactionAmount", "")]))), "send");
}

#[test]
fn a_forged_or_foreign_callback_is_refused() {
    let refused = |model: &str, fields: &Fields| {
        assert_eq!(word(&came_back(model, fields)), "not-authentic", "{model} {fields:?}");
    };
    for change in [("orderId", "ANOTHER"), ("islemGUID", "another"), ("islemGUID", ""), ("transactionAmount", "10,02")]
    {
        refused("3d", &authenticated(&[change]));
    }
    for (name, value) in
        [("mdStatus", "1"), ("md", "x"), ("islemHash", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="), ("islemHash", "")]
    {
        refused("3d", &changed(authenticated(&[("mdStatus", "0")]), &[(name, value)]));
    }
    refused("3d", &charged(&[]));
    refused("3d-pay", &authenticated(&[]));
    for change in [("TURKPOS_RETVAL_Islem_ID", "ANOTHER"), ("TURKPOS_RETVAL_Tahsilat_Tutari", "1,00")] {
        refused("3d-pay", &charged(&[change]));
    }
    refused("3d-pay", &changed(charged(&[]), &[("TURKPOS_RETVAL_Dekont_ID", "1")]));
    refused("3d-pay", &owned(&[("TURKPOS_RETVAL_Hash", &hash(&format!("{CLIENT}{GUID}")))]));
    refused("3d", &owned(&[("islemHash", &hash(GUID))]));
    let mut twice = authenticated(&[]);
    twice.push(("orderId".into(), ORDER.into()));
    refused("3d", &twice);
    // Moving a border changes what stands for the card: the last digit of `md` as the result.
    let honest = authenticated(&[("md", "444676:13FDE309:3473:##190100001"), ("mdStatus", "")]);
    let moved = changed(honest, &[("md", "444676:13FDE309:3473:##19010000"), ("mdStatus", "1")]);
    let step = came_back("3d", &moved).expect("a step");
    let _host = bank::host();
    assert!(sent(&step).contains("##19010000</UCD_MD>"), "Param knows no such md and refuses");
}

#[test]
fn a_gate_that_charges_is_never_believed_without_the_book() {
    for model in ["3d-pay", "3d-host"] {
        for claim in [&[][..], &[("TURKPOS_RETVAL_Sonuc", "-1"), ("TURKPOS_RETVAL_Dekont_ID", "0")]] {
            let ask = came_back(model, &charged(claim)).expect("a step");
            let _host = bank::host();
            let Step::Send(send) = &ask else { panic!("a question") };
            assert_eq!(send.effect, Effect::ReadOnly);
            assert_eq!(sent(&ask).contains("<Islem_ID>"), model == "3d-host");
            for (body, expected) in [
                (line("SUCCESS", "SALE", "10.01", "0"), "approved"),
                (line("FAIL", "SALE", "10.01", "0"), "declined not-approved"),
                (bank::no_line("-209"), "unknown"),
                (bank::no_line("-100"), "unknown"),
            ] {
                assert_eq!(word(&bank::resumed(&ask, 1_001, &answer(&body))), expected);
            }
        }
    }
}

#[test]
fn a_callback_finds_its_attempt() {
    let found = |pairs: &[(&str, &str)]| Param::correlate(&native::callback(pairs)).ok();
    assert_eq!(found(&[("orderId", ORDER)]).as_deref(), Some(ORDER));
    assert_eq!(
        found(&[("TURKPOS_RETVAL_Siparis_ID", "6021"), ("TURKPOS_RETVAL_Islem_ID", ORDER)]).as_deref(),
        Some(ORDER)
    );
    assert_eq!(found(&[("TURKPOS_RETVAL_Siparis_ID", ORDER), ("TURKPOS_RETVAL_Islem_ID", "")]).as_deref(), Some(ORDER));
    assert_eq!(found(&[("orderId", "")]), None);
    assert_eq!(found(&[("orderId", "a"), ("orderId", "b")]), None);
    assert_eq!(found(&[("orderId", &"x".repeat(37))]), None);
}

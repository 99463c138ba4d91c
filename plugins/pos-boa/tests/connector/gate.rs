//! 3-D Secure, there and back.

use pos_boa::Boa;
use vezne_plugin::body::url_form;
use vezne_plugin::{BrowserAction, Callback, Effect, Fault, Payments, Purpose, Reply, Step, ThreeDSecure, native};

use crate::bank::{
    self, BACK, BANKS, ORDER, answer, card, charged, ctx, html, outcome, page, path, sent, signature, terms, word,
};

type Fields = Vec<(String, String)>;

fn started() -> Step {
    Boa::start(&ctx(), Purpose::Sale, "3d", &terms(1_001), Some(&card().card())).expect("an enrolment")
}

fn browsing(bank: &str) -> Step {
    let form = page("https://acs.example/pareq?id=1", &[("PaReq", "abc"), ("MD", "m"), ("TermUrl", "https://bank")]);
    let _ = bank;
    bank::resumed(&started(), 1_001, &html(&form)).expect("a form")
}

/// What comes back, in the bank's form, signed.
fn back(bank: &str, order: &str, code: &str, amount: &str) -> Fields {
    let hash = signature(order, code, "86483278");
    let fields = [
        ("ResponseCode", code),
        ("ResponseMessage", "Kart doğrulandı."),
        ("MerchantOrderId", order),
        ("OrderId", "86483278"),
        ("HashData", &hash),
        ("MD", "67YtBfBRTZ0XBKnAHi8c/A=="),
    ];
    if bank == "kuveyt" {
        let message = [("Amount", amount), ("CurrencyCode", "0949")];
        let text = String::from_utf8(bank::contract(&fields, &message)).expect("text");
        return vec![("AuthenticationResponse".into(), url_form(&text))];
    }
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn callback(fields: &[(String, String)]) -> Callback {
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    native::callback(&pairs)
}

fn came_back(step: &Step, fields: &[(String, String)]) -> Result<Step, Fault> {
    Boa::resume(&ctx(), Some(&terms(1_001)), &bank::state_of(step), &Reply::Callback(callback(fields)), None)
}

#[test]
fn the_card_is_enrolled_by_us_and_the_payer_led_on_by_a_form_of_ours() {
    for bank in BANKS {
        let _host = bank::host(bank);
        let step = started();
        let Step::Send(send) = &step else { panic!("a request") };
        assert_eq!((send.effect, path(&step).as_str()), (Effect::ReadOnly, "home/ThreeDModelPayGate"));
        let body = sent(&step);
        assert!(body.contains(&format!("<OkUrl>{BACK}</OkUrl><FailUrl>{BACK}</FailUrl>")), "{body}");
        assert!(body.contains("<TransactionSecurity>3</TransactionSecurity>") && body.contains("<CardCVV2>588</"));
        assert_eq!(body.contains("<CardType>MasterCard</CardType>"), bank == "kuveyt");
        assert_eq!(body.contains("<DeviceData><ClientIP>192.0.2.7</ClientIP></DeviceData>"), bank == "kuveyt");
        let Step::Browse(browse) = browsing(bank) else { panic!("a form") };
        assert_eq!((browse.effect, browse.correlation.as_str()), (Effect::ReadOnly, ORDER));
        let BrowserAction::PostForm(form) = &browse.action else { panic!("posted") };
        assert_eq!((form.endpoint.as_str(), form.path.as_str()), ("acs", "https://acs.example/pareq?id=1"));
        let names: Vec<&str> = form.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["PaReq", "MD", "TermUrl"]);
    }
}

#[test]
fn an_account_bound_to_one_address_leads_nowhere_else() {
    let host = bank::session("kuveyt").setting("acs-address", "https://acs.example/").start();
    let plain = page("https://acs.example/pareq", &[("PaReq", "abc")]);
    let Step::Browse(browse) = bank::resumed(&started(), 1_001, &html(&plain)).expect("a form") else {
        panic!("a form")
    };
    let BrowserAction::PostForm(form) = &browse.action else { panic!("posted") };
    assert_eq!(form.path, "/pareq");
    drop(host);
    let _host = bank::session("kuveyt").setting("acs-address", "https://other.example").start();
    assert_eq!(word(&bank::resumed(&started(), 1_001, &html(&plain))), "bad-config");
}

#[test]
fn a_page_that_leads_straight_back_is_a_refusal() {
    for bank in BANKS {
        let _host = bank::host(bank);
        for (code, expected) in [
            ("HashDataError", "declined config-error"),
            ("CardNotEnrolled", "declined authenticate-again"),
            ("PosMerchantIPError", "declined config-error"),
            ("NeverHeardOf", "declined authenticate-again"),
            ("00", "declined authenticate-again"),
        ] {
            let fields = back(bank, ORDER, code, "1001");
            let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let step = bank::resumed(&started(), 1_001, &html(&page(BACK, &pairs)));
            assert_eq!(word(&step), expected, "{bank} {code}");
        }
        let bare = bank::resumed(&started(), 1_001, &answer(&bank::refused("MerchantNotDefined", "x")));
        assert_eq!(word(&bare), "declined config-error");
        assert_eq!(word(&bank::resumed(&started(), 1_001, &answer(&charged()))), "not-processed");
        for bad in [&b"<html><h1>Runtime Error</h1></html>"[..], b"", b"Request Rejected"] {
            assert_eq!(word(&bank::resumed(&started(), 1_001, &html(bad))), "unreadable");
        }
        let script = page("javascript:alert(1)", &[("a", "b")]);
        assert_eq!(word(&bank::resumed(&started(), 1_001, &html(&script))), "unreadable");
    }
}

#[test]
fn what_was_verified_is_charged_with_our_own_amount() {
    for bank in BANKS {
        let _host = bank::host(bank);
        let step = came_back(&browsing(bank), &back(bank, ORDER, "00", "1001")).expect("a step");
        let Step::Send(send) = &step else { panic!("a request") };
        assert_eq!((send.effect, path(&step).as_str()), (Effect::OnceOnlyWrite, "home/ThreeDModelProvisionGate"));
        assert_eq!(send.known.transaction_id.as_deref(), Some("86483278"));
        let body = sent(&step);
        assert!(body.contains("<Key>MD</Key><Data>67YtBfBRTZ0XBKnAHi8c/A==</Data>"), "{body}");
        assert!(body.contains("<Amount>1001</Amount>") && !body.contains("CardNumber"), "{body}");
        assert_eq!(word(&bank::resumed(&step, 1_001, &answer(&charged()))), "approved");
        assert_eq!(
            word(&bank::resumed(&step, 1_001, &answer(&bank::refused("MetaDataNotFound", "x")))),
            "declined not-found"
        );
    }
}

#[test]
fn a_callback_is_believed_only_with_the_banks_signature_over_our_order() {
    for bank in BANKS {
        let step = {
            let _host = bank::host(bank);
            browsing(bank)
        };
        let good = back(bank, ORDER, "00", "1001");
        let forged = |from: &str, to: &str| -> Fields {
            let (from, to) = if bank == "kuveyt" { (url_form(from), url_form(to)) } else { (from.into(), to.into()) };
            good.iter().map(|(name, value)| (name.clone(), value.replace(&from, &to))).collect()
        };
        let hash = signature(ORDER, "00", "86483278");
        for fields in [
            forged(&hash, ""),
            forged(&hash, &signature(ORDER, "00", "1")),
            forged("86483278", "86483279"),
            back(bank, "OTHER", "00", "1001"),
            if bank == "kuveyt" { back(bank, ORDER, "00", "1000") } else { back(bank, "OTHER2", "00", "") },
        ] {
            let _host = bank::host(bank);
            assert_eq!(word(&came_back(&step, &fields)), "not-authentic", "{fields:?}");
        }
        let _host = bank::host(bank);
        let mut twice = good.clone();
        twice.push(good[0].clone());
        assert_ne!(word(&came_back(&step, &twice)), "send");
        let refused = back(bank, ORDER, "MPIAuthenticationStatusN", "1001");
        assert_eq!(word(&came_back(&step, &refused)), "declined authenticate-again");
        let without_md = forged("67YtBfBRTZ0XBKnAHi8c/A==", "");
        assert!(matches!(outcome(came_back(&step, &without_md)), vezne_plugin::Outcome::Declined(_)));
    }
}

#[test]
fn what_the_bank_cannot_do_with_3d_is_refused() {
    for bank in BANKS {
        let _host = bank::host(bank);
        let start = |model: &str| Boa::start(&ctx(), Purpose::Sale, model, &terms(1), Some(&card().card()));
        assert_eq!(word(&start("3d-pay")), "unsupported");
        assert_eq!(word(&start("3d-host")), "unsupported");
        assert_eq!(word(&Boa::start(&ctx(), Purpose::Sale, "3d", &terms(1), None)), "invalid");
        let mut mail = terms(1);
        mail.entry = "mail-order".into();
        assert_eq!(word(&Boa::start(&ctx(), Purpose::Sale, "3d", &mail, Some(&card().card()))), "invalid");
        assert_eq!(word(&Boa::start(&ctx(), Purpose::Authorize, "3d", &terms(1), Some(&card().card()))), "unsupported");
    }
}

#[test]
fn a_callback_is_matched_by_its_order() {
    for bank in BANKS {
        assert_eq!(Boa::correlate(&callback(&back(bank, ORDER, "00", "1"))).ok().as_deref(), Some(ORDER));
        assert!(Boa::correlate(&callback(&back(bank, "", "00", "1"))).is_err());
        assert!(Boa::correlate(&callback(&back(bank, &"x".repeat(51), "00", "1"))).is_err());
    }
    for bad in [vec![], vec![("AuthenticationResponse", "%"), ("x", "y")], vec![("AuthenticationResponse", "<a>")]] {
        assert!(Boa::correlate(&native::callback(&bad)).is_err());
    }
}

#[test]
fn the_hosted_page_would_show_a_secret_to_the_browser() {
    use pos_boa::order::{Order, Urls};
    let _host = bank::host("vakif-katilim");
    let settings = pos_boa::settings::Settings::load().expect("settings");
    let order = Order { id: ORDER, amount: "1001", currency: "0949", instalments: "0", ip: "" };
    let form = pos_boa::katilim::hosted_page(&settings, &order, Urls::both(BACK)).expect("a form");
    let known = vezne_plugin::step::order_ref(ORDER);
    let step = vezne_plugin::step::browse("page", form, Effect::OnceOnlyWrite, ORDER, known, &()).expect("a step");
    assert!(native::check_sinks(&step, &["page"], &["page"]).is_err());
}

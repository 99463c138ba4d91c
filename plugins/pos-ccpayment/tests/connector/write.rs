//! Sales, reservations, captures, voids and refunds.

use pos_ccpayment::CcPayment;
use serde_json::{Value, json};
use vezne_plugin::{Effect, Outcome, Payments, Preauth, Step, native};

use crate::bank::{
    self, APP, CARD, CODE, MERCHANT, NUMBER, ORDER, SECRET, TOKEN, answer, card, ctx, done, encrypted, header, line,
    lost, nothing, outcome, paid, path, refused, resumed, sent, target, terms, token, with_token, word,
};

/// Whether a message's `hash_key` is over these values.
fn hash_is_over(message: &Value, plain: &str) -> bool {
    let hash = message["hash_key"].as_str().expect("text").to_owned();
    let parts: Vec<&str> = hash.split(':').collect();
    hash == encrypted(plain, SECRET, parts[0], parts[1])
}

fn sale(minor: i64) -> Step {
    with_token(CcPayment::sale(&ctx(), &terms(minor), &card().card()), minor)
}

#[test]
fn each_errand_begins_with_a_token() {
    let _host = bank::host();
    let step = CcPayment::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!((send.effect, send.request.path.as_str()), (Effect::ReadOnly, "/api/token"));
    assert_eq!(sent(&step), json!({"app_id": APP, "app_secret": SECRET}));
    assert!(native::check_sinks(&step, &["api"], &[]).is_err(), "a bare secret");
    let step = resumed(&step, 1_001, &answer(&token())).expect("a step");
    assert_eq!(header(&step, "authorization").as_deref(), Some(format!("Bearer {TOKEN}").as_str()));
    assert!(!native::readable(&step).contains(TOKEN), "the token is not to be seen");
}

#[test]
fn without_a_token_nothing_is_sent() {
    let _host = bank::host();
    let step = CcPayment::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    for (body, expected) in [
        (json!({"status_code": 30, "status_description": "Invalid credentials"}), "declined config-error"),
        (json!({"status_code": 15}), "declined config-error"),
        (json!({"status_code": 99}), "not-processed"),
        (json!({"status_code": 100, "data": {}}), "not-processed"),
        (json!({"status_code": 100, "data": {"token": "a b"}}), "not-processed"),
        (json!({"data": {"token": "abc"}}), "not-processed"),
    ] {
        assert_eq!(word(&resumed(&step, 1_001, &answer(&body))), expected, "{body}");
    }
    assert_eq!(word(&resumed(&step, 1_001, &lost())), "not-processed");
    assert_eq!(word(&resumed(&step, 1_001, &native::answer(502, "text/html", b"<html>"))), "not-processed");
    let ask = CcPayment::inquire(&ctx(), &target("sale", 1_001)).expect("a step");
    assert_eq!(word(&resumed(&ask, 1_001, &lost())), "unknown");
    assert_eq!(word(&resumed(&ask, 1_001, &answer(&json!({"status_code": 30})))), "unknown", "that says nothing of it");
    assert_eq!(word(&resumed(&ask, 1_001, &native::answer(502, "text/html", b"<html>"))), "unreadable");
    let state = bank::state_of(&step);
    let gone = CcPayment::resume(&ctx(), Some(&terms(1_001)), &state, &answer(&token()), None);
    assert_eq!(word(&gone), "not-processed", "the card is no longer held");
}

#[test]
fn a_sale_is_one_message() {
    let _host = bank::host();
    let step = sale(1_001);
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!((send.effect, send.request.path.as_str()), (Effect::OnceOnlyWrite, "/api/paySmart2D"));
    let mut message = sent(&step);
    assert!(hash_is_over(&message, &format!("10.01|1|TRY|{MERCHANT}|{ORDER}")), "{message}");
    message["hash_key"].take();
    let description = terms(1).description;
    assert_eq!(
        message,
        json!({
            "cc_holder_name": "Ayşe Yılmaz", "cc_no": CARD, "expiry_month": "12", "expiry_year": "2026", "cvv": CODE,
            "currency_code": "TRY", "installments_number": 1, "invoice_id": ORDER, "invoice_description": description,
            "name": "Kart", "surname": "Sahibi", "total": "10.01", "merchant_key": MERCHANT, "transaction_type": "Auth",
            "items": [{"name": "Tahsilat", "price": "10.01", "quantity": 1, "description": description}], "hash_key": null,
            "app_lang": "tr", "ip": ctx().payer_ip,
        })
    );
    assert!(native::check_sinks(&step, &[], &["api"]).is_err(), "the card goes only where cards may go");
    let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &answer(&paid()))) else { panic!("approved") };
    assert_eq!(approval.bank.transaction_id.as_deref(), Some(NUMBER));
    assert_eq!((approval.stated.minor, approval.stated.order_id.as_deref()), (Some(1_001), Some(ORDER)));
}

#[test]
fn refusals_follow_the_table() {
    let _host = bank::host();
    let step = sale(1_001);
    for (code, bank, expected) in [
        (41, None, "declined not-approved"),
        (41, Some("51"), "declined insufficient-funds"),
        (41, Some("0054"), "declined expired-card"),
        (41, Some("ZZ"), "declined not-approved"),
        (41, Some("68"), "unknown"),
        (41, Some("00"), "unknown"),
        (105, Some("05"), "declined not-approved"),
        (108, Some("00"), "declined wrong-card-number"),
        (40, None, "declined installment-not-allowed"),
        (76, None, "declined foreign-card"),
        (68, None, "declined config-error"),
        (1, None, "declined config-error"),
        (3, None, "unknown"),
        (117, None, "unknown"),
        (69, None, "unknown"),
        (99, None, "unknown"),
        (112, None, "unknown"),
        (100, None, "unknown"),
        (777, None, "unknown"),
    ] {
        assert_eq!(word(&resumed(&step, 1_001, &answer(&refused(code, bank)))), expected, "{code} {bank:?}");
    }
    let mut both = paid();
    both["status_code"] = json!(41);
    assert_eq!(word(&resumed(&step, 1_001, &answer(&both))), "unknown", "no, and paid");
    let mut bare = paid();
    bare["data"] = json!({"invoice_id": ORDER, "order_id": NUMBER});
    assert_eq!(word(&resumed(&step, 1_001, &answer(&bare))), "approved", "as the older documentation has it");
}

#[test]
fn instalments_reservations_and_mail_order() {
    let host = bank::host();
    let mut six = terms(60_000);
    six.installments = 6;
    let token = CcPayment::sale(&ctx(), &six, &card().card()).expect("a step");
    let step =
        CcPayment::resume(&ctx(), Some(&six), &bank::state_of(&token), &answer(&bank::token()), Some(&card().card()));
    let message = sent(&step.expect("a step"));
    assert_eq!(message["installments_number"], 6);
    assert!(hash_is_over(&message, &format!("600.00|6|TRY|{MERCHANT}|{ORDER}")));
    let hold = with_token(CcPayment::authorize(&ctx(), &terms(100), &card().card()), 100);
    assert_eq!((path(&hold), &sent(&hold)["transaction_type"]), ("/api/paySmart2D", &json!("PreAuth")));
    let mut mail = terms(100);
    mail.entry = "mail-order".into();
    assert_eq!(word(&CcPayment::sale(&ctx(), &mail, &card().card())), "unsupported");
    assert_eq!(word(&CcPayment::authorize(&ctx(), &mail, &card().card())), "unsupported");
    drop(host);
    let _open = bank::session().setting("mail-order", "true").start();
    let mut bare = card();
    (bare.security_code, bare.holder) = (None, None);
    let token = CcPayment::sale(&ctx(), &mail, &bare.card()).expect("a step");
    let reply = answer(&bank::token());
    let step = CcPayment::resume(&ctx(), Some(&mail), &bank::state_of(&token), &reply, Some(&bare.card()));
    let message = sent(&step.expect("a step"));
    assert_eq!((message.get("cvv"), &message["cc_holder_name"]), (None, &json!("Kart Sahibi")));
}

#[test]
fn a_capture_takes_an_amount() {
    let _host = bank::host();
    let step = with_token(CcPayment::capture(&ctx(), &terms(990), &target("authorize", 1_001)), 990);
    let message = sent(&step);
    assert_eq!(
        (path(&step), &message["status"], &message["total"]),
        ("/api/confirmPayment", &json!("1"), &json!("9.90"))
    );
    assert!(hash_is_over(&message, &format!("{MERCHANT}|{ORDER}|1")));
    assert_eq!(word(&resumed(&step, 990, &answer(&done()))), "approved");
    assert_eq!(word(&resumed(&step, 990, &answer(&refused(31, None)))), "declined not-found");
}

/// The step that follows from what the order is found to be.
fn looked(undo: Result<Step, vezne_plugin::Fault>, minor: i64, found: &Value) -> Result<Step, vezne_plugin::Fault> {
    let look = with_token(undo, minor);
    let Step::Send(send) = &look else { panic!("a request") };
    assert_eq!((send.effect, send.request.path.as_str()), (Effect::ReadOnly, "/api/checkstatus"));
    resumed(&look, minor, &answer(found))
}

#[test]
fn a_void_drops_a_reservation_and_refunds_a_payment() {
    let _host = bank::host();
    let void = || CcPayment::void(&ctx(), &target("sale", 1_001));
    let drop = with_token(looked(void(), 1_001, &line("Pre-Authorization", "10.01", "0")), 1_001);
    let message = sent(&drop);
    assert_eq!((path(&drop), &message["status"], message.get("total")), ("/api/confirmPayment", &json!("2"), None));
    assert!(hash_is_over(&message, &format!("{MERCHANT}|{ORDER}|2")));
    let back = with_token(looked(void(), 1_001, &line("Completed", "10.01", "0")), 1_001);
    assert_eq!((path(&back), &sent(&back)["amount"]), ("/api/refund", &json!("10.01")));
    for found in [
        line("Partial Refund", "10.01", "1.00"),
        line("Refund", "10.01", "10.01"),
        line("Pre-Auth Cancelled", "10.01", "0"),
        line("Failed", "10.01", "0"),
        line("Something", "10.01", "0"),
        nothing(),
        json!({"status_code": 30}),
    ] {
        assert_eq!(word(&looked(void(), 1_001, &found)), "not-processed", "{found}");
    }
    assert_eq!(word(&CcPayment::void(&ctx(), &target("refund", 100))), "unsupported");
    let look = with_token(void(), 1_001);
    assert_eq!(word(&resumed(&look, 1_001, &lost())), "not-processed");
    assert_eq!(word(&resumed(&look, 1_001, &native::answer(502, "text/html", b"<html>"))), "not-processed");
}

#[test]
fn a_refund_first_notes_what_was_refunded_before() {
    let _host = bank::host();
    let refund = || CcPayment::refund(&ctx(), &terms(50), &target("sale", 1_001));
    let write = with_token(looked(refund(), 50, &line("Partial Refund", "10.01", "0.20")), 50);
    let Step::Send(send) = &write else { panic!("a request") };
    assert_eq!((send.effect, send.request.path.as_str()), (Effect::OnceOnlyWrite, "/api/refund"));
    assert_eq!(send.known.extra[0], ("refunded-before".to_owned(), "20".to_owned()));
    let message = sent(&write);
    assert_eq!((&message["amount"], &message["app_secret"]), (&json!("0.50"), &json!(SECRET)));
    assert_eq!(message["refund_transaction_id"].as_str(), Some(send.known.extra[1].1.as_str()));
    assert!(hash_is_over(&message, &format!("0.50|{ORDER}|{MERCHANT}")));
    assert_eq!(word(&resumed(&write, 50, &answer(&done()))), "approved");
    assert_eq!(word(&resumed(&write, 50, &answer(&refused(49, None)))), "declined state-conflict");
    let mut queued = done();
    queued["status_code"] = json!(101);
    let Outcome::Pending(known) = outcome(resumed(&write, 50, &answer(&queued))) else { panic!("pending") };
    assert!(known.extra.contains(&("refund-queued".to_owned(), "true".to_owned())));
    for found in [line("Pre-Authorization", "10.01", "0"), line("Refund", "10.01", "10.01"), nothing()] {
        let expected = if found["transaction_status"] == "Refund" { "refund" } else { "not-processed" };
        match word(&looked(refund(), 50, &found)).as_str() {
            "not-processed" => {}
            other => panic!("{expected}: {other}"),
        }
    }
}

#[test]
fn what_cannot_be_sent_is_refused_before() {
    let host = bank::host();
    for minor in [0, -1] {
        assert_eq!(word(&CcPayment::sale(&ctx(), &terms(minor), &card().card())), "invalid");
        assert_eq!(word(&CcPayment::refund(&ctx(), &terms(minor), &target("sale", 1))), "invalid");
        assert_eq!(word(&CcPayment::capture(&ctx(), &terms(minor), &target("sale", 1))), "invalid");
    }
    for order in ["", "a b", "şiş", "a|b", &"x".repeat(51)] {
        let mut ctx = ctx();
        ctx.order_id = order.to_owned();
        assert_eq!(word(&CcPayment::sale(&ctx, &terms(1), &card().card())), "invalid", "{order}");
    }
    let mut pounds = terms(100);
    (pounds.amount.currency, pounds.amount.numeric) = ("GBP".into(), 826);
    assert_eq!(word(&CcPayment::sale(&ctx(), &pounds, &card().card())), "unsupported");
    drop(host);
    let bare = native::Session::new().start();
    assert_eq!(word(&CcPayment::sale(&ctx(), &terms(1), &card().card())), "bad-config");
    drop(bare);
    let _keyless = native::Session::new().setting("app-id", "1").setting("merchant-key", "k").start();
    assert_eq!(word(&CcPayment::sale(&ctx(), &terms(1), &card().card())), "bad-config");
}

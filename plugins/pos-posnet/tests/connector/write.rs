//! Charges, reservations and captures.

use pos_posnet::Posnet;
use vezne_plugin::{Effect, Outcome, Payments, Preauth, Step, native};

use crate::bank::{
    self, KEY, MID, ORDER, TID, XID, answer, approved, approved_before, card, ctx, listed, nothing, outcome, refused,
    resumed, sent, target, terms, with_key, word,
};

#[test]
fn a_sale_is_one_form_parameter() {
    let _host = bank::host();
    let step = Posnet::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    assert_eq!(
        sent(&step),
        format!(
            "<?xml version=\"1.0\" encoding=\"ISO-8859-9\"?>\n<posnetRequest><mid>{MID}</mid><tid>{TID}</tid><tranDateRequired>1</tranDateRequired>\
             <sale><orderID>{XID}</orderID><installment>00</installment><amount>1001</amount><currencyCode>TL</currencyCode>\
             <ccno>4506349043174632</ccno><expDate>2902</expDate><cvc>908</cvc></sale></posnetRequest>\n"
        )
    );
    let Step::Send(send) = &step else { panic!("a request") };
    assert_eq!(send.effect, Effect::OnceOnlyWrite);
    assert_eq!(send.known.bank_order_id.as_deref(), Some(ORDER));
    assert_eq!(send.request.content_type.as_deref(), Some("application/x-www-form-urlencoded; charset=utf-8"));
    let names: Vec<&str> = send.request.headers.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["x-merchant-id", "x-terminal-id", "x-posnet-id", "x-correlation-id"]);
    let correlation = native::reveal_part(&send.request.headers[3].value);
    assert!(correlation.starts_with(ORDER.as_bytes()) && correlation.len() <= 24);
    assert!(native::check_sinks(&step, &[], &[]).is_err(), "the card goes only where cards may go");
}

#[test]
fn an_approval_carries_the_banks_key_and_no_amount_of_ours() {
    let _host = bank::host();
    let step = Posnet::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    let Outcome::Approved(approval) = outcome(resumed(&step, 1_001, &answer(&approved()))) else { panic!("approved") };
    assert_eq!(approval.bank.transaction_id.as_deref(), Some(KEY));
    assert_eq!(approval.bank.auth_code.as_deref(), Some("901477"));
    assert_eq!((approval.stated.minor, approval.stated.order_id.as_deref()), (None, None), "the bank states neither");
    assert_eq!(approval.bank.extra, [("stands-as".to_owned(), "sale".to_owned())]);
    assert!(approval.attributes.contains(&("bank-time".into(), "261122115843".into())));
}

#[test]
fn refusals_follow_the_table() {
    let _host = bank::host();
    let step = Posnet::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    for (code, text, expected) in [
        ("0051", "", "declined insufficient-funds"),
        ("0005", "", "declined not-approved"),
        ("0014", "", "declined wrong-card-number"),
        ("0054", "", "declined expired-card"),
        ("0057", "", "declined card-closed-ecommerce"),
        ("0041", "", "declined card-blocked"),
        ("0043", "", "declined card-blocked"),
        ("0012", "", "declined installment-not-allowed"),
        ("0148", "INVALID MID TID IP. Hatalı IP:89.244.149.137", "declined config-error"),
        ("0150", "CVC HATALI", "declined wrong-cvv"),
        ("0205", "", "declined config-error"),
        ("0232", "", "declined limit-exceeded"),
        ("0127", "ORDERID DAHA ONCE KULLANILMIS", "unknown"),
        ("0091", "", "unknown"),
        ("0302", "", "unknown"),
        ("0400", "", "unknown"),
        ("E997", "", "unknown"),
        ("E999", "", "unknown"),
        ("", "", "unknown"),
        ("0000", "", "unknown"),
        ("7777", "", "unknown"),
    ] {
        assert_eq!(word(&resumed(&step, 1_001, &answer(&refused(code, text)))), expected, "{code} {text}");
    }
}

#[test]
fn words_that_disagree_are_no_answer() {
    let _host = bank::host();
    let step = Posnet::sale(&ctx(), &terms(1_001), &card().card()).expect("a step");
    for inside in [
        "<approved>1</approved>",
        "<approved>1</approved><respCode>0051</respCode><hostlogkey>1</hostlogkey>",
        "<approved>1</approved><approved>0</approved><hostlogkey>1</hostlogkey>",
        "<approved>2</approved><respCode>0127</respCode>",
        "<approved>2</approved><respCode>0051</respCode><hostlogkey>1</hostlogkey>",
        "<approved></approved><respCode>0051</respCode>",
        "<approved>3</approved><respCode>0051</respCode>",
        "<respCode>0051</respCode>",
    ] {
        assert_eq!(word(&resumed(&step, 1_001, &answer(&bank::response(inside)))), "unknown", "{inside}");
    }
}

#[test]
fn a_charge_that_was_done_before_is_confirmed_by_the_banks_book() {
    let _host = bank::host();
    for (step, state) in [
        (Posnet::sale(&ctx(), &terms(1_001), &card().card()).expect("a step"), "Sale"),
        (Posnet::authorize(&ctx(), &terms(1_001), &card().card()).expect("a step"), "Authorization"),
    ] {
        let confirm = resumed(&step, 1_001, &answer(&approved_before())).expect("a step");
        let Step::Send(send) = &confirm else { panic!("a question") };
        assert_eq!(send.effect, Effect::ReadOnly);
        assert!(sent(&confirm).contains("<agreement><orderID>0000000000000001JD8ZK0Q3</orderID></agreement>"));
        let book = |amount: &str, standing: &str| listed(&[(state, standing, amount, "2026-11-22 11:58:43.000", KEY)]);
        let found = outcome(resumed(&confirm, 1_001, &answer(&book("10,01", "1"))));
        let Outcome::Approved(approval) = found else { panic!("approved") };
        assert_eq!((approval.stated.minor, approval.stated.currency.as_deref()), (Some(1_001), Some("TRY")));
        assert_eq!(approval.stated.order_id.as_deref(), Some(ORDER));
        assert_eq!(approval.bank.transaction_id.as_deref(), Some(KEY));
        // Another amount is stated as it is: the host refuses it with an alarm.
        let Outcome::Approved(other) = outcome(resumed(&confirm, 1_001, &answer(&book("9,99", "1")))) else {
            panic!("approved")
        };
        assert_eq!(other.stated.minor, Some(999));
        for body in [book("10,01", "0"), book("", "1"), book("10,01", "7"), nothing(), refused("0148", "")] {
            assert_eq!(word(&resumed(&confirm, 1_001, &answer(&body))), "unknown");
        }
    }
}

#[test]
fn instalments_mail_order_and_partners() {
    let host = bank::host();
    let mut six = terms(60_000);
    six.installments = 6;
    let body = sent(&Posnet::authorize(&ctx(), &six, &card().card()).expect("a step"));
    assert!(body.contains("<auth><orderID>") && body.contains("<installment>06</installment>"), "{body}");
    let mut mail = terms(100);
    mail.entry = "mail-order".into();
    let mut without_code = card();
    without_code.security_code = None;
    let body = sent(&Posnet::sale(&ctx(), &mail, &without_code.card()).expect("a step"));
    assert!(body.contains("<cvc>000</cvc><mailorderflag>Y</mailorderflag></sale>"), "{body}");
    assert_eq!(word(&Posnet::authorize(&ctx(), &mail, &card().card())), "unsupported");
    let mut dealer = ctx();
    dealer.attributes.push(("sub-dealer-identity".into(), "1234567890".into()));
    dealer.attributes.push(("sub-dealer-code".into(), "77".into()));
    let body = sent(&Posnet::sale(&dealer, &terms(100), &card().card()).expect("a step"));
    assert!(body.contains("<vkn>1234567890</vkn><subDealerCode>77</subDealerCode>"), "{body}");
    dealer.attributes[0].1 = "12345678901".into();
    dealer.attributes.push(("koi-code".into(), "3".into()));
    let body = sent(&Posnet::sale(&dealer, &terms(100), &card().card()).expect("a step"));
    assert!(body.contains("<koiCode>3</koiCode><tckn>12345678901</tckn>"), "{body}");
    for (key, value) in [("sub-dealer-identity", "12"), ("sub-dealer-code", "1"), ("koi-code", "9")] {
        let mut bad = ctx();
        bad.attributes.push((key.into(), value.into()));
        assert_eq!(word(&Posnet::sale(&bad, &terms(100), &card().card())), "invalid", "{key}");
    }
    drop(host);
    let facilitator = bank::session()
        .setting("facilitator-id", "1")
        .setting("facilitator-sub-merchant", "2")
        .setting("facilitator-mcc", "5712")
        .start();
    let body = sent(&Posnet::sale(&ctx(), &terms(100), &card().card()).expect("a step"));
    assert!(body.contains("<subMrcId>2</subMrcId><mrcPfId>1</mrcPfId><mcc>5712</mcc>"), "{body}");
    assert_eq!(word(&Posnet::sale(&dealer, &terms(100), &card().card())), "invalid", "never both");
    drop(facilitator);
    let _closed = bank::session().setting("mail-order", "false").start();
    assert_eq!(word(&Posnet::sale(&ctx(), &mail, &card().card())), "unsupported");
}

#[test]
fn a_reservation_is_captured_by_its_key_or_its_order() {
    let _host = bank::host();
    let by_key = Posnet::capture(&ctx(), &terms(99), &with_key(target("authorize", 100), KEY, "auth")).expect("a step");
    let expected = format!(
        "<capt><hostLogKey>{KEY}</hostLogKey><amount>99</amount><currencyCode>TL</currencyCode><installment>00</installment></capt>"
    );
    assert!(sent(&by_key).contains(&expected));
    let Outcome::Approved(approval) = outcome(resumed(&by_key, 99, &answer(&approved()))) else { panic!("approved") };
    assert_eq!(approval.bank.extra, [("stands-as".to_owned(), "capt".to_owned())]);
    let by_order =
        Posnet::capture(&ctx(), &terms(99), &native::at_gate(target("authorize", 100), "3d")).expect("a step");
    assert!(sent(&by_order).contains("<orderID>TDS_000000000001JD8ZK0Q3</orderID>"));
    assert_eq!(word(&resumed(&by_order, 99, &answer(&refused("0205", "")))), "declined config-error");
    let confirm = resumed(&by_order, 99, &answer(&approved_before())).expect("a step");
    let book = bank::listed_as(
        "TDS_000000000001JD8ZK0Q3",
        &[("Authorization", "1", "1,00", "", "1"), ("Capture", "1", "0,99", "", KEY)],
    );
    assert_eq!(word(&resumed(&confirm, 99, &answer(&book))), "approved");
}

#[test]
fn a_store_with_the_order_parameter_names_the_day_of_the_charge() {
    let _host = bank::session().setting("order-date", "true").start();
    let sale = Posnet::sale(&ctx(), &terms(100), &card().card()).expect("a step");
    let Step::Send(send) = &sale else { panic!("a request") };
    assert!(send.known.extra.contains(&("order-day".into(), "20261122".into())));
    assert!(!sent(&sale).contains("orderDate"));
    let mut later = target("sale", 100);
    later.bank.extra = send.known.extra.clone();
    later.sent_at_millis += 10 * 86_400_000;
    let body = sent(&Posnet::inquire(&ctx(), &later).expect("a step"));
    assert!(body.contains("<orderID>0000000000000001JD8ZK0Q3</orderID><orderDate>20261122</orderDate>"), "{body}");
    let body = sent(&Posnet::void(&ctx(), &later).expect("a step"));
    assert!(body.contains("<orderDate>20261122</orderDate>"), "{body}");
}

#[test]
fn what_cannot_be_sent_is_refused_before() {
    let host = bank::host();
    for minor in [0, -1] {
        assert_eq!(word(&Posnet::sale(&ctx(), &terms(minor), &card().card())), "invalid");
        assert_eq!(word(&Posnet::refund(&ctx(), &terms(minor), &target("sale", 1))), "invalid");
        assert_eq!(word(&Posnet::capture(&ctx(), &terms(minor), &target("authorize", 1))), "invalid");
    }
    for order in ["", "a b", "şiş", "A23456789012345678901"] {
        let mut ctx = ctx();
        ctx.order_id = order.to_owned();
        assert_eq!(word(&Posnet::sale(&ctx, &terms(1), &card().card())), "invalid", "{order}");
    }
    let mut azn = terms(1);
    azn.amount.currency = "AZN".into();
    assert_eq!(word(&Posnet::sale(&ctx(), &azn, &card().card())), "unsupported");
    drop(host);
    for (mid, tid) in [("", "67005551"), ("670659832", "67005551"), ("6706598320", "6700555A")] {
        let _bad = bank::session().setting("merchant-id", mid).setting("terminal-id", tid).start();
        assert_eq!(word(&Posnet::sale(&ctx(), &terms(1), &card().card())), "bad-config", "{mid} {tid}");
    }
}

#[test]
fn the_banks_totals_are_read() {
    let _host = bank::host();
    let total = |kind: &str, count: &str, amount: &str| {
        format!(
            "<merchantReconciliation><totalNumber>{count}</totalNumber><totalAmount>{amount}</totalAmount>\
             <transactionType>{kind}</transactionType><transactionName>Satış</transactionName></merchantReconciliation>"
        )
    };
    let read = |inside: &str| {
        let vezne_plugin::Reply::Response(response) = answer(&bank::response(inside)) else { panic!("an answer") };
        pos_posnet::reconciliation::read(&pos_posnet::answer::Answer::read(&response).expect("reads"))
    };
    let two = format!("<approved>1</approved>{}{}", total("1", "2", "000000002002"), total("3", "1", "50"));
    let totals = read(&two).expect("two totals");
    assert_eq!((totals[0].minor, totals[0].count, totals[1].kind.as_str()), (2_002, 2, "3"));
    assert_eq!(read(&format!("<approved>1</approved>{}", total("1", "x", "1"))), None);
    assert_eq!(read("<approved>0</approved><respCode>0340</respCode>"), None);
}

//! Voids and refunds.

use pos_posnet::Posnet;
use vezne_plugin::{Effect, Outcome, Payments, Step, native};

use crate::bank::{
    self, KEY, answer, approved, approved_before, ctx, listed, nothing, outcome, refused, resumed, sent, target, terms,
    with_key, word,
};

fn voided() -> Vec<u8> {
    bank::response("<approved>1</approved><hostlogkey>1</hostlogkey><authCode>000000</authCode>")
}

#[test]
fn a_sale_is_voided_by_its_key_or_its_order() {
    let _host = bank::host();
    let by_key = Posnet::void(&ctx(), &with_key(target("sale", 100), KEY, "sale")).expect("a step");
    assert!(
        sent(&by_key)
            .contains(&format!("<reverse><transaction>sale</transaction><hostLogKey>{KEY}</hostLogKey></reverse>"))
    );
    let Outcome::Approved(approval) = outcome(resumed(&by_key, 100, &answer(&voided()))) else { panic!("approved") };
    assert_eq!(approval.bank.auth_code, None, "zeros are no approval");
    let by_order = Posnet::void(&ctx(), &target("sale", 100)).expect("a step");
    assert!(sent(&by_order).contains("<orderID>0000000000000001JD8ZK0Q3</orderID>"));
    let mut three_d = native::at_gate(target("sale", 100), "3d");
    three_d.bank.extra.push(("stands-as".into(), "sale".into()));
    let step = Posnet::void(&ctx(), &three_d).expect("a step");
    assert!(sent(&step).contains("<transaction>sale</transaction><orderID>TDS_000000000001JD8ZK0Q3</orderID>"));
    let refund = Posnet::void(&ctx(), &with_key(target("refund", 50), "R1", "return")).expect("a step");
    assert!(sent(&refund).contains("<transaction>return</transaction><hostLogKey>R1</hostLogKey>"));
}

#[test]
fn refused_voids_say_what_to_do_instead() {
    let _host = bank::host();
    let step = Posnet::void(&ctx(), &with_key(target("sale", 100), KEY, "sale")).expect("a step");
    for (code, expected) in [
        ("0211", "declined state-conflict"),
        ("0218", "declined state-conflict"),
        ("0229", "declined state-conflict"),
        ("0123", "declined not-found"),
        ("0220", "approved"),
        ("0370", "approved"),
        ("0302", "unknown"),
    ] {
        assert_eq!(word(&resumed(&step, 100, &answer(&refused(code, "")))), expected, "{code}");
    }
    let again = resumed(&step, 100, &answer(&approved_before())).expect("a step");
    assert!(sent(&again).contains("<agreement>"));
    let book = listed(&[("Sale_Reverse", "1", "1,00", "", "2"), ("Sale", "0", "1,00", "", KEY)]);
    assert_eq!(word(&resumed(&again, 100, &answer(&book))), "approved");
}

#[test]
fn of_a_captured_reservation_the_capture_goes_first() {
    let _host = bank::host();
    let look = Posnet::void(&ctx(), &with_key(target("authorize", 100), "C1", "capt")).expect("a step");
    let Step::Send(send) = &look else { panic!("a question") };
    assert_eq!(send.effect, Effect::ReadOnly);
    let book = listed(&[("Authorization", "1", "1,00", "", "A1"), ("Capture", "1", "0,90", "", "C1")]);
    let capture = resumed(&look, 100, &answer(&book)).expect("a step");
    assert!(sent(&capture).contains("<transaction>capt</transaction><hostLogKey>C1</hostLogKey>"));
    let rest = resumed(&capture, 100, &answer(&voided())).expect("a step");
    assert!(sent(&rest).contains("<transaction>auth</transaction><hostLogKey>A1</hostLogKey>"));
    let Outcome::Approved(both) = outcome(resumed(&rest, 100, &answer(&voided()))) else { panic!("approved") };
    assert!(both.attributes.is_empty());
    // The money is not taken any more, whatever becomes of the reservation.
    for body in [refused("0122", ""), b"<html></html>".to_vec()] {
        let Outcome::Approved(held) = outcome(resumed(&rest, 100, &answer(&body))) else { panic!("approved") };
        assert_eq!(held.attributes[0].0, "reservation");
    }
    assert_eq!(word(&resumed(&capture, 100, &answer(&refused("0211", "")))), "declined state-conflict");
}

#[test]
fn what_stands_is_voided_and_nothing_else() {
    let _host = bank::host();
    let look = Posnet::void(&ctx(), &with_key(target("authorize", 100), "A1", "auth")).expect("a step");
    let only = resumed(&look, 100, &answer(&listed(&[("Authorization", "1", "1,00", "", "A1")]))).expect("a step");
    assert!(sent(&only).contains("<transaction>auth</transaction><hostLogKey>A1</hostLogKey>"));
    let sale = resumed(&look, 100, &answer(&listed(&[("Sale", "1", "1,00", "", "S1")]))).expect("a step");
    assert!(sent(&sale).contains("<transaction>sale</transaction><hostLogKey>S1</hostLogKey>"));
    let already = [("Authorization_Reverse", "1", "1,00", "", "2"), ("Authorization", "0", "1,00", "", "A1")];
    assert_eq!(word(&resumed(&look, 100, &answer(&listed(&already)))), "approved");
    let failed = [("Authorization", "0", "1,00", "", "A1")];
    assert_eq!(word(&resumed(&look, 100, &answer(&listed(&failed)))), "not-processed");
    assert_eq!(word(&resumed(&look, 100, &answer(&nothing()))), "declined not-found");
    assert_eq!(word(&resumed(&look, 100, &answer(&refused("0148", "")))), "not-processed");
}

#[test]
fn a_refund_first_notes_the_refunds_that_are_there() {
    let _host = bank::host();
    let look = Posnet::refund(&ctx(), &terms(50), &target("sale", 100)).expect("a step");
    let Step::Send(send) = &look else { panic!("a request") };
    assert_eq!(send.effect, Effect::ReadOnly);
    let before = listed(&[
        ("Return", "1", "0,50", "2026-11-22 11:00:00.000", "R1"),
        ("Sale", "1", "1,00", "2026-11-22 10:00:00.000", "S1"),
    ]);
    let write = resumed(&look, 50, &answer(&before)).expect("a step");
    let Step::Send(send) = &write else { panic!("a request") };
    assert_eq!(send.effect, Effect::OnceOnlyWrite);
    assert_eq!(send.known.extra, [("refunds-before".to_owned(), "R1".to_owned())]);
    let expected = "<return><amount>50</amount><currencyCode>TL</currencyCode><hostLogKey>S1</hostLogKey></return>";
    assert!(sent(&write).contains(expected), "of the sale, never of a refund");
    assert_eq!(word(&resumed(&write, 50, &answer(&approved()))), "approved");
    for (code, expected) in [
        ("0411", "declined state-conflict"),
        ("0450", "declined state-conflict"),
        ("0205", "declined config-error"),
        ("0302", "unknown"),
    ] {
        assert_eq!(word(&resumed(&write, 50, &answer(&refused(code, "")))), expected, "{code}");
    }
    assert_eq!(word(&resumed(&write, 50, &answer(&approved_before()))), "unknown", "the inquiry tells which");
}

#[test]
fn a_refund_goes_out_even_where_the_bank_cannot_be_asked() {
    let _host = bank::host();
    let look = Posnet::refund(&ctx(), &terms(50), &with_key(target("authorize", 100), "C1", "capt")).expect("a step");
    let book = listed(&[("Authorization", "1", "1,00", "", "A1"), ("Capture", "1", "1,00", "", "C2")]);
    let write = resumed(&look, 50, &answer(&book)).expect("a step");
    assert!(sent(&write).contains("<hostLogKey>C2</hostLogKey>"), "of the capture");
    let forbidden = resumed(&look, 50, &answer(&refused("0148", ""))).expect("a step");
    let Step::Send(send) = &forbidden else { panic!("a request") };
    assert!(send.known.extra.is_empty() && sent(&forbidden).contains("<hostLogKey>C1</hostLogKey>"));
    let unknown_order = resumed(&look, 50, &answer(&nothing())).expect("a step");
    let Step::Send(send) = &unknown_order else { panic!("a request") };
    assert_eq!(send.known.extra, [("refunds-before".to_owned(), String::new())]);
    // No answer at all: nothing was sent, and nothing will be.
    assert_eq!(word(&resumed(&look, 50, &native::answer(502, "text/html", b"<html>"))), "not-processed");
    assert_eq!(word(&resumed(&look, 50, &native::lost())), "not-processed");
}

#[test]
fn many_refunds_are_noted_in_several_entries() {
    let _host = bank::host();
    let look = Posnet::refund(&ctx(), &terms(50), &target("sale", 100_000)).expect("a step");
    let keys: Vec<String> = (0..97).map(|index| format!("{index:018}")).collect();
    let rows = |count: usize| -> Vec<bank::Listed<'_>> {
        let refunds = keys.iter().take(count).map(|key| ("Return", "1", "0,01", "", key.as_str()));
        refunds.chain([("Sale", "1", "1000,00", "", "S1")]).collect()
    };
    let write = resumed(&look, 50, &answer(&listed(&rows(30)))).expect("a step");
    let Step::Send(send) = &write else { panic!("a request") };
    assert_eq!(send.known.extra.len(), 3);
    assert!(send.known.extra.iter().all(|(_, value)| value.len() <= 256));
    let mut refund = target("refund", 1);
    refund.bank.extra = send.known.extra.clone();
    let ask = Posnet::inquire(&ctx(), &refund).expect("a step");
    assert_eq!(word(&resumed(&ask, 1, &answer(&listed(&rows(30))))), "not-processed");
    assert_eq!(word(&resumed(&ask, 1, &answer(&listed(&rows(31))))), "approved");
    assert_eq!(word(&resumed(&look, 50, &answer(&listed(&rows(97))))), "not-processed");
}

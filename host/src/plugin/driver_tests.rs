//! The outcome table, with a scripted connector and a scripted bank.

#![expect(clippy::type_complexity, reason = "scripts read best as what a call returns")]

#[path = "driver_script.rs"]
mod script;

use script::*;

use super::*;
use crate::ctx::Clock;
use crate::plugin::sealed::Sealed;
use crate::plugin::step::{Fault, Field, Outcome, Part, Stated};
use crate::plugin::{BankRef, Decline, HistoryLine, Purpose, ThreeDModel, Worth};

#[tokio::test]
async fn the_phase_that_failed_decides() {
    for (phase, expected) in [
        (Phase::Resolving, "not-processed:resolving-failed"),
        (Phase::Connecting, "not-processed:connecting-failed"),
        (Phase::Tls, "not-processed:tls-failed"),
        (Phase::Sending, "unknown:connection-broke"),
        (Phase::AwaitingResponse, "unknown:connection-broke"),
        (Phase::ReadingResponse, "unknown:connection-broke"),
    ] {
        assert_eq!(story(vec![write()], vec![cut(phase)]).sale().await, expected, "{phase:?}");
        // The connector's word that it only asks is not taken for a sale.
        assert_eq!(story(vec![send(Effect::ReadOnly)], vec![cut(phase)]).sale().await, expected, "{phase:?}");
        let mut after = vec![answer(200, XML), cut(phase)];
        let second = story(vec![write(), write()], std::mem::take(&mut after)).sale().await;
        assert!(second.starts_with("unknown:"), "an earlier send was answered: {second}");
    }
}

#[tokio::test]
async fn nothing_leaves_after_the_machine_slept_through_the_act() {
    for (slept_s, expected, sends) in [(29, "approved", 1), (31, "not-processed:deadline", 0)] {
        let mut story = story(vec![write(), yes()], vec![answer(200, XML)]);
        story.diary.slept = Some((Clock::simulated(0), Duration::from_secs(slept_s)));
        assert_eq!(story.sale().await, expected);
        assert_eq!(story.bank.1.lock().unwrap().len(), sends);
    }
}

#[tokio::test]
async fn failures_of_the_connector_before_and_after_a_send() {
    let table = [
        (trap as fn() -> _, "not-processed:trap", "unknown!trap"),
        (|| Err(CallFailure::Trap("cpu-time", String::new())), "not-processed:cpu-time", "unknown!cpu-time"),
        (|| Err(CallFailure::Breach(String::new())), "not-processed:contract-breach", "unknown!contract-breach"),
        (|| Err(CallFailure::Busy), "not-processed:busy", "unknown:busy"),
        (|| fault(Fault::InvalidRequest), "not-processed:invalid-request", "unknown!invalid-request"),
        (|| fault(Fault::Unsupported), "not-processed:unsupported", "unknown!unsupported"),
        (|| fault(Fault::BadConfig), "not-processed:bad-config", "unknown!bad-config"),
        (|| fault(Fault::UnreadableAnswer), "not-processed:unreadable-answer", "unknown:unreadable-answer"),
        (|| fault(Fault::NotAuthentic), "not-processed:not-authentic", "unknown:not-authentic"),
        (|| Ok(Step::Done(Outcome::Unknown("?".into()))), "not-processed:unknown", "unknown:unknown"),
    ];
    for (end, before, after) in table {
        assert_eq!(story(vec![end()], vec![]).sale().await, before);
        assert_eq!(story(vec![write(), end()], vec![answer(200, XML)]).sale().await, after);
    }
}

#[tokio::test]
async fn only_an_authentic_answer_decides() {
    let not_processed = || Ok(Step::Done(Outcome::NotProcessed("busy".into())));
    let pending = || Ok(Step::Done(Outcome::Pending(BankRef::default())));
    let words: [(fn() -> Result<Step, CallFailure>, &str); 4] =
        [(yes, "approved"), (no, "declined"), (not_processed, "not-processed:not-processed"), (pending, "pending")];
    for (word, expected) in words {
        assert_eq!(story(vec![write(), word()], vec![answer(200, XML)]).sale().await, expected);
        for (status, body, why) in [
            (502, XML, "answer-status"),
            (302, XML, "answer-status"),
            (200, "<html></html>", "answer-format"),
            (200, "", "answer-format"),
        ] {
            let ended = story(vec![write(), word()], vec![answer(status, body)]).sale().await;
            assert_eq!(ended, format!("unknown:{why}"), "{expected} after {status} {body}");
        }
        let mut long = answer(200, XML).unwrap();
        long.truncated = true;
        assert_eq!(story(vec![write(), word()], vec![Ok(long)]).sale().await, "unknown:answer-too-long");
    }
    assert_eq!(story(vec![yes()], vec![]).sale().await, "unknown!approved-without-charge");
    assert_eq!(
        story(vec![send(Effect::ReadOnly), yes()], vec![answer(200, XML)]).sale().await,
        "unknown!approved-without-charge"
    );
    assert_eq!(story(vec![no()], vec![]).sale().await, "not-processed:no-answer");
}

#[tokio::test]
async fn the_banks_words_are_compared_with_ours() {
    let differing = |change: fn(&mut Stated)| {
        let mut stated = covering();
        change(&mut stated);
        stated
    };
    for (stated, expected) in [
        (covering(), "approved"),
        (differing(|s| s.currency = Some("TRY".into())), "approved"),
        (differing(|s| s.currency = Some("TL".into())), "approved"),
        (differing(|s| s.minor = Some(12_344)), "unknown!amount-differs"),
        (differing(|s| s.minor = Some(-12_345)), "unknown!amount-differs"),
        (differing(|s| s.currency = Some("840".into())), "unknown!currency-differs"),
        (differing(|s| s.currency = Some("lira".into())), "unknown!currency-differs"),
        (differing(|s| s.order_id = Some("ORD2".into())), "unknown!order-differs"),
    ] {
        assert_eq!(story(vec![write(), approved(stated)], vec![answer(200, XML)]).sale().await, expected);
    }
}

#[tokio::test]
async fn a_question_about_points_tells_a_number_or_nothing_and_leaves_no_doubt() {
    let ask = |ends, answers| {
        let story = story(ends, answers);
        async move { shown(&story.run(Act::Points { terms: terms() }).await) }
    };
    let read = || send(Effect::ReadOnly);
    let told = |minor: i64, currency: &str| {
        Ok(Step::Done(Outcome::Told(Worth { minor, attributes: Vec::new() }, currency.to_owned())))
    };
    for currency in ["TRY", "949", "TL"] {
        assert_eq!(ask(vec![read(), told(2_500, currency)], vec![answer(200, XML)]).await, "told 2500");
    }
    assert_eq!(ask(vec![read(), told(0, "TRY")], vec![answer(200, XML)]).await, "told 0");
    assert_eq!(ask(vec![read(), no()], vec![answer(200, XML)]).await, "declined");
    for (end, said, shown) in [
        (told(-1, "TRY"), answer(200, XML), "not-processed:contract-breach"),
        (told(2_500, "USD"), answer(200, XML), "not-processed:currency-differs"),
        (told(2_500, "lira"), answer(200, XML), "not-processed:currency-differs"),
        (told(2_500, "TRY"), answer(502, XML), "not-processed:answer-status"),
        (fault(Fault::UnreadableAnswer), answer(200, XML), "not-processed:unreadable-answer"),
        (trap(), answer(200, XML), "not-processed:trap"),
    ] {
        assert_eq!(ask(vec![read(), end], vec![said]).await, shown);
    }
    assert_eq!(ask(vec![told(2_500, "TRY")], vec![]).await, "not-processed:no-answer", "nobody was asked");
    assert_eq!(ask(vec![write()], vec![]).await, "not-processed:contract-breach", "a question that writes");
}

#[tokio::test]
async fn an_inquiry_answers_or_leaves_it_unknown() {
    let ask = |ends, answers| {
        let story = story(ends, answers);
        async move { (shown(&story.run(Act::Inquire { target: target() }).await), story.diary.notes.into_inner().unwrap()) }
    };
    let read = || send(Effect::ReadOnly);
    assert_eq!(ask(vec![read(), yes()], vec![answer(200, XML)]).await.0, "approved");
    assert_eq!(ask(vec![read(), no()], vec![answer(200, XML)]).await.0, "declined");
    let gone = Ok(Step::Done(Outcome::NotProcessed("no such order".into())));
    assert_eq!(ask(vec![read(), gone.clone()], vec![answer(200, XML)]).await.0, "not-processed:not-processed");
    assert_eq!(ask(vec![read(), gone.clone()], vec![answer(502, XML)]).await.0, "unknown:answer-status");
    assert_eq!(ask(vec![gone], vec![]).await.0, "unknown:no-answer");
    assert_eq!(ask(vec![trap()], vec![]).await.0, "unknown!trap");
    assert_eq!(ask(vec![write()], vec![]).await.0, "unknown!contract-breach", "a question that writes");
    assert_eq!(ask(vec![browse(Effect::ReadOnly, vec![])], vec![]).await.0, "unknown!contract-breach");

    let (ended, notes) =
        ask(vec![read(), yes()], vec![cut(Phase::Connecting), cut(Phase::ReadingResponse), answer(200, XML)]).await;
    assert_eq!((ended.as_str(), notes[0].tries), ("approved", 3), "a question is asked again");
    let lost = Ok(Step::Done(Outcome::Unknown("no answer".into())));
    let (ended, notes) = ask(vec![read(), lost], vec![cut(Phase::Tls), cut(Phase::Tls), cut(Phase::Tls)]).await;
    assert_eq!((ended.as_str(), notes[0].failed_in), ("unknown:unknown", Some(Phase::Tls)));
}

#[tokio::test]
async fn a_connector_that_asks_before_it_writes_may_fail_harmlessly() {
    let asking = |ends, answers| {
        let mut story = story(ends, answers);
        story.manifest.asks_before_writing = true;
        story
    };
    let read = || send(Effect::ReadOnly);
    let refused = asking(vec![read(), fault(Fault::InvalidRequest)], vec![answer(200, XML)]);
    assert_eq!(refused.sale().await, "not-processed:invalid-request");
    let broke = asking(vec![read(), write()], vec![answer(200, XML), cut(Phase::Sending)]);
    assert_eq!(broke.sale().await, "unknown:connection-broke");
    assert_eq!(asking(vec![read(), yes()], vec![answer(200, XML)]).sale().await, "unknown!approved-without-charge");
    assert_eq!(asking(vec![read(), write(), yes()], vec![answer(200, XML), answer(200, XML)]).sale().await, "approved");
}

#[tokio::test]
async fn after_the_gate() {
    use Effect::{OnceOnlyWrite, ReadOnly};
    // A gate that only authenticates has booked nothing.
    assert_eq!(resumed(ReadOnly, story(vec![no()], vec![])).await, "declined");
    assert_eq!(
        resumed(ReadOnly, story(vec![fault(Fault::NotAuthentic)], vec![])).await,
        "not-processed:callback-not-authentic"
    );
    assert_eq!(resumed(ReadOnly, story(vec![trap()], vec![])).await, "not-processed:trap");
    assert_eq!(
        resumed(ReadOnly, story(vec![approved(covering())], vec![]).verified()).await,
        "unknown!approved-without-charge"
    );
    assert_eq!(resumed(ReadOnly, story(vec![write(), yes()], vec![answer(200, XML)])).await, "approved");
    assert_eq!(
        resumed(ReadOnly, story(vec![write()], vec![cut(Phase::Connecting)])).await,
        "not-processed:connecting-failed"
    );
    // A gate that charges: whatever is not proved is unknown.
    assert_eq!(resumed(OnceOnlyWrite, story(vec![no()], vec![])).await, "unknown:callback-not-verified");
    assert_eq!(resumed(OnceOnlyWrite, story(vec![no()], vec![]).verified()).await, "declined");
    assert_eq!(
        resumed(OnceOnlyWrite, story(vec![fault(Fault::NotAuthentic)], vec![])).await,
        "unknown:callback-not-authentic"
    );
    // An answer that is not authentic is another matter: the callback before it was.
    let answered = story(vec![send(ReadOnly), fault(Fault::NotAuthentic)], vec![answer(200, XML)]);
    assert_eq!(resumed(OnceOnlyWrite, answered).await, "unknown:not-authentic");
    assert_eq!(resumed(OnceOnlyWrite, story(vec![trap()], vec![])).await, "unknown!trap");
    assert_eq!(
        resumed(OnceOnlyWrite, story(vec![approved(covering())], vec![])).await,
        "unknown:callback-not-verified"
    );
    assert_eq!(resumed(OnceOnlyWrite, story(vec![approved(covering())], vec![]).verified()).await, "approved");
    assert_eq!(resumed(OnceOnlyWrite, story(vec![yes()], vec![]).verified()).await, "unknown:callback-not-covering");
    let confirmed = story(vec![send(ReadOnly), yes()], vec![answer(200, XML)]).verified();
    assert_eq!(resumed(OnceOnlyWrite, confirmed).await, "approved", "an inquiry confirms it");
}

#[tokio::test]
async fn a_state_of_another_version_or_damaged_is_not_resumed() {
    for state in [Envelope { steps: 0, gate: Effect::ReadOnly, state: vec![] }.seal("bb"), b"{}".to_vec()] {
        let story = story(vec![], vec![]);
        let ending = story.run(Act::Resume { terms: Some(terms()), state, callback: callback() }).await;
        assert_eq!(shown(&ending), "unknown!state-refused");
    }
}

#[tokio::test]
async fn steps_are_counted_across_the_gate() {
    let steps = usize::from(limits::PLUGIN_STEPS_MAX);
    let endless = story((0..=steps).map(|_| write()).collect(), (0..steps).map(|_| answer(200, XML)).collect());
    assert_eq!(endless.sale().await, "unknown!contract-breach");
    assert_eq!(endless.diary.intents.into_inner().unwrap().len(), steps);
    let state = Envelope { steps: limits::PLUGIN_STEPS_MAX, gate: Effect::ReadOnly, state: vec![] }.seal(DIGEST);
    let story = story(vec![write()], vec![]);
    let ending = story.run(Act::Resume { terms: Some(terms()), state, callback: callback() }).await;
    assert_eq!(shown(&ending), "not-processed:contract-breach");
}

#[tokio::test]
async fn nothing_is_sent_that_was_not_recorded() {
    let mut story = story(vec![write()], vec![]);
    story.diary.full = true;
    assert_eq!(story.sale().await, "not-processed:not-recorded");
    assert!(story.bank.1.into_inner().unwrap().is_empty());
}

#[tokio::test]
async fn the_security_code_is_gone_after_the_step_that_carried_it() {
    let code = || Part::Sealed(Sealed::new("000", Labels::CVV));
    let carried = Ok(Step::Send(Box::new(sending(Effect::OnceOnlyWrite, vec![code()]))));
    let story_ = story(vec![write(), carried, no()], vec![answer(200, XML), answer(200, XML)]);
    assert_eq!(story_.sale().await, "declined");
    assert_eq!(story_.script.codes.into_inner().unwrap(), [true, true, false]);
    assert!(story_.card.security_code().is_none());

    let field = Field { name: "cv2".into(), value: code() };
    let gate = story(vec![browse(Effect::ReadOnly, vec![field])], vec![]);
    assert_eq!(
        shown(
            &gate.run(Act::ThreeDSecure { purpose: Purpose::Sale, model: ThreeDModel::ThreeD, terms: terms() }).await
        ),
        "browse read-only"
    );
    assert!(gate.card.security_code().is_none());
}

#[tokio::test]
async fn nothing_lets_the_card_or_a_secret_out() {
    let body = vec![
        Part::Text("<Number>".into()),
        Part::Sealed(Sealed::new(NUMBER, Labels::PAN)),
        Part::Text("</Number><Password>".into()),
        Part::Sealed(Sealed::secret("TOPSECRET")),
    ];
    let echo = format!("<A><Number>{NUMBER}</Number><P>TOPSECRET</P><Other>5406675406675403</Other></A>");
    let told = Ok(Step::Done(Outcome::Declined(Decline {
        category: "x".into(),
        bank_code: None,
        bank_message: Some(format!("card 4355 0843 5508 4358 and {NUMBER}")),
        same_card_may_retry: false,
        other_pos_may_retry: false,
        attributes: vec![("host-ref".into(), format!("of {NUMBER}"))],
    })));
    let story =
        story(vec![Ok(Step::Send(Box::new(sending(Effect::OnceOnlyWrite, body)))), told], vec![answer(200, &echo)]);
    let ending = format!("{:?}", story.run(Act::Sale { terms: terms() }).await);
    assert!(
        String::from_utf8(story.bank.1.into_inner().unwrap().remove(0)).unwrap().contains(NUMBER),
        "the bank got it"
    );
    let intents = story.diary.intents.into_inner().unwrap();
    assert_eq!(intents[0].masked_request, "<Number>«pan»</Number><Password>«secret»");
    let seen = format!("{ending} {intents:?} {:?}", story.diary.notes.into_inner().unwrap());
    let Reply::Response(response) = &story.script.replies.into_inner().unwrap()[0] else { panic!("no response") };
    let guest = String::from_utf8(response.body.clone()).unwrap();
    assert!(!guest.contains(NUMBER) && guest.contains("5406675406675403"), "{guest}");
    for secret in [NUMBER, "4355 0843 5508 4358", "TOPSECRET", "5406675406675403"] {
        assert!(!seen.contains(secret), "{secret} in {seen}");
    }
}

#[tokio::test]
async fn a_refused_sink_ends_the_act_before_anything_leaves() {
    let pan = || Part::Sealed(Sealed::new(NUMBER, Labels::PAN));
    let mut header = sending(Effect::OnceOnlyWrite, vec![]);
    header.headers = vec![Field { name: "x-card".into(), value: pan() }];
    let mut elsewhere = sending(Effect::OnceOnlyWrite, vec![]);
    elsewhere.endpoint = "other".into();
    let mut host = sending(Effect::OnceOnlyWrite, vec![]);
    host.headers = vec![Field { name: "Host".into(), value: Part::Text("evil.example".into()) }];
    let mut climbs = sending(Effect::OnceOnlyWrite, vec![]);
    climbs.path = "/../other".into();
    let mut big = sending(Effect::OnceOnlyWrite, vec![]);
    big.state = vec![0; limits::PLUGIN_STATE_BYTES_MAX + 1];
    assert_eq!(story(vec![Ok(Step::Send(Box::new(header)))], vec![]).sale().await, "not-processed:refused-sink");
    for step in [elsewhere, host, climbs, big] {
        assert_eq!(story(vec![Ok(Step::Send(Box::new(step)))], vec![]).sale().await, "not-processed:contract-breach");
    }
    let secret = Field { name: "key".into(), value: Part::Sealed(Sealed::secret("TOPSECRET")) };
    let gate = story(vec![browse(Effect::ReadOnly, vec![secret])], vec![]);
    assert_eq!(
        shown(
            &gate.run(Act::ThreeDSecure { purpose: Purpose::Sale, model: ThreeDModel::ThreeD, terms: terms() }).await
        ),
        "not-processed:refused-sink"
    );
}

#[tokio::test]
async fn a_callback_is_scrubbed_and_the_page_is_whole() {
    let fields = vec![
        Field { name: "pan".into(), value: Part::Sealed(Sealed::new(NUMBER, Labels::PAN)) },
        Field { name: "amount".into(), value: Part::Text("1,00".into()) },
    ];
    let gate = story(vec![browse(Effect::OnceOnlyWrite, fields)], vec![]);
    let Ending::Browse(browse) =
        gate.run(Act::ThreeDSecure { purpose: Purpose::Sale, model: ThreeDModel::ThreeDPay, terms: terms() }).await
    else {
        panic!("no page")
    };
    assert_eq!(
        (browse.page.gate_origin.as_str(), browse.page.action.as_str()),
        ("https://bank.example", "https://bank.example/api")
    );
    assert_eq!(
        (browse.page.fields[0].value.as_str(), browse.page.fields[0].from_card, browse.page.fields[1].from_card),
        (NUMBER, true, false)
    );
    assert!(!format!("{browse:?}").contains(NUMBER));
    let back = story(vec![no()], vec![]).verified();
    let ending = back.run(Act::Resume { terms: Some(terms()), state: browse.state, callback: callback() }).await;
    assert_eq!(shown(&ending), "declined");
    let Reply::Callback(callback) = &back.script.replies.into_inner().unwrap()[0] else { panic!("no callback") };
    assert!(!callback.form[0].1.contains("4358") && !callback.body.windows(4).any(|w| w == b"4358"));
}

#[tokio::test]
async fn the_payer_is_led_to_the_page_that_the_bank_named_and_to_no_other() {
    const NAMES: &str = "<Enrolled><ACSUrl>https://acs.issuer.example/pa?x=1</ACSUrl></Enrolled>";
    let led = async |endpoint: &str, path: &str, fields: Vec<Field>| {
        let steps = vec![send(Effect::ReadOnly), browse_to(endpoint, path, Effect::ReadOnly, fields)];
        let story = story(steps, vec![answer(200, NAMES)]);
        match story.run(Act::ThreeDSecure { purpose: Purpose::Sale, model: ThreeDModel::ThreeD, terms: terms() }).await
        {
            Ending::Browse(browse) => format!("{} {}", browse.page.action, browse.page.gate_origin),
            other => shown(&other),
        }
    };
    let page = "https://acs.issuer.example/pa?x=1";
    assert_eq!(led("acs", page, vec![]).await, format!("{page} https://acs.issuer.example"));
    assert_eq!(led("acs", "/below", vec![]).await, "https://bank.example/api/below https://bank.example");
    for (endpoint, path) in [
        ("gate", page),
        ("acs", "https://acs.evil.example/pa"),
        ("acs", "http://acs.issuer.example/pa"),
        ("acs", "https://acs.issuer.example@evil.example/"),
        ("acs", "https://127.0.0.1/acs.issuer.example"),
        ("acs", "javascript:acs.issuer.example"),
    ] {
        assert_eq!(led(endpoint, path, vec![]).await, "unknown!contract-breach", "{endpoint} {path}");
    }
    let card = Field { name: "pan".into(), value: Part::Sealed(Sealed::new(NUMBER, Labels::PAN)) };
    assert_eq!(led("acs", page, vec![card]).await, "unknown!refused-sink", "a card");
}

#[tokio::test]
async fn a_list_rests_on_an_authentic_answer_or_is_none() {
    let look = |ends, answers| {
        let story = story(ends, answers);
        async move {
            let shown = shown(&story.run(Act::DayHistory { day: "2026-11-22".into(), next: None }).await);
            let replies = story.script.replies.into_inner().unwrap().len();
            (shown, story.bank.1.into_inner().unwrap().len(), replies)
        }
    };
    let read = || send(Effect::ReadOnly);
    let lines = |count| Ok(Step::Listed(HistoryPage { lines: vec![line(); count], next: None }));
    let unreadable = || fault(Fault::UnreadableAnswer);
    let told = |shown: &str, sends, replies| (shown.to_owned(), sends, replies);
    assert_eq!(look(vec![read(), lines(2)], vec![answer(200, XML)]).await, told("listed 2", 1, 1));
    assert_eq!(look(vec![read(), lines(0)], vec![answer(200, XML)]).await, told("listed 0", 1, 1));
    for (said, answered, code) in [
        (lines(0), answer(502, XML), "answer-status"),
        (lines(0), answer(200, "<html>502</html>"), "answer-format"),
        (unreadable(), answer(200, "<html>502</html>"), "answer-format"),
        (unreadable(), answer(200, XML), "unreadable-answer"),
        (fault(Fault::NotAuthentic), answer(200, XML), "not-authentic"),
        (lines(limits::PLUGIN_LINES_MAX + 1), answer(200, XML), "list-too-long"),
    ] {
        let ended = look(vec![read(), said], vec![answered]).await;
        assert_eq!(ended, told(&format!("not-processed:{code}"), 1, 1));
    }
    assert_eq!(look(vec![lines(0)], vec![]).await.0, "not-processed:no-answer", "nobody was asked");
    assert_eq!(look(vec![write()], vec![]).await.0, "not-processed:contract-breach", "a question that writes");
    assert_eq!(look(vec![trap()], vec![]).await.0, "not-processed:trap");
    let silent = || vec![cut(Phase::Tls), cut(Phase::Tls), cut(Phase::AwaitingResponse)];
    assert_eq!(look(vec![read(), unreadable()], silent()).await, told("not-processed:no-answer", 3, 1));
    assert_eq!(look(vec![read(), lines(0)], silent()).await.0, "not-processed:no-answer", "silence is no empty list");
    let endless =
        Ok(Step::Listed(HistoryPage { lines: vec![], next: Some(vec![0; limits::PLUGIN_STATE_BYTES_MAX + 1]) }));
    assert_eq!(look(vec![read(), endless], vec![answer(200, XML)]).await.0, "not-processed:contract-breach");
}

#[tokio::test]
async fn what_a_list_says_is_cut_and_masked() {
    let long = HistoryLine {
        standing: "x".repeat(limits::PLUGIN_REFERENCE_BYTES_MAX + 1),
        attributes: vec![("card".into(), NUMBER.into()); limits::PLUGIN_ATTRIBUTES_MAX + 1],
        ..line()
    };
    let page = Ok(Step::Listed(HistoryPage { lines: vec![long], next: None }));
    let story = story(vec![send(Effect::ReadOnly), page], vec![answer(200, XML)]);
    let Ending::Listed(page) = story.run(Act::OrderHistory { target: target() }).await else { panic!("a list") };
    let line = &page.lines[0];
    assert_eq!(line.standing, format!("{}…", "x".repeat(limits::PLUGIN_REFERENCE_BYTES_MAX)));
    assert_eq!(line.attributes.len(), limits::PLUGIN_ATTRIBUTES_MAX);
    assert!(!line.attributes[0].1.contains(NUMBER), "{line:?}");
}

fn line() -> HistoryLine {
    HistoryLine {
        operation: Some("sale".into()),
        standing: "done".into(),
        at_ms: None,
        minor: Some(12_345),
        currency: Some("TRY".into()),
        order_no: Some("ORD1".into()),
        bank: BankRef::default(),
        raw_code: None,
        attributes: vec![],
    }
}

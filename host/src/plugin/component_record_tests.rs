//! Recordings of real components: what is in them, what never is, and what a replay shows.

use super::*;
use crate::plugin::record::{RecordedAct, RecordedBytes, RecordedReply, Recording};

/// A bank that says everything back that it was told in confidence.
fn echoing(response: &str, code: &str) -> String {
    let echo = format!("<Extra><PAN>{NUMBER}</PAN><PW>ISBANK07</PW><CC>5401341234567891</CC></Extra>");
    cc5(response, code).replace("<Extra></Extra>", &echo)
}

async fn recorded(world: &World, pos: &Installation, act: Act, answers: &[&str]) -> Recording {
    world.run(pos, act, answers).await;
    let run = world.plugins.runs(pos.tenant, "pos-nestpay").into_iter().next().unwrap();
    assert_eq!(world.plugins.run(pos.tenant, run.id).unwrap().id, run.id);
    assert!(world.plugins.run(TenantId::at(7), run.id).is_none(), "another firm's run");
    run.recording.clone()
}

fn nowhere(recording: &Recording) {
    let json = String::from_utf8(recording.to_json()).unwrap();
    let forms = [NUMBER.to_owned(), hex::encode(NUMBER), "ISBANK07".into(), "5401341234567891".into()];
    for secret in forms {
        assert!(!json.contains(&secret), "{secret} is in {json}");
    }
    assert!(!json.contains("AYŞE"), "the name on the card is in {json}");
    assert_eq!(Recording::from_json(json.as_bytes()).unwrap(), *recording);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_is_recorded_without_its_secrets_and_plays_the_same() {
    let Some(folder) = components() else { return };
    let world = world(&folder);
    let pos = nestpay(&world);
    let wasm = std::fs::read(folder.join("pos-nestpay.wasm")).unwrap();
    let target = Target {
        operation: Operation::Sale,
        model: ThreeDModel::None,
        terms: terms(),
        bank: BankRef { bank_order_id: Some("ORD1".into()), ..BankRef::default() },
        sent_at_ms: 0,
    };
    let (approved, declined) = (echoing("Approved", "00"), echoing("Declined", "51"));
    let acts: Vec<(Act, Vec<&str>, &str)> = vec![
        (Act::Sale { terms: terms() }, vec![&approved], "approved"),
        (Act::Sale { terms: terms() }, vec![&declined], "declined"),
        (Act::Sale { terms: terms() }, vec![], "unknown"),
        (Act::Sale { terms: terms() }, vec!["<html>502</html>"], "unknown"),
        (Act::ThreeDSecure { purpose: Purpose::Sale, model: ThreeDModel::ThreeD, terms: terms() }, vec![], "browse"),
        // The order's history first, then the refund.
        (Act::Refund { terms: terms(), target: target.clone() }, vec![&approved, &approved], "approved"),
        (Act::Inquire { target }, vec![], "unknown"),
    ];
    for (act, answers, outcome) in acts {
        let name = act.name();
        let recording = recorded(&world, &pos, act, &answers).await;
        assert_eq!((recording.outcome.as_str(), recording.input.name(), recording.cut), (outcome, name, false));
        nowhere(&recording);
        let replay = Plugins::replay_on(&wasm, &recording).await.unwrap();
        assert!(replay.same, "{name}: {replay:#?}");
        assert_eq!(replay.turns.len(), recording.turns.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_shows_what_differs() {
    let Some(folder) = components() else { return };
    let world = world(&folder);
    let pos = nestpay(&world);
    let wasm = std::fs::read(folder.join("pos-nestpay.wasm")).unwrap();
    let recording = recorded(&world, &pos, Act::Sale { terms: terms() }, &[&cc5("Approved", "00")]).await;

    let mut dearer = recording.clone();
    let RecordedAct::Sale { terms } = &mut dearer.input else { panic!("{:?}", dearer.input) };
    terms.minor += 1;
    let replay = Plugins::replay_on(&wasm, &dearer).await.unwrap();
    let body = replay.turns[0].differences.iter().find(|difference| difference.place == "/body").unwrap();
    assert!(!replay.same && body.recorded.as_ref().unwrap().contains("123.45"), "{replay:#?}");
    assert!(body.played.as_ref().unwrap().contains("123.46"), "{replay:#?}");

    let mut refused = recording.clone();
    let reply = refused.turns[0].exchange.as_mut().map(|exchange| &mut exchange.reply);
    let Some(RecordedReply::Response { body, .. }) = reply else { panic!("no reply") };
    *body = RecordedBytes::Text(cc5("Declined", "51"));
    let replay = Plugins::replay_on(&wasm, &refused).await.unwrap();
    let verdict = &replay.verdict[0];
    assert_eq!((verdict.recorded.as_deref(), verdict.played.as_deref()), (Some("approved"), Some("declined")));
    assert!(replay.turns[0].differences.is_empty() && !replay.turns[1].differences.is_empty(), "{replay:#?}");

    let bad = std::fs::read(folder.join("bad-connector.wasm")).unwrap();
    assert!(Plugins::replay_on(&bad, &recording).await.unwrap_err().contains("not of bad-connector"));
    let cut = Recording { cut: true, ..recording };
    assert!(Plugins::replay_on(&wasm, &cut).await.unwrap_err().contains("too long"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_last_runs_are_kept() {
    let Some(folder) = components() else { return };
    let world = world(&folder);
    let (pos, mut other) = (nestpay(&world), nestpay(&world));
    other.tenant = TenantId::at(3);
    let long = format!("{}<x>{}</x>", cc5("Declined", "51"), "a".repeat(200_000));
    world.run(&other, Act::Sale { terms: terms() }, &[&long]).await;
    for _ in 0..crate::limits::PLUGIN_RUNS_KEPT + 5 {
        world
            .run(&pos, Act::ThreeDSecure { purpose: Purpose::Sale, model: ThreeDModel::ThreeD, terms: terms() }, &[])
            .await;
    }
    let runs = world.plugins.runs(pos.tenant, "pos-nestpay");
    assert_eq!(runs.len(), crate::limits::PLUGIN_RUNS_KEPT);
    let others = world.plugins.runs(other.tenant, "pos-nestpay");
    assert!(others.len() == 1 && others[0].recording.cut, "a busy firm pushes nobody out; what is too long is cut");
    assert!(others[0].recording.to_json().len() < 2 * crate::limits::PLUGIN_RUN_BYTES_MAX);
}

//! Components as they were built when a contract was published (`tests/contract`): every host goes on running them,
//! and refuses what needs more than it has.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::*;
use crate::plugin::offer;

/// The bank's key, hex.
const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// `tests/contract/pos-1.0.0` for `vezne:pos@1.0.0`.
fn kept(contract: &str) -> PathBuf {
    let name = contract.trim_start_matches("vezne:").replace('@', "-");
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/contract").join(name)
}

fn whole(world: &World) -> Installation {
    world.installation("whole-connector", &[("merchant", "M1")], &[("password", "p&w"), ("key", KEY)])
}

fn signature(text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(&hex::decode(KEY).unwrap()).unwrap();
    mac.update(text.as_bytes());
    hex::encode_upper(mac.finalize().into_bytes())
}

fn told(result: &str) -> String {
    format!(
        r#"{{"result":"{result}","order":"ORD1","minor":"12345","currency":"TRY","id":"T1","code":"05","host-ref":"H7"}}"#
    )
}

fn target(operation: Operation) -> Target {
    let bank = BankRef { bank_order_id: Some("ORD1".into()), transaction_id: Some("T0".into()), ..BankRef::default() };
    Target { operation, model: ThreeDModel::ThreeD, terms: terms(), bank, sent_at_ms: 1_790_000_000_000 }
}

/// The fields of the last request.
fn sent(world: &World) -> std::collections::BTreeMap<String, String> {
    let body = world.bank.bodies.lock().unwrap().pop().unwrap();
    url::form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}

fn back(result: &str, signature: &str) -> Callback {
    let form =
        [("order", "ORD1"), ("result", result), ("minor", "12345"), ("currency", "TRY"), ("signature", signature)];
    Callback {
        method: Method::Post,
        query: vec![],
        form: form.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        headers: vec![],
        body: vec![],
        source_ip: "192.0.2.1".into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_of_every_published_contract_still_runs() {
    for contract in offer::CONTRACTS {
        let world = world(&kept(contract));
        assert!(world.plugins.refusals().is_empty(), "{contract}: {:?}", world.plugins.refusals());
        assert!(!world.plugins.list().is_empty(), "no component of {contract} is kept");
        for info in world.plugins.list() {
            assert_eq!(info.manifest.api, contract, "{}", info.id);
            world.plugins.smoke(&info.digest).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_component_charges_and_changes() {
    let world = world(&kept("vezne:pos@1.0.0"));
    let pos = whole(&world);
    for (result, expected) in [
        ("approved", "approved"),
        ("declined", "declined:not-approved"),
        ("pending", "pending"),
        ("not-processed", "not-processed:not-processed"),
        ("unknown", "unknown:unknown"),
        ("", "unknown:unreadable-answer"),
    ] {
        let ending = world.run(&pos, Act::Sale { terms: terms() }, &[&told(result)]).await;
        assert_eq!(shown(&ending), expected, "{result}: {ending:?}");
        if let Ending::Done(Verdict::Declined(decline)) = ending {
            assert_eq!(decline.attributes, [("host-ref".to_owned(), "H7".to_owned())]);
        }
        let sent = sent(&world);
        let of = |name: &str| sent.get(name).map_or("", String::as_str);
        assert_eq!((of("operation"), of("pan"), of("expiry"), of("code")), ("sale", NUMBER, "1230", "000"));
        assert_eq!((of("merchant"), of("minor"), of("password"), of("last4")), ("M1", "12345", "p&w", "4358"));
        assert_eq!(of("signature"), signature("M1|123.45"));
        assert_eq!((of("day"), of("reference").len(), of("vector").len()), ("2026-09-21", 20, 32));
        assert!(of("block").len() == 44 && of("holder-digest").len() == 28, "{sent:?}");
    }
    assert_eq!(shown(&world.run(&pos, Act::Sale { terms: terms() }, &[]).await), "unknown:no-answer-in-time");
    let (sale, held) = (target(Operation::Sale), target(Operation::Authorize));
    for (act, operation) in [
        (Act::Void { target: sale.clone() }, "void"),
        (Act::Refund { terms: terms(), target: sale.clone() }, "refund"),
        (Act::Inquire { target: sale }, "inquire"),
        (Act::Authorize { terms: terms() }, "authorize"),
        (Act::Capture { terms: terms(), target: held }, "capture"),
    ] {
        assert_eq!(shown(&world.run(&pos, act, &[&told("approved")]).await), "approved", "{operation}");
        let sent = sent(&world);
        assert_eq!(sent["operation"], operation);
        assert!(operation == "authorize" || sent["of-id"] == "T0" && sent["of-model"] == "3d", "{operation}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_component_goes_through_its_gate() {
    let world = world(&kept("vezne:pos@1.0.0"));
    let pos = whole(&world);
    for (purpose, model, effect, charged_as) in [
        (Purpose::Sale, ThreeDModel::ThreeD, Effect::ReadOnly, Some("sale")),
        (Purpose::Authorize, ThreeDModel::ThreeD, Effect::ReadOnly, Some("authorize")),
        (Purpose::Sale, ThreeDModel::ThreeDPay, Effect::OnceOnlyWrite, None),
        (Purpose::Authorize, ThreeDModel::ThreeDHost, Effect::OnceOnlyWrite, None),
    ] {
        let Ending::Browse(browse) = world.run(&pos, Act::ThreeDSecure { purpose, model, terms: terms() }, &[]).await
        else {
            panic!("a form for {model:?}")
        };
        assert_eq!((browse.effect, browse.correlation.as_str()), (effect, "ORD1"));
        let field = |name: &str| browse.page.fields.iter().find(|field| field.name == name);
        let wanted = if purpose == Purpose::Sale { "sale" } else { "authorize" };
        assert_eq!(field("operation").unwrap().value.as_str(), wanted);
        assert_eq!(field("pan").is_some_and(|pan| pan.from_card), model != ThreeDModel::ThreeDHost);
        let resume = |callback| Act::Resume { terms: Some(terms()), state: browse.state.clone(), callback };
        let forged = world.run(&pos, resume(back("yes", &signature("ORD1|no|12345|TRY"))), &[]).await;
        assert!(shown(&forged).ends_with(":callback-not-authentic"), "{forged:?}");
        let callback = back("yes", &signature("ORD1|yes|12345|TRY"));
        assert_eq!(world.plugins.correlate(&pos, &callback).await.unwrap(), "ORD1");
        let ending = world.run(&pos, resume(callback), &[&told("approved")]).await;
        assert_eq!(shown(&ending), "approved", "{model:?}: {ending:?}");
        if let Some(operation) = charged_as {
            assert_eq!(sent(&world)["operation"], operation);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_component_lists_what_the_bank_has() {
    let world = world(&kept("vezne:pos@1.0.0"));
    let pos = whole(&world);
    let list = r#"{"lines":[{"operation":"sale","standing":"done","order":"ORD1","minor":"12345"}]}"#;
    for (act, operation) in [
        (Act::OrderHistory { target: target(Operation::Sale) }, "list-order"),
        (Act::DayHistory { day: "2026-11-22".to_owned(), next: None }, "list-day"),
    ] {
        let ending = world.run(&pos, act, &[list]).await;
        let Ending::Listed(page) = ending else { panic!("{operation}: {ending:?}") };
        assert_eq!((page.lines.len(), page.lines[0].minor), (1, Some(12_345)));
        assert_eq!(sent(&world)["operation"], operation);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_component_tells_what_points_are_worth() {
    let world = world(&kept("vezne:points@1.0.0"));
    let pos = whole(&world);
    let ask = || Act::Points { terms: terms() };
    let ending = world.run(&pos, ask(), &[r#"{"minor":"4200","currency":"TRY"}"#]).await;
    assert_eq!(shown(&ending), "told:4200", "{ending:?}");
    assert_eq!(sent(&world)["operation"], "points");
    let ending = world.run(&pos, ask(), &[&told("declined").replace("\"minor\":\"12345\",", "")]).await;
    assert_eq!(shown(&ending), "declined:not-approved", "{ending:?}");
}

/// The kept component with a name changed for another of the same length, wherever it stands: in the code's own
/// imports, in the types, in the manifest.
fn renamed(from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut wasm = std::fs::read(kept("vezne:pos@1.0.0").join("whole-connector.wasm")).unwrap();
    let places: Vec<usize> =
        (0..wasm.len() - from.len()).filter(|&at| wasm[at..].starts_with(from.as_bytes())).collect();
    assert!(!places.is_empty(), "{from} does not occur");
    for at in places {
        wasm[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    wasm
}

#[test]
fn what_needs_more_than_the_host_has_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    for (name, (from, to)) in [
        ("a-interface", ("vezne:host/clock@1.0.0", "vezne:host/bells@1.0.0")),
        ("b-function", ("now-civil", "now-lunar")),
        ("c-major", ("vezne:host/clock@1.0.0", "vezne:host/clock@2.0.0")),
        ("d-contract", ("\"vezne:pos@1.0.0\"", "\"vezne:pos@1.4.0\"")),
    ] {
        std::fs::write(folder.path().join(format!("{name}.wasm")), renamed(from, to)).unwrap();
    }
    let plugins = world(folder.path()).plugins;
    let refusals = plugins.refusals();
    let sentences: Vec<_> = refusals.iter().map(|refusal| refusal.sentence.as_str()).collect();
    let expected = [
        "it needs vezne:host/bells@1.0.0, which this host does not have; this host speaks vezne:pos@1.0.0",
        "now-lunar",
        "it needs vezne:host/clock@2.0.0, which this host does not have; this host speaks vezne:pos@1.0.0",
        "it is written against vezne:pos@1.4.0; this host speaks vezne:pos@1.0.0",
    ];
    assert_eq!(sentences.len(), expected.len(), "{sentences:#?}");
    for (sentence, expected) in sentences.iter().zip(expected) {
        assert!(sentence.contains(expected), "{sentence}");
    }
    assert!(plugins.list().is_empty());
}

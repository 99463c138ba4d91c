//! Real components through the whole runtime: engine, registry, sandbox, driver; only the bank is scripted.
//!
//! The components are built by `cargo xtask` and found through `VEZNE_COMPONENTS`. Without it these tests
//! pass without doing anything on a laptop, and fail where `CI` is set: skipped is failed there.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;

mod kept;

use super::*;
use crate::ctx::Clock;
use crate::domain::card::{Card, Expiry, Pan, SecurityCode};
use crate::domain::id::{PosAccountId, TenantId};
use crate::domain::money::{Currency, Money};

const NUMBER: &str = "4355084355084358";

fn components() -> Option<PathBuf> {
    let found = std::env::var_os("VEZNE_COMPONENTS").map(PathBuf::from).filter(|folder| folder.is_dir());
    assert!(found.is_some() || std::env::var_os("CI").is_none(), "VEZNE_COMPONENTS names no folder of components");
    found
}

#[derive(Default)]
struct Bank {
    answers: Mutex<VecDeque<Response>>,
    bodies: Mutex<Vec<String>>,
}

impl Bank {
    fn answers_set(&self, answers: &[&str]) {
        *self.answers.lock().unwrap() = answers
            .iter()
            .map(|body| Response { status: 200, headers: vec![], body: body.as_bytes().to_vec(), truncated: false })
            .collect();
    }
}

impl Transport for Bank {
    fn send<'a>(
        &'a self,
        request: &'a OutRequest,
        _: tokio::time::Instant,
    ) -> BoxFuture<'a, Result<Response, TransportFailure>> {
        self.bodies.lock().unwrap().push(String::from_utf8_lossy(&request.body).into_owned());
        let answer = self.answers.lock().unwrap().pop_front();
        let silence = TransportFailure { phase: Phase::AwaitingResponse, timed_out: true, detail: String::new() };
        Box::pin(async move { answer.ok_or(silence) })
    }
}

struct World {
    plugins: Plugins,
    bank: Arc<Bank>,
}

fn world(folder: &Path) -> World {
    // One after the other: the first compiles, the others find it compiled.
    static LOADING: Mutex<()> = Mutex::new(());
    let bank = Arc::new(Bank::default());
    let transport: Arc<dyn Transport> = bank.clone();
    let _alone = LOADING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let plugins = Plugins::load_with(folder, &compiled(), transport).unwrap();
    World { plugins, bank }
}

/// Where these tests keep compiled components: beside the components, or else beside the test program. Always a folder of
/// its own: the cache closes its folder to everybody else.
fn compiled() -> PathBuf {
    let beside = components().unwrap_or_else(|| std::env::current_exe().unwrap());
    beside.with_file_name("components-of-tests")
}

impl World {
    fn installation(&self, id: &str, config: &[(&str, &str)], secrets: &[(&str, &str)]) -> Installation {
        let info = self.plugins.latest(id).unwrap_or_else(|| panic!("{id}: {:?}", self.plugins.refusals()));
        let given = config.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let endpoints = info.manifest.endpoints.iter().map(|(name, asked)| {
            let (takes_card, takes_secrets) = (asked.takes_card, asked.takes_secrets);
            (name.clone(), Endpoint { url: format!("https://bank.example/{name}"), takes_card, takes_secrets })
        });
        Installation {
            tenant: TenantId::at(0),
            pos_account: PosAccountId::at(0),
            digest: info.digest.clone(),
            config: info.manifest.config_filled(None, &given).unwrap().into(),
            secrets: Arc::new(
                secrets.iter().map(|(name, value)| ((*name).to_owned(), Secret::new((*value).to_owned()))).collect(),
            ),
            endpoints: endpoints.collect(),
            sandbox: false,
            zone: "Europe/Istanbul".into(),
        }
    }

    async fn run(&self, installation: &Installation, act: Act, answers: &[&str]) -> Ending {
        self.bank.answers_set(answers);
        // With a clean record each time: what a plugin did before is another test's.
        self.plugins.forgive(&installation.digest);
        driven(&self.plugins, installation, act, Duration::from_secs(20)).await
    }
}

async fn driven(plugins: &Plugins, installation: &Installation, act: Act, within: Duration) -> Ending {
    let (card, context) = (card(), context());
    let until_ms = context.clock.now_ms() + crate::limits::millis(within);
    plugins.drive(installation, &context, act, Some(&card), &Unwritten, until_ms).await
}

fn context() -> ActContext {
    ActContext {
        attempt_id: "A1".into(),
        order_id: "ORD1".into(),
        callback_url: "https://vezne.example/pos/cb".into(),
        payer_ip: Some("85.105.1.1".into()),
        payer_email: None,
        locale: "tr".into(),
        attributes: vec![],
        clock: Clock::simulated(1_790_000_000_000),
    }
}

fn card() -> HeldCard {
    let card = Card {
        pan: Pan::parse(NUMBER).unwrap(),
        expiry: Expiry { month: 12, year: 2030 },
        security_code: Some(SecurityCode::parse("000").unwrap()),
        holder: Some("AYŞE YILMAZ".into()),
    };
    HeldCard::new(&card, "visa", Some("maximum".into()))
}

fn terms() -> Terms {
    Terms { amount: Money::new(12_345, Currency::TRY), installments: 1, entry: "ecommerce".into(), description: None }
}

fn shown(ending: &Ending) -> String {
    match ending {
        Ending::Browse(browse) => format!("browse:{}", browse.effect.as_str()),
        Ending::Listed(page) => format!("listed:{}", page.lines.len()),
        Ending::Told(worth) => format!("told:{}", worth.minor),
        Ending::Done(Verdict::Approved(_)) => "approved".into(),
        Ending::Done(Verdict::Declined(decline)) => format!("declined:{}", decline.category),
        Ending::Done(Verdict::Pending(_)) => "pending".into(),
        Ending::Done(Verdict::NotProcessed(reason)) => format!("not-processed:{}", reason.code),
        Ending::Done(Verdict::Unknown { reason, .. }) => format!("unknown:{}", reason.code),
    }
}

fn nestpay(world: &World) -> Installation {
    let config = [("client-id", "700655000200"), ("user-name", "ISBANKAPI")];
    let info = world.plugins.latest("pos-nestpay").unwrap();
    let names: Vec<String> = info.manifest.secrets.iter().map(|secret| secret.name.clone()).collect();
    let secrets: Vec<_> = names.iter().map(|name| (name.as_str(), "ISBANK07")).collect();
    world.installation("pos-nestpay", &config, &secrets)
}

fn cc5(response: &str, code: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"ISO-8859-9\"?><CC5Response><OrderId>ORD1</OrderId><GroupId>ORD1</GroupId>\
         <Response>{response}</Response><AuthCode>P12345</AuthCode><HostRefNum>123</HostRefNum>\
         <ProcReturnCode>{code}</ProcReturnCode><TransId>T1</TransId><ErrMsg></ErrMsg><Extra></Extra></CC5Response>"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_through_nestpay() {
    let Some(folder) = components() else { return };
    let world = world(&folder);
    let pos = nestpay(&world);
    let ending = world.run(&pos, Act::Sale { terms: terms() }, &[&cc5("Approved", "00")]).await;
    assert_eq!(shown(&ending), "approved", "{ending:?}");
    let sent = world.bank.bodies.lock().unwrap().pop().unwrap();
    assert!(sent.contains(NUMBER) && sent.contains("123.45") && sent.contains("ISBANK07"), "{sent}");
    let ending = world.run(&pos, Act::Sale { terms: terms() }, &[&cc5("Declined", "51")]).await;
    assert_eq!(shown(&ending), "declined:insufficient-funds");
    let ending = world.run(&pos, Act::Sale { terms: terms() }, &["<html>502</html>"]).await;
    assert!(shown(&ending).starts_with("unknown:"), "{ending:?}");
    assert_eq!(shown(&world.run(&pos, Act::Sale { terms: terms() }, &[]).await), "unknown:no-answer-in-time");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gate_of_nestpay() {
    let Some(folder) = components() else { return };
    let world = world(&folder);
    let pos = nestpay(&world);
    let ending = world
        .run(&pos, Act::ThreeDSecure { purpose: Purpose::Sale, model: ThreeDModel::ThreeD, terms: terms() }, &[])
        .await;
    let Ending::Browse(browse) = ending else { panic!("{ending:?}") };
    assert_eq!(browse.effect, Effect::ReadOnly);
    assert!(browse.page.fields.iter().any(|field| field.value.as_str() == NUMBER && field.from_card));
    assert!(browse.page.fields.iter().all(|field| field.value.as_str() != "ISBANK07"), "the store key stays here");
    let form = vec![
        ("oid".to_owned(), "ORD1".to_owned()),
        ("mdStatus".to_owned(), "1".to_owned()),
        ("HASH".to_owned(), "forged".to_owned()),
    ];
    let callback = Callback {
        method: Method::Post,
        query: vec![],
        form,
        headers: vec![],
        body: vec![],
        source_ip: "1.2.3.4".into(),
    };
    assert_eq!(world.plugins.correlate(&pos, &callback).await.unwrap(), browse.correlation);
    // What is not the connector's, and what no connector could read: the second may be the payer's own.
    let foreign = Callback { form: vec![], ..callback.clone() };
    let told = world.plugins.correlate(&pos, &foreign).await.unwrap_err();
    assert!(matches!(told, Uncorrelated::Foreign(_)), "{told:?}");
    let gone = Installation { digest: "sha256:gone".to_owned(), ..pos.clone() };
    let told = world.plugins.correlate(&gone, &callback).await.unwrap_err();
    assert!(matches!(told, Uncorrelated::Unread(_)), "{told:?}");
    let resume = Act::Resume { terms: Some(terms()), state: browse.state.clone(), callback };
    let forged = shown(&world.run(&pos, resume, &[]).await);
    assert!(forged.starts_with("not-processed:"), "{forged}");
}

#[test]
fn what_cannot_be_trusted_is_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    put("a-module.wasm", b"\0asm\x01\0\0\0");
    put("b-empty.wasm", b"\0asm\x0d\0\x01\0");
    put("c-text.wasm", b"hello");
    put("d-other.txt", b"not looked at");
    let manifest = br#"{"id":"pos-x","version":"1.0.0","kind":"pos","api":"vezne:pos@1.0.0","publisher":"x","licence":"MIT","names":{"tr":"x","en":"x"},"endpoints":{"api":{}}}"#;
    let mut no_world = b"\0asm\x0d\0\x01\0\0".to_vec();
    let name = manifest::SECTION.as_bytes();
    let length = 1 + name.len() + manifest.len();
    let byte = |value: usize| u8::try_from(value).unwrap();
    no_world.extend([byte(length & 0x7f) | 0x80, byte(length >> 7), byte(name.len())]);
    no_world.extend(name);
    no_world.extend(manifest);
    put("e-no-world.wasm", &no_world);
    let plugins = world(folder.path()).plugins;
    let refusals = plugins.refusals();
    let sentences: Vec<_> = refusals.iter().map(|refusal| refusal.sentence.as_str()).collect();
    assert_eq!(sentences.len(), 4, "{sentences:?}");
    assert_eq!(sentences[0], "it is not a WebAssembly component");
    assert_eq!(sentences[1], "it has no manifest");
    assert_eq!(sentences[2], "it is not a WebAssembly component");
    assert!(sentences[3].contains("does not export vezne:pos/payments@1.0.0"), "{}", sentences[3]);
    assert!(plugins.list().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_component_answers_its_first_calls() {
    let Some(folder) = components() else { return };
    let plugins = world(&folder).plugins;
    let mut wrong = Vec::new();
    for info in plugins.list() {
        if let Err(sentence) = plugins.smoke(&info.digest).await {
            wrong.push(format!("{}: {sentence}", info.id));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[path = "hostile_tests.rs"]
mod hostile;
#[path = "memory_tests.rs"]
mod memory;
#[path = "pry_tests.rs"]
mod pry;
#[path = "reach_tests.rs"]
mod reach;
#[path = "component_record_tests.rs"]
mod record_tests;

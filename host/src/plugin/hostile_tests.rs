//! Connectors that take more than they may: every limit is met by a component that wants to break it.

use std::io::Write;
use std::time::Instant;

use super::*;
use crate::limits;
use crate::plugin::compile::{CompileBounds, Compiler};
use crate::plugin::engine::{Weight, engines_new};
use crate::plugin::registry::Loader;
use crate::plugin::step::{Call, CallFailure, Guest, Input};
use code::{TABLE_GROWER, with_memory, with_sale, work_for_a_compiler};

#[path = "hostile_code.rs"]
mod code;

/// How long after its deadline a call may still be there. The machine is shared with other tests.
const CUT_SLACK: Duration = Duration::from_secs(5);

/// One sale of the hostile connector, at a firm and a host that know nothing of it yet.
pub(super) async fn sale(world: &World, config: &[(&str, &str)], answers: &[&str]) -> Ending {
    let fresh = world.plugins.with_transport(world.bank.clone());
    let installation = world.installation("bad-connector", config, &[("key", "TOPSECRET-0123456789")]);
    world.bank.answers_set(answers);
    driven(&fresh, &installation, Act::Sale { terms: terms() }, Duration::from_secs(20)).await
}

/// Every mode ends as expected: nothing was processed before the send, nobody knows after it. `look` sees each ending and
/// how long it took. Gives what there is to look at afterwards; nothing where there are no components.
pub(super) async fn all_end_with(cases: &[(&str, &str)], look: impl Fn(&str, &Ending, Duration)) -> Option<World> {
    let world = world(&components()?);
    let mut wrong = Vec::new();
    for (mode, expected) in cases {
        for (prefix, ended) in [("", "not-processed"), ("after-", "unknown")] {
            let (mode, began) = (format!("{prefix}{mode}"), Instant::now());
            let ending = sale(&world, &[("mode", &mode)], &["<ok/>"]).await;
            let said = shown(&ending);
            if !expected.split('|').any(|code| said == format!("{ended}:{code}")) {
                wrong.push(format!("{mode}: {ending:?}"));
            }
            look(&mode, &ending, began.elapsed());
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    Some(world)
}

/// In time, and without the card in what is said about it.
async fn all_end(cases: &[(&str, &str)]) {
    let most = limits::PLUGIN_TICK * limits::PLUGIN_TICKS_DEFAULT + CUT_SLACK;
    all_end_with(cases, |mode, ending, took| {
        assert!(took < most, "{mode} took {took:?}");
        assert!(!format!("{ending:?}").contains(NUMBER), "{mode}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn time_is_limited() {
    all_end(&[("trap", "trap"), ("loop", "cpu-time"), ("storm", "cpu-time"), ("storm-digest", "cpu-time")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_call_works_no_longer_than_it_must() {
    all_end(&[("storm-alphabet", "contract-breach"), ("entropy", "contract-breach")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_limited() {
    all_end(&[
        // Either the host or its own allocator stops it, or the clock while it still fills what it has.
        ("allocate", "memory|trap|cpu-time"),
        ("allocate-at-once", "memory"),
        ("hoard", "cpu-time"),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stacks_are_limited() {
    // A guest's own stack lies below its data: running out of it is an access below address zero.
    all_end(&[("recurse", "trap"), ("recurse-deep", "stack")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_host_holds_for_a_guest_is_limited() {
    // Without the bound the second would get its answer; on a busy machine its time may be over first.
    all_end(&[("resources", "limit|contract-breach"), ("sealed-bytes", "contract-breach|cpu-time")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_guest_says_is_limited() {
    all_end(&[
        ("argument", "limit"),
        ("big-state", "limit"),
        ("huge-body", "limit|memory"),
        ("long-state", "contract-breach"),
        ("big-body", "contract-breach"),
        ("many-headers", "contract-breach"),
        ("long-query", "contract-breach"),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_for_people_and_references_are_cut() {
    let Some(folder) = components() else { return };
    let world = world(&folder);
    let ending = sale(&world, &[("mode", "after-long-words")], &["<ok/>"]).await;
    let Ending::Done(Verdict::Declined(decline)) = &ending else { panic!("{}", shown(&ending)) };
    let most = limits::PLUGIN_MESSAGE_BYTES_MAX + '…'.len_utf8();
    assert!(decline.bank_message.as_ref().is_some_and(|words| words.len() <= most), "the bank's words are not cut");
    assert!(decline.bank_code.as_ref().is_some_and(|code| code.len() <= most), "the bank's code is not cut");
    let ending = sale(&world, &[("mode", "after-many-references")], &["<ok/>"]).await;
    let kept = match &ending {
        Ending::Done(Verdict::Pending(bank)) => bank.extra.len(),
        Ending::Done(Verdict::Unknown { .. }) => 0,
        other => panic!("{other:?}"),
    };
    assert!(kept <= limits::PLUGIN_REFERENCES_MAX, "{kept} references are kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_claims_is_not_believed() {
    let Some(folder) = components() else { return };
    let world = world(&folder);
    for (mode, expected) in [
        ("after-lie", "unknown:amount-differs"),
        ("approve", "unknown:approved-without-charge"),
        ("after-approve", "approved"),
        ("endless", "unknown:contract-breach"),
    ] {
        let ending = sale(&world, &[("mode", mode)], &["<ok/>"; 9]).await;
        assert_eq!(shown(&ending), expected, "{mode}: {ending:?}");
    }
}

/// Collects what is logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

// On one thread: the subscriber is this thread's.
#[tokio::test]
async fn a_gigabyte_of_logs_leaves_a_few_lines_without_a_card() {
    let Some(folder) = components() else { return };
    let world = world(&folder);
    for mode in ["log-little", "log"] {
        let lines = Lines::default();
        let into = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || into.clone())
            .with_max_level(tracing::Level::TRACE);
        let _guard = tracing::subscriber::set_default(subscriber.finish());
        let began = Instant::now();
        let ending = shown(&sale(&world, &[("mode", mode)], &[]).await);
        assert!(
            ["not-processed:invalid-request", "not-processed:cpu-time"].contains(&ending.as_str()),
            "{mode}: {ending}"
        );
        assert!(began.elapsed() < CUT_SLACK, "{mode} took {:?}", began.elapsed());
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let guest: Vec<_> = text.lines().filter(|line| line.contains("vezne::guest")).collect();
        let about = 512;
        assert!(guest.iter().all(|line| line.len() <= limits::PLUGIN_LOG_BYTES_MAX + about), "a line is not cut");
        assert!(guest.len() <= limits::PLUGIN_LOG_RECORDS_MAX, "{mode}: {} lines", guest.len());
        // On a busy machine its time may be over before it has said that much.
        let all = mode == "log-little" && ending == "not-processed:invalid-request";
        assert!(!all || guest.len() == limits::PLUGIN_LOG_RECORDS_MAX, "{} lines", guest.len());
        assert!(!text.contains(NUMBER), "a card number is in the log");
    }
}

fn bad(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join("bad-connector.wasm")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_limited() {
    let Some(folder) = components() else { return };
    let other = tempfile::tempdir().unwrap();
    std::fs::write(other.path().join("grows.wasm"), with_sale(&bad(&folder), TABLE_GROWER)).unwrap();
    let world = world(other.path());
    let ending = sale(&world, &[], &[]).await;
    assert_eq!(shown(&ending), "not-processed:limit", "{ending:?} {:?}", world.plugins.refusals());
    assert!(format!("{ending:?}").contains("growing table to"), "{ending:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn compiling_is_limited() {
    let Some(folder) = components() else { return };
    let Some(program) = std::env::var_os("VEZNE_BIN").map(PathBuf::from) else {
        assert!(std::env::var_os("CI").is_none(), "VEZNE_BIN names no program that compiles");
        return;
    };
    let bomb = with_sale(&bad(&folder), &work_for_a_compiler());
    let began = Instant::now();
    let within = |bounds| Compiler::new(Some(program.clone())).within(bounds);
    let short = CompileBounds { cpu_seconds: 1, ..CompileBounds::default() };
    let refused = within(short).compiled(&bomb).await.unwrap_err();
    assert!(refused.contains("more memory or time"), "{refused}");
    assert!(began.elapsed() < Duration::from_secs(30), "cut after {:?}", began.elapsed());
    let narrow = CompileBounds { memory_bytes: 64 << 20, ..CompileBounds::default() };
    assert!(within(narrow).compiled(&bad(&folder)).await.is_err(), "64 MiB are too little for a compiler");
    assert!(within(CompileBounds::default()).compiled(&bad(&folder)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_much_memory_runs_among_interpreters() {
    let Some(folder) = components() else { return };
    let loader =
        Loader::new(engines_new(Tuning::default()).unwrap(), true, Some(&compiled()), Compiler::new(None)).unwrap();
    let light = loader.load_here(&bad(&folder)).unwrap();
    let asking = |bytes: usize| with_memory(&bad(&folder), bytes);
    let heavy = loader.load_here(&asking(limits::PLUGIN_MEMORY_BYTES_MAX)).unwrap();
    let modest = loader.load_here(&asking(limits::PLUGIN_MEMORY_BYTES_DEFAULT)).unwrap();
    assert_eq!([light.weight, modest.weight, heavy.weight], [Weight::Light, Weight::Light, Weight::Heavy]);
    assert!(!wasmtime::Engine::same(&light.engine, &heavy.engine), "one engine for both");
    assert!(wasmtime::Engine::same(&light.engine, &modest.engine));

    // All sandboxes of interpreters hang; a connector finds its own at once.
    let world = world(&folder);
    let mut pos = world.installation("bad-connector", &[("mode", "loop")], &[("key", "x")]);
    let mut hung = Vec::new();
    for _ in 0..20 {
        pos.tenant = TenantId::at(0);
        while let Ok(Some(permit)) =
            tokio::time::timeout(Duration::from_millis(5), heavy.permits.permit(pos.tenant)).await
        {
            hung.push(permit);
        }
    }
    assert_eq!(hung.len(), limits::PLUGIN_HEAVY_CALLS_PER_PLUGIN);
    for version in [&heavy, &light] {
        let (context, card, act) = (context(), card(), Act::Sale { terms: terms() });
        let call = Call {
            installation: &pos,
            context: &context,
            card: Some(&card),
            now_ms: 0,
            input: Input::Begin(&act),
            again: None,
            sends_before: 0,
        };
        let failed = version.call(call).await.result.unwrap_err();
        match version.weight {
            Weight::Heavy => assert!(matches!(failed, CallFailure::Busy), "{failed:?}"),
            Weight::Light => assert!(matches!(failed, CallFailure::Trap("cpu-time", _)), "{failed:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_hangs_at_every_firm_leaves_the_others_their_places() {
    let Some(folder) = components() else { return };
    let world = Arc::new(world(&folder));
    let bad = world.installation("bad-connector", &[("mode", "loop")], &[]);
    let firms = [0; 8].map(TenantId::at);
    let hanging: Vec<_> = firms
        .iter()
        .flat_map(|firm| [*firm; limits::PLUGIN_CALLS_PER_TENANT])
        .map(|tenant| {
            // Inquiries are always admitted: no breaker ends this.
            let (world, bad) = (Arc::clone(&world), Installation { tenant, ..bad.clone() });
            let target = Target {
                operation: Operation::Sale,
                model: ThreeDModel::None,
                terms: terms(),
                bank: BankRef::default(),
                sent_at_ms: 0,
            };
            tokio::spawn(async move {
                for _ in 0..10_000 {
                    driven(&world.plugins, &bad, Act::Inquire { target: target.clone() }, Duration::from_secs(20))
                        .await;
                }
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let pos = nestpay(&world);
    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        let began = Instant::now();
        let ending = world.run(&pos, Act::Sale { terms: terms() }, &[&cc5("Approved", "00")]).await;
        assert_eq!(shown(&ending), "approved", "{ending:?}");
        slowest = slowest.max(began.elapsed());
    }
    assert!(slowest < limits::PLUGIN_QUEUE_WAIT, "a good sale waited {slowest:?}");
    hanging.iter().for_each(tokio::task::JoinHandle::abort);
}

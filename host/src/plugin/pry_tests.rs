//! Connectors that want to know what is sealed: every known oracle, and every place from which somebody could read it.

use super::hostile::all_end_with;
use super::*;

/// In what was said, sent and kept there is nothing of what is sealed.
fn nothing_told(mode: &str, text: &str) {
    for sealed in [NUMBER, "4355 0843", "TOPSECRET", &hex::encode(NUMBER), "000 ", "12/30", "203012"] {
        assert!(!text.contains(sealed), "{mode} tells {sealed}");
    }
}

async fn all_end(cases: &[(&str, &str)]) {
    let look = |mode: &str, ending: &Ending, _| nothing_told(mode, &format!("{ending:?}"));
    let Some(world) = all_end_with(cases, look).await else { return };
    // What left before is the harmless request of the `after-` modes, and nothing else.
    assert!(world.bank.bodies.lock().unwrap().iter().all(|body| body == "<x/>"), "something left");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_comparison_tells_more_than_it_may() {
    all_end(&[
        ("measure", "contract-breach"),
        ("guess", "contract-breach"),
        ("compare-secret", "contract-breach"),
        ("compare-slice", "contract-breach"),
        ("compare-short", "contract-breach"),
        ("compare-card-digest", "contract-breach"),
        ("compare-card-hmac", "contract-breach"),
        ("compare-often", "contract-breach"),
        // Refused to the connector's face: it may have been a mistake, and nothing was learnt.
        ("replace", "invalid-request"),
        ("forge", "sandbox|trap"),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_sealed_value_goes_where_it_can_be_read() {
    let leaks = [
        "card-leak",
        "secret-leak",
        "card-digest-leak",
        "slice-leak",
        "card-header",
        "code-header",
        "secret-form",
        "secret-redirect",
        "card-redirect",
    ];
    all_end(&leaks.map(|mode| (mode, "refused-sink"))).await;
}

/// Everything that flow would write down.
#[derive(Default)]
struct Diary(Mutex<Vec<String>>);

impl Journal for Diary {
    fn before_send<'a>(&'a self, send: &'a SendIntent) -> BoxFuture<'a, Result<(), JournalError>> {
        self.0.lock().unwrap().push(format!("{send:?}"));
        Box::pin(async { Ok(()) })
    }

    fn after_reply<'a>(&'a self, note: &'a ReplyNote) -> BoxFuture<'a, ()> {
        self.0.lock().unwrap().push(format!("{note:?}"));
        Box::pin(async {})
    }
}

/// A bank that keeps whole requests and answers with the card in many forms.
#[derive(Default)]
struct Echo(Mutex<Vec<String>>);

impl Transport for Echo {
    fn send<'a>(
        &'a self,
        request: &'a OutRequest,
        _: tokio::time::Instant,
    ) -> BoxFuture<'a, Result<Response, TransportFailure>> {
        let text = format!("{} {}", request.url, String::from_utf8_lossy(&request.body));
        self.0.lock().unwrap().push(text);
        let body = format!("<a>{NUMBER} 4355 0843 5508 4358 {} TOPSECRET-0123456789</a>", hex::encode(NUMBER));
        Box::pin(
            async move { Ok(Response { status: 200, headers: vec![], body: body.into_bytes(), truncated: false }) },
        )
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_spelt_is_only_a_handle() {
    let Some(folder) = components() else { return };
    let world = world(&folder);
    for mode in ["spell", "after-echo"] {
        let (echo, diary) = (Arc::new(Echo::default()), Diary::default());
        let plugins = world.plugins.with_transport(echo.clone());
        let secrets = [("key", "TOPSECRET-0123456789")];
        let pos = world.installation("bad-connector", &[("mode", mode)], &secrets);
        let (card, context, act) = (card(), context(), Act::Sale { terms: terms() });
        let until_ms = context.clock.now_ms() + 20_000;
        let ending = plugins.drive(&pos, &context, act, Some(&card), &diary, until_ms).await;
        let sent = echo.0.lock().unwrap().join("\n");
        assert!(!sent.is_empty(), "{mode} sent nothing: {ending:?}");
        assert_eq!(shown(&ending), "unknown:invalid-request", "{mode}: {ending:?}");
        for text in [sent, diary.0.lock().unwrap().join("\n")] {
            nothing_told(mode, &text);
        }
        nothing_told(mode, &format!("{ending:?}"));
    }
}

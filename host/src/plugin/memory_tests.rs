//! What a connector's memory holds when a call has ended: never the card, never its security code, whatever form they
//! have and whatever the bank sent back.
//!
//! A connector cannot read a sealed value, so nothing should be there. This looks: the engine gets its linear memories
//! from [`Watch`], which searches each of them at the end of its call, before it is given back.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::sync::atomic::{AtomicPtr, Ordering};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use wasmtime::{LinearMemory, MemoryCreator, MemoryType};

use super::*;

const CARD: &str = "5401341234567891";
/// Four digits: three stand in every memory by chance.
const CODE: &str = "7391";
/// The number that the first calls of every component are made with (`plugin/smoke.rs`).
const SMOKE_CARD: &str = "4111111111111111";
/// Connectors of four dialects: XML in ISO-8859-9, XML in UTF-8, JSON, a form of its own. Each is compiled here.
const CONNECTORS: [&str; 4] = ["pos-nestpay", "pos-garanti", "pos-akbank", "pos-posnet"];
/// Something that is in a connector's memory while it works: without it we would be searching nothing.
const CONTROL: &str = "ORD1";

/// What to look for, and under which name to tell of it.
type Needle = (String, Vec<u8>);

/// A text in every form in which a bank, a log or a mistake would write it.
fn forms(name: &str, text: &str) -> Vec<Needle> {
    let groups: Vec<&str> = (0..text.len()).step_by(4).map(|at| &text[at..(at + 4).min(text.len())]).collect();
    let mut forms = vec![
        ("plain", text.as_bytes().to_vec()),
        ("hex", hex::encode(text).into_bytes()),
        ("HEX", hex::encode_upper(text).into_bytes()),
        ("percent", text.chars().flat_map(|digit| ['%', '3', digit]).collect::<String>().into_bytes()),
        ("utf-16le", text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("utf-16be", text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    ];
    if groups.len() > 1 {
        for (name, joint) in [("spaced", " "), ("dashed", "-"), ("plus", "+"), ("percent-spaced", "%20")] {
            forms.push((name, groups.join(joint).into_bytes()));
        }
        // Inside a longer text it stands at one of three offsets; only letters made of its bytes alone are the same.
        for (name, offset, first) in [("base64", 0, 0), ("base64+1", 1, 2), ("base64+2", 2, 3)] {
            let padded = format!("{}{text}", &"\0\0"[..offset]);
            let encoded = BASE64_STANDARD.encode(&padded);
            forms.push((name, encoded.as_bytes()[first..padded.len() * 8 / 6].to_vec()));
        }
    }
    forms.into_iter().map(|(form, bytes)| (format!("{name}, {form}"), bytes)).collect()
}

/// Four digits count where they stand alone: within a time or a digest they stand by chance.
fn holds(hay: &[u8], needle: &[u8]) -> bool {
    let alone = |at: usize| {
        let around = [at.checked_sub(1), Some(at + needle.len())];
        !around.into_iter().flatten().filter_map(|at| hay.get(at)).any(u8::is_ascii_alphanumeric)
    };
    memchr::memmem::find_iter(hay, needle).any(|at| needle.len() > CODE.len() || alone(at))
}

/// Makes memories and looks through each at its end.
#[derive(Default)]
struct Watch {
    needles: Vec<Needle>,
    told: Mutex<Told>,
}

/// What was seen.
#[derive(Debug, Default, Clone)]
struct Told {
    memories: usize,
    controls: usize,
    found: Vec<String>,
}

impl Watch {
    fn ended(&self, memory: &[u8]) {
        let found = self.needles.iter().filter(|(_, needle)| holds(memory, needle)).map(|(name, _)| name.clone());
        let found: Vec<String> = found.collect();
        let mut told = self.told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        told.memories += 1;
        told.controls += usize::from(holds(memory, CONTROL.as_bytes()));
        told.found.extend(found);
    }

    fn told(&self) -> Told {
        self.told.lock().unwrap().clone()
    }
}

/// One linear memory that never moves.
struct Watched {
    watch: Arc<Watch>,
    base: AtomicPtr<u8>,
    layout: Layout,
    size: usize,
}

struct Creator(Arc<Watch>);

#[expect(unsafe_code, reason = "wasmtime takes memories of others only on their word; these are zeroed and never move")]
unsafe impl MemoryCreator for Creator {
    fn new_memory(
        &self,
        _: MemoryType,
        minimum: usize,
        _: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        // The engine was told to check every access and so needs no pages around it.
        assert_eq!(guard, 0, "the engine counts on a guard that is not here");
        let bytes = minimum.max(reserved.unwrap_or(0)).max(crate::limits::PLUGIN_MEMORY_BYTES_DEFAULT);
        let layout = Layout::from_size_align(bytes, 64 * 1024).map_err(|error| error.to_string())?;
        // SAFETY: the layout is not empty.
        let base = unsafe { alloc_zeroed(layout) };
        if base.is_null() {
            return Err("no memory".to_owned());
        }
        Ok(Box::new(Watched { watch: Arc::clone(&self.0), base: AtomicPtr::new(base), layout, size: minimum }))
    }
}

#[expect(unsafe_code, reason = "as above: byte_size bytes are there, at one address, until it is dropped")]
unsafe impl LinearMemory for Watched {
    fn byte_size(&self) -> usize {
        self.size
    }

    fn byte_capacity(&self) -> usize {
        self.layout.size()
    }

    fn grow_to(&mut self, size: usize) -> wasmtime::Result<()> {
        if size > self.layout.size() {
            return Err(wasmtime::Error::msg("more than one call may have"));
        }
        self.size = size;
        Ok(())
    }

    fn as_ptr(&self) -> *mut u8 {
        self.base.load(Ordering::Relaxed)
    }
}

impl Drop for Watched {
    #[expect(unsafe_code, reason = "the instance is gone: nobody else has this memory any more")]
    fn drop(&mut self) {
        let base = self.base.load(Ordering::Relaxed);
        // SAFETY: `size` bytes from `base` on were allocated and zeroed, and nothing writes them now.
        self.watch.ended(unsafe { std::slice::from_raw_parts(base, self.size) });
        // SAFETY: allocated with this layout, and never again.
        unsafe { dealloc(base, self.layout) };
    }
}

struct Watching {
    world: World,
    watch: Arc<Watch>,
    _folder: tempfile::TempDir,
}

fn watching(components: &Path) -> Watching {
    let folder = tempfile::tempdir().unwrap();
    for name in CONNECTORS {
        let file = format!("{name}.wasm");
        let wasm = std::fs::read(components.join(&file)).unwrap();
        assert!(!holds(&wasm, CODE.as_bytes()), "{name} holds {CODE} by chance: choose another code");
        std::fs::write(folder.path().join(&file), wasm).unwrap();
    }
    let mut needles = forms("the card number", CARD);
    needles.extend(forms("the security code", CODE));
    needles.extend(forms("the number of the first calls", SMOKE_CARD));
    let watch = Arc::new(Watch { needles, ..Watch::default() });
    let bank = Arc::new(Bank::default());
    let creator: Arc<dyn MemoryCreator> = Arc::new(Creator(Arc::clone(&watch)));
    let plugins =
        Plugins::load_watched(folder.path(), &folder.path().join("compiled"), bank.clone(), &creator).unwrap();
    assert_eq!(plugins.list().len(), CONNECTORS.len(), "{:?}", plugins.refusals());
    Watching { world: World { plugins, bank }, watch, _folder: folder }
}

impl Watching {
    async fn act(&self, pos: &Installation, act: Act, answers: &[&str]) -> Ending {
        self.world.bank.answers_set(answers);
        self.world.plugins.forgive(&pos.digest);
        let card = Card {
            pan: Pan::parse(CARD).unwrap(),
            expiry: Expiry { month: 12, year: 2030 },
            security_code: Some(SecurityCode::parse(CODE).unwrap()),
            holder: Some("AYŞE YILMAZ".into()),
        };
        let (card, context) = (HeldCard::new(&card, "mastercard", None), context());
        let until_ms = context.clock.now_ms() + 20_000;
        self.world.plugins.drive(pos, &context, act, Some(&card), &Unwritten, until_ms).await
    }
}

/// Everything that a careless bank may send back: the request itself, and the number in every form, in and around an
/// answer that the connector reads.
fn echoes(sent: &str) -> Vec<String> {
    let texts = forms("", CARD).into_iter().filter_map(|(_, bytes)| String::from_utf8(bytes).ok());
    let all: Vec<String> = texts.collect();
    let said = |message: &str| cc5("Declined", "05").replace("<ErrMsg>", &format!("<ErrMsg>{message}"));
    let escaped = sent.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut echoes: Vec<String> = all.iter().map(|form| said(form)).collect();
    echoes.push(said(&escaped));
    echoes.push(format!("<html><body><h1>500</h1><pre>{escaped}</pre>{}</body></html>", all.join("<br>")));
    echoes.push(sent.to_owned());
    echoes.push(cc5("Approved", "00").replace("<TransId>T1", &format!("<TransId>{CARD}")));
    echoes
}

fn gate_callback() -> Callback {
    let fields = [("oid", "ORD1"), ("mdStatus", "1"), ("HASH", "forged"), ("pan", CARD), ("cv2", CODE)];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Callback {
        method: Method::Post,
        query: vec![("MaskedPan".to_owned(), "5401-3412-3456-7891".to_owned())],
        form: fields.into(),
        headers: vec![("referer".to_owned(), format!("https://bank.example/?pan={CARD}&cvv={CODE}"))],
        body: format!("oid=ORD1&pan={CARD}&cv2={CODE}").into_bytes(),
        source_ip: "192.0.2.1".into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_leaves_a_card_in_a_connectors_memory() {
    let Some(folder) = components() else { return };
    let watching = watching(&folder);
    let pos = nestpay(&watching.world);
    let sale = || Act::Sale { terms: terms() };
    let sold = watching.act(&pos, sale(), &[&cc5("Approved", "00")]).await;
    assert_eq!(shown(&sold), "approved", "{sold:?}");
    let sent = watching.world.bank.bodies.lock().unwrap().pop().unwrap();
    assert!(sent.contains(CARD) && sent.contains(CODE), "the request carries what is looked for");
    for echo in echoes(&sent) {
        watching.act(&pos, sale(), &[&echo]).await;
    }
    let start = Act::ThreeDSecure { purpose: Purpose::Sale, model: ThreeDModel::ThreeD, terms: terms() };
    let Ending::Browse(browse) = watching.act(&pos, start, &[]).await else { panic!("no page") };
    assert!(browse.page.fields.iter().any(|field| field.value.as_str() == CARD));
    let resume = Act::Resume { terms: Some(terms()), state: browse.state.clone(), callback: gate_callback() };
    watching.act(&pos, resume, &[&cc5("Approved", "00")]).await;
    for info in watching.world.plugins.list() {
        watching.world.plugins.smoke(&info.digest).await.unwrap();
    }
    let told = watching.watch.told();
    assert!(told.memories > 60 && told.controls > 10, "hardly any memory was looked through: {told:?}");
    assert!(told.found.is_empty(), "{told:?}");
}

/// The search finds what a connector does have: without this the test above could not fail.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_bank_tells_is_found_in_a_connectors_memory() {
    let Some(folder) = components() else { return };
    let watching = watching(&folder);
    let pos = nestpay(&watching.world);
    // A number that is not this attempt's card, in each of the forms: a scrubber that knows one number leaves it.
    for (form, bytes) in forms("the number of the first calls", SMOKE_CARD) {
        let Ok(text) = String::from_utf8(bytes) else { continue };
        let answer = cc5("Declined", "05").replace("<ErrMsg>", &format!("<ErrMsg>{text}"));
        watching.act(&pos, Act::Sale { terms: terms() }, &[&answer]).await;
        let found = watching.watch.told().found;
        assert!(found.contains(&form), "{form} was not seen: {found:?}");
    }
}

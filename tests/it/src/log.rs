//! Catches every log line of the process, and looks for what must never be in one.

use std::io::Write;
use std::sync::{Mutex, Once};

use anyhow::{Result, ensure};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Catcher;

impl Write for Catcher {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if let Ok(mut lines) = LINES.lock() {
            lines.extend_from_slice(bytes);
        }
        if std::env::var_os("VEZNE_IT_LOG").is_some() {
            std::io::stderr().write_all(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Catcher {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}

/// Begins to catch; the first call of the process counts.
pub fn catch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let filter =
            EnvFilter::new("debug,hyper=info,wasmtime=info,cranelift=warn,wasmtime_cranelift=warn,sqlx=info,h2=info");
        let made = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(Catcher).try_init();
        // Somebody else's subscriber would hide the host's lines from the canary.
        assert!(made.is_ok(), "a log subscriber is there already");
    });
}

/// How often a text stands in the log.
pub fn count(needle: &str) -> usize {
    let lines = LINES.lock().expect("log");
    find(&lines, needle.as_bytes())
}

/// No number of the sandbox's cards stands in the log.
pub fn check() -> Result<()> {
    let lines = LINES.lock().expect("log");
    for card in vezne_sandbox::test_cards() {
        ensure!(find(&lines, card.number.as_bytes()) == 0, "a log line holds the card number {}***", &card.number[..6]);
    }
    Ok(())
}

/// How often `needle` stands in `hay`.
pub fn find(hay: &[u8], needle: &[u8]) -> usize {
    if needle.is_empty() || hay.len() < needle.len() {
        return 0;
    }
    hay.windows(needle.len()).filter(|w| *w == needle).count()
}

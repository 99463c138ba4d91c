//! Catches every log line of the process, and looks for what must never be in one.

use std::io::Write;
use std::sync::{Mutex, Once};

use anyhow::{Result, ensure};
use memchr::memmem;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// A number is never longer (ISO/IEC 7812-1).
const NUMBER_LEN_MAX: usize = 19;

/// All stories of a process write into one log, and each looks through it at its end: only at what is new.
static LOG: Mutex<Log> = Mutex::new(Log { lines: Vec::new(), checked: 0 });

struct Log {
    lines: Vec<u8>,
    checked: usize,
}

struct Catcher;

impl Write for Catcher {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if let Ok(mut log) = LOG.lock() {
            log.lines.extend_from_slice(bytes);
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
    find(&LOG.lock().expect("log").lines, needle.as_bytes())
}

/// Everything that all stories of this process have logged so far.
pub fn all() -> Vec<u8> {
    LOG.lock().expect("log").lines.clone()
}

/// No number of the sandbox's cards stands in the log.
pub fn check() -> Result<()> {
    let mut log = LOG.lock().expect("log");
    let new = &log.lines[log.checked.saturating_sub(NUMBER_LEN_MAX)..];
    for card in vezne_sandbox::test_cards() {
        ensure!(find(new, card.number.as_bytes()) == 0, "a log line holds the card number {}***", &card.number[..6]);
    }
    log.checked = log.lines.len();
    Ok(())
}

/// How often `needle` stands in `hay`.
pub fn find(hay: &[u8], needle: &[u8]) -> usize {
    memmem::find_iter(hay, needle).count()
}

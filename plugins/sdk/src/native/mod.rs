//! Stand-ins for the host, so that plain `cargo test` runs a connector.
//!
//! Sealed values are really computed, labels follow them as in the host, and [`check_sinks`] refuses what
//! the host would refuse. What a test may do and a connector may not: [`reveal`] a value.
//!
//! ```
//! use vezne_plugin::native::Session;
//! let _session = Session::new().setting("client-id", "700655000200").secret("store-key", "TRPS0200").start();
//! assert_eq!(vezne_plugin::host::setting("client-id").as_deref(), Some("700655000200"));
//! ```

mod act;
pub mod card;
mod cipher;
pub mod sealed;

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::{BrowserAction, Part, Reply, Step};

pub use act::{at_gate, context, lost, outcome, state_of, target, terms, with_extra, word};
pub use card::TestCard;

/// 22 November 2026, 12:00 in Istanbul.
const BEGINS_MS: u64 = 1_795_338_000_000;

/// What the host would give a connector: settings, secrets, a clock.
#[derive(Debug, Clone)]
pub struct Session {
    settings: BTreeMap<String, String>,
    secrets: BTreeMap<String, String>,
    now_ms: u64,
    references: u64,
    comparisons: u32,
    matched: bool,
    log: Vec<String>,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            settings: BTreeMap::new(),
            secrets: BTreeMap::new(),
            now_ms: BEGINS_MS,
            references: 0,
            comparisons: 0,
            matched: false,
            log: Vec::new(),
        }
    }
}

thread_local! {
    static CURRENT: RefCell<Session> = RefCell::new(Session::default());
}

impl Session {
    /// Without settings and secrets, at a fixed time.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives a setting a value.
    #[must_use]
    pub fn setting(mut self, key: &str, value: &str) -> Self {
        self.settings.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Gives a secret a value.
    #[must_use]
    pub fn secret(mut self, name: &str, value: &str) -> Self {
        self.secrets.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Sets the clock.
    #[must_use]
    pub fn at(mut self, now_ms: u64) -> Self {
        self.now_ms = now_ms;
        self
    }

    /// Becomes this thread's host until the guard is dropped. Start one for each call of a connector
    /// that is to be the same as another: references and comparisons count on within a session.
    pub fn start(self) -> Running {
        CURRENT.with_borrow_mut(|current| *current = self);
        Running { _private: () }
    }
}

/// A running [`Session`].
#[derive(Debug)]
pub struct Running {
    _private: (),
}

impl Running {
    /// What the connector wrote to its log.
    pub fn log(&self) -> Vec<String> {
        CURRENT.with_borrow(|current| current.log.clone())
    }

    /// Whether a comparison of this call found what the other side sent to be right.
    pub fn has_verified(&self) -> bool {
        CURRENT.with_borrow(|current| current.matched)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        CURRENT.with_borrow_mut(|current| *current = Session::default());
    }
}

fn secret_value(name: &str) -> Option<String> {
    CURRENT.with_borrow(|current| current.secrets.get(name).cloned())
}

/// Another call of the connector begins within the running session: the host counts comparisons per call.
pub fn next_call() {
    CURRENT.with_borrow_mut(|current| {
        current.comparisons = 0;
        current.matched = false;
    });
}

fn count_comparison() {
    let count = CURRENT.with_borrow_mut(|current| {
        current.comparisons += 1;
        current.comparisons
    });
    assert!(count <= 8, "more than 8 comparisons in one call: the host would end it");
}

fn note_match() {
    CURRENT.with_borrow_mut(|current| current.matched = true);
}

/// Stand-in for `vezne:host/log`.
pub mod log {
    /// How bad it is.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Level {
        /// For authors.
        Debug,
        /// Normal.
        Info,
        /// Odd.
        Warn,
        /// Wrong.
        Error,
    }

    /// Keeps a line.
    pub fn emit(level: Level, message: &str, attributes: &[(String, String)]) {
        super::CURRENT.with_borrow_mut(|current| current.log.push(format!("{level:?} {message} {attributes:?}")));
    }
}

/// Stand-in for `vezne:host/clock`.
pub mod clock {
    /// Calendar parts.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Civil {
        /// 2026
        pub year: u16,
        /// 1 to 12
        pub month: u8,
        /// 1 to 31
        pub day: u8,
        /// 0 to 23
        pub hour: u8,
        /// 0 to 59
        pub minute: u8,
        /// 0 to 59
        pub second: u8,
        /// 0 to 999
        pub millis: u16,
    }

    /// Epoch milliseconds.
    pub fn now_unix_millis() -> u64 {
        super::CURRENT.with_borrow(|current| current.now_ms)
    }

    /// In Istanbul, where there has been no summer time since 2016.
    pub fn now_civil() -> Civil {
        let local = now_unix_millis() + 3 * 3_600_000;
        let (days, rest) = (local / 86_400_000, local % 86_400_000);
        let (year, month, day) = date_of(days);
        let part = |unit: u64, modulus: u64| u8::try_from(rest / unit % modulus).unwrap_or(0);
        Civil {
            year,
            month,
            day,
            hour: part(3_600_000, 24),
            minute: part(60_000, 60),
            second: part(1_000, 60),
            millis: u16::try_from(rest % 1_000).unwrap_or(0),
        }
    }

    /// Days since 1970 as year, month, day.
    fn date_of(mut days: u64) -> (u16, u8, u8) {
        let leap = |year: u16| (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
        let mut year = 1970;
        while days >= if leap(year) { 366 } else { 365 } {
            days -= if leap(year) { 366 } else { 365 };
            year += 1;
        }
        let lengths = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let mut month = 1;
        for length in lengths {
            if days < length {
                break;
            }
            days -= length;
            month += 1;
        }
        (year, month, u8::try_from(days + 1).unwrap_or(1))
    }
}

/// Stand-in for `vezne:host/entropy`: counts, so that runs repeat.
pub mod entropy {
    /// Bytes that depend on how often it was asked.
    pub fn bytes(len: u32) -> Vec<u8> {
        let from = next();
        (0..u64::from(len)).map(|i| u8::try_from((from * 31 + i * 7) % 251).unwrap_or(0)).collect()
    }

    /// A reference of the wanted length and characters, another one each time.
    pub fn reference(alphabet: &str, len: u8) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        // As the host does: a connector that asks for more is cut off there.
        assert!(letters.len() >= 2 && (1..=64).contains(&len), "a reference needs two letters and 1 to 64 places");
        let mut rest = next();
        let mut out = Vec::new();
        for _ in 0..len {
            let base = u64::try_from(letters.len()).unwrap_or(1).max(1);
            out.push(letters[usize::try_from(rest % base).unwrap_or(0)]);
            rest /= base;
        }
        out.iter().rev().collect()
    }

    fn next() -> u64 {
        super::CURRENT.with_borrow_mut(|current| {
            current.references += 1;
            current.references
        })
    }
}

/// Stand-in for `vezne:host/config`.
pub mod config {
    /// The setting's value.
    pub fn get(key: &str) -> Option<String> {
        super::CURRENT.with_borrow(|current| current.settings.get(key).cloned())
    }
}

/// What would go over the wire: sealed values in the clear. For tests only.
pub fn reveal(parts: &[Part]) -> Vec<u8> {
    parts.iter().flat_map(reveal_part).collect()
}

/// One part in the clear.
pub fn reveal_part(part: &Part) -> Vec<u8> {
    match part {
        Part::Text(text) => text.as_bytes().to_vec(),
        Part::Bytes(bytes) => bytes.clone(),
        Part::Sealed(sealed) => sealed.revealed().to_vec(),
    }
}

/// Everything of a step in one comparable text, sealed values in the clear.
pub fn transcript(step: &Step) -> String {
    let lossy = |part: &Part| String::from_utf8_lossy(&reveal_part(part)).into_owned();
    match step {
        Step::Send(send) => format!(
            "send {} {:?} {:?} {} {:?} {}\n{}",
            send.request.endpoint,
            send.request.path,
            send.request.query,
            send.request.headers.iter().map(|f| f.name.clone() + "=" + &lossy(&f.value)).collect::<Vec<_>>().join(";"),
            (send.effect, &send.known),
            String::from_utf8_lossy(&send.state),
            String::from_utf8_lossy(&reveal(&send.request.body)),
        ),
        Step::Browse(browse) => {
            let (BrowserAction::PostForm(form) | BrowserAction::Redirect(form)) = &browse.action;
            format!(
                "browse {} {:?} {} {:?} {}\n{}",
                form.endpoint,
                form.path,
                browse.correlation,
                (browse.effect, &browse.known),
                String::from_utf8_lossy(&browse.state),
                form.fields.iter().map(|f| f.name.clone() + "=" + &lossy(&f.value)).collect::<Vec<_>>().join("\n"),
            )
        }
        Step::Done(outcome) => format!("done {outcome:?}"),
    }
}

/// What a guest, a log or a database could read of a step: sealed values are left out.
pub fn readable(step: &Step) -> String {
    match step {
        Step::Done(outcome) => format!("{outcome:?}"),
        Step::Send(send) => format!("{send:?}"),
        Step::Browse(browse) => format!("{browse:?}"),
    }
}

/// Refuses a step that puts a sealed value where the host would refuse it. Endpoints named in
/// `takes_card` take card data, those in `takes_secrets` bare secrets.
pub fn check_sinks(step: &Step, takes_card: &[&str], takes_secrets: &[&str]) -> Result<(), String> {
    let check = |part: &Part, sink: sealed::Sink, endpoint: &str| match part {
        Part::Sealed(value) => value.may_go(sink, takes_card.contains(&endpoint), takes_secrets.contains(&endpoint)),
        _ => Ok(()),
    };
    match step {
        Step::Send(send) => {
            let endpoint = send.request.endpoint.as_str();
            send.request.body.iter().try_for_each(|part| check(part, sealed::Sink::Body, endpoint))?;
            send.request.headers.iter().try_for_each(|field| check(&field.value, sealed::Sink::Header, endpoint))
        }
        Step::Browse(browse) => match &browse.action {
            BrowserAction::PostForm(form) => {
                form.fields.iter().try_for_each(|field| check(&field.value, sealed::Sink::BrowserForm, &form.endpoint))
            }
            BrowserAction::Redirect(form) => {
                form.fields.iter().try_for_each(|field| check(&field.value, sealed::Sink::Redirect, &form.endpoint))
            }
        },
        Step::Done(_) => Ok(()),
    }
}

/// A complete answer.
pub fn answer(status: u16, content_type: &str, body: &[u8]) -> Reply {
    Reply::Response(crate::HttpResponse {
        status,
        headers: vec![("content-type".into(), content_type.into())],
        body: body.to_vec(),
        body_truncated: false,
    })
}

/// A form that came back to the callback address.
pub fn callback(form: &[(&str, &str)]) -> crate::Callback {
    crate::Callback {
        method: crate::Method::Post,
        query: Vec::new(),
        form: form.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        headers: Vec::new(),
        body: Vec::new(),
        source_ip: "127.0.0.1".into(),
    }
}

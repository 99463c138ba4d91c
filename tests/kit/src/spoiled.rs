//! Good answers spoiled in the ways that every network has, for a connector's own tests: whatever arrives instead of
//! an answer, it must not be taken for a word of the bank's.

use vezne_plugin::{Reply, native};

/// A gateway's page, as a proxy in front of a bank sends it.
const PAGE: &[u8] = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>";
/// Statuses with which no bank decides; a family that never decides with others names those too.
const STATUSES: &[u16] = &[302, 404, 500, 502, 503];
/// What says nothing to whoever reads JSON.
const JSON_EMPTY: &[&[u8]] =
    &[b"{}", b"[]", b"null", b"\"00\"", b"<CC5Response><ProcReturnCode>00</ProcReturnCode></CC5Response>"];
/// Lists in lists, deeper than any answer.
const JSON_DEPTH: usize = 100_000;

/// What a family's answers look like, as far as spoiling them needs it.
#[derive(Debug, Clone, Copy)]
pub struct Spoiled<'a> {
    /// The content type of its answers.
    pub content_type: &'a str,
    /// Bodies that say nothing, in its own form and in others'. Where it answers in JSON, what says nothing there is
    /// tried as well.
    pub empty: &'a [&'a [u8]],
    /// How its answers begin: a megabyte of nothing follows.
    pub head: &'a [u8],
    /// What nobody sends behind a whole answer; empty where the family's form takes no notice of it.
    pub behind: &'a [u8],
    /// Further statuses with which it never decides.
    pub statuses: &'a [u16],
    /// Words of [`native::word`] that decide nothing, besides `unreadable`.
    pub no_verdicts: &'a [&'a str],
}

impl<'a> Spoiled<'a> {
    /// A family that answers in JSON and closes it, decides with no status but 2xx, and says nothing but `unknown`
    /// where it cannot tell. `head` begins an answer; `empty` has what says nothing besides what never does in JSON.
    pub fn json(content_type: &'a str, head: &'a [u8], empty: &'a [&'a [u8]]) -> Self {
        Self { content_type, empty, head, behind: b"{}", statuses: &[400, 401], no_verdicts: &["unknown"] }
    }

    /// Spoils a good answer in every way and hands each to `word`, which resumes the connector and says what came of
    /// it. Cuts are tried up to `whole`, the length from which everything that decides has been read.
    ///
    /// # Panics
    /// If one of them is taken for a verdict.
    pub fn check(&self, good: &[u8], whole: usize, word: impl Fn(&Reply) -> String) {
        let no_verdict = |what: &str, body: &[u8]| {
            let word = word(&native::answer(200, self.content_type, body));
            assert!(word == "unreadable" || self.no_verdicts.contains(&word.as_str()), "{what}: {word}");
        };
        no_verdict("a gateway's page", PAGE);
        for blank in [&b""[..], b" ", b"\xff\xfe\x00<", b"\xff\xfe\x00{"] {
            no_verdict("nothing", blank);
        }
        let json = self.content_type.starts_with("application/json");
        for empty in self.empty.iter().chain(JSON_EMPTY.iter().filter(|_| json)) {
            no_verdict(&String::from_utf8_lossy(empty), empty);
        }
        if json {
            no_verdict("deep lists", &[vec![b'['; JSON_DEPTH], vec![b']'; JSON_DEPTH]].concat());
        }
        no_verdict("a megabyte", &[self.head, &vec![b'x'; 1 << 20]].concat());
        for end in 0..whole {
            no_verdict(&format!("cut at {end}"), &good[..end]);
        }
        if !self.behind.is_empty() {
            no_verdict("something behind the answer", &[good, self.behind].concat());
        }
        for status in STATUSES.iter().chain(self.statuses) {
            assert_eq!(word(&native::answer(*status, self.content_type, good)), "unreadable", "status {status}");
        }
        let Reply::Response(mut cut) = native::answer(200, self.content_type, good) else { return };
        cut.body_truncated = true;
        assert_eq!(word(&Reply::Response(cut)), "unreadable", "an answer that the host had to cut");
    }
}

//! More than it may take: time, memory, tables, stack, handles, words, answers.

use std::hint::black_box;

use vezne_plugin::bindings::vezne::host::entropy;
use vezne_plugin::bindings::vezne::host::sealed::Piece;
use vezne_plugin::{
    Decline, DigestAlg, Fault, Field, HttpRequest, Outcome, Part, Sealed, Step, TextForm, host, step, value,
};

use super::{nowhere, request, said, sent, write, yes};

const MIB: usize = 1 << 20;

pub fn tried(mode: &str) -> Option<Result<Step, Fault>> {
    time(mode).or_else(|| memory(mode)).or_else(|| words(mode))
}

fn time(mode: &str) -> Option<Result<Step, Fault>> {
    Some(match mode {
        "trap" => panic!("as asked"),
        "loop" => loop {
            black_box(0);
        },
        // Calls into the host, one after the other, each of them harmless.
        "storm" => loop {
            black_box(host::now_ms());
        },
        // Calls that make the host work.
        "storm-digest" => {
            let large = Sealed::concat(&[Piece::Bytes(vec![7; MIB / 4])]);
            loop {
                black_box(large.digest(DigestAlg::Sha512));
            }
        }
        "storm-alphabet" => {
            let letters: String = ('\u{4e00}'..='\u{9fff}').collect();
            said(host::reference(&letters, 64))
        }
        // As much as it may, and then a proper answer: nothing that could be held against it.
        "busy" => {
            let turns = host::setting("turns").and_then(|turns| turns.parse().ok()).unwrap_or(0_u64);
            (0..turns).for_each(|turn| {
                black_box(turn);
            });
            yes()
        }
        _ => return None,
    })
}

fn memory(mode: &str) -> Option<Result<Step, Fault>> {
    Some(match mode {
        "allocate" => {
            let mut hoard = Vec::new();
            loop {
                hoard.push(black_box(vec![1_u8; MIB]));
            }
        }
        // Four gigabytes in one piece.
        "allocate-at-once" => said(core::arch::wasm32::memory_grow::<0>(65_000)),
        // All that it may have, and then as long as it may.
        "hoard" => {
            let hoard: Vec<_> = (0..14).map(|_| black_box(vec![1_u8; MIB])).collect();
            loop {
                black_box(&hoard);
            }
        }
        // Out of the stack in its own memory.
        "recurse" => said(deep(1)),
        // Out of the host's stack: nothing of these frames lies in its memory.
        "recurse-deep" => said(deeper(host::now_ms(), 0)),
        "resources" => {
            let hoard: Vec<_> = (0..1_000_000).map(|_| Sealed::concat(&[])).collect();
            said(hoard.len())
        }
        "sealed-bytes" => {
            let piece = || Sealed::concat(&[Piece::Bytes(vec![7; MIB / 4])]);
            let hoard: Vec<_> = (0..20).map(|_| piece()).collect();
            said(hoard.len())
        }
        "entropy" => said(entropy::bytes(1 << 16).len()),
        _ => return None,
    })
}

fn words(mode: &str) -> Option<Result<Step, Fault>> {
    Some(match mode {
        // A gigabyte, a piece at a time.
        "log" => {
            let line = "4355084355084358 ".repeat(60_000);
            (0..1_000).for_each(|_| host::note(host::Level::Error, &line, &[]));
            said("logged")
        }
        // As much as is kept, and a little more.
        "log-little" => {
            let line = "4355084355084358 ".repeat(1_000);
            (0..100).for_each(|_| host::note(host::Level::Error, &line, &[("kart", "4355084355084358")]));
            said("logged")
        }
        // More in one call than the host copies.
        "argument" => {
            host::note(host::Level::Error, &"x".repeat(3 * MIB), &[]);
            said("logged")
        }
        "big-state" => sent(request(Vec::new(), "api"), vec![7; MIB]),
        "long-state" => sent(request(Vec::new(), "api"), vec![7; 17 * 1024]),
        "huge-body" => write(vec![Part::Bytes(vec![b'x'; 10 * MIB])], "api"),
        "big-body" => write(vec![Part::Bytes(vec![b'x'; MIB / 3])], "api"),
        "many-headers" => {
            let headers = (0..64).map(|at| Field { name: format!("x-{at}"), value: Part::Text("y".to_owned()) });
            sent(HttpRequest { headers: headers.collect(), ..request(Vec::new(), "api") }, Vec::new())
        }
        "long-query" => {
            let query = vec![("q".to_owned(), "x".repeat(8 * 1024))];
            sent(HttpRequest { query, ..request(Vec::new(), "api") }, Vec::new())
        }
        "long-words" => step::done(Outcome::Declined(Decline {
            category: "do-not-honor".to_owned(),
            bank_code: Some("5".repeat(MIB / 8)),
            bank_message: Some("ş".repeat(MIB / 8)),
            same_card_may_retry: false,
            other_pos_may_retry: false,
            attributes: Vec::new(),
        })),
        "many-references" => {
            let mut bank = nowhere();
            bank.extra = (0..1_000).map(|at| (at.to_string(), "x".repeat(300))).collect();
            step::done(Outcome::Pending(bank))
        }
        "compare-often" => {
            let key = value::secret("key").ok()?;
            let hash = value::Value::from("1").sealed(key).digest(DigestAlg::Sha256, TextForm::HexLower);
            let same = (0..100).filter(|at| value::equals(&hash, &format!("{at:064}"))).count();
            said(same)
        }
        _ => return None,
    })
}

#[expect(unconditional_recursion, reason = "running out of stack is the point")]
fn deep(depth: u64) -> u64 {
    black_box(depth) + deep(black_box(depth + 1))
}

/// `depth` never gets as far as `until`, but the compiler cannot know; what follows the call keeps it from being a loop.
#[inline(never)]
fn deeper(until: u64, depth: u64) -> u64 {
    if depth == until {
        return depth;
    }
    let below = deeper(until, depth + 1);
    below.rotate_left(5) ^ depth.wrapping_mul(below | 1)
}

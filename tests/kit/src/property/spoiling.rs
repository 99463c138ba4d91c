//! What becomes of an answer on a bad day, for questions that end in no outcome.

use vezne_plugin::{HttpResponse, Reply};

use super::Dice;

/// Makes noise of a good answer.
pub(super) type Noise = fn(HttpResponse) -> HttpResponse;

pub(super) fn noises() -> [(&'static str, Noise); 8] {
    const PAGE: &[u8] = b"<!DOCTYPE html><html><head><title>502</title></head><body>00 Approved</body></html>";
    [
        ("an HTML page", |good| HttpResponse { body: PAGE.to_vec(), ..good }),
        ("nothing", |good| HttpResponse { body: Vec::new(), ..good }),
        ("an empty object", |good| HttpResponse { body: b"{}".to_vec(), ..good }),
        ("an empty document", |good| HttpResponse { body: b"<x/>".to_vec(), ..good }),
        ("no text", |good| HttpResponse { body: vec![0, 255, 60, 65, 158], ..good }),
        ("half of it", |good| {
            let half = good.body[..good.body.len() / 2].to_vec();
            HttpResponse { body: half, ..good }
        }),
        ("cut off by the host", |good| HttpResponse { body_truncated: true, ..good }),
        ("an error's", |good| HttpResponse { status: 503, ..good }),
    ]
}

pub(super) fn spoilt(reply: Reply, noise: Noise) -> Reply {
    match reply {
        Reply::Response(good) => Reply::Response(noise(good)),
        other => other,
    }
}

pub(super) fn mutated(reply: Reply, dice: &mut Dice) -> Reply {
    match reply {
        Reply::Response(mut response) if !response.body.is_empty() => {
            let at = dice.roll(response.body.len());
            match dice.roll(3) {
                0 => drop(response.body.remove(at)),
                1 => response.body.insert(at, dice.byte()),
                _ => response.body[at] = dice.byte(),
            }
            Reply::Response(response)
        }
        other => other,
    }
}

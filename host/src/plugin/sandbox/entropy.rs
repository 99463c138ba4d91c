//! References and nonces: one stream per call, fixed by its seed, so that a recorded call can be played again.

use std::sync::atomic::{AtomicU64, Ordering};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Sandbox, breach};
use crate::limits;
use crate::plugin::contract::host::entropy;

/// Never gives the same number twice in this process, and grows with time.
static REFERENCE: AtomicU64 = AtomicU64::new(0);

impl Sandbox {
    /// The next 32 bytes of this call's stream: HMAC-SHA-256 of a counter under the call's seed.
    fn draw(&mut self) -> wasmtime::Result<[u8; 32]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.seed).map_err(|_| breach("no entropy"))?;
        mac.update(&self.drawn.to_be_bytes());
        self.drawn += 1;
        Ok(mac.finalize().into_bytes().into())
    }

    /// The next number of this process; played again, the recorded one.
    fn reference_number(&self) -> u64 {
        let micros = u64::try_from(self.now_ms).unwrap_or(0) * 1000;
        let drawn = self.references.len();
        if let Some(again) = &self.again {
            return again.references.get(drawn).copied().unwrap_or(micros + drawn as u64);
        }
        let mut number = 0;
        // Both closures return Some, so the update cannot fail.
        let _ = REFERENCE.fetch_update(Ordering::AcqRel, Ordering::Acquire, |last| {
            number = micros.max(last + 1);
            Some(number)
        });
        number
    }
}

impl entropy::Host for Sandbox {
    fn bytes(&mut self, len: u32) -> wasmtime::Result<Vec<u8>> {
        let length = len as usize;
        self.entropy_bytes += length;
        if self.entropy_bytes > limits::PLUGIN_ENTROPY_BYTES_MAX {
            return Err(breach("too much entropy in one call"));
        }
        let mut bytes = Vec::with_capacity(length + 32);
        while bytes.len() < length {
            bytes.extend_from_slice(&self.draw()?);
        }
        bytes.truncate(length);
        Ok(bytes)
    }

    /// Microseconds in front, so that references of one node sort by time; random letters behind, as far
    /// as the length allows, so that two nodes do not meet.
    fn reference(&mut self, alphabet: String, len: u8) -> wasmtime::Result<String> {
        let letters: Vec<char> = alphabet.chars().take(limits::PLUGIN_ALPHABET_LETTERS_MAX + 1).collect();
        let distinct: std::collections::BTreeSet<_> = letters.iter().collect();
        let few = (2..=limits::PLUGIN_ALPHABET_LETTERS_MAX).contains(&letters.len());
        if !few || distinct.len() != letters.len() || !(1..=64).contains(&len) {
            return Err(breach("a reference needs 2 to 128 different letters and a length of 1 to 64"));
        }
        let base = letters.len() as u64;
        // A remainder is smaller than the number of letters.
        let letter = |number: u64| usize::try_from(number % base).map_or(letters[0], |place| letters[place]);
        let mut number = self.reference_number();
        if self.references.len() < limits::PLUGIN_REFERENCES_RECORDED_MAX {
            self.references.push(number);
        }
        let mut digits = Vec::new();
        while number > 0 {
            digits.push(letter(number));
            number /= base;
        }
        digits.reverse();
        let mut text: Vec<char> = digits;
        let length = usize::from(len);
        while text.len() < length {
            let random = self.draw()?;
            let more = random.chunks_exact(4).map(|four| {
                let value = u64::from(u32::from_be_bytes([four[0], four[1], four[2], four[3]]));
                letter(value)
            });
            text.extend(more.take(length - text.len()));
        }
        // Shorter than the clock needs: the fast-moving end is the one that tells references apart.
        Ok(text[text.len() - length..].iter().collect())
    }
}

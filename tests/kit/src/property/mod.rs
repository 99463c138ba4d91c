//! Promises that hold for every conversation. One module each family of them.

mod answer;
mod card;
mod gate;
mod history;
mod lie;
mod noise;
mod points;
mod retry;
mod spoiling;
mod state;

use crate::kit::{Kit, Played};
use crate::report::Report;
use crate::talk::Turn;
use crate::verdict::Verdict;

/// Conversations, each played once.
pub(crate) struct Stage<'k> {
    pub kit: &'k Kit,
    /// Those that go well.
    pub good: Vec<Played>,
    /// Those the issuer declines.
    pub declined: Vec<Played>,
    /// Those where the payer is not authenticated.
    pub refused: Vec<Played>,
}

/// Puts all promises to the proof.
pub(crate) fn check_all(kit: &Kit, report: &mut Report) {
    let stage = Stage {
        kit,
        good: kit.good(),
        declined: kit.all(Turn::Declined, Verdict::is_no),
        refused: kit.all(Turn::Refused, |verdict| verdict.is_no() || *verdict == Verdict::NotProcessed),
    };
    answer::cut_transport(&stage, report);
    answer::asked_after_a_cut(&stage, report);
    noise::unreadable(&stage, report);
    noise::halves(&stage, report);
    noise::mutations(&stage, report);
    lie::caught(&stage, report);
    gate::forged(&stage, report);
    gate::matched(&stage, report);
    state::garbage(&stage, report);
    state::not_waited_for(&stage, report);
    state::same_twice(&stage, report);
    card::stays_sealed(&stage, report);
    card::sinks(&stage, report);
    retry::inquiry_reads(&stage, report);
    retry::written_once(&stage, report);
    retry::amounts(&stage, report);
    history::all(kit, report);
    points::all(kit, report);
}

/// Numbers that look random and are the same each time (`xorshift64*`).
pub(crate) struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// From 0 to below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let sides = u64::try_from(sides).unwrap_or(1).max(1);
        usize::try_from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % sides).unwrap_or(0)
    }

    pub fn byte(&mut self) -> u8 {
        u8::try_from(self.roll(256)).unwrap_or(0)
    }
}

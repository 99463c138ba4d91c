//! The rules of a firm, made ready: finding those that hold costs a few look-ups, however many rules there are.
//!
//! Every value that a subject can take has a set of the rules that do not object to it, one bit a rule. A payment is
//! eight such sets; the bits that stand in all of them are the rules that hold, the lowest one first.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::{Question, Rule, Subject, Weekday};
use crate::domain::bin::{BinFacts, CardKind};
use crate::domain::id::NodeId;
use crate::domain::money::{Currency, Money};

/// More instalments than any bank offers: all beyond are one value.
const INSTALMENTS_MAX: u16 = 37;
/// Nodes of a path that are looked at; the tree is not deeper.
const PATH_MAX: usize = 16;
/// Sets that a payment is asked for besides those of its path.
const SUBJECTS: usize = 7;

/// Where a set begins in the common store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Set(usize);

/// The rules of a firm in their order, and the sets to find them by.
#[derive(Debug, Default)]
pub struct Compiled {
    rules: Vec<Rule>,
    /// How many words a set has.
    words: usize,
    /// Every set, one after another; equal ones stand once.
    bits: Vec<u64>,
    /// By prefix; each holds the rules of its shorter prefixes too.
    bins: HashMap<u32, Set, BuildHasherDefault<Mix>>,
    bins_other: Set,
    programmes: Words,
    banks: Words,
    /// Kind and whose card; the last one for a card that nobody knows.
    kinds: [Set; 7],
    instalments: Vec<Set>,
    amounts: Vec<(Currency, Steps<i64>)>,
    amounts_other: Steps<i64>,
    /// By minute of the week.
    times: Steps<u16>,
    /// The rules that name a node; those that name none are in `dealers_other`.
    dealers: HashMap<NodeId, Set, BuildHasherDefault<Mix>>,
    dealers_other: Set,
}

/// Sets by word, few of them.
#[derive(Debug, Default)]
struct Words {
    known: Vec<(String, Set)>,
    other: Set,
}

impl Words {
    fn of(&self, word: Option<&str>) -> Set {
        let known = word.and_then(|word| self.known.binary_search_by(|(known, _)| known.as_str().cmp(word)).ok());
        known.map_or(self.other, |at| self.known[at].1)
    }
}

/// Sets by intervals: `sets[i]` counts below `bounds[i]`, the last one from the last bound on.
#[derive(Debug, Default)]
struct Steps<T> {
    bounds: Vec<T>,
    sets: Vec<Set>,
}

impl<T: Copy + Ord> Steps<T> {
    fn of(&self, value: T) -> Set {
        let at = self.bounds.partition_point(|bound| *bound <= value);
        self.sets.get(at).copied().unwrap_or_default()
    }
}

/// Mixes keys that are already well spread or few: BINs and ids. The firm itself writes them, so nobody can gain by
/// choosing ones that collide.
#[derive(Debug, Default)]
pub(super) struct Mix(u64);

impl Mix {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.add(u64::from_le_bytes(word));
        }
    }

    fn write_u32(&mut self, word: u32) {
        self.add(u64::from(word));
    }
}

/// Puts equal sets down once.
struct Builder<'a> {
    rules: &'a [Rule],
    words: usize,
    bits: Vec<u64>,
    known: HashMap<Vec<u64>, Set>,
}

impl Builder<'_> {
    /// The set of the rules that pass.
    fn set(&mut self, passes: impl Fn(&Rule) -> bool) -> Set {
        let mut bits = vec![0_u64; self.words];
        for (at, _) in self.rules.iter().enumerate().filter(|(_, rule)| passes(rule)) {
            bits[at / 64] |= 1 << (at % 64);
        }
        self.keep(bits)
    }

    fn keep(&mut self, bits: Vec<u64>) -> Set {
        if let Some(known) = self.known.get(&bits) {
            return *known;
        }
        let set = Set(self.bits.len());
        self.bits.extend(&bits);
        self.known.insert(bits, set);
        set
    }

    fn words(&mut self, subject: Subject, of: impl Fn(&Rule) -> &[String]) -> Words {
        let mut names: Vec<String> = self.rules.iter().flat_map(|rule| of(rule).iter().cloned()).collect();
        names.sort_unstable();
        names.dedup();
        let other = self.set(|rule| rule.when.is_silent_on(subject));
        let silent = |rule: &Rule| rule.when.is_silent_on(subject);
        let known = names
            .into_iter()
            .map(|name| {
                let set = self.set(|rule| silent(rule) || of(rule).contains(&name));
                (name, set)
            })
            .collect();
        Words { known, other }
    }

    fn kinds(&mut self) -> [Set; 7] {
        let mut kinds = [Set::default(); 7];
        for kind in CardKind::ALL {
            for commercial in [false, true] {
                let card = BinFacts::new(String::new(), "", "", *kind, commercial, None);
                kinds[kind_place(Some(&card))] = self.set(|rule| {
                    (rule.when.kinds.is_empty() || rule.when.kinds.contains(kind))
                        && rule.when.commercial.is_none_or(|wanted| wanted == commercial)
                });
            }
        }
        kinds[kind_place(None)] = self.set(|rule| rule.when.kinds.is_empty() && rule.when.commercial.is_none());
        kinds
    }

    /// The intervals of amounts of one currency; `None` for those that no rule names.
    fn amounts(&mut self, currency: Option<Currency>) -> Steps<i64> {
        let concerns = |rule: &&Rule| rule.when.currency.is_none() || rule.when.currency == currency;
        let spans = self.rules.iter().filter(concerns).map(|rule| rule.when.amount);
        let mut bounds: Vec<i64> =
            spans.flat_map(|span| [span.min, span.max.map(|max| max.saturating_add(1))]).flatten().collect();
        bounds.sort_unstable();
        bounds.dedup();
        let starts = std::iter::once(i64::MIN).chain(bounds.iter().copied());
        let sets = starts
            .map(|start| {
                self.set(|rule| match (rule.when.currency, currency) {
                    (Some(wanted), Some(currency)) if wanted == currency => rule.when.amount.holds(start),
                    (Some(_), _) => false,
                    (None, _) => rule.when.amount.holds(start),
                })
            })
            .collect();
        Steps { bounds, sets }
    }

    fn times(&mut self) -> Steps<u16> {
        let timed = || self.rules.iter().filter(|rule| !rule.when.is_silent_on(Subject::Time));
        let mut minutes: Vec<u16> = timed()
            .filter_map(|rule| rule.when.hours)
            .flat_map(|hours| [hours.from, hours.until])
            .filter(|minute| *minute < super::DAY_MINUTES)
            .collect();
        if timed().next().is_some() {
            minutes.push(0);
        }
        minutes.sort_unstable();
        minutes.dedup();
        let days = 0..u16::try_from(Weekday::ALL.len()).unwrap_or(7);
        let bounds: Vec<u16> =
            days.flat_map(|day| minutes.iter().map(move |minute| day * super::DAY_MINUTES + minute)).collect();
        let starts: Vec<u16> = std::iter::once(0).chain(bounds.iter().copied()).collect();
        let sets = starts
            .into_iter()
            .map(|start| {
                let day = Weekday::ALL[usize::from(start / super::DAY_MINUTES) % Weekday::ALL.len()];
                self.set(|rule| rule.when.time_holds(day, start % super::DAY_MINUTES))
            })
            .collect();
        Steps { bounds, sets }
    }

    fn bins(&mut self) -> HashMap<u32, Set, BuildHasherDefault<Mix>> {
        let mut listing: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, rule) in self.rules.iter().enumerate() {
            for prefix in &rule.when.bins {
                listing.entry(prefix.as_str()).or_default().push(at);
            }
        }
        let mut silent = vec![0_u64; self.words];
        for (at, _) in self.rules.iter().enumerate().filter(|(_, rule)| rule.when.bins.is_empty()) {
            silent[at / 64] |= 1 << (at % 64);
        }
        let mut bins = HashMap::default();
        for prefix in listing.keys() {
            let Some(key) = bin_key(prefix.as_bytes()) else { continue };
            let mut bits = silent.clone();
            for at in (6..=prefix.len()).filter_map(|length| listing.get(&prefix[..length])).flatten() {
                bits[at / 64] |= 1 << (at % 64);
            }
            bins.insert(key, self.keep(bits));
        }
        bins
    }

    fn dealers(&mut self) -> HashMap<NodeId, Set, BuildHasherDefault<Mix>> {
        let mut nodes: Vec<NodeId> = self.rules.iter().flat_map(|rule| rule.when.dealers.iter().copied()).collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes.into_iter().map(|node| (node, self.set(|rule| rule.when.dealers.contains(&node)))).collect()
    }
}

/// A prefix of six to eight digits as one number; the shorter ones lie above all of eight digits.
fn bin_key(prefix: &[u8]) -> Option<u32> {
    let above = match prefix.len() {
        8 => 0,
        7 => 100_000_000,
        6 => 110_000_000,
        _ => return None,
    };
    let mut number = 0_u32;
    for byte in prefix {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + u32::from(digit);
    }
    Some(above + number)
}

fn kind_place(card: Option<&BinFacts>) -> usize {
    let Some(card) = card else { return 6 };
    let kind = match card.kind {
        CardKind::Credit => 0,
        CardKind::Debit => 2,
        CardKind::Prepaid => 4,
    };
    kind + usize::from(card.commercial)
}

impl Compiled {
    /// Makes rules ready, in the order given.
    pub fn new(rules: Vec<Rule>) -> Self {
        let words = rules.len().div_ceil(64);
        let mut builder = Builder { rules: &rules, words, bits: Vec::new(), known: HashMap::new() };
        let mut currencies: Vec<Currency> = rules.iter().filter_map(|rule| rule.when.currency).collect();
        currencies.sort_unstable();
        currencies.dedup();
        let compiled = Self {
            bins: builder.bins(),
            bins_other: builder.set(|rule| rule.when.bins.is_empty()),
            programmes: builder.words(Subject::Programme, |rule| &rule.when.programmes),
            banks: builder.words(Subject::Bank, |rule| &rule.when.banks),
            kinds: builder.kinds(),
            instalments: (0..=INSTALMENTS_MAX)
                .map(|count| builder.set(|rule| rule.when.instalments.holds(count)))
                .collect(),
            amounts: currencies.into_iter().map(|known| (known, builder.amounts(Some(known)))).collect(),
            amounts_other: builder.amounts(None),
            times: builder.times(),
            dealers: builder.dealers(),
            dealers_other: builder.set(|rule| rule.when.dealers.is_empty()),
            words,
            bits: std::mem::take(&mut builder.bits),
            rules: Vec::new(),
        };
        Self { rules, ..compiled }
    }

    /// The rules, in their order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The places, from 0, of the rules that hold, in their order.
    pub fn matching<'a>(&'a self, question: &Question<'_>) -> Matching<'a> {
        let card = question.card;
        let minute = question.weekday as u16 * super::DAY_MINUTES + question.minute.min(super::DAY_MINUTES - 1);
        let sets = [
            self.bin_set(question.digits),
            self.kinds[kind_place(card)],
            self.programmes.of(card.and_then(|card| card.programme.as_deref())),
            self.banks.of(card.map(|card| card.bank_code.as_str())),
            self.instalment_set(question.instalments),
            self.amount_set(question.amount),
            self.times.of(minute),
        ];
        let mut path = [self.dealers_other; PATH_MAX + 1];
        let mut length = 1;
        if !self.dealers.is_empty() {
            for set in question.path.iter().filter_map(|node| self.dealers.get(node)).take(PATH_MAX) {
                path[length] = *set;
                length += 1;
            }
        }
        Matching { compiled: self, sets, path, length, word: 0, left: None }
    }

    fn bin_set(&self, digits: &str) -> Set {
        let bytes = digits.as_bytes();
        let lengths = (6..=bytes.len().min(8)).rev();
        if self.bins.is_empty() {
            return self.bins_other;
        }
        let mut keys = lengths.filter_map(|length| bin_key(&bytes[..length]));
        keys.find_map(|key| self.bins.get(&key)).copied().unwrap_or(self.bins_other)
    }

    fn instalment_set(&self, instalments: u16) -> Set {
        self.instalments.get(usize::from(instalments.min(INSTALMENTS_MAX))).copied().unwrap_or_default()
    }

    fn amount_set(&self, amount: Money) -> Set {
        let known = self.amounts.iter().find(|(currency, _)| *currency == amount.currency);
        known.map_or(&self.amounts_other, |(_, steps)| steps).of(amount.minor)
    }
}

/// The rules that hold, found word by word.
#[derive(Debug)]
pub struct Matching<'a> {
    compiled: &'a Compiled,
    sets: [Set; SUBJECTS],
    path: [Set; PATH_MAX + 1],
    length: usize,
    word: usize,
    /// What is left of the word before.
    left: Option<u64>,
}

impl Matching<'_> {
    fn load(&self, word: usize) -> u64 {
        let bits = &self.compiled.bits;
        let path = self.path[..self.length].iter().fold(0, |any, set| any | bits[set.0 + word]);
        self.sets.iter().fold(path, |all, set| all & bits[set.0 + word])
    }
}

impl Iterator for Matching<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        loop {
            if let Some(left) = self.left.filter(|left| *left != 0) {
                self.left = Some(left & (left - 1));
                return Some((self.word - 1) * 64 + left.trailing_zeros() as usize);
            }
            if self.word >= self.compiled.words {
                return None;
            }
            self.left = Some(self.load(self.word));
            self.word += 1;
        }
    }
}

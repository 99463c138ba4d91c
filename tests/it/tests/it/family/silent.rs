//! What a protocol cannot express, and why in a word. The stories hold the list from both sides: what stands here must do
//! no harm, and what does not stand here must be met and not believed.

use vezne_it::family::Family;
use vezne_sandbox::{FaultKind as K, Op};

/// Some banks, by their names among the stories.
#[derive(Debug)]
pub enum Banks {
    Only(&'static [&'static str]),
    But(&'static [&'static str]),
}

/// Kinds that some banks' answers have no place for.
#[derive(Debug)]
pub struct Silent {
    pub banks: Banks,
    pub models: &'static [&'static str],
    pub kinds: &'static [K],
    /// Of which call.
    pub on: Op,
    pub why: &'static str,
}

const GATES: &[&str] = &["3d", "3d-pay", "3d-host"];
const CHARGING: &[&str] = &["3d-pay", "3d-host"];
const NO_CALL: &[K] = &[K::SilenceBefore, K::Html];

pub const SILENT: &[Silent] = &[
    Silent {
        banks: Banks::Only(&["posnet", "posnet_v1"]),
        models: &["none"],
        kinds: &[K::WrongOrder],
        on: Op::Auth,
        why: "the answer to a sale names no order",
    },
    Silent {
        banks: Banks::Only(&["akbank", "tosla"]),
        models: GATES,
        kinds: &[K::WrongAmount, K::WrongCurrency],
        on: Op::Callback,
        why: "the return states neither: the bank is asked",
    },
    Silent {
        banks: Banks::Only(&["msu"]),
        models: &["3d-pay"],
        kinds: &[K::WrongAmount, K::WrongCurrency],
        on: Op::Callback,
        why: "the return's signature covers neither, so nobody reads them: the bank is asked",
    },
    Silent {
        banks: Banks::Only(&["katilim"]),
        models: &["3d"],
        kinds: &[K::WrongAmount, K::WrongCurrency],
        on: Op::Callback,
        why: "the return states neither, and the provision does",
    },
    Silent {
        banks: Banks::Only(&["param"]),
        models: &["3d"],
        kinds: &[K::WrongCurrency],
        on: Op::Callback,
        why: "the return states none",
    },
    Silent {
        banks: Banks::Only(&["payflex"]),
        models: CHARGING,
        kinds: &[K::WrongHash],
        on: Op::Callback,
        why: "nothing is signed: the bank is asked",
    },
    Silent {
        banks: Banks::Only(&["akbank", "ccpayment", "garanti", "interpos", "nestpay", "payfor", "posnet_v1"]),
        models: GATES,
        kinds: NO_CALL,
        on: Op::Open,
        why: "our page's form goes straight to the gate",
    },
    Silent {
        banks: Banks::But(&["posnet", "payflex"]),
        models: GATES,
        kinds: NO_CALL,
        on: Op::Resolve,
        why: "the return itself brings the result",
    },
    Silent {
        banks: Banks::Only(&["payflex"]),
        models: &["3d"],
        kinds: NO_CALL,
        on: Op::Resolve,
        why: "the return itself brings the result",
    },
    Silent {
        banks: Banks::But(&["posnet", "posnet_v1"]),
        models: CHARGING,
        kinds: &[K::SilenceBefore],
        on: Op::Auth,
        why: "the gate charges by itself",
    },
    // Only one bank's server calls ours: `fault::by_the_server`.
    Silent {
        banks: Banks::But(&[super::fault::SERVER_CALLBACK]),
        models: GATES,
        kinds: &[K::NoServerCallback],
        on: Op::Callback,
        why: "the bank's server calls nobody",
    },
];

impl Silent {
    fn concerns(&self, family: &Family) -> bool {
        match self.banks {
            Banks::Only(names) => names.contains(&family.name),
            Banks::But(names) => !names.contains(&family.name),
        }
    }
}

/// Why this bank cannot express such a fault; nothing where it can.
pub fn silent(family: &Family, model: &str, kind: K, on: Op) -> Option<&'static str> {
    let row = SILENT
        .iter()
        .find(|row| row.concerns(family) && row.models.contains(&model) && row.kinds.contains(&kind) && row.on == on);
    row.map(|row| row.why)
}

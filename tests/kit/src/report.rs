//! What the kit found.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::act::Wanted;
use crate::kit::{Kit, unmeddled};
use crate::manifest::Manifest;
use crate::talk::{About, Model, Talk, Turn, What};
use crate::verdict::Verdict;

/// A promise that was not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The promise's name.
    pub promise: &'static str,
    /// What happened.
    pub what: String,
}

/// What can be said of an operation on payments of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cell {
    /// Done, and the kit saw it.
    Yes,
    /// The bank has it not; refused with a sentence before anything leaves.
    Refused,
    /// The bank cannot tell; stays open until a person has looked.
    Open,
}

/// The kept part of a report, as written beside a connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// The connector's id.
    pub connector: String,
    /// Operation → model → what became of it.
    pub cells: BTreeMap<String, BTreeMap<String, Cell>>,
    /// Scenario → approved, declined or refused.
    pub scenarios: BTreeMap<String, String>,
    /// What authentic answers state, of order, amount and currency, by conversation.
    pub states: BTreeMap<String, String>,
    /// Promises that were put to the proof and kept.
    pub promises: BTreeSet<String>,
}

/// What the kit found.
pub struct Report {
    written: Written,
    broken: Vec<Broken>,
}

/// The name of the promise that a conversation goes as the manifest says.
const TALKS: &str = "does-what-the-manifest-says";
/// The name of the promise that a firm can read what it is to fill in.
const HELP: &str = "every-setting-has-help";

impl Report {
    pub(crate) fn new(manifest: &Manifest) -> Self {
        let written = Written {
            connector: manifest.id.clone(),
            cells: BTreeMap::new(),
            scenarios: BTreeMap::new(),
            states: BTreeMap::new(),
            promises: BTreeSet::new(),
        };
        Self { written, broken: Vec::new() }
    }

    /// What was broken.
    pub fn broken(&self) -> &[Broken] {
        &self.broken
    }

    /// Names of the broken promises, each once.
    pub fn broken_promises(&self) -> Vec<&'static str> {
        let mut names: Vec<&'static str> = self.broken.iter().map(|broken| broken.promise).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// What was kept.
    pub fn written(&self) -> &Written {
        &self.written
    }

    /// For people: the first findings of each promise.
    pub fn to_text(&self) -> String {
        const SHOWN: usize = 6;
        let mut text = format!("{} breaks {} promises\n", self.written.connector, self.broken_promises().len());
        for promise in self.broken_promises() {
            let of: Vec<&Broken> = self.broken.iter().filter(|broken| broken.promise == promise).collect();
            let _ = writeln!(text, "\n{promise}: {} times", of.len());
            for broken in of.iter().take(SHOWN) {
                let _ = writeln!(text, "  {}", broken.what);
            }
        }
        text
    }

    /// A promise was put to the proof.
    pub(crate) fn proof(&mut self, promise: &'static str, kept: bool, what: impl FnOnce() -> String) {
        self.written.promises.insert(promise.to_owned());
        if !kept {
            self.broken.push(Broken { promise, what: what() });
        }
    }

    pub(crate) fn scenario(&mut self, name: &str, ended: &str) {
        self.written.scenarios.insert(name.to_owned(), ended.to_owned());
    }

    pub(crate) fn states(&mut self, talk: Talk, words: &[String]) {
        self.written.states.insert(talk.to_string(), words.join(", "));
    }

    pub(crate) fn cell(&mut self, talk: Talk, cell: Cell) {
        let row = self.written.cells.entry(talk.what.word().to_owned()).or_default();
        row.insert(talk.model.word().to_owned(), cell);
    }
}

impl Written {
    /// Compares with the file, or writes it where `VEZNE_KIT_WRITE` is set. The error is a sentence.
    pub fn keep(&self, path: &Path) -> Result<(), String> {
        let shown = path.display();
        if std::env::var_os("VEZNE_KIT_WRITE").is_some() {
            let text = serde_json::to_string_pretty(self).unwrap_or_default() + "\n";
            return std::fs::write(path, text).map_err(|error| format!("{shown}: {error}"));
        }
        let there = std::fs::read_to_string(path).ok().and_then(|text| serde_json::from_str::<Self>(&text).ok());
        if there.as_ref() == Some(self) {
            return Ok(());
        }
        Err(format!("{shown} is stale: run the test again with VEZNE_KIT_WRITE=1"))
    }
}

impl Kit {
    /// Every operation on payments of every model.
    pub(crate) fn talk_about_all(&self, report: &mut Report) {
        for what in What::ALL {
            for model in Model::ALL {
                self.talk_about(Talk::good(what, model), report);
            }
        }
        if self.manifest.can("authorize") {
            let reserves =
                report.written.cells.get("authorize").is_some_and(|row| row.values().any(|c| *c == Cell::Yes));
            report.proof(TALKS, reserves, || "the manifest lists authorize, and it is refused in every way".to_owned());
        }
        let mut told = vec![(Talk::good(What::Inquire(About::Charge), Model::None).turning(Turn::Nothing), "inquire")];
        if self.manifest.can("sale") {
            told.push((Talk::good(What::Sale, Model::None).turning(Turn::Declined), "sale"));
        }
        for model in Model::ALL.into_iter().filter(|model| *model != Model::None) {
            told.push((Talk::good(What::Sale, model).turning(Turn::Refused), "three-d-secure"));
            told.push((Talk::good(What::Sale, model).turning(Turn::Declined), "three-d-secure"));
        }
        for (talk, capability) in told {
            if self.claims(talk) && self.manifest.can(capability) {
                self.talk_badly(talk, report);
            }
        }
    }

    /// What the manifest says that no conversation can show.
    pub(crate) fn read_manifest(&self, report: &mut Report) {
        for name in &self.manifest.models {
            let is_one = Model::ALL.iter().any(|model| *model != Model::None && model.word() == name);
            report.proof(TALKS, is_one, || format!("the manifest names a model {name}, which the contract has not"));
        }
        let untold = self.manifest.untold();
        report.proof(HELP, untold.is_empty(), || untold.join("; "));
    }

    fn talk_about(&self, talk: Talk, report: &mut Report) {
        if !self.claims(talk) {
            // Of a payment that cannot be made there is nothing to refuse.
            let in_vain = matches!(talk.what, What::Inquire(about) if about != About::Charge);
            if talk.what.charges() || (talk.model == Model::None && !in_vain) {
                self.talk_in_vain(talk, report);
            }
            return;
        }
        if !self.bank.knows(talk) {
            let keys = talk.keys().join("\" or \"");
            return report.proof(TALKS, false, || format!("the bank has no conversation \"{keys}\""));
        }
        let act = match self.act(talk, &Wanted::default()) {
            Ok(act) => act,
            // The reservation was refused already.
            Err(_) if talk.what.of_reservation() => return,
            Err(why) => return report.proof(TALKS, false, || format!("{talk}: {why}")),
        };
        let story = self.play(&act, &act.truth(), &mut unmeddled);
        let verdict = &story.verdict;
        // Not every bank tells of a void from a question about the order, nor reserves or gives
        // back a part in every way: then it says so.
        let may_be_open = matches!(talk.what, What::Inquire(about) if about != About::Charge);
        let may_be_refused =
            talk.what == What::Authorize || (talk.what == What::RefundPart && talk.model != Model::None);
        let cell = match verdict {
            Verdict::Approved => Some(Cell::Yes),
            Verdict::Unknown(_) if may_be_open => Some(Cell::Open),
            verdict if (may_be_open || may_be_refused) && verdict.is_refusal() && story.left().count() == 0 => {
                Some(Cell::Refused)
            }
            _ => None,
        };
        report.proof(TALKS, cell.is_some(), || format!("{talk} ended {verdict}"));
        if talk.what.charges() && talk.model != Model::None && cell == Some(Cell::Yes) {
            let led_away = story.left().any(|left| left.correlation.is_some());
            report.proof(TALKS, led_away, || format!("{talk}: the payer was never led to the gate"));
        }
        if let Some(cell) = cell {
            report.cell(talk, cell);
        }
    }

    /// What the manifest does not claim is refused with a sentence, before anything leaves.
    fn talk_in_vain(&self, talk: Talk, report: &mut Report) {
        let target = (!talk.what.charges()).then(|| {
            let charge = if talk.what.of_reservation() { What::Authorize } else { What::Sale };
            let act = crate::act::Act::new(&*self.bank, Talk::good(charge, talk.model), &Wanted::default(), None);
            act.as_target(vezne_plugin::step::order_ref(&self.bank.order()))
        });
        let wanted = if talk.what == What::RefundPart {
            Wanted { minor: Wanted::default().minor - 1, ..Wanted::default() }
        } else {
            Wanted::default()
        };
        let act = crate::act::Act::new(&*self.bank, talk, &wanted, target);
        let story = self.play(&act, &act.truth(), &mut unmeddled);
        let kept = story.verdict.is_refusal() && story.left().count() == 0;
        report.proof(TALKS, kept, || format!("{talk} is not in the manifest, and yet ended {}", story.verdict));
        report.cell(talk, Cell::Refused);
    }

    /// A no of the issuer, of the gate, or of the bank's memory.
    fn talk_badly(&self, talk: Talk, report: &mut Report) {
        if !self.bank.knows(talk) {
            let keys = talk.keys().join("\" or \"");
            return report.proof(TALKS, false, || format!("the bank has no conversation \"{keys}\""));
        }
        let act = match self.act(talk, &Wanted::default()) {
            Ok(act) => act,
            Err(why) => return report.proof(TALKS, false, || format!("{talk}: {why}")),
        };
        let story = self.play(&act, &act.truth(), &mut unmeddled);
        let kept = match talk.turn {
            Turn::Nothing => matches!(story.verdict, Verdict::NotProcessed | Verdict::Unknown(_)),
            Turn::Refused => matches!(story.verdict, Verdict::Declined(_) | Verdict::NotProcessed),
            _ => story.verdict.is_no(),
        };
        report.proof(TALKS, kept, || format!("{talk} ended {}", story.verdict));
    }
}

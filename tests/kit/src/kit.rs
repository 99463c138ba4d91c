//! A connector with its manifest and its bank, ready to be tried.

use vezne_plugin::{BankRef, Reply, Target};

use crate::act::{Act, Wanted, merged};
use crate::bank::{At, Bank};
use crate::connector::Connector;
use crate::host::Story;
use crate::manifest::Manifest;
use crate::property;
use crate::report::Report;
use crate::talk::{About, Model, Talk, Turn, What};
use crate::verdict::Verdict;

/// See the module's text.
pub struct Kit {
    pub(crate) connector: Connector,
    pub(crate) manifest: Manifest,
    pub(crate) bank: Box<dyn Bank>,
}

/// An act with the story of it going well.
pub(crate) struct Played {
    pub act: Act,
    pub story: Story,
}

/// As the bank says it.
pub(crate) fn unmeddled(_: At, _: vezne_plugin::Effect, reply: Option<Reply>) -> Option<Reply> {
    reply
}

impl Kit {
    /// Puts them together; the error is a sentence about the manifest.
    pub fn new(connector: Connector, manifest: &str, bank: impl Bank + 'static) -> Result<Self, String> {
        let manifest =
            serde_json::from_str(manifest).map_err(|error| format!("the manifest cannot be read: {error}"))?;
        Ok(Self { connector, manifest, bank: Box::new(bank) })
    }

    /// Tries everything.
    pub fn run(&self) -> Report {
        let mut report = Report::new(&self.manifest);
        self.read_manifest(&mut report);
        self.talk_about_all(&mut report);
        crate::scenario::play_all(self, &mut report);
        property::check_all(self, &mut report);
        report
    }

    /// Tries everything, and panics with what was broken. What was kept is written down in `conformance.json` of the
    /// connector's `folder`; a stale file is broken too. With `VEZNE_KIT_WRITE=1` it is written anew.
    pub fn assert_kept(&self, folder: &str) {
        let report = self.run();
        assert!(report.broken().is_empty(), "{}", report.to_text());
        let path = std::path::Path::new(folder).join("conformance.json");
        if let Err(sentence) = report.written().keep(&path) {
            panic!("{sentence}");
        }
    }

    /// Does the manifest claim it?
    pub(crate) fn claims(&self, talk: Talk) -> bool {
        let at_gate = talk.model != Model::None;
        // A sale at the gate is no plain sale.
        let needs = if at_gate && talk.what == What::Sale { &[][..] } else { talk.what.needs() };
        needs.iter().all(|capability| self.manifest.can(capability))
            && (!at_gate || self.manifest.models.contains(talk.model.word()))
    }

    /// Plays what must be there before `what` can be done, and returns it as a target.
    pub(crate) fn founded(&self, talk: Talk, wanted: &Wanted) -> Result<Option<Target>, String> {
        let found = |what: What, wanted: &Wanted, target: Option<Target>| {
            let act = Act::new(&*self.bank, Talk::good(what, talk.model), wanted, target);
            let story = self.play(&act, &act.truth(), &mut unmeddled);
            match story.verdict {
                Verdict::Approved => Ok((act, story)),
                other => Err(format!("{} before it ended {other}", act.talk)),
            }
        };
        let charge = if talk.what.of_reservation() { What::Authorize } else { What::Sale };
        match talk.what {
            What::Sale | What::Authorize | What::Points => Ok(None),
            What::RefundPart => {
                let whole = Wanted { minor: wanted.minor * 2 + 1, ..wanted.clone() };
                let (act, story) = found(charge, &whole, None)?;
                Ok(Some(act.as_target(story.bank)))
            }
            What::Capture | What::Void | What::Refund | What::Inquire(About::Charge) | What::History(_) => {
                let (act, story) = found(charge, wanted, None)?;
                Ok(Some(act.as_target(story.bank)))
            }
            What::Inquire(about) => {
                let (act, story) = found(charge, wanted, None)?;
                let then = match about {
                    About::Capture => What::Capture,
                    About::Void => What::Void,
                    _ => What::Refund,
                };
                let payment = story.bank;
                let (act, story) = found(then, wanted, Some(act.as_target(merged(&payment, &BankRef::nothing()))))?;
                // As the host asks about an operation nobody answered: what it noted before sending, over the payment's.
                let noted = story.left().last().map_or_else(BankRef::nothing, |left| merged(&left.known, &payment));
                Ok(Some(act.as_target(noted)))
            }
        }
    }

    /// The act of a conversation, with what must be there before.
    pub(crate) fn act(&self, talk: Talk, wanted: &Wanted) -> Result<Act, String> {
        Ok(Act::new(&*self.bank, talk, wanted, self.founded(talk, wanted)?))
    }

    /// Every conversation that goes well for this connector.
    pub(crate) fn good(&self) -> Vec<Played> {
        self.all(Turn::Good, Verdict::is_yes)
    }

    /// Every conversation of this turn that the bank knows, played, where it ended as it should.
    pub(crate) fn all(&self, turn: Turn, fits: impl Fn(&Verdict) -> bool) -> Vec<Played> {
        let mut played = Vec::new();
        for what in What::ALL {
            for model in Model::ALL {
                let talk = Talk::good(what, model).turning(turn);
                if !self.claims(talk) || !self.bank.knows(talk) {
                    continue;
                }
                let Ok(act) = self.act(talk, &Wanted::default()) else { continue };
                let story = self.play(&act, &act.truth(), &mut unmeddled);
                if fits(&story.verdict) {
                    played.push(Played { act, story });
                }
            }
        }
        played
    }
}

/// Beginning of a reference.
trait Nothing {
    fn nothing() -> Self;
}

impl Nothing for BankRef {
    fn nothing() -> Self {
        crate::host::empty_ref()
    }
}

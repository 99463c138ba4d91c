//! The scenario set: what is asked, and how it must end. The files in `scenarios/` are the same for every connector.

use serde::Deserialize;

use crate::act::{Act, Wanted};
use crate::kit::{Kit, unmeddled};
use crate::report::Report;
use crate::talk::{Model, Talk, Turn, What};

const FILES: [&str; 4] = [
    include_str!("../scenarios/amounts.json"),
    include_str!("../scenarios/ways.json"),
    include_str!("../scenarios/words.json"),
    include_str!("../scenarios/refusals.json"),
];

const NAME: &str = "plays-every-scenario";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    name: String,
    /// `sale`, `authorize`, `refund`, `refund-part`, `void`, `capture`, `inquire`.
    #[serde(default = "sale")]
    does: String,
    /// `none`, or a model of the contract; `any` for each that the manifest has.
    #[serde(default = "none")]
    model: String,
    #[serde(default = "usual_minor")]
    minor: i64,
    #[serde(default = "lira")]
    currency: String,
    #[serde(default = "one")]
    installments: u8,
    #[serde(default = "ecommerce")]
    entry: String,
    description: Option<String>,
    holder: Option<String>,
    #[serde(default = "turkish")]
    locale: String,
    #[serde(default)]
    no_payer_ip: bool,
    #[serde(default)]
    no_security_code: bool,
    /// Capabilities without which it is refused.
    #[serde(default)]
    needs: Vec<String>,
    /// What becomes of it: `approved`, `declined`, `refused` (a fault with a sentence, before anything leaves), or
    /// `approved-or-refused` where banks differ.
    ends: String,
}

fn sale() -> String {
    "sale".into()
}
fn none() -> String {
    "none".into()
}
fn lira() -> String {
    "TRY".into()
}
fn ecommerce() -> String {
    "ecommerce".into()
}
fn turkish() -> String {
    "tr".into()
}
fn usual_minor() -> i64 {
    1_001
}
fn one() -> u8 {
    1
}

impl Scenario {
    fn wanted(&self) -> Wanted {
        Wanted {
            minor: self.minor,
            currency: self.currency.clone(),
            installments: self.installments,
            entry: self.entry.clone(),
            description: self.description.clone(),
            holder: self.holder.clone(),
            locale: self.locale.clone(),
            payer_ip: (!self.no_payer_ip).then(|| "192.0.2.7".to_owned()),
            security_code: !self.no_security_code,
        }
    }

    fn talks(&self) -> Vec<Talk> {
        let what = What::ALL.into_iter().find(|what| what.word() == self.does).unwrap_or(What::Sale);
        let turn = if self.ends == "declined" { Turn::Declined } else { Turn::Good };
        let fits = |model: &Model| match self.model.as_str() {
            "any" => *model != Model::None,
            word => model.word() == word,
        };
        Model::ALL.into_iter().filter(fits).map(|model| Talk::good(what, model).turning(turn)).collect()
    }

    /// Does the manifest claim all it needs?
    fn is_claimed(&self, kit: &Kit, talk: Talk) -> bool {
        kit.claims(talk)
            && self.needs.iter().all(|capability| kit.manifest.can(capability))
            && kit.manifest.currencies.contains(&self.currency)
    }
}

/// Plays all of them.
pub(crate) fn play_all(kit: &Kit, report: &mut Report) {
    for file in FILES {
        match serde_json::from_str::<Vec<Scenario>>(file) {
            Ok(scenarios) => scenarios.iter().for_each(|scenario| play(kit, scenario, report)),
            Err(error) => report.proof(NAME, false, || format!("the kit's own scenarios cannot be read: {error}")),
        }
    }
}

fn play(kit: &Kit, scenario: &Scenario, report: &mut Report) {
    for talk in scenario.talks() {
        let claimed = scenario.is_claimed(kit, talk);
        if talk.model != Model::None && !kit.claims(talk) {
            continue;
        }
        let name = if scenario.model == "any" {
            format!("{} ({})", scenario.name, talk.model.word())
        } else {
            scenario.name.clone()
        };
        let founded = if talk.what.charges() { Ok(None) } else { kit.founded(talk, &scenario.wanted()) };
        let Ok(target) = founded else {
            // A bank may reserve at its gate only: that is a cell of its own.
            if claimed && !talk.what.of_reservation() {
                report.proof(NAME, false, || format!("{name}: the payment before it cannot be made"));
            }
            continue;
        };
        let act = Act::new(&*kit.bank, talk, &scenario.wanted(), target);
        let story = kit.play(&act, &act.truth(), &mut unmeddled);
        let refused = story.verdict.is_refusal() && story.left().count() == 0;
        let ended = match &story.verdict {
            verdict if verdict.is_yes() => "approved",
            verdict if verdict.is_no() => "declined",
            _ if refused => "refused",
            _ => "otherwise",
        };
        let kept = match (claimed, scenario.ends.as_str()) {
            (false, _) => refused,
            (true, "approved-or-refused") => refused || story.verdict.is_yes(),
            (true, wanted) => ended == wanted,
        };
        report.proof(NAME, kept, || {
            let wanted = if claimed { scenario.ends.as_str() } else { "refused, for the manifest does not claim it" };
            format!("{name}: {} instead of {wanted}", story.verdict)
        });
        report.scenario(&name, ended);
    }
}

//! The same connector, linked into this program: what a sale costs where nothing is kept apart.

use anyhow::{Result, ensure};
use pos_nestpay::Nestpay;
use vezne_it::plugged;
use vezne_it::world::GOOD_CARD;
use vezne_plugin::native::{self, Session, TestCard};
use vezne_plugin::{Context, Outcome, Payments, Reply, Step, Terms};

/// What every call of a sale is given.
pub struct Native {
    context: Context,
    terms: Terms,
    card: TestCard,
    answer: Reply,
    session: Session,
}

/// A session with the settings and secrets of the account.
pub fn session() -> Session {
    let session =
        plugged::NESTPAY_CONFIG.iter().fold(Session::new(), |session, (key, value)| session.setting(key, value));
    ["api-password", "store-key"].iter().fold(session, |session, name| session.secret(name, "ISBANK07"))
}

/// As the bank answers.
pub fn answer() -> Reply {
    native::answer(200, "text/xml", plugged::NESTPAY_YES.as_bytes())
}

impl Native {
    pub fn new() -> Self {
        let card = TestCard::new(GOOD_CARD, 12, 2030, Some("000"));
        let mut terms = native::terms(12_345);
        terms.description = None;
        Self { context: native::context("ORD1"), terms, card, answer: answer(), session: session() }
    }

    /// Both calls of a sale, and what the host would do in between: put the request together.
    pub fn sale(&self) -> Result<()> {
        let _session = self.session.clone().start();
        let card = self.card.card();
        let step = Nestpay::sale(&self.context, &self.terms, &card).map_err(|fault| anyhow::anyhow!("{fault:?}"))?;
        let Step::Send(send) = step else { anyhow::bail!("a sale begins with a request") };
        std::hint::black_box(native::reveal(&send.request.body));
        native::next_call();
        let step = Nestpay::resume(&self.context, Some(&self.terms), &send.state, &self.answer, Some(&card));
        let step = step.map_err(|fault| anyhow::anyhow!("{fault:?}"))?;
        ensure!(matches!(step, Step::Done(Outcome::Approved(_))), "a sale that is not approved");
        Ok(())
    }
}

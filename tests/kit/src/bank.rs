//! The bank as the kit needs it: what it answers when all goes well, and what it may be made to say falsely.

use std::collections::BTreeMap;

use vezne_plugin::native::{Session, TestCard};
use vezne_plugin::{Callback, Money, Reply};

use crate::talk::Talk;
use crate::wire::Wire;

/// Where in a conversation something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The answer to the request with this number, from 0, counted over the whole act.
    Answer(usize),
    /// The payer's return from the gate.
    Back,
}

/// What the bank says of the operation. The truth, or a lie the kit wants caught.
#[derive(Debug, Clone)]
pub struct Told {
    /// The order number.
    pub order: String,
    /// The operation's amount.
    pub amount: Money,
    /// What the payment was made with: for a partial refund more than `amount`.
    pub original: i64,
}

/// The POS account at the bank.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// Settings of the manifest.
    pub settings: BTreeMap<String, String>,
    /// Secrets of the manifest.
    pub secrets: BTreeMap<String, String>,
}

impl Account {
    /// As the connector's host.
    pub(crate) fn session(&self) -> Session {
        let with_settings = self.settings.iter().fold(Session::new(), |session, (k, v)| session.setting(k, v));
        self.secrets.iter().fold(with_settings, |session, (k, v)| session.secret(k, v))
    }
}

/// A bank that answers. [`crate::Answers`] is one that is read from a file.
pub trait Bank {
    /// The POS account the connector is set up with.
    fn account(&self) -> Account;

    /// Our order number, in the form the connector's host makes them.
    fn order(&self) -> String {
        "01JD8ZK0Q3M7".to_owned()
    }

    /// The payer's card: not a real one, with digits that occur nowhere else.
    fn card(&self) -> TestCard {
        TestCard::new("4938410158754200", 12, 2030, Some("739"))
    }

    /// Does it know this conversation?
    fn knows(&self, talk: Talk) -> bool;

    /// What it answers to the last of `heard`, which is its request number `nth`.
    fn answer(&self, talk: Talk, nth: usize, heard: &[Wire], told: &Told) -> Option<Reply>;

    /// What the payer's browser brings back after the form that is the last of `heard`.
    fn back(&self, talk: Talk, heard: &[Wire], told: &Told) -> Option<Callback>;

    /// Names of the fields of [`back`](Self::back) that sign the others. None where the bank signs nothing.
    fn signature(&self, talk: Talk) -> Vec<String>;
}

//! What the kit asks a connector to do.

use vezne_plugin::native::TestCard;
use vezne_plugin::words::{entry, operation};
use vezne_plugin::{BankRef, Context, Money, Target, Terms};

use crate::bank::{Bank, Told};
use crate::talk::{About, Model, Talk, What};

/// 22 November 2026, 12:00 in Istanbul: the clock of [`vezne_plugin::native::Session`].
const NOW_MS: u64 = 1_795_338_000_000;

/// Currencies of the scenarios: alphabetic, numeric, exponent.
const CURRENCIES: [(&str, u16, u8); 8] = [
    ("TRY", 949, 2),
    ("USD", 840, 2),
    ("EUR", 978, 2),
    ("GBP", 826, 2),
    ("RUB", 643, 2),
    ("AZN", 944, 2),
    ("JPY", 392, 0),
    ("KWD", 414, 3),
];

/// An amount in a currency that the kit knows.
pub(crate) fn money(minor: i64, currency: &str) -> Money {
    let (_, numeric, exponent) =
        CURRENCIES.iter().find(|known| known.0 == currency).copied().unwrap_or((currency, 0, 2));
    Money { minor, currency: currency.to_owned(), numeric, exponent }
}

/// In which the acts differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub minor: i64,
    pub currency: String,
    pub installments: u8,
    pub entry: String,
    pub description: Option<String>,
    pub holder: Option<String>,
    pub locale: String,
    pub payer_ip: Option<String>,
    pub security_code: bool,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            minor: 1_001,
            currency: "TRY".to_owned(),
            installments: 1,
            entry: entry::ECOMMERCE.to_owned(),
            description: None,
            holder: None,
            locale: "tr".to_owned(),
            payer_ip: Some("192.0.2.7".to_owned()),
            security_code: true,
        }
    }
}

/// One act, as the host would begin it.
pub(crate) struct Act {
    pub talk: Talk,
    pub ctx: Context,
    pub terms: Terms,
    pub target: Option<Target>,
    pub card: Option<TestCard>,
}

impl Act {
    /// An act on `target`, or one that begins a payment.
    pub fn new(bank: &dyn Bank, talk: Talk, wanted: &Wanted, target: Option<Target>) -> Self {
        let terms = Terms {
            amount: money(wanted.minor, &wanted.currency),
            installments: wanted.installments,
            entry: wanted.entry.clone(),
            description: wanted.description.clone(),
        };
        let mut card = bank.card();
        card.holder.clone_from(&wanted.holder);
        if !wanted.security_code {
            card.security_code = None;
        }
        let ctx = Context {
            attempt_id: "att_01JD8ZK0Q3M7".into(),
            order_id: bank.order(),
            callback_url: "https://odeme.example/pos/t/p/callback".into(),
            payer_ip: wanted.payer_ip.clone(),
            payer_email: None,
            locale: wanted.locale.clone(),
            test_mode: true,
            attributes: Vec::new(),
        };
        let takes_card = talk.what.takes_card() && talk.model != Model::ThreeDHost;
        Self { talk, ctx, terms, target, card: Some(card).filter(|_| takes_card) }
    }

    /// The true word on it.
    pub fn truth(&self) -> Told {
        let original = self.target.as_ref().map_or(self.terms.amount.minor, |target| target.terms.amount.minor);
        Told { order: self.ctx.order_id.clone(), amount: self.terms.amount.clone(), original }
    }

    /// What the host compares a stated amount with.
    pub fn expected(&self) -> &Money {
        match (&self.target, self.talk.what) {
            (Some(target), What::Void | What::Inquire(_)) => &target.terms.amount,
            _ => &self.terms.amount,
        }
    }

    /// This act as a later one refers to it. `bank` is what is known of it.
    pub fn as_target(&self, bank: BankRef) -> Target {
        let operation = match self.talk.what {
            What::Sale => operation::SALE,
            What::Authorize => operation::AUTHORIZE,
            What::Capture | What::Inquire(About::Capture) => operation::CAPTURE,
            What::Void | What::Inquire(About::Void) => operation::VOID,
            _ => operation::REFUND,
        };
        Target {
            operation: operation.to_owned(),
            model: self.talk.model.word().to_owned(),
            terms: copy(&self.terms),
            bank,
            sent_at_millis: NOW_MS,
        }
    }
}

/// Terms are no `Clone` in the bindings of every version.
pub(crate) fn copy(terms: &Terms) -> Terms {
    Terms {
        amount: terms.amount.clone(),
        installments: terms.installments,
        entry: terms.entry.clone(),
        description: terms.description.clone(),
    }
}

/// A newer reference over an older one, as the host keeps them.
pub(crate) fn merged(newer: &BankRef, older: &BankRef) -> BankRef {
    let mut extra = newer.extra.clone();
    extra.extend(older.extra.iter().filter(|(name, _)| !newer.extra.iter().any(|(known, _)| known == name)).cloned());
    BankRef {
        bank_order_id: newer.bank_order_id.clone().or_else(|| older.bank_order_id.clone()),
        transaction_id: newer.transaction_id.clone().or_else(|| older.transaction_id.clone()),
        auth_code: newer.auth_code.clone().or_else(|| older.auth_code.clone()),
        extra,
    }
}

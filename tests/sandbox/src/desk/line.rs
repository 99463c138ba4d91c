//! Writing a request down, whatever came of it.

use crate::book::{Book, Entry, Kind, Secure};
use crate::card::CardFace;
use crate::issuer::Refusal;
use crate::store::Store;

use super::clerk::Clerk;

/// Why the bank (not the issuer) refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The order number has been used.
    OrderUsed,
    /// The bank has never approved anything under this order number.
    OrderUnknown,
    /// There is no pre-authorization to capture.
    NothingHeld,
    /// The pre-authorization was captured before, or nothing would be captured.
    NothingToCapture,
    /// More than the held amount allows.
    MoreThanHeld,
    /// Nothing that can be undone: unknown, undone before, or the day has ended.
    NothingToVoid,
    /// Everything was given back or undone before.
    NothingLeft,
    /// More than is left.
    MoreThanLeft,
    /// The day has not ended.
    NotSettled,
    /// Not the sale's currency.
    OtherCurrency,
    /// An amount of zero or less.
    NoAmount,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It happened.
    Approved,
    /// The issuer said no.
    Declined(Refusal),
    /// The bank said no.
    Refused(Why),
}

/// A request that was decided and written down.
#[derive(Clone, Debug)]
pub struct Done {
    /// The line in the book.
    pub entry: Entry,
    /// What came of it.
    pub verdict: Verdict,
    /// Number of the store's open batch.
    pub batch: usize,
}

impl Done {
    /// Did it happen?
    pub fn approved(&self) -> bool {
        self.verdict == Verdict::Approved
    }

    /// The bank's own refusal.
    pub fn why(&self) -> Option<Why> {
        if let Verdict::Refused(why) = self.verdict { Some(why) } else { None }
    }

    /// The issuer's refusal.
    pub fn refusal(&self) -> Option<&Refusal> {
        if let Verdict::Declined(refusal) = &self.verdict { Some(refusal) } else { None }
    }
}

/// One request about an order, with what is needed to write it down.
pub(super) struct Line<'a> {
    pub store: &'a Store,
    pub order: &'a str,
    pub kind: Kind,
    pub amount: i64,
    pub currency: String,
    pub installments: u8,
    pub card: Option<CardFace>,
    pub channel: &'a str,
    pub secure: Option<Secure>,
    pub undoes: Option<u64>,
    pub sub_dealer: String,
    pub points: i64,
    pub at_ms: i64,
}

impl<'a> Line<'a> {
    /// A line about something that happened before.
    pub fn about(
        store: &'a Store,
        order: &'a str,
        kind: Kind,
        at_ms: i64,
        origin: Option<&Entry>,
        amount: i64,
    ) -> Self {
        Line {
            store,
            order,
            kind,
            amount,
            currency: origin.map_or_else(|| "949".to_owned(), |o| o.currency.clone()),
            installments: origin.map_or(1, |o| o.installments),
            card: origin.and_then(|o| o.card.clone()),
            channel: "api",
            secure: None,
            undoes: None,
            sub_dealer: origin.map(|o| o.sub_dealer.clone()).unwrap_or_default(),
            points: 0,
            at_ms,
        }
    }

    /// The host did it.
    pub fn approve(self, book: &mut Book, clerk: &dyn Clerk) -> Done {
        self.write(book, clerk, Verdict::Approved)
    }

    /// The issuer refused.
    pub fn decline(self, book: &mut Book, clerk: &dyn Clerk, refusal: Refusal) -> Done {
        self.write(book, clerk, Verdict::Declined(refusal))
    }

    /// The gateway refused; kept in the book too.
    pub fn refuse(self, book: &mut Book, clerk: &dyn Clerk, why: Why) -> Done {
        self.write(book, clerk, Verdict::Refused(why))
    }

    fn write(self, book: &mut Book, clerk: &dyn Clerk, verdict: Verdict) -> Done {
        let batch = book.batch(&self.store.id);
        let numbers = clerk.numbers(book, self.at_ms, self.kind);
        let approved = verdict == Verdict::Approved;
        let (code, error_code) = match &verdict {
            Verdict::Approved => (clerk.approved().to_owned(), None),
            Verdict::Declined(refusal) => clerk.declined(refusal),
            Verdict::Refused(why) => clerk.refused(*why),
        };
        let entry = book.append(Entry {
            seq: 0,
            at_ms: self.at_ms,
            store: self.store.id.clone(),
            order: self.order.to_owned(),
            kind: self.kind,
            amount: self.amount,
            currency: self.currency,
            installments: self.installments,
            approved,
            code,
            error_code,
            issuer_code: if let Verdict::Declined(refusal) = &verdict { Some(refusal.code.to_owned()) } else { None },
            auth_code: if approved { numbers.auth_code } else { String::new() },
            host_ref: numbers.host_ref,
            trans_id: numbers.trans_id,
            card: self.card,
            channel: self.channel.to_owned(),
            secure: self.secure,
            undoes: self.undoes,
            sub_dealer: self.sub_dealer,
            points: self.points,
        });
        Done { entry, verdict, batch }
    }
}

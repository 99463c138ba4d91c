//! Sale, reservation, capture, void, refund and day end.

use crate::bank::Bank;
use crate::book::{Book, Entry, Kind, Secure};
use crate::clock::local;
use crate::issuer::{IssuedCard, points_short};
use crate::store::Store;

use super::Desk;
use super::line::{Done, Line, Why};

/// A sale or a pre-authorization.
pub struct Charge<'a> {
    /// [`Kind::Auth`] or [`Kind::PreAuth`].
    pub kind: Kind,
    /// The merchant's order number.
    pub order: &'a str,
    /// Minor units.
    pub amount: i64,
    /// ISO 4217 numeric.
    pub currency: &'a str,
    /// 1 for none.
    pub installments: u8,
    /// The card, without its number.
    pub card: &'a IssuedCard,
    /// `api`, `moto` or the 3-D model.
    pub channel: &'a str,
    /// Proof of authentication.
    pub secure: Option<Secure>,
}

/// What is left of a sale to give back.
#[derive(Clone, Copy)]
struct Left {
    /// Of all.
    net: i64,
    /// What was sold.
    sold: i64,
    /// What points paid of that.
    points_sold: i64,
    /// What of those was not given back.
    points: i64,
}

/// Live approved entries of the order of these kinds, newest first.
fn live(book: &Book, store: &Store, order: &str, kinds: &[Kind]) -> Vec<Entry> {
    let mut found: Vec<Entry> = book
        .of_order(&store.id, order)
        .into_iter()
        .filter(|e| e.approved && kinds.contains(&e.kind) && !book.is_undone(e))
        .cloned()
        .collect();
    found.reverse();
    found
}

impl Desk<'_> {
    /// Asks the issuer, once per order number.
    pub fn charge(&self, c: Charge<'_>) -> Done {
        self.charge_with_points(c, 0)
    }

    /// The same, where points of the card pay `points` of it.
    pub fn charge_with_points(&self, c: Charge<'_>, points: i64) -> Done {
        let at_ms = self.bank.clock().now_ms();
        let mut book = self.bank.lock_book();
        let line = Line {
            store: self.store,
            order: c.order,
            kind: c.kind,
            amount: c.amount,
            currency: c.currency.to_owned(),
            installments: c.installments,
            card: Some(c.card.face.clone()),
            channel: c.channel,
            secure: c.secure,
            undoes: None,
            sub_dealer: self.sub_dealer.to_owned(),
            points,
            at_ms,
        };
        let again = self.clerk.rules().again_after_decline;
        if book.of_order(&self.store.id, c.order).iter().any(|e| e.approved || !again) {
            return line.refuse(&mut book, self.clerk, Why::OrderUsed);
        }
        let today = local(at_ms);
        let month_year = (u8::try_from(today.month()).unwrap_or(1), u8::try_from(today.year() % 100).unwrap_or(0));
        match c.card.authorize(c.amount, month_year, self.store.magic_amounts) {
            Ok(()) if points > 0 && points > self.points_in(&book, c.card).unwrap_or(0) => {
                line.decline(&mut book, self.clerk, points_short())
            }
            Ok(()) => line.approve(&mut book, self.clerk),
            Err(refusal) => line.decline(&mut book, self.clerk, refusal),
        }
    }

    /// Captures a pre-authorization: all of it, or `total`. `at_most` is the bank's limit for what was held (the held amount
    /// itself, or a percentage above it where the bank allows that).
    pub fn capture(&self, order: &str, total: Option<i64>, at_most: impl Fn(&Entry) -> i64) -> Done {
        let at_ms = self.bank.clock().now_ms();
        let mut book = self.bank.lock_book();
        let held = live(&book, self.store, order, &[Kind::PreAuth]).into_iter().next();
        let taken = !live(&book, self.store, order, &[Kind::PostAuth]).is_empty();
        let amount = total.or(held.as_ref().map(|h| h.amount)).unwrap_or(0);
        let line = Line::about(self.store, order, Kind::PostAuth, at_ms, held.as_ref(), amount);
        match held {
            None => line.refuse(&mut book, self.clerk, Why::NothingHeld),
            Some(_) if taken || amount <= 0 => line.refuse(&mut book, self.clerk, Why::NothingToCapture),
            Some(held) if amount > at_most(&held).max(held.amount) => {
                line.refuse(&mut book, self.clerk, Why::MoreThanHeld)
            }
            Some(_) => line.approve(&mut book, self.clerk),
        }
    }

    /// Undoes the newest operation of the open batch that is `meant`.
    pub fn void(&self, order: &str, meant: impl Fn(&Entry) -> bool) -> Done {
        let at_ms = self.bank.clock().now_ms();
        let mut book = self.bank.lock_book();
        let kinds = [Kind::Auth, Kind::PreAuth, Kind::PostAuth, Kind::Credit];
        let candidates = live(&book, self.store, order, &kinds);
        // A pre-authorization is in no batch, but one that was captured is undone through its capture.
        let captured = candidates.iter().any(|e| e.kind == Kind::PostAuth);
        let target = candidates
            .into_iter()
            .filter(|e| meant(e))
            .find(|e| if e.kind == Kind::PreAuth { !captured } else { !book.is_settled(e) });
        let amount = target.as_ref().map_or(0, |t| t.amount);
        let mut line = Line::about(self.store, order, Kind::Void, at_ms, target.as_ref(), amount);
        match target {
            None => line.refuse(&mut book, self.clerk, Why::NothingToVoid),
            Some(target) => {
                line.undoes = Some(target.seq);
                line.approve(&mut book, self.clerk)
            }
        }
    }

    /// Gives money back: all that is left, or `total`. Without a currency the sale's is meant.
    pub fn refund(&self, order: &str, total: Option<i64>, currency: Option<&str>) -> Done {
        self.give_back(order, total, currency, |_, _| 0)
    }

    /// The same, where points that paid get back their part of it: in proportion, and with the last refund the rest.
    pub fn refund_in_proportion(&self, order: &str, total: Option<i64>, currency: Option<&str>) -> Done {
        self.give_back(order, total, currency, |amount, left| match left.sold {
            0 => 0,
            _ if amount == left.net => left.points,
            sold => (amount * left.points_sold / sold).min(left.points),
        })
    }

    /// What the points of a card are worth now, by what this bank's book says of them; nothing where it has none.
    pub fn points(&self, card: &IssuedCard) -> Option<i64> {
        self.points_in(&self.bank.lock_book(), card)
    }

    fn points_in(&self, book: &Book, card: &IssuedCard) -> Option<i64> {
        // Each family is a bank of its own, and so are its points.
        let ours: Vec<&str> =
            self.bank.stores().iter().filter(|s| s.family == self.store.family).map(|s| s.id.as_str()).collect();
        let moved = book.entries().iter().filter(|e| e.points > 0 && e.approved && !book.is_undone(e));
        let moved = moved.filter(|e| ours.contains(&e.store.as_str()) && e.card.as_ref() == Some(&card.face));
        let net: i64 = moved.map(|e| if e.kind == Kind::Credit { e.points } else { -e.points }).sum();
        card.points.map(|first| first + net)
    }

    fn give_back(
        &self,
        order: &str,
        total: Option<i64>,
        currency: Option<&str>,
        points: impl Fn(i64, Left) -> i64,
    ) -> Done {
        let at_ms = self.bank.clock().now_ms();
        let mut book = self.bank.lock_book();
        let sold = live(&book, self.store, order, &[Kind::Auth, Kind::PostAuth]);
        let credits = live(&book, self.store, order, &[Kind::Credit]);
        let back: i64 = credits.iter().map(|e| e.amount).sum();
        let known = book.of_order(&self.store.id, order).iter().any(|e| e.approved);
        let net = sold.iter().map(|e| e.amount).sum::<i64>() - back;
        let amount = total.unwrap_or(net);
        let points_sold: i64 = sold.iter().map(|e| e.points).sum();
        let left = Left {
            net,
            sold: net + back,
            points_sold,
            points: points_sold - credits.iter().map(|e| e.points).sum::<i64>(),
        };
        let mut line = Line::about(self.store, order, Kind::Credit, at_ms, sold.first(), amount);
        line.points = points(amount, left);
        let open = !self.clerk.rules().refund_same_day && sold.iter().any(|e| !book.is_settled(e));
        let other = currency.is_some_and(|c| sold.first().is_some_and(|s| s.currency != c));
        let why = match () {
            () if !known => Why::OrderUnknown,
            () if net <= 0 => Why::NothingLeft,
            () if open => Why::NotSettled,
            () if other => Why::OtherCurrency,
            () if amount <= 0 => Why::NoAmount,
            () if amount > net => Why::MoreThanLeft,
            () => return line.approve(&mut book, self.clerk),
        };
        line.refuse(&mut book, self.clerk, why)
    }
}

/// Closes the store's batch; `None` closes every store's. Returns how many.
pub fn day_end(bank: &Bank, only: Option<&str>) -> usize {
    let at_ms = bank.clock().now_ms();
    let mut book = bank.lock_book();
    let stores: Vec<&Store> = bank.stores().iter().filter(|s| only.is_none_or(|o| o == s.id)).collect();
    for store in &stores {
        Line::about(store, "", Kind::DayEnd, at_ms, None, 0).approve(&mut book, &Calendar);
    }
    stores.len()
}

/// Closes batches: that is nobody's request, so it has no numbers and cannot be refused.
struct Calendar;

impl super::Clerk for Calendar {
    fn numbers(&self, _: &Book, _: i64, _: Kind) -> super::Numbers {
        super::Numbers::default()
    }

    fn refused(&self, _: Why) -> (String, Option<String>) {
        (String::new(), None)
    }
}

//! The rules of the desk, whatever the family.

use crate::bank::{Bank, Options};
use crate::book::{Book, Entry, Kind};
use crate::issuer::IssuedCard;
use crate::store::Store;

use super::{Charge, Clerk, Desk, Numbers, Rules, State, Why, day_end};

struct Plain(Rules);

impl Clerk for Plain {
    fn numbers(&self, book: &Book, _: i64, _: Kind) -> Numbers {
        let n = (book.entries().len() + 1).to_string();
        Numbers { trans_id: format!("t{n}"), host_ref: format!("h{n}"), auth_code: format!("a{n}") }
    }

    fn refused(&self, why: Why) -> (String, Option<String>) {
        (format!("{why:?}"), None)
    }

    fn rules(&self) -> Rules {
        self.0
    }
}

const STRICT: Plain = Plain(Rules { again_after_decline: false, refund_same_day: false });

fn bank() -> Bank {
    let stores = vec![Store::new("test", "s1", "One", ()), Store::new("test", "s2", "Two", ())];
    Bank::new(Options { stores, ..Options::default() }).expect("a bank")
}

fn charge(desk: &Desk<'_>, kind: Kind, order: &str, amount: i64) -> Result<Entry, Why> {
    let card = IssuedCard::look_up("4355084355084358", (12, 30), Some("000"));
    let done = desk.charge(Charge {
        kind,
        order,
        amount,
        currency: "949",
        installments: 1,
        card: &card,
        channel: "api",
        secure: None,
    });
    done.why().map_or_else(|| Ok(done.entry.clone()), Err)
}

#[test]
fn an_order_number_is_good_once_per_store() {
    let bank = bank();
    let (one, two) = (&bank.stores()[0], &bank.stores()[1]);
    let plain = Plain(Rules::default());
    let desk = Desk::at(&bank, one, &plain);
    assert!(!charge(&desk, Kind::Auth, "o", 1_051).expect("asked").approved, "a magic amount");
    assert!(charge(&desk, Kind::Auth, "o", 1_000).expect("asked again").approved);
    assert_eq!(charge(&desk, Kind::Auth, "o", 1_000).err(), Some(Why::OrderUsed));
    assert!(charge(&Desk::at(&bank, two, &plain), Kind::Auth, "o", 1_000).expect("another store").approved);
    let strict = Desk::at(&bank, one, &STRICT);
    assert!(!charge(&strict, Kind::Auth, "p", 1_051).expect("asked").approved);
    assert_eq!(charge(&strict, Kind::Auth, "p", 1_000).err(), Some(Why::OrderUsed));
}

#[test]
fn void_until_day_end_and_refund_after_it() {
    let bank = bank();
    let plain = Plain(Rules::default());
    let desk = Desk::at(&bank, &bank.stores()[0], &plain);
    charge(&desk, Kind::Auth, "o", 1_000).expect("sold");
    assert_eq!(desk.refund("o", None, None).why(), Some(Why::NotSettled));
    assert_eq!(day_end(&bank, Some("s2")), 1);
    assert_eq!(desk.standing("o").map(|s| s.state), Some(State::Open));
    assert_eq!(day_end(&bank, None), 2);
    assert_eq!(desk.standing("o").map(|s| s.state), Some(State::Settled));
    assert_eq!(desk.void("o", |_| true).why(), Some(Why::NothingToVoid));
    assert_eq!(desk.refund("o", Some(600), Some("840")).why(), Some(Why::OtherCurrency));
    assert!(desk.refund("o", Some(600), Some("949")).approved());
    assert_eq!(desk.refund("o", Some(401), None).why(), Some(Why::MoreThanLeft));
    assert!(desk.refund("o", None, None).approved());
    assert_eq!(desk.refund("o", None, None).why(), Some(Why::NothingLeft));
    assert_eq!(desk.refund("x", None, None).why(), Some(Why::OrderUnknown));
    assert_eq!(desk.order("o").map(|o| (o.state, o.net)), Some(("refunded", 0)));
    assert_eq!(desk.between(0, i64::MAX).len(), 9, "refusals are written down too");
}

#[test]
fn some_banks_refund_on_the_same_day() {
    let bank = bank();
    let same_day = Plain(Rules { refund_same_day: true, ..Rules::default() });
    let desk = Desk::at(&bank, &bank.stores()[0], &same_day);
    charge(&desk, Kind::Auth, "o", 1_000).expect("sold");
    assert!(desk.refund("o", Some(1), None).approved());
}

#[test]
fn a_hold_is_captured_once_and_within_the_limit() {
    let bank = bank();
    let plain = Plain(Rules::default());
    let desk = Desk::at(&bank, &bank.stores()[0], &plain);
    let held = charge(&desk, Kind::PreAuth, "o", 1_000).expect("held");
    assert_eq!(desk.capture("o", Some(1_001), |h| h.amount).why(), Some(Why::MoreThanHeld));
    assert_eq!(desk.capture("x", None, |h| h.amount).why(), Some(Why::NothingHeld));
    assert!(desk.capture("o", Some(1_150), |h| h.amount * 115 / 100).approved());
    assert_eq!(desk.capture("o", None, |h| h.amount).why(), Some(Why::NothingToCapture));
    assert!(desk.void("o", |e| e.kind == Kind::PostAuth).approved());
    assert!(desk.void("o", |e| e.trans_id == held.trans_id).approved());
    assert_eq!(desk.order("o").map(|o| (o.state, o.approvals)), Some(("voided", 1)));
    assert_eq!(desk.find(|e| e.host_ref == held.host_ref).map(|e| e.seq), Some(held.seq));
}

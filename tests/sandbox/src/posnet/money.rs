//! What the bank does with money, whichever dialect asks.

use crate::bank::Bank;
use crate::book::{Entry, Kind};
use crate::card::luhn_ok;
use crate::desk::{Charge, Desk, Standing, State, Verdict, Why};
use crate::issuer::IssuedCard;
use crate::store::Store;

use super::code::{self, Posnet};

pub use super::code::{Refused, no, packet};

/// What the bank says to a money operation.
#[derive(Clone, Debug)]
pub enum Told {
    /// Yes.
    Yes(Entry),
    /// It was done before: the first answer again.
    Before(Entry),
    /// No.
    No(Refused),
}

impl Told {
    /// The entry of a yes.
    pub fn entry(&self) -> Option<&Entry> {
        match self {
            Self::Yes(entry) | Self::Before(entry) => Some(entry),
            Self::No(_) => None,
        }
    }
}

/// What a void undoes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undo {
    /// A sale.
    Sale,
    /// A reservation.
    Hold,
    /// A capture.
    Capture,
    /// A refund.
    Refund,
}

impl Undo {
    fn kind(self) -> Kind {
        match self {
            Self::Sale => Kind::Auth,
            Self::Hold => Kind::PreAuth,
            Self::Capture => Kind::PostAuth,
            Self::Refund => Kind::Credit,
        }
    }
}

/// Characters of an order number in a charge.
pub const ORDER_CHARS: usize = 20;
/// The most one transaction may be: 99,999.99.
pub const AMOUNT_MAX: i64 = 9_999_999;

/// The desk for a store of this family.
pub fn desk<'a>(bank: &'a Bank, store: &'a Store) -> Desk<'a> {
    Desk::at(bank, store, &Posnet)
}

/// Letters, digits and what is let between them.
pub fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// Minor units of a sale: one to twelve digits.
pub fn amount(text: &str) -> Result<i64, Refused> {
    let digits = !text.is_empty() && text.len() <= 12 && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse::<i64>() {
        Ok(0) => Err(no("0204")),
        Ok(minor) if digits && minor <= AMOUNT_MAX => Ok(minor),
        _ => Err(no("0205")),
    }
}

/// ISO 4217 numeric of the bank's letters.
pub fn currency(letters: &str) -> Result<&'static str, Refused> {
    Ok(match letters {
        "TL" | "YT" => "949",
        "US" => "840",
        "EU" => "978",
        "GB" => "826",
        _ => return Err(no("0207")),
    })
}

/// The bank's letters of an ISO 4217 numeric.
pub fn letters(numeric: &str) -> &'static str {
    match numeric {
        "840" => "US",
        "978" => "EU",
        "826" => "GB",
        _ => "TL",
    }
}

/// Nought for a single payment, else two to nine, in liras only.
pub fn installments(count: u8, currency: &str) -> Result<u8, Refused> {
    match count {
        0 => Ok(1),
        2..=9 if currency == "949" => Ok(count),
        _ => Err(no("0012")),
    }
}

/// A card in clear. `expires` is `YYMM`.
pub fn card(pan: &str, expires: &str, code: Option<&str>) -> Result<IssuedCard, Refused> {
    if pan.len() < 13 || pan.len() > 19 || !luhn_ok(pan) {
        return Err(no("0014"));
    }
    let digits = expires.len() == 4 && expires.bytes().all(|b| b.is_ascii_digit());
    let (year, month) = expires.split_at(if digits { 2 } else { 0 });
    match (month.parse::<u8>(), year.parse::<u8>()) {
        (Ok(month @ 1..=12), Ok(year)) if digits => Ok(IssuedCard::look_up(pan, (month, year), code)),
        _ => Err(packet("EXPDATE")),
    }
}

/// Sale or reservation, once per order number: a second one gets the first one's answer, whatever its amount. `points`
/// of it are paid by points of the card.
pub fn charge(bank: &Bank, store: &Store, sub_dealer: &str, c: Charge<'_>, points: i64) -> Told {
    let order = c.order.to_owned();
    let done = desk(bank, store).for_sub_dealer(sub_dealer).charge_with_points(c, points);
    match &done.verdict {
        Verdict::Approved => Told::Yes(done.entry),
        Verdict::Declined(refusal) => Told::No(code::of_issuer(refusal)),
        Verdict::Refused(Why::OrderUsed) => {
            let first = live(bank, store, &order).into_iter().find(|s| is_charge(s.entry.kind));
            first.map_or_else(|| Told::No(no("0127")), |s| Told::Before(s.entry))
        }
        Verdict::Refused(why) => Told::No(code::of_desk(*why)),
    }
}

fn is_charge(kind: Kind) -> bool {
    matches!(kind, Kind::Auth | Kind::PreAuth)
}

/// What happened and was not undone, oldest first.
fn live(bank: &Bank, store: &Store, order: &str) -> Vec<Standing> {
    let history = desk(bank, store).history(order);
    history.into_iter().filter(|s| s.entry.approved && s.state != State::Voided).collect()
}

/// Takes a reservation, no more than was held and in no more instalments.
pub fn capture(bank: &Bank, store: &Store, order: &str, amount: i64, currency: &str, count: u8) -> Told {
    let held = live(bank, store, order).into_iter().find(|s| s.entry.kind == Kind::PreAuth);
    match &held {
        Some(held) if held.entry.currency != currency => return Told::No(no("0207")),
        Some(held) if count > held.entry.installments => return Told::No(no("0206")),
        _ => {}
    }
    let done = desk(bank, store).capture(order, Some(amount), |held| held.amount);
    match done.why() {
        None => Told::Yes(done.entry),
        Some(why) => Told::No(code::of_desk(why)),
    }
}

/// Undoes one transaction of the open batch: the one with this key, or the newest of its kind.
pub fn void(bank: &Bank, store: &Store, order: &str, undo: Undo, key: Option<&str>) -> Told {
    let history = desk(bank, store).history(order);
    let meant = |s: &&Standing| {
        s.entry.approved && s.entry.kind == undo.kind() && key.is_none_or(|key| s.entry.trans_id == key)
    };
    let Some(target) = history.iter().rev().find(meant) else {
        return Told::No(no(if undo == Undo::Capture && !history.is_empty() { "0223" } else { "0123" }));
    };
    let lives =
        |kind: Kind| history.iter().any(|s| s.entry.approved && s.entry.kind == kind && s.state != State::Voided);
    let why = match undo {
        _ if target.state == State::Voided => Some("0220"),
        Undo::Sale | Undo::Capture if lives(Kind::Credit) => Some("0218"),
        Undo::Hold if lives(Kind::PostAuth) => Some("0788"),
        Undo::Capture if target.settled => Some("0229"),
        Undo::Sale | Undo::Refund if target.settled => Some("0211"),
        _ => None,
    };
    if let Some(code) = why {
        return Told::No(no(code));
    }
    let seq = target.entry.seq;
    let done = desk(bank, store).void(order, |entry| entry.seq == seq);
    match done.why() {
        None => Told::Yes(done.entry),
        Some(why) => Told::No(code::of_desk(why)),
    }
}

/// Gives back, on the same day as well: an amount, or all that is left. What points paid comes back only where the
/// refund is `shared` in proportion; else there is no more to give than what the card paid.
pub fn refund(
    bank: &Bank,
    store: &Store,
    order: &str,
    amount: Option<i64>,
    currency: Option<&str>,
    shared: bool,
) -> Told {
    let desk = desk(bank, store);
    let done = if shared {
        desk.refund_in_proportion(order, amount, currency)
    } else {
        let of = |kind: &[Kind]| -> i64 {
            let live = live(bank, store, order).into_iter().filter(|s| kind.contains(&s.entry.kind));
            live.map(|s| s.entry.amount - s.entry.points).sum()
        };
        let money = of(&[Kind::Auth, Kind::PostAuth]) - of(&[Kind::Credit]);
        if amount.is_some_and(|amount| amount > money) && has_points(bank, store, order) {
            return Told::No(no("0205"));
        }
        desk.refund(order, amount, currency)
    };
    match done.why() {
        None => Told::Yes(done.entry),
        Some(why) => Told::No(code::of_desk(why)),
    }
}

fn has_points(bank: &Bank, store: &Store, order: &str) -> bool {
    live(bank, store, order).iter().any(|s| s.entry.points > 0)
}

/// The order behind the bank's own key.
pub fn order_of_key(bank: &Bank, store: &Store, key: &str) -> Result<String, Refused> {
    let found = desk(bank, store).find(|e| e.approved && e.trans_id == key);
    found.map(|e| e.order).ok_or_else(|| no("0123"))
}

/// The order behind its address of 24 characters: one of the 3-D page has a prefix, another one zeros.
pub fn order_of_address(bank: &Bank, store: &Store, address: &str) -> Option<String> {
    let (order, three_d) = match address.strip_prefix("TDS_") {
        Some(order) => (order, true),
        None => (address.strip_prefix("0000")?, false),
    };
    let history = desk(bank, store).history(order);
    let same_channel = |s: &&Standing| (s.entry.channel == "3d") == three_d && is_charge(s.entry.kind);
    history.iter().find(same_channel).map(|_| order.to_owned())
}

/// The address of an order.
pub fn address(entry: &Entry, three_d: bool) -> String {
    format!("{}{}", if three_d { "TDS_" } else { "0000" }, entry.order)
}

/// `1.250,00`: inquiries write amounts as Turks do.
pub fn turkish(minor: i64) -> String {
    crate::visit::shown_amount(minor, "").trim_end().to_owned()
}

/// One line of an inquiry.
pub struct Listed {
    /// The transaction.
    pub entry: Entry,
    /// What it did: `Sale`, `Authorization`, `Capture`, `Return`, or what a void undid with `_Reverse` behind it.
    pub state: String,
    /// Does it count?
    pub effective: bool,
    /// Went through the 3-D page.
    pub three_d: bool,
    /// Minor units.
    pub amount: i64,
}

/// Everything the bank shows of an order. While a timed-out charge is being reversed it does not know itself.
pub fn listed(bank: &Bank, store: &Store, order: &str) -> Result<Vec<Listed>, Refused> {
    let history = desk(bank, store).history(order);
    let shown: Vec<&Standing> = history.iter().filter(|s| code::reached_issuer(&s.entry)).collect();
    if shown.iter().any(|s| s.state == State::Reversing) {
        return Err(no("E998"));
    }
    if shown.is_empty() {
        return Err(no("E219"));
    }
    let three_d = shown.iter().any(|s| s.entry.channel == "3d");
    let name = |kind: Kind| match kind {
        Kind::Auth => "Sale",
        Kind::PreAuth => "Authorization",
        Kind::PostAuth => "Capture",
        _ => "Return",
    };
    let lines = |s: &&Standing| {
        let undone = s.entry.undoes.and_then(|seq| history.iter().find(|other| other.entry.seq == seq));
        let effective = s.entry.approved && s.state != State::Voided;
        let line = |state: String, amount| Listed { entry: s.entry.clone(), state, effective, three_d, amount };
        let of = undone.map_or(&s.entry, |undone| &undone.entry);
        let bonus = match (undone.is_some(), of.kind) {
            (true, _) => "Bonus_Reverse",
            (false, Kind::Credit) => "Bonus_Return",
            (false, _) => "Bonus_Usage",
        };
        let state = if undone.is_some() { format!("{}_Reverse", name(of.kind)) } else { name(of.kind).to_owned() };
        // What points paid or got back stands in a line of its own, and so does the rest.
        let money = (of.amount > of.points).then(|| line(state, s.entry.amount - of.points));
        let points = (of.points > 0).then(|| line(bonus.to_owned(), of.points));
        money.into_iter().chain(points).collect::<Vec<_>>()
    };
    Ok(shown.iter().flat_map(lines).collect())
}

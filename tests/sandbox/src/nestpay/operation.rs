//! What the bank does with money, and when it refuses to.

use crate::bank::Bank;
use crate::book::{Book, Entry, Kind, Secure};
use crate::card::CardFace;
use crate::clock::local;
use crate::issuer::IssuedCard;
use crate::store::Store;

use super::answer::{Numbers, booked, numbers, refused};
use super::xml::Answer;

/// A sale or a pre-authorization.
pub struct Charge<'a> {
    /// Who asks.
    pub store: &'a Store,
    /// Sale or pre-authorization.
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
    /// `api` or the 3-D model.
    pub channel: &'a str,
    /// Proof of authentication.
    pub secure: Option<Secure>,
}

/// One request about an order, with what is needed to write it down.
struct Line<'a> {
    store: &'a Store,
    order: &'a str,
    kind: Kind,
    amount: i64,
    currency: String,
    installments: u8,
    card: Option<CardFace>,
    channel: &'a str,
    secure: Option<Secure>,
    undoes: Option<u64>,
    at_ms: i64,
}

impl Line<'_> {
    fn entry(self, numbers: Numbers, approved: bool, code: &str, error_code: Option<String>) -> Entry {
        Entry {
            seq: 0,
            at_ms: self.at_ms,
            store: self.store.client_id.clone(),
            order: self.order.to_owned(),
            kind: self.kind,
            amount: self.amount,
            currency: self.currency,
            installments: self.installments,
            approved,
            code: code.to_owned(),
            error_code,
            auth_code: if approved { numbers.auth_code } else { String::new() },
            host_ref: numbers.host_ref,
            trans_id: numbers.trans_id,
            card: self.card,
            channel: self.channel.to_owned(),
            secure: self.secure,
            undoes: self.undoes,
        }
    }

    /// The host did it.
    fn approve(self, book: &mut Book, letter: char) -> Answer {
        let (store, batch) = (self.store, book.batch(&self.store.client_id));
        let n = numbers(book, self.at_ms, letter);
        let entry = book.append(self.entry(n, true, "00", None));
        booked(&entry, store, batch, "")
    }

    /// The issuer refused.
    fn decline(self, book: &mut Book, code: &str, text: &str) -> Answer {
        let (store, batch) = (self.store, book.batch(&self.store.client_id));
        let n = numbers(book, self.at_ms, 'P');
        let entry = book.append(self.entry(n, false, code, Some(format!("ISO8583-{code}"))));
        booked(&entry, store, batch, text)
    }

    /// The gateway refused; kept in the book too.
    fn refuse(self, book: &mut Book, error_code: &str, text: &str) -> Answer {
        let (order, at_ms) = (self.order, self.at_ms);
        let n = numbers(book, at_ms, 'P');
        let trans_id = n.trans_id.clone();
        book.append(self.entry(n, false, "99", Some(error_code.to_owned())));
        refused(order, &trans_id, at_ms, error_code, text)
    }
}

/// Sale or pre-authorization.
pub fn charge(bank: &Bank, c: Charge<'_>) -> Answer {
    let at_ms = bank.clock().now_ms();
    let mut book = bank.lock_book();
    let line = Line {
        store: c.store,
        order: c.order,
        kind: c.kind,
        amount: c.amount,
        currency: c.currency.to_owned(),
        installments: c.installments,
        card: Some(c.card.face.clone()),
        channel: c.channel,
        secure: c.secure,
        undoes: None,
        at_ms,
    };
    if book.of_order(&c.store.client_id, c.order).iter().any(|e| e.approved) {
        return line.refuse(&mut book, "CORE-2507", "Bu siparis numarasi ile zaten basarili bir siparis var.");
    }
    let today = local(at_ms);
    let month_year = (u8::try_from(today.month()).unwrap_or(1), u8::try_from(today.year() % 100).unwrap_or(0));
    match c.card.authorize(c.amount, month_year, c.store.magic_amounts) {
        Ok(()) => line.approve(&mut book, if c.kind == Kind::PreAuth { 'T' } else { 'P' }),
        Err(r) => line.decline(&mut book, r.code, r.text),
    }
}

/// Live approved entries of the order of these kinds, newest first.
fn live(book: &Book, store: &Store, order: &str, kinds: &[Kind]) -> Vec<Entry> {
    let mut found: Vec<Entry> = book
        .of_order(&store.client_id, order)
        .into_iter()
        .filter(|e| e.approved && kinds.contains(&e.kind) && !book.is_undone(e))
        .cloned()
        .collect();
    found.reverse();
    found
}

fn line_about<'a>(
    store: &'a Store,
    order: &'a str,
    kind: Kind,
    at_ms: i64,
    origin: Option<&Entry>,
    amount: i64,
) -> Line<'a> {
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
        at_ms,
    }
}

/// Capture of a pre-authorization.
pub fn post_auth(bank: &Bank, store: &Store, order: &str, total: Option<i64>, pre_amount: Option<i64>) -> Answer {
    let at_ms = bank.clock().now_ms();
    let mut book = bank.lock_book();
    let held = live(&book, store, order, &[Kind::PreAuth]).into_iter().next();
    let taken = !live(&book, store, order, &[Kind::PostAuth]).is_empty();
    let amount = total.or(held.as_ref().map(|h| h.amount)).unwrap_or(0);
    let line = line_about(store, order, Kind::PostAuth, at_ms, held.as_ref(), amount);
    let Some(held) = held else {
        return line.refuse(&mut book, "CORE-2509", "Uygun onprovizyon bulunamadi.");
    };
    if taken || amount == 0 {
        return line.refuse(&mut book, "CORE-2506", "Net tutar 0 iken provizyon kapatilamaz.");
    }
    // More than was held: only with the original amount repeated, and by no more than 15 %.
    if amount > held.amount && (pre_amount != Some(held.amount) || amount > held.amount + held.amount * 15 / 100) {
        return line.refuse(&mut book, "CORE-2505", "Onprovizyon tutarindan fazlasi kapatilamaz.");
    }
    line.approve(&mut book, 'P')
}

/// Undoes the order's last operation of the open batch.
pub fn void(bank: &Bank, store: &Store, order: &str, trans_id: &str) -> Answer {
    let at_ms = bank.clock().now_ms();
    let mut book = bank.lock_book();
    let candidates = live(&book, store, order, &[Kind::Auth, Kind::PreAuth, Kind::PostAuth, Kind::Credit]);
    // A pre-authorization is in no batch, but one that was captured is undone through its capture.
    let captured = candidates.iter().any(|e| e.kind == Kind::PostAuth);
    let target = candidates
        .into_iter()
        .filter(|e| trans_id.is_empty() || e.trans_id == trans_id)
        .find(|e| if e.kind == Kind::PreAuth { !captured } else { !book.is_settled(e) });
    let mut line =
        line_about(store, order, Kind::Void, at_ms, target.as_ref(), target.as_ref().map_or(0, |t| t.amount));
    let Some(target) = target else {
        return line.refuse(&mut book, "CORE-2008", "İptal edilmeye uygun satış işlemi bulunamadı.");
    };
    line.undoes = Some(target.seq);
    line.approve(&mut book, 'P')
}

/// Gives money back after the day has ended.
pub fn credit(bank: &Bank, store: &Store, order: &str, total: Option<i64>, currency: &str) -> Answer {
    let at_ms = bank.clock().now_ms();
    let mut book = bank.lock_book();
    let sold = live(&book, store, order, &[Kind::Auth, Kind::PostAuth]);
    let back: i64 = live(&book, store, order, &[Kind::Credit]).iter().map(|e| e.amount).sum();
    let known = book.of_order(&store.client_id, order).iter().any(|e| e.approved);
    let net = sold.iter().map(|e| e.amount).sum::<i64>() - back;
    let amount = total.unwrap_or(net);
    let line = line_about(store, order, Kind::Credit, at_ms, sold.first(), amount);
    if !known {
        return line.refuse(&mut book, "CORE-2123", "Iade edilecek siparis bulunamadi.");
    }
    if net <= 0 {
        return line.refuse(&mut book, "CORE-2504", "Net Tutar 0.");
    }
    if sold.iter().any(|e| !book.is_settled(e)) {
        return line.refuse(&mut book, "CORE-2508", "Iade yapilamaz, siparis gunsonuna girmemis.");
    }
    if !currency.is_empty() && sold.first().is_some_and(|s| s.currency != currency) {
        return line.refuse(&mut book, "CORE-2119", "Para birimi orijinal islemle uyusmuyor.");
    }
    if amount <= 0 {
        return line.refuse(&mut book, "CORE-2009", "Tutar sifir olamaz.");
    }
    if amount > net {
        return line.refuse(&mut book, "CORE-2503", "Net miktardan fazlasi iade edilemez.");
    }
    line.approve(&mut book, 'P')
}

/// Closes the store's batch; `None` closes every store's.
pub fn day_end(bank: &Bank, only: Option<&str>) -> usize {
    let at_ms = bank.clock().now_ms();
    let mut book = bank.lock_book();
    let stores: Vec<&Store> = bank.stores().iter().filter(|s| only.is_none_or(|o| o == s.client_id)).collect();
    for store in &stores {
        let n = numbers(&book, at_ms, 'G');
        let line = line_about(store, "", Kind::DayEnd, at_ms, None, 0);
        book.append(line.entry(n, true, "00", None));
    }
    stores.len()
}

//! The bank's own book: append-only, and the judge of every test.
//!
//! What an order is worth is never stored; it is folded from the entries.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::card::CardFace;

/// What was asked of the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Sale.
    Auth,
    /// Pre-authorization.
    PreAuth,
    /// Capture of a pre-authorization.
    PostAuth,
    /// Cancel before day end.
    Void,
    /// Refund after day end.
    Credit,
    /// The store's batch was closed.
    DayEnd,
}

/// One line of the book.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Position in the book, from 1.
    pub seq: u64,
    /// When, epoch milliseconds of the bank's clock.
    pub at_ms: i64,
    /// The store's name in the book.
    pub store: String,
    /// The merchant's order number.
    pub order: String,
    /// What was asked.
    pub kind: Kind,
    /// Minor units.
    pub amount: i64,
    /// ISO 4217 numeric.
    pub currency: String,
    /// Number of instalments, 1 for none.
    pub installments: u8,
    /// Did it happen?
    pub approved: bool,
    /// The gateway's code, in the family's own spelling.
    pub code: String,
    /// The gateway's second, finer code, where the family has one.
    pub error_code: Option<String>,
    /// The issuer's two digits, where it declined.
    #[serde(default)]
    pub issuer_code: Option<String>,
    /// The issuer's authorization code.
    pub auth_code: String,
    /// The host's reference.
    pub host_ref: String,
    /// The gateway's transaction id.
    pub trans_id: String,
    /// The card, masked.
    pub card: Option<CardFace>,
    /// `api`, `moto` where the request bore the bank's own mark for mail order, or the 3-D model in the family's words.
    pub channel: String,
    /// mdStatus and eci where the payer was authenticated.
    pub secure: Option<Secure>,
    /// The entry that a void undoes.
    pub undoes: Option<u64>,
    /// For which sub-dealer the store sold, by the bank's number or its identity; empty for itself.
    #[serde(default)]
    pub sub_dealer: String,
    /// Of the amount, what points of the card paid or got back.
    #[serde(default)]
    pub points: i64,
}

impl Entry {
    /// Did the issuer fall silent (92), so that the bank reverses?
    pub fn issuer_timed_out(&self) -> bool {
        self.issuer_code.as_deref() == Some("92")
    }
}

/// How the payer was authenticated.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Secure {
    /// mdStatus.
    pub md_status: String,
    /// Electronic commerce indicator.
    pub eci: String,
    /// 3-D transaction id.
    pub xid: String,
    /// Proof of authentication.
    pub cavv: String,
}

/// An order as the bank sees it now.
#[derive(Clone, Debug, Serialize)]
pub struct OrderView {
    /// The store's name in the book.
    pub store: String,
    /// Order number.
    pub order: String,
    /// ISO 4217 numeric.
    pub currency: String,
    /// `sold`, `held`, `captured`, `voided`, `refunded`, `partly_refunded`, `declined`.
    pub state: &'static str,
    /// Live pre-authorization not yet captured.
    pub held: i64,
    /// Live sales and captures.
    pub captured: i64,
    /// Live refunds.
    pub refunded: i64,
    /// `captured - refunded`: what the merchant keeps.
    pub net: i64,
    /// Sales and pre-authorizations approved, voided ones too: more than one is a double charge.
    pub approvals: usize,
    /// Everything that was asked about the order.
    pub entries: Vec<Entry>,
}

/// See the module's text.
#[derive(Default)]
pub struct Book {
    entries: Vec<Entry>,
    by_order: HashMap<(String, String), Vec<usize>>,
    file: Option<File>,
}

impl Book {
    /// A book kept in a file of JSON lines, read back when the bank starts again.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let mut book = Self::default();
        if path.exists() {
            for line in BufReader::new(File::open(path)?).lines() {
                let line = line?;
                if !line.trim().is_empty() {
                    book.index(
                        serde_json::from_str(&line)
                            .with_context(|| format!("{}: not a line of the book", path.display()))?,
                    );
                }
            }
        }
        book.file = Some(OpenOptions::new().create(true).append(true).open(path)?);
        Ok(book)
    }

    /// Writes one entry; its `seq` is given here.
    pub fn append(&mut self, mut entry: Entry) -> Entry {
        entry.seq = self.entries.len() as u64 + 1;
        if let Some(file) = &mut self.file {
            let line = serde_json::to_string(&entry).unwrap_or_default();
            if let Err(e) = writeln!(file, "{line}") {
                tracing::error!(error = %e, "the book's file cannot be written");
            }
        }
        self.index(entry.clone());
        entry
    }

    fn index(&mut self, entry: Entry) {
        self.by_order.entry((entry.store.clone(), entry.order.clone())).or_default().push(self.entries.len());
        self.entries.push(entry);
    }

    /// Forgets everything, the file too.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.by_order.clear();
        if let Some(file) = &self.file
            && let Err(e) = file.set_len(0)
        {
            tracing::error!(error = %e, "the book's file cannot be emptied");
        }
    }

    /// All entries, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Entries of one order, oldest first.
    pub fn of_order(&self, store: &str, order: &str) -> Vec<&Entry> {
        self.by_order
            .get(&(store.to_owned(), order.to_owned()))
            .into_iter()
            .flatten()
            .map(|i| &self.entries[*i])
            .collect()
    }

    /// Every order in the book.
    pub fn orders(&self) -> Vec<OrderView> {
        let mut keys: Vec<_> = self.by_order.iter().filter(|(k, _)| !k.1.is_empty()).collect();
        keys.sort_by_key(|(_, at)| at[0]);
        keys.into_iter().filter_map(|((s, o), _)| self.order(s, o)).collect()
    }

    /// The view of one order, if the bank has ever heard of it.
    pub fn order(&self, store: &str, order: &str) -> Option<OrderView> {
        let entries = self.of_order(store, order);
        let first = *entries.first()?;
        let live = |k: Kind| {
            entries
                .iter()
                .filter(move |e| e.kind == k && e.approved && !self.is_undone(e))
                .map(|e| e.amount)
                .sum::<i64>()
        };
        let captured = live(Kind::Auth) + live(Kind::PostAuth);
        let refunded = live(Kind::Credit);
        let held = if live(Kind::PostAuth) > 0 { 0 } else { live(Kind::PreAuth) };
        let approvals = entries.iter().filter(|e| e.approved && matches!(e.kind, Kind::Auth | Kind::PreAuth)).count();
        let state = match (approvals, captured, refunded, held) {
            (0, ..) => "declined",
            (_, 0, _, 0) => "voided",
            (_, 0, ..) => "held",
            (_, c, r, _) if r >= c => "refunded",
            (_, _, 1.., _) => "partly_refunded",
            _ if live(Kind::PostAuth) > 0 => "captured",
            _ => "sold",
        };
        Some(OrderView {
            store: store.to_owned(),
            order: order.to_owned(),
            currency: first.currency.clone(),
            state,
            held,
            captured,
            refunded,
            net: captured - refunded,
            approvals,
            entries: entries.into_iter().cloned().collect(),
        })
    }

    /// Was this entry undone by a void?
    pub fn is_undone(&self, entry: &Entry) -> bool {
        self.undone_by(entry).is_some()
    }

    /// The void that undid this entry.
    pub fn undone_by(&self, entry: &Entry) -> Option<&Entry> {
        self.of_order(&entry.store, &entry.order)
            .into_iter()
            .find(|e| e.kind == Kind::Void && e.approved && e.undoes == Some(entry.seq))
    }

    /// Has the store's day ended since?
    pub fn is_settled(&self, entry: &Entry) -> bool {
        self.of_order(&entry.store, "").into_iter().any(|d| d.seq > entry.seq)
    }

    /// Number of the store's open batch.
    pub fn batch(&self, store: &str) -> usize {
        2_287 + self.of_order(store, "").len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn entry(kind: Kind, amount: i64, undoes: Option<u64>) -> Entry {
        Entry {
            seq: 0,
            at_ms: 0,
            store: "s".into(),
            order: if kind == Kind::DayEnd { String::new() } else { "o".into() },
            kind,
            amount,
            currency: "949".into(),
            installments: 1,
            approved: true,
            code: "00".into(),
            error_code: None,
            issuer_code: None,
            auth_code: String::new(),
            host_ref: String::new(),
            trans_id: String::new(),
            card: None,
            channel: "api".into(),
            secure: None,
            undoes,
            sub_dealer: String::new(),
            points: 0,
        }
    }

    #[test]
    fn an_order_is_folded_from_its_entries() {
        let mut book = Book::default();
        let sale = book.append(entry(Kind::Auth, 1_000, None));
        assert_eq!(book.order("s", "o").map(|o| (o.state, o.net)), Some(("sold", 1_000)));
        assert!(!book.is_settled(&sale));
        book.append(entry(Kind::DayEnd, 0, None));
        assert!(book.is_settled(&sale));
        let refund = book.append(entry(Kind::Credit, 400, None));
        assert_eq!(book.order("s", "o").map(|o| (o.state, o.net)), Some(("partly_refunded", 600)));
        book.append(entry(Kind::Void, 400, Some(refund.seq)));
        assert_eq!(book.order("s", "o").map(|o| (o.state, o.net)), Some(("sold", 1_000)));
    }

    #[test]
    fn a_capture_takes_the_held_amount() {
        let mut book = Book::default();
        book.append(entry(Kind::PreAuth, 1_000, None));
        assert_eq!(book.order("s", "o").map(|o| (o.state, o.held, o.net)), Some(("held", 1_000, 0)));
        book.append(entry(Kind::PostAuth, 700, None));
        assert_eq!(book.order("s", "o").map(|o| (o.state, o.held, o.net)), Some(("captured", 0, 700)));
    }

    #[test]
    fn the_file_brings_the_book_back() -> anyhow::Result<()> {
        let path = std::env::temp_dir().join(format!("vezne-book-{}.jsonl", std::process::id()));
        let mut book = Book::open(&path)?;
        book.append(entry(Kind::Auth, 1_000, None));
        drop(book);
        let again = Book::open(&path)?;
        std::fs::remove_file(&path)?;
        assert_eq!(again.entries().len(), 1);
        assert_eq!(again.order("s", "o").map(|o| o.net), Some(1_000));
        Ok(())
    }
}

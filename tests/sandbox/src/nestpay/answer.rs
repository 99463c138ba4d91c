//! The shapes of the bank's answers to money operations.

use crate::book::{Book, Entry};
use crate::clock::{host_date, local, trx_date};
use crate::desk::Numbers;
use crate::store::Store;

use super::xml::Answer;

/// Numbers for the next request, from its place in the book and the time: `22302V8rE11732`, `230200671758`, and
/// `P48911` for a sale, `T…` for a pre-authorization.
pub fn numbers(book: &Book, at_ms: i64, letter: char) -> Numbers {
    let n = book.entries().len() as u64 + 1;
    let at = local(at_ms);
    let hour = char::from(b'A' + u8::try_from(at.hour()).unwrap_or(0));
    let mut random = [0_u8; 4];
    // Ids need not be secret; without entropy they are still unique by `n`.
    let _ = getrandom::fill(&mut random);
    let mix: String = random[..3]
        .iter()
        .map(|b| char::from(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[usize::from(*b) % 62]))
        .collect();
    let day = at.day_of_year();
    Numbers {
        trans_id: format!("{:02}{day:03}{hour}{mix}{:05}", at.year() % 100, (10_000 + n) % 100_000),
        host_ref: format!("{}{day:03}00{:06}", at.year() % 10, (671_757 + n) % 1_000_000),
        auth_code: format!("{letter}{:05}", (u64::from(random[3]) * 331 + n * 7) % 100_000),
    }
}

/// The answer to a booked operation, approved or declined by the issuer.
pub fn booked(entry: &Entry, store: &Store, batch: usize, text: &str) -> Answer {
    let num = entry.code.clone();
    let mut extra = vec![
        ("SETTLEID".to_owned(), if entry.approved { batch.to_string() } else { String::new() }),
        ("TRXDATE".to_owned(), trx_date(entry.at_ms)),
        ("ERRORCODE".to_owned(), entry.error_code.clone().unwrap_or_default()),
    ];
    if entry.approved {
        extra.push(("TERMINALID".to_owned(), terminal_id(store)));
        extra.push(("MERCHANTID".to_owned(), merchant_id(store)));
    }
    if let Some(card) = &entry.card {
        extra.push(("CARDBRAND".to_owned(), card.brand.clone()));
        extra.push(("CARDISSUER".to_owned(), card.issuer.clone()));
    }
    if entry.approved {
        extra.push(("AVSAPPROVE".to_owned(), "Y".to_owned()));
        extra.push(("HOSTDATE".to_owned(), host_date(entry.at_ms)));
        extra.push(("AVSERRORCODEDETAIL".to_owned(), "avshatali-avshatali-avshatali-avshatali-".to_owned()));
    }
    extra.push(("NUMCODE".to_owned(), num));
    Answer {
        approved: entry.approved,
        fields: vec![
            ("OrderId", entry.order.clone()),
            ("GroupId", entry.order.clone()),
            ("Response", if entry.approved { "Approved" } else { "Declined" }.to_owned()),
            ("AuthCode", entry.auth_code.clone()),
            ("HostRefNum", entry.host_ref.clone()),
            ("ProcReturnCode", entry.code.clone()),
            ("TransId", entry.trans_id.clone()),
            ("ErrMsg", text.to_owned()),
        ],
        extra,
    }
}

/// The answer to a request the gateway itself refuses.
pub fn refused(order: &str, trans_id: &str, at_ms: i64, error_code: &str, text: &str) -> Answer {
    let digits: String = error_code.chars().filter(char::is_ascii_digit).collect();
    Answer {
        approved: false,
        fields: vec![
            ("OrderId", order.to_owned()),
            ("GroupId", order.to_owned()),
            ("Response", "Error".to_owned()),
            ("AuthCode", String::new()),
            ("HostRefNum", String::new()),
            ("ProcReturnCode", "99".to_owned()),
            ("TransId", trans_id.to_owned()),
            ("ErrMsg", text.to_owned()),
        ],
        extra: vec![
            ("SETTLEID".to_owned(), String::new()),
            ("TRXDATE".to_owned(), trx_date(at_ms)),
            ("ERRORCODE".to_owned(), error_code.to_owned()),
            ("NUMCODE".to_owned(), format!("99{digits}")),
        ],
    }
}

/// `00655020` for client id 700655000200: the host's terminal number.
pub fn terminal_id(store: &Store) -> String {
    format!("00{}020", merchant_id(store).get(..3).unwrap_or("000"))
}

/// `655000200` for client id 700655000200.
pub fn merchant_id(store: &Store) -> String {
    store.id[store.id.len().saturating_sub(9)..].to_owned()
}

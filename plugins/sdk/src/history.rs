//! The bank's own book: what a [`History`](crate::History) is made of.

use serde::Serialize;

use crate::{BankRef, Effect, Fault, HttpRequest, HttpResponse, Reply, Send, istanbul, state, step};

pub use crate::bindings::history::exports::vezne::pos::history::{Line, Look, Page};

/// What a transaction has come to (`line.standing`).
pub mod standing {
    /// Done, and it counts.
    pub const DONE: &str = "done";
    /// Done once, and undone since.
    pub const VOIDED: &str = "voided";
    /// Refused: nothing was booked.
    pub const FAILED: &str = "failed";
    /// Accepted, not decided yet; of a repeated order, a charge whose day has not come.
    pub const PENDING: &str = "pending";
    /// None of these clearly.
    pub const UNCLEAR: &str = "unclear";
}

/// Asks the bank. `order` is what is asked about, where it is an order.
pub fn ask<S: Serialize>(request: HttpRequest, order: Option<&str>, remember: &S) -> Result<Look, Fault> {
    let nothing = BankRef { bank_order_id: None, transaction_id: None, auth_code: None, extra: Vec::new() };
    let known = order.map_or(nothing, step::order_ref);
    Ok(Look::Send(Send { request, effect: Effect::ReadOnly, known, state: state::encode(remember)? }))
}

/// The whole list.
pub fn listed(lines: Vec<Line>) -> Result<Look, Fault> {
    Ok(Look::Listed(Page { lines, next: None }))
}

/// A page of a list; `next` is handed back for the rest.
pub fn paged(lines: Vec<Line>, next: Option<u32>) -> Result<Look, Fault> {
    Ok(Look::Listed(Page { lines, next: next.map(|page| page.to_string().into_bytes()) }))
}

/// Which page `next` asks for, from 1.
pub fn page(next: Option<&[u8]>) -> Result<u32, Fault> {
    let Some(next) = next else { return Ok(1) };
    let number = std::str::from_utf8(next).ok().and_then(|text| text.parse().ok()).filter(|page| *page > 1);
    number.ok_or_else(|| Fault::InvalidRequest("this is no place to go on from".into()))
}

/// The bank's answer. That it could not be reached is a fault: an empty list would say that it has nothing.
pub fn answer(reply: &Reply) -> Result<&HttpResponse, Fault> {
    match reply {
        Reply::Response(response) => Ok(response),
        Reply::Failed(failure) => {
            Err(Fault::UnreadableAnswer(format!("the bank could not be reached: {}", failure.detail)))
        }
        Reply::Callback(_) => Err(Fault::InvalidRequest("this reply was not waited for".into())),
    }
}

/// The bank did not answer the question.
pub fn unclear<T>(why: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::UnreadableAnswer(why.into()))
}

/// For a bank that lists days only.
pub fn no_orders() -> Result<Look, Fault> {
    Err(Fault::Unsupported("this bank lists days, and not the transactions of an order".into()))
}

/// For a bank that lists orders only.
pub fn no_days() -> Result<Look, Fault> {
    Err(Fault::Unsupported("this bank lists the transactions of an order, and not those of a day".into()))
}

/// A calendar day at the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day<'a> {
    /// `2026-11-22`
    pub text: &'a str,
    /// Its first instant, epoch milliseconds.
    pub from_ms: i64,
    /// Its last second, epoch milliseconds.
    pub last_ms: i64,
}

impl<'a> Day<'a> {
    /// Reads `2026-11-22`.
    pub fn of(text: &'a str) -> Result<Self, Fault> {
        let shape = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        let from_ms = istanbul::epoch_ms(&format!("{text} 00:00:00")).filter(|_| shape);
        let from_ms = from_ms.ok_or_else(|| Fault::InvalidRequest(format!("{text} is no day")))?;
        Ok(Self { text, from_ms, last_ms: from_ms + 86_399_000 })
    }

    /// `20261122`
    pub fn compact(&self) -> String {
        self.text.replace('-', "")
    }
}

/// A line that says no more than what it was, where the bank's word is clear, and what came of it.
pub fn line(operation: Option<&str>, standing: &str, bank: BankRef) -> Line {
    let bank = BankRef { bank_order_id: bank.bank_order_id.filter(|order| !order.is_empty()), ..bank };
    Line {
        operation: operation.map(str::to_owned),
        standing: standing.to_owned(),
        at_millis: None,
        minor: None,
        currency: None,
        order_id: bank.bank_order_id.clone(),
        bank,
        raw_code: None,
        attributes: Vec::new(),
    }
}

/// As a line says it: never before 1970.
pub fn instant(epoch_ms: Option<i64>) -> Option<u64> {
    epoch_ms.and_then(|at| u64::try_from(at).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_istanbuls() {
        let day = Day::of("2026-11-22").expect("a day");
        assert_eq!((day.from_ms, day.last_ms), (1_795_294_800_000, 1_795_381_199_000));
        assert_eq!(day.compact(), "20261122");
        for bad in ["2026-11-32", "22.11.2026", "20261122", "2026-11-22T", "", "2026-13-01", "abcd-ef-gh"] {
            assert!(Day::of(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn pages_are_counted_from_one() {
        assert_eq!((page(None).ok(), page(Some(b"2")).ok()), (Some(1), Some(2)));
        for bad in [&b""[..], b"1", b"0", b"-2", b"x", b"\xff"] {
            assert!(page(Some(bad)).is_err());
        }
        let Ok(Look::Listed(listed)) = paged(Vec::new(), Some(2)) else { panic!("a page") };
        assert_eq!(listed.next.as_deref(), Some(&b"2"[..]));
    }
}

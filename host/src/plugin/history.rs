//! The optional interface `history`: the bank's own book, in the host's own types, and as the contract writes it.
//!
//! Like `contract`, of which this is the other part, it is the only place that sees the generated types.

use super::act::BankRef;
use super::contract::{self, Asked, common};
use super::judge::currency_of;

/// One transaction as the bank lists it; none where the bank is silent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryLine {
    /// The contract's word for it; none where the bank's fits several or none of them.
    pub operation: Option<String>,
    /// `done`, `voided`, `failed`, `pending`, `unclear`.
    pub standing: String,
    /// When it happened, epoch milliseconds.
    pub at_ms: Option<i64>,
    /// Minor units, never negative.
    pub minor: Option<i64>,
    /// In letters where we know the currency, else as the bank wrote it.
    pub currency: Option<String>,
    /// Our order number, if the line names it.
    pub order_no: Option<String>,
    /// How the bank knows it.
    pub bank: BankRef,
    /// The bank's code.
    pub raw_code: Option<String>,
    /// Whatever else it says.
    pub attributes: Vec<(String, String)>,
}

/// As much of the bank's book as one answer holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryPage {
    /// The transactions, in the bank's order.
    pub lines: Vec<HistoryLine>,
    /// Where to go on; none after the last page.
    pub next: Option<Vec<u8>>,
}

impl HistoryPage {
    /// About how much the connector gave. For figures.
    pub fn bytes(&self) -> usize {
        let texts = |line: &HistoryLine| {
            let said = [&line.operation, &line.currency, &line.order_no, &line.raw_code];
            let said: usize = said.into_iter().flatten().map(String::len).sum();
            said + line.standing.len()
                + line.attributes.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
        };
        self.next.as_ref().map_or(0, Vec::len) + self.lines.iter().map(texts).sum::<usize>()
    }
}

/// Only for its types: its functions are looked up one by one, and one of its types has the name of a trait that a
/// generated call would need.
mod generated {
    wasmtime::component::bindgen!({
        path: ["../wit/host", "../wit/types", "../wit/pos"],
        world: "vezne:pos/opt-history",
        with: {
            "vezne:pos/common": crate::plugin::contract::generated::vezne::pos::common,
            "vezne:types/money": crate::plugin::contract::generated::vezne::types::money,
            "vezne:types/wire": crate::plugin::contract::generated::vezne::types::wire,
            "vezne:types/fault": crate::plugin::contract::generated::vezne::types::fault,
            "vezne:host/sealed": crate::plugin::contract::generated::vezne::host::sealed,
        },
        imports: { default: trappable },
    });
}

pub(super) use generated::exports::vezne::pos::history::{Line, Look, Page};

impl From<Look> for Asked {
    /// A page goes out with what it is, not yet with what it may be.
    fn from(look: Look) -> Self {
        match look {
            Look::Send(send) => common::Step::Send(send).into(),
            Look::Listed(Page { lines, next }) => {
                Self::Listed(HistoryPage { lines: lines.into_iter().map(line_out).collect(), next })
            }
        }
    }
}

fn line_out(line: Line) -> HistoryLine {
    let in_letters = |written: String| match currency_of(&written) {
        Some(currency) => currency.code().to_owned(),
        None => written,
    };
    HistoryLine {
        operation: line.operation,
        standing: line.standing,
        at_ms: line.at_millis.and_then(|at| i64::try_from(at).ok()),
        minor: line.minor,
        currency: line.currency.map(in_letters),
        order_no: line.order_id,
        bank: contract::bank_ref_out(line.bank),
        raw_code: line.raw_code,
        attributes: line.attributes,
    }
}

//! `merchantReconciliation`: the bank's totals of some days, for comparing books.

use posnet_orders::written;

use crate::answer::{Answer, Judgement};

/// One kind of transaction in the span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    /// The bank's number of the kind: 1 sale, 2 instalment sale, 3 refund, 5 capture, 6 sale void, …
    pub kind: String,
    /// Its name.
    pub name: String,
    /// How many.
    pub count: i64,
    /// How much, minor units.
    pub minor: i64,
}

/// Reads an answer. `None` unless the bank answered and every total can be read.
pub fn read(answer: &Answer) -> Option<Vec<Total>> {
    if answer.judge() != Judgement::Approved {
        return None;
    }
    let total = |element: &vezne_plugin::xml::Tree| {
        Some(Total {
            kind: element.filled("transactionType")?.to_owned(),
            name: element.get("transactionName").unwrap_or_default().to_owned(),
            count: written::minor(element.filled("totalNumber")?)?,
            minor: written::minor(element.filled("totalAmount")?)?,
        })
    };
    answer.all("merchantReconciliation").map(total).collect()
}

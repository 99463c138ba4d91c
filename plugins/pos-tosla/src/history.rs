//! `history`: every transaction of an order on a day, for reconciliation.

use vezne_plugin::json::Tree;
use vezne_plugin::{Fault, HttpRequest, amount};

use crate::answer::{self, Answer, DONE};
use crate::inquiry::Standing;
use crate::message::{self, Stamp};
use crate::settings::Settings;

/// One transaction.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    /// As Tosla wrote it.
    pub tree: &'a Tree,
    /// `1` sale, `2` reservation, `3` capture, `4` void, `5` refund.
    pub kind: &'a str,
    /// What it has come to.
    pub standing: Standing,
}

impl<'a> Row<'a> {
    /// A filled field.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        answer::field(self.tree, name)
    }

    /// Minor units.
    pub fn minor(&self) -> Option<i64> {
        self.get("Amount").and_then(amount::parse_minor)
    }
}

/// Asks for a page; the first is 1.
pub fn request(
    settings: &Settings,
    order_id: &str,
    date: &str,
    page: u16,
    page_size: u16,
) -> Result<HttpRequest, Fault> {
    message::request(message::HISTORY, message::history(settings, &Stamp::now(), order_id, date, page, page_size)?)
}

/// The transactions of a page.
pub fn read(answer: &Answer) -> Result<Vec<Row<'_>>, Fault> {
    let unreadable = |why: &str| Fault::UnreadableAnswer(why.to_owned());
    if answer.get("Code") != Some(DONE) {
        return Err(unreadable("the list was refused"));
    }
    let items = answer.rows().ok_or_else(|| unreadable("the answer has no list of transactions"))?;
    let row = |tree| {
        let kind = answer::field(tree, "TransactionType")?;
        Some(Row { tree, kind, standing: Standing::of(answer::field(tree, "RequestStatus")) })
    };
    items.iter().map(row).collect::<Option<_>>().ok_or_else(|| unreadable("a transaction in the list has no type"))
}

//! `agreement`: every transaction the bank has for an order.

pub use posnet_orders::row::Found;
use posnet_orders::row::{Kind, Row, Standing};
use posnet_orders::written;
use vezne_plugin::xml::Tree;

use crate::answer::{Answer, Judgement, key_of};

/// Reads an answer.
pub fn read(answer: &Answer) -> Found {
    match answer.judge() {
        Judgement::Approved => {}
        Judgement::Refused if answer.error_code() == Some("E219") => return Found::Nothing,
        _ => {
            return Found::Unclear(format!(
                "the question was refused with {}",
                answer.error_code().unwrap_or("no code")
            ));
        }
    }
    let listed = answer.at("transactions").map(|list| list.children.as_slice()).unwrap_or_default();
    if listed.is_empty() {
        return Found::Unclear("the answer lists no transactions".into());
    }
    match listed.iter().map(row).collect::<Option<Vec<Row>>>() {
        Some(rows) => Found::Rows(rows),
        None => Found::Unclear("the answer lists a transaction that cannot be read".into()),
    }
}

fn row(element: &Tree) -> Option<Row> {
    let field = |name: &str| element.filled(name).map(str::to_owned);
    Some(Row {
        kind: Kind::of(element.filled("state").filter(|_| element.name == "transaction")?),
        standing: match element.filled("txnStatus") {
            Some("1") => Standing::Effective,
            Some("0") => Standing::Void,
            _ => Standing::Unclear,
        },
        code: field("txnStatus"),
        order: field("orderID"),
        key: key_of(element).map(str::to_owned),
        auth_code: field("authCode"),
        // An amount that is there and cannot be read must not pass for one that is not there.
        minor: element.filled("amount").map_or(Some(None), |text| written::turkish_amount(text).map(Some))?,
        currency: element.filled("currencyCode").map(|letters| written::iso_currency(letters).to_owned()),
        at_ms: element.filled("tranDate").and_then(written::epoch_ms),
        masked_card: field("ccno"),
    })
}

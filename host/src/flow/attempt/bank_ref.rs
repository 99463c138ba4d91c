//! How a bank knows an attempt or an operation, as the column `bank_ref` keeps it.

use serde::{Deserialize, Serialize};

use crate::plugin::BankRef;

/// The column's text. The mark of a send is the host's own: a connector that has nothing to say of what it sends must
/// not look like one that sent nothing.
#[derive(Default, Serialize, Deserialize)]
struct Kept {
    #[serde(flatten)]
    bank: BankRef,
    /// The intent to send was committed (P3).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    sent: bool,
}

/// A newer reference over an older one: what the newer leaves out stays known, and what was sent stays sent.
pub fn bank_ref_text(newer: &BankRef, older: &str) -> String {
    text(newer, older, false)
}

/// The same with the mark that a send is about to leave.
pub fn bank_ref_sent(newer: &BankRef, older: &str) -> String {
    text(newer, older, true)
}

fn text(newer: &BankRef, older: &str, sends: bool) -> String {
    let Kept { bank: older, sent } = serde_json::from_str(older).unwrap_or_default();
    let mut extra = newer.extra.clone();
    for (name, value) in older.extra {
        if !extra.iter().any(|(known, _)| *known == name) {
            extra.push((name, value));
        }
    }
    let bank = BankRef {
        bank_order_id: newer.bank_order_id.clone().or(older.bank_order_id),
        transaction_id: newer.transaction_id.clone().or(older.transaction_id),
        auth_code: newer.auth_code.clone().or(older.auth_code),
        extra,
    };
    // Plain text fields always serialize.
    serde_json::to_string(&Kept { bank, sent: sent || sends }).unwrap_or_else(|_| r#"{"sent":true}"#.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::attempt::NOTHING_SENT;

    #[test]
    fn a_send_without_a_reference_is_a_send() {
        assert_eq!(bank_ref_text(&BankRef::default(), NOTHING_SENT), NOTHING_SENT);
        let sent = bank_ref_sent(&BankRef::default(), NOTHING_SENT);
        assert_ne!(sent, NOTHING_SENT);
        assert_ne!(bank_ref_text(&BankRef::default(), &sent), NOTHING_SENT);
    }

    #[test]
    fn what_is_known_stays_known_and_is_the_connectors_alone() {
        let extra = |value: &str| vec![("xid".to_owned(), value.to_owned())];
        let first = BankRef { bank_order_id: Some("A1".to_owned()), extra: extra("1"), ..BankRef::default() };
        let second = BankRef { transaction_id: Some("T1".to_owned()), extra: extra("2"), ..BankRef::default() };
        let text = bank_ref_text(&second, &bank_ref_sent(&first, NOTHING_SENT));
        let read: BankRef = serde_json::from_str(&text).unwrap();
        assert_eq!(read, BankRef { bank_order_id: Some("A1".to_owned()), ..second });
        assert!(text.contains(r#""sent":true"#), "{text}");
    }
}

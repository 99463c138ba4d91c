//! Rows as the wire shows them: the parts that several nouns use.

use vezne_api::{NodeRef, PartyKind, PartyRef, Timestamp};

use crate::domain::id::NodeId;
use crate::domain::party::Party;
use crate::store::node::PathStep;

/// An instant in RFC 3339, UTC.
pub fn instant(at_ms: i64) -> Timestamp {
    jiff::Timestamp::from_millisecond(at_ms).map_or_else(|_| String::new(), |at| format!("{at:.3}"))
}

/// Epoch milliseconds of an RFC 3339 instant.
pub fn millis(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

/// A node, named.
pub fn node_ref(id: NodeId, name: &str) -> NodeRef {
    NodeRef { id: id.to_string(), name: name.to_owned() }
}

/// The party that a body names; nothing where kind and id do not fit.
pub fn party_of(named: &PartyRef) -> Option<Party> {
    match (named.kind, named.id.parse().ok()?) {
        (PartyKind::Node, party @ Party::Node(_)) | (PartyKind::Customer, party @ Party::Customer(_)) => Some(party),
        _ => None,
    }
}

/// A way through the tree, named.
pub fn path(steps: &[PathStep]) -> Vec<NodeRef> {
    steps.iter().map(|step| node_ref(step.node_id, &step.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_survives() {
        assert_eq!(instant(1_795_000_000_123), "2026-11-18T11:06:40.123Z");
        assert_eq!(millis(&instant(1_795_000_000_123)), Some(1_795_000_000_123));
        assert_eq!(millis("2026-11-18"), None);
    }
}

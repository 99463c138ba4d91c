//! Who or what stands on the other side of an account.

use std::fmt;
use std::str::FromStr;

use super::id::{CustomerId, IdError, NodeId, PaymentId, PosAccountId};

/// The counterparty of an account, and the one who owes a receivable. Stored and shown as the prefixed id,
/// so that a ledger row can be read without a second look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// A node of the tree.
    Node(NodeId),
    /// A customer (cari) of a node.
    Customer(CustomerId),
    /// A POS account at a bank.
    PosAccount(PosAccountId),
    /// Somebody of whom we know only one payment.
    Payer(PaymentId),
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(id) => id.fmt(f),
            Self::Customer(id) => id.fmt(f),
            Self::PosAccount(id) => id.fmt(f),
            Self::Payer(id) => id.fmt(f),
        }
    }
}

impl FromStr for Party {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match text.split_once('_') {
            Some((CustomerId::PREFIX, _)) => text.parse().map(Self::Customer),
            Some((PosAccountId::PREFIX, _)) => text.parse().map(Self::PosAccount),
            Some((PaymentId::PREFIX, _)) => text.parse().map(Self::Payer),
            _ => text.parse().map(Self::Node),
        }
    }
}

impl serde::Serialize for Party {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_is_read_back_as_what_it_was() {
        for party in [
            Party::Node(NodeId::at(1)),
            Party::Customer(CustomerId::at(2)),
            Party::PosAccount(PosAccountId::at(3)),
            Party::Payer(PaymentId::at(4)),
        ] {
            assert_eq!(party.to_string().parse(), Ok(party));
        }
        assert!("usr_01".parse::<Party>().is_err());
    }
}

//! Typed identifiers: UUID v7 (RFC 9562), so they sort by time of birth.
//!
//! Inside the database an id is its 26 Crockford base-32 characters; on the API it carries a prefix
//! that says what it names (`pay_01JD…`).

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A text that is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the form {prefix}_…")]
pub struct IdError {
    prefix: &'static str,
}

/// The 26 characters, in place: an answer may hold hundreds of ids.
struct Letters([u8; 26]);

fn encode(uuid: Uuid) -> Letters {
    let mut left = uuid.as_u128();
    let mut letters = [0; 26];
    for letter in letters.iter_mut().rev() {
        *letter = ALPHABET[(left & 31) as usize];
        left >>= 5;
    }
    Letters(letters)
}

impl Letters {
    fn as_str(&self) -> &str {
        // Every one of them is of the alphabet.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

fn decode(text: &str) -> Option<Uuid> {
    if text.len() != 26 {
        return None;
    }
    let mut value: u128 = 0;
    for byte in text.bytes() {
        let digit = ALPHABET.iter().position(|&known| known == byte)? as u128;
        value = value.checked_mul(32)?.checked_add(digit)?;
    }
    Some(Uuid::from_u128(value))
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What the API writes before the id.
            pub const PREFIX: &'static str = $prefix;

            /// An id born at this instant (epoch milliseconds).
            pub fn at(now_ms: i64) -> Self {
                Self(uuid_at(now_ms))
            }

            /// As the database keeps it: 26 characters, no prefix.
            pub fn to_text(self) -> String {
                encode(self.0).as_str().to_owned()
            }

            /// In the database's form, where the ids born at an instant begin: for ranges.
            pub fn first_text(at_ms: i64) -> String {
                let at_ms = u128::try_from(at_ms).unwrap_or(0);
                encode(Uuid::from_u128(at_ms << 80)).as_str().to_owned()
            }

            /// From the database's form.
            pub fn from_text(text: &str) -> Result<Self, IdError> {
                decode(text).map(Self).ok_or(IdError { prefix: $prefix })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!($prefix, "_"))?;
                f.write_str(encode(self.0).as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        /// From the database's form.
        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                Self::from_text(&text)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let bare = text.strip_prefix(concat!($prefix, "_")).ok_or(IdError { prefix: $prefix })?;
                Self::from_text(bare)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// A UUID v7 of an instant; the rest is random, so two of one millisecond differ.
fn uuid_at(now_ms: i64) -> Uuid {
    let now_ms = u64::try_from(now_ms).unwrap_or(0);
    let timestamp = uuid::Timestamp::from_unix_time(now_ms / 1000, (now_ms % 1000) as u32 * 1_000_000, 0, 0);
    Uuid::new_v7(timestamp)
}

id!(/** A firm: the company whose books these are. */ TenantId, "ten");
id!(/** A node of the dealer tree; the firm itself is its root. */ NodeId, "dlr");
id!(/** A person who signs in. */ UserId, "usr");
id!(/** A signed-in browser. */ SessionId, "ses");
id!(/** An API key. */ ApiKeyId, "key");
id!(/** Who owes a node money and is not itself a node (cari). */ CustomerId, "cus");
id!(/** A firm's account at a bank's virtual POS. */ PosAccountId, "pos");
id!(/** The obligation to collect an amount once. */ PaymentId, "pay");
id!(/** One try at one bank for a payment. */ AttemptId, "att");
id!(/** Authorization, capture, sale, void, refund or inquiry on an attempt. */ OperationId, "opr");
id!(/** A refund or void asked for by a person or a program. */ RefundId, "ref");
id!(/** Something that happened, as told to the outside. */ EventId, "evt");
id!(/** What is owed. */ ReceivableId, "rcv");
id!(/** A part of what is owed: principal, interest, expense. */ ComponentId, "cmp");
id!(/** Money that arrived for a node, by one captured attempt. */ CollectionId, "col");
id!(/** What paid what. */ AllocationId, "alc");
id!(/** A balanced set of ledger entries. */ PostingId, "pst");
id!(/** A frozen instalment offer. */ QuoteId, "qte");
id!(/** A version of a firm's instalment table. */ SchemeId, "sch");
id!(/** One line of an instalment or commission table. */ RuleId, "rul");
id!(/** A rule that says through which POS account a payment goes. */ RoutingRuleId, "rtr");
id!(/** A line of the audit trail. */ AuditId, "aud");
id!(/** Where a firm's program wants to be told. */ WebhookEndpointId, "whk");
id!(/** What signs what an endpoint is told. */ WebhookSecretId, "whs");
id!(/** One event on its way to one endpoint. */ WebhookDeliveryId, "whd");
id!(/** One act of a connector, as the last runs of a plugin show it. */ RunId, "run");
id!(/** What one person proposes and a second one confirms. */ ProposalId, "prp");
id!(/** Something that a person must look at. */ AlarmId, "alr");
id!(/** One of the servers that share a database. */ ReplicaId, "rep");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_both_forms_and_sorts_by_time() {
        let early = PaymentId::at(1_700_000_000_000);
        let late = PaymentId::at(1_700_000_000_001);
        assert_eq!(early.to_string().parse::<PaymentId>(), Ok(early));
        assert_eq!(PaymentId::from_text(&early.to_text()), Ok(early));
        assert!(early.to_text() < late.to_text());
        assert!(early.to_string().parse::<AttemptId>().is_err());
    }

    #[test]
    fn a_text_too_large_for_128_bits_is_no_id() {
        assert!(PaymentId::from_text("ZZZZZZZZZZZZZZZZZZZZZZZZZZ").is_err());
        assert!(PaymentId::from_text("01").is_err());
    }
}

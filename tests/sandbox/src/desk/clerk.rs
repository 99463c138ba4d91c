//! What a family decides about the desk's work.

use crate::book::{Book, Kind};
use crate::issuer::Refusal;

use super::line::Why;

/// Numbers that the bank gives to one request.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    /// The gateway's transaction id.
    pub trans_id: String,
    /// The host's reference (retrieval reference number).
    pub host_ref: String,
    /// The issuer's authorization code; kept only where the request is approved.
    pub auth_code: String,
}

/// Rules in which banks differ. The default is the strictest and commonest.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// An order number that the issuer declined may be sent again.
    pub again_after_decline: bool,
    /// A refund is taken before the day has ended as well.
    pub refund_same_day: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self { again_after_decline: true, refund_same_day: false }
    }
}

/// A family's hand in the book: its numbers, codes and rules.
pub trait Clerk: Sync {
    /// Numbers for the next request, from its place in the book and the time.
    fn numbers(&self, book: &Book, at_ms: i64, kind: Kind) -> Numbers;

    /// Code and error code that the book keeps of what the gateway itself refused.
    fn refused(&self, why: Why) -> (String, Option<String>);

    /// The code of an approval.
    fn approved(&self) -> &'static str {
        "00"
    }

    /// Code and error code that the book keeps of what the issuer declined.
    fn declined(&self, refusal: &Refusal) -> (String, Option<String>) {
        (refusal.code.to_owned(), None)
    }

    /// The bank's rules.
    fn rules(&self) -> Rules {
        Rules::default()
    }
}

//! What flow asks a connector to do, in the host's own types.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ctx::Clock;
use crate::domain::money::Money;

/// How much, in how many parts, and how the card came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// For capture and refund: the amount of that operation.
    pub amount: Money,
    /// 1 for a single charge.
    pub installments: u8,
    /// `ecommerce`, `mail-order`, `telephone-order`, `recurring`: the bank's own flag follows from it.
    pub entry: String,
    /// Shown on statements where the bank takes one.
    pub description: Option<String>,
}

/// What can be used to find an operation at the bank again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankRef {
    /// The bank's order number; usually ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bank_order_id: Option<String>,
    /// The bank's number of the transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<String>,
    /// The authorization code of the card's bank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_code: Option<String>,
    /// Whatever else the connector wants back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<(String, String)>,
}

/// The operations of the connector contract. The text forms are part of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// Charge at once.
    Sale,
    /// Reserve, capture later.
    Authorize,
    /// Take what was reserved.
    Capture,
    /// Cancel before the bank's day end.
    Void,
    /// Give back after it.
    Refund,
    /// Ask; changes nothing.
    Inquire,
}

impl Operation {
    /// The contract's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::Authorize => "authorize",
            Self::Capture => "capture",
            Self::Void => "void",
            Self::Refund => "refund",
            Self::Inquire => "inquire",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a charge that begins at the 3-D gate does with the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Take it.
    Sale,
    /// Hold it for a later capture.
    Authorize,
}

/// Who charges after 3-D Secure, and who shows the card form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ThreeDModel {
    /// No 3-D Secure.
    #[serde(rename = "none")]
    None,
    /// The gate only authenticates; we charge afterwards.
    #[serde(rename = "3d")]
    ThreeD,
    /// The gate authenticates and charges.
    #[serde(rename = "3d-pay")]
    ThreeDPay,
    /// The bank's own page takes the card, authenticates and charges.
    #[serde(rename = "3d-host")]
    ThreeDHost,
}

impl ThreeDModel {
    /// The contract's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ThreeD => "3d",
            Self::ThreeDPay => "3d-pay",
            Self::ThreeDHost => "3d-host",
        }
    }
}

/// An earlier operation on the same payment, as our own rows have it.
#[derive(Debug, Clone)]
pub struct Target {
    /// What was done, or what is asked about.
    pub operation: Operation,
    /// How 3-D Secure was used in it.
    pub model: ThreeDModel,
    /// The terms it was done with.
    pub terms: Terms,
    /// Where the bank keeps it.
    pub bank: BankRef,
    /// When it was sent, epoch milliseconds.
    pub sent_at_ms: i64,
}

/// What is the same for every step of one attempt.
#[derive(Debug, Clone)]
pub struct ActContext {
    /// Stable for all steps of one attempt; also the idempotency key towards the bank.
    pub attempt_id: String,
    /// Our order number at the bank.
    pub order_id: String,
    /// Where the payer's browser or the bank comes back to.
    pub callback_url: String,
    /// As the edge saw it.
    pub payer_ip: Option<String>,
    /// If the payer gave one.
    pub payer_email: Option<String>,
    /// `tr`, `en`, `az`.
    pub locale: String,
    /// Open-ended extras.
    pub attributes: Vec<(String, String)>,
    /// The host's clock.
    pub clock: Clock,
}

impl ActContext {
    /// Of an act that belongs to no payment: a connector's first calls, a benchmark.
    pub fn of_trial(order_id: &str, clock: Clock) -> Self {
        Self {
            attempt_id: "01KDTRY0000000000000000000".to_owned(),
            order_id: order_id.to_owned(),
            callback_url: "https://vezne.example/pos/callback".to_owned(),
            payer_ip: Some("203.0.113.1".to_owned()),
            payer_email: None,
            locale: "tr".to_owned(),
            attributes: Vec::new(),
            clock,
        }
    }
}

/// One act on a connector.
#[derive(Debug)]
pub enum Act {
    /// Charge the card at once.
    Sale {
        /// How much.
        terms: Terms,
    },
    /// Reserve on the card.
    Authorize {
        /// How much.
        terms: Terms,
    },
    /// Begin at the bank's 3-D gate; ends in [`Ending::Browse`](super::Ending).
    ThreeDSecure {
        /// What shall follow once the payer is authenticated.
        purpose: Purpose,
        /// Which kind.
        model: ThreeDModel,
        /// How much.
        terms: Terms,
    },
    /// Take what was reserved.
    Capture {
        /// How much of it.
        terms: Terms,
        /// The reservation.
        target: Target,
    },
    /// Cancel before the day end.
    Void {
        /// What to void.
        target: Target,
    },
    /// Give back.
    Refund {
        /// How much.
        terms: Terms,
        /// The charge it is given back from.
        target: Target,
    },
    /// Ask what became of an operation. A failure of the question itself is `Unknown`, never
    /// `NotProcessed`: only the bank's own authentic "no such order" is that.
    Inquire {
        /// What is asked about.
        target: Target,
    },
    /// Everything that the bank's own book has of an order; ends in [`Ending::Listed`](super::Ending).
    OrderHistory {
        /// What was done under that order.
        target: Target,
    },
    /// A page of what the bank's own book has of a day; ends in [`Ending::Listed`](super::Ending).
    DayHistory {
        /// A calendar day at the bank, `2026-11-22`.
        day: String,
        /// Where the page before ended.
        next: Option<Vec<u8>>,
    },
    /// Ask what the points of a card are worth; nothing is booked, and no failure of it leaves a doubt. Ends in
    /// [`Ending::Told`](super::Ending), or in the bank's no.
    Points {
        /// What is about to be paid.
        terms: Terms,
    },
    /// The payer came back from the form handed out by [`Ending::Browse`](super::Ending).
    Resume {
        /// The terms the attempt began with, from our own rows.
        terms: Option<Terms>,
        /// `Browse::state`, byte for byte.
        state: Vec<u8>,
        /// What came back.
        callback: Callback,
    },
}

impl Act {
    /// The act's name in spans and counters.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sale { .. } => "sale",
            Self::Authorize { .. } => "authorize",
            Self::ThreeDSecure { .. } => "start",
            Self::Capture { .. } => "capture",
            Self::Void { .. } => "void",
            Self::Refund { .. } => "refund",
            Self::Inquire { .. } => "inquire",
            Self::OrderHistory { .. } => "of-order",
            Self::DayHistory { .. } => "of-day",
            Self::Points { .. } => "points",
            Self::Resume { .. } => "resume",
        }
    }

    /// Whether it is answered with a list, of which nobody is in doubt if it does not come.
    pub(super) fn lists(&self) -> bool {
        matches!(self, Self::OrderHistory { .. } | Self::DayHistory { .. })
    }

    /// Whether it only asks: every send of it must be read-only.
    pub(super) fn asks(&self) -> bool {
        self.lists() || matches!(self, Self::Inquire { .. } | Self::Points { .. })
    }

    /// What the bank's stated amount is compared with.
    pub(super) fn expected(&self) -> Option<&Terms> {
        match self {
            Self::Sale { terms }
            | Self::Authorize { terms }
            | Self::ThreeDSecure { terms, .. }
            | Self::Capture { terms, .. }
            | Self::Refund { terms, .. }
            | Self::Points { terms } => Some(terms),
            Self::Void { target } | Self::Inquire { target } => Some(&target.terms),
            Self::OrderHistory { .. } | Self::DayHistory { .. } => None,
            Self::Resume { terms, .. } => terms.as_ref(),
        }
    }
}

/// What a failed transport may have done on the bank's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Asking twice changes nothing.
    ReadOnly,
    /// Doing it twice is doing it once.
    IdempotentWrite,
    /// Must not be repeated without knowing.
    OnceOnlyWrite,
}

impl Effect {
    /// As stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::IdempotentWrite => "idempotent-write",
            Self::OnceOnlyWrite => "once-only-write",
        }
    }
}

/// HTTP methods of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
}

impl Method {
    /// As written on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// What the payer's browser (or the bank's server) posted back. `Debug` shows sizes only: a bank may
/// echo the card.
#[derive(Clone)]
pub struct Callback {
    /// GET or POST.
    pub method: Method,
    /// Decoded query.
    pub query: Vec<(String, String)>,
    /// Decoded form; see [`Callback::form_of`].
    pub form: Vec<(String, String)>,
    /// Request headers, lower-case names; without cookies and authorization.
    pub headers: Vec<(String, String)>,
    /// The bytes as they came, for hashes over them.
    pub body: Vec<u8>,
    /// Who sent it.
    pub source_ip: String,
}

impl Callback {
    /// Decodes a form body: in the charset the content type names, else UTF-8, else ISO-8859-9
    /// (what Turkish banks mean when they say nothing).
    pub fn form_of(content_type: Option<&str>, body: &[u8]) -> Vec<(String, String)> {
        super::text::form_decoded(content_type, body)
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback")
            .field("method", &self.method)
            .field("query", &self.query.len())
            .field("form", &self.form.len())
            .field("body", &self.body.len())
            .finish_non_exhaustive()
    }
}

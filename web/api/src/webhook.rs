//! Telling programs of the firm what happened: endpoints, deliveries, events.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::common::{NodeRef, Timestamp};

/// Every type of event. An endpoint that names none hears all of them.
pub const WEBHOOK_EVENT_TYPES: &[&str] = &[
    "payment.requires_confirmation",
    "payment.requires_action",
    "payment.processing",
    "payment.authorized",
    "payment.succeeded",
    "payment.declined",
    "payment.failed",
    "payment.canceled",
    "payment.expired",
    "payment.unknown",
    "payment.resolved",
    "capture.succeeded",
    "capture.declined",
    "capture.failed",
    "capture.unknown",
    "void.succeeded",
    "void.declined",
    "void.failed",
    "void.unknown",
    "refund.succeeded",
    "refund.declined",
    "refund.failed",
    "refund.unknown",
    "alarm.opened",
    "alarm.closed",
];

/// Whether an endpoint is told anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WebhookEndpointState {
    /// It is told.
    Active,
    /// It is not; what was on its way waits.
    Disabled,
}

/// Why an endpoint is disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WebhookDisabledReason {
    /// Somebody asked for it.
    Asked,
    /// It answered 410.
    Gone,
    /// It took nothing for five days.
    Failing,
}

/// Where a firm's program wants to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WebhookEndpoint {
    /// `whk_…`
    pub id: String,
    /// False for everything a sandbox did.
    pub livemode: bool,
    /// It hears of this part of the tree alone.
    pub node: NodeRef,
    /// Where to.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// Types of events it hears of; all where empty.
    pub events: Vec<String>,
    /// Whether it is told anything.
    pub state: WebhookEndpointState,
    /// Why it is disabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_reason: Option<WebhookDisabledReason>,
    /// Since when it took nothing; absent while it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// When it last took something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub succeeded_at: Option<Timestamp>,
    /// Deliveries on their way.
    pub pending: i64,
    /// Deliveries that were given up.
    pub failed: i64,
    /// Until when the secret before the last rotation signs too; only when one endpoint is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_secret_until: Option<Timestamp>,
    /// Counts changes; send as `If-Match` to change it.
    pub version: i64,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Adds an endpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WebhookEndpointCreate {
    /// Where to: https; in a sandbox also http to this machine.
    pub url: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Types of events it hears of; all where empty.
    #[serde(default)]
    pub events: Vec<String>,
    /// The part of the tree it hears of; the caller's own if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
}

/// Changes an endpoint; what is absent stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WebhookEndpointUpdate {
    /// Where to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// All types anew; all there are where empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    /// Whether it is told anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<WebhookEndpointState>,
}

/// An endpoint with a secret just made: the only answer that ever holds it.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WebhookEndpointSecret {
    /// The endpoint.
    #[serde(flatten)]
    pub endpoint: WebhookEndpoint,
    /// `whsec_…`; shown once.
    pub secret: String,
}

impl std::fmt::Debug for WebhookEndpointSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookEndpointSecret").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// Makes a new secret.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WebhookSecretRotate {
    /// How long the old one signs beside it, 0 to 168; 24 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap_hours: Option<u32>,
}

/// Delivers everything of a span of time again.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WebhookReplayCreate {
    /// Events since then.
    pub from: Timestamp,
    /// Events before then; now if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
}

/// What a replay put on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WebhookReplay {
    /// How many events.
    pub events: i64,
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WebhookDeliveryState {
    /// On its way.
    Pending,
    /// Taken.
    Delivered,
    /// Given up.
    Failed,
}

/// One event on its way to one endpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WebhookDelivery {
    /// `whd_…`
    pub id: String,
    /// False for everything a sandbox did.
    pub livemode: bool,
    /// `whk_…`
    pub endpoint: String,
    /// `evt_…`; sent as `webhook-id`.
    pub event: String,
    /// The event's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is about: `pay_…`, or the endpoint that was tested.
    pub about: String,
    /// The event's number there.
    pub sequence: i64,
    /// Where it stands.
    pub state: WebhookDeliveryState,
    /// How often it was tried since it was last begun.
    pub tries: i64,
    /// When it is tried next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_try_at: Option<Timestamp>,
    /// When it was taken or given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// When the event was handed over.
    pub created_at: Timestamp,
    /// The tries; only when one delivery is read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<WebhookAttempt>,
    /// What is sent; only when one delivery is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// One try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WebhookAttempt {
    /// From 1.
    pub number: i64,
    /// When.
    pub at: Timestamp,
    /// How long it took.
    pub ms: i64,
    /// `taken`, `refused`, `gone`, `timeout`, `address`, or where the connection failed.
    pub outcome: String,
    /// The answer's status, where one came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<i64>,
    /// The beginning of the answer, masked; or what went wrong.
    pub excerpt: String,
}

/// Something that happened to a payment, as endpoints are told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WebhookEvent {
    /// `evt_…`
    pub id: String,
    /// False for everything a sandbox did.
    pub livemode: bool,
    /// `payment.succeeded`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// `pay_…` or `alr_…`.
    pub about: String,
    /// From 1, without gaps, within what it is about.
    pub sequence: i64,
    /// What is told.
    pub data: Value,
    /// When it became true.
    pub created_at: Timestamp,
}

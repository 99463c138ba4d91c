//! Telling the outside: every event of the outbox to every endpoint that asked for it, at least once, in order per
//! payment, signed as Standard Webhooks lays down.
//!
//! An event is handed out once, as a row per endpoint; each row is leased, sent and marked. A crash between sending
//! and marking sends again, under the same `webhook-id`.

mod again;
mod deliver;
mod endpoint;

pub use again::{webhook_replay, webhook_resend, webhook_test};
pub use deliver::webhook_round;
pub use endpoint::{
    webhook_endpoint_change, webhook_endpoint_create, webhook_endpoint_delete, webhook_endpoint_rotate,
};

use serde_json::Value;

use crate::security::redact;
use crate::store::outbox::OutboxEvent;

/// What an event tells: what was written in its commit, its number, and whether money is real. Text that people
/// typed is masked where it could be a card number.
pub fn event_data(event: &OutboxEvent, livemode: bool) -> Value {
    let mut data: Value = serde_json::from_str(&event.body).unwrap_or_default();
    if !data.is_object() {
        data = serde_json::json!({});
    }
    if let Value::Object(fields) = &mut data {
        for (name, value) in fields.iter_mut() {
            if let Value::String(text) = value
                && !matches!(name.as_str(), "payment" | "operation" | "endpoint" | "alarm" | "pos_account")
            {
                *text = redact::scrub(text).into_owned();
            }
        }
        fields.insert("sequence".to_owned(), event.sequence.into());
        fields.insert("livemode".to_owned(), livemode.into());
    }
    data
}

/// The body of a delivery: the same bytes at every try.
pub fn event_body(event: &OutboxEvent, livemode: bool) -> String {
    let at = jiff::Timestamp::from_millisecond(event.created_at_ms).unwrap_or_default();
    let body = serde_json::json!({
        "type": event.kind,
        "timestamp": format!("{at:.3}"),
        "data": event_data(event, livemode),
    });
    body.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{EventId, TenantId};

    #[test]
    fn a_body_holds_no_card_number_and_keeps_its_ids() {
        let event = OutboxEvent {
            tenant_id: TenantId::at(1),
            event_id: EventId::at(1),
            aggregate: "01JD0000000000000000000000".to_owned(),
            sequence: 3,
            kind: "payment.succeeded".to_owned(),
            body: r#"{"payment":"pay_01JD0000000000000000000000","reference":"4355084355084358","amount":4355084355084358}"#
                .to_owned(),
            created_at_ms: 1_795_345_500_000,
        };
        let body = event_body(&event, false);
        assert!(!body.contains("\"4355084355084358\""), "{body}");
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["type"], "payment.succeeded");
        assert_eq!(body["timestamp"], "2026-11-22T11:05:00.000Z");
        assert_eq!(body["data"]["payment"], "pay_01JD0000000000000000000000");
        assert_eq!((&body["data"]["sequence"], &body["data"]["livemode"]), (&3.into(), &false.into()));
    }
}

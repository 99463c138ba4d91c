//! Takes the spans that are drawn for a collector from `tracing` to the exporter.

use std::fmt::Debug;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::SPANS;
use super::otlp::{Attribute, Drawn, Exporter};
use crate::security::random;

/// Whether a span is drawn for a collector. All else may hold what is for logs alone.
pub(super) fn is_drawn(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target() == SPANS
}

/// The layer.
pub(super) struct Spans(pub &'static Exporter);

impl<S> Layer<S> for Spans
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields(Vec::new());
        attributes.record(&mut fields);
        let (trace, parent) = match span.parent() {
            Some(parent) => {
                let parent = parent.extensions();
                let Some(parent) = parent.get::<Drawn>() else { return };
                // A call and a send are found by the names of the act that they are in.
                fields.inherit(&parent.attributes);
                (parent.trace, Some(parent.span))
            }
            None => (random(), None),
        };
        let began_ns = self.0.now_ns();
        let name = attributes.metadata().name();
        let ended = Drawn { name, trace, span: random(), parent, began_ns, ended_ns: 0, attributes: fields.0 };
        span.extensions_mut().insert(ended);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(drawn) = span.extensions_mut().get_mut::<Drawn>() {
            let mut fields = Fields(std::mem::take(&mut drawn.attributes));
            values.record(&mut fields);
            drawn.attributes = fields.0;
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let drawn = span.extensions_mut().remove::<Drawn>();
        if let Some(mut drawn) = drawn {
            drawn.ended_ns = self.0.now_ns();
            self.0.ended(drawn);
        }
    }
}

struct Fields(Vec<(&'static str, Attribute)>);

impl Fields {
    fn set(&mut self, field: &Field, value: Attribute) {
        self.0.retain(|(name, _)| *name != field.name());
        self.0.push((field.name(), value));
    }

    /// What a span does not say of itself, it has from the one that it is in.
    fn inherit(&mut self, of_parent: &[(&'static str, Attribute)]) {
        for (name, value) in of_parent {
            if !self.0.iter().any(|(known, _)| known == name) {
                self.0.push((name, value.clone()));
            }
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.set(field, Attribute::Text(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, Attribute::Text(value.to_owned()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, Attribute::Whole(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, Attribute::Whole(i64::try_from(value).unwrap_or(i64::MAX)));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, Attribute::Flag(value));
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::filter::filter_fn;
    use tracing_subscriber::prelude::*;

    use super::super::otlp::Settings;
    use super::*;

    #[test]
    fn a_span_carries_what_it_and_the_one_around_it_say() {
        let exporter: &'static Exporter = Box::leak(Box::new(Exporter::new(Settings::for_test())));
        let subscriber = tracing_subscriber::registry().with(Spans(exporter).with_filter(filter_fn(is_drawn)));
        tracing::subscriber::with_default(subscriber, || {
            let act = tracing::debug_span!(target: SPANS, "plugin.act", plugin = "p", func = "sale", error = tracing::field::Empty);
            let _in_act = act.enter();
            let other = tracing::info_span!("not.drawn", secret = "geheim");
            let _in_other = other.enter();
            let call =
                tracing::info_span!(target: SPANS, "plugin.call", func = "resume", ticks = tracing::field::Empty);
            call.record("ticks", 3_u32);
            drop(call);
            act.record("error", "trap");
        });
        let export = exporter.spans().unwrap();
        let body: serde_json::Value = serde_json::from_slice(&export.body).unwrap();
        let spans = body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone();
        assert_eq!(
            spans.iter().map(|span| span["name"].as_str().unwrap()).collect::<Vec<_>>(),
            ["plugin.call", "plugin.act"]
        );
        assert!(spans[0]["parentSpanId"] == spans[1]["spanId"] && spans[0]["traceId"] == spans[1]["traceId"]);
        let of = |span: &serde_json::Value, name: &str| {
            let attributes = span["attributes"].as_array().unwrap();
            attributes.iter().find(|attribute| attribute["key"] == name).map(|attribute| attribute["value"].clone())
        };
        assert_eq!(of(&spans[0], "func").unwrap()["stringValue"], "resume");
        assert_eq!(of(&spans[0], "plugin").unwrap()["stringValue"], "p");
        assert_eq!(of(&spans[0], "ticks").unwrap()["intValue"], "3");
        assert_eq!(of(&spans[0], "error"), None, "the act's failure is not the call's");
        assert!(!String::from_utf8(export.body).unwrap().contains("geheim"));
    }
}

//! Where a labelled value may go. Anything else is a refused sink, and a refused sink ends the call.

use super::Labels;
use crate::plugin::installation::Endpoint;

/// A place outside the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sink {
    /// The body of a send.
    Body,
    /// A header of a send.
    Header,
    /// A field of a form the payer's browser posts.
    PostedField,
    /// A field of a redirect: it ends in address bars and logs.
    RedirectField,
}

impl Sink {
    fn name(self) -> &'static str {
        match self {
            Self::Body => "a request body",
            Self::Header => "a request header",
            Self::PostedField => "a posted form",
            Self::RedirectField => "a redirect",
        }
    }
}

/// Whether a value with these labels may go to this place of this endpoint; else the sentence for the log.
pub(in crate::plugin) fn allowed(labels: Labels, sink: Sink, endpoint: &Endpoint) -> Result<(), String> {
    let refuse = |why: &str| Err(format!("a value labelled {labels} may not go to {}: {why}", sink.name()));
    if labels.any(Labels::KEY_ONLY) {
        return refuse("a slice may only be a key");
    }
    let card_place = matches!(sink, Sink::Body | Sink::PostedField);
    if labels.any(Labels::CARD | Labels::CARD_CIPHER) && !(card_place && endpoint.takes_card) {
        return refuse("card data goes only to bodies and posted forms of endpoints that take cards");
    }
    if labels.any(Labels::CARD_KEYED) && (sink == Sink::RedirectField || !endpoint.takes_card) {
        return refuse("a digest over card data goes only to endpoints that take cards");
    }
    if labels.any(Labels::SECRET) {
        if matches!(sink, Sink::PostedField | Sink::RedirectField) {
            return refuse("a secret never goes to a browser");
        }
        if !endpoint.takes_secrets {
            return refuse("this endpoint is not granted bare secrets");
        }
    }
    Ok(())
}

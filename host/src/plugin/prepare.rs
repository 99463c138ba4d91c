//! From a step to something that can leave: grant, address, headers and sinks are checked here, and only here.
//!
//! Everything refused here is a breach of contract: the driver ends the call and counts a strike.

use url::Url;
use zeroize::Zeroizing;

use super::act::{BankRef, Method};
use super::address;
use super::ending::{BrowserForm, FormField, FormMethod};
use super::installation::{Endpoint, Installation};
use super::manifest::{EndpointRequest, Manifest};
use super::scrub::redacted;
use super::sealed::Labels;
use super::sealed::sink::{self, Sink};
use super::step::{BrowseStep, Field, Part, SendStep};
use super::text;
use crate::limits;

/// A request ready for the wire. Wiped when dropped: it may hold the card.
pub struct OutRequest {
    /// Where to; host and prefix come from the grant.
    pub url: Url,
    /// HTTP method.
    pub method: Method,
    /// Checked headers, including the content type.
    pub headers: Vec<(String, Zeroizing<Vec<u8>>)>,
    /// The body.
    pub body: Zeroizing<Vec<u8>>,
    /// Loopback and plain HTTP are allowed.
    pub sandbox: bool,
}

/// A checked send.
pub(super) struct PreparedSend {
    pub request: OutRequest,
    /// Labels of everything in it.
    pub labels: Labels,
    /// For the timeline.
    pub masked: String,
    /// `POST /fim/api`
    pub target: String,
}

/// A step that breaks the contract. `sink` says that a value was about to go where it may not.
#[derive(Debug)]
pub(super) struct Refused {
    pub sentence: String,
    pub sink: bool,
}

fn refused(sentence: impl Into<String>) -> Refused {
    Refused { sentence: sentence.into(), sink: false }
}

/// Checks a send.
pub(super) fn send(installation: &Installation, manifest: &Manifest, step: &SendStep) -> Result<PreparedSend, Refused> {
    let (endpoint, base) = granted(installation, &step.endpoint)?;
    let url = below(&base, &step.path, &step.query)?;
    state_fits(&step.state)?;
    known_fits(&step.known)?;
    let mut labels = Labels::NONE;
    let mut headers = Vec::new();
    if let Some(content_type) = &step.content_type {
        headers.push(("content-type".to_owned(), header_value(content_type.as_bytes().to_vec())?));
    }
    if step.headers.len() > limits::PLUGIN_HEADERS_MAX {
        return Err(refused("too many request headers"));
    }
    for field in &step.headers {
        let name = field.name.to_ascii_lowercase();
        if !header_allowed(&name, manifest) {
            return Err(refused(format!("the request header {name:?} is not allowed")));
        }
        labels |= admitted(&field.value, Sink::Header, &endpoint)?;
        headers.push((name, header_value(part_bytes(&field.value).to_vec())?));
    }
    let mut body = Zeroizing::new(Vec::with_capacity(step.body.iter().map(|part| part_bytes(part).len()).sum()));
    for part in &step.body {
        labels |= admitted(part, Sink::Body, &endpoint)?;
        body.extend_from_slice(part_bytes(part));
    }
    if body.len() > limits::PLUGIN_REQUEST_BYTES_MAX {
        return Err(refused("the request body is too long"));
    }
    let masked = masked_parts(step.content_type.as_deref(), &step.body);
    let target = format!("{} {}", step.method.as_str(), url.path());
    let request = OutRequest { url, method: step.method, headers, body, sandbox: installation.sandbox };
    Ok(PreparedSend { request, labels, masked, target })
}

/// Checks a form for the payer's browser and resolves its values. `answer` is what the bank last said in this act.
pub(super) fn browse(
    installation: &Installation,
    manifest: &Manifest,
    answer: &[u8],
    step: &BrowseStep,
) -> Result<(BrowserForm, Labels), Refused> {
    let (endpoint, base) = granted(installation, &step.endpoint)?;
    let leads_to_acs = manifest.endpoints.get(&step.endpoint).is_some_and(EndpointRequest::is_acs);
    let url = if leads_to_acs && !step.path.is_empty() && !step.path.starts_with('/') {
        acs_page(step, answer, installation.sandbox)?
    } else {
        below(&base, &step.path, &[])?
    };
    state_fits(&step.state)?;
    known_fits(&step.known)?;
    let plain = |text: &str| !text.is_empty() && text.len() <= 128 && text.bytes().all(|b| b.is_ascii_graphic());
    if !plain(&step.correlation) {
        return Err(refused("the correlation must be 1 to 128 visible ASCII characters"));
    }
    if step.fields.len() > limits::PLUGIN_FORM_FIELDS_MAX {
        return Err(refused("the form has too many fields"));
    }
    let sink = match step.method {
        FormMethod::Post => Sink::PostedField,
        FormMethod::Redirect => Sink::RedirectField,
    };
    let mut all = Labels::NONE;
    let mut fields = Vec::with_capacity(step.fields.len());
    let mut length = 0;
    for Field { name, value } in &step.fields {
        let labels = admitted(value, sink, &endpoint)?;
        all |= labels;
        let text = String::from_utf8(part_bytes(value).to_vec());
        let text = text.map_err(|_| refused(format!("the form field {name:?} is not UTF-8 text")))?;
        length += name.len() + text.len();
        let from_card = labels.any(Labels::CARD | Labels::CARD_CIPHER);
        fields.push(FormField { name: name.clone(), value: Zeroizing::new(text), from_card });
    }
    if length > limits::PLUGIN_REQUEST_BYTES_MAX {
        return Err(refused("the form is too long"));
    }
    let gate_origin = url.origin().ascii_serialization();
    Ok((BrowserForm { method: step.method, action: url.into(), gate_origin, fields }, all))
}

/// The page of the card's own bank. Every issuer has its own, so no grant can list them: the acquirer names it in
/// its answer, and only a host named there is believed. No card and no secret goes to such an endpoint.
fn acs_page(step: &BrowseStep, answer: &[u8], sandbox: bool) -> Result<Url, Refused> {
    let url = address::page_url(&step.path, sandbox)
        .map_err(|refusal| refused(format!("the payer may not be led to {:?}: {refusal}", step.path)))?;
    if step.method == FormMethod::Redirect && url.query().is_some() {
        return Err(refused("a redirect's query must come as fields"));
    }
    let host = url.host_str().unwrap_or_default().as_bytes();
    let named = !host.is_empty() && answer.windows(host.len()).any(|part| part.eq_ignore_ascii_case(host));
    if !named {
        return Err(refused("the payer may only be led to a page that the bank's answer names"));
    }
    if url.as_str().len() > limits::PLUGIN_URL_BYTES_MAX {
        return Err(refused("the address is too long"));
    }
    Ok(url)
}

fn granted(installation: &Installation, name: &str) -> Result<(Endpoint, Url), Refused> {
    let endpoint = installation.endpoints.get(name);
    let endpoint = endpoint.ok_or_else(|| refused(format!("the endpoint {name:?} is not granted")))?;
    // The grant was checked when it was stored; checking again costs nothing and a database can be edited.
    let url = address::endpoint_url(&endpoint.url, installation.sandbox)
        .map_err(|refusal| refused(format!("the address of endpoint {name:?} cannot be used: {refusal}")))?;
    Ok((endpoint.clone(), url))
}

fn below(base: &Url, path: &str, query: &[(String, String)]) -> Result<Url, Refused> {
    let url = address::request_url(base, path, query);
    let url = url.map_err(|refusal| refused(format!("the path {path:?} is refused: {refusal}")))?;
    if url.as_str().len() > limits::PLUGIN_URL_BYTES_MAX {
        return Err(refused("the address is too long"));
    }
    Ok(url)
}

fn state_fits(state: &[u8]) -> Result<(), Refused> {
    if state.len() > limits::PLUGIN_STATE_BYTES_MAX { Err(refused("the state is too long")) } else { Ok(()) }
}

/// Bank references are stored and shown: short, and few.
pub(super) fn known_fits(known: &BankRef) -> Result<(), Refused> {
    let own = [&known.bank_order_id, &known.transaction_id, &known.auth_code];
    let extra = known.extra.iter().flat_map(|(name, value)| [name, value]);
    let long = own.into_iter().flatten().chain(extra).any(|text| text.len() > limits::PLUGIN_REFERENCE_BYTES_MAX);
    if long || known.extra.len() > limits::PLUGIN_REFERENCES_MAX {
        return Err(refused("a bank reference is too long, or there are too many"));
    }
    Ok(())
}

/// Headers a connector may set: what APIs use, `x-…`, and what its manifest names. The ones that shape the
/// connection, name another host or claim to be a proxy belong to the host whatever a manifest says.
fn header_allowed(name: &str, manifest: &Manifest) -> bool {
    const USUAL: &[&str] =
        &["accept", "accept-language", "authorization", "idempotency-key", "soapaction", "user-agent"];
    const NEVER: &[&str] = &[
        "connection",
        "content-length",
        "content-type",
        "cookie",
        "expect",
        "forwarded",
        "host",
        "http2-settings",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    ];
    let token = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let never =
        NEVER.contains(&name) || ["proxy-", "sec-", "x-forwarded-", "x-real-"].iter().any(|p| name.starts_with(p));
    let known = USUAL.contains(&name) || name.starts_with("x-") || manifest.request_headers.contains(name);
    token && known && !never
}

fn header_value(bytes: Vec<u8>) -> Result<Zeroizing<Vec<u8>>, Refused> {
    let bytes = Zeroizing::new(bytes);
    let plain = bytes.len() <= 8 * 1024 && bytes.iter().all(|b| (0x20..0x7f).contains(b));
    if plain { Ok(bytes) } else { Err(refused("a header value must be visible ASCII")) }
}

fn admitted(part: &Part, place: Sink, endpoint: &Endpoint) -> Result<Labels, Refused> {
    let Part::Sealed(value) = part else { return Ok(Labels::NONE) };
    sink::allowed(value.labels(), place, endpoint).map_err(|sentence| Refused { sentence, sink: true })?;
    Ok(value.labels())
}

fn part_bytes(part: &Part) -> &[u8] {
    match part {
        Part::Text(text) => text.as_bytes(),
        Part::Bytes(bytes) => bytes,
        Part::Sealed(value) => value.expose(),
    }
}

/// The body with every sealed value replaced by its labels.
fn masked_parts(content_type: Option<&str>, parts: &[Part]) -> String {
    let mut masked = String::new();
    for part in parts {
        match part {
            Part::Text(text) => masked.push_str(text),
            Part::Bytes(bytes) => masked.push_str(&text::decoded(content_type, bytes)),
            Part::Sealed(value) if value.labels().is_none() => {
                masked.push_str(&String::from_utf8_lossy(value.expose()));
            }
            Part::Sealed(value) => masked.extend(["«", &value.labels().to_string(), "»"]),
        }
        if masked.len() > limits::PLUGIN_NOTE_BYTES_MAX {
            break;
        }
    }
    text::cut(&redacted(&masked), limits::PLUGIN_NOTE_BYTES_MAX)
}

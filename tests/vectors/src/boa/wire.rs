//! How messages are written and read.

use vezne_plugin::charset::Charset;
use vezne_plugin::html;
use vezne_plugin::native;
use vezne_plugin::xml::{Element, Tree};

use crate::json::Json;
use crate::shared::{broken, tree_holds};
use crate::verdict::{Checked, fail, same, skip};
use pos_boa::settings::Bank;
use pos_boa::{answer, soap};

/// The library's serialiser, and ours, on the same map.
pub(super) fn encode(entry: &Json, bank: Bank) -> Checked {
    let input = entry.get("input");
    let data = input.get("data");
    if entry.get("expected").has("error") {
        return skip("the library refuses what we do not have");
    }
    if entry.get("expected").text().starts_with("<soapenv:Envelope") {
        // The service's body holds whatever it is given; ours holds one operation.
        let envelope = data.members().iter().map(|(name, value)| written(name, value)).map(soap::envelope);
        let texts: Vec<String> = envelope
            .map(|envelope| {
                let parts = envelope.map_err(broken)?.into_parts();
                Ok(String::from_utf8_lossy(&native::reveal(&parts)).into_owned())
            })
            .collect::<Result<_, crate::verdict::Verdict>>()?;
        return same("envelope", joined(&texts), entry.get("expected").text());
    }
    let root = if bank == Bank::Kuveyt { "KuveytTurkVPosMessage" } else { "VPosMessageContract" };
    let parts = written(root, data).into_document(Charset::Iso8859x1).map_err(broken)?;
    let text = Charset::Iso8859x1.decode(&native::reveal(&parts)).unwrap_or_default();
    same("document", text, entry.get("expected").text())
}

/// Several bodies in one envelope.
fn joined(envelopes: &[String]) -> String {
    const OPEN: &str = "<soapenv:Body>";
    const CLOSE: &str = "</soapenv:Body>";
    let inside = |text: &str| {
        let start = text.find(OPEN).map_or(0, |at| at + OPEN.len());
        text.get(start..text.find(CLOSE).unwrap_or(start)).unwrap_or_default().to_owned()
    };
    let head = envelopes.first().and_then(|text| text.split(OPEN).next()).unwrap_or_default();
    let bodies: String = envelopes.iter().map(|text| inside(text)).collect();
    format!("{head}{OPEN}{bodies}{CLOSE}</soapenv:Envelope>")
}

fn written(name: &str, value: &Json) -> Element {
    match value {
        Json::Null => Element::new(name),
        Json::Map(members) => {
            members.iter().fold(Element::new(name), |parent, (child, value)| parent.child(written(child, value)))
        }
        Json::Bool(false) => Element::with(name, "0"),
        scalar => Element::with(name, scalar.text()),
    }
}

/// A page with a form, a SOAP envelope, or a document; anything else is refused.
pub(super) fn decode(entry: &Json) -> Checked {
    let expected = entry.get("expected");
    let body = entry.get("input").get("data").text();
    let form = html::Form::read(body.as_bytes());
    if expected.has("error") {
        let refused = form.is_none() && Tree::read(body.as_bytes(), None).is_err();
        return same("refused", refused, true);
    }
    if expected.has("form_inputs") {
        let form = form.ok_or_else(|| fail("no form was found"))?;
        same("gateway", form.action, expected.get("gateway").text())?;
        return same("fields", form.fields, expected.get("form_inputs").pairs());
    }
    let tree = Tree::read(body.as_bytes(), None).map_err(broken)?;
    if tree.name.ends_with("Envelope") {
        let response = answer::service_response(&tree).map_err(broken)?;
        let value = expected.get(&response.name);
        return tree_holds(response, value);
    }
    tree_holds(&tree, expected)
}

//! What the families' mappings have in common: maps as XML, cards, amounts, times. A family uses what fits it.

use vezne_plugin::charset::Charset;
use vezne_plugin::native::{self, TestCard};
use vezne_plugin::xml::{Element, Tree};
use vezne_plugin::{Card, Fault, Money, istanbul};

use crate::json::Json;
use crate::verdict::{Checked, Verdict, fail, same};

/// A fault where none was expected.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub fn broken(fault: Fault) -> Verdict {
    fail(format!("{fault:?}"))
}

/// A map as the XML it stands for; a list is an element that repeats, `@…` an attribute, `#` the text beside them.
pub fn tree(name: &str, value: &Json) -> Tree {
    let is_child = |name: &str| !name.starts_with('@') && name != "#";
    match value {
        Json::Map(members) => Tree {
            name: name.to_owned(),
            text: value.get("#").text(),
            children: members
                .iter()
                .filter(|(name, _)| is_child(name))
                .flat_map(|(name, value)| trees(name, value))
                .collect(),
        },
        scalar => Tree { name: name.to_owned(), text: scalar.text(), children: Vec::new() },
    }
}

fn trees(name: &str, value: &Json) -> Vec<Tree> {
    match value {
        Json::List(items) if !items.is_empty() => items.iter().map(|item| tree(name, item)).collect(),
        value => vec![tree(name, value)],
    }
}

/// A map as an element to be written; `null` is an element without content.
pub fn element(name: &str, value: &Json) -> Element {
    match value {
        Json::Null => Element::new(name),
        Json::Map(members) => {
            members.iter().fold(Element::new(name), |parent, (child, value)| parent.child(element(child, value)))
        }
        scalar => Element::with(name, scalar.text()),
    }
}

/// `wire_encode…`: the library's serialiser, and ours, on the same map.
pub fn xml_encoded(entry: &Json, root: &str, charset: Charset) -> Checked {
    let written = element(root, entry.get("input").get("data")).into_document(charset).map_err(broken)?;
    let text = charset.decode(&native::reveal(&written)).unwrap_or_default();
    same("document", text, entry.get("expected").text())
}

/// `wire_decode`: every field of the expected map is read, and no other. Attributes (`@…`) are not ours to read.
pub fn xml_decoded(entry: &Json) -> Checked {
    let body = entry.get("input").get("data").text();
    let tree = Tree::read(body.as_bytes(), None).map_err(broken)?;
    tree_holds(&tree, entry.get("expected"))
}

/// As [`xml_decoded`], for a family that takes a document's declaration at its word.
pub fn xml_decoded_as_declared(entry: &Json) -> Checked {
    let body = entry.get("input").get("data").text();
    let tree = Tree::read_declared(body.as_bytes(), None).map_err(broken)?;
    tree_holds(&tree, entry.get("expected"))
}

/// Compares a document that was read with a map; a list is an element that repeats.
pub fn tree_holds(tree: &Tree, expected: &Json) -> Checked {
    let mut counted = 0;
    for (name, value) in expected.members().iter().filter(|(name, _)| !name.starts_with('@')) {
        if name == "#" {
            same("text beside attributes", tree.text.clone(), value.text())?;
            continue;
        }
        let found: Vec<&Tree> = tree.children.iter().filter(|child| child.name == *name).collect();
        let one = std::slice::from_ref(value);
        let wanted = match value {
            Json::List(items) if !items.is_empty() => items.as_slice(),
            _ => one,
        };
        same(&format!("number of {name}"), found.len(), wanted.len())?;
        for (ours, value) in found.iter().zip(wanted) {
            match value {
                Json::Map(_) => tree_holds(ours, value)?,
                value => same(name, ours.text.clone(), value.text())?,
            }
        }
        counted += found.len();
    }
    same(&format!("fields of {}", tree.name), tree.children.len(), counted)
}

/// Compares a text of the bank. Where the library gives `null` for a refusal it has dropped what the bank said.
pub fn text(name: &str, ours: Option<&str>, expected: &Json, dropped: bool) -> Checked {
    if dropped && expected.is_nothing() {
        return Ok(());
    }
    same(name, ours.unwrap_or_default().to_owned(), expected.text())
}

/// Compares an instant by the second. The library writes the bank's local time as if it were UTC.
pub fn time(name: &str, ours: Option<&str>, expected: &Json) -> Checked {
    instant(name, ours.and_then(istanbul::epoch_ms).map(|ms| ms.div_euclid(1_000)), expected)
}

/// As [`time`], of seconds since the epoch.
pub fn instant(name: &str, ours: Option<i64>, expected: &Json) -> Checked {
    if expected.has("__now") || expected.is_nothing() {
        return Ok(());
    }
    let naive = expected.get("__datetime").text();
    let wanted = istanbul::epoch_ms(naive.split('+').next().unwrap_or_default()).map(|ms| ms.div_euclid(1_000));
    same(name, ours, wanted)
}

/// `2024-09-09T00:00:00+00:00` as `20240909`; empty without a date.
pub fn compact_date(value: &Json) -> String {
    value.get("__datetime").text().chars().filter(char::is_ascii_digit).take(8).collect()
}

/// An order's amount; lira where it names no currency.
pub fn money(order: &Json) -> Result<Money, Verdict> {
    let minor = order.get("amount").hundredths().unwrap_or_default();
    let (currency, numeric) = currency(&order.get("currency").text())?;
    Ok(Money { minor, currency: currency.to_owned(), numeric, exponent: 2 })
}

/// ISO 4217 letters and number.
pub fn currency(letters: &str) -> Result<(&'static str, u16), Verdict> {
    Ok(match letters {
        "TRY" | "" => ("TRY", 949),
        "USD" => ("USD", 840),
        "EUR" => ("EUR", 978),
        "GBP" => ("GBP", 826),
        "JPY" => ("JPY", 392),
        "RUB" => ("RUB", 643),
        other => return Err(fail(format!("the currency {other} is not known"))),
    })
}

/// ISO 4217 letters by the number; empty for one the vectors do not use.
pub fn letters(numeric: Option<&str>) -> &'static str {
    match numeric {
        Some("949") => "TRY",
        Some("840") => "USD",
        Some("978") => "EUR",
        Some("826") => "GBP",
        Some("392") => "JPY",
        Some("643") => "RUB",
        _ => "",
    }
}

/// A card of a vector.
pub fn card(card: &Json) -> Option<Card> {
    let card = card.get("__card");
    let number = Some(card.get("number").text()).filter(|number| !number.is_empty())?;
    let expiry = card.get("exp").text();
    let (year, month) = expiry.split_once('-')?;
    let code = Some(card.get("cvv").text()).filter(|code| !code.is_empty());
    let mut test = TestCard::new(&number, month.parse().ok()?, year.parse().ok()?, code.as_deref());
    test.holder = Some(card.get("holder").text()).filter(|name| !name.is_empty());
    Some(test.card())
}

/// Fields of a form for the gate with what they hold in the clear.
pub fn browser_fields(form: vezne_plugin::body::Form) -> Vec<(String, String)> {
    let clear = |value| String::from_utf8_lossy(&native::reveal_part(value)).into_owned();
    form.into_browser_fields().iter().map(|field| (field.name.clone(), clear(&field.value))).collect()
}

/// Compares a form for the gate with the expected one; where the suite mocked the hash, with the hash the library computes.
pub fn form_fields(entry: &Json, hash_field: &str, ours: &[(String, String)]) -> Checked {
    let expected = entry.get("expected").get("inputs");
    same("number of fields", ours.len(), expected.members().len())?;
    let mocked = entry.get("hash").get("mocked_in_test") == &Json::Bool(true);
    for (name, value) in expected.members() {
        let recomputed = entry.get("hash").get("recomputed_by_library_code");
        let value = if name == hash_field && mocked { recomputed } else { value };
        let found = ours.iter().find(|(ours, _)| ours == name).map(|(_, value)| value.clone());
        same(name, found, Some(value.text()))?;
    }
    Ok(())
}

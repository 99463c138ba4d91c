//! JSON of a bank against JSON of a vector.

use vezne_plugin::json::{Json as Written, Tree};
use vezne_plugin::native;

use crate::json::Json;
use crate::shared::broken;
use crate::verdict::{Checked, Verdict, fail, same};

/// A vector's value as if a bank had answered it.
pub fn answered(value: &Json) -> Tree {
    match value {
        Json::Null => Tree::Null,
        Json::Bool(value) => Tree::Bool(*value),
        Json::Number(_) => Tree::Number(value.text()),
        Json::Text(text) => Tree::Text(text.clone()),
        Json::List(items) => Tree::List(items.iter().map(answered).collect()),
        Json::Map(members) => {
            Tree::Object(members.iter().map(|(name, value)| (name.clone(), answered(value))).collect())
        }
    }
}

/// A vector's value as our own writer gets it.
pub fn written(value: &Json) -> Written {
    match value {
        Json::Null => Written::Null,
        Json::Bool(value) => Written::Bool(*value),
        Json::Number(_) => Written::Number(value.text()),
        Json::Text(text) => Written::string(text),
        Json::List(items) => Written::Array(items.iter().map(written).collect()),
        Json::Map(members) => {
            Written::Object(members.iter().map(|(name, value)| (name.clone(), written(value))).collect())
        }
    }
}

/// Reads a document of ours or of a vector.
pub fn read(body: &[u8]) -> Result<Tree, Verdict> {
    Tree::read(body).map_err(broken)
}

/// Our writer on the same map against the library's: the same document, whatever the order of its keys and
/// whether slashes are escaped.
pub fn wire_encode(entry: &Json) -> Checked {
    let parts = written(entry.get("input").get("data")).into_body().map_err(broken)?;
    let (ours, expected) = (read(&native::reveal(&parts))?, read(entry.get("expected").text().as_bytes())?);
    same("document", ours == expected || same_documents(&ours, &expected), true)
}

fn same_documents(ours: &Tree, expected: &Tree) -> bool {
    match (ours, expected) {
        (Tree::Object(members), Tree::Object(others)) => {
            members.len() == others.len()
                && members.iter().all(|(name, value)| {
                    others
                        .iter()
                        .find(|(other, _)| other == name)
                        .is_some_and(|(_, other)| same_documents(value, other))
                })
        }
        (Tree::List(items), Tree::List(others)) => {
            items.len() == others.len() && items.iter().zip(others).all(|(item, other)| same_documents(item, other))
        }
        (ours, expected) => ours == expected,
    }
}

/// Every member of the expected value is in ours, of the same type and value, and no other. Members named
/// in `free` are neither looked for nor counted.
pub fn compare(what: &str, ours: &Tree, expected: &Json, free: &[&str]) -> Checked {
    match (ours, expected) {
        (Tree::Object(members), Json::Map(wanted)) => {
            let counted = |name: &str| !free.contains(&name);
            let count = members.iter().filter(|(name, _)| counted(name)).count();
            same(&format!("members of {what}"), count, wanted.iter().filter(|(name, _)| counted(name)).count())?;
            for (name, value) in wanted.iter().filter(|(name, _)| counted(name)) {
                let what = format!("{what}/{name}");
                let ours = members.iter().find(|(there, _)| there == name);
                let (_, ours) = ours.ok_or_else(|| fail(format!("{what} is missing")))?;
                compare(&what, ours, value, free)?;
            }
            Ok(())
        }
        (Tree::Object(members), Json::List(items)) if items.is_empty() => same(what, members.len(), 0),
        (Tree::List(items), Json::List(wanted)) => {
            same(&format!("items of {what}"), items.len(), wanted.len())?;
            items.iter().zip(wanted).try_for_each(|(item, wanted)| compare(what, item, wanted, free))
        }
        (Tree::Number(digits), Json::Number(number)) => same(what, digits.parse::<f64>().ok(), Some(*number)),
        (Tree::Text(text), Json::Text(wanted)) => same(what, text, wanted),
        (Tree::Bool(value), Json::Bool(wanted)) => same(what, value, wanted),
        (Tree::Null, Json::Null) => Ok(()),
        _ => Err(fail(format!("{what}: ours is {ours:?}, expected {expected:?}"))),
    }
}

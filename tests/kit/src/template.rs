//! Placeholders in a file of answers.
//!
//! `${order}`, `${minor}` (1001), `${amount}` (10.01), `${comma}` (10,01), `${short}` (10.01, 10.1, 10), `${currency}`
//! (TRY), `${numeric}` (949), `${original}` (minor units of the payment itself), `${original-amount}`, `${original-comma}`, and `${sent:NAME}`:
//! what the connector last sent under this name. `${order:24}` is filled with zeros from the left, `${numeric:4}` likewise.
//! `${currency|TRY=TL|USD=US}` puts other words for values. What is not known stays as it is.

use serde_json::Value;

use crate::bank::Told;
use crate::wire::Wire;

/// What placeholders are filled with.
pub(crate) struct Filling<'a> {
    pub told: &'a Told,
    pub heard: &'a [Wire],
}

impl Filling<'_> {
    /// All placeholders of a text filled.
    pub fn text(&self, template: &str) -> String {
        let mut out = String::new();
        let mut rest = template;
        while let Some(at) = rest.find("${") {
            out.push_str(&rest[..at]);
            let Some(end) = rest[at..].find('}') else {
                rest = &rest[at..];
                break;
            };
            let whole = &rest[at..=at + end];
            match self.value(&whole[2..whole.len() - 1]) {
                Some(value) => out.push_str(&value),
                None => out.push_str(whole),
            }
            rest = &rest[at + end + 1..];
        }
        out.push_str(rest);
        out
    }

    /// All strings of a JSON value filled. A string that is nothing but `#{…}` becomes a number.
    pub fn json(&self, template: &Value) -> Value {
        match template {
            Value::String(text) => match text.strip_prefix('#').filter(|inner| inner.starts_with('{')) {
                Some(inner) => {
                    let text = self.text(&format!("${inner}"));
                    serde_json::from_str(&text).unwrap_or(Value::String(text))
                }
                None => Value::String(self.text(text)),
            },
            Value::Array(items) => Value::Array(items.iter().map(|item| self.json(item)).collect()),
            Value::Object(members) => {
                Value::Object(members.iter().map(|(name, member)| (name.clone(), self.json(member))).collect())
            }
            other => other.clone(),
        }
    }

    fn value(&self, asked: &str) -> Option<String> {
        let mut words = asked.split('|');
        let (name, argument) = match words.next().unwrap_or_default().split_once(':') {
            Some((name, argument)) => (name, Some(argument)),
            None => (asked.split('|').next().unwrap_or_default(), None),
        };
        let amount = &self.told.amount;
        let value = match name {
            "order" => self.told.order.clone(),
            "minor" => amount.minor.to_string(),
            "amount" => decimal(amount.minor, amount.exponent, '.'),
            "comma" => decimal(amount.minor, amount.exponent, ','),
            "short" => short(amount.minor, amount.exponent),
            "currency" => amount.currency.clone(),
            "numeric" => format!("{:03}", amount.numeric),
            "original" => self.told.original.to_string(),
            "original-amount" => decimal(self.told.original, amount.exponent, '.'),
            "original-comma" => decimal(self.told.original, amount.exponent, ','),
            "sent" => self.heard.iter().rev().find_map(|wire| wire.field(argument.unwrap_or_default()))?,
            _ => return None,
        };
        let value = match argument.filter(|_| name != "sent").map(str::parse::<usize>) {
            Some(Ok(width)) => format!("{value:0>width$}"),
            Some(Err(_)) => return None,
            None => value,
        };
        let other = words.filter_map(|pair| pair.split_once('=')).find(|(from, _)| *from == value);
        Some(other.map_or(value, |(_, to)| to.to_owned()))
    }
}

fn decimal(minor: i64, exponent: u8, point: char) -> String {
    let width = usize::from(exponent) + 1;
    let digits = format!("{minor:0>width$}");
    let (whole, part) = digits.split_at(digits.len() - usize::from(exponent));
    if part.is_empty() { whole.to_owned() } else { format!("{whole}{point}{part}") }
}

fn short(minor: i64, exponent: u8) -> String {
    let text = decimal(minor, exponent, '.');
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use vezne_plugin::Money;

    use super::*;

    #[test]
    fn placeholders_are_filled_and_strangers_stay() {
        let amount = Money { minor: 1_010, currency: "TRY".into(), numeric: 949, exponent: 2 };
        let told = Told { order: "A1".into(), amount, original: 5 };
        let filling = Filling { told: &told, heard: &[] };
        assert_eq!(filling.text("${order}|${amount}|${comma}|${short}|${minor}"), "A1|10.10|10,10|10.1|1010");
        assert_eq!(filling.text("${order:6} ${numeric:4} ${original-amount}"), "0000A1 0949 0.05");
        assert_eq!(filling.text("${currency|TRY=TL|USD=US} ${what} ${open"), "TL ${what} ${open");
        let json = serde_json::json!({"a": "#{minor}", "b": ["${order}", true], "c": "#x"});
        assert_eq!(filling.json(&json), serde_json::json!({"a": 1_010, "b": ["A1", true], "c": "#x"}));
    }
}

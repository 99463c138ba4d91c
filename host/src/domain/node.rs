//! What a node of the tree sets for itself and all below it, kept as a JSON object in its row.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::id::NodeId;
use super::rate::Rate;
use super::tree::NodeLimit;

/// A node's own settings. What is absent is not set here: what holds comes from above.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NodeSettings {
    /// Most instalments.
    pub instalments_max: Option<u16>,
    /// Most instalments for the cards of a programme.
    pub programme_instalments_max: BTreeMap<String, u16>,
    /// Smallest payment, minor units.
    pub amount_min: Option<i64>,
    /// Largest payment, minor units.
    pub amount_max: Option<i64>,
    /// What the node pays to the level above for the use of its POS account, percent of the charge.
    pub pos_share: Option<Rate>,
    /// Whose legal ceiling of instalments holds.
    pub sector: Option<String>,
    /// The bank's number of this node alone, where several dealers have its identity number.
    pub sub_dealer_code: Option<String>,
}

const INSTALMENTS_MAX: &str = "instalments_max";
const PROGRAMME_INSTALMENTS_MAX: &str = "programme_instalments_max";
const AMOUNT_MIN: &str = "amount_min";
const AMOUNT_MAX: &str = "amount_max";
const POS_SHARE: &str = "pos_share";
const SECTOR: &str = "sector";
const SUB_DEALER_CODE: &str = "sub_dealer_code";

impl NodeSettings {
    /// Reads a stored object. A figure may be written as a number or as text; what cannot be read is not set.
    pub fn read(json: &str) -> Self {
        let object: Map<String, Value> = serde_json::from_str(json).unwrap_or_default();
        let number = |name: &str| object.get(name).and_then(text_of).and_then(|text| text.parse::<i64>().ok());
        let count = |value: &Value| text_of(value).and_then(|text| text.parse::<u16>().ok());
        let programmes = object.get(PROGRAMME_INSTALMENTS_MAX).and_then(Value::as_object);
        Self {
            instalments_max: object.get(INSTALMENTS_MAX).and_then(count),
            programme_instalments_max: programmes
                .into_iter()
                .flatten()
                .filter_map(|(name, max)| Some((name.clone(), count(max)?)))
                .collect(),
            amount_min: number(AMOUNT_MIN),
            amount_max: number(AMOUNT_MAX),
            pos_share: object.get(POS_SHARE).and_then(text_of).and_then(|text| text.parse().ok()),
            sector: object.get(SECTOR).and_then(text_of),
            sub_dealer_code: object.get(SUB_DEALER_CODE).and_then(text_of).filter(|code| !code.is_empty()),
        }
    }

    /// The object to store, in place of the one that is there: names that are not known here stay.
    pub fn write(&self, json: &str) -> String {
        let mut object: Map<String, Value> = serde_json::from_str(json).unwrap_or_default();
        let programmes = (!self.programme_instalments_max.is_empty()).then(|| {
            Value::Object(
                self.programme_instalments_max.iter().map(|(name, max)| (name.clone(), Value::from(*max))).collect(),
            )
        });
        let values = [
            (INSTALMENTS_MAX, self.instalments_max.map(Value::from)),
            (PROGRAMME_INSTALMENTS_MAX, programmes),
            (AMOUNT_MIN, self.amount_min.map(Value::from)),
            (AMOUNT_MAX, self.amount_max.map(Value::from)),
            (POS_SHARE, self.pos_share.map(|rate| Value::from(rate.to_string()))),
            (SECTOR, self.sector.clone().map(Value::from)),
            (SUB_DEALER_CODE, self.sub_dealer_code.clone().map(Value::from)),
        ];
        for (name, value) in values {
            match value {
                Some(value) => object.insert(name.to_owned(), value),
                None => object.remove(name),
            };
        }
        Value::Object(object).to_string()
    }

    /// What it allows, as the node's part of a path.
    pub fn limit(&self, node: NodeId, name: &str) -> NodeLimit {
        NodeLimit {
            node,
            name: name.to_owned(),
            instalments_max: self.instalments_max,
            programme_instalments_max: self.programme_instalments_max.clone(),
            amount_min: self.amount_min,
            amount_max: self.amount_max,
        }
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_not_known_stays() {
        let settings = NodeSettings {
            instalments_max: Some(6),
            programme_instalments_max: BTreeMap::from([("Bonus".to_owned(), 4)]),
            amount_min: Some(100),
            amount_max: None,
            pos_share: "2.4".parse().ok(),
            sector: Some("fuel".to_owned()),
            sub_dealer_code: Some("77".to_owned()),
        };
        let written = settings.write(r#"{"page":"a","amount_max":5}"#);
        assert_eq!(NodeSettings::read(&written), settings);
        assert!(written.contains(r#""page":"a""#) && !written.contains("amount_max\":5"), "{written}");
        assert_eq!(NodeSettings::default().write(&written), r#"{"page":"a"}"#);
    }

    #[test]
    fn figures_may_be_text_and_nonsense_is_not_set() {
        let read = NodeSettings::read(r#"{"instalments_max": "9", "amount_max": 50, "pos_share": "x", "sector": {}}"#);
        assert_eq!(
            (read.instalments_max, read.amount_max, read.pos_share, read.sector),
            (Some(9), Some(50), None, None)
        );
        assert_eq!(NodeSettings::read("no json"), NodeSettings::default());
    }
}

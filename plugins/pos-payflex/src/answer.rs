//! `VposResponse`: what the bank answers to a charge, capture, void or refund.

use vezne_plugin::decline::{self, Meaning};
use vezne_plugin::xml::Tree;
use vezne_plugin::{BankRef, Fault, HttpResponse, Outcome, Stated, Terms, amount, answer, json, step};

/// The bank's own table.
pub const CODES: &str = include_str!("../declines/payflex.json");

/// Yes.
pub const SUCCESS: &str = "0000";

/// What a code means. Four digits: `0051` is in the bank's own list.
pub fn meaning(code: &str) -> Option<Meaning> {
    decline::look_up(CODES, code)
}

/// A whole document, XML or, from the newer addresses, JSON. An error page or half of one is none.
pub fn document(response: &HttpResponse) -> Result<Tree, Fault> {
    let body = answer::whole(response, &[])?;
    read(body, answer::content_type(response))
}

/// Reads a body.
pub fn read(body: &[u8], content_type: Option<&str>) -> Result<Tree, Fault> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    let root = match first {
        Some(b'{') => of_json("", &json::Tree::read(body)?),
        _ => Tree::read(body, content_type)?,
    };
    if root.name.eq_ignore_ascii_case("html") {
        return Err(Fault::UnreadableAnswer("the answer is a web page".into()));
    }
    Ok(root)
}

/// The same fields, whichever way they were written.
fn of_json(name: &str, value: &json::Tree) -> Tree {
    let leaf = |text: &str| Tree { name: name.to_owned(), text: text.trim().to_owned(), children: Vec::new() };
    match value {
        json::Tree::Object(members) => {
            let children = members.iter().flat_map(|(name, value)| match value {
                json::Tree::List(items) => items.iter().map(|item| of_json(name, item)).collect(),
                value => vec![of_json(name, value)],
            });
            Tree { name: name.to_owned(), text: String::new(), children: children.collect() }
        }
        json::Tree::Text(text) | json::Tree::Number(text) => leaf(text),
        json::Tree::Bool(yes) => leaf(if *yes { "true" } else { "false" }),
        json::Tree::Null | json::Tree::List(_) => leaf(""),
    }
}

/// A complete answer.
#[derive(Debug, Clone)]
pub struct Answer {
    root: Tree,
}

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Booking {
    /// A charge, reservation, capture or refund of an amount.
    Amount,
    /// A void, which has none.
    Void,
}

/// What an answer comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgement {
    /// Yes.
    Approved,
    /// No, and nothing was booked.
    Refused(String, Meaning),
    /// Not clearly one or the other.
    Unclear(String),
}

/// A code of no table, a duplicate and a system error settle nothing.
pub fn judge(code: Option<&str>) -> Judgement {
    match code {
        Some(SUCCESS) => Judgement::Approved,
        None => Judgement::Unclear("the answer has no code".into()),
        Some(code) => match meaning(code) {
            Some(meaning) if meaning.class.is_refusal() => Judgement::Refused(code.to_owned(), meaning),
            Some(meaning) => Judgement::Unclear(format!("{code} means {}", meaning.class.as_str())),
            None => Judgement::Unclear(format!("{code} is in no table")),
        },
    }
}

impl Answer {
    /// Of a whole HTTP answer.
    pub fn read(response: &HttpResponse) -> Result<Self, Fault> {
        Self::of(document(response)?)
    }

    /// Of a document; JSON has no name for its root.
    pub fn of(root: Tree) -> Result<Self, Fault> {
        if root.name.is_empty() || root.name == "VposResponse" {
            return Ok(Self { root });
        }
        Err(Fault::UnreadableAnswer("the answer is not a VposResponse".into()))
    }

    /// A filled field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.root.filled(name)
    }

    /// `0000` is yes.
    pub fn code(&self) -> Option<&str> {
        self.get("ResultCode")
    }

    /// For people.
    pub fn message(&self) -> Option<&str> {
        self.get("ResultDetail")
    }

    /// What became of an operation on `order_id`; `known` is what it was sent with.
    pub fn outcome(&self, order_id: &str, terms: Option<&Terms>, booking: Booking) -> Outcome {
        match judge(self.code()) {
            Judgement::Approved => {
                let stated = self.stated(terms, booking);
                step::approved(self.bank_ref(order_id), stated, Some(SUCCESS.into()), self.attributes())
            }
            Judgement::Refused(code, meaning) => meaning.outcome(&code, self.message()),
            Judgement::Unclear(why) => step::unknown(why),
        }
    }

    fn stated(&self, terms: Option<&Terms>, booking: Booking) -> Stated {
        let order_id = self.get("OrderId").map(str::to_owned);
        match (booking, terms) {
            (Booking::Amount, Some(terms)) => {
                let read = |text: &str| amount::parse_decimal(text, terms.amount.exponent).unwrap_or(-1);
                Stated {
                    minor: self.get("CurrencyAmount").map(read),
                    currency: self.get("CurrencyCode").map(str::to_owned),
                    order_id,
                }
            }
            _ => Stated { minor: None, currency: None, order_id },
        }
    }

    fn bank_ref(&self, order_id: &str) -> BankRef {
        BankRef {
            transaction_id: self.get("TransactionId").map(str::to_owned),
            auth_code: self.get("AuthCode").map(str::to_owned),
            extra: self.get("Rrn").map(|value| ("rrn".to_owned(), value.to_owned())).into_iter().collect(),
            ..step::order_ref(order_id)
        }
    }

    fn attributes(&self) -> Vec<(String, String)> {
        let pair = |name: &str, key: &str| self.get(name).map(|value| (key.to_owned(), value.to_owned()));
        [pair("HostDate", "bank-time"), pair("BatchNo", "batch"), pair("ECI", "eci")].into_iter().flatten().collect()
    }
}

//! `PayforResponse`: what the bank answers to a charge, capture, void or refund.

use serde::{Deserialize, Serialize};
use vezne_plugin::decline::{self, Meaning};
use vezne_plugin::xml::Tree;
use vezne_plugin::{BankRef, Fault, HttpResponse, Outcome, Stated, answer, step};

/// The family's codes: two digits of the card's bank, `M…` and `V…` of the gateway.
pub const CODES: &str = include_str!("../declines/payfor.json");

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// A sale, reservation or capture: a yes has an authorization code.
    Charge,
    /// A void or refund.
    Undo,
}

/// A complete answer of the XML interface.
#[derive(Debug, Clone)]
pub struct Answer {
    root: Tree,
}

/// The words that decide, from the XML interface or from a callback.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    /// `00` is yes.
    pub code: Option<&'a str>,
    /// Given with a yes.
    pub auth_code: Option<&'a str>,
    /// For people; `Onaylandı` with a yes.
    pub message: Option<&'a str>,
}

/// What the words come to.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgement {
    /// Yes.
    Approved,
    /// No, and nothing was booked.
    Refused(String, Meaning),
    /// Not clearly one or the other.
    Unclear(String),
}

impl Words<'_> {
    /// The code alone would turn into its contrary with one wrong byte, so what stands beside it must not
    /// contradict. A code of no table, a duplicate and an unfinished payment settle nothing.
    pub fn judge(&self, act: Act) -> Judgement {
        let says_yes = self.message.is_some_and(|text| matches!(text, "Onaylandı" | "Onaylandi" | "Approved"));
        match self.code {
            Some("00") if act == Act::Charge && self.auth_code.is_none() => {
                Judgement::Unclear("the code says yes and there is no authorization code".into())
            }
            Some("00") => Judgement::Approved,
            Some(_) if says_yes => Judgement::Unclear("the text says yes and the code does not".into()),
            Some(_) if act == Act::Charge && self.auth_code.is_some() => {
                Judgement::Unclear("the code says no and there is an authorization code".into())
            }
            Some(code) => match meaning(code) {
                Some(meaning) if meaning.class.is_refusal() => Judgement::Refused(code.to_owned(), meaning),
                Some(meaning) => Judgement::Unclear(format!("{code} means {}", meaning.class.as_str())),
                None => Judgement::Unclear(format!("{code} is in no table")),
            },
            None => Judgement::Unclear("the answer says neither yes nor no".into()),
        }
    }

    /// The outcome where the words are not a yes.
    pub fn refused_outcome(&self, judgement: &Judgement) -> Outcome {
        match judgement {
            Judgement::Refused(code, meaning) => meaning.outcome(code, self.message),
            Judgement::Unclear(why) => step::unknown(why.clone()),
            Judgement::Approved => step::unknown("an approval is not a refusal"),
        }
    }
}

/// What a code means in this family.
pub fn meaning(code: &str) -> Option<Meaning> {
    decline::look_up(CODES, code)
}

/// A document of a whole HTTP answer. An error page or half of one is none.
pub fn document(response: &HttpResponse) -> Result<Tree, Fault> {
    let body = answer::whole(response, &[])?;
    Tree::read(body, answer::content_type(response))
}

impl Answer {
    /// Of a whole HTTP answer.
    pub fn read(response: &HttpResponse) -> Result<Self, Fault> {
        Self::of(document(response)?)
    }

    /// Of a document.
    pub fn of(root: Tree) -> Result<Self, Fault> {
        if root.name != "PayforResponse" {
            return Err(Fault::UnreadableAnswer("the answer is not a PayforResponse".into()));
        }
        Ok(Self { root })
    }

    /// A filled field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.root.filled(name)
    }

    /// The document.
    pub fn root(&self) -> &Tree {
        &self.root
    }

    /// The deciding words.
    pub fn words(&self) -> Words<'_> {
        Words { code: self.get("ProcReturnCode"), auth_code: self.get("AuthCode"), message: self.get("ErrMsg") }
    }

    /// What became of a charge, capture, void or refund on `order_id`.
    pub fn outcome(&self, act: Act, order_id: &str) -> Outcome {
        let words = self.words();
        match words.judge(act) {
            Judgement::Approved => {
                step::approved(self.bank_ref(order_id), self.stated(), Some("00".into()), Vec::new())
            }
            judgement => words.refused_outcome(&judgement),
        }
    }

    /// The bank states no amount here; `TransId` is our order number.
    fn stated(&self) -> Stated {
        Stated { minor: None, currency: None, order_id: self.get("TransId").map(str::to_owned) }
    }

    fn bank_ref(&self, order_id: &str) -> BankRef {
        BankRef {
            bank_order_id: Some(self.get("TransId").unwrap_or(order_id).to_owned()),
            transaction_id: self.get("HostRefNum").map(str::to_owned),
            auth_code: self.get("AuthCode").map(str::to_owned),
            extra: Vec::new(),
        }
    }
}

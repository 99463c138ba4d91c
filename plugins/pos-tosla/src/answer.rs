//! What the API answers to a sale, capture, void or refund, and to the opening of a session.

use vezne_plugin::decline::{self, Meaning};
use vezne_plugin::json::Tree;
use vezne_plugin::{BankRef, Fault, HttpResponse, Outcome, Stated, answer, step};

/// Tosla's own codes (`Code`).
pub const CODES: &str = include_str!("../declines/tosla.json");
/// Meanings of `MdStatus`, which also stands in `BankResponseCode` as `MD:0`.
pub const MD_STATUS: &str = include_str!("../declines/md_status.json");

/// Yes, of Tosla.
pub const DONE: &str = "0";
/// "Orjinal Kayıt Bulunamadı": there is no such record.
pub const NOT_FOUND: &str = "101";
/// Yes, of the card's bank.
pub const APPROVED: &str = "00";

/// A complete answer.
#[derive(Debug, Clone)]
pub struct Answer {
    tree: Tree,
}

/// The words that decide.
#[derive(Debug, Clone, Copy, Default)]
pub struct Words<'a> {
    /// Tosla's own code; `0` is yes.
    pub code: Option<&'a str>,
    /// For people.
    pub message: Option<&'a str>,
    /// The card's bank; `00` is yes.
    pub bank_code: Option<&'a str>,
    /// For people.
    pub bank_message: Option<&'a str>,
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
    /// Both codes must say the same. A code of no table and one that settles nothing are no answer.
    pub fn judge(&self) -> Judgement {
        let unclear = |why: &str| Judgement::Unclear(why.to_owned());
        match (self.code, self.bank_code) {
            (None, _) => unclear("the answer has no Code"),
            (Some(DONE), Some(APPROVED)) => Judgement::Approved,
            (Some(DONE), None) => unclear("the answer says nothing of the card's bank"),
            (Some(_), Some(APPROVED)) => unclear("the card's bank says yes and Tosla does not"),
            (Some(DONE), Some(bank)) => Self::table(&[(bank, bank_meaning(bank))]),
            (Some(code), None) => Self::table(&[(code, decline::look_up(CODES, code))]),
            (Some(code), Some(bank)) => {
                Self::table(&[(bank, bank_meaning(bank)), (code, decline::look_up(CODES, code))])
            }
        }
    }

    /// A refusal only if no code says otherwise.
    fn table(codes: &[(&str, Option<Meaning>)]) -> Judgement {
        let known = || codes.iter().filter_map(|(code, meaning)| meaning.as_ref().map(|meaning| (*code, meaning)));
        match known().find(|(_, meaning)| !meaning.class.is_refusal()).or(known().next()) {
            Some((code, meaning)) if meaning.class.is_refusal() => Judgement::Refused(code.to_owned(), meaning.clone()),
            Some((code, meaning)) => Judgement::Unclear(format!("{code} means {}", meaning.class.as_str())),
            None => Judgement::Unclear(format!("{} is in no table", codes.first().map_or("no code", |(code, _)| code))),
        }
    }

    /// What staff may read.
    pub fn text(&self) -> Option<&str> {
        self.bank_message.or(self.message)
    }

    /// The outcome where the words are not a yes.
    pub fn refused_outcome(&self, judgement: &Judgement) -> Outcome {
        match judgement {
            Judgement::Refused(code, meaning) => meaning.outcome(code, self.text()),
            Judgement::Unclear(why) => step::unknown(why.clone()),
            Judgement::Approved => step::unknown("an approval is not a refusal"),
        }
    }
}

/// What a code of the card's bank means here: ISO 8583's two digits, or the 3-D result.
pub fn bank_meaning(code: &str) -> Option<Meaning> {
    match code.strip_prefix("MD:") {
        Some(md_status) => decline::look_up(MD_STATUS, md_status),
        None => decline::iso(code),
    }
}

impl Answer {
    /// Of a whole HTTP answer. An error page, another document or half of one is no answer.
    pub fn read(response: &HttpResponse) -> Result<Self, Fault> {
        let body = answer::whole(response, &[])?;
        Self::of(Tree::read(body)?)
    }

    /// Of a document.
    pub fn of(tree: Tree) -> Result<Self, Fault> {
        let answer = Self { tree };
        match answer.get("Code") {
            Some(_) => Ok(answer),
            None => Err(Fault::UnreadableAnswer("the answer has no Code".into())),
        }
    }

    /// The document.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// A filled field. Tosla writes names with a capital, and now and then without.
    pub fn get(&self, name: &str) -> Option<&str> {
        field(&self.tree, name)
    }

    /// The transactions it lists; `null` is a list of none.
    pub fn rows(&self) -> Option<&[Tree]> {
        match member(&self.tree, "Transactions") {
            Some(Tree::List(items)) => Some(items),
            Some(Tree::Null) => Some(&[]),
            _ => None,
        }
    }

    /// The deciding words.
    pub fn words(&self) -> Words<'_> {
        Words {
            code: self.get("Code"),
            message: self.get("Message"),
            bank_code: self.get("BankResponseCode"),
            bank_message: self.get("BankResponseMessage"),
        }
    }

    /// What became of a sale, capture, void or refund.
    pub fn outcome(&self, order_id: &str) -> Outcome {
        let words = self.words();
        match words.judge() {
            Judgement::Approved => {
                // The answer states no amount, only the order.
                let stated = Stated { minor: None, currency: None, order_id: self.get("OrderId").map(str::to_owned) };
                step::approved(self.bank_ref(order_id), stated, Some(APPROVED.into()), Vec::new())
            }
            judgement => words.refused_outcome(&judgement),
        }
    }

    /// Where Tosla keeps it.
    pub fn bank_ref(&self, order_id: &str) -> BankRef {
        bank_ref(&self.tree, order_id)
    }
}

/// Where Tosla keeps what an object tells of.
pub fn bank_ref(tree: &Tree, order_id: &str) -> BankRef {
    let host = field(tree, "HostReferenceNumber").map(|value| ("host-ref".to_owned(), value.to_owned()));
    BankRef {
        bank_order_id: Some(order_id.to_owned()),
        transaction_id: field(tree, "TransactionId").filter(|id| *id != "0").map(str::to_owned),
        auth_code: field(tree, "AuthCode").map(str::to_owned),
        extra: host.into_iter().collect(),
    }
}

/// A filled field of an object, its name without ASCII case. One that is there twice is none.
pub fn field<'a>(tree: &'a Tree, name: &str) -> Option<&'a str> {
    member(tree, name)?.as_text().map(str::trim).filter(|text| !text.is_empty())
}

fn member<'a>(tree: &'a Tree, name: &str) -> Option<&'a Tree> {
    let Tree::Object(members) = tree else { return None };
    let mut found = members.iter().filter(|(there, _)| there.eq_ignore_ascii_case(name));
    match (found.next(), found.next()) {
        (Some((_, value)), None) => Some(value),
        _ => None,
    }
}

//! `posnetResponse`: what the bank answers.

use posnet_orders::codes;
use posnet_orders::question::STANDS_AS;
use vezne_plugin::xml::Tree;
use vezne_plugin::{BankRef, Fault, HttpResponse, Outcome, answer, step};

/// A complete answer of the XML service.
#[derive(Debug, Clone)]
pub struct Answer {
    root: Tree,
}

/// What the deciding words come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// Yes.
    Approved,
    /// This order was approved before, and the answer repeats the first one: a lost answer, found again.
    ApprovedBefore,
    /// No; the code says why.
    Refused,
    /// Neither.
    Unclear,
}

impl Answer {
    /// Of a whole HTTP answer. An error page, another document or half of one is no answer.
    pub fn read(response: &HttpResponse) -> Result<Self, Fault> {
        let body = answer::whole(response, &[])?;
        Self::of(Tree::read_declared(body, answer::content_type(response))?)
    }

    /// Of a document.
    pub fn of(root: Tree) -> Result<Self, Fault> {
        if root.name != "posnetResponse" {
            return Err(Fault::UnreadableAnswer("the answer is not a posnetResponse".into()));
        }
        Ok(Self { root })
    }

    /// A filled field.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.root.filled(path)
    }

    /// An element.
    pub fn at(&self, path: &str) -> Option<&Tree> {
        self.root.at(path)
    }

    /// All elements of a name, for those the bank repeats.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Tree> {
        self.root.children.iter().filter(move |child| child.name == name)
    }

    /// The bank's key: one letter is small in answers and large in requests and inquiries.
    pub fn key(&self) -> Option<&str> {
        key_of(&self.root)
    }

    /// `0000` and `00` are not errors.
    pub fn error_code(&self) -> Option<&str> {
        self.get("respCode").filter(|code| !matches!(*code, "0000" | "00"))
    }

    /// For people.
    pub fn message(&self) -> Option<&str> {
        self.get("respText")
    }

    /// Yes is `1` without an error code. `2` with 0127 and the first answer's key is a yes that was given
    /// before; without a key it is somebody else's order.
    pub fn judge(&self) -> Judgement {
        match (self.get("approved"), self.error_code()) {
            (Some("1"), None) => Judgement::Approved,
            (Some("2"), None | Some("0127")) if self.key().is_some() => Judgement::ApprovedBefore,
            (Some("0"), Some(_)) => Judgement::Refused,
            _ => Judgement::Unclear,
        }
    }

    /// The outcome where the judgement is not a yes.
    pub fn not_approved(&self) -> Outcome {
        match self.judge() {
            Judgement::Refused => codes::refused(self.error_code(), self.message()),
            _ => step::unknown("the answer says neither yes nor no"),
        }
    }

    /// The outcome of a yes. The bank states neither amount nor order here. `stands_as` is what the
    /// transaction is to a later void.
    pub fn approval(&self, order: &str, stands_as: &str) -> Outcome {
        let bank = BankRef {
            transaction_id: self.key().map(str::to_owned),
            // Voids answer zeros.
            auth_code: self.get("authCode").filter(|code| code.bytes().any(|byte| byte != b'0')).map(str::to_owned),
            extra: vec![(STANDS_AS.to_owned(), stands_as.to_owned())],
            ..step::order_ref(order)
        };
        step::approved(bank, step::nothing_stated(), Some("1".into()), self.attributes())
    }

    fn attributes(&self) -> Vec<(String, String)> {
        const SHOWN: [(&str, &str); 4] = [
            ("tranDate", "bank-time"),
            ("instInfo/inst1", "instalments"),
            ("pointInfo/pointAmount", "points-earned-minor"),
            ("pointInfo/totalPointAmount", "points-total-minor"),
        ];
        let pairs =
            SHOWN.iter().filter_map(|(from, to)| self.get(from).map(|value| ((*to).to_owned(), value.to_owned())));
        pairs.collect()
    }
}

/// The bank's key in an element.
pub fn key_of(element: &Tree) -> Option<&str> {
    element.filled("hostlogkey").or_else(|| element.filled("hostLogKey"))
}

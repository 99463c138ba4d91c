//! `GVPSResponse`: what the bank answers.

use vezne_plugin::decline::{self, Meaning};
use vezne_plugin::xml::Tree;
use vezne_plugin::{BankRef, Fault, HttpResponse, Outcome, Stated, answer, step, value};

use crate::hash;
use crate::settings::{Settings, User};

/// The bank's codes and reason codes.
pub const CODES: &str = include_str!("../declines/garanti.json");

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
    /// The gateway's own code; where `code` is `92` it says why.
    pub reason: Option<&'a str>,
    /// `Approved`, `Declined`, `Error`.
    pub message: Option<&'a str>,
    /// For people.
    pub error: Option<&'a str>,
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
    /// Code and word must say the same. A code of no table and a timeout settle nothing.
    pub fn judge(&self) -> Judgement {
        let is = |word: &str| self.message.is_some_and(|message| message.eq_ignore_ascii_case(word));
        match self.code {
            Some("00") if is("Approved") && self.reason.is_none_or(|reason| reason == "00") => Judgement::Approved,
            Some("00") => Judgement::Unclear("the code says yes and the words do not".into()),
            _ if is("Approved") => Judgement::Unclear("the word says yes and the code does not".into()),
            _ if is("Declined") || is("Error") => self.refusal(),
            _ => Judgement::Unclear("the answer says neither yes nor no".into()),
        }
    }

    /// Any of the two codes that settles nothing keeps the other from settling it.
    fn refusal(&self) -> Judgement {
        // 92 is the gateway's wrapper: the reason is beside it, and without one nobody knows.
        let code = self.code.filter(|code| *code != "92");
        let reason = self.reason.filter(|reason| *reason != "00");
        let known: Vec<(&str, Meaning)> = [reason, code]
            .into_iter()
            .flatten()
            .filter_map(|code| meaning(code).map(|meaning| (code, meaning)))
            .collect();
        match known.iter().find(|(_, meaning)| !meaning.class.is_refusal()).or(known.first()) {
            Some((code, meaning)) if meaning.class.is_refusal() => {
                Judgement::Refused((*code).to_owned(), meaning.clone())
            }
            Some((code, meaning)) => Judgement::Unclear(format!("{code} means {}", meaning.class.as_str())),
            None => Judgement::Unclear(format!("{} is in no table", reason.or(self.code).unwrap_or("no code"))),
        }
    }

    /// The outcome where the words are not a yes.
    pub fn refused_outcome(&self, judgement: &Judgement) -> Outcome {
        match judgement {
            Judgement::Refused(code, meaning) => meaning.outcome(code, self.error),
            Judgement::Unclear(why) => step::unknown(why.clone()),
            Judgement::Approved => step::unknown("an approval is not a refusal"),
        }
    }
}

/// What a code or reason code means at this bank. The two kinds do not overlap: reasons have four digits.
pub fn meaning(code: &str) -> Option<Meaning> {
    decline::look_up(CODES, code)
}

impl Answer {
    /// Of a whole HTTP answer. An error page, another document or half of one is no answer.
    pub fn read(response: &HttpResponse) -> Result<Self, Fault> {
        let body = answer::whole(response, &[])?;
        let root = Tree::read(body, answer::content_type(response))?;
        Self::of(root)
    }

    /// Of a document.
    pub fn of(root: Tree) -> Result<Self, Fault> {
        if root.name != "GVPSResponse" {
            return Err(Fault::UnreadableAnswer("the answer is not a GVPSResponse".into()));
        }
        Ok(Self { root })
    }

    /// As [`read`](Self::read), refusing an answer whose own signature is wrong. One without a signature
    /// passes, and so does a refusal that is about our password: it is signed with another one than ours.
    pub fn verified(response: &HttpResponse, settings: &Settings, user: User) -> Result<Self, Fault> {
        let answer = Self::read(response)?;
        if settings.checks_answers && !answer.is_signed_rightly(settings, user)? && !answer.is_about_us() {
            return Err(Fault::NotAuthentic("the answer's HashData is not the bank's".into()));
        }
        Ok(answer)
    }

    fn is_signed_rightly(&self, settings: &Settings, user: User) -> Result<bool, Fault> {
        let Some(sent) = self.get("Transaction/HashData") else { return Ok(true) };
        let text = |path: &str| self.root.get(path).unwrap_or_default();
        let values = [
            text("Transaction/Response/Code"),
            text("Transaction/RetrefNum"),
            text("Transaction/AuthCode"),
            text("Transaction/ProvDate"),
            text("Order/OrderID"),
        ];
        let signed_by = |user| {
            let ours = hash::answer(settings, user, values, sent)?;
            Ok(value::equals_ignoring_case(&ours, sent))
        };
        // Which of the users signs the answer to a void or refund is not documented; their passwords are the
        // same at the bank's test terminals.
        Ok(signed_by(user)? || (user == User::Refund && signed_by(User::Provision)?))
    }

    /// `0651`: password or signature wrong. `0752`: no such terminal.
    fn is_about_us(&self) -> bool {
        let words = self.words();
        words.code == Some("92") && matches!(words.reason, Some("0651" | "0752"))
    }

    /// A filled field: `Order/OrderID`, `Transaction/RetrefNum`, …
    pub fn get(&self, path: &str) -> Option<&str> {
        self.root.filled(path)
    }

    /// An element.
    pub fn at(&self, path: &str) -> Option<&Tree> {
        self.root.at(path)
    }

    /// The deciding words.
    pub fn words(&self) -> Words<'_> {
        Words {
            code: self.get("Transaction/Response/Code"),
            reason: self.get("Transaction/Response/ReasonCode"),
            message: self.get("Transaction/Response/Message"),
            error: self.get("Transaction/Response/ErrorMsg").or_else(|| self.get("Transaction/Response/SysErrMsg")),
        }
    }

    /// What became of a charge, capture, void or refund on `order_id`.
    pub fn outcome(&self, order_id: &str) -> Outcome {
        let words = self.words();
        match words.judge() {
            Judgement::Approved => {
                step::approved(self.bank_ref(order_id), self.stated(), Some("00".into()), self.attributes())
            }
            judgement => words.refused_outcome(&judgement),
        }
    }

    /// The bank states no amount here, only the order.
    fn stated(&self) -> Stated {
        Stated { minor: None, currency: None, order_id: self.get("Order/OrderID").map(str::to_owned) }
    }

    fn bank_ref(&self, order_id: &str) -> BankRef {
        BankRef {
            bank_order_id: Some(self.get("Order/OrderID").unwrap_or(order_id).to_owned()),
            transaction_id: self.get("Transaction/RetrefNum").map(str::to_owned),
            auth_code: self.get("Transaction/AuthCode").map(str::to_owned),
            extra: Vec::new(),
        }
    }

    fn attributes(&self) -> Vec<(String, String)> {
        const SHOWN: [(&str, &str); 4] = [
            ("Transaction/ProvDate", "bank-time"),
            ("Transaction/BatchNum", "batch"),
            ("Transaction/SequenceNum", "sequence"),
            ("Transaction/CardType", "card-brand"),
        ];
        let pairs =
            SHOWN.iter().filter_map(|(from, to)| self.get(from).map(|value| ((*to).to_owned(), value.to_owned())));
        pairs.collect()
    }
}

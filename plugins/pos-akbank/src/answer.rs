//! What the API answers to a charge, capture, void or refund.

use vezne_plugin::decline::{self, Meaning};
use vezne_plugin::json::Tree;
use vezne_plugin::{BankRef, Fault, HttpResponse, Outcome, Stated, answer, step};

/// The gateway's own codes (`responseCode`).
pub const CODES: &str = include_str!("../declines/akbank.json");
/// Two-digit codes of the card network (`hostResponseCode`) that this bank uses in a sense of its own.
pub const HOST_CODES: &str = include_str!("../declines/host.json");

/// Yes.
pub const APPROVED: &str = "VPS-0000";
/// The card network refused; its own code says why.
pub const PROVISION_ERROR: &str = "VPS-1005";

/// A complete answer.
#[derive(Debug, Clone)]
pub struct Answer {
    tree: Tree,
    /// HTTP 400: the message broke the bank's schema and was not looked at.
    not_looked_at: bool,
}

/// The words of an answer that decide, from the API or from a callback.
#[derive(Debug, Clone, Copy, Default)]
pub struct Words<'a> {
    /// `VPS-0000` is yes.
    pub response_code: Option<&'a str>,
    /// For people.
    pub response_message: Option<&'a str>,
    /// `00` is yes; absent where the card network was not asked.
    pub host_code: Option<&'a str>,
    /// For people, from the card network.
    pub host_message: Option<&'a str>,
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
    /// Both codes must say the same. A code of no table, a duplicate and a timeout settle nothing.
    pub fn judge(&self) -> Judgement {
        let unclear = |why: &str| Judgement::Unclear(why.to_owned());
        match (self.response_code, self.host_code) {
            (Some(APPROVED), None | Some("00")) => Judgement::Approved,
            (Some(APPROVED), Some(_)) => unclear("the gateway says yes and the card network does not"),
            (Some(_), Some("00")) => unclear("the card network says yes and the gateway does not"),
            (Some(PROVISION_ERROR), Some(host)) => {
                Self::table(&format!("{PROVISION_ERROR} {host}"), host_meaning(host))
            }
            (Some(PROVISION_ERROR), None) => unclear("the card network refused without a code"),
            (Some(code), _) => Self::table(code, decline::look_up(CODES, code)),
            (None, _) => unclear("the answer has no responseCode"),
        }
    }

    fn table(code: &str, meaning: Option<Meaning>) -> Judgement {
        match meaning {
            Some(meaning) if meaning.class.is_refusal() => Judgement::Refused(code.to_owned(), meaning),
            Some(meaning) => Judgement::Unclear(format!("{code} means {}", meaning.class.as_str())),
            None => Judgement::Unclear(format!("{code} is in no table")),
        }
    }

    /// What staff may read. The card network's own sentence is the more precise one.
    pub fn message(&self) -> Option<&str> {
        self.host_message.or(self.response_message)
    }

    /// The outcome where the words are not a yes.
    pub fn refused_outcome(&self, judgement: &Judgement) -> Outcome {
        match judgement {
            Judgement::Refused(code, meaning) => meaning.outcome(code, self.message()),
            Judgement::Unclear(why) => step::unknown(why.clone()),
            Judgement::Approved => step::unknown("an approval is not a refusal"),
        }
    }
}

/// What a code of the card network means here.
pub fn host_meaning(code: &str) -> Option<Meaning> {
    decline::look_up(HOST_CODES, code).or_else(|| decline::iso(code))
}

impl Answer {
    /// Of a whole HTTP answer. An error page, another document or half of one is no answer.
    pub fn read(response: &HttpResponse) -> Result<Self, Fault> {
        let body = answer::whole(response, &[400])?;
        let tree = Tree::read(body)?;
        let schema = response.status == 400 && tree.filled("code").is_some() && tree.get("responseCode").is_none();
        if schema {
            return Ok(Self { tree, not_looked_at: true });
        }
        if response.status == 400 {
            return Err(Fault::UnreadableAnswer("HTTP status 400 with an answer of another kind".into()));
        }
        Self::of(tree)
    }

    /// Of a document.
    pub fn of(tree: Tree) -> Result<Self, Fault> {
        if tree.filled("responseCode").is_none() {
            return Err(Fault::UnreadableAnswer("the answer has no responseCode".into()));
        }
        Ok(Self { tree, not_looked_at: false })
    }

    /// The document.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// A filled field: `order/orderId`, `transaction/rrn`, …
    pub fn get(&self, path: &str) -> Option<&str> {
        self.tree.filled(path)
    }

    /// As [`get`](Self::get), zeros counting as none: so the bank fills what does not exist.
    pub fn number(&self, path: &str) -> Option<&str> {
        self.get(path).filter(|text| text.bytes().any(|byte| byte != b'0'))
    }

    /// The deciding words.
    pub fn words(&self) -> Words<'_> {
        if self.not_looked_at {
            return Words {
                response_code: Some("HTTP-400"),
                response_message: self.get("message"),
                ..Words::default()
            };
        }
        Words {
            response_code: self.get("responseCode"),
            response_message: self.get("responseMessage"),
            host_code: self.get("hostResponseCode"),
            host_message: self.get("hostMessage"),
        }
    }

    /// What became of a charge, capture, void or refund that was sent with `code` for `order_id`.
    pub fn outcome(&self, code: &str, order_id: &str) -> Outcome {
        if self.get("txnCode").is_some_and(|answered| answered != code) {
            return step::unknown("the answer is to another kind of transaction");
        }
        let words = self.words();
        match words.judge() {
            Judgement::Approved => {
                step::approved(self.bank_ref(order_id), self.stated(), Some(APPROVED.into()), self.attributes())
            }
            judgement => words.refused_outcome(&judgement),
        }
    }

    /// The bank states no amount here, only the order. A repeated order is ours by its track number; the
    /// bank numbers its charges itself.
    fn stated(&self) -> Stated {
        let order = self.get("order/orderTrackId").or_else(|| self.get("order/orderId"));
        Stated { minor: None, currency: None, order_id: order.map(str::to_owned) }
    }

    fn bank_ref(&self, order_id: &str) -> BankRef {
        const KEPT: [(&str, &str); 3] =
            [("order/orderTrackId", TRACK), ("transaction/batchNumber", "batch"), ("transaction/stan", "stan")];
        let extra = KEPT.iter().filter_map(|(path, name)| Some(((*name).to_owned(), self.number(path)?.to_owned())));
        BankRef {
            bank_order_id: Some(order_id.to_owned()),
            transaction_id: self.number("transaction/rrn").map(str::to_owned),
            auth_code: self.number("transaction/authCode").map(str::to_owned),
            extra: extra.collect(),
        }
    }

    fn attributes(&self) -> Vec<(String, String)> {
        const SHOWN: [(&str, &str); 3] = [
            ("txnDateTime", "bank-time"),
            ("transaction/batchNumber", "batch"),
            ("card/cardHolderName", "card-holder"),
        ];
        SHOWN.iter().filter_map(|(path, name)| Some(((*name).to_owned(), self.get(path)?.to_owned()))).collect()
    }
}

/// Key in a bank reference: the order is a repeated one, and this is its number.
pub const TRACK: &str = "order-track-id";

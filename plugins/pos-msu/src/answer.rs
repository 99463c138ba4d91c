//! What the API answers: one JSON object.

use vezne_plugin::decline::{self, Meaning};
use vezne_plugin::json::Tree;
use vezne_plugin::{BankRef, Fault, HttpResponse, Outcome, Stated, amount, answer, step};

/// The platform's own codes (`errorCode`).
pub const CODES: &str = include_str!("../declines/msu.json");

/// Yes.
pub const APPROVED: &str = "00";
/// No; `errorCode` says why.
const DECLINED: &str = "99";
/// Every currency of the manifest has two decimals.
pub const EXPONENT: u8 = 2;

/// A complete answer.
#[derive(Debug, Clone)]
pub struct Answer {
    tree: Tree,
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

/// The codes that say why something was refused: an answer's, or those of a transaction in a list.
#[derive(Debug, Clone, Copy, Default)]
pub struct Why<'a> {
    /// `ERR10010`, `ERR20051`: the platform's.
    pub error: Option<&'a str>,
    /// `51`: the bank's.
    pub returned: Option<&'a str>,
    /// For people.
    pub text: Option<&'a str>,
}

impl<'a> Why<'a> {
    /// Of an object.
    pub fn of(tree: &'a Tree) -> Self {
        let texts = ["pgTranErrorText", "errorMsg", "responseMsg"];
        Self {
            error: tree.filled("errorCode").filter(|code| *code != APPROVED),
            returned: tree.filled("pgTranReturnCode"),
            text: texts.into_iter().find_map(|name| tree.filled(name)),
        }
    }

    /// What they mean. The platform's code goes before the bank's, because it says what the platform made of it;
    /// its `ERR20051` is a bank's `51`.
    pub fn judge(&self) -> Judgement {
        let found = match (self.error, self.returned) {
            (Some(code), _) => decline::look_up(CODES, code).map(|meaning| (code, meaning)),
            (None, Some(code)) => {
                let of_platform = decline::look_up(CODES, &format!("ERR200{code}"));
                of_platform.or_else(|| decline::iso(code)).map(|meaning| (code, meaning))
            }
            (None, None) => return Judgement::Unclear("no code says why".into()),
        };
        match found {
            Some((code, meaning)) if meaning.class.is_refusal() => Judgement::Refused(code.to_owned(), meaning),
            Some((code, meaning)) => Judgement::Unclear(format!("{code} means {}", meaning.class.as_str())),
            None => Judgement::Unclear(format!("{} is in no table", self.error.or(self.returned).unwrap_or_default())),
        }
    }

    /// The outcome of a refusal.
    pub fn outcome(&self) -> Outcome {
        match self.judge() {
            Judgement::Refused(code, meaning) => meaning.outcome(&code, self.text),
            Judgement::Unclear(why) => step::unknown(why),
            Judgement::Approved => step::unknown("an approval is not a refusal"),
        }
    }
}

/// Where the platform keeps a transaction.
pub fn bank_ref(tree: &Tree, order_id: &str) -> BankRef {
    let host = tree.filled("pgTranRefId").map(|value| ("host-ref".to_owned(), value.to_owned()));
    BankRef {
        bank_order_id: Some(order_id.to_owned()),
        transaction_id: tree.filled("pgTranId").map(str::to_owned),
        auth_code: tree.filled("pgTranApprCode").map(str::to_owned),
        extra: host.into_iter().collect(),
    }
}

/// What an object states of an amount of money.
pub fn stated(tree: &Tree, order_id: Option<&str>) -> Stated {
    Stated {
        minor: tree.filled("amount").and_then(|text| amount::parse_decimal(text, EXPONENT)),
        currency: tree.filled("currency").map(str::to_owned),
        order_id: order_id.map(str::to_owned),
    }
}

impl Answer {
    /// Of a whole HTTP answer. An error page, another document or half of one is no answer.
    pub fn read(response: &HttpResponse) -> Result<Self, Fault> {
        let body = answer::whole(response, &[])?;
        let answer = Self { tree: Tree::read(body)? };
        match answer.code() {
            Some(_) => Ok(answer),
            None => Err(Fault::UnreadableAnswer("the answer has no responseCode".into())),
        }
    }

    /// The document.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// `00` is yes.
    pub fn code(&self) -> Option<&str> {
        self.get("responseCode")
    }

    /// A filled field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.tree.filled(name)
    }

    /// A yes has no error beside it, and a no has one that means a refusal.
    pub fn judge(&self) -> Judgement {
        let why = Why::of(&self.tree);
        let unclear = |why: &str| Judgement::Unclear(why.to_owned());
        match (self.code().unwrap_or_default(), why.returned) {
            (APPROVED, _) if why.error.is_some() => unclear("the answer says yes, and has an error"),
            (APPROVED, Some(code)) if !is_yes(code) => unclear("the platform says yes and the bank does not"),
            (APPROVED, _) => Judgement::Approved,
            (DECLINED, Some(code)) if is_yes(code) => unclear("the bank says yes and the platform does not"),
            (DECLINED, _) => why.judge(),
            (code, _) => Judgement::Unclear(format!("responseCode {code} is in no table")),
        }
    }

    /// What became of a write.
    pub fn outcome(&self, order_id: &str) -> Outcome {
        match self.judge() {
            Judgement::Approved => {
                let stated = stated(&self.tree, self.get("merchantPaymentId"));
                step::approved(bank_ref(&self.tree, order_id), stated, Some(APPROVED.into()), Vec::new())
            }
            Judgement::Unclear(why) => step::unknown(why),
            Judgement::Refused(..) => Why::of(&self.tree).outcome(),
        }
    }
}

/// Banks behind the platform write a yes with two to four zeros.
pub fn is_yes(code: &str) -> bool {
    (2..=4).contains(&code.len()) && code.bytes().all(|byte| byte == b'0')
}

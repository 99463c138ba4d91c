//! `CC5Response`: what the bank answers to a charge, capture, void or refund.

use vezne_plugin::decline::{self, Meaning};
use vezne_plugin::words::attribute;
use vezne_plugin::xml::Tree;
use vezne_plugin::{BankRef, Fault, HttpResponse, Outcome, Stated, answer, step};

/// NestPay's own table; asked before the common one.
pub const CODES: &str = include_str!("../declines/nestpay.json");

/// A complete answer of the XML interface.
#[derive(Debug, Clone)]
pub struct Answer {
    root: Tree,
}

/// The words of an answer that decide, from the XML interface or from a 3-D callback.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    /// `Approved`, `Declined`, `Error`.
    pub response: Option<&'a str>,
    /// `00` is yes.
    pub proc_return_code: Option<&'a str>,
    /// The gateway's own code, where `ProcReturnCode` is only a wrapper.
    pub error_code: Option<&'a str>,
    /// For people.
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
    /// Both words must say the same. A code of no table, a duplicate and a timeout settle nothing.
    pub fn judge(&self) -> Judgement {
        let says_yes = self.response.is_some_and(|word| word.eq_ignore_ascii_case("Approved"));
        let says_no = self
            .response
            .is_some_and(|word| word.eq_ignore_ascii_case("Declined") || word.eq_ignore_ascii_case("Error"));
        match self.proc_return_code {
            Some("00") if says_yes => Judgement::Approved,
            Some("00") => Judgement::Unclear("the code says yes and the word does not".into()),
            _ if says_yes => Judgement::Unclear("the word says yes and the code does not".into()),
            code if says_no => self.refusal(code),
            _ => Judgement::Unclear("the answer says neither yes nor no".into()),
        }
    }

    fn refusal(&self, code: Option<&str>) -> Judgement {
        // 99 is the gateway's wrapper: the reason is in ERRORCODE, and without one nobody knows.
        let code = code.filter(|code| *code != "99");
        let inner =
            self.error_code.map(|code| code.strip_prefix("ISO8583-").filter(|iso| iso.len() == 2).unwrap_or(code));
        let known: Vec<(&str, Meaning)> = [inner, code]
            .into_iter()
            .flatten()
            .filter_map(|code| meaning(code).map(|meaning| (code, meaning)))
            .collect();
        match known.iter().find(|(_, meaning)| !meaning.class.is_refusal()).or(known.first()) {
            Some((code, meaning)) if meaning.class.is_refusal() => {
                Judgement::Refused((*code).to_owned(), meaning.clone())
            }
            Some((code, meaning)) => Judgement::Unclear(format!("{code} means {}", meaning.class.as_str())),
            None => Judgement::Unclear(format!("{} is in no table", inner.or(code).unwrap_or("no code"))),
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

/// What a code means at a NestPay bank.
pub fn meaning(code: &str) -> Option<Meaning> {
    decline::look_up(CODES, code).or_else(|| decline::iso(code))
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
        if root.name != "CC5Response" {
            return Err(Fault::UnreadableAnswer("the answer is not a CC5Response".into()));
        }
        Ok(Self { root })
    }

    /// A filled field: `OrderId`, `Extra/TRXDATE`, …
    pub fn get(&self, path: &str) -> Option<&str> {
        self.root.filled(path)
    }

    /// A field below `Extra`.
    pub fn extra(&self, name: &str) -> Option<&str> {
        self.root.at("Extra")?.filled(name)
    }

    /// Names below `Extra`.
    pub fn extra_names(&self) -> impl Iterator<Item = &str> {
        self.root.at("Extra").into_iter().flat_map(|extra| extra.children.iter().map(|child| child.name.as_str()))
    }

    /// The deciding words.
    pub fn words(&self) -> Words<'_> {
        Words {
            response: self.get("Response"),
            proc_return_code: self.get("ProcReturnCode"),
            error_code: self.error_code(),
            message: self.get("ErrMsg"),
        }
    }

    /// The gateway's own code: below `Extra`, on some stores beside it.
    pub fn error_code(&self) -> Option<&str> {
        self.extra("ERRORCODE").or_else(|| self.get("ERRORCODE"))
    }

    /// Cancelling one charge of a repeated order is answered in words of its own.
    pub fn recurring_result(&self) -> Option<bool> {
        self.root.get("RECURRINGOPERATION")?;
        Some(
            self.get("RESULT").is_some_and(|word| {
                word.eq_ignore_ascii_case("Successfull") || word.eq_ignore_ascii_case("Successful")
            }),
        )
    }

    /// What became of a charge, capture, void or refund on `order_id`.
    pub fn outcome(&self, order_id: &str) -> Outcome {
        if let Some(done) = self.recurring_result() {
            let stated = Stated { minor: None, currency: None, order_id: None };
            return if done {
                step::approved(step::order_ref(order_id), stated, None, Vec::new())
            } else {
                step::unknown("the cancellation was not confirmed")
            };
        }
        let words = self.words();
        match words.judge() {
            Judgement::Approved => {
                step::approved(self.bank_ref(order_id), self.stated(), Some("00".into()), self.attributes())
            }
            judgement => decline::noting(words.refused_outcome(&judgement), self.host_ref()),
        }
    }

    fn host_ref(&self) -> Option<(String, String)> {
        self.get("HostRefNum").map(|value| (attribute::HOST_REF.to_owned(), value.to_owned()))
    }

    /// The bank states no amount here, only the order.
    fn stated(&self) -> Stated {
        Stated { minor: None, currency: None, order_id: self.get("OrderId").map(str::to_owned) }
    }

    fn bank_ref(&self, order_id: &str) -> BankRef {
        let recurring = self.extra("RECURRINGID").map(|value| ("recurring-id".to_owned(), value.to_owned()));
        BankRef {
            bank_order_id: Some(self.get("OrderId").unwrap_or(order_id).to_owned()),
            transaction_id: self.get("TransId").map(str::to_owned),
            auth_code: self.get("AuthCode").map(str::to_owned),
            extra: self.host_ref().into_iter().chain(recurring).collect(),
        }
    }

    fn attributes(&self) -> Vec<(String, String)> {
        const SHOWN: [(&str, &str); 4] = [
            ("TRXDATE", "bank-time"),
            ("SETTLEID", "batch"),
            ("CARDBRAND", "card-brand"),
            ("CARDISSUER", "card-issuer"),
        ];
        let pairs =
            SHOWN.iter().filter_map(|(from, to)| self.extra(from).map(|value| ((*to).to_owned(), value.to_owned())));
        pairs.collect()
    }
}

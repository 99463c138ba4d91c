//! What the banks answer to a charge, capture, void or refund: `VPosTransactionResponseContract`, as a
//! document of its own or inside Kuveyt Türk's SOAP result.

use vezne_plugin::decline::{self, Meaning};
use vezne_plugin::turkish;
use vezne_plugin::xml::Tree;
use vezne_plugin::{BankRef, Fault, HttpResponse, Outcome, Stated, Terms, answer, step};

use crate::order;
use crate::settings::Bank;

/// Key in `extra`: the bank's reference number.
pub const REFERENCE: &str = "rrn";
/// Key in `extra`: the bank's trace number.
pub const STAN: &str = "stan";

/// Codes of Kuveyt Türk.
pub const KUVEYT: &str = include_str!("../declines/kuveyt.json");
/// Codes of Vakıf Katılım.
pub const KATILIM: &str = include_str!("../declines/katilim.json");

/// What a code means at a bank: its own table first, the common one for two digits.
pub fn meaning(bank: Bank, code: &str) -> Option<Meaning> {
    let own = decline::look_up(if bank == Bank::Kuveyt { KUVEYT } else { KATILIM }, code);
    own.or_else(|| if code.len() == 2 { decline::iso(code) } else { None })
}

/// Refusals that come without a code, by how their sentence begins.
const SENTENCES: [(&str, &str); 2] = [
    ("kismi iade islemi, satisla ayni gun", "SameDayPartialRefund"),
    ("iptal islemi satisla ayni gun", "NotTheSameDay"),
];

/// A complete answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The contract's fields.
    fields: Tree,
    /// `ErrorCode` of the service's first result.
    error_code: Option<String>,
    /// `ErrorMessage` of the same.
    error_message: Option<String>,
    /// The service's own word.
    success: Option<bool>,
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

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Booking {
    /// A charge or reservation: the bank repeats order and amount, and gives an authorization.
    Charge,
    /// A capture, void or refund of one.
    Change,
}

/// A whole document. An error page or half of one is none.
pub fn document(response: &HttpResponse) -> Result<Tree, Fault> {
    let body = answer::whole(response, &[])?;
    Tree::read(body, answer::content_type(response))
}

/// The service's `…Response` element.
pub fn service_response(envelope: &Tree) -> Result<&Tree, Fault> {
    let is_envelope = envelope.name.rsplit(':').next() == Some("Envelope");
    let body = envelope.local("Body").filter(|_| is_envelope);
    match body.map(|body| body.children.as_slice()) {
        Some([response]) if response.name.ends_with("Response") => Ok(response),
        _ => Err(Fault::UnreadableAnswer("the service did not answer the operation".into())),
    }
}

impl Answer {
    /// Of the XML gate.
    pub fn read(response: &HttpResponse) -> Result<Self, Fault> {
        Self::of_contract(document(response)?)
    }

    /// Of the SOAP service.
    pub fn read_service(response: &HttpResponse) -> Result<Self, Fault> {
        Self::of_service(service_response(&document(response)?)?)
    }

    /// Of a contract.
    pub fn of_contract(root: Tree) -> Result<Self, Fault> {
        if root.name != "VPosTransactionResponseContract" {
            return Err(Fault::UnreadableAnswer("the answer is not a VPosTransactionResponseContract".into()));
        }
        Ok(Self { fields: root, error_code: None, error_message: None, success: None })
    }

    /// Of an operation's response.
    pub fn of_service(response: &Tree) -> Result<Self, Fault> {
        let result = match response.children.as_slice() {
            [result] if result.name.ends_with("Result") => result,
            _ => return Err(Fault::UnreadableAnswer("the service's answer has no result".into())),
        };
        let first = result.at("Results").and_then(|results| results.all("Result").next());
        let error = |name: &str| first.and_then(|error| error.filled(name)).map(str::to_owned);
        Ok(Self {
            fields: result.at("Value").cloned().unwrap_or_default(),
            error_code: error("ErrorCode"),
            error_message: error("ErrorMessage"),
            success: result.filled("Success").map(|word| word == "1" || word.eq_ignore_ascii_case("true")),
        })
    }

    /// A filled field: `OrderId`, `VPosMessage/Amount`, …
    pub fn get(&self, path: &str) -> Option<&str> {
        self.fields.filled(path)
    }

    /// A field of the message that the bank repeats, under either of its names.
    pub fn repeated(&self, name: &str) -> Option<&str> {
        let message = self.fields.at("VPosMessage").or_else(|| self.fields.at("VPosMessageContract"))?;
        message.filled(name)
    }

    /// An element of the answer.
    pub fn at(&self, path: &str) -> Option<&Tree> {
        self.fields.at(path)
    }

    /// Everything below the result.
    pub fn fields(&self) -> &Tree {
        &self.fields
    }

    /// `00` is yes.
    pub fn code(&self) -> Option<&str> {
        self.get("ResponseCode")
    }

    /// The code that says why not.
    pub fn error_code(&self) -> Option<&str> {
        self.error_code.as_deref().or_else(|| self.code().filter(|code| *code != "00"))
    }

    /// For people.
    pub fn message(&self) -> Option<&str> {
        self.error_message.as_deref().or_else(|| self.get("ResponseMessage"))
    }

    /// The service said in so many words that it failed.
    pub fn failed(&self) -> bool {
        self.success == Some(false)
    }

    /// The service said in so many words that it succeeded.
    pub fn succeeded(&self) -> bool {
        self.success == Some(true)
    }

    /// A code of no table, a duplicate and a timeout settle nothing, nor do two words that disagree.
    pub fn judge(&self, bank: Bank) -> Judgement {
        match self.code() {
            Some("00") if self.failed() || self.error_code.is_some() => {
                Judgement::Unclear("the code says yes and the result does not".into())
            }
            Some("00") => Judgement::Approved,
            code => self.refusal(bank, code),
        }
    }

    fn refusal(&self, bank: Bank, code: Option<&str>) -> Judgement {
        let words = [self.error_code.as_deref(), self.sentence().filter(|_| self.error_code.is_none()), code];
        let known: Vec<(&str, Meaning)> =
            words.into_iter().flatten().filter_map(|code| Some((code, meaning(bank, code)?))).collect();
        // The data layer's wrapper says nothing by itself, so it does not outweigh the reason in it.
        let wrapped = |code: &str| code == "DbLayerError" && known.len() > 1;
        let deciding = known.iter().filter(|(code, _)| !wrapped(code));
        match deciding.clone().find(|(_, meaning)| !meaning.class.is_refusal()).or(deciding.clone().next()) {
            Some((code, meaning)) if meaning.class.is_refusal() => {
                Judgement::Refused((*code).to_owned(), meaning.clone())
            }
            Some((code, meaning)) => Judgement::Unclear(format!("{code} means {}", meaning.class.as_str())),
            None => Judgement::Unclear(format!("{} is in no table", self.error_code().unwrap_or("no code"))),
        }
    }

    fn sentence(&self) -> Option<&'static str> {
        let said = turkish::ascii(self.message()?).to_ascii_lowercase();
        SENTENCES.iter().find(|(beginning, _)| said.starts_with(beginning)).map(|(_, code)| *code)
    }

    /// What became of an operation on `order_id`.
    pub fn outcome(&self, bank: Bank, order_id: &str, terms: Option<&Terms>, booking: Booking) -> Outcome {
        match self.judge(bank) {
            // The step before a charge is answered with 00 as well: only an authorization is a charge.
            Judgement::Approved if booking == Booking::Charge && self.get("ProvisionNumber").is_none() => {
                step::unknown("the answer says yes without an authorization")
            }
            Judgement::Approved => {
                let stated = self.stated(terms, booking);
                step::approved(self.bank_ref(order_id), stated, Some("00".into()), self.attributes())
            }
            Judgement::Refused(code, meaning) => meaning.outcome(&code, self.message()),
            Judgement::Unclear(why) => step::unknown(why),
        }
    }

    /// Amounts are repeated only where something is charged: a whole refund says `0`.
    fn stated(&self, terms: Option<&Terms>, booking: Booking) -> Stated {
        let order_id = self.get("MerchantOrderId").map(str::to_owned);
        if let (Booking::Charge, Some(terms)) = (booking, terms) {
            return Stated {
                minor: self.repeated("Amount").map(|text| order::minor(text, terms.amount.exponent).unwrap_or(-1)),
                currency: self.repeated("CurrencyCode").map(order::iso_currency),
                order_id,
            };
        }
        // A void has no terms: a currency in its answer would be one nobody asked for.
        let named = terms.and_then(|_| self.get("CurrencyCode")).filter(|code| code.bytes().any(|digit| digit != b'0'));
        Stated { minor: None, currency: named.map(order::iso_currency), order_id }
    }

    fn bank_ref(&self, order_id: &str) -> BankRef {
        let pair = |name: &str, key: &str| self.get(name).map(|value| (key.to_owned(), value.to_owned()));
        BankRef {
            transaction_id: self.get("OrderId").filter(|id| *id != "0").map(str::to_owned),
            auth_code: self.get("ProvisionNumber").map(str::to_owned),
            extra: [pair("RRN", REFERENCE), pair("Stan", STAN)].into_iter().flatten().collect(),
            ..step::order_ref(order_id)
        }
    }

    fn attributes(&self) -> Vec<(String, String)> {
        let time = self.get("TransactionTime").filter(|time| !time.starts_with("0001"));
        let batch = self.repeated("BatchID").or_else(|| self.repeated("BatchId"));
        let pair = |key: &str, value: Option<&str>| value.map(|value| (key.to_owned(), value.to_owned()));
        [pair("bank-time", time), pair("batch", batch)].into_iter().flatten().collect()
    }
}

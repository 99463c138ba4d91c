//! `OrderContract`: the line the banks keep for an order, and what it has come to.

use vezne_plugin::xml::Tree;
use vezne_plugin::{BankRef, Fault, HttpResponse, amount, step};

use crate::answer::{self, Answer, REFERENCE, STAN};
use crate::order;
use crate::settings::Bank;

/// What an order has come to (`OrderStatus`, `LastOrderStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// `1`: charged.
    Charged,
    /// `4`: given back whole.
    Refunded,
    /// `5`: given back in part.
    PartlyRefunded,
    /// `6`: voided.
    Voided,
    /// Anything else.
    Unclear,
}

impl Standing {
    /// By the bank's number.
    pub fn of(number: &str) -> Self {
        match number {
            "1" => Self::Charged,
            "4" => Self::Refunded,
            "5" => Self::PartlyRefunded,
            "6" => Self::Voided,
            _ => Self::Unclear,
        }
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(Tree);

impl Row {
    /// Of an `OrderContract`.
    pub fn of(contract: Tree) -> Self {
        Self(contract)
    }

    /// A filled field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.filled(name)
    }

    /// Our order number.
    pub fn order_id(&self) -> Option<&str> {
        self.get("MerchantOrderId")
    }

    /// What the line itself is: a charge, or a void of one.
    pub fn kind(&self) -> Standing {
        Standing::of(self.get("OrderStatus").unwrap_or_default())
    }

    /// Not the line of a void or refund.
    pub fn is_charge(&self) -> bool {
        !matches!(self.kind(), Standing::Refunded | Standing::PartlyRefunded | Standing::Voided)
    }

    /// What the order has come to since.
    pub fn last(&self) -> Standing {
        Standing::of(self.get("LastOrderStatus").unwrap_or_default())
    }

    /// `00` is yes.
    pub fn code(&self) -> Option<&str> {
        self.get("ResponseCode")
    }

    /// Succeeded. Kuveyt Türk's lines and Vakıf Katılım's say so twice.
    pub fn succeeded(&self) -> bool {
        self.code() == Some("00") && self.get("TransactionStatus") == Some("1")
    }

    /// Failed for good.
    pub fn failed(&self) -> bool {
        self.get("TransactionStatus") == Some("2") && self.code() != Some("00")
    }

    /// An amount (`FirstAmount`, `DrawbackAmount`, …): decimals here, hundredths everywhere else.
    pub fn minor(&self, name: &str, exponent: u8) -> Option<i64> {
        amount::parse_decimal(self.get(name)?, exponent)
    }

    /// ISO 4217 number.
    pub fn currency(&self) -> Option<String> {
        self.get("FEC").map(order::iso_currency)
    }

    /// How the bank finds it again.
    pub fn bank_ref(&self, order_id: &str) -> BankRef {
        let pair = |name: &str, key: &str| self.get(name).map(|value| (key.to_owned(), value.to_owned()));
        BankRef {
            transaction_id: self.get("OrderId").filter(|id| *id != "0").map(str::to_owned),
            auth_code: self.get("ProvNumber").map(str::to_owned),
            extra: [pair("RRN", REFERENCE), pair("Stan", STAN)].into_iter().flatten().collect(),
            ..step::order_ref(order_id)
        }
    }
}

/// What an answer to a question comes to.
#[derive(Debug, Clone)]
pub enum Found {
    /// The lines, as the bank lists them.
    Rows(Vec<Row>),
    /// The bank has no such order, in so many words.
    Nothing,
    /// It did not answer the question.
    Unclear(String),
}

/// Reads the answer to a question.
pub fn read(bank: Bank, response: &HttpResponse) -> Result<Found, Fault> {
    let document = answer::document(response)?;
    Ok(match bank {
        Bank::Kuveyt => service(&Answer::of_service(answer::service_response(&document)?)?),
        Bank::Katilim => listed(&Answer::of_contract(document)?),
    })
}

/// Of `GetMerchantOrderDetail`. An order it does not have is a success without lines.
pub fn service(answer: &Answer) -> Found {
    match contracts(answer.fields().all("OrderContract").collect()) {
        Some(rows) => Found::Rows(rows),
        None if answer.failed() || answer.error_code().is_some() => refused(Bank::Kuveyt, answer),
        None if answer.succeeded() => Found::Nothing,
        None => Found::Unclear("the answer has neither an order nor a reason".into()),
    }
}

/// Of `SelectOrderByMerchantOrderId` and `SelectOrder`.
pub fn listed(answer: &Answer) -> Found {
    if answer.code() != Some("00") {
        return refused(Bank::Katilim, answer);
    }
    let rows = answer.at("VPosOrderData").map_or_else(Vec::new, |data| data.all("OrderContract").collect());
    contracts(rows).map_or_else(|| Found::Unclear("the answer says yes and lists nothing".into()), Found::Rows)
}

fn contracts(found: Vec<&Tree>) -> Option<Vec<Row>> {
    if found.is_empty() { None } else { Some(found.into_iter().cloned().map(Row::of).collect()) }
}

fn refused(bank: Bank, answer: &Answer) -> Found {
    let code = answer.error_code().unwrap_or("no code");
    let class = answer::meaning(bank, code).map(|meaning| meaning.class);
    if class == Some(vezne_plugin::decline::Class::NotFound) {
        Found::Nothing
    } else {
        Found::Unclear(format!("the question was refused with {code}"))
    }
}

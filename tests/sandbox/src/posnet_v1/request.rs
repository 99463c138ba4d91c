//! What a request must look like before the bank looks at the order.

use serde_json::Value;

use crate::bank::Bank;
use crate::book::Kind;
use crate::fault::Op;
use crate::issuer::{CodeCheck, IssuedCard};
use crate::posnet::money::{self, ORDER_CHARS, Refused, Undo, no, packet};
use crate::secret::same;
use crate::store::Store;
use crate::visit::Ordered;

use super::mac;
use super::store::Account;

/// What a sale or reservation with the card is signed over.
pub const CARD_LIST: &str = "MerchantNo:TerminalNo:CardNo:Cvc2:ExpireDate:Amount";
const PROOF_LIST: &str = "MerchantNo:TerminalNo:SecureTransactionId:CavvData:Eci:MdStatus";
const STORE_LIST: &str = "MerchantNo:TerminalNo";
const REFERENCE_LIST: &str = "MerchantNo:TerminalNo:ReferenceCode:OrderId";

/// One method of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `Sale` or `Auth`.
    Charge(Kind),
    /// `Capture`.
    Capture,
    /// `Reverse`.
    Void,
    /// `Return`.
    Refund,
    /// `TransactionInquiry`.
    Inquiry,
}

impl Method {
    /// By the last part of the path.
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "Sale" => Self::Charge(Kind::Auth),
            "Auth" => Self::Charge(Kind::PreAuth),
            "Capture" => Self::Capture,
            "Reverse" => Self::Void,
            "Return" => Self::Refund,
            "TransactionInquiry" => Self::Inquiry,
            _ => return None,
        })
    }

    /// For faults and the log.
    pub fn op(self) -> Op {
        match self {
            Self::Charge(Kind::PreAuth) => Op::PreAuth,
            Self::Charge(_) => Op::Auth,
            Self::Capture => Op::PostAuth,
            Self::Void => Op::Void,
            Self::Refund => Op::Credit,
            Self::Inquiry => Op::Status,
        }
    }
}

/// A request that was read.
pub struct Request {
    body: Value,
    /// What is asked for.
    pub method: Method,
}

/// Text of a value, the digits of a number; empty for anything else.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// The first value of a name, wherever it is.
fn find<'a>(body: &'a Value, name: &str) -> Option<&'a Value> {
    let members = body.as_object()?;
    members.get(name).or_else(|| members.values().find_map(|below| find(below, name)))
}

impl Request {
    /// From a body.
    pub fn read(method: &str, body: &[u8]) -> Result<Self, Refused> {
        let method = Method::of(method).ok_or_else(|| packet("METHOD"))?;
        let body: Value = serde_json::from_slice(body).map_err(|_| packet("JSON"))?;
        if !body.is_object() {
            return Err(packet("JSON"));
        }
        let request = Self { body, method };
        if (request.get("ApiType").as_str(), request.get("ApiVersion").as_str()) != ("JSON", "V100") {
            return Err(packet("APIVERSION"));
        }
        Ok(request)
    }

    /// A member, empty if absent or `null`.
    pub fn get(&self, name: &str) -> String {
        self.body.get(name).map(text_of).unwrap_or_default()
    }

    fn card_field(&self, name: &str) -> String {
        self.body.get("CardInformationData").and_then(|card| card.get(name)).map(text_of).unwrap_or_default()
    }

    /// A member of what the page vouched for.
    pub fn proof(&self, name: &str) -> String {
        self.body.get("ThreeDSecureData").and_then(|proof| proof.get(name)).map(text_of).unwrap_or_default()
    }

    /// Is it a charge of what the page authenticated?
    pub fn is_provision(&self) -> bool {
        matches!(self.method, Method::Charge(_)) && self.body.get("ThreeDSecureData").is_some_and(Value::is_object)
    }

    /// The store that asks, if the request is signed with its key over what this method is signed over.
    pub fn caller<'a>(&self, bank: &'a Bank) -> Result<(&'a Store, &'a Account), Refused> {
        let (merchant, terminal) = (self.get("MerchantNo"), self.get("TerminalNo"));
        let found = bank.find_store::<Account>(|s, a| s.id == merchant && a.terminal == terminal);
        let (store, account) = found.ok_or_else(|| no("0148"))?;
        let list = match self.method {
            Method::Charge(_) if self.is_provision() => PROOF_LIST,
            Method::Charge(_) => CARD_LIST,
            Method::Capture | Method::Inquiry => STORE_LIST,
            Method::Void | Method::Refund => REFERENCE_LIST,
        };
        let values: Vec<String> =
            list.split(':').map(|name| find(&self.body, name).map(text_of).unwrap_or_default()).collect();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let signed = self.get("MACParams") == list && same(&mac::of(account, &values), &self.get("MAC"));
        if signed { Ok((store, account)) } else { Err(no("0600")) }
    }

    /// A whole number of minor units.
    pub fn amount(&self) -> Result<i64, Refused> {
        match self.body.get("Amount") {
            Some(Value::Number(number)) => money::amount(&number.to_string()),
            _ => Err(no("0205")),
        }
    }

    /// Is an amount named at all?
    pub fn names_amount(&self) -> bool {
        self.body.get("Amount").is_some_and(|amount| !amount.is_null())
    }

    /// ISO 4217 numeric.
    pub fn currency(&self) -> Result<&'static str, Refused> {
        money::currency(&self.get("CurrencyCode"))
    }

    /// A count as text, and the letter that must fit it.
    pub fn installments(&self, currency: &str) -> Result<u8, Refused> {
        let (count, kind) = (self.get("InstallmentCount"), self.get("InstallmentType"));
        let count = count.parse::<u8>().map_err(|_| packet("INSTALLMENTCOUNT"))?;
        if kind != if count > 1 { "Y" } else { "N" } {
            return Err(packet("INSTALLMENTTYPE"));
        }
        money::installments(count, currency)
    }

    /// What a sale or reservation orders.
    pub fn ordered(&self, kind: Kind) -> Result<Ordered, Refused> {
        let order = self.get("OrderId");
        if order.len() != ORDER_CHARS || !money::is_plain(&order) {
            return Err(packet("ORDERID"));
        }
        let currency = self.currency()?;
        let installments = self.installments(currency)?;
        if !matches!(self.get("KOICode").as_str(), "" | "1" | "2" | "3" | "4" | "5" | "6") {
            return Err(no("0215"));
        }
        Ok(Ordered { kind, order, amount: self.amount()?, currency: currency.to_owned(), installments })
    }

    /// The card of a sale or reservation. Without a code only in mail order, and that only at stores that may.
    pub fn card(&self, store: &Store) -> Result<IssuedCard, Refused> {
        let mail_order = match self.get("IsMailOrder").as_str() {
            "Y" if store.mail_order => true,
            "Y" => return Err(no("0058")),
            "N" => false,
            _ => return Err(packet("ISMAILORDER")),
        };
        let code = Some(self.card_field("Cvc2")).filter(|code| !code.is_empty());
        let card = money::card(&self.card_field("CardNo"), &self.card_field("ExpireDate"), code.as_deref())?;
        if card.code == CodeCheck::Absent && !mail_order { Err(packet("CVC")) } else { Ok(card) }
    }

    /// The order an operation speaks of, and the bank's key if it names one.
    pub fn original(&self, bank: &Bank, store: &Store) -> Result<(String, Option<String>), Refused> {
        let (key, address) = (self.get("ReferenceCode"), self.get("OrderId"));
        if !key.is_empty() {
            return Ok((money::order_of_key(bank, store, &key)?, Some(key)));
        }
        if address.len() != 24 || !money::is_plain(&address) || self.method == Method::Capture {
            return Err(packet("ORDERID"));
        }
        let order = money::order_of_address(bank, store, &address);
        Ok((order.ok_or_else(|| no(if self.method == Method::Inquiry { "E219" } else { "0123" }))?, None))
    }

    /// What a void undoes, and what a refund is of.
    pub fn transaction(&self) -> Result<Undo, Refused> {
        Ok(match self.get("TransactionType").as_str() {
            "Sale" => Undo::Sale,
            "Auth" => Undo::Hold,
            "Capture" => Undo::Capture,
            "Return" if self.method == Method::Void => Undo::Refund,
            _ => return Err(no("0202")),
        })
    }
}

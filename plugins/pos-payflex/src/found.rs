//! The answer to a search: the transactions the bank keeps.

use vezne_plugin::decline::Class;
use vezne_plugin::xml::Tree;
use vezne_plugin::{BankRef, Fault, HttpResponse, amount, step};

use crate::answer::{self, SUCCESS};

/// One transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(Tree);

impl Row {
    /// A filled field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.filled(name)
    }

    /// `0000` is yes.
    pub fn code(&self) -> Option<&str> {
        self.get("ResultCode")
    }

    /// Succeeded.
    pub fn succeeded(&self) -> bool {
        self.code() == Some(SUCCESS)
    }

    /// `Sale`, `Auth`, `Capture`, `Cancel`, `Refund`.
    pub fn is(&self, kinds: &[&str]) -> bool {
        self.get("TransactionType").is_some_and(|kind| kinds.contains(&kind))
    }

    /// A flag: `IsCanceled`, `IsRefunded`, `IsReversed`. `None` if the bank does not say.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.get(name)?.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// Voided by us (`IsCanceled`) or by the bank for technical reasons (`IsReversed`).
    pub fn voided(&self) -> Option<bool> {
        match (self.flag("IsCanceled"), self.flag("IsReversed")) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        }
    }

    /// What was charged or given back.
    pub fn minor(&self, exponent: u8) -> Option<i64> {
        amount::parse_decimal(self.get("CurrencyAmount")?, exponent)
    }

    /// ISO 4217 number: in `AmountCode`, `CurrencyCode` being empty here.
    pub fn currency(&self) -> Option<&str> {
        self.get("AmountCode").or_else(|| self.get("CurrencyCode"))
    }

    /// How the bank finds it again.
    pub fn bank_ref(&self, order_id: &str) -> BankRef {
        BankRef {
            transaction_id: self.get("TransactionId").map(str::to_owned),
            auth_code: self.get("AuthCode").map(str::to_owned),
            extra: self.get("Rrn").map(|value| ("rrn".to_owned(), value.to_owned())).into_iter().collect(),
            ..step::order_ref(order_id)
        }
    }
}

/// What an answer to a search comes to.
#[derive(Debug, Clone)]
pub enum Found {
    /// The transactions.
    Rows(Vec<Row>),
    /// The bank has none, in so many words.
    Nothing,
    /// It did not answer the question.
    Unclear(String),
}

/// Reads an answer.
pub fn read(response: &HttpResponse) -> Result<Found, Fault> {
    of(&answer::document(response)?)
}

/// Of a document. A refusal of the question says nothing of what was asked about.
pub fn of(root: &Tree) -> Result<Found, Fault> {
    let info =
        root.at("ResponseInfo").ok_or_else(|| Fault::UnreadableAnswer("the answer has no ResponseInfo".into()))?;
    let code = info.filled("ResponseCode").unwrap_or("no code");
    let says_yes = info.filled("Status").is_some_and(|word| word.eq_ignore_ascii_case("Success"));
    if code != SUCCESS || !says_yes {
        let class = answer::meaning(code).map(|meaning| meaning.class);
        return Ok(if class == Some(Class::NotFound) && !says_yes {
            Found::Nothing
        } else {
            Found::Unclear(format!("the question was refused with {code}"))
        });
    }
    let rows: Vec<Row> = root
        .at("TransactionSearchResultInfo")
        .map_or_else(Vec::new, |list| list.all("TransactionSearchResultInfo").cloned().map(Row).collect());
    let count = root.filled("TotalItemCount");
    Ok(match (rows.is_empty(), count) {
        (false, _) => Found::Rows(rows),
        (true, Some("0")) => Found::Nothing,
        (true, _) => Found::Unclear("the answer says yes and lists nothing".into()),
    })
}

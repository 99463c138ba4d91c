//! What the JSON service answers.

use posnet_orders::codes;
use posnet_orders::question::STANDS_AS;
pub use posnet_orders::row::Found;
use posnet_orders::row::{Kind, Row, Standing};
use posnet_orders::written;
use vezne_plugin::json::Tree;
use vezne_plugin::{BankRef, Fault, HttpResponse, Outcome, answer, step};

/// A complete answer.
#[derive(Debug, Clone)]
pub struct Answer {
    root: Tree,
}

/// What the deciding word comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// Yes: `00`, and `0000` to a question.
    Approved,
    /// The order number was used before: by us, if the bank's book says so.
    UsedBefore,
    /// No; the code says why.
    Refused,
    /// Neither.
    Unclear,
}

impl Answer {
    /// Of a whole HTTP answer. An error page, another document or half of one is no answer.
    pub fn read(response: &HttpResponse) -> Result<Self, Fault> {
        let body = answer::whole(response, &[])?;
        Self::of(Tree::read(body)?)
    }

    /// Of a document.
    pub fn of(root: Tree) -> Result<Self, Fault> {
        match root.get("ServiceResponseData") {
            Some(data) if data.is_object() => Ok(Self { root }),
            _ => Err(Fault::UnreadableAnswer("the answer has no ServiceResponseData".into())),
        }
    }

    /// A filled field: `AuthCode`, `InstallmentData/InstallmentCount`, …
    pub fn get(&self, path: &str) -> Option<&str> {
        self.root.filled(path)
    }

    /// The deciding word.
    pub fn code(&self) -> Option<&str> {
        self.get("ServiceResponseData/ResponseCode")
    }

    /// For people.
    pub fn message(&self) -> Option<&str> {
        self.get("ServiceResponseData/ResponseDescription")
    }

    /// The bank's key.
    pub fn key(&self) -> Option<&str> {
        self.get("ReferenceCode")
    }

    /// What the word comes to.
    pub fn judge(&self) -> Judgement {
        match self.code() {
            Some("00" | "0000") => Judgement::Approved,
            Some("0127") => Judgement::UsedBefore,
            Some(_) => Judgement::Refused,
            None => Judgement::Unclear,
        }
    }

    /// The outcome where the judgement is not a yes.
    pub fn not_approved(&self) -> Outcome {
        match self.judge() {
            Judgement::Approved => step::unknown("an approval is not a refusal"),
            Judgement::Unclear => step::unknown("the answer has no code"),
            Judgement::UsedBefore | Judgement::Refused => codes::refused(self.code(), self.message()),
        }
    }

    /// The outcome of a yes. The bank states neither amount nor order here. `stands_as` is what the
    /// transaction is to a later void.
    pub fn approval(&self, order: &str, stands_as: &str) -> Outcome {
        let bank = BankRef {
            transaction_id: self.key().map(str::to_owned),
            auth_code: self.get("AuthCode").filter(|code| code.bytes().any(|byte| byte != b'0')).map(str::to_owned),
            extra: vec![(STANDS_AS.to_owned(), stands_as.to_owned())],
            ..step::order_ref(order)
        };
        let count = self.get("InstallmentData/InstallmentCount");
        let attributes = count.map(|count| ("instalments".to_owned(), count.to_owned())).into_iter().collect();
        step::approved(bank, step::nothing_stated(), self.code().map(str::to_owned), attributes)
    }

    /// Reads an answer to a question.
    pub fn found(&self) -> Found {
        match (self.judge(), self.code()) {
            (Judgement::Approved, _) => {}
            (_, Some("E219")) => return Found::Nothing,
            (_, code) => return Found::Unclear(format!("the question was refused with {}", code.unwrap_or("no code"))),
        }
        let listed = self.root.items("TransactionData");
        if listed.is_empty() {
            return Found::Unclear("the answer lists no transactions".into());
        }
        match listed.iter().map(row).collect::<Option<Vec<Row>>>() {
            Some(rows) => Found::Rows(rows),
            None => Found::Unclear("the answer lists a transaction that cannot be read".into()),
        }
    }
}

fn row(item: &Tree) -> Option<Row> {
    let field = |name: &str| item.filled(name).map(str::to_owned);
    Some(Row {
        kind: Kind::of(item.filled("TransactionType")?),
        // 1 is what counts. The library's remark that all but captures and voids are 0 contradicts the bank's
        // own samples, so 0 alone decides nothing.
        standing: match item.filled("TransactionStatus") {
            Some("1") => Standing::Effective,
            _ => Standing::Unclear,
        },
        code: field("TransactionStatus"),
        order: field("OrderId"),
        key: field("HostLogKey"),
        auth_code: field("AuthCode"),
        // An amount that is there and cannot be read must not pass for one that is not there.
        minor: item.filled("Amount").map_or(Some(None), |text| written::turkish_amount(text).map(Some))?,
        currency: item.filled("CurrencyCode").map(|letters| written::iso_currency(letters).to_owned()),
        at_ms: item.filled("TransactionDate").and_then(written::epoch_ms),
        masked_card: field("CardNo"),
    })
}

//! What the API answers.

use vezne_plugin::decline::{self, Meaning};
use vezne_plugin::json::Tree;
use vezne_plugin::{BankRef, Fault, HttpResponse, Outcome, Stated, amount, answer, step};

/// The platform's own codes (`status_code`).
pub const CODES: &str = include_str!("../declines/ccpayment.json");
/// Meanings of `md_status`.
pub const MD_STATUS: &str = include_str!("../declines/md_status.json");

/// Yes.
pub const DONE: &str = "100";
/// A refund that the platform's staff will look at first.
pub const QUEUED: &str = "101";
/// The card's bank said no; which of its codes, another field may tell.
const OF_THE_BANK: [&str; 2] = ["41", "105"];
/// Every currency the platform documents has two decimals.
pub const EXPONENT: u8 = 2;

const TOKEN_CHARS_MAX: usize = 4_096;

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
    /// Accepted, and not done yet.
    Queued,
    /// No, and nothing was booked.
    Refused(String, Meaning),
    /// Not clearly one or the other.
    Unclear(String),
}

impl Answer {
    /// Of a whole HTTP answer. An error page, another document or half of one is no answer.
    pub fn read(response: &HttpResponse) -> Result<Self, Fault> {
        let body = answer::whole(response, &[])?;
        let answer = Self { tree: Tree::read(body)? };
        match answer.code() {
            Some(_) => Ok(answer),
            None => Err(Fault::UnreadableAnswer("the answer has no status_code".into())),
        }
    }

    /// The platform's code.
    pub fn code(&self) -> Option<&str> {
        self.tree.filled("status_code")
    }

    /// A filled field: the platform puts them under `data`, or beside the code.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.tree.get("data").and_then(|data| data.filled(name)).or_else(|| self.tree.filled(name))
    }

    /// An amount of money, in minor units.
    pub fn minor(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(|text| amount::parse_decimal(text, EXPONENT))
    }

    /// A token, if this is one's answer.
    pub fn token(&self) -> Option<&str> {
        let plain = |token: &&str| token.len() <= TOKEN_CHARS_MAX && token.bytes().all(|byte| byte.is_ascii_graphic());
        self.get("token").filter(|_| self.code() == Some(DONE)).filter(plain)
    }

    /// What staff may read.
    pub fn text(&self) -> Option<&str> {
        let names = ["original_bank_error_description", "bank_status_description", "status_description", "message"];
        names.into_iter().find_map(|name| self.get(name))
    }

    /// The code of the card's bank, where the platform passes it on.
    pub fn bank_code(&self) -> Option<&str> {
        self.get("original_bank_error_code").or_else(|| self.get("bank_status_code"))
    }

    /// A yes needs the code and, where it is there, the payment's own status; a no needs a code that means one,
    /// and nothing that says otherwise.
    pub fn judge(&self) -> Judgement {
        let unclear = |why: &str| Judgement::Unclear(why.to_owned());
        let code = self.code().unwrap_or_default();
        match (code, self.get("payment_status")) {
            (DONE, None | Some("1")) => Judgement::Approved,
            (DONE, Some(_)) => unclear("the answer says yes, and that it is not paid"),
            (_, Some("1")) => unclear("the answer says no, and that it is paid"),
            (QUEUED, _) => Judgement::Queued,
            (code, _) => self.refusal(code),
        }
    }

    /// What a code that is no yes means.
    pub fn refusal(&self, code: &str) -> Judgement {
        let Some(meaning) = decline::look_up(CODES, code) else {
            return Judgement::Unclear(format!("{code} is in no table"));
        };
        if !meaning.class.is_refusal() {
            return Judgement::Unclear(format!("{code} means {}", meaning.class.as_str()));
        }
        let bank = self.bank_code().filter(|_| OF_THE_BANK.contains(&code));
        match bank.and_then(|bank| decline::iso(bank).map(|meaning| (bank, meaning))) {
            Some((bank, finer)) if finer.class.is_refusal() => Judgement::Refused(bank.to_owned(), finer),
            Some((bank, other)) => Judgement::Unclear(format!("{bank} of the bank means {}", other.class.as_str())),
            None => Judgement::Refused(code.to_owned(), meaning),
        }
    }

    /// What became of a write.
    pub fn outcome(&self, order_id: &str) -> Outcome {
        match self.judge() {
            Judgement::Approved => {
                let stated = Stated {
                    minor: self.minor("amount"),
                    currency: None,
                    order_id: self.get("invoice_id").map(str::to_owned),
                };
                step::approved(self.bank_ref(order_id), stated, Some(DONE.into()), Vec::new())
            }
            Judgement::Queued => {
                let mut known = self.bank_ref(order_id);
                known.extra.push((crate::inquiry::QUEUED_REFUND.to_owned(), "true".to_owned()));
                Outcome::Pending(known)
            }
            Judgement::Refused(code, meaning) => meaning.outcome(&code, self.text()),
            Judgement::Unclear(why) => step::unknown(why),
        }
    }

    /// Where the platform keeps it.
    pub fn bank_ref(&self, order_id: &str) -> BankRef {
        let number = self.get("order_id").or_else(|| self.get("order_no"));
        let of_bank = self.get("host_reference_id").or_else(|| self.get("ref_number"));
        BankRef {
            bank_order_id: Some(order_id.to_owned()),
            transaction_id: number.map(str::to_owned),
            auth_code: self.get("auth_code").map(str::to_owned),
            extra: of_bank.map(|value| ("host-ref".to_owned(), value.to_owned())).into_iter().collect(),
        }
    }
}

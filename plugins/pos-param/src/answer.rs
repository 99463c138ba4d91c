//! What the service answers to a charge, completion, capture, void or refund.

use vezne_plugin::decline::{self, Meaning};
use vezne_plugin::xml::Tree;
use vezne_plugin::{BankRef, Decline, Outcome, Stated, step, words};

use crate::message;

/// Param's own table, by `Sonuc`.
pub const CODES: &str = include_str!("../declines/param.json");

/// `UCD_HTML` or `UCD_URL` of a charge that needed no gate.
const WITHOUT_GATE: &str = "NONSECURE";

/// The result of one operation.
#[derive(Debug, Clone)]
pub struct Answer {
    operation: String,
    result: Tree,
}

/// What an answer comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgement {
    /// Yes.
    Approved,
    /// Neither: Param wants the payer at the gate first.
    WantsGate,
    /// No, and nothing was booked.
    Refused(String, Meaning),
    /// Not clearly one or the other.
    Unclear(String),
}

/// Whether a number is there and above zero, which is Param's word for success.
pub fn is_positive(text: Option<&str>) -> bool {
    text.and_then(|text| text.trim().parse::<i64>().ok()).is_some_and(|number| number > 0)
}

impl Answer {
    /// Of an operation's result.
    pub fn of(operation: &str, result: Tree) -> Self {
        Self { operation: operation.to_owned(), result }
    }

    /// A filled field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.result.filled(name)
    }

    /// `Sonuc`: above zero is success.
    pub fn code(&self) -> Option<&str> {
        self.get("Sonuc")
    }

    /// For people. The operations do not agree on its name.
    pub fn message(&self) -> Option<&str> {
        self.get("Sonuc_Str").or_else(|| self.get("Sonuc_Ack")).or_else(|| self.get("Bank_HostMsg"))
    }

    /// The code of the card's bank. `99` is a gateway's wrapper: the reason is then inside `Bank_Extra`.
    pub fn bank_code(&self) -> Option<&str> {
        let is_code = |code: &&str| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_digit()) && *code != "00";
        let stated = self.get("Banka_Sonuc_Kod").or_else(|| self.get("Bank_Sonuc_Kod")).filter(is_code);
        let inner = || {
            let extra = self.get("Bank_Extra")?;
            let after = &extra[extra.find("ISO8583-")? + "ISO8583-".len()..];
            after.get(..2).filter(is_code)
        };
        stated.filter(|code| *code != "99").or_else(inner)
    }

    /// The number of the receipt: what a charge has when it was one.
    pub fn receipt(&self) -> Option<&str> {
        self.get("Dekont_ID").or_else(|| self.get("Islem_ID"))
    }

    /// The gate's page or address.
    pub fn gate(&self) -> Option<&str> {
        self.get("UCD_HTML").or_else(|| self.get("UCD_URL"))
    }

    /// What it comes to.
    pub fn judge(&self) -> Judgement {
        if !is_positive(self.code()) {
            return self.refusal();
        }
        match self.operation.as_str() {
            message::SALE | message::SALE_FOREIGN | message::RESERVE | message::SALE_AT_GATE => match self.gate() {
                Some(WITHOUT_GATE) if is_positive(self.get("Islem_ID")) => Judgement::Approved,
                Some(WITHOUT_GATE) | None => Judgement::Unclear("it succeeded without a receipt".into()),
                Some(_) => Judgement::WantsGate,
            },
            message::COMPLETE if is_positive(self.get("Dekont_ID")) => Judgement::Approved,
            message::COMPLETE => Judgement::Unclear("it succeeded without a receipt".into()),
            _ => Judgement::Approved,
        }
    }

    /// `-1` is a refusal of the card's bank, anything else one of Param's own.
    fn refusal(&self) -> Judgement {
        let Some(code) = self.code() else {
            return Judgement::Unclear("the answer has no result".into());
        };
        let of_bank = Some(code).filter(|code| *code == "-1").and_then(|_| self.bank_code());
        let found = of_bank.and_then(|code| Some((code, decline::iso(code)?)));
        match found.or_else(|| decline::look_up(CODES, code).map(|meaning| (code, meaning))) {
            Some((code, meaning)) if meaning.class.is_refusal() => Judgement::Refused(code.to_owned(), meaning),
            Some((code, meaning)) => Judgement::Unclear(format!("{code} means {}", meaning.class.as_str())),
            None => Judgement::Unclear(format!("{code} is in no table")),
        }
    }

    /// What became of it. Param states no amount here, and the order only where it charges.
    pub fn outcome(&self, order_id: &str) -> Outcome {
        match self.judge() {
            Judgement::Approved => {
                // An order number that was used before gets another one: then this is not our charge.
                let stated = Stated { order_id: self.get("Siparis_ID").map(str::to_owned), ..step::nothing_stated() };
                step::approved(self.bank_ref(order_id), stated, self.code().map(str::to_owned), Vec::new())
            }
            Judgement::WantsGate => Outcome::Declined(Decline {
                category: words::category::AUTHENTICATE_AGAIN.to_owned(),
                bank_code: self.code().map(str::to_owned),
                bank_message: Some("Param takes this card with 3-D Secure only".into()),
                same_card_may_retry: true,
                other_pos_may_retry: true,
                attributes: Vec::new(),
            }),
            Judgement::Refused(code, meaning) => meaning.outcome(&code, self.message()),
            Judgement::Unclear(why) => step::unknown(why),
        }
    }

    /// Where Param keeps it.
    pub fn bank_ref(&self, order_id: &str) -> BankRef {
        bank_ref(&self.result, order_id, self.receipt())
    }
}

/// Where Param keeps what a result or a line is about.
pub fn bank_ref(fields: &Tree, order_id: &str, receipt: Option<&str>) -> BankRef {
    let kept = |name: &str, value: Option<&str>| value.map(|value| (name.to_owned(), value.to_owned()));
    BankRef {
        bank_order_id: Some(order_id.to_owned()),
        transaction_id: fields.filled("Bank_Trans_ID").map(str::to_owned),
        auth_code: fields.filled("Bank_AuthCode").map(str::to_owned),
        extra: [
            kept("host-ref", fields.filled("Bank_HostRefNum")),
            kept("receipt", receipt.filter(|receipt| is_positive(Some(receipt)))),
        ]
        .into_iter()
        .flatten()
        .collect(),
    }
}

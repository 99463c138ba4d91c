//! `Key=Value;;Key=Value`: what the API answers.

use vezne_plugin::callback::Fields;
use vezne_plugin::charset::Charset;
use vezne_plugin::decline::{self, Class, Meaning};
use vezne_plugin::{BankRef, Fault, HttpResponse, Outcome, Stated, amount, answer, step};

/// The family's own table; asked before the common one.
pub const CODES: &str = include_str!("../declines/interpos.json");

/// Numbers that the bank gives operations we sent without one: not an order of ours.
const OWN_NUMBER: &str = "SYSOID";

/// An answer of the API.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pairs: Vec<(String, String)>,
}

/// What the words of an answer come to.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgement {
    /// Yes.
    Approved,
    /// No, and nothing was booked.
    Refused(String, Meaning),
    /// Not clearly one or the other.
    Unclear(String),
}

/// The words of an answer that decide, of the API or of a gate that charges by itself.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    /// `00` is yes.
    pub proc_return_code: Option<&'a str>,
    /// `Success` or `Failed`.
    pub result: Option<&'a str>,
    /// The gateway's own code.
    pub error_code: Option<&'a str>,
    /// For people.
    pub message: Option<&'a str>,
}

/// Splits an answer. Pairs are separated by `;;`, now and then by `;;;`; a value may hold `=`, so only the
/// first one ends a name (design/banks.md §10).
pub fn decode(text: &str) -> Result<Vec<(String, String)>, Fault> {
    let text = text.trim_matches(['\u{FEFF}', ' ', '\t', '\r', '\n']);
    let mut pairs = Vec::new();
    for piece in text.replace(";;;", ";;").split(";;").filter(|piece| !piece.is_empty()) {
        let (name, value) = piece.split_once('=').ok_or_else(|| unreadable("has a piece without a name"))?;
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if name.is_empty() || !name.bytes().all(is_name) {
            return Err(unreadable("has a name that is none"));
        }
        pairs.push((name.to_owned(), value.to_owned()));
    }
    if pairs.is_empty() { Err(unreadable("is empty")) } else { Ok(pairs) }
}

impl Words<'_> {
    /// Both words must say the same. A code of no table, a duplicate and a timeout settle nothing.
    pub fn judge(&self) -> Judgement {
        let is = |wanted: &str| self.result.is_some_and(|word| word.eq_ignore_ascii_case(wanted));
        match self.proc_return_code {
            Some("00") if is("Success") => Judgement::Approved,
            Some("00") => Judgement::Unclear("the code says yes and the word does not".into()),
            _ if is("Success") => Judgement::Unclear("the word says yes and the code does not".into()),
            _ if is("Failed") => self.refusal(),
            _ => Judgement::Unclear("the answer says neither yes nor no".into()),
        }
    }

    /// What a refusal is for. The code of the card's bank is more precise than the gateway's.
    pub fn refusal(&self) -> Judgement {
        let codes = [self.proc_return_code, self.error_code];
        let known: Vec<(&str, Meaning)> =
            codes.into_iter().flatten().filter_map(|code| meaning(code).map(|meaning| (code, meaning))).collect();
        match known.iter().find(|(_, meaning)| !meaning.class.is_refusal()).or(known.first()) {
            Some((code, meaning)) if meaning.class.is_refusal() => {
                Judgement::Refused((*code).to_owned(), meaning.clone())
            }
            Some((code, meaning)) => Judgement::Unclear(format!("{code} means {}", meaning.class.as_str())),
            None => {
                let code = self.proc_return_code.or(self.error_code).unwrap_or("no code");
                Judgement::Unclear(format!("{code} is in no table"))
            }
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

/// What a code means. The bank's list of `E` codes is not public; those seen refuse what we sent, so one that
/// is in no table counts as our own settings (design/banks-detail.md §10).
pub fn meaning(code: &str) -> Option<Meaning> {
    let of_gateway = |code: &str| {
        let digits = code.strip_prefix('E')?;
        let plain = (2..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        decline::look_up(CODES, "E31").filter(|meaning| plain && meaning.class == Class::ConfigError)
    };
    let two_digits = Some(code).filter(|code| code.len() == 2);
    decline::look_up(CODES, code).or_else(|| two_digits.and_then(decline::iso)).or_else(|| of_gateway(code))
}

impl Answer {
    /// Of a whole HTTP answer. An error page or half an answer is none.
    pub fn read(response: &HttpResponse, last: &str) -> Result<Self, Fault> {
        let body = answer::whole(response, &[])?;
        let text = Charset::Utf8.decode(body).or_else(|| Charset::Iso8859x9.decode(body));
        let answer = Self::of(decode(&text.ok_or_else(|| unreadable("is in no charset of this bank"))?)?);
        // Nothing closes an answer of this form. What decides has been read when its last field is there.
        if answer.fields().get(last).is_none() {
            return Err(unreadable("ends early"));
        }
        Ok(answer)
    }

    /// Of an answer to a charge, capture, void or refund.
    pub fn of_write(response: &HttpResponse) -> Result<Self, Fault> {
        Self::read(response, "CardHolderName")
    }

    /// Of names and values.
    pub fn of(pairs: Vec<(String, String)>) -> Self {
        Self { pairs }
    }

    /// The fields.
    pub fn fields(&self) -> Fields<'_> {
        Fields::new(&self.pairs)
    }

    /// A filled field. One that is there twice counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields().filled(name)
    }

    /// The deciding words.
    pub fn words(&self) -> Words<'_> {
        Words {
            proc_return_code: self.get("ProcReturnCode"),
            result: self.get("TxnResult"),
            error_code: self.get("ErrorCode"),
            message: self.get("ErrorMessage"),
        }
    }

    /// Our order, if the answer names it; the bank's own number of an operation is not one.
    pub fn order_id(&self) -> Option<&str> {
        self.get("OrderId").filter(|order| !order.starts_with(OWN_NUMBER))
    }

    /// The amount it states, in minor units.
    pub fn minor(&self, exponent: u8) -> Option<i64> {
        self.get("Amount").and_then(|text| amount::parse_turkish(text, exponent))
    }

    /// What became of a charge of `exponent` decimals on `order_id`, which states order and amount.
    pub fn charge_outcome(&self, order_id: &str, exponent: u8) -> Outcome {
        let stated =
            Stated { minor: self.minor(exponent), currency: None, order_id: self.get("OrderId").map(str::to_owned) };
        // An amount that is there and cannot be read is not an amount that is absent.
        if self.get("Amount").is_some() && stated.minor.is_none() {
            return step::unknown("the answer states an amount that cannot be read");
        }
        self.outcome(order_id, stated)
    }

    /// What became of a capture, void or refund on `order_id`. The bank numbers these by itself and does not
    /// say consistently whose amount it repeats.
    pub fn act_outcome(&self, order_id: &str) -> Outcome {
        self.outcome(order_id, step::nothing_stated())
    }

    fn outcome(&self, order_id: &str, stated: Stated) -> Outcome {
        let words = self.words();
        match words.judge() {
            Judgement::Approved => {
                step::approved(self.bank_ref(order_id), stated, Some("00".into()), self.attributes())
            }
            judgement => words.refused_outcome(&judgement),
        }
    }

    /// Where the bank keeps it: under our order, whatever number the operation itself got.
    pub fn bank_ref(&self, order_id: &str) -> BankRef {
        const KEPT: [(&str, &str); 2] = [("HostRefNum", "host-ref"), ("BatchNo", "batch")];
        let own = self.get("OrderId").filter(|order| order.starts_with(OWN_NUMBER));
        let own = own.map(|number| ("bank-operation".to_owned(), number.to_owned()));
        let kept =
            KEPT.iter().filter_map(|(from, to)| self.get(from).map(|value| ((*to).to_owned(), value.to_owned())));
        BankRef {
            bank_order_id: Some(order_id.to_owned()),
            transaction_id: self.get("TransId").map(str::to_owned),
            auth_code: self.get("AuthCode").map(str::to_owned),
            extra: kept.chain(own).collect(),
        }
    }

    fn attributes(&self) -> Vec<(String, String)> {
        const SHOWN: [(&str, &str); 4] = [
            ("TRXDATE", "bank-time"),
            ("EarnedBonus", "bonus-earned"),
            ("UsedBonus", "bonus-used"),
            ("SurchargeAmount", "surcharge"),
        ];
        let filled = |name: &str| self.get(name).filter(|value| *value != "0" && *value != "0,00");
        let pairs =
            SHOWN.iter().filter_map(|(from, to)| filled(from).map(|value| ((*to).to_owned(), value.to_owned())));
        pairs.collect()
    }
}

fn unreadable(why: &str) -> Fault {
    Fault::UnreadableAnswer(format!("the answer {why}"))
}

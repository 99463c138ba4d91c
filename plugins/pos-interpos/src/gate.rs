//! The 3-D gate: the form that goes there and what comes back.

use vezne_plugin::body::Form;
use vezne_plugin::callback::Fields;
use vezne_plugin::{Callback, Card, Fault, amount, value};

use crate::hash;
use crate::message::{self, transaction_type};
use crate::settings::Settings;

/// What the form says.
#[derive(Debug, Clone, Copy)]
pub struct GateForm<'a> {
    /// `3DModel`, `3DPay` or `3DHost`.
    pub secure_type: &'a str,
    /// Decimal.
    pub amount: &'a str,
    /// Our order number.
    pub order_id: &'a str,
    /// Where a success comes back to.
    pub ok_url: &'a str,
    /// Where a failure comes back to.
    pub fail_url: &'a str,
    /// Random, so that no two forms hash alike.
    pub rnd: &'a str,
    /// `tr` or `en`.
    pub lang: &'a str,
    /// ISO 4217 number.
    pub currency: &'a str,
    /// Empty for a single payment.
    pub instalments: &'a str,
    /// Reserve instead of charge.
    pub reserve: bool,
}

impl GateForm<'_> {
    /// The fields with the signature. A hosted page takes the card itself, so there is none then.
    pub fn build(&self, settings: &Settings, card: Option<(&Card, Option<&str>)>) -> Result<Form, Fault> {
        let form = Form::new()
            .field("ShopCode", &settings.shop_code)
            .field("TxnType", transaction_type(self.reserve))
            .field("SecureType", self.secure_type)
            .field("PurchAmount", self.amount)
            .field("OrderId", self.order_id)
            .field("OkUrl", self.ok_url)
            .field("FailUrl", self.fail_url)
            .field("Rnd", self.rnd)
            .field("Lang", self.lang)
            .field("Currency", self.currency)
            .field("InstallmentCount", self.instalments);
        let value =
            |wanted: &str| form.fields().iter().find(|(name, _)| name == wanted).and_then(|(_, value)| value.as_text());
        let signature = hash::sign(hash::FORM.iter().map(|name| value(name).unwrap_or_default()))?;
        let form = match card {
            Some((card, kind)) => message::with_card(form, card, kind),
            None => form,
        };
        Ok(form.field("Hash", signature))
    }
}

/// A callback whose signature is the bank's.
#[derive(Debug, Clone, Copy)]
pub struct Verified<'a> {
    /// Its fields.
    pub fields: Fields<'a>,
}

/// Verifies the signature, before anything else of a callback is read. Whoever posts the callback writes
/// `HASHPARAMS`, so only the bank's own list counts: with another one any value could stand for any other.
pub fn verify(callback: &Callback) -> Result<Verified<'_>, Fault> {
    let fields = Fields::of(callback);
    let sent = fields.filled("HASH").ok_or_else(|| forged("it has no HASH"))?;
    let list: Vec<&str> = fields.get("HASHPARAMS").unwrap_or_default().split(':').collect();
    let names = list.strip_suffix(&[""]).unwrap_or(&list);
    if names != hash::CALLBACK {
        return Err(forged("its HASHPARAMS are not the bank's"));
    }
    let signature = hash::sign(names.iter().map(|name| exact(fields, name)))?;
    // Without them next to nothing but the pass would be hashed, which the host refuses to compare: a bare
    // `HASH` must be a forgery, not the end of the call.
    if ["OrderId", "Currency"].iter().any(|name| exact(fields, name).is_empty()) {
        return Err(forged("it names no order or no currency"));
    }
    if value::equals(&signature, sent) { Ok(Verified { fields }) } else { Err(forged("its hash is not the bank's")) }
}

/// The value of a field whose name a signature spells exactly.
fn exact<'a>(fields: Fields<'a>, name: &str) -> &'a str {
    let mut found = fields.all().iter().filter(|(key, _)| key == name);
    match (found.next(), found.next()) {
        (Some((_, value)), None) => value,
        _ => "",
    }
}

/// What the callback must agree with.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Our order number.
    pub order_id: &'a str,
    /// Both addresses we gave the gate.
    pub callback_url: &'a str,
    /// Minor units.
    pub minor: i64,
    /// Of the currency.
    pub exponent: u8,
    /// ISO 4217 number.
    pub currency: &'a str,
}

impl<'a> Verified<'a> {
    /// The amount the bank states, in minor units.
    pub fn minor(&self, exponent: u8) -> Option<i64> {
        self.fields.filled("PurchAmount").and_then(|text| amount::parse_turkish(text, exponent))
    }

    /// Our shop, order, amount and currency. A genuine callback of another order is a replay. The signature
    /// joins values without a separator: the addresses and the order, exact and ours, pin down where the
    /// amount ends and where the result begins.
    pub fn check(&self, settings: &Settings, expected: Expected<'_>) -> Result<(), Fault> {
        if self.fields.filled("ShopCode").is_some_and(|shop| shop != settings.shop_code) {
            return Err(forged("it speaks of another shop"));
        }
        if exact(self.fields, "OrderId") != expected.order_id {
            return Err(forged("it speaks of another order"));
        }
        if ["OkUrl", "FailUrl"].iter().any(|name| exact(self.fields, name) != expected.callback_url) {
            return Err(forged("it was made for another address"));
        }
        if self.minor(expected.exponent) != Some(expected.minor) {
            return Err(forged("it states another amount"));
        }
        if exact(self.fields, "Currency") != expected.currency {
            return Err(forged("it states another currency"));
        }
        Ok(())
    }

    /// The result of the authentication; empty when there is none.
    pub fn md_status(&self) -> &'a str {
        exact(self.fields, "mdStatus")
    }

    /// The bank's code, if there is one.
    pub fn proc_return_code(&self) -> Option<&'a str> {
        Some(exact(self.fields, "ProcReturnCode")).filter(|code| !code.is_empty())
    }

    /// Whether code, word and result have the shape the bank gives them: else one could have been made from
    /// the digits of its neighbour (code `81` without a result read as code `8` with result `1`).
    pub fn is_shaped(&self) -> bool {
        let code = exact(self.fields, "ProcReturnCode");
        let is_code = code.is_empty() || (code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let word_is_text = !exact(self.fields, "Response").bytes().any(|byte| byte.is_ascii_digit());
        let status = self.md_status();
        is_code && word_is_text && status.len() <= 1 && status.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// The result under its other name, `3DStatus`, which is not signed: it may be absent, not another one.
    pub fn results_agree(&self) -> bool {
        self.fields.filled("3DStatus").is_none_or(|status| status == self.md_status())
    }
}

fn forged(why: &str) -> Fault {
    Fault::NotAuthentic(format!("the callback is refused: {why}"))
}

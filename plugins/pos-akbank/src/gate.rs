//! The 3-D gate: the form that goes there and what comes back.

use vezne_plugin::body::Form;
use vezne_plugin::callback::Fields;
use vezne_plugin::value::{self, Value};
use vezne_plugin::{Callback, Card, DigestAlg, ExpiryForm, Fault, Sealed, TextForm, istanbul};

use crate::answer::{APPROVED, Words};
use crate::settings::{Settings, secret_key};

/// Where the gate takes the card we collected.
pub const SECURE_PAY: &str = "/securepay";
/// Where the bank's own page takes it.
pub const PAY_HOSTING: &str = "/payhosting";

/// What the form's signature covers, in this order; a field that is not in the form counts as empty.
pub const SIGNED: [&str; 22] = [
    "paymentModel",
    "txnCode",
    "merchantSafeId",
    "terminalSafeId",
    "orderId",
    "lang",
    "amount",
    "ccbRewardAmount",
    "pcbRewardAmount",
    "xcbRewardAmount",
    "currencyCode",
    "installCount",
    "okUrl",
    "failUrl",
    "emailAddress",
    "subMerchantId",
    "creditCard",
    "expiredDate",
    "cvv",
    "randomNumber",
    "requestDateTime",
    "b2bIdentityNumber",
];

/// What the form says.
#[derive(Debug, Clone)]
pub struct GateForm<'a> {
    /// `3D`, `3D_PAY` or `3D_PAY_HOSTING`.
    pub payment_model: &'a str,
    /// `3000` or `3004`.
    pub code: &'a str,
    /// Decimal.
    pub amount: &'a str,
    /// Our order number.
    pub order_id: &'a str,
    /// Where a success comes back to.
    pub ok_url: &'a str,
    /// Where a failure comes back to.
    pub fail_url: &'a str,
    /// `TR` or `EN`.
    pub lang: &'a str,
    /// ISO 4217 number.
    pub currency: &'a str,
    /// 1 for a single payment.
    pub instalments: u8,
    /// 128 hexadecimal digits.
    pub random: &'a str,
    /// In Istanbul.
    pub time: &'a str,
}

/// The languages of the bank's pages.
pub fn page_language(locale: &str) -> &'static str {
    if locale.to_ascii_lowercase().starts_with("en") { "EN" } else { "TR" }
}

impl GateForm<'_> {
    /// The fields with the signature. A hosted page takes the card itself, so there is none then.
    pub fn build(&self, settings: &Settings, card: Option<&Card>) -> Result<Form, Fault> {
        // The card goes into the signature and into the form: a sealed value has one place, so two are asked for.
        let signature = signature(self.fields(settings, card).into_fields())?;
        Ok(self.fields(settings, card).field("hash", signature))
    }

    fn fields(&self, settings: &Settings, card: Option<&Card>) -> Form {
        let form = Form::new()
            .field("paymentModel", self.payment_model)
            .field("txnCode", self.code)
            .field("merchantSafeId", &settings.merchant_safe_id)
            .field("terminalSafeId", &settings.terminal_safe_id)
            .field("orderId", self.order_id)
            .field("lang", self.lang)
            .field("amount", self.amount)
            .field("currencyCode", self.currency)
            .field("installCount", self.instalments.max(1).to_string())
            .field("okUrl", self.ok_url)
            .field("failUrl", self.fail_url)
            .field("randomNumber", self.random)
            .field("requestDateTime", self.time)
            .optional("subMerchantId", settings.sub_merchant_id.as_ref());
        let Some(card) = card else { return form };
        form.field("creditCard", card.pan())
            .field("expiredDate", card.expiry(ExpiryForm::Mmyy))
            .optional("cvv", card.security_code())
    }
}

/// Signs a form.
pub fn signature(mut fields: Vec<(String, Value)>) -> Result<Sealed, Fault> {
    let signed = SIGNED.iter().fold(Value::new(), |signed, name| {
        let field = fields.iter_mut().find(|(there, _)| there == name);
        signed.value(field.map(|(_, value)| std::mem::take(value)).unwrap_or_default())
    });
    signed.hmac(DigestAlg::Sha512, &secret_key()?, TextForm::Base64)
}

/// What a verified signature covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// Store, order and result. Never the amount.
    Store,
    /// Result and order of a failure before the gate knew the store.
    Failure,
}

/// A callback whose signature is the bank's.
#[derive(Debug, Clone)]
pub struct Verified<'a> {
    fields: Fields<'a>,
    names: Vec<&'a str>,
    /// What the bank stands for.
    pub coverage: Coverage,
}

/// Verifies the signature, before anything else of a callback is read.
pub fn verify(callback: &Callback) -> Result<Verified<'_>, Fault> {
    let fields = Fields::of(callback);
    let sent = exact(fields, "hash").filter(|hash| !hash.is_empty()).ok_or_else(|| forged("it has no hash"))?;
    let list = exact(fields, "hashParams").ok_or_else(|| forged("it does not say what its hash covers"))?;
    let names: Vec<&str> = list.split('+').map(str::trim).filter(|name| !name.is_empty()).collect();
    let coverage = coverage(&names)?;
    let values = names.iter().fold(Value::new(), |all, name| all.text(exact(fields, name).unwrap_or_default()));
    let signature = values.hmac(DigestAlg::Sha512, &secret_key()?, TextForm::Base64)?;
    if value::equals(&signature, sent) {
        Ok(Verified { fields, names, coverage })
    } else {
        Err(forged("its hash is not the bank's"))
    }
}

/// The value of a field whose name the bank spells exactly so, and once.
fn exact<'a>(fields: Fields<'a>, name: &str) -> Option<&'a str> {
    let mut found = fields.all().iter().filter(|(key, _)| key == name);
    match (found.next(), found.next()) {
        (Some((_, value)), None) => Some(value),
        _ => None,
    }
}

/// Whoever posts the callback writes the list of names, and the values are joined without anything between
/// them: so the list must begin the way the bank's own lists do. The store's two numbers, 64 characters
/// that are ours, then pin the borders on both sides of them.
fn coverage(names: &[&str]) -> Result<Coverage, Fault> {
    let twice = names.iter().enumerate().any(|(at, name)| names[..at].contains(name));
    let rest = match names {
        ["txnCode", "responseCode", "responseMessage", "hostResponseCode", "hostMessage", rest @ ..]
        | ["txnCode", "responseCode", "responseMessage", rest @ ..] => rest,
        ["responseCode", "responseMessage", "orderId", ..] if !twice => return Ok(Coverage::Failure),
        _ => &[],
    };
    match rest {
        ["txnDateTime", "merchantSafeId", "terminalSafeId", "orderId", ..] if !twice => Ok(Coverage::Store),
        _ => Err(forged("its hashParams are not a list of the bank's")),
    }
}

impl<'a> Verified<'a> {
    /// Of fields nobody signed: what a mapping of answers is tried with.
    pub fn unsigned(fields: &'a [(String, String)]) -> Self {
        let names = fields.iter().map(|(name, _)| name.as_str()).collect();
        Self { fields: Fields::new(fields), names, coverage: Coverage::Store }
    }

    /// A filled field that the signature covers.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        if !self.names.contains(&name) {
            return None;
        }
        exact(self.fields, name).map(str::trim).filter(|text| !text.is_empty())
    }

    /// The deciding words.
    pub fn words(&self) -> Words<'a> {
        Words {
            response_code: self.get("responseCode"),
            response_message: self.get("responseMessage"),
            host_code: self.get("hostResponseCode"),
            host_message: self.get("hostMessage"),
        }
    }

    /// `mdStatus`, where the bank sends it: signed or not, it can only forbid.
    pub fn md_status(&self) -> Option<&'a str> {
        self.fields.filled("mdStatus")
    }

    /// Our store and our order. A genuine callback of another order is a replay.
    pub fn check(&self, settings: &Settings, order_id: &str) -> Result<(), Fault> {
        if exact(self.fields, "orderId") != Some(order_id) {
            return Err(forged("it speaks of another order"));
        }
        let code = self.get("responseCode").unwrap_or_default();
        if !code.starts_with("VPS-") {
            return Err(forged("its responseCode is not one of the bank's"));
        }
        if self.coverage == Coverage::Failure {
            return if code == APPROVED { Err(forged("its hash does not cover the store")) } else { Ok(()) };
        }
        let ours = self.get("merchantSafeId") == Some(settings.merchant_safe_id.as_str())
            && self.get("terminalSafeId") == Some(settings.terminal_safe_id.as_str());
        if !ours {
            return Err(forged("it speaks of another store"));
        }
        let dated = self.get("txnDateTime").is_some_and(|time| istanbul::epoch_ms(time).is_some());
        let coded = self.get("txnCode").is_some_and(|code| code.len() == 4 && code.bytes().all(|b| b.is_ascii_digit()));
        if code == APPROVED && !(dated && coded) {
            return Err(forged("its values do not stand where their names are"));
        }
        Ok(())
    }
}

fn forged(why: &str) -> Fault {
    Fault::NotAuthentic(format!("the callback is refused: {why}"))
}

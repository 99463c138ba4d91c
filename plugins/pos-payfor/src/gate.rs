//! The 3-D gate: the form that goes there and what comes back.

use vezne_plugin::body::Form;
use vezne_plugin::callback::Fields;
use vezne_plugin::{Callback, Card, ExpiryForm, Fault, amount, value};

use crate::answer::Words;
use crate::hash;
use crate::message;
use crate::settings::Settings;

/// What the form says.
#[derive(Debug, Clone)]
pub struct GateForm<'a> {
    /// `3DModel`, `3DPay` or `3DHost`.
    pub secure_type: &'a str,
    /// Reserve instead of charge.
    pub reserve: bool,
    /// Decimal.
    pub amount: &'a str,
    /// ISO 4217 number.
    pub currency: &'a str,
    /// `0` for a single payment.
    pub instalments: &'a str,
    /// Our order number.
    pub order_id: &'a str,
    /// Where a success comes back to.
    pub ok_url: &'a str,
    /// Where a failure comes back to.
    pub fail_url: &'a str,
    /// Random, so that no two forms hash alike.
    pub rnd: &'a str,
    /// `TR` or `EN`.
    pub lang: &'a str,
}

impl GateForm<'_> {
    /// The fields with the signature. A hosted page takes the card itself, so there is none then. The bank's
    /// support wants `MOTO` in the form as well.
    pub fn build(&self, settings: &Settings, card: Option<&Card>) -> Result<Form, Fault> {
        let kind = message::transaction_type(self.reserve);
        let signature = hash::form([
            &settings.mbr_id,
            self.order_id,
            self.amount,
            self.ok_url,
            self.fail_url,
            kind,
            self.instalments,
            self.rnd,
        ])?;
        let form = Form::new()
            .field("MbrId", &settings.mbr_id)
            .field("MerchantID", &settings.merchant_id)
            .field("UserCode", &settings.user_code)
            .field("MOTO", message::moto(false))
            .field("OrderId", self.order_id)
            .field("Lang", self.lang)
            .field("SecureType", self.secure_type)
            .field("TxnType", kind)
            .field("PurchAmount", self.amount)
            .field("InstallmentCount", self.instalments)
            .field("Currency", self.currency)
            .field("OkUrl", self.ok_url)
            .field("FailUrl", self.fail_url)
            .field("Rnd", self.rnd);
        let form = match card {
            Some(card) => form
                .field("CardHolderName", message::holder(card))
                .field("Pan", card.pan())
                .field("Expiry", card.expiry(ExpiryForm::Mmyy))
                .optional("Cvv2", card.security_code()),
            None => form,
        };
        Ok(form.field("Hash", signature))
    }
}

/// A callback. Its signature covers who, which order and the result; amount, currency and the number of the
/// request it does not cover, so the order is asked for before anything is booked as paid.
#[derive(Debug, Clone, Copy)]
pub struct Verified<'a> {
    /// Its fields.
    pub fields: Fields<'a>,
    /// Whether it carries the bank's signature; `false` only where the account does without.
    pub signed: bool,
}

/// Verifies the signature, before anything else of a callback is read.
pub fn verify<'a>(callback: &'a Callback, settings: &Settings) -> Result<Verified<'a>, Fault> {
    let fields = Fields::of(callback);
    if !settings.needs_callback_hash {
        return Ok(Verified { fields, signed: false });
    }
    // A duplicate order number is reported without a signature: it proves nothing, the bank is asked.
    let sent = fields.filled("ResponseHash").ok_or_else(|| forged("it has no ResponseHash"))?;
    let values = ["OrderId", "AuthCode", "ProcReturnCode", "3DStatus", "ResponseRnd"].map(|name| exact(fields, name));
    if values[0].is_empty() {
        return Err(forged("it names no order"));
    }
    let signature = hash::callback(&settings.merchant_id, values, &settings.user_code)?;
    if value::equals(&signature, sent) {
        Ok(Verified { fields, signed: true })
    } else {
        Err(forged("its hash is not the bank's"))
    }
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
    /// Minor units.
    pub minor: i64,
    /// Of the currency.
    pub exponent: u8,
    /// ISO 4217 number.
    pub currency: &'a str,
}

impl<'a> Verified<'a> {
    /// The amount the callback names, in minor units.
    pub fn minor(&self, exponent: u8) -> Option<i64> {
        self.fields.filled("PurchAmount").and_then(|text| amount::parse_decimal(text, exponent))
    }

    /// Our store, order, amount and currency. A genuine callback of another order is a replay.
    pub fn check(&self, settings: &Settings, expected: Expected<'_>) -> Result<(), Fault> {
        if self.fields.filled("MerchantID").is_some_and(|id| id != settings.merchant_id) {
            return Err(forged("it speaks of another store"));
        }
        if exact(self.fields, "OrderId") != expected.order_id {
            return Err(forged("it speaks of another order"));
        }
        if self.minor(expected.exponent) != Some(expected.minor) {
            return Err(forged("it names another amount"));
        }
        if self.fields.get("Currency") != Some(expected.currency) {
            return Err(forged("it names another currency"));
        }
        Ok(())
    }

    /// The result of the authentication; empty when there is none.
    pub fn md_status(&self) -> &'a str {
        self.fields.get("3DStatus").unwrap_or_default()
    }

    /// Whether the signature pins the result down. It joins values without separators: only if what is before
    /// `3DStatus` is what stands there before a charge is the border where it seems to be.
    pub fn pins_result(&self) -> bool {
        exact(self.fields, "AuthCode").is_empty() && exact(self.fields, "ProcReturnCode") == "V033"
    }

    /// The deciding words, where the bank charged by itself.
    pub fn words(&self) -> Words<'a> {
        Words {
            code: self.fields.filled("ProcReturnCode"),
            auth_code: self.fields.filled("AuthCode"),
            message: self.fields.filled("ErrMsg"),
        }
    }
}

fn forged(why: &str) -> Fault {
    Fault::NotAuthentic(format!("the callback is refused: {why}"))
}

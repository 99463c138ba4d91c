//! The 3-D gate: the form that goes there and what comes back.

use vezne_plugin::body::Form;
use vezne_plugin::callback::Fields;
use vezne_plugin::value::{self, Value};
use vezne_plugin::{Callback, Card, ExpiryForm, Fault, Sealed, amount};

use crate::hash;
use crate::message::transaction_type;
use crate::settings::{FormHash, Settings};

/// What the form says.
#[derive(Debug, Clone)]
pub struct GateForm<'a> {
    /// `3d`, `3d_pay`, `3d_pay_hosting` or `3d_host`.
    pub storetype: &'a str,
    /// Decimal.
    pub amount: &'a str,
    /// Our order number.
    pub order_id: &'a str,
    /// Where a success comes back to.
    pub ok_url: &'a str,
    /// Where a failure comes back to.
    pub fail_url: &'a str,
    /// Where the bank's server posts by itself, if it shall.
    pub callback_url: Option<&'a str>,
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

/// The languages of the bank's pages.
pub fn page_language(locale: &str) -> &'static str {
    if locale.starts_with("en") { "en" } else { "tr" }
}

impl GateForm<'_> {
    /// The fields with the signature. A hosted page takes the card itself, so there is none then.
    pub fn build(&self, settings: &Settings, card: Option<&Card>) -> Result<Form, Fault> {
        let kind = if settings.form_hash == FormHash::Ver1 { "islemtipi" } else { "TranType" };
        let form = Form::new()
            .field("clientid", &settings.client_id)
            .field("storetype", self.storetype)
            .field("amount", self.amount)
            .field("oid", self.order_id)
            .field("okUrl", self.ok_url)
            .field("failUrl", self.fail_url)
            .optional("callbackUrl", self.callback_url)
            .field("rnd", self.rnd)
            .field("lang", self.lang)
            .field("currency", self.currency)
            .field("taksit", self.instalments)
            .field(kind, transaction_type(self.reserve));
        let form = match settings.form_hash {
            FormHash::Ver3 => form.field("hashAlgorithm", "ver3"),
            FormHash::Ver1 => form,
        };
        // The card goes into the signature and into the form: a sealed value has one place, so two are asked for.
        let signature = sign(settings, with_card(copy(&form), card))?;
        Ok(with_card(form, card).field("hash", signature))
    }
}

fn copy(form: &Form) -> Form {
    form.fields().iter().fold(Form::new(), |out, (name, value)| out.field(name, value.as_text().unwrap_or_default()))
}

fn with_card(form: Form, card: Option<&Card>) -> Form {
    let Some(card) = card else { return form };
    form.field("pan", card.pan())
        .field("Ecom_Payment_Card_ExpDate_Month", card.expiry(ExpiryForm::Mm))
        .field("Ecom_Payment_Card_ExpDate_Year", card.expiry(ExpiryForm::Yy))
        .optional("cv2", card.security_code())
}

fn sign(settings: &Settings, form: Form) -> Result<Sealed, Fault> {
    match settings.form_hash {
        FormHash::Ver3 => {
            hash::ver3(form.into_fields().iter_mut().map(|(name, value)| (name.as_str(), std::mem::take(value))))
        }
        FormHash::Ver1 => {
            let field = |wanted: &str| {
                form.fields().iter().find(|(name, _)| name == wanted).and_then(|(_, value)| value.as_text())
            };
            hash::ver1(hash::VER1_FORM.iter().map(|name| field(name).unwrap_or_default()))
        }
    }
}

/// What a verified signature covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// ver3: every field.
    Everything,
    /// ver1: who, which order and the result of the authentication, not the amount.
    Result,
    /// ver1 with a list in which the authentication's result stands behind fields of free length: because
    /// the list joins values without separators, whoever writes it can move the borders.
    Order,
}

/// A callback whose signature is the bank's.
#[derive(Debug, Clone, Copy)]
pub struct Verified<'a> {
    /// Its fields.
    pub fields: Fields<'a>,
    /// Which of them the bank stands for.
    pub coverage: Coverage,
}

/// Verifies the signature, before anything else of a callback is read.
pub fn verify<'a>(callback: &'a Callback, settings: &Settings) -> Result<Verified<'a>, Fault> {
    let fields = Fields::of(callback);
    let sent = fields.filled("HASH").ok_or_else(|| forged("it has no HASH"))?;
    // Without them nothing but the store key would be hashed, which the host refuses to compare: a bare
    // `HASH` must be a forgery, not the end of the call.
    if ["clientid", "oid"].iter().any(|name| exact(fields, name).is_empty()) {
        return Err(forged("it names no store or no order"));
    }
    let is_ver3 = fields.get("hashAlgorithm").is_some_and(|name| name.eq_ignore_ascii_case("ver3"));
    let (signature, coverage) = match fields.filled("HASHPARAMS") {
        Some(list) if !is_ver3 => {
            if !settings.ver1_callbacks {
                return Err(forged("it is signed with ver1, which this POS account does not accept"));
            }
            let (names, coverage) = ver1_list(list)?;
            (hash::ver1(names.iter().map(|name| exact(fields, name)))?, coverage)
        }
        _ => {
            let all = fields.all().iter().map(|(name, value)| (name.as_str(), Value::from(value)));
            (hash::ver3(all)?, Coverage::Everything)
        }
    };
    if value::equals(&signature, sent) {
        Ok(Verified { fields, coverage })
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

/// The names of a ver1 signature. Whoever posts the callback writes the list, so it must begin the way
/// the banks' own lists do: order and result could otherwise be left out, or other values moved into them.
fn ver1_list(list: &str) -> Result<(Vec<&str>, Coverage), Fault> {
    let names: Vec<&str> = list.split(':').filter(|name| !name.is_empty()).collect();
    match names.as_slice() {
        ["clientid", "oid", "mdStatus", ..] => Ok((names, Coverage::Result)),
        ["clientid", "oid", between @ ..] if between.contains(&"mdStatus") => Ok((names, Coverage::Order)),
        _ => Err(forged("its HASHPARAMS do not begin with clientid, oid and cover mdStatus")),
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
    /// ISO 4217 letters.
    pub currency_letters: &'a str,
}

impl<'a> Verified<'a> {
    /// The amount the bank states, in minor units.
    pub fn minor(&self, exponent: u8) -> Option<i64> {
        self.fields.filled("amount").and_then(|text| amount::parse_decimal(text, exponent))
    }

    /// Our store and our order. A genuine callback of another order is a replay.
    pub fn check_order(&self, settings: &Settings, expected: Expected<'_>) -> Result<(), Fault> {
        if self.fields.get("clientid") != Some(settings.client_id.as_str()) {
            return Err(forged("it speaks of another store"));
        }
        if self.fields.get("oid") != Some(expected.order_id) {
            return Err(forged("it speaks of another order"));
        }
        // ver3 signs values in the order of their names, not the names: renamed fields hash alike as long as
        // they stay in order. What we sent and the bank echoes pins the names down; `lang` is the last of
        // them before `mdStatus`.
        if self.coverage == Coverage::Everything && self.fields.get("lang").is_none() {
            return Err(forged("it does not echo what was sent"));
        }
        Ok(())
    }

    /// Our amount and currency.
    pub fn check_amount(&self, expected: Expected<'_>) -> Result<(), Fault> {
        if self.minor(expected.exponent) != Some(expected.minor) {
            return Err(forged("it states another amount"));
        }
        match self.fields.get("currency") {
            Some(currency)
                if currency == expected.currency || currency.eq_ignore_ascii_case(expected.currency_letters) =>
            {
                Ok(())
            }
            _ => Err(forged("it states another currency")),
        }
    }

    /// The result of the authentication; empty when there is none.
    pub fn md_status(&self) -> &'a str {
        self.fields.get("mdStatus").unwrap_or_default()
    }
}

fn forged(why: &str) -> Fault {
    Fault::NotAuthentic(format!("the callback is refused: {why}"))
}

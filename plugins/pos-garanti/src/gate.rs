//! The 3-D gate: the form that goes there and what comes back.

use vezne_plugin::body::Form;
use vezne_plugin::callback::Fields;
use vezne_plugin::{Callback, Card, ExpiryForm, Fault, amount, value};

use crate::answer::Words;
use crate::hash::{self, SignedForm};
use crate::message;
use crate::settings::{Settings, User};

/// What the form says.
#[derive(Debug, Clone)]
pub struct GateForm<'a> {
    /// `3D`, `3D_PAY` or `3D_OOS_PAY`.
    pub security_level: &'a str,
    /// `TEST` or `PROD`.
    pub mode: &'a str,
    /// Minor units.
    pub amount: &'a str,
    /// ISO 4217 number.
    pub currency: &'a str,
    /// Empty for a single payment.
    pub instalments: &'a str,
    /// Our order number.
    pub order_id: &'a str,
    /// Where a success comes back to.
    pub ok_url: &'a str,
    /// Where a failure comes back to.
    pub fail_url: &'a str,
    /// The payer's address, if known.
    pub ip: &'a str,
    /// `sales` or `preauth`.
    pub kind: &'a str,
    /// Language of the bank's own page, where it is used.
    pub lang: Option<&'a str>,
}

/// The languages of the bank's page.
pub fn page_language(locale: &str) -> &'static str {
    if locale.starts_with("en") { "en" } else { "tr" }
}

impl GateForm<'_> {
    /// The fields with the signature. The bank's own page takes the card itself, so there is none then, and
    /// has a user of its own.
    pub fn build(&self, settings: &Settings, card: Option<&Card>) -> Result<Form, Fault> {
        let user = if card.is_some() { User::Provision } else { User::Hosted };
        let name = settings.name_of(user);
        let signed = SignedForm {
            order_id: self.order_id,
            amount: self.amount,
            currency: self.currency,
            ok_url: self.ok_url,
            fail_url: self.fail_url,
            kind: self.kind,
            instalments: self.instalments,
        };
        let signature = hash::form(settings, user, signed)?;
        let form = Form::new()
            .field("secure3dsecuritylevel", self.security_level)
            .field("mode", self.mode)
            .field("apiversion", message::VERSION)
            .field("terminalprovuserid", name)
            .field("terminaluserid", name)
            .field("terminalmerchantid", &settings.merchant_id)
            .field("terminalid", &settings.terminal_id)
            .field("txntype", self.kind)
            .field("txnamount", self.amount)
            .field("txncurrencycode", self.currency)
            .field("txninstallmentcount", self.instalments)
            .field("orderid", self.order_id)
            .field("successurl", self.ok_url)
            .field("errorurl", self.fail_url)
            .field("customeripaddress", self.ip)
            .optional("lang", self.lang);
        let form = match card {
            Some(card) => form
                .field("cardnumber", card.pan())
                .field("cardexpiredatemonth", card.expiry(ExpiryForm::Mm))
                .field("cardexpiredateyear", card.expiry(ExpiryForm::Yy))
                .optional("cardcvv2", card.security_code()),
            None => form,
        };
        Ok(form.field("secure3dhash", signature))
    }
}

/// A callback whose signature is the bank's. It covers who, which order and the result; amount and currency
/// it does not cover, so where the bank charges by itself the order is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Verified<'a> {
    /// Its fields.
    pub fields: Fields<'a>,
}

/// What the bank's `hashparams` begin with. Whoever posts the callback writes the list: order and result could
/// otherwise be left out, or values of free length moved before them.
const SIGNED: [&str; 6] = ["clientid", "oid", "authcode", "procreturncode", "response", "mdstatus"];

/// Verifies the signature, before anything else of a callback is read.
pub fn verify<'a>(callback: &'a Callback, settings: &Settings) -> Result<Verified<'a>, Fault> {
    let fields = Fields::of(callback);
    let (Some(sent), Some(list)) = (fields.filled("hash"), fields.filled("hashparams")) else {
        return Err(forged(&unsigned(fields)));
    };
    let names: Vec<&str> = list.split(':').filter(|name| !name.is_empty()).collect();
    if !names.starts_with(&SIGNED) {
        return Err(forged("its hashparams do not begin with the order and the result"));
    }
    if exact(fields, "clientid") != settings.terminal_id || exact(fields, "oid").is_empty() {
        return Err(forged("it speaks of another terminal or of no order"));
    }
    let signature = hash::callback(names.iter().map(|name| exact(fields, name)))?;
    if value::equals_ignoring_case(&signature, sent) {
        Ok(Verified { fields })
    } else {
        Err(forged("its hash is not the bank's"))
    }
}

/// The gate reports early failures (a form it could not read, a signature of ours it refused) without signing
/// them: they prove nothing, but whoever looks for the reason should find it.
fn unsigned(fields: Fields<'_>) -> String {
    match fields.get("mdstatus") {
        Some(status) if status.len() == 1 && status.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("it is not signed and says mdstatus {status} (with 7 our own signature is often wrong)")
        }
        _ => "it is not signed".to_owned(),
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
    /// ISO 4217 number.
    pub currency: &'a str,
}

impl<'a> Verified<'a> {
    /// The amount the callback names, in minor units.
    pub fn minor(&self) -> Option<i64> {
        self.fields.filled("txnamount").and_then(amount::parse_minor)
    }

    /// Our order, amount and currency. A genuine callback of another order is a replay.
    pub fn check(&self, expected: Expected<'_>) -> Result<(), Fault> {
        if exact(self.fields, "oid") != expected.order_id {
            return Err(forged("it speaks of another order"));
        }
        if self.minor() != Some(expected.minor) {
            return Err(forged("it names another amount"));
        }
        if self.fields.get("txncurrencycode") != Some(expected.currency) {
            return Err(forged("it names another currency"));
        }
        Ok(())
    }

    /// The result of the authentication; empty when there is none.
    pub fn md_status(&self) -> &'a str {
        self.fields.get("mdstatus").unwrap_or_default()
    }

    /// Whether the signature pins the result down. It joins values without separators, so the one digit of
    /// `mdstatus` stands at a certain place only if what is before it is empty, as it is before a charge.
    pub fn pins_result(&self) -> bool {
        let empty = ["authcode", "procreturncode", "response"].iter().all(|name| exact(self.fields, name).is_empty());
        empty && self.md_status().len() == 1
    }

    /// The deciding words, where the bank charged by itself.
    pub fn words(&self) -> Words<'a> {
        Words {
            code: self.fields.filled("procreturncode"),
            reason: None,
            message: self.fields.filled("response"),
            error: self.fields.filled("errmsg").or_else(|| self.fields.filled("hostmsg")),
        }
    }

    /// What the gate says about the authentication, for people.
    pub fn message(&self) -> Option<String> {
        self.fields.filled("errmsg").or_else(|| self.fields.filled("mderrormessage")).map(str::to_owned)
    }
}

fn forged(why: &str) -> Fault {
    Fault::NotAuthentic(format!("the callback is refused: {why}"))
}

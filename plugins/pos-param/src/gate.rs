//! What the gate sends back, and the address of its page.

use vezne_plugin::body;
use vezne_plugin::callback::Fields;
use vezne_plugin::{Callback, Fault, amount, value};

use crate::hash;
use crate::settings::Settings;

/// Prefix of the fields of a callback after a charge.
const RETVAL: &str = "TURKPOS_RETVAL_";

/// What a callback speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An authentication; nothing is charged.
    Authentication,
    /// A charge by the gate.
    Charge,
}

/// A callback whose signature fits.
#[derive(Debug, Clone, Copy)]
pub struct Verified<'a> {
    /// Its fields.
    pub fields: Fields<'a>,
    /// What it speaks of.
    pub kind: Kind,
}

/// Verifies the signature, before anything else of a callback is read. What it proves differs: the one after a
/// charge is made with nothing but what the callback itself shows the browser, the key included, so that it
/// only tells an honest mistake from a good answer. Who charges is asked for in Param's book.
pub fn verify<'a>(callback: &'a Callback, settings: &Settings) -> Result<Verified<'a>, Fault> {
    let fields = Fields::of(callback);
    let has = |name: &str| fields.all().iter().any(|(key, _)| key == name);
    if has("TURKPOS_RETVAL_Hash") {
        let sent = fields.filled("TURKPOS_RETVAL_Hash").ok_or_else(|| forged("it has no hash"))?;
        let names = ["Dekont_ID", "Tahsilat_Tutari", "Siparis_ID", "Islem_ID"];
        let signature = hash::charged(settings, names.iter().map(|name| retval(fields, name)))?;
        // Without them the key alone would be hashed, which the host refuses to compare.
        if names.iter().all(|name| retval(fields, name).is_empty()) {
            return Err(forged("it is empty"));
        }
        let same = value::equals(&signature, sent);
        return if same { Ok(Verified { fields, kind: Kind::Charge }) } else { Err(forged("its hash does not fit")) };
    }
    let sent = fields.filled("islemHash").ok_or_else(|| forged("it has no hash"))?;
    let names = ["islemGUID", "md", "mdStatus", "orderId"];
    let signature = hash::authenticated(names.iter().map(|name| exact(fields, name)))?;
    if exact(fields, "islemGUID").is_empty() || exact(fields, "orderId").is_empty() {
        return Err(forged("it names no order"));
    }
    if value::equals(&signature, sent) {
        Ok(Verified { fields, kind: Kind::Authentication })
    } else {
        Err(forged("its hash is not Param's"))
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

fn retval<'a>(fields: Fields<'a>, name: &str) -> &'a str {
    exact(fields, &format!("{RETVAL}{name}"))
}

/// Which payment a callback is about: our number of it.
pub fn number(callback: &Callback) -> Option<&str> {
    let fields = Fields::of(callback);
    let names = ["TURKPOS_RETVAL_Islem_ID", "TURKPOS_RETVAL_Siparis_ID", "orderId"];
    names.iter().map(|name| exact(fields, name)).find(|number| !number.is_empty())
}

/// What the callback must agree with.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Our order number.
    pub order_id: &'a str,
    /// Param's number of the authentication, as it gave it at the beginning.
    pub guid: Option<&'a str>,
    /// Minor units.
    pub minor: i64,
    /// Of the currency.
    pub exponent: u8,
    /// ISO 4217 letters.
    pub currency: &'a str,
}

impl<'a> Verified<'a> {
    /// A field of a callback after a charge.
    pub fn retval(&self, name: &str) -> Option<&'a str> {
        Some(retval(self.fields, name)).filter(|value| !value.is_empty())
    }

    /// The amount, in minor units, if it is stated.
    pub fn minor(&self, exponent: u8) -> Option<i64> {
        let text = match self.kind {
            Kind::Authentication => self.fields.filled("transactionAmount"),
            Kind::Charge => self.retval("Tahsilat_Tutari"),
        };
        text.and_then(|text| amount::parse_turkish(text, exponent))
    }

    /// Our order, our visit at the gate, our amount. The signature joins values without a separator; order
    /// and visit, exact and ours, leave nothing but `md` to move a border into, and a changed `md` is worth
    /// nothing. The amount is not signed; Param charges what it was told at the beginning.
    pub fn check(&self, expected: Expected<'_>) -> Result<(), Fault> {
        let named = match self.kind {
            Kind::Authentication => exact(self.fields, "orderId"),
            Kind::Charge => self.retval("Islem_ID").or(self.retval("Siparis_ID")).unwrap_or_default(),
        };
        if named != expected.order_id {
            return Err(forged("it speaks of another order"));
        }
        if self.kind == Kind::Authentication && Some(exact(self.fields, "islemGUID")) != expected.guid {
            return Err(forged("it speaks of another visit at the gate"));
        }
        let states = match self.kind {
            Kind::Authentication => self.fields.filled("transactionAmount").is_some(),
            Kind::Charge => true,
        };
        if states && self.minor(expected.exponent) != Some(expected.minor) {
            return Err(forged("it states another amount"));
        }
        // Not signed either; one that is stated must be ours all the same.
        if self.retval("PB").is_some_and(|letters| crate::history::currency(letters) != Some(expected.currency)) {
            return Err(forged("it states another currency"));
        }
        Ok(())
    }

    /// The result of the authentication; empty when there is none.
    pub fn md_status(&self) -> &'a str {
        exact(self.fields, "mdStatus")
    }
}

/// An address that Param's answer leads the payer to, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Scheme, host and port.
    pub origin: String,
    /// From the first `/`.
    pub path: String,
    /// The query's names and values.
    pub query: Vec<(String, String)>,
}

impl Page {
    /// Of an address with a query; anything else, such as the sentence of an error, is none.
    pub fn read(address: &str) -> Result<Self, Fault> {
        let none = || Fault::UnreadableAnswer("the answer names no page to lead the payer to".into());
        let (scheme, rest) = address.split_once("://").ok_or_else(none)?;
        let plain = address.len() <= 2_048 && address.bytes().all(|byte| byte.is_ascii_graphic());
        if !plain || !matches!(scheme, "https" | "http") {
            return Err(none());
        }
        let (place, query) = rest.split_once('?').ok_or_else(none)?;
        let (host, path) = place.split_at(place.find('/').unwrap_or(place.len()));
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((body::url_decoded(name)?, body::url_decoded(value)?))
        };
        let query = query.split('#').next().unwrap_or_default();
        let query: Option<Vec<_>> = query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect();
        let query = query.filter(|query| !query.is_empty() && !host.is_empty()).ok_or_else(none)?;
        Ok(Self { origin: format!("{scheme}://{host}"), path: path.to_owned(), query })
    }
}

fn forged(why: &str) -> Fault {
    Fault::NotAuthentic(format!("the callback is refused: {why}"))
}

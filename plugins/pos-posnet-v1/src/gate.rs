//! The 3-D gate: the form that goes there and what comes back.
//!
//! The bank signs the result of the authentication and neither order nor amount. That is enough for a gate
//! that charges nothing: we charge our own order and amount afterwards, and the bank compares them with what
//! it authenticated under `SecureTransactionId`.

use posnet_orders::{number, written};
use vezne_plugin::body::Form;
use vezne_plugin::callback::Fields;
use vezne_plugin::value::{self, Value};
use vezne_plugin::{Callback, Card, ExpiryForm, Fault, Terms, amount};

use crate::mac;
use crate::message::{CARD_LIST, Proof, transaction_type};
use crate::settings::Settings;

/// What the form is signed over where the bank's own page takes the card.
pub const PAGE_LIST: &str = "MerchantNo:TerminalNo:Amount";
/// What the bank signs. The payer's browser carries the list, so no other one is believed: a shorter one would
/// leave the result out.
pub const RESULT_LIST: &str = "ECI:CAVV:MdStatus:MdErrorMessage:MD:SecureTransactionId";

/// What the form says.
#[derive(Debug, Clone, Copy)]
pub struct GateForm<'a> {
    /// Our order number.
    pub order: &'a str,
    /// Minor units.
    pub amount: &'a str,
    /// The bank's letters.
    pub currency: &'a str,
    /// 0 for a single payment.
    pub instalments: u8,
    /// Where the payer comes back to.
    pub return_url: &'a str,
    /// `tr` or `en`.
    pub lang: &'a str,
    /// Reserve instead of charge.
    pub reserve: bool,
}

impl GateForm<'_> {
    /// The fields with the signature. The bank calls two fields otherwise in the list than in the form
    /// (`ExpireDate` and `ExpiredDate`, `Cvc2` and `Cvv`).
    pub fn build(&self, settings: &Settings, card: Option<&Card>) -> Result<Form, Fault> {
        let list = if card.is_some() { CARD_LIST } else { PAGE_LIST };
        let signature = mac::of_list(list, |name| match (name, card) {
            ("MerchantNo", _) => Some(Value::from(&settings.merchant)),
            ("TerminalNo", _) => Some(Value::from(&settings.terminal)),
            ("Amount", _) => Some(Value::from(self.amount)),
            ("CardNo", Some(card)) => Some(Value::from(card.pan())),
            ("Cvc2", Some(card)) => card.security_code().map(Value::from),
            ("ExpireDate", Some(card)) => Some(Value::from(card.expiry(ExpiryForm::Yymm))),
            _ => None,
        })?;
        let form = Form::new()
            .field("MerchantNo", &settings.merchant)
            .field("TerminalNo", &settings.terminal)
            .field("PosnetID", &settings.posnet_id)
            .field("TransactionType", transaction_type(self.reserve))
            .field("OrderId", number::padded(self.order)?)
            .field("Amount", self.amount)
            .field("CurrencyCode", self.currency)
            .field("MerchantReturnURL", self.return_url)
            .field("InstallmentCount", self.instalments.to_string())
            .field("Language", self.lang)
            .field("TxnState", "INITIAL")
            .field("OpenNewWindow", "0");
        let form = match card {
            Some(card) => form
                .field("CardNo", card.pan())
                .field("ExpiredDate", card.expiry(ExpiryForm::Yymm))
                .field("Cvv", card.security_code().map_or_else(Value::new, Value::from))
                .field("CardHolderName", card.holder().map_or_else(Value::new, Value::from))
                .field("MacParams", list)
                .field("UseOOS", "0"),
            None => form.field("UseOOS", "1").field("MacParams", list),
        };
        Ok(form.field("Mac", signature))
    }
}

/// A callback whose signature is the bank's.
#[derive(Debug, Clone, Copy)]
pub struct Verified<'a> {
    /// Its fields.
    pub fields: Fields<'a>,
}

/// Verifies the signature, before anything else of a callback is read, and the form of what it covers.
pub fn verify(callback: &Callback) -> Result<Verified<'_>, Fault> {
    let fields = Fields::of(callback);
    if fields.get("MacParams") != Some(RESULT_LIST) {
        return Err(forged("it is not signed over the result"));
    }
    let sent = fields.filled("Mac").ok_or_else(|| forged("it has no signature"))?;
    // Without any value nothing but the key would be hashed, which the host refuses to compare.
    if RESULT_LIST.split(':').all(|name| fields.filled(name).is_none()) {
        return Err(forged("it says nothing"));
    }
    let ours = mac::of_list(RESULT_LIST, |name| fields.get(name).map(Value::from))?;
    if !value::equals(&ours, sent) {
        return Err(forged("its signature is not the bank's"));
    }
    let verified = Verified { fields };
    if verified.is_well_formed() { Ok(verified) } else { Err(forged("its values are not where the bank puts them")) }
}

impl<'a> Verified<'a> {
    fn field(&self, name: &str) -> &'a str {
        self.fields.get(name).unwrap_or_default()
    }

    /// The result of the authentication; empty when there is none.
    pub fn md_status(&self) -> &'a str {
        self.field("MdStatus")
    }

    /// What the bank is shown when it charges.
    pub fn proof(&self) -> Proof<'a> {
        Proof {
            transaction: self.field("SecureTransactionId"),
            cavv: self.field("CAVV"),
            eci: self.field("ECI"),
            md_status: self.md_status(),
            md: self.field("MD"),
        }
    }

    /// Values are signed without borders: were the `1` of another value moved to the result, the signature
    /// would still fit. An indicator has two digits and a cryptogram 28 characters with `=` at its end, if they
    /// are there at all, so that the result stands where the bank put it.
    fn is_well_formed(&self) -> bool {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let (eci, cavv) = (self.field("ECI"), self.field("CAVV"));
        let letters = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
        let eci_fits = eci.is_empty() || (eci.len() == 2 && digits(eci));
        let cavv_fits = cavv.is_empty() || (cavv.len() == 28 && cavv.ends_with('=') && letters(cavv));
        let status = self.md_status();
        let transaction = self.field("SecureTransactionId");
        eci_fits && cavv_fits && status.len() <= 1 && digits(status) && digits(transaction)
    }

    /// Our store, order, amount, currency and instalments, as far as the callback names them. The signature
    /// leaves them out: this finds mistakes, not forgeries.
    pub fn check(&self, settings: &Settings, order: &str, terms: &Terms) -> Result<(), Fault> {
        let names_other = |name: &str, ours: &str| self.fields.filled(name).is_some_and(|theirs| theirs != ours);
        if names_other("MerchantId", &settings.merchant) {
            return Err(forged("it speaks of another store"));
        }
        if self.fields.filled("OrderId").is_none_or(|theirs| !number::is_ours(order, theirs)) {
            return Err(forged("it speaks of another order"));
        }
        if self.fields.filled("Amount").and_then(written::minor) != Some(terms.amount.minor) {
            return Err(forged("it states another amount"));
        }
        let numeric = amount::numeric_currency(&terms.amount);
        let same_currency = |theirs: &str| theirs == numeric || written::iso_currency(theirs) == terms.amount.currency;
        if self.fields.filled("CurrencyCode").is_some_and(|theirs| !same_currency(theirs)) {
            return Err(forged("it states another currency"));
        }
        let single = |count: u8| if count == 1 { 0 } else { count };
        match self.fields.filled("InstalmentCode").map(str::parse::<u8>) {
            None => Ok(()),
            Some(Ok(count)) if single(count) == written::instalments(terms) => Ok(()),
            Some(_) => Err(forged("it states other instalments")),
        }
    }
}

fn forged(why: &str) -> Fault {
    Fault::NotAuthentic(format!("the callback is refused: {why}"))
}

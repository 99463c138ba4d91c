//! `VPosTransactionResponseContract`, the shape of every answer, and the pages around it.

use std::fmt::Write;

use crate::book::Entry;
use crate::clock::local;
use crate::http::Wire;
use crate::page;
use crate::xml::escape;

use super::sign;
use super::store::Account;

/// How the family writes.
pub const WIRE: Wire = Wire::xml(
    "text/xml; charset=utf-8",
    b"<?xml version=\"1.0\" encoding=\"utf-8\"?><VPosTransactionResponseContract><IsEnrolled>true",
);

/// One answer.
#[derive(Clone, Default)]
pub struct Contract {
    /// `00` is yes.
    pub code: String,
    /// For people.
    pub text: String,
    /// The merchant's order number.
    pub order: String,
    /// The bank's order number; empty for none.
    pub bank_order: String,
    /// Authorization.
    pub provision: String,
    /// Retrieval reference.
    pub rrn: String,
    /// Epoch milliseconds; none is the year 1.
    pub at_ms: Option<i64>,
    /// Stands for the card.
    pub md: String,
    /// Signature.
    pub hash: String,
    /// The message that was asked.
    pub message: Vec<(&'static str, String)>,
}

impl Contract {
    /// A refusal by the gateway.
    pub fn refused(order: &str, code: &str, text: &str) -> Self {
        Self { code: code.to_owned(), text: text.to_owned(), order: order.to_owned(), ..Self::default() }
    }

    /// Something that is in the book.
    pub fn booked(entry: &Entry, text: &str) -> Self {
        Self {
            code: entry.code.clone(),
            text: text.to_owned(),
            order: entry.order.clone(),
            bank_order: entry.trans_id.clone(),
            provision: entry.auth_code.clone(),
            rrn: entry.host_ref.clone(),
            at_ms: Some(entry.at_ms),
            ..Self::default()
        }
    }

    /// The trace number: the reference's last six digits.
    pub fn stan(&self) -> &str {
        self.rrn.get(self.rrn.len().saturating_sub(6)..).unwrap_or_default()
    }

    fn number(&self) -> &str {
        if self.bank_order.is_empty() { "0" } else { &self.bank_order }
    }

    /// The same, signed over its order, numbers and code.
    pub fn signed(mut self, account: &Account, wrongly: bool) -> Self {
        let password = if wrongly { "not the password" } else { &account.password };
        self.hash = sign::answer(&self.order, &self.rrn, &self.code, self.number(), password);
        self
    }

    /// The fields below the message.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let time = self.at_ms.map_or_else(|| "0001-01-01T00:00:00".to_owned(), time);
        let mut all = vec![("IsEnrolled", "true".to_owned()), ("IsVirtual", "false".to_owned())];
        for (name, value) in [
            ("ProvisionNumber", self.provision.as_str()),
            ("RRN", &self.rrn),
            ("Stan", self.stan()),
            ("ResponseCode", &self.code),
            ("ResponseMessage", &self.text),
            ("OrderId", self.number()),
            ("TransactionTime", &time),
            ("MerchantOrderId", &self.order),
            ("HashData", &self.hash),
            ("MD", &self.md),
            ("BusinessKey", "0"),
        ] {
            if !value.is_empty() {
                all.push((name, value.to_owned()));
            }
        }
        all
    }

    /// The whole document.
    pub fn document(&self, orders: &str) -> String {
        let message = elements(&self.message);
        let message = if message.is_empty() { message } else { format!("<VPosMessage>{message}</VPosMessage>") };
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><VPosTransactionResponseContract \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\">\
             {message}{orders}{}</VPosTransactionResponseContract>",
            elements(&self.fields())
        )
    }
}

/// `<a>1</a><b>2</b>`
pub fn elements(fields: &[(&'static str, String)]) -> String {
    fields.iter().fold(String::new(), |mut all, (name, value)| {
        let _ = write!(all, "<{name}>{}</{name}>", escape(value));
        all
    })
}

/// `2024-07-01T12:49:44.428`
pub fn time(at_ms: i64) -> String {
    let at = local(at_ms);
    format!("{}.{:03}", at.strftime("%Y-%m-%dT%H:%M:%S"), at.millisecond())
}

/// A page whose form leads the browser on, as the gateway writes it.
pub fn page_to(action: &str, fields: &[(String, String)]) -> String {
    let inputs = fields.iter().fold(String::new(), |mut all, (name, value)| {
        let (name, value) = (page::escape(name), page::escape(value));
        let _ = write!(all, "<input type=\"hidden\" name=\"{name}\" value=\"{value}\">");
        all
    });
    format!(
        "<!DOCTYPE html><html xmlns=\"http://www.w3.org/1999/xhtml\"><head><title></title></head><body onload=\"OnLoadEvent();\">\
         <form name=\"downloadForm\" action=\"{}\" method=\"POST\">{inputs}<noscript><center>Please click the submit button below.<br>\
         <input type=\"submit\" name=\"submit\" value=\"Submit\"></center></noscript></form>\
         <script>function OnLoadEvent() {{document.downloadForm.submit();}}</script></body></html>",
        page::escape(action)
    )
}

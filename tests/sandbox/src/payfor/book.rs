//! What the desk decides, in the family's codes, and how an answer to a money operation is written.

use crate::bank::Bank;
use crate::book::{Book, Kind};
use crate::clock::local;
use crate::desk::{Clerk, Desk, Done, Numbers, Verdict, Why};
use crate::http::Wire;
use crate::issuer::Refusal;
use crate::store::Store;
use crate::xml::escape;

use super::rules::Refused;

/// How the interface writes.
pub const WIRE: Wire =
    Wire::xml("text/xml; charset=utf-8", b"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<PayforResponse>\n<AuthCode>");

/// The family's hand in the book.
struct PayFor;

impl Clerk for PayFor {
    fn numbers(&self, book: &Book, at_ms: i64, _: Kind) -> Numbers {
        let n = book.entries().len() as u64 + 1;
        let at = local(at_ms);
        Numbers {
            // The number of the request; every request has one.
            trans_id: format!("{}", 1_000_000_094_940_594 + n),
            host_ref: format!(
                "{}{:03}{:02}{:06}",
                at.year() % 10,
                at.day_of_year(),
                at.hour(),
                (98_248 + n) % 1_000_000
            ),
            auth_code: format!("S{:05}", (37_396 + n * 7) % 100_000),
        }
    }

    fn refused(&self, why: Why) -> (String, Option<String>) {
        (words(why).0.to_owned(), None)
    }

    /// An issuer who fell silent is a connection error of the gateway, with the reversal under way.
    fn declined(&self, refusal: &Refusal) -> (String, Option<String>) {
        (if refusal.code == "92" { "V9199" } else { refusal.code }.to_owned(), None)
    }
}

/// The gateway's code and text.
pub fn words(why: Why) -> Refused {
    match why {
        Why::OrderUsed => ("V029", "Sipariş numarası tekil olmalıdır"),
        Why::OrderUnknown => ("V013", "Seçili İşlem Bulunamadı!"),
        Why::NothingHeld => ("V016", "Seçili işlem ön provizyon değil"),
        Why::NothingToCapture => ("V025", "Ön provizyon daha önce kapatılmış"),
        Why::MoreThanHeld => ("V027", "Kapama tutarı en fazla %15 farklı olabilir"),
        Why::NothingToVoid => ("V018", "İşlem iptal edilemez"),
        Why::NothingLeft => ("V037", "Sipariş daha önce iade edilmiş"),
        Why::MoreThanLeft => ("V015", "İade tutarı orijinal tutardan büyük olamaz"),
        Why::NotSettled => ("V014", "Bu işlem geri alınamaz, lüften asıl işlemi iptal edin."),
        Why::OtherCurrency => ("M002", "Para birimi geçersiz"),
        Why::NoAmount => ("V031", "İade tutarı boş olamaz"),
    }
}

/// The desk for a store of this family.
pub fn desk<'a>(bank: &'a Bank, store: &'a Store) -> Desk<'a> {
    Desk::at(bank, store, &PayFor)
}

/// One answer.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Only with a yes.
    pub auth_code: String,
    /// Retrieval number.
    pub number: String,
    /// `00` is yes.
    pub code: String,
    /// The order it speaks of.
    pub order: String,
    /// For people.
    pub text: String,
}

impl Answer {
    /// What the gateway itself refuses.
    pub fn refused(order: &str, (code, text): Refused) -> Self {
        Self { code: code.into(), order: order.to_owned(), text: text.into(), ..Self::default() }
    }

    /// What the desk decided.
    pub fn of(done: &Done) -> Self {
        let entry = &done.entry;
        let text = match &done.verdict {
            Verdict::Approved => "Onaylandı",
            Verdict::Declined(refusal) => refusal.text,
            Verdict::Refused(why) => words(*why).1,
        };
        Self {
            auth_code: entry.auth_code.clone(),
            number: entry.host_ref.clone(),
            code: entry.code.clone(),
            order: entry.order.clone(),
            text: text.to_owned(),
        }
    }

    /// Whether it is a yes.
    pub fn approved(&self) -> bool {
        self.code == "00"
    }

    /// As a document.
    pub fn to_bytes(&self) -> Vec<u8> {
        document(&[
            ("AuthCode", &self.auth_code),
            ("HostRefNum", &self.number),
            ("ProcReturnCode", &self.code),
            ("TransId", &self.order),
            ("ErrMsg", &self.text),
            ("CardHolderName", ""),
            ("ArtiTaksit", "0"),
            ("PAYFORFROMXMLREQUEST", "1"),
            ("SESSION_SYSTEM_USER", "0"),
        ])
    }
}

/// Elements, one to a line.
pub fn elements(fields: &[(&str, &str)]) -> String {
    let one = |(name, value): &(&str, &str)| format!("<{name}>{}</{name}>\n", escape(value));
    fields.iter().map(one).collect::<Vec<_>>().concat()
}

/// A `PayforResponse`.
pub fn document(fields: &[(&str, &str)]) -> Vec<u8> {
    let inside = elements(fields);
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<PayforResponse>\n{inside}</PayforResponse>").into_bytes()
}

//! `TP_Islem_Izleme`: every transaction of some days, for reconciliation.

use vezne_plugin::amount;
use vezne_plugin::xml::Tree;

use crate::answer::is_positive;

/// What a transaction was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `Satış`
    Sale,
    /// `İptal`
    Void,
    /// `İade`
    Refund,
    /// A word nobody explained.
    Unclear,
}

/// One transaction.
#[derive(Debug, Clone)]
pub struct Row {
    /// What it was.
    pub kind: Kind,
    /// `Sonuc`: above zero is success.
    pub code: String,
    /// For people.
    pub message: Option<String>,
    /// Minor units; what flows back is negative.
    pub minor: Option<i64>,
    /// What was given back of it so far, in minor units.
    pub refunded: Option<i64>,
    /// ISO 4217 letters.
    pub currency: Option<&'static str>,
    /// When, with its zone: `2025-01-20T09:12:38.94+03:00`.
    pub at: Option<String>,
    /// Our order number.
    pub order_id: Option<String>,
    /// Number of the receipt.
    pub receipt: Option<String>,
    /// `NONSECURE` or `3D`.
    pub security: Option<String>,
}

/// What an answer comes to.
#[derive(Debug, Clone)]
pub enum History {
    /// All transactions, newest first.
    Rows(Vec<Row>),
    /// The question was refused, with this code.
    Refused(String),
}

impl Row {
    fn read(line: &Tree) -> Self {
        let text = |name: &str| line.filled(name).map(str::to_owned);
        let minor = |name: &str| line.filled(name).and_then(signed);
        Self {
            kind: match line.filled("Tip_Str") {
                Some("Satış") => Kind::Sale,
                Some("İptal") => Kind::Void,
                Some("İade") => Kind::Refund,
                _ => Kind::Unclear,
            },
            code: text("Sonuc").unwrap_or_default(),
            message: text("Sonuc_Str"),
            minor: minor("Tutar"),
            refunded: minor("Toplam_Iade_Tutar"),
            currency: line.filled("PB").and_then(currency),
            at: text("Tarih"),
            order_id: text("ORJ_ORDER_ID"),
            receipt: text("Dekont_ID"),
            security: text("Islem_Guvenlik"),
        }
    }

    /// Whether it succeeded.
    pub fn succeeded(&self) -> bool {
        is_positive(Some(&self.code))
    }
}

/// Param's letters of a currency as ISO 4217's.
pub fn currency(letters: &str) -> Option<&'static str> {
    Some(match letters {
        "TRL" | "TL" | "TRY" => "TRY",
        "USD" => "USD",
        "EUR" => "EUR",
        "GBP" => "GBP",
        _ => return None,
    })
}

/// `-5.0000` in hundredths.
fn signed(text: &str) -> Option<i64> {
    match text.strip_prefix('-') {
        Some(digits) => amount::parse_decimal(digits, 2).map(|minor| -minor),
        None => amount::parse_decimal(text, 2),
    }
}

/// Reads the operation's result.
pub fn read(result: &Tree) -> History {
    if !is_positive(result.filled("Sonuc")) {
        return History::Refused(result.filled("Sonuc").unwrap_or("no code").to_owned());
    }
    let table = result.at("DT_Bilgi").and_then(|data| data.local("diffgram")).and_then(|data| data.at("NewDataSet"));
    History::Rows(table.into_iter().flat_map(|table| table.all("Temp")).map(Row::read).collect())
}

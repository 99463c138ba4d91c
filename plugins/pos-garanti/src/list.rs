//! `orderlistinq`: the transactions of some days, for reconciliation. Its words are Turkish.

use vezne_plugin::amount;
use vezne_plugin::xml::Tree;

use crate::answer::Answer;
use crate::order_status::{self, Found};

/// One transaction of a list.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Our order number.
    pub order_id: Option<String>,
    /// `Satis`, `On Otorizasyon`, `On Otorizasyon Kapama`, `Iade`, `Iptal`, ….
    pub kind: String,
    /// `Basarili`, `Onaylandi`, `Basarisiz`, `Iptal`.
    pub standing: String,
    /// `00` is yes.
    pub code: Option<String>,
    /// What the bank says where it is not.
    pub error: Option<String>,
    /// Minor units.
    pub minor: Option<i64>,
    /// ISO 4217 letters, with `TL` for the lira.
    pub currency: Option<String>,
    /// As the bank wrote it.
    pub at: Option<String>,
    /// The bank's number of it.
    pub number: Option<String>,
    /// Authorization code.
    pub auth_code: Option<String>,
    /// Which day end it belongs to.
    pub batch: Option<String>,
    /// First and last digits.
    pub masked_card: Option<String>,
    /// 0 for a single payment (`Pesin`).
    pub instalments: Option<u8>,
    /// `3D`, or empty without 3-D Secure.
    pub security: String,
}

impl Entry {
    fn read(line: &Tree) -> Self {
        let text = |name: &str| line.filled(name).map(str::to_owned);
        Self {
            order_id: text("OrderID"),
            kind: line.get("TrxType").unwrap_or_default().to_owned(),
            standing: line.get("Status").unwrap_or_default().to_owned(),
            code: text("ResponseCode"),
            error: text("SysErrMsg"),
            minor: line.get("AuthAmount").and_then(amount::parse_minor),
            currency: text("CurrencyCode"),
            at: text("LastTrxDate"),
            number: text("RetrefNum"),
            auth_code: text("AuthCode"),
            batch: text("BatchNum"),
            masked_card: text("CardNumberMasked"),
            instalments: match line.get("InstallmentCnt") {
                Some("Pesin" | "") => Some(0),
                Some(count) => count.parse().ok(),
                None => None,
            },
            security: line.get("SafeType").unwrap_or_default().to_owned(),
        }
    }

    /// Whether it was approved and did not fail later.
    pub fn is_done(&self) -> bool {
        self.code.as_deref() == Some("00") && matches!(self.standing.as_str(), "Basarili" | "Onaylandi")
    }
}

/// A page of a list.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its entries.
    pub entries: Vec<Entry>,
    /// How many pages there are.
    pub pages: u32,
}

/// Reads an answer to `orderlistinq`; the reason if it is none.
pub fn read(answer: &Answer) -> Result<Page, String> {
    match order_status::unanswered(answer) {
        Some(Found::Nothing) => return Ok(Page { entries: Vec::new(), pages: 0 }),
        Some(Found::Unclear(why)) => return Err(why),
        Some(Found::Order(_)) | None => {}
    }
    let list = answer.at("Order/OrderListInqResult/OrderTxnList").ok_or("the answer has no list of transactions")?;
    let entries: Vec<Entry> = list.children.iter().filter(|child| child.name == "OrderTxn").map(Entry::read).collect();
    let pages = list
        .get("TotalPageCount")
        .and_then(|count| count.parse().ok())
        .ok_or("the list does not say how many pages it has")?;
    Ok(Page { entries, pages })
}

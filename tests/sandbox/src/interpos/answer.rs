//! `Key=Value;;Key=Value`, in the order the bank writes it.

use crate::book::Entry;
use crate::clock::local;
use crate::http::Wire;

/// The bank answers pairs under the type of a page.
pub const WIRE: Wire = Wire { content_type: "text/html; charset=utf-8", opening: b"OrderId=" };

/// An answer.
#[derive(Clone, Debug, Default)]
pub struct Answer(Vec<(&'static str, String)>);

impl Answer {
    /// The value of a field.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(k, _)| *k == name).map_or("", |(_, v)| v)
    }

    /// Changes a field that is there.
    pub fn set(&mut self, name: &str, value: &str) {
        for (key, text) in &mut self.0 {
            if *key == name {
                value.clone_into(text);
            }
        }
    }

    /// As the bank writes it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let pairs: Vec<String> = self.0.iter().map(|(k, v)| format!("{k}={v}")).collect();
        pairs.join(";;").into_bytes()
    }
}

/// `1.056,20`
pub fn amount(minor: i64) -> String {
    let shown = crate::visit::shown_amount(minor, "");
    shown.trim_end().to_owned()
}

/// `09.08.2024 10:40:34`
pub fn date(at_ms: i64) -> String {
    local(at_ms).strftime("%d.%m.%Y %H:%M:%S").to_string()
}

/// The number that the bank gives an operation sent without one.
pub fn own_number(seq: u64) -> String {
    format!("SYSOID{}", 121_000_000 + seq)
}

/// What is said of one request about money.
pub struct Said<'a> {
    /// The order it was sent under, or the bank's own number.
    pub order: &'a str,
    /// `ProcReturnCode`.
    pub code: &'a str,
    /// `ErrorCode`.
    pub error_code: &'a str,
    /// `ErrorMessage`.
    pub text: &'a str,
    /// Minor units.
    pub amount: i64,
    /// The line in the book, where it came that far.
    pub entry: Option<&'a Entry>,
}

/// The answer to a charge, capture, void or refund.
pub fn money(said: &Said<'_>) -> Answer {
    let entry = said.entry.filter(|e| e.approved);
    let of = |read: fn(&Entry) -> String| entry.map(read).unwrap_or_default();
    let result = if entry.is_some() { "Success" } else { "Failed" };
    let mut pairs = vec![
        ("OrderId", said.order.to_owned()),
        ("ProcReturnCode", said.code.to_owned()),
        ("HostRefNum", said.entry.map(|e| e.host_ref.clone()).unwrap_or_default()),
        ("AuthCode", of(|e| e.auth_code.clone())),
        ("TxnResult", result.to_owned()),
        ("ErrorMessage", said.text.to_owned()),
        ("CampanyId", String::new()),
        ("CampanyInstallCount", "0".to_owned()),
        ("CampanyShiftDateCount", "0".to_owned()),
        ("CampanyTxnId", String::new()),
        ("CampanyType", String::new()),
        ("CampanyInstallment", "0".to_owned()),
        ("CampanyDate", "0".to_owned()),
        ("CampanyAmnt", "0".to_owned()),
        ("TRXDATE", of(|e| date(e.at_ms))),
        ("TransId", of(|e| e.trans_id.clone())),
        ("ErrorCode", said.error_code.to_owned()),
        ("EarnedBonus", "0,00".to_owned()),
        ("UsedBonus", "0,00".to_owned()),
        ("AvailableBonus", "0,00".to_owned()),
        ("BonusToBonus", "0".to_owned()),
        ("CampaignBonus", "0,00".to_owned()),
        ("FoldedBonus", "0".to_owned()),
        ("SurchargeAmount", "0".to_owned()),
        ("Amount", amount(said.amount)),
        ("CardHolderName", String::new()),
    ];
    pairs.extend(["QrReferenceNumber", "QrCardToken", "QrData"].map(|name| (name, String::new())));
    pairs.push(("QrPayIsSucess", "False".to_owned()));
    Answer(pairs)
}

/// An order's line.
#[derive(Default)]
pub struct Line {
    /// Who it is about.
    pub order: String,
    /// `ProcReturnCode`.
    pub code: &'static str,
    /// Text of a refusal.
    pub text: &'static str,
    /// `N`, `V`, `R` or `S`.
    pub stat: &'static str,
    /// `D`, `V`, `A`, `K`, `S` or `C`.
    pub status: &'static str,
    /// The issuer's code of a refusal.
    pub error_code: String,
    /// Minor units.
    pub amount: i64,
    /// Minor units.
    pub refunded: i64,
    /// When it was voided.
    pub voided_at_ms: Option<i64>,
    /// Number of the open batch.
    pub batch: usize,
    /// The charge.
    pub entry: Option<Entry>,
}

/// The answer to `StatusHistory`.
pub fn status(line: &Line) -> Answer {
    let of = |read: fn(&Entry) -> String| line.entry.as_ref().map(read).unwrap_or_default();
    let found = line.entry.is_some();
    Answer(vec![
        ("OrderId", line.order.clone()),
        ("ProcReturnCode", line.code.to_owned()),
        ("BatchNo", if found { line.batch.to_string() } else { String::new() }),
        ("TransId", of(|e| e.trans_id.clone())),
        ("TRXDATE", of(|e| date(e.at_ms))),
        ("TxnStat", line.stat.to_owned()),
        ("PurchAmount", if found { amount(line.amount) } else { "0".to_owned() }),
        ("VoidDate", line.voided_at_ms.map_or_else(|| "1.1.0001 00:00:00".to_owned(), date)),
        ("TxnStatus", line.status.to_owned()),
        ("ChargeTypeCd", if found { "S" } else { "" }.to_owned()),
        ("ErrorCode", line.error_code.clone()),
        ("ErrorMessage", line.text.to_owned()),
        ("RefundedAmount", if found { amount(line.refunded) } else { "0".to_owned() }),
        ("AuthCode", of(|e| e.auth_code.clone())),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_in_turkey() {
        assert_eq!((amount(101), amount(105_620), amount(0)), ("1,01".into(), "1.056,20".into(), "0,00".into()));
    }
}

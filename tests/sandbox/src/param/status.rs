//! What Param's book says: of one order, and of some days.

use std::fmt::Write;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::bank::Bank;
use crate::book::Kind;
use crate::clock::{DAY_MS, local};
use crate::desk::{Standing, State};
use crate::store::Store;

use super::operation::{desk, receipt};
use super::soap::Answer;

/// `05.01.2025 13:14:32`
pub fn date(at_ms: i64) -> String {
    local(at_ms).strftime("%d.%m.%Y %H:%M:%S").to_string()
}

fn decimal(minor: i64) -> String {
    if minor == 0 { "0".to_owned() } else { format!("{}.{:02}", minor / 100, minor % 100) }
}

/// One line about the order: its newest charge, and what was given back of it. `transaction` is `Islem_ID`.
pub fn order(bank: &Bank, store: &Store, order: &str, transaction: &str) -> Option<Answer> {
    let history = desk(bank, store).history(order);
    let is_charge = |s: &&Standing| matches!(s.entry.kind, Kind::Auth | Kind::PreAuth | Kind::PostAuth);
    let charges = || history.iter().rev().filter(is_charge);
    let charge = charges().find(|s| s.entry.approved).or_else(|| charges().next())?;
    let credits = history.iter().filter(|s| s.entry.kind == Kind::Credit && s.entry.approved);
    let refunded: i64 = credits.filter(|s| s.state != State::Voided).map(|s| s.entry.amount).sum();
    let (state, result, word) = match charge.state {
        State::Declined | State::Reversed => ("FAIL", "-1", "Başarısız"),
        // Param documents no word for a charge whose bank has not answered yet.
        State::Reversing => ("", "0", "Bekliyor"),
        State::Voided => ("CANCEL", "12", "İptal"),
        _ if refunded >= charge.entry.amount => ("REFUND", "13", "İade"),
        _ if refunded > 0 => ("PARTIAL_REFUND", "1", "Kısmi İade"),
        State::Held | State::Open | State::Settled => ("SUCCESS", "1", "İşlem Başarılı"),
    };
    let kind = match charge.entry.kind {
        Kind::PreAuth => "PRE_AUTH",
        Kind::PostAuth => "POST_AUTH",
        _ => "SALE",
    };
    let entry = &charge.entry;
    let held = charge.state == State::Held;
    Some(Answer::of(&[
        ("Odeme_Sonuc", result),
        ("Odeme_Sonuc_Aciklama", word),
        ("Dekont_ID", &if entry.approved { receipt(entry.seq) } else { "0".to_owned() }),
        ("Siparis_ID", order),
        ("Islem_ID", transaction),
        ("Durum", state),
        ("Tarih", &date(entry.at_ms)),
        ("Toplam_Tutar", &decimal(entry.amount)),
        ("Komisyon_Oran", "0"),
        ("Komisyon_Tutar", "0"),
        ("Banka_Sonuc_Aciklama", ""),
        ("Taksit", &entry.installments.to_string()),
        ("Ext_Data", "||||"),
        ("Toplam_Iade_Tutar", &decimal(refunded)),
        ("KK_No", &entry.card.as_ref().map(crate::card::CardFace::starred).unwrap_or_default()),
        ("Bank_Extra", if held { "<Extra><TRANS_STAT>A</TRANS_STAT></Extra>" } else { "" }),
        ("Islem_Tip", kind),
        ("Bank_Trans_ID", &entry.trans_id),
        ("Bank_AuthCode", &entry.auth_code),
        ("Bank_HostRefNum", &entry.host_ref),
    ]))
}

/// `20.11.2018 15:00:00` as epoch milliseconds.
fn instant(text: &str) -> Option<i64> {
    let zone = TimeZone::get("Europe/Istanbul").unwrap_or(TimeZone::UTC);
    let at = DateTime::strptime("%d.%m.%Y %H:%M:%S", text).ok()?;
    at.to_zoned(zone).ok().map(|at| at.timestamp().as_millisecond())
}

/// The inside of a `TP_Islem_Izleme` result.
pub fn history(bank: &Bank, store: &Store, from: &str, until: &str) -> String {
    let (Some(from), Some(until)) = (instant(from), instant(until)) else {
        return Answer::of(&[("Sonuc", "-120"), ("Sonuc_Str", "Tarih formatı hatalı.")]).elements();
    };
    if until < from || until - from > 7 * DAY_MS {
        return Answer::of(&[("Sonuc", "-222"), ("Sonuc_Str", "Tarih aralığı en fazla 7 gün olabilir.")]).elements();
    }
    let mut rows = String::new();
    for standing in desk(bank, store).between(from, until).iter().rev() {
        let entry = &standing.entry;
        let (word, sign) = match entry.kind {
            Kind::Void => ("İptal", "-"),
            Kind::Credit => ("İade", "-"),
            _ => ("Satış", ""),
        };
        let row = Answer::of(&[
            ("Sonuc_Str", if entry.approved { "Başarılı" } else { "Başarısız" }),
            ("Tip_Str", word),
            ("Tarih", &local(entry.at_ms).strftime("%Y-%m-%dT%H:%M:%S%.3f+03:00").to_string()),
            ("Taksit", &entry.installments.to_string()),
            ("Tutar", &format!("{sign}{}00", decimal(entry.amount.max(1)))),
            ("Islem_Guvenlik", if entry.secure.is_some() { "3D" } else { "NONSECURE" }),
            ("Dekont_ID", &if entry.approved { receipt(entry.seq) } else { "0".to_owned() }),
            ("ORJ_ORDER_ID", &entry.order),
            ("Sonuc", if entry.approved { "1" } else { "-1" }),
            ("Toplam_Iade_Tutar", "0.0000"),
            ("PB", if entry.currency == "949" { "TRL" } else { "USD" }),
        ]);
        let _ = write!(rows, "<Temp>{}</Temp>", row.elements());
    }
    format!(
        "<DT_Bilgi><diffgr:diffgram xmlns:diffgr=\"urn:schemas-microsoft-com:xml-diffgram-v1\"><NewDataSet>{rows}</NewDataSet>\
         </diffgr:diffgram></DT_Bilgi><Sonuc>1</Sonuc><Sonuc_Str>Başarılı</Sonuc_Str>"
    )
}

//! What the bank answers when it is asked. Nothing is written.

use std::collections::BTreeMap;

use crate::book::{Entry, Kind};
use crate::clock::{DAY_MS, long_date};
use crate::issuer::IssuedCard;

use super::answer::{Answer, element};
use super::api::Call;
use super::code::{Refused, no};
use super::money::{self, letters, turkish};

/// Everything of one order. A fault may change amount and order.
pub fn agreement(call: &Call<'_>, wrong_amount: bool, wrong_order: bool) -> Result<Answer, Refused> {
    let Call { bank, store, account, request } = call;
    let order = request.addressed(bank, store, account)?.ok_or_else(|| no("E219"))?;
    let mut rows = String::new();
    for line in money::listed(bank, store, &order)? {
        let entry = &line.entry;
        let mut address = money::address(entry, line.three_d);
        if wrong_order {
            address.replace_range(address.len() - 1.., "!");
        }
        let card = entry.card.as_ref().map(|c| format!("{}******{}", c.bin, c.last4)).unwrap_or_default();
        rows += "<transaction>";
        for (name, value) in [
            ("orderID", address),
            ("ccno", card),
            ("amount", turkish(line.amount + if wrong_amount { 100 } else { 0 })),
            ("currencyCode", letters(&entry.currency).to_owned()),
            ("authCode", entry.auth_code.clone()),
            ("tranDate", long_date(entry.at_ms)),
            ("state", line.state.clone()),
            ("txnStatus", if line.effective { "1" } else { "0" }.to_owned()),
            ("hostLogKey", entry.trans_id.clone()),
        ] {
            rows += &element(name, &value);
        }
        rows += "</transaction>";
    }
    Ok(Answer::yes(format!("<transactions>{rows}</transactions>")))
}

/// What the points of a card are worth. Points of a store's own brand there are none here.
pub fn points(call: &Call<'_>, card: &IssuedCard) -> Result<Answer, Refused> {
    // A card that permits no such operation.
    let worth = money::desk(call.bank, call.store).points(card).ok_or_else(|| no("0012"))?;
    // Two hundred points are a lira.
    let (points, kurus) = (format!("{:08}", worth * 2), format!("{worth:012}"));
    let inside: String = [
        ("point", points.as_str()),
        ("pointAmount", &kurus),
        ("loyaltyPoint", "00000000"),
        ("loyaltyPointAmount", "000000000000"),
        ("totalPoint", &points),
        ("totalPointAmount", &kurus),
    ]
    .map(|(name, value)| element(name, value))
    .concat();
    Ok(Answer::yes(format!("<pointInfo>{inside}</pointInfo>")))
}

/// Midnight of `2026-11-22` in Istanbul, which has had no summer time since 2016.
fn midnight_ms(text: &str) -> Result<i64, Refused> {
    if text.is_empty() {
        return Err(no("E117"));
    }
    let day: jiff::civil::Date = text.parse().map_err(|_| no("E215"))?;
    let at = day.at(0, 0, 0, 0).in_tz("Europe/Istanbul").map_err(|_| no("E215"))?;
    Ok(at.timestamp().as_millisecond())
}

/// The bank's number and name of a kind of transaction.
fn kind_of(entry: &Entry, undone: Option<&Entry>) -> (u8, &'static str) {
    let many = entry.installments > 1;
    match (entry.kind, undone.map(|u| u.kind)) {
        (Kind::Auth, _) if many => (2, "Taksitli Satış"),
        (Kind::Auth, _) => (1, "Satış"),
        (Kind::Credit, _) if many => (4, "Taksitli İade"),
        (Kind::Credit, _) => (3, "İade"),
        (Kind::PostAuth, _) if many => (8, "Taksitli Finansallaştırma"),
        (Kind::PostAuth, _) => (5, "Finansallaştırma"),
        (Kind::PreAuth, _) => (34, "Provizyon"),
        (_, Some(Kind::PostAuth)) if many => (20, "Taksitli Finansallaştırma İptal"),
        (_, Some(Kind::PostAuth)) => (17, "Finansallaştırma İptal"),
        (_, Some(Kind::PreAuth)) => (33, "Provizyon İptal"),
        (_, Some(Kind::Credit)) if many => (21, "Taksitli İade İptal"),
        (_, Some(Kind::Credit)) => (22, "İade İptal"),
        _ if many => (7, "Taksitli Satış İptal"),
        _ => (6, "Satış İptal"),
    }
}

/// Totals of a span of days in one currency, both days included, at most ten.
pub fn reconciliation(call: &Call<'_>) -> Result<Answer, Refused> {
    let Call { bank, store, request, .. } = call;
    let (from, until) = (midnight_ms(request.get("startDate"))?, midnight_ms(request.get("endDate"))? + DAY_MS);
    let currency = money::currency(request.get("currency"))?;
    match () {
        () if until <= from => return Err(no("0341")),
        () if until - from > 10 * DAY_MS => return Err(no("0340")),
        () => {}
    }
    let all = money::desk(bank, store).between(from, until);
    let mut totals = BTreeMap::<u8, (&str, u64, i64)>::new();
    for standing in all.iter().filter(|s| s.entry.approved && s.entry.currency == currency) {
        let history = money::desk(bank, store).history(&standing.entry.order);
        let undone = standing.entry.undoes.and_then(|seq| history.iter().find(|s| s.entry.seq == seq));
        let (number, name) = kind_of(&standing.entry, undone.map(|s| &s.entry));
        let total = totals.entry(number).or_insert((name, 0, 0));
        total.1 += 1;
        total.2 += standing.entry.amount;
    }
    let mut inside = String::new();
    for (number, (name, count, minor)) in totals {
        inside += "<merchantReconciliation>";
        inside += &element("totalNumber", &count.to_string());
        inside += &element("totalAmount", &minor.to_string());
        inside += &element("transactionType", &number.to_string());
        inside += &element("transactionName", name);
        inside += "</merchantReconciliation>";
    }
    Ok(Answer::yes(inside))
}

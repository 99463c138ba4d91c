//! What the gate tells the merchant, through the browser.

use crate::bank::Bank;
use crate::desk::Done;
use crate::fault::{FaultKind, Met};
use crate::store::Store;
use crate::visit::{Authentication, Outcome};
use crate::voucher::Voucher;
use crate::way_back::{WayBack, kept};

use super::api::charge;
use super::gate::{Gate, Model, Session, card_page, md};
use super::operation::{self, receipt};
use super::rules::hash;
use super::status::date;
use super::store::Account;

type Fields = Vec<(String, String)>;

kept!(Session in Gate.sessions);

impl WayBack for Session {
    fn gate_charges(&self) -> bool {
        self.model != Model::ThreeD
    }

    fn card_form(id: &str) -> String {
        card_page(id)
    }

    fn settle(bank: &Bank, gate: &mut Gate, id: &str, met: Met) -> Option<Outcome> {
        let session = gate.sessions.get(id)?;
        let (store, account) = session.visit.merchant::<Account>(bank)?;
        if session.model == Model::ThreeD {
            let (outcome, voucher) = authenticated(bank, store, account, session, met)?;
            if let Some((md, voucher)) = voucher {
                gate.vouchers.keep(md, voucher);
            }
            return Some(outcome);
        }
        Some(charged(bank, store, account, session, met))
    }
}

fn close(session: &Session, good: bool, fields: Fields, met: Met) -> Outcome {
    let url = if good { session.ok_url.clone() } else { session.fail_url.clone() };
    Outcome { lang: "tr".to_owned(), url, fields, server_url: None, met }
}

fn comma(minor: i64) -> String {
    format!("{},{:02}", minor / 100, minor % 100)
}

fn authenticated(
    bank: &Bank,
    store: &Store,
    account: &Account,
    session: &Session,
    met: Met,
) -> Option<(Outcome, Option<(String, Voucher)>)> {
    let card = session.visit.card.clone()?;
    let came = session.visit.authentication(bank);
    let (md, secure) = (md(&card), came.proof(&card));
    let ordered = session.visit.ordered.clone();
    let wrong = i64::from(met.has(FaultKind::WrongAmount)) * 100;
    let order = if met.has(FaultKind::WrongOrder) { format!("X{}", ordered.order) } else { ordered.order.clone() };
    let status = secure.md_status.clone();
    let key = if met.has(FaultKind::WrongHash) { "not the key" } else { account.guid.as_str() };
    let signature = hash(&format!("{}{md}{status}{order}{key}", session.guid));
    let result = format!("{}-status/{}", came.tx_status(), reason(came));
    let amount = comma(ordered.amount + wrong);
    let fields = [
        ("md", md.as_str()),
        ("mdStatus", &status),
        ("orderId", &order),
        ("transactionAmount", &amount),
        ("islemGUID", &session.guid),
        ("islemHash", &signature),
        ("bankResult", &result),
        ("dc", ""),
        ("dcURL", ""),
    ];
    let fields = fields.map(|(k, v)| (k.to_owned(), v.to_owned())).to_vec();
    let at_ms = bank.clock().now_ms();
    let voucher = came.is_any().then(|| {
        let store = store.id.clone();
        (md, Voucher { store, ordered, card, secure, at_ms, spent: false })
    });
    Some((close(session, came.is_any(), fields, met), voucher))
}

fn reason(came: Authentication) -> &'static str {
    match came {
        Authentication::Challenged => "Challenge authentication via ACS",
        Authentication::Frictionless => "Frictionless",
        Authentication::Half(_) => "Attempt",
        Authentication::Cancelled => "Challenge cancelled by cardholder",
        Authentication::WrongCode | Authentication::Refused(_) => "Challenge failed",
    }
}

/// The gate charges fully authenticated payers and tells what came of it.
fn charged(bank: &Bank, store: &Store, account: &Account, session: &Session, met: Met) -> Outcome {
    let ordered = session.visit.ordered.clone();
    let came = session.visit.authentication(bank);
    let card = session.visit.card.clone().filter(|_| came.is_full());
    let done = card.map(|card| {
        let secure = came.proof(&card);
        operation::charge(bank, store, charge(&ordered, &card, session.model.name(), Some(secure)))
    });
    let paid = done.as_ref().is_some_and(Done::approved);
    let number = done.as_ref().filter(|_| paid).map_or_else(|| "0".to_owned(), |done| receipt(done.entry.seq));
    let (text, bank_code) = match done.as_ref().map(|done| done.refusal()) {
        Some(Some(refusal)) => (refusal.text.to_owned(), refusal.code.to_owned()),
        Some(None) => ("Odeme Islemi Basarili".to_owned(), "0".to_owned()),
        None => (format!("3D Dogrulamasi Basarisiz. [{}]", reason(came)), "-1".to_owned()),
    };
    let wrong = i64::from(met.has(FaultKind::WrongAmount)) * 100;
    let amount = comma(ordered.amount + wrong);
    let mark = if met.has(FaultKind::WrongOrder) { "X" } else { "" };
    let (order, transaction) = (format!("{mark}{}", ordered.order), format!("{mark}{}", session.transaction));
    let currency = match (met.has(FaultKind::WrongCurrency), ordered.currency.as_str()) {
        (true, "978") | (false, "840") => "USD",
        (true, _) | (false, "978") => "EUR",
        (false, "826") => "GBP",
        (false, _) => "TL",
    };
    let key = if met.has(FaultKind::WrongHash) { "not the key" } else { account.guid.as_str() };
    let signature = hash(&format!("{}{key}{number}{amount}{order}{transaction}", store.id));
    let fields = [
        ("Islem_ID", transaction.as_str()),
        ("Sonuc", if paid { "1" } else { "-1" }),
        ("Sonuc_Str", &text),
        ("GUID", &account.guid),
        ("Islem_Tarih", &date(bank.clock().now_ms())),
        ("Dekont_ID", &number),
        ("Tahsilat_Tutari", &amount),
        ("Odeme_Tutari", &amount),
        ("Siparis_ID", &order),
        ("Ext_Data", "||||"),
        ("Banka_Sonuc_Kod", &bank_code),
        ("PB", currency),
        ("KK_No", &session.visit.card.as_ref().map(|card| card.face.starred()).unwrap_or_default()),
        ("Taksit", "0"),
        ("Hash", &signature),
        ("Islem_GUID", &session.guid),
    ];
    let fields = fields.map(|(k, v)| (format!("TURKPOS_RETVAL_{k}"), v.to_owned())).to_vec();
    close(session, paid, fields, met)
}

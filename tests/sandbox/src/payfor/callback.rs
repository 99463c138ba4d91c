//! What the gate tells the merchant, through the browser.

use axum::body::Body;
use axum::http::Response;

use crate::bank::Bank;
use crate::book::Secure;
use crate::clock::local;
use crate::desk::Charge;
use crate::fault::{FaultKind, Met};
use crate::issuer::IssuedCard;
use crate::store::Store;
use crate::visit::{Authentication, Outcome};
use crate::voucher::Voucher;
use crate::way_back::{WayBack, kept};
use crate::{http, page, random};

use super::book::{Answer, desk};
use super::gate::hosted_page;
use super::hash::{self, Fields, field};
use super::session::{Gate, Session};
use super::store::Account;

kept!(Session in Gate.sessions);

impl WayBack for Session {
    fn gate_charges(&self) -> bool {
        !self.authenticates_only()
    }

    fn card_form(id: &str) -> String {
        hosted_page(id)
    }

    fn settle(bank: &Bank, gate: &mut Gate, id: &str, met: Met) -> Option<Outcome> {
        let session = gate.sessions.get(id)?;
        let (store, account) = session.visit.merchant::<Account>(bank)?;
        let authentication = session.visit.authentication(bank);
        let card = session.visit.card.clone();
        let secure = card.as_ref().map(|card| authentication.proof(card));
        let mut fields = authentication_fields(bank, session, id, card.as_ref(), secure.as_ref(), authentication);
        let mut went_well = card.is_some() && authentication.is_any();
        if let (Some(card), Some(secure), true) = (&card, &secure, !session.authenticates_only()) {
            // Where the bank charges by itself it takes full authentications only.
            went_well = authentication.is_full() && pay(bank, store, session, card, secure, &mut fields);
        }
        falsify(&mut fields, &met);
        sign(&mut fields, account, store, met.has(FaultKind::WrongHash));
        let url = field(&session.posted, if went_well { "OkUrl" } else { "FailUrl" }).to_owned();
        let outcome = Outcome { lang: session.visit.lang.clone(), url, fields, server_url: None, met };
        if let (Some(card), Some(secure), true) =
            (card, secure, session.authenticates_only() && authentication.is_any())
        {
            let ordered = session.visit.ordered.clone();
            let at_ms = bank.clock().now_ms();
            let voucher = Voucher { store: store.id.clone(), ordered, card, secure, at_ms, spent: false };
            gate.vouchers.keep(id.to_owned(), voucher);
        }
        Some(outcome)
    }
}

fn push(fields: &mut Fields, name: &str, value: impl Into<String>) {
    // What the bank says replaces what the merchant posted under the same name.
    fields.retain(|(there, _)| there != name);
    fields.push((name.to_owned(), value.into()));
}

/// `V033` and status 1 to 4 for a payer who may be charged, else `V034` and `-1`.
fn authentication_fields(
    bank: &Bank,
    session: &Session,
    guid: &str,
    card: Option<&IssuedCard>,
    secure: Option<&Secure>,
    authentication: Authentication,
) -> Fields {
    let mut f = session.posted.clone();
    let verified = card.is_some() && authentication.is_any();
    let status = if verified { authentication.md_status().to_string() } else { "-1".to_owned() };
    let (code, say) = if verified {
        ("V033", "3D Kullanıcı Doğrulama Adımı Başarılı")
    } else {
        ("V034", "3D Kullanıcı Doğrulama Adımı Başarısız")
    };
    let masked = card.map(|card| format!("{}******{}", card.face.bin, card.face.last4)).unwrap_or_default();
    for (name, value) in [
        ("RequestGuid", guid),
        ("TransactionDate", &local(bank.clock().now_ms()).strftime("%d.%m.%Y %H:%M:%S").to_string()),
        ("Exponent", "2"),
        ("PayerTxnId", secure.map_or("", |secure| &secure.xid)),
        ("PayerAuthenticationCode", secure.map_or("", |secure| &secure.cavv)),
        ("Eci", secure.map_or("", |secure| &secure.eci)),
        ("MD", ""),
        ("TxnStatus", "N"),
        ("ErrMsg", say),
        ("D3Stat", if verified { "Y" } else { "N" }),
        ("3DStatus", &status),
        ("TxnResult", "Failed"),
        ("AuthCode", ""),
        ("HostRefNum", ""),
        ("ProcReturnCode", code),
        ("CardMask", &masked),
        ("ResponseRnd", &format!("PF{}", random::hex_upper(9))),
        ("HashType", "Sha1"),
    ] {
        push(&mut f, name, value);
    }
    f
}

/// Charges, and writes into the callback what came of it.
fn pay(bank: &Bank, store: &Store, session: &Session, card: &IssuedCard, secure: &Secure, fields: &mut Fields) -> bool {
    let o = &session.visit.ordered;
    let charge = Charge {
        kind: o.kind,
        order: &o.order,
        amount: o.amount,
        currency: &o.currency,
        installments: o.installments,
        card,
        channel: &session.secure_type,
        secure: Some(secure.clone()),
    };
    let answer = Answer::of(&desk(bank, store).charge(charge));
    for (name, value) in [
        ("AuthCode", answer.auth_code.as_str()),
        ("HostRefNum", &answer.number),
        ("ProcReturnCode", &answer.code),
        ("ErrMsg", &answer.text),
        ("TxnResult", if answer.approved() { "Success" } else { "Failed" }),
        ("TxnStatus", if answer.approved() { "Y" } else { "N" }),
    ] {
        push(fields, name, value);
    }
    answer.approved()
}

fn falsify(f: &mut Fields, met: &Met) {
    if met.has(FaultKind::WrongAmount) {
        let amount: f64 = field(f, "PurchAmount").parse().unwrap_or(0.0);
        push(f, "PurchAmount", format!("{:.2}", amount + 1.0));
    }
    if met.has(FaultKind::WrongOrder) {
        let order = format!("X{}", field(f, "OrderId"));
        push(f, "OrderId", order);
    }
    if met.has(FaultKind::WrongCurrency) {
        let other = if field(f, "Currency") == "840" { "978" } else { "840" };
        push(f, "Currency", other);
    }
}

fn sign(f: &mut Fields, account: &Account, store: &Store, wrongly: bool) {
    let key = if wrongly || !account.signs_returns { "not the merchant's" } else { &account.merchant_pass };
    let made = hash::callback(f, &store.id, key, &account.user_code);
    push(f, "ResponseHash", made);
}

/// Sends the browser to the merchant with an error of the gate. Like the real one's answer to a duplicate order,
/// it has no signature that holds.
pub fn refuse(account: &Account, store: &Store, posted: &Fields, code: &str, say: &str) -> Response<Body> {
    let mut f = posted.clone();
    for (name, value) in
        [("ProcReturnCode", code), ("ErrMsg", say), ("3DStatus", ""), ("AuthCode", ""), ("TxnResult", "Failed")]
    {
        push(&mut f, name, value);
    }
    sign(&mut f, account, store, true);
    http::page(page::auto_post("tr", "3-D Secure", field(posted, "FailUrl"), &f))
}

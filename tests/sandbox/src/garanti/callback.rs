//! What the gate tells the merchant, through the browser.

use axum::body::Body;
use axum::http::Response;

use crate::bank::Bank;
use crate::book::Secure;
use crate::desk::Charge;
use crate::fault::{FaultKind, Met};
use crate::issuer::IssuedCard;
use crate::store::Store;
use crate::visit::{Authentication, Outcome};
use crate::voucher::Voucher;
use crate::way_back::{WayBack, kept};
use crate::{http, page, random};

use super::answer::Answer;
use super::gate::hosted_page;
use super::hash::{self, Fields, field};
use super::operation::desk;
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
        let Some(card) = session.visit.card.clone() else {
            let fields = unsigned(&session.posted, "0", "Islem kart hamili tarafindan iptal edildi.");
            return Some(close(session, "errorurl", fields, met));
        };
        let md = format!("aW5kZXg6MDJ{}", random::base64(60));
        let secure = authentication.proof(&card);
        let mut fields = authentication_fields(session, store, &card, &md, &secure, authentication);
        let mut paid = authentication.is_any();
        if !session.authenticates_only() {
            // Where the bank charges by itself it takes full authentications only.
            paid = authentication.is_full() && pay(bank, store, session, &card, &secure, &mut fields);
        }
        falsify(&mut fields, &met);
        sign(&mut fields, account, met.has(FaultKind::WrongHash));
        let outcome = close(session, if paid { "successurl" } else { "errorurl" }, fields, met);
        if session.authenticates_only() && authentication.is_any() {
            let ordered = session.visit.ordered.clone();
            let at_ms = bank.clock().now_ms();
            let voucher = Voucher { store: store.id.clone(), ordered, card, secure, at_ms, spent: false };
            gate.vouchers.keep(md, voucher);
        }
        Some(outcome)
    }
}

fn close(session: &Session, url: &str, fields: Fields, met: Met) -> Outcome {
    let url = field(&session.posted, url).to_owned();
    Outcome { lang: session.visit.lang.clone(), url, fields, server_url: None, met }
}

fn push(fields: &mut Fields, name: &str, value: impl Into<String>) {
    // What the bank says replaces what the merchant posted under the same name.
    fields.retain(|(there, _)| there != name);
    fields.push((name.to_owned(), value.into()));
}

fn authentication_fields(
    session: &Session,
    store: &Store,
    card: &IssuedCard,
    md: &str,
    secure: &Secure,
    authentication: Authentication,
) -> Fields {
    let mut f = session.posted.clone();
    let order = &session.visit.ordered.order;
    let say = if authentication.is_any() { "Y-status/Challenge authentication via ACS" } else { "Not authenticated" };
    for (name, value) in [
        ("xid", secure.xid.as_str()),
        ("mdstatus", &secure.md_status),
        ("mderrormessage", say),
        ("txnstatus", authentication.tx_status()),
        ("eci", &secure.eci),
        ("cavv", &secure.cavv),
        ("paressyntaxok", "true"),
        ("paresverified", if authentication.is_any() { "true" } else { "false" }),
        ("version", "2.0"),
        ("md", md),
        ("terminalid", &store.id),
        ("clientid", &store.id),
        ("oid", order),
        ("transid", order),
        ("authcode", ""),
        ("response", ""),
        ("errmsg", ""),
        ("hostmsg", ""),
        ("procreturncode", ""),
        ("hostrefnum", ""),
        ("rnd", &random::base64(15)),
        ("MaskedPan", &format!("{}****{}", card.face.bin, card.face.last4)),
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
        channel: &session.level,
        secure: Some(secure.clone()),
    };
    let answer = Answer::of(&desk(bank, store).charge(charge));
    for (name, value) in [
        // The recorded refusal has a space here.
        ("authcode", if answer.approved() { answer.auth_code.as_str() } else { " " }),
        ("response", if answer.approved() { "Approved" } else { "Declined" }),
        ("procreturncode", &answer.code),
        ("hostrefnum", &answer.number),
        ("errmsg", &answer.error),
    ] {
        push(fields, name, value);
    }
    answer.approved()
}

fn falsify(f: &mut Fields, met: &Met) {
    if met.has(FaultKind::WrongAmount) {
        let amount: i64 = field(f, "txnamount").parse().unwrap_or(0);
        push(f, "txnamount", (amount + 100).to_string());
    }
    if met.has(FaultKind::WrongOrder) {
        let order = format!("X{}", field(f, "oid"));
        push(f, "oid", order.clone());
        push(f, "orderid", order);
    }
    if met.has(FaultKind::WrongCurrency) {
        let other = if field(f, "txncurrencycode") == "840" { "978" } else { "840" };
        push(f, "txncurrencycode", other);
    }
}

fn sign(f: &mut Fields, account: &Account, wrongly: bool) {
    let key = if wrongly { "not the store key" } else { &account.store_key };
    let (values, made) = (hash::callback_values(f), hash::callback(f, key));
    push(f, "hashparams", hash::PARAMS);
    push(f, "hashparamsval", values);
    push(f, "hash", made);
}

/// An early failure, which the gate does not sign.
fn unsigned(posted: &Fields, md_status: &str, say: &str) -> Fields {
    let mut f = posted.clone();
    let (terminal, order) = (field(posted, "terminalid").to_owned(), field(posted, "orderid").to_owned());
    for (name, value) in [
        ("mdstatus", md_status),
        ("mderrormessage", say),
        ("errmsg", say),
        ("clientid", &terminal),
        ("oid", &order),
        ("response", "Error"),
        ("procreturncode", "99"),
    ] {
        push(&mut f, name, value);
    }
    f
}

/// Sends the browser to the merchant with an error of the gate.
pub fn refuse(posted: &Fields, md_status: &str, say: &str) -> Response<Body> {
    let fields = unsigned(posted, md_status, say);
    http::page(page::auto_post(field(posted, "lang"), "3-D Secure", field(posted, "errorurl"), &fields))
}

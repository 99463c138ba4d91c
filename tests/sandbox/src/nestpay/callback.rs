//! What the gate tells the merchant, through the browser and from server to server.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::Response;
use axum::response::{IntoResponse, Redirect};

use crate::acs::Verdict;
use crate::bank::Bank;
use crate::book::Secure;
use crate::clock::{host_date, trx_date};
use crate::fault::{Fault, FaultKind, Met, Op};
use crate::issuer::{IssuedCard, ThreeDs};
use crate::store::{HashRule, Store};
use crate::{client, http, page};

use super::answer::{merchant_id, terminal_id};
use super::api::add_conduct;
use super::hash::{self, Fields, field};
use super::operation::{self, Charge};
use super::session::{Model, Outcome, Session, proof};
use super::vouch::Voucher;
use super::xml::Answer;

const HTML: &str = "text/html; charset=UTF-8";

/// The browser comes back from the issuer (or never had to go there).
pub async fn finish(State(bank): State<Bank>, Path(id): Path<String>) -> Response<Body> {
    let (amount, order) = match bank.lock_gate().sessions.get(&id) {
        None => {
            return http::page(page::message("tr", "3-D Secure", "İşlem bulunamadı ya da süresi doldu."));
        }
        Some(s) => match &s.outcome {
            // Reloading the page posts the same callback again, as it does at the bank.
            Some(outcome) => return http::page(browser_page(outcome)),
            None => (s.order.amount, s.order.order.clone()),
        },
    };
    if let Some(waiting) = still_asking(&bank, &id) {
        return Redirect::to(&waiting).into_response();
    }
    let mut met = bank.meet(Op::Callback, &order, Some(amount));
    add_card_faults(&bank, &id, &mut met);
    if let Some(response) = http::before(&met).await {
        return response;
    }
    let Some(outcome) = settle(&bank, &id, met) else {
        return http::page(page::message("tr", "3-D Secure", "İşlem bulunamadı ya da süresi doldu."));
    };
    announce(&outcome).await;
    http::after(&outcome.met, HTML, browser_page(&outcome).into_bytes()).await
}

fn still_asking(bank: &Bank, id: &str) -> Option<String> {
    let gate = bank.lock_gate();
    let session = gate.sessions.get(id)?;
    if session.cancelled {
        return None;
    }
    let Some(card) = &session.card else {
        return Some(format!("/fim/hosted/{id}"));
    };
    if matches!(card.three_ds, ThreeDs::Frictionless | ThreeDs::Half(_)) {
        return None;
    }
    let challenge = session.challenge.clone()?;
    let undecided = bank.lock_challenges().verdict(&challenge).is_none();
    undecided.then(|| format!("/acs/{challenge}"))
}

fn add_card_faults(bank: &Bank, id: &str, met: &mut Met) {
    let gate = bank.lock_gate();
    let Some((session, card)) = gate.sessions.get(id).and_then(|s| s.card.as_ref().map(|c| (s, c))) else {
        return;
    };
    match card.three_ds {
        ThreeDs::ClosedWindow => met.add(Fault::once(FaultKind::ClosedWindow)),
        ThreeDs::Twice => met.add(Fault::once(FaultKind::DuplicateCallback)),
        _ => {}
    }
    if session.order.model != Model::ThreeD {
        add_conduct(met, Some(card));
    }
}

/// Decides the session once; a second call finds the first one's outcome.
fn settle(bank: &Bank, id: &str, met: Met) -> Option<Outcome> {
    let mut gate = bank.lock_gate();
    let session = gate.sessions.get_mut(id)?;
    if let Some(done) = &session.outcome {
        return Some(done.clone());
    }
    let store = bank.store(&session.store)?;
    let (status, reason) = md_status(bank, session);
    let card = session.card.clone();
    let Some(card) = card else {
        let outcome = Outcome {
            url: field(&session.posted, "failUrl").to_owned(),
            fields: error_fields(
                store,
                &session.posted,
                Some("0"),
                "HPP-1005",
                "Islem kart hamili tarafindan iptal edildi.",
            ),
            callback_url: callback_url(&session.posted),
            met,
        };
        session.outcome = Some(outcome.clone());
        return Some(outcome);
    };
    let (md, secure) = proof(&card, &session.store, &status);
    let authenticated = matches!(status.as_str(), "1" | "2" | "3" | "4");
    let mut fields = authentication_fields(bank, store, session, &card, &md, &secure, &reason);
    let mut paid = true;
    // Half-secure results are the merchant's risk in `3d`; where the bank charges by itself it takes full ones only.
    if authenticated && session.order.model != Model::ThreeD && status == "1" {
        let answer = pay(bank, store, session, &card, &secure);
        paid = answer.approved;
        payment_fields(&mut fields, store, session.order.model, &answer, bank.clock().now_ms());
    } else if session.order.model != Model::ThreeD {
        paid = false;
    }
    falsify(&mut fields, &met);
    sign(&mut fields, store, met.has(FaultKind::WrongHash));
    let url = if authenticated && paid { "okUrl" } else { "failUrl" };
    let outcome = Outcome {
        url: field(&session.posted, url).to_owned(),
        fields,
        callback_url: callback_url(&session.posted),
        met,
    };
    session.outcome = Some(outcome.clone());
    if session.order.model == Model::ThreeD && authenticated {
        let o = session.order.clone();
        let store = session.store.clone();
        gate.vouchers.insert(
            md,
            Voucher {
                store,
                order: o.order,
                amount: o.amount,
                currency: o.currency,
                installments: o.installments,
                card,
                secure,
                at_ms: bank.clock().now_ms(),
                spent: false,
            },
        );
    }
    Some(outcome)
}

fn callback_url(posted: &Fields) -> Option<String> {
    Some(field(posted, "callbackUrl").to_owned()).filter(|u| !u.is_empty())
}

/// mdStatus and the text that explains it.
fn md_status(bank: &Bank, session: &Session) -> (String, String) {
    let acs = "https://acs.invalid/creq?token=214704701.1667119495";
    let verdict = session.challenge.as_ref().and_then(|c| bank.lock_challenges().verdict(c));
    let plain = session.card.as_ref().map_or(ThreeDs::Challenge, |c| c.three_ds);
    match (plain, verdict) {
        (_, Some(Verdict::Cancelled)) => ("0".into(), "N-status/Challenge cancelled by cardholder".into()),
        (_, Some(Verdict::Failed)) => ("0".into(), format!("N-status/Challenge authentication via ACS: {acs}")),
        (ThreeDs::Fail(0), _) => ("0".into(), "Not authenticated".into()),
        (ThreeDs::Fail(n), _) => (n.to_string(), "3D authentication failed".into()),
        (ThreeDs::Half(4), _) => ("4".into(), "A-status/Attempt".into()),
        (ThreeDs::Half(n), _) => (n.to_string(), "Not enrolled".into()),
        (ThreeDs::Frictionless, _) => ("1".into(), "Y-status/Frictionless".into()),
        _ => ("1".into(), format!("Y-status/Challenge authentication via ACS: {acs}")),
    }
}

fn pay(bank: &Bank, store: &Store, s: &Session, card: &IssuedCard, secure: &Secure) -> Answer {
    operation::charge(
        bank,
        Charge {
            store,
            kind: s.order.kind,
            order: &s.order.order,
            amount: s.order.amount,
            currency: &s.order.currency,
            installments: s.order.installments,
            card,
            channel: s.order.model.name(),
            secure: Some(secure.clone()),
        },
    )
}

fn push(fields: &mut Fields, name: &str, value: impl Into<String>) {
    // What the bank says replaces what the merchant posted under the same name.
    fields.retain(|(k, _)| k != name);
    fields.push((name.to_owned(), value.into()));
}

fn authentication_fields(
    bank: &Bank,
    store: &Store,
    s: &Session,
    card: &IssuedCard,
    md: &str,
    secure: &Secure,
    reason: &str,
) -> Fields {
    let mut f = s.posted.clone();
    let txstatus = match secure.md_status.as_str() {
        "1" => "Y",
        "4" => "A",
        "2" | "3" => "U",
        _ => "N",
    };
    let verified = if matches!(txstatus, "Y" | "A") { "true" } else { "false" };
    for (name, value) in [
        ("TRANID", ""),
        ("PAResSyntaxOK", "true"),
        ("merchantID", &merchant_id(store)),
        ("maskedCreditCard", &card.face.spaced()),
        ("sID", "1"),
        ("ACQBIN", "406456"),
        ("MaskedPan", &card.face.starred()),
        ("merchantName", &store.title),
        ("clientIp", "127.0.0.1"),
        ("iReqDetail", ""),
        ("iReqCode", ""),
        ("vendorCode", ""),
        ("cavvAlgorithm", ""),
        ("Ecom_Payment_Card_ExpDate_Month", &format!("{:02}", card.expires.0)),
        ("Ecom_Payment_Card_ExpDate_Year", &format!("{:02}", card.expires.1)),
        ("md", md),
        ("mdErrorMsg", reason),
        ("PAResVerified", verified),
        ("cavv", &secure.cavv),
        ("digest", "digest"),
        ("callbackCall", "true"),
        ("xid", &secure.xid),
        ("mdStatus", &secure.md_status),
        ("dsId", "1"),
        ("eci", &secure.eci),
        ("version", "2.0"),
        ("txstatus", txstatus),
        ("_charset_", "UTF-8"),
    ] {
        push(&mut f, name, value);
    }
    tracing::info!(
        order = s.order.order,
        model = s.order.model.name(),
        md_status = secure.md_status,
        at = bank.clock().now_ms(),
        "3-D finished"
    );
    f
}

fn payment_fields(f: &mut Fields, store: &Store, model: Model, answer: &Answer, now: i64) {
    // The hosted model's success tells the authentication only, as recordings of the real gate show.
    if model == Model::Host && answer.approved {
        return;
    }
    for (name, value) in [
        ("ReturnOid", answer.get("OrderId")),
        ("AuthCode", answer.get("AuthCode")),
        ("ProcReturnCode", answer.get("ProcReturnCode")),
        ("Response", answer.get("Response")),
        ("HostRefNum", answer.get("HostRefNum")),
        ("TransId", answer.get("TransId")),
        ("ErrMsg", answer.get("ErrMsg")),
        ("SettleId", answer.extra("SETTLEID")),
        ("payResults_dsId", "1"),
        ("acqStan", answer.get("HostRefNum").get(6..).unwrap_or_default()),
        ("EXTRA_TRXDATE", &trx_date(now)),
        ("EXTRA_HOSTDATE", &host_date(now)),
        ("EXTRA_TERMINALID", &terminal_id(store)),
        ("EXTRA_MERCHANTID", &merchant_id(store)),
        ("EXTRA_CARDBRAND", answer.extra("CARDBRAND")),
        ("EXTRA_CARDISSUER", answer.extra("CARDISSUER")),
    ] {
        push(f, name, value);
    }
    if answer.approved {
        push(f, "EXTRA_AVSAPPROVE", "Y");
        push(f, "EXTRA_AVSERRORCODEDETAIL", "avshatali-avshatali-avshatali-avshatali-");
    } else {
        push(f, "EXTRA_ERRORCODE", answer.extra("ERRORCODE"));
    }
}

fn falsify(f: &mut Fields, met: &Met) {
    if met.has(FaultKind::WrongAmount) {
        let amount: f64 = field(f, "amount").parse().unwrap_or(0.0);
        push(f, "amount", format!("{:.2}", amount + 1.0));
    }
    if met.has(FaultKind::WrongOrder) {
        let order = format!("X{}", field(f, "oid"));
        push(f, "oid", order);
    }
    if met.has(FaultKind::WrongCurrency) {
        let other = if field(f, "currency") == "840" { "978" } else { "840" };
        push(f, "currency", other);
    }
}

fn sign(f: &mut Fields, store: &Store, wrongly: bool) {
    let mut made = match store.hash_rule {
        HashRule::Ver3 => {
            push(f, "hashAlgorithm", "ver3");
            hash::ver3(f, &store.store_key)
        }
        HashRule::Ver1 => {
            let params = if field(f, "ProcReturnCode").is_empty() {
                "clientid:oid:mdStatus:cavv:eci:md:rnd:"
            } else {
                "clientid:oid:AuthCode:ProcReturnCode:Response:mdStatus:cavv:eci:md:rnd:"
            };
            let values = hash::ver1_values(f, params);
            let made = hash::ver1_callback(f, params, &store.store_key);
            push(f, "HASHPARAMS", params);
            push(f, "HASHPARAMSVAL", values);
            made
        }
    };
    if wrongly {
        made = hash::ver3(f, "not the store key");
    }
    push(f, "encoding", "ISO-8859-9");
    push(f, "HASH", made);
}

fn error_fields(store: &Store, posted: &Fields, md_status: Option<&str>, code: &str, say: &str) -> Fields {
    let mut f = posted.clone();
    for (name, value) in
        [("Response", "Error"), ("ErrMsg", say), ("ErrorCode", code), ("MaskedPan", "***"), ("maskedCreditCard", "***")]
    {
        push(&mut f, name, value);
    }
    if let Some(status) = md_status {
        push(&mut f, "mdStatus", status);
        push(&mut f, "mdErrorMsg", say);
        push(&mut f, "ProcReturnCode", "99");
    }
    sign(&mut f, store, false);
    f
}

/// Sends the browser to failUrl with an error of the gate.
pub fn refuse(store: &Store, posted: &Fields, md_status: Option<&str>, code: &str, say: &str) -> Response<Body> {
    let fields = error_fields(store, posted, md_status, code, say);
    http::page(page::auto_post(field(posted, "lang"), "3-D Secure", field(posted, "failUrl"), &fields))
}

fn browser_page(outcome: &Outcome) -> String {
    let lang = match field(&outcome.fields, "lang") {
        "" => "tr",
        l => l,
    };
    if outcome.met.has(FaultKind::ClosedWindow) {
        let (title, text) = page::pick(
            lang,
            ("Pencere kapandı", "Bu sayfa üye işyerine geri dönmez (deneme)."),
            ("The window closed", "This page does not return to the merchant (test)."),
        );
        return page::message(lang, title, text);
    }
    page::auto_post(lang, "3-D Secure", &outcome.url, &outcome.fields)
}

/// Server-to-server posts, awaited so that a test knows their order.
async fn announce(outcome: &Outcome) {
    if let Some(url) = outcome.callback_url.as_ref().filter(|_| !outcome.met.has(FaultKind::NoServerCallback)) {
        client::post_form(url, &outcome.fields).await;
    }
    if outcome.met.has(FaultKind::DuplicateCallback) {
        client::post_form(&outcome.url, &outcome.fields).await;
    }
}

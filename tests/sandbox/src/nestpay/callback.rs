//! What the gate tells the merchant, through the browser and from server to server.

use axum::body::Body;
use axum::http::Response;

use crate::bank::Bank;
use crate::book::Secure;
use crate::clock::{host_date, trx_date};
use crate::desk::Charge;
use crate::fault::{FaultKind, Met};
use crate::issuer::IssuedCard;
use crate::store::Store;
use crate::visit::{Authentication, Outcome};
use crate::voucher::Voucher;
use crate::way_back::{WayBack, kept};
use crate::{http, page};

use super::answer::{merchant_id, terminal_id};
use super::gate::hosted_page;
use super::hash::{self, Fields, field};
use super::operation;
use super::session::{Gate, Model, Session, md};
use super::store::{Account, HashRule};
use super::xml::Answer;

kept!(Session in Gate.sessions);

impl WayBack for Session {
    fn gate_charges(&self) -> bool {
        self.model != Model::ThreeD
    }

    fn card_form(id: &str) -> String {
        hosted_page(id)
    }

    fn settle(bank: &Bank, gate: &mut Gate, id: &str, met: Met) -> Option<Outcome> {
        let session = gate.sessions.get(id)?;
        let (store, account) = session.visit.merchant::<Account>(bank)?;
        let authentication = session.visit.authentication(bank);
        let Some(card) = session.visit.card.clone() else {
            let say = "Islem kart hamili tarafindan iptal edildi.";
            let fields = error_fields(account, &session.posted, Some("0"), "HPP-1005", say);
            return Some(close(session, "failUrl", fields, met));
        };
        let (md, secure) = (md(&card, &store.id), authentication.proof(&card));
        let mut fields = authentication_fields(bank, store, session, &card, &md, &secure, authentication);
        let mut paid = true;
        // Half-secure results are the merchant's risk in `3d`; where the bank charges by itself it takes full ones only.
        if authentication.is_full() && session.model != Model::ThreeD {
            let answer = pay(bank, store, session, &card, &secure);
            paid = answer.approved;
            payment_fields(&mut fields, store, session.model, &answer, bank.clock().now_ms());
        } else if session.model != Model::ThreeD {
            paid = false;
        }
        falsify(&mut fields, &met);
        sign(&mut fields, account, met.has(FaultKind::WrongHash));
        let url = if authentication.is_any() && paid { "okUrl" } else { "failUrl" };
        let outcome = close(session, url, fields, met);
        if session.model == Model::ThreeD && authentication.is_any() {
            let ordered = session.visit.ordered.clone();
            let at_ms = bank.clock().now_ms();
            let voucher = Voucher { store: store.id.clone(), ordered, card, secure, at_ms, spent: false };
            gate.vouchers.keep(md, voucher);
        }
        Some(outcome)
    }
}

fn close(session: &Session, url: &str, fields: Fields, met: Met) -> Outcome {
    Outcome {
        lang: session.visit.lang.clone(),
        url: field(&session.posted, url).to_owned(),
        fields,
        server_url: callback_url(&session.posted),
        met,
    }
}

fn callback_url(posted: &Fields) -> Option<String> {
    Some(field(posted, "callbackUrl").to_owned()).filter(|u| !u.is_empty())
}

/// The text that explains the mdStatus.
fn reason(authentication: Authentication) -> String {
    let acs = "https://acs.invalid/creq?token=214704701.1667119495";
    match authentication {
        Authentication::Cancelled => "N-status/Challenge cancelled by cardholder".into(),
        Authentication::WrongCode => format!("N-status/Challenge authentication via ACS: {acs}"),
        Authentication::Refused(0) => "Not authenticated".into(),
        Authentication::Refused(_) => "3D authentication failed".into(),
        Authentication::Half(4) => "A-status/Attempt".into(),
        Authentication::Half(_) => "Not enrolled".into(),
        Authentication::Frictionless => "Y-status/Frictionless".into(),
        Authentication::Challenged => format!("Y-status/Challenge authentication via ACS: {acs}"),
    }
}

fn pay(bank: &Bank, store: &Store, s: &Session, card: &IssuedCard, secure: &Secure) -> Answer {
    let o = &s.visit.ordered;
    let charge = Charge {
        kind: o.kind,
        order: &o.order,
        amount: o.amount,
        currency: &o.currency,
        installments: o.installments,
        card,
        channel: s.model.name(),
        secure: Some(secure.clone()),
    };
    operation::charge(bank, store, charge)
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
    authentication: Authentication,
) -> Fields {
    let mut f = s.posted.clone();
    let txstatus = authentication.tx_status();
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
        ("mdErrorMsg", &reason(authentication)),
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
        order = s.visit.ordered.order,
        model = s.model.name(),
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

fn sign(f: &mut Fields, account: &Account, wrongly: bool) {
    let mut made = match account.hash_rule {
        HashRule::Ver3 => {
            push(f, "hashAlgorithm", "ver3");
            hash::ver3(f, &account.store_key)
        }
        HashRule::Ver1 => {
            let params = if field(f, "ProcReturnCode").is_empty() {
                "clientid:oid:mdStatus:cavv:eci:md:rnd:"
            } else {
                "clientid:oid:AuthCode:ProcReturnCode:Response:mdStatus:cavv:eci:md:rnd:"
            };
            let values = hash::ver1_values(f, params);
            let made = hash::ver1_callback(f, params, &account.store_key);
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

fn error_fields(account: &Account, posted: &Fields, md_status: Option<&str>, code: &str, say: &str) -> Fields {
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
    sign(&mut f, account, false);
    f
}

/// Sends the browser to failUrl with an error of the gate.
pub fn refuse(account: &Account, posted: &Fields, md_status: Option<&str>, code: &str, say: &str) -> Response<Body> {
    let fields = error_fields(account, posted, md_status, code, say);
    http::page(page::auto_post(field(posted, "lang"), "3-D Secure", field(posted, "failUrl"), &fields))
}

//! What the gate tells the merchant, through the browser.

use axum::body::Body;
use axum::http::Response;

use crate::bank::Bank;
use crate::book::Secure;
use crate::fault::{FaultKind, Met};
use crate::issuer::IssuedCard;
use crate::visit::{Authentication, Outcome};
use crate::voucher::Voucher;
use crate::way_back::{WayBack, kept};
use crate::{http, page, random};

use super::answer::{self, Answer};
use super::gate::{Gate, Session, card_page, hash};
use super::rules::{Fields, Refused, field};
use super::store::Account;
use super::{api, operation};

/// What a callback signs, in order.
const SIGNED: [&str; 11] = [
    "Version",
    "PurchAmount",
    "Exponent",
    "Currency",
    "OkUrl",
    "FailUrl",
    "MD",
    "OrderId",
    "ProcReturnCode",
    "Response",
    "mdStatus",
];

kept!(Session in Gate.sessions);

impl WayBack for Session {
    fn gate_charges(&self) -> bool {
        self.model != "3DModel"
    }

    fn card_form(id: &str) -> String {
        card_page(id)
    }

    fn settle(bank: &Bank, gate: &mut Gate, id: &str, met: Met) -> Option<Outcome> {
        let session = gate.sessions.get(id)?;
        let (store, account) = session.visit.merchant::<Account>(bank)?;
        let Some(card) = session.visit.card.clone() else {
            let mut fields = fields(&session.posted, "0");
            push(&mut fields, "ErrorMessage", "Islem kart hamili tarafindan iptal edildi");
            return Some(close(session, account, false, fields, met));
        };
        let authentication = session.visit.authentication(bank);
        let secure = authentication.proof(&card);
        let md = random::hex_upper(32);
        let mut fields = authenticated(session, &card, &md, &secure, authentication);
        let ordered = session.visit.ordered.clone();
        let mut paid = true;
        // Half-secure results are the merchant's risk in `3DModel`; where the bank charges it takes full ones only.
        if session.model != "3DModel" {
            paid = authentication.is_full();
            if paid {
                let charge = api::charge(&ordered, &card, &session.model, Some(secure.clone()));
                let answer = operation::charge(bank, store, charge);
                paid = answer.get("TxnResult") == "Success";
                add_payment(&mut fields, &answer);
            }
        }
        let outcome = close(session, account, authentication.is_any() && paid, fields, met);
        if session.model == "3DModel" && authentication.is_any() {
            let at_ms = bank.clock().now_ms();
            gate.vouchers.keep(md, Voucher { store: store.id.clone(), ordered, card, secure, at_ms, spent: false });
        }
        Some(outcome)
    }
}

fn close(session: &Session, account: &Account, good: bool, mut fields: Fields, met: Met) -> Outcome {
    falsify(&mut fields, &met);
    sign(&mut fields, account, met.has(FaultKind::WrongHash));
    let url = field(&session.posted, if good { "OkUrl" } else { "FailUrl" }).to_owned();
    Outcome { lang: session.visit.lang.clone(), url, fields, server_url: None, met }
}

fn push(fields: &mut Fields, name: &str, value: impl Into<String>) {
    fields.retain(|(k, _)| k != name);
    fields.push((name.to_owned(), value.into()));
}

/// The fields every callback has, in the bank's order, empty where nothing is known.
fn fields(posted: &Fields, md_status: &str) -> Fields {
    const ALL: [&str; 36] = [
        "Version",
        "MerchantID",
        "ShopCode",
        "TxnStat",
        "MD",
        "RetCode",
        "RetDet",
        "VenderCode",
        "Eci",
        "PayerAuthenticationCode",
        "PayerTxnId",
        "CavvAlg",
        "PAResVerified",
        "PAResSyntaxOK",
        "Expiry",
        "Pan",
        "OrderId",
        "PurchAmount",
        "Exponent",
        "Description",
        "Description2",
        "Currency",
        "OkUrl",
        "FailUrl",
        "3DStatus",
        "AuthCode",
        "HostRefNum",
        "TransId",
        "TRXDATE",
        "CardHolderName",
        "mdStatus",
        "ProcReturnCode",
        "TxnResult",
        "ErrorMessage",
        "ErrorCode",
        "Response",
    ];
    const REPEATED: [&str; 5] = ["ShopCode", "OrderId", "Currency", "OkUrl", "FailUrl"];
    let value = |name: &str| match name {
        "3DStatus" | "mdStatus" => md_status.to_owned(),
        "TxnStat" => "N".to_owned(),
        "PAResVerified" | "PAResSyntaxOK" => "False".to_owned(),
        "Expiry" => "****".to_owned(),
        "PurchAmount" => {
            let posted = field(posted, name);
            super::rules::amount(posted).map_or_else(|_| posted.to_owned(), answer::amount)
        }
        name if REPEATED.contains(&name) => field(posted, name).to_owned(),
        _ => String::new(),
    };
    ALL.iter().map(|name| ((*name).to_owned(), value(name))).collect()
}

fn authenticated(s: &Session, card: &IssuedCard, md: &str, secure: &Secure, came: Authentication) -> Fields {
    let mut f = fields(&s.posted, &secure.md_status);
    let verified = if came.is_any() { "True" } else { "False" };
    for (name, value) in [
        ("TxnStat", came.tx_status()),
        ("MD", if came.is_any() { md } else { "" }),
        ("Eci", &secure.eci),
        ("PayerAuthenticationCode", &secure.cavv),
        ("PAResVerified", verified),
        ("PAResSyntaxOK", "True"),
        ("Pan", &card.face.starred()),
    ] {
        push(&mut f, name, value);
    }
    if !came.is_any() {
        push(&mut f, "ErrorMessage", "3D dogrulama basarisiz");
    }
    f
}

fn add_payment(f: &mut Fields, answer: &Answer) {
    for name in
        ["ProcReturnCode", "TxnResult", "AuthCode", "HostRefNum", "TransId", "TRXDATE", "ErrorMessage", "ErrorCode"]
    {
        push(f, name, answer.get(name));
    }
}

fn falsify(f: &mut Fields, met: &Met) {
    if met.has(FaultKind::WrongAmount) {
        let digits: String = field(f, "PurchAmount").chars().filter(char::is_ascii_digit).collect();
        push(f, "PurchAmount", answer::amount(digits.parse::<i64>().unwrap_or(0) + 100));
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

fn sign(f: &mut Fields, account: &Account, wrongly: bool) {
    let pass = if wrongly { "not the pass" } else { account.merchant_pass.as_str() };
    let made = hash(SIGNED.map(|name| field(f, name)), pass);
    let values: String = SIGNED.map(|name| field(f, name)).concat();
    push(f, "HASH", made);
    push(f, "HASHPARAMS", format!("{}:", SIGNED.join(":")));
    push(f, "HASHPARAMSVAL", values);
}

/// Straight back to the merchant, with a reason.
pub fn refuse(account: &Account, posted: &Fields, md_status: &str, (code, error_code, say): Refused) -> Response<Body> {
    let mut f = fields(posted, md_status);
    push(&mut f, "ProcReturnCode", code);
    push(&mut f, "ErrorCode", error_code);
    push(&mut f, "ErrorMessage", say);
    sign(&mut f, account, false);
    http::page(page::auto_post(field(posted, "Lang"), "3-D Secure", field(posted, "FailUrl"), &f))
}

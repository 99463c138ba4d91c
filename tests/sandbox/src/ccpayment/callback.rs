//! What the gate tells the merchant, through the browser.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::Response;

use crate::bank::Bank;
use crate::desk::{Done, Verdict};
use crate::fault::{FaultKind, Met};
use crate::store::Store;
use crate::visit::Outcome;
use crate::voucher::Voucher;
use crate::way_back::{WayBack, kept};
use crate::{random, way_back};

use super::answer::{bank_code, decimal, transaction_type};
use super::api::charge;
use super::hash;
use super::operation::{code, desk};
use super::rules::currency_code;
use super::session::{Gate, Session};
use super::store::{Account, BY_APP};

/// What is said of the payment.
struct Told {
    yes: bool,
    code: u16,
    say: String,
    md_status: String,
    bank_code: String,
    auth_code: String,
}

/// The browser comes back from the issuer (or never had to go there), and goes on by a form or by a query.
pub async fn finish(State(bank): State<Bank>, Path(id): Path<String>) -> Response<Body> {
    let outcome = match way_back::decided::<Session>(&bank, &id).await {
        Ok(outcome) => outcome,
        Err(page) => return *page,
    };
    let by_get = bank.memory::<Gate>().visits.get(&id).is_some_and(|session| session.by_get);
    if by_get { outcome.send_by_get().await } else { outcome.send().await }
}

kept!(Session in Gate.visits);

impl WayBack for Session {
    fn gate_charges(&self) -> bool {
        !self.by_merchant
    }

    fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    fn settle(bank: &Bank, gate: &mut Gate, id: &str, met: Met) -> Option<Outcome> {
        let session = gate.visits.get_mut(id)?;
        let (store, account) = session.visit.merchant::<Account>(bank)?;
        let (told, voucher) = decide(bank, store, session);
        let fields = fields(session, account, &told, &met);
        let url = if told.yes { &session.return_url } else { &session.cancel_url };
        let lang = session.visit.lang.clone();
        let outcome = Outcome { lang, url: url.clone(), fields, server_url: None, met };
        if let Some(voucher) = voucher {
            gate.vouchers.keep(session.number.clone(), voucher);
        }
        if !told.yes {
            session.failed = Some(told.code);
        }
        Some(outcome)
    }
}

fn fields(session: &Session, account: &Account, told: &Told, met: &Met) -> Vec<(String, String)> {
    let ordered = &session.visit.ordered;
    let mut order = ordered.order.clone();
    if met.has(FaultKind::WrongOrder) {
        order.insert(0, 'X');
    }
    let amount = decimal(ordered.amount + if met.has(FaultKind::WrongAmount) { 100 } else { 0 });
    let currency = if met.has(FaultKind::WrongCurrency) { "GBP" } else { currency_code(&ordered.currency) };
    let status = if told.yes { "1" } else { "0" };
    let secret = if met.has(FaultKind::WrongHash) { "not the secret" } else { &account.app_secret };
    let seed = random::id();
    let values = [status, &amount, &order, &session.number, currency];
    let hash_key = hash::made(&values, secret, &seed[..16], &seed[16..20]);
    let code = told.code.to_string();
    [
        ("sipay_status", status),
        ("order_no", &session.number),
        ("order_id", &session.number),
        ("invoice_id", &order),
        ("status_code", &code),
        ("status_description", &told.say),
        ("sipay_payment_method", "1"),
        ("transaction_type", transaction_type(ordered.kind)),
        ("payment_status", status),
        ("payment_method", "1"),
        ("error_code", &code),
        ("error", &told.say),
        ("auth_code", &told.auth_code),
        ("installment", &ordered.installments.to_string()),
        ("amount", &amount),
        ("md_status", &told.md_status),
        ("original_bank_error_code", &told.bank_code),
        ("hash_key", &hash_key),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// Charges where the platform completes and the payer was fully authenticated; keeps the authentication where
/// the merchant completes, who must look at `md_status`.
fn decide(bank: &Bank, store: &Store, session: &Session) -> (Told, Option<Voucher>) {
    let no = |code: u16, say: &str, md_status: String| Told {
        yes: false,
        code,
        say: say.to_owned(),
        md_status,
        bank_code: String::new(),
        auth_code: String::new(),
    };
    if let Some(code) = session.failed {
        return (no(code, "The payment could not be started", String::new()), None);
    }
    let authentication = session.visit.authentication(bank);
    let md_status = authentication.md_status().to_string();
    let good = if session.by_merchant { authentication.is_any() } else { authentication.is_full() };
    let Some(card) = session.visit.card.as_ref().filter(|_| good) else {
        return (no(41, "3D authentication failed", md_status), None);
    };
    let secure = authentication.proof(card);
    if session.by_merchant {
        let voucher = Voucher {
            store: store.id.clone(),
            ordered: session.visit.ordered.clone(),
            card: card.clone(),
            secure,
            at_ms: bank.clock().now_ms(),
            spent: false,
        };
        return (Told { yes: true, ..no(100, "Islem Basarili", md_status) }, Some(voucher));
    }
    let done = desk(bank, store).charge(charge(&session.visit.ordered, card, BY_APP, Some(secure)));
    (charged(&done, md_status), None)
}

fn charged(done: &Done, md_status: String) -> Told {
    let (code, say) = match &done.verdict {
        Verdict::Approved => (100, "Islem Basarili"),
        Verdict::Declined(refusal) => (41, refusal.text),
        Verdict::Refused(why) => code(*why),
    };
    Told {
        yes: done.approved(),
        code,
        say: say.to_owned(),
        md_status,
        bank_code: done.refusal().map_or("", |r| bank_code(r.code)).to_owned(),
        auth_code: done.entry.auth_code.clone(),
    }
}

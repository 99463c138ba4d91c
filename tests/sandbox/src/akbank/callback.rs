//! What the gate tells the merchant, through the browser.

use axum::body::Body;
use axum::http::Response;

use crate::bank::Bank;
use crate::book::{Kind, Secure};
use crate::clock::long_date;
use crate::desk::{Charge, Done};
use crate::fault::{FaultKind, Met};
use crate::issuer::IssuedCard;
use crate::store::Store;
use crate::visit::{Authentication, Outcome};
use crate::voucher::Voucher;
use crate::way_back::{WayBack, kept};
use crate::{http, page, random};

use super::answer::{host, response};
use super::gate::card_page;
use super::operation::desk;
use super::session::{Gate, Model, Session};
use super::sign::{self, Fields, field};
use super::store::Account;

/// What a failure is signed over: no store, no time.
const FAILED: &str = "responseCode+responseMessage+orderId";
/// What an authentication is signed over.
const AUTHENTICATED: &str = "txnCode+responseCode+responseMessage+txnDateTime+merchantSafeId+terminalSafeId+orderId+secureId+secureEcomInd+secureData+secureMd";
/// What a charge is signed over.
const CHARGED: &str = "txnCode+responseCode+responseMessage+hostResponseCode+hostMessage+txnDateTime+merchantSafeId+terminalSafeId+orderId+cardHolderName+authCode+rrn+batchNumber+stan+additionalInstallCount+deferingMonth+ccbEarnedRewardAmount+ccbBalanceRewardAmount+ccbRewardDesc";

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
        let authentication = session.visit.authentication(bank);
        let good = match session.model {
            Model::ThreeD => authentication.is_any(),
            // Half-secure results are the merchant's risk in `3D`; where the bank charges by itself it takes full ones only.
            Model::Pay | Model::PayHosting => authentication.is_full(),
        };
        let Some(card) = session.visit.card.clone().filter(|_| good) else {
            let fields = failure(account, &session.posted, "VPS-1279", "BKM 3DS Server Doğrulama Başarısız", &met);
            return Some(close(session, "failUrl", fields, met));
        };
        let secure = authentication.proof(&card);
        let now = bank.clock().now_ms();
        if session.model == Model::ThreeD {
            let secure_id = random::base64(20);
            let fields = authenticated(store, account, session, &secure_id, &secure, now, &met);
            let ordered = session.visit.ordered.clone();
            let outcome = close(session, "okUrl", fields, met);
            let voucher = Voucher { store: store.id.clone(), ordered, card, secure, at_ms: now, spent: false };
            gate.vouchers.keep(secure_id, voucher);
            return Some(outcome);
        }
        let done = pay(bank, store, session, &card, secure);
        let fields = charged(store, account, session, &done, &met);
        let url = if done.approved() { "okUrl" } else { "failUrl" };
        tracing::info!(
            order = session.visit.ordered.order,
            full = authentication == Authentication::Challenged,
            "charged at the gate"
        );
        Some(close(session, url, fields, met))
    }
}

fn close(session: &Session, url: &str, fields: Fields, met: Met) -> Outcome {
    let url = field(&session.posted, url).to_owned();
    Outcome { lang: session.visit.lang.clone(), url, fields, server_url: None, met }
}

fn pay(bank: &Bank, store: &Store, s: &Session, card: &IssuedCard, secure: Secure) -> Done {
    let o = &s.visit.ordered;
    desk(bank, store).for_sub_dealer(field(&s.posted, "subMerchantId")).charge(Charge {
        kind: o.kind,
        order: &o.order,
        amount: o.amount,
        currency: &o.currency,
        installments: o.installments,
        card,
        channel: s.model.name(),
        secure: Some(secure),
    })
}

fn fields<const N: usize>(pairs: [(&str, &str); N]) -> Fields {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

/// To the second, with a fraction of nothing, as callbacks have it.
fn second(at_ms: i64) -> String {
    let long = long_date(at_ms).replace(' ', "T");
    format!("{}.000", long.split('.').next().unwrap_or_default())
}

fn authenticated(
    store: &Store,
    account: &Account,
    s: &Session,
    secure_id: &str,
    secure: &Secure,
    now: i64,
    met: &Met,
) -> Fields {
    let code = if s.visit.ordered.kind == Kind::PreAuth { "3005" } else { "3001" };
    let all = fields([
        ("txnCode", code),
        ("responseCode", "VPS-0000"),
        ("responseMessage", "BAŞARILI"),
        ("txnDateTime", &second(now)),
        ("merchantSafeId", &store.id),
        ("terminalSafeId", &account.terminal_safe_id),
        ("orderId", &s.visit.ordered.order),
        ("secureEcomInd", &secure.eci),
        ("secureId", secure_id),
        ("secureData", &secure.cavv),
        ("secureMd", &secure.xid),
    ]);
    signed(all, AUTHENTICATED, account, met)
}

fn charged(store: &Store, account: &Account, s: &Session, done: &Done, met: &Met) -> Fields {
    let entry = &done.entry;
    let code = if entry.kind == Kind::PreAuth { "1004" } else { "1000" };
    let (response_code, say) = response(&done.verdict);
    let (host_code, host_say) = host(&done.verdict).unwrap_or_default();
    let auth_code = if done.approved() { entry.auth_code.as_str() } else { "000000" };
    let all = fields([
        ("txnCode", code),
        ("responseCode", response_code),
        ("responseMessage", say),
        ("hostResponseCode", &host_code),
        ("hostMessage", &host_say),
        ("txnDateTime", &second(entry.at_ms)),
        ("merchantSafeId", &store.id),
        ("terminalSafeId", &account.terminal_safe_id),
        ("cardHolderName", "TD**"),
        ("orderId", &s.visit.ordered.order),
        ("authCode", auth_code),
        ("rrn", &entry.host_ref),
        ("batchNumber", &done.batch.to_string()),
        ("stan", &entry.seq.to_string()),
        ("additionalInstallCount", "0"),
        ("deferingMonth", "0"),
        ("ccbEarnedRewardAmount", "0.00"),
        ("ccbBalanceRewardAmount", "0.00"),
        ("ccbRewardDesc", "CHIP PARA"),
    ]);
    signed(all, CHARGED, account, met)
}

fn failure(account: &Account, posted: &Fields, code: &str, say: &str, met: &Met) -> Fields {
    let all = fields([
        ("txnCode", ""),
        ("responseCode", code),
        ("responseMessage", say),
        ("hostResponseCode", ""),
        ("hostMessage", ""),
        ("merchantSafeId", ""),
        ("terminalSafeId", ""),
        ("orderId", field(posted, "orderId")),
    ]);
    signed(all, FAILED, account, met)
}

/// Falsifies as ordered, before signing; only the hash itself afterwards. There is no amount to falsify.
fn signed(mut all: Fields, params: &str, account: &Account, met: &Met) -> Fields {
    if met.has(FaultKind::WrongOrder)
        && let Some((_, order)) = all.iter_mut().find(|(k, _)| k == "orderId")
    {
        order.insert(0, 'X');
    }
    let key = if met.has(FaultKind::WrongHash) { "not the secret key" } else { account.secret_key.as_str() };
    let hash = sign::callback(&all, params, key);
    all.push(("hashParams".to_owned(), params.to_owned()));
    all.push(("hash".to_owned(), hash));
    all
}

/// Sends the browser to failUrl with an error of the gate.
pub fn refuse(account: &Account, posted: &Fields, code: &str, say: &str) -> Response<Body> {
    let fields = failure(account, posted, code, say, &Met::default());
    http::page(page::auto_post(field(posted, "lang"), "3-D Secure", field(posted, "failUrl"), &fields))
}

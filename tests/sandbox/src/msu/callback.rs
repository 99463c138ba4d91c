//! What the gate tells the merchant, through the browser.

use crate::bank::Bank;
use crate::desk::Done;
use crate::fault::{FaultKind, Met};
use crate::random;
use crate::visit::{Outcome, Visit};
use crate::way_back::{Kept, WayBack};

use super::answer::{currency_code, decimal, error};
use super::api::charge;
use super::hash;
use super::operation::desk;
use super::session::{Gate, Session};
use super::store::{Account, MODEL};

/// What is said of the payment: the charge where it came to one, and else why not.
enum Told {
    Charged(Box<Done>),
    Not(&'static str),
}

impl Kept for Session {
    type Gate = Gate;

    fn find<'a>(gate: &'a mut Gate, id: &str) -> Option<&'a mut Self> {
        gate.sessions.get_mut(id).filter(|session| !session.waits())
    }

    fn visit(&mut self) -> &mut Visit {
        &mut self.visit
    }
}

impl WayBack for Session {
    fn gate_charges(&self) -> bool {
        true
    }

    fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    fn settle(bank: &Bank, gate: &mut Gate, token: &str, met: Met) -> Option<Outcome> {
        let session = gate.sessions.get(token)?;
        let (_, account) = session.visit.merchant::<Account>(bank)?;
        let told = decide(bank, session)?;
        let fields = fields(session, account, token, &told, &met);
        let lang = session.visit.lang.clone();
        Some(Outcome { lang, url: session.return_url.clone(), fields, server_url: None, met })
    }
}

/// Charges if the payer was fully authenticated.
fn decide(bank: &Bank, session: &Session) -> Option<Told> {
    if let Some(code) = session.failed {
        return Some(Told::Not(code));
    }
    let store = bank.store(&session.visit.store)?;
    let authentication = session.visit.authentication(bank);
    let Some(card) = session.visit.card.as_ref().filter(|_| authentication.is_full()) else {
        return Some(Told::Not("ERR30002"));
    };
    let secure = authentication.proof(card);
    let done = desk(bank, store).charge(charge(&session.visit.ordered, card, MODEL, Some(secure)));
    Some(Told::Charged(Box::new(done)))
}

fn fields(session: &Session, account: &Account, token: &str, told: &Told, met: &Met) -> Vec<(String, String)> {
    let ordered = &session.visit.ordered;
    let mut order = ordered.order.clone();
    if met.has(FaultKind::WrongOrder) {
        order.insert(0, 'X');
    }
    let amount = decimal(ordered.amount + if met.has(FaultKind::WrongAmount) { 100 } else { 0 });
    let currency = if met.has(FaultKind::WrongCurrency) { "GBP" } else { currency_code(&ordered.currency) };
    let error = match told {
        Told::Charged(done) => error(done).map(|(code, text)| (code, text.to_owned())),
        Told::Not(code) => Some(((*code).to_owned(), "The payment could not be made".to_owned())),
    };
    let (code, say) = if error.is_none() { ("00", "Approved") } else { ("99", "Declined") };
    let secret = if met.has(FaultKind::WrongHash) { "not the secret" } else { &account.secret_key };
    let random = random::id();
    let hash = hash::signed(&[&order, &session.customer, token, code, &random], secret);
    let (error_code, error_text) = error.unwrap_or_default();
    let done = if let Told::Charged(done) = told { Some(done) } else { None };
    let numbered = |of: fn(&Done) -> &str| done.map_or(String::new(), |done| of(done).to_owned());
    let mut fields = vec![
        ("merchantPaymentId", order),
        ("apiMerchantId", session.visit.store.clone()),
        ("customerId", session.customer.clone()),
        ("sessionToken", token.to_owned()),
        ("responseCode", code.to_owned()),
        ("responseMsg", say.to_owned()),
        ("random", random),
        ("sdSha512", hash),
        ("amount", amount),
        ("currency", currency.to_owned()),
        ("installment", ordered.installments.to_string()),
        ("pgTranId", numbered(|done| &done.entry.trans_id)),
        ("pgTranRefId", numbered(|done| &done.entry.host_ref)),
        ("pgTranApprCode", numbered(|done| &done.entry.auth_code)),
        ("pgTranReturnCode", numbered(|done| done.refusal().map_or("", |refusal| refusal.code))),
    ];
    if code != "00" {
        fields.extend([("errorCode", error_code), ("errorMsg", error_text)]);
    }
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

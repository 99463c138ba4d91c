//! What the gate tells the merchant, through the browser.

use crate::bank::Bank;
use crate::desk::Charge;
use crate::fault::{FaultKind, Met};
use crate::issuer::IssuedCard;
use crate::store::Store;
use crate::visit::Outcome;
use crate::way_back::{WayBack, kept};

use super::answer::bank_code;
use super::gate::card_page;
use super::operation::{code, desk};
use super::session::{Gate, Session};
use super::sign::{self, Fields};
use super::store::{Account, MODEL};

/// `MdStatus`, the bank's code and text, `RequestStatus`.
struct Told {
    md_status: String,
    bank_code: String,
    say: String,
    done: bool,
}

kept!(Session in Gate.sessions);

impl WayBack for Session {
    fn gate_charges(&self) -> bool {
        true
    }

    fn card_form(id: &str) -> String {
        card_page(id)
    }

    fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    fn settle(bank: &Bank, gate: &mut Gate, id: &str, met: Met) -> Option<Outcome> {
        let session = gate.sessions.get_mut(id)?;
        let (store, account) = session.visit.merchant::<Account>(bank)?;
        let told = decide(bank, store, session);
        if !told.done && told.bank_code.starts_with("MD:") {
            session.failed = Some(told.bank_code.clone());
        }
        let status = if told.done { "1" } else { "0" };
        let mut order = session.visit.ordered.order.clone();
        if met.has(FaultKind::WrongOrder) {
            order.insert(0, 'X');
        }
        let mut fields: Fields = [
            ("ClientId", store.id.as_str()),
            ("OrderId", &order),
            ("MdStatus", &told.md_status),
            ("ThreeDSessionId", id),
            ("BankResponseCode", &told.bank_code),
            ("BankResponseMessage", &told.say),
            ("RequestStatus", status),
            ("HashParameters", sign::CALLBACK),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .to_vec();
        let pass = if met.has(FaultKind::WrongHash) { "not the password" } else { account.api_pass.as_str() };
        let hash = sign::callback(&fields, account, pass);
        fields.push(("Hash".to_owned(), hash));
        let (lang, url) = (session.visit.lang.clone(), session.callback_url.clone());
        Some(Outcome { lang, url, fields, server_url: None, met })
    }
}

/// Charges where the payer was fully authenticated.
fn decide(bank: &Bank, store: &Store, session: &Session) -> Told {
    if let Some(code) = &session.failed {
        let say = "Kart bilgisi hatali".to_owned();
        return Told { md_status: String::new(), bank_code: code.clone(), say, done: false };
    }
    let authentication = session.visit.authentication(bank);
    let md_status = if session.visit.card.is_some() { authentication.md_status() } else { 0 };
    let card = session.visit.card.as_ref().filter(|_| authentication.is_full());
    let Some(card) = card else {
        let bank_code = format!("MD:{md_status}");
        return Told { md_status: md_status.to_string(), bank_code, say: String::new(), done: false };
    };
    let done = charge(bank, store, session, card);
    let (bank_code, say) = match (bank_code(&done), done.why()) {
        (Some(bank), _) => (bank.to_owned(), done.refusal().map_or("", |r| r.text)),
        (None, Some(why)) => (code(why).0.to_string(), code(why).1),
        (None, None) => (String::new(), ""),
    };
    Told { md_status: md_status.to_string(), bank_code, say: say.to_owned(), done: done.approved() }
}

fn charge(bank: &Bank, store: &Store, session: &Session, card: &IssuedCard) -> crate::desk::Done {
    let o = &session.visit.ordered;
    let secure = session.visit.authentication(bank).proof(card);
    desk(bank, store).charge(Charge {
        kind: o.kind,
        order: &o.order,
        amount: o.amount,
        currency: &o.currency,
        installments: o.installments,
        card,
        channel: MODEL,
        secure: Some(secure),
    })
}

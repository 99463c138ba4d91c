//! Provision: the money that follows an authentication of the gate.

use crate::bank::Bank;
use crate::book::Secure;
use crate::issuer::IssuedCard;
use crate::secret::same;
use crate::store::Store;
use crate::visit::Ordered;
use crate::voucher::Unvouched;

use super::rules::{Refused, text};
use super::session::Gate;
use super::xml::Request;

fn say(why: Unvouched) -> Refused {
    match why {
        Unvouched::Unknown => ("CORE-2122", "3D islem bulunamadi."),
        Unvouched::TooOld => ("CORE-2122", "3D islem zaman asimina ugradi."),
        Unvouched::Mismatch => ("CORE-2121", "XID, CAVV veya ECI uyusmuyor."),
        Unvouched::OtherInstallments => ("CORE-2601", "Taksit bilgisi uyusmuyor."),
        Unvouched::Spent => ("CORE-2127", "XID daha once kullanilmistir."),
    }
}

/// The card behind `md`, if everything the payer's bank said is repeated exactly.
pub fn find(bank: &Bank, store: &Store, r: &Request) -> Result<(IssuedCard, Secure), Refused> {
    let gate = bank.memory::<Gate>();
    let v = gate.vouchers.get(text(r, "Number")).ok_or_else(|| say(Unvouched::Unknown))?;
    let repeated = v.store == store.id
        && same(&v.secure.xid, text(r, "PayerTxnId"))
        && same(&v.secure.eci, text(r, "PayerSecurityLevel"))
        && same(&v.secure.cavv, text(r, "PayerAuthenticationCode"));
    let card_sent = !text(r, "Cvv2Val").is_empty() || !text(r, "Expires").is_empty();
    if !repeated || card_sent {
        return Err(say(Unvouched::Mismatch));
    }
    if !matches!(v.secure.md_status.as_str(), "1" | "2" | "3" | "4") {
        return Err(("CORE-2206", "MdStatus degeri gecersiz."));
    }
    let v = gate.vouchers.young(text(r, "Number"), bank.clock().now_ms()).map_err(say)?;
    Ok((v.card.clone(), v.secure.clone()))
}

/// Uses the authentication up, if order, amount, currency and instalments are the authenticated ones.
pub fn spend(bank: &Bank, store: &Store, r: &Request, asked: &Ordered) -> Result<(), Refused> {
    bank.memory::<Gate>().vouchers.spend(text(r, "Number"), &store.id, asked).map_err(say)
}

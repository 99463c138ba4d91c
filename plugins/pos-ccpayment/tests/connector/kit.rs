//! The promises every connector keeps, on a bank that answers as `kit.json` says.

use pos_ccpayment::CcPayment;
use vezne_kit::{Answers, At, Connector, Kit, Said};

use crate::bank::encrypted;

/// Makes a return's `hash_key` the way the platform does: over what it says itself, its own currency included.
fn sign(said: &mut Said<'_>) {
    if said.at != At::Back {
        return;
    }
    let field = |name: &str| said.content.field(name);
    let plain = [
        field("payment_status"),
        field("amount"),
        field("invoice_id"),
        field("order_id"),
        said.told.amount.currency.as_str(),
    ];
    let hash = encrypted(&plain.join("|"), &said.secrets["app-secret"], "661ebbf2acc9d8bc", "cb27");
    said.content.put("hash_key", hash);
}

#[test]
fn keeps_every_promise() {
    let connector = Connector::of::<CcPayment>().with_three_d_secure::<CcPayment>().with_preauth::<CcPayment>();
    let bank = Answers::read(include_str!("kit.json")).expect("answers").signed(sign);
    let kit = Kit::new(connector, include_str!("../../manifest.json"), bank).expect("a manifest");
    kit.assert_kept(env!("CARGO_MANIFEST_DIR"));
}

//! The promises every connector keeps, on a bank that answers as `kit.json` says.

use pos_posnet_v1::PosnetV1;
use vezne_kit::{Answers, At, Connector, Kit, Said};
use vezne_plugin::value::Value;
use vezne_plugin::{DigestAlg, TextForm};

/// Signs a return as the bank's document says, in code of its own: the named values, then the key.
fn sign(said: &mut Said<'_>) {
    if said.at != At::Back {
        return;
    }
    let values: String = said.content.field("MacParams").split(':').map(|name| said.content.field(name)).collect();
    let mac = Value::from(values + &said.secrets["enc-key"]).digest(DigestAlg::Sha256, TextForm::Base64);
    said.content.put("Mac", String::from_utf8_lossy(mac.revealed()));
}

#[test]
fn keeps_every_promise() {
    let connector = Connector::of::<PosnetV1>()
        .with_three_d_secure::<PosnetV1>()
        .with_preauth::<PosnetV1>()
        .with_history::<PosnetV1>();
    let bank = Answers::read(include_str!("kit.json")).expect("answers").signed(sign);
    let kit = Kit::new(connector, include_str!("../../manifest.json"), bank).expect("a manifest");
    kit.assert_kept(env!("CARGO_MANIFEST_DIR"));
}

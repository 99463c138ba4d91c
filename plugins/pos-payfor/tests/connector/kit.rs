//! The promises every connector keeps, on a bank that answers as `kit.json` says.

use pos_payfor::Payfor;
use vezne_kit::{Answers, At, Connector, Kit, Said};
use vezne_plugin::value::Value;
use vezne_plugin::{DigestAlg, TextForm};

/// Signs a return the way the bank's document says, in code of its own.
fn sign(said: &mut Said<'_>) {
    if said.at != At::Back {
        return;
    }
    let values: String = ["OrderId", "AuthCode", "ProcReturnCode", "3DStatus", "ResponseRnd"]
        .map(|name| said.content.field(name))
        .concat();
    let text = format!("085300000009704{}{values}QNB_API_KULLANICI", said.secrets["store-key"]);
    let hash = Value::from(text).digest(DigestAlg::Sha1, TextForm::Base64);
    said.content.put("ResponseHash", String::from_utf8_lossy(hash.revealed()));
}

#[test]
fn keeps_every_promise() {
    let connector =
        Connector::of::<Payfor>().with_three_d_secure::<Payfor>().with_preauth::<Payfor>().with_history::<Payfor>();
    let bank = Answers::read(include_str!("kit.json")).expect("answers").signed(sign);
    let kit = Kit::new(connector, include_str!("../../manifest.json"), bank).expect("a manifest");
    kit.assert_kept(env!("CARGO_MANIFEST_DIR"));
}

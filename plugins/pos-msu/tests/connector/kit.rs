//! The promises every connector keeps, on a bank that answers as `kit.json` says. Its return states no amount: the
//! platform signs none there, so the connector reads none.

use pos_msu::Msu;
use vezne_kit::{Answers, At, Connector, Kit, Said};
use vezne_plugin::value::Value;
use vezne_plugin::{DigestAlg, TextForm};

/// Signs a return as the document says, in code of its own.
fn sign(said: &mut Said<'_>) {
    if said.at != At::Back {
        return;
    }
    let names = ["merchantPaymentId", "customerId", "sessionToken", "responseCode", "random"];
    let mut values: Vec<&str> = names.iter().map(|name| said.content.field(name)).collect();
    values.push(&said.secrets["secret-key"]);
    let hash = Value::from(values.join("|")).digest(DigestAlg::Sha512, TextForm::HexLower);
    said.content.put("sdSha512", String::from_utf8_lossy(hash.revealed()));
}

#[test]
fn keeps_every_promise() {
    let connector = Connector::of::<Msu>().with_three_d_secure::<Msu>().with_preauth::<Msu>().with_history::<Msu>();
    let bank = Answers::read(include_str!("kit.json")).expect("answers").signed(sign);
    let kit = Kit::new(connector, include_str!("../../manifest.json"), bank).expect("a manifest");
    kit.assert_kept(env!("CARGO_MANIFEST_DIR"));
}

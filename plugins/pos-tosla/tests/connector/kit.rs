//! The promises every connector keeps, on a bank that answers as `kit.json` says.

use pos_tosla::Tosla;
use vezne_kit::{Answers, At, Connector, Kit, Said};
use vezne_plugin::value::Value;
use vezne_plugin::{DigestAlg, TextForm};

/// Signs a return the way Tosla does, in code of its own: password first, then the named values.
fn sign(said: &mut Said<'_>) {
    if said.at != At::Back {
        return;
    }
    let value = |name: &str| match name {
        "ApiUser" => "POS_ENT_Test_001",
        name => said.content.field(name),
    };
    let values: String = said.content.field("HashParameters").split(',').map(value).collect();
    let hash = Value::from(said.secrets["api-password"].clone() + &values).digest(DigestAlg::Sha512, TextForm::Base64);
    said.content.put("Hash", String::from_utf8_lossy(hash.revealed()));
}

#[test]
fn keeps_every_promise() {
    let connector =
        Connector::of::<Tosla>().with_three_d_secure::<Tosla>().with_preauth::<Tosla>().with_history::<Tosla>();
    let bank = Answers::read(include_str!("kit.json")).expect("answers").signed(sign);
    let kit = Kit::new(connector, include_str!("../../manifest.json"), bank).expect("a manifest");
    kit.assert_kept(env!("CARGO_MANIFEST_DIR"));
}

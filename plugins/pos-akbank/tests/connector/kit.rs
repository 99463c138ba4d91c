//! The promises every connector keeps, on a bank that answers as `kit.json` says.

use pos_akbank::Akbank;
use vezne_kit::{Answers, At, Connector, Kit, Said};
use vezne_plugin::value::Value;
use vezne_plugin::{DigestAlg, TextForm};

/// Signs a return the way the bank does, in code of its own: the named values, nothing between them.
fn sign(said: &mut Said<'_>) {
    if said.at != At::Back {
        return;
    }
    let values: String = said.content.field("hashParams").split('+').map(|name| said.content.field(name)).collect();
    let key = Value::from(said.secrets["secret-key"].as_str()).joined();
    let hash = Value::from(values).hmac(DigestAlg::Sha512, &key, TextForm::Base64).expect("a key");
    said.content.put("hash", String::from_utf8_lossy(hash.revealed()));
}

#[test]
fn keeps_every_promise() {
    let connector = Connector::of::<Akbank>().with_three_d_secure::<Akbank>().with_preauth::<Akbank>();
    let bank = Answers::read(include_str!("kit.json")).expect("answers").signed(sign);
    let kit = Kit::new(connector, include_str!("../../manifest.json"), bank).expect("a manifest");
    kit.assert_kept(env!("CARGO_MANIFEST_DIR"));
}

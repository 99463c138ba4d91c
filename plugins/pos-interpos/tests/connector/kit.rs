//! The promises every connector keeps, on a bank that answers as `kit.json` says.

use pos_interpos::Interpos;
use vezne_kit::{Answers, At, Connector, Kit, Said};
use vezne_plugin::value::Value;
use vezne_plugin::{DigestAlg, TextForm};

/// Signs a return as the bank's document says, in code of its own: the values of the list, then the pass.
fn sign(said: &mut Said<'_>) {
    if said.at != At::Back {
        return;
    }
    let values: String = said.content.field("HASHPARAMS").split(':').map(|name| said.content.field(name)).collect();
    let hash = Value::from(values + &said.secrets["store-key"]).digest(DigestAlg::Sha1, TextForm::Base64);
    said.content.put("HASH", String::from_utf8_lossy(hash.revealed()));
}

#[test]
fn keeps_every_promise() {
    let connector = Connector::of::<Interpos>().with_three_d_secure::<Interpos>().with_preauth::<Interpos>();
    let bank = Answers::read(include_str!("kit.json")).expect("answers").signed(sign);
    let kit = Kit::new(connector, include_str!("../../manifest.json"), bank).expect("a manifest");
    kit.assert_kept(env!("CARGO_MANIFEST_DIR"));
}

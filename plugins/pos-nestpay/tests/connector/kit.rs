//! The promises every connector keeps, on a bank that answers as `kit.json` says.

use pos_nestpay::Nestpay;
use vezne_kit::{Answers, At, Connector, Content, Kit, Said};
use vezne_plugin::value::Value;
use vezne_plugin::{DigestAlg, TextForm};

/// Signs a return the way the bank's document says, in code of its own: names in order, values escaped.
fn sign(said: &mut Said<'_>) {
    let (At::Back, Content::Fields(fields)) = (said.at, &said.content) else { return };
    let escaped = |value: &str| value.replace('\\', r"\\").replace('|', r"\|");
    let mut signed: Vec<&(String, String)> = fields.iter().filter(|(name, _)| name != "encoding").collect();
    signed.sort_by_key(|(name, _)| name.to_ascii_lowercase());
    let mut text: String = signed.iter().map(|(_, value)| escaped(value) + "|").collect();
    text.push_str(&escaped(&said.secrets["store-key"]));
    let hash = Value::from(text).digest(DigestAlg::Sha512, TextForm::Base64);
    said.content.put("HASH", String::from_utf8_lossy(hash.revealed()));
}

#[test]
fn keeps_every_promise() {
    let connector =
        Connector::of::<Nestpay>().with_three_d_secure::<Nestpay>().with_preauth::<Nestpay>().with_history::<Nestpay>();
    let bank = Answers::read(include_str!("kit.json")).expect("answers").signed(sign);
    let kit = Kit::new(connector, include_str!("../../manifest.json"), bank).expect("a manifest");
    kit.assert_kept(env!("CARGO_MANIFEST_DIR"));
}

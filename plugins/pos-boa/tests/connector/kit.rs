//! The promises every connector keeps, on a bank that answers as `kit.json` says.

use pos_boa::Boa;
use vezne_kit::{Answers, At, Connector, Kit, Said};
use vezne_plugin::value::Value;
use vezne_plugin::{DigestAlg, TextForm};

fn base64_sha1(text: &str) -> String {
    String::from_utf8_lossy(Value::from(text).digest(DigestAlg::Sha1, TextForm::Base64).revealed()).into_owned()
}

/// Signs a return as the bank's document says, in code of its own.
fn sign(said: &mut Said<'_>) {
    if said.at != At::Back {
        return;
    }
    let values = ["MerchantOrderId", "ResponseCode", "OrderId"].map(|name| said.content.field(name)).concat();
    said.content.put("HashData", base64_sha1(&(values + &base64_sha1(&said.secrets["api-password"]))));
}

#[test]
fn keeps_every_promise() {
    let connector = Connector::of::<Boa>().with_three_d_secure::<Boa>().with_preauth::<Boa>();
    let bank = Answers::read(include_str!("kit.json")).expect("answers").signed(sign);
    let kit = Kit::new(connector, include_str!("../../manifest.json"), bank).expect("a manifest");
    kit.assert_kept(env!("CARGO_MANIFEST_DIR"));
}

//! The promises every connector keeps, on a bank that answers as `kit.json` says.

use pos_posnet::Posnet;
use vezne_kit::{Answers, Connector, Content, Kit, Said};
use vezne_plugin::value::Value;
use vezne_plugin::{DigestAlg, TextForm};

fn hash(text: String) -> String {
    String::from_utf8_lossy(Value::from(text).digest(DigestAlg::Sha256, TextForm::Base64).revealed()).into_owned()
}

/// What the bank says of the gate's packets is signed as its document says, in code of its own. The return itself is
/// packets that only the bank can read, so nothing of it counts before the bank was asked.
fn sign(said: &mut Said<'_>) {
    let Content::Text(body) = &mut said.content else { return };
    let element = |name: &str| {
        body.split(&format!("<{name}>")).nth(1).and_then(|rest| rest.split('<').next()).unwrap_or_default().to_owned()
    };
    let values = ["mdStatus", "xid", "amount", "currency"].map(|name| element(name) + ";").concat();
    let first = hash(format!("{};67005551", said.secrets["enc-key"]));
    let mac = hash(format!("{values}6706598320;{first}"));
    *body = body.replace("<mac>MAC<", &format!("<mac>{mac}<"));
}

#[test]
fn keeps_every_promise() {
    let connector = Connector::of::<Posnet>()
        .with_three_d_secure::<Posnet>()
        .with_preauth::<Posnet>()
        .with_points::<Posnet>()
        .with_history::<Posnet>();
    let bank = Answers::read(include_str!("kit.json")).expect("answers").signed(sign);
    let kit = Kit::new(connector, include_str!("../../manifest.json"), bank).expect("a manifest");
    kit.assert_kept(env!("CARGO_MANIFEST_DIR"));
}

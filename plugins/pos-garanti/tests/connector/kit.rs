//! The promises every connector keeps, on a bank that answers as `kit.json` says.

use pos_garanti::Garanti;
use vezne_kit::{Answers, Connector, Content, Kit, Said};
use vezne_plugin::value::Value;
use vezne_plugin::{DigestAlg, TextForm};

fn hex_of(alg: DigestAlg, text: &str) -> String {
    String::from_utf8_lossy(Value::from(text).digest(alg, TextForm::HexUpper).revealed()).into_owned()
}

fn element<'a>(text: &'a str, name: &str) -> &'a str {
    text.split(&format!("<{name}>")).nth(1).and_then(|rest| rest.split('<').next()).unwrap_or_default()
}

/// Signs answers and returns the way the bank's document says, in code of its own.
fn sign(said: &mut Said<'_>) {
    match &mut said.content {
        Content::Text(body) => {
            let security = hex_of(DigestAlg::Sha1, &format!("{}030691298", said.secrets["api-password"]));
            let signed: String =
                ["Code", "RetrefNum", "AuthCode", "ProvDate", "OrderID"].iter().map(|name| last(body, name)).collect();
            let hash = hex_of(DigestAlg::Sha512, &format!("{signed}{security}"));
            *body = body.replace("<HashData>HASH<", &format!("<HashData>{hash}<"));
        }
        content => {
            let list = content.field("hashparams").to_owned();
            let signed: String = list.split(':').map(|name| content.field(name).to_owned()).collect();
            content.put("hash", hex_of(DigestAlg::Sha512, &format!("{signed}{}", said.secrets["store-key"])));
        }
    }
}

/// Of the transaction that the answer is about, not of one in its list.
fn last<'a>(body: &'a str, name: &str) -> &'a str {
    let about = if name == "OrderID" { body } else { body.rsplit("<Transaction>").next().unwrap_or_default() };
    element(about, name)
}

#[test]
fn keeps_every_promise() {
    let connector = Connector::of::<Garanti>()
        .with_three_d_secure::<Garanti>()
        .with_preauth::<Garanti>()
        .with_history::<Garanti>()
        .with_points::<Garanti>();
    let bank = Answers::read(include_str!("kit.json")).expect("answers").signed(sign);
    let kit = Kit::new(connector, include_str!("../../manifest.json"), bank).expect("a manifest");
    kit.assert_kept(env!("CARGO_MANIFEST_DIR"));
}

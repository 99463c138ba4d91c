//! The promises every connector keeps, on a bank that answers as `kit.json` says.

use pos_boa::Boa;
use vezne_kit::{Answers, At, Connector, Content, Kit, Said};
use vezne_plugin::body::url_form;
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

fn connector() -> Connector {
    Connector::of::<Boa>().with_three_d_secure::<Boa>().with_preauth::<Boa>().with_history::<Boa>()
}

#[test]
fn keeps_every_promise() {
    let connector = connector();
    let bank = Answers::read(include_str!("kit.json")).expect("answers").signed(sign);
    let kit = Kit::new(connector, include_str!("../../manifest.json"), bank).expect("a manifest");
    kit.assert_kept(env!("CARGO_MANIFEST_DIR"));
}

/// Kuveyt Türk's service answers under the name of what was asked; its return is one document, encoded once more than
/// the form it comes in.
fn sign_kuveyt(said: &mut Said<'_>) {
    let asked = said.heard.last().map(|wire| String::from_utf8_lossy(&wire.body).into_owned()).unwrap_or_default();
    if let Content::Text(body) = &mut said.content {
        let names = ["SaleReversal", "PartialDrawback", "DrawBack"];
        let name = names.into_iter().find(|name| asked.contains(&format!("<{name}"))).unwrap_or_default();
        *body = body.replace("OPERATION", name);
        return;
    }
    let document = said.content.field("AuthenticationResponse").to_owned();
    let element = |name: &str| {
        document.split(&format!("<{name}>")).nth(1).and_then(|rest| rest.split('<').next()).unwrap_or_default()
    };
    let values = ["MerchantOrderId", "ResponseCode", "OrderId"].map(element).concat();
    let hash = base64_sha1(&(values + &base64_sha1(&said.secrets["api-password"])));
    said.content.put("AuthenticationResponse", url_form(&document.replace(">HASH<", &format!(">{hash}<"))));
}

/// The same connector in its other dialect, which reserves nothing and lists no day.
#[test]
fn keeps_every_promise_at_kuveyt_turk_too() {
    let connector = connector();
    let bank = Answers::read(include_str!("kuveyt.json")).expect("answers").signed(sign_kuveyt);
    let manifest: String = include_str!("../../manifest.json")
        .lines()
        .filter(|line| !matches!(line.trim(), "\"authorize\"," | "\"capture\"," | "\"day-history\","))
        .collect();
    let report = Kit::new(connector, &manifest, bank).expect("a manifest").run();
    assert!(report.broken().is_empty(), "{}", report.to_text());
}

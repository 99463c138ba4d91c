//! The promises every connector keeps, on a bank that answers as `kit.json` says.

use pos_param::Param;
use vezne_kit::{Answers, Connector, Content, Kit, Said};
use vezne_plugin::value::Value;
use vezne_plugin::{DigestAlg, TextForm};

fn hash(text: String) -> String {
    String::from_utf8_lossy(Value::from(text).digest(DigestAlg::Sha1, TextForm::Base64).revealed()).into_owned()
}

/// Answers under the name of the operation that was asked for; signs a return as Param's pages say, in code of its own.
fn sign(said: &mut Said<'_>) {
    let asked = said.heard.last().map(|wire| String::from_utf8_lossy(&wire.body).into_owned()).unwrap_or_default();
    let guid = &said.secrets["guid"];
    match &mut said.content {
        Content::Text(body) => {
            let name = asked.split("<soap:Body><").nth(1).and_then(|rest| rest.split([' ', '>', '/']).next());
            *body = body.replace("OPERATION", name.unwrap_or_default());
        }
        content if content.field("islemGUID").is_empty() => {
            let names = ["Dekont_ID", "Tahsilat_Tutari", "Siparis_ID", "Islem_ID"];
            let values = names.map(|name| content.field(&format!("TURKPOS_RETVAL_{name}")).to_owned()).concat();
            let signature = hash(format!("10738{guid}{values}"));
            content.put("TURKPOS_RETVAL_Hash", signature);
        }
        content => {
            let values = ["islemGUID", "md", "mdStatus", "orderId"].map(|name| content.field(name)).concat();
            let signature = hash(format!("{values}{guid}"));
            content.put("islemHash", signature);
        }
    }
}

#[test]
fn keeps_every_promise() {
    let connector =
        Connector::of::<Param>().with_three_d_secure::<Param>().with_preauth::<Param>().with_history::<Param>();
    let bank = Answers::read(include_str!("kit.json")).expect("answers").signed(sign);
    let kit = Kit::new(connector, include_str!("../../manifest.json"), bank).expect("a manifest");
    kit.assert_kept(env!("CARGO_MANIFEST_DIR"));
}

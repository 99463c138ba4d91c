//! The promises every connector keeps, on a bank that answers as `kit.json` says.

use base64::{Engine, engine::general_purpose::STANDARD};
use pos_akbank::Akbank;
use vezne_kit::{Answers, At, Connector, Content, Kit, Said};
use vezne_plugin::value::Value;
use vezne_plugin::{DigestAlg, TextForm};

/// A report's list goes out packed: gzip of JSON in Base64.
fn pack(content: &mut Content) {
    let Content::Json(answer) = content else { return };
    let Some(data) = answer.get("data").filter(|data| data.is_object()) else { return };
    let plain = data.to_string().into_bytes();
    let mut crc = !0_u32;
    for byte in &plain {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    packed.extend(miniz_oxide::deflate::compress_to_vec(&plain, 6));
    packed.extend((!crc).to_le_bytes());
    packed.extend(u32::try_from(plain.len()).expect("a short list").to_le_bytes());
    answer["data"] = STANDARD.encode(packed).into();
}

/// Signs a return the way the bank does, in code of its own: the named values, nothing between them.
fn sign(said: &mut Said<'_>) {
    pack(&mut said.content);
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
    let connector =
        Connector::of::<Akbank>().with_three_d_secure::<Akbank>().with_preauth::<Akbank>().with_history::<Akbank>();
    let bank = Answers::read(include_str!("kit.json")).expect("answers").signed(sign);
    let kit = Kit::new(connector, include_str!("../../manifest.json"), bank).expect("a manifest");
    kit.assert_kept(env!("CARGO_MANIFEST_DIR"));
}

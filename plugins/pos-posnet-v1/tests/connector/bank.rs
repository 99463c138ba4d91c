//! What the bank answers, and a host to ask it.

use pos_posnet_v1::PosnetV1;
use vezne_plugin::native::{self, Running, Session, TestCard};
pub use vezne_plugin::native::{outcome, state_of, word};
use vezne_plugin::value::Value;
use vezne_plugin::{Context, DigestAlg, Fault, Money, Payments, Reply, Step, Target, Terms, TextForm};

pub const ORDER: &str = "01JD8ZK0Q3";
pub const PADDED: &str = "000000000001JD8ZK0Q3";
pub const KEY: &str = "159044932490000231";
pub const CARD: &str = "5400619360964581";
pub const CODE: &str = "956";
pub const MERCHANT: &str = "6700950031";
pub const TERMINAL: &str = "67C40050";
pub const ENC_KEY: &str = "10,10,10,10,10,10,10,10";

pub fn session() -> Session {
    Session::new()
        .setting("merchant-id", MERCHANT)
        .setting("terminal-id", TERMINAL)
        .setting("posnet-id", "1010028724242434")
        .secret("enc-key", ENC_KEY)
}

pub fn host() -> Running {
    session().start()
}

pub fn ctx() -> Context {
    native::context(ORDER)
}

pub fn terms(minor: i64) -> Terms {
    Terms {
        amount: Money { minor, currency: "TRY".into(), numeric: 949, exponent: 2 },
        installments: 1,
        entry: "ecommerce".into(),
        description: None,
    }
}

pub fn card() -> TestCard {
    let mut card = TestCard::new(CARD, 2, 2029, Some(CODE));
    card.holder = Some("Ayşe \"Gül\" Yılmaz".into());
    card
}

pub fn target(operation: &str, minor: i64) -> Target {
    Target { terms: terms(minor), ..native::target(ORDER, operation, minor) }
}

pub fn with_key(mut target: Target, key: &str, stands_as: &str) -> Target {
    target.bank.transaction_id = Some(key.into());
    target.bank.extra.push(("stands-as".into(), stands_as.into()));
    target
}

pub fn answer(body: &[u8]) -> Reply {
    native::answer(200, "application/json; charset=utf-8", body)
}

pub fn approved() -> Vec<u8> {
    format!(
        "{{\"ServiceResponseData\":{{\"ResponseCode\":\"00\",\"ResponseDescription\":\"Onaylandı\"}},\"AuthCode\":\"449324\",\
         \"ReferenceCode\":\"{KEY}\",\"PointDataList\":[{{\"PointType\":\"EarnedPoint\",\"Point\":1000,\"PointTLAmount\":500}}],\
         \"InstallmentData\":{{\"InstallmentCount\":0,\"Amount\":0}},\"MessageData\":{{\"Message1\":\" \"}}}}"
    )
    .into_bytes()
}

pub fn refused(code: &str, text: &str) -> Vec<u8> {
    format!(
        "{{\"ServiceResponseData\":{{\"ResponseCode\":\"{code}\",\"ResponseDescription\":\"{text}\"}},\"AuthCode\":null,\"ReferenceCode\":null}}"
    )
    .into_bytes()
}

/// One transaction of an inquiry: type, standing, amount, time, key.
pub type Listed<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

pub fn listed_as(address: &str, rows: &[Listed<'_>]) -> Vec<u8> {
    let rows: Vec<String> = rows
        .iter()
        .map(|(kind, standing, amount, at, key)| {
            format!(
                "{{\"Amount\":\"{amount}\",\"AuthCode\":\"628698\",\"CardNo\":\"540061******4581\",\"CurrencyCode\":\"TL\",\
                 \"HostLogKey\":\"{key}\",\"OrderId\":\"{address}\",\"TransactionDate\":\"{at}\",\"TransactionStatus\":\"{standing}\",\
                 \"TransactionType\":\"{kind}\"}}"
            )
        })
        .collect();
    format!(
        "{{\"ServiceResponseData\":{{\"ResponseCode\":\"0000\",\"ResponseDescription\":\"Başarılı\"}},\"TransactionData\":[{}]}}",
        rows.join(",")
    )
    .into_bytes()
}

pub fn listed(rows: &[Listed<'_>]) -> Vec<u8> {
    listed_as("0000000000000001JD8ZK0Q3", rows)
}

pub fn nothing() -> Vec<u8> {
    refused("E219", "Kayıt Bulunamadı")
}

/// A signature in code of its own.
pub fn mac(values: &str) -> String {
    let sealed = Value::from(format!("{values}{ENC_KEY}")).digest(DigestAlg::Sha256, TextForm::Base64);
    String::from_utf8_lossy(sealed.revealed()).into_owned()
}

pub type Fields = Vec<(String, String)>;

/// What the gate posts back, signed; a pair replaces a field before it is signed.
pub fn back(changed: &[(&str, &str)]) -> Fields {
    let mut fields: Fields = [
        ("CCPrefix", "540061"),
        ("TranType", "Sale"),
        ("Amount", "1001"),
        ("OrderId", PADDED),
        ("MerchantId", MERCHANT),
        ("CAVV", "jKOBaLBL3hQ+CREBPu1HBQQAAAA="),
        ("ECI", "02"),
        ("MD", "0161010028947569644,0161010028947569644"),
        ("MdErrorMessage", "Authenticated"),
        ("MdStatus", "1"),
        ("SecureTransactionId", "1010028947569644"),
        ("MacParams", "ECI:CAVV:MdStatus:MdErrorMessage:MD:SecureTransactionId"),
        ("CurrencyCode", "949"),
        ("InstalmentCode", "0"),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect();
    for (name, value) in changed {
        fields.retain(|(there, _)| there != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    let value = |name: &str| fields.iter().find(|(there, _)| there == name).map_or("", |(_, value)| value.as_str());
    let list = value("MacParams").to_owned();
    let values: String = list.split(':').map(value).collect();
    fields.push(("Mac".into(), mac(&values)));
    fields
}

pub fn callback(fields: &Fields) -> Reply {
    let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Reply::Callback(native::callback(&pairs))
}

/// The method and the body that were sent.
pub fn sent(step: &Step) -> String {
    match step {
        Step::Send(send) => {
            native::check_sinks(step, &["api", "gate"], &[]).expect("no sink is refused");
            let body = String::from_utf8(native::reveal(&send.request.body)).expect("UTF-8");
            format!("{} {body}", send.request.path)
        }
        other => panic!("expected a request, not {other:?}"),
    }
}

pub fn resumed(step: &Step, minor: i64, reply: &Reply) -> Result<Step, Fault> {
    PosnetV1::resume(&ctx(), Some(&terms(minor)), &state_of(step), reply, None)
}

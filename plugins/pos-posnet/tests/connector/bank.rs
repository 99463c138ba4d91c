//! What the bank answers, and a host to ask it.

use pos_posnet::Posnet;
use vezne_plugin::native::{self, Running, Session, TestCard};
pub use vezne_plugin::native::{outcome, state_of, terms, word};
use vezne_plugin::value::Value;
use vezne_plugin::{Context, DigestAlg, Fault, Payments, Reply, Step, Target, TextForm};

pub const ORDER: &str = "01JD8ZK0Q3";
pub const XID: &str = "000000000001JD8ZK0Q3";
pub const KEY: &str = "019676067890000191";
pub const CARD: &str = "4506349043174632";
pub const CODE: &str = "908";
pub const MID: &str = "6706598320";
pub const TID: &str = "67005551";
pub const ENC_KEY: &str = "10,10,10,10,10,10,10,10";

pub fn session() -> Session {
    Session::new()
        .setting("merchant-id", MID)
        .setting("terminal-id", TID)
        .setting("posnet-id", "27426")
        .secret("enc-key", ENC_KEY)
}

pub fn host() -> Running {
    session().start()
}

pub fn ctx() -> Context {
    Context { test_mode: false, ..native::context(ORDER) }
}

pub fn card() -> TestCard {
    let mut card = TestCard::new(CARD, 2, 2029, Some(CODE));
    card.holder = Some("Ayşe Yılmaz & Oğlu".into());
    card
}

pub fn target(operation: &str, minor: i64) -> Target {
    native::target(ORDER, operation, minor)
}

pub fn with_key(mut target: Target, key: &str, stands_as: &str) -> Target {
    target.bank.transaction_id = Some(key.into());
    target.bank.extra.push(("stands-as".into(), stands_as.into()));
    target
}

/// A `posnetResponse` in ISO-8859-9, as the bank sends it.
pub fn response(inside: &str) -> Vec<u8> {
    let text = format!("<?xml version=\"1.0\" encoding=\"ISO-8859-9\"?><posnetResponse>{inside}</posnetResponse>");
    vezne_plugin::charset::Charset::Iso8859x9.encode(&text).expect("Turkish")
}

pub fn answer(body: &[u8]) -> Reply {
    native::answer(200, "text/xml; charset=ISO-8859-9", body)
}

pub fn approved() -> Vec<u8> {
    response(&format!(
        "<approved>1</approved><respCode></respCode><respText></respText><hostlogkey>{KEY}</hostlogkey>\
         <authCode>901477</authCode><tranDate>261122115843</tranDate><instInfo><inst1>00</inst1><amnt1>000000000000</amnt1></instInfo>\
         <pointInfo><point>00000228</point><pointAmount>000000000114</pointAmount></pointInfo>"
    ))
}

pub fn approved_before() -> Vec<u8> {
    response(&format!(
        "<approved>2</approved><respCode>0127</respCode><respText>ORDERID DAHA ONCE KULLANILMIS 0127</respText>\
         <hostlogkey>{KEY}</hostlogkey><authCode>901477</authCode><tranDate>261122115843</tranDate>"
    ))
}

pub fn refused(code: &str, text: &str) -> Vec<u8> {
    response(&format!("<approved>0</approved><respCode>{code}</respCode><respText>{text}</respText>"))
}

/// One transaction of an inquiry: state, standing, amount, time, key.
pub type Listed<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

/// An answer to `agreement` about an order with this address.
pub fn listed_as(address: &str, rows: &[Listed<'_>]) -> Vec<u8> {
    let rows: Vec<String> = rows
        .iter()
        .map(|(state, standing, amount, at, key)| {
            format!(
                "<transaction><orderID>{address}</orderID><ccno>450634******4632</ccno><amount>{amount}</amount>\
                 <currencyCode>TL</currencyCode><authCode>504289</authCode><tranDate>{at}</tranDate><state>{state}</state>\
                 <txnStatus>{standing}</txnStatus><hostLogKey>{key}</hostLogKey></transaction>"
            )
        })
        .collect();
    let rows = rows.concat();
    response(&format!("<approved>1</approved><respCode></respCode><transactions>{rows}</transactions>"))
}

pub fn listed(rows: &[Listed<'_>]) -> Vec<u8> {
    listed_as("0000000000000001JD8ZK0Q3", rows)
}

pub fn nothing() -> Vec<u8> {
    refused("E219", "Kayıt Bulunamadı")
}

fn hash(text: &str) -> String {
    String::from_utf8_lossy(Value::from(text).digest(DigestAlg::Sha256, TextForm::Base64).revealed()).into_owned()
}

/// A signature the way the bank's document says, in code of its own.
pub fn mac(fields: &str) -> String {
    let first = hash(&format!("{ENC_KEY};{TID}"));
    hash(&format!("{fields};{MID};{first}"))
}

pub fn encrypted() -> Vec<u8> {
    response(
        "<approved>1</approved><oosRequestDataResponse><data1>AEFE78</data1><data2>69D048</data2><sign>9998F6</sign></oosRequestDataResponse>",
    )
}

/// What the bank says the gate said, signed.
pub fn resolved(xid: &str, amount: &str, currency: &str, md_status: &str, installment: &str) -> Vec<u8> {
    let mac = mac(&format!("{md_status};{xid};{amount};{currency}"));
    response(&format!(
        "<approved>1</approved><oosResolveMerchantDataResponse><xid>{xid}</xid><amount>{amount}</amount><currency>{currency}</currency>\
         <installment>{installment}</installment><point>0</point><txStatus>Y</txStatus><mdStatus>{md_status}</mdStatus>\
         <mdErrorMessage>sonuç</mdErrorMessage><mac>{mac}</mac></oosResolveMerchantDataResponse>"
    ))
}

/// The document that was sent.
pub fn sent(step: &Step) -> String {
    match step {
        Step::Send(send) => {
            native::check_sinks(step, &["api"], &[]).expect("no sink is refused");
            let body = String::from_utf8(native::reveal(&send.request.body)).expect("UTF-8");
            decoded(body.strip_prefix("xmldata=").expect("the parameter"))
        }
        other => panic!("expected a request, not {other:?}"),
    }
}

fn decoded(form: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = form.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let hex = [bytes.next().expect("hex"), bytes.next().expect("hex")];
                let text = std::str::from_utf8(&hex).expect("hex");
                out.push(u8::from_str_radix(text, 16).expect("hex"));
            }
            plain => out.push(plain),
        }
    }
    String::from_utf8(out).expect("UTF-8")
}

pub fn resumed(step: &Step, minor: i64, reply: &Reply) -> Result<Step, Fault> {
    Posnet::resume(&ctx(), Some(&terms(minor)), &state_of(step), reply, None)
}

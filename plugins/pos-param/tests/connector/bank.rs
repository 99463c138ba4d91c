//! What the bank answers, and a host to ask it.

use pos_param::Param;
use vezne_plugin::native::{self, Running, Session, TestCard};
pub use vezne_plugin::native::{outcome, state_of, terms, word};
use vezne_plugin::{Context, Fault, Payments, Reply, Step, Target};

pub const ORDER: &str = "01JD8ZK0Q3";
pub const CARD: &str = "4546711234567894";
pub const CODE: &str = "908";
pub const CLIENT: &str = "10738";
pub const GUID: &str = "0c13d406-873b-403b-9c09-a5766840d98c";
pub const URL: &str = "https://odeme.example/pos/t/p/callback";

pub fn session() -> Session {
    Session::new()
        .setting("client-code", CLIENT)
        .setting("user-name", "Test")
        .secret("api-password", "p&ş<")
        .secret("guid", GUID)
}

pub fn host() -> Running {
    session().start()
}

pub fn ctx() -> Context {
    Context { callback_url: URL.into(), ..native::context(ORDER) }
}

pub fn card() -> TestCard {
    let mut card = TestCard::new(CARD, 12, 2030, Some(CODE));
    card.holder = Some("Şule Çağ".into());
    card
}

pub fn target(operation: &str, minor: i64) -> Target {
    native::target(ORDER, operation, minor)
}

/// A SOAP answer around the result of an operation; `fields` is XML.
pub fn soap(operation: &str, fields: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\">\
         <soap:Body><{operation}Response xmlns=\"https://turkpos.com.tr/\"><{operation}Result>{fields}</{operation}Result>\
         </{operation}Response></soap:Body></soap:Envelope>"
    )
    .into_bytes()
}

pub fn answer(body: &[u8]) -> Reply {
    native::answer(200, "text/xml; charset=utf-8", body)
}

/// Fields as XML.
pub fn fields(fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let elements: Vec<String> =
        fields.iter().map(|(name, text)| format!("<{name}>{}</{name}>", escape(text))).collect();
    elements.concat()
}

/// A charge without the gate.
pub fn charged(operation: &str) -> Vec<u8> {
    let receipt =
        [("Islem_ID", "3007296556"), ("UCD_HTML", "NONSECURE"), ("Sonuc", "1"), ("Sonuc_Str", "İşlem Başarılı")];
    let bank = [
        ("Bank_Trans_ID", "T1"),
        ("Bank_AuthCode", "P77950"),
        ("Banka_Sonuc_Kod", "0"),
        ("Siparis_ID", ORDER),
        ("Bank_HostRefNum", "500400109501"),
    ];
    soap(operation, &fields(&[&receipt[..], &bank[..]].concat()))
}

/// A completion after the gate.
pub fn completed() -> Vec<u8> {
    let result = [
        ("Sonuc", "1"),
        ("Sonuc_Ack", "Başarılı"),
        ("Dekont_ID", "3007295376"),
        ("Siparis_ID", ORDER),
        ("Bank_Trans_ID", "T2"),
        ("Bank_AuthCode", "150888"),
        ("Bank_Sonuc_Kod", "0"),
    ];
    soap("TP_WMD_Pay", &fields(&result))
}

/// A capture, void or refund.
pub fn done(operation: &str) -> Vec<u8> {
    soap(operation, &fields(&[("Sonuc", "1"), ("Sonuc_Str", "Approved"), ("Bank_Trans_ID", "T3")]))
}

pub fn refused(operation: &str, code: &str, bank: &str, extra: &str) -> Vec<u8> {
    let result = [
        ("Islem_ID", "0"),
        ("UCD_HTML", "NONSECURE"),
        ("Sonuc", code),
        ("Sonuc_Str", "Kart limiti yetersiz"),
        ("Banka_Sonuc_Kod", bank),
        ("Bank_Extra", extra),
    ];
    soap(operation, &fields(&result))
}

/// An answer to `TP_Islem_Sorgulama4`.
pub fn line(state: &str, kind: &str, amount: &str, refunded: &str) -> Vec<u8> {
    line_with(state, kind, amount, refunded, "<Extra><TRANS_STAT>A</TRANS_STAT></Extra>")
}

pub fn line_with(state: &str, kind: &str, amount: &str, refunded: &str, extra: &str) -> Vec<u8> {
    let receipt = if matches!(state, "FAIL" | "BANK_FAIL") { "0" } else { "3007296662" };
    let line = [
        ("Dekont_ID", receipt),
        ("Siparis_ID", ORDER),
        ("Islem_ID", ORDER),
        ("Durum", state),
        ("Toplam_Tutar", amount),
        ("Toplam_Iade_Tutar", refunded),
        ("Bank_Extra", extra),
        ("Islem_Tip", kind),
        ("Bank_Trans_ID", "T1"),
    ];
    let found = format!("<DT_Bilgi>{}</DT_Bilgi><Sonuc>1</Sonuc><Sonuc_Str>Başarılı</Sonuc_Str>", fields(&line));
    soap("TP_Islem_Sorgulama4", &found)
}

pub fn no_line(code: &str) -> Vec<u8> {
    soap("TP_Islem_Sorgulama4", &fields(&[("Sonuc", code), ("Sonuc_Str", "İşlem bulunamadı")]))
}

pub fn sent(step: &Step) -> String {
    match step {
        Step::Send(send) => {
            native::check_sinks(step, &["api"], &["api", "hosted-api"]).expect("no sink is refused");
            String::from_utf8_lossy(&native::reveal(&send.request.body)).into_owned()
        }
        other => panic!("expected a request, not {other:?}"),
    }
}

pub fn resumed(step: &Step, minor: i64, reply: &Reply) -> Result<Step, Fault> {
    Param::resume(&ctx(), Some(&terms(minor)), &state_of(step), reply, None)
}

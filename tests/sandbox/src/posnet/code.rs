//! The bank's codes and what it says with them.

use crate::book::{Book, Entry, Kind};
use crate::clock::local;
use crate::desk::{Clerk, Numbers, Rules, Why};
use crate::issuer::{POINTS_SHORT, Refusal};

/// A refusal in the bank's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// `0051`, `E219`.
    pub code: String,
    /// For people.
    pub text: String,
}

/// A refusal with this code.
pub fn no(code: &str) -> Refused {
    let text = match code {
        "0012" => "GECERSIZ ISLEM",
        "0014" => "KART NUMARASI HATALI",
        "0058" => "TERMINALIN ISLEM YETKISI YOK",
        "0123" => "ORJINAL ISLEM BULUNAMADI",
        "0127" => "ORDERID DAHA ONCE KULLANILMIS 0127",
        "0148" => "INVALID MID TID IP. Hatalı IP:127.0.0.1",
        "0150" => "PAKET HATALI",
        "0202" => "ISLEM TIPI GECERSIZ",
        "0204" => "TUTAR SIFIR VEYA NEGATIF",
        "0205" => "TUTAR GECERSIZ",
        "0206" => "TAKSIT SAYISI PROVIZYONDAN FAZLA",
        "0207" => "PARA BIRIMI GECERSIZ",
        "0211" => "GRUP KAPANMIS, IPTAL YAPILAMAZ",
        "0217" => "ISLEM DURUMU GECERSIZ",
        "0218" => "IADE YAPILMIS, IPTAL EDILEMEZ",
        "0219" => "PROVIZYON KAPATILMIS",
        "0220" => "DAHA ONCE IPTAL EDILMIS",
        "0223" => "FINANSALLASTIRMA BULUNAMADI",
        "0229" => "ONCEKI GUNUN FINANSALLASTIRMASI IPTAL EDILEMEZ",
        "0302" => "ONL_NET_READ_TIMEOUT",
        "0320" => "MID 10 HANELI OLMALI",
        "0321" => "TID 8 HANELI OLMALI",
        "0324" => "PF VE ALT BAYI ALANLARI BIRLIKTE GONDERILEMEZ",
        "0325" => "TCKN VEYA VKN GONDERILMELI",
        "0327" => "ODEME KOLAYLASTIRICI BULUNAMADI",
        "0340" => "TARIH ARALIGI 10 GUNDEN FAZLA",
        "0341" => "BASLANGIC TARIHI BITISTEN SONRA",
        "0450" => "DAHA ONCE IADE EDILMIS",
        "0600" => "Mac Doğrulama hatalı",
        "0788" => "PROVIZYON KAPATILMIS, ONCE FINANSALLASTIRMA IPTAL EDILMELI",
        "E117" => "TARIH BOS OLAMAZ",
        "E189" => "XID GECERSIZ",
        "E215" => "TARIH FORMATI HATALI",
        "E219" => "Kayıt Bulunamadı",
        _ => "ISLEM ONAYLANMADI",
    };
    Refused { code: code.to_owned(), text: text.to_owned() }
}

/// A packet that is wrong in this place.
pub fn packet(place: &str) -> Refused {
    Refused { code: "0150".to_owned(), text: format!("{place} HATALI") }
}

/// The bank's code for an issuer's refusal: two zeros in front. A timeout at the issuer's (92) is a network error here.
pub fn of_issuer(refusal: &Refusal) -> Refused {
    if refusal.code == "92" {
        return no("0302");
    }
    // The bank publishes no code of its own for too few points.
    if refusal.code == POINTS_SHORT {
        return Refused { code: "0051".to_owned(), text: refusal.text.to_owned() };
    }
    Refused { code: format!("00{}", refusal.code), text: refusal.text.to_owned() }
}

/// What the desk refuses, in the bank's code.
pub fn of_desk(why: Why) -> Refused {
    no(match why {
        Why::OrderUsed => "0127",
        Why::OrderUnknown | Why::NothingHeld => "0123",
        Why::NothingToCapture => "0219",
        Why::MoreThanHeld | Why::MoreThanLeft => "0205",
        Why::NothingToVoid => "0211",
        Why::NothingLeft => "0450",
        Why::NotSettled => "0411",
        Why::OtherCurrency => "0207",
        Why::NoAmount => "0204",
    })
}

/// PosNet's hand in the book.
pub struct Posnet;

impl Clerk for Posnet {
    /// A host log key of eighteen digits and six digits of approval.
    fn numbers(&self, book: &Book, at_ms: i64, _: Kind) -> Numbers {
        let n = book.entries().len() as u64 + 1;
        let at = local(at_ms);
        let key = format!("{:02}{:03}{:09}0191", at.year() % 100, at.day_of_year(), 606_789_000 + n);
        Numbers { host_ref: key.clone(), trans_id: key, auth_code: format!("{:06}", (901_477 + n * 7) % 1_000_000) }
    }

    fn refused(&self, why: Why) -> (String, Option<String>) {
        (of_desk(why).code, None)
    }

    fn approved(&self) -> &'static str {
        "0000"
    }

    fn declined(&self, refusal: &Refusal) -> (String, Option<String>) {
        (of_issuer(refusal).code, None)
    }

    fn rules(&self) -> Rules {
        Rules { refund_same_day: true, ..Rules::default() }
    }
}

/// Did the issuer hear of it? What the gateway itself refused is in no inquiry.
pub fn reached_issuer(entry: &Entry) -> bool {
    entry.approved || entry.issuer_code.is_some()
}

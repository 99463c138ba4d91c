//! What is asked of Param, operation by operation.

use vezne_plugin::value::Value;
use vezne_plugin::{Card, ExpiryForm, Fault, Money, amount};

use crate::hash;
use crate::settings::Settings;
use crate::soap::Call;

/// Sale in lira, also the beginning of one through the gate.
pub const SALE: &str = "TP_WMD_UCD";
/// Completes what the gate authenticated.
pub const COMPLETE: &str = "TP_WMD_Pay";
/// Sale in lira at a gate that charges by itself.
pub const SALE_AT_GATE: &str = "Pos_Odeme";
/// Sale in a foreign currency; through the gate, it charges by itself.
pub const SALE_FOREIGN: &str = "TP_Islem_Odeme_WD";
/// Reservation.
pub const RESERVE: &str = "TP_Islem_Odeme_OnProv_WMD";
/// Takes a reservation.
pub const CAPTURE: &str = "TP_Islem_Odeme_OnProv_Kapa";
/// Voids a reservation.
pub const VOID_RESERVATION: &str = "TP_Islem_Iptal_OnProv";
/// Voids or gives back a sale.
pub const REVERSE: &str = "TP_Islem_Iptal_Iade_Kismi2";
/// What became of an order.
pub const STATUS: &str = "TP_Islem_Sorgulama4";
/// Everything of some days.
pub const HISTORY: &str = "TP_Islem_Izleme";
/// Begins a payment on the hosted page.
pub const HOSTED: &str = "TO_Pre_Encrypting_OOS";

/// What is charged or reserved.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// `Siparis_ID`: our order number.
    pub id: &'a str,
    /// `Islem_ID`: a second number of ours, which the hosted page hands back.
    pub transaction: &'a str,
    /// The payer's address, if known.
    pub ip: &'a str,
    /// Amount with a comma, which is also the total: commission is the firm's, not the payer's.
    pub amount: &'a str,
    /// Param's number of a foreign currency; none for lira.
    pub currency: Option<&'static str>,
    /// `1` for a single payment.
    pub instalments: &'a str,
    /// Where a success comes back to.
    pub ok_url: &'a str,
    /// Where a failure comes back to.
    pub fail_url: &'a str,
}

/// Param's number of a foreign currency; none for lira.
pub fn foreign_currency(money: &Money) -> Result<Option<&'static str>, Fault> {
    Ok(Some(match money.currency.as_str() {
        "TRY" => return Ok(None),
        "USD" => "1001",
        "EUR" => "1002",
        "GBP" => "1003",
        other => return Err(Fault::Unsupported(format!("Param does not take {other}"))),
    }))
}

/// The operation that charges or reserves without the gate.
pub fn direct_operation(reserve: bool, order: &Order<'_>) -> &'static str {
    match (reserve, order.currency) {
        (true, _) => RESERVE,
        (false, None) => SALE,
        (false, Some(_)) => SALE_FOREIGN,
    }
}

/// Charges or reserves at once.
pub fn direct(settings: &Settings, reserve: bool, order: &Order<'_>, card: &Card) -> Result<Call, Fault> {
    let operation = direct_operation(reserve, order);
    let call = with_card(begun(settings, operation, "NS", order)?.field("Taksit", order.instalments), card);
    let call = match order.currency {
        Some(currency) => {
            call.field("Doviz_Kodu", currency).field("Basarili_URL", order.ok_url).field("Hata_URL", order.fail_url)
        }
        None => call,
    };
    // Addresses that are not sent are not signed.
    let signed = if order.currency.is_some() { *order } else { Order { ok_url: "", fail_url: "", ..*order } };
    Ok(call.field("Islem_Hash", signature(settings, operation, &signed)?))
}

/// Begins a payment through the gate with one of [`SALE`], [`SALE_AT_GATE`], [`SALE_FOREIGN`], [`RESERVE`].
pub fn enrolment(settings: &Settings, operation: &'static str, order: &Order<'_>, card: &Card) -> Result<Call, Fault> {
    let call = begun(settings, operation, "3D", order)?
        .field("Basarili_URL", order.ok_url)
        .field("Hata_URL", order.fail_url)
        .field("Taksit", order.instalments);
    let call = with_card(call, card).optional("Doviz_Kodu", order.currency);
    Ok(call.field("Islem_Hash", signature(settings, operation, order)?))
}

fn begun(settings: &Settings, operation: &'static str, security: &str, order: &Order<'_>) -> Result<Call, Fault> {
    Ok(Call::payment(settings, operation)?
        .field("Islem_Guvenlik_Tip", security)
        .field("Islem_ID", order.transaction)
        .field("IPAdr", order.ip)
        .field("Siparis_ID", order.id)
        .field("Islem_Tutar", order.amount)
        .field("Toplam_Tutar", order.amount))
}

/// The card. The holder's telephone is optional and must be there all the same.
fn with_card(call: Call, card: &Card) -> Call {
    call.field("KK_Sahibi", card.holder().map_or_else(Value::new, Value::from))
        .field("KK_No", card.pan())
        .field("KK_SK_Ay", card.expiry(ExpiryForm::Mm))
        .field("KK_SK_Yil", card.expiry(ExpiryForm::Yyyy))
        .field("KK_CVC", card.security_code().map_or_else(Value::new, Value::from))
        .field("KK_Sahibi_GSM", "")
}

/// What an operation signs of its order: the instalments in lira, the addresses where it has them to itself.
pub fn signature(settings: &Settings, operation: &str, order: &Order<'_>) -> Result<vezne_plugin::Sealed, Fault> {
    let Order { instalments, amount, id, fail_url, ok_url, .. } = *order;
    match operation {
        SALE_AT_GATE => hash::request(settings, [instalments, amount, amount, id, fail_url, ok_url]),
        SALE_FOREIGN | RESERVE => hash::request(settings, [amount, amount, id, fail_url, ok_url]),
        _ => hash::request(settings, [instalments, amount, amount, id]),
    }
}

/// Charges what the gate authenticated. Amount and card are Param's own record of the beginning.
pub fn completion(settings: &Settings, md: &str, guid: &str, order_id: &str) -> Result<Call, Fault> {
    Ok(Call::payment(settings, COMPLETE)?.field("UCD_MD", md).field("Islem_GUID", guid).field("Siparis_ID", order_id))
}

/// Takes a reservation.
pub fn capture(settings: &Settings, order_id: &str, amount: &str) -> Result<Call, Fault> {
    Ok(Call::payment(settings, CAPTURE)?.field("Prov_ID", "").field("Prov_Tutar", amount).field("Siparis_ID", order_id))
}

/// Voids a reservation.
pub fn void_reservation(settings: &Settings, order_id: &str) -> Result<Call, Fault> {
    Ok(Call::payment(settings, VOID_RESERVATION)?.field("Prov_ID", "").field("Siparis_ID", order_id))
}

/// Voids a sale (`IPTAL`, with its whole amount) or gives back (`IADE`). Here amounts have a point.
pub fn reversal(settings: &Settings, refund: bool, order_id: &str, amount: &Money) -> Result<Call, Fault> {
    Ok(Call::payment(settings, REVERSE)?
        .field("Durum", if refund { "IADE" } else { "IPTAL" })
        .field("Siparis_ID", order_id)
        .field("Tutar", amount::decimal(amount)?))
}

/// What became of an order?
pub fn status(settings: &Settings, order_id: &str) -> Result<Call, Fault> {
    Ok(Call::payment(settings, STATUS)?.field("Siparis_ID", order_id))
}

/// What became of a payment on the hosted page? Its order number is Param's own, only `Islem_ID` is ours.
pub fn status_by_transaction(settings: &Settings, transaction: &str) -> Result<Call, Fault> {
    Ok(Call::payment(settings, STATUS)?.field("Dekont_ID", "").field("Siparis_ID", "").field("Islem_ID", transaction))
}

/// Everything between two instants (`20.11.2018 15:00:00`), at most seven days apart, perhaps only of one
/// result (`Başarılı`) or kind (`Satış`, `İptal`, `İade`).
pub fn history(
    settings: &Settings,
    from: &str,
    to: &str,
    result: Option<&str>,
    kind: Option<&str>,
) -> Result<Call, Fault> {
    Ok(Call::payment(settings, HISTORY)?
        .field("Tarih_Bas", from)
        .field("Tarih_Bit", to)
        .optional("Islem_Durum", result)
        .optional("Islem_Tip", kind))
}

/// Begins a payment on the hosted page. `r|` makes a field one that the payer cannot change.
pub fn hosted(settings: &Settings, order: &Order<'_>) -> Result<Call, Fault> {
    Ok(Call::hosted(settings, HOSTED)?
        .field("Borclu_Tutar", format!("r|{}", order.amount))
        .field("Borclu_Odeme_Tip", "r|Diğer")
        .field("Borclu_AdSoyad", "r|")
        .field("Borclu_Aciklama", "r|")
        .field("Return_URL", format!("r|{}", order.ok_url))
        .field("Islem_ID", order.transaction)
        .field("Borclu_Kisi_TC", "")
        .field("Terminal_ID", &settings.client_code)
        .field("Borclu_GSM", "r|")
        .field("Taksit", order.instalments)
        .optional("Doviz_Kodu", order.currency))
}

//! The bank's transaction codes (`txnCode`).

/// Charges at once.
pub const SALE: &str = "1000";
/// Gives back.
pub const REFUND: &str = "1002";
/// Voids what has not been settled.
pub const VOID: &str = "1003";
/// Reserves.
pub const AUTHORIZE: &str = "1004";
/// Takes a reservation.
pub const CAPTURE: &str = "1005";
/// The transactions of a day. The bank's list has the number; the request itself carries none.
pub const REPORT: &str = "1009";
/// Every transaction of an order: the only way to ask what became of one.
pub const HISTORY: &str = "1010";
/// Cancels charges of a repeated order that have not been made yet.
pub const CANCEL_PLANNED: &str = "1013";
/// A sale at the gate.
pub const GATE_SALE: &str = "3000";
/// A reservation at the gate.
pub const GATE_AUTHORIZE: &str = "3004";

/// For the API.
pub fn charge(reserve: bool) -> &'static str {
    if reserve { AUTHORIZE } else { SALE }
}

/// For the gate.
pub fn gate(reserve: bool) -> &'static str {
    if reserve { GATE_AUTHORIZE } else { GATE_SALE }
}

/// Whether a transaction charges or reserves, or takes what was reserved.
pub fn is_charge(code: &str) -> bool {
    matches!(code, SALE | AUTHORIZE | CAPTURE)
}

//! `checkstatus`, and the staff who work off refunds.

use serde_json::{Value, json};

use crate::bank::Bank;
use crate::book::{Entry, Kind};
use crate::desk::State;
use crate::store::Store;

use super::answer::{bank_code, decimal, number, transaction_type};
use super::operation::desk;
use super::session::{Gate, Queued};

/// The merchant must complete within this time.
const COMPLETE_MS: i64 = 15 * 60_000;

/// Makes the refunds that the staff have looked at by now.
pub fn work_off(bank: &Bank) {
    let now = bank.clock().now_ms();
    let due: Vec<Queued> = {
        let mut gate = bank.memory::<Gate>();
        let (due, left) = gate.queue.drain(..).partition(|queued| queued.due_ms <= now);
        gate.queue = left;
        due
    };
    for queued in due {
        if let Some(store) = bank.store(&queued.store) {
            desk(bank, store).refund(&queued.order, Some(queued.amount), None);
        }
    }
}

fn nothing(order: &str) -> Value {
    json!({
        "status_code": 32, "transaction_status": "Failed", "order_id": "", "transaction_id": "",
        "message": "Invalid invoice id", "reason": "No Request found for this invoice id", "bank_status_code": "",
        "bank_status_description": "", "invoice_id": order, "total_refunded_amount": 0, "product_price": 0,
        "transaction_amount": 0, "ref_number": "",
    })
}

/// The line kept of an order. Who does not ask for pending orders is told that they failed.
pub fn line(bank: &Bank, store: &Store, order: &str, pending_too: bool) -> Value {
    work_off(bank);
    let charge = |e: &&Entry| matches!(e.kind, Kind::Auth | Kind::PreAuth) && (e.approved || e.issuer_code.is_some());
    let desk = desk(bank, store);
    let view = desk.order(order);
    let asked = view.as_ref().and_then(|v| v.entries.iter().find(charge));
    let (Some(view), Some(charge)) = (&view, asked) else {
        return at_gate(bank, store, order, pending_too);
    };
    let reversing = desk.standing(order).is_some_and(|s| s.state == State::Reversing);
    let (code, word) = match view.state {
        "declined" if reversing && pending_too => (69, "Pending"),
        "declined" => (41, "Failed"),
        "voided" => (100, "Pre-Auth Cancelled"),
        "held" => (100, "Pre-Authorization"),
        "partly_refunded" => (100, "Partial Refund"),
        "refunded" => (100, "Refund"),
        _ => (100, "Completed"),
    };
    let taken = if charge.kind == Kind::PreAuth && view.captured > 0 { view.captured } else { charge.amount };
    json!({
        "status_code": code, "transaction_status": word, "order_id": charge.trans_id,
        "transaction_id": charge.host_ref, "message": "An order has been taken place for this invoice id",
        "reason": "", "bank_status_code": "", "bank_status_description": "", "invoice_id": order,
        "total_refunded_amount": number(view.refunded), "product_price": decimal(charge.amount),
        "transaction_amount": number(taken), "ref_number": charge.host_ref,
        "transaction_type": transaction_type(charge.kind),
        "original_bank_error_code": if reversing { "" } else { bank_code(charge.issuer_code.as_deref().unwrap_or_default()) },
        "original_bank_error_description": "",
    })
}

/// An order of which the book knows nothing: the payer may be at the gate, or the merchant has not completed.
fn at_gate(bank: &Bank, store: &Store, order: &str, pending_too: bool) -> Value {
    let gate = bank.memory::<Gate>();
    let mut line = nothing(order);
    let Some(session) = gate.of_order(&store.id, order) else { return line };
    let late = bank.clock().now_ms() - session.began_ms > COMPLETE_MS;
    let open = session.failed.is_none() && !late;
    let (code, word) = if open && pending_too { (69, "Pending") } else { (41, "Failed") };
    line["status_code"] = json!(code);
    line["transaction_status"] = json!(word);
    line["message"] = json!("");
    line["reason"] = json!("");
    line["order_id"] = json!(session.number);
    line["transaction_amount"] = number(session.visit.ordered.amount);
    line["product_price"] = json!(decimal(session.visit.ordered.amount));
    line["transaction_type"] = json!(transaction_type(session.visit.ordered.kind));
    line
}

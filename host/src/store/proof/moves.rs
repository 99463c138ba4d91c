//! States against the moves that timelines tell.

use std::collections::BTreeMap;

use super::{Page, StoreResult, Tx};
use crate::domain::id::TenantId;
use crate::domain::payment::{
    AttemptEvent, AttemptState, Move, OperationState, PaymentEvent, PaymentState, Stated, Subject, Told, replay,
};
use crate::limits;

/// A row that a table moves.
#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    payment_id: String,
    /// An operation's; empty for others.
    kind: String,
    state: String,
    moved: i64,
}

/// A line of a timeline that tells moves.
#[derive(sqlx::FromRow)]
struct Line {
    payment_id: String,
    attempt_id: Option<String>,
    operation_id: Option<String>,
    kind: String,
    moves: String,
}

/// Everything of a page of payments that is compared.
struct Rows {
    payments: Vec<Row>,
    attempts: Vec<Row>,
    operations: Vec<Row>,
    lines: Vec<Line>,
    /// The newest rows from before moves were told.
    since: BTreeMap<String, String>,
}

/// Moves by whose they are: the kind and the id.
type Moves = BTreeMap<(Subject, String), Vec<Told>>;

/// Payments, attempts and operations whose state does not follow from the moves that their payment's timeline tells.
pub(super) async fn states(tx: &mut Tx, tenant: TenantId, after: &str) -> StoreResult<Page> {
    let Some(rows) = read(tx, tenant, after).await? else { return Ok(Page::default()) };
    let mut page = Page { next: rows.payments.last().map(|row| row.id.clone()), ..Page::default() };
    let mut moves = told(&rows, &mut page.found);
    for row in &rows.payments {
        derive::<PaymentState>(row, "pay", &rows.since, &mut moves, &mut page);
    }
    for row in &rows.attempts {
        derive::<AttemptState>(row, "att", &rows.since, &mut moves, &mut page);
    }
    for row in &rows.operations {
        derive::<OperationState>(row, "opr", &rows.since, &mut moves, &mut page);
    }
    for (subject, id) in moves.keys() {
        page.found.push(format!("a timeline tells moves of the {subject} {id}, which is not there"));
    }
    linked(&rows, &mut page.found);
    Ok(page)
}

async fn read(tx: &mut Tx, tenant: TenantId, after: &str) -> StoreResult<Option<Rows>> {
    let payments = fetch_all!(
        tx,
        Row,
        "select payment_id as id, payment_id, '' as kind, state, moved from payment
         where tenant_id = $1 and payment_id > $2 order by payment_id limit $3",
        tenant.to_text(),
        after,
        limits::AUDIT_PAGE,
    )?;
    let Some(last) = payments.last().map(|row| row.id.clone()) else { return Ok(None) };
    let attempts = fetch_all!(
        tx,
        Row,
        "select attempt_id as id, payment_id, '' as kind, state, moved from attempt
         where tenant_id = $1 and payment_id > $2 and payment_id <= $3 order by payment_id, attempt_id",
        tenant.to_text(),
        after,
        last.as_str(),
    )?;
    let operations = fetch_all!(
        tx,
        Row,
        "select operation_id as id, payment_id, kind, state, moved from operation
         where tenant_id = $1 and payment_id > $2 and payment_id <= $3 order by payment_id, operation_id",
        tenant.to_text(),
        after,
        last.as_str(),
    )?;
    let lines = fetch_all!(
        tx,
        Line,
        "select payment_id, attempt_id, operation_id, kind, moves from payment_event
         where tenant_id = $1 and payment_id > $2 and payment_id <= $3 and moves is not null
         order by payment_id, event_id",
        tenant.to_text(),
        after,
        last.as_str(),
    )?;
    let since = fetch_all!(
        tx,
        (String, String),
        "select subject, last_id from move_since where tenant_id = $1",
        tenant.to_text(),
    )?;
    Ok(Some(Rows { payments, attempts, operations, lines, since: since.into_iter().collect() }))
}

/// The moves of every line, and whether those of one line belong together and to the row that they name.
fn told(rows: &Rows, found: &mut Vec<String>) -> Moves {
    let kinds: BTreeMap<&str, &str> = rows.operations.iter().map(|row| (row.id.as_str(), row.kind.as_str())).collect();
    let mut moves = Moves::new();
    for line in &rows.lines {
        let Ok(of_line) = serde_json::from_str::<Vec<Told>>(&line.moves) else {
            found.push(format!("a line of pay_{} tells moves that cannot be read", line.payment_id));
            continue;
        };
        if let Some(alone) = alone(&of_line) {
            found.push(format!("a line of pay_{} tells {alone}", line.payment_id));
        }
        for told in of_line {
            // What was done is told by the line as well.
            if let (Subject::Operation, Some(id)) = (told.0, &line.operation_id)
                && let Some(kind) = kinds.get(id.as_str())
                && line.kind != format!("{kind}.{}", told.to())
            {
                found.push(format!("operation opr_{id} is a {kind}, and its line tells {}", line.kind));
            }
            let id = match told.0 {
                Subject::Payment => Some(&line.payment_id),
                Subject::Attempt => line.attempt_id.as_ref(),
                Subject::Operation => line.operation_id.as_ref(),
            };
            match id {
                Some(id) => moves.entry((told.0, id.clone())).or_default().push(told),
                None => found.push(format!("a line of pay_{} moves an unnamed {}", line.payment_id, told.0)),
            }
        }
    }
    moves
}

/// A move that cannot have been alone in its commit: a payment that its attempt moved without it, an attempt that an
/// operation moved without it.
fn alone(of_line: &[Told]) -> Option<String> {
    let of = |subject| of_line.iter().find(|told| told.0 == subject);
    if let Some(payment) = of(Subject::Payment)
        && let Ok(event) = payment.event().parse::<PaymentEvent>()
        && !matches!(event, PaymentEvent::AttemptStarted | PaymentEvent::Canceled | PaymentEvent::Lapsed)
    {
        let attempt = of(Subject::Attempt).and_then(|told| told.to().parse::<AttemptState>().ok());
        if attempt.map(AttemptState::seen_by_payment) != Some(event) {
            return Some(format!("that {event} moved the payment, and of no attempt that was"));
        }
    }
    if let Some(attempt) = of(Subject::Attempt)
        && let Ok(AttemptEvent::Captured | AttemptEvent::Voided | AttemptEvent::RefundedFully) = attempt.event().parse()
    {
        let done = of(Subject::Operation).is_some_and(|told| told.to() == OperationState::Succeeded.as_str());
        if !done {
            return Some(format!(
                "that an operation moved the attempt ({}), and of none that succeeded",
                attempt.event()
            ));
        }
    }
    None
}

/// Derives one row's state and compares it.
fn derive<S: Stated>(row: &Row, prefix: &str, since: &BTreeMap<String, String>, moves: &mut Moves, page: &mut Page) {
    let told = moves.remove(&(S::SUBJECT, row.id.clone())).unwrap_or_default();
    let replayed = replay::<S>(&row.state, row.moved, &told.iter().collect::<Vec<_>>());
    let old = since.get(S::SUBJECT.as_str()).is_some_and(|last| row.id <= *last);
    if replayed.whole {
        page.derived += 1;
    } else if old {
        page.untold += 1;
    } else if replayed.faults.is_empty() {
        page.found.push(format!("{} {prefix}_{}: no line tells its beginning", S::SUBJECT, row.id));
    }
    let named = |fault| format!("{} {prefix}_{} of pay_{}: {fault}", S::SUBJECT, row.id, row.payment_id);
    page.found.extend(replayed.faults.iter().map(named));
}

/// Payments whose state does not follow from their newest attempt, by the state table itself.
fn linked(rows: &Rows, found: &mut Vec<String>) {
    // Attempts come oldest first: the newest one stays.
    let newest: BTreeMap<&str, &str> =
        rows.attempts.iter().map(|row| (row.payment_id.as_str(), row.state.as_str())).collect();
    for row in &rows.payments {
        let Some(attempt) = newest.get(row.id.as_str()) else {
            if !matches!(row.state.as_str(), "requires_confirmation" | "canceled" | "expired") {
                found.push(format!("payment pay_{} is {} and has no attempt", row.id, row.state));
            }
            continue;
        };
        let follows = match (row.state.parse::<PaymentState>(), attempt.parse::<AttemptState>()) {
            (Ok(payment), Ok(attempt)) => matches!(payment.next(attempt.seen_by_payment()), Ok(Move::Stay)),
            _ => false,
        };
        if !follows {
            found.push(format!("payment pay_{} is {} while its attempt is {attempt}", row.id, row.state));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_of_one_commit_belong_together() {
        use AttemptState as A;
        let attempt = Told::of(2, A::Sending, AttemptEvent::Approved, A::Captured);
        let payment = Told::of(2, PaymentState::Processing, PaymentEvent::AttemptCaptured, PaymentState::Succeeded);
        assert_eq!(alone(&[attempt.clone(), payment.clone()]), None);
        assert_eq!(alone(&[Told::made(PaymentState::Processing)]), None);
        assert!(alone(&[payment]).is_some());
        let voided = Told::of(3, A::Captured, AttemptEvent::Voided, A::Voided);
        let done = crate::domain::payment::OperationEvent::Approved;
        let operation = Told::of(2, OperationState::Sending, done, OperationState::Succeeded);
        assert_eq!(alone(&[operation, voided.clone()]), None);
        assert!(alone(&[voided]).is_some());
        assert_eq!(alone(&[attempt]), None, "an attempt may move without its payment");
    }
}

//! The bank's book beside ours as the API says it.

use std::collections::HashMap;

use jiff::civil::Date;
use vezne_api as api;

use super::attempt::refund_id;
use super::instant;
use crate::domain::bank_transaction::{Agreement, BankDifference, BankLine, BankStanding, Comparison, OurStanding};
use crate::domain::payment::OperationKind;
use crate::flow::bank_transaction::{Ours, OursId};
use crate::plugin::HistoryLine;

/// The whole comparison.
pub fn bank_transactions_view(
    day: Option<Date>,
    (lines, theirs): (&[HistoryLine], &[BankLine]),
    ours: &[Ours],
    comparison: &Comparison,
    asked_ms: i64,
) -> api::BankTransactions {
    let orders: HashMap<&str, &Ours> = ours.iter().map(|one| (one.told.order_no.as_str(), one)).collect();
    let agreed = lines.iter().zip(theirs).zip(&comparison.lines);
    let lines: Vec<_> =
        agreed.map(|((line, read), agreement)| line_view(line, read, (ours, &orders), agreement)).collect();
    let missing: Vec<_> = comparison.missing.iter().map(|at| match_view(&ours[*at])).collect();
    let same = lines.iter().all(|line| line.agreement == api::BankAgreement::Matched);
    api::BankTransactions {
        day: day.map(|day| day.to_string()),
        agrees: same && missing.is_empty(),
        lines,
        missing,
        asked_at: instant(asked_ms),
    }
}

fn line_view(
    line: &HistoryLine,
    read: &BankLine,
    (ours, orders): (&[Ours], &HashMap<&str, &Ours>),
    agreement: &Agreement,
) -> api::BankTransaction {
    let (word, known, differences) = match agreement {
        Agreement::Matched(at) => (api::BankAgreement::Matched, ours.get(*at), &[][..]),
        Agreement::Differs(at, differences) => (api::BankAgreement::Differs, ours.get(*at), differences.as_slice()),
        Agreement::UnknownToUs => (api::BankAgreement::UnknownToUs, None, &[][..]),
    };
    let of_order = || line.order_no.as_deref().and_then(|order_no| orders.get(order_no).copied());
    api::BankTransaction {
        operation: read.operation.map(operation_view),
        standing: match read.standing {
            BankStanding::Done => api::BankStanding::Done,
            BankStanding::Voided => api::BankStanding::Voided,
            BankStanding::Failed => api::BankStanding::Failed,
            BankStanding::Pending => api::BankStanding::Pending,
            BankStanding::Unclear => api::BankStanding::Unclear,
        },
        at: line.at_ms.map(instant),
        amount: line.minor,
        currency: line.currency.clone(),
        order_no: line.order_no.clone(),
        bank_reference: line.bank.transaction_id.clone(),
        auth_code: line.bank.auth_code.clone(),
        bank_code: line.raw_code.clone(),
        agreement: word,
        matched: known.map(match_view),
        differences: differences.iter().map(|difference| difference_view(*difference)).collect(),
        payment: known.or_else(of_order).map(|one| one.payment.to_string()),
    }
}

fn match_view(ours: &Ours) -> api::BankMatch {
    let told = &ours.told;
    api::BankMatch {
        id: match (&ours.id, told.operation) {
            (OursId::Attempt(id), _) => id.to_string(),
            (OursId::Operation(id), OperationKind::Void | OperationKind::Refund) => refund_id(*id),
            (OursId::Operation(id), _) => id.to_string(),
        },
        payment: ours.payment.to_string(),
        operation: operation_view(told.operation),
        standing: match told.standing {
            OurStanding::Done => api::OurStanding::Done,
            OurStanding::Voided => api::OurStanding::Voided,
            OurStanding::NotDone => api::OurStanding::NotDone,
            OurStanding::InDoubt => api::OurStanding::InDoubt,
        },
        amount: told.amount.minor,
        currency: told.amount.currency.code().to_owned(),
        order_no: told.order_no.clone(),
        at: instant(told.at_ms),
    }
}

fn operation_view(kind: OperationKind) -> api::OperationKind {
    match kind {
        OperationKind::Capture => api::OperationKind::Capture,
        OperationKind::Void => api::OperationKind::Void,
        OperationKind::Refund => api::OperationKind::Refund,
        OperationKind::Authorize => api::OperationKind::Authorization,
        OperationKind::Inquiry => api::OperationKind::Inquiry,
        OperationKind::Sale | OperationKind::ThreeDSecure => api::OperationKind::Sale,
    }
}

fn difference_view(difference: BankDifference) -> api::BankDifference {
    match difference {
        BankDifference::Amount => api::BankDifference::Amount,
        BankDifference::Currency => api::BankDifference::Currency,
        BankDifference::Standing => api::BankDifference::Standing,
    }
}

//! R12: the whole table, printed and compared with the reviewed copy, and the promises it must keep.

use super::*;
use crate::domain::books::{RefundEvent, RefundState};
use crate::domain::webhook::{DeliveryEvent, DeliveryState, OutboxEventKind, OutboxState};
use std::fmt::Write as _;

fn cell<S: Copy>(answer: Result<Move<S>, IllegalMove>, name: fn(S) -> &'static str) -> String {
    match answer {
        Ok(Move::To(state)) => format!("→ {}", name(state)),
        Ok(Move::Stay) => "stays".to_owned(),
        Err(illegal) => format!("✗ {}", illegal.refusal.as_str()),
    }
}

fn printed() -> String {
    let mut out = String::new();
    let line = |out: &mut String, state: &str, event: &str, answer: &str| {
        writeln!(out, "{state:<16} {event:<24} {answer}").expect("a string takes it");
    };
    out.push_str("# attempt\n");
    for state in AttemptState::ALL {
        for event in AttemptEvent::ALL {
            let answer = cell(state.next(*event), AttemptState::as_str);
            line(&mut out, state.as_str(), event.as_str(), &answer);
        }
    }
    out.push_str("\n# attempt that persons decided, where it differs\n");
    for state in AttemptState::ALL {
        for event in AttemptEvent::ALL {
            let answer = cell(state.next_decided(*event), AttemptState::as_str);
            if answer != cell(state.next(*event), AttemptState::as_str) {
                line(&mut out, state.as_str(), event.as_str(), &answer);
            }
        }
    }
    out.push_str("\n# payment\n");
    for state in PaymentState::ALL {
        for event in PaymentEvent::ALL {
            let answer = cell(state.next(*event), PaymentState::as_str);
            line(&mut out, state.as_str(), event.as_str(), &answer);
        }
    }
    out.push_str("\n# operation\n");
    for state in OperationState::ALL {
        for event in OperationEvent::ALL {
            let answer = cell(state.next(*event), OperationState::as_str);
            line(&mut out, state.as_str(), event.as_str(), &answer);
        }
    }
    out.push_str("\n# refund in the books\n");
    for state in RefundState::ALL {
        for event in RefundEvent::ALL {
            line(&mut out, state.as_str(), event.as_str(), &cell(state.next(*event), RefundState::as_str));
        }
    }
    out.push_str("\n# webhook delivery\n");
    for state in DeliveryState::ALL {
        for event in DeliveryEvent::ALL {
            line(&mut out, state.as_str(), event.as_str(), &cell(state.next(*event), DeliveryState::as_str));
        }
    }
    out.push_str("\n# event in the outbox\n");
    for state in OutboxState::ALL {
        for event in OutboxEventKind::ALL {
            line(&mut out, state.as_str(), event.as_str(), &cell(Ok(state.next(*event)), OutboxState::as_str));
        }
    }
    links(&mut out);
    out
}

/// What a state of one is to the other.
fn links(out: &mut String) {
    out.push_str("\n# link: an attempt's state, seen by its payment\n");
    for state in AttemptState::ALL {
        writeln!(out, "{state:<16} {}", state.seen_by_payment().as_str()).expect("a string takes it");
    }
    out.push_str("\n# link: an operation that was done, seen by its attempt\n");
    for kind in OperationKind::ALL {
        for (all, much) in [(true, "all of it"), (false, "a part")] {
            let event = kind.seen_by_attempt(all).map_or("✗ no operation of its own", AttemptEvent::as_str);
            writeln!(out, "{kind:<16} {much:<24} {event}").expect("a string takes it");
        }
    }
}

#[test]
fn the_table_is_the_reviewed_one() {
    let now = printed();
    if std::env::var_os("VEZNE_BLESS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/domain/payment/table.txt");
        std::fs::write(path, &now).expect("the reviewed table is writable");
        return;
    }
    let reviewed = include_str!("table.txt");
    assert!(now == reviewed, "the state table changed; review it, then VEZNE_BLESS=1 cargo test\n{now}");
}

#[test]
fn money_at_the_bank_is_never_forgotten() {
    for event in AttemptEvent::ALL {
        for state in [AttemptState::Authorized, AttemptState::Captured, AttemptState::Stray] {
            if let Ok(Move::To(next)) = state.next(*event) {
                assert!(
                    next.holds_money()
                        || matches!(next, AttemptState::Voided | AttemptState::Refunded | AttemptState::Expired),
                    "{state} {event} → {next}"
                );
            }
        }
    }
}

#[test]
fn no_attempt_starts_beside_another() {
    for state in [
        PaymentState::Processing,
        PaymentState::RequiresAction,
        PaymentState::Unknown,
        PaymentState::Authorized,
        PaymentState::Succeeded,
        PaymentState::Canceled,
    ] {
        assert!(state.next(PaymentEvent::AttemptStarted).is_err(), "{state}");
    }
}

#[test]
fn what_is_not_confirmed_is_only_begun_given_up_or_left() {
    for event in PaymentEvent::ALL {
        let moved = PaymentState::RequiresConfirmation.next(*event);
        let wanted = match event {
            PaymentEvent::AttemptStarted => Some(PaymentState::Processing),
            PaymentEvent::Canceled => Some(PaymentState::Canceled),
            PaymentEvent::Lapsed => Some(PaymentState::Expired),
            _ => None,
        };
        assert_eq!(moved.ok(), wanted.map(Move::To), "{event}");
        // And nothing ever comes back to it.
        for state in PaymentState::ALL {
            assert_ne!(state.next(*event).ok(), Some(Move::To(PaymentState::RequiresConfirmation)), "{state} {event}");
        }
    }
}

#[test]
fn silence_never_decides() {
    for state in AttemptState::ALL {
        match state.next(AttemptEvent::Silence) {
            Ok(Move::To(AttemptState::Unknown) | Move::Stay) | Err(_) => {}
            // The one page that cannot charge.
            Ok(Move::To(AttemptState::Expired)) => assert_eq!(*state, AttemptState::Browsing),
            Ok(Move::To(other)) => panic!("silence in {state} ends as {other}"),
        }
    }
}

#[test]
fn every_attempt_state_reached_from_a_running_payment_has_an_answer() {
    for attempt in AttemptState::ALL {
        if *attempt != AttemptState::Refunded {
            assert!(PaymentState::Processing.next(attempt.seen_by_payment()).is_ok(), "{attempt}");
        }
    }
}

#[test]
fn names_come_back() {
    for state in AttemptState::ALL {
        assert_eq!(state.as_str().parse::<AttemptState>().as_ref(), Ok(state));
    }
    assert!("paid".parse::<PaymentState>().is_err());
}

#[test]
fn what_persons_decided_no_bank_moves_silently() {
    for state in AttemptState::ALL {
        for event in AttemptEvent::ALL.iter().filter(|event| event.is_banks_word()) {
            assert!(!matches!(state.next_decided(*event), Ok(Move::To(_))), "{state} {event}");
        }
    }
}

#[test]
fn a_person_decides_only_what_is_in_doubt() {
    for event in [AttemptEvent::DecidedPaid, AttemptEvent::DecidedAuthorized, AttemptEvent::DecidedUnpaid] {
        for state in AttemptState::ALL {
            assert_eq!(state.next(event).is_ok(), *state == AttemptState::Unknown, "{state} {event}");
        }
    }
    for event in [OperationEvent::DecidedDone, OperationEvent::DecidedNotDone] {
        for state in OperationState::ALL {
            assert_eq!(state.next(event).is_ok(), *state == OperationState::Unknown, "{state} {event}");
        }
    }
}

//! When an endpoint is told what, and when again.

use std::time::Duration;

use crate::domain::named::named;
use crate::domain::payment::{IllegalMove, Move, Refusal};

named! {
    /// Whether an endpoint is told anything.
    pub enum EndpointState {
        /// It is told.
        Active = "active",
        /// It is not: a person or its own answers ended that.
        Disabled = "disabled",
        /// Taken away; kept for the delivery log.
        Deleted = "deleted",
    }
}

named! {
    /// Where an event stands on its way to an endpoint.
    pub enum DeliveryState {
        /// Not taken yet; tried by the schedule.
        Pending = "pending",
        /// The endpoint took it.
        Delivered = "delivered",
        /// Given up; a person may send it again.
        Failed = "failed",
    }
}

named! {
    /// What can happen to an event on its way to an endpoint.
    pub enum DeliveryEvent {
        /// It was taken (2xx).
        Taken = "taken",
        /// It was not, and there is another try.
        Refused = "refused",
        /// It was not, and there is none.
        GivenUp = "given_up",
        /// The endpoint is taken away.
        Dropped = "dropped",
        /// A person begins it anew.
        Resent = "resent",
    }
}

impl DeliveryState {
    /// The table of deliveries.
    pub fn next(self, event: DeliveryEvent) -> Result<Move<Self>, IllegalMove> {
        use DeliveryEvent as E;
        use DeliveryState as S;
        let answer = match self {
            S::Pending => match event {
                E::Taken => Ok(Move::To(S::Delivered)),
                // Its schedule and its tries begin again, or go on; it is where it was.
                E::Refused | E::Resent => Ok(Move::Stay),
                E::GivenUp | E::Dropped => Ok(Move::To(S::Failed)),
            },
            S::Delivered => match event {
                // At least once: the second answer of a try whose lease ran out.
                E::Taken | E::Dropped => Ok(Move::Stay),
                E::Refused | E::GivenUp => Err(Refusal::TooLate),
                E::Resent => Ok(Move::To(S::Pending)),
            },
            S::Failed => match event {
                E::GivenUp | E::Dropped => Ok(Move::Stay),
                E::Taken | E::Refused => Err(Refusal::TooLate),
                E::Resent => Ok(Move::To(S::Pending)),
            },
        };
        answer.map_err(|refusal| IllegalMove { from: self.as_str(), event: event.as_str(), refusal })
    }
}

named! {
    /// Where an event stands in the outbox.
    pub enum OutboxState {
        /// Written with what made it true.
        Waiting = "waiting",
        /// Every endpoint that asked for it has a delivery of its own.
        HandedOut = "handed_out",
    }
}

named! {
    /// What can happen to an event in the outbox.
    pub enum OutboxEventKind {
        /// It is handed out.
        HandedOut = "handed_out",
    }
}

impl OutboxState {
    /// The table of the outbox: there is no way back, a replay makes deliveries and leaves the event alone.
    pub fn next(self, event: OutboxEventKind) -> Move<Self> {
        match (self, event) {
            (Self::Waiting, OutboxEventKind::HandedOut) => Move::To(Self::HandedOut),
            (Self::HandedOut, OutboxEventKind::HandedOut) => Move::Stay,
        }
    }
}

/// The type of an event that a person asks for to try an endpoint. It is tried once.
pub const TEST_TYPE: &str = "webhook.test";

/// The pauses between tries; the first try is at once.
pub const RETRY_SCHEDULE: &[Duration] = &[
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];

/// The longest pause that a receiver may ask for.
pub const RETRY_AFTER_MAX: Duration = Duration::from_hours(24);

/// How long to wait after so many tries; nothing after the last one. Up to a tenth is added, by chance, so that
/// what failed together does not come back together.
pub fn pause_after(tries: i64, chance: u8, asked: Option<Duration>) -> Option<Duration> {
    let step = usize::try_from(tries.checked_sub(1)?).ok()?;
    let pause = *RETRY_SCHEDULE.get(step)?;
    let jitter = pause / 10 * u32::from(chance) / u32::from(u8::MAX);
    let asked = asked.unwrap_or_default().min(RETRY_AFTER_MAX);
    Some((pause + jitter).max(asked))
}

/// What an answer's status says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// 2xx: it was taken.
    Taken,
    /// 410: the endpoint wants nothing any more.
    Gone,
    /// Anything else, redirects too: once more later.
    Refused,
}

/// Reads a status.
pub fn heard(status: u16) -> Heard {
    match status {
        200..=299 => Heard::Taken,
        410 => Heard::Gone,
        _ => Heard::Refused,
    }
}

/// How long a `Retry-After` header asks to wait: seconds, or a date.
pub fn retry_after(value: &str, now_ms: i64) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
    u64::try_from(at.as_millisecond() - now_ms).ok().map(Duration::from_millis)
}

/// The filter as it is stored: `*`, or the types with a blank before and after each.
pub fn filter_text(types: &[String]) -> String {
    if types.is_empty() { "*".to_owned() } else { format!(" {} ", types.join(" ")) }
}

/// The filter as it is shown; none where it lets everything through.
pub fn filter_types(text: &str) -> Vec<String> {
    text.split(' ').filter(|word| !word.is_empty() && *word != "*").map(str::to_owned).collect()
}

/// Whether an endpoint with this filter hears of this type.
pub fn filter_passes(text: &str, kind: &str) -> bool {
    text == "*" || text.split(' ').any(|word| word == kind)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_schedule_takes_three_days_and_ends() {
        let whole: Duration = (1..=9).filter_map(|tries| pause_after(tries, 0, None)).sum();
        assert_eq!(whole, Duration::from_secs(5) + Duration::from_mins(35) + Duration::from_hours(75));
        assert_eq!(pause_after(10, 0, None), None);
        assert_eq!(pause_after(10, 0, Some(Duration::from_secs(9))), None);
    }

    proptest! {
        #[test]
        fn chance_never_shortens_a_pause_and_adds_a_tenth_at_most(tries in 1_i64..=9, chance: u8) {
            let plain = pause_after(tries, 0, None).unwrap();
            let pause = pause_after(tries, chance, None).unwrap();
            prop_assert!(pause >= plain && pause <= plain + plain / 10);
        }
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_pause_but_not_for_ever() {
        assert_eq!(pause_after(1, 0, Some(Duration::from_mins(1))), Some(Duration::from_mins(1)));
        assert_eq!(pause_after(2, 0, Some(Duration::from_secs(1))), Some(Duration::from_mins(5)));
        assert_eq!(pause_after(1, 0, Some(Duration::from_hours(900))), Some(RETRY_AFTER_MAX));
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let now_ms = 1_445_412_480_000; // Wed, 21 Oct 2015 07:28:00 GMT
        assert_eq!(retry_after(" 120 ", now_ms), Some(Duration::from_mins(2)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:29:00 GMT", now_ms), Some(Duration::from_mins(1)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:27:00 GMT", now_ms), None);
        for nonsense in ["", "-1", "soon", "1.5"] {
            assert_eq!(retry_after(nonsense, now_ms), None, "{nonsense}");
        }
    }

    #[test]
    fn redirects_are_failures() {
        assert_eq!(heard(204), Heard::Taken);
        assert_eq!(heard(410), Heard::Gone);
        for status in [100, 301, 302, 307, 400, 404, 429, 500, 503] {
            assert_eq!(heard(status), Heard::Refused, "{status}");
        }
    }

    #[test]
    fn a_filter_survives_and_passes_whole_words_only() {
        let types = vec!["payment.succeeded".to_owned(), "refund.failed".to_owned()];
        let text = filter_text(&types);
        assert_eq!(filter_types(&text), types);
        assert!(filter_passes(&text, "refund.failed") && !filter_passes(&text, "refund"));
        assert!(filter_passes(&filter_text(&[]), "payment.unknown") && filter_types("*").is_empty());
    }
}

//! What the network and the other side make of a request.

use vezne::plugin::{Phase, Response, TransportFailure};
use vezne_sandbox::FaultKind;

use super::board::{Asked, Reply};
use super::chance::Chance;
use super::kit::BANK_DEADLINE_MS;

/// What becomes of a request to the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Answered.
    Fine,
    /// Nobody opens.
    Refused,
    /// The connection breaks before the bank has read it.
    LostBefore,
    /// The bank does it, and its answer breaks off.
    LostAfter,
    /// The bank does it and answers after the deadline.
    AnsweredLate,
    /// The network keeps it for minutes, then the bank does it.
    ArrivesLate,
    /// The bank's gateway sends it on twice and answers with the first answer.
    TwiceFirst,
    /// The same, with the second answer.
    TwiceSecond,
    /// The bank does it and a gateway answers with something else.
    Spoiled(Spoil),
    /// The bank does it and says something untrue.
    Lie(FaultKind),
}

/// What an answer is turned into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoil {
    /// An error page.
    Page,
    /// Half of it.
    Half,
    /// Nothing.
    Empty,
}

/// Longer than any wait for an answer, shorter than the time after which a bank's "no such order" is final.
const LATEST_ARRIVAL_MS: i64 = 8 * 60_000;

impl Fate {
    pub fn drawn(chance: &mut Chance) -> Self {
        chance.weighted(&[
            (62, Self::Fine),
            (4, Self::Refused),
            (5, Self::LostBefore),
            (6, Self::LostAfter),
            (5, Self::AnsweredLate),
            (5, Self::ArrivesLate),
            (2, Self::TwiceFirst),
            (2, Self::TwiceSecond),
            (2, Self::Spoiled(Spoil::Page)),
            (2, Self::Spoiled(Spoil::Half)),
            (1, Self::Spoiled(Spoil::Empty)),
            (2, Self::Lie(FaultKind::WrongOrder)),
            (2, Self::Lie(FaultKind::WrongAmount)),
        ])
    }

    /// A charge under one order number is taken once, however often it is sent. A void or refund that the bank's own
    /// gateway repeats has no such number: what the bank makes of that is beyond what a merchant can undo.
    pub fn for_act(self, act: Option<&str>) -> Self {
        match (self, act) {
            (Self::TwiceFirst | Self::TwiceSecond, Some("Void" | "Credit" | "PostAuth")) => Self::Fine,
            (fate, _) => fate,
        }
    }

    /// After how long it reaches the bank, if ever.
    pub fn arrives_ms(self, chance: &mut Chance) -> Option<i64> {
        match self {
            Self::Refused | Self::LostBefore => None,
            Self::ArrivesLate => Some(chance.between(BANK_DEADLINE_MS, LATEST_ARRIVAL_MS)),
            _ => Some(chance.between(5, 400)),
        }
    }

    /// Why the host hears nothing at all before its deadline, where the wire itself says so.
    pub fn broken(self) -> Option<TransportFailure> {
        match self {
            Self::Refused => Some(failure(Phase::Connecting, false)),
            Self::LostBefore => Some(failure(Phase::AwaitingResponse, false)),
            _ => None,
        }
    }

    /// What the host hears of the bank's answer; nothing where it comes too late.
    pub fn heard(self, answer: Response) -> Option<Reply> {
        match self {
            Self::AnsweredLate | Self::ArrivesLate | Self::Refused | Self::LostBefore => None,
            Self::LostAfter => Some(Err(failure(Phase::ReadingResponse, false))),
            Self::Spoiled(Spoil::Page) => {
                let body = b"<html><body>502 Bad Gateway</body></html>".to_vec();
                Some(Ok(Response { status: 502, headers: Vec::new(), body, truncated: false }))
            }
            Self::Spoiled(Spoil::Half) => {
                let half = answer.body.len() / 2;
                Some(Ok(Response { body: answer.body[..half].to_vec(), ..answer }))
            }
            Self::Spoiled(Spoil::Empty) => Some(Ok(Response { body: Vec::new(), ..answer })),
            Self::Fine | Self::TwiceFirst | Self::TwiceSecond | Self::Lie(_) => Some(Ok(answer)),
        }
    }
}

/// The host waited long enough.
pub fn too_late() -> Reply {
    Err(failure(Phase::AwaitingResponse, true))
}

fn failure(phase: Phase, timed_out: bool) -> TransportFailure {
    TransportFailure { phase, timed_out, detail: "the world willed it".to_owned() }
}

/// What the receiver of a webhook does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// Takes it and says so.
    Taken,
    /// Takes it, and its answer is lost.
    TakenSilently,
    /// Refuses it.
    Refused,
    /// Is not there.
    Absent,
}

impl Received {
    pub fn drawn(chance: &mut Chance) -> Self {
        chance.weighted(&[(80, Self::Taken), (8, Self::TakenSilently), (7, Self::Refused), (5, Self::Absent)])
    }

    pub fn reply(self) -> Reply {
        let status = |status| Response { status, headers: Vec::new(), body: Vec::new(), truncated: false };
        match self {
            Self::Taken => Ok(status(204)),
            Self::TakenSilently => Err(failure(Phase::AwaitingResponse, true)),
            Self::Refused => Ok(status(500)),
            Self::Absent => Err(failure(Phase::Connecting, false)),
        }
    }
}

/// The text of an element of the request, which is XML or a form around it.
pub fn element<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    body.split(&format!("<{name}>")).nth(1).and_then(|rest| rest.split("</").next())
}

impl Asked {
    /// The request's XML.
    pub fn xml(&self) -> String {
        let body = String::from_utf8_lossy(&self.body);
        if !body.starts_with("DATA=") {
            return body.into_owned();
        }
        form_urlencoded::parse(&self.body).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_read_through_its_form() {
        let asked = |body: &str| Asked { to_bank: true, path: String::new(), headers: Vec::new(), body: body.into() };
        let form = asked("DATA=%3CCC5Request%3E%3COrderId%3EA1%3C/OrderId%3E%3C/CC5Request%3E").xml();
        assert_eq!(element(&form, "OrderId"), Some("A1"));
        assert_eq!(element(&asked("<a><Type>Auth</Type></a>").xml(), "Type"), Some("Auth"));
        assert_eq!(element("<a/>", "Type"), None);
    }
}

//! Faults an operator or a test may order: the next N matching requests misbehave.

use serde::{Deserialize, Serialize};

use crate::issuer::{Conduct, IssuedCard};

/// Which request a fault concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Sale by API, 3-D provision included.
    Auth,
    /// Pre-authorization.
    PreAuth,
    /// Capture.
    PostAuth,
    /// Void.
    Void,
    /// Refund.
    Credit,
    /// Inquiry about one order.
    Status,
    /// The history of one order.
    History,
    /// Everything of a day or a span of days.
    Report,
    /// Points on a card.
    Points,
    /// The server-to-server call that opens a 3-D session or a payment page, where the family has one.
    Open,
    /// The server-to-server call that reads a 3-D result, where the family has one.
    Resolve,
    /// The 3-D gate page.
    Gate,
    /// What the gate sends back to the merchant.
    Callback,
}

impl Op {
    fn is_money(self) -> bool {
        matches!(self, Self::Auth | Self::PreAuth | Self::PostAuth | Self::Void | Self::Credit)
    }
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Works, but `ms` later.
    Delay,
    /// Holds `ms`, then drops the connection; nothing is booked.
    SilenceBefore,
    /// Books, holds `ms`, then drops the connection.
    SilenceAfter,
    /// States another amount (inquiry answers and callbacks).
    WrongAmount,
    /// States another order number.
    WrongOrder,
    /// States another currency (callbacks).
    WrongCurrency,
    /// Signs the callback wrongly.
    WrongHash,
    /// Answers an HTML page with HTTP `status` (200 unless told).
    Html,
    /// Answers bytes that are neither XML nor JSON nor a form.
    Garbage,
    /// Breaks off in the middle of the answer.
    Truncated,
    /// Posts the callback from the bank's server as well, before the browser does.
    DuplicateCallback,
    /// The browser never returns to the merchant.
    ClosedWindow,
    /// The bank's server does not call the merchant's server.
    NoServerCallback,
    /// Inquiries are not answered.
    InquiryDown,
}

impl FaultKind {
    /// Every kind.
    pub const ALL: [Self; 14] = [
        Self::Delay,
        Self::SilenceBefore,
        Self::SilenceAfter,
        Self::WrongAmount,
        Self::WrongOrder,
        Self::WrongCurrency,
        Self::WrongHash,
        Self::Html,
        Self::Garbage,
        Self::Truncated,
        Self::DuplicateCallback,
        Self::ClosedWindow,
        Self::NoServerCallback,
        Self::InquiryDown,
    ];
}

/// One ordered fault.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// Only for this request; otherwise the usual ones of the kind.
    #[serde(default)]
    pub on: Option<Op>,
    /// Only for this order number.
    #[serde(default)]
    pub order: Option<String>,
    /// Only for this amount, minor units.
    #[serde(default)]
    pub amount: Option<i64>,
    /// How many requests; until cleared if absent.
    #[serde(default)]
    pub count: Option<u32>,
    /// Delay or hold, milliseconds.
    #[serde(default)]
    pub ms: u64,
    /// HTTP status of an HTML page.
    #[serde(default)]
    pub status: Option<u16>,
    /// For `html`, `garbage` and `truncated`: is the request booked first? Yes unless told.
    #[serde(default = "yes")]
    pub booked: bool,
}

fn yes() -> bool {
    true
}

impl Fault {
    /// The next matching request goes wrong in this way.
    pub fn once(kind: FaultKind) -> Self {
        Self { kind, on: None, order: None, amount: None, count: Some(1), ms: 0, status: None, booked: true }
    }

    /// Every matching request, until cleared.
    pub fn always(kind: FaultKind) -> Self {
        Self { count: None, ..Self::once(kind) }
    }

    /// Only requests of this kind.
    pub fn on(self, op: Op) -> Self {
        Self { on: Some(op), ..self }
    }

    /// Nothing is booked before the wrong answer.
    pub fn unbooked(self) -> Self {
        Self { booked: false, ..self }
    }

    /// Delay or hold.
    pub fn ms(self, ms: u64) -> Self {
        Self { ms, ..self }
    }

    fn concerns(&self, op: Op, order: &str, amount: Option<i64>) -> bool {
        use FaultKind as K;
        let usual = match self.kind {
            K::Delay | K::SilenceBefore | K::SilenceAfter | K::Html | K::Garbage | K::Truncated => op.is_money(),
            K::WrongAmount => matches!(op, Op::Status | Op::Callback),
            K::WrongOrder => op.is_money() || matches!(op, Op::Status | Op::Callback),
            K::WrongCurrency | K::WrongHash | K::DuplicateCallback | K::ClosedWindow | K::NoServerCallback => {
                op == Op::Callback
            }
            K::InquiryDown => matches!(op, Op::Status | Op::History | Op::Report),
        };
        self.on.map_or(usual, |on| on == op)
            && self.order.as_deref().is_none_or(|o| o == order)
            && self.amount.is_none_or(|a| Some(a) == amount)
            && self.count != Some(0)
    }
}

/// The ordered faults.
#[derive(Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Orders one.
    pub fn set(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// Withdraws all.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// What is ordered now.
    pub fn list(&self) -> &[Fault] {
        &self.0
    }

    /// The faults this request meets; each is used up by one.
    pub fn meet(&mut self, op: Op, order: &str, amount: Option<i64>) -> Met {
        let mut met = Vec::new();
        for fault in &mut self.0 {
            if fault.concerns(op, order, amount) {
                if let Some(left) = &mut fault.count {
                    *left -= 1;
                }
                met.push(fault.clone());
            }
        }
        self.0.retain(|f| f.count != Some(0));
        Met(met)
    }
}

/// The faults of one request.
#[derive(Clone, Debug, Default)]
pub struct Met(Vec<Fault>);

impl Met {
    /// The fault of this kind, if this request meets one.
    pub fn get(&self, kind: FaultKind) -> Option<&Fault> {
        self.0.iter().find(|f| f.kind == kind)
    }

    /// Does this request meet a fault of this kind?
    pub fn has(&self, kind: FaultKind) -> bool {
        self.get(kind).is_some()
    }

    /// Adds one that the card itself brings.
    pub fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// Adds the silence that some test cards bring to an authorization.
    pub fn add_conduct(&mut self, card: Option<&IssuedCard>) {
        match card.map(|c| c.conduct) {
            Some(Conduct::SilentAfter) => self.add(Fault::once(FaultKind::SilenceAfter)),
            Some(Conduct::SilentBefore) => self.add(Fault::once(FaultKind::SilenceBefore)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_used_up() {
        let mut faults = Faults::default();
        faults.set(Fault { count: Some(2), ..Fault::once(FaultKind::SilenceAfter) });
        assert!(!faults.meet(Op::Status, "o", None).has(FaultKind::SilenceAfter));
        assert!(faults.meet(Op::Auth, "o", None).has(FaultKind::SilenceAfter));
        assert!(faults.meet(Op::Void, "o", None).has(FaultKind::SilenceAfter));
        assert!(!faults.meet(Op::Auth, "o", None).has(FaultKind::SilenceAfter));
        assert!(faults.list().is_empty());
    }

    #[test]
    fn every_kind_is_listed_and_told_of() {
        // A new kind does not compile here until it has its place.
        let place = |kind| match kind {
            FaultKind::Delay => 0,
            FaultKind::SilenceBefore => 1,
            FaultKind::SilenceAfter => 2,
            FaultKind::WrongAmount => 3,
            FaultKind::WrongOrder => 4,
            FaultKind::WrongCurrency => 5,
            FaultKind::WrongHash => 6,
            FaultKind::Html => 7,
            FaultKind::Garbage => 8,
            FaultKind::Truncated => 9,
            FaultKind::DuplicateCallback => 10,
            FaultKind::ClosedWindow => 11,
            FaultKind::NoServerCallback => 12,
            FaultKind::InquiryDown => 13,
        };
        let readme = include_str!("../README.md");
        for (at, kind) in FaultKind::ALL.into_iter().enumerate() {
            assert_eq!(place(kind), at);
            let name = serde_json::to_value(kind).unwrap_or_default();
            assert!(readme.contains(&format!("`{}`", name.as_str().unwrap_or_default())), "README lacks {name}");
        }
    }

    #[test]
    fn a_fault_may_wait_for_its_order_or_amount() {
        let mut faults = Faults::default();
        faults.set(Fault { order: Some("x".into()), ..Fault::once(FaultKind::Html) });
        faults.set(Fault { amount: Some(77), ..Fault::always(FaultKind::Delay) });
        assert!(!faults.meet(Op::Auth, "y", Some(1)).has(FaultKind::Html));
        assert!(faults.meet(Op::Auth, "x", Some(1)).has(FaultKind::Html));
        assert!(faults.meet(Op::Auth, "y", Some(77)).has(FaultKind::Delay));
        assert!(faults.meet(Op::Auth, "z", Some(77)).has(FaultKind::Delay));
    }
}

//! What became of an operation? Judged by the transactions the bank lists for the order; the judgement that
//! ends an unknown outcome.

use serde::{Deserialize, Serialize};
use vezne_plugin::words::{category, operation, order_state};
use vezne_plugin::{BankRef, Context, Outcome, Target, points, step};

use crate::codes;
use crate::number;
use crate::row::{Kind, Reversed, Row, Standing};

/// Key in `bank.extra`: as what the charge stands at the bank, one of [`SALE`], [`AUTH`], [`CAPT`].
pub const STANDS_AS: &str = "stands-as";
/// Charged at once.
pub const SALE: &str = "sale";
/// Reserved.
pub const AUTH: &str = "auth";
/// Reserved and taken.
pub const CAPT: &str = "capt";
/// Gave back; only what a void voids.
pub const RETURN: &str = "return";
/// Key in `known.extra`: what a void voids, one of the words above.
pub const VOIDS: &str = "voids";
/// Key in `known.extra`: the bank's keys of the refunds that were there before ours; with a number behind it
/// where they need more than one entry.
pub const REFUNDS_BEFORE: &str = "refunds-before";

/// How far the bank's clock may be behind ours when a refund is looked for by its time.
const CLOCK_SLACK_MS: i64 = 10 * 60 * 1_000;
/// Keys in one entry: 18 characters each, and the host takes 256.
const KEYS_IN_ENTRY: usize = 12;
/// Entries the host is given at most.
const ENTRIES_MAX: usize = 8;

/// The refunds among rows, as entries of `known.extra`. `None` if there are more than can be noted.
pub fn refunds_noted(rows: &[Row]) -> Option<Vec<(String, String)>> {
    let keys: Vec<&str> = rows.iter().filter(|row| gives_back(row)).filter_map(|row| row.key.as_deref()).collect();
    if keys.len() > KEYS_IN_ENTRY * ENTRIES_MAX || keys.iter().any(|key| key.len() > 20) {
        return None;
    }
    let mut chunks: Vec<String> = keys.chunks(KEYS_IN_ENTRY).map(|keys| keys.join(" ")).collect();
    if chunks.is_empty() {
        chunks.push(String::new());
    }
    let name = |index: usize| if index == 0 { REFUNDS_BEFORE.to_owned() } else { format!("{REFUNDS_BEFORE}-{index}") };
    Some(chunks.into_iter().enumerate().map(|(index, keys)| (name(index), keys)).collect())
}

/// Something noted in a reference.
pub fn noted<'a>(bank: &'a BankRef, key: &str) -> Option<&'a str> {
    bank.extra.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
}

/// What is asked about.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Question {
    /// Our order number.
    pub order: String,
    /// Whether it went through the 3-D gate.
    pub three_d: bool,
    /// One of the contract's operations.
    pub operation: String,
    /// Amount of that operation.
    pub minor: i64,
    /// When it was sent.
    pub sent_at_ms: i64,
    /// Refunds of the order that were there before.
    pub refunds_before: Option<Vec<String>>,
    /// What was voided.
    pub voids: Option<String>,
    /// The bank's key of it.
    pub key: Option<String>,
    /// Points paid a part of the charge: the bank lists that part in a line of its own.
    #[serde(default)]
    pub points: bool,
}

impl Question {
    /// About an operation as the host recorded it.
    pub fn of(ctx: &Context, target: &Target) -> Self {
        let noted_refunds: Vec<&str> = target
            .bank
            .extra
            .iter()
            .filter(|(name, _)| name.starts_with(REFUNDS_BEFORE))
            .flat_map(|(_, keys)| keys.split_whitespace())
            .collect();
        let was_noted = noted(&target.bank, REFUNDS_BEFORE).is_some();
        Self {
            order: step::order_of(ctx, target),
            three_d: is_three_d(target),
            operation: target.operation.clone(),
            minor: target.terms.amount.minor,
            sent_at_ms: i64::try_from(target.sent_at_millis).unwrap_or(i64::MAX),
            refunds_before: was_noted.then(|| noted_refunds.into_iter().map(str::to_owned).collect()),
            voids: noted(&target.bank, VOIDS).map(str::to_owned),
            key: target.bank.transaction_id.clone(),
            points: points::were_used(ctx),
        }
    }

    /// About a charge of our own that the bank says it has done before.
    pub fn about_charge(order: &str, three_d: bool, reserve: bool, minor: i64) -> Self {
        Self {
            order: order.to_owned(),
            three_d,
            operation: operation::of_charge(reserve).to_owned(),
            minor,
            sent_at_ms: 0,
            refunds_before: None,
            voids: None,
            key: None,
            points: false,
        }
    }

    /// The same of a charge of which points pay a part.
    #[must_use]
    pub fn with_points(self, points: bool) -> Self {
        Self { points, ..self }
    }

    /// The order as the bank addresses it.
    pub fn address(&self) -> Result<String, vezne_plugin::Fault> {
        number::address(&self.order, self.three_d)
    }

    /// The answer, if the bank listed these transactions.
    pub fn judge(&self, rows: &[Row]) -> Outcome {
        if !rows.iter().all(|row| row.may_be_of(&self.order)) {
            return step::unknown("the bank lists transactions of another order");
        }
        match self.operation.as_str() {
            operation::REFUND => self.refund(rows),
            operation::VOID => self.void(rows),
            operation::CAPTURE => self.capture(rows),
            operation::AUTHORIZE => self.reservation(rows),
            operation::SALE => self.sale(rows),
            _ if rows.iter().any(|row| row.kind == Kind::Sale) => self.sale(rows),
            _ => self.reservation(rows),
        }
    }

    fn sale(&self, rows: &[Row]) -> Outcome {
        let (sales, reversed) = self.sales(rows);
        let Some(first) = sales.first() else {
            return step::unknown("the bank lists the order without its sale");
        };
        if is_reversed(rows, reversed) {
            return self.voided(&self.whole(first, rows), SALE);
        }
        match (effective(&sales).as_slice(), sales.iter().all(|row| row.standing == Standing::Void)) {
            ([sale], _) => self.found(&self.whole(sale, rows), SALE, None),
            ([], true) => codes::declined(category::NOT_APPROVED, "txnStatus 0", None),
            ([], false) => step::unknown("the bank does not say whether the sale counts"),
            _ => step::unknown("the bank lists several sales of one order"),
        }
    }

    /// The lines of a sale, and how its void shows: one that points paid wholly may have no other line than theirs.
    fn sales<'a>(&self, rows: &'a [Row]) -> (Vec<&'a Row>, Reversed) {
        let sales = of_kind(rows, Kind::Sale);
        if sales.is_empty() && self.points {
            (of_kind(rows, Kind::PointUsage), Reversed::Points)
        } else {
            (sales, Reversed::Sale)
        }
    }

    /// A sale with what points paid of it: the sale's line has the rest, unless it shows the whole.
    fn whole(&self, sale: &Row, rows: &[Row]) -> Row {
        let mut whole = sale.clone();
        if self.points && sale.kind == Kind::Sale && sale.minor != Some(self.minor) {
            let parts = [sale].into_iter().chain(of_kind(rows, Kind::PointUsage));
            whole.minor = sum_of(parts);
        }
        whole
    }

    fn reservation(&self, rows: &[Row]) -> Outcome {
        let reservations = of_kind(rows, Kind::Authorization);
        let Some(first) = reservations.first() else {
            return step::unknown("the bank lists the order without its reservation");
        };
        if let [capture] = effective(&of_kind(rows, Kind::Capture)).as_slice()
            && !may_be_reversed(rows, Reversed::Capture)
        {
            // What was reserved need not be what was taken.
            let bank = capture.bank_ref(&self.order, CAPT);
            return step::approved(bank, first.stated(&self.order), None, Vec::new());
        }
        if is_reversed(rows, Reversed::Authorization) {
            return self.voided(first, AUTH);
        }
        match (effective(&reservations).as_slice(), reservations.iter().all(|row| row.standing == Standing::Void)) {
            ([reservation], _) => self.found(reservation, AUTH, Some(order_state::AUTHORIZED)),
            ([], true) => codes::declined(category::NOT_APPROVED, "txnStatus 0", None),
            ([], false) => step::unknown("the bank does not say whether the reservation counts"),
            _ => step::unknown("the bank lists several reservations of one order"),
        }
    }

    fn capture(&self, rows: &[Row]) -> Outcome {
        let captures = of_kind(rows, Kind::Capture);
        if may_be_reversed(rows, Reversed::Capture) {
            return step::unknown("a capture of the order was voided");
        }
        match (effective(&captures).as_slice(), captures.as_slice()) {
            ([capture], _) => self.found(capture, CAPT, None),
            ([], []) if !of_kind(rows, Kind::Authorization).is_empty() => {
                step::not_processed("the reservation has not been captured")
            }
            ([], failed) if !failed.is_empty() && failed.iter().all(|row| row.standing == Standing::Void) => {
                codes::declined(category::NOT_APPROVED, "txnStatus 0", None)
            }
            _ => step::unknown("the bank does not say clearly whether the order was captured"),
        }
    }

    /// Ours is the refund of this amount that was not there before; without a list of those, the one not
    /// older than our request. Two that fit are nobody's answer.
    fn refund(&self, rows: &[Row]) -> Outcome {
        if self.points {
            return self.refund_of_both(rows);
        }
        let fits = |row: &&Row| row.kind == Kind::Refund && self.is_new(row) && row.minor == Some(self.minor);
        let ours: Vec<&Row> = rows.iter().filter(fits).collect();
        match (effective(&ours).as_slice(), ours.as_slice()) {
            ([refund], _) if !may_be_reversed(rows, Reversed::Refund) => self.found(refund, RETURN, None),
            ([_], _) => step::unknown("a refund of the order was voided"),
            ([_, _, ..], _) => step::unknown("several refunds of this amount could be ours"),
            ([], []) if rows.is_empty() => step::unknown("the bank lists nothing"),
            ([], []) => step::not_processed("the order has no such refund"),
            ([], ours) if ours.iter().all(|row| row.standing == Standing::Void) => {
                codes::declined(category::CANCELED, "txnStatus 0", None)
            }
            _ => step::unknown("the bank does not say whether the refund counts"),
        }
    }

    /// Whether a refund may be ours: not there before, or not older than our request.
    fn is_new(&self, row: &Row) -> bool {
        match (&self.refunds_before, &row.key) {
            (Some(before), Some(key)) => !before.contains(key),
            _ => row.at_ms.is_none_or(|at| at >= self.sent_at_ms.saturating_sub(CLOCK_SLACK_MS)),
        }
    }

    /// A refund in proportion gives back to the card and to its points, in a line each. What is new must be ours, all
    /// of it and nothing else.
    fn refund_of_both(&self, rows: &[Row]) -> Outcome {
        let new: Vec<&Row> = rows.iter().filter(|row| gives_back(row) && self.is_new(row)).collect();
        let one_each = |kind| new.iter().filter(|row| row.kind == kind).count() <= 1;
        let sum = sum_of(new.iter().copied());
        match new.as_slice() {
            [] if rows.is_empty() => step::unknown("the bank lists nothing"),
            [] => step::not_processed("the order has no such refund"),
            _ if new.iter().any(|row| row.standing != Standing::Effective)
                || may_be_reversed(rows, Reversed::Refund) =>
            {
                step::unknown("the bank does not say whether the refund counts")
            }
            [first, ..] if one_each(Kind::Refund) && one_each(Kind::PointReturn) && sum == Some(self.minor) => {
                let money = new.iter().find(|row| row.kind == Kind::Refund).unwrap_or(first);
                self.found(&Row { minor: sum, ..Row::clone(money) }, RETURN, None)
            }
            _ => step::unknown("the refunds of the order are not the one that was asked for"),
        }
    }

    /// A void shows as a reversal, and on what it voided.
    fn void(&self, rows: &[Row]) -> Outcome {
        if self.voids.as_deref() == Some(RETURN) {
            return self.void_of_refund(rows);
        }
        let (kind, reversed) = match self.voids.as_deref() {
            Some(CAPT) => (Kind::Capture, Reversed::Capture),
            Some(AUTH) => (Kind::Authorization, Reversed::Authorization),
            Some(SALE) if self.points && of_kind(rows, Kind::Sale).is_empty() => (Kind::PointUsage, Reversed::Points),
            Some(SALE) => (Kind::Sale, Reversed::Sale),
            _ if of_kind(rows, Kind::Sale).is_empty() => (Kind::Authorization, Reversed::Authorization),
            _ => (Kind::Sale, Reversed::Sale),
        };
        let voided = of_kind(rows, kind);
        if is_reversed(rows, reversed)
            || (!voided.is_empty() && voided.iter().all(|row| row.standing == Standing::Void))
        {
            return step::approved(step::order_ref(&self.order), self.nothing_but_the_order(), None, Vec::new());
        }
        if voided.iter().any(|row| row.standing == Standing::Effective) {
            return step::not_processed("what was to be voided still stands");
        }
        step::unknown("the bank does not show what was to be voided")
    }

    fn void_of_refund(&self, rows: &[Row]) -> Outcome {
        let ours: Vec<&Row> =
            rows.iter().filter(|row| row.kind == Kind::Refund && row.key.is_some() && row.key == self.key).collect();
        match ours.as_slice() {
            [refund] if refund.standing == Standing::Void => {
                step::approved(step::order_ref(&self.order), self.nothing_but_the_order(), None, Vec::new())
            }
            [refund] if refund.standing == Standing::Effective && !may_be_reversed(rows, Reversed::Refund) => {
                step::not_processed("the refund still stands")
            }
            _ => step::unknown("the bank does not say whether the refund was voided"),
        }
    }

    fn found(&self, row: &Row, stands_as: &str, state: Option<&str>) -> Outcome {
        let mut attributes = Vec::new();
        if let Some(state) = state {
            attributes.push((order_state::KEY.to_owned(), state.to_owned()));
        }
        step::approved(row.bank_ref(&self.order, stands_as), row.stated(&self.order), None, attributes)
    }

    /// It had been approved, and does not count any more.
    fn voided(&self, row: &Row, stands_as: &str) -> Outcome {
        self.found(row, stands_as, Some(order_state::VOIDED))
    }

    fn nothing_but_the_order(&self) -> vezne_plugin::Stated {
        vezne_plugin::Stated { order_id: Some(self.order.clone()), ..step::nothing_stated() }
    }
}

/// Whether an order went through the 3-D gate: the bank keeps it under another number then.
pub fn is_three_d(target: &Target) -> bool {
    !matches!(target.model.as_str(), "" | "none")
}

/// What lines come to; nothing where one of them does not say.
fn sum_of<'a>(mut rows: impl Iterator<Item = &'a Row>) -> Option<i64> {
    rows.try_fold(0_i64, |sum, row| sum.checked_add(row.minor?))
}

/// Whether a line gives something back, as money or as points.
fn gives_back(row: &Row) -> bool {
    matches!(row.kind, Kind::Refund | Kind::PointReturn)
}

/// Rows of a kind.
pub fn of_kind(rows: &[Row], kind: Kind) -> Vec<&Row> {
    rows.iter().filter(|row| row.kind == kind).collect()
}

fn effective<'a>(rows: &[&'a Row]) -> Vec<&'a Row> {
    rows.iter().copied().filter(|row| row.standing == Standing::Effective).collect()
}

/// Whether an effective reversal of this stands. A reversal that does not say what it voided means the
/// charge, unless something else could have been meant.
pub fn is_reversed(rows: &[Row], what: Reversed) -> bool {
    reversals(rows, what) > 0
}

/// How many effective reversals of this stand, counted as [`is_reversed`] does.
pub fn reversals(rows: &[Row], what: Reversed) -> usize {
    let only_one_thing = !rows.iter().any(|row| matches!(row.kind, Kind::Refund | Kind::Capture));
    let means_it = |row: &&Row| match row.kind {
        Kind::Reversal(Some(of)) => of == what,
        Kind::Reversal(None) => only_one_thing && matches!(what, Reversed::Sale | Reversed::Authorization),
        _ => false,
    };
    rows.iter().filter(|row| row.standing == Standing::Effective).filter(means_it).count()
}

/// As [`is_reversed`], a reversal that names nothing counting for everything.
fn may_be_reversed(rows: &[Row], what: Reversed) -> bool {
    is_reversed(rows, what) || rows.iter().any(|row| row.is_effective(Kind::Reversal(None)))
}

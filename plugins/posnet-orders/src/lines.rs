//! The bank's book in the contract's words: every transaction of an order. Neither dialect lists those of a day; the XML
//! one tells a day's totals, the JSON one nothing of it.
//!
//! A line is what the bank lists, but for two things that were one request of ours and that the bank lists apart: what
//! points paid of a transaction is added to the rest of it, and the void of a reservation to that of its capture.

use serde::{Deserialize, Serialize};
use vezne_plugin::history::{self, Line, Look, standing};
use vezne_plugin::words::attribute::POINTS_MINOR;
use vezne_plugin::words::operation;
use vezne_plugin::{BankRef, Context, Fault, HttpRequest, Target, points, step};

use crate::number;
use crate::question::{AUTH, of_kind, reversals};
use crate::row::{Found, Kind, Reversed, Row, Standing};

/// Key of a line's attribute: what else a void voided, [`AUTH`].
pub const ALSO_VOIDS: &str = "also-voids";

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Our order number.
    pub listed_order: String,
    /// The whole charge in minor units, where points paid a part of it.
    pub mixed_minor: Option<i64>,
}

impl Asked {
    /// For an order of ours.
    pub fn of(ctx: &Context, target: &Target) -> Self {
        let mixed_minor = points::were_used(ctx).then_some(target.terms.amount.minor);
        Self { listed_order: step::order_of(ctx, target), mixed_minor }
    }

    /// With the request that asks for it.
    pub fn ask(&self, request: HttpRequest) -> Result<Look, Fault> {
        history::ask(request, Some(&self.listed_order), self)
    }

    /// What the bank has of it. Nothing only where the bank says so: an answer that lists nothing is a fault.
    pub fn listed(&self, found: Found) -> Result<Look, Fault> {
        match found {
            Found::Rows(rows) if rows.iter().all(|row| row.may_be_of(&self.listed_order)) => {
                history::listed(self.lines(&rows))
            }
            Found::Rows(_) => history::unclear("the bank lists transactions of another order"),
            Found::Nothing => history::listed(Vec::new()),
            Found::Unclear(why) => history::unclear(why),
        }
    }

    fn lines(&self, rows: &[Row]) -> Vec<Line> {
        let mut lines: Vec<Line> = rows.iter().map(|row| self.line(row, rows)).collect();
        let mut told_elsewhere = Vec::new();
        if let Some(whole) = self.mixed_minor {
            for (at, part) in rows.iter().enumerate() {
                if let Some(money) = money_of(part, rows) {
                    add_points(&mut lines[money], part.minor, whole);
                    told_elsewhere.push(at);
                }
            }
        }
        if let Some((capture, reservation)) = void_in_two(rows) {
            lines[capture].attributes.push((ALSO_VOIDS.to_owned(), AUTH.to_owned()));
            told_elsewhere.push(reservation);
        }
        let kept = lines.into_iter().enumerate().filter(|(at, _)| !told_elsewhere.contains(at));
        kept.map(|(_, line)| line).collect()
    }

    fn line(&self, row: &Row, rows: &[Row]) -> Line {
        let order = row.order.as_deref().map(|theirs| number::stated(&self.listed_order, theirs));
        let bank = BankRef {
            bank_order_id: order,
            transaction_id: row.key.clone(),
            auth_code: row.auth_code.clone(),
            extra: Vec::new(),
        };
        Line {
            at_millis: history::instant(row.at_ms),
            minor: row.minor,
            currency: row.currency.clone(),
            raw_code: row.code.clone(),
            ..history::line(self.operation(row.kind), standing_of(row, rows), bank)
        }
    }

    /// Where no money was left to pay, the points' line is the transaction.
    fn operation(&self, kind: Kind) -> Option<&'static str> {
        match kind {
            Kind::Sale => Some(operation::SALE),
            Kind::Authorization => Some(operation::AUTHORIZE),
            Kind::Capture => Some(operation::CAPTURE),
            Kind::Refund => Some(operation::REFUND),
            Kind::Reversal(_) => Some(operation::VOID),
            Kind::PointUsage => self.mixed_minor.map(|_| operation::SALE),
            Kind::PointReturn => self.mixed_minor.map(|_| operation::REFUND),
            Kind::Other => None,
        }
    }
}

/// The bank has one word for "failed" and "voided", and Albaraka's says neither surely: what was voided is known by the
/// reversal beside it. Fewer reversals than could be meant settle nothing.
fn standing_of(row: &Row, rows: &[Row]) -> &'static str {
    if row.standing == Standing::Effective {
        return standing::DONE;
    }
    let fails = if row.standing == Standing::Void { standing::FAILED } else { standing::UNCLEAR };
    match (row.kind, row.kind.reversed()) {
        (Kind::Reversal(_), _) => fails,
        (_, None) => standing::UNCLEAR,
        (kind, Some(reversed)) => {
            let alike = of_kind(rows, kind).into_iter().filter(|row| row.standing != Standing::Effective).count();
            match reversals(rows, reversed) {
                0 => fails,
                voids if voids >= alike => standing::VOIDED,
                _ => standing::UNCLEAR,
            }
        }
    }
}

/// The line of the money beside which this one of points stands, if there is exactly one: of the same key, or the only one.
fn money_of(part: &Row, rows: &[Row]) -> Option<usize> {
    let kind = match part.kind {
        Kind::PointUsage => Kind::Sale,
        Kind::PointReturn => Kind::Refund,
        Kind::Reversal(Some(Reversed::Points)) => Kind::Reversal(Some(Reversed::Sale)),
        _ => return None,
    };
    let places = |kind: Kind, same_key: bool| -> Vec<usize> {
        let fits = |(_, row): &(usize, &Row)| {
            row.kind == kind
                && row.standing == part.standing
                && (!same_key || (row.key.is_some() && row.key == part.key))
        };
        rows.iter().enumerate().filter(fits).map(|(at, _)| at).collect()
    };
    let only = |same_key: bool| match (places(kind, same_key).as_slice(), places(part.kind, same_key).len()) {
        ([money], 1) => Some(*money),
        _ => None,
    };
    only(true).or_else(|| only(false))
}

/// A line that shows the whole has the points in it.
fn add_points(line: &mut Line, part: Option<i64>, whole: i64) {
    if line.minor != Some(whole) {
        line.minor = line.minor.zip(part).and_then(|(money, points)| money.checked_add(points));
    }
    line.attributes.extend(part.map(|points| (POINTS_MINOR.to_owned(), points.to_string())));
}

/// The reversals of a capture and of its reservation, where both stand: the bank wants one after the other (0788), and we
/// ask for both at once. Where they do not say what they voided, their amounts must.
fn void_in_two(rows: &[Row]) -> Option<(usize, usize)> {
    let effective = |kind: Kind| -> Vec<usize> {
        rows.iter().enumerate().filter(|(_, row)| row.is_effective(kind)).map(|(at, _)| at).collect()
    };
    let of = |reversed| effective(Kind::Reversal(Some(reversed)));
    if let ([capture], [reservation]) = (of(Reversed::Capture).as_slice(), of(Reversed::Authorization).as_slice()) {
        return Some((*capture, *reservation));
    }
    let lists = |kind: Kind| of_kind(rows, kind);
    match (
        effective(Kind::Reversal(None)).as_slice(),
        lists(Kind::Capture).as_slice(),
        lists(Kind::Authorization).as_slice(),
    ) {
        ([one, other], [capture], [reservation]) if lists(Kind::Refund).is_empty() => {
            let fit = |(first, second): &(usize, usize)| {
                rows[*first].minor == capture.minor && rows[*second].minor == reservation.minor
            };
            [(*other, *one), (*one, *other)].into_iter().find(fit)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(kind: Kind, standing: Standing, minor: i64, key: &str) -> Row {
        Row {
            kind,
            standing,
            code: Some("1".into()),
            order: Some("TDS_00000000000000000A1B".into()),
            key: Some(key.into()),
            auth_code: None,
            minor: Some(minor),
            currency: Some("TRY".into()),
            at_ms: Some(1),
            masked_card: None,
        }
    }

    fn asked(mixed_minor: Option<i64>) -> Asked {
        Asked { listed_order: "A1B".into(), mixed_minor }
    }

    /// Operation, standing and amount of each line.
    fn told(asked: &Asked, rows: &[Row]) -> Vec<(Option<String>, String, Option<i64>)> {
        let Ok(Look::Listed(page)) = asked.listed(Found::Rows(rows.to_vec())) else { panic!("a list") };
        page.lines.into_iter().map(|line| (line.operation, line.standing, line.minor)).collect()
    }

    fn says(word: &str, standing: &str, minor: i64) -> (Option<String>, String, Option<i64>) {
        (Some(word.to_owned()).filter(|word| !word.is_empty()), standing.to_owned(), Some(minor))
    }

    const DONE: Standing = Standing::Effective;
    const NOT: Standing = Standing::Void;
    const UNSAID: Standing = Standing::Unclear;

    fn reversal(of: Reversed) -> Kind {
        Kind::Reversal(Some(of))
    }

    #[test]
    fn what_was_voided_is_known_by_its_reversal() {
        let sale = |standing| row(Kind::Sale, standing, 100, "S");
        let back = |standing| row(Kind::Refund, standing, 50, "R");
        let void = |of| row(reversal(of), DONE, 100, "V");
        let plain = row(Kind::Reversal(None), DONE, 100, "V");
        for (rows, expected) in [
            (vec![sale(DONE)], "done"),
            (vec![sale(NOT)], "failed"),
            (vec![sale(UNSAID)], "unclear"),
            (vec![sale(NOT), void(Reversed::Sale)], "voided"),
            (vec![sale(UNSAID), plain.clone()], "voided"),
            (vec![sale(DONE), plain.clone()], "done"),
            (vec![sale(NOT), void(Reversed::Refund)], "failed"),
            (vec![sale(NOT), sale(NOT), void(Reversed::Sale)], "unclear"),
            (vec![sale(NOT), sale(DONE), void(Reversed::Sale)], "voided"),
            (vec![back(UNSAID), sale(DONE), plain], "unclear"),
            (vec![back(NOT), sale(DONE), void(Reversed::Refund)], "voided"),
            (vec![row(reversal(Reversed::Sale), NOT, 100, "V"), sale(DONE)], "failed"),
            (vec![row(Kind::Other, NOT, 1, "O")], "unclear"),
        ] {
            assert_eq!(told(&asked(None), &rows)[0].1, expected, "{rows:?}");
        }
    }

    #[test]
    fn a_void_in_two_steps_is_one_line() {
        let hold = |standing| row(Kind::Authorization, standing, 1_000, "A");
        let taken = |standing| row(Kind::Capture, standing, 900, "C");
        let named = [
            hold(NOT),
            taken(NOT),
            row(reversal(Reversed::Authorization), DONE, 1_000, "VA"),
            row(reversal(Reversed::Capture), DONE, 900, "VC"),
        ];
        let expected = [says("authorize", "voided", 1_000), says("capture", "voided", 900), says("void", "done", 900)];
        assert_eq!(told(&asked(None), &named), expected);
        let Ok(Look::Listed(page)) = asked(None).listed(Found::Rows(named.to_vec())) else { panic!("a list") };
        assert_eq!(page.lines[2].attributes, [("also-voids".to_owned(), "auth".to_owned())]);
        assert_eq!(page.lines[2].bank.transaction_id.as_deref(), Some("VC"));
        let unnamed = |minor| row(Kind::Reversal(None), DONE, minor, "V");
        let newest_first = [unnamed(1_000), unnamed(900), taken(UNSAID), hold(UNSAID)];
        assert_eq!(told(&asked(None), &newest_first)[0], says("void", "done", 900));
        assert_eq!(told(&asked(None), &newest_first).len(), 3);
        // Only one of them, other amounts, or a refund that could be meant: everything stands by itself.
        for alone in [
            vec![unnamed(900), taken(UNSAID), hold(DONE)],
            vec![unnamed(1_000), unnamed(500), taken(UNSAID), hold(UNSAID)],
            vec![unnamed(1_000), unnamed(900), row(Kind::Refund, UNSAID, 900, "R"), taken(UNSAID), hold(UNSAID)],
        ] {
            assert_eq!(told(&asked(None), &alone).len(), alone.len(), "{alone:?}");
        }
    }

    #[test]
    fn points_and_money_of_one_sale_are_one_line() {
        let mixed = asked(Some(1_000));
        let money = row(Kind::Sale, DONE, 600, "S");
        let part = row(Kind::PointUsage, DONE, 400, "S");
        let whole = says("sale", "done", 1_000);
        for rows in [
            vec![money.clone(), part.clone()],
            vec![row(Kind::PointUsage, DONE, 400, "P"), money.clone()],
            // It shows the whole.
            vec![row(Kind::Sale, DONE, 1_000, "S"), part.clone()],
            // Points paid all of it.
            vec![row(Kind::PointUsage, DONE, 1_000, "S")],
        ] {
            assert_eq!(told(&mixed, &rows), std::slice::from_ref(&whole), "{rows:?}");
        }
        let unasked = [says("sale", "done", 600), says("", "done", 400)];
        assert_eq!(told(&asked(None), &[money.clone(), part.clone()]), unasked, "nobody wished for points");
        let undone = [
            row(Kind::Sale, NOT, 600, "S"),
            row(Kind::PointUsage, NOT, 400, "S"),
            row(reversal(Reversed::Sale), DONE, 600, "V"),
            row(reversal(Reversed::Points), DONE, 400, "V"),
        ];
        assert_eq!(told(&mixed, &undone), [says("sale", "voided", 1_000), says("void", "done", 1_000)]);
        let refund = |minor, key| row(Kind::Refund, DONE, minor, key);
        let returned = |minor, key| row(Kind::PointReturn, DONE, minor, key);
        let two = [refund(300, "R1"), returned(200, "R1"), refund(60, "R2"), returned(40, "R2")];
        assert_eq!(told(&mixed, &two), [says("refund", "done", 500), says("refund", "done", 100)]);
        let apart = [refund(300, "R1"), returned(200, "P1"), refund(60, "R2"), returned(40, "P2")];
        assert_eq!(told(&mixed, &apart).len(), 4, "which belongs to which is not said");
    }

    #[test]
    fn a_line_names_our_order_and_a_strangers_is_no_list() {
        let Ok(Look::Listed(page)) = asked(None).listed(Found::Rows(vec![row(Kind::Sale, DONE, 1, "S")])) else {
            panic!("a list")
        };
        let line = &page.lines[0];
        assert_eq!((line.order_id.as_deref(), line.bank.bank_order_id.as_deref()), (Some("A1B"), Some("A1B")));
        assert_eq!((line.bank.transaction_id.as_deref(), line.at_millis), (Some("S"), Some(1)));
        let unnamed = Row { order: None, ..row(Kind::Sale, DONE, 1, "S") };
        let Ok(Look::Listed(page)) = asked(None).listed(Found::Rows(vec![unnamed])) else { panic!("a list") };
        assert_eq!(page.lines[0].order_id, None);
        let stranger = Row { order: Some("TDS_00000000000000000A1C".into()), ..row(Kind::Sale, DONE, 1, "S") };
        let both = vec![row(Kind::Sale, DONE, 1, "S"), stranger];
        for found in [Found::Rows(both), Found::Unclear("it was busy".into())] {
            assert!(matches!(asked(None).listed(found), Err(Fault::UnreadableAnswer(_))));
        }
        assert!(matches!(asked(None).listed(Found::Nothing), Ok(Look::Listed(page)) if page.lines.is_empty()));
    }
}

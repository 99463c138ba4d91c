//! Lines of a table between the wire and the domain: what is written is checked, every fault is told at once.

use std::collections::BTreeSet;

use vezne_api as api;

use super::{Policy, ProgrammeOffers};
use crate::domain::amount::AMOUNT_MINOR_MAX;
use crate::domain::bin::programmes;
use crate::domain::id::{PosAccountId, RuleId};
use crate::domain::instalment::{
    BLOCKED_DAYS_MAX, Bearer, Ceiling, INSTALMENTS_MAX, LineLook, SchemeLine, ceiling_row_on, legal_ceilings,
};
use crate::domain::rate::Rate;
use crate::flow::books::day_of;
use crate::flow::error::FieldError;
use crate::limits::INSTALMENT_LINES_MAX;

/// Faults of a request, gathered.
type Faults = Vec<FieldError>;

fn fault(faults: &mut Faults, pointer: impl Into<String>, code: &'static str) {
    faults.push(FieldError::new(pointer, code, "of an instalment table"));
}

/// What was written as lines. Accounts are looked for by the caller.
pub(super) fn lines_of(wire: &[api::InstalmentLine], now_ms: i64, faults: &mut Faults) -> Vec<SchemeLine> {
    if wire.is_empty() {
        fault(faults, "/lines", "required");
    }
    if wire.len() > INSTALMENT_LINES_MAX {
        fault(faults, "/lines", "too_many");
        return Vec::new();
    }
    let mut seen = BTreeSet::new();
    let mut lines = Vec::with_capacity(wire.len());
    for (at, line) in wire.iter().enumerate() {
        let line = line_of(line, &format!("/lines/{at}"), now_ms, faults);
        let same = (line.pos_account, line.programme.clone(), line.commercial, line.instalments, line.amount_min);
        if !seen.insert(same) {
            fault(faults, format!("/lines/{at}/instalments"), "same_line");
        }
        lines.push(line);
    }
    lines
}

fn line_of(wire: &api::InstalmentLine, at: &str, now_ms: i64, faults: &mut Faults) -> SchemeLine {
    let pos_account: Option<PosAccountId> = wire.pos_account.as_deref().and_then(|text| {
        let id = text.parse().ok();
        if id.is_none() {
            fault(faults, format!("{at}/pos_account"), "not_found");
        }
        id
    });
    if wire.programme.as_deref().is_some_and(|name| !programmes().any(|known| known == name)) {
        fault(faults, format!("{at}/programme"), "not_a_choice");
    }
    if !(1..=INSTALMENTS_MAX).contains(&wire.instalments) {
        fault(faults, format!("{at}/instalments"), "instalments_out_of_range");
    } else if wire.extra > INSTALMENTS_MAX - wire.instalments {
        fault(faults, format!("{at}/extra"), "instalments_out_of_range");
    }
    if !(0..=AMOUNT_MINOR_MAX).contains(&wire.amount_min) {
        fault(faults, format!("{at}/amount_min"), "out_of_range");
    }
    if wire.blocked_days > BLOCKED_DAYS_MAX {
        fault(faults, format!("{at}/blocked_days"), "out_of_range");
    }
    SchemeLine {
        id: RuleId::at(now_ms),
        pos_account,
        programme: wire.programme.clone(),
        commercial: wire.commercial,
        instalments: wire.instalments,
        extra: wire.extra,
        offer_rate: rate_of(&wire.offer_rate, || format!("{at}/offer_rate"), faults),
        payer_share: rate_of(&wire.payer_share, || format!("{at}/payer_share"), faults),
        bank_rate: rate_of(&wire.bank_rate, || format!("{at}/bank_rate"), faults),
        amount_min: wire.amount_min,
        blocked_days: wire.blocked_days,
    }
}

/// A percentage; people write it with a comma.
pub(in crate::flow) fn rate_of(text: &str, pointer: impl FnOnce() -> String, faults: &mut Faults) -> Rate {
    let read = text.replace(',', ".").parse();
    read.unwrap_or_else(|_| {
        fault(faults, pointer(), "rate_malformed");
        Rate::ZERO
    })
}

/// A line as the API says it.
pub(super) fn line_view(line: &SchemeLine) -> api::InstalmentLine {
    api::InstalmentLine {
        pos_account: line.pos_account.map(|id| id.to_string()),
        programme: line.programme.clone(),
        commercial: line.commercial,
        instalments: line.instalments,
        extra: line.extra,
        offer_rate: line.offer_rate.to_string(),
        payer_share: line.payer_share.to_string(),
        bank_rate: line.bank_rate.to_string(),
        amount_min: line.amount_min,
        blocked_days: line.blocked_days,
    }
}

/// Lines in an order that a reader follows: every card first, then programme by programme, by number.
pub(super) fn lines_view(mut lines: Vec<SchemeLine>) -> Vec<api::InstalmentLine> {
    lines.sort_by(|a, b| {
        let key = |line: &SchemeLine| (line.programme.clone(), line.pos_account, line.commercial);
        key(a).cmp(&key(b)).then(a.instalments.cmp(&b.instalments)).then(a.amount_min.cmp(&b.amount_min))
    });
    lines.iter().map(line_view).collect()
}

/// What the law allows a sector on the day of an instant: personal cards, then company cards.
pub fn law_view(sector: &str, now_ms: i64) -> Vec<api::InstalmentCeiling> {
    let rows = legal_ceilings();
    let day = day_of(now_ms);
    let view = |commercial| ceiling_view(ceiling_row_on(&rows, day, sector, commercial), sector, commercial);
    [false, true].map(view).into()
}

/// What the law allows one card.
pub(super) fn ceiling_of(policy: &Policy, commercial: bool, now_ms: i64) -> api::InstalmentCeiling {
    ceiling_view(policy.law(commercial, now_ms), &policy.sector, commercial)
}

fn ceiling_view(row: Option<&Ceiling>, sector: &str, commercial: bool) -> api::InstalmentCeiling {
    api::InstalmentCeiling {
        sector: row.map_or_else(|| sector.to_owned(), |row| row.sector.clone()),
        commercial,
        instalments_max: row.map_or(1, |row| row.instalments_max),
        valid_from: row.map(|row| row.valid_from.to_string()),
    }
}

/// Who bears the difference, as the API says it.
pub fn bearer_view(bearer: Bearer) -> api::Bearer {
    match bearer {
        Bearer::Payer => api::Bearer::Payer,
        Bearer::Firm => api::Bearer::Firm,
        Bearer::Shared => api::Bearer::Shared,
    }
}

/// What a programme offers, as the API says it.
pub fn matrix_row_view(row: ProgrammeOffers) -> api::InstalmentMatrixRow {
    api::InstalmentMatrixRow {
        programme: row.programme,
        banks: row.banks.into_iter().map(str::to_owned).collect(),
        cells: row
            .offers
            .iter()
            .map(|terms| api::InstalmentMatrixCell {
                instalments: u32::from(terms.instalments),
                total: terms.charged.minor,
                part: terms.parts().first().copied().unwrap_or(terms.charged.minor),
                difference: terms.difference(),
            })
            .collect(),
    }
}

/// What became of a line, as the API says it.
pub(super) fn look_view(line: &SchemeLine, look: LineLook) -> api::InstalmentLook {
    api::InstalmentLook {
        verdict: match look {
            LineLook::Decided => api::InstalmentVerdict::Decided,
            LineLook::AccountNotUsable => api::InstalmentVerdict::AccountNotUsable,
            LineLook::OtherProgramme => api::InstalmentVerdict::OtherProgramme,
            LineLook::OtherCards => api::InstalmentVerdict::OtherCards,
            LineLook::OverLegalCeiling => api::InstalmentVerdict::OverLegalCeiling,
            LineLook::AmountTooSmall => api::InstalmentVerdict::AmountTooSmall,
            LineLook::NotOffered => api::InstalmentVerdict::NotOffered,
            LineLook::LessExact => api::InstalmentVerdict::LessExact,
            LineLook::Dearer => api::InstalmentVerdict::Dearer,
        },
        line: line_view(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(instalments: u16, offer_rate: &str) -> api::InstalmentLine {
        api::InstalmentLine {
            pos_account: None,
            programme: Some("Bonus".to_owned()),
            commercial: None,
            instalments,
            extra: 0,
            offer_rate: offer_rate.to_owned(),
            payer_share: "100".to_owned(),
            bank_rate: "1,99".to_owned(),
            amount_min: 0,
            blocked_days: 1,
        }
    }

    fn faults(wire: &[api::InstalmentLine]) -> Vec<(String, &'static str)> {
        let mut faults = Vec::new();
        lines_of(wire, 1, &mut faults);
        faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
    }

    #[test]
    fn what_is_written_is_shown_again() {
        let mut told = Vec::new();
        let lines = lines_of(&[line(6, "4"), line(3, "2,5"), line(3, "0")], 1, &mut told);
        assert_eq!(told.len(), 1, "the third is the second again: {told:?}");
        let shown = lines_view(lines[..2].to_vec());
        assert_eq!(
            (shown[0].instalments, shown[0].offer_rate.as_str(), shown[0].bank_rate.as_str()),
            (3, "2.5", "1.99")
        );
        assert_eq!(shown[1].instalments, 6);
    }

    #[test]
    fn every_fault_is_told_where_it_is() {
        let wrong = api::InstalmentLine {
            pos_account: Some("pos_x".to_owned()),
            programme: Some("Hediye".to_owned()),
            extra: 40,
            payer_share: "101".to_owned(),
            bank_rate: String::new(),
            amount_min: -1,
            blocked_days: 366,
            ..line(36, "1.1234567")
        };
        let told = faults(&[line(0, "2"), line(37, "2"), wrong, line(3, "1"), line(3, "2")]);
        let told: Vec<_> = told.iter().map(|(pointer, code)| (pointer.as_str(), *code)).collect();
        assert_eq!(
            told,
            [
                ("/lines/0/instalments", "instalments_out_of_range"),
                ("/lines/1/instalments", "instalments_out_of_range"),
                ("/lines/2/pos_account", "not_found"),
                ("/lines/2/programme", "not_a_choice"),
                ("/lines/2/extra", "instalments_out_of_range"),
                ("/lines/2/amount_min", "out_of_range"),
                ("/lines/2/blocked_days", "out_of_range"),
                ("/lines/2/offer_rate", "rate_malformed"),
                ("/lines/2/payer_share", "rate_malformed"),
                ("/lines/2/bank_rate", "rate_malformed"),
                ("/lines/4/instalments", "same_line"),
            ]
        );
        assert_eq!(faults(&[]), [("/lines".to_owned(), "required")]);
        assert_eq!(faults(&vec![line(3, "1"); INSTALMENT_LINES_MAX + 1]), [("/lines".to_owned(), "too_many")]);
    }
}

//! Lines pasted from a spreadsheet: ten columns in the order of the form, with tabs, or semicolons, between.

use vezne_api::InstalmentTable;

use super::form::TypedLine;
use crate::text::Locale;

/// Characters at most: some thousand lines.
pub const CHARACTERS_MAX: usize = 100_000;
const COLUMNS: usize = 10;

/// The lines, or a sentence that names the first that cannot be read. A first line without a number is a heading.
pub fn lines(t: Locale, rules: &InstalmentTable, text: &str) -> Result<Vec<TypedLine>, String> {
    let delimiter = if text.contains('\t') { b'\t' } else { b';' };
    let cut: String = text.chars().take(CHARACTERS_MAX).collect();
    let mut reader = csv::ReaderBuilder::new();
    reader.delimiter(delimiter).has_headers(false).flexible(true).trim(csv::Trim::All);
    let mut lines = Vec::new();
    for (row, record) in reader.from_reader(cut.as_bytes()).records().enumerate() {
        let wrong =
            |what: String| t.f("inst-paste-wrong", [("n", (row + 1).to_string().into()), ("what", what.into())]);
        let record = record.map_err(|_| wrong(t.s("inst-paste-unreadable")))?;
        let cells: Vec<&str> = (0..COLUMNS).map(|column| record.get(column).unwrap_or_default()).collect();
        if cells.iter().all(|cell| cell.is_empty()) || (row == 0 && !cells[0].starts_with(|c: char| c.is_ascii_digit()))
        {
            continue;
        }
        if record.iter().skip(COLUMNS).any(|cell| !cell.is_empty()) {
            return Err(wrong(t.f("inst-paste-columns", [("n", COLUMNS.into())])));
        }
        lines.push(line(t, rules, &cells).map_err(wrong)?);
    }
    if lines.is_empty() { Err(t.s("inst-paste-empty")) } else { Ok(lines) }
}

/// One line; what names something must name something that is there, or the line would count for everything.
fn line(t: Locale, rules: &InstalmentTable, cells: &[&str]) -> Result<TypedLine, String> {
    let unknown = |name: &str| t.f("inst-paste-unknown", [("name", name.to_owned().into())]);
    let named = |name: &str, known: Option<String>| match name {
        "" => Ok(String::new()),
        name => known.ok_or_else(|| unknown(name)),
    };
    let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
    let programme = rules.choices.programmes.iter().find(|known| same(known, cells[1])).cloned();
    let cards = [("routing-personal", "false"), ("routing-company", "true")];
    let cards = cards.into_iter().find(|(words, _)| same(&t.s(words), cells[2])).map(|(_, value)| value.to_owned());
    let accounts = rules.choices.accounts.iter().map(|known| &known.account);
    let account = accounts.into_iter().find(|known| same(&known.name, cells[3])).map(|known| known.id.clone());
    let percent = |cell: &str| cell.trim_matches(['%', ' ']).to_owned();
    Ok(TypedLine {
        instalments: cells[0].to_owned(),
        programme: named(cells[1], programme)?,
        cards: named(cells[2], cards)?,
        account: named(cells[3], account)?,
        offer_rate: percent(cells[4]),
        payer_share: percent(cells[5]),
        bank_rate: percent(cells[6]),
        amount_min: cells[7].to_owned(),
        extra: cells[8].to_owned(),
        blocked_days: cells[9].to_owned(),
    })
}

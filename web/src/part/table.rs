//! Tables that become cards on a narrow screen.
//!
//! Cells say what happens to them there: `lead` (name, first), `amt` (top right), `st` (right), `all` (full line),
//! `opt` (gone), a label (label and value on a line). The roles are written out because `display: block` takes the
//! table's meaning away in some readers.

use leptos::prelude::*;

/// A heading of a column.
pub struct Col {
    label: String,
    class: &'static str,
    spoken_only: bool,
}

/// A column with words for a heading.
pub fn col(label: impl Into<String>) -> Col {
    Col { label: label.into(), class: "", spoken_only: false }
}

impl Col {
    /// `n` right-aligned, `far` gone below 960 px, `opt`.
    pub fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }

    /// The heading is read out but not shown.
    pub fn spoken_only(mut self) -> Self {
        self.spoken_only = true;
        self
    }
}

/// One cell of a row.
pub struct Cell {
    class: &'static str,
    label: Option<String>,
    head: bool,
    span: Option<usize>,
    body: AnyView,
}

/// A cell with the given content.
pub fn cell(body: impl IntoAny) -> Cell {
    Cell { class: "", label: None, head: false, span: None, body: body.into_any() }
}

/// The cell that names its row.
pub fn head(body: impl IntoAny) -> Cell {
    Cell { class: "lead", head: true, ..cell(body) }
}

impl Cell {
    /// Classes of the cell.
    pub fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }

    /// What stands before the value when the row is a card.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Covers several columns.
    pub fn span(mut self, columns: usize) -> Self {
        self.span = Some(columns);
        self
    }
}

/// A table. `keep` never collapses: for two or three short columns only.
pub fn table(caption: &str, keep: bool, cols: Vec<Col>, rows: Vec<Vec<Cell>>) -> AnyView {
    table_of_class(if keep { "data keep" } else { "data" }, caption, cols, rows)
}

/// As [`table()`] with the class given: `plan` is the table of instalments.
pub fn table_of_class(class: &'static str, caption: &str, cols: Vec<Col>, rows: Vec<Vec<Cell>>) -> AnyView {
    let heads = cols.into_iter().map(heading).collect::<Vec<_>>();
    let rows = rows.into_iter().map(row).collect::<Vec<_>>();
    view! {
        <table class=class role="table">
            <caption class="vh">{caption.to_owned()}</caption>
            <thead role="rowgroup"><tr role="row">{heads}</tr></thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    }
    .into_any()
}

fn heading(col: Col) -> AnyView {
    let class = (!col.class.is_empty()).then_some(col.class);
    let label =
        if col.spoken_only { view! { <span class="vh">{col.label}</span> }.into_any() } else { col.label.into_any() };
    view! { <th role="columnheader" scope="col" class=class>{label}</th> }.into_any()
}

fn row(cells: Vec<Cell>) -> AnyView {
    let cells = cells.into_iter().map(one_cell).collect::<Vec<_>>();
    view! { <tr role="row">{cells}</tr> }.into_any()
}

fn one_cell(cell: Cell) -> AnyView {
    let class = (!cell.class.is_empty()).then_some(cell.class);
    if cell.head {
        view! { <th role="rowheader" scope="row" class=class>{cell.body}</th> }.into_any()
    } else {
        let span = cell.span.map(|n| n.to_string());
        view! { <td role="cell" class=class data-l=cell.label colspan=span>{cell.body}</td> }.into_any()
    }
}

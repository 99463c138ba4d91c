//! The filtered list of payments as a file, exactly as filtered: CSV and Excel.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use rust_xlsxwriter::{Format, Workbook};
use vezne_api::{Page, Payment};

use crate::{
    api::Fault,
    format,
    page::payment::{Filter, payer_name},
    part::state,
    visit::Visit,
};

/// Rows of one call.
const ROWS_PER_CALL: &str = "200";
/// Calls of one file: 10 000 rows; longer lists are narrowed by day.
const CALLS_MAX: usize = 50;

/// `GET /payments/export.csv`: semicolons and a byte order mark, as Turkish spreadsheets expect.
pub async fn csv(visit: Visit) -> Result<Response, Fault> {
    let payments = load(&visit).await?;
    let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer("\u{feff}".as_bytes().to_vec());
    let broken = |_| Fault::of(StatusCode::INTERNAL_SERVER_ERROR);
    writer.write_record(headings(&visit)).map_err(broken)?;
    for payment in &payments {
        let mut cells = words(&visit, payment).map(|c| harmless(&c));
        // Amounts are our own digits; a minus of theirs must stay a number.
        let [charged, settled, back] = amounts(payment).map(|m| format::amount(m).replace('\u{2212}', "-"));
        cells[4] = charged;
        cells[5] = settled;
        cells[6] = back;
        writer.write_record(&cells).map_err(broken)?;
    }
    let bytes = writer.into_inner().map_err(|_| Fault::of(StatusCode::INTERNAL_SERVER_ERROR))?;
    Ok(file(bytes, "text/csv; charset=utf-8", "csv", &visit))
}

/// `GET /payments/export.xlsx`: amounts as numbers, everything else as text, so that no cell is ever a formula.
pub async fn xlsx(visit: Visit) -> Result<Response, Fault> {
    let payments = load(&visit).await?;
    let bytes = workbook(&visit, &payments).map_err(|e| {
        tracing::error!(error = %e, "a list could not be written as a workbook");
        Fault::of(StatusCode::INTERNAL_SERVER_ERROR)
    })?;
    Ok(file(bytes, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", &visit))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a spreadsheet has nothing but doubles; amounts below 90 trillion are exact in them"
)]
fn workbook(visit: &Visit, payments: &[Payment]) -> Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let (bold, money) = (Format::new().set_bold(), Format::new().set_num_format("#,##0.00"));
    for (column, heading) in (0_u16..).zip(headings(visit)) {
        sheet.write_string_with_format(0, column, heading, &bold)?;
        sheet.set_column_width(column, 18)?;
    }
    for (row, payment) in (1_u32..).zip(payments) {
        for (column, text) in (0_u16..).zip(words(visit, payment)) {
            sheet.write_string(row, column, text)?;
        }
        for (column, minor) in (4_u16..).zip(amounts(payment)) {
            sheet.write_number_with_format(row, column, minor as f64 / 100.0, &money)?;
        }
    }
    book.save_to_buffer()
}

async fn load(visit: &Visit) -> Result<Vec<Payment>, Fault> {
    visit.sign_in_needed().await?;
    let filter = Filter::of(visit);
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    for _ in 0..CALLS_MAX {
        let page: Page<Payment> = visit.get(&filter.api_path(visit, ROWS_PER_CALL, &cursor)).await?;
        rows.extend(page.data);
        match page.next_cursor.filter(|_| page.has_more) {
            Some(next) => cursor = next,
            None => break,
        }
    }
    Ok(rows)
}

fn headings(visit: &Visit) -> [String; 14] {
    let t = visit.t();
    [
        t.s("payment-no"),
        t.s("date"),
        t.s("dealer"),
        t.s("pay-payer"),
        t.s("amount"),
        t.s("settled"),
        t.s("sum-back"),
        t.s("currency"),
        t.s("plan-count"),
        t.s("state"),
        t.s("card"),
        t.s("pos"),
        t.s("auth-code"),
        t.s("bank-order-no"),
    ]
}

fn amounts(p: &Payment) -> [i64; 3] {
    [p.charged, p.amount, p.amount_refunded]
}

fn words(visit: &Visit, p: &Payment) -> [String; 14] {
    let empty = String::new;
    [
        p.id.clone(),
        visit.date_time(&p.created_at),
        p.node.name.clone(),
        payer_name(p),
        empty(),
        empty(),
        empty(),
        p.currency.clone(),
        p.instalments.to_string(),
        visit.t().s(state::of_payment(p).1),
        p.card.as_ref().map_or_else(empty, |c| format::card(&c.bin, &c.last4)),
        p.pos_account.as_ref().map_or_else(empty, |a| a.name.clone()),
        p.auth_code.clone().unwrap_or_default(),
        p.order_no.clone().unwrap_or_default(),
    ]
}

/// A spreadsheet runs a cell that begins like a formula; a quote before it makes it text.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{cell}") } else { cell.to_owned() }
}

fn file(bytes: Vec<u8>, kind: &'static str, extension: &str, visit: &Visit) -> Response {
    let day = format::today(visit.now(), &visit.zone());
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"vezne-{day}.{extension}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn no_cell_is_a_formula() {
        for cell in ["=HYPERLINK(\"x\")", "+1", "-1", "@SUM(A1)", "\tx", "\r=1"] {
            assert!(harmless(cell).starts_with('\''), "{cell:?}");
        }
        assert_eq!(harmless("Üç Kestane"), "Üç Kestane");
    }
}

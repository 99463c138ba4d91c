//! The filtered list of payments as a file, exactly as filtered: CSV and Excel.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::StreamExt;
use http::{HeaderValue, StatusCode, header};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
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
/// Rows of a workbook, which is put together in memory and unpacked again by whoever opens it; a longer list goes out
/// as CSV. The file says where it was cut, and the page says so before.
pub const WORKBOOK_ROWS_MAX: u32 = 100_000;

/// The list, a call at a time, so that no file is ever held whole.
struct Pages {
    visit: Visit,
    filter: Filter,
    /// Where the next call begins; nothing after the last.
    cursor: Option<String>,
}

impl Pages {
    /// Of what the address asks for, for one who is signed in.
    async fn begin(visit: &Visit) -> Result<Self, Fault> {
        visit.sign_in_needed().await?;
        Ok(Self { visit: visit.clone(), filter: Filter::of(visit), cursor: Some(String::new()) })
    }

    /// The next rows; nothing after the last.
    async fn next(&mut self) -> Result<Option<Vec<Payment>>, Fault> {
        let Some(cursor) = self.cursor.take() else { return Ok(None) };
        let page: Page<Payment> = self.visit.get(&self.filter.api_path(&self.visit, ROWS_PER_CALL, &cursor)).await?;
        self.cursor = page.next_cursor.filter(|_| page.has_more);
        Ok(Some(page.data))
    }
}

/// `GET /payments/export.csv`: semicolons and a byte order mark, as Turkish spreadsheets expect. Every row there is, sent
/// while the rest is read; what breaks off on the way breaks the file off, so that it does not look whole.
pub async fn csv(visit: Visit) -> Result<Response, Fault> {
    let mut pages = Pages::begin(&visit).await?;
    // The first rows before the answer: whoever may not see them gets a page that says so.
    let mut first = "\u{feff}".as_bytes().to_vec();
    first.extend(lines(&visit, Some(headings(&visit)), &pages.next().await?.unwrap_or_default())?);
    let rest = futures::stream::try_unfold(pages, |mut pages| async move {
        let broken = |_| std::io::Error::other("the list could not be read to its end");
        let Some(payments) = pages.next().await.map_err(broken)? else { return Ok(None) };
        let lines = lines(&pages.visit, None, &payments).map_err(broken)?;
        Ok::<_, std::io::Error>(Some((Bytes::from(lines), pages)))
    });
    let whole = futures::stream::once(async move { Ok(Bytes::from(first)) }).chain(rest);
    Ok(file(Body::from_stream(whole), "text/csv; charset=utf-8", "csv", &visit))
}

fn lines(visit: &Visit, headings: Option<[String; 14]>, payments: &[Payment]) -> Result<Vec<u8>, Fault> {
    let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer(Vec::new());
    let broken = |_| Fault::of(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(headings) = headings {
        writer.write_record(headings).map_err(broken)?;
    }
    for payment in payments {
        let mut cells = words(visit, payment).map(|c| harmless(&c));
        // Amounts are our own digits; a minus of theirs must stay a number.
        let [charged, settled, back] = amounts(payment).map(|m| format::amount(m).replace('\u{2212}', "-"));
        cells[4] = charged;
        cells[5] = settled;
        cells[6] = back;
        writer.write_record(&cells).map_err(broken)?;
    }
    writer.into_inner().map_err(|_| Fault::of(StatusCode::INTERNAL_SERVER_ERROR))
}

/// `GET /payments/export.xlsx`: amounts as numbers, everything else as text, so that no cell is ever a formula.
pub async fn xlsx(visit: Visit) -> Result<Response, Fault> {
    let mut pages = Pages::begin(&visit).await?;
    let broken = |error: XlsxError| {
        tracing::error!(%error, "a list could not be written as a workbook");
        Fault::of(StatusCode::INTERNAL_SERVER_ERROR)
    };
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    titled(&visit, sheet).map_err(broken)?;
    let mut rows = 0;
    'list: while let Some(payments) = pages.next().await? {
        for payment in &payments {
            if rows == WORKBOOK_ROWS_MAX {
                sheet.write_string(rows + 1, 0, workbook_cut(&visit)).map_err(broken)?;
                break 'list;
            }
            rows += 1;
            written(&visit, sheet, rows, payment).map_err(broken)?;
        }
    }
    let bytes = book.save_to_buffer().map_err(broken)?;
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(file(Body::from(bytes), kind, "xlsx", &visit))
}

/// What a workbook says that is shorter than its list.
fn workbook_cut(visit: &Visit) -> String {
    visit.t().f("export-cut", [("rows", format::count(WORKBOOK_ROWS_MAX.into()).into())])
}

fn titled(visit: &Visit, sheet: &mut Worksheet) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    for (column, heading) in (0_u16..).zip(headings(visit)) {
        sheet.write_string_with_format(0, column, heading, &bold)?;
        sheet.set_column_width(column, 18)?;
    }
    Ok(())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a spreadsheet has nothing but doubles; amounts below 90 trillion are exact in them"
)]
fn written(visit: &Visit, sheet: &mut Worksheet, row: u32, payment: &Payment) -> Result<(), XlsxError> {
    let money = Format::new().set_num_format("#,##0.00");
    for (column, text) in (0_u16..).zip(words(visit, payment)) {
        sheet.write_string(row, column, text)?;
    }
    for (column, minor) in (4_u16..).zip(amounts(payment)) {
        sheet.write_number_with_format(row, column, minor as f64 / 100.0, &money)?;
    }
    Ok(())
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

fn file(body: Body, kind: &'static str, extension: &str, visit: &Visit) -> Response {
    let day = format::today(visit.now(), &visit.zone());
    let mut response = body.into_response();
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

//! A connector's tables of codes, which are data.

use std::collections::BTreeMap;

use vezne_plugin::decline::Meaning;

/// How many rows a decline table has.
///
/// # Panics
/// If a row cannot be read, or there is none.
pub fn rows_read(table: &str) -> usize {
    let rows: BTreeMap<String, Meaning> = serde_json::from_str(table).expect("the table reads");
    assert!(!rows.is_empty(), "the table has no row");
    rows.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted() {
        assert_eq!(rows_read(r#"{"05": {"class": "decline-final"}}"#), 1);
    }

    #[test]
    #[should_panic(expected = "the table reads")]
    fn a_row_that_is_misspelt_is_found() {
        rows_read(r#"{"05": {"class": "no"}}"#);
    }

    #[test]
    #[should_panic(expected = "no row")]
    fn an_empty_table_is_none() {
        rows_read("{}");
    }
}

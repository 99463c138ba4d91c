//! The manifest and the tables are data: they must say what the code does.

use pos_tosla::answer::{CODES, MD_STATUS};
use vezne_kit::rows_read;

#[test]
fn every_row_of_the_tables_reads() {
    for table in [CODES, MD_STATUS] {
        rows_read(table);
    }
}

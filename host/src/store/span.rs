//! Where in a list to read.

/// Rows of a list that is read newest first: those before a row, or those after one, which then come oldest first.
#[derive(Debug, Clone, Copy, Default)]
pub struct Span<'a> {
    /// Only rows before this one, 26 characters.
    pub before: Option<&'a str>,
    /// Only rows after this one, 26 characters.
    pub after: Option<&'a str>,
    /// How many rows.
    pub limit: i64,
}

impl Span<'_> {
    /// The newest rows.
    pub fn newest(limit: i64) -> Self {
        Self { before: None, after: None, limit }
    }
}

//! The only axum. One file per noun.
